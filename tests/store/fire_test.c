/* Timers: late things escalate, early ones wait, nothing fires twice. */
#include "tests/store/fixture.h"

#include <stdio.h>

static struct leased jobs;

static int leased_case(void **state)
{
    fixture_reset(state);
    allot(TOWN, 1000000);
    receive(case_number(1), "p1");
    lease(STAGE_ROUTE, 600000, 1, &jobs);
    return 0;
}

static void dispatched(int64_t accept_by_ms)
{
    struct decide_case c = dispatch(case_number(1), NULL);
    c.accept_by_ms = accept_by_ms;
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
}

static void approved(int64_t papers_due_ms)
{
    struct aid_order order = aid(1000);
    struct decide_case c = dispatch(case_number(1), &order);
    order.papers_due_ms = papers_due_ms;
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
}

/* As if its time had come. */
static void make_due(const char *kind, const char *no, const char *score)
{
    char member[64];
    snprintf(member, sizeof(member), "%s:%s", kind, no);
    assert_true(in_set("timers", member));
    redis_must(&redis, "ZADD", "{" REGION "}:timers", "XX", score, member, NULL);
}

static void fires_nothing_more(void)
{
    char before[REDIS_DIGEST_SIZE];
    mark_data(before);
    assert_int_equal(fire(64), 0);
    assert_unchanged(before);
}

static void early_timers_wait(void **state)
{
    (void)state;
    dispatched(clock_now_ms() + 3600000);
    fires_nothing_more();
    assert_int_equal(set_size("timers"), 1);
}

static void a_case_nobody_accepts_goes_to_the_duty_desk(void **state)
{
    const char *no = case_number(1);
    (void)state;
    dispatched(NEVER_MS);
    make_due("accept", no, "1");
    assert_int_equal(fire(64), 1);
    assert_true(in_set("township:" REGION ":inbox", no));
    assert_false(in_set("township:" TOWN ":inbox", no));
    assert_int_equal(state_of(no), CASE_DISPATCHED);
    assert_string_equal(field(no, "t"), TOWN); /* it is still theirs */
    fires_nothing_more();
}

static void a_claimed_case_is_looked_at_again_when_the_claim_ends(void **state)
{
    const char *no = case_number(1);
    char text[64];
    (void)state;
    dispatched(NEVER_MS);
    make_due("accept", no, "1");
    struct claim_result c = claim_case(TOWN, OFFICER, no, 600000);
    assert_int_equal(fire(64), 1);
    assert_true(in_set("township:" TOWN ":held", no));
    char timer[64] = "accept:";
    memcpy(timer + 7, no, CASE_NO_SIZE);
    redis_text(&redis, text, sizeof(text), "ZSCORE", "{" REGION "}:timers", timer, NULL);
    assert_int_equal(strtoll(text, NULL, 10), c.until_ms);
    fires_nothing_more();
}

/* A worker that was late: the date has passed, the clock runs all the same. */
static void a_date_that_has_passed_already_still_has_a_clock(void **state)
{
    (void)state;
    dispatched(1);
    make_due("accept", case_number(1), "1");
    assert_int_equal(fire(64), 1);
    assert_true(in_set("township:" REGION ":inbox", case_number(1)));
}

static int64_t timer_of(const char *kind, const char *no)
{
    char text[64] = "", timer[64];
    snprintf(timer, sizeof(timer), "%s:%s", kind, no);
    redis_text(&redis, text, sizeof(text), "ZSCORE", "{" REGION "}:timers", timer, NULL);
    return strtoll(text, NULL, 10);
}

static void fire_places(const char *places)
{
    const struct cascade_limits limits = {.places = slice_of(places)};
    int64_t fired;
    fire_write(store_fcall(store), REGION, 64, &limits);
    assert_ok(fire_read(send_call(), &fired));
    assert_int_equal(fired, 1);
}

/* Working days are C's to count: whoever is offered a NORMAL case next has until then, by the rules
 * of the county that the case belongs to. */
static void the_next_one_has_as_long_as_the_cases_county_says(void **state)
{
    const char *no = case_number(1);
    int64_t by = clock_now_ms() + 50 * 3600000;
    struct decide_case c = dispatch(no, NULL);
    char text[64], places[200];
    (void)state;
    c.accept_by_ms = NEVER_MS;
    c.urgency = SLICE_LIT("NORMAL");
    c.chain = SLICE_LIT(TOWN ",520102002");
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    make_due("accept", no, "1");
    snprintf(places, sizeof(places), ",1,1,1/1,|520102,1,1,%lld/%lld,|520103,1,1,2/1,",
             (long long)by, (long long)by - 7777);
    fire_places(places);
    assert_true(in_set("township:520102002:inbox", no));
    assert_int_equal(timer_of("accept", no), by);
    assert_int_equal(timer_of("accept-warn", no), by - 7777);
    /* its last day has begun */
    snprintf(text, sizeof(text), "%lld", (long long)(clock_now_ms() + 3600000));
    make_due("accept", no, text);
    make_due("accept-warn", no, "1");
    assert_int_equal(fire(64), 1);
    assert_true(in_set("township:520102002:inbox", no)); /* told of, not taken away */
    assert_int_equal(strtoll(field(no, "v"), NULL, 10), 4);
    must_act(no, VERB_ACCEPT, OFFICER, "520102002");
    assert_int_equal(set_size("timers"), 0);
}

static void an_urgent_case_is_sent_on_by_the_minutes_of_its_county(void **state)
{
    const char *no = case_number(1);
    struct decide_case c = dispatch(no, NULL);
    char places[200];
    (void)state;
    c.chain = SLICE_LIT(TOWN ",520102002,520102003");
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    make_due("accept", no, "1");
    snprintf(places, sizeof(places), ",60000,60000,,|52,60000,60000,,|520102,60000,7200000,,");
    int64_t before = clock_now_ms();
    fire_places(places);
    assert_true(timer_of("accept", no) >= before + 7200000);
    assert_true(timer_of("accept", no) <= clock_now_ms() + 7200000);
    make_due("accept", no, "1");
    fire_places(""); /* nobody said: as long as the one before */
    assert_true(timer_of("accept", no) >= before + 7200000);
    assert_true(in_set("township:520102003:inbox", no));
}

static void an_accepted_case_has_no_such_clock(void **state)
{
    (void)state;
    dispatched(NEVER_MS);
    make_due("accept", case_number(1), "1");
    must_act(case_number(1), VERB_ACCEPT, OFFICER, TOWN);
    fires_nothing_more();
}

static void overdue_papers_escalate_and_nothing_is_taken_back(void **state)
{
    const char *no = case_number(1);
    (void)state;
    approved(1);
    assert_int_equal(news(payment_id(no, 1), PAYMENT_SUCCEEDED, 1000), NEWS_OK);
    struct claim_result c = claim_case(TOWN, OFFICER, no, 600000);
    assert_int_equal(fire(64), 1);
    assert_int_equal(state_of(no), CASE_PAPERS_OVERDUE);
    assert_string_equal(field(no, "rv"), "OVERDUE:1");
    assert_string_equal(field(no, "ib"), "0"); /* before everything else */
    assert_true(in_set("township:" TOWN ":inbox", no));
    assert_fund(TOWN, 999000, 0, 1000, 0);
    struct act_request r = request(no, VERB_PAPERS, OFFICER, c.claim);
    assert_int_equal(act(&r).outcome, ACT_STALE);
    fires_nothing_more();
    must_act(no, VERB_PAPERS, OFFICER, TOWN); /* late papers are papers */
    assert_string_equal(field(no, "rv"), "PAPERS_OK:1");
}

/* The bank is slower than the papers' date: the duty must not be forgotten. */
static void a_duty_that_is_due_before_the_money_came_stays(void **state)
{
    const char *no = case_number(1);
    (void)state;
    approved(1);
    assert_int_equal(fire(64), 1);
    assert_int_equal(state_of(no), CASE_FIRST_AID_APPROVED);
    assert_string_equal(field(no, "rv"), "BOOKED:1");
    make_due("papers", no, "4102444800000");
    fires_nothing_more(); /* not in every round */
}

static void papers_handed_in_stop_the_clock(void **state)
{
    (void)state;
    approved(1);
    assert_int_equal(news(payment_id(case_number(1), 1), PAYMENT_SUCCEEDED, 1000), NEWS_OK);
    must_act(case_number(1), VERB_PAPERS, OFFICER, TOWN);
    fires_nothing_more();
}

static void no_more_fire_at_once_than_asked_for(void **state)
{
    (void)state;
    fixture_reset(state);
    for (int i = 0; i < 5; i++) {
        struct decide_case c = dispatch(case_number(i), NULL);
        receive(case_number(i), "p");
        lease(STAGE_ROUTE, 600000, 1, &jobs);
        assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
        make_due("accept", case_number(i), (const char *[]){"1", "2", "3", "4", "5"}[i]);
    }
    assert_int_equal(fire(2), 2);
    assert_true(in_set("township:" REGION ":inbox", case_number(0))); /* the oldest first */
    assert_int_equal(fire(64), 3);
    fires_nothing_more();
}

static void timers_of_nobody_are_dropped(void **state)
{
    (void)state;
    redis_must(&redis, "ZADD", "{" REGION "}:timers", "1", "accept:123", "2", "garbage", "3",
               "papers:", NULL);
    assert_int_equal(fire(64), 3);
    assert_int_equal(set_size("timers"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(early_timers_wait, leased_case),
        cmocka_unit_test_setup(a_case_nobody_accepts_goes_to_the_duty_desk, leased_case),
        cmocka_unit_test_setup(a_claimed_case_is_looked_at_again_when_the_claim_ends, leased_case),
        cmocka_unit_test_setup(a_date_that_has_passed_already_still_has_a_clock, leased_case),
        cmocka_unit_test_setup(the_next_one_has_as_long_as_the_cases_county_says, leased_case),
        cmocka_unit_test_setup(an_urgent_case_is_sent_on_by_the_minutes_of_its_county, leased_case),
        cmocka_unit_test_setup(an_accepted_case_has_no_such_clock, leased_case),
        cmocka_unit_test_setup(overdue_papers_escalate_and_nothing_is_taken_back, leased_case),
        cmocka_unit_test_setup(a_duty_that_is_due_before_the_money_came_stays, leased_case),
        cmocka_unit_test_setup(papers_handed_in_stop_the_clock, leased_case),
        cmocka_unit_test_setup(no_more_fire_at_once_than_asked_for, leased_case),
        cmocka_unit_test_setup(timers_of_nobody_are_dropped, leased_case),
    };
    return RUN_WITH_REDIS(tests);
}
