/* Reconciliation (对账) in the pay stage: keeps the lines of the banks' files, and runs what is
 * due: the day before, each morning at reconcile_hour, a day whose statement has come later, and
 * what somebody has asked for. */
#ifndef WORKERS_RECONCILE_H
#define WORKERS_RECONCILE_H

#include "workers/site.h"

/* The statement lines of a file that a rail has collected; once they are stored the file may be put
 * away. */
MUST_CHECK enum err reconcile_keep_lines(struct site *s, const char *rail,
                                         const struct pay_collection *c);

/* One turn: at most one run; looks every RECONCILE_EVERY_MS. Errors are the store's; a run that
 * cannot be done is logged and comes again when its lease ends. */
MUST_CHECK enum err reconcile_turn(struct site *s);

#endif
