#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "server/api.h"
#include "server/case_json.h"
#include "server/http/query.h"

/* ---- GET /v1/townships/{code}/inbox ---- */

static void write_item(const struct inbox_item *item, int64_t now_ms, struct json_out *o)
{
    struct claim_view claim;
    struct slice word;
    struct json *facts_json = NULL;
    struct case_facts facts;
    int64_t at_ms;
    char text[CLOCK_RFC3339_SIZE];
    json_open_object(o, NULL);
    json_put_slice(o, "no", item->no);
    json_put_text(o, "state", case_state_word(item->state));
    json_put_text(o, "state_zh", case_state_zh(item->state));
    json_put_int(o, "version", item->version);
    json_put_slice(o, "urgency", item->urgency);
    if (json_parse(item->facts, &facts_json, NULL) == ERR_OK &&
        facts_read(facts_json, &facts) == ERR_OK) {
        json_put_text(o, "cause", cause_word(facts.cause));
        json_put_text(o, "cause_zh", cause_zh(facts.cause));
        json_put_int(o, "persons", facts.persons);
        clock_format_rfc3339(facts.received_ms, text);
        json_put_text(o, "received_at", text);
    }
    json_free(facts_json);
    if (review_view_read(item->review, &word, &at_ms) && at_ms > 0) {
        clock_format_rfc3339(at_ms, text);
        json_put_text(o, "due_at", text);
    }
    if (claim_view_read(item->claim, now_ms, &claim)) {
        json_put_slice(o, "holder", claim.actor);
    } else {
        json_put_null(o, "holder");
    }
    json_close_object(o);
}

static void on_inbox(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    static struct inbox_item items[INBOX_ITEMS_MAX]; /* one loop, used up before this returns */
    int64_t total = 0, now_ms = clock_now_ms();
    size_t n = 0;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = inbox_read(reply, &total, items, &n);
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
        write_item(&items[i], now_ms, &o);
    }
    json_close_array(&o);
    json_put_int(&o, "count", total);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void townships_inbox(struct op *op)
{
    struct slice code;
    int64_t limit;
    if (!op_township(op, &code)) {
        return;
    }
    if (query_int64(op->query, "limit", 1, INBOX_ITEMS_MAX, 50, &limit) != ERR_OK) {
        op_reply_problem(op, ERR_INPUT, "limit 须为 1 到 200 的整数。");
        return;
    }
    inbox_write(&op->g->fcall, op->g->settings->region, code, limit);
    op_call(op, on_inbox);
}

/* ---- POST /v1/townships/{code}/claim ---- */

struct claim_state {
    struct claim_result result;
};

static void on_claimed_case(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct claim_state *st = op->state;
    struct case_view v;
    struct buf text;
    struct json_out o;
    char until[CLOCK_RFC3339_SIZE];
    if (err == ERR_OK) {
        err = case_get_read(reply, &v);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err == ERR_NOT_FOUND ? ERR_CORRUPT : err);
        return;
    }
    buf_init(&text, 1u << 20);
    json_out_init(&o, &text);
    clock_format_rfc3339(st->result.until_ms, until);
    json_open_object(&o, NULL);
    json_put_text(&o, "no", st->result.no);
    json_put_int(&o, "claim", st->result.claim);
    json_put_text(&o, "until", until);
    buf_put_text(&text, ",\"case\":");
    err = case_json_write(op, slice_of(st->result.no), &v, false, &text);
    json_close_object(&o);
    const struct http_field replayed = {SLICE_LIT("Idempotency-Replayed"), SLICE_LIT("true")};
    if (err == ERR_OK) {
        op_reply_json(op, 200, &text, &replayed, st->result.replayed ? 1 : 0);
    } else {
        op_reply_store(op, err);
    }
    buf_release(&text);
}

static void on_claim(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct claim_state *st = op->state;
    if (err == ERR_OK) {
        err = claim_read(reply, &st->result);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    switch (st->result.outcome) {
    case CLAIM_OK:
        case_get_write(&op->g->fcall, op->g->settings->region, slice_of(st->result.no));
        op_call(op, on_claimed_case);
        break;
    case CLAIM_NONE: op_reply_empty(op, 204, NULL, 0); break;
    case CLAIM_HELD: op_reply_problem(op, ERR_CONFLICT, "这个求助件正由他人办理。"); break;
    case CLAIM_NOT_FOUND: op_reply_problem(op, ERR_NOT_FOUND, "这里没有这个编号的求助件。"); break;
    case CLAIM_KEY_REUSED:
        op_reply_problem(op, ERR_KEY_REUSED,
                         "这个 Idempotency-Key 已用于另一份内容，请换一个新的。");
        break;
    }
}

void townships_claim(struct op *op)
{
    struct slice code, no = slice_make(NULL, 0);
    struct case_no_parts parts;
    const struct json *wanted = json_get(op->json, "case");
    struct claim_state *st = arena_alloc(&op->arena, sizeof(*st));
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    op->state = st;
    if (!op_township(op, &code)) {
        return;
    }
    if (json_kind(op->json) != JSON_OBJECT || json_size(op->json) > (wanted == NULL ? 0u : 1u)) {
        op_reply_fault(op, "", "请求体须为 {} 或 {\"case\": \"编号\"}。");
        return;
    }
    if (wanted != NULL &&
        (json_string(wanted, &no) != ERR_OK || case_no_read(no, &parts) != ERR_OK)) {
        op_reply_fault(op, "/case", "编号不对，请核对。");
        return;
    }
    const struct claim_request r = {
        .inbox = code,
        .actor = op_actor(op),
        .no = no,
        .claim_ms = op->g->settings->claim_ms,
        .event_tail = op_tail(op, SLICE_LIT("领取"), ""),
        .idem_hash = op_idem(op),
        .fingerprint = op_fingerprint(op),
    };
    if (r.event_tail.ptr == NULL) {
        return;
    }
    claim_write(&op->g->fcall, op->g->settings->region, &r);
    op_call(op, on_claim);
}

/* ---- POST /v1/townships/{code}/duty ---- */

#define DUTY_HOURS_MAX 24

static void on_duty(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    (void)reply;
    if (err == ERR_OK) {
        op_reply_empty(op, 204, NULL, 0);
    } else {
        op_reply_store(op, err);
    }
}

void townships_duty(struct op *op)
{
    struct slice code;
    int64_t hours;
    if (!op_township(op, &code)) {
        return;
    }
    if (json_int64(json_get(op->json, "hours"), 0, DUTY_HOURS_MAX, &hours) != ERR_OK ||
        json_size(op->json) != 1) {
        op_reply_fault(op, "/hours", "请给出值守小时数，0 到 24 的整数；0 表示签退。");
        return;
    }
    struct slice tail = op_tail(op, hours > 0 ? SLICE_LIT("值守签到") : SLICE_LIT("值守签退"), "");
    if (tail.ptr != NULL) {
        duty_write(&op->g->fcall, op->g->settings->region, code,
                   hours == 0 ? 0 : clock_now_ms() + hours * 3600000, op_actor(op), tail);
        op_call(op, on_duty);
    }
}
