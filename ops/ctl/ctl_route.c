/* jiujictl route: which township is in charge of a place, and why. */
#include "ops/ctl/ctl.h"

int ctl_route(int argc, char **argv, const struct settings *s)
{
    (void)argc;
    (void)argv;
    (void)s;
    return ctl_usage("route: not there yet\n");
}
