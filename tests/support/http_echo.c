/* A server for tests of server/http: answers in every way a handler can, on request.
 *
 *   http-echo [--ip ADDRESS] [--port N] [--reuse_port 1] [--LIMIT VALUE ...]
 *
 * LIMIT is a name of HTTP_LIMITS_TABLE.
 *
 * Prints `port N` when it listens, `gone NAME` when a watcher is told, `drained` at the end.
 * SIGTERM drains, a second one stops. SIGUSR1 answers and ends all that is held.
 *
 *   /hello                  200 "hello"
 *   /describe               what the server made of the request (JSON)
 *   /echo                   the body back
 *   /big?bytes=N            N bytes
 *   /hold?name=X            no answer before /release?name=X
 *   /poll?name=X            the same, watched
 *   /stream?name=X          a watched stream
 *   /push?name=X&bytes=N    write to it
 *   /finish?name=X          end it
 *   /held                   names that are held or streamed (JSON array)
 *   /problem                a problem
 *   /broken                 an answer with a line break in a header
 *   /empty, /close          204, the second one closes
 *   /counters               the server's counters (JSON)
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "queue/base/json.h"
#include "queue/base/log.h"
#include "server/http/http_server.h"
#include "server/http/query.h"

#define HELD_MAX 64
#define NAME_SIZE 32

struct held {
    char name[NAME_SIZE]; /* "": free */
    struct http_ticket ticket;
    bool stream;
};

struct echo {
    struct http_server *server;
    struct held held[HELD_MAX];
    uv_signal_t term;
    uv_signal_t usr1;
    char fill[65536];
};

static void say(const char *what, const char *name)
{
    printf("%s %s\n", what, name);
    fflush(stdout);
}

static struct held *held_find(struct echo *e, const char *name)
{
    for (size_t i = 0; i < HELD_MAX; i++) {
        if (strcmp(e->held[i].name, name) == 0) {
            return &e->held[i];
        }
    }
    return NULL;
}

static void on_gone(struct http_ticket ticket, void *data)
{
    struct held *h = data;
    if (h->ticket.serial == ticket.serial) {
        say("gone", h->name);
        h->name[0] = '\0';
    }
}

static void answer(struct echo *e, const struct http_request *r, int status, const char *type,
                   struct slice body)
{
    http_reply(e->server, r->ticket,
               &(struct http_response){.status = status, .content_type = type, .body = body});
}

static void answer_text(struct echo *e, const struct http_request *r, int status, const char *text)
{
    answer(e, r, status, HTTP_TYPE_TEXT, slice_of(text));
}

static void describe(struct echo *e, const struct http_request *r)
{
    struct buf text;
    struct json_out o;
    char address[HTTP_ADDRESS_TEXT_SIZE];
    http_address_text(&r->remote, address);
    buf_init(&text, 1 << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_text(&o, "method", http_method_text(r->method));
    json_put_slice(&o, "path", r->path);
    json_put_slice(&o, "query", r->query);
    json_put_text(&o, "version", r->http_1_0 ? "1.0" : "1.1");
    json_put_text(&o, "remote", address);
    json_put_slice(&o, "body", r->body);
    json_open_array(&o, "headers");
    for (size_t i = 0; i < r->field_count; i++) {
        json_put_slice(&o, NULL, r->fields[i].name);
        json_put_slice(&o, NULL, r->fields[i].value);
    }
    json_close_array(&o);
    json_close_object(&o);
    answer(e, r, 200, HTTP_TYPE_JSON, buf_slice(&text));
    buf_release(&text);
}

static void counters(struct echo *e, const struct http_request *r)
{
    const struct http_counters *c = http_server_counters(e->server);
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {{"accepted", c->accepted},
                {"requests", c->requests},
                {"responses", c->responses},
                {"refused_full", c->refused_full},
                {"refused_address", c->refused_address},
                {"shed_idle", c->shed_idle},
                {"bad_requests", c->bad_requests},
                {"head_timeouts", c->head_timeouts},
                {"body_timeouts", c->body_timeouts},
                {"write_timeouts", c->write_timeouts},
                {"stream_overflows", c->stream_overflows},
                {"open_now", c->open_now},
                {"busy_now", c->busy_now}};
    struct buf text;
    struct json_out o;
    buf_init(&text, 4096);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        json_put_int(&o, rows[i].name, (int64_t)rows[i].value);
    }
    json_close_object(&o);
    answer(e, r, 200, HTTP_TYPE_JSON, buf_slice(&text));
    buf_release(&text);
}

static void list_held(struct echo *e, const struct http_request *r)
{
    struct buf text;
    struct json_out o;
    buf_init(&text, 8192);
    json_out_init(&o, &text);
    json_open_array(&o, NULL);
    for (size_t i = 0; i < HELD_MAX; i++) {
        if (e->held[i].name[0] != '\0') {
            json_put_text(&o, NULL, e->held[i].name);
        }
    }
    json_close_array(&o);
    answer(e, r, 200, HTTP_TYPE_JSON, buf_slice(&text));
    buf_release(&text);
}

/* Bytes of 'x' in one response, longer than any socket buffer if wanted. */
static void big(struct echo *e, const struct http_request *r, int64_t bytes)
{
    char *body = malloc((size_t)bytes + 1);
    ASSERT(body != NULL);
    memset(body, 'x', (size_t)bytes);
    answer(e, r, 200, HTTP_TYPE_TEXT, slice_make(body, (size_t)bytes));
    free(body);
}

static void hold(struct echo *e, const struct http_request *r, const char *name, bool watch,
                 bool stream)
{
    struct held *h = held_find(e, "");
    ASSERT(h != NULL);
    snprintf(h->name, sizeof(h->name), "%s", name);
    h->ticket = r->ticket;
    h->stream = stream;
    if (stream && !http_stream_begin(e->server, r->ticket, 200, HTTP_TYPE_EVENTS)) {
        h->name[0] = '\0';
    }
    if (watch && !http_watch(e->server, r->ticket, on_gone, h)) {
        say("gone", h->name);
        h->name[0] = '\0';
    }
}

/* Requests about something that is held. False: there is no such path. */
static bool about_held(struct echo *e, const struct http_request *r, const char *name,
                       int64_t bytes)
{
    struct held *h = name[0] == '\0' ? NULL : held_find(e, name);
    bool release = slice_is(r->path, "/release");
    bool push = slice_is(r->path, "/push");
    bool finish = slice_is(r->path, "/finish");
    if (!release && !push && !finish) {
        return false;
    }
    if (h == NULL || h->stream == release) {
        answer_text(e, r, 404, "none");
        return true;
    }
    bool sent = true;
    if (release) {
        struct http_response done = {
            .status = 200, .content_type = HTTP_TYPE_TEXT, .body = slice_of(h->name)};
        sent = http_reply(e->server, h->ticket, &done);
    } else if (push) {
        sent = http_stream_write(e->server, h->ticket, slice_make(e->fill, (size_t)bytes));
    } else {
        http_stream_end(e->server, h->ticket);
    }
    if (release || finish) {
        h->name[0] = '\0';
    }
    answer_text(e, r, 200, sent ? "sent" : "gone");
    return true;
}

static void on_request(struct http_server *server, const struct http_request *r, void *data)
{
    struct echo *e = data;
    char name[NAME_SIZE];
    struct slice value;
    int64_t bytes;
    if (query_get(r->query, "name", name, sizeof(name), &value) != ERR_OK) {
        name[0] = '\0';
    }
    if (query_int64(r->query, "bytes", 0, 100000000, 1, &bytes) != ERR_OK) {
        bytes = 1;
    }
    if (slice_is(r->path, "/hello")) {
        answer_text(e, r, 200, "hello");
    } else if (slice_is(r->path, "/echo")) {
        answer(e, r, 200, "application/octet-stream", r->body);
    } else if (slice_is(r->path, "/describe") || slice_is(r->path, "*")) {
        describe(e, r);
    } else if (slice_is(r->path, "/counters")) {
        counters(e, r);
    } else if (slice_is(r->path, "/held")) {
        list_held(e, r);
    } else if (slice_is(r->path, "/big")) {
        big(e, r, bytes);
    } else if (slice_is(r->path, "/hold")) {
        hold(e, r, name, false, false);
    } else if (slice_is(r->path, "/poll")) {
        hold(e, r, name, true, false);
    } else if (slice_is(r->path, "/stream")) {
        hold(e, r, name, true, true);
    } else if (slice_is(r->path, "/problem")) {
        http_reply_problem(server, r->ticket, ERR_CONFLICT, 0, "与已有记录冲突。");
    } else if (slice_is(r->path, "/empty")) {
        http_reply(server, r->ticket, &(struct http_response){.status = 204});
    } else if (slice_is(r->path, "/close")) {
        http_reply(server, r->ticket, &(struct http_response){.status = 204, .close = true});
    } else if (slice_is(r->path, "/broken")) {
        struct http_response broken = {.status = 200, .extra_count = 1};
        broken.extra[0] = (struct http_field){SLICE_LIT("X-A"), SLICE_LIT("1\r\nX-B: 2")};
        http_reply(server, r->ticket, &broken);
    } else if (!about_held(e, r, name, bytes)) {
        answer_text(e, r, 404, "no such path");
    }
}

static void on_drained(void *data)
{
    struct echo *e = data;
    e->server = NULL;
    say("drained", "");
    uv_close((uv_handle_t *)&e->term, NULL);
    uv_close((uv_handle_t *)&e->usr1, NULL);
}

static void on_term(uv_signal_t *signal, int number)
{
    struct echo *e = signal->data;
    (void)number;
    if (e->server == NULL) {
        return;
    }
    if (http_server_draining(e->server)) {
        http_server_stop(e->server);
    } else {
        say("draining", "");
        http_server_drain(e->server, on_drained, e);
    }
}

static void on_usr1(uv_signal_t *signal, int number)
{
    struct echo *e = signal->data;
    (void)number;
    for (size_t i = 0; i < HELD_MAX; i++) {
        struct held *h = &e->held[i];
        if (h->name[0] != '\0' && h->stream) {
            http_stream_end(e->server, h->ticket);
        } else if (h->name[0] != '\0') {
            struct http_response done = {
                .status = 200, .content_type = HTTP_TYPE_TEXT, .body = slice_of(h->name)};
            http_reply(e->server, h->ticket, &done);
        }
        h->name[0] = '\0';
    }
}

static bool read_options(struct http_server_options *o, int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        bool known = true;
        if (strcmp(argv[i], "--ip") == 0) {
            o->ip = argv[i + 1];
        } else if (strcmp(argv[i], "--port") == 0) {
            o->port = (int)strtol(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--reuse_port") == 0) {
            o->reuse_port = true;
        } else {
            known = false;
        }
#define ECHO_LIMIT(name, dflt, least, most, what)       \
    if (strcmp(argv[i], "--" #name) == 0) {             \
        o->limits.name = strtol(argv[i + 1], NULL, 10); \
        known = true;                                   \
    }
        HTTP_LIMITS_TABLE(ECHO_LIMIT)
#undef ECHO_LIMIT
        if (!known) {
            fprintf(stderr, "http-echo: unknown option '%s'\n", argv[i]);
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    static struct echo echo;
    uv_loop_t *loop = uv_default_loop();
    struct http_server_options options = {
        .ip = "127.0.0.1", .on_request = on_request, .data = &echo};
    log_setup("http-echo", LOG_WARN);
    http_limits_defaults(&options.limits);
    memset(echo.fill, 'x', sizeof(echo.fill));
    if (!read_options(&options, argc, argv)) {
        return 2;
    }
    enum err err = http_server_start(loop, &options, &echo.server);
    if (err != ERR_OK) {
        fprintf(stderr, "http-echo: %s\n", err_text(err));
        return 1;
    }
    uv_signal_init(loop, &echo.term);
    echo.term.data = &echo;
    uv_signal_start(&echo.term, on_term, SIGTERM);
    uv_signal_init(loop, &echo.usr1);
    echo.usr1.data = &echo;
    uv_signal_start(&echo.usr1, on_usr1, SIGUSR1);
    printf("port %d\n", http_server_port(echo.server));
    fflush(stdout);
    uv_run(loop, UV_RUN_DEFAULT);
    return uv_loop_close(loop) == 0 ? 0 : 3;
}
