/* What clients of the Open311 façade send, read. */
#include "tests/support/test.h"

#include "queue/base/json.h"
#include "server/open311_read.h"

#define NOW_MS INT64_C(1772328600000) /* 2026-03-01T09:30:00+08:00 */
#define RANGE OPEN311_RANGE_MAX_MS

static enum err form(const char *body, struct open311_form *f, const char **what)
{
    static struct arena arena;
    arena_release(&arena);
    arena_init(&arena, (size_t)1 << 20);
    return open311_form_read(&arena, slice_of(body), f, what);
}

static void a_form_becomes_a_ticket_with_point_name_and_mail(void **state)
{
    struct open311_form f;
    struct buf text;
    const char *what;
    (void)state;
    assert_ok(form("service_code=fire&lat=26.5&long=-106.71&description=+a%26b+&first_name=%E4%B8%"
                   "89&last_name="
                   "%E5%BC%A0&phone=138&email=a%40b",
                   &f, &what));
    buf_init(&text, 65536);
    open311_form_write(&f, &text);
    assert_string_equal(
        text.ptr,
        "{\"channel\":\"third_party\",\"cause\":\"fire\",\"reporter\":{\"name\":\"张三\",\"phone\":"
        "\"138\"},\"place\":{\"lat\":26.5,\"lng\":-106.71,\"crs\":\"WGS-84\",\"address\":\"\"},"
        "\"narrative\":\"a&b（电子邮箱：a@b）\"}");
    buf_release(&text);
}

static void forms_without_a_place_or_with_a_wrong_one_are_told_what_is_wanted(void **state)
{
    static const char *const bodies[] = {"service_code=fire",
                                         "service_code=fire&lat=1",
                                         "service_code=fire&lat=1&address_string=x",
                                         "service_code=fire&lat=01&long=2",
                                         "service_code=fire&lat=-01.5&long=2",
                                         "service_code=fire&lat=1.&long=2",
                                         "service_code=fire&lat=.5&long=2",
                                         "service_code=fire&lat=1e3&long=2",
                                         "service_code=fire&lat=1,5&long=2",
                                         "service_code=fire&lat=-&long=2",
                                         "service_code=fire&lat=123456789012345678901&long=2",
                                         "service_code=fire&address_id=7"};
    struct open311_form f = {.lat = SLICE_LIT("untouched")};
    const char *what;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        if (form(bodies[i], &f, &what) != ERR_INPUT || what == NULL) {
            fail_msg("%s is taken", bodies[i]);
        }
    }
    assert_true(slice_is(f.lat, "untouched"));
    assert_ok(form("service_code=fire&lat=-0.5&long=0", &f, &what));
    assert_ok(form("service_code=fire&address_string=x", &f, &what));
}

static void what_is_no_form_or_has_no_known_service_is_refused(void **state)
{
    struct open311_form f;
    const char *what;
    (void)state;
    assert_int_equal(form("", &f, &what), ERR_NOT_FOUND);
    assert_int_equal(form("service_code=pothole&address_string=x", &f, &what), ERR_NOT_FOUND);
    assert_int_equal(form("service_code=fire&service_code=fire&address_string=x", &f, &what),
                     ERR_INPUT);
    assert_null(what);
    assert_int_equal(form("service_code=fire&address_string=%ff", &f, &what), ERR_INPUT);
    assert_int_equal(form("service_code=fire&address_string=%0", &f, &what), ERR_INPUT);
    assert_int_equal(form("service_code=fire&address_string=%00", &f, &what), ERR_INPUT);
}

static void a_value_that_is_too_long_is_refused(void **state)
{
    struct open311_form f;
    struct buf body;
    const char *what;
    (void)state;
    for (size_t len = OPEN311_FIELD_MAX - 1; len <= OPEN311_FIELD_MAX; len++) {
        buf_init(&body, 2 * OPEN311_FIELD_MAX);
        buf_put_text(&body, "service_code=fire&address_string=x&description=");
        for (size_t i = 0; i < len; i++) {
            buf_put_char(&body, 'a');
        }
        assert_int_equal(form(body.ptr, &f, &what), len < OPEN311_FIELD_MAX ? ERR_OK : ERR_INPUT);
        buf_release(&body);
    }
}

static void a_query_without_anything_asks_for_the_last_ninety_days(void **state)
{
    struct open311_filter f;
    (void)state;
    assert_ok(open311_filter_read(SLICE_LIT(""), NOW_MS, &f));
    assert_true(f.to_ms == NOW_MS && f.from_ms == NOW_MS - RANGE && f.any_status &&
                f.code[0] == '\0');
}

static void a_longer_range_is_shortened_and_none_begins_before_1970(void **state)
{
    struct open311_filter f;
    (void)state;
    assert_ok(open311_filter_read(
        SLICE_LIT("start_date=2020-01-01T00:00:00Z&end_date=2026-03-01T09:30:00%2B08:00"), 5, &f));
    assert_true(f.to_ms == NOW_MS && f.from_ms == NOW_MS - RANGE);
    assert_ok(open311_filter_read(SLICE_LIT("end_date=1970-01-02T00:00:00Z"), NOW_MS, &f));
    assert_true(f.from_ms == 0 && f.to_ms == MS_PER_DAY);
    assert_ok(open311_filter_read(SLICE_LIT("start_date=2026-03-01T09:30:00%2B08:00"), NOW_MS, &f));
    assert_true(f.from_ms == f.to_ms);
}

static void status_and_service_are_read_and_nothing_else_is_guessed(void **state)
{
    static const struct {
        const char *query;
        bool any, closed;
    } good[] = {{"status=open", false, false},
                {"status=closed", false, true},
                {"status=open,closed", true, false},
                {"status=closed%2Copen", true, false}};
    static const char *const bad[] = {
        "status=",
        "status=OPEN",
        "status=open,open",
        "status=open&status=open",
        "status=open,closed,open,closed",
        "start_date=2026-03-01",
        "start_date=2026-03-01T09:30:00",
        "start_date=2026-03-02T00:00:00Z&end_date=2026-03-01T00:00:00Z",
        "service_code=abcdefghijklmnopqrstuvwxyz012345"};
    struct open311_filter f;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_ok(open311_filter_read(slice_of(good[i].query), NOW_MS, &f));
        assert_true(f.any_status == good[i].any && f.closed == good[i].closed);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        f.to_ms = -3;
        if (open311_filter_read(slice_of(bad[i]), NOW_MS, &f) == ERR_OK || f.to_ms != -3) {
            fail_msg("%s is taken", bad[i]);
        }
    }
    assert_ok(open311_filter_read(SLICE_LIT("service_code=fire"), NOW_MS, &f));
    assert_string_equal(f.code, "fire");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_becomes_a_ticket_with_point_name_and_mail),
        cmocka_unit_test(forms_without_a_place_or_with_a_wrong_one_are_told_what_is_wanted),
        cmocka_unit_test(what_is_no_form_or_has_no_known_service_is_refused),
        cmocka_unit_test(a_value_that_is_too_long_is_refused),
        cmocka_unit_test(a_query_without_anything_asks_for_the_last_ninety_days),
        cmocka_unit_test(a_longer_range_is_shortened_and_none_begins_before_1970),
        cmocka_unit_test(status_and_service_are_read_and_nothing_else_is_guessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
