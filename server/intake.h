/* Intake: the tickets that arrive in one turn of the loop go to the store in one call. */
#ifndef SERVER_INTAKE_H
#define SERVER_INTAKE_H

#include "server/op.h"

MUST_CHECK enum err intake_new(struct gateway *g, struct intake **out);
void intake_close(
    struct intake *in); /* stops the loop's handle; then intake_free after the loop has ended */
void intake_free(struct intake *in); /* NULL is allowed */

/* POST /v1/tickets */
void intake_handle(struct op *op);

#endif
