#include "integrations/sandbox/g2p_seal.h"

#include <stdio.h>
#include <string.h>
#include "integrations/sandbox/keys.h"
#include "integrations/sandbox/sandbox.h"
#include "integrations/sign/base64.h"
#include "integrations/sign/ed25519.h"
#include "integrations/sign/hmac.h"
#include "queue/base/json_canonical.h"

#define SKEW_S 300

static enum err put_signing_text(const struct json *root, const char *created, const char *expires,
                                 struct buf *out)
{
    const struct json *header = json_get(root, "header");
    const struct json *message = json_get(root, "message");
    struct buf form;
    unsigned char digest[SHA256_BYTES];
    if (header == NULL || message == NULL) {
        return ERR_INPUT;
    }
    buf_init(&form, 4 * SANDBOX_BODY_MAX);
    buf_put_text(&form, "{\"header\":");
    enum err err = json_canonical(header, &form);
    buf_put_text(&form, ",\"message\":");
    err = err != ERR_OK ? err : json_canonical(message, &form);
    buf_put_text(&form, "}");
    err = err != ERR_OK ? err : buf_err(&form);
    err = err != ERR_OK ? err : sha256(buf_slice(&form), digest);
    buf_release(&form);
    if (err != ERR_OK) {
        return err;
    }
    buf_putf(out, "(created): %s\n(expires): %s\ndigest: SHA-256=", created, expires);
    base64_encode(digest, sizeof(digest), out);
    return buf_err(out);
}

static enum err put_signature(const struct sign_key *key, const char *sender, int64_t now_s,
                              bool forged, const struct json *root, struct buf *out)
{
    char created[24], expires[24];
    struct buf text, signature;
    (void)snprintf(created, sizeof(created), "%lld", (long long)now_s);
    (void)snprintf(expires, sizeof(expires), "%lld", (long long)(now_s + SEAL_LIFE_S));
    buf_init(&text, 1024);
    buf_init(&signature, 256);
    enum err err = put_signing_text(root, created, expires, &text);
    if (err == ERR_OK && forged) {
        keys_forged(64, &signature);
    } else if (err == ERR_OK) {
        err = ed25519_sign(key, buf_slice(&text), &signature);
    }
    buf_putf(out,
             "Signature: namespace=\"g2p\", kidId=\"%s|%s|ed25519\", algorithm=\"ed25519\", "
             "created=\"%s\", expires=\"%s\", headers=\"(created) (expires) digest\", "
             "signature=\"%.*s\"",
             sender, SEAL_KEY_ID, created, expires, SLICE_FMT(buf_slice(&signature)));
    err = err != ERR_OK ? err : buf_err(out);
    buf_release(&text);
    buf_release(&signature);
    return err;
}

enum err seal_write(const struct sign_key *key, const char *sender, int64_t now_s, bool forged,
                    struct slice message, struct buf *out)
{
    static const char empty[] = "{\"signature\":\"\",";
    struct json *root = NULL;
    struct buf signature;
    if (!slice_starts_with(message, empty)) {
        return ERR_INPUT;
    }
    enum err err = json_parse(message, &root, NULL);
    if (err != ERR_OK) {
        return err;
    }
    buf_init(&signature, 2048);
    err = put_signature(key, sender, now_s, forged, root, &signature);
    if (err == ERR_OK) {
        buf_put_text(out, "{\"signature\":");
        json_quote(out, buf_slice(&signature));
        buf_put_char(out, ',');
        buf_put(out, message.ptr + sizeof(empty) - 1, message.len - (sizeof(empty) - 1));
        err = buf_err(out);
    }
    buf_release(&signature);
    json_free(root);
    return err;
}

/* Value of name="…" in the signature's text; empty if it is not there. */
static struct slice part(struct slice text, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i + len + 2 <= text.len; i++) {
        bool begins = i == 0 || text.ptr[i - 1] == ' ' || text.ptr[i - 1] == ',';
        if (begins && memcmp(text.ptr + i, name, len) == 0 && text.ptr[i + len] == '=' &&
            text.ptr[i + len + 1] == '"') {
            struct slice rest = slice_make(text.ptr + i + len + 2, text.len - i - len - 2);
            return slice_cut(&rest, '"');
        }
    }
    return SLICE_LIT("");
}

static bool in_time(struct slice created, struct slice expires, int64_t now_s, char from[24],
                    char to[24])
{
    int64_t a, b;
    return slice_to_int64(created, 0, INT64_MAX / 2, &a) == ERR_OK &&
           slice_to_int64(expires, 0, INT64_MAX / 2, &b) == ERR_OK && a <= now_s + SKEW_S &&
           b >= now_s && slice_copy(created, from, 24) == ERR_OK &&
           slice_copy(expires, to, 24) == ERR_OK;
}

const char *seal_check(const struct sign_key *key, const char *id, int64_t now_s,
                       const struct json *root)
{
    char from[24], to[24], wanted[OPTION_SIZE + 16];
    struct slice text;
    struct buf signed_text;
    if (json_string(json_get(root, "signature"), &text) != ERR_OK || text.len == 0) {
        return "err.signature.missing";
    }
    struct slice kid = part(text, "kidId");
    kid = kid.len == 0 ? part(text, "keyId") : kid;
    (void)snprintf(wanted, sizeof(wanted), "%s|ed25519", id);
    if (!slice_is(kid, wanted) || !slice_is(part(text, "namespace"), "g2p") ||
        !slice_is(part(text, "algorithm"), "ed25519") ||
        !slice_is(part(text, "headers"), "(created) (expires) digest") ||
        !in_time(part(text, "created"), part(text, "expires"), now_s, from, to)) {
        return "err.signature.invalid";
    }
    buf_init(&signed_text, 1024);
    bool ok = put_signing_text(root, from, to, &signed_text) == ERR_OK &&
              ed25519_verify(key, buf_slice(&signed_text), part(text, "signature")) == ERR_OK;
    buf_release(&signed_text);
    return ok ? NULL : "err.signature.invalid";
}
