/* Reconciliation (对账), by day and payment rail:
 *
 *   GET  /v1/reconciliation/{date}                       which rails have a report of that day
 *   GET  /v1/reconciliation/{date}?rail=g2p[&format=csv] one report: four buckets, sums, what
 * differs, what is next POST /v1/reconciliation/{date} {"rail", "reason"}    ask for a run; a
 * worker does it (202)
 *
 * The run itself: queue/store/reconcile_run.h. No personal data. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/money.h"
#include "queue/domain/reconcile.h"
#include "queue/store/calls_statement.h"
#include "server/api.h"
#include "server/http/query.h"

#define REASON_POINTS_MAX 100

/* Rails that a site may have (workers/rails.h). */
static const char *const RAILS[] = {"g2p", "bank", "wechat", "alipay"};

struct report_state {
    char day[STATEMENT_DAY_SIZE], rail[STATEMENT_RAIL_MAX + 1];
    bool csv;
};

static struct report_state *read_day(struct op *op)
{
    struct report_state *st = arena_alloc(&op->arena, sizeof(*st));
    int64_t from_ms;
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return NULL;
    }
    *st = (struct report_state){.csv = false};
    op->state = st;
    if (op->params[0].len != 10 || statement_day_read(op->params[0], &from_ms) != ERR_OK) {
        op_reply_problem(op, ERR_INPUT, "日期须写成 2026-11-21 的形式。");
        return NULL;
    }
    if (from_ms > clock_now_ms()) {
        op_reply_problem(op, ERR_INPUT, "这一天还没有到，不能对账。");
        return NULL;
    }
    statement_day(from_ms, st->day);
    return st;
}

static void put_head(const struct reconcile_kept *row, struct json_out *o)
{
    char at[CLOCK_RFC3339_SIZE];
    if (row->found) {
        clock_format_rfc3339(row->made_ms, at);
        json_put_text(o, "made_at", at);
        json_put_slice(o, "made_by", row->actor);
    }
    json_put_bool(o, "waiting", row->waiting);
}

/* ---- All rails ---- */

static void on_list(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    const struct report_state *st = op->state;
    struct reconcile_kept rows[COUNT_OF(RAILS)];
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = reconcile_get_read(reply, rows, COUNT_OF(RAILS));
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 65536);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_slice(&o, "date", op->params[0]);
    json_open_array(&o, "reports");
    for (size_t i = 0; i < COUNT_OF(RAILS) && st != NULL; i++) {
        if (!rows[i].found && !rows[i].waiting) {
            continue;
        }
        json_open_object(&o, NULL);
        json_put_text(&o, "rail", RAILS[i]);
        json_put_slice(&o, "state", rows[i].found ? rows[i].state : SLICE_LIT("waiting"));
        json_put_int(&o, "differences", rows[i].differences);
        put_head(&rows[i], &o);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

/* ---- One report ---- */

/* Quoted; a leading character that a spreadsheet takes for a formula is disarmed. */
static void put_cell(struct buf *out, const struct json *item, const char *name)
{
    struct slice value = SLICE_LIT("");
    if (json_string(json_get(item, name), &value) != ERR_OK) {
        value = slice_make("", 0);
    }
    buf_put_char(out, '"');
    if (value.len > 0 && memchr("=+-@\t\r", value.ptr[0], 6) != NULL) {
        buf_put_char(out, '\'');
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"') {
            buf_put_char(out, '"');
        }
        buf_put_char(out, value.ptr[i]);
    }
    buf_put_text(out, "\",");
}

static void put_number(struct buf *out, const struct json *item, const char *name, bool yuan)
{
    char text[MONEY_TEXT_SIZE];
    int64_t n = 0;
    if (json_int64(json_get(item, name), 0, JSON_INT_MAX, &n) != ERR_OK) {
        n = 0;
    }
    if (yuan) {
        money_format(n, text);
        buf_putf(out, "%s,", text);
    } else {
        buf_putf(out, "%lld,", (long long)n);
    }
}

static void write_csv(const struct json *report, struct buf *out)
{
    buf_put_text(
        out,
        "\xef\xbb\xbf"
        "date,rail,bucket,reason,reason_zh,next,next_zh,payment,state,payments,ours_yuan,lines,"
        "debit_yuan,credit_yuan,batch,bank_ref,bank_reason\r\n");
    for (const struct json *m = json_first(json_get(report, "items")); m != NULL;
         m = json_next(m)) {
        put_cell(out, report, "date");
        put_cell(out, report, "rail");
        static const char *const WORDS[] = {"bucket",  "reason",  "reason_zh", "next",
                                            "next_zh", "payment", "state"};
        for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
            put_cell(out, m, WORDS[i]);
        }
        put_number(out, m, "payments", false);
        put_number(out, m, "ours_fen", true);
        put_number(out, m, "lines", false);
        put_number(out, m, "debit_fen", true);
        put_number(out, m, "credit_fen", true);
        put_cell(out, m, "batch");
        put_cell(out, m, "bank_ref");
        put_cell(out, m, "bank_reason");
        if (out->len > 0 && buf_err(out) == ERR_OK) {
            out->len--; /* the last comma */
        }
        buf_put_text(out, "\r\n");
    }
}

static enum err write_report(const struct reconcile_kept *row, bool csv, struct buf *out)
{
    struct json *report = NULL;
    struct json_out o;
    if (csv) {
        enum err err = json_parse(row->report, &report, NULL);
        if (err == ERR_OK) {
            write_csv(report, out);
            json_free(report);
        }
        return err == ERR_INPUT ? ERR_CORRUPT : err;
    }
    if (row->report.len < 2 || row->report.ptr[0] != '{') {
        return ERR_CORRUPT;
    }
    json_out_init(&o, out); /* our members in front of the report's own */
    json_open_object(&o, NULL);
    put_head(row, &o);
    json_put_int(&o, "differences", row->differences);
    buf_put_char(out, ',');
    buf_put(out, row->report.ptr + 1, row->report.len - 1);
    return ERR_OK;
}

static void on_report(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    const struct report_state *st = op->state;
    struct reconcile_kept row;
    struct buf text;
    if (err == ERR_OK) {
        err = reconcile_get_read(reply, &row, 1);
    }
    if (err == ERR_OK && !row.found) {
        op_reply_problem(op, ERR_NOT_FOUND,
                         row.waiting ? "对账正在进行，请稍后再看。"
                                     : "这一天这个渠道还没有对账报告；财务人员可以要求对账。");
        return;
    }
    buf_init(&text, RECONCILE_REPORT_MAX * 3);
    if (err == ERR_OK) {
        err = write_report(&row, st->csv, &text);
    }
    err = err == ERR_OK ? buf_err(&text) : err;
    if (err != ERR_OK) {
        op_reply_store(op, err);
    } else if (st->csv) {
        op_reply_text(op, 200, "text/csv; charset=utf-8", &text);
    } else {
        op_reply_json(op, 200, &text, NULL, 0);
    }
    buf_release(&text);
}

static bool known_rail(struct slice rail)
{
    for (size_t i = 0; i < COUNT_OF(RAILS); i++) {
        if (slice_is(rail, RAILS[i])) {
            return true;
        }
    }
    return false;
}

void reconciliation_get(struct op *op)
{
    struct report_state *st = read_day(op);
    char format[8];
    struct slice rail = SLICE_LIT(""), form = SLICE_LIT("json");
    if (st == NULL) {
        return;
    }
    enum err err = query_get(op->query, "rail", st->rail, sizeof(st->rail), &rail);
    bool one = err == ERR_OK;
    if ((err != ERR_OK && err != ERR_NOT_FOUND) || (one && !known_rail(rail))) {
        op_reply_problem(op, ERR_INPUT, "rail 须为 g2p、bank、wechat 或 alipay。");
        return;
    }
    err = query_get(op->query, "format", format, sizeof(format), &form);
    st->csv = err == ERR_OK && slice_is(form, "csv");
    if ((err != ERR_OK && err != ERR_NOT_FOUND) ||
        (err == ERR_OK && !st->csv && !slice_is(form, "json")) || (st->csv && !one)) {
        op_reply_problem(op, ERR_INPUT, "format 须为 json 或 csv；csv 须同时给出 rail。");
        return;
    }
    reconcile_get_begin(&op->g->fcall, op->g->settings->region, st->day, one);
    for (size_t i = 0; i < (one ? 1 : COUNT_OF(RAILS)); i++) {
        if (one) {
            fcall_slice(&op->g->fcall, rail);
        } else {
            fcall_text(&op->g->fcall, RAILS[i]);
        }
    }
    op_call(op, one ? on_report : on_list);
}

/* ---- Asking for a run ---- */

static void on_asked(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    const struct report_state *st = op->state;
    enum reconcile_ask_outcome outcome = RECONCILE_ASK_OK;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = reconcile_ask_read(reply, &outcome);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    if (outcome == RECONCILE_ASK_FULL) {
        op_reply_problem(op, ERR_LIMIT, "等待对账的日期太多，请稍后再试。");
        return;
    }
    if (outcome == RECONCILE_ASK_KEY_REUSED) {
        op_reply_key_reused(op);
        return;
    }
    op->replayed = outcome == RECONCILE_ASK_REPLAYED;
    buf_init(&text, 1024);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_slice(&o, "date", op->params[0]);
    json_put_text(&o, "rail", st->rail);
    json_put_bool(&o, "waiting", true);
    json_close_object(&o);
    op_reply_written(op, 202, &text);
}

void reconciliation_ask(struct op *op)
{
    struct report_state *st = read_day(op);
    struct slice rail, reason;
    if (st == NULL) {
        return;
    }
    for (const struct json *m = json_first(op->json); m != NULL; m = json_next(m)) {
        if (strcmp(json_name(m), "rail") != 0 && strcmp(json_name(m), "reason") != 0) {
            op_reply_fault(op, "", "只认识 rail 和 reason 两个字段。");
            return;
        }
    }
    if (json_string(json_get(op->json, "rail"), &rail) != ERR_OK || !known_rail(rail) ||
        slice_copy(rail, st->rail, sizeof(st->rail)) != ERR_OK) {
        op_reply_fault(op, "/rail", "rail 须为 g2p、bank、wechat 或 alipay。");
        return;
    }
    if (json_string(json_get(op->json, "reason"), &reason) != ERR_OK ||
        slice_trim(reason).len == 0 || utf8_count(reason) > REASON_POINTS_MAX) {
        op_reply_fault(op, "/reason", "请写明理由（1 到 100 字），不要写姓名、电话和证件号码。");
        return;
    }
    const struct reconcile_ask a = {.rail = st->rail,
                                    .day = st->day,
                                    .due_ms = clock_now_ms(),
                                    .event_tail = op_tail(op, slice_trim(reason), ""),
                                    .idem_hash = op_idem(op),
                                    .fingerprint = op_fingerprint(op)};
    if (a.event_tail.ptr != NULL) {
        reconcile_ask_write(&op->g->fcall, op->g->settings->region, &a);
        op_call(op, on_asked);
    }
}
