#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "integrations/sms/sms.h"
#include "queue/base/buf.h"

static struct sms_size size_of_repeated(const char *a, size_t times, const char *b, const char *c)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < times; i++) {
        buf_put_text(&text, a);
    }
    buf_put_text(&text, b);
    buf_put_text(&text, c);
    assert_int_equal(buf_err(&text), ERR_OK);
    struct sms_size size = sms_measure(buf_slice(&text));
    buf_release(&text);
    return size;
}

/* Vectors of npm's sms-segments-calculator 1.3.0. */
static void parts_match_the_published_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *unit;
        size_t times;
        const char *rest;
        size_t parts;
        bool gsm7;
    } rows[] = {
        {"a", 1, "", 1, true},     {"a", 160, "", 1, true},   {"a", 161, "", 2, true},
        {"a", 306, "", 2, true},   {"a", 307, "", 3, true},   {"a", 158, "€", 1, true},
        {"a", 159, "€", 2, true},  {"€", 80, "", 1, true},    {"€", 81, "", 2, true},
        {"救", 70, "", 1, false},  {"救", 71, "", 2, false},  {"救", 134, "", 2, false},
        {"救", 135, "", 3, false}, {"救", 201, "", 3, false}, {"救", 202, "", 4, false},
        {"😀", 35, "", 1, false},   {"😀", 36, "", 2, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sms_size size = size_of_repeated(rows[i].unit, rows[i].times, rows[i].rest, "");
        assert_int_equal(size.parts, rows[i].parts);
        assert_int_equal(size.gsm7, rows[i].gsm7);
    }
}

static void an_escaped_character_is_not_split_over_parts(void **state)
{
    (void)state;
    char tail[160];
    memset(tail, 'a', sizeof(tail));
    tail[152] = '\0';
    struct sms_size size = size_of_repeated("a", 152, "€", tail);
    assert_int_equal(size.units, 306);
    assert_int_equal(size.parts, 3); /* 306 septets would be 2 parts if the escape could straddle */
}

static void a_surrogate_pair_is_not_split_over_parts(void **state)
{
    (void)state;
    assert_int_equal(size_of_repeated("救", 66, "😀", "救").parts, 1); /* 69 units */
    struct buf text;
    buf_init(&text, 4096);
    for (size_t i = 0; i < 66; i++) {
        buf_put_text(&text, "救");
    }
    buf_put_text(&text, "😀"); /* units 67 and 68: goes to part 2 whole */
    for (size_t i = 0; i < 66; i++) {
        buf_put_text(&text, "救");
    }
    struct sms_size size = sms_measure(buf_slice(&text));
    assert_int_equal(size.units, 134);
    assert_int_equal(size.parts, 3);
    buf_release(&text);
}

static void the_alphabet_decides_the_encoding(void **state)
{
    (void)state;
    static const char *const gsm7[] = {"", "Hello @$_ [x]{y}^~\\|", "äöüßñÑ¿¡§¤£¥ΔΦΓΛΩΠΨΣΘΞ\n\r\f"};
    static const char *const ucs2[] = {"`", "\t", "ç", "á", "“quoted”", "急", "Α"};
    for (size_t i = 0; i < COUNT_OF(gsm7); i++) {
        assert_true(sms_measure(slice_of(gsm7[i])).gsm7);
    }
    for (size_t i = 0; i < COUNT_OF(ucs2); i++) {
        assert_false(sms_measure(slice_of(ucs2[i])).gsm7);
    }
    assert_int_equal(sms_measure(SLICE_LIT("")).parts, 1);
    assert_int_equal(sms_measure(SLICE_LIT("[a]")).units, 5);
}

static void mainland_bills_every_character_as_one(void **state)
{
    (void)state;
    static const struct {
        size_t characters;
        size_t billed;
    } rows[] = {{0, 1}, {1, 1}, {70, 1}, {71, 2}, {134, 2}, {135, 3}, {160, 3}, {500, 8}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf text;
        buf_init(&text, 4096);
        for (size_t k = 0; k < rows[i].characters; k++) {
            buf_put_text(&text, k % 2 == 0 ? "a" : "救");
        }
        assert_int_equal(sms_billed(buf_slice(&text)), rows[i].billed);
        buf_release(&text);
    }
}

static void messages_are_checked(void **state)
{
    (void)state;
    struct sms_message good = {
        .id = SLICE_LIT("n-1"), .to = SLICE_LIT("+8613800138000"), .text = SLICE_LIT("您好\n")};
    assert_int_equal(sms_message_check(&good), ERR_OK);
    static const char *const bad_to[] = {
        "", "+", "1380013800a", "138 0013", "13800138000&x=1", "123456789012345678901"};
    static const char *const bad_id[] = {"", "a b", "a%", "救"};
    static const char *const bad_text[] = {"", "\x01", "\xff", "a\x7f"};
    for (size_t i = 0; i < COUNT_OF(bad_to); i++) {
        struct sms_message m = good;
        m.to = slice_of(bad_to[i]);
        assert_int_equal(sms_message_check(&m), ERR_INPUT);
    }
    for (size_t i = 0; i < COUNT_OF(bad_id); i++) {
        struct sms_message m = good;
        m.id = slice_of(bad_id[i]);
        assert_int_equal(sms_message_check(&m), ERR_INPUT);
    }
    for (size_t i = 0; i < COUNT_OF(bad_text); i++) {
        struct sms_message m = good;
        m.text = slice_of(bad_text[i]);
        assert_int_equal(sms_message_check(&m), ERR_INPUT);
    }
    char longest[SMS_TEXT_MAX + 1];
    memset(longest, 'a', sizeof(longest));
    good.text = slice_make(longest, SMS_TEXT_MAX);
    assert_int_equal(sms_message_check(&good), ERR_OK);
    good.text = slice_make(longest, SMS_TEXT_MAX + 1);
    assert_int_equal(sms_message_check(&good), ERR_INPUT);
    assert_string_equal(sms_outcome_word(SMS_CHANNEL_STOP), "channel_stop");
}

static void a_template_and_its_parameters_are_checked(void **state)
{
    (void)state;
    const struct sms_message good = {
        .id = SLICE_LIT("n-1"),
        .to = SLICE_LIT("13812341234"),
        .text = SLICE_LIT("您好"),
        .template_code = SLICE_LIT("SMS_1"),
        .params = {{SLICE_LIT("no"), SLICE_LIT("")}, {SLICE_LIT("b_2"), SLICE_LIT("二")}},
        .param_count = 2};
    assert_int_equal(sms_message_check(&good), ERR_OK);
    static const char *const bad_words[] = {"a b", "a-b", "救", "a\n"};
    for (size_t i = 0; i < COUNT_OF(bad_words); i++) {
        struct sms_message m = good;
        m.template_code = slice_of(bad_words[i]);
        assert_int_equal(sms_message_check(&m), ERR_INPUT);
        m = good;
        m.params[1].name = slice_of(bad_words[i]);
        assert_int_equal(sms_message_check(&m), ERR_INPUT);
    }
    char value[SMS_PARAM_VALUE_MAX + 1];
    memset(value, 'a', sizeof(value));
    struct sms_message m = good;
    m.params[0].value = slice_make(value, SMS_PARAM_VALUE_MAX);
    assert_int_equal(sms_message_check(&m), ERR_OK);
    m.params[0].value = slice_make(value, SMS_PARAM_VALUE_MAX + 1);
    assert_int_equal(sms_message_check(&m), ERR_INPUT);
    m.params[0].value = slice_make("\xff", 1);
    assert_int_equal(sms_message_check(&m), ERR_INPUT);
    m = good;
    m.params[0].name = slice_make("", 0);
    assert_int_equal(sms_message_check(&m), ERR_INPUT);
    m = good;
    m.param_count = SMS_PARAMS_MAX + 1;
    assert_int_equal(sms_message_check(&m), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_match_the_published_vectors),
        cmocka_unit_test(an_escaped_character_is_not_split_over_parts),
        cmocka_unit_test(a_surrogate_pair_is_not_split_over_parts),
        cmocka_unit_test(the_alphabet_decides_the_encoding),
        cmocka_unit_test(mainland_bills_every_character_as_one),
        cmocka_unit_test(messages_are_checked),
        cmocka_unit_test(a_template_and_its_parameters_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
