/* States of a case, the verbs that move it, and which moves are legal. This table is the one source
 * of the C enum, of the store's check (case_moves_lua.c turns it into the Lua table that jiuji.lua
 * enforces), of the API's words and of the Chinese labels. Names follow domain.md section 9;
 * REVIEW_CONFIRMED is ours: that section names the failed review only. */
#ifndef QUEUE_DOMAIN_CASE_STATE_H
#define QUEUE_DOMAIN_CASE_STATE_H

#include <stdbool.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define CASE_STATE_TABLE(X)                                          \
    X(CASE_NONE, "NONE", "未登记")                                   \
    X(CASE_RECEIVED, "RECEIVED", "已登记")                           \
    X(CASE_TRIAGED, "TRIAGED", "已分级待派单")                       \
    X(CASE_DISPATCHED, "DISPATCHED", "已派单")                       \
    X(CASE_RETURNED, "RETURNED", "已退单")                           \
    X(CASE_ACCEPTED, "ACCEPTED", "已受理")                           \
    X(CASE_FIRST_AID_APPROVED, "FIRST_AID_APPROVED", "先行救助批准") \
    X(CASE_FIRST_AID_PAID, "FIRST_AID_PAID", "先行救助已发放")       \
    X(CASE_PAPERS_DUE, "PAPERS_DUE", "待补手续")                     \
    X(CASE_PAPERS_OK, "PAPERS_OK", "手续齐")                         \
    X(CASE_PAPERS_OVERDUE, "PAPERS_OVERDUE", "逾期未补手续")         \
    X(CASE_REVIEW_CONFIRMED, "REVIEW_CONFIRMED", "复核确认")         \
    X(CASE_PAY_FAILED, "PAY_FAILED", "发放失败")                     \
    X(CASE_FOLLOWED_UP, "FOLLOWED_UP", "已回访")                     \
    X(CASE_ARCHIVED, "ARCHIVED", "已归档")                           \
    X(CASE_WITHDRAWN, "WITHDRAWN", "已撤回")

/* Verbs: word on the wire, Chinese label. */
#define CASE_VERB_TABLE(X)                               \
    X(VERB_RECEIVE, "receive", "登记")                   \
    X(VERB_TRIAGE, "triage", "分级")                     \
    X(VERB_DISPATCH, "dispatch", "派单")                 \
    X(VERB_CASCADE, "cascade", "转派")                   \
    X(VERB_RETURN, "return", "退单")                     \
    X(VERB_ACCEPT, "accept", "受理")                     \
    X(VERB_FIRST_AID, "first-aid", "批准先行救助")       \
    X(VERB_PAID, "paid", "发放成功")                     \
    X(VERB_PAY_FAILED, "pay-failed", "发放失败")         \
    X(VERB_PAY_RETURNED, "pay-returned", "银行退票")     \
    X(VERB_PAPERS, "papers", "补齐手续")                 \
    X(VERB_PAPERS_OVERDUE, "papers-overdue", "手续逾期") \
    X(VERB_CONFIRM, "confirm", "复核确认")               \
    X(VERB_FOLLOW_UP, "follow-up", "回访")               \
    X(VERB_ATTEMPT, "attempt", "回访未果")               \
    X(VERB_CLOSE, "close", "归档")                       \
    X(VERB_WITHDRAW, "withdraw", "撤回")                 \
    X(VERB_CLAIM, "claim", "领取")                       \
    X(VERB_HAND_BACK, "hand-back", "交回")               \
    X(VERB_REVEAL, "reveal", "查看明文")                 \
    X(VERB_NOTE, "note", "记录")

/* Legal moves that change the state: verb, from, to. */
#define CASE_MOVE_TABLE(X)                                           \
    X(VERB_RECEIVE, CASE_NONE, CASE_RECEIVED)                        \
    X(VERB_TRIAGE, CASE_RECEIVED, CASE_TRIAGED)                      \
    X(VERB_DISPATCH, CASE_RECEIVED, CASE_DISPATCHED)                 \
    X(VERB_DISPATCH, CASE_TRIAGED, CASE_DISPATCHED)                  \
    X(VERB_DISPATCH, CASE_RETURNED, CASE_DISPATCHED)                 \
    X(VERB_RETURN, CASE_DISPATCHED, CASE_RETURNED)                   \
    X(VERB_RETURN, CASE_ACCEPTED, CASE_RETURNED)                     \
    X(VERB_ACCEPT, CASE_DISPATCHED, CASE_ACCEPTED)                   \
    X(VERB_ACCEPT, CASE_FIRST_AID_PAID, CASE_PAPERS_DUE)             \
    X(VERB_FIRST_AID, CASE_DISPATCHED, CASE_FIRST_AID_APPROVED)      \
    X(VERB_FIRST_AID, CASE_ACCEPTED, CASE_FIRST_AID_APPROVED)        \
    X(VERB_FIRST_AID, CASE_PAY_FAILED, CASE_FIRST_AID_APPROVED)      \
    X(VERB_PAID, CASE_FIRST_AID_APPROVED, CASE_FIRST_AID_PAID)       \
    X(VERB_PAY_FAILED, CASE_FIRST_AID_APPROVED, CASE_PAY_FAILED)     \
    X(VERB_PAY_RETURNED, CASE_FIRST_AID_APPROVED, CASE_PAY_FAILED)   \
    X(VERB_PAY_RETURNED, CASE_FIRST_AID_PAID, CASE_PAY_FAILED)       \
    X(VERB_PAY_RETURNED, CASE_PAPERS_DUE, CASE_PAY_FAILED)           \
    X(VERB_PAY_RETURNED, CASE_PAPERS_OVERDUE, CASE_PAY_FAILED)       \
    X(VERB_PAY_RETURNED, CASE_PAPERS_OK, CASE_PAY_FAILED)            \
    X(VERB_PAY_RETURNED, CASE_REVIEW_CONFIRMED, CASE_PAY_FAILED)     \
    X(VERB_PAY_RETURNED, CASE_ARCHIVED, CASE_PAY_FAILED)             \
    X(VERB_PAY_RETURNED, CASE_FOLLOWED_UP, CASE_PAY_FAILED)          \
    X(VERB_PAPERS, CASE_FIRST_AID_PAID, CASE_PAPERS_OK)              \
    X(VERB_PAPERS, CASE_PAPERS_DUE, CASE_PAPERS_OK)                  \
    X(VERB_PAPERS, CASE_PAPERS_OVERDUE, CASE_PAPERS_OK)              \
    X(VERB_PAPERS_OVERDUE, CASE_FIRST_AID_PAID, CASE_PAPERS_OVERDUE) \
    X(VERB_PAPERS_OVERDUE, CASE_PAPERS_DUE, CASE_PAPERS_OVERDUE)     \
    X(VERB_CONFIRM, CASE_PAPERS_OK, CASE_REVIEW_CONFIRMED)           \
    X(VERB_FOLLOW_UP, CASE_REVIEW_CONFIRMED, CASE_FOLLOWED_UP)       \
    X(VERB_CLOSE, CASE_FOLLOWED_UP, CASE_ARCHIVED)                   \
    X(VERB_WITHDRAW, CASE_RECEIVED, CASE_WITHDRAWN)                  \
    X(VERB_WITHDRAW, CASE_TRIAGED, CASE_WITHDRAWN)                   \
    X(VERB_WITHDRAW, CASE_RETURNED, CASE_WITHDRAWN)                  \
    X(VERB_WITHDRAW, CASE_DISPATCHED, CASE_WITHDRAWN)                \
    X(VERB_WITHDRAW, CASE_ACCEPTED, CASE_WITHDRAWN)

/* Verbs that leave the state as it is and are legal in every state but NONE and the final ones. */
#define CASE_STAY_TABLE(X) \
    X(VERB_CASCADE)        \
    X(VERB_CLAIM)          \
    X(VERB_HAND_BACK)      \
    X(VERB_REVEAL)         \
    X(VERB_ATTEMPT)        \
    X(VERB_NOTE)

#define CASE_WORD_ENUM(id, word, zh) id,
enum case_state { CASE_STATE_TABLE(CASE_WORD_ENUM) CASE_STATE_COUNT };
enum case_verb { CASE_VERB_TABLE(CASE_WORD_ENUM) CASE_VERB_COUNT };
#undef CASE_WORD_ENUM

/* Word and Chinese label; never NULL for a valid value. */
const char *case_state_word(enum case_state s);
const char *case_state_zh(enum case_state s);
const char *case_verb_word(enum case_verb v);
const char *case_verb_zh(enum case_verb v);
/* ERR_INPUT when there is no such word. */
MUST_CHECK enum err case_state_from_word(struct slice word, enum case_state *out);
MUST_CHECK enum err case_verb_from_word(struct slice word, enum case_verb *out);

/* ARCHIVED and WITHDRAWN: nobody moves them any more. Only a bank's return, which may come days
 * later, opens ARCHIVED again. */
bool case_state_final(enum case_state s);
/* The state that `verb` leads to from `from`; ERR_MOVE if that is not legal. Pure. */
MUST_CHECK enum err case_move(enum case_verb verb, enum case_state from, enum case_state *to);
/* The same table as Lua text: `local MOVES = { ["receive"] = { ["NONE"] = "RECEIVED" }, … }`. */
void case_moves_lua(struct buf *out);

#endif
