/* The router. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "server/http/router.h"

enum {
    ROOT,
    TICKETS,
    CASE,
    CASE_CHANGE,
    CASE_EVENTS,
    CASE_VERB,
    CASE_LIST,
    CASE_STATS,
    REQUEST_JSON,
    REQUESTS_JSON,
    CONSOLE,
    TWO,
};

static const struct route routes[] = {
    {HTTP_METHOD_GET, "/", ROOT},
    {HTTP_METHOD_POST, "/v1/tickets", TICKETS},
    {HTTP_METHOD_GET, "/v1/cases/{no}", CASE},
    {HTTP_METHOD_PATCH, "/v1/cases/{no}", CASE_CHANGE},
    {HTTP_METHOD_GET, "/v1/cases/{no}/events", CASE_EVENTS},
    {HTTP_METHOD_POST, "/v1/cases/{no}/{verb}", CASE_VERB},
    {HTTP_METHOD_GET, "/v1/cases", CASE_LIST},
    {HTTP_METHOD_GET, "/v1/cases/stats", CASE_STATS},
    {HTTP_METHOD_GET, "/open311/v2/requests/{id}.json", REQUEST_JSON},
    {HTTP_METHOD_GET, "/open311/v2/requests.json", REQUESTS_JSON},
    {HTTP_METHOD_GET, "/console/{path*}", CONSOLE},
    {HTTP_METHOD_DELETE, "/v1/{a}/{b}/{c}/two", TWO},
};

static struct router *router;
static struct route_match match;

static int set_up(void **state)
{
    (void)state;
    return router_make(routes, COUNT_OF(routes), &router) == ERR_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    router_free(router);
    return 0;
}

static enum err go(enum http_method method, const char *path)
{
    match = (struct route_match){.id = -1};
    return router_match(router, method, slice_of(path), &match);
}

static void each_route_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(routes); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s", routes[i].pattern);
        for (char *c = path; *c != '\0'; c++) { /* "{no}" becomes "_no_" */
            *c = *c == '{' || *c == '}' || *c == '*' ? '_' : *c;
        }
        assert_int_equal(go(routes[i].method, path), ERR_OK);
        assert_int_equal(match.id, routes[i].id);
        assert_ptr_equal(match.pattern, routes[i].pattern);
    }
}

static void parameters_come_in_the_order_of_the_pattern(void **state)
{
    (void)state;
    assert_int_equal(go(HTTP_METHOD_POST, "/v1/cases/520100/accept"), ERR_OK);
    assert_int_equal(match.id, CASE_VERB);
    assert_int_equal(match.param_count, 2);
    assert_true(slice_is(match.params[0], "520100"));
    assert_true(slice_is(match.params[1], "accept"));
    assert_int_equal(go(HTTP_METHOD_GET, "/open311/v2/requests/7.json.json"), ERR_OK);
    assert_int_equal(match.param_count, 1);
    assert_true(slice_is(match.params[0], "7.json"));
    assert_int_equal(go(HTTP_METHOD_GET, "/console/js/a.js"), ERR_OK);
    assert_true(slice_is(match.params[0], "js/a.js"));
}

static void a_fixed_segment_wins_over_a_parameter(void **state)
{
    (void)state;
    assert_int_equal(go(HTTP_METHOD_GET, "/v1/cases/stats"), ERR_OK);
    assert_int_equal(match.id, CASE_STATS);
    assert_int_equal(match.param_count, 0);
    assert_int_equal(go(HTTP_METHOD_GET, "/v1/cases/1/events"), ERR_OK);
    assert_int_equal(match.id, CASE_EVENTS);
    assert_int_equal(match.param_count, 1);
}

static void a_dead_end_is_left_for_the_parameter_beside_it(void **state)
{
    (void)state;
    /* /v1/cases/{no}/events ends there; /v1/{a}/{b}/{c}/two goes on. */
    assert_int_equal(go(HTTP_METHOD_DELETE, "/v1/cases/1/events/two"), ERR_OK);
    assert_int_equal(match.id, TWO);
    assert_int_equal(match.param_count, 3);
    assert_true(slice_is(match.params[0], "cases"));
    assert_true(slice_is(match.params[2], "events"));
}

static void unknown_paths_are_not_found(void **state)
{
    const char *const paths[] = {"",
                                 "v1/tickets",
                                 "/v1",
                                 "/v1/ticket",
                                 "/v1/tickets/",
                                 "//v1/tickets",
                                 "/v1//tickets",
                                 "/V1/tickets",
                                 "/v1/cases/",
                                 "/v1/cases//events",
                                 "/v1/%74ickets",
                                 "/console/",
                                 "/console",
                                 "/console//x",
                                 "/open311/v2/requests/.json",
                                 "/v1/cases/1/2/3",
                                 "*",
                                 "/a/b/c/d/e/f/g/h/i/j/k/l/m/n"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        assert_int_equal(go(HTTP_METHOD_GET, paths[i]), ERR_NOT_FOUND);
    }
}

static void a_wrong_method_names_the_right_ones(void **state)
{
    (void)state;
    assert_int_equal(go(HTTP_METHOD_DELETE, "/v1/cases/1"), ERR_METHOD);
    assert_string_equal(match.allow, "GET, HEAD, PATCH");
    assert_string_equal(match.pattern, "/v1/cases/{no}");
    assert_int_equal(go(HTTP_METHOD_GET, "/v1/tickets"), ERR_METHOD);
    assert_string_equal(match.allow, "POST");
    assert_int_equal(go(HTTP_METHOD_HEAD, "/v1/tickets"), ERR_METHOD);
}

static void head_is_answered_by_get(void **state)
{
    (void)state;
    assert_int_equal(go(HTTP_METHOD_HEAD, "/v1/cases/1"), ERR_OK);
    assert_int_equal(match.id, CASE);
    assert_int_equal(go(HTTP_METHOD_HEAD, "/"), ERR_OK);
    assert_int_equal(match.id, ROOT);
}

static void bad_tables_are_refused(void **state)
{
    const char *const patterns[] = {"",
                                    "v1",
                                    "/v1/",
                                    "//v1",
                                    "/{}",
                                    "/{a",
                                    "/a}",
                                    "/a{b}",
                                    "/{a}{b}",
                                    "/{a*}/b",
                                    "/{a*}.js",
                                    "/x/{a}}",
                                    "/1/2/3/4/5/6/7/8/9/10/11/12/13",
                                    "/{1}/{2}/{3}/{4}/{5}/{6}/{7}"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(patterns); i++) {
        struct router *none = NULL;
        struct route bad = {HTTP_METHOD_GET, patterns[i], 0};
        if (router_make(&bad, 1, &none) != ERR_INPUT) {
            fail_msg("pattern '%s' was taken", patterns[i]);
        }
        assert_null(none);
    }
    const struct route twice[] = {{HTTP_METHOD_GET, "/a/{b}", 0}, {HTTP_METHOD_GET, "/a/{c}", 1}};
    struct router *none = NULL;
    assert_int_equal(router_make(twice, 2, &none), ERR_INPUT);
    const struct route negative = {HTTP_METHOD_GET, "/a", -1};
    assert_int_equal(router_make(&negative, 1, &none), ERR_INPUT);
}

static void an_empty_table_finds_nothing(void **state)
{
    struct router *empty;
    (void)state;
    assert_int_equal(router_make(NULL, 0, &empty), ERR_OK);
    assert_int_equal(router_match(empty, HTTP_METHOD_GET, SLICE_LIT("/"), &match), ERR_NOT_FOUND);
    router_free(empty);
    router_free(NULL);
}

static void the_longest_allowed_pattern_works(void **state)
{
    const struct route longest = {HTTP_METHOD_GET, "/1/2/3/4/5/6/{a}/{b}/{c}/{d}/{e}/{f*}", 7};
    struct router *r;
    (void)state;
    assert_int_equal(router_make(&longest, 1, &r), ERR_OK);
    struct slice path = SLICE_LIT("/1/2/3/4/5/6/a/b/c/d/e/f/g/h/i");
    assert_int_equal(router_match(r, HTTP_METHOD_GET, path, &match), ERR_OK);
    assert_int_equal(match.param_count, ROUTER_PARAMS_MAX);
    assert_true(slice_is(match.params[5], "f/g/h/i"));
    router_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_route_is_found),
        cmocka_unit_test(parameters_come_in_the_order_of_the_pattern),
        cmocka_unit_test(a_fixed_segment_wins_over_a_parameter),
        cmocka_unit_test(a_dead_end_is_left_for_the_parameter_beside_it),
        cmocka_unit_test(unknown_paths_are_not_found),
        cmocka_unit_test(a_wrong_method_names_the_right_ones),
        cmocka_unit_test(head_is_answered_by_get),
        cmocka_unit_test(bad_tables_are_refused),
        cmocka_unit_test(an_empty_table_finds_nothing),
        cmocka_unit_test(the_longest_allowed_pattern_works),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
