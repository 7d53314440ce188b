#include "integrations/sign/sign_key.h"

#include <stdlib.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include "integrations/sign/base64.h"
#include "queue/base/file.h"

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

struct sign_key {
    EVP_PKEY *pkey;
    enum sign_kind kind;
};

/* Keys with a pass phrase are refused: nobody is there to be asked. */
static int no_pass_phrase(char *buf, int size, int rwflag, void *data)
{
    (void)buf, (void)size, (void)rwflag, (void)data;
    return -1;
}

static bool kind_ok(EVP_PKEY *pkey, enum sign_kind kind)
{
    if (kind == SIGN_ED25519) {
        return EVP_PKEY_get_base_id(pkey) == EVP_PKEY_ED25519;
    }
    int bits = EVP_PKEY_get_bits(pkey);
    return EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA && bits >= RSA_BITS_MIN &&
           bits <= RSA_BITS_MAX;
}

/* Takes pkey over. */
static enum err wrap(EVP_PKEY *pkey, enum sign_kind kind, struct sign_key **out)
{
    ERR_clear_error(); /* a refused key leaves nothing behind for the next reader of the queue */
    if (pkey == NULL || !kind_ok(pkey, kind)) {
        EVP_PKEY_free(pkey);
        return ERR_INPUT;
    }
    struct sign_key *key = malloc(sizeof(*key));
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return ERR_NO_MEMORY;
    }
    *key = (struct sign_key){.pkey = pkey, .kind = kind};
    *out = key;
    return ERR_OK;
}

static bool is_pem(struct slice text)
{
    return slice_starts_with(text, "-----BEGIN ");
}

/* Bare base64, with or without line ends, to DER. */
static enum err bare_der(struct slice text, unsigned char der[SIGN_KEY_TEXT_MAX], size_t *len)
{
    char joined[SIGN_KEY_TEXT_MAX];
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\n' && text.ptr[i] != '\r') {
            joined[n++] = text.ptr[i];
        }
    }
    enum err err =
        n == 0 ? ERR_INPUT : base64_decode(slice_make(joined, n), der, SIGN_KEY_TEXT_MAX, len);
    OPENSSL_cleanse(joined, n);
    return err;
}

static EVP_PKEY *pem_private(struct slice text)
{
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    EVP_PKEY *pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
    BIO_free(bio);
    return pkey;
}

static EVP_PKEY *pem_public(struct slice text)
{
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    if (bio == NULL) {
        return NULL;
    }
    EVP_PKEY *pkey = NULL;
    if (slice_starts_with(text, "-----BEGIN CERTIFICATE-----")) {
        X509 *certificate = PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL);
        pkey = certificate == NULL ? NULL : X509_get_pubkey(certificate);
        X509_free(certificate);
    } else {
        pkey = PEM_read_bio_PUBKEY(bio, NULL, no_pass_phrase, NULL);
    }
    BIO_free(bio);
    return pkey;
}

/* PEM_read_bio_PUBKEY knows "PUBLIC KEY" only; the older "RSA PUBLIC KEY" is DER of another shape,
 * which d2i_PublicKey reads. */
static EVP_PKEY *pem_rsa_public(struct slice text)
{
    BIO *bio = BIO_new_mem_buf(text.ptr, (int)text.len);
    char *name = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long len = 0;
    EVP_PKEY *pkey = NULL;
    if (bio != NULL && PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
        const unsigned char *at = der;
        pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, len);
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(bio);
    return pkey;
}

enum err sign_key_private(struct slice text, enum sign_kind kind, struct sign_key **out)
{
    text = slice_trim(text);
    if (text.len > SIGN_KEY_TEXT_MAX) {
        return ERR_TOO_LARGE;
    }
    if (is_pem(text)) {
        return wrap(pem_private(text), kind, out);
    }
    unsigned char der[SIGN_KEY_TEXT_MAX];
    size_t len = 0;
    enum err err = bare_der(text, der, &len);
    if (err == ERR_OK) {
        const unsigned char *at = der;
        err = wrap(d2i_AutoPrivateKey(NULL, &at, (long)len), kind, out);
    }
    OPENSSL_cleanse(der, sizeof(der));
    return err;
}

enum err sign_key_public(struct slice text, enum sign_kind kind, struct sign_key **out)
{
    text = slice_trim(text);
    if (text.len > SIGN_KEY_TEXT_MAX) {
        return ERR_TOO_LARGE;
    }
    if (slice_starts_with(text, "-----BEGIN RSA PUBLIC KEY-----")) {
        return wrap(pem_rsa_public(text), kind, out);
    }
    if (is_pem(text)) {
        return wrap(pem_public(text), kind, out);
    }
    unsigned char der[SIGN_KEY_TEXT_MAX];
    size_t len = 0;
    enum err err = bare_der(text, der, &len);
    if (err == ERR_OK) {
        const unsigned char *at = der;
        err = wrap(d2i_PUBKEY(NULL, &at, (long)len), kind, out);
    }
    return err;
}

static enum err from_file(const char *path, enum sign_kind kind, bool private,
                          struct sign_key **out)
{
    struct buf text;
    buf_init(&text, SIGN_KEY_TEXT_MAX);
    enum err err = file_read(path, &text);
    if (err == ERR_OK) {
        err = private ? sign_key_private(buf_slice(&text), kind, out)
                      : sign_key_public(buf_slice(&text), kind, out);
    }
    if (text.ptr != NULL) {
        OPENSSL_cleanse(text.ptr, text.cap);
    }
    buf_release(&text);
    return err;
}

enum err sign_key_private_file(const char *path, enum sign_kind kind, struct sign_key **out)
{
    return from_file(path, kind, true, out);
}

enum err sign_key_public_file(const char *path, enum sign_kind kind, struct sign_key **out)
{
    return from_file(path, kind, false, out);
}

void sign_key_free(struct sign_key *key)
{
    if (key != NULL) {
        EVP_PKEY_free(key->pkey);
        free(key);
    }
}

enum sign_kind sign_key_kind(const struct sign_key *key)
{
    return key->kind;
}

void *sign_key_handle(const struct sign_key *key)
{
    return key->pkey;
}
