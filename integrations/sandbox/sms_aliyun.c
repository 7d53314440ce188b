/* Aliyun SMS: SendSms with ACS3-HMAC-SHA256, and the pushes SmsReport and SmsUp. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/sms_peer.h"
#include "integrations/sign/hmac.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"
#include "server/http/query.h"

#define PARAMS_MAX 20
#define VALUE_SIZE 2048
#define TEXT_SIZE (2 * VALUE_SIZE)
#define ANSWER_MAX 4096

struct param {
    char name[64], value[VALUE_SIZE];
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct param *)a)->name, ((const struct param *)b)->name);
}

/* The query, decoded and sorted by name; -1: malformed. */
static int read_params(struct slice query, struct param out[PARAMS_MAX])
{
    int n = 0;
    struct slice name, value, decoded;
    while (query_next(&query, &name, &value)) {
        if (n == PARAMS_MAX ||
            percent_decode(name, false, out[n].name, sizeof(out[n].name), &decoded) != ERR_OK ||
            percent_decode(value, false, out[n].value, sizeof(out[n].value), &decoded) != ERR_OK) {
            return -1;
        }
        n++;
    }
    qsort(out, (size_t)n, sizeof(out[0]), by_name);
    return n;
}

static struct slice param(const struct param *list, int n, const char *name)
{
    for (int i = 0; i < n; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return slice_of(list[i].value);
        }
    }
    return SLICE_LIT("");
}

/* hex(HMAC(secret, "ACS3-HMAC-SHA256\n" hex(sha256(canonical request)))) */
static bool signature_ok(const struct sandbox *s, const struct http_request *r,
                         const struct param *list, int n)
{
    struct slice header = http_header(r, "authorization");
    struct slice names = sms_credential(header, "SignedHeaders=");
    struct slice theirs = sms_credential(header, "Signature=");
    char body_hash[SHA256_HEX_SIZE], hash[SHA256_HEX_SIZE], ours[SHA256_HEX_SIZE], text[128];
    unsigned char mac[SHA256_BYTES];
    struct buf canonical;
    if (!slice_starts_with(header, "ACS3-HMAC-SHA256 ") ||
        !slice_is(sms_credential(header, "Credential="), s->options.aliyun_key_id) ||
        sha256_hex(r->body, body_hash) != ERR_OK ||
        !slice_is(http_header(r, "x-acs-content-sha256"), body_hash)) {
        return false;
    }
    buf_init(&canonical, (size_t)64 * 1024);
    buf_putf(&canonical, "%s\n%.*s\n", http_method_text(r->method), SLICE_FMT(r->path));
    for (int i = 0; i < n; i++) {
        buf_put_text(&canonical, i > 0 ? "&" : "");
        sms_put_escaped(&canonical, slice_of(list[i].name));
        buf_put_char(&canonical, '=');
        sms_put_escaped(&canonical, slice_of(list[i].value));
    }
    buf_put_char(&canonical, '\n');
    bool ok = sms_put_signed_headers(r, names, false, &canonical);
    buf_putf(&canonical, "\n%.*s\n%s", SLICE_FMT(names), body_hash);
    ok = ok && buf_err(&canonical) == ERR_OK && sha256_hex(buf_slice(&canonical), hash) == ERR_OK;
    buf_release(&canonical);
    (void)snprintf(text, sizeof(text), "ACS3-HMAC-SHA256\n%s", hash);
    if (!ok || hmac_sha256(slice_of(s->options.aliyun_secret), slice_of(text), mac) != ERR_OK) {
        return false;
    }
    hex_encode(mac, sizeof(mac), ours);
    return secret_equal(theirs, slice_of(ours));
}

/* host and all x-acs- headers must be among the signed ones. */
static bool all_signed(const struct http_request *r)
{
    static const char *const needed[] = {
        "host",       "x-acs-action",          "x-acs-version",
        "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256"};
    struct slice names = sms_credential(http_header(r, "authorization"), "SignedHeaders=");
    for (size_t i = 0; i < COUNT_OF(needed); i++) {
        struct slice rest = names;
        bool found = false;
        while (rest.len > 0) {
            found = slice_is(slice_cut(&rest, ';'), needed[i]) || found;
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

static void say(struct answer *a, int status, const char *code, const char *biz_id)
{
    char id[SMS_ID_SIZE];
    struct json_out o;
    sms_new_id(a->sandbox, "", id);
    a->status = status;
    json_out_init(&o, &a->body);
    json_open_object(&o, NULL);
    json_put_text(&o, "Code", code);
    json_put_text(&o, "Message", code);
    if (biz_id != NULL) {
        json_put_text(&o, "BizId", biz_id);
    }
    json_put_text(&o, "RequestId", id);
    json_close_object(&o);
    answer_hold(a);
}

static void put_time(struct json_out *o, const char *name)
{
    struct buf at;
    buf_init(&at, 64);
    sms_put_local_time(&at, clock_now_ms());
    json_put_slice(o, name, buf_slice(&at));
    buf_release(&at);
}

static struct parcel *report(struct sandbox *s, struct slice to, const char *biz_id,
                             struct slice out_id, enum sms_tells tells)
{
    bool came = tells == SMS_TELLS_DELIVERED;
    struct json_out o;
    struct parcel *p = s->options.aliyun_report_url[0] == '\0'
                           ? NULL
                           : parcel_new(s->options.aliyun_report_url, ANSWER_MAX);
    if (p == NULL) {
        return NULL;
    }
    p->wants = "\"code\"";
    json_out_init(&o, &p->body);
    json_open_array(&o, NULL);
    json_open_object(&o, NULL);
    json_put_slice(&o, "phone_number", to);
    put_time(&o, "send_time");
    put_time(&o, "report_time");
    json_put_bool(&o, "success", came);
    json_put_text(&o, "err_code", came ? "DELIVERED" : "UNDELIV");
    json_put_text(&o, "err_msg", came ? "用户接收成功" : "用户未收到");
    json_put_text(&o, "sms_size", "1");
    json_put_text(&o, "biz_id", biz_id);
    json_put_slice(&o, "out_id", out_id);
    json_close_object(&o);
    json_close_array(&o);
    return p;
}

static void take(struct sandbox *s, struct answer *a, const struct param *list, int n)
{
    char text[TEXT_SIZE], biz_id[SMS_ID_SIZE + 2];
    struct slice to = param(list, n, "PhoneNumbers"), sign = param(list, n, "SignName");
    struct slice code = param(list, n, "TemplateCode"), values = param(list, n, "TemplateParam");
    if (to.len != 11 || !slice_all_digits(to)) {
        say(a, 200, "isv.MOBILE_NUMBER_ILLEGAL", NULL);
        return;
    }
    if (sign.len == 0 || !slice_starts_with(code, "SMS_")) {
        say(a, 200, sign.len == 0 ? "isv.SMS_SIGNATURE_ILLEGAL" : "isv.SMS_TEMPLATE_ILLEGAL", NULL);
        return;
    }
    (void)snprintf(text, sizeof(text), "【%.*s】%.*s %.*s", SLICE_FMT(sign), SLICE_FMT(code),
                   SLICE_FMT(values));
    const struct sms_asked asked = {PEER_ALIYUN, to, SLICE_LIT(""), slice_of(text)};
    enum sms_taken taken = sms_take(s, &asked);
    if (taken != SMS_TAKEN && taken != SMS_FAILS) {
        say(a, 200,
            taken == SMS_THROTTLED ? "isv.BUSINESS_LIMIT_CONTROL"
            : taken == SMS_STOPPED ? "isp.RAM_PERMISSION_DENY"
                                   : "isv.MOBILE_NUMBER_ILLEGAL",
            NULL);
        return;
    }
    char id[SMS_ID_SIZE];
    struct slice out_id = param(list, n, "OutId");
    sms_new_id(s, "9", id);
    (void)snprintf(biz_id, sizeof(biz_id), "%s^0", id);
    a->parcels[0] =
        report(s, to, biz_id, out_id, taken == SMS_FAILS ? SMS_TELLS_FAILED : SMS_TELLS_DELIVERED);
    if (a->parcel_fault.kind == FAULT_FORGED) {
        a->forged = sms_forge(report(s, to, biz_id, out_id, SMS_TELLS_FAILED));
    }
    say(a, 200, "OK", biz_id);
}

void aliyun_send(struct sandbox *s, const struct http_request *r)
{
    static struct param list[PARAMS_MAX]; /* large; the loop has one thread */
    int64_t at_ms;
    int n = read_params(r->query, list);
    bool known = s->options.aliyun_key_id[0] != '\0' &&
                 slice_is(http_header(r, "x-acs-action"), "SendSms") &&
                 slice_is(http_header(r, "x-acs-version"), "2017-05-25");
    bool timely = clock_parse_rfc3339(http_header(r, "x-acs-date"), &at_ms) == ERR_OK &&
                  llabs(at_ms - clock_now_ms()) < INT64_C(900000);
    if (!known || n < 0 || !timely || !all_signed(r) || !signature_ok(s, r, list, n)) {
        say(answer_new(s, r, ANSWER_MAX), known ? 400 : 404,
            known ? "SignatureDoesNotMatch" : "InvalidAction.NotFound", NULL);
        return;
    }
    struct slice to = param(list, n, "PhoneNumbers");
    struct answer *a = desk_answer(s, r, PEER_ALIYUN, FAULT_ON_SMS, &to, 1, ANSWER_MAX);
    if (a != NULL) {
        take(s, a, list, n);
    }
}

struct parcel *aliyun_incoming(struct sandbox *s, const struct sms_incoming *m)
{
    struct json_out o;
    struct parcel *p = s->options.aliyun_up_url[0] == '\0'
                           ? NULL
                           : parcel_new(s->options.aliyun_up_url, 4 * ANSWER_MAX);
    if (p == NULL) {
        return NULL;
    }
    p->wants = "\"code\"";
    json_out_init(&o, &p->body);
    json_open_array(&o, NULL);
    json_open_object(&o, NULL);
    json_put_slice(&o, "phone_number", m->from);
    json_put_slice(&o, "content", m->text);
    put_time(&o, "send_time");
    json_put_slice(&o, "dest_code", m->to.len > 0 ? m->to : SLICE_LIT("12349"));
    json_put_text(&o, "sequence_id", m->id);
    json_close_object(&o);
    json_close_array(&o);
    return p;
}
