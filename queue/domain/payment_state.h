/* States of a payment: the one table of the enum, the words of store and API, and the Chinese
 * labels. */
#ifndef QUEUE_DOMAIN_PAYMENT_STATE_H
#define QUEUE_DOMAIN_PAYMENT_STATE_H

#include "queue/base/err.h"
#include "queue/base/slice.h"

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
MUST_CHECK enum err payment_state_from_word(struct slice word,
                                            enum payment_state *out); /* ERR_INPUT */

#endif
