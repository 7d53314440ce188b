/* Working days at thousands of instants: what must hold whatever day it is. Each test has its seed.
 */
#include "tests/support/test.h"

#include "queue/base/clock.h"
#include "tests/unit/domain/china.h"

#define ROUNDS 20000

static int64_t add(int64_t from, int n)
{
    int64_t due = 0;
    assert_ok(calendar_add_working_days(&china, from, n, &due, NULL));
    return due;
}

/* An own way to count, day by day, from nothing but the notices' own lists. */
static bool works(int64_t at_ms)
{
    static const char *const OFF[] = {
        "2025-01-01", "2025-01-01", "2025-01-28", "2025-02-04", "2025-04-04", "2025-04-06",
        "2025-05-01", "2025-05-05", "2025-05-31", "2025-06-02", "2025-10-01", "2025-10-08",
        "2026-01-01", "2026-01-03", "2026-02-15", "2026-02-23", "2026-04-04", "2026-04-06",
        "2026-05-01", "2026-05-05", "2026-06-19", "2026-06-21", "2026-09-25", "2026-09-27",
        "2026-10-01", "2026-10-07"};
    static const char *const MADE_UP[] = {"2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28",
                                          "2025-10-11", "2026-01-04", "2026-02-14", "2026-02-28",
                                          "2026-05-09", "2026-09-20", "2026-10-10"};
    char day[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(at_ms, day);
    day[10] = '\0';
    for (size_t i = 0; i < COUNT_OF(MADE_UP); i++) {
        if (strcmp(day, MADE_UP[i]) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < COUNT_OF(OFF); i += 2) {
        if (strcmp(day, OFF[i]) >= 0 && strcmp(day, OFF[i + 1]) <= 0) {
            return false;
        }
    }
    int64_t weekday = ((at_ms + CLOCK_CHINA_OFFSET_MS) / MS_PER_DAY + 3) % 7; /* 0 = Monday */
    return weekday < 5;
}

static void a_day_is_worked_as_the_notices_say(void **state)
{
    (void)state;
    china_seed = 20260101;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t t = any_instant();
        if (calendar_is_working_day(&china, t, NULL) != works(t)) {
            char text[CLOCK_RFC3339_SIZE];
            clock_format_rfc3339(t, text);
            fail_msg("%s should%s be worked", text, works(t) ? "" : " not");
        }
    }
}

static void adding_n_and_counting_between_gives_n(void **state)
{
    (void)state;
    china_seed = 20260215;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t from = any_instant();
        int n = 1 + (int)any(60);
        int64_t due = add(from, n);
        assert_int_equal(calendar_working_days_between(&china, from, due - 1, NULL), n);
        assert_int_equal((due + CLOCK_CHINA_OFFSET_MS) % MS_PER_DAY, 0); /* 24:00 */
        assert_true(works(due - 1)); /* never ends on a day that is not worked */
        assert_true(due - from > (int64_t)(n - 1) * MS_PER_DAY + 1);
    }
}

static void adding_is_monotone_in_days_and_in_time(void **state)
{
    (void)state;
    china_seed = 20261001;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t from = any_instant(), later = from + (int64_t)any(10 * MS_PER_DAY);
        int n = 1 + (int)any(40);
        assert_true(add(from, n + 1) > add(from, n));
        assert_true(add(later, n) >= add(from, n));
    }
}

static void the_time_of_day_does_not_matter(void **state)
{
    (void)state;
    china_seed = 235959;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t from = any_instant();
        int64_t day = from - (from + CLOCK_CHINA_OFFSET_MS) % MS_PER_DAY;
        int n = 1 + (int)any(20);
        assert_int_equal(add(from, n), add(day, n));
        assert_int_equal(add(day + MS_PER_DAY - 1000, n), add(day, n)); /* 23:59:59 */
        assert_true(add(day + MS_PER_DAY, n) >= add(day, n));
    }
}

static void adding_in_two_steps_is_adding_at_once(void **state)
{
    (void)state;
    china_seed = 7;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t from = any_instant();
        int n = 1 + (int)any(20), m = 1 + (int)any(20);
        assert_int_equal(add(add(from, n) - 1, m), add(from, n + m));
    }
}

/* "Unknown years say so": a due time is assumed if and only if a day was looked at in such a year.
 */
static void what_lies_in_an_unpublished_year_is_called_assumed(void **state)
{
    int said = 0;
    (void)state;
    china_seed = 2027;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t from = any_instant(), due = 0;
        bool assumed = false;
        assert_ok(calendar_add_working_days(&china, from, 1 + (int)any(30), &due, &assumed));
        int64_t first = from + MS_PER_DAY; /* the day after the start is the first one looked at */
        bool known = first >= at("2025-01-01 00:00:00") && due <= at("2027-01-01 00:00:00");
        assert_int_equal(assumed, !known);
        said += assumed;
    }
    assert_true(said > ROUNDS / 10 && said < ROUNDS);
}

static void every_working_day_deadline_in_2027_is_assumed(void **state)
{
    (void)state;
    for (int64_t t = at("2027-01-01 12:00:00"); t < at("2028-01-01 00:00:00"); t += MS_PER_DAY) {
        bool assumed = false;
        int64_t due = 0;
        assert_ok(calendar_add_working_days(&china, t, 5, &due, &assumed));
        assert_true(assumed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_is_worked_as_the_notices_say),
        cmocka_unit_test(adding_n_and_counting_between_gives_n),
        cmocka_unit_test(adding_is_monotone_in_days_and_in_time),
        cmocka_unit_test(the_time_of_day_does_not_matter),
        cmocka_unit_test(adding_in_two_steps_is_adding_at_once),
        cmocka_unit_test(what_lies_in_an_unpublished_year_is_called_assumed),
        cmocka_unit_test(every_working_day_deadline_in_2027_is_assumed),
    };
    return cmocka_run_group_tests_name("calendar, at random", tests, load_china, NULL);
}
