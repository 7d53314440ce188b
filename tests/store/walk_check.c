#include "tests/store/walk.h"

#include <stdio.h>

/* How a case that breaks a rule came there. */
static void print_history(const char *no)
{
    struct slice township, inbox;
    size_t n = 0;
    case_events_write(store_fcall(store), REGION, slice_of(no));
    const redisReply *reply = send_call();
    assert_ok(case_events_read(reply, &township, &inbox, &n));
    for (size_t i = 0; i < n; i++) {
        print_error("%.*s\n", SLICE_FMT(reply_text_at(reply, 2 + i)));
    }
}

static void assert_somewhere(const char *no, enum case_state state, const char *owner)
{
    char key[64];
    if (case_state_final(state)) {
        return;
    }
    if (state == CASE_RECEIVED) {
        static const char *const parts[] = {"q:route:ready", "q:route:leased", "q:route:delayed",
                                            "q:route:dead"};
        assert_int_equal(in_set(parts[0], no) + in_set(parts[1], no) + in_set(parts[2], no) +
                             in_set(parts[3], no),
                         1);
        return;
    }
    snprintf(key, sizeof(key), "township:%s:inbox", owner);
    bool inbox = in_set(key, no);
    snprintf(key, sizeof(key), "township:%s:held", owner);
    if (inbox + in_set(key, no) != 1) {
        print_history(no);
        fail_msg("%s is %s, belongs to '%s' and is in %s", no, case_state_word(state), owner,
                 inbox ? "both" : "neither");
    }
}

/* What the cases say about a fund. */
struct sums {
    int64_t held, unreviewed, arrived, overdue, overdue_payments, recovering, written_off, owed;
};

static struct sums *of(struct sums *sums, struct slice code)
{
    for (size_t i = 0; i < WALK_FUNDS; i++) {
        if (slice_is(code, walk_funds[i])) {
            return &sums[i];
        }
    }
    fail_msg("money from '%.*s'", SLICE_FMT(code));
    return sums;
}

/* What the payments of one case add up to. */
struct payments {
    size_t open_aid, open, paid_aid;
    int64_t live_fen,
        granted_fen; /* paid or on its way by first aid, arrived by grants; by the grant in force */
};

static void add_payment(struct sums *sums, struct slice text, struct payments *p)
{
    struct payment_detail pay;
    assert_ok(payment_detail_read(text, &pay));
    struct sums *s = of(sums, pay.fund);
    bool waits = pay.state == PAYMENT_INTENT || pay.state == PAYMENT_UNKNOWN ||
                 pay.state == PAYMENT_ACCEPTED;
    bool there = pay.state == PAYMENT_SUCCEEDED;
    s->held += waits && !pay.grant ? pay.amount_fen : 0;
    s->arrived += there ? pay.amount_fen : 0;
    s->unreviewed += there && !pay.grant && !pay.reviewed ? pay.amount_fen : 0;
    s->overdue += there && pay.overdue ? pay.amount_fen : 0;
    s->overdue_payments += there && pay.overdue;
    p->open += waits;
    p->open_aid += waits && !pay.grant;
    p->paid_aid += there && !pay.grant;
    p->live_fen += there || (waits && !pay.grant) ? pay.amount_fen : 0;
    p->granted_fen += there && pay.grant && !pay.earlier ? pay.amount_fen : 0;
}

/* What hangs on a case besides; answers the rest of its grant. */
static int64_t add_rest(struct sums *sums, const struct ledger_case_row *row, int64_t granted_fen)
{
    static struct ledger_part parts[RECOVERY_PARTS_MAX];
    struct ledger_part rest;
    struct slice status;
    size_t n;
    assert_ok(grant_rest_read(row->grant, granted_fen, &rest));
    assert_ok(recovery_read(row->recovery, &status, parts, &n));
    assert_true(rest.fen >= 0);
    if (rest.fen > 0) {
        of(sums, slice_of(rest.fund))->held += rest.fen;
    }
    for (size_t i = 0; i < n; i++) {
        struct sums *s = of(sums, slice_of(parts[i].fund));
        bool open = recovery_part_open(&parts[i]);
        s->unreviewed += parts[i].kind == 'u' ? parts[i].fen : 0;
        s->recovering += parts[i].kind == 'r' ? parts[i].fen : 0;
        s->written_off += parts[i].kind == 'w' ? parts[i].fen : 0;
        s->held += parts[i].kind == 'o' ? parts[i].fen : 0;
        s->owed += parts[i].kind == 'o' ? parts[i].fen : 0;
        assert_true(!open || slice_is(status, parts[i].kind == 'r' ? "RECOVERING" : "FAILED"));
    }
    return rest.fen;
}

/* Is something of what a review found wrong not settled yet, is the citizen owed something? */
static void look_at_recovery(const struct ledger_case_row *row, bool *open, bool *owed)
{
    static struct ledger_part parts[RECOVERY_PARTS_MAX];
    struct slice status;
    size_t n;
    *open = *owed = false;
    assert_ok(recovery_read(row->recovery, &status, parts, &n));
    for (size_t i = 0; i < n; i++) {
        *open = *open || recovery_part_open(&parts[i]);
        *owed = *owed || parts[i].kind == 'o';
    }
}

static bool has_task(const char *no)
{
    char id[64], text[16];
    snprintf(id, sizeof(id), "surplus:%s", no);
    redis_text(&redis, text, sizeof(text), "HEXISTS", "{" REGION "}:tasks", id, NULL);
    return text[0] == '1';
}

static void check_case(const char *no, struct sums *sums)
{
    struct ledger_case_row row;
    struct payments p = {.open = 0};
    size_t cursor = 0;
    ledger_cases_begin(store_fcall(store), REGION);
    fcall_text(store_fcall(store), no);
    const redisReply *reply = send_call();
    assert_ok(ledger_cases_next(reply, &cursor, &row));
    for (size_t i = 0; i < row.payments; i++) {
        add_payment(sums, ledger_case_payment(reply, &row, i), &p);
    }
    int64_t rest_fen = add_rest(sums, &row, p.granted_fen);
    bool open = false, owed = false;
    look_at_recovery(&row, &open, &owed);
    struct case_view view;
    case_get_write(store_fcall(store), REGION, slice_of(no));
    assert_ok(case_get_read(send_call(), &view));
    enum case_state state = view.state;
    if (view.approved_fen != p.live_fen + rest_fen) {
        print_history(no);
        fail_msg("%s is %s: %lld fen approved, %lld paid or under way, %lld to come", no,
                 case_state_word(view.state), (long long)view.approved_fen, (long long)p.live_fen,
                 (long long)rest_fen);
    }
    const struct {
        const char *what;
        bool holds;
    } RULES[] = {
        {"one payment under way per case at most", p.open <= 1},
        {"no first aid without a review duty", p.open_aid + p.paid_aid == 0 || view.review.len > 0},
        {"the duty stands while first aid is under way",
         p.open_aid == 0 || !slice_starts_with(view.review, "VOID")},
        {"paid first aid", state != CASE_FIRST_AID_PAID || p.paid_aid > 0},
        {"first aid under way", state != CASE_FIRST_AID_APPROVED || p.open_aid == 1},
        {"a payment under way", state != CASE_PAYING || p.open == 1},
        {"nothing open at the end", !case_state_final(state) || (p.open == 0 && rest_fen == 0)},
        {"a recovery is open exactly while somebody decides on it or waits for it",
         open == (state == CASE_REVIEW_FAILED || state == CASE_RECOVERING)},
        {"a surplus is somebody's task, and nothing else is", has_task(no) == owed},
        {"a case with a surplus does not end",
         !owed || state == CASE_ARCHIVED || !case_state_final(state)},
    };
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        if (!RULES[i].holds) {
            print_history(no);
            fail_msg("%s is %s: %s", no, case_state_word(state), RULES[i].what);
        }
    }
    bool unpaid = state == CASE_WITHDRAWN || state == CASE_REJECTED || state == CASE_CANCELLED ||
                  state == CASE_DUPLICATE || state == CASE_CONSULT_CLOSED;
    if (unpaid && view.approved_fen != 0) {
        fail_msg("%s is %s with %lld fen", no, case_state_word(state),
                 (long long)view.approved_fen);
    }
    char owner[DIVISION_CODE_SIZE];
    struct slice inbox = view.inbox; /* what was escalated is shown to the region's desk as well */
    assert_ok(slice_copy(slice_cut(&inbox, ','), owner, sizeof(owner)));
    assert_somewhere(no, state, owner);
}

/* What acts of the funds have moved out of what payments brought: recovered money restored, missing
 * cash written off; and what came back a second time: it stays where the first time has brought it.
 * Of that the missing cash alone. */
static int64_t moved_fen[WALK_FUNDS], missing_fen[WALK_FUNDS];

void walk_check(void)
{
    struct sums sums[WALK_FUNDS] = {{.held = 0}};
    walk_prove_books();
    for (int i = 0; i < walk_made; i++) {
        check_case(walk_numbers[i], sums);
    }
    int64_t lent = 0, borrowed = 0;
    for (size_t i = 0; i < WALK_FUNDS; i++) {
        struct fund_view v = fund(walk_funds[i]);
        assert_balanced(walk_funds[i]);
        assert_int_equal(v.held_fen + v.cash_held_fen, sums[i].held);
        assert_int_equal(v.unreviewed_fen, sums[i].unreviewed);
        assert_int_equal(v.unreviewed_fen + v.confirmed_fen + v.recovering_fen + v.recovered_fen +
                             v.written_off_fen + moved_fen[i],
                         sums[i].arrived);
        assert_int_equal(v.recovering_fen, sums[i].recovering);
        assert_int_equal(v.written_off_fen, sums[i].written_off + missing_fen[i]);
        assert_int_equal(v.owed_fen, sums[i].owed);
        assert_int_equal(v.overdue_fen, sums[i].overdue);
        assert_int_equal(v.overdue_payments, sums[i].overdue_payments);
        lent += v.lent_fen;
        borrowed += v.borrowed_fen;
    }
    assert_int_equal(lent, borrowed);
}

/* ---- The books ---- */

static struct ledger_book *book;
static char at[EVENT_ID_SIZE];

static void take(const struct ledger_entry *e)
{
    struct ledger_posting postings[LEDGER_POSTINGS_MAX];
    size_t n = 0;
    assert_ok(e->json.len == 0 ? ERR_OK : ledger_postings_read(e->json, postings, &n));
    for (size_t i = 0; i < n; i++) {
        enum ledger_fault fault;
        const struct ledger_posting *p = &postings[i];
        assert_ok(ledger_book_post(book, e->entity, p, &fault));
        if (fault != LEDGER_FINE) {
            fail_msg("%s: %.*s", ledger_fault_text(fault), SLICE_FMT(e->json));
        }
        for (size_t f = 0; f < WALK_FUNDS; f++) {
            bool here = strcmp(walk_funds[f], p->fund) == 0;
            bool restored = p->from == ACCOUNT_RECOVERED && p->to == ACCOUNT_AVAILABLE;
            bool missing = p->from == ACCOUNT_CASH && p->to == ACCOUNT_WRITTEN_OFF;
            bool twice = p->from == ACCOUNT_OWED && p->to == ACCOUNT_RETURNED;
            int64_t fen = here ? p->amount_fen : 0;
            moved_fen[f] += restored ? fen : missing || twice ? -fen : 0;
            missing_fen[f] += missing ? fen : 0;
        }
    }
}

static void read_on(void)
{
    char from[EVENT_ID_SIZE + 1];
    if (book == NULL) {
        assert_ok(ledger_book_new(&book));
        snprintf(at, sizeof(at), "0-0");
    }
    for (bool more = true; more;) {
        snprintf(from, sizeof(from), "(%s", at);
        ledger_scan_write(store_fcall(store), REGION, slice_of(from), SLICE_LIT("+"),
                          LEDGER_SCAN_MAX, slice_make("", 0));
        const redisReply *reply = send_call();
        size_t n = ledger_scan_count(reply);
        for (size_t i = 0; i < n; i++) {
            struct ledger_entry e;
            ledger_scan_at(reply, i, &e);
            take(&e);
            assert_ok(slice_copy(e.id, at, sizeof(at)));
        }
        more = ledger_scan_next(reply).len > 0;
    }
}

void walk_prove_books(void)
{
    read_on();
    for (size_t i = 0; i < WALK_FUNDS; i++) {
        struct fund_view v = fund(walk_funds[i]);
        const struct ledger_fund *f = ledger_book_fund(book, slice_of(walk_funds[i]));
        assert_non_null(f);
        for (size_t a = 0; a < ACCOUNT_COUNT; a++) {
            if (f->balance_fen[a] != v.balance_fen[a]) {
                fail_msg("fund %s %s: entries %lld, stored %lld", walk_funds[i],
                         ledger_account_word((enum ledger_account)a), (long long)f->balance_fen[a],
                         (long long)v.balance_fen[a]);
            }
        }
        assert_int_equal(ledger_imbalance_fen(f->balance_fen), 0);
    }
    assert_int_equal(ledger_book_loans_gap_fen(book), 0);
}
