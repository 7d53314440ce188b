/* Outgoing events: what goes out, to whom, and when it is tried again. */
#include "integrations/webhook/webhook.h"
#include "tests/support/test.h"

#define TEXT(text) {(text), sizeof(text) - 1}

static const struct webhook_event EVENT = {
    .region = TEXT("520000"),
    .member = TEXT("1772328600000-3:1"),
    .type = TEXT("payment.paid"),
    .key = TEXT("5200002603010100000012"),
    .json = TEXT(
        "{\"seq\":7,\"verb\":\"paid\",\"from\":\"FIRST_AID_APPROVED\",\"to\":\"FIRST_AID_PAID\","
        "\"at_ms\":1772328600000,\"actor\":\"officer:zhangsan\",\"reason\":\"张三 13812341234\","
        "\"policy\":\"1+abc\",\"payment\":\"P1\",\"secret\":1,\"postings\":[{\"fund\":"
        "\"520102022\","
        "\"from\":\"held\",\"to\":\"unreviewed\",\"amount_fen\":80000,\"who\":\"x\"}]}")};

static void an_event_goes_out_as_a_cloud_event_without_words_of_people(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 4096);
    assert_ok(webhook_event_write(&EVENT, &text));
    assert_slice(
        buf_slice(&text),
        "{\"specversion\":\"1.0\",\"id\":\"evt_520000_1772328600000-3_1\",\"source\":\"/jiuji/"
        "520000\","
        "\"type\":\"jiuji.payment.paid\",\"subject\":\"case/5200002603010100000012\","
        "\"time\":\"2026-03-01T09:30:00.000+08:00\",\"datacontenttype\":\"application/"
        "json\",\"data\":{"
        "\"verb\":\"paid\",\"from\":\"FIRST_AID_APPROVED\",\"to\":\"FIRST_AID_PAID\",\"payment\":"
        "\"P1\","
        "\"policy\":\"1+abc\",\"seq\":7,\"postings\":[{\"fund\":\"520102022\",\"from\":\"held\","
        "\"to\":\"unreviewed\",\"amount_fen\":80000}]}}");
    buf_release(&text);
}

static void what_is_no_event_is_told(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {
        "", "{", "[]", "{\"verb\":\"paid\"}", "{\"at_ms\":\"1\"}", "{\"at_ms\":-1}"};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct webhook_event e = EVENT;
        struct buf text;
        buf_init(&text, 4096);
        e.json = slice_of(TEXTS[i]);
        assert_int_equal(webhook_event_write(&e, &text), ERR_CORRUPT);
        buf_release(&text);
    }
}

static void addresses_are_https_or_this_very_machine(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"https://a.example/x?y=1", "https://a", "http://127.0.0.1",
                                       "http://127.0.0.1:8080/hook", "http://127.0.0.1/"};
    static const char *const BAD[] = {"",
                                      "http://a.example/",
                                      "http://127.0.0.1.evil.example/",
                                      "http://127.0.0.10/",
                                      "http://127.0.0.1@evil.example/",
                                      "https://",
                                      "https:///x",
                                      "https://u@a/",
                                      "https://a b/",
                                      "https://a/\n",
                                      "ftp://a/",
                                      "HTTPS://a/",
                                      "https://a/#x",
                                      "http://localhost/",
                                      "https://:1/"};
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        assert_true(webhook_url_ok(slice_of(GOOD[i])));
    }
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_false(webhook_url_ok(slice_of(BAD[i])));
    }
}

static void types_are_a_kind_and_a_verb(void **state)
{
    (void)state;
    static const char *const GOOD[] = {"*", "case.*", "payment.paid", "fund.allot",
                                       "case.first-aid"};
    static const char *const BAD[] = {"",         "case",  "case.",   "*.paid",     "case.Paid",
                                      "case.a,b", "sms.*", "case.**", "case.paid.x"};
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        assert_true(webhook_type_ok(slice_of(GOOD[i])));
    }
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_false(webhook_type_ok(slice_of(BAD[i])));
    }
}

static void waits_grow_as_the_standard_says_and_end_after_the_tenth_try(void **state)
{
    (void)state;
    static const int64_t SECONDS[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
    int64_t sum = 0;
    for (size_t i = 0; i < COUNT_OF(SECONDS); i++) {
        int64_t ms = webhook_wait_ms((int64_t)i + 1, EVENT.member);
        assert_in_range(ms, SECONDS[i] * 1000, SECONDS[i] * 1100);
        assert_int_equal(ms, webhook_wait_ms((int64_t)i + 1, EVENT.member));
        sum += SECONDS[i] * 1000;
    }
    assert_int_equal(sum, WEBHOOK_DISABLE_MS);
    assert_int_equal(webhook_wait_ms(10, EVENT.member), -1);
    assert_int_equal(webhook_wait_ms(1000, EVENT.member), -1);
    assert_true(webhook_wait_ms(9, SLICE_LIT("1-0:0")) != webhook_wait_ms(9, SLICE_LIT("2-0:0")));
}

static void answers_have_their_meaning(void **state)
{
    (void)state;
    static const struct {
        int status;
        enum webhook_verdict verdict;
    } rows[] = {{200, WEBHOOK_DELIVERED}, {204, WEBHOOK_DELIVERED}, {299, WEBHOOK_DELIVERED},
                {0, WEBHOOK_FAILED},      {302, WEBHOOK_FAILED},    {400, WEBHOOK_FAILED},
                {410, WEBHOOK_GONE},      {429, WEBHOOK_BUSY},      {500, WEBHOOK_FAILED},
                {502, WEBHOOK_BUSY},      {503, WEBHOOK_BUSY},      {504, WEBHOOK_BUSY}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(webhook_verdict_of(rows[i].status), rows[i].verdict);
    }
}

static void retry_after_is_seconds_or_a_date(void **state)
{
    (void)state;
    const int64_t now_ms = INT64_C(1772328600000); /* Sun, 01 Mar 2026 01:30:00 GMT */
    static const struct {
        const char *text;
        int64_t rest_ms;
    } rows[] = {{"120", 120000},
                {"0", 0},
                {"999999999", WEBHOOK_REST_MAX_MS},
                {"Sun, 01 Mar 2026 01:31:00 GMT", 60000},
                {"Sun, 01 Mar 2026 01:29:00 GMT", 0},
                {"Mon, 01 Mar 2027 01:29:00 GMT", WEBHOOK_REST_MAX_MS},
                {"", 0},
                {"soon", 0},
                {"-5", 0}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(webhook_rest_ms(slice_of(rows[i].text), now_ms), rows[i].rest_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_goes_out_as_a_cloud_event_without_words_of_people),
        cmocka_unit_test(what_is_no_event_is_told),
        cmocka_unit_test(addresses_are_https_or_this_very_machine),
        cmocka_unit_test(types_are_a_kind_and_a_verb),
        cmocka_unit_test(waits_grow_as_the_standard_says_and_end_after_the_tenth_try),
        cmocka_unit_test(answers_have_their_meaning),
        cmocka_unit_test(retry_after_is_seconds_or_a_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
