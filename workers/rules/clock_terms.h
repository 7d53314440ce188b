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

const char *pause_reason_word(enum pause_reason p);
const char *pause_reason_zh(enum pause_reason p);
/* ERR_INPUT: no such reason. */
MUST_CHECK enum err pause_reason_from_word(struct slice word, enum pause_reason *out);
/* May the clocks that run in this state stand still for this reason under these rules? Money is
 * waited for when a sum is approved, everything else while it is decided. */
bool pause_allowed(const struct policy_rules *r, enum case_state s, enum pause_reason p);

#endif
