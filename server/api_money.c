/* Payments that are not final, and the kill switch.
 *
 * GET /v1/money/stuck: every payment under way, with age, evidence and what is safe to do.
 *
 * GET and POST /v1/money/stops: stop all, one rail, one township or county.
 *
 * POST /v1/money/resumes: one person asks, another one lets it go on.
 *
 * POST /v1/payments/{id}/decision: what became of a parked payment, by two people with the
 * statement before them. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/store/calls_gate.h"
#include "server/api.h"
#include "server/http/query.h"

#define REASON_POINTS_MAX 100

/* ---- Stuck money ---- */

static bool given_to_rail(const struct stuck_payment *p)
{
    return slice_is(slice_make(p->payload.ptr, p->payload.len < 3 ? p->payload.len : 3), "ask");
}

static const char *next_action(const struct stuck_payment *p)
{
    if (slice_is(p->place, "hand")) {
        return "等待经办人当面交付并核对签收码；交付不成的，由经办人办理“交付未成”。";
    }
    if (slice_is(p->place, "dead")) {
        return "系统已停止自动查询：先与银行流水对账，确认没有出款后再放回队列；不要另建一笔。";
    }
    if (p->state == PAYMENT_ACCEPTED) {
        return "银行已受理：等待回执，系统会按时查询；不要重发。";
    }
    if (p->state == PAYMENT_UNKNOWN || given_to_rail(p)) {
        return "可能已经送达银行：系统会用同一编号查询；不要重发。";
    }
    return slice_is(p->place, "ready") ? "等待发放进程处理：长时间不动的，请查看进程和停发开关。"
                                       : "还没有送达银行：系统会用同一编号再送。";
}

static void write_stuck(const struct stuck_payment *p, int64_t now_ms, struct json_out *o)
{
    struct slice rest = p->payload;
    int64_t first_ms = 0;
    slice_cut(&rest, '|');
    json_open_object(o, NULL);
    json_put_slice(o, "id", p->id);
    json_put_text(o, "state", payment_state_word(p->state));
    json_put_text(o, "state_zh", payment_state_zh(p->state));
    json_put_int(o, "amount_fen", p->amount_fen);
    json_put_slice(o, "fund", p->fund);
    json_put_text(o, "purpose", p->grant ? "grant" : "first_aid");
    if (p->made_ms > 0) {
        json_put_time(o, "made_at", p->made_ms);
        json_put_int(o, "age_s", now_ms > p->made_ms ? (now_ms - p->made_ms) / 1000 : 0);
    }
    json_put_slice(o, "place", p->place);
    if (slice_to_int64(slice_cut(&rest, '|'), 1, JSON_INT_MAX, &first_ms) == ERR_OK) {
        json_put_time(o, "first_sent_at", first_ms);
    }
    if (slice_is(p->place, "delayed")) {
        json_put_time(o, "next_try_at", p->due_ms);
    }
    json_put_int(o, "deliveries", p->deliveries);
    json_put_slice(o, "evidence", p->payload);
    json_put_slice(o, "reason", p->reason);
    json_put_text(o, "next_action", next_action(p));
    json_close_object(o);
}

static void on_stuck(void *data, enum err err, const redisReply *reply)
{
    static struct stuck_payment rows[STUCK_MOST]; /* one loop, used up before this returns */
    struct op *op = data;
    struct buf text;
    struct json_out o;
    int64_t total = 0;
    size_t n = 0;
    if (err == ERR_OK) {
        err = pay_stuck_read(reply, &total, rows, &n);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 1u << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_int(&o, "total", total);
    json_open_array(&o, "payments");
    for (size_t i = 0; i < n; i++) {
        write_stuck(&rows[i], clock_now_ms(), &o);
    }
    json_close_array(&o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void money_stuck(struct op *op)
{
    int64_t limit, offset;
    if (query_int64(op->query, "limit", 1, STUCK_MOST, 100, &limit) != ERR_OK ||
        query_int64(op->query, "offset", 0, JSON_INT_MAX, 0, &offset) != ERR_OK) {
        op_reply_problem(op, ERR_INPUT, "limit 须为 1 到 500，offset 须为不小于 0 的整数。");
        return;
    }
    pay_stuck_write(&op->g->fcall, op->g->settings->region, limit, offset);
    op_call(op, on_stuck);
}

/* ---- The kill switch ---- */

static void on_stops(void *data, enum err err, const redisReply *reply)
{
    static struct pay_stop stops[PAY_STOPS_MAX]; /* one loop, used up before this returns */
    struct op *op = data;
    struct buf text;
    struct json_out o;
    size_t n = 0;
    if (err == ERR_OK) {
        err = pay_stops_read(reply, stops, &n);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 1u << 18);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_open_array(&o, "stops");
    for (size_t i = 0; i < n; i++) {
        json_open_object(&o, NULL);
        json_put_slice(&o, "scope", stops[i].scope);
        json_put_time(&o, "since", stops[i].since_ms);
        json_put_slice(&o, "stopped_by", stops[i].stopped_by);
        json_put_slice(&o, "resume_asked_by", stops[i].resume_asked_by);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

static void list_stops(struct op *op)
{
    pay_stops_write(&op->g->fcall, op->g->settings->region);
    op_call(op, on_stops);
}

void money_stops(struct op *op)
{
    list_stops(op);
}

static void on_switched(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    enum switch_outcome outcome = SWITCH_OK;
    if (err == ERR_OK) {
        err = pay_switch_read(reply, &outcome, &op->replayed);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    switch (outcome) {
    case SWITCH_SAME_PERSON:
        op_reply_problem(op, ERR_FORBIDDEN,
                         "恢复发放须由两个人完成：您已提出恢复，请由另一人确认。");
        break;
    case SWITCH_NOT_FOUND: op_reply_problem(op, ERR_NOT_FOUND, "这个范围没有停发。"); break;
    case SWITCH_FULL:
        op_reply_problem(op, ERR_LIMIT, "停发的范围已达上限，请改为停发全部（all）。");
        break;
    case SWITCH_KEY_REUSED: op_reply_key_reused(op); break;
    case SWITCH_OK:
    case SWITCH_ASKED: list_stops(op); break;
    }
}

static bool read_switch(struct op *op, struct pay_switch *s)
{
    struct slice reason;
    for (const struct json *m = json_first(op->json); m != NULL; m = json_next(m)) {
        if (strcmp(json_name(m), "scope") != 0 && strcmp(json_name(m), "reason") != 0) {
            op_reply_fault(op, "", "只认识 scope 和 reason 两个字段。");
            return false;
        }
    }
    *s = (struct pay_switch){
        .actor = op_actor(op), .idem_hash = op_idem(op), .fingerprint = op_fingerprint(op)};
    if (json_string(json_get(op->json, "scope"), &s->scope) != ERR_OK ||
        !pay_scope_valid(s->scope)) {
        op_reply_fault(op, "/scope", "范围须为 all、rail:渠道名 或 township:区划代码。");
        return false;
    }
    if (json_string(json_get(op->json, "reason"), &reason) != ERR_OK ||
        slice_trim(reason).len == 0 || utf8_count(reason) > REASON_POINTS_MAX) {
        op_reply_fault(op, "/reason", "请写明理由（1 到 100 字），不要写姓名、电话和证件号码。");
        return false;
    }
    s->event_tail = op_tail(op, slice_trim(reason), "");
    return s->event_tail.ptr != NULL;
}

void money_stop(struct op *op)
{
    struct pay_switch s;
    if (read_switch(op, &s)) {
        pay_stop_write(&op->g->fcall, op->g->settings->region, &s);
        op_call(op, on_switched);
    }
}

void money_resume(struct op *op)
{
    struct pay_switch s;
    if (read_switch(op, &s)) {
        pay_resume_write(&op->g->fcall, op->g->settings->region, &s);
        op_call(op, on_switched);
    }
}

/* ---- What no provider tells ---- */

static void on_decided(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    enum decide_answer answer = PAY_DECIDE_OK;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = pay_decide_read(reply, &answer, &op->replayed);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    switch (answer) {
    case PAY_DECIDE_SAME_PERSON:
        op_reply_problem(op, ERR_FORBIDDEN,
                         "须由两个人认定：您已提出，请由另一人对照银行流水后确认。");
        return;
    case PAY_DECIDE_UNDER_WAY:
        op_reply_problem(op, ERR_CONFLICT, "系统还在查询这笔发放，停止自动查询后才能人工认定。");
        return;
    case PAY_DECIDE_NOT_FOUND: op_reply_problem(op, ERR_NOT_FOUND, "没有这笔发放。"); return;
    case PAY_DECIDE_FINAL: op_reply_problem(op, ERR_CONFLICT, "这笔发放已有结果。"); return;
    case PAY_DECIDE_KEY_REUSED: op_reply_key_reused(op); return;
    case PAY_DECIDE_OK:
    case PAY_DECIDE_ASKED:
    case PAY_DECIDE_OTHER: break;
    }
    buf_init(&text, 1024);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_slice(&o, "payment", op->params[0]);
    json_put_text(&o, "status", answer == PAY_DECIDE_OK ? "decided" : "asked");
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void payments_decide(struct op *op)
{
    struct slice outcome, reason;
    for (const struct json *m = json_first(op->json); m != NULL; m = json_next(m)) {
        if (strcmp(json_name(m), "outcome") != 0 && strcmp(json_name(m), "reason") != 0) {
            op_reply_fault(op, "", "只认识 outcome 和 reason 两个字段。");
            return;
        }
    }
    if (json_string(json_get(op->json, "outcome"), &outcome) != ERR_OK ||
        !(slice_is(outcome, "succeeded") || slice_is(outcome, "failed"))) {
        op_reply_fault(op, "/outcome", "请填 succeeded（流水上已出款）或 failed（确认没有出款）。");
        return;
    }
    if (json_string(json_get(op->json, "reason"), &reason) != ERR_OK ||
        slice_trim(reason).len == 0 || utf8_count(reason) > REASON_POINTS_MAX) {
        op_reply_fault(op, "/reason",
                       "请写明依据，例如哪一天的流水（1 到 100 字），不要写姓名和账号。");
        return;
    }
    const struct pay_decision d = {.id = op->params[0],
                                   .succeeded = slice_is(outcome, "succeeded"),
                                   .actor = op_actor(op),
                                   .event_tail = op_tail(op, slice_trim(reason), ""),
                                   .idem_hash = op_idem(op),
                                   .fingerprint = op_fingerprint(op)};
    if (d.event_tail.ptr != NULL) {
        pay_decide_write(&op->g->fcall, op->g->settings->region, &d);
        op_call(op, on_decided);
    }
}
