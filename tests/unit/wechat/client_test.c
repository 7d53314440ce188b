#include "integrations/pay/wechat/wechat_client.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "tests/support/test.h"
#include "tests/unit/integrations/peer.h"
#include "tests/unit/wechat/wechat_peer.h"

static struct wechat_peer platform;

struct fixture {
    struct peer *peer;
    struct http_client *http;
    struct wechat_client *client;
};

static struct fixture start(const struct peer_step *steps, size_t count)
{
    struct fixture f = {.peer = count > 0 ? peer_start(steps, count) : NULL};
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d",
                   f.peer != NULL ? peer_port(f.peer) : peer_closed_port());
    const struct http_client_options http = {.max_parallel = 4};
    assert_ok(http_client_new(&http, &f.http));
    const struct wechat_options options = {
        .base_url = url, .merchant = platform.merchant, .total_ms = 20000};
    assert_ok(wechat_client_new(&options, f.http, &f.client));
    return f;
}

static void stop(struct fixture *f)
{
    wechat_client_free(f->client);
    http_client_free(f->http);
    if (f->peer != NULL) {
        peer_stop(f->peer);
    }
}

/* A whole HTTP answer, stamped by the platform `late_s` seconds ago. */
static void stamped(struct buf *out, int status, const char *body, int64_t late_s)
{
    struct buf signature;
    int64_t at_s = clock_now_ms() / 1000 - late_s;
    buf_init(&signature, 2048);
    buf_init(out, 65536);
    wechat_peer_sign(&platform, at_s, "c5ac7061fccab6bf3e254dcf98995b8c", slice_of(body),
                     &signature);
    buf_putf(out,
             "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nWechatpay-Timestamp: %lld\r\n"
             "wechatpay-nonce: c5ac7061fccab6bf3e254dcf98995b8c\r\nWechatpay-Serial: " PEER_SERIAL
             "\r\nWechatpay-Signature: %s\r\n\r\n%s",
             status, strlen(body), (long long)at_s, signature.ptr, body);
    buf_release(&signature);
}

static struct pay_order order_of(const char *id, const char *fa)
{
    struct pay_order order = {.amount_fen = 80000,
                              .payee_fa = slice_of(fa),
                              .payee_name = SLICE_LIT("张三"),
                              .note = SLICE_LIT("临时救助")};
    memcpy(order.id, id, strlen(id) + 1);
    return order;
}

static void a_signed_answer_is_believed(void **state)
{
    (void)state;
    struct buf answer;
    stamped(&answer, 200,
            "{\"out_bill_no\":\"P1\",\"transfer_bill_no\":\"133\",\"state\":\"WAIT_USER_CONFIRM\","
            "\"package_info\":\"abc\"}",
            0);
    const struct peer_step steps[] = {{PEER_ANSWER, answer.ptr}};
    struct fixture f = start(steps, 1);
    struct pay_order order = order_of("P1", "openid:oX@wechat");
    struct pay_result result;
    struct pay_rail rail = wechat_rail(f.client);
    assert_ok(rail.disburse(rail.self, &order, 1, &result));
    assert_int_equal(result.outcome, PAY_ACCEPTED);
    assert_string_equal(result.provider_ref, "133");
    assert_string_equal(wechat_last_package(f.client, 0), "abc");
    const char *request = peer_last_request(f.peer);
    assert_ptr_equal(strstr(request, "POST /v3/fund-app/mch-transfer/transfer-bills HTTP/1.1\r\n"),
                     request);
    assert_non_null(
        strstr(request, "\r\nAuthorization: WECHATPAY2-SHA256-RSA2048 mchid=\"1900000109\""));
    assert_non_null(strstr(request, "\r\nWechatpay-Serial: " PEER_SERIAL "\r\n"));
    assert_non_null(strstr(request, "\"transfer_amount\":80000"));
    assert_null(strstr(request, "张三"));
    stop(&f);
    buf_release(&answer);
}

static void an_answer_that_the_platform_did_not_just_sign_proves_nothing(void **state)
{
    (void)state;
    static const char paid[] = "{\"out_bill_no\":\"P1\",\"state\":\"SUCCESS\"}";
    struct buf old, forged, short_of;
    stamped(&old, 200, paid, 301);
    stamped(&forged, 200, paid, 0);
    char *at = strstr(forged.ptr, "SUCCESS");
    memcpy(at, "FAIL\"}  ", 7);
    stamped(&short_of, 403, "{\"code\":\"NOT_ENOUGH\"}", 0);
    *strstr(short_of.ptr, "Wechatpay-Signature") = 'X';
    const char *const answers[] = {old.ptr, forged.ptr, short_of.ptr,
                                   "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"};
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        const struct peer_step steps[] = {{PEER_ANSWER, answers[i]}};
        struct fixture f = start(steps, 1);
        struct pay_order order = order_of("P1", "openid:oX@wechat");
        struct pay_result result;
        assert_ok(wechat_disburse(f.client, &order, 1, &result));
        assert_int_equal(result.outcome, PAY_UNKNOWN);
        assert_string_equal(result.reason_code, "[signature]");
        assert_false(result.not_taken);
        assert_int_equal(peer_requests(f.peer), 1);
        stop(&f);
    }
    buf_release(&old);
    buf_release(&forged);
    buf_release(&short_of);
}

static void orders_that_cannot_go_this_way_are_not_sent_and_do_not_hold_up_the_others(void **state)
{
    (void)state;
    struct buf answer;
    stamped(&answer, 200, "{\"out_bill_no\":\"P2\",\"state\":\"PROCESSING\"}", 0);
    const struct peer_step steps[] = {{PEER_ANSWER, answer.ptr}};
    struct fixture f = start(steps, 1);
    const struct pay_order orders[] = {order_of("P1", "account:6222@bank"),
                                       order_of("P2", "openid:oX@wechat")};
    struct pay_result results[2];
    assert_ok(wechat_disburse(f.client, orders, 2, results));
    assert_int_equal(results[0].outcome, PAY_FAILED);
    assert_string_equal(results[0].reason_code, "[payee]");
    assert_int_equal(results[1].outcome, PAY_ACCEPTED);
    assert_int_equal(peer_requests(f.peer), 1);
    const struct pay_order twice[] = {orders[1], orders[1]};
    assert_int_equal(wechat_disburse(f.client, twice, 2, results), ERR_INPUT);
    stop(&f);
    buf_release(&answer);
}

static void queries_and_cancels_ask_by_our_own_number(void **state)
{
    (void)state;
    struct buf gone, cancelling;
    stamped(&gone, 404, "{\"code\":\"NOT_FOUND\",\"message\":\"记录不存在\"}", 0);
    stamped(&cancelling, 200, "{\"out_bill_no\":\"P1\",\"state\":\"CANCELING\"}", 0);
    const struct peer_step steps[] = {{PEER_ANSWER_ONCE, gone.ptr},
                                      {PEER_ANSWER_ONCE, cancelling.ptr}};
    struct fixture f = start(steps, 2);
    const char *ids[] = {"P1"};
    struct pay_result result;
    assert_ok(wechat_query(f.client, ids, 1, &result));
    assert_int_equal(result.outcome, PAY_NOT_FOUND);
    const char *request = peer_last_request(f.peer);
    assert_ptr_equal(
        strstr(request, "GET /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/P1 HTTP/1.1\r\n"),
        request);
    assert_ok(wechat_query(f.client, ids, 1, &result));
    stop(&f);

    const struct peer_step cancel[] = {{PEER_ANSWER, cancelling.ptr}};
    f = start(cancel, 1);
    assert_ok(wechat_cancel(f.client, ids, 1, &result));
    assert_int_equal(result.outcome, PAY_ACCEPTED);
    assert_string_equal(result.reason_code, "CANCELING");
    request = peer_last_request(f.peer);
    assert_ptr_equal(
        strstr(request,
               "POST /v3/fund-app/mch-transfer/transfer-bills/out-bill-no/P1/cancel HTTP/1.1\r\n"),
        request);
    stop(&f);
    buf_release(&gone);
    buf_release(&cancelling);
}

static void doubt_about_the_transport_is_unknown_and_nothing_is_repeated(void **state)
{
    (void)state;
    const struct peer_step steps[] = {{PEER_CLOSE, NULL}};
    struct pay_order order = order_of("P1", "openid:oX@wechat");
    const char *ids[] = {"P1"};
    struct pay_result result;
    struct fixture f = start(steps, 1);
    assert_ok(wechat_disburse(f.client, &order, 1, &result));
    assert_int_equal(result.outcome, PAY_UNKNOWN);
    assert_string_equal(result.reason_code, "[no-answer]");
    assert_false(result.not_taken);
    assert_int_equal(peer_requests(f.peer), 1);
    stop(&f);
    f = start(NULL, 0);
    assert_ok(wechat_disburse(f.client, &order, 1, &result));
    assert_string_equal(result.reason_code, "[not-sent]");
    assert_true(result.not_taken);
    assert_ok(wechat_query(f.client, ids, 1, &result));
    assert_int_equal(result.outcome, PAY_UNKNOWN);
    assert_false(result.not_taken); /* an unsent question says nothing about the order */
    stop(&f);
}

static void a_client_without_keys_or_with_a_bad_address_is_refused(void **state)
{
    (void)state;
    struct wechat_client *client = NULL;
    for (int way = 0; way < 5; way++) {
        struct wechat_options options = {.merchant = platform.merchant};
        switch (way) {
        case 0: options.merchant.key = NULL; break;
        case 1: options.merchant.platform_key = NULL; break;
        case 2: options.merchant.notify_url = "http://jiuji.example/x"; break;
        case 3: options.merchant.notify_url = "https://jiuji.example/x?a=1"; break;
        default: options.base_url = "https://api.example/"; break;
        }
        assert_int_equal(wechat_client_new(&options, NULL, &client), ERR_INPUT);
    }
    assert_null(client);
}

static int make(void **state)
{
    (void)state;
    wechat_peer_make(&platform);
    return http_client_setup() == ERR_OK ? 0 : -1;
}

static int unmake(void **state)
{
    (void)state;
    wechat_peer_release(&platform);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_answer_is_believed),
        cmocka_unit_test(an_answer_that_the_platform_did_not_just_sign_proves_nothing),
        cmocka_unit_test(orders_that_cannot_go_this_way_are_not_sent_and_do_not_hold_up_the_others),
        cmocka_unit_test(queries_and_cancels_ask_by_our_own_number),
        cmocka_unit_test(doubt_about_the_transport_is_unknown_and_nothing_is_repeated),
        cmocka_unit_test(a_client_without_keys_or_with_a_bad_address_is_refused),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
