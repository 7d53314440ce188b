/* jiuji-sandbox: a stand-in bank and SMS operator over real HTTP. For trying out and for tests,
 * never in production. */
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/sandbox/answer.h"
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "queue/base/log.h"
#include "server/http/router.h"

#define DRAIN_MS 3000
#define OPENING_FEN_DEFAULT INT64_C(100000000000) /* a thousand million yuan */

enum route_id {
    ROUTE_DISBURSE,
    ROUTE_STATUS,
    ROUTE_SEND,
    ROUTE_STATEMENT,
    ROUTE_TOTALS,
    ROUTE_SMS,
    ROUTE_FAULTS,
    ROUTE_FAULTS_ADD,
    ROUTE_FAULTS_CLEAR,
    ROUTE_LIVEZ
};

static const struct route ROUTES[] = {
    {HTTP_METHOD_POST, "/disburse", ROUTE_DISBURSE},
    {HTTP_METHOD_POST, "/disburse/sync/txn/status", ROUTE_STATUS},
    {HTTP_METHOD_GET, "/cgi-bin/sendsms", ROUTE_SEND},
    {HTTP_METHOD_POST, "/cgi-bin/sendsms", ROUTE_SEND},
    {HTTP_METHOD_GET, "/sandbox/statement", ROUTE_STATEMENT},
    {HTTP_METHOD_GET, "/sandbox/totals", ROUTE_TOTALS},
    {HTTP_METHOD_GET, "/sandbox/sms", ROUTE_SMS},
    {HTTP_METHOD_GET, "/sandbox/faults", ROUTE_FAULTS},
    {HTTP_METHOD_POST, "/sandbox/faults", ROUTE_FAULTS_ADD},
    {HTTP_METHOD_DELETE, "/sandbox/faults", ROUTE_FAULTS_CLEAR},
    {HTTP_METHOD_GET, "/livez", ROUTE_LIVEZ},
};

struct options {
    const char *listen, *data, *bank_token, *sms_user, *sms_password;
    int64_t port, opening_fen;
};

/* The process: the sandbox and what only main() needs. */
struct process {
    struct sandbox sandbox;
    struct router *router;
    uv_signal_t signals[2];
    uv_timer_t drain_timer;
    bool stopping;
};

_Noreturn void sandbox_die(const char *what)
{
    log_event(LOG_ERROR, "sandbox_died", "why=\"%s\"", what);
    exit(1);
}

/* ---- Requests ---- */

static void on_request(struct http_server *server, const struct http_request *r, void *data)
{
    struct process *p = data;
    struct sandbox *s = &p->sandbox;
    struct route_match match;
    enum err err = router_match(p->router, r->method, r->path, &match);
    if (err != ERR_OK) {
        (void)http_reply_problem(server, r->ticket, err, 0, "没有这个地址或方法。");
        return;
    }
    switch ((enum route_id)match.id) {
    case ROUTE_DISBURSE: bank_disburse(s, r); break;
    case ROUTE_STATUS: bank_status(s, r); break;
    case ROUTE_SEND: operator_send(s, r); break;
    case ROUTE_STATEMENT: pages_statement(s, r); break;
    case ROUTE_TOTALS: pages_totals(s, r); break;
    case ROUTE_SMS: pages_sms(s, r); break;
    case ROUTE_FAULTS: pages_faults(s, r); break;
    case ROUTE_FAULTS_ADD: pages_faults_add(s, r); break;
    case ROUTE_FAULTS_CLEAR: pages_faults_clear(s, r); break;
    case ROUTE_LIVEZ: {
        struct http_response ok = {
            .status = 200, .content_type = HTTP_TYPE_TEXT, .body = SLICE_LIT("ok\n")};
        (void)http_reply(server, r->ticket, &ok);
        break;
    }
    }
}

/* Everything of this tick has been taken: one commit, then the answers. */
static void on_after_poll(uv_check_t *check)
{
    answers_release(check->data);
}

/* And what timers or the answers themselves brought, before the loop may sleep. */
static void on_before_poll(uv_prepare_t *prepare)
{
    answers_release(prepare->data);
}

/* ---- Stopping ---- */

static void on_drained(void *data)
{
    struct process *p = data;
    struct sandbox *s = &p->sandbox;
    s->server = NULL;
    answers_release(s);
    courier_stop(s->courier);
    uv_close((uv_handle_t *)&s->after_poll, NULL);
    uv_close((uv_handle_t *)&s->before_poll, NULL);
    uv_close((uv_handle_t *)&p->drain_timer, NULL);
    uv_close((uv_handle_t *)&p->signals[0], NULL);
    uv_close((uv_handle_t *)&p->signals[1], NULL);
}

static void on_drain_deadline(uv_timer_t *timer)
{
    struct process *p = timer->data;
    http_server_stop(p->sandbox.server);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct process *p = handle->data;
    (void)number;
    if (p->stopping) {
        http_server_stop(p->sandbox.server); /* asked twice: at once */
        return;
    }
    p->stopping = true;
    later_stop(&p->sandbox.later); /* what hangs is not waited for */
    (void)uv_timer_start(&p->drain_timer, on_drain_deadline, DRAIN_MS, 0);
    http_server_drain(p->sandbox.server, on_drained, p);
}

/* ---- Starting ---- */

static enum err on_journal_line(struct slice line, void *data)
{
    struct sandbox *s = data;
    return slice_starts_with(line, "S ") ? sms_box_read_line(&s->sms, line)
                                         : book_read_line(&s->book, line);
}

static enum err open_journal(struct sandbox *s, const char *folder)
{
    enum err err = file_make_folder(folder, 0700);
    if (err != ERR_OK) {
        return err;
    }
    struct buf path;
    buf_init(&path, 4096);
    buf_putf(&path, "%s/journal", folder);
    err = buf_err(&path);
    if (err == ERR_OK) {
        err = journal_open(path.ptr, on_journal_line, s, &s->journal);
    }
    buf_release(&path);
    return err;
}

static enum err start_server(struct process *p, const struct options *o)
{
    struct http_server_options options = {
        .ip = o->listen, .port = (int)o->port, .on_request = on_request, .data = p};
    http_limits_defaults(&options.limits);
    options.limits.body_bytes = SANDBOX_BODY_MAX;
    options.limits.connections_per_address = options.limits.connections;
    return http_server_start(p->sandbox.loop, &options, &p->sandbox.server);
}

static void watch(struct process *p, uv_signal_t *handle, int number)
{
    int rc = uv_signal_init(p->sandbox.loop, handle);
    ASSERT(rc == 0);
    handle->data = p;
    rc = uv_signal_start(handle, on_signal, number);
    ASSERT(rc == 0);
}

static enum err start(struct process *p, uv_loop_t *loop, const struct options *o)
{
    struct sandbox *s = &p->sandbox;
    s->loop = loop;
    s->held_last = &s->held;
    s->bank_token = o->bank_token;
    s->sms_user = o->sms_user;
    s->sms_password = o->sms_password;
    s->started_ms = clock_now_ms();
    book_init(&s->book, o->opening_fen);
    later_init(&s->later, loop);
    enum err err = router_make(ROUTES, COUNT_OF(ROUTES), &p->router);
    err = err != ERR_OK ? err : sms_box_init(&s->sms);
    err = err != ERR_OK ? err : open_journal(s, o->data);
    err = err != ERR_OK ? err : courier_new(loop, &s->later, &s->courier);
    err = err != ERR_OK ? err : start_server(p, o);
    if (err != ERR_OK) {
        return err;
    }
    int rc = uv_check_init(loop, &s->after_poll);
    ASSERT(rc == 0);
    s->after_poll.data = s;
    (void)uv_check_start(&s->after_poll, on_after_poll);
    rc = uv_prepare_init(loop, &s->before_poll);
    ASSERT(rc == 0);
    s->before_poll.data = s;
    (void)uv_prepare_start(&s->before_poll, on_before_poll);
    rc = uv_timer_init(loop, &p->drain_timer);
    ASSERT(rc == 0);
    p->drain_timer.data = p;
    watch(p, &p->signals[0], SIGTERM);
    watch(p, &p->signals[1], SIGINT);
    return ERR_OK;
}

static void release(struct process *p)
{
    struct sandbox *s = &p->sandbox;
    courier_free(s->courier);
    journal_close(s->journal);
    book_release(&s->book);
    sms_box_release(&s->sms);
    router_free(p->router);
}

/* ---- Command line ---- */

static const char USAGE[] =
    "usage: jiuji-sandbox --data DIR [--listen IP] [--port N] [--bank-token T] [--sms-user U]\n"
    "                     [--sms-password P] [--opening-fen N]\n"
    "A stand-in bank (G2P Connect) and SMS operator (Kannel) for trying out. Prints port=N.\n";

static bool read_options(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i += 2) {
        const char *name = argv[i];
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (value == NULL) {
            return false;
        }
        if (strcmp(name, "--listen") == 0) {
            o->listen = value;
        } else if (strcmp(name, "--data") == 0) {
            o->data = value;
        } else if (strcmp(name, "--bank-token") == 0) {
            o->bank_token = value;
        } else if (strcmp(name, "--sms-user") == 0) {
            o->sms_user = value;
        } else if (strcmp(name, "--sms-password") == 0) {
            o->sms_password = value;
        } else if (strcmp(name, "--port") == 0) {
            if (slice_to_int64(slice_of(value), 0, 65535, &o->port) != ERR_OK) {
                return false;
            }
        } else if (strcmp(name, "--opening-fen") != 0 ||
                   slice_to_int64(slice_of(value), 0, INT64_C(1000000000000000), &o->opening_fen) !=
                       ERR_OK) {
            return false;
        }
    }
    return o->data[0] != '\0';
}

int main(int argc, char **argv)
{
    struct options options = {.listen = "127.0.0.1",
                              .data = "",
                              .bank_token = "",
                              .sms_user = "jiuji",
                              .sms_password = "",
                              .port = 0,
                              .opening_fen = OPENING_FEN_DEFAULT};
    if (!read_options(argc, argv, &options)) {
        (void)fputs(USAGE, stderr);
        return 2;
    }
    log_setup("jiuji-sandbox", LOG_INFO);
    (void)signal(SIGPIPE, SIG_IGN);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return 1;
    }
    uv_loop_t loop;
    int rc = uv_loop_init(&loop);
    ASSERT(rc == 0);
    static struct process process;
    enum err err = start(&process, &loop, &options);
    if (err != ERR_OK) {
        log_event(LOG_ERROR, "sandbox_start_failed", "err=%s", err_code(err));
        return 1;
    }
    (void)printf("port=%d\n", http_server_port(process.sandbox.server));
    (void)fflush(stdout);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    release(&process);
    rc = uv_loop_close(&loop);
    ASSERT(rc == 0);
    curl_global_cleanup();
    return 0;
}
