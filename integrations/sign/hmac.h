/* Digests and keyed digests for the signatures of peers. On OpenSSL's libcrypto. Pure but for
 * OpenSSL's own state. All of them fail only with ERR_INTERNAL (OpenSSL refused); the output is
 * untouched then. */
#ifndef INTEGRATIONS_SIGN_HMAC_H
#define INTEGRATIONS_SIGN_HMAC_H

#include <stdbool.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define SHA1_BYTES 20
#define SHA256_BYTES 32
#define SHA256_HEX_SIZE (2 * SHA256_BYTES + 1) /* with the NUL */

MUST_CHECK enum err sha256(struct slice data, unsigned char out[SHA256_BYTES]);
/* Lower-case hex. */
MUST_CHECK enum err sha256_hex(struct slice data, char out[SHA256_HEX_SIZE]);

/* key: any length, may be empty. */
MUST_CHECK enum err hmac_sha1(struct slice key, struct slice data, unsigned char out[SHA1_BYTES]);
MUST_CHECK enum err hmac_sha256(struct slice key, struct slice data,
                                unsigned char out[SHA256_BYTES]);

/* Equal, in a time that depends on the lengths only. Two empty ones are equal. */
bool secret_equal(struct slice a, struct slice b);

#endif
