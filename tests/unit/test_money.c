/* Money in fen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "queue/domain/money.h"
#include "queue/domain/relief.h"

static void sums_stop_at_the_limit_and_leave_the_output_alone(void **state)
{
    int64_t out = 7;

    (void)state;
    assert_int_equal(money_add(AMOUNT_FEN_MAX - 1, 1, &out), ERR_OK);
    assert_int_equal(out, AMOUNT_FEN_MAX);
    out = 7;
    assert_int_equal(money_add(AMOUNT_FEN_MAX, 1, &out), ERR_TOO_LARGE);
    assert_int_equal(money_add(INT64_MAX, INT64_MAX, &out), ERR_TOO_LARGE);
    assert_int_equal(money_add(INT64_MIN, -1, &out), ERR_TOO_LARGE);
    assert_int_equal(money_sub(INT64_MIN, 1, &out), ERR_TOO_LARGE);
    assert_int_equal(money_sub(-AMOUNT_FEN_MAX, 1, &out), ERR_TOO_LARGE);
    assert_int_equal(money_mul(INT64_MAX, 2, &out), ERR_TOO_LARGE);
    assert_int_equal(money_mul(INT64_MIN, -1, &out), ERR_TOO_LARGE);
    assert_int_equal(out, 7);
    assert_int_equal(money_sub(5, 8, &out), ERR_OK);
    assert_int_equal(out, -3);
    assert_int_equal(money_mul(82800, 8, &out), ERR_OK);
    assert_int_equal(out, 662400);
}

static void a_part_is_rounded_down_never_above_the_cap(void **state)
{
    int64_t out = 0;

    (void)state;
    assert_int_equal(money_permille(82800, 600, &out), ERR_OK);
    assert_int_equal(out, 49680);
    assert_int_equal(money_permille(999, 999, &out), ERR_OK);
    assert_int_equal(out, 998);
    assert_int_equal(money_permille(AMOUNT_FEN_MAX, 1000, &out), ERR_OK);
    assert_int_equal(out, AMOUNT_FEN_MAX);
    assert_int_equal(money_permille(AMOUNT_FEN_MAX, 1001, &out), ERR_TOO_LARGE);
    assert_int_equal(money_permille(INT64_MAX, 1000000, &out), ERR_TOO_LARGE);
    assert_int_equal(money_permille(-1, 10, &out), ERR_INPUT);
    assert_int_equal(money_permille(1, -10, &out), ERR_INPUT);
    assert_int_equal(money_permille(1, 1000001, &out), ERR_INPUT);
    assert_int_equal(out, AMOUNT_FEN_MAX);
}

static void shares_add_up_and_the_odd_fen_goes_to_the_first(void **state)
{
    (void)state;
    assert_int_equal(money_share(1490400, 6, 0), 248400);
    assert_int_equal(money_share(100, 3, 0), 34);
    assert_int_equal(money_share(100, 3, 1), 33);
    assert_int_equal(money_share(100, 3, 2), 33);
    assert_int_equal(money_share(1, 24, 0), 1);
    assert_int_equal(money_share(1, 24, 23), 0);
    for (int64_t total = 0; total < 3000; total += 7) {
        for (int parts = 1; parts <= 24; parts++) {
            int64_t sum = 0;
            for (int i = 0; i < parts; i++)
                sum += money_share(total, parts, i);
            assert_int_equal(sum, total);
        }
    }
}

static void amounts_are_written_for_machines_and_for_people(void **state)
{
    char text[MONEY_TEXT_SIZE], zh[MONEY_TEXT_ZH_SIZE];
    static const struct {
        int64_t fen;
        const char *text, *zh;
    } rows[] = {
        {165600, "1656.00", "1,656.00 元"},
        {0, "0.00", "0.00 元"},
        {5, "0.05", "0.05 元"},
        {-5, "-0.05", "-0.05 元"},
        {99999, "999.99", "999.99 元"},
        {100000, "1000.00", "1,000.00 元"},
        {123456789, "1234567.89", "1,234,567.89 元"},
        {-10000000, "-100000.00", "-100,000.00 元"},
        {AMOUNT_FEN_MAX, "10000000000.00", "10,000,000,000.00 元"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        money_format(rows[i].fen, text);
        money_format_zh(rows[i].fen, zh);
        assert_string_equal(text, rows[i].text);
        assert_string_equal(zh, rows[i].zh);
    }
}

static void yuan_text_becomes_fen_exactly(void **state)
{
    static const struct {
        const char *text;
        int64_t fen;
    } rows[] = {{"0", 0},
                {"1656", 165600},
                {"1656.5", 165650},
                {"1656.05", 165605},
                {"0.29", 29},
                {"-3.10", -310},
                {"10000000000", AMOUNT_FEN_MAX},
                {"10000000000.00", AMOUNT_FEN_MAX}};
    static const char *const wrong[] = {"",    "-",  ".5",   "5.",    "007",   "+1",
                                        " 1",  "1 ", "1e3",  "1,000", "1.005", "1.2.3",
                                        "--1", "1-", "0x10", "１"};
    char text[MONEY_TEXT_SIZE];
    int64_t fen = 0, again = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(money_parse(slice_of(rows[i].text), &fen), ERR_OK);
        assert_int_equal(fen, rows[i].fen);
        money_format(fen, text);
        assert_int_equal(money_parse(slice_of(text), &again), ERR_OK);
        assert_int_equal(again, fen);
    }
    fen = 7;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(money_parse(slice_of(wrong[i]), &fen), ERR_INPUT);
    assert_int_equal(money_parse(slice_of("10000000000.01"), &fen), ERR_TOO_LARGE);
    assert_int_equal(money_parse(slice_of("99999999999999999999999"), &fen), ERR_TOO_LARGE);
    assert_int_equal(fen, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_stop_at_the_limit_and_leave_the_output_alone),
        cmocka_unit_test(a_part_is_rounded_down_never_above_the_cap),
        cmocka_unit_test(shares_add_up_and_the_odd_fen_goes_to_the_first),
        cmocka_unit_test(amounts_are_written_for_machines_and_for_people),
        cmocka_unit_test(yuan_text_becomes_fen_exactly),
    };
    return cmocka_run_group_tests_name("money", tests, NULL, NULL);
}
