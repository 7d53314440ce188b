/* jiujictl policy diff A B: which keys differ, where, from what to what. */
#include "ops/ctl/ctl_policy.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "workers/rules/policy_diff.h"

static void print_one(void *data, const struct policy_difference *d)
{
    (void)data;
    printf("%s\t%s\t%s -> %s\n", d->where[0] == '\0' ? "everywhere" : d->where, d->key,
           d->before[0] == '\0' ? "(none)" : d->before, d->after[0] == '\0' ? "(none)" : d->after);
}

int ctl_policy_diff(int argc, char **argv, const struct settings *s)
{
    const char *at = NULL;
    const struct ctl_option options[] = {{"at", &at, NULL}};
    struct policy *a = NULL, *b = NULL;
    int64_t at_ms = clock_now_ms();
    if (!ctl_options(&argc, argv, options, COUNT_OF(options)) || argc != 3) {
        return ctl_usage("usage: jiujictl policy diff A B [--at TIME]\n"
                         "A, B: files, or numbers of packs in the store; --at: what is in force "
                         "then (now)\n");
    }
    if (at != NULL && clock_parse_rfc3339(slice_of(at), &at_ms) != ERR_OK) {
        ctl_complain("--at must be a time with offset such as 2026-12-01T00:00:00+08:00");
        return CTL_USAGE;
    }
    int count = -1;
    if (ctl_policy_load(s, argv[1], &a) && ctl_policy_load(s, argv[2], &b)) {
        printf("%s -> %s\n", policy_name(a), policy_name(b));
        count = policy_diff(a, b, at_ms, print_one, NULL);
        printf("%d differences\n", count);
    }
    policy_free(a);
    policy_free(b);
    return count >= 0 ? CTL_OK : CTL_FAILED;
}
