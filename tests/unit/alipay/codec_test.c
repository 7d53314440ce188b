#include "integrations/pay/alipay/alipay_codec.h"

#include <stdio.h>
#include "integrations/pay/alipay/alipay_params.h"
#include "integrations/sign/rsa.h"
#include "queue/domain/money.h"
#include "queue/domain/relief.h"
#include "tests/support/test.h"
#include "tests/unit/sign/keys.h"

#define AT_MS INT64_C(1772328600000) /* 2026-03-01 09:30:00 in China */

static struct key_pair ours, alipays;
static struct alipay_app app;

static struct pay_order order_of(int64_t amount_fen, const char *fa, const char *name)
{
    struct pay_order order = {.amount_fen = amount_fen,
                              .payee_fa = slice_of(fa),
                              .payee_name = slice_of(name),
                              .note = SLICE_LIT("先行救助 & \"急难\"")};
    memcpy(order.id, "P1", 3);
    return order;
}

static void a_transfer_is_signed_over_its_sorted_parameters(void **state)
{
    (void)state;
    struct buf query, body, both, text;
    struct alipay_params params;
    buf_init(&query, 8192);
    buf_init(&body, 8192);
    buf_init(&both, 16384);
    buf_init(&text, 16384);
    struct pay_order order = order_of(80000, "alipay-uid:2088123412341234@alipay", "张三");
    assert_ok(alipay_write_transfer(&app, &order, AT_MS, &query, &body));
    assert_ptr_equal(strstr(body.ptr, "biz_content=%7B%22out_biz_no%22"), body.ptr);
    assert_null(strstr(query.ptr, "biz_content"));
    buf_putf(&both, "%s&%s", query.ptr, body.ptr);
    alipay_params_init(&params);
    assert_ok(alipay_params_decode(&params, buf_slice(&both)));
    assert_slice(alipay_params_get(&params, "method"), "alipay.fund.trans.uni.transfer");
    assert_slice(alipay_params_get(&params, "app_id"), "2021000000000000");
    assert_slice(alipay_params_get(&params, "charset"), "utf-8");
    assert_slice(alipay_params_get(&params, "version"), "1.0");
    assert_slice(alipay_params_get(&params, "sign_type"), "RSA2");
    assert_slice(alipay_params_get(&params, "timestamp"), "2026-03-01 09:30:00");
    assert_slice(alipay_params_get(&params, "biz_content"),
                 "{\"out_biz_no\":\"P1\",\"trans_amount\":\"800.00\",\"product_code\":"
                 "\"TRANS_ACCOUNT_NO_PWD\",\"biz_scene\":\"DIRECT_TRANSFER\",\"order_title\":"
                 "\"临时救助\",\"payee_info\":{\"identity\":\"2088123412341234\",\"identity_type\":"
                 "\"ALIPAY_USER_ID\",\"name\":\"张三\"},\"remark\":\"先行救助 & \\\"急难\\\"\"}");
    alipay_params_put_signed_text(&params, false, &text);
    struct slice sign = alipay_params_get(&params, "sign");
    assert_ok(rsa_verify(ours.public, buf_slice(&text), sign));
    alipay_params_release(&params);
    buf_release(&query);
    buf_release(&body);
    buf_release(&both);
    buf_release(&text);
}

static void what_alipay_cannot_carry_is_told_and_not_written(void **state)
{
    static const struct {
        int64_t fen;
        const char *fa, *name, *fault;
    } rows[] = {
        {10, "alipay-uid:2088123412341234@alipay", "", NULL},
        {9, "alipay-uid:2088123412341234@alipay", "", "[amount]"},
        {100, "alipay-uid:1088123412341234@alipay", "", "[payee]"},
        {100, "alipay-uid:208812341234123@alipay", "", "[payee]"},
        {100, "account:6222021234567890123@bank", "张三", "[payee]"},
        {100, "openid:oX@wechat", "张三", "[payee]"},
        {100, "alipay-login:13800138000@alipay", "张三", NULL},
        {100, "alipay-login:13800138000@alipay", "", "[name]"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pay_order order = order_of(rows[i].fen, rows[i].fa, rows[i].name);
        struct buf query, body;
        buf_init(&query, 8192);
        buf_init(&body, 8192);
        const char *fault = alipay_order_fault(&order);
        enum err err = alipay_write_transfer(&app, &order, AT_MS, &query, &body);
        if (rows[i].fault == NULL) {
            assert_null(fault);
            assert_ok(err);
        } else {
            assert_string_equal(fault, rows[i].fault);
            assert_int_equal(err, ERR_INPUT);
            assert_int_equal(query.len + body.len, 0);
        }
        buf_release(&query);
        buf_release(&body);
    }
}

/* An answer of Alipay's about the node, signed by it. */
static void signed_answer(const char *name, const char *node, struct buf *out)
{
    struct buf sign;
    buf_init(&sign, 2048);
    assert_ok(rsa_sign(alipays.private, slice_of(node), &sign));
    buf_clear(out);
    buf_putf(out, "{\"%s\":%s,\"sign\":\"%s\"}", name, node, sign.ptr);
    buf_release(&sign);
}

#define TRANSFERRED "alipay_fund_trans_uni_transfer_response"
#define ASKED "alipay_fund_trans_common_query_response"
#define OK_NODE(status)                                                           \
    "{\"code\":\"10000\",\"msg\":\"Success\",\"out_biz_no\":\"P1\",\"order_id\":" \
    "\"20190801110070000006380000250621\",\"status\":\"" status "\",\"trans_amount\":\"800.00\"}"
#define ERROR_NODE(code, sub) "{\"code\":\"" code "\",\"msg\":\"x\",\"sub_code\":\"" sub "\"}"

static void the_table_decides_by_code_sub_code_and_status(void **state)
{
    static const struct {
        enum alipay_source source;
        const char *name, *node;
        enum pay_outcome outcome;
        bool not_taken;
        const char *reason;
    } rows[] = {
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, OK_NODE("SUCCESS"), PAY_SUCCEEDED, false, ""},
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, OK_NODE("DEALING"), PAY_ACCEPTED, false, "DEALING"},
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, OK_NODE("FAIL"), PAY_UNKNOWN, false, "FAIL"},
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, OK_NODE("NEW"), PAY_UNKNOWN, false, "NEW"},
        {ALIPAY_FROM_QUERY, ASKED, OK_NODE("SUCCESS"), PAY_SUCCEEDED, false, ""},
        {ALIPAY_FROM_QUERY, ASKED, OK_NODE("DEALING"), PAY_ACCEPTED, false, "DEALING"},
        {ALIPAY_FROM_QUERY, ASKED, OK_NODE("WAIT_PAY"), PAY_ACCEPTED, false, "WAIT_PAY"},
        {ALIPAY_FROM_QUERY, ASKED, OK_NODE("FAIL"), PAY_FAILED, false, "FAIL"},
        {ALIPAY_FROM_QUERY, ASKED, OK_NODE("CLOSED"), PAY_FAILED, false, "CLOSED"},
        {ALIPAY_FROM_QUERY, ASKED, OK_NODE("REFUND"), PAY_RETURNED, false, "REFUND"},
        {ALIPAY_FROM_QUERY, ASKED, OK_NODE("success"), PAY_UNKNOWN, false, "success"},
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, "{\"code\":\"20000\",\"msg\":\"x\"}", PAY_UNKNOWN,
         false, "20000"},
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, ERROR_NODE("40004", "SYSTEM_ERROR"), PAY_UNKNOWN, false,
         "SYSTEM_ERROR"},
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, ERROR_NODE("40004", "PAYER_BALANCE_NOT_ENOUGH"),
         PAY_UNKNOWN, true, "PAYER_BALANCE_NOT_ENOUGH"},
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, ERROR_NODE("40004", "PAYEE_NOT_EXIST"), PAY_FAILED,
         false, "PAYEE_NOT_EXIST"},
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, ERROR_NODE("40004", "PAYEE_USER_INFO_ERROR"),
         PAY_FAILED, false, "PAYEE_USER_INFO_ERROR"},
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, ERROR_NODE("40004", "EXCEED_LIMIT_SM_AMOUNT"),
         PAY_UNKNOWN, false, "EXCEED_LIMIT_SM_AMOUNT"},
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, ERROR_NODE("40004", "ORDER_NOT_EXIST"), PAY_UNKNOWN,
         false, "ORDER_NOT_EXIST"},
        {ALIPAY_FROM_TRANSFER, "error_response", ERROR_NODE("40002", "isv.invalid-signature"),
         PAY_UNKNOWN, true, "isv.invalid-signature"},
        {ALIPAY_FROM_TRANSFER, TRANSFERRED, ERROR_NODE("40006", "isv.insufficient-isv-permissions"),
         PAY_UNKNOWN, true, "isv.insufficient-isv-permissions"},
        {ALIPAY_FROM_QUERY, ASKED, ERROR_NODE("40004", "ORDER_NOT_EXIST"), PAY_NOT_FOUND, false,
         "ORDER_NOT_EXIST"},
        {ALIPAY_FROM_QUERY, ASKED, ERROR_NODE("40002", "isv.invalid-signature"), PAY_UNKNOWN, false,
         "isv.invalid-signature"},
        {ALIPAY_FROM_QUERY, ASKED, ERROR_NODE("40004", "PAYEE_NOT_EXIST"), PAY_UNKNOWN, false,
         "PAYEE_NOT_EXIST"},
        {ALIPAY_FROM_QUERY, TRANSFERRED, OK_NODE("SUCCESS"), PAY_UNKNOWN, false, "[unreadable]"},
        {ALIPAY_FROM_QUERY, ASKED, "{\"code\":\"10000\",\"status\":\"SUCCESS\"}", PAY_UNKNOWN,
         false, "[unreadable]"},
        {ALIPAY_FROM_QUERY, ASKED,
         "{\"code\":\"10000\",\"status\":\"SUCCESS\",\"out_biz_no\":\"P2\"}", PAY_UNKNOWN, false,
         "[stranger]"},
        {ALIPAY_FROM_QUERY, ASKED,
         "{\"code\":\"10000\",\"status\":\"SUCCESS\",\"out_biz_no\":\"P1\",\"trans_amount\":800}",
         PAY_UNKNOWN, false, "[unreadable]"},
        {ALIPAY_FROM_QUERY, ASKED,
         "{\"code\":\"10000\",\"status\":\"SUCCESS\",\"out_biz_no\":\"P1\",\"trans_amount\":"
         "\"800.001\"}",
         PAY_UNKNOWN, false, "[unreadable]"},
        {ALIPAY_FROM_QUERY, ASKED, "{\"code\":10000}", PAY_UNKNOWN, false, "[unreadable]"},
    };
    (void)state;
    struct buf text;
    buf_init(&text, 8192);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pay_result r;
        signed_answer(rows[i].name, rows[i].node, &text);
        alipay_read_answer(rows[i].source, &app, 200, buf_slice(&text), "P1", &r);
        if (r.outcome != rows[i].outcome || r.not_taken != rows[i].not_taken) {
            print_error("%s\n", rows[i].node);
        }
        assert_string_equal(r.id, "P1");
        assert_int_equal(r.outcome, rows[i].outcome);
        assert_int_equal(r.not_taken, rows[i].not_taken);
        assert_string_equal(r.reason_code, rows[i].reason);
    }
    buf_release(&text);
}

static void one_changed_byte_of_the_node_proves_nothing(void **state)
{
    (void)state;
    struct buf text;
    struct pay_result r;
    buf_init(&text, 8192);
    signed_answer(TRANSFERRED, OK_NODE("SUCCESS"), &text);
    alipay_read_answer(ALIPAY_FROM_TRANSFER, &app, 200, buf_slice(&text), "P1", &r);
    assert_int_equal(r.amount_fen, 80000);
    assert_string_equal(r.provider_ref, "20190801110070000006380000250621");
    *strstr(text.ptr, "800.00") = '9';
    alipay_read_answer(ALIPAY_FROM_TRANSFER, &app, 200, buf_slice(&text), "P1", &r);
    assert_int_equal(r.outcome, PAY_UNKNOWN);
    assert_string_equal(r.reason_code, "[signature]");
    static const char *const unsigned_ones[] = {
        "{\"" TRANSFERRED "\":" OK_NODE("SUCCESS") "}",
        "{\"" TRANSFERRED "\":" ERROR_NODE("40002", "isv.x") ",\"sign\":\"\"}",
        "{\"error_response\":" ERROR_NODE("40002", "isv.x") "}"};
    for (size_t i = 0; i < COUNT_OF(unsigned_ones); i++) {
        alipay_read_answer(ALIPAY_FROM_TRANSFER, &app, 200, slice_of(unsigned_ones[i]), "P1", &r);
        assert_int_equal(r.outcome, PAY_UNKNOWN);
        assert_false(r.not_taken);
        assert_string_equal(r.reason_code, "[signature]");
    }
    signed_answer(TRANSFERRED, OK_NODE("SUCCESS"), &text);
    alipay_read_answer(ALIPAY_FROM_TRANSFER, &app, 502, buf_slice(&text), "P1", &r);
    assert_string_equal(r.reason_code, "[http-502]");
    buf_release(&text);
}

/* Yuan text with two decimals and back, whatever the amount. */
static void amounts_survive_exactly(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < 2000; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        int64_t fen = i < 200 ? i : (int64_t)((seed >> 11) % (uint64_t)AMOUNT_FEN_MAX);
        char text[MONEY_TEXT_SIZE];
        int64_t again = -1;
        money_format(fen, text);
        size_t len = strlen(text);
        assert_true(len >= 4 && text[len - 3] == '.');
        assert_ok(alipay_read_amount(slice_of(text), &again));
        assert_int_equal(again, fen);
    }
    static const char *const bad[] = {"", "-1.00", "1.", ".5", "1.001", "1e3", "1,000.00", " 1.00"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t fen = 5;
        assert_int_not_equal(alipay_read_amount(slice_of(bad[i]), &fen), ERR_OK);
        assert_int_equal(fen, 5);
    }
}

static int make(void **state)
{
    (void)state;
    key_pair_make(&ours, 2048);
    key_pair_make(&alipays, 2048);
    app = (struct alipay_app){.app_id = "2021000000000000",
                              .key = ours.private,
                              .alipay_key = alipays.public,
                              .title = "临时救助"};
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    key_pair_release(&ours);
    key_pair_release(&alipays);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transfer_is_signed_over_its_sorted_parameters),
        cmocka_unit_test(what_alipay_cannot_carry_is_told_and_not_written),
        cmocka_unit_test(the_table_decides_by_code_sub_code_and_status),
        cmocka_unit_test(one_changed_byte_of_the_node_proves_nothing),
        cmocka_unit_test(amounts_survive_exactly),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
