/* Parts of `jiujictl townships`. */
#ifndef OPS_CTL_CTL_TOWNSHIPS_H
#define OPS_CTL_CTL_TOWNSHIPS_H

#include "ops/ctl/ctl.h"

/* The folder with the shipped list: as installed, else in the source tree. Never NULL. */
const char *townships_shipped_folder(void);
/* townships check [FILE] [--all]: holes of a compiled file, CTL_FAILED if it cannot be used. */
int ctl_townships_check(int argc, char **argv, const struct settings *s);

#endif
