/* Typed calls about the hotline's telephone calls: what the switchboard tells, whom to call back,
 * how fast people were answered. The functions: lua/calls.lua. All slices are borrowed. */
#ifndef QUEUE_STORE_CALLS_HOTLINE_H
#define QUEUE_STORE_CALLS_HOTLINE_H

#include "queue/store/calls_case.h"

#define HOTLINE_FAST_S 15 /* "answered within 15 seconds": stands in calls.lua as well */
#define HOTLINE_REPORT_DAYS_MAX 366
#define HOTLINE_EVENT_AGE_MAX_MS (30 * INT64_C(86400000)) /* calls are kept as long */

/* One event. Its call: hash of switchboard and id. */
struct hotline_event {
    struct slice call_hash;
    const char *kind; /* call_kind_word() */
    int64_t at_ms;
    bool at_said; /* the switchboard says so; else at_ms is when it came, and one of the kind counts
                   */
    int64_t hold_s, talk_s; /* -1 = not said */
    const char *ended_by;   /* "", "caller", "agent", "transfer", "dropped" */
    struct slice queue, agent;
    /* the case that a call back would be; no "" = nobody can be called back */
    struct slice phone_hash, no, facts, sealed, person_hash, wrapped_key, event_tail;
    struct slice recording_key, recording; /* sealed; "" = none */
    int64_t ticket_wait_ms;                /* how long after the call its ticket may come */
};

enum hotline_taken { HOTLINE_NEW, HOTLINE_SEEN, HOTLINE_FULL };

void hotline_take_begin(struct fcall *f, const char *region);
void hotline_take_add(struct fcall *f, const struct hotline_event *e);
MUST_CHECK enum err hotline_take_read(const redisReply *reply, enum hotline_taken *taken, size_t n);

/* Counters of a day. day: days since 1970 in China. */
struct hotline_day {
    int64_t day, offered, answered, measured, fast, wait_s, talk_s, abandoned, callbacks;
};
void hotline_report_write(struct fcall *f, const char *region, int64_t from_day, int64_t to_day);
/* days: room for HOTLINE_REPORT_DAYS_MAX + 1; days without calls are left out. */
MUST_CHECK enum err hotline_report_read(const redisReply *reply, struct hotline_day *days,
                                        size_t *n);

/* One call. Times 0 and seconds -1 = not known. */
struct hotline_call {
    int64_t first_ms, offered_ms, answered_ms, ended_ms, abandoned_ms, hold_s, talk_s;
    struct slice ended_by, queue, agent, case_no, recording_key, recording;
};
void hotline_get_write(struct fcall *f, const char *region, struct slice call_hash);
/* ERR_NOT_FOUND. */
MUST_CHECK enum err hotline_get_read(const redisReply *reply, struct hotline_call *out);

#endif
