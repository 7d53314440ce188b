/* Start, the listener, the timer, draining. */
#include "server/http/http_server.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "queue/base/log.h"
#include "server/http/connection.h"

#define LISTEN_BACKLOG 1024

void http_limits_defaults(struct http_limits *l)
{
    *l = (struct http_limits){
#define HTTP_LIMIT_DEFAULT(name, dflt, least, most, what) .name = (dflt),
        HTTP_LIMITS_TABLE(HTTP_LIMIT_DEFAULT)
#undef HTTP_LIMIT_DEFAULT
    };
}

static bool limits_are_valid(const struct http_limits *l)
{
#define HTTP_LIMIT_CHECK(name, dflt, least, most, what) \
    if (l->name < (least) || l->name > (most)) {        \
        return false;                                   \
    }
    HTTP_LIMITS_TABLE(HTTP_LIMIT_CHECK)
#undef HTTP_LIMIT_CHECK
    return true;
}

/* ---- deadlines ---- */

static void expire(struct connection *c, enum wait wait)
{
    struct http_counters *counters = &c->server->counters;
    connection_wait(c, WAIT_NONE);
    switch (wait) {
    case WAIT_HEAD:
        counters->head_timeouts++;
        connection_refuse(c, FAULT_HEAD_SLOW);
        return;
    case WAIT_BODY:
    case WAIT_LARGE:
        counters->body_timeouts++;
        connection_refuse(c, FAULT_BODY_SLOW);
        return;
    case WAIT_WRITE:
        if (connection_made_progress(c)) {
            connection_wait(c, WAIT_WRITE);
            return;
        }
        counters->write_timeouts++;
        break;
    case WAIT_IDLE:
    case WAIT_LINGER:
    case WAIT_READY:
    case WAIT_COUNT: break;
    }
    connection_close(c);
}

static void timer_rearm(struct http_server *server)
{
    uint64_t now_ms = uv_now(server->loop);
    uint64_t due_ms = 0;
    for (int i = 0; i < WAIT_READY; i++) {
        const struct deadline *d = deadline_first(&server->waits[i]);
        if (d != NULL && (due_ms == 0 || d->due_ms < due_ms)) {
            due_ms = d->due_ms;
        }
    }
    server->timer_due_ms = due_ms;
    if (due_ms != 0) {
        uv_timer_start(&server->timer, server->timer.timer_cb,
                       due_ms > now_ms ? due_ms - now_ms : 0, 0);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    uint64_t now_ms = uv_now(server->loop);
    for (int i = 0; i < WAIT_READY; i++) {
        struct deadline *d;
        while ((d = deadline_first(&server->waits[i])) != NULL && d->due_ms <= now_ms) {
            expire(CONTAINER_OF(d, struct connection, deadline), (enum wait)i);
        }
    }
    timer_rearm(server);
}

/* Serve what was parked, each connection once per iteration. */
static void on_ready(uv_idle_t *idle)
{
    struct http_server *server = idle->data;
    struct deadline_list *list = &server->waits[WAIT_READY];
    struct deadline *last = list->ends.prev;
    struct deadline *d;
    bool more = true;
    while (more && (d = deadline_first(list)) != NULL) {
        more = d != last;
        connection_serve_parked(CONTAINER_OF(d, struct connection, deadline));
    }
    if (deadline_first(list) == NULL) {
        uv_idle_stop(idle);
    }
}

/* ---- start ---- */

static void on_client(uv_stream_t *listener, int status)
{
    struct http_server *server = listener->data;
    if (status != 0) {
        log_event(LOG_WARN, "http_accept_failed", "port=%d why=%s", server->port,
                  uv_err_name(status));
        return;
    }
    connection_accept(server);
}

/* A bound socket, not yet listening; -1 with errno. */
static int bind_socket(const struct http_server_options *o, int *port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name;
    socklen_t len = sizeof(name.v4);
    int one = 1;
    if (uv_ip4_addr(o->ip, o->port, &name.v4) != 0) {
        if (uv_ip6_addr(o->ip, o->port, &name.v6) != 0) {
            errno = EINVAL;
            return -1;
        }
        len = sizeof(name.v6);
    }
    int fd = socket(name.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        (o->reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) != 0) ||
        bind(fd, &name.any, len) != 0 || getsockname(fd, &name.any, &len) != 0) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    *port = ntohs(name.any.sa_family == AF_INET ? name.v4.sin_port : name.v6.sin6_port);
    return fd;
}

static void server_free(struct http_server *server)
{
    buf_release(&server->scratch);
    address_count_release(&server->addresses);
    free(server->slots);
    free(server->free_slots);
    free(server);
}

static struct http_server *server_make(uv_loop_t *loop, const struct http_server_options *o)
{
    const struct http_limits *l = &o->limits;
    uint64_t seed;
    struct http_server *server = calloc(1, sizeof(*server));
    if (server == NULL) {
        return NULL;
    }
    server->loop = loop;
    server->options = *o;
    server->scan_limits = (struct scan_limits){(size_t)l->request_line_bytes,
                                               (size_t)l->header_bytes, (size_t)l->header_lines};
    server->slot_count = (size_t)l->connections + REFUSED_CONNECTIONS;
    server->slots = calloc(server->slot_count, sizeof(struct connection *));
    server->free_slots = calloc(server->slot_count, sizeof(uint32_t));
    buf_init(&server->scratch, RESPONSE_BYTES_MAX);
    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
        seed = uv_hrtime(); /* only makes collisions harder to aim at */
    }
    if (server->slots == NULL || server->free_slots == NULL ||
        address_count_init(&server->addresses, server->slot_count, seed) != ERR_OK) {
        server_free(server);
        return NULL;
    }
    for (size_t i = 0; i < server->slot_count; i++) {
        server->free_slots[server->free_count++] = (uint32_t)(server->slot_count - 1 - i);
    }
    const long waits[] = {[WAIT_IDLE] = l->idle_ms,           [WAIT_HEAD] = l->head_deadline_ms,
                          [WAIT_BODY] = l->body_deadline_ms,  [WAIT_WRITE] = l->write_deadline_ms,
                          [WAIT_LINGER] = l->linger_ms,       [WAIT_READY] = 0,
                          [WAIT_LARGE] = l->large_deadline_ms};
    for (int i = 0; i < WAIT_COUNT; i++) {
        deadline_list_init(&server->waits[i], (uint64_t)waits[i]);
    }
    return server;
}

enum err http_server_start(uv_loop_t *loop, const struct http_server_options *options,
                           struct http_server **out)
{
    int port = 0;
    if (options->on_request == NULL || options->port < 0 || options->port > 65535 ||
        !limits_are_valid(&options->limits)) {
        return ERR_INPUT;
    }
    int fd = bind_socket(options, &port);
    if (fd < 0 || listen(fd, LISTEN_BACKLOG) != 0) {
        int why = errno;
        log_event(LOG_ERROR, "http_listen_failed", "ip=%s port=%d why=\"%s\"", options->ip,
                  options->port, strerror(why));
        if (fd >= 0) {
            close(fd);
        }
        return why == EINVAL ? ERR_INPUT : ERR_IO;
    }
    struct http_server *server = server_make(loop, options);
    if (server == NULL) {
        close(fd);
        return ERR_NO_MEMORY;
    }
    server->port = port;
    signal(SIGPIPE, SIG_IGN); /* libuv writes with write(2) */
    server->listener.data = server;
    server->timer.data = server;
    server->ready.data = server;
    /* None of these can fail on a socket that listens already. */
    int failed = uv_timer_init(loop, &server->timer) | uv_idle_init(loop, &server->ready) |
                 uv_tcp_init(loop, &server->listener) | uv_tcp_open(&server->listener, fd) |
                 uv_listen((uv_stream_t *)&server->listener, LISTEN_BACKLOG, on_client);
    ASSERT(failed == 0);
    server->timer.timer_cb = on_timer;
    server->ready.idle_cb = on_ready;
    *out = server;
    return ERR_OK;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

const struct http_counters *http_server_counters(const struct http_server *server)
{
    return &server->counters;
}

bool http_server_draining(const struct http_server *server)
{
    return server->draining;
}

/* ---- draining ---- */

static void on_part_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    if (--server->parts_left == 0) {
        server->on_drained(server->drained_data);
        server_free(server);
    }
}

static void finish_if_empty(struct http_server *server)
{
    if (server->draining && server->listener_closed && server->handles == 0 &&
        server->parts_left == 0) {
        server->parts_left = 2;
        uv_close((uv_handle_t *)&server->timer, on_part_closed);
        uv_close((uv_handle_t *)&server->ready, on_part_closed);
    }
}

void server_connection_gone(struct http_server *server)
{
    server->handles--;
    finish_if_empty(server);
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    server->listener_closed = true;
    finish_if_empty(server);
}

/* End a stream in the name of its owner, who is told when the connection closes. */
static void cut_stream(struct connection *c)
{
    c->keep_alive = false;
    if (!c->http_1_0 && !c->body_omitted && !connection_send(c, SLICE_LIT("0\r\n\r\n"))) {
        return;
    }
    c->state = CONNECTION_WRITING;
    if (c->backlog == NULL) {
        connection_answer_done(c);
    }
}

void http_server_drain(struct http_server *server, http_drained_fn *on_drained, void *data)
{
    ASSERT(!server->draining && on_drained != NULL);
    server->draining = true;
    server->on_drained = on_drained;
    server->drained_data = data;
    uv_close((uv_handle_t *)&server->listener, on_listener_closed);
    for (size_t i = 0; i < server->slot_count; i++) {
        struct connection *c = server->slots[i];
        if (c != NULL && c->state == CONNECTION_STREAM) {
            cut_stream(c);
        }
    }
    struct deadline_list *idle = &server->waits[WAIT_IDLE];
    uint64_t wait_ms = idle->wait_ms < DRAIN_IDLE_MS ? idle->wait_ms : DRAIN_IDLE_MS;
    deadline_list_shorten(idle, wait_ms, uv_now(server->loop));
    timer_rearm(server);
}

void http_server_stop(struct http_server *server)
{
    ASSERT(server->draining);
    for (size_t i = 0; i < server->slot_count; i++) {
        if (server->slots[i] != NULL) {
            connection_close(server->slots[i]);
        }
    }
}
