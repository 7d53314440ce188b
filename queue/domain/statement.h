/* One line of a bank's statement of our account (对账单), in the words of this project: what a camt.053 or camt.054
 * entry, a line of a 代发 result file or a provider's bill comes down to. Made by the readers of integrations/pay,
 * compared with payments by reconcile.h. A value: owns nothing, may be copied. Holds no name and no account. */
#ifndef QUEUE_DOMAIN_STATEMENT_H
#define QUEUE_DOMAIN_STATEMENT_H

#include <stdbool.h>
#include <stdint.h>

#define STATEMENT_ID_SIZE 33      /* our payment id: 1..32 of [A-Za-z0-9], and a NUL */
#define STATEMENT_BATCH_SIZE 36   /* MsgId of the file it went out in: 1..35, and a NUL */
#define STATEMENT_REF_SIZE 100    /* the bank's own reference (AcctSvcrRef), printable ASCII */
#define STATEMENT_REASON_SIZE 64  /* the bank's code of a return, e.g. "AC04", printable ASCII */
#define STATEMENT_ITEMS_MAX 10000 /* most payments that one batch-booked line stands for */

enum statement_side {
    STATEMENT_DEBIT, /* money left our account */
    STATEMENT_CREDIT /* money came into it */
};

struct statement_line {
    int64_t date_ms;    /* first instant, China time, of the booking day; 0 = not told */
    int64_t amount_fen; /* 1..AMOUNT_FEN_MAX, whatever the side */
    enum statement_side side;
    bool booked;   /* false: announced or pending, no evidence that money moved */
    bool returned; /* a payment of ours that came back (退票), or a booking taken back */
    int items; /* payments it stands for: 1, or the count of a batch that the bank booked in one sum, 0 = not told */
    char our_id[STATEMENT_ID_SIZE];      /* "" = the bank does not name one of ours */
    char batch_id[STATEMENT_BATCH_SIZE]; /* "" = not told */
    char bank_ref[STATEMENT_REF_SIZE];   /* "" = none */
    char reason[STATEMENT_REASON_SIZE];  /* "" = none */
};

#endif
