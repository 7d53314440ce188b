#include <inttypes.h>
#include <stdio.h>
#include "integrations/sms/tencent/tencent.h"
#include "queue/base/json.h"
#include "queue/domain/phone.h"

#define CONTENT_TYPE "application/json; charset=utf-8"

static struct slice base_url(const struct sms_account *a)
{
    struct slice url = sms_account_text(a->url);
    if (url.len == 0) {
        return SLICE_LIT("https://sms.tencentcloudapi.com");
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
                   sms_account_text(a->app).len > 0 && sms_account_text(a->sign).len > 0
               ? ERR_OK
               : ERR_INPUT;
}

static void put_body(const struct sms_account *a, const struct sms_message *m, const char *to,
                     struct buf *body)
{
    struct json_out out;
    json_out_init(&out, body);
    json_open_object(&out, NULL);
    json_open_array(&out, "PhoneNumberSet");
    json_put_text(&out, NULL, to);
    json_close_array(&out);
    json_put_text(&out, "SmsSdkAppId", a->app);
    json_put_text(&out, "SignName", a->sign);
    json_put_slice(&out, "TemplateId", m->template_code);
    json_open_array(&out, "TemplateParamSet");
    for (size_t i = 0; i < m->param_count; i++) {
        json_put_slice(&out, NULL, m->params[i].value);
    }
    json_close_array(&out);
    if (sms_account_text(a->from).len > 0) {
        json_put_text(&out, "ExtendCode", a->from);
    }
    json_put_slice(&out, "SessionContext", m->id);
    json_close_object(&out);
}

static void put_headers(const struct sms_account *a, const struct tencent_request *r,
                        const struct tencent_signature *s, struct sms_wire *wire)
{
    char seconds[24];
    struct buf value;
    struct slice region = sms_account_text(a->region);
    (void)snprintf(seconds, sizeof(seconds), "%" PRId64, r->at_s);
    buf_init(&value, 4096);
    buf_putf(&value,
             "TC3-HMAC-SHA256 Credential=%s/%s, SignedHeaders=content-type;host, Signature=%s",
             a->user, s->scope, s->signature);
    sms_wire_header(wire, "X-TC-Action", SLICE_LIT("SendSms"));
    sms_wire_header(wire, "X-TC-Version", SLICE_LIT("2021-01-11"));
    sms_wire_header(wire, "X-TC-Timestamp", slice_of(seconds));
    sms_wire_header(wire, "X-TC-Region", region.len > 0 ? region : SLICE_LIT("ap-guangzhou"));
    sms_wire_header(wire, "Authorization", buf_slice(&value));
    buf_release(&value);
}

static enum err write(const struct sms_account *a, const struct sms_message *message,
                      const struct sms_moment *moment, struct sms_wire *wire)
{
    struct phone to;
    struct tencent_signature signature;
    if (message->template_code.len == 0 || phone_parse(message->to, &to) != ERR_OK ||
        !phone_can_sms(&to)) {
        return ERR_INPUT;
    }
    buf_put_slice(&wire->url, base_url(a));
    buf_put_char(&wire->url, '/');
    put_body(a, message, to.text, &wire->body);
    wire->content_type = CONTENT_TYPE;
    enum err err = sms_wire_err(wire);
    if (err != ERR_OK) {
        return err;
    }
    const struct tencent_request r = {
        .host = sms_url_host(wire->url.ptr),
        .content_type = SLICE_LIT(CONTENT_TYPE),
        .body = buf_slice(&wire->body),
        .service = "sms",
        .at_s = moment->now_ms / 1000,
    };
    err = tencent_sign(&r, slice_of(a->secret), &signature);
    if (err != ERR_OK) {
        return err;
    }
    put_headers(a, &r, &signature, wire);
    return sms_wire_err(wire);
}

static struct sms_result read(const struct sms_account *account, int status, struct slice body)
{
    (void)account;
    return tencent_read_reply(status, body);
}

const struct sms_codec TENCENT_CODEC = {
    .name = "tencent", .templates_only = true, .check = check, .write = write, .read = read};
