#include "queue/store/calls_statement.h"

#include <stdio.h>
#include "queue/base/clock.h"

bool statement_rail_valid(struct slice rail)
{
    bool ok =
        rail.len > 0 && rail.len <= STATEMENT_RAIL_MAX && rail.ptr[0] >= 'a' && rail.ptr[0] <= 'z';
    for (size_t i = 0; i < rail.len && ok; i++) {
        char c = rail.ptr[i];
        ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    }
    return ok;
}

void statement_day(int64_t at_ms, char out[STATEMENT_DAY_SIZE])
{
    struct civil_time t = clock_civil_china(at_ms);
    ASSERT(t.year >= 1970 && t.year <= 9999);
    snprintf(out, STATEMENT_DAY_SIZE, "%04u%02u%02u", (unsigned)t.year % 10000,
             (unsigned)t.month % 100, (unsigned)t.day % 100);
}

enum err statement_day_read(struct slice text, int64_t *from_ms)
{
    char plain[STATEMENT_DAY_SIZE], again[STATEMENT_DAY_SIZE];
    int64_t n;
    if (text.len == 10 && text.ptr[4] == '-' && text.ptr[7] == '-') {
        snprintf(plain, sizeof(plain), "%.4s%.2s%.2s", text.ptr, text.ptr + 5, text.ptr + 8);
    } else if (slice_copy(text, plain, sizeof(plain)) != ERR_OK) {
        return ERR_INPUT;
    }
    if (slice_to_int64(slice_of(plain), 19700102, 99991231, &n) != ERR_OK || n / 100 % 100 < 1 ||
        n / 100 % 100 > 12 || n % 100 < 1) {
        return ERR_INPUT;
    }
    int64_t days = civil_to_days((int)(n / 10000), (int)(n / 100 % 100), (int)(n % 100));
    int64_t at_ms = days * MS_PER_DAY - CLOCK_CHINA_OFFSET_MS;
    statement_day(at_ms, again);
    if (!slice_is(slice_of(again), plain)) {
        return ERR_INPUT; /* 30 February */
    }
    *from_ms = at_ms;
    return ERR_OK;
}

/* ---- Lines ---- */

void statement_line_write(const struct statement_line *l, struct buf *out)
{
    buf_putf(out, "%c\t%lld\t%d\t%d\t%d\t%lld\t%s\t%s\t%s\t%s",
             l->side == STATEMENT_DEBIT ? 'd' : 'c', (long long)l->amount_fen, l->booked,
             l->returned, l->items, (long long)l->date_ms, l->our_id, l->batch_id, l->bank_ref,
             l->reason);
}

enum err statement_line_read(struct slice text, struct statement_line *out)
{
    struct slice rest = text, f[10];
    struct statement_line l = {.amount_fen = 0};
    int64_t booked, returned, items;
    for (size_t i = 0; i < COUNT_OF(f); i++) {
        if (rest.ptr == NULL) {
            return ERR_CORRUPT;
        }
        f[i] = slice_cut(&rest, '\t');
    }
    bool ok = rest.ptr == NULL && (slice_is(f[0], "d") || slice_is(f[0], "c")) &&
              slice_to_int64(f[1], 1, AMOUNT_FEN_MAX, &l.amount_fen) == ERR_OK &&
              slice_to_int64(f[2], 0, 1, &booked) == ERR_OK &&
              slice_to_int64(f[3], 0, 1, &returned) == ERR_OK &&
              slice_to_int64(f[4], 0, INT32_MAX, &items) == ERR_OK &&
              slice_to_int64(f[5], INT64_MIN / 2, INT64_MAX / 2, &l.date_ms) == ERR_OK &&
              slice_copy(f[6], l.our_id, sizeof(l.our_id)) == ERR_OK &&
              slice_copy(f[7], l.batch_id, sizeof(l.batch_id)) == ERR_OK &&
              slice_copy(f[8], l.bank_ref, sizeof(l.bank_ref)) == ERR_OK &&
              slice_copy(f[9], l.reason, sizeof(l.reason)) == ERR_OK;
    if (!ok) {
        return ERR_CORRUPT;
    }
    l.side = slice_is(f[0], "d") ? STATEMENT_DEBIT : STATEMENT_CREDIT;
    l.booked = booked == 1;
    l.returned = returned == 1;
    l.items = (int)items;
    *out = l;
    return ERR_OK;
}

void statement_add_write(struct fcall *f, const char *region, const struct statement_chunk *c)
{
    fcall_begin(f, "statement_add", region);
    fcall_text(f, c->rail);
    fcall_text(f, c->day);
    fcall_text(f, c->sha256);
    fcall_int(f, (int64_t)c->chunk);
    fcall_int(f, (int64_t)c->chunks);
    fcall_int(f, (int64_t)c->lines);
    fcall_slice(f, c->text);
    fcall_slice(f, c->source);
    fcall_int(f, c->due_ms);
    fcall_slice(f, c->actor);
    fcall_slice(f, c->event_tail);
}

enum err statement_add_read(const redisReply *reply, enum statement_outcome *out)
{
    static const char *const WORDS[] = {
        [STATEMENT_ADDED] = "ok", [STATEMENT_SAME] = "same", [STATEMENT_FULL] = "full"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (slice_is(reply_text(reply), WORDS[i])) {
            *out = (enum statement_outcome)i;
            return ERR_OK;
        }
    }
    return ERR_CORRUPT;
}

void statement_files_write(struct fcall *f, const char *region, const char *rail, const char *day)
{
    fcall_begin(f, "statement_files", region);
    fcall_text(f, rail);
    fcall_text(f, day);
}

enum err statement_files_read(const redisReply *reply, struct statement_file *files, size_t *n)
{
    size_t count = reply_count(reply) / 6;
    if (reply_count(reply) % 6 != 0 || count > STATEMENT_FILES_MAX) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < count; i++) {
        struct statement_file *file = &files[i];
        file->sha256 = reply_text_at(reply, 6 * i);
        file->actor = reply_text_at(reply, 6 * i + 4);
        file->source = reply_text_at(reply, 6 * i + 5);
        if (reply_int(reply_at(reply, 6 * i + 1), 0, STATEMENT_LINES_MAX, &file->lines) != ERR_OK ||
            reply_int(reply_at(reply, 6 * i + 2), 1, 1000, &file->chunks) != ERR_OK ||
            reply_int(reply_at(reply, 6 * i + 3), 0, INT64_MAX, &file->added_ms) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    *n = count;
    return ERR_OK;
}

void statement_chunk_write(struct fcall *f, const char *region, const char *rail, const char *day,
                           struct slice sha256, int64_t chunk)
{
    fcall_begin(f, "statement_chunk", region);
    fcall_text(f, rail);
    fcall_text(f, day);
    fcall_slice(f, sha256);
    fcall_int(f, chunk);
}

/* ---- Payments ---- */

void statement_scan_write(struct fcall *f, const char *region, struct slice from, struct slice to)
{
    fcall_begin(f, "statement_scan", region);
    fcall_slice(f, from);
    fcall_slice(f, to);
}

struct slice statement_scan_next(const redisReply *reply)
{
    return reply_text_at(reply, 0);
}

size_t statement_scan_count(const redisReply *reply)
{
    return reply_count(reply) == 0 ? 0 : reply_count(reply) - 1;
}

struct slice statement_scan_id(const redisReply *reply, size_t i)
{
    return reply_text_at(reply, i + 1);
}

void statement_payments_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "statement_payments", region);
}

/* When it may first have been sent: its job says so; a job that was handed out may have been;
 * without a job it was when it was made, or nobody knows. */
static int64_t sent_of(const struct statement_payment *p, int64_t deliveries, struct slice payload)
{
    struct slice rest = payload;
    int64_t first_ms = 0;
    bool asked = slice_is(slice_cut(&rest, '|'), "ask");
    if (slice_to_int64(slice_cut(&rest, '|'), 0, INT64_MAX, &first_ms) == ERR_OK && first_ms > 0) {
        return first_ms;
    }
    bool open = p->state == PAYMENT_INTENT && !asked && deliveries == 0;
    return open ? 0 : p->made_ms;
}

#define PAYMENT_FIELDS 12

static enum err read_payment(const redisReply *reply, size_t at, struct statement_payment *p)
{
    struct slice how = reply_text_at(reply, at + 2), payload = reply_text_at(reply, at + 11),
                 rest = payload;
    int64_t deliveries = 0;
    *p = (struct statement_payment){.id = reply_text_at(reply, at),
                                    .bank_ref = reply_text_at(reply, at + 5),
                                    .rail = reply_text_at(reply, at + 7)};
    p->found = reply_text_at(reply, at + 1).len > 0;
    if (!p->found) {
        return ERR_OK;
    }
    if (payment_state_from_word(reply_text_at(reply, at + 1), &p->state) != ERR_OK ||
        how.len != 3 ||
        reply_int(reply_at(reply, at + 3), 1, AMOUNT_FEN_MAX, &p->amount_fen) != ERR_OK ||
        reply_int(reply_at(reply, at + 4), 0, INT64_MAX, &p->made_ms) != ERR_OK ||
        reply_int(reply_at(reply, at + 6), 0, INT64_MAX, &p->final_ms) != ERR_OK ||
        reply_int(reply_at(reply, at + 8), 0, INT64_MAX, &p->ledger_paid_fen) != ERR_OK ||
        reply_int(reply_at(reply, at + 9), 0, INT64_MAX, &p->ledger_returned_fen) != ERR_OK ||
        reply_int(reply_at(reply, at + 10), 0, INT64_MAX, &deliveries) != ERR_OK) {
        return ERR_CORRUPT;
    }
    p->method = how.ptr[1];
    for (int i = 0; i < 3; i++) {
        slice_cut(&rest, '|');
    }
    p->rail = p->rail.len > 0 ? p->rail : rest;
    p->sent_ms = sent_of(p, deliveries, payload);
    return ERR_OK;
}

enum err statement_payments_read(const redisReply *reply, struct statement_payment *rows, size_t n)
{
    enum err err = reply_count(reply) == n * PAYMENT_FIELDS ? ERR_OK : ERR_CORRUPT;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        err = read_payment(reply, i * PAYMENT_FIELDS, &rows[i]);
    }
    return err;
}

/* ---- Reconciling ---- */

void reconcile_ask_write(struct fcall *f, const char *region, const struct reconcile_ask *a)
{
    fcall_begin(f, "reconcile_ask", region);
    fcall_text(f, a->rail);
    fcall_text(f, a->day);
    fcall_int(f, a->due_ms);
    fcall_slice(f, a->event_tail);
    fcall_slice(f, a->idem_hash);
    fcall_slice(f, a->fingerprint);
}

enum err reconcile_ask_read(const redisReply *reply, enum reconcile_ask_outcome *out)
{
    static const char *const WORDS[] = {[RECONCILE_ASK_OK] = "ok",
                                        [RECONCILE_ASK_FULL] = "full",
                                        [RECONCILE_ASK_REPLAYED] = "replayed",
                                        [RECONCILE_ASK_KEY_REUSED] = "key-reused"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (slice_is(reply_text_at(reply, 0), WORDS[i])) {
            *out = (enum reconcile_ask_outcome)i;
            return ERR_OK;
        }
    }
    return ERR_CORRUPT;
}

void reconcile_plan_write(struct fcall *f, const char *region, const char *rail, const char *day,
                          int64_t due_ms)
{
    fcall_begin(f, "reconcile_plan", region);
    fcall_text(f, rail);
    fcall_text(f, day);
    fcall_int(f, due_ms);
}

void reconcile_take_write(struct fcall *f, const char *region, int64_t lease_ms)
{
    fcall_begin(f, "reconcile_take", region);
    fcall_int(f, lease_ms);
}

enum err reconcile_take_read(const redisReply *reply, struct reconcile_task *out)
{
    struct reconcile_task task = {.found = reply_count(reply) > 0};
    if (!task.found) {
        *out = task;
        return ERR_OK;
    }
    task.token = reply_text_at(reply, 2);
    if (reply_count(reply) != 3 ||
        slice_copy(reply_text_at(reply, 0), task.rail, sizeof(task.rail)) != ERR_OK ||
        slice_copy(reply_text_at(reply, 1), task.day, sizeof(task.day)) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *out = task;
    return ERR_OK;
}

void reconcile_done_write(struct fcall *f, const char *region, const struct reconcile_done *d)
{
    fcall_begin(f, "reconcile_done", region);
    fcall_text(f, d->rail);
    fcall_text(f, d->day);
    fcall_slice(f, d->token);
    fcall_slice(f, d->report);
    fcall_slice(f, d->state);
    fcall_int(f, d->differences);
    fcall_slice(f, d->actor);
    fcall_slice(f, d->event_tail);
}

enum err reconcile_done_read(const redisReply *reply, bool *changed)
{
    bool ok = slice_is(reply_text(reply), "ok");
    if (!ok && !slice_is(reply_text(reply), "same")) {
        return ERR_CORRUPT;
    }
    *changed = ok;
    return ERR_OK;
}

void reconcile_get_begin(struct fcall *f, const char *region, const char *day, bool reports)
{
    fcall_begin(f, "reconcile_get", region);
    fcall_text(f, day);
    fcall_text(f, reports ? "1" : "0");
}

enum err reconcile_get_read(const redisReply *reply, struct reconcile_kept *rows, size_t n)
{
    if (reply_count(reply) != 6 * n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        struct reconcile_kept row = {.state = reply_text_at(reply, 6 * i),
                                     .actor = reply_text_at(reply, 6 * i + 2),
                                     .report = reply_text_at(reply, 6 * i + 4),
                                     .waiting = slice_is(reply_text_at(reply, 6 * i + 5), "1")};
        row.found = row.state.len > 0;
        if (reply_int(reply_at(reply, 6 * i + 1), 0, INT64_MAX, &row.differences) != ERR_OK ||
            reply_int(reply_at(reply, 6 * i + 3), 0, INT64_MAX, &row.made_ms) != ERR_OK) {
            return ERR_CORRUPT;
        }
        rows[i] = row;
    }
    return ERR_OK;
}
