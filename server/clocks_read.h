/* The account of a case's clocks, read from the store page by page: the gateway never holds more
 * than one page of a history, and does nothing else for longer than a page takes. */
#ifndef SERVER_CLOCKS_READ_H
#define SERVER_CLOCKS_READ_H

#include "queue/store/calls_clock.h"
#include "server/op.h"
#include "workers/rules/policy.h"

struct clocks_reading {
    struct arena arena; /* of the account */
    struct clocks_work *work;
    int64_t next; /* page */
    bool done;    /* `account` is there */
    struct clocks_account account;
};

void clocks_reading_init(struct clocks_reading *r);
void clocks_reading_release(struct clocks_reading *r);
/* The call for the next page. */
void clocks_reading_write(struct op *op, const struct clocks_reading *r, struct slice no);
/* Takes a page; when it was not the last one (`done`) the next must be asked for. ERR_TOO_LARGE: a
 * history of more than CLOCKS_EVENTS_MAX events; ERR_CORRUPT, ERR_NO_MEMORY. */
MUST_CHECK enum err clocks_reading_add(struct op *op, struct clocks_reading *r,
                                       const struct case_clocks *c);
/* Answers the op with the reason. */
void clocks_reading_refuse(struct op *op, enum err err);

/* The terms of this case by the rules that are in force in its township at at_ms (0 = when it was
 * received). */
MUST_CHECK enum err clocks_terms_of(struct op *op, const struct case_clocks *c, int64_t at_ms,
                                    const struct policy_rules **rules, struct clocks_rules *out,
                                    struct case_facts *facts);

#endif
