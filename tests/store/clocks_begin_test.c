/* Clocks that begin where nobody says a verb: a grant's money has arrived, its next part is on its
 * way. */
#include "tests/store/fixture.h"

#include <stdio.h>
#include "queue/store/calls_clock.h"

static const char *no;
static char key[64];

/* A grant of 2 x 1,000 fen or of 1,000 fen; its first payment is with the bank. */
static void paying(int parts)
{
    char grant[160];
    struct leased jobs;
    fixture_reset(NULL);
    no = case_number(1);
    allot(TOWN, 1000000);
    receive(no, "p1");
    lease(STAGE_ROUTE, 600000, 1, &jobs);
    struct decide_case c = dispatch(no, NULL);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", no);
    snprintf(grant, sizeof(grant),
             "APPROVED|%d|%d|0|" TOWN "|2026|fire|county|b|officer:zhao|" REVIEWER "|%s",
             parts * 1000, parts, parts > 1 ? "4102444800000" : "");
    redis_must(&redis, "HSET", key, "s", "PAYING", "g", grant, "a", parts > 1 ? "2000" : "1000",
               "pn", "1", "m1", "INTENT|1000|" TOWN "|2026|fire|0|||gbu||", NULL);
    redis_must(&redis, "HINCRBY", "{" REGION "}:fund:" TOWN, "available", "-2000", NULL);
    redis_must(&redis, "HSET", "{" REGION "}:fund:" TOWN, "held", "2000", NULL);
    assert_int_equal(news(payment_id(no, 1), PAYMENT_SUCCEEDED, 1000), NEWS_OK);
}

static int64_t fire_with(const char *begins)
{
    char places[200];
    snprintf(places, sizeof(places), ",900000,1800000,,%s|520103,1,1,,", begins);
    const struct cascade_limits limits = {.places = slice_of(places)};
    int64_t fired = -1;
    fire_write(store_fcall(store), REGION, 64, &limits);
    assert_ok(fire_read(send_call(), &fired));
    return fired;
}

static struct case_clocks look(void)
{
    struct case_clocks c;
    case_clocks_write(store_fcall(store), REGION, slice_of(no), 0, CASE_CLOCKS_PAGE);
    assert_ok(case_clocks_read(send_call(), &c));
    return c;
}

#define BEGINS "followup=4102444800000/4102358400000;pay=4102444800001/4102358400001"

static void money_that_has_arrived_starts_the_time_to_follow_up(void **state)
{
    struct clocks_event e;
    (void)state;
    paying(1);
    assert_int_equal(state_of(no), CASE_PAID);
    assert_int_equal(fire_with(BEGINS), 1);
    struct case_clocks c = look();
    assert_int_equal(c.row_count, 1);
    assert_int_equal(c.rows[0].kind, CLOCKS_FOLLOW_UP);
    assert_int_equal(c.rows[0].due_ms, INT64_C(4102444800000));
    assert_ok(clocks_event_read(case_clocks_event(&c, c.event_count - 1), &e));
    assert_int_equal(e.verb, VERB_NOTE);
    assert_int_equal(e.due_ms[CLOCKS_FOLLOW_UP], INT64_C(4102444800000));
    assert_int_equal(fire_with(BEGINS), 0); /* once */
    assert_int_equal(look().version, c.version);
}

static void a_clock_that_runs_already_is_left_alone(void **state)
{
    (void)state;
    paying(1);
    redis_must(&redis, "HSET", key, "ck", "followup=4102444800009/4102358400009/0", NULL);
    int64_t before = look().version;
    assert_int_equal(fire_with(BEGINS), 1);
    assert_int_equal(look().rows[0].due_ms, INT64_C(4102444800009));
    assert_int_equal(look().version, before);
}

static void the_next_part_has_its_own_time_to_be_paid(void **state)
{
    char member[64];
    (void)state;
    paying(2);
    assert_int_equal(state_of(no), CASE_INSTALMENT);
    assert_int_equal(fire_with(BEGINS), 1); /* nothing runs while the next one is a month away */
    assert_int_equal(look().row_count, 0);
    snprintf(member, sizeof(member), "instalment:%s", no);
    redis_must(&redis, "ZADD", "{" REGION "}:timers", "XX", "1", member, NULL);
    assert_int_equal(fire_with(BEGINS), 1);
    assert_int_equal(state_of(no), CASE_PAYING);
    struct case_clocks c = look();
    assert_int_equal(c.row_count, 1);
    assert_int_equal(c.rows[0].kind, CLOCKS_PAY);
    assert_int_equal(c.rows[0].due_ms, INT64_C(4102444800001));
}

static void without_a_calendar_nothing_begins(void **state)
{
    (void)state;
    paying(1);
    int64_t before = look().version;
    assert_int_equal(fire_with(""), 1);
    assert_int_equal(look().version, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_that_has_arrived_starts_the_time_to_follow_up),
        cmocka_unit_test(a_clock_that_runs_already_is_left_alone),
        cmocka_unit_test(the_next_part_has_its_own_time_to_be_paid),
        cmocka_unit_test(without_a_calendar_nothing_begins),
    };
    return RUN_WITH_REDIS(tests);
}
