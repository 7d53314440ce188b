/* When messages leave, and the operators' codes of our templates. */
#include "tests/support/test.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "tests/support/temp_folder.h"
#include "workers/sms_codes.h"
#include "workers/sms_pace.h"

#define HOUR INT64_C(3600000)
#define LONG_AGO 0

/* 2026-11-23 in China at that time of day. */
static int64_t at(int hour, int minute)
{
    const struct civil_time t = {
        .year = 2026, .month = 11, .day = 23, .hour = hour, .minute = minute};
    return clock_from_civil_china(&t);
}

static int64_t wait_at(int hour, int minute)
{
    return sms_quiet_ms(SMS_CLASS_NEWS, false, LONG_AGO, at(hour, minute), 21, 8);
}

static void news_waits_from_nine_in_the_evening_until_eight(void **state)
{
    (void)state;
    assert_int_equal(wait_at(20, 59), 0);
    assert_int_equal(wait_at(21, 0), 11 * HOUR);
    assert_int_equal(wait_at(23, 59), 8 * HOUR + HOUR / 60);
    assert_int_equal(wait_at(0, 0), 8 * HOUR);
    assert_int_equal(wait_at(7, 59), HOUR / 60);
    assert_int_equal(wait_at(8, 0), 0);
    assert_int_equal(wait_at(12, 0), 0);
}

static void danger_answers_and_who_waits_are_never_held(void **state)
{
    int64_t night = at(23, 0);
    (void)state;
    assert_int_equal(sms_quiet_ms(SMS_CLASS_NEWS, true, LONG_AGO, night, 21, 8), 0);
    assert_int_equal(sms_quiet_ms(SMS_CLASS_LIFE, false, LONG_AGO, night, 21, 8), 0);
    assert_int_equal(sms_quiet_ms(SMS_CLASS_ANSWER, false, LONG_AGO, night, 21, 8), 0);
    assert_int_equal(sms_quiet_ms(SMS_CLASS_NEWS, false, night - SMS_AWAKE_MS + 1, night, 21, 8),
                     0);
    assert_true(sms_quiet_ms(SMS_CLASS_NEWS, false, night - SMS_AWAKE_MS, night, 21, 8) > 0);
    assert_int_equal(sms_quiet_ms(SMS_CLASS_NEWS, false, LONG_AGO, night, 8, 8),
                     0); /* no quiet hours */
    assert_true(sms_quiet_ms(SMS_CLASS_NEWS, false, LONG_AGO, at(13, 0), 12, 14) ==
                HOUR); /* a noon's rest */
    assert_int_equal(sms_quiet_ms(SMS_CLASS_NEWS, false, LONG_AGO, at(23, 30), 22, 24), HOUR / 2);
}

static void a_channel_takes_so_many_a_second(void **state)
{
    struct sms_pace p = {.last_ms = 0};
    (void)state;
    assert_int_equal(sms_pace_allows(&p, 50, 1000), 50);
    sms_pace_take(&p, 50);
    assert_int_equal(sms_pace_allows(&p, 50, 1000), 0);
    assert_int_equal(sms_pace_allows(&p, 50, 1019), 0);
    assert_int_equal(sms_pace_allows(&p, 50, 1020), 1);
    assert_int_equal(sms_pace_allows(&p, 50, 900000),
                     50); /* no more than a second's worth is saved up */
    sms_pace_take(&p, 60);
    assert_int_equal(sms_pace_allows(&p, 50, 900100), 0); /* a debt is paid off */
}

static enum err open_codes(const char *text, struct sms_codes *codes)
{
    struct buf why;
    char folder[64], path[128];
    buf_init(&why, 4096);
    temp_folder_make(folder);
    (void)snprintf(path, sizeof(path), "%s/codes.json", folder);
    assert_ok(file_replace(path, slice_of(text), 0600));
    enum err err = sms_codes_open(codes, path, &why);
    assert_true(err == ERR_OK || why.len > 0);
    temp_folder_remove(folder);
    buf_release(&why);
    return err;
}

static void a_code_counts_for_the_version_it_was_approved_for(void **state)
{
    struct sms_codes codes;
    const struct sms_template *closed = sms_template_find(SLICE_LIT("closed"));
    (void)state;
    assert_ok(open_codes("{\"aliyun\": {\"closed\": {\"code\": \"SMS_1\", \"version\": 1},"
                         "\"rated\": {\"code\": \"SMS_2\", \"version\": 99}}}",
                         &codes));
    assert_slice(sms_codes_find(&codes, "aliyun", closed), "SMS_1");
    assert_int_equal(sms_codes_find(&codes, "tencent", closed).len, 0);
    assert_int_equal(sms_codes_find(&codes, "aliyun", sms_template_find(SLICE_LIT("rated"))).len,
                     0);
    assert_int_equal(sms_codes_find(&codes, "aliyun", sms_template_find(SLICE_LIT("rate"))).len, 0);
    sms_codes_close(&codes);
}

static void a_list_with_a_typing_error_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{\"aliyun\": {\"close\": {\"code\": \"SMS_1\", \"version\": 1}}}",
        "{\"aliyun\": {\"closed\": {\"code\": \"\", \"version\": 1}}}",
        "{\"aliyun\": {\"closed\": {\"code\": \"SMS_1\"}}}",
        "{\"aliyun\": {\"closed\": \"SMS_1\"}}"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct sms_codes codes;
        if (open_codes(wrong[i], &codes) == ERR_OK) {
            fail_msg("'%s' was taken", wrong[i]);
        }
    }
}

static void without_a_list_there_are_no_codes(void **state)
{
    struct sms_codes codes;
    struct buf why;
    (void)state;
    buf_init(&why, 4096);
    assert_ok(sms_codes_open(&codes, "", &why));
    assert_int_equal(sms_codes_find(&codes, "aliyun", sms_template_find(SLICE_LIT("closed"))).len,
                     0);
    sms_codes_close(&codes);
    buf_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(news_waits_from_nine_in_the_evening_until_eight),
        cmocka_unit_test(danger_answers_and_who_waits_are_never_held),
        cmocka_unit_test(a_channel_takes_so_many_a_second),
        cmocka_unit_test(a_code_counts_for_the_version_it_was_approved_for),
        cmocka_unit_test(a_list_with_a_typing_error_is_refused),
        cmocka_unit_test(without_a_list_there_are_no_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
