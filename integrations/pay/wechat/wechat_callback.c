#include "integrations/pay/wechat/wechat_callback.h"

#include "integrations/pay/pay_text.h"
#include "integrations/sign/aead.h"
#include "integrations/sign/base64.h"
#include "queue/base/json.h"

/* Append the plain text of the notice's resource. */
static enum err open_resource(const struct wechat_merchant *merchant, const struct json *resource,
                              struct buf *plain)
{
    struct slice algorithm, type, text, nonce, aad;
    if (json_string(json_get(resource, "algorithm"), &algorithm) != ERR_OK ||
        !slice_is(algorithm, "AEAD_AES_256_GCM") ||
        json_string(json_get(resource, "original_type"), &type) != ERR_OK ||
        !slice_is(type, "mch_payment") ||
        json_string(json_get(resource, "ciphertext"), &text) != ERR_OK ||
        json_string(json_get(resource, "nonce"), &nonce) != ERR_OK || nonce.len != AEAD_NONCE_LEN ||
        !pay_text_or_empty(resource, "associated_data", &aad)) {
        return ERR_INPUT;
    }
    struct buf sealed;
    buf_init(&sealed, WECHAT_BODY_MAX);
    char *room = buf_room(&sealed, text.len);
    size_t len = 0;
    enum err err = room == NULL ? buf_err(&sealed)
                                : base64_decode(text, (unsigned char *)room, text.len, &len);
    if (err == ERR_OK) {
        struct slice key = slice_of(merchant->api_key);
        err = key.len != WECHAT_API_KEY_LEN
                  ? ERR_AUTH
                  : aead_open(key, nonce, aad, slice_make(room, len), plain);
    }
    buf_release(&sealed);
    return err;
}

static enum err read_plain(const struct wechat_merchant *merchant, struct slice text,
                           struct pay_callback_news *out)
{
    struct json *bill = NULL;
    enum err err = text.len == 0 ? ERR_INPUT : json_parse(text, &bill, NULL);
    if (err != ERR_OK) {
        return err;
    }
    err = wechat_read_bill(bill, merchant->mchid, &out->results[0]);
    if (err == ERR_OK) {
        out->count = 1;
        out->oddities = out->results[0].outcome == PAY_UNKNOWN ? 1 : 0;
    }
    json_free(bill);
    return err;
}

enum err wechat_read_notice(const struct wechat_merchant *merchant, struct slice body,
                            struct pay_callback_news *out)
{
    if (body.len == 0 || body.len > WECHAT_BODY_MAX) {
        return body.len == 0 ? ERR_INPUT : ERR_TOO_LARGE;
    }
    struct json *root = NULL;
    enum err err = json_parse(body, &root, NULL);
    if (err != ERR_OK) {
        return err;
    }
    struct slice id, event;
    struct buf plain;
    buf_init(&plain, WECHAT_BODY_MAX);
    if (json_string(json_get(root, "id"), &id) != ERR_OK ||
        json_string(json_get(root, "event_type"), &event) != ERR_OK) {
        err = ERR_INPUT;
        goto out;
    }
    pay_keep_ref(id, out->notice_id);
    if (!slice_is(event, "MCHTRANSFER.BILL.FINISHED")) {
        out->oddities = 1; /* genuine, but nothing we asked for */
        goto out;
    }
    err = open_resource(merchant, json_get(root, "resource"), &plain);
    if (err == ERR_OK) {
        err = read_plain(merchant, buf_slice(&plain), out);
    }
out:
    buf_release(&plain);
    json_free(root);
    return err;
}

static enum err read_callback(const void *self, const struct pay_callback *in,
                              struct pay_callback_news *out)
{
    const struct wechat_merchant *merchant = self;
    const struct wechat_stamp stamp = {
        .timestamp = pay_callback_header(in, "Wechatpay-Timestamp"),
        .nonce = pay_callback_header(in, "Wechatpay-Nonce"),
        .serial = pay_callback_header(in, "Wechatpay-Serial"),
        .signature = pay_callback_header(in, "Wechatpay-Signature"),
        .type = pay_callback_header(in, "Wechatpay-Signature-Type"),
    };
    enum err err = wechat_verify(merchant, &stamp, in->body, in->now_ms);
    return err == ERR_OK ? wechat_read_notice(merchant, in->body, out) : err;
}

static const char *message_of(enum err err)
{
    switch (err) {
    case ERR_AUTH: return "验签失败";
    case ERR_INPUT: return "报文不合格";
    case ERR_TOO_LARGE: return "报文过大";
    default: break;
    }
    return "暂时无法处理";
}

static void answer(const void *self, const struct pay_callback *in,
                   const struct pay_callback_news *news, enum err err,
                   struct pay_callback_answer *out)
{
    (void)self, (void)in, (void)news;
    if (err == ERR_OK) {
        out->status = 204;
        return;
    }
    out->status = err_http_status(err);
    out->content_type = "application/json; charset=utf-8";
    struct json_out o;
    json_out_init(&o, &out->body);
    json_open_object(&o, NULL);
    json_put_text(&o, "code", "FAIL");
    json_put_text(&o, "message", message_of(err));
    json_close_object(&o);
}

struct pay_callback_rail wechat_callback_rail(const struct wechat_merchant *merchant)
{
    return (struct pay_callback_rail){
        .name = "wechat", .self = merchant, .read = read_callback, .answer = answer};
}
