/* Clocks of a case (办理时限): which run in which state, when they are due, and who held the case
 * how long.
 *
 * Everything is computed from the case's events, so that an auditor can do it again. Two things are
 * measured:
 *
 *  - The citizen's clock. It starts at the first contact and ends when the case is final. No return
 * (退单), no unsigned order and no pause stops it. Every millisecond of it belongs to exactly one
 * holder.
 *  - The clocks of the rules (domain.md sections 0.3, 3, 8). A clock runs while the case is in one
 * of its states; a stretch of it with one holder is a segment. When a case comes back to a clock
 * that has been stopped by a return, the dispatch clock goes on with its old due time, because that
 * is counted from the first contact.
 *
 * dispatch   nobody has the case yet, or again after a return; minutes from the first contact
 * accept     dispatched, nobody has signed for it; minutes or working days from each dispatch
 * return     as long as that it may be returned; minutes or working days from each dispatch
 * pay        money is approved and not there; hours or days from acceptance, or working days
 * papers     first aid is granted, papers are missing; working days, booked with the money
 * review     the township works on it; days or working days from acceptance
 * publicity  it is posted; calendar days
 * county     the county has to decide; working days
 * followup   relief is given, the citizen not yet asked; working days
 *
 * A due time that the store has booked (event member "clock_<kind>", for papers "review_due_ms")
 * holds; without one it is computed from the term. Only review, county and the pay clock of an
 * ordinary approval may be paused; never while first aid waits for anything (clocks_first_aid).
 * Pure: no clock, no I/O; memory comes from the caller's arena. */
#ifndef QUEUE_DOMAIN_CLOCKS_H
#define QUEUE_DOMAIN_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/arena.h"
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"
#include "queue/domain/calendar.h"
#include "queue/domain/case_state.h"
#include "queue/domain/relief.h"

/* Kind, word (timers of the store, event members, API), Chinese label. */
#define CLOCKS_KIND_TABLE(X)                 \
    X(CLOCKS_DISPATCH, "dispatch", "派单")   \
    X(CLOCKS_ACCEPT, "accept", "签收")       \
    X(CLOCKS_RETURN, "return", "退单")       \
    X(CLOCKS_PAY, "pay", "发放")             \
    X(CLOCKS_PAPERS, "papers", "补齐手续")   \
    X(CLOCKS_REVIEW, "review", "审核")       \
    X(CLOCKS_PUBLICITY, "publicity", "公示") \
    X(CLOCKS_COUNTY, "county", "县级审批")   \
    X(CLOCKS_FOLLOW_UP, "followup", "回访")

enum clocks_kind {
#define CLOCKS_KIND_ENUM(id, word, zh) id,
    CLOCKS_KIND_TABLE(CLOCKS_KIND_ENUM)
#undef CLOCKS_KIND_ENUM
        CLOCKS_KIND_COUNT
};

#define CLOCKS_BIT(kind) (1u << (kind))
/* What may stand still at all; domain.md section 8, `clock_pause`. */
#define CLOCKS_PAUSABLE \
    (CLOCKS_BIT(CLOCKS_REVIEW) | CLOCKS_BIT(CLOCKS_COUNTY) | CLOCKS_BIT(CLOCKS_PAY))

const char *clocks_word(enum clocks_kind kind);
const char *clocks_zh(enum clocks_kind kind);
MUST_CHECK enum err clocks_from_word(struct slice word, enum clocks_kind *out); /* ERR_INPUT */
/* Bits of the clocks that run in a state, as far as the state alone tells: the accept clock also
 * goes on behind it while nobody has signed (first aid by rule is paid before an officer has
 * looked). 0 in final states. */
unsigned clocks_in_state(enum case_state s);
/* In this state first aid waits for money, papers or its review: nothing may be paused. */
bool clocks_first_aid(enum case_state s);

/* The same table as Lua text, for the store: `local CLOCKS_IN = { ["ACCEPTED"] = { review = true },
 * …}`. */
void clocks_lua(struct buf *out);

/* ---- Terms ---- */

enum clocks_unit { TERM_NONE, TERM_MINUTES, TERM_HOURS, TERM_DAYS, TERM_WORKING_DAYS };

struct clocks_term {
    enum clocks_unit unit; /* TERM_NONE: this case has no such clock */
    int count;             /* 1..CALENDAR_SPAN_MAX days, ..24000 hours, ..1440000 minutes */
};

/* How a clock presses: `escalation` of the policy pack. */
struct clocks_pace {
    int warn_permille;      /* of the term: people are warned when so much of it has run */
    int county_hours;       /* overdue so long: the county's duty desk is told */
    int chase_working_days; /* so long behind that (催办): written criticism; 0 = there is none */
};

/* The four times of one clock. from_ms < warn_ms < due_ms <= county_ms < chase_ms; chase_ms 0 =
 * there is none. */
struct clocks_times {
    int64_t due_ms, warn_ms, county_ms, chase_ms;
};

/* The times of a clock that starts at from_ms. In minutes, hours and calendar days it warns after
 * its share of the time; in working days when the working day begins in which that share is used
 * up, the last one at the latest: a term of one working day warns at its due day's 00:00, which
 * still is later than from_ms. `assumed` as in calendar.h. ERR_INPUT: term or time out of range, or
 * TERM_NONE; outputs then untouched. */
MUST_CHECK enum err clocks_due(const struct calendar *c, struct clocks_term term,
                               const struct clocks_pace *pace, int64_t from_ms,
                               struct clocks_times *out, bool *assumed);

/* The same of a clock whose due time is known already. ERR_INPUT: a time out of range, due_ms not
 * behind from_ms, or TERM_NONE. */
MUST_CHECK enum err clocks_around(const struct calendar *c, enum clocks_unit unit,
                                  const struct clocks_pace *pace, int64_t from_ms, int64_t due_ms,
                                  struct clocks_times *out);

/* The times of a paused clock after it goes on: hours, minutes and calendar days move by the time
 * it stood still; working days by the working days that began in the pause. Never due earlier than
 * due_ms. It warns by what is left of it. ERR_INPUT as above, or when the pause ends before it
 * begins. */
MUST_CHECK enum err clocks_resume(const struct calendar *c, enum clocks_unit unit,
                                  const struct clocks_pace *pace, int64_t due_ms, int64_t paused_ms,
                                  int64_t resumed_ms, struct clocks_times *out, bool *assumed);

/* ---- Events ---- */

#define CLOCKS_ACTOR_SIZE 96 /* "order:<id>/<officer>" and a NUL */
#define CLOCKS_REASON_SIZE 32

/* What the clocks need of one event (a JSON line of jiuji_case_events). */
struct clocks_event {
    enum case_verb verb;
    enum case_state to;
    int64_t at_ms;
    char actor[CLOCKS_ACTOR_SIZE];
    bool moved;                        /* "held_by" is there: the case has come into that inbox */
    char holder[DIVISION_CODE_SIZE];   /* "" = into nobody's */
    int64_t due_ms[CLOCKS_KIND_COUNT]; /* booked with this event; 0 = not */
    char pause[CLOCKS_REASON_SIZE];    /* verb pause: the reason's word */
};

/* ERR_CORRUPT when it is not an event of a case. *out untouched on failure. */
MUST_CHECK enum err clocks_event_read(struct slice json, struct clocks_event *out);

/* ---- The account ---- */

struct clocks_rules {
    struct clocks_term terms[CLOCKS_KIND_COUNT];
    struct clocks_term pay_ordinary; /* from approval, when the money is not first aid */
    struct clocks_pace pace;
    const struct calendar *calendar;
};

/* Clocks that the store keeps, because they warn and escalate. Accept and papers have timers of
 * their own there, publicity ends by itself. */
#define CLOCKS_STORED                                                                 \
    (CLOCKS_BIT(CLOCKS_PAY) | CLOCKS_BIT(CLOCKS_REVIEW) | CLOCKS_BIT(CLOCKS_COUNTY) | \
     CLOCKS_BIT(CLOCKS_FOLLOW_UP))

/* What starts to run when a case goes from one state to another at at_ms, as the store's functions
 * take it ("review=due/warn/county/chase;county=…", "" = nothing): the stored clocks of `to` that
 * did not run in `from`. First aid that waits for its money or its papers has one timer of its own
 * (pace.lua); when the papers are there the review begins. */
void clocks_start_text(const struct clocks_rules *r, enum case_state from, enum case_state to,
                       int64_t at_ms, struct buf *out);
/* Append one clock to such a text. */
void clocks_put(struct buf *out, enum clocks_kind kind, const struct clocks_times *times);

enum clocks_state { CLOCKS_RUNNING, CLOCKS_PAUSED, CLOCKS_STOPPED, CLOCKS_STATE_COUNT };
const char *clocks_state_word(enum clocks_state s); /* running, paused, stopped */
const char *clocks_state_zh(enum clocks_state s);

struct clocks_pause {
    char reason[CLOCKS_REASON_SIZE];
    int64_t from_ms, to_ms; /* to_ms 0 = still; both within their segment */
};

/* One clock with one holder without a break. */
struct clocks_segment {
    enum clocks_kind kind;
    int run; /* from 1: the n-th time that this clock was started; segments of one run share one due
                time */
    enum clocks_state state;
    char inbox[DIVISION_CODE_SIZE]; /* "" = nobody's yet: the hotline has it */
    char actor[CLOCKS_ACTOR_SIZE];  /* who had claimed it there; "" = nobody */
    int64_t started_ms, ended_ms;   /* ended_ms 0 = runs or is paused */
    int64_t due_ms;                 /* of the run at the end of this segment; 0 = no such term */
    bool booked;                    /* the due time is the store's; else computed from the term */
    bool assumed;                   /* it lies behind days of a year whose holidays are not known */
    int64_t used_ms;                /* from start to end or now, without pauses */
    int64_t overdue_ms;             /* of this segment behind the due time, 0 = in time */
    struct clocks_pause *pauses;
    size_t pause_count;
};

/* All the time that somebody held the case. */
struct clocks_holder {
    char inbox[DIVISION_CODE_SIZE], actor[CLOCKS_ACTOR_SIZE];
    int64_t held_ms;
    int times;
};

struct clocks_account {
    int64_t first_contact_ms;
    int64_t ended_ms; /* 0 = the case is open */
    int64_t total_ms; /* = the sum of all holders' held_ms */
    int returns;
    bool paused;
    struct clocks_segment *segments; /* by start, then by kind */
    size_t segment_count;
    struct clocks_holder *holders; /* in the order of their first holding */
    size_t holder_count;
};

/* Most events that an account is made of: a case that has more is looked at by its events. */
#define CLOCKS_EVENTS_MAX 16384

/* An account in the making: begin, add each event, end. Lives in the arena, with a copy of the
 * rules (their calendar must stay); NULL = no memory. */
struct clocks_work;
struct clocks_work *clocks_account_begin(int64_t first_contact_ms, const struct clocks_rules *rules,
                                         struct arena *arena);
/* The next event, oldest first, as stored. ERR_TOO_LARGE (the CLOCKS_EVENTS_MAX + 1st),
 * ERR_NO_MEMORY: it must not be used any more. */
MUST_CHECK enum err clocks_account_add(struct clocks_work *w, const struct clocks_event *event);
/* The account at now_ms; ends *w. Everything in *out lives as long as the arena. ERR_INPUT (no
 * events). */
MUST_CHECK enum err clocks_account_end(struct clocks_work *w, int64_t now_ms,
                                       struct clocks_account *out);

/* All three. Times that go back (two machines' clocks) count as no time. first_contact_ms: 0 = that
 * of the first event; one behind it counts as the first event's. */
MUST_CHECK enum err clocks_account(const struct clocks_event *events, size_t n,
                                   int64_t first_contact_ms, const struct clocks_rules *rules,
                                   int64_t now_ms, struct arena *arena, struct clocks_account *out);

#endif
