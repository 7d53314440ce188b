/* `jiujictl bankfile create`: the books of the rail that gives files to a bank. Made once, by a
 * person: a worker never makes them by itself, because empty books would forget what was sent. */
#include <stdio.h>
#include <string.h>
#include "integrations/pay/bankfile/registry.h"
#include "ops/ctl/ctl.h"

static const char USAGE[] = "usage: jiujictl --bankfile_registry FOLDER bankfile create    new, "
                            "empty books in that folder\n"
                            "Do this once for a bank. Never for a bank that has had files from us: "
                            "restore the folder from its backup.\n";

int ctl_bankfile(int argc, char **argv, const struct settings *s)
{
    if (argc != 2 || strcmp(argv[1], "create") != 0) {
        return ctl_usage(USAGE);
    }
    if (s->bankfile_registry[0] == '\0') {
        ctl_complain("give the folder: --bankfile_registry FOLDER, or in the settings file");
        return CTL_FAILED;
    }
    enum err err = registry_create(s->bankfile_registry);
    if (err == ERR_CONFLICT) {
        ctl_complain("'%s' holds something already; books that exist are never made anew",
                     s->bankfile_registry);
        return CTL_FAILED;
    }
    if (err != ERR_OK) {
        ctl_complain("cannot make the books in '%s': %s", s->bankfile_registry, err_text(err));
        return CTL_FAILED;
    }
    printf("%s\n", s->bankfile_registry);
    return CTL_OK;
}
