/* The sandbox's own keys, one pair per peer that signs: made at the first start and kept in the
 * data folder as NAME.key.pem (private, 0600) and NAME.public.pem, which is what our side is
 * configured with. */
#ifndef INTEGRATIONS_SANDBOX_KEYS_H
#define INTEGRATIONS_SANDBOX_KEYS_H

#include "integrations/sign/sign_key.h"
#include "queue/base/buf.h"

/* Read or make the pair. *out is the private one, owned. ERR_IO, ERR_INPUT (a file holds something
 * else), ERR_INTERNAL, ERR_NO_MEMORY. */
MUST_CHECK enum err keys_open(const char *folder, const char *name, enum sign_kind kind,
                              struct sign_key **out);
/* len random bytes as lower-case hex: 2 * len characters. Ends in ERR_INTERNAL without randomness.
 */
MUST_CHECK enum err keys_random_hex(size_t len, struct buf *out);
/* A text in the form of a base64 signature of len bytes that nobody made. */
void keys_forged(size_t len, struct buf *out);

#endif
