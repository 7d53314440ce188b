/* Arenas: zeroed, aligned, bounded, given back at once. */
#include "tests/support/test.h"

#include "queue/base/arena.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
static bool no_memory;

void *__wrap_malloc(size_t size)
{
    return no_memory ? NULL : __real_malloc(size);
}

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    struct arena a;
    unsigned char *last = NULL;
    (void)state;
    arena_init(&a, 1u << 20);
    for (size_t len = 1; len < 900; len += 13) {
        unsigned char *at = arena_alloc(&a, len);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < len; i++) {
            assert_int_equal(at[i], 0);
        }
        memset(at, 0xEE, len);
        assert_true(last == NULL || last[0] == 0xEE);
        last = at;
    }
    assert_non_null(arena_alloc(&a, 0));
    arena_release(&a);
}

static void used_memory_comes_back_zeroed_after_a_reset(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, 100000);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 9; i++) {
            unsigned char *at = arena_alloc(&a, 10000);
            assert_non_null(at);
            for (size_t k = 0; k < 10000; k++) {
                assert_int_equal(at[k], 0);
            }
            memset(at, 0xEE, 10000);
        }
        arena_reset(&a);
        assert_int_equal(a.used_total, 0);
    }
    arena_release(&a);
    arena_reset(&a); /* nothing there: nothing happens */
    assert_non_null(arena_alloc(&a, 100000));
    arena_release(&a);
}

static void the_maximum_can_be_reached_but_not_passed(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, 100);
    assert_non_null(arena_alloc(&a, 60));
    assert_null(arena_alloc(&a, 41));
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_non_null(arena_alloc(&a, 40));
    assert_null(arena_alloc(&a, 1));
    assert_null(arena_text(&a, slice_of("")));
    arena_release(&a);
}

static void texts_are_copied_with_an_end(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, 100);
    char source[] = "救急";
    const char *copy = arena_text(&a, slice_of(source));
    source[0] = 'x';
    assert_string_equal(copy, "救急");
    assert_string_equal(arena_text(&a, slice_make(NULL, 0)), "");
    arena_release(&a);
}

static void no_memory_gives_null_and_the_arena_lives_on(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, 100000);
    no_memory = true;
    void *none = arena_alloc(&a, 10);
    no_memory = false;
    assert_null(none);
    assert_int_equal(a.used_total, 0);
    assert_non_null(arena_alloc(&a, 10));
    no_memory = true;
    none = arena_alloc(&a, 50000);
    void *small = arena_alloc(&a, 10); /* the first block still has room */
    no_memory = false;
    assert_null(none);
    assert_non_null(small);
    arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(used_memory_comes_back_zeroed_after_a_reset),
        cmocka_unit_test(the_maximum_can_be_reached_but_not_passed),
        cmocka_unit_test(texts_are_copied_with_an_end),
        cmocka_unit_test(no_memory_gives_null_and_the_arena_lives_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
