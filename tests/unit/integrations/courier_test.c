#include <stdio.h>
#include "integrations/sms/courier/courier.h"
#include "integrations/sign/standard_webhook.h"
#include "tests/unit/integrations/sms_call.h"

static const struct sms_moment NOW = {.now_ms = CALL_NOW_MS, .nonce = "00"};

static struct sms_message message_of(const char *text)
{
    return (struct sms_message){
        .id = SLICE_LIT("n-1"), .to = SLICE_LIT("+8613812341234"), .text = slice_of(text)};
}

static void templates_are_filled_in_for_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *method, *type, *body, *expected_body;
    } rows[] = {
        {"GET", "", "", ""},
        {"POST", "urlencoded", "to={{to_no_plus}}&t={{text}}&f={{from}}",
         "to=8613812341234&t=a%22%3C%26%E6%95%91&f=12349"},
        {"", "json", "{\"to\":{{to}},\"text\":{{text}},\"q\":{{quick_replies}}}",
         "{\"to\":\"+8613812341234\",\"text\":\"a\\\"<&救\",\"q\":\"\"}"},
        {"", "xml", "<sms><to>{{to}}</to>{{text}}<c>{{channel}}</c></sms>",
         "<sms><to>+8613812341234</to>a&quot;&lt;&amp;救<c>c1</c></sms>"},
    };
    struct sms_message m = message_of("a\"<&救");
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct sms_account account = {
            .url = "https://op.example/send?id={{id}}&u={{uuid}}&to={{to}}",
            .from = "12349",
            .app = "c1",
            .secret = "Token abc",
            .method = rows[i].method,
            .body = rows[i].body,
            .body_type = rows[i].type};
        struct sms_wire wire;
        sms_wire_init(&wire);
        assert_int_equal(COURIER_CODEC.check(&account), ERR_OK);
        assert_int_equal(COURIER_CODEC.write(&account, &m, &NOW, &wire), ERR_OK);
        assert_string_equal(wire.url.ptr,
                            "https://op.example/send?id=n-1&u=n-1&to=%2B8613812341234");
        assert_true(slice_is(buf_slice(&wire.body), rows[i].expected_body));
        assert_int_equal(wire.post, i != 0);
        assert_string_equal(wire.headers.ptr, "Authorization: Token abc");
        sms_wire_release(&wire);
    }
}

static void a_template_with_a_mistake_is_refused_at_the_start(void **state)
{
    (void)state;
    static const struct sms_account bad[] = {
        {.url = ""},
        {.url = "ftp://op.example/"},
        {.url = "https://{{to}}/send"}, /* the host would be the message's choice */
        {.url = "https://op.example/{{phone}}"},
        {.url = "https://op.example/{{to"},
        {.url = "https://op.example/", .body = "{{nothing}}"},
        {.url = "https://op.example/", .body_type = "yaml"},
        {.url = "https://op.example/", .method = "PUT"},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(COURIER_CODEC.check(&bad[i]), ERR_INPUT);
    }
}

static void an_answer_counts_when_it_says_what_was_agreed(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body, *expect;
        enum sms_outcome outcome;
    } rows[] = {
        {200, "", "", SMS_ACCEPTED},
        {202, "{\"ok\":true}", "\"ok\":true", SMS_ACCEPTED},
        {200, "{\"ok\":false}", "\"ok\":true", SMS_UNKNOWN},
        {200, "", "ok", SMS_UNKNOWN},
        {401, "", "", SMS_CHANNEL_STOP},
        {402, "", "", SMS_CHANNEL_STOP},
        {403, "", "", SMS_CHANNEL_STOP},
        {429, "", "", SMS_RETRY},
        {503, "", "", SMS_RETRY},
        {400, "", "", SMS_FINAL},
        {404, "", "", SMS_FINAL},
        {422, "", "", SMS_FINAL},
        {405, "", "", SMS_UNKNOWN},
        {500, "ok", "ok", SMS_UNKNOWN},
        {302, "", "", SMS_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sms_result r =
            courier_read_reply(rows[i].status, slice_of(rows[i].body), slice_of(rows[i].expect));
        assert_int_equal(r.outcome, rows[i].outcome);
    }
}

static struct call courier_call(const char *method, const char *tail, const char *query,
                                const char *body)
{
    return (struct call){.provider = "courier",
                         .method = method,
                         .tail = tail,
                         .query = query,
                         .content_type = "application/x-www-form-urlencoded",
                         .body = slice_of(body)};
}

static void a_message_comes_by_query_form_or_parts(void **state)
{
    (void)state;
    struct call calls[] = {
        courier_call("GET", SECRET "/receive",
                     "sender=13812341234&text=%E6%95%91&date=2017-06-23T12:30:00.5Z", ""),
        courier_call("POST", SECRET "/receive", "",
                     "from=13812341234&text=%E6%95%91&time=2017-06-23T12:30:00.500Z"),
        courier_call("POST", SECRET "/receive",
                     "from=13812341234&date=2017-06-23T20:30:00.5%2B08:00",
                     "--b\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n救\r\n--b--\r\n"),
    };
    calls[2].content_type = "multipart/form-data; boundary=b";
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        assert_int_equal(call_run(&calls[i]), ERR_OK);
        assert_slice(calls[i].items[0].from, "+8613812341234");
        assert_slice(calls[i].items[0].text, "救");
        assert_true(calls[i].items[0].time_ms == INT64_C(1498221000500));
        call_release(&calls[i]);
    }
    struct call c = courier_call("GET", SECRET "/receive", "text=a", "");
    assert_int_equal(call_run(&c), ERR_INPUT); /* no sender */
    assert_int_equal(c.answer.refused.status, 400);
    c.query = "from=13812341234"; /* an empty text is allowed */
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.items[0].kind, SMS_MESSAGE);
    assert_int_equal(c.items[0].text.len, 0);
    c.method = "POST";
    c.body = SLICE_LIT("<xml/>");
    c.content_type = "text/xml";
    assert_int_equal(call_run(&c), ERR_INPUT);
    c.method = "PUT";
    assert_int_equal(call_run(&c), ERR_METHOD);
    call_release(&c);
}

static void without_id_and_date_equal_texts_are_two_messages(void **state)
{
    (void)state;
    char key[SMS_KEY_SIZE];
    struct call c = courier_call("GET", SECRET "/receive", "from=13812341234&text=a", "");
    assert_int_equal(call_run(&c), ERR_OK);
    memcpy(key, c.items[0].key, sizeof(key));
    c.now_ms = CALL_NOW_MS + 1;
    assert_int_equal(call_run(&c), ERR_OK);
    assert_string_not_equal(key, c.items[0].key);
    c.query = "from=13812341234&text=a&date=2017-06-23T12:30:00Z";
    assert_int_equal(call_run(&c), ERR_OK);
    memcpy(key, c.items[0].key, sizeof(key));
    c.now_ms = CALL_NOW_MS + 2;
    assert_int_equal(call_run(&c), ERR_OK);
    assert_string_equal(key, c.items[0].key);
    call_release(&c);
}

static void states_come_by_their_address(void **state)
{
    (void)state;
    static const struct {
        const char *tail, *query;
        enum sms_report report;
        bool final;
        const char *answer;
    } rows[] = {
        {SECRET "/sent", "id=n-1", SMS_REPORT_BUFFERED, false,
         "{\"message\":\"Status Update Accepted\",\"data\":[]}"},
        {SECRET "/delivered", "uuid=n-1", SMS_REPORT_DELIVERED, true,
         "{\"message\":\"Status Update Accepted\",\"data\":[]}"},
        {SECRET "/failed", "id=n-1", SMS_REPORT_FAILED, true,
         "{\"message\":\"Status Update Accepted\",\"data\":[]}"},
        {SECRET "/stopped", "from=13812341234", SMS_REPORT_STOPPED, true,
         "{\"message\":\"Event Accepted\",\"data\":[]}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct call c = courier_call("GET", rows[i].tail, rows[i].query, "");
        assert_int_equal(call_run(&c), ERR_OK);
        assert_int_equal(c.items[0].kind, SMS_REPORT);
        assert_int_equal(c.items[0].report, rows[i].report);
        assert_int_equal(c.items[0].final, rows[i].final);
        assert_slice(c.items[0].message_id, i == 3 ? "" : "n-1");
        assert_slice(c.items[0].from, i == 3 ? "+8613812341234" : "");
        assert_string_equal(c.answer.stored.body, rows[i].answer);
        c.query = "";
        assert_int_equal(call_run(&c), ERR_INPUT);
        call_release(&c);
    }
}

/* The vector of the specification. */
#define WHSEC "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

static void standard_webhooks_match_the_published_vector(void **state)
{
    (void)state;
    struct slice secret = SLICE_LIT(WHSEC), body = SLICE_LIT("{\"test\": 2432232314}");
    struct buf out;
    buf_init(&out, 128);
    assert_int_equal(
        webhook_sign(secret, SLICE_LIT("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330, body, &out),
        ERR_OK);
    assert_string_equal(out.ptr, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    buf_release(&out);
    struct webhook_headers h = {
        SLICE_LIT("msg_p5jXN8AQM9LWM0D4loKWxJek"), SLICE_LIT("1614265330"),
        SLICE_LIT("v1a,xx v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")};
    assert_int_equal(webhook_check(secret, &h, body, 1614265330), ERR_OK);
    assert_int_equal(webhook_check(secret, &h, body, 1614265330 + 300), ERR_OK);
    assert_int_equal(webhook_check(secret, &h, body, 1614265330 - 300), ERR_OK);
    assert_int_equal(webhook_check(secret, &h, body, 1614265330 + 301), ERR_AUTH);
    assert_int_equal(webhook_check(secret, &h, body, 1614265330 - 301), ERR_AUTH);
    assert_int_equal(webhook_check(secret, &h, SLICE_LIT("{}"), 1614265330), ERR_AUTH);
    assert_int_equal(webhook_check(SLICE_LIT("whsec_AAAA"), &h, body, 1614265330), ERR_INPUT);
    assert_int_equal(
        webhook_check(SLICE_LIT("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), &h, body, 1614265330),
        ERR_INPUT);
    h.id = SLICE_LIT("msg_2");
    assert_int_equal(webhook_check(secret, &h, body, 1614265330), ERR_AUTH);
    h.id = SLICE_LIT("");
    assert_int_equal(webhook_check(secret, &h, body, 1614265330), ERR_AUTH);
    h.timestamp = SLICE_LIT("now");
    assert_int_equal(webhook_check(secret, &h, body, 1614265330), ERR_AUTH);
}

static void a_token_makes_the_signature_a_must(void **state)
{
    (void)state;
    struct call c = courier_call("POST", SECRET "/receive", "", "from=13812341234&text=a");
    struct buf signature;
    char key[SMS_KEY_SIZE];
    buf_init(&signature, 128);
    c.token = WHSEC;
    assert_int_equal(call_run(&c), ERR_AUTH);
    assert_int_equal(
        webhook_sign(SLICE_LIT(WHSEC), SLICE_LIT("m1"), CALL_NOW_MS / 1000, c.body, &signature),
        ERR_OK);
    c.headers[0] = (struct call_pair){"webhook-id", "m1"};
    c.headers[1] = (struct call_pair){"webhook-timestamp", "1772328600"};
    c.headers[2] = (struct call_pair){"webhook-signature", signature.ptr};
    assert_int_equal(call_run(&c), ERR_OK);
    memcpy(key, c.items[0].key, sizeof(key));
    c.now_ms = CALL_NOW_MS + 1000; /* the same again: the id is the key */
    assert_int_equal(call_run(&c), ERR_OK);
    assert_string_equal(key, c.items[0].key);
    c.body = SLICE_LIT("from=13812341234&text=b");
    assert_int_equal(call_run(&c), ERR_AUTH);
    c.token = "whsec_short";
    assert_int_equal(call_run(&c), ERR_AUTH);
    call_release(&c);
    buf_release(&signature);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(templates_are_filled_in_for_their_place),
        cmocka_unit_test(a_template_with_a_mistake_is_refused_at_the_start),
        cmocka_unit_test(an_answer_counts_when_it_says_what_was_agreed),
        cmocka_unit_test(a_message_comes_by_query_form_or_parts),
        cmocka_unit_test(without_id_and_date_equal_texts_are_two_messages),
        cmocka_unit_test(states_come_by_their_address),
        cmocka_unit_test(standard_webhooks_match_the_published_vector),
        cmocka_unit_test(a_token_makes_the_signature_a_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
