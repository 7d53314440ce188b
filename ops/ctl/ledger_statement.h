/* A bank's statement in the simplest form, for the proof of the books: CSV lines `payment
 * id,fen,kind`, kind "paid" or "returned"; a first line "payment,fen,kind" and empty lines are
 * passed over. The full reconciliation of banks' own forms is queue/domain/reconcile.h. */
#ifndef OPS_CTL_LEDGER_STATEMENT_H
#define OPS_CTL_LEDGER_STATEMENT_H

#include <stdbool.h>
#include "queue/base/buf.h"
#include "queue/domain/case_no.h"

#define LEDGER_STATEMENT_BYTES_MAX ((size_t)256 << 20)

struct ledger_statement_row {
    char id[PAYMENT_ID_SIZE];
    int64_t fen;
    bool returned, seen;
};

struct ledger_statement {
    struct ledger_statement_row *rows; /* sorted by id, paid before returned */
    size_t count;
};

/* ERR_NOT_FOUND, ERR_IO, ERR_TOO_LARGE, ERR_NO_MEMORY; ERR_INPUT with line and reason in `why`. */
MUST_CHECK enum err ledger_statement_read(const char *path, struct ledger_statement *out,
                                          struct buf *why);
void ledger_statement_release(struct ledger_statement *s);
/* The first row of a payment and how many there are; NULL when there is none. */
struct ledger_statement_row *ledger_statement_of(const struct ledger_statement *s, const char *id,
                                                 size_t *count);

#endif
