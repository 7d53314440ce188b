/* Time of day and calendar days. */
#include "tests/support/test.h"

#include "queue/base/clock.h"

static void times_are_read_with_any_offset(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01t00:00:00z", 0},
        {"1970-01-01T08:00:00+08:00", 0},
        {"2026-03-01T09:30:00.000+08:00", 1772328600000},
        {"2026-03-01T01:30:00Z", 1772328600000},
        {"2026-02-28T20:30:00-05:00", 1772328600000},
        {"2026-03-01T01:30:00-00:00", 1772328600000},
        {"2026-03-01T07:15:00.5+05:45", 1772328600500},
        {"2026-03-01T01:30:00.1239999999Z", 1772328600123},
        {"2026-03-01T01:30:00.001Z", 1772328600001},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"2024-02-29T23:59:59.999Z", 1709251199999},
        {"2100-02-28T00:00:00Z", 4107456000000},
        {"9999-12-31T23:59:59+08:00", 253402271999000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t ms = -1;
        if (clock_parse_rfc3339(slice_of(cases[i].text), &ms) != ERR_OK || ms != cases[i].ms) {
            fail_msg("'%s' gave %lld", cases[i].text, (long long)ms);
        }
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-03-01",
        "2026-03-01T09:30:00",
        "2026-03-01 09:30:00Z",
        "2026-03-01T09:30Z",
        "2026-3-01T09:30:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T23:60:00Z",
        "2026-12-31T23:59:60Z",
        "2026-03-01T09:30:00.Z",
        "2026-03-01T09:30:00,5Z",
        "2026-03-01T09:30:00+0800",
        "2026-03-01T09:30:00+08",
        "2026-03-01T09:30:00+24:00",
        "2026-03-01T09:30:00+08:60",
        "2026-03-01T09:30:00ZZ",
        " 2026-03-01T09:30:00Z",
        "2026-03-01T09:30:00Z ",
        "1969-12-31T23:59:59Z",
        "-026-03-01T09:30:00Z",
        "+2026-03-01T09:30:00Z",
        "12026-03-01T09:30:00Z",
        /* in China time these lie outside the years that can be written again */
        "1970-01-01T00:00:00+08:01",
        "9999-12-31T23:59:59Z",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        int64_t ms = 4711;
        if (clock_parse_rfc3339(slice_of(wrong[i]), &ms) != ERR_INPUT || ms != 4711) {
            fail_msg("'%s' was not refused", wrong[i]);
        }
    }
}

static void what_is_written_reads_back_the_same(void **state)
{
    char text[CLOCK_RFC3339_SIZE];
    (void)state;
    clock_format_rfc3339(1772328600000, text);
    assert_string_equal(text, "2026-03-01T09:30:00.000+08:00");
    for (int64_t ms = -CLOCK_CHINA_OFFSET_MS; ms < INT64_C(253402272000000);
         ms += INT64_C(86400000) * 17 + 3723004) {
        int64_t back = -1;
        clock_format_rfc3339(ms, text);
        assert_int_equal(strlen(text), CLOCK_RFC3339_SIZE - 1);
        assert_ok(clock_parse_rfc3339(slice_of(text), &back));
        assert_true(back == ms);
    }
}

static bool leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Walk day by day with a calendar that only knows how long months are. */
static void days_and_dates_agree_for_five_centuries(void **state)
{
    static const int LEN[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = civil_to_days(1800, 1, 1);
    (void)state;
    assert_int_equal(civil_to_days(1970, 1, 1), 0);
    assert_int_equal(civil_to_days(2000, 3, 1), 11017);
    assert_int_equal(days, -62091);
    for (int year = 1800; year < 2300; year++) {
        for (int month = 1; month <= 12; month++) {
            int len = LEN[month - 1] + (month == 2 && leap(year));
            for (int day = 1; day <= len; day++, days++) {
                int y, m, d;
                civil_from_days(days, &y, &m, &d);
                if (civil_to_days(year, month, day) != days || y != year || m != month ||
                    d != day) {
                    fail_msg("%d-%d-%d", year, month, day);
                }
            }
        }
    }
}

static void china_time_goes_there_and_back(void **state)
{
    (void)state;
    for (int64_t ms = -5000000000; ms < 5000000000000; ms += 98765432101) {
        struct civil_time t = clock_civil_china(ms);
        assert_in_range(t.hour, 0, 23);
        assert_in_range(t.minute, 0, 59);
        assert_in_range(t.second, 0, 59);
        assert_in_range(t.millisecond, 0, 999);
        assert_true(clock_from_civil_china(&t) == ms);
    }
    struct civil_time midnight = clock_civil_china(INT64_C(1772294400000)); /* 2026-02-28T16:00Z */
    assert_int_equal(midnight.month * 100 + midnight.day, 301);
    assert_int_equal(midnight.hour, 0);
}

static void the_clocks_run(void **state)
{
    (void)state;
    assert_true(clock_now_ms() > INT64_C(1700000000000));
    int64_t before = clock_mono_us();
    assert_true(clock_mono_us() >= before);
    assert_true(clock_mono_ms() >= before / 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_read_with_any_offset),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(what_is_written_reads_back_the_same),
        cmocka_unit_test(days_and_dates_agree_for_five_centuries),
        cmocka_unit_test(china_time_goes_there_and_back),
        cmocka_unit_test(the_clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
