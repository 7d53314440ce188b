/* What differs between two packs: for the second person who has to approve one, and for the
 * operator. Pure. */
#ifndef WORKERS_RULES_POLICY_DIFF_H
#define WORKERS_RULES_POLICY_DIFF_H

#include "workers/rules/policy.h"

/* One difference. where: a division prefix ("" = everywhere else), "surge ID", "order ID" or
 * "overlays"; key: "caps.times_per_year"; before, after: JSON, "" = not there. All borrowed for the
 * call. */
struct policy_difference {
    const char *where, *key, *before, *after;
};

/* Calls found() for every difference in force at at_ms, divisions first: everywhere, then each
 * division that one of the packs names, with what differs there in another way than everywhere.
 * Returns how many, -1 without memory. */
int policy_diff(const struct policy *a, const struct policy *b, int64_t at_ms,
                void (*found)(void *data, const struct policy_difference *d), void *data);

#endif
