/* People beside the case: what somebody has had, the county's spot checks, households. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/store/calls_people.h"
#include "server/api.h"
#include "server/api_people.h"
#include "server/case_json.h"
#include "server/http/query.h"

struct people_state {
    struct slice no, reason, result;
};

static void not_found(struct op *op)
{
    op_reply_problem(op, ERR_NOT_FOUND, "没有这个编号的求助，请核对编号。");
}

static void put_township(struct op *op, struct slice code, struct json_out *o)
{
    struct township t;
    json_put_slice(o, "township", code);
    if (gazetteer_township(op->g->atlas.gazetteer, code, &t)) {
        json_put_text(o, "township_name", t.name);
    }
}

/* ---- GET /v1/cases/{no}/history ---- */

static void write_figures(struct slice figures, const char *name, struct json_out *o)
{
    struct person_year had;
    struct slice rest = figures;
    int64_t year;
    if (slice_to_int64(slice_cut(&rest, '|'), 0, 9999, &year) != ERR_OK ||
        person_year_read(figures, (int)year, slice_make(NULL, 0), &had) != ERR_OK) {
        json_put_null(o, name);
        return;
    }
    json_open_object(o, name);
    json_put_int(o, "year", year);
    json_put_int(o, "paid_fen", had.paid_fen);
    json_put_int(o, "times", had.times);
    json_put_int(o, "small_fast_times", had.small_fast_times);
    json_close_object(o);
}

static void write_history(struct op *op, const struct history_view *v, struct json_out *o)
{
    json_open_object(o, NULL);
    write_figures(v->year, "person", o);
    write_figures(v->household_year, "household", o);
    json_open_array(o, "approved");
    for (size_t i = 0; i < v->count; i++) {
        const struct history_row *row = &v->rows[i];
        enum cause cause;
        json_open_object(o, NULL);
        json_put_slice(o, "case", row->no);
        json_put_time(o, "at", row->at_ms);
        json_put_int(o, "amount_fen", row->fen);
        json_put_slice(o, "cause", row->cause);
        if (cause_from_word(row->cause, &cause) == ERR_OK) {
            json_put_text(o, "cause_zh", cause_zh(cause));
        }
        put_township(op, row->township, o);
        json_put_text(o, "whom", row->own ? "person" : "household");
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

static void on_history(void *data, enum err err, const redisReply *reply)
{
    static struct history_view view; /* one loop, used up before this returns */
    struct op *op = data;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = relief_history_read(reply, &view);
    }
    if (err == ERR_NOT_FOUND ||
        (err == ERR_OK && !op_may_see(op, view.case_township, view.case_inbox))) {
        not_found(op);
        return;
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 1u << 20);
    json_out_init(&o, &text);
    write_history(op, &view, &o);
    op_reply_written(op, 200, &text);
}

void people_history(struct op *op)
{
    struct slice no;
    if (op_case_no(op, &no)) {
        relief_history_write(&op->g->fcall, op->g->settings->region, no);
        op_call(op, on_history);
    }
}

/* ---- Spot checks ---- */

static void on_spot_checks(void *data, enum err err, const redisReply *reply)
{
    static struct spot_check_row rows[SPOT_CHECKS_SHOWN_MAX]; /* one loop */
    struct op *op = data;
    struct buf text;
    struct json_out o;
    int64_t total = 0;
    size_t n = 0;
    if (err == ERR_OK) {
        err = spot_checks_read(reply, &total, rows, &n);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 1u << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_open_array(&o, "items");
    for (size_t i = 0; i < n; i++) {
        json_open_object(&o, NULL);
        json_put_slice(&o, "no", rows[i].no);
        json_put_time(&o, "due_at", rows[i].due_ms);
        json_put_int(&o, "due_ms", rows[i].due_ms);
        json_put_text(&o, "state", case_state_word(rows[i].state));
        json_put_text(&o, "state_zh", case_state_zh(rows[i].state));
        put_township(op, rows[i].township, &o);
        json_put_slice(&o, "decided_by", rows[i].maker);
        json_put_slice(&o, "handled_by", rows[i].handler);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_put_int(&o, "count", total);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void spot_checks_list(struct op *op)
{
    int64_t after, limit;
    if (query_int64(op->query, "after_ms", 0, INT64_MAX / 2048, 0, &after) != ERR_OK ||
        query_int64(op->query, "limit", 1, SPOT_CHECKS_SHOWN_MAX, 50, &limit) != ERR_OK) {
        op_reply_problem(op, ERR_INPUT, "after_ms 须为毫秒时刻，limit 须为 1 到 200 的整数。");
        return;
    }
    spot_checks_write(&op->g->fcall, op->g->settings->region, after, limit);
    op_call(op, on_spot_checks);
}

static void on_case(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    const struct people_state *st = op->state;
    struct case_view v;
    if (err == ERR_OK) {
        err = case_get_read(reply, &v);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err == ERR_NOT_FOUND ? ERR_CORRUPT : err);
        return;
    }
    case_json_reply(op, st->no, &v, false, false);
}

static void show_case(struct op *op)
{
    const struct people_state *st = op->state;
    case_get_write(&op->g->fcall, op->g->settings->region, st->no);
    op_call(op, on_case);
}

static void on_checked(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct act_result r;
    if (err == ERR_OK) {
        err = act_read(reply, &r);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    switch (r.outcome) {
    case ACT_OK:
    case ACT_REPLAYED: show_case(op); break;
    case ACT_NOT_FOUND: not_found(op); break;
    case ACT_KEY_REUSED:
        op_reply_problem(op, ERR_KEY_REUSED,
                         "这个 Idempotency-Key 已用于另一份内容，请换一个新的。");
        break;
    case ACT_SAME_PERSON:
        op_reply_problem(op, ERR_FORBIDDEN, "您已参与办理这个求助件，抽查须由他人完成。");
        break;
    case ACT_REFUSED:
        op_reply_problem(op, r.refusal == REFUSAL_RECUSED ? ERR_FORBIDDEN : ERR_MOVE,
                         act_refusal_zh(r.refusal));
        break;
    default: op_reply_problem(op, ERR_MOVE, "求助件现在的状态不能登记抽查结果。"); break;
    }
}

static struct people_state *state_of_case(struct op *op)
{
    struct people_state *st = arena_alloc(&op->arena, sizeof(*st));
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return NULL;
    }
    op->state = st;
    return op_case_no(op, &st->no) ? st : NULL;
}

void spot_checks_done(struct op *op)
{
    static const char *const NAMES[] = {"reason", "result", NULL};
    struct people_state *st = state_of_case(op);
    if (st == NULL || !people_reason(op, NAMES, &st->reason)) {
        return;
    }
    if (json_string(json_get(op->json, "result"), &st->result) != ERR_OK ||
        !(slice_is(st->result, "ok") || slice_is(st->result, "doubt"))) {
        op_reply_fault(op, "/result", "请填 ok（属实）或 doubt（有疑点，另按复核不符处理）。");
        return;
    }
    struct act_request r = {.no = st->no,
                            .verb = VERB_CHECKED,
                            .actor = op_actor(op),
                            .scope = slice_of(op->caller.township),
                            .event_tail = op_tail(op, st->reason, ""),
                            .idem_hash = op_idem(op),
                            .fingerprint = op_fingerprint(op),
                            .extra = {st->result},
                            .extra_count = 1};
    if (r.event_tail.ptr != NULL) {
        act_write(&op->g->fcall, op->g->settings->region, &r);
        op_call(op, on_checked);
    }
}

/* ---- POST /v1/cases/{no}/leave-household: the case's person does not belong to it ---- */

static void on_left(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    if (err == ERR_OK) {
        err = household_leave_read(reply);
    }
    if (err == ERR_NOT_FOUND) {
        op_reply_problem(op, ERR_CONFLICT, "这个人不在任何家庭记录中。");
    } else if (err != ERR_OK) {
        op_reply_store(op, err);
    } else {
        show_case(op);
    }
}

static void on_person(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    const struct people_state *st = op->state;
    struct loaded_case row;
    if (err == ERR_OK) {
        err = load_read(reply, &row, 1);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    if (!row.found) {
        not_found(op);
        return;
    }
    struct slice tail = op_tail(op, st->reason, "");
    if (tail.ptr != NULL) {
        household_leave_write(&op->g->fcall, op->g->settings->region, row.person_hash, tail);
        op_call(op, on_left);
    }
}

void households_leave(struct op *op)
{
    static const char *const NAMES[] = {"reason", NULL};
    struct people_state *st = state_of_case(op);
    if (st != NULL && people_reason(op, NAMES, &st->reason)) {
        load_begin(&op->g->fcall, op->g->settings->region);
        fcall_slice(&op->g->fcall, st->no);
        op_call(op, on_person);
    }
}
