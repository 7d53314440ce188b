/* The load generator's own parts: a wrong ruler would make every measurement wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "queue/base/json.h"
#include "tests/bench/histogram.h"
#include "tests/bench/load_request.h"

static struct histogram h;

static void quantiles_of_small_values_are_exact(void **state)
{
    (void)state;
    memset(&h, 0, sizeof(h));
    for (uint64_t i = 1; i <= 100; i++) {
        histogram_add(&h, i);
    }
    assert_int_equal(histogram_quantile(&h, 0.5), 50);
    assert_int_equal(histogram_quantile(&h, 0.99), 99);
    assert_int_equal(histogram_quantile(&h, 1), 100);
    assert_int_equal(histogram_quantile(&h, 0), 1);
    assert_int_equal(h.count, 100);
    assert_int_equal(h.sum, 5050);
}

static void quantiles_of_large_values_are_right_to_one_percent_and_never_too_low(void **state)
{
    (void)state;
    for (uint64_t v = 100; v < UINT64_C(1) << 60; v = v * 5 / 3) {
        memset(&h, 0, sizeof(h));
        histogram_add(&h, v);
        histogram_add(&h, v * 2);
        uint64_t half = histogram_quantile(&h, 0.5);
        assert_true(half >= v && half - v <= v / 100);
        assert_int_equal(histogram_quantile(&h, 1), v * 2);
    }
}

static void extremes_have_a_bucket(void **state)
{
    (void)state;
    memset(&h, 0, sizeof(h));
    assert_int_equal(histogram_quantile(&h, 0.5), 0);
    histogram_add(&h, 0);
    histogram_add(&h, UINT64_MAX);
    assert_int_equal(histogram_quantile(&h, 0.5), 0);
    assert_int_equal(histogram_quantile(&h, 1), UINT64_MAX);
}

static void every_request_is_a_person_of_its_own_with_a_valid_id_number(void **state)
{
    const struct load_request_options options = {
        .host = "a", .target = "/v1/tickets", .token = "jj_x", .run = "01234567", .tickets = true};
    const uint64_t numbers[] = {0, 1, 9999, 10000, 12345678, 99999999};
    struct load_requests r;
    char last_account[64];
    char request[LOAD_REQUEST_MAX];
    char before[LOAD_REQUEST_MAX] = "";
    (void)state;
    assert_int_equal(load_requests_make(&r, &options), ERR_OK);
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        struct json *root;
        struct slice id;
        size_t len = load_requests_write(&r, numbers[i], request);
        assert_true(len <= r.longest);
        const char *body = memmem(request, len, "\r\n\r\n", 4);
        assert_non_null(body);
        struct slice text = slice_make(body + 4, len - (size_t)(body + 4 - request));
        char header[64];
        snprintf(header, sizeof(header), "Content-Length: %zu\r\n", text.len);
        assert_non_null(memmem(request, len, header, strlen(header)));
        assert_int_equal(json_parse(text, &root, NULL), ERR_OK);
        assert_int_equal(json_string(json_get(json_get(root, "person"), "id_number"), &id), ERR_OK);
        int weight = 1; /* the check is the value of the digits read as powers of 2, modulo 11 */
        int sum = 0;
        for (size_t k = 18; k > 0; k--) {
            int digit = id.ptr[k - 1] == 'X' ? 10 : id.ptr[k - 1] - '0';
            sum += digit * weight;
            weight = weight * 2 % 11;
        }
        assert_int_equal(sum % 11, 1);
        struct slice account;
        assert_int_equal(json_string(json_get(json_get(root, "person"), "account"), &account),
                         ERR_OK);
        assert_int_equal(account.len, strlen("account:") + 19 + strlen("@icbc"));
        sum = 0; /* Luhn: every second digit from the right counts twice */
        for (size_t k = 0; k < 19; k++) {
            int digit = (account.ptr[8 + 18 - k] - '0') * (k % 2 == 0 ? 1 : 2);
            sum += digit > 9 ? digit - 9 : digit;
        }
        assert_int_equal(sum % 10, 0);
        assert_true(i == 0 || memcmp(account.ptr, last_account, account.len) != 0);
        memcpy(last_account, account.ptr, account.len);
        json_free(root);
        assert_memory_not_equal(request, before, len);
        memcpy(before, request, len);
    }
    load_requests_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_of_small_values_are_exact),
        cmocka_unit_test(quantiles_of_large_values_are_right_to_one_percent_and_never_too_low),
        cmocka_unit_test(extremes_have_a_bucket),
        cmocka_unit_test(every_request_is_a_person_of_its_own_with_a_valid_id_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
