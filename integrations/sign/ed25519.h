/* Ed25519 signatures (RFC 8032), base64. */
#ifndef INTEGRATIONS_SIGN_ED25519_H
#define INTEGRATIONS_SIGN_ED25519_H

#include "integrations/sign/sign_key.h"
#include "queue/base/buf.h"

#define ED25519_TEXT_LEN 88 /* base64 of 64 bytes */

/* Append the base64 signature. key: private, SIGN_ED25519. ERR_INPUT: another kind of key;
 * ERR_INTERNAL: a public key; ERR_NO_MEMORY, ERR_TOO_LARGE. */
MUST_CHECK enum err ed25519_sign(const struct sign_key *key, struct slice message, struct buf *out);
/* ERR_OK: the base64 text is a signature of exactly these bytes. ERR_AUTH otherwise;
 * ERR_NO_MEMORY. */
MUST_CHECK enum err ed25519_verify(const struct sign_key *key, struct slice message,
                                   struct slice signature);

#endif
