#include "tests/support/test.h"

#include "integrations/pay/breaker.h"

static void fail_times(struct breaker *b, int n, int64_t now_ms)
{
    for (int i = 0; i < n; i++) {
        breaker_failure(b, now_ms);
    }
}

static void a_few_failures_leave_it_closed(void **state)
{
    struct breaker b = {.failures = 0};
    (void)state;
    fail_times(&b, BREAKER_FAILURES - 1, 1000);
    assert_true(breaker_closed(&b, 1000));
    assert_int_equal(breaker_next_ms(&b, 1000), 1000);
}

static void the_fifth_failure_opens_it_for_a_while(void **state)
{
    struct breaker b = {.failures = 0};
    (void)state;
    fail_times(&b, BREAKER_FAILURES - 1, 1000);
    assert_true(breaker_failure(&b, 1000));
    assert_false(breaker_closed(&b, 1000));
    assert_false(breaker_closed(&b, 1000 + BREAKER_FIRST_MS - 1));
    assert_int_equal(breaker_next_ms(&b, 2000), 1000 + BREAKER_FIRST_MS);
    assert_true(breaker_closed(&b, 1000 + BREAKER_FIRST_MS));
}

static void a_failed_try_opens_it_for_twice_as_long_up_to_a_limit(void **state)
{
    struct breaker b = {.failures = 0};
    int64_t now_ms = 0;
    (void)state;
    fail_times(&b, BREAKER_FAILURES, now_ms);
    int64_t open_ms = BREAKER_FIRST_MS;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(b.open_ms, open_ms);
        now_ms = breaker_next_ms(&b, now_ms);
        assert_true(breaker_failure(&b, now_ms));
        open_ms = open_ms * 2 > BREAKER_LONGEST_MS ? BREAKER_LONGEST_MS : open_ms * 2;
    }
    assert_int_equal(b.open_ms, BREAKER_LONGEST_MS);
}

static void one_answer_closes_it_and_forgets(void **state)
{
    struct breaker b = {.failures = 0};
    (void)state;
    fail_times(&b, BREAKER_FAILURES + 3, 0);
    breaker_success(&b);
    assert_true(breaker_closed(&b, 0));
    fail_times(&b, BREAKER_FAILURES - 1, 0);
    assert_true(breaker_closed(&b, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_failures_leave_it_closed),
        cmocka_unit_test(the_fifth_failure_opens_it_for_a_while),
        cmocka_unit_test(a_failed_try_opens_it_for_twice_as_long_up_to_a_limit),
        cmocka_unit_test(one_answer_closes_it_and_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
