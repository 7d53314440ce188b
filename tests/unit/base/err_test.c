/* The table of errors: what other programs see of it must stay unique and well-formed. */
#include "tests/support/test.h"

#include "queue/base/err.h"

static void codes_are_unique_lower_case_words(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        const char *code = err_code((enum err)i);
        assert_true(strlen(code) > 0);
        assert_int_equal(strspn(code, "abcdefghijklmnopqrstuvwxyz-"), strlen(code));
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(code, err_code((enum err)k));
        }
    }
}

static void a_code_leads_back_to_its_error(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        const char *code = err_code((enum err)i);
        assert_int_equal(err_from_code(code, strlen(code)), i);
        assert_int_equal(err_from_code(code, strlen(code) - 1), ERR_COUNT);
    }
    assert_int_equal(err_from_code("", 0), ERR_COUNT);
    assert_int_equal(err_from_code("okay", 4), ERR_COUNT);
    assert_int_equal(err_from_code("OK", 2), ERR_COUNT);
}

static void statuses_fit_http_and_the_promise_to_retry(void **state)
{
    (void)state;
    assert_int_equal(err_http_status(ERR_OK), 200);
    assert_false(err_may_retry(ERR_OK));
    for (int i = ERR_OK + 1; i < ERR_COUNT; i++) {
        enum err e = (enum err)i;
        int status = err_http_status(e);
        assert_in_range(status, 400, 599);
        /* what a client may repeat unchanged is 429 or 503, and nothing else is */
        assert_int_equal(err_may_retry(e), status == 429 || status == 503);
    }
}

static void texts_are_sentences_without_a_full_stop(void **state)
{
    (void)state;
    for (int i = 0; i < ERR_COUNT; i++) {
        const char *text = err_text((enum err)i);
        assert_true(strlen(text) > 0);
        assert_int_not_equal(text[strlen(text) - 1], '.');
        assert_false(text[0] >= 'A' && text[0] <= 'Z');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_unique_lower_case_words),
        cmocka_unit_test(a_code_leads_back_to_its_error),
        cmocka_unit_test(statuses_fit_http_and_the_promise_to_retry),
        cmocka_unit_test(texts_are_sentences_without_a_full_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
