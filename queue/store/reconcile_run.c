#include "queue/store/reconcile_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/reconcile_inside.h"

#define CSV_MAX ((size_t)128 << 20)

/* ---- Recording what the statement proves ---- */

struct plan_records {
    struct run_record *list;
    size_t count;
};

static size_t line_of(const struct run *run, const struct reconcile_result *r, size_t item)
{
    for (size_t i = 0; i < run->compared_count; i++) { /* the return, where there is one */
        if (r->item_of_line[i] == item && run->compared[i].returned) {
            return i;
        }
    }
    return r->items[item].line;
}

/* The payments whose item says that the statement knows more than we do, with the file that says
 * so. */
static enum err plan(const struct run *run, const struct reconcile_result *r,
                     struct plan_records *out)
{
    out->list = calloc(run->ours_count + 1, sizeof(*out->list));
    if (out->list == NULL) {
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < run->ours_count; i++) {
        size_t item = r->item_of_payment[i];
        enum reconcile_reason reason = r->items[item].reason;
        enum reconcile_action action = reconcile_action_of(reason);
        bool wanted = action == ACTION_RECORD_RETURN ||
                      (action == ACTION_RECORD_PAID && run->ours[i].state != RECONCILE_SUCCEEDED);
        size_t line = wanted ? line_of(run, r, item) : RECONCILE_NOBODY;
        if (line == RECONCILE_NOBODY) {
            continue;
        }
        struct run_record *record = &out->list[out->count++];
        *record = (struct run_record){.reason = reason, .amount_fen = run->ours[i].amount_fen};
        memcpy(record->payment, run->ours[i].id, sizeof(record->payment));
        memcpy(record->sha256, run->files[run->compared_file[line]].sha256, sizeof(record->sha256));
    }
    return ERR_OK;
}

static enum err add_news(const struct run *run, const struct run_record *record)
{
    char reason[REASON_MAX];
    struct buf tail;
    bool back = reconcile_action_of(record->reason) == ACTION_RECORD_RETURN;
    snprintf(reason, sizeof(reason), "%s statement %s %s: %s", run->order->rail, run->order->day,
             record->sha256, reconcile_action_word(reconcile_action_of(record->reason)));
    const struct event_tail event = {.at_ms = run->order->now_ms,
                                     .actor = slice_of(run->order->actor),
                                     .reason = slice_of(reason)};
    buf_init(&tail, 1024);
    event_tail_write(&event, &tail);
    const struct payment_news news = {.id = slice_of(record->payment),
                                      .state = back ? PAYMENT_RETURNED : PAYMENT_SUCCEEDED,
                                      .amount_fen = record->amount_fen,
                                      .event_tail = buf_slice(&tail),
                                      .notify = SLICE_LIT("money")};
    outcome_add(store_fcall(run->store), &news);
    enum err err = buf_err(&tail);
    buf_release(&tail);
    return err;
}

/* Through the one outcome function; what it does not take stays in the list of differences. */
static enum err record(const struct run *run, struct plan_records *plan)
{
    size_t done = 0;
    enum err err = ERR_OK;
    for (size_t at = 0; at < plan->count && err == ERR_OK; at += STORE_BATCH_MAX) {
        enum news_outcome outcomes[STORE_BATCH_MAX];
        redisReply *reply = NULL;
        size_t n = plan->count - at < STORE_BATCH_MAX ? plan->count - at : STORE_BATCH_MAX;
        outcome_begin(store_fcall(run->store), run->region);
        for (size_t i = 0; i < n && err == ERR_OK; i++) {
            err = add_news(run, &plan->list[at + i]);
        }
        if (err == ERR_OK) {
            err = store_call(run->store, &reply);
        }
        if (err == ERR_OK) {
            err = outcome_read(reply, outcomes, n);
        }
        for (size_t i = 0; i < n && err == ERR_OK; i++) {
            const struct run_record *r = &plan->list[at + i];
            log_event(outcomes[i] == NEWS_OK ? LOG_INFO : LOG_ERROR, "statement_recorded",
                      "payment=%s action=%s outcome=%d", r->payment,
                      reconcile_action_word(reconcile_action_of(r->reason)), (int)outcomes[i]);
            if (outcomes[i] == NEWS_OK) {
                plan->list[done++] = *r;
            }
        }
        if (reply != NULL) {
            freeReplyObject(reply);
        }
    }
    plan->count = done;
    return err;
}

/* ---- Keeping the report ---- */

static enum err keep(const struct run *run, const struct reconcile_input *in,
                     const struct reconcile_result *result, const struct plan_records *records,
                     struct reconcile_outcome *out)
{
    struct reconcile_kept kept;
    redisReply *reply = NULL;
    struct buf tail;
    reconcile_get_begin(store_fcall(run->store), run->region, run->order->day, true);
    fcall_text(store_fcall(run->store), run->order->rail);
    enum err err = store_call(run->store, &reply);
    if (err == ERR_OK) {
        err = reconcile_get_read(reply, &kept, 1);
    }
    if (err == ERR_OK) {
        err = run_report(run, in, result, records->list, records->count, kept.report, &out->json);
    }
    if (reply != NULL) {
        freeReplyObject(reply);
        reply = NULL;
    }
    if (err != ERR_OK) {
        return err;
    }
    const struct event_tail event = {.at_ms = run->order->now_ms,
                                     .actor = slice_of(run->order->actor),
                                     .reason = SLICE_LIT("reconciliation")};
    buf_init(&tail, 1024);
    event_tail_write(&event, &tail);
    const struct reconcile_done done = {
        .rail = run->order->rail,
        .day = run->order->day,
        .token = run->order->token,
        .report = buf_slice(&out->json),
        .state = result == NULL  ? SLICE_LIT("no_statement")
                 : result->clean ? SLICE_LIT("clean")
                                 : SLICE_LIT("differences"),
        .differences = (int64_t)out->differences,
        .actor = slice_of(run->order->actor),
        .event_tail = buf_slice(&tail),
    };
    reconcile_done_write(store_fcall(run->store), run->region, &done);
    err = buf_err(&tail);
    buf_release(&tail);
    if (err == ERR_OK) {
        err = store_call(run->store, &reply);
    }
    if (err == ERR_OK) {
        err = reconcile_done_read(reply, &out->changed);
        freeReplyObject(reply);
    }
    return err;
}

/* ---- The run ---- */

static enum err compare(struct run *run, struct reconcile_input *in,
                        struct reconcile_result *result)
{
    enum err err = run_select(run);
    if (err != ERR_OK) {
        return err;
    }
    *in = (struct reconcile_input){.lines = run->compared,
                                   .line_count = run->compared_count,
                                   .payments = run->ours,
                                   .payment_count = run->ours_count,
                                   .ledger = run->ledger,
                                   .listed_before_ms = run->listed_before_ms};
    err = reconcile(in, result);
    return err == ERR_INPUT ? ERR_CORRUPT : err; /* the store's data, not the caller's */
}

static enum err run_whole(struct run *run, struct reconcile_outcome *out)
{
    struct reconcile_result result = {.count = 0};
    struct reconcile_input in = {.line_count = 0};
    struct plan_records records = {.count = 0};
    enum err err = run_load(run);
    for (size_t i = 0; i < run->file_count && err == ERR_OK; i++) {
        out->statement = out->statement || run->files[i].of_day;
    }
    if (err == ERR_OK && out->statement) {
        err = compare(run, &in, &result);
        if (err == ERR_OK) {
            err = plan(run, &result, &records);
        }
        if (err == ERR_OK && records.count > 0) {
            err = record(run, &records);
            reconcile_release(&result);
            if (err == ERR_OK) {
                err = run_reload(run);
            }
            if (err == ERR_OK) {
                err = compare(run, &in, &result);
            }
        }
    }
    if (err == ERR_OK && out->statement) {
        out->clean = result.clean;
        out->payments = in.payment_count;
        out->lines = in.line_count;
        out->differences =
            result.buckets[RECONCILE_OURS_ONLY].items + result.buckets[RECONCILE_THEIRS_ONLY].items;
        out->recorded = records.count;
        if (run->order->csv) {
            reconcile_csv(&in, &result, &out->csv);
            err = buf_err(&out->csv);
        }
    }
    if (err == ERR_OK) {
        err = keep(run, &in, out->statement ? &result : NULL, &records, out);
    }
    reconcile_release(&result);
    free(records.list);
    return err;
}

enum err reconcile_run(struct store *store, const struct reconcile_order *order,
                       struct reconcile_outcome *out)
{
    struct run run = {.store = store, .order = order, .region = store_region(store)};
    *out = (struct reconcile_outcome){.statement = false};
    buf_init(&out->json, RECONCILE_REPORT_MAX);
    buf_init(&out->csv, CSV_MAX);
    enum err err = statement_rail_valid(slice_of(order->rail))
                       ? statement_day_read(slice_of(order->day), &run.from_ms)
                       : ERR_INPUT;
    if (err == ERR_OK) {
        run.to_ms = run.from_ms + MS_PER_DAY;
        run.listed_before_ms =
            (order->now_ms < run.to_ms ? order->now_ms : run.to_ms) - order->settle_ms;
        err = run_whole(&run, out);
    }
    run_release(&run);
    return err;
}

void reconcile_outcome_release(struct reconcile_outcome *out)
{
    buf_release(&out->json);
    buf_release(&out->csv);
}

/* ---- Loading ---- */

static void day_of(const struct statement_load *load, const struct statement_line *l,
                   char day[STATEMENT_DAY_SIZE])
{
    if (l->date_ms > 0) {
        statement_day(l->date_ms, day);
    } else {
        snprintf(day, STATEMENT_DAY_SIZE, "%s", load->fallback_day);
    }
}

/* The hour of the next morning for a day that is not over, at once for one that is. */
static int64_t due_ms(const struct statement_load *load, const char *day)
{
    int64_t from_ms = 0;
    if (load->run_hour < 0 || statement_day_read(slice_of(day), &from_ms) != ERR_OK) {
        return 0;
    }
    int64_t morning_ms = from_ms + MS_PER_DAY + load->run_hour * INT64_C(3600000);
    return morning_ms > load->now_ms ? morning_ms : load->now_ms;
}

/* Lines [0, count) of one day in chunks. */
static enum err load_one(struct store *store, const struct statement_load *load, const char *day,
                         const struct statement_line **lines, size_t count, size_t *added)
{
    struct buf text, tail;
    enum statement_outcome outcome = STATEMENT_ADDED;
    enum err err = ERR_OK;
    size_t chunks = count == 0 ? 1 : (count + STATEMENT_CHUNK_LINES - 1) / STATEMENT_CHUNK_LINES;
    const struct event_tail event = {
        .at_ms = load->now_ms, .actor = slice_of(load->actor), .reason = SLICE_LIT("statement")};
    buf_init(&text, STATEMENT_CHUNK_MAX);
    buf_init(&tail, 1024);
    event_tail_write(&event, &tail);
    for (size_t c = 1; c <= chunks && err == ERR_OK && outcome == STATEMENT_ADDED; c++) {
        redisReply *reply = NULL;
        buf_clear(&text);
        for (size_t i = (c - 1) * STATEMENT_CHUNK_LINES; i < count && i < c * STATEMENT_CHUNK_LINES;
             i++) {
            statement_line_write(lines[i], &text);
            buf_put_char(&text, '\n');
        }
        const struct statement_chunk chunk = {.rail = load->rail,
                                              .day = day,
                                              .sha256 = load->sha256,
                                              .chunk = c,
                                              .chunks = chunks,
                                              .lines = count,
                                              .text = buf_slice(&text),
                                              .source = load->source,
                                              .due_ms = due_ms(load, day),
                                              .actor = slice_of(load->actor),
                                              .event_tail = buf_slice(&tail)};
        statement_add_write(store_fcall(store), store_region(store), &chunk);
        err = buf_err(&text) == ERR_OK ? buf_err(&tail) : buf_err(&text);
        if (err == ERR_OK) {
            err = store_call(store, &reply);
        }
        if (err == ERR_OK) {
            err = statement_add_read(reply, &outcome);
            freeReplyObject(reply);
        }
    }
    buf_release(&text);
    buf_release(&tail);
    *added += err == ERR_OK && outcome == STATEMENT_ADDED ? count : 0;
    return err == ERR_OK && outcome == STATEMENT_FULL ? ERR_LIMIT : err;
}

enum err statement_load(struct store *store, const struct statement_load *load, size_t *added)
{
    char day[STATEMENT_DAY_SIZE], other[STATEMENT_DAY_SIZE];
    const struct statement_line **some = calloc(load->count + 1, sizeof(*some));
    bool *taken = calloc(load->count + 1, sizeof(*taken)), told = false;
    enum err err = some == NULL || taken == NULL ? ERR_NO_MEMORY : ERR_OK;
    *added = 0;
    for (size_t i = 0; i < load->count && err == ERR_OK; i++) {
        size_t n = 0;
        if (taken[i]) {
            continue;
        }
        day_of(load, &load->lines[i], day);
        for (size_t k = i; k < load->count; k++) { /* a file has few days */
            day_of(load, &load->lines[k], other);
            if (strcmp(day, other) == 0) {
                taken[k] = true;
                some[n++] = &load->lines[k];
            }
        }
        told = told || strcmp(day, load->fallback_day) == 0;
        err = load_one(store, load, day, some, n, added);
    }
    if (err == ERR_OK && load->always && !told) {
        err = load_one(store, load, load->fallback_day, some, 0, added);
    }
    free(some);
    free(taken);
    return err;
}
