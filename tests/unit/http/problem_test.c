/* Problem details and the bytes of responses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "queue/base/json.h"
#include "server/http/problem.h"
#include "server/http/response.h"

static struct buf out;

static int set_up(void **state)
{
    (void)state;
    buf_init(&out, 65536);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&out);
    return 0;
}

static void a_problem_has_type_title_status_and_detail(void **state)
{
    (void)state;
    problem_write(&out, &(struct problem){.err = ERR_MOVE, .detail = "此案件不能办结。"});
    assert_int_equal(buf_err(&out), ERR_OK);
    assert_string_equal(out.ptr, "{\"type\":\"urn:jiuji:problem:illegal-move\","
                                 "\"title\":\"the case cannot make this move from its state\","
                                 "\"status\":409,\"detail\":\"此案件不能办结。\"}");
}

static void faults_and_further_members_follow(void **state)
{
    const struct problem_error errors[] = {{"/caller/phone", "须为 11 位\"手机\"号码。"},
                                           {"", "不能为空。"}};
    const struct problem_extra extras[] = {{"allowed", SLICE_LIT("[\"accept\"]")},
                                           {"version", SLICE_LIT("7")}};
    struct json *root;
    struct slice text;
    (void)state;
    problem_write(&out, &(struct problem){.err = ERR_INPUT,
                                          .status = 422,
                                          .errors = errors,
                                          .error_count = 2,
                                          .extras = extras,
                                          .extra_count = 2});
    assert_int_equal(json_parse(buf_slice(&out), &root, NULL), ERR_OK);
    assert_int_equal(json_size(json_get(root, "errors")), 2);
    const struct json *first = json_at(json_get(root, "errors"), 0);
    assert_int_equal(json_string(json_get(first, "detail"), &text), ERR_OK);
    assert_true(slice_is(text, "须为 11 位\"手机\"号码。"));
    assert_int_equal(json_string(json_at(json_get(root, "allowed"), 0), &text), ERR_OK);
    assert_true(slice_is(text, "accept"));
    int64_t status;
    assert_int_equal(json_int64(json_get(root, "status"), 0, 999, &status), ERR_OK);
    assert_int_equal(status, 422);
    assert_null(json_get(root, "detail"));
    json_free(root);
}

static void every_error_makes_a_problem_that_parses(void **state)
{
    (void)state;
    for (int e = 0; e < ERR_COUNT; e++) {
        struct json *root;
        struct slice type;
        buf_clear(&out);
        struct problem p = {.err = (enum err)e};
        problem_write(&out, &p);
        assert_int_equal(json_parse(buf_slice(&out), &root, NULL), ERR_OK);
        assert_int_equal(json_string(json_get(root, "type"), &type), ERR_OK);
        struct slice code = {type.ptr + sizeof(PROBLEM_TYPE_PREFIX) - 1,
                             type.len - (sizeof(PROBLEM_TYPE_PREFIX) - 1)};
        assert_int_equal(err_from_code(code.ptr, code.len), e);
        assert_int_equal(problem_status(&p), err_http_status((enum err)e));
        json_free(root);
    }
}

static void a_buffer_that_is_too_small_says_so(void **state)
{
    struct buf small;
    (void)state;
    buf_init(&small, 40);
    problem_write(&small, &(struct problem){.err = ERR_INPUT});
    assert_int_equal(buf_err(&small), ERR_TOO_LARGE);
    buf_release(&small);
}

static const struct response_frame frame = {.date = "D", .keep_alive = true};

static void a_response_carries_length_and_protective_headers(void **state)
{
    struct http_response r = {
        .status = 200, .content_type = HTTP_TYPE_TEXT, .body = SLICE_LIT("救")};
    (void)state;
    r.extra[r.extra_count++] = (struct http_field){SLICE_LIT("ETag"), SLICE_LIT("\"1\"")};
    assert_int_equal(response_write(&out, &r, &frame), ERR_OK);
    assert_string_equal(out.ptr,
                        "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain; charset=utf-8\r\n"
                        "Content-Length: 3\r\nCache-Control: no-store\r\n"
                        "X-Content-Type-Options: nosniff\r\nETag: \"1\"\r\n\r\n救");
}

static void a_response_that_could_split_is_refused_whole(void **state)
{
    const struct http_field bad[] = {{SLICE_LIT("X"), SLICE_LIT("a\r\nY: b")},
                                     {SLICE_LIT("X"), SLICE_LIT("a\nY")},
                                     {SLICE_LIT("X\r"), SLICE_LIT("a")},
                                     {SLICE_LIT("X"), SLICE_LIT("\x7f")},
                                     {SLICE_LIT(""), SLICE_LIT("a")}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct http_response r = {.status = 200, .extra_count = 1};
        r.extra[0] = bad[i];
        assert_int_equal(response_write(&out, &r, &frame), ERR_INPUT);
        assert_int_equal(out.len, 0);
    }
    for (int status = 199; status <= 600; status += 401) {
        struct http_response r = {.status = status};
        assert_int_equal(response_write(&out, &r, &frame), ERR_INPUT);
    }
}

static void chunks_are_framed(void **state)
{
    (void)state;
    response_write_chunk(&out, SLICE_LIT("0123456789abcdef"));
    response_write_chunk(&out, SLICE_LIT("x"));
    assert_string_equal(out.ptr, "10\r\n0123456789abcdef\r\n1\r\nx\r\n");
}

static void dates_are_written_as_the_rfc_wants_them(void **state)
{
    char date[HTTP_DATE_SIZE];
    (void)state;
    http_date(784111777999, date); /* the example of RFC 9110 */
    assert_string_equal(date, "Sun, 06 Nov 1994 08:49:37 GMT");
    http_date(0, date);
    assert_string_equal(date, "Thu, 01 Jan 1970 00:00:00 GMT");
    http_date(1709251199000, date);
    assert_string_equal(date, "Thu, 29 Feb 2024 23:59:59 GMT");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_problem_has_type_title_status_and_detail, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(faults_and_further_members_follow, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_error_makes_a_problem_that_parses, set_up, tear_down),
        cmocka_unit_test(a_buffer_that_is_too_small_says_so),
        cmocka_unit_test_setup_teardown(a_response_carries_length_and_protective_headers, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_response_that_could_split_is_refused_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(chunks_are_framed, set_up, tear_down),
        cmocka_unit_test(dates_are_written_as_the_rfc_wants_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
