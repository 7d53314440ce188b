/* The ledger (账簿) of the reserve funds (备用金): its chart of accounts, and the proof that the
 * books are right from the entries alone. Pure.
 *
 * Every township's and county's fund has the same accounts in integer fen. Money moves by postings,
 * which take fen from one account of a fund to another one of the same fund, so that the sum of all
 * accounts is zero by construction: sources (where the money came from) count negative. What must
 * be proved is that no balance ever was negative, that no posting goes a way that has no meaning,
 * that what counties have lent is what townships have borrowed, and that the stored balances and
 * the payments of the cases say the same. Corrections are new postings. Source: design.md section
 * 5, domain.md sections 2.1 and 9.
 *
 * This table is the one source of the C enum, of the store's table (ledger_lua) and of the Chinese
 * labels. */
#ifndef QUEUE_DOMAIN_LEDGER_H
#define QUEUE_DOMAIN_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"
#include "queue/domain/case_no.h"
#include "queue/domain/relief.h"

/* id, word (field of the fund's hash, and in postings), Chinese label, is a source */
#define LEDGER_ACCOUNT_TABLE(X)                                                                   \
    X(ACCOUNT_ALLOTTED, "allotted", "累计拨付", true) /* by the treasury, less taken back */      \
    X(ACCOUNT_BORROWED, "borrowed", "向县级备用金借入", true) /* not yet repaid */                \
    X(ACCOUNT_OWED, "owed", "应退还本人", true)               /* repaid, and returned as well */  \
    X(ACCOUNT_AVAILABLE, "available", "可用余额", false)                                          \
    X(ACCOUNT_HELD, "held", "已锁定待发放", false)         /* approved, on its way */             \
    X(ACCOUNT_CASH, "cash", "库存现金", false)             /* in the cash box */                  \
    X(ACCOUNT_CASH_HELD, "cash_held", "待交付现金", false) /* in the box as well, for somebody */ \
    X(ACCOUNT_UNREVIEWED, "unreviewed", "已发放待复核", false) /* first aid: the review debt */   \
    X(ACCOUNT_CONFIRMED, "confirmed", "已发放已复核", false)                                      \
    X(ACCOUNT_RETURNED, "returned", "退票在途", false) /* passed through: always 0 at rest */     \
    X(ACCOUNT_RECOVERING, "recovering", "追回中", false)                                          \
    X(ACCOUNT_RECOVERED, "recovered", "已追回待转回", false)                                      \
    X(ACCOUNT_WRITTEN_OFF, "written_off", "已核销", false)                                        \
    X(ACCOUNT_LENT, "lent", "借给乡镇", false)

/* Every way that money may go. */
#define LEDGER_WAY_TABLE(X)                                                                        \
    X(ACCOUNT_ALLOTTED, ACCOUNT_AVAILABLE)   /* allotment, replenishment */                        \
    X(ACCOUNT_AVAILABLE, ACCOUNT_ALLOTTED)   /* allotment taken back */                            \
    X(ACCOUNT_BORROWED, ACCOUNT_AVAILABLE)   /* loan, borrower's side */                           \
    X(ACCOUNT_AVAILABLE, ACCOUNT_BORROWED)   /* repaid */                                          \
    X(ACCOUNT_AVAILABLE, ACCOUNT_LENT)       /* loan, lender's side */                             \
    X(ACCOUNT_LENT, ACCOUNT_AVAILABLE)       /* repaid */                                          \
    X(ACCOUNT_AVAILABLE, ACCOUNT_HELD)       /* approved */                                        \
    X(ACCOUNT_HELD, ACCOUNT_AVAILABLE)       /* did not come to it */                              \
    X(ACCOUNT_HELD, ACCOUNT_UNREVIEWED)      /* first aid arrived */                               \
    X(ACCOUNT_HELD, ACCOUNT_CONFIRMED)       /* approved relief arrived */                         \
    X(ACCOUNT_AVAILABLE, ACCOUNT_CASH)       /* drawn from the bank */                             \
    X(ACCOUNT_CASH, ACCOUNT_AVAILABLE)       /* unused cash back, or the box pays for the bank */  \
    X(ACCOUNT_CASH, ACCOUNT_CASH_HELD)       /* first aid in cash approved */                      \
    X(ACCOUNT_CASH_HELD, ACCOUNT_CASH)       /* did not come to it */                              \
    X(ACCOUNT_CASH_HELD, ACCOUNT_UNREVIEWED) /* handed over */                                     \
    X(ACCOUNT_CASH, ACCOUNT_WRITTEN_OFF)     /* missing in the box */                              \
    X(ACCOUNT_ALLOTTED, ACCOUNT_CASH)        /* found too much in the box */                       \
    X(ACCOUNT_UNREVIEWED, ACCOUNT_CONFIRMED) /* reviewed */                                        \
    X(ACCOUNT_UNREVIEWED, ACCOUNT_RETURNED)  /* the bank gave it back */                           \
    X(ACCOUNT_CONFIRMED, ACCOUNT_RETURNED)                                                         \
    X(ACCOUNT_RECOVERING, ACCOUNT_RETURNED)                                                        \
    X(ACCOUNT_WRITTEN_OFF, ACCOUNT_RETURNED) /* what was waived is there again */                  \
    X(ACCOUNT_OWED, ACCOUNT_RETURNED)        /* its person had repaid it: the fund has it twice */ \
    X(ACCOUNT_RETURNED, ACCOUNT_AVAILABLE)                                                         \
    X(ACCOUNT_RETURNED, ACCOUNT_HELD)         /* the approval stands, or it is owed */             \
    X(ACCOUNT_HELD, ACCOUNT_OWED)             /* the surplus was paid back to its person */        \
    X(ACCOUNT_ALLOTTED, ACCOUNT_OWED)         /* he cannot be given it: it stays in the fund */    \
    X(ACCOUNT_UNREVIEWED, ACCOUNT_RECOVERING) /* a person decided so */                            \
    X(ACCOUNT_CONFIRMED, ACCOUNT_RECOVERING)                                                       \
    X(ACCOUNT_UNREVIEWED, ACCOUNT_WRITTEN_OFF) /* waived for hardship */                           \
    X(ACCOUNT_CONFIRMED, ACCOUNT_WRITTEN_OFF)                                                      \
    X(ACCOUNT_RECOVERING, ACCOUNT_WRITTEN_OFF)                                                     \
    X(ACCOUNT_RECOVERING, ACCOUNT_RECOVERED) /* repaid by the person */                            \
    X(ACCOUNT_RECOVERED, ACCOUNT_AVAILABLE)  /* back in the fund */

#define LEDGER_ACCOUNT_ENUM(id, word, zh, source) id,
enum ledger_account { LEDGER_ACCOUNT_TABLE(LEDGER_ACCOUNT_ENUM) ACCOUNT_COUNT };
#undef LEDGER_ACCOUNT_ENUM

/* Word and Chinese label; never NULL for a valid account. */
const char *ledger_account_word(enum ledger_account a);
const char *ledger_account_zh(enum ledger_account a);
/* Money that came in from outside: its balance stands on the other side of the books. */
bool ledger_account_source(enum ledger_account a);
MUST_CHECK enum err ledger_account_from_word(struct slice word,
                                             enum ledger_account *out); /* ERR_INPUT */
bool ledger_way(enum ledger_account from, enum ledger_account to);
/* The accounts as Lua text: `local LEDGER = { FIELDS = { "allotted", … }, SOURCE = { ["allotted"] =
 * true, … } }`. */
void ledger_lua(struct buf *out);

/* ---- Entries ---- */

#define LEDGER_POSTINGS_MAX 64 /* of one event */

struct ledger_posting {
    char fund[DIVISION_CODE_SIZE];
    enum ledger_account from, to;
    int64_t amount_fen; /* 1..AMOUNT_FEN_MAX */
};

/* The postings of an event's JSON text; *n = 0 when it has none. ERR_INPUT: no JSON; ERR_CORRUPT: a
 * posting that is none (no such account, amount out of range, no code), or more than
 * LEDGER_POSTINGS_MAX. */
MUST_CHECK enum err ledger_postings_read(struct slice event_json,
                                         struct ledger_posting out[LEDGER_POSTINGS_MAX], size_t *n);

/* ---- Books ---- */

#define LEDGER_FUNDS_MAX 65536
#define LEDGER_CASES_MAX 8000000 /* pairs of case and fund */

struct ledger_fund {
    char code[DIVISION_CODE_SIZE];
    int64_t balance_fen[ACCOUNT_COUNT]; /* as stored: a source is positive as well */
    int64_t postings;
};

/* What the entries of one case say about one fund. */
struct ledger_case {
    char no[CASE_NO_SIZE];
    char fund[DIVISION_CODE_SIZE]; /* "" = the case has had no money so far */
    int64_t held_fen;              /* approved and not arrived, cash included */
    int64_t unreviewed_fen;
    int64_t arrived_fen; /* what payments brought and was not returned: unreviewed, confirmed, being
                            recovered, recovered, written off */
    int64_t owed_fen;    /* repaid by its person and returned by the bank as well: held for him */
};

enum ledger_fault {
    LEDGER_FINE,
    LEDGER_FAULT_NEGATIVE, /* a balance below zero behind this posting */
    LEDGER_FAULT_WAY,      /* a way that is not in the table */
    LEDGER_FAULT_OVERFLOW  /* beyond AMOUNT_FEN_MAX: was not booked */
};
const char *ledger_fault_text(enum ledger_fault f); /* English, for the operator */

struct ledger_book; /* every fund and every case that was met */
MUST_CHECK enum err ledger_book_new(struct ledger_book **out); /* ERR_NO_MEMORY */
void ledger_book_free(struct ledger_book *b);                  /* NULL is allowed */
/* Book a posting of the entry of `entity` ("fund:…" or a case number). *fault says what is wrong
 * with it; it is booked nevertheless, so that one fault shows once. ERR_NO_MEMORY, ERR_LIMIT. */
MUST_CHECK enum err ledger_book_post(struct ledger_book *b, struct slice entity,
                                     const struct ledger_posting *p, enum ledger_fault *fault);
/* Note a case that has an event without postings: its payments are looked at as well. */
MUST_CHECK enum err ledger_book_case(struct ledger_book *b, struct slice no);

size_t ledger_book_funds(const struct ledger_book *b);
const struct ledger_fund *ledger_book_fund_at(const struct ledger_book *b, size_t i);
const struct ledger_fund *ledger_book_fund(const struct ledger_book *b,
                                           struct slice code); /* NULL = none */
/* In the order in which they were met; a case has a row per fund. */
size_t ledger_book_cases(const struct ledger_book *b);
const struct ledger_case *ledger_book_case_at(const struct ledger_book *b, size_t i);
const struct ledger_case *ledger_book_case_of(const struct ledger_book *b, struct slice no,
                                              struct slice fund);

/* Sources less everything else: 0, or the books are wrong. */
int64_t ledger_imbalance_fen(const int64_t balance_fen[ACCOUNT_COUNT]);
/* What is lent less what is borrowed, over all funds: 0. */
int64_t ledger_book_loans_gap_fen(const struct ledger_book *b);

#endif
