/* Working days and deadlines, on the calendar that is shipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "queue/base/buf.h"
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "queue/domain/calendar.h"

static struct calendar china;

static int load_china(void **state)
{
    struct buf text, why;

    (void)state;
    buf_init(&text, 1 << 20);
    buf_init(&why, 1 << 16);
    assert_int_equal(file_read("ops/calendar/china.json", &text), ERR_OK);
    enum err err = calendar_load(buf_slice(&text), &china, &why);
    if (err != ERR_OK)
        print_error("%.*s", SLICE_FMT(buf_slice(&why)));
    buf_release(&text);
    buf_release(&why);
    return err == ERR_OK ? 0 : -1;
}

static int64_t at(const char *rfc3339)
{
    int64_t ms = 0;
    assert_int_equal(clock_parse_rfc3339(slice_of(rfc3339), &ms), ERR_OK);
    return ms;
}

static void assert_due(const char *from, int n, const char *expected, bool expect_assumed)
{
    int64_t due = 0;
    bool assumed = false;
    char text[CLOCK_RFC3339_SIZE];

    assert_int_equal(calendar_add_working_days(&china, at(from), n, &due, &assumed), ERR_OK);
    clock_format_rfc3339(due, text);
    assert_string_equal(text, expected);
    assert_int_equal(assumed, expect_assumed);
}

static void a_working_day_ends_at_24_00_of_the_nth_working_day(void **state)
{
    (void)state;
    assert_due("2026-03-02T09:00:00+08:00", 1, "2026-03-04T00:00:00.000+08:00", false);
    assert_due("2026-03-02T00:00:00+08:00", 1, "2026-03-04T00:00:00.000+08:00", false);
    assert_due("2026-03-02T23:59:59.999+08:00", 1, "2026-03-04T00:00:00.000+08:00", false);
    assert_due("2026-03-06T17:00:00+08:00", 5, "2026-03-14T00:00:00.000+08:00", false);
}

static void the_day_is_the_china_time_day_whatever_the_offset(void **state)
{
    (void)state;
    /* 2 March 20:00 UTC is already 3 March in China */
    assert_due("2026-03-02T20:00:00Z", 1, "2026-03-05T00:00:00.000+08:00", false);
    assert_due("2026-03-02T15:59:59.999Z", 1, "2026-03-04T00:00:00.000+08:00", false);
    assert_due("2026-03-02T16:00:00Z", 1, "2026-03-05T00:00:00.000+08:00", false);
}

static void spring_festival_is_skipped_and_its_make_up_saturdays_count(void **state)
{
    (void)state;
    /* 2026: off 15..23 February, worked on Saturday 14 and Saturday 28 */
    assert_due("2026-02-13T17:00:00+08:00", 1, "2026-02-15T00:00:00.000+08:00", false);
    assert_due("2026-02-13T17:00:00+08:00", 2, "2026-02-25T00:00:00.000+08:00", false);
    assert_due("2026-02-14T17:00:00+08:00", 5, "2026-03-01T00:00:00.000+08:00", false);
    assert_due("2026-02-14T17:00:00+08:00", 6, "2026-03-03T00:00:00.000+08:00", false);
    /* 2025: off 28 January .. 4 February, worked on Sunday 26 January and Saturday 8 February */
    assert_due("2025-01-25T12:00:00+08:00", 3, "2025-02-06T00:00:00.000+08:00", false);
    assert_due("2025-02-05T12:00:00+08:00", 3, "2025-02-09T00:00:00.000+08:00", false);
}

static void national_day_is_skipped(void **state)
{
    (void)state;
    /* 2026: off 1..7 October; Saturday 10 worked */
    assert_due("2026-09-30T23:59:59+08:00", 1, "2026-10-09T00:00:00.000+08:00", false);
    assert_due("2026-09-30T23:59:59+08:00", 3, "2026-10-11T00:00:00.000+08:00", false);
    assert_due("2026-09-30T23:59:59+08:00", 4, "2026-10-13T00:00:00.000+08:00", false);
    assert_due("2025-09-30T12:00:00+08:00", 1, "2025-10-10T00:00:00.000+08:00", false);
}

static void a_year_end_needs_both_years_and_says_when_one_is_assumed(void **state)
{
    (void)state;
    /* 2026-01-01 (Thursday) to 3 off, Sunday 4 worked */
    assert_due("2025-12-31T18:00:00+08:00", 1, "2026-01-05T00:00:00.000+08:00", false);
    /* 2027 is not published: 1 January 2027 is a Friday and is assumed to be worked */
    assert_due("2026-12-30T18:00:00+08:00", 1, "2027-01-01T00:00:00.000+08:00", false);
    assert_due("2026-12-31T18:00:00+08:00", 1, "2027-01-02T00:00:00.000+08:00", true);
    assert_due("2031-06-06T18:00:00+08:00", 1, "2031-06-10T00:00:00.000+08:00", true);
}

static void assumed_is_never_taken_back(void **state)
{
    int64_t due;
    bool assumed = true;

    (void)state;
    assert_int_equal(
        calendar_add_working_days(&china, at("2026-03-02T09:00:00+08:00"), 1, &due, &assumed),
        ERR_OK);
    assert_true(assumed);
    assert_true(calendar_is_working_day(&china, at("2026-02-14T09:00:00+08:00"), NULL));
    assert_false(calendar_is_working_day(&china, at("2026-02-16T09:00:00+08:00"), NULL));
}

static void days_and_hours_run_through_holidays(void **state)
{
    int64_t due = 0;

    (void)state;
    assert_int_equal(calendar_add_days(at("2026-09-30T17:00:00+08:00"), 3, &due), ERR_OK);
    assert_int_equal(due, at("2026-10-04T00:00:00+08:00"));
    assert_int_equal(calendar_add_hours(at("2026-09-30T17:00:00+08:00"), 24, &due), ERR_OK);
    assert_int_equal(due, at("2026-10-01T17:00:00+08:00"));
    assert_int_equal(calendar_add_hours(at("2026-09-30T17:00:00+08:00"), 0, &due), ERR_OK);
    assert_int_equal(due, at("2026-09-30T17:00:00+08:00"));
}

static void what_is_out_of_range_is_refused_and_nothing_is_written(void **state)
{
    int64_t due = 42;
    int64_t now = at("2026-03-02T09:00:00+08:00");

    (void)state;
    assert_int_equal(calendar_add_working_days(&china, now, 0, &due, NULL), ERR_INPUT);
    assert_int_equal(calendar_add_working_days(&china, now, CALENDAR_SPAN_MAX + 1, &due, NULL),
                     ERR_INPUT);
    assert_int_equal(calendar_add_working_days(&china, -1, 1, &due, NULL), ERR_INPUT);
    assert_int_equal(calendar_add_working_days(&china, INT64_MAX, 1, &due, NULL), ERR_INPUT);
    assert_int_equal(calendar_add_days(now, 0, &due), ERR_INPUT);
    assert_int_equal(calendar_add_hours(now, -1, &due), ERR_INPUT);
    assert_int_equal(calendar_add_hours(INT64_MIN, 1, &due), ERR_INPUT);
    assert_int_equal(due, 42);
}

/* Properties over every hour of three years: a due time is 00:00 China time, behind a working day,
 * later than the start; one more day is never earlier; counting back gives n. */
static void adding_working_days_agrees_with_counting_them(void **state)
{
    int64_t start = at("2024-12-30T00:30:00+08:00");

    (void)state;
    for (int i = 0; i < 3 * 365 * 24; i += 5) {
        int64_t now = start + (int64_t)i * 3600000, before = now;
        for (int n = 1; n <= 12; n++) {
            int64_t due = 0;
            assert_int_equal(calendar_add_working_days(&china, now, n, &due, NULL), ERR_OK);
            assert_true(due > before);
            assert_int_equal((due + CLOCK_CHINA_OFFSET_MS) % MS_PER_DAY, 0);
            assert_true(calendar_is_working_day(&china, due - 1, NULL));
            assert_int_equal(calendar_working_days_between(&china, now, due - 1, NULL), n);
            before = due;
        }
    }
}

static void the_shipped_years_have_the_published_number_of_working_days(void **state)
{
    (void)state;
    /* From the notices: 2025 has 261 weekdays, 18 of them off, and 5 weekend days worked; 2026 has
     * 261 weekdays, 19 of them off, and 6 weekend days worked. */
    assert_int_equal(calendar_working_days_between(&china, at("2024-12-31T12:00:00+08:00"),
                                                   at("2025-12-31T12:00:00+08:00"), NULL),
                     248);
    assert_int_equal(calendar_working_days_between(&china, at("2025-12-31T12:00:00+08:00"),
                                                   at("2026-12-31T12:00:00+08:00"), NULL),
                     248);
}

static void refuse(const char *json, const char *reason)
{
    struct calendar c;
    struct buf why;

    calendar_init(&c);
    c.count = 7;
    buf_init(&why, 1 << 16);
    assert_int_equal(calendar_load(slice_of(json), &c, &why), ERR_INPUT);
    assert_int_equal(c.count, 7);
    assert_non_null(why.ptr);
    if (strstr(why.ptr, reason) == NULL)
        fail_msg("expected \"%s\" in:\n%s", reason, why.ptr);
    buf_release(&why);
}

static void a_wrong_file_is_refused_with_line_pointer_and_remedy(void **state)
{
    (void)state;
    refuse("{\"format\":1,\"title\":\"t\",\"years\":[}", "line 1: not valid JSON");
    refuse("{\"format\":2,\"title\":\"t\",\"years\":[]}", "/format: must be a whole number 1..1");
    refuse("{\"format\":1,\"title\":\"t\",\"years\":[],\n\"yeers\":[]}",
           "line 2: /yeers: is not a known key");
    refuse("{\"format\":1,\"title\":\"t\",\"years\":[{\"year\":2026,\"published\":true,\"source\":"
           "\"s\",\n\"off\":[],\n"
           "\"make_up\":[\"2026-03-02\"]}]}",
           "line 3: /years/0/make_up/0: is a Monday to Friday");
    refuse("{\"format\":1,\"title\":\"t\",\"years\":[{\"year\":2026,\"published\":true,\"source\":"
           "\"s\",\"off\":[],"
           "\"make_up\":[\"2026-02-30\"]}]}",
           "must be a date of the calendar");
    refuse("{\"format\":1,\"title\":\"t\",\"years\":[{\"year\":2026,\"published\":true,\"source\":"
           "\"s\",\"make_up\":[],"
           "\"off\":[{\"name\":\"a\",\"from\":\"2026-02-01\",\"to\":\"2026-02-03\"},\n"
           "{\"name\":\"b\",\"from\":\"2026-02-03\",\"to\":\"2026-02-04\"}]}]}",
           "line 2: /years/0/off/1: overlaps another holiday");
    refuse("{\"format\":1,\"title\":\"t\",\"years\":[{\"year\":2026,\"published\":false,\"source\":"
           "\"s\",\"off\":[]}]}",
           "is not published");
    refuse("{\"format\":1,\"title\":\"t\",\"years\":[{\"year\":2027,\"published\":false,\"source\":"
           "\"s\"},"
           "{\"year\":2026,\"published\":false,\"source\":\"s\"}]}",
           "years must ascend");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_working_day_ends_at_24_00_of_the_nth_working_day),
        cmocka_unit_test(the_day_is_the_china_time_day_whatever_the_offset),
        cmocka_unit_test(spring_festival_is_skipped_and_its_make_up_saturdays_count),
        cmocka_unit_test(national_day_is_skipped),
        cmocka_unit_test(a_year_end_needs_both_years_and_says_when_one_is_assumed),
        cmocka_unit_test(assumed_is_never_taken_back),
        cmocka_unit_test(days_and_hours_run_through_holidays),
        cmocka_unit_test(what_is_out_of_range_is_refused_and_nothing_is_written),
        cmocka_unit_test(adding_working_days_agrees_with_counting_them),
        cmocka_unit_test(the_shipped_years_have_the_published_number_of_working_days),
        cmocka_unit_test(a_wrong_file_is_refused_with_line_pointer_and_remedy),
    };
    return cmocka_run_group_tests_name("calendar", tests, load_china, NULL);
}
