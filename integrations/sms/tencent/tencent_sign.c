#include <stdio.h>
#include "integrations/sms/tencent/tencent.h"
#include "queue/base/clock.h"

#define AT_S_MAX INT64_C(253402300799) /* the end of year 9999 */
#define SERVICE_MAX 20

static struct slice bytes_of(const unsigned char mac[SHA256_BYTES])
{
    return slice_make((const char *)mac, SHA256_BYTES);
}

/* "TC3" and the secret, then the date, the service and the end word, each key made by the one
 * before. */
static enum err sign_text(struct slice secret, struct slice date, const char *service,
                          struct slice text, unsigned char mac[SHA256_BYTES])
{
    unsigned char next[SHA256_BYTES];
    struct buf key;
    buf_init(&key, 4096);
    buf_put_text(&key, "TC3");
    buf_put_slice(&key, secret);
    enum err err = buf_err(&key);
    if (err == ERR_OK) {
        err = hmac_sha256(buf_slice(&key), date, mac);
    }
    buf_release(&key);
    const struct slice steps[] = {slice_of(service), SLICE_LIT("tc3_request"), text};
    for (size_t i = 0; i < COUNT_OF(steps) && err == ERR_OK; i++) {
        err = hmac_sha256(bytes_of(mac), steps[i], next);
        if (err == ERR_OK) {
            memcpy(mac, next, sizeof(next));
        }
    }
    return err;
}

static void put_scope(int64_t at_s, const char *service, char scope[TENCENT_SCOPE_SIZE])
{
    int year, month, day;
    civil_from_days(at_s / (24 * 3600), &year, &month, &day);
    (void)snprintf(scope, TENCENT_SCOPE_SIZE, "%04d-%02d-%02d/%s/tc3_request", year, month, day,
                   service);
}

enum err tencent_sign(const struct tencent_request *r, struct slice secret,
                      struct tencent_signature *out)
{
    static const char names[] = "content-type;host";
    struct tencent_signature s;
    unsigned char mac[SHA256_BYTES];
    struct buf text;
    if (r->at_s < 0 || r->at_s > AT_S_MAX || strlen(r->service) > SERVICE_MAX) {
        return ERR_INPUT;
    }
    buf_init(&text, (size_t)1 << 16);
    put_scope(r->at_s, r->service, s.scope);
    enum err err = sha256_hex(r->body, s.body_sha256);
    if (err != ERR_OK) {
        goto out;
    }
    buf_putf(&text, "POST\n/\n\ncontent-type:%.*s\nhost:%.*s\n\n%s\n%s", SLICE_FMT(r->content_type),
             SLICE_FMT(r->host), names, s.body_sha256);
    err = buf_err(&text);
    if (err == ERR_OK) {
        err = sha256_hex(buf_slice(&text), s.canonical_sha256);
    }
    if (err != ERR_OK) {
        goto out;
    }
    buf_clear(&text);
    buf_putf(&text, "TC3-HMAC-SHA256\n%lld\n%s\n%s", (long long)r->at_s, s.scope,
             s.canonical_sha256);
    err = buf_err(&text);
    if (err == ERR_OK) {
        err = sign_text(secret, slice_make(s.scope, 10), r->service, buf_slice(&text), mac);
    }
    if (err == ERR_OK) {
        hex_encode(mac, sizeof(mac), s.signature);
        *out = s;
    }
out:
    buf_release(&text);
    return err;
}
