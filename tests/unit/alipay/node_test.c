/* The raw bytes that Alipay signs. */
#include "integrations/pay/alipay/alipay_codec.h"
#include "tests/support/test.h"

static void the_bytes_of_the_inner_object_come_out_untouched(void **state)
{
    static const struct {
        const char *text, *node, *sign;
    } rows[] = {
        {"{\"x_response\":{\"code\":\"10000\"},\"sign\":\"abc=\"}", "{\"code\":\"10000\"}", "abc="},
        {"{\"sign\":\"abc=\",\"x_response\":{\"code\":\"10000\"}}", "{\"code\":\"10000\"}", "abc="},
        {" {\n \"x_response\" : { \"code\" : \"10000\" , \"u\":\"https:\\/\\/a\" } ,\r\n\t\"sign\" "
         ": "
         "\"a\" } ",
         "{ \"code\" : \"10000\" , \"u\":\"https:\\/\\/a\" }", "a"},
        {"{\"x_response\":{\"a\":\"\\\"},\\\"sign\\\":\\\"no\\\"\",\"b\":[{},{\"}\":1}]},\"sign\":"
         "\"s\"}",
         "{\"a\":\"\\\"},\\\"sign\\\":\\\"no\\\"\",\"b\":[{},{\"}\":1}]}", "s"},
        {"{\"a\":{\"x_response\":{\"code\":\"1\"},\"sign\":\"no\"},\"x_response\":{},\"sign\":"
         "\"s\"}",
         "{}", "s"},
        {"{\"t\":\"x_response\",\"n\":-1.5e3,\"b\":true,\"x_response\":{\"k\":null},\"sign\":"
         "\"s\"}",
         "{\"k\":null}", "s"},
        {"{\"x_response\":{},\"sign\":null}", "{}", ""},
        {"{\"x_response\":{}}", "{}", ""},
        {"{\"x_response\":{\"m\":\"急难\\u6551助\\\\\"},\"sign\":\"s\"}",
         "{\"m\":\"急难\\u6551助\\\\\"}", "s"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct slice node, sign;
        assert_ok(alipay_answer_node(slice_of(rows[i].text), "x_response", &node, &sign));
        assert_slice(node, rows[i].node);
        assert_slice(sign, rows[i].sign);
    }
}

static void what_is_no_such_answer_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "null",
        "\"x_response\"",
        "{\"x_response\":1,\"sign\":\"s\"}",
        "{\"x_response\":[],\"sign\":\"s\"}",
        "{\"x_response\":{},\"sign\":\"s\"",
        "<html>",
        "{\"x_response\":{},\"x_response\":{},\"sign\":\"s\"}", /* which of them? */
        "{\"x\\u005fresponse\":{},\"sign\":\"s\"}",             /* the name in disguise */
        "{\"x_response\":{},\"sign\":\"s\"} {}"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct slice node = SLICE_LIT("before"), sign = SLICE_LIT("before");
        assert_int_equal(alipay_answer_node(slice_of(bad[i]), "x_response", &node, &sign),
                         ERR_INPUT);
        assert_slice(node, "before");
        assert_slice(sign, "before");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_of_the_inner_object_come_out_untouched),
        cmocka_unit_test(what_is_no_such_answer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
