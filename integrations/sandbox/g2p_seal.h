/* Signatures of G2P Connect envelopes, from the bank's side. The specification leaves the canonical
 * form open; the profile agreed on with the other side is: RFC 8785 bytes of {"header":…,
 * "message":…}, their SHA-256 in base64 behind "digest: SHA-256=", below the lines "(created): N"
 * and
 * "(expires): N"; Ed25519. Written from that, not from the client's code. */
#ifndef INTEGRATIONS_SANDBOX_G2P_SEAL_H
#define INTEGRATIONS_SANDBOX_G2P_SEAL_H

#include "integrations/sign/sign_key.h"
#include "queue/base/buf.h"
#include "queue/base/json.h"

#define SEAL_LIFE_S 3600
#define SEAL_KEY_ID "bank-key-1"

/* Append `message`, which begins with {"signature":"", with its signature in place. forged: one
 * that is not worth anything. ERR_INPUT, ERR_INTERNAL, ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err seal_write(const struct sign_key *key, const char *sender, int64_t now_s,
                               bool forged, struct slice message, struct buf *out);
/* NULL if the envelope is signed by `id` ("SENDER|KEY") with the key and in time, else the err.*
 * code.
 */
const char *seal_check(const struct sign_key *key, const char *id, int64_t now_s,
                       const struct json *root);

#endif
