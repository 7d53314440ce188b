#include "integrations/pay/g2p/g2p_sign.h"

#include "integrations/pay/g2p/g2p_codec.h"
#include "integrations/sign/base64.h"
#include "integrations/sign/ed25519.h"
#include "integrations/sign/hmac.h"
#include "queue/base/json.h"
#include "queue/base/json_canonical.h"

#define HEADERS "(created) (expires) digest"
#define EMPTY_SIGNATURE "{\"signature\":\"\","

/* What is signed, from the envelope and its times. */
static enum err put_signed_text(const struct json *root, int64_t created_s, int64_t expires_s,
                                struct buf *out)
{
    const struct json *header = json_get(root, "header");
    const struct json *message = json_get(root, "message");
    if (json_kind(header) != JSON_OBJECT || json_kind(message) != JSON_OBJECT) {
        return ERR_INPUT;
    }
    unsigned char digest[SHA256_BYTES];
    struct buf canonical;
    buf_init(&canonical, 2 * G2P_MESSAGE_MAX);
    buf_put_text(&canonical, "{\"header\":");
    enum err err = json_canonical(header, &canonical);
    if (err == ERR_OK) {
        buf_put_text(&canonical, ",\"message\":");
        err = json_canonical(message, &canonical);
    }
    if (err == ERR_OK) {
        buf_put_char(&canonical, '}');
        err = buf_err(&canonical);
    }
    if (err == ERR_OK) {
        err = sha256(buf_slice(&canonical), digest);
    }
    if (err == ERR_OK) {
        buf_putf(out, "(created): %lld\n(expires): %lld\ndigest: SHA-256=", (long long)created_s,
                 (long long)expires_s);
        base64_encode(digest, sizeof(digest), out);
        err = buf_err(out);
    }
    buf_release(&canonical);
    return err;
}

static bool id_ok(const char *id)
{
    return id != NULL && id[0] != '\0' && strlen(id) <= 99 && strpbrk(id, "|\"\\\r\n") == NULL;
}

enum err g2p_sign(const struct g2p_signer *signer, int64_t now_s, struct slice unsigned_message,
                  struct buf *out)
{
    if (signer->key == NULL || !id_ok(signer->sender_id) || !id_ok(signer->key_id) ||
        !slice_starts_with(unsigned_message, EMPTY_SIGNATURE)) {
        return ERR_INPUT;
    }
    struct json *root = NULL;
    enum err err = json_parse(unsigned_message, &root, NULL);
    if (err != ERR_OK) {
        return err;
    }
    struct buf text, signature, line;
    buf_init(&text, 1024);
    buf_init(&signature, 256);
    buf_init(&line, 2048);
    int64_t expires_s = now_s + G2P_SIGNATURE_LIFE_S;
    err = put_signed_text(root, now_s, expires_s, &text);
    if (err == ERR_OK) {
        err = ed25519_sign(signer->key, buf_slice(&text), &signature);
    }
    if (err == ERR_OK) {
        buf_putf(&line,
                 "Signature: namespace=\"g2p\", kidId=\"%s|%s|ed25519\", algorithm=\"ed25519\", "
                 "created=\"%lld\", expires=\"%lld\", headers=\"" HEADERS "\", signature=\"%s\"",
                 signer->sender_id, signer->key_id, (long long)now_s, (long long)expires_s,
                 signature.ptr);
        err = buf_err(&line);
    }
    if (err == ERR_OK) {
        size_t skip = sizeof(EMPTY_SIGNATURE) - 1;
        buf_put_text(out, "{\"signature\":");
        json_quote(out, buf_slice(&line));
        buf_put_char(out, ',');
        buf_put(out, unsigned_message.ptr + skip, unsigned_message.len - skip);
        err = buf_err(out);
    }
    buf_release(&text);
    buf_release(&signature);
    buf_release(&line);
    json_free(root);
    return err;
}

/* ---- Reading ---- */

struct parts {
    struct slice ns, key_id, algorithm, created, expires, headers, signature;
};

/* One `name="value"`; the rest moves behind it and its comma. */
static bool next_part(struct slice *rest, struct slice *name, struct slice *value)
{
    struct slice tail = *rest;
    *name = slice_trim(slice_cut(&tail, '='));
    if (tail.ptr == NULL || tail.len < 2 || tail.ptr[0] != '"') {
        return false;
    }
    tail.ptr++;
    tail.len--;
    *value = slice_cut(&tail, '"');
    if (tail.ptr == NULL) {
        return false;
    }
    tail = slice_trim(tail);
    if (tail.len > 0) {
        if (tail.ptr[0] != ',') {
            return false;
        }
        tail.ptr++;
        tail.len--;
        if (slice_trim(tail).len == 0) {
            return false;
        }
    }
    *rest = tail;
    return true;
}

static struct slice *part_named(struct parts *p, struct slice name)
{
    const struct {
        const char *name;
        struct slice *at;
    } all[] = {
        {"namespace", &p->ns},        {"kidId", &p->key_id},        {"keyId", &p->key_id},
        {"algorithm", &p->algorithm}, {"created", &p->created},     {"expires", &p->expires},
        {"headers", &p->headers},     {"signature", &p->signature},
    };
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (slice_is(name, all[i].name)) {
            return all[i].at;
        }
    }
    return NULL;
}

static bool read_parts(struct slice text, struct parts *out)
{
    *out = (struct parts){.ns = {NULL, 0}};
    text = slice_trim(text);
    if (slice_starts_with(text, "Signature:")) {
        text = slice_trim(slice_make(text.ptr + 10, text.len - 10));
    }
    while (text.len > 0) {
        struct slice name, value;
        if (!next_part(&text, &name, &value)) {
            return false;
        }
        struct slice *at = part_named(out, name);
        if (at == NULL) {
            continue; /* what we do not know does not change what is signed */
        }
        if (at->ptr != NULL) {
            return false;
        }
        *at = value;
    }
    return true;
}

static bool key_id_is(const struct g2p_signer *signer, struct slice key_id)
{
    struct slice rest = key_id;
    struct slice sender = slice_cut(&rest, '|');
    struct slice key = slice_cut(&rest, '|');
    return slice_is(sender, signer->sender_id) && slice_is(key, signer->key_id) &&
           slice_is(rest, "ed25519");
}

static bool times_ok(const struct parts *p, int64_t now_s, int64_t *created_s, int64_t *expires_s)
{
    const int64_t most = INT64_C(99999999999);
    return slice_to_int64(p->created, 1, most, created_s) == ERR_OK &&
           slice_to_int64(p->expires, 1, most, expires_s) == ERR_OK && *created_s < *expires_s &&
           *expires_s - *created_s <= G2P_SIGNATURE_LIFE_MAX_S &&
           *created_s <= now_s + G2P_CLOCK_SKEW_S && now_s < *expires_s;
}

static enum err verify_root(const struct g2p_signer *signer, int64_t now_s, const struct json *root)
{
    struct slice text;
    struct parts parts;
    int64_t created_s = 0;
    int64_t expires_s = 0;
    if (json_kind(root) != JSON_OBJECT) {
        return ERR_INPUT;
    }
    if (json_string(json_get(root, "signature"), &text) != ERR_OK || text.len == 0) {
        return ERR_NOT_FOUND;
    }
    if (!read_parts(text, &parts) || !slice_is(parts.algorithm, "ed25519") ||
        !slice_is(parts.headers, HEADERS) || (parts.ns.len > 0 && !slice_is(parts.ns, "g2p")) ||
        !key_id_is(signer, parts.key_id) || !times_ok(&parts, now_s, &created_s, &expires_s)) {
        return ERR_AUTH;
    }
    struct buf signed_text;
    buf_init(&signed_text, 1024);
    enum err err = put_signed_text(root, created_s, expires_s, &signed_text);
    if (err == ERR_OK) {
        err = ed25519_verify(signer->key, buf_slice(&signed_text), parts.signature);
    }
    buf_release(&signed_text);
    return err;
}

enum err g2p_verify(const struct g2p_signer *signer, int64_t now_s, struct slice message)
{
    if (message.len == 0 || message.len > G2P_MESSAGE_MAX) {
        return message.len == 0 ? ERR_INPUT : ERR_TOO_LARGE;
    }
    if (signer->key == NULL) {
        return ERR_AUTH;
    }
    struct json *root = NULL;
    enum err err = json_parse(message, &root, NULL);
    if (err == ERR_OK) {
        err = verify_root(signer, now_s, root);
    }
    json_free(root);
    return err;
}
