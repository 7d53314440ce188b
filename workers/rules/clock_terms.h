/* The terms of a case's clocks as the policy in force sets them (queue/domain/clocks.h says what
 * each clock is). Pure. */
#ifndef WORKERS_RULES_CLOCK_TERMS_H
#define WORKERS_RULES_CLOCK_TERMS_H

#include "queue/domain/clocks.h"
#include "workers/rules/policy.h"

/* recognised: the household is on the register already, the economy check is skipped. calendar:
 * kept by *out. CONSULT and OTHER have no pay, review or county clock. */
void clock_terms(const struct policy_rules *r, const struct calendar *calendar,
                 enum relief_type type, enum urgency urgency, bool recognised,
                 struct clocks_rules *out);

/* When people are warned and the county is told: `escalation` of the pack. clock_terms() puts it
 * into *out as well. */
struct clocks_pace clock_pace(const struct policy_rules *r);

/* When the time to sign for a case, from from_ms to accept_by_ms, warns. Working days do; shorter
 * terms have no time for it: 0. */
int64_t clock_accept_warn(const struct policy_rules *r, const struct calendar *calendar,
                          enum urgency urgency, int64_t from_ms, int64_t accept_by_ms);

/* What the store needs when a timer fires and nobody is there to ask the policy: per division that
 * the pack or a declared disaster names, how long a case that is offered now may wait to be
 * accepted and the clocks that begin now ("prefix,critical ms,urgent ms,by/warn,followup=…;pay=…",
 * "|" between; the entry with prefix "" is that of the region). region: its code ("520000");
 * divisions that lie outside it are left out, and those that say the same as what they lie in. */
void clock_places_write(const struct policy *p, const struct calendar *calendar, const char *region,
                        int64_t now_ms, struct buf *out);

const char *pause_reason_word(enum pause_reason p);
const char *pause_reason_zh(enum pause_reason p);
/* ERR_INPUT: no such reason. */
MUST_CHECK enum err pause_reason_from_word(struct slice word, enum pause_reason *out);
/* May the clocks that run in this state stand still for this reason under these rules? Money is
 * waited for when a sum is approved, everything else while it is decided. */
bool pause_allowed(const struct policy_rules *r, enum case_state s, enum pause_reason p);

#endif
