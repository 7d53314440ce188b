/* Growable buffers: the maximum, the remembered error, and no memory. */
#include "tests/support/test.h"

#include "queue/base/buf.h"

void *__real_realloc(void *ptr, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
static int allocations_left = -1; /* below 0: no limit */

void *__wrap_realloc(void *ptr, size_t size)
{
    if (allocations_left == 0) {
        return NULL;
    }
    allocations_left -= allocations_left > 0;
    return __real_realloc(ptr, size);
}

static void what_is_put_stands_there_with_an_end(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 1000);
    assert_null(b.ptr);
    assert_int_equal(buf_slice(&b).len, 0);
    buf_put_text(&b, "a");
    buf_put_char(&b, 'b');
    buf_put_slice(&b, slice_of("cd"));
    buf_put_slice(&b, slice_make(NULL, 0));
    buf_put(&b, "e\0f", 3);
    buf_put_int(&b, INT64_MIN);
    buf_put_int(&b, 0);
    buf_put_int(&b, INT64_MAX);
    buf_putf(&b, "%s-%d", "x", 7);
    struct slice want = SLICE_LIT("abcde\0f-922337203685477580809223372036854775807x-7");
    assert_slice_at(buf_slice(&b), want, __FILE__, __LINE__);
    assert_int_equal(b.ptr[b.len], '\0');
    assert_ok(buf_err(&b));
    buf_release(&b);
    assert_null(b.ptr);
}

static void the_maximum_can_be_reached_but_not_passed(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 70);
    for (int i = 0; i < 70; i++) {
        buf_put_char(&b, 'x');
    }
    assert_ok(buf_err(&b));
    assert_int_equal(b.len, 70);
    buf_put(&b, "", 0);
    assert_ok(buf_err(&b));
    buf_put_char(&b, 'y');
    assert_int_equal(buf_err(&b), ERR_TOO_LARGE);
    assert_int_equal(b.len, 70);
    buf_release(&b);
}

static void the_first_error_stays_until_cleared(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 4);
    buf_put_text(&b, "abcde");
    assert_int_equal(buf_err(&b), ERR_TOO_LARGE);
    buf_put_text(&b, "a"); /* would fit, but something is missing before it */
    buf_putf(&b, "%d", 1);
    assert_null(buf_room(&b, 0));
    assert_int_equal(b.len, 0);
    buf_clear(&b);
    assert_ok(buf_err(&b));
    buf_put_text(&b, "abcd");
    assert_slice(buf_slice(&b), "abcd");
    buf_release(&b);
}

static void a_huge_length_does_not_wrap_around(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, SIZE_MAX / 2);
    buf_put_text(&b, "abc");
    assert_null(buf_room(&b, SIZE_MAX));
    assert_int_equal(buf_err(&b), ERR_TOO_LARGE);
    buf_clear(&b);
    assert_null(buf_room(&b, SIZE_MAX - 2));
    buf_release(&b);
}

static void room_is_given_without_counting_it(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 100);
    char *at = buf_room(&b, 100);
    assert_non_null(at);
    assert_int_equal(b.len, 0);
    memset(at, 'z', 100);
    b.len = 100;
    assert_null(buf_room(&b, 1));
    buf_release(&b);
}

static void consuming_moves_the_rest_to_the_front(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 10);
    buf_consume(&b, 0);
    buf_put_text(&b, "abcdef");
    buf_consume(&b, 2);
    assert_slice(buf_slice(&b), "cdef");
    assert_string_equal(b.ptr, "cdef");
    buf_consume(&b, 4);
    assert_int_equal(b.len, 0);
    buf_put_text(&b, "0123456789");
    assert_ok(buf_err(&b));
    buf_release(&b);
}

static void no_memory_is_remembered_and_keeps_what_was_there(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 1000000);
    allocations_left = 1;
    buf_put_text(&b, "kept");
    for (int i = 0; i < 100 && buf_err(&b) == ERR_OK; i++) {
        buf_put_text(&b, "0123456789");
    }
    allocations_left = -1;
    assert_int_equal(buf_err(&b), ERR_NO_MEMORY);
    assert_true(slice_starts_with(buf_slice(&b), "kept0123456789"));
    buf_put_text(&b, "x");
    assert_int_equal(buf_err(&b), ERR_NO_MEMORY);
    buf_clear(&b);
    buf_put_text(&b, "again");
    assert_slice(buf_slice(&b), "again");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_put_stands_there_with_an_end),
        cmocka_unit_test(the_maximum_can_be_reached_but_not_passed),
        cmocka_unit_test(the_first_error_stays_until_cleared),
        cmocka_unit_test(a_huge_length_does_not_wrap_around),
        cmocka_unit_test(room_is_given_without_counting_it),
        cmocka_unit_test(consuming_moves_the_rest_to_the_front),
        cmocka_unit_test(no_memory_is_remembered_and_keeps_what_was_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
