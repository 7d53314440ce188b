/* Which of the gathered lines and payments a run compares. A payment belongs to the day whose
 * statement says the last word of it; until there is one it is shown on each of the following days,
 * as long as the run looks back. */
#include <stdlib.h>
#include <string.h>
#include "queue/store/reconcile_inside.h"

/* Earlier statements and our record agree: there is nothing to add on this day. */
static bool explained(const struct run_payment *p)
{
    return p->p.state == RECONCILE_SUCCEEDED ? p->debits == 1 && p->returns == 0
                                             : p->returns == 1 && p->debits <= 1;
}

static bool belongs(const struct run *run, const struct run_payment *p)
{
    if (p->on_day || !p->same_rail) {
        return p->on_day;
    }
    switch (p->p.state) {
    case RECONCILE_SUCCEEDED:
    case RECONCILE_RETURNED:
        return p->final_ms >= run->look_from_ms && p->final_ms < run->to_ms && !explained(p);
    case RECONCILE_FAILED: return p->final_ms >= run->from_ms && p->final_ms < run->to_ms;
    default: return p->made_ms < run->to_ms;
    }
}

static int text_order(const char *a, const char *b)
{
    return strcmp(a, b);
}

static int number_order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Two lines are the same booking if they say the same; where the bank gives its reference the day
 * may differ, because an advice (camt.054) and the statement (camt.053) may date it differently. */
static int line_order(const struct statement_line *a, const struct statement_line *b)
{
    int order = text_order(a->our_id, b->our_id);
    order = order != 0 ? order : text_order(a->batch_id, b->batch_id);
    order = order != 0 ? order : text_order(a->bank_ref, b->bank_ref);
    order = order != 0 ? order : number_order(a->side, b->side);
    order = order != 0 ? order : number_order(a->booked, b->booked);
    order = order != 0 ? order : number_order(a->returned, b->returned);
    order = order != 0 ? order : number_order(a->amount_fen, b->amount_fen);
    return order != 0 || a->bank_ref[0] != '\0' ? order : number_order(a->date_ms, b->date_ms);
}

static int by_line(const void *x, const void *y)
{
    const struct run_line *const *a = x, *const *b = y;
    int order = line_order(&(*a)->line, &(*b)->line);
    order = order != 0 ? order : number_order((int64_t)(*a)->file, (int64_t)(*b)->file);
    order = order != 0 ? order : number_order((*a)->line.date_ms, (*b)->line.date_ms);
    return order != 0 ? order : text_order((*a)->line.reason, (*b)->line.reason);
}

/* The same booking in several files counts as often as in the file that has it most often. rows:
 * sorted. */
static void unite(struct run *run, const struct run_line **rows, size_t n)
{
    run->compared_count = 0;
    for (size_t i = 0; i < n;) {
        size_t end = i, best = i, best_count = 0;
        while (end < n && line_order(&rows[i]->line, &rows[end]->line) == 0) {
            size_t first = end;
            while (end < n && rows[end]->file == rows[first]->file &&
                   line_order(&rows[i]->line, &rows[end]->line) == 0) {
                end++;
            }
            if (end - first > best_count) {
                best = first;
                best_count = end - first;
            }
        }
        for (size_t k = best; k < best + best_count; k++) {
            run->compared[run->compared_count] = rows[k]->line;
            run->compared_file[run->compared_count++] = rows[k]->file;
        }
        i = end;
    }
}

static enum err select_lines(struct run *run)
{
    size_t n = 0, most = run->lines.count + run->context.count;
    const struct run_line **rows = calloc(most + 1, sizeof(*rows));
    free(run->compared);
    free(run->compared_file);
    run->compared = calloc(most + 1, sizeof(*run->compared));
    run->compared_file = calloc(most + 1, sizeof(*run->compared_file));
    if (rows == NULL || run->compared == NULL || run->compared_file == NULL) {
        free(rows);
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < run->lines.count; i++) {
        rows[n++] = &run->lines.list[i];
    }
    for (size_t i = 0; i < run->context.count; i++) {
        const struct run_payment *p = run_payment_named(run, &run->context.list[i].line);
        if (p != NULL && p->kept) {
            rows[n++] = &run->context.list[i];
        }
    }
    qsort(rows, n, sizeof(*rows), by_line);
    unite(run, rows, n);
    free(rows);
    return ERR_OK;
}

enum err run_select(struct run *run)
{
    free(run->ours);
    run->ours = calloc(run->payment_count + 1, sizeof(*run->ours));
    run->ours_count = 0;
    run->ledger = (struct reconcile_ledger){.paid_fen = 0};
    if (run->ours == NULL) {
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < run->payment_count; i++) {
        struct run_payment *p = &run->payments[i];
        p->kept = belongs(run, p);
        if (p->kept) {
            run->ours[run->ours_count++] = p->p;
            run->ledger.paid_fen += p->ledger_paid_fen;
            run->ledger.returned_fen += p->ledger_returned_fen;
        }
    }
    return select_lines(run);
}
