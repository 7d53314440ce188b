/* Identity numbers, telephone numbers and their masks. All numbers are vectors of the standards or
 * made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "queue/base/utf8.h"
#include "queue/domain/id_number.h"
#include "queue/domain/mask.h"
#include "queue/domain/phone.h"

#define TODAY INT64_C(1767225600000) /* 2026-01-01 08:00 China time */

static void valid_identity_numbers_are_taken_apart(void **state)
{
    struct id_number id;

    (void)state;
    assert_int_equal(id_number_parse(SLICE_LIT("11010519491231002X"), TODAY, &id, NULL), ERR_OK);
    assert_int_equal(id.birth_year, 1949);
    assert_int_equal(id.birth_month, 12);
    assert_int_equal(id.birth_day, 31);
    assert_false(id.male);
    assert_false(id.permit);
    assert_int_equal(id_number_age(&id, TODAY), 76);
    assert_int_equal(id_number_age(&id, TODAY - 86400000), 76);
    assert_int_equal(id_number_age(&id, TODAY - 2 * INT64_C(86400000)), 75);
    assert_int_equal(id_number_age(&id, 0), 20);
    assert_int_equal(id_number_parse(SLICE_LIT("440524188001010014"), TODAY, &id, NULL), ERR_OK);
    assert_int_equal(id_number_parse(SLICE_LIT("34052419800101001X"), TODAY, &id, NULL), ERR_OK);
    assert_true(id.male);
    assert_int_equal(id_number_parse(SLICE_LIT(" 34052419800101001x\n"), TODAY, &id, NULL), ERR_OK);
    assert_string_equal(id.text, "34052419800101001X");
}

static void check_characters_agree_with_the_standard(void **state)
{
    (void)state;
    assert_int_equal(id_number_check_char(SLICE_LIT("11010519491231002")), 'X');
    assert_int_equal(id_number_check_char(SLICE_LIT("44052418800101001")), '4');
    assert_int_equal(id_number_check_char(SLICE_LIT("81000019940823002")), '1');
    assert_int_equal(id_number_check_char(SLICE_LIT("1101051949123100")), 0);
    assert_int_equal(id_number_check_char(SLICE_LIT("1101051949123100X")), 0);
}

static void residence_permits_are_accepted(void **state)
{
    struct id_number id;

    (void)state;
    assert_int_equal(id_number_parse(SLICE_LIT("810000199408230021"), TODAY, &id, NULL), ERR_OK);
    assert_true(id.permit);
    assert_int_equal(id_number_parse(SLICE_LIT("830000199201300022"), TODAY, &id, NULL), ERR_OK);
    assert_true(id.permit);
}

static void wrong_identity_numbers_name_their_fault(void **state)
{
    static const struct {
        const char *text;
        enum id_number_fault fault;
    } rows[] = {
        {"110105194912310021", ID_NUMBER_CHECK},
        {"11010519490230002X", ID_NUMBER_DATE},
        {"", ID_NUMBER_LENGTH},
        {"110105491231002", ID_NUMBER_LENGTH},
        {"11010519491231002Y", ID_NUMBER_CHARACTER},
        {"1101051949123100X2", ID_NUMBER_CHARACTER},
        {"11010520991231002X", ID_NUMBER_DATE},
        {"00010519491231002X", ID_NUMBER_AREA},
        {"99010519491231002X", ID_NUMBER_AREA},
        {"11010519491331002X", ID_NUMBER_DATE},
    };
    struct id_number id = {.birth_year = 7};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        enum id_number_fault fault = ID_NUMBER_OK;
        assert_int_equal(id_number_parse(slice_of(rows[i].text), TODAY, &id, &fault), ERR_INPUT);
        assert_int_equal(fault, rows[i].fault);
        assert_true(strlen(id_number_fault_zh(fault)) > 0);
    }
    assert_int_equal(id.birth_year, 7);
}

/* Every wrong digit and every swap of two different neighbours is found: what MOD 11-2 promises. */
static void one_slip_of_the_pen_is_always_found(void **state)
{
    const char *good = "11010519491231002X";
    struct id_number id;

    (void)state;
    for (size_t i = 0; i < 17; i++) {
        for (char c = '0'; c <= '9'; c++) {
            char text[19];
            memcpy(text, good, 19);
            if (text[i] == c)
                continue;
            text[i] = c;
            assert_int_equal(id_number_parse(slice_of(text), TODAY, &id, NULL), ERR_INPUT);
        }
    }
    for (size_t i = 0; i + 1 < 17; i++) {
        char text[19];
        memcpy(text, good, 19);
        if (text[i] == text[i + 1])
            continue;
        text[i] = good[i + 1];
        text[i + 1] = good[i];
        assert_int_equal(id_number_parse(slice_of(text), TODAY, &id, NULL), ERR_INPUT);
    }
}

static void every_way_to_write_a_number_gives_one(void **state)
{
    static const struct {
        const char *text, *e164;
        enum phone_kind kind;
    } rows[] = {
        {"13812341234", "+8613812341234", PHONE_MOBILE},
        {"+86 138-1234-1234", "+8613812341234", PHONE_MOBILE},
        {"008613812341234", "+8613812341234", PHONE_MOBILE},
        {"8613812341234", "+8613812341234", PHONE_MOBILE},
        {"013812341234", "+8613812341234", PHONE_MOBILE},
        {"1795113812341234", "+8613812341234", PHONE_MOBILE},
        {"12593 13812341234", "+8613812341234", PHONE_MOBILE},
        {"１３８１２３４１２３４", "+8613812341234", PHONE_MOBILE},
        {"＋86（138）12341234", "+8613812341234", PHONE_MOBILE},
        {"19912341234", "+8619912341234", PHONE_MOBILE},
        {"17401234567", "+8617401234567", PHONE_MOBILE},
        {"021-62345678", "+862162345678", PHONE_LANDLINE},
        {"(010) 6234 5678", "+861062345678", PHONE_LANDLINE},
        {"0851-5771234", "+868515771234", PHONE_LANDLINE},
        {"0851-85771234", "+8685185771234", PHONE_LANDLINE},
        {"+8685185771234", "+8685185771234", PHONE_LANDLINE},
        {"8685185771234", "+8685185771234", PHONE_LANDLINE},
        {"17909 0851 85771234", "+8685185771234", PHONE_LANDLINE},
        {"+85261234567", "+85261234567", PHONE_FOREIGN},
        {"00852 6123 4567", "+85261234567", PHONE_FOREIGN},
        {"+447400123456", "+447400123456", PHONE_FOREIGN},
        {"1069012345678901", "1069012345678901", PHONE_SERVICE},
        {"106575251234", "106575251234", PHONE_SERVICE},
        {"12345", "12345", PHONE_SERVICE},
        {"12349", "12349", PHONE_SERVICE},
        {"110", "110", PHONE_SERVICE},
        {"95588", "95588", PHONE_SERVICE},
        {"10086", "10086", PHONE_SERVICE},
        {"+8612345", "12345", PHONE_SERVICE},
        {"400-810-1234", "4008101234", PHONE_SERVICE},
    };
    struct phone p;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (phone_parse(slice_of(rows[i].text), &p) != ERR_OK)
            fail_msg("refused: %s", rows[i].text);
        assert_string_equal(p.text, rows[i].e164);
        assert_int_equal(p.kind, rows[i].kind);
        assert_int_equal(phone_can_sms(&p), p.kind == PHONE_MOBILE || p.kind == PHONE_FOREIGN);
        if (p.kind != PHONE_SERVICE) { /* normalising twice changes nothing */
            struct phone q;
            assert_int_equal(phone_parse(slice_of(p.text), &q), ERR_OK);
            assert_string_equal(q.text, p.text);
            assert_int_equal(q.kind, p.kind);
        }
    }
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const rows[] = {"",
                                       "+",
                                       "-",
                                       "1381234123",
                                       "138123412345",
                                       "12812341234x",
                                       "abc",
                                       "62345678",
                                       "0",
                                       "00",
                                       "+86",
                                       "+8600000000000",
                                       "021-1234567",
                                       "+0123456789",
                                       "+1234567890123456",
                                       "138\xff 2341234",
                                       "13812341234;1",
                                       "1069012345678901234",
                                       "99999999999999999999999999999999999999"};
    struct phone p = {.kind = PHONE_FOREIGN, .text = "x"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (phone_parse(slice_of(rows[i]), &p) == ERR_OK)
            fail_msg("accepted: %s as %s", rows[i], p.text);
    }
    assert_string_equal(p.text, "x");
}

static void numbers_are_shown_the_way_people_write_them(void **state)
{
    struct phone p;
    char text[PHONE_SIZE + 2];

    (void)state;
    assert_int_equal(phone_parse(SLICE_LIT("+8613812341234"), &p), ERR_OK);
    phone_national(&p, text);
    assert_string_equal(text, "13812341234");
    assert_int_equal(phone_parse(SLICE_LIT("+862162345678"), &p), ERR_OK);
    phone_national(&p, text);
    assert_string_equal(text, "021-62345678");
    assert_int_equal(phone_parse(SLICE_LIT("+8685185771234"), &p), ERR_OK);
    phone_national(&p, text);
    assert_string_equal(text, "0851-85771234");
}

static void masks_show_what_they_say_and_nothing_else(void **state)
{
    char out[MASK_SIZE];

    (void)state;
    mask_name(SLICE_LIT("张三"), out);
    assert_string_equal(out, "张*");
    mask_name(SLICE_LIT("欧阳娜娜"), out);
    assert_string_equal(out, "欧*");
    mask_name(SLICE_LIT("𠮷野"), out); /* four bytes */
    assert_string_equal(out, "𠮷*");
    mask_name(SLICE_LIT(""), out);
    assert_string_equal(out, "*");
    mask_name(SLICE_LIT("\xe5\xbc"), out); /* broken UTF-8 */
    assert_string_equal(out, "*");
    mask_phone(SLICE_LIT("13812341234"), out);
    assert_string_equal(out, "138****1234");
    mask_phone(SLICE_LIT("+86 138 1234 1234"), out);
    assert_string_equal(out, "138****1234");
    mask_phone(SLICE_LIT("021-62345678"), out);
    assert_string_equal(out, "021****78");
    mask_phone(SLICE_LIT("not a number 13812341234"), out);
    assert_string_equal(out, "****");
    mask_id_number(SLICE_LIT("11010519491231002x"), out);
    assert_string_equal(out, "110*************2x");
    mask_id_number(SLICE_LIT("1101051949123100"), out);
    assert_string_equal(out, "****");
    mask_id_number(SLICE_LIT("张三张三张三"), out); /* 18 bytes, not 18 digits */
    assert_string_equal(out, "****");
    mask_account(SLICE_LIT("6222020000000002345"), out);
    assert_string_equal(out, "****2345");
    mask_account(SLICE_LIT("1234567"), out);
    assert_string_equal(out, "****");
    mask_account(SLICE_LIT("账号账号"), out);
    assert_string_equal(out, "****");
}

static void masks_of_random_bytes_are_valid_text(void **state)
{
    uint32_t seed = 12345;
    char bytes[40], out[MASK_SIZE];

    (void)state;
    for (int i = 0; i < 20000; i++) {
        for (size_t k = 0; k < sizeof bytes; k++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[k] = (char)(seed >> 24);
        }
        struct slice s = slice_make(bytes, seed % sizeof bytes);
        mask_name(s, out);
        assert_true(utf8_valid(slice_of(out)));
        mask_phone(s, out);
        assert_true(utf8_valid(slice_of(out)));
        mask_id_number(s, out);
        assert_true(utf8_valid(slice_of(out)));
        mask_account(s, out);
        assert_true(utf8_valid(slice_of(out)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_identity_numbers_are_taken_apart),
        cmocka_unit_test(check_characters_agree_with_the_standard),
        cmocka_unit_test(residence_permits_are_accepted),
        cmocka_unit_test(wrong_identity_numbers_name_their_fault),
        cmocka_unit_test(one_slip_of_the_pen_is_always_found),
        cmocka_unit_test(every_way_to_write_a_number_gives_one),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(numbers_are_shown_the_way_people_write_them),
        cmocka_unit_test(masks_show_what_they_say_and_nothing_else),
        cmocka_unit_test(masks_of_random_bytes_are_valid_text),
    };
    return cmocka_run_group_tests_name("personal", tests, NULL, NULL);
}
