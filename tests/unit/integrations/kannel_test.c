#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "integrations/sms/kannel/kannel.h"
#include "tests/unit/integrations/peer.h"

static const struct sms_account ACCOUNT = {
    .url = "http://127.0.0.1:13013/cgi-bin/sendsms",
    .user = "jiuji",
    .secret = "p&w= 1",
    .from = "12349",
    .method = "GET",
    .report_url = "https://h.example/v1/sms/kannel/s3cret-s3cret-s3c/dlr",
};

static const struct sms_moment NOW = {.now_ms = INT64_C(1772328600000), .nonce = "00"};

static struct sms_message message_of(const char *to, const char *text)
{
    return (struct sms_message){.id = SLICE_LIT("n-1"), .to = slice_of(to), .text = slice_of(text)};
}

static void a_chinese_text_is_sent_as_ucs2_in_utf8(void **state)
{
    (void)state;
    struct sms_message m = message_of("+8613800138000", "急救 a&b=c");
    struct sms_wire wire;
    sms_wire_init(&wire);
    assert_int_equal(KANNEL_CODEC.write(&ACCOUNT, &m, &NOW, &wire), ERR_OK);
    assert_false(wire.post);
    assert_string_equal(
        wire.url.ptr,
        "http://127.0.0.1:13013/cgi-bin/sendsms?username=jiuji&password=p%26w%3D%201&from=12349"
        "&to=%2B8613800138000&coding=2&charset=UTF-8&dlr-mask=27"
        "&dlr-url=https%3A%2F%2Fh.example%2Fv1%2Fsms%2Fkannel%2Fs3cret-s3cret-s3c%2Fdlr%3Fmid%3Dn-1"
        "%26type%3D%25d%26smscid%3D%25F%26ts%3D%25T&text=%E6%80%A5%E6%95%91%20a%26b%3Dc");
    assert_int_equal(wire.headers.len, 0);
    sms_wire_release(&wire);
}

static void a_plain_text_is_sent_in_seven_bits_and_without_a_report_address(void **state)
{
    (void)state;
    struct sms_account account = {
        .url = "http://k/s?x=a", .user = "jiuji", .method = "GET", .app = "gsm1"};
    struct sms_message m = message_of("13800138000", "help");
    struct sms_wire wire;
    sms_wire_init(&wire);
    assert_int_equal(KANNEL_CODEC.write(&account, &m, &NOW, &wire), ERR_OK);
    assert_string_equal(wire.url.ptr,
                        "http://k/s?x=a&username=jiuji&password=&smsc=gsm1&to=13800138000&coding=0"
                        "&charset=UTF-8&text=help");
    sms_wire_release(&wire);
}

/* The lines of a request's headers, each with a line break behind it. */
static void lines_of(const struct sms_wire *wire, char *out, size_t size)
{
    assert_true(wire->headers.len < size);
    for (size_t i = 0; i < wire->headers.len; i++) {
        out[i] = wire->headers.ptr[i] == '\0' ? '\n' : wire->headers.ptr[i];
    }
    out[wire->headers.len] = '\0';
}

static void by_post_neither_number_nor_text_stands_in_the_url(void **state)
{
    (void)state;
    struct sms_account account = ACCOUNT;
    account.method = NULL;
    account.app = "gsm1";
    struct sms_message m = message_of("+8613800138000", "急救 a&b=c");
    struct sms_wire wire;
    char lines[2048];
    sms_wire_init(&wire);
    assert_int_equal(KANNEL_CODEC.write(&account, &m, &NOW, &wire), ERR_OK);
    assert_true(wire.post);
    assert_string_equal(wire.url.ptr, account.url);
    assert_string_equal(wire.content_type, "text/plain; charset=UTF-8");
    assert_string_equal(wire.body.ptr, "急救 a&b=c");
    lines_of(&wire, lines, sizeof(lines));
    assert_string_equal(
        lines, "X-Kannel-Username: jiuji\n"
               "X-Kannel-Password: p&w= 1\n"
               "X-Kannel-From: 12349\n"
               "X-Kannel-SMSC: gsm1\n"
               "X-Kannel-To: +8613800138000\n"
               "X-Kannel-Coding: 2\n"
               "X-Kannel-DLR-Mask: 27\n"
               "X-Kannel-DLR-Url: https://h.example/v1/sms/kannel/s3cret-s3cret-s3c/dlr?mid=n-1"
               "&type=%d&smscid=%F&ts=%T\n");
    sms_wire_release(&wire);
}

static void an_account_is_checked(void **state)
{
    (void)state;
    struct sms_account account = ACCOUNT;
    assert_int_equal(KANNEL_CODEC.check(&account), ERR_OK);
    account.method = "PUT";
    assert_int_equal(KANNEL_CODEC.check(&account), ERR_INPUT);
    account = ACCOUNT;
    account.user = "";
    assert_int_equal(KANNEL_CODEC.check(&account), ERR_INPUT);
    account = ACCOUNT;
    account.secret = "ends in a blank ";
    assert_int_equal(KANNEL_CODEC.check(&account), ERR_INPUT);
    account = ACCOUNT;
    account.url = NULL;
    assert_int_equal(KANNEL_CODEC.check(&account), ERR_INPUT);
    account = ACCOUNT;
    account.report_url = "http://h/dlr?x=%d"; /* Kannel would fill it in */
    assert_int_equal(KANNEL_CODEC.check(&account), ERR_INPUT);
}

static void answers_map_to_their_classes(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        enum sms_outcome outcome;
    } rows[] = {
        {202, "0: Accepted for delivery", SMS_ACCEPTED},
        {202, "0: Accepted for delivery\n", SMS_ACCEPTED},
        {202, "3: Queued for later delivery", SMS_ACCEPTED},
        {202, "Sent.", SMS_ACCEPTED},
        {202, "", SMS_UNKNOWN},
        {202, "1: what", SMS_UNKNOWN},
        {200, "Sent.", SMS_UNKNOWN},
        {403, "Authorization failed for sendsms", SMS_CHANNEL_STOP},
        {401, "", SMS_CHANNEL_STOP},
        {402, "", SMS_CHANNEL_STOP},
        {403, "Not routable. Do not try again.", SMS_FINAL},
        {403, "something else", SMS_UNKNOWN},
        {400, "Missing receiver number, rejected", SMS_FINAL},
        {400, "", SMS_UNKNOWN},
        {429, "", SMS_RETRY},
        {503, "Temporal failure, try again later.", SMS_RETRY},
        {500, "", SMS_UNKNOWN},
        {502, "", SMS_UNKNOWN},
        {504, "", SMS_UNKNOWN},
        {404, "", SMS_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct sms_result result = kannel_read_reply(rows[i].status, slice_of(rows[i].body));
        assert_int_equal(result.outcome, rows[i].outcome);
        assert_int_equal(result.status, rows[i].status);
        assert_non_null(result.reason);
    }
}

static void reports_map_to_states(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        enum sms_report report;
    } rows[] = {{"1", SMS_REPORT_DELIVERED}, {"2", SMS_REPORT_FAILED},
                {"16", SMS_REPORT_FAILED},   {"4", SMS_REPORT_BUFFERED},
                {"8", SMS_REPORT_BUFFERED},  {"32", SMS_REPORT_UNKNOWN},
                {"3", SMS_REPORT_UNKNOWN},   {"", SMS_REPORT_UNKNOWN},
                {"-1", SMS_REPORT_UNKNOWN},  {"1 ", SMS_REPORT_UNKNOWN},
                {"0", SMS_REPORT_UNKNOWN},   {"99999999999999999999", SMS_REPORT_UNKNOWN}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(kannel_read_report(slice_of(rows[i].type)), rows[i].report);
    }
}

static enum err decode(const char *bytes, size_t len, const char *coding, const char *charset,
                       struct buf *out)
{
    buf_clear(out);
    return kannel_read_text(slice_make(bytes, len), slice_of(coding), slice_of(charset), out);
}

static void incoming_texts_are_decoded_by_their_coding(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 4096);
    /* as Kannel sent it: text=%60%25eQ&coding=2&charset=UTF-16BE */
    assert_int_equal(decode("\x60\x25\x65\x51", 4, "2", "UTF-16BE", &out), ERR_OK);
    assert_string_equal(out.ptr, "急救");
    assert_int_equal(decode("\xD8\x3D\xDE\x00", 4, "2", "", &out), ERR_OK);
    assert_string_equal(out.ptr, "😀");
    assert_int_equal(decode("\xD8\x3D\x00\x61\xDE\x00", 6, "2", "UTF-16BE", &out), ERR_OK);
    assert_string_equal(out.ptr, "\xEF\xBF\xBD"
                                 "a\xEF\xBF\xBD"); /* lone surrogates */
    assert_int_equal(decode("\xD8\x3D", 2, "2", "UTF-16BE", &out), ERR_OK);
    assert_string_equal(out.ptr, "\xEF\xBF\xBD");
    assert_int_equal(decode("help \xE2\x82\xAC", 8, "0", "UTF-8", &out), ERR_OK);
    assert_string_equal(out.ptr, "help €");
    assert_int_equal(decode("help", 4, "", "", &out), ERR_OK);
    assert_int_equal(decode("\xE6\x80\xA5", 3, "2", "utf-8", &out), ERR_OK);
    assert_string_equal(out.ptr, "急");
    assert_int_equal(decode("", 0, "0", "UTF-8", &out), ERR_OK);
    assert_int_equal(out.len, 0);
    assert_int_equal(decode("\x60\x25\x65", 3, "2", "UTF-16BE", &out), ERR_INPUT);
    assert_int_equal(decode("abcd", 4, "1", "", &out), ERR_INPUT);
    assert_int_equal(decode("abcd", 4, "0", "ISO-8859-1", &out), ERR_INPUT);
    assert_int_equal(decode("\xff\xfe", 2, "0", "UTF-8", &out), ERR_INPUT);
    assert_int_equal(decode("abcd", 4, "7", "UTF-8", &out), ERR_INPUT);
    buf_release(&out);
}

#define REPLY(status, body) "HTTP/1.1 " status "\r\nContent-Length: 24\r\n\r\n" body

static void a_batch_gives_every_message_its_own_result(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER, REPLY("202 Accepted", "0: Accepted for delivery")}};
    struct peer *p = peer_start(steps, 1);
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/cgi-bin/sendsms", peer_port(p));
    struct http_client *http = NULL;
    struct http_client_options http_options = {.max_parallel = 8};
    assert_int_equal(http_client_new(&http_options, &http), ERR_OK);
    struct sms_client *client = NULL;
    struct sms_client_options options = {.codec = &KANNEL_CODEC,
                                         .account = {.url = url, .user = "jiuji", .secret = "x"}};
    assert_int_equal(sms_client_new(&options, http, &client), ERR_OK);
    struct sms_channel channel = sms_client_channel(client);
    struct sms_message messages[SMS_BATCH_MAX];
    struct sms_result results[SMS_BATCH_MAX];
    for (size_t i = 0; i < SMS_BATCH_MAX; i++) {
        messages[i] = (struct sms_message){
            .id = SLICE_LIT("n-1"), .to = SLICE_LIT("13800138000"), .text = SLICE_LIT("您好")};
    }
    messages[7].to = SLICE_LIT("nobody");
    assert_int_equal(sms_send(&channel, messages, SMS_BATCH_MAX, results), ERR_OK);
    for (size_t i = 0; i < SMS_BATCH_MAX; i++) {
        assert_int_equal(results[i].outcome, i == 7 ? SMS_FINAL : SMS_ACCEPTED);
    }
    assert_int_equal(peer_requests(p), SMS_BATCH_MAX - 1);
    peer_stop(p);
    /* the peer is gone: nothing can be sent over kept-alive connections any more, whatever libcurl
     * thinks */
    assert_int_equal(sms_send(&channel, messages, 1, results), ERR_OK);
    assert_true(results[0].outcome == SMS_RETRY || results[0].outcome == SMS_UNKNOWN);
    sms_client_free(client);
    assert_int_equal(sms_client_new(&options, http, &client), ERR_OK);
    sms_client_free(client);
    http_client_free(http);
    options.account.user = "";
    assert_int_equal(sms_client_new(&options, NULL, &client), ERR_INPUT);
}

static void a_batch_without_a_valid_message_asks_nobody(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER, REPLY("202 Accepted", "0: Accepted for delivery")}};
    struct peer *p = peer_start(steps, 1);
    char url[64], user[8] = "jiuji";
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/cgi-bin/sendsms", peer_port(p));
    struct http_client *http = NULL;
    struct http_client_options http_options = {.max_parallel = 1};
    assert_int_equal(http_client_new(&http_options, &http), ERR_OK);
    struct sms_client *client = NULL;
    struct sms_client_options options = {.codec = &KANNEL_CODEC,
                                         .account = {.url = url, .user = user}};
    assert_int_equal(sms_client_new(&options, http, &client), ERR_OK);
    memset(user, 'x', sizeof(user) - 1); /* the client has its own copy */
    struct sms_channel channel = sms_client_channel(client);
    assert_string_equal(channel.name, "kannel");
    assert_false(channel.templates_only);
    struct sms_message messages[2] = {message_of("nobody", "hi"), message_of("13800138000", "")};
    struct sms_result results[2];
    assert_int_equal(sms_send(&channel, messages, 2, results), ERR_OK);
    assert_int_equal(results[0].outcome, SMS_FINAL);
    assert_int_equal(results[1].outcome, SMS_FINAL);
    assert_int_equal(peer_requests(p), 0);
    messages[0] = message_of("13800138000", "hi");
    assert_int_equal(sms_send(&channel, messages, 2, results), ERR_OK);
    assert_int_equal(results[0].outcome, SMS_ACCEPTED);
    assert_int_equal(results[1].outcome, SMS_FINAL);
    assert_non_null(strstr(peer_last_request(p), "X-Kannel-Username: jiuji\r\n"));
    assert_non_null(strstr(peer_last_request(p), "Content-Type: text/plain; charset=UTF-8\r\n"));
    options.account.user = "a\r\nX-Kannel-To: 1"; /* nothing may end a line */
    struct sms_client *other = NULL;
    assert_int_equal(sms_client_new(&options, http, &other), ERR_INPUT);
    assert_null(other);
    sms_client_free(client);
    http_client_free(http);
    peer_stop(p);
}

static void silence_is_unknown_and_a_refused_connection_is_retried(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_CLOSE, NULL}};
    struct peer *p = peer_start(steps, 1);
    int ports[] = {peer_port(p), peer_closed_port()};
    enum sms_outcome expected[] = {SMS_UNKNOWN, SMS_RETRY};
    for (size_t i = 0; i < 2; i++) {
        char url[64];
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/cgi-bin/sendsms", ports[i]);
        struct http_client *http = NULL;
        struct http_client_options http_options = {.max_parallel = 1};
        assert_int_equal(http_client_new(&http_options, &http), ERR_OK);
        struct sms_client *client = NULL;
        struct sms_client_options options = {.codec = &KANNEL_CODEC,
                                             .account = {.url = url, .user = "u"}};
        assert_int_equal(sms_client_new(&options, http, &client), ERR_OK);
        struct sms_channel channel = sms_client_channel(client);
        struct sms_message m = {
            .id = SLICE_LIT("n-1"), .to = SLICE_LIT("13800138000"), .text = SLICE_LIT("hi")};
        struct sms_result result;
        assert_int_equal(sms_send(&channel, &m, 1, &result), ERR_OK);
        assert_int_equal(result.outcome, expected[i]);
        sms_client_free(client);
        http_client_free(http);
    }
    peer_stop(p);
}

int main(void)
{
    if (http_client_setup() != ERR_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chinese_text_is_sent_as_ucs2_in_utf8),
        cmocka_unit_test(a_plain_text_is_sent_in_seven_bits_and_without_a_report_address),
        cmocka_unit_test(by_post_neither_number_nor_text_stands_in_the_url),
        cmocka_unit_test(an_account_is_checked),
        cmocka_unit_test(answers_map_to_their_classes),
        cmocka_unit_test(reports_map_to_states),
        cmocka_unit_test(incoming_texts_are_decoded_by_their_coding),
        cmocka_unit_test(a_batch_gives_every_message_its_own_result),
        cmocka_unit_test(a_batch_without_a_valid_message_asks_nobody),
        cmocka_unit_test(silence_is_unknown_and_a_refused_connection_is_retried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
