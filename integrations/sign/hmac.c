#include "integrations/sign/hmac.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum err sha256(struct slice data, unsigned char out[SHA256_BYTES])
{
    unsigned char digest[SHA256_BYTES];
    if (EVP_Digest(data.len == 0 ? "" : data.ptr, data.len, digest, NULL, EVP_sha256(), NULL) !=
        1) {
        return ERR_INTERNAL;
    }
    memcpy(out, digest, sizeof(digest));
    return ERR_OK;
}

enum err sha256_hex(struct slice data, char out[SHA256_HEX_SIZE])
{
    unsigned char digest[SHA256_BYTES];
    enum err err = sha256(data, digest);
    if (err == ERR_OK) {
        hex_encode(digest, sizeof(digest), out);
    }
    return err;
}

static enum err hmac(const EVP_MD *md, struct slice key, struct slice data, unsigned char *out,
                     size_t size)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    /* A NULL key would mean "the key of the last call" to older versions. */
    const void *k = key.len == 0 ? "" : key.ptr;
    const unsigned char *d = (const unsigned char *)(data.len == 0 ? "" : data.ptr);
    if (key.len > INT_MAX || HMAC(md, k, (int)key.len, d, data.len, digest, &len) == NULL ||
        len != size) {
        return ERR_INTERNAL;
    }
    memcpy(out, digest, size);
    return ERR_OK;
}

enum err hmac_sha1(struct slice key, struct slice data, unsigned char out[SHA1_BYTES])
{
    return hmac(EVP_sha1(), key, data, out, SHA1_BYTES);
}

enum err hmac_sha256(struct slice key, struct slice data, unsigned char out[SHA256_BYTES])
{
    return hmac(EVP_sha256(), key, data, out, SHA256_BYTES);
}

bool secret_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}
