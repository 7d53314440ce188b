#include "queue/domain/reconcile.h"

#include <stdlib.h>
#include <string.h>
#include "queue/domain/money.h"
#include "queue/domain/relief.h"

/* ---- Words ---- */

static const struct {
    const char *word, *zh;
    enum reconcile_bucket bucket;
    enum reconcile_action action;
} REASONS[] = {
#define RECONCILE_ROW(id, word, bucket, action, zh) {word, zh, RECONCILE_##bucket, action},
    RECONCILE_REASON_TABLE(RECONCILE_ROW)
#undef RECONCILE_ROW
};

static const struct {
    const char *word, *zh;
} ACTIONS[] = {
#define RECONCILE_ROW(id, word, zh) {word, zh},
    RECONCILE_ACTION_TABLE(RECONCILE_ROW)
#undef RECONCILE_ROW
};

static const struct {
    const char *word, *zh;
} BUCKETS[] = {{"matched", "相符"}, {"ours_only", "我方单边"}, {"theirs_only", "银行单边或不符"}, {"returned", "退票"}};

static const char *const STATES[] = {
#define RECONCILE_ROW(id, word) word,
    RECONCILE_STATE_TABLE(RECONCILE_ROW)
#undef RECONCILE_ROW
};

const char *reconcile_state_word(enum reconcile_state s)
{
    ASSERT((size_t)s < COUNT_OF(STATES));
    return STATES[s];
}

enum err reconcile_state_from_word(struct slice word, enum reconcile_state *out)
{
    for (size_t i = 0; i < COUNT_OF(STATES); i++) {
        if (slice_is(word, STATES[i])) {
            *out = (enum reconcile_state)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

const char *reconcile_bucket_word(enum reconcile_bucket b)
{
    ASSERT((size_t)b < COUNT_OF(BUCKETS));
    return BUCKETS[b].word;
}

const char *reconcile_bucket_zh(enum reconcile_bucket b)
{
    ASSERT((size_t)b < COUNT_OF(BUCKETS));
    return BUCKETS[b].zh;
}

const char *reconcile_action_word(enum reconcile_action a)
{
    ASSERT((size_t)a < COUNT_OF(ACTIONS));
    return ACTIONS[a].word;
}

const char *reconcile_action_zh(enum reconcile_action a)
{
    ASSERT((size_t)a < COUNT_OF(ACTIONS));
    return ACTIONS[a].zh;
}

const char *reconcile_reason_word(enum reconcile_reason r)
{
    ASSERT((size_t)r < COUNT_OF(REASONS));
    return REASONS[r].word;
}

const char *reconcile_reason_zh(enum reconcile_reason r)
{
    ASSERT((size_t)r < COUNT_OF(REASONS));
    return REASONS[r].zh;
}

enum reconcile_bucket reconcile_bucket_of(enum reconcile_reason r)
{
    ASSERT((size_t)r < COUNT_OF(REASONS));
    return REASONS[r].bucket;
}

enum reconcile_action reconcile_action_of(enum reconcile_reason r)
{
    ASSERT((size_t)r < COUNT_OF(REASONS));
    return REASONS[r].action;
}

/* ---- Finding ---- */

/* A sorted index over one text of the payments. */
struct index {
    const struct reconcile_payment **rows;
    size_t count;
    size_t offset; /* of the text inside struct reconcile_payment */
};

static const char *text_at(const struct reconcile_payment *p, size_t offset)
{
    return (const char *)p + offset;
}

static int by_id(const void *a, const void *b)
{
    const struct reconcile_payment *const *x = a, *const *y = b;
    int order = strcmp((*x)->id, (*y)->id);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static int by_ref(const void *a, const void *b)
{
    const struct reconcile_payment *const *x = a, *const *y = b;
    int order = strcmp((*x)->bank_ref, (*y)->bank_ref);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static int by_batch(const void *a, const void *b)
{
    const struct reconcile_payment *const *x = a, *const *y = b;
    int order = strcmp((*x)->batch_id, (*y)->batch_id);
    return order != 0 ? order : (*x > *y) - (*x < *y);
}

static enum err index_make(const struct reconcile_input *in, size_t offset, int (*order)(const void *, const void *),
                           struct index *out)
{
    out->rows = calloc(in->payment_count + 1, sizeof(*out->rows));
    out->count = in->payment_count;
    out->offset = offset;
    if (out->rows == NULL) {
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < in->payment_count; i++) {
        out->rows[i] = &in->payments[i];
    }
    qsort(out->rows, out->count, sizeof(*out->rows), order);
    return ERR_OK;
}

/* First row whose text is `text`, and how many have it. */
static size_t index_find(const struct index *index, const char *text, size_t *first)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(text_at(index->rows[middle], index->offset), text) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    size_t end = low;
    while (end < index->count && strcmp(text_at(index->rows[end], index->offset), text) == 0) {
        end++;
    }
    *first = low;
    return end - low;
}

/* ---- The run ---- */

/* What the lines say of one payment. */
struct evidence {
    int64_t debit_fen, credit_fen;
    size_t debits, returns, odd, announced;
    size_t first_line, lines;
    bool in_batch; /* its debit is inside the sum of its batch, and stands in that item */
};

struct run {
    const struct reconcile_input *in;
    struct reconcile_result *out;
    struct evidence *evidence; /* one for each payment */
    size_t *owner;             /* payment of each line, RECONCILE_NOBODY = none */
    struct index ids, refs, batches;
};

static enum err check_input(const struct reconcile_input *in)
{
    int64_t sum = 0, line_sum = 0;
    enum err err = in->payment_count > RECONCILE_MAX || in->line_count > RECONCILE_MAX ? ERR_TOO_LARGE : ERR_OK;
    for (size_t i = 0; i < in->payment_count && err == ERR_OK; i++) {
        const struct reconcile_payment *p = &in->payments[i];
        bool sound = p->amount_fen >= 1 && p->amount_fen <= AMOUNT_FEN_MAX && p->id[0] != '\0' &&
                     (unsigned)p->state < RECONCILE_STATE_COUNT;
        err = !sound ? ERR_INPUT : money_add(sum, p->amount_fen, &sum);
    }
    for (size_t i = 0; i < in->line_count && err == ERR_OK; i++) {
        const struct statement_line *l = &in->lines[i];
        bool sound = l->amount_fen >= 1 && l->amount_fen <= AMOUNT_FEN_MAX &&
                     (l->side == STATEMENT_DEBIT || l->side == STATEMENT_CREDIT);
        err = !sound ? ERR_INPUT : money_add(line_sum, l->amount_fen, &line_sum);
    }
    return err;
}

static struct reconcile_item *new_item(struct run *run, enum reconcile_reason reason)
{
    struct reconcile_item *item = &run->out->items[run->out->count++];
    *item = (struct reconcile_item){.reason = reason, .payment = RECONCILE_NOBODY, .line = RECONCILE_NOBODY};
    return item;
}

static void item_takes_line(struct run *run, struct reconcile_item *item, size_t line)
{
    const struct statement_line *l = &run->in->lines[line];
    item->line = item->lines == 0 ? line : item->line;
    item->lines++;
    if (l->booked && l->side == STATEMENT_DEBIT) {
        item->debit_fen += l->amount_fen;
    } else if (l->booked) {
        item->credit_fen += l->amount_fen;
    }
    ASSERT(run->out->item_of_line[line] == RECONCILE_NOBODY);
    run->out->item_of_line[line] = (size_t)(item - run->out->items);
}

static void item_takes_payment(struct run *run, struct reconcile_item *item, size_t payment)
{
    item->payment = item->payments == 0 ? payment : item->payment;
    item->payments++;
    item->ours_fen += run->in->payments[payment].amount_fen;
    ASSERT(run->out->item_of_payment[payment] == RECONCILE_NOBODY);
    run->out->item_of_payment[payment] = (size_t)(item - run->out->items);
}

/* The payment that a line names: by our id, else by the bank's reference if exactly one payment has it. */
static size_t payment_of(const struct run *run, const struct statement_line *l)
{
    size_t first = 0;
    if (l->our_id[0] != '\0') {
        return index_find(&run->ids, l->our_id, &first) == 0 ? RECONCILE_NOBODY
                                                             : (size_t)(run->ids.rows[first] - run->in->payments);
    }
    if (l->bank_ref[0] != '\0' && index_find(&run->refs, l->bank_ref, &first) == 1) {
        return (size_t)(run->refs.rows[first] - run->in->payments);
    }
    return RECONCILE_NOBODY;
}

static void note_evidence(struct run *run, size_t payment, size_t line)
{
    const struct statement_line *l = &run->in->lines[line];
    struct evidence *e = &run->evidence[payment];
    e->first_line = e->lines++ == 0 ? line : e->first_line;
    if (!l->booked) {
        e->announced++;
    } else if (l->side == STATEMENT_DEBIT && !l->returned) {
        e->debits++;
        e->debit_fen += l->amount_fen;
    } else if (l->side == STATEMENT_CREDIT && l->returned) {
        e->returns++;
        e->credit_fen += l->amount_fen;
    } else {
        e->odd++;
    }
}

static enum reconcile_reason judge_absent(const struct run *run, const struct reconcile_payment *p,
                                          const struct evidence *e)
{
    bool due = p->sent_ms != 0 && p->sent_ms < run->in->listed_before_ms;
    switch (p->state) {
    case RECONCILE_SUCCEEDED:
        return e->announced > 0 ? REASON_ANNOUNCED_ONLY : due ? REASON_NOT_LISTED : REASON_NOT_LISTED_YET;
    case RECONCILE_RETURNED: return REASON_RETURN_NOT_LISTED;
    case RECONCILE_UNKNOWN:
    case RECONCILE_ACCEPTED: return due ? REASON_OPEN_OVERDUE : REASON_OPEN;
    default: return REASON_NOTHING_MOVED;
    }
}

static enum reconcile_reason judge_paid(enum reconcile_state state)
{
    switch (state) {
    case RECONCILE_SUCCEEDED: return REASON_PAID;
    case RECONCILE_RETURNED: return REASON_RETURN_NOT_LISTED;
    case RECONCILE_FAILED: return REASON_PAID_THOUGH_FAILED;
    case RECONCILE_INTENT: return REASON_PAID_NEVER_SENT;
    default: return REASON_PAID_NEWS;
    }
}

static enum reconcile_reason judge(const struct run *run, const struct reconcile_payment *p, const struct evidence *e)
{
    if (e->odd > 0) {
        return REASON_ODD_LINE;
    }
    if (e->debits > 1) {
        return REASON_PAID_TWICE;
    }
    if (e->debits == 1 && e->debit_fen != p->amount_fen) {
        return REASON_AMOUNT_DIFFERS;
    }
    if (e->returns > 1 || (e->returns == 1 && e->credit_fen != p->amount_fen)) {
        return REASON_RETURN_DIFFERS;
    }
    if (e->returns == 1) {
        bool never = p->state == RECONCILE_INTENT || p->state == RECONCILE_FAILED;
        return never                            ? REASON_RETURN_CONTRADICTS
               : p->state == RECONCILE_RETURNED ? REASON_RETURNED
                                                : REASON_RETURN_NEWS;
    }
    if (e->in_batch && p->state == RECONCILE_SUCCEEDED) {
        return REASON_PAID_IN_BATCH;
    }
    return e->debits == 1 ? judge_paid(p->state) : judge_absent(run, p, e);
}

/* Could this payment be inside the sum of its batch? Not if a line of its own says that it was paid, or by our record
 * nothing was. */
static bool in_sum(const struct run *run, size_t payment)
{
    const struct evidence *e = &run->evidence[payment];
    enum reconcile_state state = run->in->payments[payment].state;
    return state != RECONCILE_FAILED && state != RECONCILE_INTENT && e->debits == 0 && e->odd == 0;
}

/* A batch booked in one sum: its payments that have no debit of their own make the sum, all or nothing; false when the
 * line stays alone. A payment of it that came back keeps an item of its own. */
static bool take_batch(struct run *run, size_t line)
{
    const struct statement_line *l = &run->in->lines[line];
    size_t first = 0, open = 0;
    int64_t sum = 0;
    size_t n = l->batch_id[0] == '\0' ? 0 : index_find(&run->batches, l->batch_id, &first);
    for (size_t i = first; i < first + n; i++) {
        size_t at = (size_t)(run->batches.rows[i] - run->in->payments);
        if (in_sum(run, at)) {
            open++;
            sum += run->in->payments[at].amount_fen; /* bounded by check_input */
        }
    }
    if (open == 0 || sum != l->amount_fen || (l->items > 0 && (size_t)l->items != open)) {
        return false;
    }
    struct reconcile_item *item = new_item(run, REASON_PAID_IN_BATCH);
    item_takes_line(run, item, line);
    for (size_t i = first; i < first + n; i++) {
        size_t at = (size_t)(run->batches.rows[i] - run->in->payments);
        struct evidence *e = &run->evidence[at];
        if (!in_sum(run, at)) {
            continue;
        }
        e->in_batch = true;
        e->debits++; /* also keeps a second line for the same batch off */
        e->debit_fen += run->in->payments[at].amount_fen;
        if (e->lines == 0 && run->in->payments[at].state != RECONCILE_RETURNED) {
            item->reason = run->in->payments[at].state == RECONCILE_SUCCEEDED ? item->reason : REASON_PAID_NEWS;
            item_takes_payment(run, item, at);
        }
    }
    return true;
}

static enum reconcile_reason judge_line(const struct statement_line *l)
{
    if (!l->booked) {
        return REASON_ANNOUNCED;
    }
    if (l->side == STATEMENT_DEBIT) {
        return l->batch_id[0] != '\0' && l->our_id[0] == '\0' ? REASON_BATCH_DIFFERS : REASON_UNKNOWN_DEBIT;
    }
    return l->returned ? REASON_UNKNOWN_RETURN : REASON_OTHER_CREDIT;
}

static void sort_into_items(struct run *run)
{
    const struct reconcile_input *in = run->in;
    struct reconcile_result *out = run->out;
    for (size_t i = 0; i < in->payment_count; i++) {
        out->item_of_payment[i] = RECONCILE_NOBODY;
    }
    for (size_t i = 0; i < in->line_count; i++) {
        out->item_of_line[i] = RECONCILE_NOBODY;
        run->owner[i] = payment_of(run, &in->lines[i]);
        if (run->owner[i] != RECONCILE_NOBODY) {
            note_evidence(run, run->owner[i], i);
        }
    }
    for (size_t i = 0; i < in->line_count; i++) {
        const struct statement_line *l = &in->lines[i];
        bool batch = l->booked && l->side == STATEMENT_DEBIT && !l->returned && l->our_id[0] == '\0';
        if (run->owner[i] == RECONCILE_NOBODY && !(batch && take_batch(run, i))) {
            item_takes_line(run, new_item(run, judge_line(l)), i);
        }
    }
    for (size_t i = 0; i < in->payment_count; i++) {
        if (out->item_of_payment[i] == RECONCILE_NOBODY) {
            item_takes_payment(run, new_item(run, judge(run, &in->payments[i], &run->evidence[i])), i);
        }
    }
    for (size_t i = 0; i < in->line_count; i++) {
        if (run->owner[i] != RECONCILE_NOBODY) {
            item_takes_line(run, &out->items[out->item_of_payment[run->owner[i]]], i);
        }
    }
}

static void add_up(struct run *run)
{
    struct reconcile_result *r = run->out;
    for (size_t i = 0; i < r->count; i++) {
        const struct reconcile_item *item = &r->items[i];
        struct reconcile_totals *t = &r->buckets[reconcile_bucket_of(item->reason)];
        t->items++;
        t->payments += item->payments;
        t->lines += item->lines;
        t->ours_fen += item->ours_fen;
        t->debit_fen += item->debit_fen;
        t->credit_fen += item->credit_fen;
        if (item->payments > 0 || item->reason == REASON_PAID_IN_BATCH) {
            r->statement_paid_fen += item->debit_fen;
            r->statement_returned_fen += item->credit_fen;
        }
    }
    for (size_t i = 0; i < run->in->payment_count; i++) {
        const struct reconcile_payment *p = &run->in->payments[i];
        bool back = p->state == RECONCILE_RETURNED;
        r->payments_paid_fen += back || p->state == RECONCILE_SUCCEEDED ? p->amount_fen : 0;
        r->payments_returned_fen += back ? p->amount_fen : 0;
    }
    int64_t out_fen = r->payments_paid_fen - r->payments_returned_fen;
    r->ledger_gap_fen = run->in->ledger.paid_fen - run->in->ledger.returned_fen - out_fen;
    r->statement_gap_fen = out_fen - (r->statement_paid_fen - r->statement_returned_fen);
    r->clean = r->ledger_gap_fen == 0 && r->statement_gap_fen == 0 && r->buckets[RECONCILE_OURS_ONLY].items == 0 &&
               r->buckets[RECONCILE_THEIRS_ONLY].items == 0;
}

enum err reconcile(const struct reconcile_input *in, struct reconcile_result *out)
{
    struct reconcile_result result = {.count = 0};
    struct run run = {.in = in, .out = &result};
    enum err err = check_input(in);
    if (err == ERR_OK) {
        result.items = calloc(in->line_count + in->payment_count + 1, sizeof(*result.items));
        result.item_of_line = calloc(in->line_count + 1, sizeof(*result.item_of_line));
        result.item_of_payment = calloc(in->payment_count + 1, sizeof(*result.item_of_payment));
        run.evidence = calloc(in->payment_count + 1, sizeof(*run.evidence));
        run.owner = calloc(in->line_count + 1, sizeof(*run.owner));
        bool room = result.items != NULL && result.item_of_line != NULL && result.item_of_payment != NULL;
        err = room && run.evidence != NULL && run.owner != NULL ? ERR_OK : ERR_NO_MEMORY;
    }
    if (err == ERR_OK) {
        err = index_make(in, offsetof(struct reconcile_payment, id), by_id, &run.ids);
    }
    if (err == ERR_OK) {
        err = index_make(in, offsetof(struct reconcile_payment, bank_ref), by_ref, &run.refs);
    }
    if (err == ERR_OK) {
        err = index_make(in, offsetof(struct reconcile_payment, batch_id), by_batch, &run.batches);
    }
    for (size_t i = 1; err == ERR_OK && i < in->payment_count; i++) {
        err = strcmp(run.ids.rows[i - 1]->id, run.ids.rows[i]->id) == 0 ? ERR_INPUT : ERR_OK;
    }
    if (err == ERR_OK) {
        sort_into_items(&run);
        add_up(&run);
        *out = result;
    } else {
        reconcile_release(&result);
    }
    free(run.evidence);
    free(run.owner);
    free(run.ids.rows);
    free(run.refs.rows);
    free(run.batches.rows);
    return err;
}

void reconcile_release(struct reconcile_result *r)
{
    free(r->items);
    free(r->item_of_line);
    free(r->item_of_payment);
    memset(r, 0, sizeof(*r));
}
