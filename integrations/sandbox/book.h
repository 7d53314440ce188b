/* The stand-in bank's book: one movement per reference, found by reference; the statement is the
 * list of what moved money, in order. In memory; journal lines are written by whoever changes it
 * and read back here at start. */
#ifndef INTEGRATIONS_SANDBOX_BOOK_H
#define INTEGRATIONS_SANDBOX_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "integrations/sandbox/journal.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define REFERENCE_MAX 64
#define TAIL_LEN 4
#define MOVEMENTS_MAX 20000000u
#define MOVEMENT_FEN_MAX INT64_C(1000000000000000) /* 13 digits of yuan */
#define TOTAL_FEN_MAX (INT64_MAX / 2)              /* paid over all time */

enum movement_state { MOVEMENT_PAID, MOVEMENT_REJECTED, MOVEMENT_RETURNED };

/* Why an order was refused, as the specification lists it. */
#define REFUSAL_TABLE(X)                              \
    X(REFUSAL_NONE, "")                               \
    X(REFUSAL_PAYEE, "rjct.payee_fa.invalid")         \
    X(REFUSAL_PAYER, "rjct.payer_fa.invalid")         \
    X(REFUSAL_AMOUNT, "rjct.amount.invalid")          \
    X(REFUSAL_CURRENCY, "rjct.currency_code.invalid") \
    X(REFUSAL_SCHEDULE, "rjct.schedule_ts.invalid")

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
    bool hidden;             /* while quiet: not known to queries; else: pending */
    int64_t amount_fen;
    int64_t at_ms;
    int64_t returned_ms; /* 0 = not returned */
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
struct movement *book_find(const struct book *b, struct slice reference);
/* Add a movement whose reference is not known yet. Only MOVEMENT_PAID touches the balance.
 * ERR_NO_MEMORY, ERR_LIMIT. */
MUST_CHECK enum err book_add(struct book *b, const struct movement *m);
/* Money of a PAID movement comes back. ERR_NO_MEMORY, ERR_LIMIT. */
MUST_CHECK enum err book_return(struct book *b, struct movement *m, int64_t at_ms);

/* Journal lines: "M time reference amount_fen state refusal tail" and "R time reference". */
void book_write_movement(const struct movement *m, struct journal *j);
void book_write_return(const struct movement *m, struct journal *j);
/* ERR_CORRUPT if the line is not one of the two. */
MUST_CHECK enum err book_read_line(struct book *b, struct slice line);

#endif
