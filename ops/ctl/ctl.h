/* jiujictl, the operator's tool: `jiujictl [--config FILE] [--setting value …] COMMAND
 * [arguments]`.
 *
 * A command is one function in one file (ctl_NAME.c) and one line in CTL_TABLE. main.c reads the
 * settings, which stand before the command (--config FILE may stand anywhere), and hands the rest
 * over: argv[0] is the command's name. The result is the exit status: 0 done, 1 it could not be
 * done (the reason is on stderr, with the remedy), 2 the command line is wrong. */
#ifndef OPS_CTL_CTL_H
#define OPS_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/settings.h"

#define CTL_OK 0
#define CTL_FAILED 1
#define CTL_USAGE 2

/* name, function, one line for the overview */
#define CTL_TABLE(X)                                                                     \
    X("townships", ctl_townships, "compile, import or check the list of townships")      \
    X("route", ctl_route, "which township is in charge of a place, and why")             \
    X("policy", ctl_policy, "check a policy pack, or explain what it decides and why")   \
    X("store", ctl_store, "load the function library into Redis, or check its settings") \
    X("token", ctl_token, "create or revoke an access token of the API")                 \
    X("fund", ctl_fund, "put money into reserve funds, or show one")                     \
    X("ledger", ctl_ledger, "prove the books, show a fund's accounts and entries")       \
    X("reconcile", ctl_reconcile, "the bank's statement against payments and ledger")    \
    X("bankfile", ctl_bankfile, "make the books of a rail that gives files to a bank")    \
    X("hooks", ctl_hooks, "other systems that hear of events: list, given up, replay")       \
    X("dead", ctl_dead, "list parked jobs with their reason, or put them back")          \
    X("alias", ctl_alias, "local names of places: propose, approve, list, revert")       \
    X("relatives", ctl_relatives, "officers' near relatives: add, remove, list")         \
    X("officer-accounts", ctl_officer_accounts,                                          \
      "officers' own payment accounts: add, remove, list")                               \
    X("demo", ctl_demo, "three cases through the public API, told in plain words")

#define CTL_DECLARE(name, function, what) \
    int function(int argc, char **argv, const struct settings *s);
CTL_TABLE(CTL_DECLARE)
#undef CTL_DECLARE

/* An option of a command: `--name VALUE` when `value` is set, a switch `--name` when `given` is
 * set. Start values stay when the option is absent. */
struct ctl_option {
    const char *name; /* without -- */
    const char **value;
    bool *given;
};

/* Take the options out of argv[1..*argc) and move the other words to argv[1..*argc). A value may
 * start with a minus sign and a digit (--point -1.5,20). False with a message on stderr for an
 * unknown option, one given twice or one without its value. */
MUST_CHECK bool ctl_options(int *argc, char **argv, const struct ctl_option *options, size_t count);

/* "jiujictl: …" and a line feed on stderr. */
void ctl_complain(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* Print a usage text on stderr and return CTL_USAGE. */
int ctl_usage(const char *text);

#endif
