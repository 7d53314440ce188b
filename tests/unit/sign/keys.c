#include "tests/unit/sign/keys.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include "tests/support/test.h"

static void take(BIO *bio, struct buf *out)
{
    char *text = NULL;
    long len = BIO_get_mem_data(bio, &text);
    buf_init(out, 65536);
    buf_put(out, text, (size_t)len);
    BIO_free(bio);
}

void key_pair_make(struct key_pair *pair, unsigned bits)
{
    *pair = (struct key_pair){.private = NULL};
    enum sign_kind kind = bits == 0 ? SIGN_ED25519 : SIGN_RSA;
    EVP_PKEY *pkey = bits == 0 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                               : EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);
    assert_non_null(pkey);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    take(bio, &pair->private_pem);
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(bio, pkey), 1);
    take(bio, &pair->public_pem);
    EVP_PKEY_free(pkey);
    if (sign_key_private(buf_slice(&pair->private_pem), kind, &pair->private) != ERR_OK) {
        pair->private = NULL;
    }
    if (sign_key_public(buf_slice(&pair->public_pem), kind, &pair->public) != ERR_OK) {
        pair->public = NULL;
    }
}

void key_pair_release(struct key_pair *pair)
{
    sign_key_free(pair->private);
    sign_key_free(pair->public);
    buf_release(&pair->private_pem);
    buf_release(&pair->public_pem);
}
