#include "integrations/sign/rsa.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include "integrations/sign/base64.h"

#define RSA_BYTES_MAX 1024 /* 8192 bits */
#define OAEP_OVERHEAD 42   /* 2 * 20 + 2, with SHA-1 */

enum err rsa_sign(const struct sign_key *key, struct slice message, struct buf *out)
{
    if (sign_key_kind(key) != SIGN_RSA) {
        return ERR_INPUT;
    }
    unsigned char signature[RSA_BYTES_MAX];
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return ERR_NO_MEMORY;
    }
    bool ok =
        EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, sign_key_handle(key)) == 1 &&
        EVP_DigestSign(ctx, signature, &len, (const unsigned char *)message.ptr, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    if (!ok) {
        return ERR_INTERNAL;
    }
    base64_encode(signature, len, out);
    return buf_err(out);
}

enum err rsa_verify(const struct sign_key *key, struct slice message, struct slice signature)
{
    if (sign_key_kind(key) != SIGN_RSA || signature.len > RSA_TEXT_MAX) {
        return ERR_AUTH;
    }
    unsigned char bytes[RSA_BYTES_MAX];
    size_t len = 0;
    if (base64_decode(signature, bytes, sizeof(bytes), &len) != ERR_OK) {
        return ERR_AUTH;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return ERR_NO_MEMORY;
    }
    bool ok =
        EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, sign_key_handle(key)) == 1 &&
        EVP_DigestVerify(ctx, bytes, len, (const unsigned char *)message.ptr, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok ? ERR_OK : ERR_AUTH;
}

/* A context for OAEP; NULL on failure. */
static EVP_PKEY_CTX *oaep(const struct sign_key *key, bool encrypt)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(sign_key_handle(key), NULL);
    if (ctx != NULL && (encrypt ? EVP_PKEY_encrypt_init(ctx) : EVP_PKEY_decrypt_init(ctx)) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha1()) == 1 &&
        EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha1()) == 1) {
        return ctx;
    }
    EVP_PKEY_CTX_free(ctx);
    return NULL;
}

enum err rsa_encrypt(const struct sign_key *key, struct slice text, struct buf *out)
{
    if (sign_key_kind(key) != SIGN_RSA) {
        return ERR_INPUT;
    }
    int size = EVP_PKEY_get_size(sign_key_handle(key));
    if (size < OAEP_OVERHEAD || text.len > (size_t)size - OAEP_OVERHEAD) {
        return ERR_TOO_LARGE;
    }
    unsigned char bytes[RSA_BYTES_MAX];
    size_t len = sizeof(bytes);
    EVP_PKEY_CTX *ctx = oaep(key, true);
    bool ok = ctx != NULL &&
              EVP_PKEY_encrypt(ctx, bytes, &len, (const unsigned char *)text.ptr, text.len) == 1;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    if (!ok) {
        return ERR_INTERNAL;
    }
    base64_encode(bytes, len, out);
    return buf_err(out);
}

enum err rsa_decrypt(const struct sign_key *key, struct slice base64, struct buf *out)
{
    if (sign_key_kind(key) != SIGN_RSA || base64.len > RSA_TEXT_MAX) {
        return ERR_AUTH;
    }
    unsigned char bytes[RSA_BYTES_MAX];
    size_t bytes_len = 0;
    if (base64_decode(base64, bytes, sizeof(bytes), &bytes_len) != ERR_OK) {
        return ERR_AUTH;
    }
    unsigned char text[RSA_BYTES_MAX];
    size_t len = sizeof(text);
    EVP_PKEY_CTX *ctx = oaep(key, false);
    enum err err = ERR_AUTH;
    if (ctx != NULL && EVP_PKEY_decrypt(ctx, text, &len, bytes, bytes_len) == 1) {
        buf_put(out, text, len);
        err = buf_err(out);
    }
    OPENSSL_cleanse(text, sizeof(text));
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return err;
}
