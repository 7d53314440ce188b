#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "integrations/pay/g2p/g2p_codec.h"

static const char *const IDS[] = {"P1", "P2"};

/* ---- Immediate answer ---- */

static void ack_rows_map_to_their_classes(void **state)
{
    (void)state;
#define MESSAGE(status, rest)                                                                  \
    "{\"message\":{\"ack_status\":\"" status "\",\"timestamp\":\"2026-03-01T09:30:00+08:00\"," \
    "\"correlation_id\":\"C-1\"" rest "}}"
#define ERROR(code) ",\"error\":{\"code\":\"" code "\",\"message\":\"x\"}"
    static const struct {
        int http;
        const char *body;
        enum pay_outcome outcome;
        bool not_taken;
        const char *reason;
    } rows[] = {
        {200, MESSAGE("ACK", ""), PAY_ACCEPTED, false, ""},
        {202, MESSAGE("ACK", ""), PAY_ACCEPTED, false, ""},
        {200, MESSAGE("NACK", ""), PAY_ACCEPTED, false, ""},
        {200, MESSAGE("ERR", ERROR("err.request.bad")), PAY_UNKNOWN, true, "err.request.bad"},
        {400, MESSAGE("ERR", ERROR("err.sender_id.invalid")), PAY_UNKNOWN, true,
         "err.sender_id.invalid"},
        {503, MESSAGE("ERR", ERROR("err.service.unavailable")), PAY_UNKNOWN, true,
         "err.service.unavailable"},
        {200, MESSAGE("ERR", ERROR("err.request.timeout")), PAY_UNKNOWN, false,
         "err.request.timeout"},
        {200, MESSAGE("ERR", ERROR("err.made.up")), PAY_UNKNOWN, false, "err.made.up"},
        {200, MESSAGE("ERR", ""), PAY_UNKNOWN, false, ""},
        {200, MESSAGE("ERR", ERROR("Evil <b>")), PAY_UNKNOWN, false, "[unlisted]"},
        {500, MESSAGE("ERR", ERROR("err.request.bad")), PAY_UNKNOWN, false, "[http-500]"},
        {500, MESSAGE("ACK", ""), PAY_UNKNOWN, false, "[http-500]"},
        {302, MESSAGE("ACK", ""), PAY_UNKNOWN, false, "[http-302]"},
        {200, MESSAGE("ack", ""), PAY_UNKNOWN, false, "[http-200]"},
        {200, "{\"message\":{\"ack_status\":7}}", PAY_UNKNOWN, false, "[unreadable]"},
        {200, "{\"message\":[]}", PAY_UNKNOWN, false, "[http-200]"},
        {200, "", PAY_UNKNOWN, false, "[unreadable]"},
        {200, "<html>", PAY_UNKNOWN, false, "[unreadable]"},
        {200, MESSAGE("ACK", "") "x", PAY_UNKNOWN, false, "[unreadable]"},
        {401, "{\"errors\":[]}", PAY_UNKNOWN, true, "[http-401]"},
        {403, "", PAY_UNKNOWN, true, "[http-403]"},
        {429, "", PAY_UNKNOWN, true, "[http-429]"},
        {404, "", PAY_UNKNOWN, false, "[http-404]"},
        {408, "", PAY_UNKNOWN, false, "[http-408]"},
        {500, "{\"errors\":[]}", PAY_UNKNOWN, false, "[http-500]"},
        {502, "", PAY_UNKNOWN, false, "[http-502]"},
        {503, "", PAY_UNKNOWN, false, "[http-503]"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pay_result results[2];
        g2p_read_ack(rows[i].http, slice_of(rows[i].body), IDS, 2, results);
        for (size_t k = 0; k < 2; k++) {
            assert_string_equal(results[k].id, IDS[k]);
            assert_int_equal(results[k].outcome, rows[i].outcome);
            assert_int_equal(results[k].not_taken, rows[i].not_taken);
            assert_string_equal(results[k].reason_code, rows[i].reason);
            assert_int_equal(results[k].amount_fen, -1);
            assert_string_equal(results[k].provider_ref,
                                rows[i].outcome == PAY_ACCEPTED ? "C-1" : "");
        }
    }
}

/* ---- Answer to a query ---- */

static char text[300000];

/* The whole answer around the entries of disbursements_status. */
static struct slice query_answer(const char *entries)
{
    struct buf out;
    buf_init(&out, sizeof(text) - 1);
    buf_putf(&out,
             "{\"signature\":\"\",\"header\":{\"version\":\"1.0.0\",\"message_id\":\"b-1\","
             "\"message_ts\":\"2026-03-01T09:30:00+08:00\",\"action\":\"on-search\",\"status\":"
             "\"succ\"},"
             "\"message\":{\"transaction_id\":\"t-1\",\"correlation_id\":\"C-9\","
             "\"txnstatus_response\":{\"txn_type\":\"on-disburse\",\"txn_status\":{"
             "\"transaction_id\":\"t-1\",\"disbursements_status\":[%s]}}}}",
             entries);
    assert_int_equal(buf_err(&out), ERR_OK);
    memcpy(text, out.ptr, out.len + 1);
    size_t len = out.len;
    buf_release(&out);
    return slice_make(text, len);
}

#define ENTRY(id, status, rest) \
    "{\"reference_id\":\"" id   \
    "\",\"timestamp\":\"2026-03-01T09:30:01+08:00\",\"status\":\"" status "\"" rest "}"
#define REASON(code) ",\"status_reason_code\":\"" code "\""
#define AMOUNT(text) ",\"amount\":\"" text "\",\"currency_code\":\"CNY\""

static struct g2p_oddities read_query(const char *entries, struct pay_result results[2])
{
    struct g2p_oddities odd;
    g2p_read_query(200, query_answer(entries), IDS, 2, results, &odd);
    return odd;
}

static void entries_map_to_their_outcomes(void **state)
{
    (void)state;
    static const struct {
        const char *entry;
        enum pay_outcome from_query;
        enum pay_outcome from_callback;
        size_t unreadable;
    } rows[] = {
        {ENTRY("P1", "rcvd", ""), PAY_ACCEPTED, PAY_ACCEPTED, 0},
        {ENTRY("P1", "pdng", ""), PAY_ACCEPTED, PAY_ACCEPTED, 0},
        {ENTRY("P1", "succ", AMOUNT("800.00")), PAY_SUCCEEDED, PAY_SUCCEEDED, 0},
        {ENTRY("P1", "rjct", ""), PAY_FAILED, PAY_FAILED, 0},
        {ENTRY("P1", "rjct", REASON("rjct.payee_fa.invalid")), PAY_FAILED, PAY_FAILED, 0},
        {ENTRY("P1", "rjct", REASON("rjct.payer_fa.invalid")), PAY_FAILED, PAY_FAILED, 0},
        {ENTRY("P1", "rjct", REASON("rjct.amount.invalid")), PAY_FAILED, PAY_FAILED, 0},
        {ENTRY("P1", "rjct", REASON("rjct.timestamp.invalid")), PAY_FAILED, PAY_FAILED, 0},
        {ENTRY("P1", "rjct", REASON("rjct.schedule_ts.invalid")), PAY_FAILED, PAY_FAILED, 0},
        {ENTRY("P1", "rjct", REASON("rjct.currency_code.invalid")), PAY_FAILED, PAY_FAILED, 0},
        {ENTRY("P1", "rjct", REASON("rjct.returned")), PAY_RETURNED, PAY_RETURNED, 0},
        {ENTRY("P1", "rjct", REASON("rjct.reference_id.duplicate")), PAY_UNKNOWN, PAY_UNKNOWN, 0},
        {ENTRY("P1", "rjct", REASON("rjct.reference_id.invalid")), PAY_NOT_FOUND, PAY_FAILED, 0},
        {ENTRY("P1", "rjct", REASON("rjct.made.up")), PAY_UNKNOWN, PAY_UNKNOWN, 1},
        {ENTRY("P1", "succ", REASON("rjct.payee_fa.invalid")), PAY_UNKNOWN, PAY_UNKNOWN, 1},
        {ENTRY("P1", "SUCC", ""), PAY_UNKNOWN, PAY_UNKNOWN, 1},
        {ENTRY("P1", "paid", ""), PAY_UNKNOWN, PAY_UNKNOWN, 1},
        {ENTRY("P1", "succ", AMOUNT("-800.00")), PAY_UNKNOWN, PAY_UNKNOWN, 1},
        {ENTRY("P1", "succ", AMOUNT("800")), PAY_UNKNOWN, PAY_UNKNOWN, 1},
        {ENTRY("P1", "succ", ",\"amount\":800.00"), PAY_UNKNOWN, PAY_UNKNOWN, 1},
        {ENTRY("P1", "succ", ",\"currency_code\":\"USD\""), PAY_UNKNOWN, PAY_UNKNOWN, 1},
        {ENTRY("P1", "succ", ",\"status_reason_code\":[]"), PAY_UNKNOWN, PAY_UNKNOWN, 1},
        {"{\"reference_id\":\"P1\"}", PAY_UNKNOWN, PAY_UNKNOWN, 1},
        {"{\"reference_id\":\"P1\",\"status\":null}", PAY_UNKNOWN, PAY_UNKNOWN, 1},
    };
    static struct g2p_callback callback;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pay_result results[2];
        struct g2p_oddities odd = read_query(rows[i].entry, results);
        assert_int_equal(results[0].outcome, rows[i].from_query);
        assert_int_equal(odd.unreadable, rows[i].unreadable);
        assert_string_equal(results[1].reason_code, "[absent]");
        assert_int_equal(results[1].outcome, PAY_UNKNOWN);
        struct buf body;
        buf_init(&body, G2P_MESSAGE_MAX);
        buf_putf(&body,
                 "{\"header\":{\"message_id\":\"b-2\",\"message_ts\":\"2026-03-01T09:30:00+08:00\","
                 "\"action\":\"on-disburse\",\"status\":\"succ\",\"sender_id\":\"psp\"},"
                 "\"message\":{\"transaction_id\":\"t-1\",\"disbursements_status\":[%s]}}",
                 rows[i].entry);
        assert_int_equal(g2p_read_callback(buf_slice(&body), &callback), ERR_OK);
        assert_int_equal(callback.count, 1);
        assert_int_equal(callback.results[0].outcome, rows[i].from_callback);
        assert_int_equal(callback.odd.unreadable, rows[i].unreadable);
        assert_string_equal(callback.transaction_id, "t-1");
        assert_string_equal(callback.message_id, "b-2");
        assert_string_equal(callback.sender_id, "psp");
        buf_release(&body);
    }
}

static void the_banks_amount_and_reference_are_handed_on(void **state)
{
    (void)state;
    struct pay_result results[2];
    (void)read_query(ENTRY("P2", "succ", AMOUNT("900.50")) "," ENTRY("P1", "pdng", ""), results);
    assert_int_equal(results[0].outcome, PAY_ACCEPTED);
    assert_int_equal(results[0].amount_fen, -1);
    assert_int_equal(results[1].outcome, PAY_SUCCEEDED);
    assert_int_equal(results[1].amount_fen, 90050);
    assert_string_equal(results[1].provider_ref, "C-9");
}

static void both_spellings_of_not_found_are_known_to_a_query(void **state)
{
    (void)state;
    struct pay_result results[2];
    (void)read_query(ENTRY("P1", "rjct", REASON("rjct.srch_reference_id.not_found")) "," ENTRY(
                         "P2", "rjct", REASON("rjct_srch_reference_id.not_found")),
                     results);
    assert_int_equal(results[0].outcome, PAY_NOT_FOUND);
    assert_int_equal(results[1].outcome, PAY_NOT_FOUND);
}

static void strangers_are_counted_and_change_nothing(void **state)
{
    (void)state;
    struct pay_result results[2];
    struct g2p_oddities odd =
        read_query(ENTRY("P3", "succ", "") "," ENTRY("p1", "succ", "") "," ENTRY(
                       "P1 ", "succ", "") ",7,null,"
                                          "{},{\"reference_id\":5,\"status\":\"succ\"}," ENTRY(
                                              "P123456789012345678901234567890123", "succ", ""),
                   results);
    assert_int_equal(odd.strangers, 8);
    assert_int_equal(results[0].outcome, PAY_UNKNOWN);
    assert_int_equal(results[1].outcome, PAY_UNKNOWN);
}

static void a_repeat_is_harmless_and_a_contradiction_is_unknown(void **state)
{
    (void)state;
    struct pay_result results[2];
    struct g2p_oddities odd = read_query(
        ENTRY("P1", "succ", AMOUNT("8.00")) "," ENTRY("P1", "succ", AMOUNT("8.00")) "," ENTRY(
            "P2", "succ", AMOUNT("8.00")) "," ENTRY("P2", "rjct", AMOUNT("8.00")),
        results);
    assert_int_equal(odd.repeats, 2);
    assert_int_equal(results[0].outcome, PAY_SUCCEEDED);
    assert_int_equal(results[1].outcome, PAY_UNKNOWN);
    assert_string_equal(results[1].reason_code, "[contradiction]");
    (void)read_query(ENTRY("P1", "succ", AMOUNT("8.00")) "," ENTRY("P1", "succ", AMOUNT("9.00")),
                     results);
    assert_int_equal(results[0].outcome, PAY_UNKNOWN);
}

static void an_answer_that_is_not_one_says_nothing(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {"\"action\":\"on-search\"", "\"action\":\"search\""},
        {"\"status\":\"succ\"}", "\"status\":\"rjct\"}"},
        {"\"status\":\"succ\"}", "\"status\":\"SUCC\"}"},
        {"\"version\":\"1.0.0\"", "\"version\":\"2.0.0\""},
        {"\"version\":\"1.0.0\"", "\"is_msg_encrypted\":true"},
        {"\"version\":\"1.0.0\"", "\"is_msg_encrypted\":\"no\""},
        {"\"txn_type\":\"on-disburse\"", "\"txn_type\":\"on-search\""},
        {"\"disbursements_status\":[", "\"other\":["},
        {"\"correlation_id\":\"C-9\"", "\"correlation_id\":9"},
        {"\"header\":", "\"Header\":"},
    };
    const char *entries = ENTRY("P1", "succ", AMOUNT("8.00"));
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        struct slice good = query_answer(entries);
        const char *at = strstr(good.ptr, changes[i][0]);
        assert_non_null(at);
        struct buf bad;
        buf_init(&bad, G2P_MESSAGE_MAX);
        buf_put(&bad, good.ptr, (size_t)(at - good.ptr));
        buf_put_text(&bad, changes[i][1]);
        buf_put_text(&bad, at + strlen(changes[i][0]));
        struct pay_result results[2];
        struct g2p_oddities odd;
        g2p_read_query(200, buf_slice(&bad), IDS, 2, results, &odd);
        assert_int_equal(results[0].outcome, PAY_UNKNOWN);
        assert_string_equal(results[0].reason_code, "[unreadable]");
        buf_release(&bad);
    }
    struct pay_result results[2];
    struct g2p_oddities odd;
    g2p_read_query(500, query_answer(entries), IDS, 2, results, &odd);
    assert_int_equal(results[0].outcome, PAY_UNKNOWN);
    assert_string_equal(results[0].reason_code, "[http-500]");
    g2p_read_query(404, SLICE_LIT(""), IDS, 2, results, &odd);
    assert_int_equal(results[0].outcome, PAY_UNKNOWN); /* an unknown path is not an unknown order */
}

static void an_answer_over_the_limit_is_not_looked_at(void **state)
{
    (void)state;
    static char padding[270000];
    memset(padding, ' ', sizeof(padding) - 1);
    struct buf entries;
    buf_init(&entries, sizeof(text) - 1);
    buf_put_text(&entries, ENTRY("P1", "succ", ""));
    buf_put_text(&entries, padding);
    struct pay_result results[2];
    (void)read_query(entries.ptr, results);
    assert_int_equal(results[0].outcome, PAY_UNKNOWN);
    assert_string_equal(results[0].reason_code, "[unreadable]");
    buf_release(&entries);
}

/* ---- Callback ---- */

static struct g2p_callback callback;

static enum err read_callback(const char *body)
{
    memset(&callback, 0x5a, sizeof(callback));
    return g2p_read_callback(slice_of(body), &callback);
}

#define HEADER(action, status)                                                                     \
    "{\"header\":{\"message_id\":\"b-2\",\"message_ts\":\"2026-03-01T09:30:00+08:00\",\"action\":" \
    "\"" action "\",\"status\":\"" status "\"},"

static void what_is_not_a_callback_is_refused(void **state)
{
    (void)state;
#define MESSAGE_OF(entries) \
    "\"message\":{\"transaction_id\":\"t-1\",\"disbursements_status\":[" entries "]}}"
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{\"header\":1,\"message\":2}",
        HEADER("on-search", "succ") MESSAGE_OF(""),
        HEADER("disburse", "succ") MESSAGE_OF(""),
        HEADER("on-disburse", "ok") MESSAGE_OF(""),
        HEADER("on-disburse", "succ") "\"message\":{\"disbursements_status\":[]}}",
        HEADER("on-disburse", "succ") "\"message\":{\"transaction_id\":\"t\"}}",
        HEADER("on-disburse",
               "succ") "\"message\":{\"transaction_id\":\"t\",\"disbursements_status\":{}}}",
        HEADER("on-disburse", "succ") "\"message\":{\"ciphertext\":\"x\"}}",
        HEADER("on-disburse", "succ") MESSAGE_OF("") "}",
        "{\"header\":{\"message_id\":\"\",\"action\":\"on-disburse\",\"status\":\"succ\"}"
        "," MESSAGE_OF(""),
        "{\"header\":{\"message_id\":\"a "
        "b\",\"action\":\"on-disburse\",\"status\":\"succ\"}," MESSAGE_OF(""),
        HEADER("on-disburse",
               "succ") "\"message\":{\"transaction_id\":\"t\",\"disbursements_status\":[],"
                       "\"transaction_id\":\"u\"}}",
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(read_callback(bad[i]), ERR_INPUT);
        assert_int_equal(callback.count, 0);
    }
    assert_int_equal(read_callback(HEADER("on-disburse", "succ") MESSAGE_OF("")), ERR_OK);
    assert_int_equal(callback.count, 0);
}

static void a_callback_keeps_only_ids_that_could_be_ours(void **state)
{
    (void)state;
    assert_int_equal(
        read_callback(HEADER("on-disburse", "succ") MESSAGE_OF(
            ENTRY("P1", "succ", AMOUNT("8.00")) "," ENTRY("../etc", "succ", "") ",{}," ENTRY(
                "", "succ", "") "," ENTRY("P2", "rjct",
                                          REASON("rjct.returned")) "," ENTRY("P1", "rjct", ""))),
        ERR_OK);
    assert_int_equal(callback.count, 2);
    assert_int_equal(callback.odd.strangers, 3);
    assert_int_equal(callback.odd.repeats, 1);
    assert_string_equal(callback.results[0].id, "P1");
    assert_int_equal(callback.results[0].outcome, PAY_UNKNOWN);
    assert_string_equal(callback.results[1].id, "P2");
    assert_int_equal(callback.results[1].outcome, PAY_RETURNED);
}

static void a_callback_has_a_largest_number_of_statuses(void **state)
{
    (void)state;
    for (size_t n = G2P_STATUSES_MAX; n <= G2P_STATUSES_MAX + 1; n++) {
        struct buf body;
        buf_init(&body, G2P_MESSAGE_MAX);
        buf_put_text(&body, HEADER("on-disburse", "succ"));
        buf_put_text(&body, "\"message\":{\"transaction_id\":\"t\",\"disbursements_status\":[");
        for (size_t i = 0; i < n; i++) {
            buf_putf(&body, "%s{\"reference_id\":\"P%zu\",\"timestamp\":\"\",\"status\":\"succ\"}",
                     i == 0 ? "" : ",", i);
        }
        buf_put_text(&body, "]}}");
        assert_int_equal(buf_err(&body), ERR_OK);
        assert_int_equal(g2p_read_callback(buf_slice(&body), &callback),
                         n == G2P_STATUSES_MAX ? ERR_OK : ERR_TOO_LARGE);
        assert_int_equal(callback.count, n == G2P_STATUSES_MAX ? n : 0);
        buf_release(&body);
    }
}

static void every_outcome_has_a_word(void **state)
{
    (void)state;
    for (int i = 0; i < PAY_OUTCOME_COUNT; i++) {
        assert_true(strlen(pay_outcome_word((enum pay_outcome)i)) > 0);
    }
    assert_string_equal(pay_outcome_word(PAY_RETURNED), "returned");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ack_rows_map_to_their_classes),
        cmocka_unit_test(entries_map_to_their_outcomes),
        cmocka_unit_test(the_banks_amount_and_reference_are_handed_on),
        cmocka_unit_test(both_spellings_of_not_found_are_known_to_a_query),
        cmocka_unit_test(strangers_are_counted_and_change_nothing),
        cmocka_unit_test(a_repeat_is_harmless_and_a_contradiction_is_unknown),
        cmocka_unit_test(an_answer_that_is_not_one_says_nothing),
        cmocka_unit_test(an_answer_over_the_limit_is_not_looked_at),
        cmocka_unit_test(what_is_not_a_callback_is_refused),
        cmocka_unit_test(a_callback_keeps_only_ids_that_could_be_ours),
        cmocka_unit_test(a_callback_has_a_largest_number_of_statuses),
        cmocka_unit_test(every_outcome_has_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
