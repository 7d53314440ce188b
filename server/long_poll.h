/* Long polls: a client waits for a case to move on. All waiters of the process share one look at
 * the store every LONG_POLL_EVERY_MS (none when nobody waits), so that a thousand waiting phones
 * cost sixteen small calls. */
#ifndef SERVER_LONG_POLL_H
#define SERVER_LONG_POLL_H

#include "server/op.h"

#define LONG_POLL_EVERY_MS 100
#define LONG_POLL_WAITERS_MAX 1024

MUST_CHECK enum err long_poll_new(struct gateway *g, struct long_poll **out);
/* Wake everybody (their `then` runs) and stop the timer. */
void long_poll_close(struct long_poll *p);
void long_poll_free(struct long_poll *p); /* NULL is allowed */

/* Call then(op) when the case's version is above `version`, when `wait_ms` have passed, when the
 * client has gone or the process drains. ERR_LIMIT: too many wait; `then` will not run. no must
 * live as long as the op. */
MUST_CHECK enum err long_poll_wait(struct long_poll *p, struct op *op, struct slice no,
                                   int64_t version, int64_t wait_ms, op_fn *then);

#endif
