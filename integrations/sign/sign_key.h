/* Keys for signatures, read once at the start: RSA of 2048 to 8192 bits and Ed25519. Used by rsa.h
 * and ed25519.h. A key may be shared by threads; it never changes. */
#ifndef INTEGRATIONS_SIGN_SIGN_KEY_H
#define INTEGRATIONS_SIGN_SIGN_KEY_H

#include "queue/base/err.h"
#include "queue/base/slice.h"

#define SIGN_KEY_TEXT_MAX 16384 /* of one PEM text or file */

enum sign_kind { SIGN_RSA, SIGN_ED25519 };

struct sign_key; /* opaque */

/* A private key in PEM (PKCS#8 or PKCS#1, not encrypted), or the bare base64 of the DER in it, as
 * some providers hand it out. *out is owned (sign_key_free). ERR_INPUT: not such a key, another
 * kind, or an RSA key outside the lengths above; ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err sign_key_private(struct slice text, enum sign_kind kind, struct sign_key **out);

/* A public key: PEM (PUBLIC KEY, RSA PUBLIC KEY, or CERTIFICATE, whose dates and issuer are not
 * looked at: the file is trusted), or bare base64 of the DER of a PUBLIC KEY. Errors as above. */
MUST_CHECK enum err sign_key_public(struct slice text, enum sign_kind kind, struct sign_key **out);

/* The same two from a file. Also ERR_NOT_FOUND, ERR_IO. */
MUST_CHECK enum err sign_key_private_file(const char *path, enum sign_kind kind,
                                          struct sign_key **out);
MUST_CHECK enum err sign_key_public_file(const char *path, enum sign_kind kind,
                                         struct sign_key **out);

void sign_key_free(struct sign_key *key); /* NULL is allowed */

enum sign_kind sign_key_kind(const struct sign_key *key);
/* The library's own handle (EVP_PKEY *), borrowed; for the files of this folder. */
void *sign_key_handle(const struct sign_key *key);

#endif
