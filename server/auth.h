/* Bearer tokens: `jj_<id>_<secret>`, both from the kernel's random source; the store keeps the
 * SHA-256 of the whole. What was looked up is remembered for one second, so a revoked token works
 * no longer than that. */
#ifndef SERVER_AUTH_H
#define SERVER_AUTH_H

#include "server/op.h"

#define TOKEN_ID_HEX 16
#define TOKEN_SECRET_HEX 64
#define TOKEN_TEXT_SIZE (3 + TOKEN_ID_HEX + 1 + TOKEN_SECRET_HEX + 1)
#define TOKEN_REMEMBER_MS 1000

MUST_CHECK enum err token_cache_new(struct token_cache **out);
void token_cache_free(struct token_cache *c); /* NULL is allowed */

/* Find out who the op's bearer is and call `then`, at once or later; op->caller is set. Otherwise
 * the op is answered (401, 403, 503). */
void auth_check(struct op *op, op_fn *then);

#endif
