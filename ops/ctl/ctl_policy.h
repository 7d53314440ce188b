/* Shared by the files of `jiujictl policy`. */
#ifndef OPS_CTL_CTL_POLICY_H
#define OPS_CTL_CTL_POLICY_H

#include "ops/ctl/ctl.h"
#include "queue/domain/calendar.h"
#include "workers/rules/policy.h"

/* Read a pack or a calendar; on failure everything that is wrong stands on stderr and the answer is false. The policy
 * is the caller's (policy_free). */
MUST_CHECK bool ctl_policy_read(const char *path, struct policy **out);
MUST_CHECK bool ctl_calendar_read(const char *path, struct calendar *out);
/* `jiujictl policy explain`; argv[0] is "explain". */
int ctl_policy_explain(int argc, char **argv, const struct settings *s);

#endif
