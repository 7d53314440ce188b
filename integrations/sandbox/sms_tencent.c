/* Tencent Cloud SMS: SendSms with TC3-HMAC-SHA256, and its pushes: reports as an array, incoming
 * texts as an object, both at one address. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/sms_peer.h"
#include "integrations/sign/hmac.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"

#define SKEW_S 300
#define NUMBERS_MAX 200
#define ANSWER_MAX ((size_t)128 * 1024)
#define TEXT_SIZE 3000

/* ID/DATE/SERVICE/tc3_request */
struct scope {
    char id[128], date[16], service[64];
};

static bool read_scope(struct slice text, struct scope *out)
{
    struct slice id = slice_cut(&text, '/'), date = slice_cut(&text, '/');
    struct slice service = slice_cut(&text, '/');
    return slice_copy(id, out->id, sizeof(out->id)) == ERR_OK &&
           slice_copy(date, out->date, sizeof(out->date)) == ERR_OK &&
           slice_copy(service, out->service, sizeof(out->service)) == ERR_OK && date.len == 10 &&
           service.len > 0 && slice_is(text, "tc3_request");
}

static bool sign(const struct sandbox *s, const struct scope *scope, const char *text,
                 char out[SHA256_HEX_SIZE])
{
    char key[OPTION_SIZE + 8];
    unsigned char a[SHA256_BYTES], b[SHA256_BYTES];
    (void)snprintf(key, sizeof(key), "TC3%s", s->options.tencent_secret);
    bool ok =
        hmac_sha256(slice_of(key), slice_of(scope->date), a) == ERR_OK &&
        hmac_sha256(slice_make((char *)a, sizeof(a)), slice_of(scope->service), b) == ERR_OK &&
        hmac_sha256(slice_make((char *)b, sizeof(b)), SLICE_LIT("tc3_request"), a) == ERR_OK &&
        hmac_sha256(slice_make((char *)a, sizeof(a)), slice_of(text), b) == ERR_OK;
    hex_encode(b, sizeof(b), out);
    return ok;
}

static bool signature_ok(const struct sandbox *s, const struct http_request *r,
                         const struct scope *scope, int64_t at_s, bool bare_host)
{
    struct slice header = http_header(r, "authorization");
    struct slice names = sms_credential(header, "SignedHeaders=");
    char body_hash[SHA256_HEX_SIZE], hash[SHA256_HEX_SIZE], ours[SHA256_HEX_SIZE], text[512];
    struct buf canonical;
    buf_init(&canonical, 8192);
    buf_put_text(&canonical, "POST\n/\n\n");
    bool ok = sms_put_signed_headers(r, names, bare_host, &canonical) &&
              sha256_hex(r->body, body_hash) == ERR_OK;
    buf_putf(&canonical, "\n%.*s\n%s", SLICE_FMT(names), ok ? body_hash : "");
    ok = ok && buf_err(&canonical) == ERR_OK && sha256_hex(buf_slice(&canonical), hash) == ERR_OK;
    buf_release(&canonical);
    (void)snprintf(text, sizeof(text), "TC3-HMAC-SHA256\n%lld\n%s/%s/tc3_request\n%s",
                   (long long)at_s, scope->date, scope->service, ok ? hash : "");
    return ok && sign(s, scope, text, ours) &&
           secret_equal(sms_credential(header, "Signature="), slice_of(ours));
}

/* NULL: signed; else the error code. Tencent's own client signs the host without the port. */
static const char *check(const struct sandbox *s, const struct http_request *r)
{
    struct slice header = http_header(r, "authorization");
    struct scope scope;
    int year, month, day;
    char date[16];
    int64_t at_s;
    if (!slice_starts_with(header, "TC3-HMAC-SHA256 ") ||
        !read_scope(sms_credential(header, "Credential="), &scope) ||
        strcmp(scope.id, s->options.tencent_id) != 0) {
        return "AuthFailure.SecretIdNotFound";
    }
    if (slice_to_int64(http_header(r, "x-tc-timestamp"), 0, INT64_MAX / 2000, &at_s) != ERR_OK ||
        llabs(at_s - clock_now_ms() / 1000) > SKEW_S) {
        return "AuthFailure.SignatureExpire";
    }
    civil_from_days(at_s / 86400, &year, &month, &day);
    (void)snprintf(date, sizeof(date), "%04u-%02u-%02u", (unsigned)year % 10000,
                   (unsigned)month % 100, (unsigned)day % 100);
    bool ok = strcmp(date, scope.date) == 0 &&
              (signature_ok(s, r, &scope, at_s, true) || signature_ok(s, r, &scope, at_s, false));
    return ok ? NULL : "AuthFailure.SignatureFailure";
}

static void fail(struct sandbox *s, const struct http_request *r, const char *code)
{
    char id[SMS_ID_SIZE];
    struct answer *a = answer_new(s, r, 2048);
    struct json_out o;
    sms_new_id(s, "", id);
    json_out_init(&o, &a->body);
    json_open_object(&o, NULL);
    json_open_object(&o, "Response");
    json_open_object(&o, "Error");
    json_put_text(&o, "Code", code);
    json_put_text(&o, "Message", "refused by the sandbox");
    json_close_object(&o);
    json_put_text(&o, "RequestId", id);
    json_close_object(&o);
    json_close_object(&o);
    answer_now(a);
}

static struct slice text_of(const struct json *root, const char *name)
{
    struct slice text = SLICE_LIT("");
    (void)!json_string(json_get(root, name), &text);
    return text;
}

/* The eleven digits behind +86. */
static bool mobile(struct slice number, struct slice *out)
{
    if (!slice_starts_with(number, "+86") || number.len != 14) {
        return false;
    }
    *out = slice_make(number.ptr + 3, 11);
    return slice_all_digits(*out);
}

static void put_time(struct json_out *o, const char *name)
{
    struct buf at;
    buf_init(&at, 64);
    sms_put_local_time(&at, clock_now_ms());
    json_put_slice(o, name, buf_slice(&at));
    buf_release(&at);
}

static void put_report(struct json_out *o, struct slice digits, const char *sid, bool came)
{
    json_open_object(o, NULL);
    put_time(o, "user_receive_time");
    json_put_text(o, "nationcode", "86");
    json_put_slice(o, "mobile", digits);
    json_put_text(o, "report_status", came ? "SUCCESS" : "FAIL");
    json_put_text(o, "errmsg", came ? "DELIVRD" : "UNDELIV");
    json_put_text(o, "description", came ? "用户短信送达成功" : "用户未收到");
    json_put_text(o, "sid", sid);
    json_close_object(o);
}

static const char *code_of(enum sms_taken taken)
{
    return taken == SMS_TAKEN || taken == SMS_FAILS ? "Ok"
           : taken == SMS_THROTTLED                 ? "LimitExceeded.DeliveryFrequencyLimit"
           : taken == SMS_STOPPED                   ? "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
                                                    : "InvalidParameterValue.IncorrectPhoneNumber";
}

/* One number of the request: its line of the answer, and of the reports; the forged one lies. */
static void take_one(struct sandbox *s, const struct json *root, struct slice number,
                     struct json_out *answer, struct json_out *report, struct json_out *forged)
{
    char text[TEXT_SIZE], sid[SMS_ID_SIZE];
    struct slice digits = SLICE_LIT("");
    struct buf values;
    buf_init(&values, TEXT_SIZE);
    if (json_get(root, "TemplateParamSet") != NULL) {
        json_print(json_get(root, "TemplateParamSet"), &values);
    }
    (void)snprintf(text, sizeof(text), "【%.*s】%.*s %.*s", SLICE_FMT(text_of(root, "SignName")),
                   SLICE_FMT(text_of(root, "TemplateId")), SLICE_FMT(buf_slice(&values)));
    buf_release(&values);
    sms_new_id(s, "2019:", sid);
    enum sms_taken taken = SMS_BAD;
    if (mobile(number, &digits)) {
        const struct sms_asked asked = {PEER_TENCENT, digits, SLICE_LIT(""), slice_of(text)};
        taken = sms_take(s, &asked);
    }
    bool good = taken == SMS_TAKEN || taken == SMS_FAILS;
    json_open_object(answer, NULL);
    json_put_text(answer, "SerialNo", good ? sid : "");
    json_put_slice(answer, "PhoneNumber", number);
    json_put_int(answer, "Fee", good ? 1 : 0);
    json_put_slice(answer, "SessionContext", text_of(root, "SessionContext"));
    json_put_text(answer, "Code", code_of(taken));
    json_put_text(answer, "Message", good ? "send success" : "not sent");
    json_put_text(answer, "IsoCode", good ? "CN" : "");
    json_close_object(answer);
    if (good && report != NULL) {
        put_report(report, digits, sid, taken == SMS_TAKEN);
        put_report(forged, digits, sid, taken != SMS_TAKEN);
    }
}

static struct parcel *open_reports(const struct sandbox *s, struct json_out *o)
{
    struct parcel *p =
        s->options.tencent_url[0] == '\0' ? NULL : parcel_new(s->options.tencent_url, ANSWER_MAX);
    if (p != NULL) {
        p->wants = "\"result\"";
        json_out_init(o, &p->body);
        json_open_array(o, NULL);
    }
    return p;
}

static void take(struct sandbox *s, struct answer *a, const struct json *root)
{
    char id[SMS_ID_SIZE];
    struct json_out o, told, lies;
    uint64_t before = s->sms.count;
    struct parcel *p = open_reports(s, &told), *forged = open_reports(s, &lies);
    sms_new_id(s, "", id);
    json_out_init(&o, &a->body);
    json_open_object(&o, NULL);
    json_open_object(&o, "Response");
    json_open_array(&o, "SendStatusSet");
    for (const struct json *v = json_first(json_get(root, "PhoneNumberSet")); v != NULL;
         v = json_next(v)) {
        struct slice number = SLICE_LIT("");
        (void)!json_string(v, &number);
        take_one(s, root, number, &o, p == NULL ? NULL : &told, &lies);
    }
    json_close_array(&o);
    json_put_text(&o, "RequestId", id);
    json_close_object(&o);
    json_close_object(&o);
    if (p != NULL && forged != NULL) {
        json_close_array(&told);
        json_close_array(&lies);
        a->parcels[0] = p;
        a->forged = sms_forge(forged); /* leaves only if the menu says so */
    }
    if (p != NULL && s->sms.count == before) {
        parcel_free(p);
        parcel_free(forged);
        a->parcels[0] = a->forged = NULL;
    }
    answer_hold(a);
}

void tencent_send(struct sandbox *s, const struct http_request *r)
{
    struct json *root = NULL;
    if (s->options.tencent_id[0] == '\0' || !slice_is(http_header(r, "x-tc-action"), "SendSms") ||
        !slice_is(http_header(r, "x-tc-version"), "2021-01-11")) {
        fail(s, r, "InvalidAction");
        return;
    }
    const char *code = check(s, r);
    if (code == NULL && (r->body.len == 0 || json_parse(r->body, &root, NULL) != ERR_OK)) {
        code = "InvalidParameter";
    }
    const struct json *numbers = json_get(root, "PhoneNumberSet");
    if (code == NULL &&
        (json_kind(numbers) != JSON_ARRAY || json_size(numbers) < 1 ||
         json_size(numbers) > NUMBERS_MAX || text_of(root, "SmsSdkAppId").len == 0 ||
         text_of(root, "TemplateId").len == 0)) {
        code = "MissingParameter";
    }
    if (code != NULL) {
        fail(s, r, code);
        json_free(root);
        return;
    }
    struct slice first = SLICE_LIT("");
    (void)!json_string(json_first(numbers), &first);
    if (slice_starts_with(first, "+86")) {
        first = slice_make(first.ptr + 3, first.len - 3);
    }
    struct answer *a = desk_answer(s, r, PEER_TENCENT, FAULT_ON_SMS, &first, 1, ANSWER_MAX);
    if (a != NULL) {
        take(s, a, root);
    }
    json_free(root);
}

struct parcel *tencent_incoming(struct sandbox *s, const struct sms_incoming *m)
{
    struct json_out o;
    struct slice digits = m->from;
    struct parcel *p =
        s->options.tencent_url[0] == '\0' ? NULL : parcel_new(s->options.tencent_url, 16384);
    if (p == NULL) {
        return NULL;
    }
    (void)mobile(m->from, &digits);
    p->wants = "\"result\"";
    json_out_init(&o, &p->body);
    json_open_object(&o, NULL);
    json_put_slice(&o, "extend", m->to);
    json_put_slice(&o, "mobile", digits);
    json_put_text(&o, "nationcode", "86");
    json_put_text(&o, "sign", "");
    json_put_slice(&o, "text", m->text);
    json_put_int(&o, "time", clock_now_ms() / 1000);
    json_close_object(&o);
    return p;
}
