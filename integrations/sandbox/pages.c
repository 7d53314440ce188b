/* What the one who tries it out looks at: statement, totals, texts, fault menu. Not part of any
 * protocol. */
#include <inttypes.h>
#include "integrations/sandbox/answer.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"
#include "server/http/query.h"

#define STATEMENT_LINES_MAX 100000
#define PAGE_MAX ((size_t)64 * 1024 * 1024)

static void bad_request(struct sandbox *s, const struct http_request *r, const char *detail)
{
    (void)http_reply_problem(s->server, r->ticket, ERR_INPUT, 0, detail);
}

/* ---- Statement ---- */

static void put_line_csv(const struct book *b, const struct statement_line *line, struct buf *out)
{
    const struct movement *m = &b->movements[line->movement];
    char at[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(line->is_return ? m->returned_ms : m->at_ms, at);
    buf_putf(out, "%s,%s,%" PRId64 ",****%s,%s\r\n", at, m->reference, m->amount_fen, m->tail,
             line->is_return ? "returned" : "paid");
}

static void put_line_json(const struct book *b, const struct statement_line *line,
                          struct json_out *o)
{
    const struct movement *m = &b->movements[line->movement];
    char at[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(line->is_return ? m->returned_ms : m->at_ms, at);
    json_open_object(o, NULL);
    json_put_text(o, "time", at);
    json_put_text(o, "reference", m->reference);
    json_put_int(o, "amount_fen", m->amount_fen);
    json_put_text(o, "payee_tail", m->tail);
    json_put_text(o, "status", line->is_return ? "returned" : "paid");
    json_put_text(o, "rail", peer_word((enum peer)m->peer));
    json_close_object(o);
}

static void write_csv(const struct book *b, uint32_t from, uint32_t to, struct buf *out)
{
    buf_put_text(out, "time,reference,amount_fen,payee,status\r\n");
    for (uint32_t i = from; i < to; i++) {
        put_line_csv(b, &b->lines[i], out);
    }
}

static void write_json(const struct book *b, uint32_t from, uint32_t to, struct buf *out)
{
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_int(&o, "opening_fen", b->opening_fen);
    json_put_int(&o, "balance_fen", b->balance_fen);
    json_put_int(&o, "from", from);
    if (to < b->line_count) {
        json_put_int(&o, "next", to);
    } else {
        json_put_null(&o, "next");
    }
    json_open_array(&o, "lines");
    for (uint32_t i = from; i < to; i++) {
        put_line_json(b, &b->lines[i], &o);
    }
    json_close_array(&o);
    json_close_object(&o);
}

/* ?format=csv|json (json) &from=first line, from 0 &limit=1..100000. JSON says where the next page
 * starts; for CSV the number of lines received does. */
void pages_statement(struct sandbox *s, const struct http_request *r)
{
    static const char *const known[] = {"format", "from", "limit"};
    char text[8];
    struct slice format;
    int64_t from;
    int64_t limit;
    enum err err = query_get(r->query, "format", text, sizeof(text), &format);
    if (err == ERR_NOT_FOUND) {
        format = SLICE_LIT("json");
        err = ERR_OK;
    }
    bool csv = err == ERR_OK && slice_is(format, "csv");
    if (err != ERR_OK || (!csv && !slice_is(format, "json")) ||
        query_only(r->query, known, COUNT_OF(known)) != ERR_OK ||
        query_int64(r->query, "from", 0, UINT32_MAX, 0, &from) != ERR_OK ||
        query_int64(r->query, "limit", 1, STATEMENT_LINES_MAX, STATEMENT_LINES_MAX, &limit) !=
            ERR_OK) {
        bad_request(s, r, "format、from 或 limit 不正确。");
        return;
    }
    uint32_t count = s->book.line_count;
    uint32_t first = from > count ? count : (uint32_t)from;
    uint32_t last = count - first > limit ? first + (uint32_t)limit : count;
    struct answer *a = answer_new(s, r, PAGE_MAX);
    if (csv) {
        a->type = "text/csv; charset=utf-8";
        write_csv(&s->book, first, last, &a->body);
    } else {
        write_json(&s->book, first, last, &a->body);
    }
    answer_hold(a); /* shows nothing that is not on the disk */
}

/* ---- Totals ---- */

void pages_totals(struct sandbox *s, const struct http_request *r)
{
    const struct book *b = &s->book;
    struct courier_counters c = courier_counters(s->courier);
    struct answer *a = answer_new(s, r, 8192);
    struct json_out o;
    json_out_init(&o, &a->body);
    json_open_object(&o, NULL);
    json_put_int(&o, "opening_fen", b->opening_fen);
    json_put_int(&o, "balance_fen", b->balance_fen);
    json_put_int(&o, "paid", (int64_t)b->paid);
    json_put_int(&o, "paid_fen", b->paid_fen);
    json_put_int(&o, "returned", (int64_t)b->returned);
    json_put_int(&o, "returned_fen", b->returned_fen);
    json_put_int(&o, "rejected", (int64_t)b->rejected);
    json_put_int(&o, "duplicates", (int64_t)b->duplicates);
    json_put_int(&o, "mismatches", (int64_t)b->mismatches);
    json_put_int(&o, "envelopes", (int64_t)s->envelopes);
    json_put_int(&o, "queries", (int64_t)s->queries);
    json_put_int(&o, "sms", (int64_t)s->sms.count);
    json_put_int(&o, "journal_commits", (int64_t)journal_commits(s->journal));
    json_open_object(&o, "callbacks");
    json_put_int(&o, "delivered", (int64_t)c.delivered);
    json_put_int(&o, "failed_tries", (int64_t)c.failed_tries);
    json_put_int(&o, "given_up", (int64_t)c.given_up);
    json_put_int(&o, "dropped", (int64_t)c.dropped);
    json_put_int(&o, "waiting", (int64_t)c.waiting);
    json_close_object(&o);
    json_close_object(&o);
    answer_hold(a);
}

/* ---- Texts ---- */

/* ?to=number (all if left out) &limit=1..1000 (100) */
void pages_sms(struct sandbox *s, const struct http_request *r)
{
    static const char *const known[] = {"to", "limit"};
    char number[64];
    struct slice to;
    int64_t limit;
    enum err err = query_get(r->query, "to", number, sizeof(number), &to);
    if (err == ERR_NOT_FOUND) {
        to = SLICE_LIT("");
        err = ERR_OK;
    }
    if (err != ERR_OK || query_only(r->query, known, COUNT_OF(known)) != ERR_OK ||
        query_int64(r->query, "limit", 1, SMS_SHOWN_MAX, 100, &limit) != ERR_OK) {
        bad_request(s, r, "to 或 limit 不正确。");
        return;
    }
    struct answer *a = answer_new(s, r, PAGE_MAX);
    sms_box_write(&s->sms, to, (size_t)limit, &a->body);
    answer_hold(a);
}

/* ---- Settings ---- */

/* Addresses of the other side that are known only now; {"name": "value"}. */
void pages_settings(struct sandbox *s, const struct http_request *r)
{
    enum err err = options_change(&s->options, r->body);
    if (err != ERR_OK) {
        (void)http_reply_problem(s->server, r->ticket, err, 0,
                                 "没有这个设置、此刻不能改，或值不正确。");
        return;
    }
    struct answer *a = answer_new(s, r, 16);
    buf_put_text(&a->body, "{}");
    answer_now(a);
}

/* ---- Fault menu ---- */

void pages_faults(struct sandbox *s, const struct http_request *r)
{
    struct answer *a = answer_new(s, r, (size_t)64 * 1024);
    faults_write(&s->faults, &a->body);
    answer_now(a);
}

void pages_faults_add(struct sandbox *s, const struct http_request *r)
{
    enum err err = faults_add(&s->faults, r->body);
    if (err != ERR_OK) {
        (void)http_reply_problem(s->server, r->ticket, err, 0, "故障描述不正确，或菜单已满。");
        return;
    }
    pages_faults(s, r);
}

void pages_faults_clear(struct sandbox *s, const struct http_request *r)
{
    faults_clear(&s->faults);
    pages_faults(s, r);
}
