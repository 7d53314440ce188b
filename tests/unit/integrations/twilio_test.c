#include <stdio.h>
#include "integrations/sms/twilio/twilio.h"
#include "tests/unit/integrations/sms_call.h"

/* ---- Published vectors of the vendor's libraries ---- */

#define TOKEN SLICE_LIT("12345")
#define VECTOR_PARAMS                                                                      \
    "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%" \
    "2B18005551212"

static void signs(const char *url, const char *form_text, const char *expected)
{
    struct arena arena;
    struct sms_form form = {.count = 0};
    struct buf out;
    arena_init(&arena, 1 << 16);
    buf_init(&out, 64);
    assert_int_equal(sms_form_add_query(&form, slice_of(form_text), &arena), ERR_OK);
    assert_int_equal(twilio_signature(TOKEN, slice_of(url), &form, &out), ERR_OK);
    assert_string_equal(out.ptr, expected);
    assert_int_equal(twilio_check_signature(TOKEN, slice_of(url), &form, slice_of(expected)),
                     ERR_OK);
    buf_release(&out);
    arena_release(&arena);
}

static void signatures_match_the_published_vectors(void **state)
{
    (void)state;
    signs("https://mycompany.com/myapp.php?foo=1&bar=2", VECTOR_PARAMS,
          "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    signs("https://mycompany.com:443/myapp.php?foo=1&bar=2", VECTOR_PARAMS,
          "kvajT1Ptam85bY51eRf/AJRuM3w=");
    signs("http://mycompany.com:80/myapp.php?foo=1&bar=2", VECTOR_PARAMS,
          "0ZXoZLH/DfblKGATFgpif+LLRf4=");
    signs("http://mycompany.com:1234/myapp.php?foo=1&bar=2", VECTOR_PARAMS,
          "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=");
    signs("https://mycompany.com/myapp.php?foo=1&bar=2",
          "MessagingBinding.Address=%2B1325xxxxxxx&MessagingBinding.Address=%2B1415xxxxxxx",
          "83O6e2vORAoJHUNzJjDWN1jz+BA=");
    signs("https://mycompany.com/myapp.php?foo=1&bar=2",
          "MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx",
          "83O6e2vORAoJHUNzJjDWN1jz+BA=");
    signs("https://mycompany.com/myapp.php?foo=1&bar=2",
          "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234", "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
    signs("https://mycompany.com/myapp.php?foo=1&bar=2",
          "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234&Digits=5678",
          "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
}

static void the_port_may_be_there_or_not(void **state)
{
    (void)state;
    struct arena arena;
    struct sms_form form = {.count = 0};
    arena_init(&arena, 1 << 16);
    assert_int_equal(sms_form_add_query(&form, SLICE_LIT(VECTOR_PARAMS), &arena), ERR_OK);
    static const struct {
        const char *url, *signature;
        bool right;
    } rows[] = {
        {"https://mycompany.com:443/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", true},
        {"https://mycompany.com/myapp.php?foo=1&bar=2", "kvajT1Ptam85bY51eRf/AJRuM3w=", true},
        {"http://mycompany.com/myapp.php?foo=1&bar=2", "0ZXoZLH/DfblKGATFgpif+LLRf4=", true},
        {"http://mycompany.com/myapp.php?foo=1&bar=2",
         "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=", false}, /* another port */
        {"http://mycompany.com/myapp.php?foo=1&bar=2",
         "RSOYDt4T1cUTdK1PDd93/VVr8B8=", false}, /* another scheme */
        {"https://mycompany.com/myapp.php?foo=1&bar=3", "RSOYDt4T1cUTdK1PDd93/VVr8B8=", false},
        {"https://mycompany.com/myapp.php?foo=1&bar=2", "RSOYDt4T1cUTdK1PDd93/VVr8B8", false},
        {"https://mycompany.com/myapp.php?foo=1&bar=2", "", false},
        {"", "", false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(twilio_check_signature(TOKEN, slice_of(rows[i].url), &form,
                                                slice_of(rows[i].signature)),
                         rows[i].right ? ERR_OK : ERR_AUTH);
    }
    assert_int_equal(
        twilio_check_signature(SLICE_LIT(""), slice_of(rows[0].url), &form, SLICE_LIT("")),
        ERR_AUTH);
    arena_release(&arena);
}

static void a_json_body_is_signed_by_its_digest(void **state)
{
    (void)state;
    struct slice body = SLICE_LIT("{\"property\": \"value\", \"boolean\": true}");
    struct slice url =
        SLICE_LIT("https://mycompany.com/myapp.php?foo=1&bar=2&bodySHA256="
                  "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620");
    struct slice signature = SLICE_LIT("a9nBmqA0ju/hNViExpshrM61xv4=");
    assert_int_equal(twilio_check_body_signature(TOKEN, url, body, signature), ERR_OK);
    assert_int_equal(twilio_check_body_signature(TOKEN, url, SLICE_LIT("{}"), signature), ERR_AUTH);
    assert_int_equal(twilio_check_body_signature(TOKEN, url, body, SLICE_LIT("a9nBmqA0ju")),
                     ERR_AUTH);
    url.len -= 70;
    assert_int_equal(twilio_check_body_signature(TOKEN, url, body, signature), ERR_AUTH);
}

/* ---- Callbacks ---- */

#define PUBLIC_URL "https://h.example/v1/sms/twilio/"
#define MO_BODY                                                                                    \
    "ToCountry=CN&MessageSid=SM0123456789abcdef0123456789abcdef&SmsStatus=received&Body=%E6%95%"   \
    "91%E5%91%BD+1%262"                                                                            \
    "&To=%2B18005551212&NumSegments=1&NumMedia=0&AccountSid=AC1&From=%2B8613812341234&ApiVersion=" \
    "2010-04-01"

/* Sign as the vendor does, over what stands in the call; out must outlive it. */
static void sign_call(struct call *c, struct buf *out)
{
    struct arena arena;
    struct sms_form form = {.count = 0};
    struct buf url;
    arena_init(&arena, 1 << 20);
    buf_init(&url, 4096);
    buf_putf(&url, "%s%s%s%s", PUBLIC_URL, c->tail, c->query == NULL ? "" : "?",
             c->query == NULL ? "" : c->query);
    assert_int_equal(sms_form_add_query(&form, c->body, &arena), ERR_OK);
    buf_clear(out);
    assert_int_equal(twilio_signature(TOKEN, buf_slice(&url), &form, out), ERR_OK);
    c->headers[0] = (struct call_pair){"x-twilio-signature", out->ptr};
    buf_release(&url);
    arena_release(&arena);
}

static struct call twilio_call(const char *tail, const char *body)
{
    return (struct call){.provider = "twilio",
                         .tail = tail,
                         .content_type = "application/x-www-form-urlencoded; charset=utf-8",
                         .body = slice_of(body),
                         .path = "",
                         .token = "12345",
                         .public_url = PUBLIC_URL};
}

static void a_signed_message_is_read(void **state)
{
    (void)state;
    struct buf signature;
    buf_init(&signature, 64);
    struct call c = twilio_call("mo", MO_BODY);
    sign_call(&c, &signature);
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.items[0].kind, SMS_MESSAGE);
    assert_slice(c.items[0].text, "救命 1&2");
    assert_slice(c.items[0].from, "+8613812341234");
    assert_slice(c.items[0].to, "+18005551212");
    assert_slice(c.items[0].provider_id, "SM0123456789abcdef0123456789abcdef");
    assert_string_equal(c.answer.stored.content_type, "text/xml");
    /* a parameter more than was signed, another body, another path, no signature, another token */
    c.body = SLICE_LIT(MO_BODY "&Extra=1");
    assert_int_equal(call_run(&c), ERR_AUTH);
    c.body = SLICE_LIT(MO_BODY);
    c.query = "x=1";
    assert_int_equal(call_run(&c), ERR_AUTH);
    c.query = NULL;
    c.token = "12346";
    assert_int_equal(call_run(&c), ERR_AUTH);
    c.token = "";
    assert_int_equal(call_run(&c), ERR_AUTH);
    c.token = "12345";
    c.public_url = "";
    assert_int_equal(call_run(&c), ERR_AUTH);
    c.public_url = PUBLIC_URL;
    c.headers[0].name = NULL;
    assert_int_equal(call_run(&c), ERR_AUTH);
    call_release(&c);
    buf_release(&signature);
}

static void the_whole_path_is_signed_also_a_secret_in_it(void **state)
{
    (void)state;
    struct buf signature;
    buf_init(&signature, 64);
    struct call c = twilio_call(SECRET "/mo", MO_BODY);
    c.path = SECRET;
    sign_call(&c, &signature);
    assert_int_equal(call_run(&c), ERR_OK);
    c.tail = "mo";
    sign_call(&c, &signature);
    assert_int_equal(call_run(&c), ERR_AUTH);
    call_release(&c);
    buf_release(&signature);
}

static struct sms_incoming signed_item(const char *tail, const char *query, const char *body,
                                       struct call *c)
{
    struct buf signature;
    buf_init(&signature, 64);
    *c = twilio_call(tail, body);
    c->query = query;
    sign_call(c, &signature);
    assert_int_equal(call_run(c), ERR_OK);
    assert_int_equal(c->n, 1);
    buf_release(&signature);
    return c->items[0];
}

static void states_and_codes_of_reports_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *status, *code;
        enum sms_report report;
        bool final;
        enum sms_outcome advice;
    } rows[] = {
        {"accepted", "", SMS_REPORT_BUFFERED, false, SMS_ACCEPTED},
        {"scheduled", "", SMS_REPORT_BUFFERED, false, SMS_ACCEPTED},
        {"queued", "", SMS_REPORT_BUFFERED, false, SMS_ACCEPTED},
        {"sending", "", SMS_REPORT_BUFFERED, false, SMS_ACCEPTED},
        {"sent", "", SMS_REPORT_BUFFERED, false, SMS_ACCEPTED},
        {"delivered", "", SMS_REPORT_DELIVERED, true, SMS_ACCEPTED},
        {"read", "", SMS_REPORT_DELIVERED, true, SMS_ACCEPTED},
        {"undelivered", "30003", SMS_REPORT_FAILED, true, SMS_RETRY},
        {"undelivered", "30005", SMS_REPORT_FAILED, true, SMS_FINAL},
        {"failed", "30006", SMS_REPORT_FAILED, true, SMS_FINAL},
        {"failed", "30007", SMS_REPORT_FAILED, true, SMS_FINAL},
        {"failed", "30008", SMS_REPORT_FAILED, true, SMS_UNKNOWN},
        {"failed", "", SMS_REPORT_FAILED, true, SMS_UNKNOWN},
        {"canceled", "", SMS_REPORT_FAILED, true, SMS_UNKNOWN},
        {"receiving", "", SMS_REPORT_UNKNOWN, false, SMS_ACCEPTED},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[256];
        struct call c;
        (void)snprintf(
            body, sizeof(body),
            "MessageSid=SM1&MessageStatus=%s&ErrorCode=%s&To=%%2B8613812341234&From=%%2B1800",
            rows[i].status, rows[i].code);
        struct sms_incoming item = signed_item("dlr", "mid=n-1", body, &c);
        assert_int_equal(item.kind, SMS_REPORT);
        assert_int_equal(item.report, rows[i].report);
        assert_int_equal(item.final, rows[i].final);
        assert_int_equal(item.advice, rows[i].advice);
        assert_slice(item.message_id, "n-1");
        assert_slice(item.provider_id, "SM1");
        assert_slice(item.to, "+8613812341234");
        assert_slice(item.code, rows[i].code[0] != '\0' ? rows[i].code : rows[i].status);
        call_release(&c);
    }
}

static void each_state_of_a_message_has_a_key_of_its_own(void **state)
{
    (void)state;
    struct call c;
    char first[SMS_KEY_SIZE];
    struct sms_incoming item =
        signed_item("dlr", "mid=n-1", "MessageSid=SM1&MessageStatus=sent", &c);
    memcpy(first, item.key, sizeof(first));
    call_release(&c);
    item = signed_item("dlr", "mid=n-1", "MessageSid=SM1&MessageStatus=sent&Later=parameter", &c);
    assert_string_equal(first, item.key);
    call_release(&c);
    item = signed_item("dlr", "mid=n-1", "MessageSid=SM1&MessageStatus=delivered", &c);
    assert_string_not_equal(first, item.key);
    call_release(&c);
}

static void a_picture_without_words_and_a_base64_body(void **state)
{
    (void)state;
    struct call c;
    struct sms_incoming item = signed_item(
        "mo", NULL,
        "MessageSid=MM1&From=%2B8613812341234&Body=&NumMedia=1&MediaUrl0=https%3A%2F%2Fm%2F1", &c);
    assert_int_equal(item.kind, SMS_UNREADABLE);
    assert_slice(item.text, "https://m/1");
    call_release(&c);
    /* 45 bytes of UTF-8 in base64, and the same cut to a length that is none */
    static const char base64[] = "5oCl5pWR5oCl5pWR5oCl5pWR5oCl5pWR5oCl5pWR5oCl5pWR5oCl5pWR5oCl";
    char body[256];
    (void)snprintf(body, sizeof(body), "MessageSid=SM1&From=%%2B8613812341234&Body=%s", base64);
    item = signed_item("mo", NULL, body, &c);
    assert_slice(item.text, "急救急救急救急救急救急救急救急");
    call_release(&c);
    body[strlen(body) - 1] = '\0';
    item = signed_item("mo", NULL, body, &c);
    assert_int_equal(item.text.len, strlen(base64) - 1);
    call_release(&c);
    static const char letters[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    (void)snprintf(body, sizeof(body), "MessageSid=SM1&From=%%2B8613812341234&Body=%s", letters);
    item = signed_item("mo", NULL, body, &c); /* would be base64, but of no text */
    assert_slice(item.text, letters);
    call_release(&c);
    item = signed_item("mo", NULL, "MessageSid=SM1&From=%2B8613812341234&Body=help",
                       &c); /* short: a word */
    assert_slice(item.text, "help");
    call_release(&c);
}

/* ---- Sending ---- */

static void a_message_is_written_as_the_form_the_api_takes(void **state)
{
    (void)state;
    const struct sms_account account = {.user = "AC0123",
                                        .secret = "tok",
                                        .from = "+18005551212",
                                        .report_url = "https://h.example/v1/sms/twilio/dlr"};
    const struct sms_moment now = {.now_ms = CALL_NOW_MS, .nonce = "00"};
    struct sms_message m = {
        .id = SLICE_LIT("n-1"), .to = SLICE_LIT("13812341234"), .text = SLICE_LIT("您好 a+b")};
    struct sms_wire wire;
    sms_wire_init(&wire);
    assert_int_equal(TWILIO_CODEC.check(&account), ERR_OK);
    assert_int_equal(TWILIO_CODEC.write(&account, &m, &now, &wire), ERR_OK);
    assert_string_equal(wire.url.ptr,
                        "https://api.twilio.com/2010-04-01/Accounts/AC0123/Messages.json");
    assert_string_equal(
        wire.body.ptr,
        "To=%2B8613812341234&From=%2B18005551212&Body=%E6%82%A8%E5%A5%BD%20a%2Bb"
        "&StatusCallback=https%3A%2F%2Fh.example%2Fv1%2Fsms%2Ftwilio%2Fdlr%3Fmid%3Dn-1");
    assert_string_equal(wire.headers.ptr, "Authorization: Basic QUMwMTIzOnRvaw==");
    sms_wire_release(&wire);
    struct sms_account service = account;
    service.from = "MG0123456789abcdef0123456789abcdef";
    service.report_url = NULL; /* no receipts are asked for */
    sms_wire_init(&wire);
    assert_int_equal(TWILIO_CODEC.write(&service, &m, &now, &wire), ERR_OK);
    assert_string_equal(wire.body.ptr,
                        "To=%2B8613812341234&MessagingServiceSid=MG0123456789abcdef0123456789abcdef"
                        "&Body=%E6%82%A8%E5%A5%BD%20a%2Bb");
    sms_wire_release(&wire);
    m.to = SLICE_LIT("12345");
    sms_wire_init(&wire);
    assert_int_equal(TWILIO_CODEC.write(&account, &m, &now, &wire), ERR_INPUT);
    sms_wire_release(&wire);
    struct sms_account bad = account;
    bad.user = "AC0123/../x";
    assert_int_equal(TWILIO_CODEC.check(&bad), ERR_INPUT);
    bad = account;
    bad.secret = NULL;
    assert_int_equal(TWILIO_CODEC.check(&bad), ERR_INPUT);
}

static void answers_map_to_their_classes(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum sms_outcome outcome;
    } rows[] = {
        {201, "{\"sid\":\"SM1\",\"status\":\"queued\"}", SMS_ACCEPTED},
        {201, "{\"status\":\"queued\"}", SMS_UNKNOWN},
        {201, "", SMS_UNKNOWN},
        {200, "{\"sid\":\"SM1\"}", SMS_UNKNOWN},
        {401, "{\"code\":20003,\"status\":401}", SMS_CHANNEL_STOP},
        {401, "", SMS_CHANNEL_STOP},
        {429, "{\"code\":20429}", SMS_RETRY},
        {429, "", SMS_RETRY},
        {503, "<html>", SMS_RETRY},
        {400, "{\"code\":21211}", SMS_FINAL},
        {400, "{\"code\":21606}", SMS_FINAL},
        {400, "{\"code\":21610}", SMS_FINAL},
        {400, "{\"code\":21612}", SMS_FINAL},
        {400, "{\"code\":21614}", SMS_FINAL},
        {429, "{\"code\":63018}", SMS_RETRY},
        {400, "{\"code\":99999}", SMS_UNKNOWN},
        {400, "", SMS_UNKNOWN},
        {500, "", SMS_UNKNOWN},
        {502, "", SMS_UNKNOWN},
        {504, "", SMS_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sms_result r = twilio_read_reply(rows[i].status, slice_of(rows[i].body));
        assert_int_equal(r.outcome, rows[i].outcome);
        assert_string_equal(r.provider_id, i == 0 ? "SM1" : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_match_the_published_vectors),
        cmocka_unit_test(the_port_may_be_there_or_not),
        cmocka_unit_test(a_json_body_is_signed_by_its_digest),
        cmocka_unit_test(a_signed_message_is_read),
        cmocka_unit_test(the_whole_path_is_signed_also_a_secret_in_it),
        cmocka_unit_test(states_and_codes_of_reports_are_read),
        cmocka_unit_test(each_state_of_a_message_has_a_key_of_its_own),
        cmocka_unit_test(a_picture_without_words_and_a_base64_body),
        cmocka_unit_test(a_message_is_written_as_the_form_the_api_takes),
        cmocka_unit_test(answers_map_to_their_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
