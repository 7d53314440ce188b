/* The part of an event that C writes: who, when, why, under which policy. The functions put
 * sequence, verb and states in front and postings behind it. No personal data: actor is a role and
 * a token's name, reason a sentence about the matter. */
#ifndef QUEUE_STORE_EVENT_TAIL_H
#define QUEUE_STORE_EVENT_TAIL_H

#include "queue/base/buf.h"

#define REASON_MAX 300 /* bytes */

struct event_tail {
    int64_t at_ms;
    struct slice actor;  /* "agent:desk-3", "rule:SO-1", "worker:worker-1" */
    struct slice reason; /* at most REASON_MAX bytes of UTF-8 */
    struct slice policy; /* "version+hash"; "" where no policy was applied */
};

/* Append `"at_ms":…,"actor":"…","reason":"…","policy":"…"`. */
void event_tail_write(const struct event_tail *t, struct buf *out);

#endif
