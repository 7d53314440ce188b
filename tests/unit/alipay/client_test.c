#include "integrations/pay/alipay/alipay_client.h"

#include <stdio.h>
#include "integrations/sign/rsa.h"
#include "tests/support/test.h"
#include "tests/unit/integrations/peer.h"
#include "tests/unit/sign/keys.h"

static struct key_pair ours, alipays;

struct fixture {
    struct peer *peer;
    struct http_client *http;
    struct alipay_client *client;
};

static struct fixture start(const struct peer_step *steps, size_t count)
{
    struct fixture f = {.peer = count > 0 ? peer_start(steps, count) : NULL};
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/gateway.do",
                   f.peer != NULL ? peer_port(f.peer) : peer_closed_port());
    const struct http_client_options http = {.max_parallel = 4};
    assert_ok(http_client_new(&http, &f.http));
    const struct alipay_options options = {.gateway = url,
                                           .app = {.app_id = "2021",
                                                   .key = ours.private,
                                                   .alipay_key = alipays.public,
                                                   .title = "临时救助"},
                                           .total_ms = 20000};
    assert_ok(alipay_client_new(&options, f.http, &f.client));
    return f;
}

static void stop(struct fixture *f)
{
    alipay_client_free(f->client);
    http_client_free(f->http);
    if (f->peer != NULL) {
        peer_stop(f->peer);
    }
}

static void answer_of(const char *name, const char *node, struct buf *out)
{
    struct buf sign;
    buf_init(&sign, 2048);
    buf_init(out, 8192);
    assert_ok(rsa_sign(alipays.private, slice_of(node), &sign));
    size_t len = strlen(name) + strlen(node) + sign.len + strlen("{\"\":,\"sign\":\"\"}");
    buf_putf(out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n{\"%s\":%s,\"sign\":\"%s\"}", len,
             name, node, sign.ptr);
    buf_release(&sign);
}

static struct pay_order order_of(const char *id, const char *fa)
{
    struct pay_order order = {.amount_fen = 80000, .payee_fa = slice_of(fa)};
    memcpy(order.id, id, strlen(id) + 1);
    return order;
}

static void orders_go_out_one_by_one_and_answers_are_verified(void **state)
{
    (void)state;
    struct buf answer;
    answer_of(
        "alipay_fund_trans_uni_transfer_response",
        "{\"code\":\"10000\",\"out_biz_no\":\"P2\",\"status\":\"SUCCESS\",\"order_id\":\"O\"}",
        &answer);
    const struct peer_step steps[] = {{PEER_ANSWER, answer.ptr}};
    struct fixture f = start(steps, 1);
    const struct pay_order orders[] = {order_of("P1", "account:6222@bank"),
                                       order_of("P2", "alipay-uid:2088123412341234@alipay")};
    struct pay_result results[2];
    struct pay_rail rail = alipay_rail(f.client);
    assert_ok(rail.disburse(rail.self, orders, 2, results));
    assert_int_equal(results[0].outcome, PAY_FAILED);
    assert_string_equal(results[0].reason_code, "[payee]");
    assert_int_equal(results[1].outcome, PAY_SUCCEEDED);
    assert_int_equal(peer_requests(f.peer), 1);
    const char *request = peer_last_request(f.peer);
    assert_ptr_equal(strstr(request, "POST /gateway.do?app_id=2021&charset=utf-8&method=alipay.fund"
                                     ".trans.uni.transfer&sign_type=RSA2&timestamp="),
                     request);
    assert_non_null(strstr(request, "\r\nContent-Type: application/x-www-form-urlencoded"));
    assert_non_null(strstr(request, "\r\n\r\nbiz_content=%7B%22out_biz_no%22%3A%22P2%22"));
    stop(&f);
    buf_release(&answer);
}

static void a_query_that_finds_nothing_says_so(void **state)
{
    (void)state;
    struct buf answer;
    answer_of("alipay_fund_trans_common_query_response",
              "{\"code\":\"40004\",\"sub_code\":\"ORDER_NOT_EXIST\"}", &answer);
    const struct peer_step steps[] = {{PEER_ANSWER, answer.ptr}};
    struct fixture f = start(steps, 1);
    const char *ids[] = {"P1"};
    struct pay_result result;
    assert_ok(alipay_query(f.client, ids, 1, &result));
    assert_int_equal(result.outcome, PAY_NOT_FOUND);
    stop(&f);
    buf_release(&answer);
}

static void doubt_about_the_transport_is_unknown_and_nothing_is_repeated(void **state)
{
    (void)state;
    const struct peer_step steps[] = {{PEER_CLOSE, NULL}};
    struct pay_order order = order_of("P1", "alipay-uid:2088123412341234@alipay");
    struct pay_result result;
    const char *ids[] = {"P1"};
    struct fixture f = start(steps, 1);
    assert_ok(alipay_disburse(f.client, &order, 1, &result));
    assert_string_equal(result.reason_code, "[no-answer]");
    assert_false(result.not_taken);
    assert_int_equal(peer_requests(f.peer), 1);
    stop(&f);
    f = start(NULL, 0);
    assert_ok(alipay_disburse(f.client, &order, 1, &result));
    assert_string_equal(result.reason_code, "[not-sent]");
    assert_true(result.not_taken);
    assert_ok(alipay_query(f.client, ids, 1, &result));
    assert_int_equal(result.outcome, PAY_UNKNOWN);
    assert_false(result.not_taken);
    stop(&f);
}

static int make(void **state)
{
    (void)state;
    key_pair_make(&ours, 2048);
    key_pair_make(&alipays, 2048);
    return http_client_setup() == ERR_OK ? 0 : -1;
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
        cmocka_unit_test(orders_go_out_one_by_one_and_answers_are_verified),
        cmocka_unit_test(a_query_that_finds_nothing_says_so),
        cmocka_unit_test(doubt_about_the_transport_is_unknown_and_nothing_is_repeated),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
