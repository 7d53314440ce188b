#include <stdio.h>
#include "integrations/pay/pay_profile.h"
#include "queue/base/buf.h"
#include "tests/support/test.h"

#define HOUR_MS INT64_C(3600000)
#define SENT_MS INT64_C(1772328600000) /* 2026-03-01T09:30 in China */

#define PROFILE(more)                                                                                       \
    "{\"format\":1,\"rail\":\"wechat\",\"title\":\"微信\",\"answers\":\"at_once\",\"key_life_s\":259200," \
    "\"query_by_key\":true,\"query_after_s\":60,\"query_life_s\":2592000,\"settle_s\":600,"                 \
    "\"not_found\":\"may_be_in_flight\",\"batch_max\":1,\"amount_min_fen\":30,\"amount_max_fen\":20000000" more "}"

static struct pay_profile read_good(const char *text)
{
    struct pay_profile p;
    struct buf why;
    buf_init(&why, 4096);
    enum err err = pay_profile_read(slice_of(text), &p, &why);
    if (err != ERR_OK) {
        print_error("%s", why.ptr == NULL ? "" : why.ptr);
    }
    assert_ok(err);
    buf_release(&why);
    return p;
}

static void an_id_is_not_sent_again_near_the_end_of_its_life(void **state)
{
    (void)state;
    struct pay_profile p = read_good(PROFILE("")); /* 72 hours, less 10 % = 64.8 */
    assert_true(pay_profile_may_send(&p, 0, SENT_MS));
    assert_true(pay_profile_may_send(&p, SENT_MS, SENT_MS));
    assert_true(pay_profile_may_send(&p, SENT_MS, SENT_MS + 648 * HOUR_MS / 10));
    assert_false(pay_profile_may_send(&p, SENT_MS, SENT_MS + 648 * HOUR_MS / 10 + 1));
    assert_false(pay_profile_may_send(&p, SENT_MS, SENT_MS - 6 * 60000)); /* the clock went back */
    assert_true(pay_profile_may_send(&p, SENT_MS, SENT_MS - 4 * 60000));
    p.key_life_s = 1800; /* Qonto's half hour: a quarter is kept off */
    assert_true(pay_profile_may_send(&p, SENT_MS, SENT_MS + 1350000));
    assert_false(pay_profile_may_send(&p, SENT_MS, SENT_MS + 1350001));
    p.key_life_s = 6 * 3600; /* the hour is more than 10 % */
    assert_true(pay_profile_may_send(&p, SENT_MS, SENT_MS + 5 * HOUR_MS));
    assert_false(pay_profile_may_send(&p, SENT_MS, SENT_MS + 5 * HOUR_MS + 1));
}

static void not_found_counts_after_settling_and_within_the_life(void **state)
{
    (void)state;
    struct pay_profile p = read_good(PROFILE(""));
    assert_false(pay_profile_not_found_counts(&p, SENT_MS, SENT_MS + 599999));
    assert_true(pay_profile_not_found_counts(&p, SENT_MS, SENT_MS + 600000));
    assert_false(pay_profile_not_found_counts(&p, SENT_MS, SENT_MS + 65 * HOUR_MS));
    p.not_found = PAY_NOT_FOUND_IS_NEVER;
    assert_true(pay_profile_not_found_counts(&p, SENT_MS, SENT_MS));
    assert_false(pay_profile_may_query(&p, SENT_MS, SENT_MS + 59999));
    assert_true(pay_profile_may_query(&p, SENT_MS, SENT_MS + 60000));
    assert_false(pay_profile_may_query(&p, SENT_MS, SENT_MS + 721 * HOUR_MS));
    p.query_by_key = false;
    assert_false(pay_profile_may_query(&p, SENT_MS, SENT_MS + 60000));
}

static void quiet_times_run_over_midnight(void **state)
{
    (void)state;
    struct pay_profile p =
        read_good(PROFILE(",\"quiet\":[{\"from\":\"23:00\",\"to\":\"06:00\"},{\"from\":\"12:00\",\"to\":\"12:30\"}]"));
    const int64_t midnight = SENT_MS - 9 * HOUR_MS - HOUR_MS / 2; /* 00:00 of that day in China */
    assert_int_equal(pay_profile_quiet_until(&p, SENT_MS), 0);
    assert_int_equal(pay_profile_quiet_until(&p, midnight), midnight + 6 * HOUR_MS);
    assert_int_equal(pay_profile_quiet_until(&p, midnight + 6 * HOUR_MS), 0);
    assert_int_equal(pay_profile_quiet_until(&p, midnight + 6 * HOUR_MS - 1), midnight + 6 * HOUR_MS);
    assert_int_equal(pay_profile_quiet_until(&p, midnight + 12 * HOUR_MS), midnight + 12 * HOUR_MS + HOUR_MS / 2);
    assert_int_equal(pay_profile_quiet_until(&p, midnight + 23 * HOUR_MS), midnight + 30 * HOUR_MS);
    assert_int_equal(pay_profile_quiet_until(&p, midnight + 23 * HOUR_MS - 1), 0);
}

static void a_profile_is_read_strictly_with_line_and_pointer(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *fault;
    } rows[] = {
        {"\"format\":1", "\"format\":2", "/format: "},
        {"\"rail\":\"wechat\"", "\"rail\":\"WeChat\"", "/rail: "},
        {"\"at_once\"", "\"soon\"", "/answers: must be \"at_once\" or \"later\""},
        {"\"key_life_s\":259200", "\"key_life_s\":59", "/key_life_s: "},
        {"\"key_life_s\":259200,", "", "/key_life_s: is missing"},
        {"\"query_by_key\":true", "\"query_by_key\":1", "/query_by_key: "},
        {"\"may_be_in_flight\"", "\"gone\"", "/not_found: "},
        {"\"batch_max\":1", "\"batch_max\":10001", "/batch_max: "},
        {"\"amount_min_fen\":30", "\"amount_min_fen\":20000001", "/amount_min_fen: is above"},
        {"20000000", "20000000,\"quiet\":[{\"from\":\"24:00\",\"to\":\"06:00\"}]", "/quiet/0/from: "},
        {"20000000", "20000000,\"quiet\":[{\"from\":\"06:00\",\"to\":\"06:00\"}]", "/quiet/0: "},
        {"20000000", "20000000,\"quiet\":[{\"from\":\"06:00\"}]", "/quiet/0/to: is missing"},
        {"20000000", "20000000,\"extra\":1", "extra"},
        {"}", "", "not valid JSON"},
    };
    struct buf text, why;
    buf_init(&text, 8192);
    buf_init(&why, 8192);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pay_profile p = {.batch_max = 77};
        const char *base = PROFILE("");
        const char *at = strstr(base, rows[i].from);
        assert_non_null(at);
        buf_clear(&text);
        buf_clear(&why);
        buf_put(&text, base, (size_t)(at - base));
        buf_put_text(&text, rows[i].to);
        buf_put_text(&text, at + strlen(rows[i].from));
        assert_int_equal(pay_profile_read(buf_slice(&text), &p, &why), ERR_INPUT);
        if (strstr(why.ptr, rows[i].fault) == NULL) {
            print_error("row %zu: %s", i, why.ptr);
        }
        assert_non_null(strstr(why.ptr, rows[i].fault));
        assert_int_equal(p.batch_max, 77);
    }
    buf_release(&text);
    buf_release(&why);
}

static void the_shipped_profile_is_sound(void **state)
{
    (void)state;
    struct pay_profile p;
    assert_ok(pay_profile_load("ops/pay/bank.json", &p, NULL));
    assert_int_equal(p.answers, PAY_ANSWERS_LATER);
    assert_int_equal(pay_profile_load("ops/pay/nothing.json", &p, NULL), ERR_NOT_FOUND);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_not_sent_again_near_the_end_of_its_life),
        cmocka_unit_test(not_found_counts_after_settling_and_within_the_life),
        cmocka_unit_test(quiet_times_run_over_midnight),
        cmocka_unit_test(a_profile_is_read_strictly_with_line_and_pointer),
        cmocka_unit_test(the_shipped_profile_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
