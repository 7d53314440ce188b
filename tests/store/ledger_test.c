/* Where a fund's money comes from and goes: requests, loans, the cash box, review debt; and the
 * proof of the books. */
#include "tests/store/fixture.h"

#include <stdio.h>
#include "queue/store/calls_ledger.h"

#define COUNTY "520102"
#define FINANCE "finance:zhang"
#define FINANCE_2 "finance:zhou"

static void fill(const char *code, int64_t fen, int permille, int64_t full_fen)
{
    const struct allotment a = {.fund = slice_of(code),
                                .amount_fen = fen,
                                .event_tail = SLICE_LIT(TAIL),
                                .idem_hash = slice_of(fresh()),
                                .fingerprint = SLICE_LIT("print"),
                                .marked = true,
                                .low_permille = permille,
                                .full_fen = full_fen};
    enum allot_outcome outcome;
    allot_write(store_fcall(store), REGION, &a);
    assert_ok(allot_read(send_call(), &outcome));
    assert_int_equal(outcome, ALLOT_OK);
}

static struct fund_result ask_for(enum fund_request kind, const char *code, int64_t fen,
                                  const char *who)
{
    const struct fund_ask a = {.kind = kind,
                               .fund = slice_of(code),
                               .actor = slice_of(who),
                               .amount_fen = fen,
                               .cap_fen = 50000,
                               .event_tail = SLICE_LIT(TAIL),
                               .idem_hash = slice_of(fresh()),
                               .fingerprint = SLICE_LIT("print")};
    struct fund_result r;
    fund_ask_write(store_fcall(store), REGION, &a);
    assert_ok(fund_read(send_call(), &r));
    return r;
}

static struct fund_result decide_on(enum fund_request kind, const char *code, int64_t number,
                                    bool approve, int64_t fen, const char *who)
{
    const struct fund_decide d = {.kind = kind,
                                  .fund = slice_of(code),
                                  .actor = slice_of(who),
                                  .number = number,
                                  .approve = approve,
                                  .amount_fen = fen,
                                  .cap_fen = 50000,
                                  .mark = {.permille = -1},
                                  .event_tail = SLICE_LIT(TAIL),
                                  .idem_hash = slice_of(fresh()),
                                  .fingerprint = SLICE_LIT("print")};
    struct fund_result r;
    fund_decide_write(store_fcall(store), REGION, &d);
    assert_ok(fund_read(send_call(), &r));
    return r;
}

static struct fund_result do_act(enum fund_act act, const char *code, int64_t fen, const char *who,
                                 bool settle)
{
    const struct fund_act_order a = {.act = act,
                                     .fund = slice_of(code),
                                     .actor = slice_of(who),
                                     .second = SLICE_LIT("officer:witness"),
                                     .amount_fen = fen,
                                     .due_ms = NEVER_MS,
                                     .settle = settle,
                                     .event_tail = SLICE_LIT(TAIL),
                                     .idem_hash = slice_of(fresh()),
                                     .fingerprint = SLICE_LIT("print")};
    struct fund_result r;
    fund_act_write(store_fcall(store), REGION, &a);
    assert_ok(fund_read(send_call(), &r));
    return r;
}

#define assert_outcome(result, wanted) assert_int_equal((result).outcome, (wanted))

static size_t requests(struct fund_request_row *first)
{
    fund_requests_write(store_fcall(store), REGION);
    const redisReply *reply = send_call();
    size_t n = fund_requests_count(reply);
    if (n > 0) {
        assert_ok(fund_request_at(reply, 0, first));
    }
    return n;
}

/* The books made from the entries alone say what the funds' hashes say. */
static void prove_books(void)
{
    struct ledger_book *book;
    char from[EVENT_ID_SIZE + 1] = "-";
    assert_ok(ledger_book_new(&book));
    for (bool more = true; more;) {
        ledger_scan_write(store_fcall(store), REGION, slice_of(from), SLICE_LIT("+"), 3,
                          slice_make("", 0));
        const redisReply *reply = send_call();
        for (size_t i = 0; i < ledger_scan_count(reply); i++) {
            struct ledger_entry e;
            struct ledger_posting postings[LEDGER_POSTINGS_MAX];
            size_t n = 0;
            ledger_scan_at(reply, i, &e);
            if (e.json.len > 0) {
                assert_ok(ledger_postings_read(e.json, postings, &n));
            }
            for (size_t k = 0; k < n; k++) {
                enum ledger_fault fault;
                assert_ok(ledger_book_post(book, e.entity, &postings[k], &fault));
                if (fault != LEDGER_FINE) {
                    fail_msg("%s: %.*s", ledger_fault_text(fault), SLICE_FMT(e.json));
                }
            }
        }
        struct slice next = ledger_scan_next(reply);
        more = next.len > 0;
        snprintf(from, sizeof(from), "(%.*s", SLICE_FMT(next));
    }
    static struct ledger_fund_row rows[LEDGER_FUNDS_PAGE];
    struct ledger_funds_page page;
    ledger_funds_write(store_fcall(store), REGION, 0, LEDGER_FUNDS_PAGE);
    assert_ok(ledger_funds_read(send_call(), &page, rows));
    assert_int_equal(page.count, ledger_book_funds(book));
    for (size_t i = 0; i < page.count; i++) {
        const struct ledger_fund *f = ledger_book_fund(book, rows[i].code);
        assert_non_null(f);
        assert_memory_equal(f->balance_fen, rows[i].balance_fen, sizeof(f->balance_fen));
        assert_int_equal(ledger_imbalance_fen(f->balance_fen), 0);
    }
    assert_int_equal(ledger_book_loans_gap_fen(book), 0);
    ledger_book_free(book);
}

static void a_fund_below_its_mark_asks_once_and_another_person_approves(void **state)
{
    struct fund_request_row row;
    (void)state;
    fill(TOWN, 100000, 300, 200000); /* the mark: 30 % of the greater one, 60,000 */
    assert_int_equal(fund(TOWN).low_fen, 60000);
    first_aid_case(case_number(0), "p1", 40000);
    assert_int_equal(requests(&row), 0);
    first_aid_case(case_number(1), "p2", 1);
    assert_int_equal(requests(&row), 1);
    assert_int_equal(row.kind, REQUEST_REPLENISH);
    assert_int_equal(row.amount_fen, 200000 - 59999);
    assert_true(slice_is(row.asked_by, "system"));
    assert_int_equal(fund(TOWN).low_fen, 0);
    first_aid_case(case_number(2), "p3", 10000); /* it is open: not once more */
    assert_int_equal(requests(&row), 1);
    assert_outcome(ask_for(REQUEST_REPLENISH, TOWN, 1000, OFFICER), FUND_OPEN);
    struct fund_result r = decide_on(REQUEST_REPLENISH, TOWN, row.number, true, 0, FINANCE);
    assert_outcome(r, FUND_OK);
    assert_int_equal(r.number, 200000 - 59999);
    assert_int_equal(requests(&row), 0);
    assert_int_equal(fund(TOWN).available_fen, 49999 + 200000 - 59999);
    assert_int_equal(fund(TOWN).low_fen, 60000); /* watched again */
    prove_books();
}

static void whoever_asks_does_not_approve_and_a_declined_request_moves_nothing(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    allot(TOWN, 1000);
    struct fund_result asked = ask_for(REQUEST_REPLENISH, TOWN, 500, "officer:zhang");
    assert_outcome(asked, FUND_OK);
    mark_data(before);
    assert_outcome(decide_on(REQUEST_REPLENISH, TOWN, asked.number, true, 0, FINANCE),
                   FUND_SAME_PERSON);
    assert_outcome(decide_on(REQUEST_REPLENISH, TOWN, asked.number + 1, true, 0, FINANCE_2),
                   FUND_NONE);
    assert_outcome(ask_for(REQUEST_REPLENISH, "520102009", 5, OFFICER), FUND_NONE);
    assert_unchanged(before);
    assert_outcome(decide_on(REQUEST_REPLENISH, TOWN, asked.number, false, 0, FINANCE_2), FUND_OK);
    assert_fund(TOWN, 1000, 0, 0, 0);
    assert_outcome(decide_on(REQUEST_REPLENISH, TOWN, asked.number, true, 0, FINANCE_2), FUND_NONE);
    prove_books();
}

static void a_loan_stands_on_both_sides_and_the_next_allotment_repays_it(void **state)
{
    (void)state;
    allot(TOWN, 1000);
    assert_outcome(ask_for(REQUEST_LOAN, TOWN, 3000, REVIEWER), FUND_NO_RESERVE);
    allot(COUNTY, 10000);
    assert_outcome(ask_for(REQUEST_LOAN, TOWN, 50001, REVIEWER), FUND_CAP);
    assert_outcome(ask_for(REQUEST_LOAN, TOWN, 10001, REVIEWER), FUND_FUNDS);
    struct fund_result asked = ask_for(REQUEST_LOAN, TOWN, 3000, REVIEWER);
    assert_outcome(decide_on(REQUEST_LOAN, TOWN, asked.number, true, 3001, FINANCE), FUND_CAP);
    assert_outcome(decide_on(REQUEST_LOAN, TOWN, asked.number, true, 0, FINANCE), FUND_OK);
    assert_int_equal(fund(TOWN).available_fen, 4000);
    assert_int_equal(fund(TOWN).borrowed_fen, 3000);
    assert_int_equal(fund(COUNTY).lent_fen, 3000);
    assert_int_equal(fund(COUNTY).available_fen, 7000);
    assert_outcome(do_act(FUND_REPAY, TOWN, 3001, FINANCE, false), FUND_FUNDS);
    assert_outcome(do_act(FUND_REPAY, TOWN, 500, FINANCE, false), FUND_OK);
    assert_int_equal(fund(COUNTY).lent_fen, 2500);
    allot(TOWN, 2000); /* less than what is owed: all of it goes back */
    assert_int_equal(fund(TOWN).available_fen, 3500);
    assert_int_equal(fund(TOWN).borrowed_fen, 500);
    allot(TOWN, 2000);
    assert_int_equal(fund(TOWN).available_fen, 5000);
    assert_int_equal(fund(TOWN).borrowed_fen, 0);
    assert_int_equal(fund(COUNTY).available_fen, 10000);
    prove_books();
}

static void an_allotment_is_taken_back_by_two_people_and_never_what_is_spent(void **state)
{
    (void)state;
    allot(TOWN, 1000);
    first_aid_case(case_number(0), "p1", 400);
    assert_outcome(ask_for(REQUEST_WITHDRAW, TOWN, 601, FINANCE), FUND_FUNDS);
    struct fund_result asked = ask_for(REQUEST_WITHDRAW, TOWN, 600, FINANCE);
    assert_outcome(asked, FUND_OK);
    assert_outcome(decide_on(REQUEST_WITHDRAW, TOWN, asked.number, true, 0, FINANCE),
                   FUND_SAME_PERSON);
    assert_outcome(decide_on(REQUEST_WITHDRAW, TOWN, asked.number, true, 0, FINANCE_2), FUND_OK);
    assert_fund(TOWN, 0, 400, 0, 0);
    assert_int_equal(fund(TOWN).allotted_fen, 400);
    prove_books();
}

/* First aid in cash that an officer has decided on: approved, not yet handed over. */
static enum act_outcome cash_aid(const char *no, int64_t fen, struct act_result *result)
{
    struct claim_result c = claim_case(TOWN, OFFICER, no, 600000);
    struct act_request r = request(no, VERB_FIRST_AID, OFFICER, c.claim);
    struct aid_order order = aid(fen);
    order.method = 'c';
    order.day = 0;
    order.maker = SLICE_LIT(OFFICER);
    r.aid = &order;
    *result = act(&r);
    return result->outcome;
}

static void dispatched(const char *no, const char *person)
{
    struct leased jobs;
    struct decide_case c = dispatch(no, NULL);
    receive(no, person);
    lease(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
}

static void cash_goes_from_the_box_into_a_hand_and_nowhere_else(void **state)
{
    const char *no = case_number(0);
    struct act_result result;
    (void)state;
    allot(TOWN, 1000);
    dispatched(no, "p1");
    assert_int_equal(cash_aid(no, 300, &result), ACT_FUNDS); /* nothing in the box */
    assert_outcome(do_act(FUND_CASH_DRAW, TOWN, 1001, OFFICER, false), FUND_FUNDS);
    assert_outcome(do_act(FUND_CASH_DRAW, TOWN, 1000, OFFICER, false), FUND_OK);
    assert_int_equal(cash_aid(no, 300, &result),
                     ACT_OK); /* all money is in the box: it still helps */
    assert_int_equal(fund(TOWN).cash_fen, 700);
    assert_int_equal(fund(TOWN).cash_held_fen, 300);
    assert_int_equal(news(payment_id(no, 1), PAYMENT_SUCCEEDED, -1), NEWS_CONFLICT);
    must_act(no, VERB_HAND_OVER, OFFICER, TOWN);
    struct act_request receipt = request(no, VERB_RECEIPT, OFFICER, 0);
    assert_int_equal(act(&receipt).outcome, ACT_OK);
    assert_int_equal(fund(TOWN).cash_held_fen, 0);
    assert_int_equal(fund(TOWN).unreviewed_fen, 300);
    assert_int_equal(state_of(no), CASE_FIRST_AID_PAID);
    assert_outcome(do_act(FUND_CASH_RETURN, TOWN, 701, OFFICER, false), FUND_FUNDS);
    assert_outcome(do_act(FUND_CASH_RETURN, TOWN, 700, OFFICER, false), FUND_OK);
    assert_fund(TOWN, 700, 0, 300, 0);
    prove_books();
}

static size_t open_tasks(struct task_row *first)
{
    tasks_write(store_fcall(store), REGION);
    const redisReply *reply = send_call();
    size_t n = tasks_count(reply);
    if (n > 0) {
        assert_ok(task_at(reply, 0, first));
    }
    return n;
}

static void a_gap_in_the_cash_box_stops_cash_until_another_person_has_settled_it(void **state)
{
    struct act_result result;
    struct task_row task;
    (void)state;
    allot(TOWN, 1000);
    assert_outcome(do_act(FUND_CASH_DRAW, TOWN, 500, OFFICER, false), FUND_OK);
    dispatched(case_number(0), "p1");
    assert_int_equal(cash_aid(case_number(0), 200, &result), ACT_OK);
    assert_outcome(do_act(FUND_CASH_COUNT, TOWN, 500, "officer:witness", false), FUND_SAME_PERSON);
    struct fund_result counted = do_act(FUND_CASH_COUNT, TOWN, 500, OFFICER, false);
    assert_outcome(counted, FUND_OK);
    assert_int_equal(counted.number, 0); /* what waits for somebody lies in the box as well */
    assert_int_equal(open_tasks(&task), 0);
    counted = do_act(FUND_CASH_COUNT, TOWN, 480, OFFICER, false);
    assert_int_equal(counted.number, -20);
    assert_true(fund(TOWN).cash_stopped);
    assert_int_equal(open_tasks(&task), 1);
    assert_true(slice_is(task.owner, COUNTY));
    assert_int_equal(task.due_ms, NEVER_MS);
    assert_outcome(do_act(FUND_CASH_DRAW, TOWN, 1, OFFICER, false), FUND_CASH_STOPPED);
    struct claim_result c = claim_case(TOWN, OFFICER, case_number(0), 600000);
    struct act_request hand_over = request(case_number(0), VERB_HAND_OVER, OFFICER, c.claim);
    result = act(&hand_over);
    assert_int_equal(result.outcome, ACT_REFUSED);
    assert_int_equal(result.refusal, REFUSAL_CASH_STOPPED);
    assert_outcome(do_act(FUND_CASH_LIFT, TOWN, 0, "reviewer:wang", true),
                   FUND_SAME_PERSON); /* officer:wang */
    assert_outcome(do_act(FUND_CASH_LIFT, TOWN, 0, REVIEWER, false), FUND_GAP);
    assert_outcome(do_act(FUND_CASH_LIFT, TOWN, 0, REVIEWER, true), FUND_OK);
    assert_int_equal(fund(TOWN).written_off_fen, 20);
    assert_int_equal(fund(TOWN).cash_fen, 280);
    assert_false(fund(TOWN).cash_stopped);
    assert_int_equal(open_tasks(&task), 0);
    assert_outcome(do_act(FUND_CASH_LIFT, TOWN, 0, REVIEWER, true), FUND_NONE);
    hand_over.idem_hash = slice_of(fresh());
    result = act(&hand_over);
    assert_int_equal(result.outcome, ACT_OK);
    prove_books();
}

static struct loaded_fund load_fund(const char *code)
{
    struct loaded_fund f;
    load_funds_begin(store_fcall(store), REGION);
    fcall_text(store_fcall(store), code);
    assert_ok(load_funds_read(send_call(), &f, 1));
    return f;
}

/* Paid, and nobody has brought the papers in time. */
static void overdue_case(const char *no, const char *person, int64_t fen)
{
    struct leased jobs;
    struct aid_order order = aid(fen);
    struct decide_case c = dispatch(no, &order);
    order.papers_due_ms = 1;
    receive(no, person);
    lease(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    assert_int_equal(news(payment_id(no, 1), PAYMENT_SUCCEEDED, -1), NEWS_OK);
    assert_int_equal(load_fund(TOWN).overdue_fen, 0);
    assert_true(fire(64) > 0);
    assert_int_equal(state_of(no), CASE_PAPERS_OVERDUE);
}

static void overdue_papers_are_review_debt_until_a_person_has_confirmed(void **state)
{
    const char *no = case_number(0);
    (void)state;
    allot(TOWN, 10000);
    overdue_case(no, "p1", 700);
    assert_int_equal(load_fund(TOWN).overdue_fen, 700);
    assert_int_equal(load_fund(TOWN).overdue_payments, 1);
    assert_int_equal(load_fund(TOWN).allotted_fen, 10000);
    must_act(no, VERB_PAPERS, OFFICER, TOWN);
    assert_int_equal(load_fund(TOWN).overdue_fen,
                     700); /* they came late: it takes the reviewer's word */
    must_act(no, VERB_CONFIRM, REVIEWER, REGION);
    assert_int_equal(load_fund(TOWN).overdue_fen, 0);
    assert_int_equal(load_fund(TOWN).overdue_payments, 0);
    assert_fund(TOWN, 9300, 0, 0, 700);
    prove_books();
}

static void a_return_and_a_failed_review_take_money_off_the_debt(void **state)
{
    (void)state;
    allot(TOWN, 10000);
    overdue_case(case_number(0), "p1", 700);
    assert_int_equal(news(payment_id(case_number(0), 1), PAYMENT_RETURNED, -1), NEWS_OK);
    assert_int_equal(load_fund(TOWN).overdue_fen, 0);
    overdue_case(case_number(1), "p2", 1000);
    assert_int_equal(load_fund(TOWN).overdue_fen, 1000);
    must_act(case_number(1), VERB_REVIEW_FAIL, REVIEWER, TOWN); /* all of it was not due */
    assert_int_equal(load_fund(TOWN).overdue_fen, 0);
    assert_fund(TOWN, 9000, 0, 1000, 0);
    must_act(case_number(1), VERB_RECOVER, "reviewer:zhou", REGION);
    struct act_request repay = request(case_number(1), VERB_REPAY, FINANCE, 0);
    assert_int_equal(act(&repay).outcome, ACT_OK);
    assert_int_equal(fund(TOWN).recovered_fen, 1000);
    assert_outcome(do_act(FUND_RESTORE, TOWN, 1001, FINANCE, false), FUND_FUNDS);
    assert_outcome(do_act(FUND_RESTORE, TOWN, 1000, FINANCE, false), FUND_OK);
    assert_fund(TOWN, 10000, 0, 0, 0);
    prove_books();
}

static void the_reserve_of_the_county_pays_when_it_is_asked_to_and_no_stranger_does(void **state)
{
    struct leased jobs;
    struct aid_order order = aid(300);
    struct decide_case c = dispatch(case_number(0), &order);
    (void)state;
    allot(TOWN, 100);
    allot(REGION, 5000);
    allot("520103001", 5000);
    assert_true(slice_is(load_fund(TOWN).reserve, REGION));
    allot(COUNTY, 400);
    assert_true(slice_is(load_fund(TOWN).reserve, COUNTY));
    assert_int_equal(load_fund(TOWN).reserve_available_fen, 400);
    receive(case_number(0), "p1");
    lease(STAGE_ROUTE, 60000, 1, &jobs);
    order.fund = SLICE_LIT("520103001");
    assert_int_equal(decide(jobs.token, &c), DECIDE_REFUSED);
    order.fund = SLICE_LIT("520103"); /* there is none */
    assert_int_equal(decide(jobs.token, &c), DECIDE_REFUSED);
    order.fund = SLICE_LIT(COUNTY);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    assert_fund(COUNTY, 100, 300, 0, 0);
    assert_fund(TOWN, 100, 0, 0, 0);
    prove_books();
}

static void first_aid_that_needs_it_waits_for_the_countys_countersignature(void **state)
{
    const char *no = case_number(0);
    struct aid_order order = aid(500);
    (void)state;
    allot(TOWN, 1000);
    dispatched(no, "p1");
    struct claim_result c = claim_case(TOWN, OFFICER, no, 600000);
    struct act_request r = request(no, VERB_FIRST_AID, OFFICER, c.claim);
    order.maker = SLICE_LIT(OFFICER);
    order.countersign = true;
    r.aid = &order;
    struct act_result result = act(&r);
    assert_int_equal(result.outcome, ACT_REFUSED);
    assert_int_equal(result.refusal, REFUSAL_COUNTERSIGN);
    struct act_request sign = request(no, VERB_COUNTERSIGN, REVIEWER, 0);
    sign.extra[0] = SLICE_LIT("499");
    assert_int_equal(act(&sign).outcome, ACT_OK);
    assert_int_equal(act(&r).refusal, REFUSAL_COUNTERSIGN); /* not so much */
    struct act_request again = request(no, VERB_COUNTERSIGN, "reviewer:wang", 0);
    assert_int_equal(act(&again).outcome, ACT_OK);
    assert_int_equal(act(&r).outcome, ACT_SAME_PERSON); /* officer:wang himself, in another role */
    struct act_request third = request(no, VERB_COUNTERSIGN, REVIEWER, 0);
    assert_int_equal(act(&third).outcome, ACT_OK);
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_string_equal(field(no, "cs"), ""); /* used up */
    assert_fund(TOWN, 500, 500, 0, 0);
}

static void a_repeated_key_changes_a_fund_once(void **state)
{
    struct fund_act_order a = {.act = FUND_CASH_DRAW,
                               .fund = SLICE_LIT(TOWN),
                               .actor = SLICE_LIT(OFFICER),
                               .amount_fen = 10,
                               .event_tail = SLICE_LIT(TAIL),
                               .idem_hash = SLICE_LIT("key"),
                               .fingerprint = SLICE_LIT("print")};
    struct fund_result r;
    static const enum fund_outcome WANT[] = {FUND_OK, FUND_REPLAYED};
    (void)state;
    allot(TOWN, 1000);
    for (size_t i = 0; i < COUNT_OF(WANT); i++) {
        fund_act_write(store_fcall(store), REGION, &a);
        assert_ok(fund_read(send_call(), &r));
        assert_outcome(r, WANT[i]);
    }
    a.fingerprint = SLICE_LIT("other");
    fund_act_write(store_fcall(store), REGION, &a);
    assert_ok(fund_read(send_call(), &r));
    assert_outcome(r, FUND_KEY_REUSED);
    assert_int_equal(fund(TOWN).cash_fen, 10);
}

static void the_way_of_a_payment_names_who_and_where(void **state)
{
    struct payment_trail t;
    (void)state;
    allot(TOWN, 1000);
    first_aid_case(case_number(0), "p1", 400);
    payment_trail_write(store_fcall(store), REGION, slice_of(payment_id(case_number(0), 1)));
    const redisReply *reply = send_call();
    assert_ok(payment_trail_read(reply, &t));
    assert_int_equal(t.payment.amount_fen, 400);
    assert_int_equal(t.payment.state, PAYMENT_INTENT);
    assert_false(t.payment.grant);
    assert_true(slice_is(t.payment.fund, TOWN));
    assert_int_equal(t.events, 3); /* receive, dispatch, first-aid */
    assert_non_null(memmem(payment_trail_event(reply, 2).ptr, payment_trail_event(reply, 2).len,
                           "first-aid", 9));
    assert_true(slice_is(t.payment.bank_ref, ""));
    assert_int_equal(news(payment_id(case_number(0), 1), PAYMENT_SUCCEEDED, 400), NEWS_OK);
    payment_trail_write(store_fcall(store), REGION, slice_of(payment_id(case_number(0), 1)));
    assert_ok(payment_trail_read(send_call(), &t));
    assert_int_equal(t.payment.state, PAYMENT_SUCCEEDED);
    assert_true(slice_is(t.payment.bank_ref, "ref"));
    payment_trail_write(store_fcall(store), REGION, slice_of(payment_id(case_number(0), 2)));
    assert_int_equal(payment_trail_read(send_call(), &t), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_fund_below_its_mark_asks_once_and_another_person_approves,
                               fixture_reset),
        cmocka_unit_test_setup(whoever_asks_does_not_approve_and_a_declined_request_moves_nothing,
                               fixture_reset),
        cmocka_unit_test_setup(a_loan_stands_on_both_sides_and_the_next_allotment_repays_it,
                               fixture_reset),
        cmocka_unit_test_setup(an_allotment_is_taken_back_by_two_people_and_never_what_is_spent,
                               fixture_reset),
        cmocka_unit_test_setup(cash_goes_from_the_box_into_a_hand_and_nowhere_else, fixture_reset),
        cmocka_unit_test_setup(a_gap_in_the_cash_box_stops_cash_until_another_person_has_settled_it,
                               fixture_reset),
        cmocka_unit_test_setup(overdue_papers_are_review_debt_until_a_person_has_confirmed,
                               fixture_reset),
        cmocka_unit_test_setup(a_return_and_a_failed_review_take_money_off_the_debt, fixture_reset),
        cmocka_unit_test_setup(
            the_reserve_of_the_county_pays_when_it_is_asked_to_and_no_stranger_does, fixture_reset),
        cmocka_unit_test_setup(first_aid_that_needs_it_waits_for_the_countys_countersignature,
                               fixture_reset),
        cmocka_unit_test_setup(a_repeated_key_changes_a_fund_once, fixture_reset),
        cmocka_unit_test_setup(the_way_of_a_payment_names_who_and_where, fixture_reset),
    };
    return RUN_WITH_REDIS(tests);
}
