/* One callback of an operator for tests: fill the fields, call it, look at the items. */
#ifndef TESTS_UNIT_INTEGRATIONS_SMS_CALL_H
#define TESTS_UNIT_INTEGRATIONS_SMS_CALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <cmocka.h>
#include "integrations/sms/sms_incoming.h"

#define SECRET "s3cret-path_0123456789"
#define CALL_NOW_MS INT64_C(1772328600000)
#define CALL_ITEMS_MAX 8

struct call_pair {
    const char *name, *value;
};

struct call {
    const char *provider, *method, *tail, *query, *content_type;
    struct slice body;
    const char *source;
    struct call_pair headers[6];
    const char *path, *token, *public_url, *sources;
    int64_t now_ms;
    /* results */
    struct arena arena;
    struct sms_incoming items[CALL_ITEMS_MAX];
    size_t n;
    struct sms_answer answer;
};

static inline struct slice call_header(const void *headers, const char *name)
{
    const struct call_pair *list = headers;
    for (size_t i = 0; i < 6 && list[i].name != NULL; i++) {
        if (strcmp(list[i].name, name) == 0) {
            return slice_of(list[i].value);
        }
    }
    return slice_make(NULL, 0);
}

/* Runs it; may be called again. Release with call_release(). */
static inline enum err call_run(struct call *c)
{
    const struct sms_provider *p = sms_provider_find(slice_of(c->provider));
    assert_non_null(p);
    const struct sms_callback request = {
        .method = slice_of(c->method == NULL ? "POST" : c->method),
        .tail = slice_of(c->tail),
        .query = slice_of(c->query),
        .content_type = slice_of(c->content_type),
        .body = c->body,
        .source = slice_of(c->source),
        .now_ms = c->now_ms == 0 ? CALL_NOW_MS : c->now_ms,
        .header = call_header,
        .headers = c->headers,
    };
    const struct sms_secrets secrets = {
        .path = slice_of(c->path == NULL ? SECRET : c->path),
        .token = slice_of(c->token),
        .public_url = slice_of(c->public_url),
        .sources = slice_of(c->sources),
    };
    arena_release(&c->arena);
    arena_init(&c->arena, (size_t)1 << 20);
    c->n = 77;
    enum err err =
        sms_receive(p, &request, &secrets, &c->arena, c->items, CALL_ITEMS_MAX, &c->n, &c->answer);
    if (err != ERR_OK) {
        assert_int_equal(c->n, 77); /* untouched */
        assert_true(c->answer.refused.status >= 400);
    }
    assert_non_null(c->answer.stored.body);
    assert_true(c->answer.stored.status == 200 && c->answer.again.status == 503);
    return err;
}

static inline void call_release(struct call *c)
{
    arena_release(&c->arena);
}

static inline void assert_slice(struct slice s, const char *expected)
{
    if (!slice_is(s, expected)) {
        fail_msg("'%.*s' is not '%s'", SLICE_FMT(s), expected);
    }
}

#endif
