/* How late clocks press: when the county is told and when written criticism is due is what the case
 * was given with the clock, not a number of the functions. */
#include "tests/store/fixture.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/store/calls_clock.h"

#define HOUR INT64_C(3600000)

static struct leased jobs;

static const char *no(void)
{
    return case_number(1);
}

static int fresh_case(void **state)
{
    (void)state;
    fixture_reset(NULL);
    allot(TOWN, 1000000);
    receive(no(), "p1");
    lease(STAGE_ROUTE, 600000, 1, &jobs);
    return 0;
}

static void set_timer(const char *kind, int64_t at_ms)
{
    char member[64], score[24];
    snprintf(member, sizeof(member), "%s:%s", kind, no());
    snprintf(score, sizeof(score), "%lld", (long long)at_ms);
    redis_must(&redis, "ZADD", "{" REGION "}:timers", "XX", score, member, NULL);
}

static int64_t timer(const char *kind)
{
    char member[64], text[64] = "";
    snprintf(member, sizeof(member), "%s:%s", kind, no());
    if (!in_set("timers", member)) {
        return 0;
    }
    redis_text(&redis, text, sizeof(text), "ZSCORE", "{" REGION "}:timers", member, NULL);
    return strtoll(text, NULL, 10);
}

static int count_steps(const char *step)
{
    struct case_clocks c;
    char want[48];
    int n = 0;
    snprintf(want, sizeof(want), "\"step\":\"%s\"", step);
    case_clocks_write(store_fcall(store), REGION, slice_of(no()), 0, CASE_CLOCKS_PAGE);
    assert_ok(case_clocks_read(send_call(), &c));
    for (size_t i = 0; i < c.event_count; i++) {
        struct slice e = case_clocks_event(&c, i);
        n += memmem(e.ptr, e.len, want, strlen(want)) != NULL;
    }
    return n;
}

/* Accepted, with a review that was due an hour ago; county and criticism so many hours from now. */
static void late_review(int64_t county_h, int64_t chase_h)
{
    char text[160];
    int64_t now = clock_now_ms();
    struct decide_case d = dispatch(no(), NULL);
    assert_int_equal(decide(jobs.token, &d), DECIDE_OK);
    struct claim_result c = claim_case(TOWN, OFFICER, no(), 600000);
    struct act_request r = request(no(), VERB_ACCEPT, OFFICER, c.claim);
    snprintf(text, sizeof(text), "review=%lld/%lld/%lld/%lld", (long long)(now - HOUR),
             (long long)(now - 2 * HOUR), (long long)(now + county_h * HOUR),
             (long long)(chase_h == 0 ? 0 : now + chase_h * HOUR));
    r.clocks = slice_of(text);
    assert_int_equal(act(&r).outcome, ACT_OK);
}

static void the_county_hears_of_it_when_the_clock_says_so(void **state)
{
    (void)state;
    late_review(7, 0);
    int64_t county = clock_now_ms() + 7 * HOUR;
    assert_int_equal(fire(64), 1);
    assert_int_equal(count_steps("overdue"), 1);
    assert_int_equal(count_steps("county"), 0);
    assert_true(timer("review") > county - HOUR && timer("review") <= county);
}

static void criticism_is_due_once_behind_the_county(void **state)
{
    (void)state;
    late_review(0, 50);
    assert_int_equal(fire(64), 1);
    assert_int_equal(count_steps("county"), 1);
    assert_int_equal(count_steps("criticism"), 0);
    assert_true(timer("review") > clock_now_ms() + 49 * HOUR);
    fixture_reset(NULL);
    fresh_case(NULL);
    late_review(0, 0);
    assert_int_equal(fire(64), 1);
    assert_int_equal(timer("review"), 0); /* no criticism: nothing more to do */

    fresh_case(NULL);
    late_review(-1, 0);
    char ck[200], key[64];
    int64_t now = clock_now_ms();
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", no());
    snprintf(ck, sizeof(ck), "review=%lld/%lld/3/%lld/%lld", (long long)(now - 9 * HOUR),
             (long long)(now - 10 * HOUR), (long long)(now - 5 * HOUR), (long long)(now - HOUR));
    redis_must(&redis, "HSET", key, "ck", ck, NULL);
    set_timer("review", 1);
    assert_int_equal(fire(64), 1);
    assert_int_equal(count_steps("criticism"), 1);
    assert_int_equal(timer("review"), 0);
    struct case_clocks c;
    case_clocks_write(store_fcall(store), REGION, slice_of(no()), 0, CASE_CLOCKS_PAGE);
    assert_ok(case_clocks_read(send_call(), &c));
    assert_int_equal(c.rows[0].step, 4);
    assert_int_equal(c.rows[0].county_ms, now - 5 * HOUR);
    assert_int_equal(c.rows[0].chase_ms, now - HOUR);
}

/* First aid, paid, its papers due an hour ago. */
static void late_papers(int64_t county_h, int64_t chase_h)
{
    int64_t due = clock_now_ms() - HOUR;
    struct aid_order order = aid(1000);
    struct decide_case d = dispatch(no(), &order);
    order.papers_due_ms = due;
    order.pay_due_ms = 0;
    order.papers = (struct clocks_times){due, due - 3 * HOUR, due + county_h * HOUR,
                                         chase_h == 0 ? 0 : due + chase_h * HOUR};
    assert_int_equal(decide(jobs.token, &d), DECIDE_OK);
    assert_int_equal(news(payment_id(no(), 1), PAYMENT_SUCCEEDED, 1000), NEWS_OK);
}

static void papers_tell_the_county_and_are_criticised_when_they_were_told_to(void **state)
{
    (void)state;
    late_papers(6, 48);
    int64_t due = clock_now_ms() - HOUR;
    assert_int_equal(fire(64), 1);
    assert_int_equal(state_of(no()), CASE_PAPERS_OVERDUE);
    assert_int_equal(count_steps("county"), 0);
    assert_true(timer("papers") > due + 5 * HOUR && timer("papers") <= due + 6 * HOUR);

    fresh_case(NULL);
    late_papers(0, 48);
    due = clock_now_ms() - HOUR;
    assert_int_equal(fire(64), 1);
    assert_int_equal(count_steps("county"), 1);
    assert_true(timer("papers") > due + 47 * HOUR && timer("papers") <= due + 48 * HOUR);
    set_timer("papers", 1); /* before its time: nothing is said twice */
    assert_int_equal(fire(64), 1);
    assert_int_equal(count_steps("county"), 1);
    assert_int_equal(count_steps("criticism"), 0);

    fresh_case(NULL);
    late_papers(0, 1);
    assert_int_equal(fire(64), 1);
    assert_int_equal(count_steps("county"), 1);
    assert_int_equal(count_steps("criticism"), 1);
    assert_int_equal(timer("papers"), 0);
    struct slice word;
    int64_t at_ms;
    assert_true(review_view_read(slice_of(field(no(), "rv")), &word, &at_ms));
    assert_slice(word, "OVERDUE");
    assert_true(at_ms <= clock_now_ms() - HOUR);
}

static void papers_warn_as_long_before_as_they_were_told_to(void **state)
{
    (void)state;
    int64_t due = clock_now_ms() + 100 * HOUR;
    struct aid_order order = aid(1000);
    struct decide_case d = dispatch(no(), &order);
    order.papers_due_ms = due;
    order.pay_due_ms = 0;
    order.papers = (struct clocks_times){due, due - 40 * HOUR, due + HOUR, 0};
    assert_int_equal(decide(jobs.token, &d), DECIDE_OK);
    assert_int_equal(timer("papers"), due - 40 * HOUR);
}

/* Cash that waits to be handed over, with a code that holds until till_ms (0 = nobody said). */
static enum act_outcome receipt_until(int64_t till_ms, enum act_refusal *refusal)
{
    char key[64], ho[160];
    struct decide_case d = dispatch(no(), NULL);
    fresh_case(NULL);
    assert_int_equal(decide(jobs.token, &d), DECIDE_OK);
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", no());
    int len = snprintf(ho, sizeof(ho), "%s|abc|officer:w|officer:zhao|0", payment_id(no(), 1));
    if (till_ms != 0) {
        snprintf(ho + len, sizeof(ho) - (size_t)len, "|%lld", (long long)till_ms);
    }
    redis_must(&redis, "HSET", key, "s", "FIRST_AID_APPROVED", "rv", "BOOKED:1", "pn", "1", "a",
               "1000", "pu", "1000", "m1", "INTENT|1000|" TOWN "|2026|fire|0|||acu|1|", "ho", ho,
               NULL);
    redis_must(&redis, "HINCRBY", "{" REGION "}:fund:" TOWN, "available", "-1000", NULL);
    redis_must(&redis, "HSET", "{" REGION "}:fund:" TOWN, "cash_held", "1000", NULL);
    struct act_request r = request(no(), VERB_RECEIPT, OFFICER, 0);
    struct act_result result = act(&r);
    *refusal = result.refusal;
    return result.outcome;
}

static void a_receipt_code_holds_as_long_as_it_was_given(void **state)
{
    enum act_refusal refusal;
    (void)state;
    assert_int_equal(receipt_until(clock_now_ms() - 1, &refusal), ACT_REFUSED);
    assert_int_equal(refusal, REFUSAL_CODE_EXPIRED);
    assert_int_equal(receipt_until(clock_now_ms() + HOUR, &refusal), ACT_OK);
    assert_int_equal(receipt_until(0, &refusal), ACT_OK);
}

static void damage_in_the_field_is_found(void **state)
{
    static const char *const BAD[] = {"review",    "review=1/0/5",   "review=0/0/1", "review=5/1",
                                      "nap=5/1/0", "review=5/1/0;;", "paused=x"};
    char key[64];
    (void)state;
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", no());
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct case_clocks c = {.version = 77};
        redis_must(&redis, "HSET", key, "ck", BAD[i], NULL);
        case_clocks_write(store_fcall(store), REGION, slice_of(no()), 0, CASE_CLOCKS_PAGE);
        if (case_clocks_read(send_call(), &c) != ERR_CORRUPT) {
            fail_msg("was taken: %s", BAD[i]);
        }
        assert_int_equal(c.version, 77);
    }
    case_clocks_write(store_fcall(store), REGION, slice_of(case_number(9)), 0, CASE_CLOCKS_PAGE);
    struct case_clocks c;
    assert_int_equal(case_clocks_read(send_call(), &c), ERR_NOT_FOUND);
}

#define WITH_CASE(test) cmocka_unit_test_setup(test, fresh_case)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CASE(the_county_hears_of_it_when_the_clock_says_so),
        WITH_CASE(criticism_is_due_once_behind_the_county),
        WITH_CASE(papers_tell_the_county_and_are_criticised_when_they_were_told_to),
        WITH_CASE(papers_warn_as_long_before_as_they_were_told_to),
        WITH_CASE(a_receipt_code_holds_as_long_as_it_was_given),
        WITH_CASE(damage_in_the_field_is_found),
    };
    return RUN_WITH_REDIS(tests);
}
