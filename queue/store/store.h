/* The blocking client of the store, for workers and tools: straight-line code, one connection, a
 * deadline on everything. After any transport error the connection is closed and the next call
 * connects and checks the settings again. What was in flight then is unknown: the functions are
 * made so that the same call may be sent again. */
#ifndef QUEUE_STORE_STORE_H
#define QUEUE_STORE_STORE_H

#include <hiredis/hiredis.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/store/fcall.h"

struct store;

/* socket_path: of the unix socket; region: 6 digits (copied); deadline_ms: of each call and of
 * connecting, 1..600000. Does not connect yet. ERR_INPUT, ERR_NO_MEMORY. */
MUST_CHECK enum err store_new(const char *socket_path, const char *region, int deadline_ms,
                              struct store **out);
void store_free(struct store *s); /* NULL is allowed */

const char *store_region(const struct store *s);
/* Why the last call failed, in words; "" if it did not. */
const char *store_why(const struct store *s);

/* Connect if needed and check settings, role and function library. */
MUST_CHECK enum err store_ready(struct store *s);
/* Load this build's function library (FUNCTION LOAD REPLACE); the other settings are checked first.
 */
MUST_CHECK enum err store_load_functions(struct store *s);

/* An fcall to fill and hand to store_call or store_push; owned by the store, one at a time. */
struct fcall *store_fcall(struct store *s);
/* Send the store's fcall and wait. On ERR_OK *reply is the caller's (freeReplyObject). An error
 * reply is its err (reply.h). */
MUST_CHECK enum err store_call(struct store *s, redisReply **reply);
/* A pipeline: push n, then pull n times in order. After a failed push or pull the rest of the
 * pipeline is gone. */
MUST_CHECK enum err store_push(struct store *s);
MUST_CHECK enum err store_pull(struct store *s, redisReply **reply);

#endif
