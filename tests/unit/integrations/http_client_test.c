#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "integrations/http/http_client.h"
#include "tests/unit/integrations/peer.h"

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

static struct http_client *make_client(int parallel)
{
    struct http_client *client = NULL;
    struct http_client_options options = {.max_parallel = parallel};
    assert_int_equal(http_client_new(&options, &client), ERR_OK);
    return client;
}

static char url_text[64];

static const char *url_of(int port)
{
    (void)snprintf(url_text, sizeof(url_text), "http://127.0.0.1:%d/x", port);
    return url_text;
}

static void run_one(struct http_call *call, const char *url)
{
    struct http_client *client = make_client(4);
    call->url = url;
    http_client_run(client, call, 1);
    http_client_free(client);
}

static void a_whole_answer_is_answered(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER, OK_REPLY}};
    struct peer *p = peer_start(steps, 1);
    struct http_call call;
    http_call_init(&call);
    run_one(&call, url_of(peer_port(p)));
    assert_int_equal(call.outcome, HTTP_ANSWERED);
    assert_int_equal(call.status, 200);
    assert_string_equal(call.reply.ptr, "hello");
    assert_string_equal(call.error, "");
    http_call_release(&call);
    peer_stop(p);
}

static void every_status_is_an_answer_and_redirects_are_not_followed(void **state)
{
    (void)state;
    struct peer_step steps[] = {
        {PEER_ANSWER, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"},
        {PEER_ANSWER,
         "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"},
    };
    struct peer *p = peer_start(steps, 2);
    int expected[] = {500, 302};
    for (size_t i = 0; i < 2; i++) {
        struct http_call call;
        http_call_init(&call);
        call.money = true;
        run_one(&call, url_of(peer_port(p)));
        assert_int_equal(call.outcome, HTTP_ANSWERED);
        assert_int_equal(call.status, expected[i]);
        http_call_release(&call);
    }
    assert_int_equal(peer_requests(p), 2);
    peer_stop(p);
}

static void a_post_carries_body_token_and_headers_and_no_expect(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER, OK_REPLY}};
    struct peer *p = peer_start(steps, 1);
    char *body = malloc(100000); /* large enough for libcurl to think of Expect */
    assert_non_null(body);
    memset(body, 'b', 100000);
    struct http_call call;
    http_call_init(&call);
    call.post = true;
    call.money = true;
    call.body = slice_make(body, 100000);
    call.bearer = "secret-token";
    call.headers[3] = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    run_one(&call, url_of(peer_port(p)));
    assert_int_equal(call.outcome, HTTP_ANSWERED);
    const char *request = peer_last_request(p);
    assert_ptr_equal(strstr(request, "POST /x HTTP/1.1\r\n"), request);
    assert_non_null(strstr(request, "\r\nAuthorization: Bearer secret-token\r\n"));
    assert_non_null(strstr(request, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(request, "\r\ntraceparent: 00-4bf9"));
    assert_non_null(strstr(request, "\r\nContent-Length: 100000\r\n"));
    assert_null(strcasestr(request, "\r\nExpect"));
    assert_int_equal(strlen(strstr(request, "\r\n\r\n") + 4), 100000);
    http_call_release(&call);
    free(body);
    peer_stop(p);
}

static void a_refused_connection_was_not_sent(void **state)
{
    (void)state;
    struct http_call call;
    http_call_init(&call);
    call.post = true;
    run_one(&call, url_of(peer_closed_port()));
    assert_int_equal(call.outcome, HTTP_NOT_SENT);
    assert_int_equal(call.status, 0);
    assert_true(strlen(call.error) > 0);
    http_call_release(&call);
}

static void a_failed_tls_handshake_was_not_sent(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_TEXT_AND_CLOSE, "this is not TLS\r\n\r\n"}};
    struct peer *p = peer_start(steps, 1);
    char url[64];
    (void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", peer_port(p));
    struct http_call call;
    http_call_init(&call);
    call.money = true;
    call.total_ms = 300; /* the peer waits for a request that never comes */
    run_one(&call, url);
    assert_int_equal(call.outcome, HTTP_NOT_SENT);
    http_call_release(&call);
    peer_stop(p);
}

static void what_cannot_be_started_was_not_sent(void **state)
{
    (void)state;
    const char *urls[] = {"", "ftp://127.0.0.1/x", "file:///etc/hostname", "http://", NULL};
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct http_call call;
        http_call_init(&call);
        run_one(&call, urls[i]);
        assert_int_equal(call.outcome, HTTP_NOT_SENT);
        assert_int_equal(call.reply.len, 0);
        http_call_release(&call);
    }
}

static void a_line_break_in_a_token_or_header_is_refused_before_sending(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER, OK_REPLY}};
    struct peer *p = peer_start(steps, 1);
    struct http_call call;
    http_call_init(&call);
    call.bearer = "a\r\nX-Evil: 1";
    run_one(&call, url_of(peer_port(p)));
    assert_int_equal(call.outcome, HTTP_NOT_SENT);
    http_call_release(&call);
    http_call_init(&call);
    call.headers[0] = "X-A: 1\nX-Evil: 1";
    run_one(&call, url_of(peer_port(p)));
    assert_int_equal(call.outcome, HTTP_NOT_SENT);
    http_call_release(&call);
    assert_int_equal(peer_connections(p), 0);
    peer_stop(p);
}

static void silence_after_the_request_is_unknown(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_HANG, NULL}};
    struct peer *p = peer_start(steps, 1);
    struct http_call call;
    http_call_init(&call);
    call.post = true;
    call.money = true;
    call.total_ms = 2000; /* enough to be sent, also on a busy machine */
    run_one(&call, url_of(peer_port(p)));
    assert_int_equal(call.outcome, HTTP_UNKNOWN);
    assert_int_equal(call.status, 0);
    http_call_release(&call);
    peer_stop(p);
}

static void a_close_half_an_answer_or_garbage_is_unknown(void **state)
{
    (void)state;
    struct peer_step steps[] = {
        {PEER_CLOSE, NULL},
        {PEER_TEXT_AND_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf"},
        {PEER_TEXT_AND_CLOSE, "HTTP/1.1 200 OK\r\nContent-Le"},
        {PEER_TEXT_AND_CLOSE, "\x16\x03 what is this\r\n\r\n"},
    };
    struct peer *p = peer_start(steps, 4);
    for (size_t i = 0; i < 4; i++) {
        struct http_call call;
        http_call_init(&call);
        call.post = true;
        call.money = true;
        run_one(&call, url_of(peer_port(p)));
        assert_int_equal(call.outcome, HTTP_UNKNOWN);
        assert_int_equal(call.status, 0);
        http_call_release(&call);
    }
    assert_int_equal(peer_requests(p), 4); /* one each: nothing was repeated behind our back */
    peer_stop(p);
}

static void the_head_of_the_final_answer_is_kept_when_asked(void **state)
{
    (void)state;
    struct peer_step steps[] = {
        {PEER_ANSWER, "HTTP/1.1 100 Continue\r\nX-Early: no\r\n\r\nHTTP/1.1 200 OK\r\n"
                      "Content-Length: 2\r\nWechatpay-Nonce:  abc \r\nX-Twice: 1\r\nx-twice: 2\r\n"
                      "X-Twice-More: 3\r\n\r\nok"}};
    struct peer *p = peer_start(steps, 1);
    for (int keep = 0; keep <= 1; keep++) {
        struct http_call call;
        http_call_init(&call);
        call.keep_head = keep == 1;
        run_one(&call, url_of(peer_port(p)));
        assert_int_equal(call.outcome, HTTP_ANSWERED);
        struct slice nonce = http_call_header(&call, "wechatpay-nonce");
        assert_int_equal(slice_is(nonce, "abc"), keep);
        assert_int_equal(slice_is(http_call_header(&call, "X-Twice-More"), "3"), keep);
        assert_null(http_call_header(&call, "X-Twice").ptr); /* a doubled one is nobody's */
        assert_null(http_call_header(&call, "X-Early").ptr);
        assert_null(http_call_header(&call, "X-").ptr);
        http_call_release(&call);
    }
    peer_stop(p);
}

static void a_head_over_the_limit_is_unknown(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 4 * HTTP_HEAD_MAX);
    buf_put_text(&text, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    while (text.len < HTTP_HEAD_MAX) {
        buf_put_text(&text, "X-Filler: 0123456789012345678901234567890123456789\r\n");
    }
    buf_put_text(&text, "\r\n");
    struct peer_step steps[] = {{PEER_ANSWER, text.ptr}};
    struct peer *p = peer_start(steps, 1);
    for (int keep = 0; keep <= 1; keep++) {
        struct http_call call;
        http_call_init(&call);
        call.keep_head = keep == 1;
        run_one(&call, url_of(peer_port(p)));
        assert_int_equal(call.outcome, keep == 1 ? HTTP_UNKNOWN : HTTP_ANSWERED);
        http_call_release(&call);
    }
    peer_stop(p);
    buf_release(&text);
}

static void an_answer_over_the_limit_is_unknown_and_one_at_the_limit_is_not(void **state)
{
    (void)state;
    for (size_t over = 0; over <= 1; over++) {
        size_t len = HTTP_REPLY_MAX + over;
        struct buf text;
        buf_init(&text, len + 200);
        buf_putf(&text, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);
        char *room = buf_room(&text, len);
        assert_non_null(room);
        memset(room, 'x', len);
        room[len] = '\0';
        struct peer_step steps[] = {{PEER_ANSWER, text.ptr}};
        struct peer *p = peer_start(steps, 1);
        struct http_call call;
        http_call_init(&call);
        run_one(&call, url_of(peer_port(p)));
        assert_int_equal(call.outcome, over == 0 ? HTTP_ANSWERED : HTTP_UNKNOWN);
        assert_true(call.reply.len <= HTTP_REPLY_MAX);
        http_call_release(&call);
        peer_stop(p);
        buf_release(&text);
    }
}

static void money_takes_a_connection_of_its_own_and_others_share(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER, OK_REPLY}};
    struct peer *p = peer_start(steps, 1);
    struct http_client *client = make_client(1);
    size_t connections[2];
    for (int money = 0; money <= 1; money++) {
        size_t before = peer_connections(p);
        for (size_t i = 0; i < 3; i++) {
            struct http_call call;
            http_call_init(&call);
            call.url = url_of(peer_port(p));
            call.money = money == 1;
            http_client_run(client, &call, 1);
            assert_int_equal(call.outcome, HTTP_ANSWERED);
            http_call_release(&call);
        }
        connections[money] = peer_connections(p) - before;
    }
    assert_int_equal(connections[0], 1);
    assert_int_equal(connections[1], 3);
    http_client_free(client);
    peer_stop(p);
}

/* libcurl repeats a request when a kept-alive connection turns out to be dead. That may not happen
 * to money, and on a shared connection nothing may be called "not sent" after it. */
static void a_dead_kept_alive_connection_is_never_a_proof(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER_ONCE, OK_REPLY}, {PEER_CLOSE, NULL}};
    struct peer *p = peer_start(steps, 2);
    struct http_client *client = make_client(1);
    for (size_t i = 0; i < 2; i++) {
        struct http_call call;
        http_call_init(&call);
        call.url = url_of(peer_port(p));
        call.post = true;
        http_client_run(client, &call, 1);
        assert_int_equal(call.outcome, i == 0 ? HTTP_ANSWERED : HTTP_UNKNOWN);
        http_call_release(&call);
    }
    http_client_free(client);
    peer_stop(p);
}

static void many_calls_with_few_places_all_get_their_own_outcome(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER, OK_REPLY}};
    struct peer *p = peer_start(steps, 1);
    struct http_client *client = make_client(4);
    struct http_call calls[40];
    char good[64];
    char closed[64];
    (void)snprintf(good, sizeof(good), "http://127.0.0.1:%d/", peer_port(p));
    (void)snprintf(closed, sizeof(closed), "http://127.0.0.1:%d/", peer_closed_port());
    for (size_t i = 0; i < 40; i++) {
        http_call_init(&calls[i]);
        calls[i].url = i % 3 == 0 ? good : i % 3 == 1 ? closed : "nonsense://";
    }
    http_client_run(client, calls, 40);
    for (size_t i = 0; i < 40; i++) {
        assert_int_equal(calls[i].outcome, i % 3 == 0 ? HTTP_ANSWERED : HTTP_NOT_SENT);
        http_call_release(&calls[i]);
    }
    assert_int_equal(peer_requests(p), 14);
    http_client_free(client);
    peer_stop(p);
}

static void a_hanging_call_does_not_hold_up_the_others(void **state)
{
    (void)state;
    struct peer_step hang[] = {{PEER_HANG, NULL}};
    struct peer_step answer[] = {{PEER_ANSWER, OK_REPLY}};
    struct peer *bad = peer_start(hang, 1);
    struct peer *good = peer_start(answer, 1);
    char urls[2][64];
    (void)snprintf(urls[0], sizeof(urls[0]), "http://127.0.0.1:%d/", peer_port(bad));
    (void)snprintf(urls[1], sizeof(urls[1]), "http://127.0.0.1:%d/", peer_port(good));
    struct http_client *client = make_client(2);
    struct http_call calls[4];
    for (size_t i = 0; i < 4; i++) {
        http_call_init(&calls[i]);
        calls[i].url = urls[i == 0 ? 0 : 1];
        calls[i].total_ms = i == 0 ? 2000 : 60000;
    }
    http_client_run(client, calls, 4);
    assert_int_equal(calls[0].outcome, HTTP_UNKNOWN);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(calls[i].outcome, HTTP_ANSWERED);
    }
    for (size_t i = 0; i < 4; i++) {
        http_call_release(&calls[i]);
    }
    http_client_free(client);
    peer_stop(bad);
    peer_stop(good);
}

static void the_environment_cannot_put_a_proxy_in_between(void **state)
{
    (void)state;
    struct peer_step steps[] = {{PEER_ANSWER, OK_REPLY}};
    struct peer *p = peer_start(steps, 1);
    assert_int_equal(setenv("http_proxy", "http://127.0.0.1:1/", 1), 0);
    assert_int_equal(setenv("ALL_PROXY", "http://127.0.0.1:1/", 1), 0);
    struct http_call call;
    http_call_init(&call);
    run_one(&call, url_of(peer_port(p)));
    assert_int_equal(call.outcome, HTTP_ANSWERED);
    http_call_release(&call);
    (void)unsetenv("http_proxy");
    (void)unsetenv("ALL_PROXY");
    peer_stop(p);
}

static void options_out_of_range_are_refused(void **state)
{
    (void)state;
    struct http_client *client = NULL;
    int bad[] = {0, -1, HTTP_PARALLEL_MAX + 1};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct http_client_options options = {.max_parallel = bad[i]};
        assert_int_equal(http_client_new(&options, &client), ERR_INPUT);
        assert_null(client);
    }
    client = make_client(HTTP_PARALLEL_MAX);
    http_client_run(client, NULL, 0);
    http_client_free(client);
    http_client_free(NULL);
}

int main(void)
{
    if (http_client_setup() != ERR_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_answer_is_answered),
        cmocka_unit_test(every_status_is_an_answer_and_redirects_are_not_followed),
        cmocka_unit_test(a_post_carries_body_token_and_headers_and_no_expect),
        cmocka_unit_test(a_refused_connection_was_not_sent),
        cmocka_unit_test(a_failed_tls_handshake_was_not_sent),
        cmocka_unit_test(what_cannot_be_started_was_not_sent),
        cmocka_unit_test(a_line_break_in_a_token_or_header_is_refused_before_sending),
        cmocka_unit_test(silence_after_the_request_is_unknown),
        cmocka_unit_test(a_close_half_an_answer_or_garbage_is_unknown),
        cmocka_unit_test(the_head_of_the_final_answer_is_kept_when_asked),
        cmocka_unit_test(a_head_over_the_limit_is_unknown),
        cmocka_unit_test(an_answer_over_the_limit_is_unknown_and_one_at_the_limit_is_not),
        cmocka_unit_test(money_takes_a_connection_of_its_own_and_others_share),
        cmocka_unit_test(a_dead_kept_alive_connection_is_never_a_proof),
        cmocka_unit_test(many_calls_with_few_places_all_get_their_own_outcome),
        cmocka_unit_test(a_hanging_call_does_not_hold_up_the_others),
        cmocka_unit_test(the_environment_cannot_put_a_proxy_in_between),
        cmocka_unit_test(options_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
