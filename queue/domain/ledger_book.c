/* The books that come out of the entries: rows in arrays, found by open addressing. */
#include <stdlib.h>
#include "queue/domain/ledger.h"

/* Rows of one size, the key in front of each. index holds 1 + the row's number, 0 = free. */
struct table {
    void *rows;
    uint32_t *index;
    size_t count, cap, index_size; /* index_size: a power of 2, at least twice cap */
};

struct ledger_book {
    struct table funds; /* struct ledger_fund */
    struct table cases; /* struct ledger_case */
};

static uint64_t hash_of(struct slice a, struct slice b) /* FNV-1a, a bar between the parts */
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < a.len; i++) {
        hash = (hash ^ (unsigned char)a.ptr[i]) * UINT64_C(1099511628211);
    }
    hash = (hash ^ '|') * UINT64_C(1099511628211);
    for (size_t i = 0; i < b.len; i++) {
        hash = (hash ^ (unsigned char)b.ptr[i]) * UINT64_C(1099511628211);
    }
    return hash ^ hash >> 32;
}

static struct ledger_fund *fund_row(const struct table *t, size_t i)
{
    return (struct ledger_fund *)t->rows + i;
}

static struct ledger_case *case_row(const struct table *t, size_t i)
{
    return (struct ledger_case *)t->rows + i;
}

static bool fund_is(const struct table *t, size_t i, struct slice code, struct slice none)
{
    (void)none;
    return slice_is(code, fund_row(t, i)->code);
}

static bool case_is(const struct table *t, size_t i, struct slice no, struct slice fund)
{
    return slice_is(no, case_row(t, i)->no) && slice_is(fund, case_row(t, i)->fund);
}

/* Where the row with this key stands in the index, or the free place for it. The index is never
 * full. */
static size_t place(const struct table *t,
                    bool (*is)(const struct table *, size_t, struct slice, struct slice),
                    struct slice a, struct slice b)
{
    size_t at = (size_t)hash_of(a, b) & (t->index_size - 1);
    while (t->index[at] != 0 && !is(t, t->index[at] - 1, a, b)) {
        at = (at + 1) & (t->index_size - 1);
    }
    return at;
}

static enum err grow(struct ledger_book *b, struct table *t, size_t row_size)
{
    bool funds = t == &b->funds;
    size_t most = funds ? LEDGER_FUNDS_MAX : LEDGER_CASES_MAX;
    if (t->count == most) {
        return ERR_LIMIT;
    }
    size_t cap = t->cap == 0 ? 256 : t->cap * 2 > most ? most : t->cap * 2;
    size_t index_size = 512;
    while (index_size < cap * 2) {
        index_size *= 2;
    }
    void *rows = realloc(t->rows, cap * row_size);
    if (rows == NULL) {
        return ERR_NO_MEMORY;
    }
    t->rows = rows;
    uint32_t *index = calloc(index_size, sizeof(*index));
    if (index == NULL) {
        return ERR_NO_MEMORY;
    }
    free(t->index);
    t->index = index;
    t->index_size = index_size;
    t->cap = cap;
    for (size_t i = 0; i < t->count; i++) {
        size_t at =
            funds ? place(t, fund_is, slice_of(fund_row(t, i)->code), slice_make(NULL, 0))
                  : place(t, case_is, slice_of(case_row(t, i)->no), slice_of(case_row(t, i)->fund));
        t->index[at] = (uint32_t)i + 1;
    }
    return ERR_OK;
}

static enum err fund_of(struct ledger_book *b, struct slice code, struct ledger_fund **out)
{
    struct table *t = &b->funds;
    enum err err = ERR_OK;
    if (t->count == t->cap) {
        err = grow(b, t, sizeof(struct ledger_fund));
    }
    if (err != ERR_OK) {
        return err;
    }
    size_t at = place(t, fund_is, code, slice_make(NULL, 0));
    if (t->index[at] == 0) {
        struct ledger_fund row = {.postings = 0};
        err = slice_copy(code, row.code, sizeof(row.code));
        if (err != ERR_OK) {
            return err;
        }
        *fund_row(t, t->count) = row;
        t->index[at] = (uint32_t)++t->count;
    }
    *out = fund_row(t, t->index[at] - 1);
    return ERR_OK;
}

static enum err case_of(struct ledger_book *b, struct slice no, struct slice fund,
                        struct ledger_case **out)
{
    struct table *t = &b->cases;
    enum err err = ERR_OK;
    if (t->count == t->cap) {
        err = grow(b, t, sizeof(struct ledger_case));
    }
    if (err != ERR_OK) {
        return err;
    }
    size_t at = place(t, case_is, no, fund);
    if (t->index[at] == 0) {
        struct ledger_case row = {.held_fen = 0};
        err = slice_copy(no, row.no, sizeof(row.no));
        if (err == ERR_OK) {
            err = slice_copy(fund, row.fund, sizeof(row.fund));
        }
        if (err != ERR_OK) {
            return err;
        }
        *case_row(t, t->count) = row;
        t->index[at] = (uint32_t)++t->count;
    }
    *out = case_row(t, t->index[at] - 1);
    return ERR_OK;
}

enum err ledger_book_new(struct ledger_book **out)
{
    struct ledger_book *b = calloc(1, sizeof(*b));
    if (b == NULL) {
        return ERR_NO_MEMORY;
    }
    *out = b;
    return ERR_OK;
}

void ledger_book_free(struct ledger_book *b)
{
    if (b == NULL) {
        return;
    }
    free(b->funds.rows);
    free(b->funds.index);
    free(b->cases.rows);
    free(b->cases.index);
    free(b);
}

static void case_add(struct ledger_case *c, enum ledger_account a, int64_t fen)
{
    switch (a) {
    case ACCOUNT_HELD:
    case ACCOUNT_CASH_HELD: c->held_fen += fen; break;
    case ACCOUNT_UNREVIEWED:
        c->unreviewed_fen += fen;
        c->arrived_fen += fen;
        break;
    case ACCOUNT_CONFIRMED:
    case ACCOUNT_RECOVERING:
    case ACCOUNT_RECOVERED:
    case ACCOUNT_WRITTEN_OFF: c->arrived_fen += fen; break;
    default: break;
    }
}

/* What comes back though its person had repaid it never arrived either. */
static void case_post(struct ledger_case *c, const struct ledger_posting *p)
{
    case_add(c, p->from, -p->amount_fen);
    case_add(c, p->to, p->amount_fen);
    if (p->from == ACCOUNT_OWED) {
        c->owed_fen += p->amount_fen;
        c->arrived_fen -= p->amount_fen;
    }
    if (p->to == ACCOUNT_OWED) {
        c->owed_fen -= p->amount_fen;
    }
}

enum err ledger_book_post(struct ledger_book *b, struct slice entity,
                          const struct ledger_posting *p, enum ledger_fault *fault)
{
    struct ledger_fund *f = NULL;
    struct ledger_case *c = NULL;
    ASSERT(p->from < ACCOUNT_COUNT && p->to < ACCOUNT_COUNT && p->amount_fen > 0);
    enum err err = fund_of(b, slice_of(p->fund), &f);
    if (err == ERR_OK && slice_all_digits(entity)) {
        err = case_of(b, entity, slice_of(p->fund), &c);
    }
    if (err != ERR_OK) {
        return err;
    }
    int64_t from =
        f->balance_fen[p->from] + (ledger_account_source(p->from) ? p->amount_fen : -p->amount_fen);
    int64_t to =
        f->balance_fen[p->to] + (ledger_account_source(p->to) ? -p->amount_fen : p->amount_fen);
    if (from > AMOUNT_FEN_MAX || to > AMOUNT_FEN_MAX || from < -AMOUNT_FEN_MAX ||
        to < -AMOUNT_FEN_MAX) {
        *fault = LEDGER_FAULT_OVERFLOW;
        return ERR_OK;
    }
    *fault = !ledger_way(p->from, p->to) ? LEDGER_FAULT_WAY
             : from < 0 || to < 0        ? LEDGER_FAULT_NEGATIVE
                                         : LEDGER_FINE;
    f->postings++;
    if (p->from != p->to) {
        f->balance_fen[p->from] = from;
        f->balance_fen[p->to] = to;
        if (c != NULL) {
            case_post(c, p);
        }
    }
    return ERR_OK;
}

enum err ledger_book_case(struct ledger_book *b, struct slice no)
{
    struct ledger_case *c;
    return case_of(b, no, SLICE_LIT(""), &c);
}

size_t ledger_book_funds(const struct ledger_book *b)
{
    return b->funds.count;
}

const struct ledger_fund *ledger_book_fund_at(const struct ledger_book *b, size_t i)
{
    ASSERT(i < b->funds.count);
    return fund_row(&b->funds, i);
}

const struct ledger_fund *ledger_book_fund(const struct ledger_book *b, struct slice code)
{
    if (b->funds.count == 0) {
        return NULL;
    }
    size_t at = place(&b->funds, fund_is, code, slice_make(NULL, 0));
    return b->funds.index[at] == 0 ? NULL : fund_row(&b->funds, b->funds.index[at] - 1);
}

size_t ledger_book_cases(const struct ledger_book *b)
{
    return b->cases.count;
}

const struct ledger_case *ledger_book_case_at(const struct ledger_book *b, size_t i)
{
    ASSERT(i < b->cases.count);
    return case_row(&b->cases, i);
}

const struct ledger_case *ledger_book_case_of(const struct ledger_book *b, struct slice no,
                                              struct slice fund)
{
    if (b->cases.count == 0) {
        return NULL;
    }
    size_t at = place(&b->cases, case_is, no, fund);
    return b->cases.index[at] == 0 ? NULL : case_row(&b->cases, b->cases.index[at] - 1);
}

int64_t ledger_book_loans_gap_fen(const struct ledger_book *b)
{
    int64_t gap = 0;
    for (size_t i = 0; i < b->funds.count; i++) {
        const struct ledger_fund *f = fund_row(&b->funds, i);
        gap += f->balance_fen[ACCOUNT_LENT] - f->balance_fen[ACCOUNT_BORROWED];
    }
    return gap;
}
