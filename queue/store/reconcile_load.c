/* Gathering what a reconciliation compares. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/domain/case_no.h"
#include "queue/store/calls_gate.h"
#include "queue/store/reconcile_inside.h"

#define LATER_DAYS 2 /* news of a day's payments may come in on the days behind it */
#define EVENT_ID_MAX 42

static enum err grow(void **list, size_t *cap, size_t count, size_t size, size_t most)
{
    if (count < *cap) {
        return ERR_OK;
    }
    size_t more = *cap == 0 ? 256 : *cap * 2;
    if (count >= most) {
        return ERR_TOO_LARGE;
    }
    void *grown = realloc(*list, more * size);
    if (grown == NULL) {
        return ERR_NO_MEMORY;
    }
    *list = grown;
    *cap = more;
    return ERR_OK;
}

/* ---- Lines ---- */

static enum err file_index(struct run *run, struct slice sha256, struct slice source, int64_t lines,
                           bool of_day, size_t *at)
{
    for (size_t i = 0; i < run->file_count; i++) {
        if (slice_is(sha256, run->files[i].sha256)) {
            *at = i;
            return ERR_OK;
        }
    }
    enum err err = grow((void **)&run->files, &run->file_cap, run->file_count, sizeof(*run->files),
                        RUN_FILES_MAX);
    if (err != ERR_OK) {
        return err;
    }
    struct run_file *f = &run->files[run->file_count];
    *f = (struct run_file){.lines = lines, .of_day = of_day};
    if (slice_copy(sha256, f->sha256, sizeof(f->sha256)) != ERR_OK ||
        slice_copy(source, f->source, sizeof(f->source)) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *at = run->file_count++;
    return ERR_OK;
}

/* Lines with a reference only are few: looked through. */
struct run_payment *run_payment_named(const struct run *run, const struct statement_line *l)
{
    size_t low = 0, high = run->payment_count;
    while (l->our_id[0] != '\0' && low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(run->payments[mid].p.id, l->our_id);
        if (order == 0) {
            return &run->payments[mid];
        }
        low = order < 0 ? mid + 1 : low;
        high = order < 0 ? high : mid;
    }
    for (size_t i = 0; l->our_id[0] == '\0' && l->bank_ref[0] != '\0' && i < run->payment_count;
         i++) {
        if (strcmp(run->payments[i].p.bank_ref, l->bank_ref) == 0) {
            return &run->payments[i];
        }
    }
    return NULL;
}

static bool batch_line(const struct statement_line *l)
{
    return l->booked && l->side == STATEMENT_DEBIT && !l->returned && l->our_id[0] == '\0' &&
           l->batch_id[0] != '\0';
}

/* Earlier lines: only those that are about a payment of the run are kept; a batch booked in one sum
 * is counted. */
static bool context_wants(struct run *run, const struct statement_line *l)
{
    struct run_payment *p = run_payment_named(run, l);
    if (p != NULL) {
        p->debits += l->booked && l->side == STATEMENT_DEBIT && !l->returned;
        p->returns += l->booked && l->side == STATEMENT_CREDIT && l->returned;
        return true;
    }
    for (size_t i = 0; batch_line(l) && i < run->payment_count; i++) {
        run->payments[i].debits += strcmp(run->payments[i].p.batch_id, l->batch_id) == 0;
    }
    return false;
}

static enum err add_chunk(struct run *run, struct slice text, size_t file, bool of_day)
{
    struct run_lines *lines = of_day ? &run->lines : &run->context;
    enum err err = ERR_OK;
    while (text.len > 0 && err == ERR_OK) {
        struct slice row = slice_cut(&text, '\n');
        struct run_line l = {.file = file};
        err = statement_line_read(row, &l.line);
        if (err != ERR_OK || (!of_day && !context_wants(run, &l.line))) {
            continue;
        }
        err = grow((void **)&lines->list, &lines->cap, lines->count, sizeof(*lines->list),
                   RECONCILE_MAX);
        if (err == ERR_OK) {
            lines->list[lines->count++] = l;
        }
    }
    return err;
}

static enum err load_day(struct run *run, const char *day, bool of_day)
{
    static struct statement_file files[STATEMENT_FILES_MAX]; /* a run at a time in a process */
    redisReply *list = NULL;
    size_t n = 0;
    statement_files_write(store_fcall(run->store), run->region, run->order->rail, day);
    enum err err = store_call(run->store, &list);
    if (err != ERR_OK) {
        return err;
    }
    err = statement_files_read(list, files, &n);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        size_t at = 0;
        err = file_index(run, files[i].sha256, files[i].source, files[i].lines, of_day, &at);
        for (int64_t c = 1; c <= files[i].chunks && err == ERR_OK; c++) {
            redisReply *chunk = NULL;
            statement_chunk_write(store_fcall(run->store), run->region, run->order->rail, day,
                                  files[i].sha256, c);
            err = store_call(run->store, &chunk);
            if (err == ERR_OK) {
                err = add_chunk(run, reply_text(chunk), at, of_day);
                freeReplyObject(chunk);
            }
        }
    }
    freeReplyObject(list);
    return err;
}

/* ---- Which payments ---- */

static enum err add_id(struct run *run, struct slice id)
{
    char no[CASE_NO_SIZE];
    if (payment_id_case(id, no) != ERR_OK) {
        return ERR_OK; /* an id that is none of ours stays a line alone */
    }
    enum err err =
        grow((void **)&run->ids, &run->id_cap, run->id_count, sizeof(*run->ids), RECONCILE_MAX * 4);
    return err == ERR_OK ? slice_copy(id, run->ids[run->id_count++], STATEMENT_ID_SIZE) : err;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void unique_ids(struct run *run)
{
    size_t n = 0;
    if (run->id_count > 0) {
        qsort(run->ids, run->id_count, sizeof(*run->ids), by_text);
    }
    for (size_t i = 0; i < run->id_count; i++) {
        if (n == 0 || strcmp(run->ids[n - 1], run->ids[i]) != 0) {
            memmove(run->ids[n++], run->ids[i], sizeof(*run->ids));
        }
    }
    run->id_count = n;
}

static enum err scan_events(struct run *run)
{
    char from[EVENT_ID_MAX + 1], to[EVENT_ID_MAX];
    enum err err = ERR_OK;
    snprintf(from, sizeof(from), "%lld",
             (long long)(run->look_from_ms > 0 ? run->look_from_ms : 0));
    snprintf(to, sizeof(to), "%lld", (long long)run->look_to_ms - 1);
    for (size_t looked = 0; err == ERR_OK && from[0] != '\0'; looked += STATEMENT_SCAN_EVENTS) {
        redisReply *reply = NULL;
        if (looked >= RECONCILE_EVENTS_MAX) {
            return ERR_LIMIT;
        }
        statement_scan_write(store_fcall(run->store), run->region, slice_of(from), slice_of(to));
        err = store_call(run->store, &reply);
        for (size_t i = 0; err == ERR_OK && i < statement_scan_count(reply); i++) {
            err = add_id(run, statement_scan_id(reply, i));
        }
        struct slice next = err == ERR_OK ? statement_scan_next(reply) : slice_make(NULL, 0);
        from[0] = '\0'; /* that was the last of them */
        if (next.len > 0 && next.len < EVENT_ID_MAX) {
            snprintf(from, sizeof(from), "(%.*s", SLICE_FMT(next));
        }
        if (reply != NULL) {
            freeReplyObject(reply);
        }
        if (run->id_count > RECONCILE_MAX) {
            unique_ids(run);
        }
    }
    return err;
}

/* What is not final, however old. */
static enum err scan_stuck(struct run *run)
{
    static struct stuck_payment rows[STUCK_MOST];
    enum err err = ERR_OK;
    size_t n = STUCK_MOST;
    for (int64_t at = 0; n == STUCK_MOST && err == ERR_OK; at += STUCK_MOST) {
        redisReply *reply = NULL;
        int64_t total = 0;
        pay_stuck_write(store_fcall(run->store), run->region, STUCK_MOST, at);
        err = store_call(run->store, &reply);
        if (err != ERR_OK) {
            return err;
        }
        err = pay_stuck_read(reply, &total, rows, &n);
        for (size_t i = 0; i < n && err == ERR_OK; i++) {
            err = rows[i].method == 'b' ? add_id(run, rows[i].id) : ERR_OK;
        }
        freeReplyObject(reply);
    }
    return err;
}

static enum err collect_ids(struct run *run)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < run->lines.count && err == ERR_OK; i++) {
        err = add_id(run, slice_of(run->lines.list[i].line.our_id));
    }
    if (err == ERR_OK) {
        err = scan_events(run);
    }
    if (err == ERR_OK) {
        err = scan_stuck(run);
    }
    unique_ids(run);
    return err == ERR_OK && run->id_count > RECONCILE_MAX ? ERR_TOO_LARGE : err;
}

static enum reconcile_state state_of(const struct statement_payment *row)
{
    static const enum reconcile_state STATES[] = {
        [PAYMENT_INTENT] = RECONCILE_INTENT,       [PAYMENT_UNKNOWN] = RECONCILE_UNKNOWN,
        [PAYMENT_ACCEPTED] = RECONCILE_ACCEPTED,   [PAYMENT_FAILED] = RECONCILE_FAILED,
        [PAYMENT_SUCCEEDED] = RECONCILE_SUCCEEDED, [PAYMENT_RETURNED] = RECONCILE_RETURNED,
    };
    enum reconcile_state state = STATES[row->state];
    return state == RECONCILE_INTENT && row->sent_ms > 0 ? RECONCILE_UNKNOWN
                                                         : state; /* it may have gone out */
}

static enum err put_payment(const struct run *run, const struct statement_payment *row,
                            struct run_payment *out)
{
    struct run_payment p = {.made_ms = row->made_ms,
                            .final_ms = row->final_ms,
                            .ledger_paid_fen = row->ledger_paid_fen,
                            .ledger_returned_fen = row->ledger_returned_fen,
                            .same_rail = slice_is(row->rail, run->order->rail)};
    p.p.amount_fen = row->amount_fen;
    p.p.state = state_of(row);
    /* decided by people: money that is said to have left has to be on some statement, so each asks
     * for it */
    p.same_rail = p.same_rail || (row->rail.len == 0 && p.p.state == RECONCILE_SUCCEEDED);
    /* the bank has said so then: until the next statement after it there is time */
    p.p.sent_ms =
        p.p.state == RECONCILE_SUCCEEDED && row->final_ms > 0 ? row->final_ms : row->sent_ms;
    struct slice ref = row->bank_ref.len < sizeof(p.p.bank_ref) ? row->bank_ref : slice_make("", 0);
    if (slice_copy(row->id, p.p.id, sizeof(p.p.id)) != ERR_OK ||
        slice_copy(ref, p.p.bank_ref, sizeof(p.p.bank_ref)) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *out = p;
    return ERR_OK;
}

/* ids: sorted. *n payments of the bank's among them, in order. */
static enum err load_payments(const struct run *run, char (*ids)[STATEMENT_ID_SIZE], size_t count,
                              struct run_payment *out, size_t *n)
{
    struct statement_payment rows[STORE_BATCH_MAX];
    enum err err = ERR_OK;
    *n = 0;
    for (size_t at = 0; at < count && err == ERR_OK; at += STORE_BATCH_MAX) {
        redisReply *reply = NULL;
        size_t some = count - at < STORE_BATCH_MAX ? count - at : STORE_BATCH_MAX;
        statement_payments_begin(store_fcall(run->store), run->region);
        for (size_t i = 0; i < some; i++) {
            fcall_text(store_fcall(run->store), ids[at + i]);
        }
        err = store_call(run->store, &reply);
        if (err != ERR_OK) {
            break;
        }
        err = statement_payments_read(reply, rows, some);
        for (size_t i = 0; i < some && err == ERR_OK; i++) {
            if (rows[i].found && rows[i].method == 'b') {
                err = put_payment(run, &rows[i], &out[*n]);
                *n += err == ERR_OK;
            }
        }
        freeReplyObject(reply);
    }
    return err;
}

static enum err load_batches(struct run *run)
{
    char found[STORE_BATCH_MAX][STATEMENT_BATCH_SIZE];
    const char *ids[STORE_BATCH_MAX];
    enum err err = ERR_OK;
    for (size_t at = 0; at < run->payment_count && err == ERR_OK && run->order->batches_of != NULL;
         at += STORE_BATCH_MAX) {
        size_t n =
            run->payment_count - at < STORE_BATCH_MAX ? run->payment_count - at : STORE_BATCH_MAX;
        for (size_t i = 0; i < n; i++) {
            ids[i] = run->payments[at + i].p.id;
        }
        err = run->order->batches_of(run->order->self, ids, n, found);
        for (size_t i = 0; i < n && err == ERR_OK; i++) {
            memcpy(run->payments[at + i].p.batch_id, found[i], sizeof(found[i]));
        }
    }
    return err;
}

static void mark_day(struct run *run)
{
    for (size_t i = 0; i < run->lines.count; i++) {
        const struct statement_line *l = &run->lines.list[i].line;
        struct run_payment *p = run_payment_named(run, l);
        if (p != NULL) {
            p->on_day = true;
        }
        for (size_t k = 0; p == NULL && batch_line(l) && k < run->payment_count; k++) {
            run->payments[k].on_day |= strcmp(run->payments[k].p.batch_id, l->batch_id) == 0;
        }
    }
}

/* Earlier statements that may tell of the payments: from the day each was made to some days behind
 * its news. */
static enum err load_context(struct run *run)
{
    bool wanted[RECONCILE_CONTEXT_DAYS + 1] = {false};
    enum err err = ERR_OK;
    for (size_t i = 0; i < run->payment_count; i++) {
        const struct run_payment *p = &run->payments[i];
        int64_t last_ms =
            (p->final_ms > 0 ? p->final_ms : p->made_ms) + RECONCILE_LOOK_BACK_DAYS * MS_PER_DAY;
        for (int back = 1; back <= RECONCILE_CONTEXT_DAYS && (p->same_rail || p->on_day); back++) {
            int64_t from_ms = run->from_ms - back * MS_PER_DAY;
            wanted[back] |= from_ms + MS_PER_DAY > p->made_ms && from_ms <= last_ms;
        }
    }
    for (int back = RECONCILE_CONTEXT_DAYS; back >= 1 && err == ERR_OK; back--) {
        char day[STATEMENT_DAY_SIZE];
        int64_t from_ms = run->from_ms - back * MS_PER_DAY;
        if (wanted[back] && from_ms > 0) {
            statement_day(from_ms, day);
            err = load_day(run, day, false);
        }
    }
    return err;
}

enum err run_load(struct run *run)
{
    run->look_from_ms =
        run->from_ms - RECONCILE_LOOK_BACK_DAYS * MS_PER_DAY - run->order->settle_ms;
    run->look_to_ms = run->to_ms + LATER_DAYS * MS_PER_DAY;
    enum err err = load_day(run, run->order->day, true);
    if (err == ERR_OK) {
        err = collect_ids(run);
    }
    if (err == ERR_OK) {
        run->payments = calloc(run->id_count + 1, sizeof(*run->payments));
        err = run->payments == NULL
                  ? ERR_NO_MEMORY
                  : load_payments(run, run->ids, run->id_count, run->payments, &run->payment_count);
    }
    if (err == ERR_OK) {
        err = load_batches(run);
    }
    if (err == ERR_OK) {
        mark_day(run);
        err = load_context(run);
    }
    return err;
}

enum err run_reload(struct run *run)
{
    size_t n = 0, k = 0;
    struct run_payment *fresh = calloc(run->id_count + 1, sizeof(*fresh));
    if (fresh == NULL) {
        return ERR_NO_MEMORY;
    }
    enum err err = load_payments(run, run->ids, run->id_count, fresh, &n);
    for (size_t i = 0; i < run->payment_count && err == ERR_OK; i++) {
        while (k < n && strcmp(fresh[k].p.id, run->payments[i].p.id) < 0) {
            k++;
        }
        if (k == n || strcmp(fresh[k].p.id, run->payments[i].p.id) != 0) {
            err = ERR_CORRUPT; /* payments are never removed */
            break;
        }
        struct run_payment *p = &run->payments[i];
        memcpy(fresh[k].p.batch_id, p->p.batch_id, sizeof(p->p.batch_id));
        p->p = fresh[k].p;
        p->final_ms = fresh[k].final_ms;
        p->ledger_paid_fen = fresh[k].ledger_paid_fen;
        p->ledger_returned_fen = fresh[k].ledger_returned_fen;
    }
    free(fresh);
    return err;
}

void run_release(struct run *run)
{
    free(run->files);
    free(run->lines.list);
    free(run->context.list);
    free(run->ids);
    free(run->payments);
    free(run->compared);
    free(run->compared_file);
    free(run->ours);
    *run = (struct run){.store = NULL};
}
