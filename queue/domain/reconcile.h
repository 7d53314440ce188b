/* Reconciliation (对账): the bank's statement lines against our payments against the ledger. Every line and every
 * payment falls into exactly one item, every item into one of four buckets, and nothing is changed: an item says what
 * it is and what may safely be done next. Rules: reliability R18, integrations 2.0 (6). Pure.
 *
 * A line belongs to a payment by our id, else by the bank's reference that the payment already has; a line for a whole
 * batch (booked in one sum) belongs to the batch's payments if their sum is its amount. Amounts are never made to fit.
 */
#ifndef QUEUE_DOMAIN_RECONCILE_H
#define QUEUE_DOMAIN_RECONCILE_H

#include <stddef.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/json.h"
#include "queue/domain/statement.h"

#define RECONCILE_MAX 200000 /* most payments, and most lines, of one run */

/* What our record says of a payment; the same words as the store's states. */
#define RECONCILE_STATE_TABLE(X)                                     \
    X(RECONCILE_INTENT, "INTENT") /* never sent as far as we know */ \
    X(RECONCILE_UNKNOWN, "UNKNOWN")                                  \
    X(RECONCILE_ACCEPTED, "ACCEPTED")                                \
    X(RECONCILE_FAILED, "FAILED")                                    \
    X(RECONCILE_SUCCEEDED, "SUCCEEDED")                              \
    X(RECONCILE_RETURNED, "RETURNED")

#define RECONCILE_STATE_ENUM(id, word) id,
enum reconcile_state { RECONCILE_STATE_TABLE(RECONCILE_STATE_ENUM) RECONCILE_STATE_COUNT };
#undef RECONCILE_STATE_ENUM
const char *reconcile_state_word(enum reconcile_state s);
MUST_CHECK enum err reconcile_state_from_word(struct slice word, enum reconcile_state *out);

struct reconcile_payment {
    char id[STATEMENT_ID_SIZE];
    char batch_id[STATEMENT_BATCH_SIZE]; /* MsgId of its file, "" = none */
    char bank_ref[STATEMENT_REF_SIZE];   /* "" = not known */
    int64_t amount_fen;                  /* 1..AMOUNT_FEN_MAX */
    enum reconcile_state state;
    int64_t sent_ms; /* when it was first sent, 0 = never */
};

/* What the ledger says for the same payments: posted as paid out, and of that posted as come back. */
struct reconcile_ledger {
    int64_t paid_fen, returned_fen;
};

struct reconcile_input {
    const struct statement_line *lines;
    size_t line_count;
    /* those that the lines could be about: sent in the time of the statement, or not final before it */
    const struct reconcile_payment *payments;
    size_t payment_count;
    struct reconcile_ledger ledger;
    int64_t listed_before_ms; /* what was sent before must be on the statement: its end less the bank's settle time */
};

enum reconcile_bucket {
    RECONCILE_MATCHED,     /* both say the same (or one of them has news for the other) */
    RECONCILE_OURS_ONLY,   /* money that we think paid, or that is under way, and the bank does not list */
    RECONCILE_THEIRS_ONLY, /* the bank moved money that we know nothing of, or another amount */
    RECONCILE_BACK,        /* returned (退票) */
    RECONCILE_BUCKET_COUNT
};

#define RECONCILE_ACTION_TABLE(X)                                            \
    X(ACTION_NONE, "none", "无需处理")                                       \
    X(ACTION_WAIT, "wait", "等待下一份对账单")                               \
    X(ACTION_QUERY, "query", "按原单号查询，不得重发")                       \
    X(ACTION_RECORD_PAID, "record_paid", "补记发放成功")                     \
    X(ACTION_RECORD_RETURN, "record_return", "补记退票，资金退回，联系本人") \
    X(ACTION_ASK_BANK, "ask_bank", "持凭证向银行核实，不得重发")             \
    X(ACTION_FREEZE, "freeze", "冻结该笔，两人核查后处理")                   \
    X(ACTION_IDENTIFY, "identify", "查明来源后入账")

/* Stable reasons: id, word, bucket, action, Chinese. */
#define RECONCILE_REASON_TABLE(X)                                                                                \
    X(REASON_PAID, "paid", MATCHED, ACTION_NONE, "双方一致：已发放")                                             \
    X(REASON_PAID_IN_BATCH, "paid_in_batch", MATCHED, ACTION_NONE, "双方一致：批量合并记账")                     \
    X(REASON_PAID_NEWS, "paid_news", MATCHED, ACTION_RECORD_PAID, "银行已付，我方尚未记成功")                    \
    X(REASON_NOTHING_MOVED, "nothing_moved", MATCHED, ACTION_NONE, "双方一致：未动款")                           \
    X(REASON_NOT_LISTED_YET, "not_listed_yet", OURS_ONLY, ACTION_WAIT, "我方已付，尚在银行入账时限内")           \
    X(REASON_NOT_LISTED, "not_listed", OURS_ONLY, ACTION_ASK_BANK, "我方记已付，对账单无此笔")                   \
    X(REASON_ANNOUNCED_ONLY, "announced_only", OURS_ONLY, ACTION_WAIT, "银行仅有预告，尚未入账")                 \
    X(REASON_OPEN, "open", OURS_ONLY, ACTION_QUERY, "结果未定，尚在时限内")                                      \
    X(REASON_OPEN_OVERDUE, "open_overdue", OURS_ONLY, ACTION_ASK_BANK, "结果未定，已过时限")                     \
    X(REASON_RETURN_NOT_LISTED, "return_not_listed", OURS_ONLY, ACTION_ASK_BANK, "我方记退票，对账单无退款")     \
    X(REASON_AMOUNT_DIFFERS, "amount_differs", THEIRS_ONLY, ACTION_FREEZE, "金额不一致")                         \
    X(REASON_PAID_TWICE, "paid_twice", THEIRS_ONLY, ACTION_FREEZE, "银行列示付款一次以上")                       \
    X(REASON_PAID_THOUGH_FAILED, "paid_though_failed", THEIRS_ONLY, ACTION_FREEZE, "我方记失败，银行已付")       \
    X(REASON_PAID_NEVER_SENT, "paid_never_sent", THEIRS_ONLY, ACTION_FREEZE, "我方未发出，银行已付")             \
    X(REASON_RETURN_DIFFERS, "return_differs", THEIRS_ONLY, ACTION_FREEZE, "退款金额或笔数不一致")               \
    X(REASON_RETURN_CONTRADICTS, "return_contradicts", THEIRS_ONLY, ACTION_FREEZE, "我方未付或记失败，银行退款") \
    X(REASON_ODD_LINE, "odd_line", THEIRS_ONLY, ACTION_FREEZE, "该笔有无法归类的记账")                           \
    X(REASON_BATCH_DIFFERS, "batch_differs", THEIRS_ONLY, ACTION_ASK_BANK, "批量合计与我方不一致")               \
    X(REASON_UNKNOWN_DEBIT, "unknown_debit", THEIRS_ONLY, ACTION_FREEZE, "来历不明的支出")                       \
    X(REASON_UNKNOWN_RETURN, "unknown_return", THEIRS_ONLY, ACTION_IDENTIFY, "找不到原笔的退款")                 \
    X(REASON_OTHER_CREDIT, "other_credit", THEIRS_ONLY, ACTION_IDENTIFY, "其他收入")                             \
    X(REASON_ANNOUNCED, "announced", THEIRS_ONLY, ACTION_WAIT, "与我方无关的预告，尚未入账")                     \
    X(REASON_RETURNED, "returned", BACK, ACTION_NONE, "双方一致：已退票")                                        \
    X(REASON_RETURN_NEWS, "return_news", BACK, ACTION_RECORD_RETURN, "银行退票，我方尚未记")

#define RECONCILE_ENUM(id, word, zh) id,
enum reconcile_action { RECONCILE_ACTION_TABLE(RECONCILE_ENUM) RECONCILE_ACTION_COUNT };
#undef RECONCILE_ENUM
#define RECONCILE_ENUM(id, word, bucket, action, zh) id,
enum reconcile_reason { RECONCILE_REASON_TABLE(RECONCILE_ENUM) RECONCILE_REASON_COUNT };
#undef RECONCILE_ENUM

const char *reconcile_bucket_word(enum reconcile_bucket b); /* matched, ours_only, theirs_only, returned */
const char *reconcile_bucket_zh(enum reconcile_bucket b);
const char *reconcile_action_word(enum reconcile_action a);
const char *reconcile_action_zh(enum reconcile_action a);
const char *reconcile_reason_word(enum reconcile_reason r);
const char *reconcile_reason_zh(enum reconcile_reason r);
enum reconcile_bucket reconcile_bucket_of(enum reconcile_reason r);
enum reconcile_action reconcile_action_of(enum reconcile_reason r);

#define RECONCILE_NOBODY SIZE_MAX

/* One payment with its lines, one batch with its line, or one line alone. */
struct reconcile_item {
    enum reconcile_reason reason;
    size_t payment, line; /* index of the first one in the input, RECONCILE_NOBODY = none */
    size_t payments, lines;
    int64_t ours_fen;              /* sum of the payments */
    int64_t debit_fen, credit_fen; /* sums of the booked lines */
};

struct reconcile_totals {
    size_t items, payments, lines;
    int64_t ours_fen, debit_fen, credit_fen;
};

struct reconcile_result {
    struct reconcile_item *items;
    size_t count;
    size_t *item_of_line, *item_of_payment; /* as many as there are lines and payments */
    struct reconcile_totals buckets[RECONCILE_BUCKET_COUNT];
    /* payments: SUCCEEDED and RETURNED have left, RETURNED came back; statement: what was booked for payments of ours
     */
    int64_t payments_paid_fen, payments_returned_fen;
    int64_t statement_paid_fen, statement_returned_fen;
    int64_t ledger_gap_fen;    /* ledger less payments, of what is still out: (paid - returned) */
    int64_t statement_gap_fen; /* payments less statement, the same */
    bool clean;                /* no gap, and nothing in ours_only and theirs_only */
};

/* ERR_INPUT: two payments with one id, an amount or a state out of range; ERR_TOO_LARGE: more than RECONCILE_MAX, or
 * sums beyond AMOUNT_FEN_MAX; ERR_NO_MEMORY. *out untouched then, else the caller's (reconcile_release). */
MUST_CHECK enum err reconcile(const struct reconcile_input *in, struct reconcile_result *out);
void reconcile_release(struct reconcile_result *r);

/* Append the result, differences first, as CSV (RFC 4180, UTF-8 with byte order mark, for spreadsheets) or as one JSON
 * object. date is printed as it is. No personal data. Look at buf_err(). */
void reconcile_csv(const struct reconcile_input *in, const struct reconcile_result *r, struct buf *out);
void reconcile_json(const struct reconcile_input *in, const struct reconcile_result *r, const char *date,
                    struct buf *out);
/* The same as members of an object that the caller has opened, without the date. all: false = leave away what both
 * sides agree on. Answers how many items beyond `most` were left off; sums and buckets hold all of them. */
size_t reconcile_put(const struct reconcile_input *in, const struct reconcile_result *r, bool all, size_t most,
                     struct json_out *o);

#endif
