#include "integrations/sign/ed25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include "integrations/sign/base64.h"

#define ED25519_BYTES 64

enum err ed25519_sign(const struct sign_key *key, struct slice message, struct buf *out)
{
    if (sign_key_kind(key) != SIGN_ED25519) {
        return ERR_INPUT;
    }
    unsigned char signature[ED25519_BYTES];
    size_t len = sizeof(signature);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return ERR_NO_MEMORY;
    }
    bool ok =
        EVP_DigestSignInit(ctx, NULL, NULL, NULL, sign_key_handle(key)) == 1 &&
        EVP_DigestSign(ctx, signature, &len, (const unsigned char *)message.ptr, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    if (!ok) {
        return ERR_INTERNAL;
    }
    base64_encode(signature, len, out);
    return buf_err(out);
}

enum err ed25519_verify(const struct sign_key *key, struct slice message, struct slice signature)
{
    if (sign_key_kind(key) != SIGN_ED25519 || signature.len != ED25519_TEXT_LEN) {
        return ERR_AUTH;
    }
    unsigned char bytes[ED25519_BYTES + 2];
    size_t len = 0;
    if (base64_decode(signature, bytes, sizeof(bytes), &len) != ERR_OK || len != ED25519_BYTES) {
        return ERR_AUTH;
    }
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL) {
        return ERR_NO_MEMORY;
    }
    bool ok =
        EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, sign_key_handle(key)) == 1 &&
        EVP_DigestVerify(ctx, bytes, len, (const unsigned char *)message.ptr, message.len) == 1;
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
    return ok ? ERR_OK : ERR_AUTH;
}
