/* The one book of all rails: one movement per rail and reference, found by both; the statement is
 * the list of what moved money, in order. In memory; journal lines are written by whoever changes
 * it and read back here at start. */
#ifndef INTEGRATIONS_SANDBOX_BOOK_H
#define INTEGRATIONS_SANDBOX_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "integrations/sandbox/faults.h"
#include "integrations/sandbox/journal.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define REFERENCE_MAX 64
#define TAIL_LEN 4
#define MOVEMENTS_MAX 20000000u
#define MOVEMENT_FEN_MAX INT64_C(1000000000000000) /* 13 digits of yuan */
#define TOTAL_FEN_MAX (INT64_MAX / 2)              /* paid over all time */

/* WAITING: taken, but no money has moved: the payee must say yes first. */
enum movement_state { MOVEMENT_PAID, MOVEMENT_REJECTED, MOVEMENT_RETURNED, MOVEMENT_WAITING };

/* Why an order was refused; the word is what G2P Connect lists for it. */
#define REFUSAL_TABLE(X)                                                           \
    X(REFUSAL_NONE, "")                                                            \
    X(REFUSAL_PAYEE, "rjct.payee_fa.invalid")                                      \
    X(REFUSAL_PAYER, "rjct.payer_fa.invalid")                                      \
    X(REFUSAL_AMOUNT, "rjct.amount.invalid")                                       \
    X(REFUSAL_CURRENCY, "rjct.currency_code.invalid")                              \
    X(REFUSAL_SCHEDULE, "rjct.schedule_ts.invalid")                                \
    X(REFUSAL_OVERDUE, "rjct.overdue")     /* the payee did not say yes in time */ \
    X(REFUSAL_CANCELLED, "rjct.cancelled") /* we took it back before */

enum refusal {
#define REFUSAL_ENUM(name, code) name,
    REFUSAL_TABLE(REFUSAL_ENUM)
#undef REFUSAL_ENUM
        REFUSAL_COUNT
};
const char *refusal_code(enum refusal refusal);

struct movement {
    char reference[REFERENCE_MAX + 1];
    char tail[TAIL_LEN + 1]; /* last characters of the payee's account: all of it that is kept */
    uint8_t state;           /* enum movement_state */
    uint8_t refusal;         /* enum refusal */
    uint8_t peer;            /* enum peer: the rail */
    bool forgotten;          /* its reference has been used anew since */
    bool hidden;             /* while quiet: not known to queries; else: pending */
    int64_t amount_fen;
    int64_t at_ms;
    int64_t returned_ms; /* 0 = not returned */
    int64_t forget_ms;   /* from this wall-clock time on the reference is a new one; 0 = never. Not
                            kept over a restart */
    void *memo;          /* what the rail wants to remember, freed with the book; not journalled */
    int64_t
        quiet_until_ms; /* monotonic; queries see no final state before. Not kept over a restart */
};

struct statement_line {
    uint32_t movement;
    bool is_return;
};

struct book {
    struct movement *movements;
    uint32_t count, cap;
    uint32_t *slots; /* 0 = free, else index + 1 */
    uint32_t slot_count;
    struct statement_line *lines;
    uint32_t line_count, line_cap;
    int64_t opening_fen, balance_fen, paid_fen, returned_fen;
    uint64_t paid, returned, rejected, duplicates, mismatches;
};

/* opening_fen: what the payer's account holds before the first movement. */
void book_init(struct book *b, int64_t opening_fen);
void book_release(struct book *b);
/* NULL if there is none. The pointer lives until the next book_add(). */
struct movement *book_find(const struct book *b, enum peer peer, struct slice reference);
/* Add a movement whose reference is not known yet, or was forgotten. Only MOVEMENT_PAID touches the
 * balance. ERR_NO_MEMORY, ERR_LIMIT. */
MUST_CHECK enum err book_add(struct book *b, const struct movement *m);
/* Money of a PAID movement comes back. ERR_NO_MEMORY, ERR_LIMIT. */
MUST_CHECK enum err book_return(struct book *b, struct movement *m, int64_t at_ms);
/* A WAITING movement ends: paid, or (refusal not NONE) not. ERR_NO_MEMORY, ERR_LIMIT. */
MUST_CHECK enum err book_settle(struct book *b, struct movement *m, enum refusal refusal,
                                int64_t at_ms);
/* Its reference may be used anew; the movement itself and its lines stay. */
void book_forget(struct movement *m);

/* Journal lines: "M time reference amount_fen state refusal tail rail" (state p, r or w), "R time
 * reference rail" (returned), "E time reference rail refusal" (a waiting one has ended), "F time
 * reference rail" (forgotten). A rail that is left out is g2p. */
void book_write_movement(const struct movement *m, struct journal *j);
void book_write_return(const struct movement *m, struct journal *j);
void book_write_settled(const struct movement *m, struct journal *j);
void book_write_forgotten(const struct movement *m, int64_t at_ms, struct journal *j);
/* ERR_CORRUPT if the line is none of them. */
MUST_CHECK enum err book_read_line(struct book *b, struct slice line);

#endif
