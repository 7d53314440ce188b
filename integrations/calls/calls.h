/* What a call centre says about its calls: recorded frames of Asterisk's AMI and ARI, and a generic
 * form, all read into one struct. No I/O and no connection of ours: the switchboard, or a small
 * bridge beside it, posts what it sees. Forms are told apart by their first bytes, a new peer is a
 * new folder and a line in calls.c.
 *
 *     offered -> answered -> (held) -> ended          recorded: at any time
 *             -> abandoned
 *
 * A call is named by (source, call_id): the switchboard and its id of the whole call (Asterisk's
 * Linkedid). Events may come twice, late and in any order. Source: reference integrations 3.1. */
#ifndef INTEGRATIONS_CALLS_CALLS_H
#define INTEGRATIONS_CALLS_CALLS_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/arena.h"
#include "queue/base/err.h"
#include "queue/base/json.h"
#include "queue/base/slice.h"

#define CALLS_EVENTS_MAX 64 /* of one request */
#define CALLS_SOURCE_MAX 32 /* bytes: letters, digits, '-', '_', '.' */
#define CALLS_ID_MAX 128    /* bytes of call_id and leg_id: visible ASCII */
#define CALLS_WORD_MAX 64   /* bytes of queue and agent */
#define CALLS_CALLER_MAX 64 /* bytes of a number as the switchboard writes it */
#define CALLS_REF_MAX 512   /* bytes of recording_ref */
#define CALLS_SECONDS_MAX 86400
#define CALLS_SOURCE_DEFAULT "pbx" /* the only switchboard of a site needs no name */

#define CALL_KIND_TABLE(X)         \
    X(CALL_OFFERED, "offered")     \
    X(CALL_ANSWERED, "answered")   \
    X(CALL_HELD, "held")           \
    X(CALL_ENDED, "ended")         \
    X(CALL_ABANDONED, "abandoned") \
    X(CALL_RECORDED, "recorded")

#define CALL_KIND_ENUM(id, word) id,
enum call_kind { CALL_KIND_TABLE(CALL_KIND_ENUM) CALL_KIND_COUNT };
#undef CALL_KIND_ENUM
/* "offered"; never NULL for a valid value. */
const char *call_kind_word(enum call_kind kind);

/* Who or what ended an answered call, as far as the switchboard says. */
enum call_end {
    CALL_END_UNKNOWN,
    CALL_END_CALLER,
    CALL_END_AGENT,
    CALL_END_TRANSFER,
    CALL_END_DROPPED
};

struct call_event {
    enum call_kind kind;
    struct slice source, call_id;
    struct slice leg_id; /* "" where not said, as all below */
    struct slice caller; /* as the switchboard writes it; "" = absent, anonymous, withheld */
    struct slice called, queue, agent;
    struct slice
        recording_ref;      /* opaque: never fetched by us; may hold a number, so it is personal */
    int64_t at_ms;          /* 0 = the frame carries no time */
    int64_t hold_s, talk_s; /* 0..CALLS_SECONDS_MAX, -1 = not said */
    enum call_end end;      /* of CALL_ENDED */
};

/* What one request holds. */
struct calls_batch {
    struct call_event events[CALLS_EVENTS_MAX];
    size_t count;
    size_t ignored; /* well-formed frames that say nothing about a caller's call */
};

/* Read a request's body. source: name of the switchboard where the form has none (AMI, ARI), "" for
 * CALLS_SOURCE_DEFAULT. Texts are copied into the arena. ERR_INPUT: it cannot be read as a whole,
 * nothing of it counts; *why is a Chinese sentence. ERR_TOO_LARGE: more than CALLS_EVENTS_MAX
 * events. ERR_NO_MEMORY. */
MUST_CHECK enum err calls_read(struct slice body, struct slice source, struct arena *arena,
                               struct calls_batch *out, const char **why);

/* ---- For the forms ---- */

/* Time of an event: RFC 3339; the same with an offset without colon ("…23.302+0200", ARI); seconds
 * since 1970 with a fraction ("1558000000.123456", AMI). ERR_INPUT. */
MUST_CHECK enum err calls_time(struct slice text, int64_t *at_ms);
/* Is this number withheld? "", "anonymous", "unknown", "<unknown>", "private", "restricted",
 * "unavailable", "withheld" in any case. */
bool calls_withheld(struct slice number);
/* May it be the name of a switchboard? May it be an id of a call? */
bool calls_source_ok(struct slice source);
bool calls_id_ok(struct slice id);
/* Start an event: everything unknown. */
void call_event_init(struct call_event *e, enum call_kind kind, struct slice source);
/* Add it: texts are copied, lengths checked. ERR_INPUT (*why), ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err calls_add(struct calls_batch *b, const struct call_event *e,
                              struct arena *arena, const char **why);

#endif
