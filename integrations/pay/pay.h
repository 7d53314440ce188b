/* Payment rails: the one vocabulary of orders and outcomes that every rail translates to. A rail is
 * one folder beside this file: a pure codec, a thin client, and a function that hands out a `struct
 * pay_rail`.
 *
 * The rules behind it (reliability R5, R8, R9, R11): an order is stored before the first byte is
 * sent and its id never changes; PAY_UNKNOWN is queried, never repeated blindly; anything that a
 * rail's table does not list is PAY_UNKNOWN. */
#ifndef INTEGRATIONS_PAY_PAY_H
#define INTEGRATIONS_PAY_PAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "integrations/pay/pay_profile.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"
#include "queue/domain/payment_state.h"
#include "queue/domain/statement.h"

#define PAY_ID_SIZE 33 /* 1..32 characters of [A-Za-z0-9] and a NUL */
#define PAY_REF_SIZE 100
#define PAY_REASON_SIZE 64
#define PAY_BATCH_MAX 64
#define PAY_FA_MAX 128   /* bytes of a financial address */
#define PAY_NAME_MAX 200 /* bytes */
#define PAY_NOTE_MAX 99  /* code points */

/* What is known of one order. Only SUCCEEDED, FAILED and RETURNED are about what happened to the
 * money. */
#define PAY_OUTCOME_TABLE(X)                                                              \
    X(PAY_UNKNOWN, "unknown")     /* may or may not be taken: query with the same id */   \
    X(PAY_ACCEPTED, "accepted")   /* taken, not final: a callback or a query will tell */ \
    X(PAY_SUCCEEDED, "succeeded") /* paid */                                              \
    X(PAY_FAILED, "failed")       /* final refusal of this order; no money moved */       \
    X(PAY_RETURNED, "returned")   /* paid and given back, days after SUCCEEDED */         \
    X(PAY_NOT_FOUND, "not_found") /* of a query only; believed after settling, never a failure */

enum pay_outcome {
#define PAY_ENUM(name, word) name,
    PAY_OUTCOME_TABLE(PAY_ENUM)
#undef PAY_ENUM
        PAY_OUTCOME_COUNT
};

/* Lower-case word of an outcome, for logs and records; never NULL. */
const char *pay_outcome_word(enum pay_outcome outcome);
/* The state that a payment has by this news: NOT_FOUND is not believed here, it leaves it UNKNOWN. */
enum payment_state pay_outcome_state(enum pay_outcome outcome);

/* One order. Texts are borrowed. */
struct pay_order {
    char id[PAY_ID_SIZE];
    int64_t amount_fen;      /* 1..AMOUNT_FEN_MAX, CNY */
    struct slice payee_fa;   /* "account:6222021234567890123@bank": kind ':' account '@' bank,
                                ASCII, 3..PAY_FA_MAX */
    struct slice payee_name; /* UTF-8, may be empty */
    struct slice note;       /* what the statement shows, UTF-8; cut to PAY_NOTE_MAX code points */
    struct slice payee_id_number; /* 公民身份号码, 18 characters, or empty: some banks pay only with it */
};

struct pay_result {
    char id[PAY_ID_SIZE];
    enum pay_outcome outcome;
    int64_t amount_fen;                /* as the provider states it; -1 if it does not */
    char provider_ref[PAY_REF_SIZE];   /* the provider's own reference, "" if none */
    char reason_code[PAY_REASON_SIZE]; /* the provider's code, or ours: "[timeout]"; "" if none */
    /* True only with PAY_UNKNOWN from a disburse call, when the order provably was not taken
     * (nothing was sent, or the provider refused the request before looking at orders): it may be
     * sent again with the SAME id without a query. */
    bool not_taken;
};

/* ERR_INPUT if any field is outside what is said above. A batch with one such order is refused as a
 * whole, so look first. */
MUST_CHECK enum err pay_order_check(const struct pay_order *order);
/* True if text is 1..32 characters of [A-Za-z0-9]. */
bool pay_id_valid(struct slice text);

/* A result that says only "unknown, because of `reason`". id must be valid. */
void pay_result_unknown(struct pay_result *result, const char *id, const char *reason);

/* What a rail that answers later has brought: the content of ONE file or message of the bank. Valid until the next
 * collect(). Results and lines may name orders of long ago, several times, and orders that are not ours: the one
 * outcome function of the store decides what is news. */
struct pay_collection {
    const char *source; /* its name at the bank, for records; "" = nothing is waiting */
    char sha256[65];    /* of its bytes, hex: the evidence */
    const struct pay_result *results; /* never PAY_NOT_FOUND, never not_taken */
    size_t result_count;
    const struct statement_line *lines; /* for reconciliation */
    size_t line_count;
};

/* What every rail can do. disburse and query block until every order has a result or the rail's
 * deadline has passed; they return ERR_OK when all n results are filled, in the order given, and an
 * error (ERR_INPUT, ERR_TOO_LARGE, ERR_NO_MEMORY) only if nothing was sent at all; results are
 * untouched then. n: 1..PAY_BATCH_MAX, of a rail with a profile 1..profile.batch_max.
 *
 * A rail that answers later (PAY_ANSWERS_LATER, e.g. a file to a bank) promises instead:
 * - disburse: PAY_ACCEPTED means that the order is durable in exactly one file under a MsgId that will never stand for
 *   other bytes; the same id again, also after a crash, is ACCEPTED again and goes into no second file. PAY_UNKNOWN
 *   with not_taken: in no file at all. PAY_UNKNOWN without: ask.
 * - query: ACCEPTED = in a file; NOT_FOUND = in none (its books are on our own disk, so it is true at once).
 * - collect: the outcomes, one file or message after the other. It is taken again and again until
 *   collect_done says that what it holds is STORED; only then it is put away. So what it brings comes at least once.
 * collect and collect_done are NULL for rails that answer at once. */
struct pay_rail {
    const char *name; /* as in /v1/payments/callback/{rail} */
    void *self;
    enum err (*disburse)(void *self, const struct pay_order *orders, size_t n,
                         struct pay_result *results);
    enum err (*query)(void *self, const char *const *ids, size_t n, struct pay_result *results);
    /* ERR_OK with out->source "" when nothing is waiting. ERR_IO, ERR_NO_MEMORY: try later. What cannot be read is not
     * an error here: it is put aside with the reason and logged, and the next one is taken. */
    enum err (*collect)(void *self, struct pay_collection *out);
    /* What the last collect() brought is stored. ERR_OK also when there was nothing; ERR_IO: it will come again. */
    enum err (*collect_done)(void *self);
    const struct pay_profile *profile; /* NULL = none configured */
};

#endif
