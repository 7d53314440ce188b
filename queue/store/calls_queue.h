/* Typed calls about jobs: lease, finish, and the dead. The functions: lua/queue.lua. */
#ifndef QUEUE_STORE_CALLS_QUEUE_H
#define QUEUE_STORE_CALLS_QUEUE_H

#include "queue/store/calls_case.h"

#define JOB_ID_SIZE 64
#define JOB_DELIVERIES_MAX 5 /* then a job is buried; the number itself stands in queue.lua */

enum stage { STAGE_ROUTE, STAGE_PAY, STAGE_NOTIFY, STAGE_SMS, STAGE_HOOK, STAGE_REGISTER, STAGE_CLOCK, STAGE_COUNT };
const char *stage_word(enum stage s);
MUST_CHECK enum err stage_from_word(struct slice word, enum stage *out);

struct job {
    struct slice id;      /* case number, payment id, … ; borrowed from the reply */
    int64_t attempt;      /* 1 on the first delivery */
    struct slice payload; /* borrowed from the reply */
};

void lease_write(struct fcall *f, const char *region, enum stage stage, int64_t lease_ms,
                 int64_t most);
/* jobs: room for STORE_BATCH_MAX; everything is borrowed from the reply. */
MUST_CHECK enum err lease_read(const redisReply *reply, struct slice *token, struct job *jobs,
                               size_t *n);

enum job_action {
    JOB_DONE,
    JOB_AGAIN, /* not a failure: after delay_ms with `text` as payload, deliveries counted anew */
    JOB_RETRY, /* a failure: after delay_ms, payload and count stay */
    JOB_BURY   /* `text` is the reason */
};

struct job_end {
    struct slice id;
    enum job_action action;
    int64_t delay_ms;
    struct slice text;
};

void finish_begin(struct fcall *f, const char *region, enum stage stage, struct slice token);
void finish_add(struct fcall *f, const struct job_end *e);
/* *stale: how many were not ours any more. */
MUST_CHECK enum err finish_read(const redisReply *reply, size_t n, size_t *stale);

struct dead_job {
    struct slice id;
    int64_t buried_ms;
    struct slice reason;
};
void dead_list_write(struct fcall *f, const char *region, enum stage stage, int64_t most);
/* jobs: room for `most`; borrowed from the reply. */
MUST_CHECK enum err dead_list_read(const redisReply *reply, struct dead_job *jobs, size_t most,
                                   size_t *n);
void dead_requeue_begin(struct fcall *f, const char *region,
                        enum stage stage); /* then 1..64 times fcall_slice(id) */
MUST_CHECK enum err dead_requeue_read(const redisReply *reply, int64_t *count);

#endif
