#include "ops/ctl/ledger_proof.h"

#include <stdio.h>
#include <stdlib.h>
#include "ops/ctl/ctl.h"
#include "ops/ctl/ctl_store.h"

#define FUNDS_OF_CASE_MAX 128

static void differ(struct ledger_proof *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void differ(struct ledger_proof *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("DIFFERENCE ", stdout);
    vprintf(fmt, args);
    putchar('\n');
    va_end(args);
    p->differences++;
}

static bool failed(enum err err, const char *what)
{
    ctl_complain("%s: %s", what, err_text(err));
    return false;
}

/* ---- Entries ---- */

static bool take_entry(struct ledger_proof *p, const struct ledger_entry *e)
{
    struct ledger_posting postings[LEDGER_POSTINGS_MAX];
    size_t n = 0;
    p->events++;
    if (slice_all_digits(e->entity)) {
        enum err err = ledger_book_case(p->book, e->entity);
        if (err != ERR_OK && err != ERR_TOO_LARGE) {
            return failed(err, "cannot keep the books");
        }
    }
    if (e->json.len == 0) {
        return true;
    }
    if (ledger_postings_read(e->json, postings, &n) != ERR_OK) {
        differ(p, "entry %.*s of %.*s: its postings cannot be read", SLICE_FMT(e->id),
               SLICE_FMT(e->entity));
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        enum ledger_fault fault = LEDGER_FINE;
        enum err err = ledger_book_post(p->book, e->entity, &postings[i], &fault);
        if (err != ERR_OK) {
            return failed(err, "cannot keep the books");
        }
        p->postings++;
        if (fault != LEDGER_FINE) {
            differ(p, "entry %.*s of %.*s: fund %s, %s to %s, %lld fen: %s", SLICE_FMT(e->id),
                   SLICE_FMT(e->entity), postings[i].fund, ledger_account_word(postings[i].from),
                   ledger_account_word(postings[i].to), (long long)postings[i].amount_fen,
                   ledger_fault_text(fault));
        }
    }
    return true;
}

/* Bring the books up to the event `upto`, which is never older than where they are. */
static bool advance(struct ledger_proof *p, struct slice upto)
{
    char from[EVENT_ID_SIZE + 1], to[EVENT_ID_SIZE];
    if (slice_copy(upto, to, sizeof(to)) != ERR_OK) {
        return failed(ERR_CORRUPT, "the store's answer");
    }
    while (strcmp(p->at, to) != 0) {
        redisReply *reply = NULL;
        snprintf(from, sizeof(from), "(%s", p->at);
        ledger_scan_write(store_fcall(p->store), p->region, slice_of(from), slice_of(to),
                          LEDGER_SCAN_MAX, SLICE_LIT(""));
        if (!ctl_store_call(p->store, &reply)) {
            return false;
        }
        bool ok = true;
        for (size_t i = 0; i < ledger_scan_count(reply) && ok; i++) {
            struct ledger_entry e;
            ledger_scan_at(reply, i, &e);
            ok = take_entry(p, &e);
        }
        struct slice next = ledger_scan_next(reply);
        ok = slice_copy(next.len > 0 ? next : slice_of(to), p->at, sizeof(p->at)) == ERR_OK && ok;
        freeReplyObject(reply);
        if (!ok) {
            return false;
        }
    }
    return true;
}

/* ---- Balances ---- */

static void compare_fund(struct ledger_proof *p, const struct ledger_fund_row *row)
{
    static const struct ledger_fund none = {.postings = 0};
    const struct ledger_fund *f = ledger_book_fund(p->book, row->code);
    f = f == NULL ? &none : f;
    for (size_t a = 0; a < ACCOUNT_COUNT; a++) {
        if (f->balance_fen[a] != row->balance_fen[a]) {
            differ(p, "fund %.*s %s: entries %lld, stored %lld", SLICE_FMT(row->code),
                   ledger_account_word((enum ledger_account)a), (long long)f->balance_fen[a],
                   (long long)row->balance_fen[a]);
        }
    }
    if (ledger_imbalance_fen(row->balance_fen) != 0) {
        differ(p, "fund %.*s: its accounts add up to %lld, not to 0", SLICE_FMT(row->code),
               (long long)ledger_imbalance_fen(row->balance_fen));
    }
    if (row->overdue_fen > row->balance_fen[ACCOUNT_UNREVIEWED]) {
        differ(p, "fund %.*s: overdue %lld is more than unreviewed %lld", SLICE_FMT(row->code),
               (long long)row->overdue_fen, (long long)row->balance_fen[ACCOUNT_UNREVIEWED]);
    }
}

static bool compare_funds(struct ledger_proof *p, size_t *listed)
{
    static struct ledger_fund_row rows[LEDGER_FUNDS_PAGE];
    struct ledger_funds_page page = {.total = 1};
    size_t at = 0;
    while (at < (size_t)page.total) {
        redisReply *reply = NULL;
        ledger_funds_write(store_fcall(p->store), p->region, (int64_t)at, LEDGER_FUNDS_PAGE);
        if (!ctl_store_call(p->store, &reply)) {
            return false;
        }
        enum err err = ledger_funds_read(reply, &page, rows);
        bool ok = err == ERR_OK ? advance(p, page.last_event) : failed(err, "the store's answer");
        for (size_t i = 0; i < page.count && ok; i++) {
            compare_fund(p, &rows[i]);
        }
        at += page.count;
        freeReplyObject(reply);
        if (!ok || page.count == 0) {
            *listed = at;
            return ok;
        }
    }
    *listed = at;
    return true;
}

/* ---- Payments ---- */

/* What the payments, the grant and the recovery of a case say about one fund. */
struct expected {
    char fund[DIVISION_CODE_SIZE];
    int64_t held_fen, unreviewed_fen, arrived_fen, owed_fen;
};

struct expectation {
    struct expected funds[FUNDS_OF_CASE_MAX];
    size_t count;
    int64_t granted_fen; /* what payments of the grant in force have brought */
};

static struct expected *of_fund(struct expectation *x, struct slice fund)
{
    size_t i = 0;
    while (i < x->count && !slice_is(fund, x->funds[i].fund)) {
        i++;
    }
    if (i == x->count) {
        x->funds[i] = (struct expected){.held_fen = 0};
        if (x->count == FUNDS_OF_CASE_MAX ||
            slice_copy(fund, x->funds[i].fund, DIVISION_CODE_SIZE) != ERR_OK) {
            return NULL;
        }
        x->count++;
    }
    return &x->funds[i];
}

static void against_statement(struct ledger_proof *p, const char *id,
                              const struct payment_detail *pay)
{
    size_t n = 0, paid = 0, returned = 0;
    struct ledger_statement_row *row = ledger_statement_of(p->statement, id, &n);
    for (size_t i = 0; i < n; i++) {
        row[i].seen = true;
        paid += !row[i].returned;
        returned += row[i].returned;
        if (row[i].fen != pay->amount_fen) {
            differ(p, "payment %s: statement %lld fen, ours %lld", id, (long long)row[i].fen,
                   (long long)pay->amount_fen);
        }
    }
    bool want_paid = pay->state == PAYMENT_SUCCEEDED || pay->state == PAYMENT_RETURNED;
    bool maybe =
        pay->state == PAYMENT_RETURNED; /* what never left the bank need not be on its statement */
    bool fine = pay->state == PAYMENT_SUCCEEDED  ? paid == 1 && returned == 0
                : pay->state == PAYMENT_RETURNED ? paid == returned && paid <= 1
                                                 : paid == 0 && returned == 0;
    if (!fine || (want_paid && paid == 0 && !maybe)) {
        differ(p, "payment %s is %s: the statement has it %zu times paid and %zu times returned",
               id, payment_state_word(pay->state), paid, returned);
    }
}

static bool add_payment(struct ledger_proof *p, struct expectation *x, const char *no, size_t i,
                        struct slice text)
{
    struct payment_detail pay;
    char id[PAYMENT_ID_SIZE];
    payment_id_write(no, 'A', (int)i + 1, id);
    p->payments++;
    struct expected *f = payment_detail_read(text, &pay) == ERR_OK ? of_fund(x, pay.fund) : NULL;
    if (f == NULL) {
        differ(p, "payment %s cannot be read", id);
        return false;
    }
    bool waits = pay.state == PAYMENT_INTENT || pay.state == PAYMENT_UNKNOWN ||
                 pay.state == PAYMENT_ACCEPTED;
    if (waits && !pay.grant) { /* of a grant, all that is not paid is held */
        f->held_fen += pay.amount_fen;
    }
    if (pay.state == PAYMENT_SUCCEEDED) {
        f->arrived_fen += pay.amount_fen;
        x->granted_fen += pay.grant && !pay.earlier ? pay.amount_fen : 0;
        f->unreviewed_fen += pay.grant || pay.reviewed ? 0 : pay.amount_fen;
    }
    if (p->statement != NULL && pay.method == 'b') {
        against_statement(p, id, &pay);
    }
    return true;
}

static bool add_rest(struct ledger_proof *p, struct expectation *x, const char *no,
                     const struct ledger_case_row *row)
{
    static struct ledger_part parts[RECOVERY_PARTS_MAX];
    struct ledger_part rest;
    struct slice status = slice_make(NULL, 0);
    size_t n = 0;
    if (grant_rest_read(row->grant, x->granted_fen, &rest) != ERR_OK ||
        recovery_read(row->recovery, &status, parts, &n) != ERR_OK) {
        differ(p, "case %s: its grant or its recovery cannot be read", no);
        return false;
    }
    struct expected *f = rest.fen != 0 ? of_fund(x, slice_of(rest.fund)) : NULL;
    if (f != NULL) {
        f->held_fen += rest.fen;
    }
    for (size_t i = 0; i < n; i++) {
        const struct ledger_part *part = &parts[i];
        f = part->kind == 'u' || part->kind == 'o' ? of_fund(x, slice_of(part->fund)) : NULL;
        if (f != NULL && part->kind == 'u') {
            f->unreviewed_fen += part->fen;
        } else if (f != NULL) { /* repaid and returned: held for its person */
            f->owed_fen += part->fen;
            f->held_fen += part->fen;
        }
    }
    return true;
}

static void compare_case(struct ledger_proof *p, const char *no, const struct expectation *x)
{
    static const struct ledger_case none = {.held_fen = 0};
    for (size_t i = 0; i < x->count; i++) {
        const struct expected *e = &x->funds[i];
        const struct ledger_case *c = ledger_book_case_of(p->book, slice_of(no), slice_of(e->fund));
        if (c != NULL) {
            p->seen[c - ledger_book_case_at(p->book, 0)] = 1;
        }
        c = c == NULL ? &none : c;
        const struct {
            const char *what;
            int64_t entries_fen, payments_fen;
        } SIDES[] = {{"held", c->held_fen, e->held_fen},
                     {"unreviewed", c->unreviewed_fen, e->unreviewed_fen},
                     {"arrived", c->arrived_fen, e->arrived_fen},
                     {"owed", c->owed_fen, e->owed_fen}};
        for (size_t k = 0; k < COUNT_OF(SIDES); k++) {
            if (SIDES[k].entries_fen != SIDES[k].payments_fen) {
                differ(p, "case %s fund %s %s: entries %lld, payments %lld", no, e->fund,
                       SIDES[k].what, (long long)SIDES[k].entries_fen,
                       (long long)SIDES[k].payments_fen);
            }
        }
    }
}

static bool grow_seen(struct ledger_proof *p)
{
    size_t want = ledger_book_cases(p->book);
    if (want <= p->seen_size) {
        return true;
    }
    want = want * 2 + 1024;
    unsigned char *seen = realloc(p->seen, want);
    if (seen == NULL) {
        return failed(ERR_NO_MEMORY, "cannot keep the books");
    }
    memset(seen + p->seen_size, 0, want - p->seen_size);
    p->seen = seen;
    p->seen_size = want;
    return true;
}

static bool compare_batch(struct ledger_proof *p, char nos[][CASE_NO_SIZE], size_t n)
{
    static struct expectation x;
    redisReply *reply = NULL;
    size_t cursor = 0;
    ledger_cases_begin(store_fcall(p->store), p->region);
    for (size_t i = 0; i < n; i++) {
        fcall_text(store_fcall(p->store), nos[i]);
    }
    if (!ctl_store_call(p->store, &reply)) {
        return false;
    }
    bool ok = advance(p, ledger_cases_last_event(reply)) && grow_seen(p);
    for (size_t i = 0; i < n && ok; i++) {
        struct ledger_case_row row;
        enum err err = ledger_cases_next(reply, &cursor, &row);
        ok = err == ERR_OK || failed(err, "the store's answer");
        x.count = 0;
        x.granted_fen = 0;
        bool readable = ok;
        for (size_t k = 0; readable && k < row.payments; k++) {
            readable = add_payment(p, &x, nos[i], k, ledger_case_payment(reply, &row, k));
        }
        if (readable && add_rest(p, &x, nos[i], &row)) {
            compare_case(p, nos[i], &x);
        }
    }
    freeReplyObject(reply);
    return ok;
}

/* Every case that was met has a row without a fund; the books may grow on the way. */
static bool compare_cases(struct ledger_proof *p)
{
    char nos[STORE_BATCH_MAX][CASE_NO_SIZE];
    size_t n = 0;
    for (size_t i = 0; i < ledger_book_cases(p->book); i++) {
        const struct ledger_case *c = ledger_book_case_at(p->book, i);
        if (c->fund[0] == '\0') {
            memcpy(nos[n++], c->no, CASE_NO_SIZE);
        }
        if (n == STORE_BATCH_MAX || (n > 0 && i + 1 == ledger_book_cases(p->book))) {
            if (!compare_batch(p, nos, n)) {
                return false;
            }
            n = 0;
        }
    }
    if (!grow_seen(p)) {
        return false;
    }
    for (size_t i = 0; i < ledger_book_cases(p->book); i++) {
        const struct ledger_case *c = ledger_book_case_at(p->book, i);
        if (c->fund[0] != '\0' && p->seen[i] == 0 &&
            (c->held_fen != 0 || c->unreviewed_fen != 0 || c->arrived_fen != 0 ||
             c->owed_fen != 0)) {
            differ(p, "case %s fund %s: entries held %lld, arrived %lld, but no payment from there",
                   c->no, c->fund, (long long)c->held_fen, (long long)c->arrived_fen);
        }
    }
    return true;
}

static void compare_sums(struct ledger_proof *p, size_t listed)
{
    int64_t sum_fen = 0;
    for (size_t i = 0; i < ledger_book_funds(p->book); i++) {
        sum_fen += ledger_imbalance_fen(ledger_book_fund_at(p->book, i)->balance_fen);
    }
    if (sum_fen != 0) {
        differ(p, "all accounts add up to %lld, not to 0", (long long)sum_fen);
    }
    if (ledger_book_loans_gap_fen(p->book) != 0) {
        differ(p, "lent less borrowed is %lld, not 0",
               (long long)ledger_book_loans_gap_fen(p->book));
    }
    if (ledger_book_funds(p->book) > listed) {
        differ(p, "%zu funds have entries, %zu are listed", ledger_book_funds(p->book), listed);
    }
    for (size_t i = 0; p->statement != NULL && i < p->statement->count; i++) {
        const struct ledger_statement_row *row = &p->statement->rows[i];
        if (!row->seen) {
            differ(p, "payment %s: on the statement (%lld fen, %s), but not one of ours", row->id,
                   (long long)row->fen, row->returned ? "returned" : "paid");
        }
    }
}

bool ledger_prove(struct store *store, const char *region, struct ledger_statement *statement,
                  uint64_t *differences)
{
    struct ledger_proof p = {.store = store, .region = region, .statement = statement, .at = "0-0"};
    size_t listed = 0;
    enum err err = ledger_book_new(&p.book);
    if (err != ERR_OK) {
        return failed(err, "cannot keep the books");
    }
    bool ok = compare_funds(&p, &listed) && compare_cases(&p);
    if (ok) {
        compare_sums(&p, listed);
        printf("%s: %llu events, %llu postings, %zu funds, %llu payments, %llu differences, up to "
               "event %s\n",
               p.differences == 0 ? "the books are right" : "THE BOOKS ARE WRONG",
               (unsigned long long)p.events, (unsigned long long)p.postings,
               ledger_book_funds(p.book), (unsigned long long)p.payments,
               (unsigned long long)p.differences, p.at);
    }
    *differences = p.differences;
    ledger_book_free(p.book);
    free(p.seen);
    return ok;
}
