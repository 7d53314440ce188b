/* GET /v1/calls/{source}/{id}: one call, and the case that came of it. GET /v1/reports/hotline: how
 * many people were answered (接通率), and how many of them within 15 seconds. */
#include <stdio.h>
#include "integrations/calls/calls.h"
#include "queue/base/clock.h"
#include "queue/store/calls_hotline.h"
#include "server/api.h"
#include "server/call_hash.h"
#include "server/http/query.h"

#define FAST_TARGET_PERMILLE 950 /* 15 秒接听率 95 % */

static void put_time(struct json_out *o, const char *name, int64_t at_ms)
{
    char text[CLOCK_RFC3339_SIZE];
    if (at_ms > 0) {
        clock_format_rfc3339(at_ms, text);
        json_put_text(o, name, text);
    }
}

/* ---- GET /v1/calls/{source}/{id} ---- */

static void put_recording(struct op *op, const char *hash, const struct hotline_call *c,
                          struct json_out *o)
{
    struct buf plain;
    buf_init(&plain, CALLS_REF_MAX + 1);
    if (c->recording.len > 0 && unseal_case(op->g->sealer, slice_of(hash), c->recording_key,
                                            c->recording, &plain) == ERR_OK) {
        json_put_slice(o, "recording_ref", buf_slice(&plain));
    }
    buf_release(&plain);
}

static void on_call(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    const char *hash = op->state;
    struct hotline_call c;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = hotline_get_read(reply, &c);
    }
    if (err == ERR_NOT_FOUND) {
        op_reply_problem(op, err, "没有这次通话，或已超过保存期。");
        return;
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 8192);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    put_time(&o, "offered_at", c.offered_ms);
    put_time(&o, "answered_at", c.answered_ms);
    put_time(&o, "ended_at", c.ended_ms);
    put_time(&o, "abandoned_at", c.abandoned_ms);
    if (c.hold_s >= 0) {
        json_put_int(&o, "hold_s", c.hold_s);
    }
    if (c.talk_s >= 0) {
        json_put_int(&o, "talk_s", c.talk_s);
    }
    json_put_slice(&o, "ended_by", c.ended_by);
    json_put_slice(&o, "queue", c.queue);
    json_put_slice(&o, "agent_id", c.agent);
    json_put_slice(&o, "case", c.case_no);
    put_recording(op, hash, &c, &o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void calls_get(struct op *op)
{
    char *hash = arena_alloc(&op->arena, SEAL_HASH_SIZE);
    char id[CALLS_ID_MAX + 1];
    struct slice call_id;
    if (hash == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    if (!calls_source_ok(op->params[0]) ||
        percent_decode(op->params[1], false, id, sizeof(id), &call_id) != ERR_OK ||
        !calls_id_ok(call_id)) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这次通话，或已超过保存期。");
        return;
    }
    if (call_hash(op->g->sealer, op->params[0], call_id, hash) != ERR_OK) {
        op_reply_problem(op, ERR_INTERNAL, "服务内部错误。");
        return;
    }
    op->state = hash;
    hotline_get_write(&op->g->fcall, op->g->settings->region, slice_of(hash));
    op_call(op, on_call);
}

/* ---- GET /v1/reports/hotline?from=&to= ---- */

static void put_rates(struct json_out *o, const struct hotline_day *d)
{
    json_put_int(o, "offered", d->offered);
    json_put_int(o, "answered", d->answered);
    json_put_int(o, "abandoned", d->abandoned);
    json_put_int(o, "called_back_cases", d->callbacks);
    json_put_int(o, "answer_time_known", d->measured);
    json_put_int(o, "answered_within_15s", d->fast);
    json_put_int(o, "wait_s", d->wait_s);
    json_put_int(o, "talk_s", d->talk_s);
    if (d->offered > 0) {
        json_put_int(o, "connect_rate_permille", d->answered * 1000 / d->offered);
    } else {
        json_put_null(o, "connect_rate_permille");
    }
    if (d->measured > 0) {
        json_put_int(o, "within_15s_permille", d->fast * 1000 / d->measured);
        json_put_int(o, "mean_wait_ms", d->wait_s * 1000 / d->measured);
        json_put_bool(o, "target_met", d->fast * 1000 >= d->measured * FAST_TARGET_PERMILLE);
    } else {
        json_put_null(o, "within_15s_permille");
        json_put_null(o, "mean_wait_ms");
        json_put_null(o, "target_met");
    }
}

static void add_up(struct hotline_day *sum, const struct hotline_day *d)
{
    sum->offered += d->offered;
    sum->answered += d->answered;
    sum->measured += d->measured;
    sum->fast += d->fast;
    sum->wait_s += d->wait_s;
    sum->talk_s += d->talk_s;
    sum->abandoned += d->abandoned;
    sum->callbacks += d->callbacks;
}

static void on_report(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    static struct hotline_day days[HOTLINE_REPORT_DAYS_MAX + 1]; /* one thread, used at once */
    struct hotline_day sum = {.day = 0};
    size_t n = 0;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = hotline_report_read(reply, days, &n);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 1u << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_int(&o, "target_within_15s_permille", FAST_TARGET_PERMILLE);
    json_open_array(&o, "days");
    for (size_t i = 0; i < n; i++) {
        char date[40];
        int year, month, day;
        civil_from_days(days[i].day, &year, &month, &day);
        snprintf(date, sizeof(date), "%04d-%02d-%02d", year, month, day);
        json_open_object(&o, NULL);
        json_put_text(&o, "date", date);
        put_rates(&o, &days[i]);
        json_close_object(&o);
        add_up(&sum, &days[i]);
    }
    json_close_array(&o);
    json_open_object(&o, "total");
    put_rates(&o, &sum);
    json_close_object(&o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

/* "2026-03-01" to days since 1970; `absent` when it is not given. */
static enum err day_of(struct op *op, const char *name, int64_t absent, int64_t *out)
{
    char text[16], rfc[40];
    struct slice value;
    int64_t at_ms;
    enum err err = query_get(op->query, name, text, sizeof(text), &value);
    if (err == ERR_NOT_FOUND) {
        *out = absent;
        return ERR_OK;
    }
    if (err != ERR_OK || value.len != 10) {
        return ERR_INPUT;
    }
    snprintf(rfc, sizeof(rfc), "%sT00:00:00+08:00", text);
    err = clock_parse_rfc3339(slice_of(rfc), &at_ms);
    if (err == ERR_OK) {
        *out = (at_ms + CLOCK_CHINA_OFFSET_MS) / MS_PER_DAY;
    }
    return err;
}

void reports_hotline(struct op *op)
{
    static const char *const NAMES[] = {"from", "to"};
    int64_t today = (clock_now_ms() + CLOCK_CHINA_OFFSET_MS) / MS_PER_DAY, from, to;
    if (query_only(op->query, NAMES, COUNT_OF(NAMES)) != ERR_OK ||
        day_of(op, "to", today, &to) != ERR_OK || day_of(op, "from", to, &from) != ERR_OK ||
        from > to || to - from >= HOTLINE_REPORT_DAYS_MAX) {
        op_reply_problem(op, ERR_INPUT, "from 和 to 须为 2026-03-01 这样的日期，最多相隔一年。");
        return;
    }
    hotline_report_write(&op->g->fcall, op->g->settings->region, from, to);
    op_call(op, on_report);
}
