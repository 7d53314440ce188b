/* Clocks that stand still, or go on, because something else of the gateway has happened. */
#ifndef SERVER_CLOCKS_FOLLOW_H
#define SERVER_CLOCKS_FOLLOW_H

#include "queue/domain/case_state.h"
#include "queue/domain/clocks.h"
#include "server/op.h"

/* Pause the case's clocks for `pause` (VERB_PAUSE, until somebody has to look), or let them go on
 * if they stand still for it (VERB_RESUME); then run `then` with op->state as it is now, also when
 * it was refused: no such clock, first aid, not allowed by the rules. When the store is away the op
 * is answered instead. Needs op->idem_hash and op->fingerprint; no and reason live as long as the
 * op. */
void clocks_follow(struct op *op, struct slice no, enum case_verb verb, enum pause_reason pause,
                   struct slice reason, op_fn *then);

#endif
