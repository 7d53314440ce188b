#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "integrations/pay/g2p/g2p_codec.h"
#include "queue/base/json.h"
#include "queue/domain/relief.h"

static const struct g2p_envelope ENVELOPE = {
    .message_id = "m-1",
    .transaction_id = "t-1",
    .sender_id = "lsjz.county",
    .receiver_id = "psp",
    .sender_uri = "https://h.example/callback",
    .payer_fa = "account:1@bank",
    .payer_name = "急难救助备用金",
    .at_ms = INT64_C(1772328600000), /* 2026-03-01T09:30:00+08:00 */
};

static struct pay_order order_of(const char *id, int64_t amount_fen)
{
    struct pay_order order = {
        .amount_fen = amount_fen,
        .payee_fa = SLICE_LIT("account:6200000000000005@bank"),
        .payee_name = SLICE_LIT("张三"),
        .note = SLICE_LIT("临时救助"),
    };
    assert_int_equal(slice_copy(slice_of(id), order.id, sizeof(order.id)), ERR_OK);
    return order;
}

static void a_disburse_request_has_exactly_the_expected_form(void **state)
{
    (void)state;
    struct pay_order orders[] = {order_of("P000123", 80000), order_of("P000124", 5)};
    orders[1].payee_name = SLICE_LIT("");
    orders[1].note = SLICE_LIT("");
    struct buf out;
    buf_init(&out, G2P_MESSAGE_MAX);
    assert_int_equal(g2p_write_disburse(&ENVELOPE, orders, 2, &out), ERR_OK);
    assert_string_equal(
        out.ptr, "{\"signature\":\"\",\"header\":{\"version\":\"1.0.0\",\"message_id\":\"m-1\","
                 "\"message_ts\":\"2026-03-01T09:30:00.000+08:00\",\"action\":\"disburse\","
                 "\"sender_id\":\"lsjz.county\",\"sender_uri\":\"https://h.example/callback\","
                 "\"receiver_id\":\"psp\",\"total_count\":2,\"is_msg_encrypted\":false},"
                 "\"message\":{\"transaction_id\":\"t-1\",\"disbursements\":["
                 "{\"reference_id\":\"P000123\",\"payer_fa\":\"account:1@bank\","
                 "\"payee_fa\":\"account:6200000000000005@bank\",\"amount\":\"800.00\","
                 "\"payer_name\":\"急难救助备用金\",\"payee_name\":\"张三\",\"note\":\"临时救助\","
                 "\"currency_code\":\"CNY\"},"
                 "{\"reference_id\":\"P000124\",\"payer_fa\":\"account:1@bank\","
                 "\"payee_fa\":\"account:6200000000000005@bank\",\"amount\":\"0.05\","
                 "\"payer_name\":\"急难救助备用金\",\"currency_code\":\"CNY\"}]}}");
    buf_release(&out);
}

static void sixty_four_orders_with_the_longest_texts_fit_one_message(void **state)
{
    (void)state;
    static struct pay_order orders[PAY_BATCH_MAX + 1];
    char fa[PAY_FA_MAX];
    char name[PAY_NAME_MAX];
    char note[4 * PAY_NAME_MAX];
    memset(fa, 'a', sizeof(fa));
    fa[1] = ':';
    fa[sizeof(fa) - 2] = '@';
    memset(name, '"', sizeof(name));
    memset(note, '\\', sizeof(note));
    for (size_t i = 0; i <= PAY_BATCH_MAX; i++) {
        char id[PAY_ID_SIZE];
        memset(id, 'Z', sizeof(id) - 1);
        id[0] = (char)('A' + i / 26);
        id[1] = (char)('A' + i % 26);
        id[PAY_ID_SIZE - 1] = '\0';
        orders[i] = order_of(id, AMOUNT_FEN_MAX);
        orders[i].payee_fa = slice_make(fa, sizeof(fa));
        orders[i].payee_name = slice_make(name, sizeof(name));
        orders[i].note = slice_make(note, sizeof(note));
    }
    struct buf out;
    buf_init(&out, G2P_MESSAGE_MAX);
    assert_int_equal(g2p_write_disburse(&ENVELOPE, orders, PAY_BATCH_MAX, &out), ERR_OK);
    assert_non_null(strstr(out.ptr, "\"amount\":\"10000000000.00\""));
    struct json *root = NULL;
    assert_int_equal(json_parse(buf_slice(&out), &root, NULL), ERR_OK);
    const struct json *list = json_get(json_get(root, "message"), "disbursements");
    assert_int_equal(json_size(list), PAY_BATCH_MAX);
    struct slice cut;
    assert_int_equal(json_string(json_get(json_first(list), "note"), &cut), ERR_OK);
    assert_int_equal(cut.len, PAY_NOTE_MAX);
    json_free(root);
    buf_clear(&out);
    assert_int_equal(g2p_write_disburse(&ENVELOPE, orders, PAY_BATCH_MAX + 1, &out), ERR_INPUT);
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

static void a_note_is_cut_at_a_character_and_not_inside_one(void **state)
{
    (void)state;
    char note[3 * 150 + 1];
    for (size_t i = 0; i < 150; i++) {
        memcpy(note + 3 * i, "救", 3);
    }
    struct pay_order order = order_of("P1", 1);
    order.note = slice_make(note, 450);
    struct buf out;
    buf_init(&out, G2P_MESSAGE_MAX);
    assert_int_equal(g2p_write_disburse(&ENVELOPE, &order, 1, &out), ERR_OK);
    struct json *root = NULL;
    assert_int_equal(json_parse(buf_slice(&out), &root, NULL), ERR_OK);
    struct slice cut;
    const struct json *list = json_get(json_get(root, "message"), "disbursements");
    assert_int_equal(json_string(json_get(json_first(list), "note"), &cut), ERR_OK);
    assert_int_equal(cut.len, 3 * PAY_NOTE_MAX);
    json_free(root);
    buf_release(&out);
}

static void orders_that_are_not_valid_spoil_nothing(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, G2P_MESSAGE_MAX);
    buf_put_text(&out, "before");
    struct pay_order good = order_of("P1", 1);
    struct pay_order bad[16];
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        bad[i] = order_of("P2", 1);
    }
    size_t n = 0;
    bad[n++].id[0] = '\0';
    bad[n++].id[1] = '-';
    memset(bad[n++].id, 'a', PAY_ID_SIZE); /* no NUL */
    bad[n++].amount_fen = 0;
    bad[n++].amount_fen = -1;
    bad[n++].amount_fen = AMOUNT_FEN_MAX + 1;
    bad[n++].payee_fa = SLICE_LIT("");
    bad[n++].payee_fa = SLICE_LIT("account:@bank");
    bad[n++].payee_fa = SLICE_LIT(":1@bank");
    bad[n++].payee_fa = SLICE_LIT("account:1@");
    bad[n++].payee_fa = SLICE_LIT("account:1");
    bad[n++].payee_fa = SLICE_LIT("account:1@b@c");
    bad[n++].payee_fa = SLICE_LIT("account:1\"@bank");
    bad[n++].payee_name = SLICE_LIT("a\nb");
    bad[n++].payee_name = SLICE_LIT("\xff");
    bad[n++].note = SLICE_LIT("\x7f");
    assert_int_equal(n, COUNT_OF(bad));
    for (size_t i = 0; i < n; i++) {
        struct pay_order both[] = {good, bad[i]};
        assert_int_equal(pay_order_check(&bad[i]), ERR_INPUT);
        assert_int_equal(g2p_write_disburse(&ENVELOPE, both, 2, &out), ERR_INPUT);
        assert_string_equal(out.ptr, "before");
    }
    struct pay_order twice[] = {good, good};
    assert_int_equal(g2p_write_disburse(&ENVELOPE, twice, 2, &out), ERR_INPUT);
    assert_int_equal(g2p_write_disburse(&ENVELOPE, &good, 0, &out), ERR_INPUT);
    struct g2p_envelope nameless = ENVELOPE;
    nameless.message_id = "";
    assert_int_equal(g2p_write_disburse(&nameless, &good, 1, &out), ERR_INPUT);
    assert_string_equal(out.ptr, "before");
    buf_release(&out);
}

static void a_buffer_that_is_too_small_is_told(void **state)
{
    (void)state;
    struct pay_order order = order_of("P1", 1);
    struct buf out;
    buf_init(&out, 100);
    assert_int_equal(g2p_write_disburse(&ENVELOPE, &order, 1, &out), ERR_TOO_LARGE);
    buf_release(&out);
}

static void a_status_query_lists_its_references(void **state)
{
    (void)state;
    const char *ids[] = {"P1", "P2"};
    struct g2p_envelope envelope = ENVELOPE;
    envelope.receiver_id = "";
    envelope.sender_uri = NULL;
    struct buf out;
    buf_init(&out, G2P_MESSAGE_MAX);
    assert_int_equal(g2p_write_query(&envelope, ids, 2, &out), ERR_OK);
    assert_string_equal(
        out.ptr,
        "{\"signature\":\"\",\"header\":{\"version\":\"1.0.0\",\"message_id\":\"m-1\","
        "\"message_ts\":\"2026-03-01T09:30:00.000+08:00\",\"action\":\"search\","
        "\"sender_id\":\"lsjz.county\",\"total_count\":2,\"is_msg_encrypted\":false},"
        "\"message\":{\"transaction_id\":\"t-1\",\"txnstatus_request\":{\"reference_id\":\"m-1\","
        "\"txn_type\":\"disburse\",\"attribute_type\":\"reference_id_list\","
        "\"attribute_value\":[\"P1\",\"P2\"]}}}");
    buf_clear(&out);
    const char *bad[] = {"P1", "P1"};
    assert_int_equal(g2p_write_query(&envelope, bad, 2, &out), ERR_INPUT);
    bad[1] = "P 2";
    assert_int_equal(g2p_write_query(&envelope, bad, 2, &out), ERR_INPUT);
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

static void amounts_are_yuan_with_two_decimals_and_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t fen;
        const char *text;
    } rows[] = {{0, "0.00"},
                {1, "0.01"},
                {99, "0.99"},
                {100, "1.00"},
                {80000, "800.00"},
                {123456789, "1234567.89"},
                {AMOUNT_FEN_MAX, "10000000000.00"}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out;
        buf_init(&out, 64);
        g2p_put_amount(&out, rows[i].fen);
        assert_string_equal(out.ptr, rows[i].text);
        int64_t back = -7;
        assert_int_equal(g2p_read_amount(slice_of(rows[i].text), &back), ERR_OK);
        assert_int_equal(back, rows[i].fen);
        buf_release(&out);
    }
    int64_t value = -7;
    assert_int_equal(g2p_read_amount(SLICE_LIT("800.5"), &value), ERR_OK);
    assert_int_equal(value, 80050);
    assert_int_equal(g2p_read_amount(SLICE_LIT("0000000000001.00"), &value), ERR_OK);
    assert_int_equal(value, 100);
}

static void malformed_amounts_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "800",
        "800.",
        ".00",
        "800.000",
        "-800.00",
        "+800.00",
        " 1.00",
        "1.00 ",
        "1,00",
        "8e2.00",
        "1.0.0",
        "0x1.00",
        "10000000000.01",
        "99999999999999.00",
        "9999999999999.99",
        "NaN",
        "1.-1",
        "\xEF\xBC\x91.00",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t value = -7;
        assert_int_equal(g2p_read_amount(slice_of(bad[i]), &value), ERR_INPUT);
        assert_int_equal(value, -7);
    }
}

static void an_ack_of_ours_is_ack_or_err_with_a_code(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1024);
    g2p_write_ack(&out, "m-9", ENVELOPE.at_ms, NULL);
    assert_string_equal(
        out.ptr,
        "{\"message\":{\"ack_status\":\"ACK\",\"timestamp\":\"2026-03-01T09:30:00.000+08:00\","
        "\"correlation_id\":\"m-9\"}}");
    buf_clear(&out);
    g2p_write_ack(&out, "m-9", ENVELOPE.at_ms, "err.request.bad");
    assert_non_null(strstr(out.ptr, "\"ack_status\":\"ERR\""));
    assert_non_null(strstr(out.ptr, "\"error\":{\"code\":\"err.request.bad\",\"message\":\"\"}"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disburse_request_has_exactly_the_expected_form),
        cmocka_unit_test(sixty_four_orders_with_the_longest_texts_fit_one_message),
        cmocka_unit_test(a_note_is_cut_at_a_character_and_not_inside_one),
        cmocka_unit_test(orders_that_are_not_valid_spoil_nothing),
        cmocka_unit_test(a_buffer_that_is_too_small_is_told),
        cmocka_unit_test(a_status_query_lists_its_references),
        cmocka_unit_test(amounts_are_yuan_with_two_decimals_and_exact),
        cmocka_unit_test(malformed_amounts_are_refused),
        cmocka_unit_test(an_ack_of_ours_is_ack_or_err_with_a_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
