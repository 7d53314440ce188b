/* The proof of the books (账簿核验): reads the event stream in pages, makes every account of every
 * fund anew from the postings alone, and holds it against the funds' balances, the payments of the
 * cases and, if given, the bank's statement. Each thing compared is read together with the id of
 * the last event that it includes, and the books are brought up to exactly that one first: the
 * proof may run while the site works. */
#ifndef OPS_CTL_LEDGER_PROOF_H
#define OPS_CTL_LEDGER_PROOF_H

#include "ops/ctl/ledger_statement.h"
#include "queue/store/calls_ledger.h"
#include "queue/store/store.h"

struct ledger_proof {
    struct store *store;
    const char *region;
    struct ledger_statement *statement; /* NULL = none was given */
    struct ledger_book *book;
    char at[EVENT_ID_SIZE]; /* the books hold every entry up to this one */
    uint64_t events, postings, payments, differences;
    unsigned char *seen; /* of each row of cases: it was compared */
    size_t seen_size;
};

/* Prints each difference as a line on stdout, then a summary. False with a message on stderr when
 * it could not be done. *differences: how many there are. */
bool ledger_prove(struct store *store, const char *region, struct ledger_statement *statement,
                  uint64_t *differences);

#endif
