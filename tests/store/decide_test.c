/* The first-aid envelope: hold, payment, review duty, timer, job, event and counters are all there
 * or none is. */
#include "tests/store/fixture.h"

static struct leased jobs;

/* A received case under a lease, with 10 000 yuan in the fund. */
static int leased_case(void **state)
{
    fixture_reset(state);
    allot(TOWN, 1000000);
    receive(case_number(1), "p1");
    lease(STAGE_ROUTE, 600000, 64, &jobs);
    return 0;
}

static void the_whole_envelope_is_there(void **state)
{
    const char *no = case_number(1), *id = payment_id(no, 1);
    struct aid_order order = aid(331200);
    struct decide_case c = dispatch(no, &order);
    char timer[64] = "papers:";
    (void)state;
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    assert_int_equal(state_of(no), CASE_FIRST_AID_APPROVED);
    assert_string_equal(field(no, "v"), "3"); /* dispatched, then approved */
    assert_string_equal(field(no, "rv"), "BOOKED:4102444800000");
    assert_string_equal(field(no, "a"), "331200");
    assert_string_equal(field(no, "mk"), "rule:SO-1");
    assert_string_equal(field(no, "pn"), "1");
    assert_fund(TOWN, 668800, 331200, 0, 0);
    assert_true(in_set("township:" TOWN ":inbox", no));
    memcpy(timer + 7, no, CASE_NO_SIZE);
    assert_true(in_set("timers", timer));
    assert_true(in_set("q:pay:ready", id));
    assert_int_equal(set_size("q:notify:ready"), 1);
    assert_int_equal(set_size("q:route:leased"), 0);
    struct person_year p = person("p1", "fire");
    assert_int_equal(p.paid_fen, 331200);
    assert_int_equal(p.times, 1);
    assert_int_equal(p.small_fast_times, 1);
    assert_int_equal(p.same_cause, 1);
    payment_write(store_fcall(store), REGION, slice_of(id));
    struct payment_row row;
    assert_ok(payment_read(send_call(), &row));
    assert_slice(row.case_no, no);
    assert_slice(row.fund, TOWN);
    assert_int_equal(row.amount_fen, 331200);
    assert_int_equal(row.state, PAYMENT_INTENT);
}

static void a_case_without_first_aid_only_goes_to_the_inbox(void **state)
{
    const char *no = case_number(1);
    struct decide_case c = dispatch(no, NULL);
    char timer[64] = "accept:";
    (void)state;
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    assert_int_equal(state_of(no), CASE_DISPATCHED);
    assert_string_equal(field(no, "rv"), "");
    assert_fund(TOWN, 1000000, 0, 0, 0);
    assert_true(in_set("township:" TOWN ":inbox", no));
    memcpy(timer + 7, no, CASE_NO_SIZE);
    assert_true(in_set("timers", timer));
    assert_int_equal(set_size("q:pay:ready"), 0);
}

static void triage_leaves_the_case_with_the_duty_desk(void **state)
{
    struct decide_case c = dispatch(case_number(1), NULL);
    (void)state;
    c.verb = VERB_TRIAGE;
    c.inbox = SLICE_LIT(REGION);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    assert_int_equal(state_of(case_number(1)), CASE_TRIAGED);
    assert_true(in_set("township:" REGION ":inbox", case_number(1)));
}

/* Whatever is refused has changed nothing, and its job is still leased. */
static void assert_refused(const struct aid_order *order)
{
    char before[REDIS_DIGEST_SIZE];
    struct decide_case c = dispatch(case_number(1), order);
    mark_data(before);
    assert_int_equal(decide(jobs.token, &c), DECIDE_REFUSED);
    assert_unchanged(before);
    assert_true(in_set("q:route:leased", case_number(1)));
}

static void the_last_fen_may_be_spent_and_not_one_more(void **state)
{
    struct aid_order order = aid(1000001);
    struct decide_case c = dispatch(case_number(1), &order);
    (void)state;
    order.cap_paid_fen = order.cap_day_fen = order.cap_month_fen = 1000001;
    assert_refused(&order);
    order.amount_fen = 1000000;
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    assert_fund(TOWN, 0, 1000000, 0, 0);
}

static void every_cap_holds_to_the_fen(void **state)
{
    (void)state;
    for (int which = 0; which < 5; which++) {
        struct aid_order order = aid(1000);
        int64_t *const caps[] = {&order.cap_paid_fen, &order.cap_times, &order.cap_same_cause,
                                 &order.cap_day_fen, &order.cap_month_fen};
        bool count = which == 1 || which == 2;
        struct decide_case c = dispatch(case_number(1), &order);
        leased_case(state);
        *caps[which] = count ? 0 : 999;
        assert_refused(&order);
        *caps[which] = count ? 1 : 1000;
        assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    }
}

static void caps_of_a_standing_order_do_not_bind_an_officer(void **state)
{
    struct aid_order order = aid(1000);
    struct decide_case c = dispatch(case_number(1), &order);
    (void)state;
    order.day = order.month = order.cap_day_fen = order.cap_month_fen = 0;
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    load_funds_begin(store_fcall(store), REGION);
    fcall_text(store_fcall(store), TOWN);
    struct loaded_fund f;
    assert_ok(load_funds_read(send_call(), &f, 1));
    assert_int_equal(f.available_fen, 999000);
    assert_int_equal(spent_in(f.day, DAY), 0);
}

/* Two cases in one batch: the second sees what the first has planned. */
static void decide_two(const struct aid_order *first, const struct aid_order *second,
                       const char *person_two, enum decide_outcome want)
{
    struct decide_case a = dispatch(case_number(1), first), b = dispatch(case_number(2), second);
    enum decide_outcome outcomes[2];
    receive(case_number(2), person_two);
    struct leased more;
    assert_int_equal(finish_one(STAGE_ROUTE, jobs.token, case_number(1), JOB_RETRY, 0, ""), 0);
    for (int64_t end_ms = clock_mono_ms() + 20000;
         set_size("q:route:leased") < 2 && clock_mono_ms() < end_ms;) {
        lease_until(STAGE_ROUTE, 600000, 64, &more);
        if (more.n < 2) { /* the delayed one was not due yet: all back, once more */
            for (size_t i = 0; i < more.n; i++) {
                assert_int_equal(finish_one(STAGE_ROUTE, more.token, more.ids[i], JOB_AGAIN, 0, ""),
                                 0);
            }
        }
    }
    decide_begin(store_fcall(store), REGION, slice_of(more.token),
                 &(struct cascade_limits){.inbox_max = 0}, "2026");
    decide_add(store_fcall(store), &a);
    decide_add(store_fcall(store), &b);
    assert_ok(decide_read(send_call(), outcomes, 2));
    assert_int_equal(outcomes[0], DECIDE_OK);
    assert_int_equal(outcomes[1], want);
    assert_balanced(TOWN);
    assert_int_equal(set_size("q:pay:ready"), want == DECIDE_OK ? 2 : 1);
}

static void two_cases_of_one_person_share_the_cap(void **state)
{
    struct aid_order order = aid(300000);
    (void)state;
    decide_two(&order, &order, "p1", DECIDE_REFUSED); /* 6 000 yuan are more than 5 000 */
    assert_fund(TOWN, 700000, 300000, 0, 0);
    assert_int_equal(person("p1", "fire").paid_fen, 300000);
}

static void two_cases_of_one_person_within_the_cap_both_count(void **state)
{
    struct aid_order order = aid(250000);
    (void)state;
    decide_two(&order, &order, "p1", DECIDE_OK);
    assert_fund(TOWN, 500000, 500000, 0, 0);
    struct person_year p = person("p1", "fire");
    assert_int_equal(p.paid_fen, 500000);
    assert_int_equal(p.times, 2);
    assert_int_equal(p.same_cause, 2);
}

static void two_cases_share_one_fund(void **state)
{
    struct aid_order order = aid(500000), more = aid(500001);
    (void)state;
    order.cap_day_fen = more.cap_day_fen = order.cap_month_fen = more.cap_month_fen = 9000000;
    more.cap_paid_fen = 9000000;
    decide_two(&order, &more, "p2", DECIDE_REFUSED);
    assert_fund(TOWN, 500000, 500000, 0, 0);
}

static void two_cases_share_the_standing_orders_day(void **state)
{
    struct aid_order order = aid(300000);
    (void)state;
    order.cap_day_fen = 599999;
    decide_two(&order, &order, "p2", DECIDE_REFUSED);
}

static void wrong_versions_moves_and_cases_change_nothing(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    struct aid_order order = aid(1000);
    struct decide_case c = dispatch(case_number(1), &order);
    (void)state;
    mark_data(before);
    c.version = 2;
    assert_int_equal(decide(jobs.token, &c), DECIDE_VERSION);
    assert_unchanged(before);
    c.version = 1;
    redis_must(&redis, "HSET", "{" REGION "}:case:x", "a", "b",
               NULL); /* a job whose case is not there */
    c.no = SLICE_LIT("x");
    assert_int_equal(decide(jobs.token, &c), DECIDE_STALE);
    struct act_request withdraw = request(case_number(1), VERB_WITHDRAW, OFFICER, 0);
    assert_int_equal(act(&withdraw).outcome, ACT_OK);
    mark_data(before);
    c.no = slice_of(case_number(1));
    c.version = 2;
    assert_int_equal(decide(jobs.token, &c), DECIDE_MOVE);
    assert_unchanged(before);
}

/* Decided before New Year, committed after it: what the person has had in the new year must not be
 * forgotten. */
static void a_late_commit_of_the_old_year_does_not_wipe_the_new_one(void **state)
{
    struct aid_order order = aid(1000);
    struct decide_case c = dispatch(case_number(1), &order);
    (void)state;
    redis_must(&redis, "HSET", "{" REGION "}:person:p1", "y", "2027|400000|1|1|fire=1", NULL);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    char text[128];
    redis_text(&redis, text, sizeof(text), "HGET", "{" REGION "}:person:p1", "y", NULL);
    assert_string_equal(text, "2027|401000|2|2|fire=2");
    assert_int_equal(news(payment_id(case_number(1), 1), PAYMENT_FAILED, -1), NEWS_OK);
    redis_text(&redis, text, sizeof(text), "HGET", "{" REGION "}:person:p1", "y", NULL);
    assert_string_equal(text, "2027|400000|1|1|fire=1");
}

static void a_late_commit_of_yesterday_does_not_wipe_todays_spending(void **state)
{
    struct aid_order order = aid(1000);
    struct decide_case c = dispatch(case_number(1), &order);
    struct loaded_fund f;
    (void)state;
    redis_must(&redis, "HSET", "{" REGION "}:fund:" TOWN, "day", "20261122:5000", "month",
               "202612:7000", NULL);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    load_funds_begin(store_fcall(store), REGION);
    fcall_text(store_fcall(store), TOWN);
    assert_ok(load_funds_read(send_call(), &f, 1));
    assert_slice(f.day, "20261122:6000");
    assert_slice(f.month, "202612:8000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_whole_envelope_is_there, leased_case),
        cmocka_unit_test_setup(a_case_without_first_aid_only_goes_to_the_inbox, leased_case),
        cmocka_unit_test_setup(triage_leaves_the_case_with_the_duty_desk, leased_case),
        cmocka_unit_test_setup(the_last_fen_may_be_spent_and_not_one_more, leased_case),
        cmocka_unit_test_setup(every_cap_holds_to_the_fen, leased_case),
        cmocka_unit_test_setup(caps_of_a_standing_order_do_not_bind_an_officer, leased_case),
        cmocka_unit_test_setup(two_cases_of_one_person_share_the_cap, leased_case),
        cmocka_unit_test_setup(two_cases_of_one_person_within_the_cap_both_count, leased_case),
        cmocka_unit_test_setup(two_cases_share_one_fund, leased_case),
        cmocka_unit_test_setup(two_cases_share_the_standing_orders_day, leased_case),
        cmocka_unit_test_setup(wrong_versions_moves_and_cases_change_nothing, leased_case),
        cmocka_unit_test_setup(a_late_commit_of_the_old_year_does_not_wipe_the_new_one,
                               leased_case),
        cmocka_unit_test_setup(a_late_commit_of_yesterday_does_not_wipe_todays_spending,
                               leased_case),
    };
    return RUN_WITH_REDIS(tests);
}
