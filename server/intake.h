/* Intake: the tickets that arrive in one turn of the loop go to the store in one call. */
#ifndef SERVER_INTAKE_H
#define SERVER_INTAKE_H

#include "server/op.h"
#include "server/ticket.h"

MUST_CHECK enum err intake_new(struct gateway *g, struct intake **out);
void intake_close(
    struct intake *in); /* stops the loop's handle; then intake_free after the loop has ended */
void intake_free(struct intake *in); /* NULL is allowed */

/* POST /v1/tickets */
void intake_handle(struct op *op);

/* A ticket ready for the store; texts in the arena it was sealed with. */
struct intake_sealed {
    char no[CASE_NO_SIZE];
    char person_hash[SEAL_HASH_SIZE];
    unsigned char wrapped[SEAL_WRAPPED_BYTES];
    struct slice facts, sealed, people;
};

/* Seal the ticket under the number out->no (set by the caller). household: the household's own
 * number, as known to the township; "" = none. ERR_NO_MEMORY, ERR_TOO_LARGE, ERR_INTERNAL. */
MUST_CHECK enum err intake_seal(struct gateway *g, struct arena *arena, const struct ticket *t,
                                struct slice household, struct intake_sealed *out);

#endif
