/* The rules in force: policy pack and calendar, read from their files at start. */
#ifndef WORKERS_RULES_RULEBOOK_H
#define WORKERS_RULES_RULEBOOK_H

#include "queue/domain/calendar.h"
#include "workers/rules/policy.h"

/* On ERR_OK *policy is the caller's (policy_free). ERR_NOT_FOUND, ERR_IO, ERR_INPUT, ERR_TOO_LARGE,
 * ERR_NO_MEMORY with file, line and remedy in `why`; outputs then untouched. */
MUST_CHECK enum err rulebook_read(const char *policy_file, const char *calendar_file,
                                  struct policy **policy, struct calendar *calendar,
                                  struct buf *why);

#endif
