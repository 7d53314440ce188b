#include "integrations/sign/rsa.h"
#include "integrations/pay/wechat/wechat_codec.h"

void wechat_put_signed_text(struct buf *out, const char *method, struct slice target, int64_t at_s,
                            const char *nonce, struct slice body)
{
    buf_put_text(out, method);
    buf_put_char(out, '\n');
    buf_put_slice(out, target);
    buf_put_char(out, '\n');
    buf_put_int(out, at_s);
    buf_put_char(out, '\n');
    buf_put_text(out, nonce);
    buf_put_char(out, '\n');
    buf_put_slice(out, body);
    buf_put_char(out, '\n'); /* also behind an empty body */
}

static bool letters_and_digits(const char *text, size_t max)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) {
            return false;
        }
    }
    return len >= 1 && len <= max;
}

enum err wechat_put_authorization(const struct wechat_merchant *merchant, const char *method,
                                  struct slice target, int64_t at_s, const char *nonce,
                                  struct slice body, struct buf *out)
{
    if (merchant->key == NULL || at_s < 0 || !letters_and_digits(nonce, WECHAT_NONCE_SIZE - 1) ||
        !letters_and_digits(merchant->mchid, 32) || !letters_and_digits(merchant->serial, 64)) {
        return ERR_INPUT;
    }
    struct buf text, signature;
    buf_init(&text, WECHAT_BODY_MAX + 4096);
    buf_init(&signature, RSA_TEXT_MAX);
    wechat_put_signed_text(&text, method, target, at_s, nonce, body);
    enum err err = buf_err(&text);
    if (err == ERR_OK) {
        err = rsa_sign(merchant->key, buf_slice(&text), &signature);
    }
    if (err == ERR_OK) {
        buf_putf(out,
                 "Authorization: WECHATPAY2-SHA256-RSA2048 mchid=\"%s\",nonce_str=\"%s\","
                 "timestamp=\"%lld\",serial_no=\"%s\",signature=\"%s\"",
                 merchant->mchid, nonce, (long long)at_s, merchant->serial, signature.ptr);
        err = buf_err(out);
    }
    buf_release(&text);
    buf_release(&signature);
    return err;
}

static bool in_time(struct slice timestamp, int64_t now_ms)
{
    int64_t at_s = 0;
    if (slice_to_int64(timestamp, 1, INT64_C(99999999999), &at_s) != ERR_OK) {
        return false;
    }
    int64_t apart_s = now_ms / 1000 - at_s;
    return apart_s < WECHAT_WINDOW_S && apart_s > -WECHAT_WINDOW_S;
}

enum err wechat_verify(const struct wechat_merchant *merchant, const struct wechat_stamp *stamp,
                       struct slice body, int64_t now_ms)
{
    if (merchant->platform_key == NULL || merchant->platform_serial[0] == '\0' ||
        !slice_is(stamp->serial, merchant->platform_serial) ||
        (stamp->type.len > 0 && !slice_is(stamp->type, "WECHATPAY2-SHA256-RSA2048")) ||
        stamp->nonce.len == 0 || !in_time(stamp->timestamp, now_ms)) {
        return ERR_AUTH;
    }
    struct buf text;
    buf_init(&text, body.len + stamp->timestamp.len + stamp->nonce.len + 3);
    buf_put_slice(&text, stamp->timestamp);
    buf_put_char(&text, '\n');
    buf_put_slice(&text, stamp->nonce);
    buf_put_char(&text, '\n');
    buf_put_slice(&text, body);
    buf_put_char(&text, '\n');
    enum err err = buf_err(&text);
    if (err == ERR_OK) {
        err = rsa_verify(merchant->platform_key, buf_slice(&text), stamp->signature);
    }
    buf_release(&text);
    return err;
}
