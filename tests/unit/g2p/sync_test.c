/* The synchronous endpoint, and signed answers: codec and client. */
#include <stdio.h>
#include "integrations/pay/g2p/g2p_client.h"
#include "queue/base/clock.h"
#include "tests/support/test.h"
#include "tests/unit/integrations/peer.h"
#include "tests/unit/sign/keys.h"

#define HEADER(action, status)                                                                    \
    "{\"signature\":\"\",\"header\":{\"version\":\"1.0.0\",\"message_id\":\"b1\",\"message_ts\":" \
    "\"2026-03-01T09:30:00+08:00\",\"action\":\"" action "\",\"status\":\"" status "\"},"
#define MESSAGE(list) "\"message\":{\"transaction_id\":\"t1\",\"disbursements_status\":[" list "]}}"
#define PAID(id)                                                          \
    "{\"reference_id\":\"" id                                             \
    "\",\"timestamp\":\"2026-03-01T09:30:00+08:00\",\"status\":\"succ\"," \
    "\"amount\":\"800.00\",\"currency_code\":\"CNY\"}"
#define REFUSED(id, code)                                                 \
    "{\"reference_id\":\"" id                                             \
    "\",\"timestamp\":\"2026-03-01T09:30:00+08:00\",\"status\":\"rjct\"," \
    "\"status_reason_code\":\"" code "\"}"

static void every_order_gets_its_status_at_once(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum pay_outcome first, second;
        const char *reason; /* of the second */
        bool not_taken;
    } rows[] = {
        {200, HEADER("on-disburse", "succ") MESSAGE(PAID("P2") "," PAID("P1")), PAY_SUCCEEDED,
         PAY_SUCCEEDED, "", false},
        {200, HEADER("on-search", "succ") MESSAGE(PAID("P1") "," PAID("P2")), PAY_SUCCEEDED,
         PAY_SUCCEEDED, "", false}, /* as the specification's list of paths has it */
        {200,
         HEADER("on-disburse", "succ")
             MESSAGE(PAID("P1") "," REFUSED("P2", "rjct.payee_fa.invalid")),
         PAY_SUCCEEDED, PAY_FAILED, "rjct.payee_fa.invalid", false},
        {200,
         HEADER("on-disburse", "succ")
             MESSAGE(PAID("P1") "," REFUSED("P2", "rjct.reference_id.duplicate")),
         PAY_SUCCEEDED, PAY_UNKNOWN, "rjct.reference_id.duplicate", false},
        {200,
         HEADER("on-disburse", "succ")
             MESSAGE(PAID("P1") "," REFUSED("P2", "rjct.reference_id.invalid")),
         PAY_SUCCEEDED, PAY_FAILED, "rjct.reference_id.invalid", false},
        {200, HEADER("on-disburse", "succ") MESSAGE(PAID("P1")), PAY_SUCCEEDED, PAY_UNKNOWN,
         "[absent]", false},
        {200, HEADER("on-disburse", "rjct") MESSAGE(""), PAY_UNKNOWN, PAY_UNKNOWN, "[unreadable]",
         false},
        {200, HEADER("disburse", "succ") MESSAGE(PAID("P1")), PAY_UNKNOWN, PAY_UNKNOWN,
         "[unreadable]", false},
        {200, "{\"message\":{\"ack_status\":\"ACK\",\"correlation_id\":\"c\"}}", PAY_ACCEPTED,
         PAY_ACCEPTED, "", false},
        {200, "{\"message\":{\"ack_status\":\"ERR\",\"error\":{\"code\":\"err.request.bad\"}}}",
         PAY_UNKNOWN, PAY_UNKNOWN, "err.request.bad", true},
        {401, "{\"errors\":[{\"code\":\"x\"}]}", PAY_UNKNOWN, PAY_UNKNOWN, "[http-401]", true},
        {500, HEADER("on-disburse", "succ") MESSAGE(PAID("P1") "," PAID("P2")), PAY_UNKNOWN,
         PAY_UNKNOWN, "[http-500]", false},
        {200, "", PAY_UNKNOWN, PAY_UNKNOWN, "[unreadable]", false},
        {200, "{", PAY_UNKNOWN, PAY_UNKNOWN, "[unreadable]", false},
        {504, "", PAY_UNKNOWN, PAY_UNKNOWN, "[http-504]", false},
    };
    (void)state;
    const char *ids[] = {"P1", "P2"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pay_result r[2];
        struct g2p_oddities odd;
        g2p_read_sync(rows[i].status, slice_of(rows[i].body), ids, 2, r, &odd);
        if (r[0].outcome != rows[i].first || r[1].outcome != rows[i].second) {
            print_error("row %zu\n", i);
        }
        assert_string_equal(r[0].id, "P1");
        assert_string_equal(r[1].id, "P2");
        assert_int_equal(r[0].outcome, rows[i].first);
        assert_int_equal(r[1].outcome, rows[i].second);
        assert_string_equal(r[1].reason_code, rows[i].reason);
        assert_int_equal(r[1].not_taken, rows[i].not_taken);
    }
}

static struct key_pair ours, bank;

static struct g2p_client *client_of(struct http_client *http, int port, bool sync, bool keys)
{
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", port);
    struct g2p_options options = {.base_url = url,
                                  .sender_id = "lsjz.county",
                                  .payer_fa = "account:1@bank",
                                  .sync = sync,
                                  .total_ms = 20000};
    if (keys) {
        options.us = (struct g2p_signer){"lsjz.county", "k1", ours.private};
        options.bank = (struct g2p_signer){"bank", "b1", bank.public};
    }
    struct g2p_client *client = NULL;
    assert_ok(g2p_client_new(&options, http, &client));
    return client;
}

static void answer_of(struct buf *out, bool with_signature, const char *text)
{
    const struct g2p_signer signer = {"bank", "b1", bank.private};
    struct buf body;
    buf_init(&body, 65536);
    buf_init(out, 65536);
    if (with_signature) {
        assert_ok(g2p_sign(&signer, clock_now_ms() / 1000, slice_of(text), &body));
    } else {
        buf_put_text(&body, text);
    }
    buf_putf(out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", body.len, body.ptr);
    buf_release(&body);
}

static void with_keys_requests_are_signed_and_unsigned_answers_prove_nothing(void **state)
{
    static const char paid[] = HEADER("on-disburse", "succ") MESSAGE(PAID("P1"));
    (void)state;
    struct pay_order order = {
        .id = "P1", .amount_fen = 80000, .payee_fa = SLICE_LIT("account:2@bank")};
    struct http_client *http = NULL;
    const struct http_client_options options = {.max_parallel = 1};
    assert_ok(http_client_new(&options, &http));
    for (int with_signature = 0; with_signature <= 1; with_signature++) {
        struct buf answer;
        answer_of(&answer, with_signature == 1, paid);
        const struct peer_step steps[] = {{PEER_ANSWER, answer.ptr}};
        struct peer *peer = peer_start(steps, 1);
        struct g2p_client *client = client_of(http, peer_port(peer), true, true);
        struct pay_result result;
        assert_ok(g2p_disburse(client, &order, 1, &result));
        assert_int_equal(result.outcome, with_signature ? PAY_SUCCEEDED : PAY_UNKNOWN);
        assert_string_equal(result.reason_code, with_signature ? "" : "[signature]");
        assert_false(result.not_taken);
        const char *request = peer_last_request(peer);
        assert_ptr_equal(strstr(request, "POST /disburse/sync/disburse HTTP/1.1\r\n"), request);
        const struct g2p_signer us = {"lsjz.county", "k1", ours.public};
        assert_ok(
            g2p_verify(&us, clock_now_ms() / 1000, slice_of(strstr(request, "\r\n\r\n") + 4)));
        g2p_client_free(client);
        peer_stop(peer);
        buf_release(&answer);
    }
    http_client_free(http);
}

static void without_keys_all_stays_as_it_was(void **state)
{
    static const char found[] =
        HEADER("on-search",
               "succ") "\"message\":{\"transaction_id\":\"t1\",\"correlation_id\":\"c\","
                       "\"txnstatus_response\":{\"txn_type\":\"on-disburse\",\"txn_status\":{"
                       "\"transaction_id\":\"t1\",\"disbursements_status\":[" PAID("P1") "]}}}}";
    (void)state;
    struct http_client *http = NULL;
    const struct http_client_options options = {.max_parallel = 1};
    assert_ok(http_client_new(&options, &http));
    struct buf answer;
    answer_of(&answer, false, found);
    const struct peer_step steps[] = {{PEER_ANSWER, answer.ptr}};
    struct peer *peer = peer_start(steps, 1);
    const char *ids[] = {"P1"};
    for (int keys = 0; keys <= 1; keys++) {
        struct g2p_client *client = client_of(http, peer_port(peer), false, keys == 1);
        struct pay_result result;
        assert_ok(g2p_query(client, ids, 1, &result));
        assert_int_equal(result.outcome, keys ? PAY_UNKNOWN : PAY_SUCCEEDED);
        bool empty = strstr(peer_last_request(peer), "{\"signature\":\"\",") != NULL;
        assert_int_equal(empty, keys == 0);
        g2p_client_free(client);
    }
    peer_stop(peer);
    http_client_free(http);
    buf_release(&answer);
}

static int make(void **state)
{
    (void)state;
    key_pair_make(&ours, 0);
    key_pair_make(&bank, 0);
    return http_client_setup() == ERR_OK ? 0 : -1;
}

static int unmake(void **state)
{
    (void)state;
    key_pair_release(&ours);
    key_pair_release(&bank);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_gets_its_status_at_once),
        cmocka_unit_test(with_keys_requests_are_signed_and_unsigned_answers_prove_nothing),
        cmocka_unit_test(without_keys_all_stays_as_it_was),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
