#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "integrations/pay/g2p/g2p_client.h"
#include "tests/unit/integrations/peer.h"

#define ACK                                                                                 \
    "HTTP/1.1 200 OK\r\nContent-Length: 107\r\n\r\n"                                        \
    "{\"message\":{\"ack_status\":\"ACK\",\"timestamp\":\"2026-03-01T09:30:00.000+08:00\"," \
    "\"correlation_id\":\"C-000001\"}}   "

struct fixture {
    struct peer *peer;
    struct http_client *http;
    struct g2p_client *client;
    char url[64];
};

static struct fixture make(const struct peer_step *steps, size_t count, int port)
{
    struct fixture f = {.peer = count > 0 ? peer_start(steps, count) : NULL};
    (void)snprintf(f.url, sizeof(f.url), "http://127.0.0.1:%d/g2p",
                   f.peer != NULL ? peer_port(f.peer) : port);
    struct http_client_options http_options = {.max_parallel = 2};
    assert_int_equal(http_client_new(&http_options, &f.http), ERR_OK);
    struct g2p_options options = {
        .base_url = f.url,
        .token = "bank-token",
        .sender_id = "lsjz.county",
        .sender_uri = "http://127.0.0.1:1/callback",
        .payer_fa = "account:1@bank",
        .total_ms = 2000, /* one peer never answers; all others do so in time on any machine */
    };
    assert_int_equal(g2p_client_new(&options, f.http, &f.client), ERR_OK);
    return f;
}

static void drop(struct fixture *f)
{
    g2p_client_free(f->client);
    http_client_free(f->http);
    if (f->peer != NULL) {
        peer_stop(f->peer);
    }
}

static void two_orders(struct pay_order orders[2])
{
    for (int i = 0; i < 2; i++) {
        orders[i] = (struct pay_order){.amount_fen = 100 + i,
                                       .payee_fa = SLICE_LIT("account:6200000000000005@bank")};
        (void)snprintf(orders[i].id, sizeof(orders[i].id), "P%d", i + 1);
    }
}

static void an_acknowledged_envelope_is_accepted_and_its_bytes_are_evidence(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER, ACK}};
    struct fixture f = make(steps, 1, 0);
    struct pay_order orders[2];
    struct pay_result results[2];
    two_orders(orders);
    const char *trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_int_equal(g2p_client_trace(f.client, trace), ERR_OK);
    assert_int_equal(g2p_disburse(f.client, orders, 2, results), ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(results[i].id, orders[i].id);
        assert_int_equal(results[i].outcome, PAY_ACCEPTED);
        assert_string_equal(results[i].provider_ref, "C-000001");
    }
    assert_int_equal(g2p_last_status(f.client), 200);
    assert_int_equal(g2p_last_reply(f.client).len, 107);
    const char *request = peer_last_request(f.peer);
    assert_ptr_equal(strstr(request, "POST /g2p/disburse HTTP/1.1\r\n"), request);
    assert_non_null(strstr(request, "\r\nAuthorization: Bearer bank-token\r\n"));
    assert_non_null(strstr(request, "\r\ntraceparent: 00-4bf92f35"));
    assert_non_null(strstr(request, "\"sender_uri\":\"http://127.0.0.1:1/callback\""));
    assert_null(strstr(request, "receiver_id"));
    drop(&f);
}

static void every_envelope_has_a_new_message_id(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER, ACK}};
    struct fixture f = make(steps, 1, 0);
    struct pay_order orders[2];
    struct pay_result results[2];
    two_orders(orders);
    char ids[2][64];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(g2p_disburse(f.client, orders, 2, results), ERR_OK);
        const char *at = strstr(peer_last_request(f.peer), "\"message_id\":\"");
        assert_non_null(at);
        memcpy(ids[i], at, sizeof(ids[i]));
    }
    assert_memory_not_equal(ids[0], ids[1], 46);
    drop(&f);
}

static void doubt_about_the_transport_is_unknown_for_all_and_nothing_is_repeated(void **state)
{
    (void)state;
    struct peer_step steps[] = {
        {PEER_CLOSE, NULL},
        {PEER_HANG, NULL},
        {PEER_TEXT_AND_CLOSE,
         "HTTP/1.1 200 OK\r\nContent-Length: 107\r\n\r\n{\"message\":{\"ack_status\":\"ACK\""},
        {PEER_TEXT_AND_CLOSE, "HTTP/1.1 200 OK\r\n\r\n{\"message\":{\"ack_status\":\"ACK\""},
        {PEER_ANSWER, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"},
    };
    struct fixture f = make(steps, COUNT_OF(steps), 0);
    struct pay_order orders[2];
    two_orders(orders);
    for (size_t k = 0; k < COUNT_OF(steps); k++) {
        struct pay_result results[2];
        assert_int_equal(g2p_disburse(f.client, orders, 2, results), ERR_OK);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(results[i].outcome, PAY_UNKNOWN);
            assert_false(results[i].not_taken);
        }
        assert_int_equal(peer_requests(f.peer), k + 1);
    }
    drop(&f);
}

static void what_was_provably_not_sent_is_told(void **state)
{
    (void)state;
    struct fixture f = make(NULL, 0, peer_closed_port());
    struct pay_order orders[2];
    struct pay_result results[2];
    two_orders(orders);
    assert_int_equal(g2p_disburse(f.client, orders, 2, results), ERR_OK);
    assert_int_equal(results[1].outcome, PAY_UNKNOWN);
    assert_true(results[1].not_taken);
    assert_string_equal(results[1].reason_code, "[not-sent]");
    const char *ids[] = {"P1"};
    assert_int_equal(g2p_query(f.client, ids, 1, results), ERR_OK);
    assert_int_equal(results[0].outcome, PAY_UNKNOWN);
    assert_false(results[0].not_taken); /* an unsent question says nothing about the order */
    drop(&f);
}

static void bad_orders_and_options_are_refused_before_anything_is_sent(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER, ACK}};
    struct fixture f = make(steps, 1, 0);
    struct pay_order orders[2];
    struct pay_result results[2];
    two_orders(orders);
    orders[1].amount_fen = 0;
    memset(results, 0x5a, sizeof(results));
    struct pay_rail rail = g2p_rail(f.client);
    assert_string_equal(rail.name, "g2p");
    assert_int_equal(rail.disburse(rail.self, orders, 2, results), ERR_INPUT);
    assert_int_equal(((unsigned char *)results)[0], 0x5a);
    const char *ids[] = {"P 1"};
    assert_int_equal(rail.query(rail.self, ids, 1, results), ERR_INPUT);
    assert_int_equal(peer_connections(f.peer), 0);
    assert_int_equal(g2p_client_trace(f.client, "00-xyz"), ERR_INPUT);
    assert_int_equal(
        g2p_client_trace(f.client, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7\r\n1"),
        ERR_INPUT);
    struct g2p_client *none = NULL;
    struct g2p_options options = {.base_url = "http://x/", .sender_id = "s", .payer_fa = "a:1@b"};
    assert_int_equal(g2p_client_new(&options, f.http, &none), ERR_INPUT);
    options.base_url = "http://x";
    options.payer_fa = "";
    assert_int_equal(g2p_client_new(&options, f.http, &none), ERR_INPUT);
    drop(&f);
}

int main(void)
{
    if (http_client_setup() != ERR_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_acknowledged_envelope_is_accepted_and_its_bytes_are_evidence),
        cmocka_unit_test(every_envelope_has_a_new_message_id),
        cmocka_unit_test(doubt_about_the_transport_is_unknown_for_all_and_nothing_is_repeated),
        cmocka_unit_test(what_was_provably_not_sent_is_told),
        cmocka_unit_test(bad_orders_and_options_are_refused_before_anything_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
