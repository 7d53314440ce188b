#include "integrations/pay/alipay/alipay_params.h"

#include <stdio.h>
#include "tests/support/test.h"

static void the_signed_text_is_sorted_bytewise_and_not_escaped(void **state)
{
    (void)state;
    struct alipay_params params;
    struct buf text;
    alipay_params_init(&params);
    buf_init(&text, 1024);
    assert_ok(alipay_params_decode(
        &params,
        SLICE_LIT("version=1.0&sign=abc%3D&app_id=2021&biz_content=%7B%22a%22%3A%22%E6%80%A5"
                  "+b%26%22%7D&sign_type=RSA2&app=&Z=1")));
    assert_int_equal(params.count, 7);
    assert_slice(alipay_params_get(&params, "sign"), "abc=");
    assert_null(alipay_params_get(&params, "sig").ptr);
    alipay_params_put_signed_text(&params, false, &text);
    assert_slice(buf_slice(&text), "Z=1&app=&app_id=2021&biz_content={\"a\":\"急 b&\"}"
                                   "&sign_type=RSA2&version=1.0");
    buf_clear(&text);
    alipay_params_put_signed_text(&params, true, &text);
    assert_slice(buf_slice(&text),
                 "Z=1&app=&app_id=2021&biz_content={\"a\":\"急 b&\"}&version=1.0");
    buf_release(&text);
    alipay_params_release(&params);
}

static void a_form_that_could_be_read_in_two_ways_is_refused(void **state)
{
    static const char *const bad[] = {"a=%", "a=%4", "a=%zz", "=1", "a=1&a=2", "%61=1&a=2", "a%=1"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct alipay_params params;
        alipay_params_init(&params);
        assert_int_equal(alipay_params_decode(&params, slice_of(bad[i])), ERR_INPUT);
        alipay_params_release(&params);
    }
    static const struct {
        const char *form;
        size_t count;
    } good[] = {{"", 0}, {"&&", 0}, {"a", 1}, {"a=%20&b=+", 2}, {"a=b=c", 1}};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        struct alipay_params params;
        alipay_params_init(&params);
        assert_ok(alipay_params_decode(&params, slice_of(good[i].form)));
        assert_int_equal(params.count, good[i].count);
        alipay_params_release(&params);
    }
}

static void more_than_the_maximum_is_refused(void **state)
{
    (void)state;
    struct buf form;
    buf_init(&form, 4096);
    for (int i = 0; i <= ALIPAY_PARAMS_MAX; i++) {
        struct alipay_params params;
        alipay_params_init(&params);
        assert_int_equal(alipay_params_decode(&params, buf_slice(&form)), ERR_OK);
        assert_int_equal(params.count, i);
        alipay_params_release(&params);
        buf_putf(&form, "&p%d=%d", i, i);
    }
    struct alipay_params params;
    alipay_params_init(&params);
    assert_int_equal(alipay_params_decode(&params, buf_slice(&form)), ERR_TOO_LARGE);
    alipay_params_release(&params);
    buf_release(&form);
}

static void what_is_escaped_decodes_to_itself(void **state)
{
    (void)state;
    char all[255];
    for (int i = 0; i < 255; i++) {
        all[i] = (char)(i + 1);
    }
    struct slice value = slice_make(all, sizeof(all));
    struct alipay_params params;
    struct buf form;
    buf_init(&form, 4096);
    alipay_params_init(&params);
    alipay_put_escaped(&form, SLICE_LIT("名 &="), value);
    assert_ok(alipay_params_decode(&params, buf_slice(&form)));
    assert_int_equal(params.count, 1);
    assert_slice(params.list[0].name, "名 &=");
    assert_true(slice_eq(params.list[0].value, value));
    alipay_params_release(&params);
    buf_release(&form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signed_text_is_sorted_bytewise_and_not_escaped),
        cmocka_unit_test(a_form_that_could_be_read_in_two_ways_is_refused),
        cmocka_unit_test(more_than_the_maximum_is_refused),
        cmocka_unit_test(what_is_escaped_decodes_to_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
