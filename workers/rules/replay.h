/* Past decisions made again under a draft (试算): who would get more, less, nothing, in fen, and
 * which township would be hit worst. On the facts and the input of then, which stand with every
 * decision; nothing is changed, nothing personal is looked at or kept. For `jiujictl policy replay`
 * and for POST /v1/policies/{id}/replay: both print these numbers.
 *
 * Pure; who has the store feeds it: replay_new, then per case number that the store names, newest
 * decision first, replay_first_time and, when that is so, replay_decide. */
#ifndef WORKERS_RULES_REPLAY_H
#define WORKERS_RULES_REPLAY_H

#include "queue/domain/calendar.h"
#include "queue/domain/disaster.h"
#include "queue/domain/relief.h"
#include "workers/rules/policy.h"

#define REPLAY_TOWNSHIPS_MAX \
    4096 /* told apart; of more the sums stay right, the worst may be missed */
#define REPLAY_NUMBERS_MAX 524288 /* case numbers that one replay can tell apart */

struct replay_tally {
    int64_t cases, fen;
};
struct replay_town {
    char code[DIVISION_CODE_SIZE]; /* "" = not placed */
    int64_t cases, lost_fen;       /* cases that get less or nothing, and how much less */
};
struct replay_result {
    const char *draft;     /* policy_name() of the draft */
    int64_t decisions;     /* made again; the four below add up to it */
    int64_t without_input; /* older ones, recorded without their input: left out */
    int64_t unreadable;    /* damaged: left out */
    struct replay_tally same, more, less,
        nothing;                   /* fen: what they got; the difference of the others */
    int64_t before_fen, after_fen; /* of all decisions together */
    struct replay_tally aid_before, aid_after; /* first aid by rule */
    const struct replay_town *worst;           /* NULL: no township loses */
};

struct replay; /* opaque */

/* draft: the pack's JSON. disasters: all that were ever declared; those that were approved hold for
 * the draft as well, at the same times and places (the newest POLICY_DISASTERS_MAX). calendar: is
 * not copied and outlives *out. at_ms: as if everything was decided at this time, for a draft whose
 * overlays begin later; 0 = each at its own time. numbers: 1..REPLAY_NUMBERS_MAX, how many case
 * numbers will be asked about at most. *out is owned (replay_free). Errors and `why`:
 * policy_load_declared(). */
MUST_CHECK enum err replay_new(struct slice draft, const struct disaster_row *disasters,
                               size_t count, const struct calendar *calendar, int64_t at_ms,
                               size_t numbers, struct replay **out, struct buf *why);
void replay_free(struct replay *r); /* NULL is allowed */

/* True for a case number that has not come before. False also when `numbers` are exhausted
 * (replay_full). */
bool replay_first_time(struct replay *r, struct slice no);
bool replay_full(const struct replay *r);

/* Decide once more and compare. facts, decision: JSON as they stand with the case; whatever cannot
 * be read is counted, not an error. */
void replay_decide(struct replay *r, struct slice no, struct slice facts, struct slice decision);
/* Count one whose record is not there or cannot be unpacked. */
void replay_skip(struct replay *r);

/* The sums so far; borrowed from r. */
void replay_sum(const struct replay *r, struct replay_result *out);

#endif
