/* The batch loop's tools: lease, end, and the texts that events need. A stage is a function that
 * handles one batch:
 *
 *     enum err stage_x(struct site *s, size_t *handled);
 *
 * It leases, loads, decides and commits, in straight lines. ERR_OK with *handled = 0 means that
 * nothing waits. An error is trouble with the store: what was leased comes back by itself when the
 * lease ends, and nothing may be assumed of the last call. A stage never ends a job before its
 * result is stored. */
#ifndef WORKERS_RUNTIME_H
#define WORKERS_RUNTIME_H

#include "workers/site.h"

struct lease {
    redisReply *reply; /* owns the texts */
    struct slice token;
    struct job jobs[STORE_BATCH_MAX];
    size_t count;
};

/* Lease at most `most` jobs. Release it in every case. */
MUST_CHECK enum err lease_take(struct site *s, enum stage stage, int64_t most, struct lease *out);
void lease_release(struct lease *l);

/* End jobs of a lease; stale ones are counted and logged, they belong to somebody else now. n may
 * be 0. */
MUST_CHECK enum err lease_end(struct site *s, enum stage stage, const struct lease *l,
                              const struct job_end *ends, size_t n);

/* Call the store and keep the reply until the batch is over (released with lease_release of the
 * batch's lease is not needed: the caller frees it). Logs the error with `what`. */
MUST_CHECK enum err runtime_call(struct site *s, const char *what, redisReply **reply);

/* Event tail in the batch's arena. ERR_NO_MEMORY. */
MUST_CHECK enum err runtime_tail(struct site *s, int64_t at_ms, const char *actor,
                                 struct slice reason, const char *policy, struct slice *out);
/* Copy of a buffer's text in the batch's arena. */
MUST_CHECK enum err runtime_keep(struct site *s, const struct buf *b, struct slice *out);

/* New townships and aliases, looked for every PLACES_EVERY_MS; only between batches. */
MUST_CHECK enum err places_refresh(struct site *s);

enum err stage_route(struct site *s, size_t *handled);
enum err stage_pay(struct site *s, size_t *handled);
enum err stage_notify(struct site *s, size_t *handled);
enum err stage_sms(struct site *s, size_t *handled);
enum err stage_clock(struct site *s, size_t *handled);
enum err stage_hook(struct site *s, size_t *handled);
enum err stage_register(struct site *s, size_t *handled);
void stage_register_close(struct site *s);
void stage_hook_close(struct site *s); /* waits for what is on its way */

#endif
