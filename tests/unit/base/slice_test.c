/* Borrowed runs of bytes: comparing, cutting, numbers, hex. */
#include "tests/support/test.h"

static const struct slice NOTHING = {NULL, 0};

static void an_empty_slice_may_have_no_pointer(void **state)
{
    struct slice s = NOTHING;
    char out[2] = "x";
    (void)state;
    assert_true(slice_eq(NOTHING, slice_of("")));
    assert_true(slice_is(NOTHING, ""));
    assert_true(slice_starts_with(NOTHING, ""));
    assert_false(slice_starts_with(NOTHING, "a"));
    assert_false(slice_all_digits(NOTHING));
    assert_int_equal(slice_trim(NOTHING).len, 0);
    assert_int_equal(slice_cut(&s, ',').len, 0);
    assert_int_equal(slice_of(NULL).len, 0);
    assert_ok(slice_copy(NOTHING, out, 1));
    assert_string_equal(out, "");
}

static void equal_means_same_length_and_bytes(void **state)
{
    (void)state;
    assert_true(slice_eq(slice_make("a\0b", 3), slice_make("a\0b", 3)));
    assert_false(slice_eq(slice_make("a\0b", 3), slice_make("a\0c", 3)));
    assert_false(slice_is(slice_of("abc"), "ab"));
    assert_true(slice_starts_with(slice_of("abc"), "abc"));
    assert_false(slice_starts_with(slice_of("ab"), "abc"));
}

static void numbers_are_taken_exactly_or_not_at_all(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
        bool ok;
    } cases[] = {
        {"0", 0, true},
        {"7", 7, true},
        {"-7", -7, true},
        {"9223372036854775807", INT64_MAX, true},
        {"-9223372036854775808", INT64_MIN, true},
        {"9223372036854775808", 0, false},
        {"-9223372036854775809", 0, false},
        {"18446744073709551616", 0, false},
        {"", 0, false},
        {"-", 0, false},
        {"+1", 0, false},
        {"01", 0, false},
        {"-01", 0, false},
        {" 1", 0, false},
        {"1 ", 0, false},
        {"1.0", 0, false},
        {"1e3", 0, false},
        {"0x10", 0, false},
        {"--1", 0, false},
        {"\xef\xbc\x91", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t value = 4711;
        enum err err = slice_to_int64(slice_of(cases[i].text), INT64_MIN, INT64_MAX, &value);
        if ((err == ERR_OK) != cases[i].ok || value != (cases[i].ok ? cases[i].value : 4711)) {
            fail_msg("'%s' gave %d and %lld", cases[i].text, (int)err, (long long)value);
        }
    }
}

static void numbers_outside_the_range_are_refused(void **state)
{
    int64_t value = 5;
    (void)state;
    assert_ok(slice_to_int64(slice_of("1"), 1, 3, &value));
    assert_ok(slice_to_int64(slice_of("3"), 1, 3, &value));
    assert_int_equal(slice_to_int64(slice_of("0"), 1, 3, &value), ERR_INPUT);
    assert_int_equal(slice_to_int64(slice_of("4"), 1, 3, &value), ERR_INPUT);
    assert_int_equal(value, 3);
}

static void cutting_gives_every_field_once(void **state)
{
    struct slice rest = slice_of("a,,b,");
    (void)state;
    assert_slice(slice_cut(&rest, ','), "a");
    assert_slice(slice_cut(&rest, ','), "");
    assert_slice(slice_cut(&rest, ','), "b");
    assert_non_null(rest.ptr); /* an empty field is still to come */
    assert_int_equal(rest.len, 0);
    rest = slice_of("whole");
    assert_slice(slice_cut(&rest, ','), "whole");
    assert_null(rest.ptr);
}

static void trimming_takes_blanks_at_both_ends_only(void **state)
{
    (void)state;
    assert_slice(slice_trim(slice_of(" \t\r\n a b \n")), "a b");
    assert_slice(slice_trim(slice_of(" \t ")), "");
    assert_slice(slice_trim(slice_of("\va\f")), "\va\f");
}

static void a_copy_fits_with_its_end_or_is_refused(void **state)
{
    char out[4] = "old";
    (void)state;
    assert_ok(slice_copy(slice_of("abc"), out, sizeof(out)));
    assert_string_equal(out, "abc");
    assert_int_equal(slice_copy(slice_of("abcd"), out, sizeof(out)), ERR_TOO_LARGE);
    assert_int_equal(slice_copy(slice_make("a\0", 2), out, sizeof(out)), ERR_INPUT);
    assert_string_equal(out, "abc");
}

static void hex_goes_there_and_back(void **state)
{
    unsigned char bytes[256], back[256];
    char text[513];
    (void)state;
    for (int i = 0; i < 256; i++) {
        bytes[i] = (unsigned char)i;
    }
    hex_encode(bytes, sizeof(bytes), text);
    assert_int_equal(strlen(text), 512);
    assert_ok(hex_decode(slice_of(text), back, sizeof(back)));
    assert_memory_equal(bytes, back, sizeof(bytes));
    assert_ok(hex_decode(slice_of("aAfF"), back, 2));
    assert_int_equal(back[0], 0xAA);
    assert_int_equal(back[1], 0xFF);
}

static void what_is_not_hex_changes_nothing(void **state)
{
    static const char *const wrong[] = {"", "0", "000", "0g", "g0", "0x", " 0", "00000"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        unsigned char bytes[2] = {7, 7};
        assert_int_equal(hex_decode(slice_of(wrong[i]), bytes, 2), ERR_INPUT);
        assert_int_equal(bytes[0] + bytes[1], 14);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_slice_may_have_no_pointer),
        cmocka_unit_test(equal_means_same_length_and_bytes),
        cmocka_unit_test(numbers_are_taken_exactly_or_not_at_all),
        cmocka_unit_test(numbers_outside_the_range_are_refused),
        cmocka_unit_test(cutting_gives_every_field_once),
        cmocka_unit_test(trimming_takes_blanks_at_both_ends_only),
        cmocka_unit_test(a_copy_fits_with_its_end_or_is_refused),
        cmocka_unit_test(hex_goes_there_and_back),
        cmocka_unit_test(what_is_not_hex_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
