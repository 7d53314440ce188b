#include "queue/seal/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/core_names.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "queue/base/file.h"

#define NONCE_BYTES 12
#define TAG_BYTES 16
#define POOL_BYTES 4096

struct sealer {
    unsigned char wrap_key[SEAL_KEY_BYTES];
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *ctx;
    EVP_MAC *mac;
    EVP_MAC_CTX *mac_ctx; /* keyed once with the hash key; re-used with a NULL key */
    EVP_MD *md;
    EVP_MD_CTX *md_ctx;
    unsigned char pool[POOL_BYTES]; /* random bytes not yet used: one call of the generator serves
                                       many cases */
    size_t pool_left;
};

static enum err derive(const unsigned char master[SEAL_KEY_BYTES], const char *purpose,
                       unsigned char out[SEAL_KEY_BYTES])
{
    enum err err = ERR_INTERNAL;
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *ctx = kdf == NULL ? NULL : EVP_KDF_CTX_new(kdf);
    unsigned char key[SEAL_KEY_BYTES];
    char info[32];
    memcpy(key, master, sizeof(key));
    if (ctx != NULL && slice_copy(slice_of(purpose), info, sizeof(info)) == ERR_OK) {
        char digest[] = "SHA256";
        OSSL_PARAM params[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key, sizeof(key)),
            OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, strlen(info)),
            OSSL_PARAM_construct_end()};
        err = EVP_KDF_derive(ctx, out, SEAL_KEY_BYTES, params) == 1 ? ERR_OK : ERR_INTERNAL;
    }
    OPENSSL_cleanse(key, sizeof(key));
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
    return err;
}

static enum err fetch_algorithms(struct sealer *s, const unsigned char hash_key[SEAL_KEY_BYTES])
{
    s->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    s->ctx = EVP_CIPHER_CTX_new();
    s->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    s->mac_ctx = s->mac == NULL ? NULL : EVP_MAC_CTX_new(s->mac);
    s->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    s->md_ctx = EVP_MD_CTX_new();
    if (s->cipher == NULL || s->ctx == NULL || s->mac_ctx == NULL || s->md == NULL ||
        s->md_ctx == NULL) {
        return ERR_INTERNAL;
    }
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                           OSSL_PARAM_construct_end()};
    return EVP_MAC_init(s->mac_ctx, hash_key, SEAL_KEY_BYTES, params) == 1 ? ERR_OK : ERR_INTERNAL;
}

static enum err read_master(const char *key_file, unsigned char master[SEAL_KEY_BYTES],
                            struct buf *why)
{
    struct stat st;
    struct buf text;
    buf_init(&text, 256);
    enum err err = file_read(key_file, &text);
    if (err != ERR_OK) {
        buf_putf(why, "cannot read master_key_file '%s': %s", key_file, err_text(err));
    } else if (stat(key_file, &st) != 0 || (st.st_mode & 077) != 0) {
        buf_putf(why, "master_key_file '%s' may be read by others: chmod 600 it", key_file);
        err = ERR_INPUT;
    } else if (hex_decode(slice_trim(buf_slice(&text)), master, SEAL_KEY_BYTES) != ERR_OK) {
        buf_putf(why, "master_key_file '%s' must hold 64 hex digits", key_file);
        err = ERR_INPUT;
    }
    if (text.ptr != NULL) {
        OPENSSL_cleanse(text.ptr, text.cap);
    }
    buf_release(&text);
    return err;
}

enum err sealer_open(const char *key_file, struct sealer **out, struct buf *why)
{
    unsigned char master[SEAL_KEY_BYTES], hash_key[SEAL_KEY_BYTES];
    enum err err = read_master(key_file, master, why);
    if (err != ERR_OK) {
        return err;
    }
    struct sealer *s = calloc(1, sizeof(*s));
    err = s == NULL ? ERR_NO_MEMORY : derive(master, "jiuji wrap 1", s->wrap_key);
    if (err == ERR_OK) {
        err = derive(master, "jiuji hash 1", hash_key);
    }
    if (err == ERR_OK) {
        err = fetch_algorithms(s, hash_key);
    }
    OPENSSL_cleanse(master, sizeof(master));
    OPENSSL_cleanse(hash_key, sizeof(hash_key));
    if (err != ERR_OK) {
        buf_putf(why, "cannot set up the ciphers: %s", err_text(err));
        sealer_close(s);
        return err;
    }
    *out = s;
    return ERR_OK;
}

void sealer_close(struct sealer *s)
{
    if (s == NULL) {
        return;
    }
    EVP_CIPHER_CTX_free(s->ctx);
    EVP_CIPHER_free(s->cipher);
    EVP_MAC_CTX_free(s->mac_ctx);
    EVP_MAC_free(s->mac);
    EVP_MD_CTX_free(s->md_ctx);
    EVP_MD_free(s->md);
    OPENSSL_cleanse(s, sizeof(*s));
    free(s);
}

enum err seal_random(unsigned char *out, size_t len)
{
    return RAND_bytes(out, (int)len) == 1 ? ERR_OK : ERR_INTERNAL;
}

static enum err from_pool(struct sealer *s, unsigned char *out, size_t len)
{
    if (s->pool_left < len) {
        if (seal_random(s->pool, POOL_BYTES) != ERR_OK) {
            return ERR_INTERNAL;
        }
        s->pool_left = POOL_BYTES;
    }
    unsigned char *at = s->pool + POOL_BYTES - s->pool_left;
    memcpy(out, at, len);
    OPENSSL_cleanse(at, len);
    s->pool_left -= len;
    return ERR_OK;
}

/* nonce | ciphertext | tag into out[0 .. plain.len + SEAL_OVERHEAD) */
static enum err encrypt(struct sealer *s, const unsigned char *key, struct slice aad,
                        struct slice plain, unsigned char *out)
{
    int len = 0;
    const unsigned char *in = (const unsigned char *)plain.ptr;
    unsigned char *body = out + NONCE_BYTES;
    if (plain.len > SEAL_TEXT_MAX) {
        return ERR_TOO_LARGE;
    }
    if (from_pool(s, out, NONCE_BYTES) != ERR_OK ||
        EVP_EncryptInit_ex2(s->ctx, s->cipher, key, out, NULL) != 1 ||
        EVP_EncryptUpdate(s->ctx, NULL, &len, (const unsigned char *)aad.ptr, (int)aad.len) != 1 ||
        (plain.len > 0 && EVP_EncryptUpdate(s->ctx, body, &len, in, (int)plain.len) != 1) ||
        EVP_EncryptFinal_ex(s->ctx, body + plain.len, &len) != 1 ||
        EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, body + plain.len) != 1) {
        return ERR_INTERNAL;
    }
    return ERR_OK;
}

static enum err decrypt(struct sealer *s, const unsigned char *key, struct slice aad,
                        struct slice sealed, unsigned char *out)
{
    int len = 0;
    unsigned char tag[TAG_BYTES];
    if (sealed.len < SEAL_OVERHEAD || sealed.len > SEAL_TEXT_MAX + SEAL_OVERHEAD) {
        return ERR_CORRUPT;
    }
    const unsigned char *nonce = (const unsigned char *)sealed.ptr;
    size_t plain_len = sealed.len - SEAL_OVERHEAD;
    memcpy(tag, nonce + NONCE_BYTES + plain_len, TAG_BYTES);
    if (EVP_DecryptInit_ex2(s->ctx, s->cipher, key, nonce, NULL) != 1 ||
        EVP_DecryptUpdate(s->ctx, NULL, &len, (const unsigned char *)aad.ptr, (int)aad.len) != 1 ||
        (plain_len > 0 &&
         EVP_DecryptUpdate(s->ctx, out, &len, nonce + NONCE_BYTES, (int)plain_len) != 1) ||
        EVP_CIPHER_CTX_ctrl(s->ctx, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, tag) != 1 ||
        EVP_DecryptFinal_ex(s->ctx, out + plain_len, &len) != 1) {
        OPENSSL_cleanse(out, plain_len);
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

enum err seal_make_key(struct sealer *s, struct slice case_no, unsigned char key[SEAL_KEY_BYTES],
                       unsigned char wrapped[SEAL_WRAPPED_BYTES])
{
    if (from_pool(s, key, SEAL_KEY_BYTES) != ERR_OK) {
        return ERR_INTERNAL;
    }
    return encrypt(s, s->wrap_key, case_no, slice_make((const char *)key, SEAL_KEY_BYTES), wrapped);
}

enum err seal_unwrap_key(struct sealer *s, struct slice case_no, struct slice wrapped,
                         unsigned char key[SEAL_KEY_BYTES])
{
    if (wrapped.len != SEAL_WRAPPED_BYTES) {
        return ERR_CORRUPT;
    }
    return decrypt(s, s->wrap_key, case_no, wrapped, key);
}

enum err seal_text(struct sealer *s, const unsigned char key[SEAL_KEY_BYTES], struct slice case_no,
                   struct slice plain, struct buf *out)
{
    unsigned char *at = (unsigned char *)buf_room(out, plain.len + SEAL_OVERHEAD);
    if (at == NULL) {
        return buf_err(out);
    }
    enum err err = encrypt(s, key, case_no, plain, at);
    if (err == ERR_OK) {
        out->len += plain.len + SEAL_OVERHEAD;
    }
    return err;
}

enum err unseal_text(struct sealer *s, const unsigned char key[SEAL_KEY_BYTES],
                     struct slice case_no, struct slice sealed, struct buf *out)
{
    if (sealed.len < SEAL_OVERHEAD) {
        return ERR_CORRUPT;
    }
    unsigned char *at = (unsigned char *)buf_room(out, sealed.len - SEAL_OVERHEAD);
    if (at == NULL) {
        return buf_err(out);
    }
    enum err err = decrypt(s, key, case_no, sealed, at);
    if (err == ERR_OK) {
        out->len += sealed.len - SEAL_OVERHEAD;
        out->ptr[out->len] = '\0';
    }
    return err;
}

enum err unseal_case(struct sealer *s, struct slice case_no, struct slice wrapped,
                     struct slice sealed, struct buf *out)
{
    unsigned char key[SEAL_KEY_BYTES];
    if (wrapped.len == 0) {
        return ERR_NOT_FOUND;
    }
    enum err err = seal_unwrap_key(s, case_no, wrapped, key);
    if (err == ERR_OK) {
        err = unseal_text(s, key, case_no, sealed, out);
    }
    OPENSSL_cleanse(key, sizeof(key));
    return err;
}

enum err seal_hash(struct sealer *s, const char *kind, struct slice text, char out[SEAL_HASH_SIZE])
{
    unsigned char mac[32];
    size_t len = 0;
    static const unsigned char SEPARATOR[1] = {0};
    if (EVP_MAC_init(s->mac_ctx, NULL, 0, NULL) != 1 ||
        EVP_MAC_update(s->mac_ctx, (const unsigned char *)kind, strlen(kind)) != 1 ||
        EVP_MAC_update(s->mac_ctx, SEPARATOR, 1) != 1 ||
        EVP_MAC_update(s->mac_ctx, (const unsigned char *)text.ptr, text.len) != 1 ||
        EVP_MAC_final(s->mac_ctx, mac, &len, sizeof(mac)) != 1) {
        return ERR_INTERNAL;
    }
    hex_encode(mac, (SEAL_HASH_SIZE - 1) / 2, out);
    return ERR_OK;
}

enum err seal_digest(struct sealer *s, struct slice text, char out[SEAL_DIGEST_SIZE])
{
    unsigned char digest[32];
    unsigned len = 0;
    if (EVP_DigestInit_ex2(s->md_ctx, s->md, NULL) != 1 ||
        EVP_DigestUpdate(s->md_ctx, text.ptr, text.len) != 1 ||
        EVP_DigestFinal_ex(s->md_ctx, digest, &len) != 1) {
        return ERR_INTERNAL;
    }
    hex_encode(digest, sizeof(digest), out);
    return ERR_OK;
}

bool seal_equal(struct slice a, struct slice b)
{
    return a.len == b.len && CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}
