/* RSA: signatures with PKCS#1 v1.5 and SHA-256 ("SHA256withRSA", "RSA2") and encryption of short
 * texts with OAEP. Signatures and encrypted texts are base64. */
#ifndef INTEGRATIONS_SIGN_RSA_H
#define INTEGRATIONS_SIGN_RSA_H

#include "integrations/sign/sign_key.h"
#include "queue/base/buf.h"

#define RSA_TEXT_MAX 1368 /* base64 of the longest signature, 8192 bits */

/* Append the base64 signature. key: private, SIGN_RSA. ERR_INPUT: another kind of key;
 * ERR_INTERNAL: the library failed (a public key); ERR_NO_MEMORY, ERR_TOO_LARGE. */
MUST_CHECK enum err rsa_sign(const struct sign_key *key, struct slice message, struct buf *out);

/* ERR_OK: the base64 text is a signature of exactly these bytes. ERR_AUTH otherwise, whatever is
 * wrong with it; ERR_NO_MEMORY. */
MUST_CHECK enum err rsa_verify(const struct sign_key *key, struct slice message,
                               struct slice signature);

/* Append the base64 of the text, encrypted for the owner of the public key: OAEP with SHA-1 and
 * MGF1-SHA-1, as WeChat Pay asks for. text: at most key length - 42 bytes (214 for 2048 bits),
 * ERR_TOO_LARGE otherwise. ERR_INPUT, ERR_INTERNAL, ERR_NO_MEMORY. */
MUST_CHECK enum err rsa_encrypt(const struct sign_key *key, struct slice text, struct buf *out);
/* The reverse with the private key. ERR_AUTH: not encrypted for it. */
MUST_CHECK enum err rsa_decrypt(const struct sign_key *key, struct slice base64, struct buf *out);

#endif
