#include "integrations/sms/aliyun/aliyun.h"

enum err aliyun_sign(const struct aliyun_request *r, struct slice secret,
                     struct aliyun_signature *out)
{
    struct aliyun_signature s;
    unsigned char mac[SHA256_BYTES];
    struct buf text;
    buf_init(&text, (size_t)1 << 16);
    enum err err = sha256_hex(r->body, s.body_sha256);
    if (err != ERR_OK) {
        goto out;
    }
    buf_putf(&text, "%s\n/\n", r->method);
    buf_put_slice(&text, r->query);
    buf_putf(&text, "\nhost:%.*s\nx-acs-action:%s\nx-acs-content-sha256:%s\nx-acs-date:%s\n",
             SLICE_FMT(r->host), r->action, s.body_sha256, r->date);
    buf_putf(&text, "x-acs-signature-nonce:%s\nx-acs-version:%s\n\n" ALIYUN_SIGNED_HEADERS "\n%s",
             r->nonce, r->version, s.body_sha256);
    err = buf_err(&text);
    if (err == ERR_OK) {
        err = sha256_hex(buf_slice(&text), s.canonical_sha256);
    }
    if (err != ERR_OK) {
        goto out;
    }
    buf_clear(&text);
    buf_putf(&text, "ACS3-HMAC-SHA256\n%s", s.canonical_sha256);
    err = buf_err(&text);
    if (err == ERR_OK) {
        err = hmac_sha256(secret, buf_slice(&text), mac);
    }
    if (err == ERR_OK) {
        hex_encode(mac, sizeof(mac), s.signature);
        *out = s;
    }
out:
    buf_release(&text);
    return err;
}
