/* How a clock presses: when it warns, when the county is told, when criticism is due (`escalation`
 * of the pack). */
#include "tests/support/test.h"

#include "tests/unit/domain/china.h"
#include "queue/domain/clocks.h"

static struct clocks_times pressed(enum clocks_unit unit, int count, struct clocks_pace pace)
{
    struct clocks_times t;
    assert_ok(clocks_due(&china, (struct clocks_term){unit, count}, &pace,
                         at("2026-03-02 09:00:00"), &t, NULL)); /* a Monday */
    return t;
}

static void when_a_clock_warns_is_the_policys_share_of_it(void **state)
{
    static const struct {
        enum clocks_unit unit;
        int count, permille;
        const char *warn;
    } CASES[] = {
        {TERM_HOURS, 24, 500, "2026-03-02 21:00:00"},
        {TERM_HOURS, 24, 800, "2026-03-03 04:12:00"},
        {TERM_DAYS, 3, 1, "2026-03-02 09:05:13.2"},
        {TERM_WORKING_DAYS, 10, 800, "2026-03-13 00:00:00"}, /* the ninth, a Friday */
        {TERM_WORKING_DAYS, 10, 900, "2026-03-16 00:00:00"}, /* the tenth, a Monday */
        {TERM_WORKING_DAYS, 10, 1000, "2026-03-16 00:00:00"},
        {TERM_WORKING_DAYS, 10, 500, "2026-03-10 00:00:00"}, /* the sixth */
        {TERM_WORKING_DAYS, 1, 1, "2026-03-03 00:00:00"},
        {TERM_WORKING_DAYS, 1, 1000, "2026-03-03 00:00:00"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct clocks_times t = pressed(CASES[i].unit, CASES[i].count,
                                        (struct clocks_pace){.warn_permille = CASES[i].permille});
        assert_int_equal(t.warn_ms / 1000, at(CASES[i].warn) / 1000);
        assert_true(t.warn_ms < t.due_ms);
    }
    struct clocks_times t = pressed(TERM_MINUTES, 1, (struct clocks_pace){.warn_permille = 1000});
    assert_int_equal(t.warn_ms, t.due_ms - 1); /* a warning behind the due time would be none */
}

static void when_the_county_is_told_and_criticism_is_due_is_the_policys(void **state)
{
    (void)state;
    struct clocks_times t = pressed(TERM_HOURS, 24, (struct clocks_pace){800, 0, 0});
    assert_int_equal(t.due_ms, at("2026-03-03 09:00:00"));
    assert_int_equal(t.county_ms, t.due_ms);
    assert_int_equal(t.chase_ms, 0); /* none */
    t = pressed(TERM_HOURS, 24, (struct clocks_pace){800, 24, 5});
    assert_int_equal(t.county_ms, at("2026-03-04 09:00:00"));
    assert_int_equal(t.chase_ms, at("2026-03-12 00:00:00"));
    t = pressed(TERM_WORKING_DAYS, 1, (struct clocks_pace){800, 720, 1});
    assert_int_equal(t.county_ms, at("2026-04-03 00:00:00"));
    assert_int_equal(t.chase_ms, at("2026-04-08 00:00:00")); /* behind 清明 */
}

static void a_clock_that_is_late_already_when_it_goes_on_warns_at_once(void **state)
{
    const struct clocks_pace pace = {800, 24, 5};
    int64_t due = at("2026-03-03 00:00:00"), now = at("2026-03-05 09:00:00");
    struct clocks_times t;
    (void)state;
    assert_ok(clocks_resume(&china, TERM_HOURS, &pace, due, now - 1000, now, &t, NULL));
    assert_int_equal(t.due_ms, due + 1000);
    assert_true(t.warn_ms < t.due_ms && t.due_ms < now);
    assert_ok(clocks_resume(&china, TERM_WORKING_DAYS, &pace, due, now - 1000, now, &t, NULL));
    assert_int_equal(t.due_ms, due);
    assert_int_equal(t.warn_ms, at("2026-03-02 00:00:00"));
}

static void a_due_time_that_is_not_behind_the_start_is_refused(void **state)
{
    const struct clocks_pace pace = {800, 24, 5};
    int64_t t0 = at("2026-03-03 00:00:00");
    struct clocks_times t = {.due_ms = 7};
    (void)state;
    assert_int_equal(clocks_around(&china, TERM_HOURS, &pace, t0, t0, &t), ERR_INPUT);
    assert_int_equal(clocks_around(&china, TERM_NONE, &pace, t0, t0 + 1, &t), ERR_INPUT);
    assert_int_equal(clocks_around(&china, TERM_HOURS, &pace, -1, t0, &t), ERR_INPUT);
    assert_int_equal(clocks_around(&china, TERM_HOURS, &pace, t0, INT64_MAX, &t), ERR_INPUT);
    assert_int_equal(t.due_ms, 7);
    assert_ok(clocks_around(&china, TERM_HOURS, &pace, t0, t0 + 1, &t));
    assert_true(t.warn_ms >= t0 && t.warn_ms < t.due_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(when_a_clock_warns_is_the_policys_share_of_it),
        cmocka_unit_test(when_the_county_is_told_and_criticism_is_due_is_the_policys),
        cmocka_unit_test(a_clock_that_is_late_already_when_it_goes_on_warns_at_once),
        cmocka_unit_test(a_due_time_that_is_not_behind_the_start_is_refused),
    };
    return cmocka_run_group_tests_name("how clocks press", tests, load_china, NULL);
}
