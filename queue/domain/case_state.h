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
    X(CASE_CONSULT_CLOSED, "CONSULT_CLOSED", "咨询办结")             \
    X(CASE_DISPATCHED, "DISPATCHED", "已派单")                       \
    X(CASE_RETURNED, "RETURNED", "已退单")                           \
    X(CASE_DESIGNATED, "DESIGNATED", "指定承办")                     \
    X(CASE_ACCEPTED, "ACCEPTED", "已受理")                           \
    X(CASE_VERIFYING, "VERIFYING", "核实中")                         \
    X(CASE_FIRST_AID_APPROVED, "FIRST_AID_APPROVED", "先行救助批准") \
    X(CASE_FIRST_AID_PAID, "FIRST_AID_PAID", "先行救助已发放")       \
    X(CASE_PAPERS_DUE, "PAPERS_DUE", "待补手续")                     \
    X(CASE_PAPERS_OK, "PAPERS_OK", "手续齐")                         \
    X(CASE_PAPERS_OVERDUE, "PAPERS_OVERDUE", "逾期未补手续")         \
    X(CASE_REVIEW_CONFIRMED, "REVIEW_CONFIRMED", "复核确认")         \
    X(CASE_REVIEWING, "REVIEWING", "审核中")                         \
    X(CASE_PUBLICITY, "PUBLICITY", "公示中")                         \
    X(CASE_COUNTY_APPROVAL, "COUNTY_APPROVAL", "县级审批")           \
    X(CASE_CONFERENCE, "CASE_CONFERENCE", "一事一议")                \
    X(CASE_APPROVED, "APPROVED", "已批准")                           \
    X(CASE_REJECTED, "REJECTED", "不予批准")                         \
    X(CASE_PAYING, "PAYING", "发放中")                               \
    X(CASE_PAID, "PAID", "已发放")                                   \
    X(CASE_PAY_FAILED, "PAY_FAILED", "发放失败")                     \
    X(CASE_INSTALMENT, "INSTALMENT", "分期发放")                     \
    X(CASE_REFERRED, "REFERRED", "已转介")                           \
    X(CASE_FOLLOWED_UP, "FOLLOWED_UP", "已回访")                     \
    X(CASE_REDO, "REDO", "重办")                                     \
    X(CASE_ARCHIVED, "ARCHIVED", "已归档")                           \
    X(CASE_REVIEW_FAILED, "REVIEW_FAILED", "复核不符")               \
    X(CASE_RECOVERING, "RECOVERING", "追回中")                       \
    X(CASE_RECOVERED, "RECOVERED", "已追回")                         \
    X(CASE_WRITTEN_OFF, "WRITTEN_OFF", "已核销")                     \
    X(CASE_WITHDRAWN, "WITHDRAWN", "已撤回")                         \
    X(CASE_DUPLICATE, "DUPLICATE", "重复件")                         \
    X(CASE_CANCELLED, "CANCELLED", "已作废")

/* Verbs: word on the wire, Chinese label. */
#define CASE_VERB_TABLE(X)                               \
    X(VERB_RECEIVE, "receive", "登记")                   \
    X(VERB_TRIAGE, "triage", "分级")                     \
    X(VERB_CONSULT, "consult", "咨询答复")               \
    X(VERB_DISPATCH, "dispatch", "派单")                 \
    X(VERB_CASCADE, "cascade", "转派")                   \
    X(VERB_RETURN, "return", "退单")                     \
    X(VERB_DESIGNATE, "designate", "指定承办")           \
    X(VERB_ACCEPT, "accept", "受理")                     \
    X(VERB_VERIFY, "verify", "核实")                     \
    X(VERB_FIRST_AID, "first-aid", "批准先行救助")       \
    X(VERB_HAND_OVER, "hand-over", "当面交付")           \
    X(VERB_RECEIPT, "receipt", "签收确认")               \
    X(VERB_HAND_FAIL, "hand-fail", "交付未成")           \
    X(VERB_ACCOUNT, "account", "更正收款账户")           \
    X(VERB_PAID, "paid", "发放成功")                     \
    X(VERB_PAY_FAILED, "pay-failed", "发放失败")         \
    X(VERB_PAY_RETURNED, "pay-returned", "银行退票")     \
    X(VERB_COUNTERSIGN, "countersign", "县级会签")       \
    X(VERB_PAPERS, "papers", "补齐手续")                 \
    X(VERB_PAPERS_OVERDUE, "papers-overdue", "手续逾期") \
    X(VERB_CONFIRM, "confirm", "复核确认")               \
    X(VERB_REVIEW, "review", "开始审核")                 \
    X(VERB_ASSESS, "assess", "提出救助意见")             \
    X(VERB_PUBLISH, "publish", "公示")                   \
    X(VERB_PUBLICITY_END, "publicity-end", "公示期满")   \
    X(VERB_OBJECT, "object", "公示异议")                 \
    X(VERB_PROPOSE, "propose", "报县级审批")             \
    X(VERB_CONVENE, "convene", "提请一事一议")           \
    X(VERB_MINUTES, "minutes", "记录会商纪要")           \
    X(VERB_SIGN, "sign", "审核签字")                     \
    X(VERB_APPROVE, "approve", "批准")                   \
    X(VERB_REJECT, "reject", "不予批准")                 \
    X(VERB_CONCLUDE, "conclude", "不再追加救助")         \
    X(VERB_PAY, "pay", "发放")                           \
    X(VERB_PAID_PART, "paid-part", "分期发放成功")       \
    X(VERB_INSTALMENT, "instalment", "发放下一期")       \
    X(VERB_CHANGE, "change", "报告变化停发")             \
    X(VERB_REFER, "refer", "转介")                       \
    X(VERB_REFER_OUT, "refer-out", "转介办理")           \
    X(VERB_REFER_ACK, "refer-ack", "转介回执")           \
    X(VERB_FOLLOW_UP, "follow-up", "回访")               \
    X(VERB_ATTEMPT, "attempt", "回访未果")               \
    X(VERB_REDO, "redo", "重办")                         \
    X(VERB_CLOSE, "close", "归档")                       \
    X(VERB_REVIEW_FAIL, "review-fail", "复核不符")       \
    X(VERB_RECOVER, "recover", "决定追回")               \
    X(VERB_REPAY, "repay", "收到退款")                   \
    X(VERB_RECOVERED, "recovered", "全部追回")           \
    X(VERB_WAIVE, "waive", "困难减免核销")               \
    X(VERB_REFUND, "refund", "退还多收款")               \
    X(VERB_WITHDRAW, "withdraw", "撤回")                 \
    X(VERB_DUPLICATE, "duplicate", "并入重复件")         \
    X(VERB_CANCEL, "cancel", "作废")                     \
    X(VERB_CLAIM, "claim", "领取")                       \
    X(VERB_HAND_BACK, "hand-back", "交回")               \
    X(VERB_RECUSE, "recuse", "申报回避")                 \
    X(VERB_LINK, "link", "关联")                         \
    X(VERB_CHECKED, "checked", "抽查完成")               \
    X(VERB_PAUSE, "pause", "暂停计时")                   \
    X(VERB_RESUME, "resume", "恢复计时")                 \
    X(VERB_WARN, "warn", "临期提醒")                     \
    X(VERB_ESCALATE, "escalate", "逾期督办")             \
    X(VERB_ADD, "add", "补充情况")                       \
    X(VERB_RATE, "rate", "评价")                         \
    X(VERB_REVEAL, "reveal", "查看明文")                 \
    X(VERB_NOTE, "note", "记录")

/* Legal moves that change the state: verb, from, to. A verb that is bound to some states and leaves
 * them as they are (assess, minutes, hand-over …) stands here with from = to. */
#define CASE_MOVE_TABLE(X)                                              \
    X(VERB_RECEIVE, CASE_NONE, CASE_RECEIVED)                           \
    X(VERB_TRIAGE, CASE_RECEIVED, CASE_TRIAGED)                         \
    X(VERB_CONSULT, CASE_RECEIVED, CASE_CONSULT_CLOSED)                 \
    X(VERB_CONSULT, CASE_TRIAGED, CASE_CONSULT_CLOSED)                  \
    X(VERB_CONSULT, CASE_DISPATCHED, CASE_CONSULT_CLOSED)               \
    X(VERB_CONSULT, CASE_DESIGNATED, CASE_CONSULT_CLOSED)               \
    X(VERB_CONSULT, CASE_ACCEPTED, CASE_CONSULT_CLOSED)                 \
    X(VERB_CONSULT, CASE_VERIFYING, CASE_CONSULT_CLOSED)                \
    X(VERB_DISPATCH, CASE_RECEIVED, CASE_DISPATCHED)                    \
    X(VERB_DISPATCH, CASE_TRIAGED, CASE_DISPATCHED)                     \
    X(VERB_DISPATCH, CASE_RETURNED, CASE_DISPATCHED)                    \
    X(VERB_RETURN, CASE_DISPATCHED, CASE_RETURNED)                      \
    X(VERB_RETURN, CASE_ACCEPTED, CASE_RETURNED)                        \
    X(VERB_RETURN, CASE_VERIFYING, CASE_RETURNED)                       \
    X(VERB_DESIGNATE, CASE_RETURNED, CASE_DESIGNATED)                   \
    X(VERB_ACCEPT, CASE_DISPATCHED, CASE_ACCEPTED)                      \
    X(VERB_ACCEPT, CASE_DESIGNATED, CASE_ACCEPTED)                      \
    X(VERB_ACCEPT, CASE_REFERRED, CASE_ACCEPTED)                        \
    X(VERB_ACCEPT, CASE_FIRST_AID_PAID, CASE_PAPERS_DUE)                \
    X(VERB_ACCEPT, CASE_REDO, CASE_VERIFYING)                           \
    X(VERB_VERIFY, CASE_ACCEPTED, CASE_VERIFYING)                       \
    X(VERB_VERIFY, CASE_PUBLICITY, CASE_VERIFYING)                      \
    X(VERB_VERIFY, CASE_REVIEWING, CASE_VERIFYING)                      \
    X(VERB_FIRST_AID, CASE_DISPATCHED, CASE_FIRST_AID_APPROVED)         \
    X(VERB_FIRST_AID, CASE_DESIGNATED, CASE_FIRST_AID_APPROVED)         \
    X(VERB_FIRST_AID, CASE_ACCEPTED, CASE_FIRST_AID_APPROVED)           \
    X(VERB_FIRST_AID, CASE_VERIFYING, CASE_FIRST_AID_APPROVED)          \
    X(VERB_FIRST_AID, CASE_PAY_FAILED, CASE_FIRST_AID_APPROVED)         \
    X(VERB_HAND_OVER, CASE_FIRST_AID_APPROVED, CASE_FIRST_AID_APPROVED) \
    X(VERB_HAND_OVER, CASE_PAYING, CASE_PAYING)                         \
    X(VERB_RECEIPT, CASE_PAYING, CASE_PAYING)                           \
    X(VERB_RATE, CASE_ARCHIVED, CASE_ARCHIVED)                          \
    X(VERB_CHECKED, CASE_ARCHIVED, CASE_ARCHIVED)                       \
    X(VERB_REFUND, CASE_ARCHIVED, CASE_ARCHIVED)                        \
    X(VERB_RECEIPT, CASE_FIRST_AID_APPROVED, CASE_FIRST_AID_APPROVED)   \
    X(VERB_HAND_FAIL, CASE_FIRST_AID_APPROVED, CASE_PAY_FAILED)         \
    X(VERB_HAND_FAIL, CASE_PAYING, CASE_PAY_FAILED)                     \
    X(VERB_PAID, CASE_FIRST_AID_APPROVED, CASE_FIRST_AID_PAID)          \
    X(VERB_PAID, CASE_PAYING, CASE_PAID)                                \
    X(VERB_PAY_FAILED, CASE_FIRST_AID_APPROVED, CASE_PAY_FAILED)        \
    X(VERB_PAY_FAILED, CASE_PAYING, CASE_PAY_FAILED)                    \
    X(VERB_PAY_RETURNED, CASE_FIRST_AID_APPROVED, CASE_PAY_FAILED)      \
    X(VERB_PAY_RETURNED, CASE_FIRST_AID_PAID, CASE_PAY_FAILED)          \
    X(VERB_PAY_RETURNED, CASE_PAPERS_DUE, CASE_PAY_FAILED)              \
    X(VERB_PAY_RETURNED, CASE_PAPERS_OVERDUE, CASE_PAY_FAILED)          \
    X(VERB_PAY_RETURNED, CASE_PAPERS_OK, CASE_PAY_FAILED)               \
    X(VERB_PAY_RETURNED, CASE_REVIEW_CONFIRMED, CASE_PAY_FAILED)        \
    X(VERB_PAY_RETURNED, CASE_PAYING, CASE_PAY_FAILED)                  \
    X(VERB_PAY_RETURNED, CASE_PAID, CASE_PAY_FAILED)                    \
    X(VERB_PAY_RETURNED, CASE_INSTALMENT, CASE_PAY_FAILED)              \
    X(VERB_PAY_RETURNED, CASE_FOLLOWED_UP, CASE_PAY_FAILED)             \
    X(VERB_PAY_RETURNED, CASE_ARCHIVED, CASE_PAY_FAILED)                \
    X(VERB_PAY_RETURNED, CASE_RECOVERED, CASE_PAY_FAILED)               \
    X(VERB_PAY_RETURNED, CASE_WRITTEN_OFF, CASE_PAY_FAILED)             \
    X(VERB_ACCOUNT, CASE_ACCEPTED, CASE_ACCEPTED)                       \
    X(VERB_ACCOUNT, CASE_VERIFYING, CASE_VERIFYING)                     \
    X(VERB_ACCOUNT, CASE_DISPATCHED, CASE_DISPATCHED)                   \
    X(VERB_ACCOUNT, CASE_DESIGNATED, CASE_DESIGNATED)                   \
    X(VERB_ACCOUNT, CASE_PAY_FAILED, CASE_PAY_FAILED)                   \
    X(VERB_ACCOUNT, CASE_REVIEWING, CASE_REVIEWING)                     \
    X(VERB_ACCOUNT, CASE_COUNTY_APPROVAL, CASE_COUNTY_APPROVAL)         \
    X(VERB_ACCOUNT, CASE_APPROVED, CASE_APPROVED)                       \
    X(VERB_ACCOUNT, CASE_INSTALMENT, CASE_INSTALMENT)                   \
    X(VERB_PAPERS, CASE_FIRST_AID_PAID, CASE_PAPERS_OK)                 \
    X(VERB_PAPERS, CASE_PAPERS_DUE, CASE_PAPERS_OK)                     \
    X(VERB_PAPERS, CASE_PAPERS_OVERDUE, CASE_PAPERS_OK)                 \
    X(VERB_PAPERS_OVERDUE, CASE_FIRST_AID_PAID, CASE_PAPERS_OVERDUE)    \
    X(VERB_PAPERS_OVERDUE, CASE_PAPERS_DUE, CASE_PAPERS_OVERDUE)        \
    X(VERB_CONFIRM, CASE_PAPERS_OK, CASE_REVIEW_CONFIRMED)              \
    X(VERB_REVIEW, CASE_ACCEPTED, CASE_REVIEWING)                       \
    X(VERB_REVIEW, CASE_VERIFYING, CASE_REVIEWING)                      \
    X(VERB_REVIEW, CASE_REVIEW_CONFIRMED, CASE_REVIEWING)               \
    X(VERB_ASSESS, CASE_REVIEWING, CASE_REVIEWING)                      \
    X(VERB_PUBLISH, CASE_REVIEWING, CASE_PUBLICITY)                     \
    X(VERB_PUBLICITY_END, CASE_PUBLICITY, CASE_REVIEWING)               \
    X(VERB_OBJECT, CASE_PUBLICITY, CASE_VERIFYING)                      \
    X(VERB_OBJECT, CASE_APPROVED, CASE_VERIFYING)                       \
    X(VERB_OBJECT, CASE_INSTALMENT, CASE_VERIFYING)                     \
    X(VERB_PROPOSE, CASE_REVIEWING, CASE_COUNTY_APPROVAL)               \
    X(VERB_CONVENE, CASE_REVIEWING, CASE_CONFERENCE)                    \
    X(VERB_CONVENE, CASE_COUNTY_APPROVAL, CASE_CONFERENCE)              \
    X(VERB_MINUTES, CASE_CONFERENCE, CASE_CONFERENCE)                   \
    X(VERB_SIGN, CASE_REVIEWING, CASE_REVIEWING)                        \
    X(VERB_SIGN, CASE_COUNTY_APPROVAL, CASE_COUNTY_APPROVAL)            \
    X(VERB_APPROVE, CASE_REVIEWING, CASE_APPROVED)                      \
    X(VERB_APPROVE, CASE_COUNTY_APPROVAL, CASE_APPROVED)                \
    X(VERB_APPROVE, CASE_CONFERENCE, CASE_APPROVED)                     \
    X(VERB_REJECT, CASE_VERIFYING, CASE_REJECTED)                       \
    X(VERB_REJECT, CASE_REVIEWING, CASE_REJECTED)                       \
    X(VERB_REJECT, CASE_COUNTY_APPROVAL, CASE_REJECTED)                 \
    X(VERB_REJECT, CASE_CONFERENCE, CASE_REJECTED)                      \
    X(VERB_CONCLUDE, CASE_VERIFYING, CASE_REVIEW_CONFIRMED)             \
    X(VERB_CONCLUDE, CASE_REVIEWING, CASE_REVIEW_CONFIRMED)             \
    X(VERB_CONCLUDE, CASE_COUNTY_APPROVAL, CASE_REVIEW_CONFIRMED)       \
    X(VERB_CONCLUDE, CASE_CONFERENCE, CASE_REVIEW_CONFIRMED)            \
    X(VERB_PAY, CASE_APPROVED, CASE_PAYING)                             \
    X(VERB_PAY, CASE_PAY_FAILED, CASE_PAYING)                           \
    X(VERB_PAID_PART, CASE_PAYING, CASE_INSTALMENT)                     \
    X(VERB_INSTALMENT, CASE_INSTALMENT, CASE_PAYING)                    \
    X(VERB_CHANGE, CASE_INSTALMENT, CASE_REVIEWING)                     \
    X(VERB_CHANGE, CASE_APPROVED, CASE_REVIEWING)                       \
    X(VERB_CHANGE, CASE_PAY_FAILED, CASE_REVIEWING)                     \
    X(VERB_WITHDRAW, CASE_PAY_FAILED, CASE_WITHDRAWN)                   \
    X(VERB_REFER_OUT, CASE_DISPATCHED, CASE_REFERRED)                   \
    X(VERB_REFER_OUT, CASE_DESIGNATED, CASE_REFERRED)                   \
    X(VERB_REFER_OUT, CASE_ACCEPTED, CASE_REFERRED)                     \
    X(VERB_REFER_OUT, CASE_VERIFYING, CASE_REFERRED)                    \
    X(VERB_REFER_OUT, CASE_REVIEWING, CASE_REFERRED)                    \
    X(VERB_FOLLOW_UP, CASE_REVIEW_CONFIRMED, CASE_FOLLOWED_UP)          \
    X(VERB_FOLLOW_UP, CASE_PAID, CASE_FOLLOWED_UP)                      \
    X(VERB_FOLLOW_UP, CASE_REFERRED, CASE_FOLLOWED_UP)                  \
    X(VERB_FOLLOW_UP, CASE_CONSULT_CLOSED, CASE_FOLLOWED_UP)            \
    X(VERB_FOLLOW_UP, CASE_REJECTED, CASE_FOLLOWED_UP)                  \
    X(VERB_FOLLOW_UP, CASE_RECOVERED, CASE_FOLLOWED_UP)                 \
    X(VERB_FOLLOW_UP, CASE_WRITTEN_OFF, CASE_FOLLOWED_UP)               \
    X(VERB_REDO, CASE_FOLLOWED_UP, CASE_REDO)                           \
    X(VERB_REDO, CASE_REJECTED, CASE_REDO)                              \
    X(VERB_CLOSE, CASE_FOLLOWED_UP, CASE_ARCHIVED)                      \
    X(VERB_REVIEW_FAIL, CASE_PAPERS_OK, CASE_REVIEW_FAILED)             \
    X(VERB_REVIEW_FAIL, CASE_PAPERS_OVERDUE, CASE_REVIEW_FAILED)        \
    X(VERB_REVIEW_FAIL, CASE_REVIEW_CONFIRMED, CASE_REVIEW_FAILED)      \
    X(VERB_REVIEW_FAIL, CASE_PAID, CASE_REVIEW_FAILED)                  \
    X(VERB_REVIEW_FAIL, CASE_FOLLOWED_UP, CASE_REVIEW_FAILED)           \
    X(VERB_REVIEW_FAIL, CASE_ARCHIVED, CASE_REVIEW_FAILED)              \
    X(VERB_RECOVER, CASE_REVIEW_FAILED, CASE_RECOVERING)                \
    X(VERB_REPAY, CASE_RECOVERING, CASE_RECOVERING)                     \
    X(VERB_RECOVERED, CASE_RECOVERING, CASE_RECOVERED)                  \
    X(VERB_RECOVERED, CASE_REVIEW_FAILED, CASE_RECOVERED)               \
    X(VERB_RECOVERED, CASE_WRITTEN_OFF, CASE_RECOVERED)                 \
    X(VERB_WAIVE, CASE_REVIEW_FAILED, CASE_WRITTEN_OFF)                 \
    X(VERB_WAIVE, CASE_RECOVERING, CASE_WRITTEN_OFF)                    \
    X(VERB_WITHDRAW, CASE_RECEIVED, CASE_WITHDRAWN)                     \
    X(VERB_WITHDRAW, CASE_TRIAGED, CASE_WITHDRAWN)                      \
    X(VERB_WITHDRAW, CASE_RETURNED, CASE_WITHDRAWN)                     \
    X(VERB_WITHDRAW, CASE_DISPATCHED, CASE_WITHDRAWN)                   \
    X(VERB_WITHDRAW, CASE_DESIGNATED, CASE_WITHDRAWN)                   \
    X(VERB_WITHDRAW, CASE_ACCEPTED, CASE_WITHDRAWN)                     \
    X(VERB_WITHDRAW, CASE_VERIFYING, CASE_WITHDRAWN)                    \
    X(VERB_WITHDRAW, CASE_REVIEWING, CASE_WITHDRAWN)                    \
    X(VERB_WITHDRAW, CASE_PUBLICITY, CASE_WITHDRAWN)                    \
    X(VERB_WITHDRAW, CASE_COUNTY_APPROVAL, CASE_WITHDRAWN)              \
    X(VERB_WITHDRAW, CASE_CONFERENCE, CASE_WITHDRAWN)                   \
    X(VERB_DUPLICATE, CASE_RECEIVED, CASE_DUPLICATE)                    \
    X(VERB_DUPLICATE, CASE_TRIAGED, CASE_DUPLICATE)                     \
    X(VERB_DUPLICATE, CASE_RETURNED, CASE_DUPLICATE)                    \
    X(VERB_DUPLICATE, CASE_DISPATCHED, CASE_DUPLICATE)                  \
    X(VERB_DUPLICATE, CASE_DESIGNATED, CASE_DUPLICATE)                  \
    X(VERB_DUPLICATE, CASE_ACCEPTED, CASE_DUPLICATE)                    \
    X(VERB_DUPLICATE, CASE_VERIFYING, CASE_DUPLICATE)                   \
    X(VERB_CANCEL, CASE_RECEIVED, CASE_CANCELLED)                       \
    X(VERB_CANCEL, CASE_TRIAGED, CASE_CANCELLED)                        \
    X(VERB_CANCEL, CASE_RETURNED, CASE_CANCELLED)                       \
    X(VERB_CANCEL, CASE_DISPATCHED, CASE_CANCELLED)                     \
    X(VERB_CANCEL, CASE_DESIGNATED, CASE_CANCELLED)                     \
    X(VERB_CANCEL, CASE_ACCEPTED, CASE_CANCELLED)                       \
    X(VERB_CANCEL, CASE_VERIFYING, CASE_CANCELLED)

/* Verbs that leave the state as it is and are legal in every state but NONE and the final ones. */
#define CASE_STAY_TABLE(X) \
    X(VERB_CASCADE)        \
    X(VERB_CLAIM)          \
    X(VERB_HAND_BACK)      \
    X(VERB_REVEAL)         \
    X(VERB_ATTEMPT)        \
    X(VERB_REFER)          \
    X(VERB_REFER_ACK)      \
    X(VERB_RECUSE)         \
    X(VERB_LINK)           \
    X(VERB_CHECKED)        \
    X(VERB_PAUSE)          \
    X(VERB_RESUME)         \
    X(VERB_WARN)           \
    X(VERB_ESCALATE)       \
    X(VERB_ADD)            \
    X(VERB_RATE)           \
    X(VERB_COUNTERSIGN)    \
    X(VERB_REFUND)         \
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

/* ARCHIVED, WITHDRAWN, DUPLICATE and CANCELLED: nobody moves them any more. Only a bank's return,
 * which may come days later, and a later check that fails open ARCHIVED again. */
bool case_state_final(enum case_state s);
/* The state that `verb` leads to from `from`; ERR_MOVE if that is not legal. Pure. */
MUST_CHECK enum err case_move(enum case_verb verb, enum case_state from, enum case_state *to);
/* The same table as Lua text: `local MOVES = { ["receive"] = { ["NONE"] = "RECEIVED" }, … }`. */
void case_moves_lua(struct buf *out);

#endif
