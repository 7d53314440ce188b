/* Typed calls about money: what became of a payment, and allotments. The functions: lua/money.lua.
 */
#ifndef QUEUE_STORE_CALLS_MONEY_H
#define QUEUE_STORE_CALLS_MONEY_H

#include "queue/domain/payment_state.h"
#include "queue/store/calls_case.h"

struct payment_news {
    struct slice id;
    enum payment_state state;
    int64_t amount_fen;    /* what the bank says it moved; -1 = not told */
    struct slice bank_ref; /* "" = none */
    struct slice event_tail;
    struct slice notify; /* first word of the SMS payload, "" = no SMS */
};

enum news_outcome {
    NEWS_OK,
    NEWS_SAME,    /* known already, or older than what is known */
    NEWS_NONE,    /* no such payment */
    NEWS_AMOUNT,  /* another amount than ours: nothing changed, a person must look */
    NEWS_CONFLICT /* contradicts a final state: the same */
};

void outcome_begin(struct fcall *f, const char *region);
void outcome_add(struct fcall *f, const struct payment_news *n);
MUST_CHECK enum err outcome_read(const redisReply *reply, enum news_outcome *results, size_t n);

struct allotment {
    struct slice fund; /* township or region code */
    int64_t amount_fen;
    struct slice event_tail, idem_hash, fingerprint;
    bool marked; /* the low mark is set anew (see struct fund_mark); else it stays as it was */
    int low_permille;
    int64_t full_fen;
};
enum allot_outcome { ALLOT_OK, ALLOT_REPLAYED, ALLOT_KEY_REUSED, ALLOT_CAP };
void allot_write(struct fcall *f, const char *region, const struct allotment *a);
MUST_CHECK enum err allot_read(const redisReply *reply, enum allot_outcome *out);

#endif
