/* Reading the ledger: entries of a fund, what waits for a decision, tasks, and the way of one
 * payment. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/store/calls_ledger.h"
#include "server/api.h"
#include "server/case_json.h"
#include "server/fund_json.h"
#include "server/http/query.h"

#define ENTRIES_PAGES_MAX 20 /* pages of the stream that one request looks through */
#define TASKS_SHOWN_MAX 500

void fund_json_write(const struct fund_view *f, struct slice code, struct json_out *o)
{
    char name[40];
    json_open_object(o, NULL);
    json_put_slice(o, "township", code);
    for (size_t a = 0; a < ACCOUNT_COUNT; a++) {
        snprintf(name, sizeof(name), "%s_fen", ledger_account_word((enum ledger_account)a));
        json_put_int(o, name, f->balance_fen[a]);
    }
    json_put_int(o, "imbalance_fen", ledger_imbalance_fen(f->balance_fen));
    json_put_int(o, "overdue_fen", f->overdue_fen);
    json_put_int(o, "overdue_payments", f->overdue_payments);
    json_put_int(o, "low_mark_fen", f->low_fen);
    json_put_bool(o, "cash_stopped", f->cash_stopped);
    json_put_int(o, "cash_gap_fen", f->cash_gap_fen);
    if (f->balance_fen[ACCOUNT_BORROWED] > 0) {
        json_put_slice(o, "lender", f->lender);
    }
    json_close_object(o);
}

void posting_json_write(const struct ledger_posting *p, struct json_out *o)
{
    json_open_object(o, NULL);
    json_put_text(o, "fund", p->fund);
    json_put_text(o, "from", ledger_account_word(p->from));
    json_put_text(o, "from_zh", ledger_account_zh(p->from));
    json_put_text(o, "to", ledger_account_word(p->to));
    json_put_text(o, "to_zh", ledger_account_zh(p->to));
    json_put_int(o, "amount_fen", p->amount_fen);
    json_close_object(o);
}

/* verb, actor, time, reason, policy of an event; what it does not have is left out. */
static void put_event_head(const struct json *event, struct json_out *o)
{
    static const char *const NAMES[] = {"verb",    "actor",    "reason",          "policy",
                                        "payment", "asked_by", "countersigned_by"};
    enum case_verb verb;
    struct slice text;
    int64_t at_ms;
    char when[CLOCK_RFC3339_SIZE];
    if (json_int64(json_get(event, "at_ms"), 0, JSON_INT_MAX, &at_ms) == ERR_OK) {
        clock_format_rfc3339(at_ms, when);
        json_put_text(o, "at", when);
    }
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (json_string(json_get(event, NAMES[i]), &text) == ERR_OK && text.len > 0) {
            json_put_slice(o, NAMES[i], text);
            if (i == 0 && case_verb_from_word(text, &verb) == ERR_OK) {
                json_put_text(o, "verb_zh", case_verb_zh(verb));
            }
        }
    }
}

/* ---- GET /v1/funds/{code}/entries?from=&to=&cursor= ---- */

struct entries_state {
    struct buf text;
    struct json_out o;
    char from[EVENT_ID_SIZE + 1], to[EVENT_ID_SIZE];
    int pages;
    size_t shown;
};

static void put_entry(struct op *op, const struct ledger_entry *e, struct entries_state *st)
{
    struct ledger_posting postings[LEDGER_POSTINGS_MAX];
    struct json *event = NULL;
    size_t n = 0;
    if (json_parse(e->json, &event, NULL) != ERR_OK ||
        ledger_postings_read(e->json, postings, &n) != ERR_OK) {
        json_free(event);
        return; /* `jiujictl ledger verify` names it */
    }
    for (size_t i = 0; i < n; i++) {
        if (!slice_is(op->params[0], postings[i].fund)) {
            continue;
        }
        json_open_object(&st->o, NULL);
        json_put_slice(&st->o, "id", e->id);
        if (slice_all_digits(e->entity)) {
            json_put_slice(&st->o, "case", e->entity);
        } else {
            json_put_slice(&st->o, "entity", e->entity);
        }
        put_event_head(event, &st->o);
        json_put_text(&st->o, "from", ledger_account_word(postings[i].from));
        json_put_text(&st->o, "from_zh", ledger_account_zh(postings[i].from));
        json_put_text(&st->o, "to", ledger_account_word(postings[i].to));
        json_put_text(&st->o, "to_zh", ledger_account_zh(postings[i].to));
        json_put_int(&st->o, "amount_fen", postings[i].amount_fen);
        json_close_object(&st->o);
        st->shown++;
    }
    json_free(event);
}

static void on_entries(void *data, enum err err, const redisReply *reply);

static void entries_ask(struct op *op)
{
    struct entries_state *st = op->state;
    ledger_scan_write(&op->g->fcall, op->g->settings->region, slice_of(st->from), slice_of(st->to),
                      LEDGER_SCAN_MAX, op->params[0]);
    enum err err = store_async_call(op->g->store, &op->g->fcall, on_entries, op);
    if (err != ERR_OK) {
        buf_release(&st->text);
        op_reply_store(op, err);
    }
}

static void on_entries(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct entries_state *st = op->state;
    if (err != ERR_OK) {
        buf_release(&st->text);
        op_reply_store(op, err);
        return;
    }
    for (size_t i = 0; i < ledger_scan_count(reply); i++) {
        struct ledger_entry e;
        ledger_scan_at(reply, i, &e);
        put_entry(op, &e, st);
    }
    struct slice next = ledger_scan_next(reply);
    if (next.len > 0 && ++st->pages < ENTRIES_PAGES_MAX && st->shown < LEDGER_SCAN_MAX) {
        snprintf(st->from, sizeof(st->from), "(%.*s", SLICE_FMT(next));
        entries_ask(op);
        return;
    }
    json_close_array(&st->o);
    if (next.len > 0) {
        json_put_slice(&st->o, "cursor", next);
    } else {
        json_put_null(&st->o, "cursor");
    }
    json_close_object(&st->o);
    op_reply_written(op, 200, &st->text);
}

/* A time of the query as the id of an event; `absent` when it is not given. */
static bool read_time(struct op *op, const char *name, const char *absent, char *out, size_t size)
{
    char text[64];
    struct slice value;
    int64_t at_ms;
    enum err err = query_get(op->query, name, text, sizeof(text), &value);
    if (err == ERR_NOT_FOUND) {
        snprintf(out, size, "%s", absent);
        return true;
    }
    if (err == ERR_OK && clock_parse_rfc3339(value, &at_ms) == ERR_OK && at_ms >= 0) {
        snprintf(out, size, "%lld", (long long)at_ms);
        return true;
    }
    op_reply_problem(op, ERR_INPUT, "from、to 须为带时区的时间，例如 2026-11-21T00:00:00+08:00。");
    return false;
}

/* "ms-n", as an earlier answer gave it. */
static bool read_cursor(struct op *op, struct entries_state *st)
{
    char text[EVENT_ID_SIZE];
    struct slice value;
    int64_t number;
    enum err err = query_get(op->query, "cursor", text, sizeof(text), &value);
    if (err == ERR_NOT_FOUND) {
        return true;
    }
    struct slice rest = value, ms = slice_cut(&rest, '-');
    if (err == ERR_OK && slice_to_int64(ms, 0, INT64_MAX, &number) == ERR_OK &&
        slice_to_int64(rest, 0, INT64_MAX, &number) == ERR_OK) {
        snprintf(st->from, sizeof(st->from), "(%.*s", SLICE_FMT(value));
        return true;
    }
    op_reply_problem(op, ERR_INPUT, "cursor 须为上一页答复中的值。");
    return false;
}

void funds_entries(struct op *op)
{
    static const char *const NAMES[] = {"from", "to", "cursor"};
    struct slice code;
    struct entries_state *st = arena_alloc(&op->arena, sizeof(*st));
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    *st = (struct entries_state){.pages = 0};
    op->state = st;
    if (!op_township(op, &code)) {
        return;
    }
    if (query_only(op->query, NAMES, COUNT_OF(NAMES)) != ERR_OK) {
        op_reply_problem(op, ERR_INPUT, "参数只有 from、to 和 cursor。");
        return;
    }
    if (!read_time(op, "from", "-", st->from, sizeof(st->from)) ||
        !read_time(op, "to", "+", st->to, sizeof(st->to)) || !read_cursor(op, st)) {
        return;
    }
    buf_init(&st->text, 2u << 20);
    json_out_init(&st->o, &st->text);
    json_open_object(&st->o, NULL);
    json_put_slice(&st->o, "fund", code);
    json_open_array(&st->o, "items");
    entries_ask(op);
}

/* ---- GET /v1/fund-requests, GET /v1/tasks ---- */

static void on_requests(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct buf text;
    struct json_out o;
    struct fund_request_row r;
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 2u << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_open_array(&o, "items");
    for (size_t i = 0; i < fund_requests_count(reply) && i < FUND_REQUESTS_MAX && err == ERR_OK;
         i++) {
        err = fund_request_at(reply, i, &r);
        if (err != ERR_OK || !op_may_see(op, r.fund, r.fund)) {
            continue;
        }
        json_open_object(&o, NULL);
        json_put_text(&o, "kind", fund_request_word(r.kind));
        json_put_text(&o, "kind_zh", fund_request_zh(r.kind));
        json_put_slice(&o, "fund", r.fund);
        json_put_int(&o, "request", r.number);
        json_put_int(&o, "amount_fen", r.amount_fen);
        json_put_slice(&o, "asked_by", r.asked_by);
        json_put_time(&o, "asked_at", r.at_ms);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
    if (err == ERR_OK) {
        op_reply_json(op, 200, &text, NULL, 0);
    } else {
        op_reply_store(op, err);
    }
    buf_release(&text);
}

void funds_requests(struct op *op)
{
    fund_requests_write(&op->g->fcall, op->g->settings->region);
    op_call(op, on_requests);
}

static void on_tasks(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct buf text;
    struct json_out o;
    struct task_row t;
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 1u << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_open_array(&o, "items");
    size_t n = tasks_count(reply);
    for (size_t i = 0; i < n && i < TASKS_SHOWN_MAX && err == ERR_OK; i++) {
        err = task_at(reply, i, &t);
        if (err == ERR_OK) {
            json_open_object(&o, NULL);
            json_put_slice(&o, "id", t.id);
            json_put_slice(&o, "kind", t.kind);
            json_put_slice(&o, "owner", t.owner);
            json_put_time(&o, "due_at", t.due_ms);
            json_put_time(&o, "opened_at", t.opened_ms);
            json_put_slice(&o, "evidence", t.evidence);
            json_close_object(&o);
        }
    }
    json_close_array(&o);
    json_put_int(&o, "count", (int64_t)n);
    json_close_object(&o);
    if (err == ERR_OK) {
        op_reply_json(op, 200, &text, NULL, 0);
    } else {
        op_reply_store(op, err);
    }
    buf_release(&text);
}

void tasks_list(struct op *op)
{
    tasks_write(&op->g->fcall, op->g->settings->region);
    op_call(op, on_tasks);
}
