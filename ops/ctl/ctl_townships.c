/* jiujictl townships: compile, import and check the list of townships. */
#include "ops/ctl/ctl.h"

    int ctl_townships(int argc, char **argv, const struct settings *s)
{
    (void)argc;
    (void)argv;
    (void)s;
    return ctl_usage("townships: not there yet\n");
}
