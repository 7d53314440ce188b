/* What the tests of the decision share: the shipped pack and calendar, an input to start from. */
#ifndef TESTS_UNIT_DECISION_FIXTURE_H
#define TESTS_UNIT_DECISION_FIXTURE_H

#include "workers/rules/decision.h"

extern struct policy *policy;
extern struct calendar china;

/* Group set-up and tear-down: policy and china from ops/. */
int decision_load(void **state);
int decision_unload(void **state);
int64_t at(const char *rfc3339);
/* Monday 2026-03-02 09:00 China time, signed for, a full fund, nothing had this year. */
struct decision_input input(enum cause cause, int persons);
struct decision run(const struct decision_input *in);
/* Does one of the reasons hold this text; did this rule fire? */
bool says(const struct decision *d, const char *part);
bool fired(const struct decision *d, const char *rule);

#endif
