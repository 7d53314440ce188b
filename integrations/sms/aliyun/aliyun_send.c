#include <stdio.h>
#include "integrations/sms/aliyun/aliyun.h"
#include "integrations/sms/sms_form.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"
#include "queue/domain/phone.h"

#define ACTION "SendSms"
#define VERSION "2017-05-25"
#define DATE_SIZE 32

static struct slice base_url(const struct sms_account *a)
{
    struct slice url = sms_account_text(a->url);
    if (url.len == 0) {
        return SLICE_LIT("https://dysmsapi.aliyuncs.com");
    }
    return url.ptr[url.len - 1] == '/' ? slice_make(url.ptr, url.len - 1) : url;
}

static enum err check(const struct sms_account *a)
{
    struct slice url = base_url(a);
    struct slice host = sms_url_host(url.ptr);
    /* the path is signed as "/": the address ends behind the host */
    bool url_ok = host.len > 0 && host.ptr + host.len == url.ptr + url.len;
    return url_ok && sms_account_text(a->user).len > 0 && sms_account_text(a->secret).len > 0 &&
                   sms_account_text(a->sign).len > 0
               ? ERR_OK
               : ERR_INPUT;
}

static enum err put_template_param(const struct sms_message *m, struct buf *query)
{
    struct buf json;
    struct json_out out;
    buf_init(&json, 8192);
    json_out_init(&out, &json);
    json_open_object(&out, NULL);
    for (size_t i = 0; i < m->param_count; i++) {
        char name[SMS_PARAM_NAME_MAX + 1];
        if (slice_copy(m->params[i].name, name, sizeof(name)) != ERR_OK) {
            buf_release(&json);
            return ERR_INPUT;
        }
        json_put_slice(&out, name, m->params[i].value);
    }
    json_close_object(&out);
    enum err err = buf_err(&json);
    if (err == ERR_OK) {
        sms_percent_put_field(query, '&', "TemplateParam", buf_slice(&json));
    }
    buf_release(&json);
    return err;
}

/* In the order of the names: the order that is signed. */
static enum err put_query(const struct sms_account *a, const struct sms_message *m,
                          const struct phone *to, struct buf *query)
{
    char number[PHONE_SIZE + 2];
    enum err err = ERR_OK;
    phone_national(to, number);
    sms_percent_put_field(query, 0, "OutId", m->id);
    sms_percent_put_field(query, '&', "PhoneNumbers", slice_of(number));
    sms_percent_put_field(query, '&', "SignName", slice_of(a->sign));
    if (sms_account_text(a->from).len > 0) {
        sms_percent_put_field(query, '&', "SmsUpExtendCode", slice_of(a->from));
    }
    sms_percent_put_field(query, '&', "TemplateCode", m->template_code);
    if (m->param_count > 0) {
        err = put_template_param(m, query);
    }
    return err == ERR_OK ? buf_err(query) : err;
}

static void format_date(int64_t at_ms, char out[DATE_SIZE])
{
    /* the china fields of eight hours earlier are the UTC ones */
    struct civil_time t = clock_civil_china(at_ms - CLOCK_CHINA_OFFSET_MS);
    (void)snprintf(out, DATE_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.year, t.month, t.day, t.hour,
                   t.minute, t.second);
}

static void put_headers(const struct sms_account *a, const struct aliyun_request *r,
                        const struct aliyun_signature *s, struct sms_wire *wire)
{
    struct buf value;
    buf_init(&value, 4096);
    buf_putf(&value,
             "ACS3-HMAC-SHA256 Credential=%s,SignedHeaders=" ALIYUN_SIGNED_HEADERS ",Signature=%s",
             a->user, s->signature);
    sms_wire_header(wire, "x-acs-action", slice_of(r->action));
    sms_wire_header(wire, "x-acs-version", slice_of(r->version));
    sms_wire_header(wire, "x-acs-date", slice_of(r->date));
    sms_wire_header(wire, "x-acs-signature-nonce", slice_of(r->nonce));
    sms_wire_header(wire, "x-acs-content-sha256", slice_of(s->body_sha256));
    sms_wire_header(wire, "Authorization", buf_slice(&value));
    buf_release(&value);
}

static enum err write(const struct sms_account *a, const struct sms_message *message,
                      const struct sms_moment *moment, struct sms_wire *wire)
{
    struct phone to;
    struct aliyun_signature signature;
    char date[DATE_SIZE];
    if (message->template_code.len == 0 || phone_parse(message->to, &to) != ERR_OK ||
        to.kind != PHONE_MOBILE) {
        return ERR_INPUT;
    }
    struct slice url = base_url(a);
    buf_put_slice(&wire->url, url);
    buf_put_text(&wire->url, "/?");
    size_t at = wire->url.len;
    enum err err = put_query(a, message, &to, &wire->url);
    if (err != ERR_OK) {
        return err;
    }
    format_date(moment->now_ms, date);
    const struct aliyun_request r = {
        .method = "POST",
        .host = sms_url_host(wire->url.ptr),
        .query = slice_make(wire->url.ptr + at, wire->url.len - at),
        .body = SLICE_LIT(""),
        .action = ACTION,
        .version = VERSION,
        .date = date,
        .nonce = moment->nonce,
    };
    err = aliyun_sign(&r, slice_of(a->secret), &signature);
    if (err != ERR_OK) {
        return err;
    }
    put_headers(a, &r, &signature, wire);
    return sms_wire_err(wire);
}

static struct sms_result read(const struct sms_account *account, int status, struct slice body)
{
    (void)account;
    return aliyun_read_reply(status, body);
}

const struct sms_codec ALIYUN_CODEC = {
    .name = "aliyun", .templates_only = true, .check = check, .write = write, .read = read};
