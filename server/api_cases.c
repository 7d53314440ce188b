#include "queue/base/clock.h"
#include "server/api.h"
#include "server/case_json.h"
#include "server/http/query.h"
#include "server/long_poll.h"

#define WAIT_MOST_S 60

/* ---- GET /v1/cases/{no} ---- */

struct get_state {
    struct slice no;
    int64_t wait_s; /* 0 = answer at once */
    int64_t after;  /* wanted: a version above this; 0 = whatever it is at the first look */
    bool waited;
};

static void ask_case(struct op *op);

static void after_wait(struct op *op)
{
    struct get_state *st = op->state;
    st->waited = true;
    ask_case(op);
}

static void on_case(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct get_state *st = op->state;
    struct case_view v;
    if (err == ERR_OK) {
        err = case_get_read(reply, &v);
    }
    if (err == ERR_NOT_FOUND || (err == ERR_OK && !op_may_see(op, v.township, v.inbox))) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个编号的求助，请核对编号。");
        return;
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    bool unchanged = op->if_none_match.len > 0 && v.version <= st->after;
    if (st->wait_s > 0 && !st->waited) {
        st->after = op->if_none_match.len > 0 ? st->after : v.version;
        if (v.version <= st->after) {
            if (long_poll_wait(op->g->long_poll, op, st->no, st->after, st->wait_s * 1000,
                               after_wait) != ERR_OK) {
                op_reply_problem(op, ERR_LIMIT, "等待的连接太多，请稍后再试。");
            }
            return;
        }
    }
    if (unchanged) {
        op_reply_empty(op, 304, NULL, 0);
        return;
    }
    case_json_reply(op, st->no, &v, false, false);
}

static void ask_case(struct op *op)
{
    struct get_state *st = op->state;
    case_get_write(&op->g->fcall, op->g->settings->region, st->no);
    op_call(op, on_case);
}

/* "17" out of If-None-Match: "17"; 0 when there is none. */
static enum err etag_version(struct slice tag, int64_t *out)
{
    *out = 0;
    if (tag.len == 0) {
        return ERR_OK;
    }
    if (tag.len < 3 || tag.ptr[0] != '"' || tag.ptr[tag.len - 1] != '"') {
        return ERR_INPUT;
    }
    return slice_to_int64(slice_make(tag.ptr + 1, tag.len - 2), 1, INT64_MAX, out);
}

void cases_get(struct op *op)
{
    struct get_state *st = arena_alloc(&op->arena, sizeof(*st));
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    op->state = st;
    if (!op_case_no(op, &st->no)) {
        return;
    }
    if (query_int64(op->query, "wait", 0, WAIT_MOST_S, 0, &st->wait_s) != ERR_OK) {
        op_reply_problem(op, ERR_INPUT, "wait 须为 0 到 60 的整数（秒）。");
        return;
    }
    if (etag_version(op->if_none_match, &st->after) != ERR_OK) {
        op_reply_problem(op, ERR_INPUT, "If-None-Match 须为之前答复中的 ETag。");
        return;
    }
    ask_case(op);
}

/* ---- GET /v1/cases/{no}/events ---- */

static void on_events(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct slice township, inbox;
    size_t count;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = case_events_read(reply, &township, &inbox, &count);
    }
    if (err == ERR_NOT_FOUND || (err == ERR_OK && !op_may_see(op, township, inbox))) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个编号的求助，请核对编号。");
        return;
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 4u << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_open_array(&o, "events");
    for (size_t i = 0; i < count; i++) {
        json_put_raw(&o, NULL, reply_text_at(reply, 2 + i));
    }
    json_close_array(&o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void cases_events(struct op *op)
{
    struct slice no;
    if (!op_case_no(op, &no)) {
        return;
    }
    case_events_write(&op->g->fcall, op->g->settings->region, no);
    op_call(op, on_events);
}
