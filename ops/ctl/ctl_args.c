/* Options and messages, shared by the commands. */
#include "ops/ctl/ctl.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OPTIONS_MAX 32

void ctl_complain(const char *fmt, ...)
{
    va_list args;

    fputs("jiujictl: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

int ctl_usage(const char *text)
{
    fputs(text, stderr);
    return CTL_USAGE;
}

static bool take_option(const struct ctl_option *o, int *at, int argc, char **argv)
{
    if (o->given != NULL)
        *o->given = true;
    if (o->value == NULL)
        return true;
    if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0) {
        ctl_complain("--%s needs a value", o->name);
        return false;
    }
    *o->value = argv[++*at];
    return true;
}

bool ctl_options(int *argc, char **argv, const struct ctl_option *options, size_t count)
{
    bool seen[OPTIONS_MAX] = {false};
    int kept = 1;

    ASSERT(count <= OPTIONS_MAX);
    for (int i = 1; i < *argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            argv[kept++] = argv[i];
            continue;
        }
        size_t k = 0;
        while (k < count && strcmp(argv[i] + 2, options[k].name) != 0)
            k++;
        if (k == count) {
            ctl_complain("'%s' does not know the option '%s'", argv[0], argv[i]);
            return false;
        }
        if (seen[k]) {
            ctl_complain("--%s is given twice", options[k].name);
            return false;
        }
        seen[k] = true;
        if (!take_option(&options[k], &i, *argc, argv))
            return false;
    }
    argv[kept] = NULL;
    *argc = kept;
    return true;
}
