#include "integrations/sandbox/keys.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include "integrations/sign/base64.h"
#include "queue/base/file.h"

#define PATH_SIZE 1024
#define RANDOM_MAX 512

static enum err write_pem(const char *path, EVP_PKEY *key, bool private)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    if (bio == NULL) {
        return ERR_NO_MEMORY;
    }
    int ok = private ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
                     : PEM_write_bio_PUBKEY(bio, key);
    long len = BIO_get_mem_data(bio, &bytes);
    enum err err = ok != 1 || len <= 0
                       ? ERR_INTERNAL
                       : file_replace(path, slice_make(bytes, (size_t)len), private ? 0600 : 0644);
    (void)BIO_free(bio);
    return err;
}

static enum err make_pair(const char *private_path, const char *public_path, enum sign_kind kind)
{
    EVP_PKEY *key = kind == SIGN_RSA ? EVP_RSA_gen(2048) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (key == NULL) {
        return ERR_INTERNAL;
    }
    enum err err = write_pem(public_path, key, false);
    err = err != ERR_OK ? err : write_pem(private_path, key, true);
    EVP_PKEY_free(key);
    return err;
}

enum err keys_open(const char *folder, const char *name, enum sign_kind kind, struct sign_key **out)
{
    char private_path[PATH_SIZE], public_path[PATH_SIZE];
    int a = snprintf(private_path, PATH_SIZE, "%s/%s.key.pem", folder, name);
    int b = snprintf(public_path, PATH_SIZE, "%s/%s.public.pem", folder, name);
    if (a < 0 || a >= PATH_SIZE || b < 0 || b >= PATH_SIZE) {
        return ERR_INPUT;
    }
    enum err err = sign_key_private_file(private_path, kind, out);
    if (err == ERR_NOT_FOUND) {
        err = make_pair(private_path, public_path, kind);
        err = err != ERR_OK ? err : sign_key_private_file(private_path, kind, out);
    }
    return err;
}

enum err keys_random_hex(size_t len, struct buf *out)
{
    unsigned char bytes[RANDOM_MAX];
    char text[2 * RANDOM_MAX + 1];
    ASSERT(len <= RANDOM_MAX);
    if (RAND_bytes(bytes, (int)len) != 1) {
        return ERR_INTERNAL;
    }
    hex_encode(bytes, len, text);
    buf_put_text(out, text);
    return buf_err(out);
}

void keys_forged(size_t len, struct buf *out)
{
    unsigned char bytes[RANDOM_MAX] = {0};
    ASSERT(len <= RANDOM_MAX);
    (void)RAND_bytes(bytes, (int)len); /* zeros are as good */
    base64_encode(bytes, len, out);
}
