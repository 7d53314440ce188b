/* Query strings and percent-decoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/http/query.h"

static struct slice value;
static char out[16];

static void a_value_is_found_and_decoded(void **state)
{
    (void)state;
    struct slice query = SLICE_LIT("a=1&wait=%E6%95%91+x%2B&b");
    assert_int_equal(query_get(query, "wait", out, sizeof(out), &value), ERR_OK);
    assert_true(slice_is(value, "救 x+"));
    assert_int_equal(out[value.len], '\0');
    assert_int_equal(query_get(query, "b", out, sizeof(out), &value), ERR_OK);
    assert_int_equal(value.len, 0);
    assert_int_equal(query_get(SLICE_LIT("a=b=c"), "a", out, sizeof(out), &value), ERR_OK);
    assert_true(slice_is(value, "b=c"));
}

static void names_are_compared_decoded_and_whole(void **state)
{
    (void)state;
    assert_int_equal(query_get(SLICE_LIT("w%61it=7"), "wait", out, sizeof(out), &value), ERR_OK);
    assert_true(slice_is(value, "7"));
    assert_int_equal(query_get(SLICE_LIT("waits=7&wai=8&WAIT=9"), "wait", out, sizeof(out), &value),
                     ERR_NOT_FOUND);
    assert_int_equal(query_get(SLICE_LIT("wai%=7"), "wait", out, sizeof(out), &value),
                     ERR_NOT_FOUND);
    assert_int_equal(query_get(slice_make(NULL, 0), "wait", out, sizeof(out), &value),
                     ERR_NOT_FOUND);
}

static void wrong_escapes_are_refused(void **state)
{
    const char *const wrong[] = {"a=%",    "a=%1",  "a=%zz",    "a=%g0",    "a=%0g",
                                 "a=%00",  "a=%-1", "a=%E6%95", "a=%C0%80", "a=%ED%A0%80",
                                 "a=\x80", "a=%ff", "a=1&a=1",  "a&a",      "a=%F4%90%80%80"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        value = slice_make("kept", 4);
        assert_int_equal(query_get(slice_of(wrong[i]), "a", out, sizeof(out), &value), ERR_INPUT);
        assert_true(slice_is(value, "kept"));
    }
}

static void a_value_that_just_fits_is_taken_and_one_more_byte_is_not(void **state)
{
    (void)state;
    assert_int_equal(query_get(SLICE_LIT("a=123456789012345"), "a", out, sizeof(out), &value),
                     ERR_OK);
    assert_int_equal(value.len, 15);
    assert_int_equal(query_get(SLICE_LIT("a=1234567890123456"), "a", out, sizeof(out), &value),
                     ERR_TOO_LARGE);
    assert_int_equal(query_get(SLICE_LIT("a=%31%32%33%34%35%36%37%38%39%30%31%32%33%34%35"), "a",
                               out, sizeof(out), &value),
                     ERR_OK);
    assert_true(slice_is(value, "123456789012345"));
}

static void a_plus_is_a_space_only_in_queries(void **state)
{
    (void)state;
    assert_int_equal(percent_decode(SLICE_LIT("a+b"), false, out, sizeof(out), &value), ERR_OK);
    assert_true(slice_is(value, "a+b"));
    assert_int_equal(percent_decode(SLICE_LIT("a+b"), true, out, sizeof(out), &value), ERR_OK);
    assert_true(slice_is(value, "a b"));
    assert_int_equal(percent_decode(slice_make(NULL, 0), true, out, sizeof(out), &value), ERR_OK);
    assert_int_equal(value.len, 0);
}

static void integers_have_a_range_and_a_default(void **state)
{
    int64_t n = 99;
    (void)state;
    assert_int_equal(query_int64(SLICE_LIT("wait=30"), "wait", 0, 30, 5, &n), ERR_OK);
    assert_int_equal(n, 30);
    assert_int_equal(query_int64(SLICE_LIT("x=30"), "wait", 0, 30, 5, &n), ERR_OK);
    assert_int_equal(n, 5);
    const char *const wrong[] = {
        "wait=31",      "wait=-1", "wait=",   "wait",
        "wait=1.5",     "wait=+1", "wait=01", "wait=9999999999999999999999999",
        "wait=1&wait=1"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        n = 99;
        assert_int_equal(query_int64(slice_of(wrong[i]), "wait", 0, 30, 5, &n), ERR_INPUT);
        assert_int_equal(n, 99);
    }
}

static void empty_parts_are_skipped_and_order_is_kept(void **state)
{
    struct slice query = SLICE_LIT("&&a=1&&b&=c&");
    struct slice name;
    (void)state;
    assert_true(query_next(&query, &name, &value));
    assert_true(slice_is(name, "a") && slice_is(value, "1"));
    assert_true(query_next(&query, &name, &value));
    assert_true(slice_is(name, "b") && value.len == 0);
    assert_true(query_next(&query, &name, &value));
    assert_true(name.len == 0 && slice_is(value, "c"));
    assert_false(query_next(&query, &name, &value));
    assert_false(query_next(&query, &name, &value));
}

static void unknown_names_are_told(void **state)
{
    const char *const names[] = {"wait", "after"};
    (void)state;
    assert_int_equal(query_only(SLICE_LIT("after=1&wait=2"), names, 2), ERR_OK);
    assert_int_equal(query_only(slice_make(NULL, 0), names, 2), ERR_OK);
    assert_int_equal(query_only(SLICE_LIT("after=1&wiat=2"), names, 2), ERR_INPUT);
    assert_int_equal(query_only(SLICE_LIT("=2"), names, 2), ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_found_and_decoded),
        cmocka_unit_test(names_are_compared_decoded_and_whole),
        cmocka_unit_test(wrong_escapes_are_refused),
        cmocka_unit_test(a_value_that_just_fits_is_taken_and_one_more_byte_is_not),
        cmocka_unit_test(a_plus_is_a_space_only_in_queries),
        cmocka_unit_test(integers_have_a_range_and_a_default),
        cmocka_unit_test(empty_parts_are_skipped_and_order_is_kept),
        cmocka_unit_test(unknown_names_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
