#include "integrations/sign/standard_webhook.h"

#include <inttypes.h>
#include "integrations/sign/base64.h"
#include "integrations/sign/hmac.h"

#define PREFIX "whsec_"
#define SECRET_MIN 24
#define SECRET_MAX 64
#define SIGNED_MAX ((size_t)16 << 20)

enum err webhook_sign(struct slice secret, struct slice id, int64_t at_s, struct slice body,
                      struct buf *out)
{
    unsigned char key[SECRET_MAX], mac[SHA256_BYTES];
    size_t key_len = 0;
    struct buf text;
    if (!slice_starts_with(secret, PREFIX)) {
        return ERR_INPUT;
    }
    struct slice base64 = slice_make(secret.ptr + strlen(PREFIX), secret.len - strlen(PREFIX));
    if (base64_decode(base64, key, sizeof(key), &key_len) != ERR_OK || key_len < SECRET_MIN) {
        return ERR_INPUT;
    }
    buf_init(&text, SIGNED_MAX);
    buf_put_slice(&text, id);
    buf_putf(&text, ".%" PRId64 ".", at_s);
    buf_put_slice(&text, body);
    enum err err = buf_err(&text);
    if (err == ERR_OK) {
        err = hmac_sha256(slice_make((const char *)key, key_len), buf_slice(&text), mac);
    }
    buf_release(&text);
    if (err != ERR_OK) {
        return err;
    }
    buf_put_text(out, "v1,");
    base64_encode(mac, sizeof(mac), out);
    return buf_err(out);
}

enum err webhook_check(struct slice secret, const struct webhook_headers *headers,
                       struct slice body, int64_t now_s)
{
    int64_t at_s;
    struct buf expected;
    struct slice list = headers->signature;
    bool right = false;
    if (headers->id.len == 0 ||
        slice_to_int64(headers->timestamp, 0, INT64_C(253402300799), &at_s) != ERR_OK ||
        at_s > now_s + WEBHOOK_TOLERANCE_S || at_s < now_s - WEBHOOK_TOLERANCE_S) {
        return ERR_AUTH;
    }
    buf_init(&expected, 128);
    enum err err = webhook_sign(secret, headers->id, at_s, body, &expected);
    while (err == ERR_OK && list.len > 0) {
        right = secret_equal(slice_cut(&list, ' '), buf_slice(&expected)) || right;
    }
    buf_release(&expected);
    return err != ERR_OK ? err : right ? ERR_OK : ERR_AUTH;
}
