/* Typed calls about money: what became of a payment, and allotments. The functions: lua/money.lua.
 */
#ifndef QUEUE_STORE_CALLS_MONEY_H
#define QUEUE_STORE_CALLS_MONEY_H

#include "queue/store/calls_case.h"

/* States of a payment, by rank: a lower rank never replaces a higher one. INTENT: stored, nothing
 * sent that we know of. */
#define PAYMENT_STATE_TABLE(X)                    \
    X(PAYMENT_INTENT, "INTENT", "待发放")         \
    X(PAYMENT_UNKNOWN, "UNKNOWN", "结果待查")     \
    X(PAYMENT_ACCEPTED, "ACCEPTED", "银行已受理") \
    X(PAYMENT_FAILED, "FAILED", "发放失败")       \
    X(PAYMENT_SUCCEEDED, "SUCCEEDED", "发放成功") \
    X(PAYMENT_RETURNED, "RETURNED", "银行退票")

#define PAYMENT_STATE_ENUM(id, word, zh) id,
enum payment_state { PAYMENT_STATE_TABLE(PAYMENT_STATE_ENUM) PAYMENT_STATE_COUNT };
#undef PAYMENT_STATE_ENUM
const char *payment_state_word(enum payment_state s);
const char *payment_state_zh(enum payment_state s);
MUST_CHECK enum err payment_state_from_word(struct slice word, enum payment_state *out);

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
