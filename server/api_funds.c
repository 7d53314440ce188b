/* Reserve funds: their accounts, allotments, what is asked for and approved, finance's acts and the
 * cash box. */
#include <stdio.h>
#include <stdlib.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/money.h"
#include "queue/store/calls_ledger.h"
#include "server/api.h"
#include "server/fund_json.h"

#define REASON_CHARS_MAX 100
#define CASH_TASK_MS INT64_C(86400000) /* the county looks into a gap within a day */

static void reply_fund(struct op *op, enum err err, const redisReply *reply, int status)
{
    struct fund_view f;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = fund_get_read(reply, &f);
    }
    if (err == ERR_NOT_FOUND) {
        op_reply_problem(op, ERR_NOT_FOUND, "这个乡镇（街道）还没有拨付备用金。");
        return;
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 8192);
    json_out_init(&o, &text);
    fund_json_write(&f, op->params[0], &o);
    op_reply_json(op, status, &text, NULL, 0);
    buf_release(&text);
}

static void on_fund(void *data, enum err err, const redisReply *reply)
{
    reply_fund(data, err, reply, 200);
}

static void on_fund_after(void *data, enum err err, const redisReply *reply)
{
    reply_fund(data, err, reply, 201);
}

static void show_fund_after(struct op *op)
{
    fund_get_write(&op->g->fcall, op->g->settings->region, op->params[0]);
    op_call(op, on_fund_after);
}

void townships_fund(struct op *op)
{
    struct slice code;
    if (op_township(op, &code)) {
        fund_get_write(&op->g->fcall, op->g->settings->region, code);
        op_call(op, on_fund);
    }
}

/* ---- What they share ---- */

struct fund_body {
    int64_t amount_fen; /* 0 = not given */
    struct slice reason, second, decision;
    bool settle;
};

enum fund_field {
    BODY_AMOUNT = 1,
    BODY_AMOUNT_OR_NOT = 2,
    BODY_COUNTED = 4,
    BODY_SECOND = 8,
    BODY_DECISION = 16,
    BODY_SETTLE = 32
};

static bool read_amount(struct op *op, unsigned fields, struct fund_body *b, size_t *known)
{
    const char *name = (fields & BODY_COUNTED) != 0 ? "counted_fen" : "amount_fen";
    const struct json *v = json_get(op->json, name);
    if ((fields & (BODY_AMOUNT | BODY_AMOUNT_OR_NOT | BODY_COUNTED)) == 0 ||
        ((fields & BODY_AMOUNT_OR_NOT) != 0 && v == NULL)) {
        return true;
    }
    ++*known;
    if (json_int64(v, (fields & BODY_COUNTED) != 0 ? 0 : 1, AMOUNT_FEN_MAX, &b->amount_fen) ==
        ERR_OK) {
        return true;
    }
    op_reply_fault(op, (fields & BODY_COUNTED) != 0 ? "/counted_fen" : "/amount_fen",
                   "请给出金额，整数，单位是分。");
    return false;
}

/* Names of officers: as in tokens, so that they can be compared with who is logged in. */
static bool plain_name(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == '.')) {
            return false;
        }
    }
    return s.len > 0 && s.len <= 40;
}

static bool read_body(struct op *op, unsigned fields, struct fund_body *b)
{
    size_t known = 1;
    *b = (struct fund_body){.amount_fen = 0};
    if (json_kind(op->json) != JSON_OBJECT) {
        op_reply_fault(op, "", "请求体须为 JSON 对象。");
        return false;
    }
    if (!read_amount(op, fields, b, &known)) {
        return false;
    }
    if ((fields & BODY_SECOND) != 0) {
        known++;
        if (json_string(json_get(op->json, "second"), &b->second) != ERR_OK ||
            !plain_name(b->second)) {
            op_reply_fault(op, "/second", "请写明在场的另一名工作人员的账号名。");
            return false;
        }
    }
    if ((fields & BODY_DECISION) != 0) {
        known++;
        if (json_string(json_get(op->json, "decision"), &b->decision) != ERR_OK ||
            !(slice_is(b->decision, "approve") || slice_is(b->decision, "decline"))) {
            op_reply_fault(op, "/decision", "请填 approve（同意）或 decline（不同意）。");
            return false;
        }
    }
    if ((fields & BODY_SETTLE) != 0 && json_get(op->json, "settle") != NULL) {
        known++;
        if (json_bool(json_get(op->json, "settle"), &b->settle) != ERR_OK) {
            op_reply_fault(op, "/settle", "须为 true 或 false：是否把差额记账。");
            return false;
        }
    }
    if (json_string(json_get(op->json, "reason"), &b->reason) != ERR_OK ||
        slice_trim(b->reason).len == 0 || utf8_count(b->reason) > REASON_CHARS_MAX ||
        json_size(op->json) != known) {
        op_reply_fault(op, "/reason", "请写明依据或理由（1 到 100 字），不要有其他字段。");
        return false;
    }
    return true;
}

/* What a township should hold, and below which part of it money is asked for. A county's reserve
 * has no such sum. */
static struct fund_mark mark_of(const struct op *op, struct slice code)
{
    char text[DIVISION_CODE_SIZE] = "";
    struct fund_mark mark = {.permille = -1};
    if (slice_copy(code, text, sizeof(text)) == ERR_OK) {
        const struct policy_rules *rules = policy_for(op->g->policy, text, clock_now_ms());
        mark.permille = rules->fund.low_permille;
        if (code.len > 6 && money_permille(rules->fund.initial_fen, rules->fund.replenish_permille,
                                           &mark.full_fen) != ERR_OK) {
            mark.full_fen = rules->fund.initial_fen;
        }
    }
    return mark;
}

static int64_t borrow_most_fen(const struct op *op, struct slice code)
{
    char text[DIVISION_CODE_SIZE] = "";
    if (slice_copy(code, text, sizeof(text)) != ERR_OK) {
        return 0;
    }
    return policy_for(op->g->policy, text, clock_now_ms())->fund.borrow_fen;
}

/* Refusals have one text each, whatever was asked. */
static bool reply_refusal(struct op *op, const struct fund_result *r)
{
    char detail[300], fen[MONEY_TEXT_ZH_SIZE];
    int64_t shown = r->number < 0 ? -r->number : r->number;
    money_format_zh(shown > AMOUNT_FEN_MAX ? AMOUNT_FEN_MAX : shown, fen);
    switch (r->outcome) {
    case FUND_OK: return false;
    case FUND_REPLAYED: op->replayed = true; return false;
    case FUND_KEY_REUSED: op_reply_key_reused(op); break;
    case FUND_NONE:
        op_reply_problem(op, ERR_NOT_FOUND, "没有这只备用金，或没有这项待办的申请。");
        break;
    case FUND_OPEN: op_reply_problem(op, ERR_CONFLICT, "同类申请已有一项待审批，请先办结。"); break;
    case FUND_SAME_PERSON:
        op_reply_problem(op, ERR_FORBIDDEN, "申请与审批、盘点与监盘须由不同的人完成。");
        break;
    case FUND_CAP:
        snprintf(detail, sizeof(detail), "超过限额，最多 %s。", fen);
        op_reply_problem(op, ERR_CAP, detail);
        break;
    case FUND_FUNDS:
        snprintf(detail, sizeof(detail), "余额不足，现有 %s。", fen);
        op_reply_problem(op, ERR_FUNDS, detail);
        break;
    case FUND_NO_RESERVE:
        op_reply_problem(op, ERR_CONFLICT, "没有可借款的县级备用金，或还欠着另一只备用金的款。");
        break;
    case FUND_CASH_STOPPED:
        op_reply_problem(op, ERR_CONFLICT, "现金盘点有差额，本乡镇（街道）的现金收付已暂停。");
        break;
    case FUND_GAP:
        snprintf(detail, sizeof(detail),
                 "最近一次盘点仍有差额 %s，请重新盘点，或以 settle 记账后恢复。", fen);
        op_reply_problem(op, ERR_CONFLICT, detail);
        break;
    case FUND_OUTCOME_COUNT: op_reply_store(op, ERR_CORRUPT); break;
    }
    return true;
}

static bool read_result(struct op *op, enum err err, const redisReply *reply, struct fund_result *r)
{
    if (err == ERR_OK) {
        err = fund_read(reply, r);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return false;
    }
    return !reply_refusal(op, r);
}

static void on_changed(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct fund_result r;
    if (read_result(op, err, reply, &r)) {
        show_fund_after(op);
    }
}

/* {"<name>": number} */
static void reply_number(struct op *op, enum err err, const redisReply *reply, const char *name)
{
    struct fund_result r;
    struct buf text;
    struct json_out o;
    if (!read_result(op, err, reply, &r)) {
        return;
    }
    buf_init(&text, 256);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_int(&o, name, r.number);
    json_close_object(&o);
    op_reply_written(op, 201, &text);
}

/* ---- Allotments ---- */

static void on_allotted(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    enum allot_outcome outcome = ALLOT_OK;
    if (err == ERR_OK) {
        err = allot_read(reply, &outcome);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
    } else if (outcome == ALLOT_KEY_REUSED) {
        op_reply_key_reused(op);
    } else if (outcome == ALLOT_CAP) {
        op_reply_problem(op, ERR_CAP, "备用金累计拨付超过系统上限。");
    } else {
        op->replayed = outcome == ALLOT_REPLAYED;
        show_fund_after(op);
    }
}

void funds_allot(struct op *op)
{
    struct slice code;
    struct fund_body b;
    if (!op_township(op, &code) || !read_body(op, BODY_AMOUNT, &b)) {
        return;
    }
    struct fund_mark mark = mark_of(op, code);
    const struct allotment a = {.fund = code,
                                .amount_fen = b.amount_fen,
                                .event_tail = op_tail(op, b.reason, ""),
                                .idem_hash = op_idem(op),
                                .fingerprint = op_fingerprint(op),
                                .marked = mark.permille >= 0,
                                .low_permille = mark.permille,
                                .full_fen = mark.full_fen};
    if (a.event_tail.ptr != NULL) {
        allot_write(&op->g->fcall, op->g->settings->region, &a);
        op_call(op, on_allotted);
    }
}

/* ---- Requests: replenishments, loans, withdrawals ---- */

static void on_asked(void *data, enum err err, const redisReply *reply)
{
    reply_number(data, err, reply, "request");
}

static void ask(struct op *op, enum fund_request kind)
{
    struct slice code;
    struct fund_body b;
    if (!op_township(op, &code) || !read_body(op, BODY_AMOUNT, &b)) {
        return;
    }
    const struct fund_ask a = {.kind = kind,
                               .fund = code,
                               .actor = op_actor(op),
                               .amount_fen = b.amount_fen,
                               .cap_fen = kind == REQUEST_LOAN ? borrow_most_fen(op, code) : 0,
                               .event_tail = op_tail(op, b.reason, policy_name(op->g->policy)),
                               .idem_hash = op_idem(op),
                               .fingerprint = op_fingerprint(op)};
    if (a.event_tail.ptr != NULL) {
        fund_ask_write(&op->g->fcall, op->g->settings->region, &a);
        op_call(op, on_asked);
    }
}

static void decide_on(struct op *op, enum fund_request kind)
{
    struct slice code;
    struct fund_body b;
    int64_t number;
    if (!op_township(op, &code) || !read_body(op, BODY_AMOUNT_OR_NOT | BODY_DECISION, &b)) {
        return;
    }
    if (slice_to_int64(op->params[1], 1, INT64_MAX, &number) != ERR_OK) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这项待办的申请。");
        return;
    }
    const struct fund_decide d = {.kind = kind,
                                  .fund = code,
                                  .actor = op_actor(op),
                                  .number = number,
                                  .approve = slice_is(b.decision, "approve"),
                                  .amount_fen = b.amount_fen,
                                  .cap_fen = kind == REQUEST_LOAN ? borrow_most_fen(op, code) : 0,
                                  .mark = mark_of(op, code),
                                  .event_tail = op_tail(op, b.reason, policy_name(op->g->policy)),
                                  .idem_hash = op_idem(op),
                                  .fingerprint = op_fingerprint(op)};
    if (d.event_tail.ptr != NULL) {
        fund_decide_write(&op->g->fcall, op->g->settings->region, &d);
        op_call(op, on_changed);
    }
}

void funds_replenish(struct op *op)
{
    ask(op, REQUEST_REPLENISH);
}

void funds_replenish_decide(struct op *op)
{
    decide_on(op, REQUEST_REPLENISH);
}

void funds_borrow(struct op *op)
{
    ask(op, REQUEST_LOAN);
}

void funds_borrow_decide(struct op *op)
{
    decide_on(op, REQUEST_LOAN);
}

void funds_withdraw(struct op *op)
{
    ask(op, REQUEST_WITHDRAW);
}

void funds_withdraw_decide(struct op *op)
{
    decide_on(op, REQUEST_WITHDRAW);
}

/* ---- Acts ---- */

static void on_counted(void *data, enum err err, const redisReply *reply)
{
    reply_number(data, err, reply, "gap_fen");
}

static void act(struct op *op, enum fund_act which, unsigned fields)
{
    struct slice code;
    struct fund_body b;
    if (!op_township(op, &code) || !read_body(op, fields, &b)) {
        return;
    }
    const struct fund_act_order a = {.act = which,
                                     .fund = code,
                                     .actor = op_actor(op),
                                     .second = b.second,
                                     .amount_fen = b.amount_fen,
                                     .due_ms = clock_now_ms() + CASH_TASK_MS,
                                     .settle = b.settle,
                                     .event_tail = op_tail(op, b.reason, ""),
                                     .idem_hash = op_idem(op),
                                     .fingerprint = op_fingerprint(op)};
    if (a.event_tail.ptr != NULL) {
        fund_act_write(&op->g->fcall, op->g->settings->region, &a);
        op_call(op, which == FUND_CASH_COUNT ? on_counted : on_changed);
    }
}

void funds_restore(struct op *op)
{
    act(op, FUND_RESTORE, BODY_AMOUNT);
}

void funds_repay(struct op *op)
{
    act(op, FUND_REPAY, BODY_AMOUNT);
}

void cash_draw(struct op *op)
{
    act(op, FUND_CASH_DRAW, BODY_AMOUNT | BODY_SECOND);
}

void cash_return(struct op *op)
{
    act(op, FUND_CASH_RETURN, BODY_AMOUNT | BODY_SECOND);
}

void cash_count(struct op *op)
{
    act(op, FUND_CASH_COUNT, BODY_COUNTED | BODY_SECOND);
}

void cash_lift(struct op *op)
{
    act(op, FUND_CASH_LIFT, BODY_SETTLE);
}
