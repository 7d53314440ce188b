/* Shared by the files of `jiujictl policy`. */
#ifndef OPS_CTL_CTL_POLICY_H
#define OPS_CTL_CTL_POLICY_H

#include "ops/ctl/ctl.h"
#include "queue/domain/calendar.h"
#include "workers/rules/policy.h"

/* Read a pack or a calendar; on failure everything that is wrong stands on stderr and the answer is
 * false. The policy is the caller's (policy_free). */
MUST_CHECK bool ctl_policy_read(const char *path, struct policy **out);
MUST_CHECK bool ctl_calendar_read(const char *path, struct calendar *out);
/* The bytes of a pack's file, checked; text: a buf not yet initialised, to be released in any case.
 */
MUST_CHECK bool ctl_policy_text(const char *path, struct buf *text);
/* The same for `which`: a file, or the number of a pack in the store. */
MUST_CHECK bool ctl_policy_find(const struct settings *s, const char *which, struct buf *text);
/* The same as a loaded pack. */
MUST_CHECK bool ctl_policy_load(const struct settings *s, const char *which, struct policy **out);

/* The commands; argv[0] is their own word. */
int ctl_policy_explain(int argc, char **argv, const struct settings *s);
int ctl_policy_case(int argc, char **argv, const struct settings *s);
int ctl_policy_diff(int argc, char **argv, const struct settings *s);
int ctl_policy_replay(int argc, char **argv, const struct settings *s);
int ctl_policy_list(int argc, char **argv, const struct settings *s);
int ctl_policy_draft(int argc, char **argv, const struct settings *s);
int ctl_policy_activate(int argc, char **argv, const struct settings *s);
int ctl_policy_sign(int argc, char **argv, const struct settings *s);
/* Every standing order is signed with the key FOLDER/OFFICER.pem; what is not is told on stderr. */
MUST_CHECK bool ctl_policy_signatures(const struct policy *p, const char *folder);
/* Of a pack's JSON: the signatures that policy_signers and order_signers of these settings ask for
 * hold, or none is asked for; what is not is told on stderr. */
MUST_CHECK bool ctl_policy_signed(const struct settings *s, struct slice pack);
int ctl_policy_withdraw(int argc, char **argv, const struct settings *s);

#endif
