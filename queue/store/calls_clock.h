/* Typed calls about the clocks of a case. The functions: lua/clocks.lua, lua/pace.lua. */
#ifndef QUEUE_STORE_CALLS_CLOCK_H
#define QUEUE_STORE_CALLS_CLOCK_H

#include "queue/domain/clocks.h"
#include "queue/store/fcall.h"
#include "queue/store/reply.h"

/* A clock that the store keeps: it warns at warn_ms and escalates from due_ms on. */
struct clock_row {
    enum clocks_kind kind;
    int64_t due_ms, warn_ms;
    int64_t county_ms, chase_ms; /* 0 = the county is never told; no written criticism */
    bool paused;
    int step; /* 0 runs, 1 warned of, 2 on top of its inbox, 3 before the county's duty desk as
                 well, 4 criticised in writing */
};

/* Everything that an account of a case's clocks needs; borrowed from the reply. */
struct case_clocks {
    struct slice township; /* "" before dispatch */
    struct slice inbox;    /* one or two codes with a comma, "" = none */
    struct slice urgency, facts, decision;
    int64_t version;
    enum case_state state;
    struct clock_row rows[CLOCKS_KIND_COUNT];
    size_t row_count;
    bool paused;
    struct slice pause_reason;
    int64_t paused_ms;       /* since */
    int64_t next;            /* where the next page begins; 0 = this was the last one */
    size_t event_count;      /* of this page */
    const redisReply *reply; /* for case_clocks_event */
};

#define CASE_CLOCKS_PAGE 512 /* entries of a history in one answer, PAGE_MAX of lua/pace.lua */

/* from: 0, or `next` of the page before; most: 0..CASE_CLOCKS_PAGE entries (0: without history). */
void case_clocks_write(struct fcall *f, const char *region, struct slice no, int64_t from,
                       int64_t most);
/* ERR_NOT_FOUND, ERR_CORRUPT. */
MUST_CHECK enum err case_clocks_read(const redisReply *reply, struct case_clocks *out);
/* JSON of the i-th event of this page, oldest first. */
struct slice case_clocks_event(const struct case_clocks *c, size_t i);

#endif
