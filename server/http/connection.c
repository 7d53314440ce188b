/* A connection's life and what comes in on it. */
#include "server/http/connection.h"

#include <stdlib.h>

/* ---- waiting ---- */

void connection_wait(struct connection *c, enum wait wait)
{
    struct http_server *server = c->server;
    if (c->wait == wait) {
        return;
    }
    deadline_stop(&c->deadline);
    c->wait = (uint8_t)wait;
    if (wait == WAIT_NONE) {
        return;
    }
    deadline_start(&server->waits[wait], &c->deadline, uv_now(server->loop));
    if (wait == WAIT_READY) {
        uv_idle_start(&server->ready, server->ready.idle_cb);
    } else if (server->timer_due_ms == 0 || c->deadline.due_ms < server->timer_due_ms) {
        uint64_t now_ms = uv_now(server->loop);
        uint64_t due_ms = c->deadline.due_ms;
        server->timer_due_ms = due_ms;
        uv_timer_start(&server->timer, server->timer.timer_cb,
                       due_ms > now_ms ? due_ms - now_ms : 0, 0);
    }
}

struct connection *connection_find(const struct http_server *server, struct http_ticket ticket)
{
    if (ticket.serial == 0 || ticket.slot >= server->slot_count) {
        return NULL;
    }
    struct connection *c = server->slots[ticket.slot];
    return c != NULL && c->serial == ticket.serial ? c : NULL;
}

/* ---- end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;
    struct http_server *server = c->server;
    if (c->on_gone != NULL) {
        c->on_gone((struct http_ticket){.serial = c->serial, .slot = c->slot}, c->gone_data);
    }
    connection_free_backlog(c);
    buf_release(&c->in);
    free(c);
    server_connection_gone(server);
}

static void large_end(struct connection *c)
{
    c->server->large_now -= c->large;
    c->large = false;
}

void connection_close(struct connection *c)
{
    struct http_server *server = c->server;
    if (c->state == CONNECTION_CLOSED) {
        return;
    }
    connection_wait(c, WAIT_NONE);
    large_end(c);
    c->state = CONNECTION_CLOSED;
    server->counters.open_now--;
    server->counters.busy_now -= c->serial != 0;
    server->slots[c->slot] = NULL;
    server->free_slots[server->free_count++] = c->slot;
    address_count_drop(&server->addresses, &c->remote);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

/* ---- input ---- */

/* 100-continue is a courtesy that fits into any socket buffer; if not, the client is not worth it.
 */
static void send_continue(struct connection *c)
{
    static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t piece = uv_buf_init(text, sizeof(text) - 1);
    if (uv_try_write((uv_stream_t *)&c->tcp, &piece, 1) != (int)piece.len) {
        connection_close(c);
    }
}

static size_t body_limit(const struct connection *c)
{
    const struct http_limits *l = &c->server->options.limits;
    return (size_t)(c->large ? l->large_body_bytes : l->body_bytes);
}

/* A body to the large path that does not fit otherwise (or tells no length) takes one of a few
 * places. False: none is free, the request was refused. */
static bool large_begin(struct connection *c)
{
    struct http_server *server = c->server;
    const struct http_limits *l = &server->options.limits;
    const char *path = server->options.large_path;
    bool wanted = path != NULL && slice_is(server->head.request.path, path) &&
                  (server->head.chunked || server->head.content_length > (uint64_t)l->body_bytes);
    if (!wanted || c->large) {
        return true;
    }
    if (server->large_now >= (size_t)l->large_bodies) {
        connection_refuse(c, FAULT_FULL);
        return false;
    }
    c->large = true;
    server->large_now++;
    return true;
}

/* Read the head at bytes once it is complete. False: more bytes are needed, or the request was
 * refused. */
static bool read_head(struct connection *c, const char *bytes, size_t len)
{
    struct http_server *server = c->server;
    enum http_fault_id fault = FAULT_SYNTAX;
    enum scan_result result =
        head_scan(&c->scan, slice_make(bytes, len), &server->scan_limits, &fault);
    if (result == SCAN_MORE) {
        connection_wait(c, WAIT_HEAD);
        return false;
    }
    if (result == SCAN_REFUSED || !head_read(&server->head, &c->scan, bytes, &fault)) {
        server->counters.bad_requests++;
        connection_refuse(c, fault);
        return false;
    }
    if (!large_begin(c)) {
        return false;
    }
    if (server->head.content_length > (uint64_t)body_limit(c)) {
        server->counters.bad_requests++;
        connection_refuse(c, FAULT_BODY_SIZE);
        return false;
    }
    c->state = CONNECTION_BODY;
    c->content_length = server->head.content_length;
    c->chunked = server->head.chunked;
    c->body_len = 0;
    chunk_init(&c->chunk);
    return true;
}

/* True: the body at bytes + scan.at is complete, c->body_len bytes. De-chunking removes the framing
 * in place, *len shrinks. */
static bool read_body(struct connection *c, char *bytes, size_t *len)
{
    struct http_server *server = c->server;
    if (!c->chunked) {
        c->body_len = (size_t)c->content_length;
        return *len - c->scan.at >= c->body_len;
    }
    char *raw = bytes + c->scan.at + c->body_len;
    size_t raw_len = *len - c->scan.at - c->body_len;
    size_t used;
    size_t made;
    enum chunk_result result = chunk_decode(&c->chunk, raw, raw_len, body_limit(c), &used, &made);
    memmove(raw + made, raw + used, raw_len - used);
    *len -= used - made;
    c->body_len += made;
    if (result == CHUNK_INVALID || result == CHUNK_TOO_LARGE) {
        server->counters.bad_requests++;
        connection_refuse(c, result == CHUNK_INVALID ? FAULT_CHUNK : FAULT_BODY_SIZE);
    }
    return result == CHUNK_DONE;
}

static void hand_over(struct connection *c, const char *bytes)
{
    struct http_server *server = c->server;
    struct http_request *r = &server->head.request;
    c->serial = ++server->next_serial;
    c->keep_alive = server->head.keep_alive;
    c->http_1_0 = r->http_1_0;
    c->body_omitted = r->method == HTTP_METHOD_HEAD;
    c->state = CONNECTION_BUSY;
    connection_wait(c, WAIT_NONE);
    large_end(c);
    r->body = slice_make(bytes + c->scan.at, c->body_len);
    r->remote = c->remote;
    r->ticket = (struct http_ticket){.serial = c->serial, .slot = c->slot};
    server->counters.requests++;
    server->counters.busy_now++;
    ASSERT(!server->in_request);
    server->in_request = true;
    server->options.on_request(server, r, server->options.data);
    server->in_request = false;
}

/* Work on the request that begins at bytes. True: it was handed over, *used is its length. False:
 * it is not complete, or was refused. */
static bool serve_one(struct connection *c, char *bytes, size_t *len, size_t *used)
{
    bool head_is_new = c->state != CONNECTION_BODY;
    if (c->state == CONNECTION_IDLE) {
        c->state = CONNECTION_HEAD;
        head_scan_init(&c->scan);
    }
    if (c->state == CONNECTION_HEAD && !read_head(c, bytes, *len)) {
        return false;
    }
    bool empty = *len == c->scan.at;
    if (!read_body(c, bytes, len)) {
        if (c->state == CONNECTION_BODY && head_is_new) {
            connection_wait(c, c->large ? WAIT_LARGE : WAIT_BODY);
            if (c->server->head.wants_continue && empty) {
                send_continue(c);
            }
        }
        return false;
    }
    if (!head_is_new) { /* the bytes may have moved since, so the slices are made again */
        enum http_fault_id fault;
        bool still_good = head_read(&c->server->head, &c->scan, bytes, &fault);
        ASSERT(still_good);
    }
    *used = c->scan.at + c->body_len;
    hand_over(c, bytes);
    return true;
}

/* Serve requests from bytes until one is incomplete or waits for its answer. Returns the bytes
 * used; *len may shrink. */
static size_t serve(struct connection *c, char *bytes, size_t *len)
{
    size_t at = 0;
    c->serving = true;
    while (at < *len && c->state <= CONNECTION_BODY) {
        size_t rest = *len - at;
        size_t used = 0;
        bool done = serve_one(c, bytes + at, &rest, &used);
        *len = at + rest;
        if (!done) {
            break;
        }
        at += used;
    }
    c->serving = false;
    return at;
}

void connection_serve_parked(struct connection *c)
{
    size_t len = c->in.len;
    connection_wait(c, WAIT_NONE);
    size_t used = serve(c, c->in.ptr, &len);
    c->in.len = len;
    buf_consume(&c->in, used);
    connection_settle(c);
}

/* Keep bytes for later. */
static void park(struct connection *c, const char *bytes, size_t len)
{
    buf_put(&c->in, bytes, len);
    if (buf_err(&c->in) == ERR_OK) {
        return;
    }
    buf_clear(&c->in);
    if (c->state == CONNECTION_HEAD || c->state == CONNECTION_BODY) {
        connection_refuse(c, FAULT_MEMORY);
    } else {
        c->keep_alive = false; /* the answer that is due is the last one */
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf);

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct connection *c = handle->data;
    (void)suggested;
    *buf = uv_buf_init(c->server->read_bytes, READ_BYTES);
}

/* Reading stops while too much is parked, and for good at the client's end of file. */
static void adjust_reading(struct connection *c)
{
    bool pipelined = c->state == CONNECTION_BUSY || c->state == CONNECTION_STREAM ||
                     c->state == CONNECTION_WRITING;
    bool want = !c->eof && !(pipelined && c->in.len > PARKED_BYTES_MAX);
    if (want && !c->reading) {
        c->reading = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) == 0;
        if (!c->reading) {
            connection_close(c);
        }
    } else if (!want && c->reading) {
        uv_read_stop((uv_stream_t *)&c->tcp);
        c->reading = false;
    }
}

void connection_settle(struct connection *c)
{
    if (c->state == CONNECTION_CLOSED) {
        return;
    }
    if (c->state == CONNECTION_LINGER) {
        buf_release(&c->in);
    } else if (c->state == CONNECTION_IDLE && c->in.len > 0) {
        connection_wait(c, WAIT_READY);
    } else if (c->state == CONNECTION_IDLE && c->eof) {
        connection_close(c);
        return;
    } else if (c->state == CONNECTION_IDLE) {
        connection_wait(c, WAIT_IDLE);
    } else if (c->eof && (c->state == CONNECTION_HEAD || c->state == CONNECTION_BODY)) {
        c->server->counters.bad_requests++;
        connection_refuse(c, FAULT_CUT);
        return;
    }
    if (c->in.len == 0 && c->in.cap > 0) {
        buf_release(&c->in); /* an idle connection costs its struct and nothing else */
    }
    adjust_reading(c);
}

/* The client will send nothing more; it may still listen. */
static void on_eof(struct connection *c)
{
    c->eof = true;
    adjust_reading(c);
    if (c->state == CONNECTION_LINGER || c->state == CONNECTION_STREAM) {
        connection_close(c);
    } else if (c->state == CONNECTION_BUSY && c->on_gone != NULL) {
        uint64_t serial = c->serial;
        http_gone_fn *on_gone = c->on_gone;
        c->on_gone = NULL;
        on_gone((struct http_ticket){.serial = serial, .slot = c->slot}, c->gone_data);
        if (c->state == CONNECTION_BUSY && c->serial == serial) {
            connection_refuse(c, FAULT_CANCELLED);
        }
    } else {
        connection_settle(c);
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct connection *c = stream->data;
    if (count == UV_EOF) {
        on_eof(c);
        return;
    }
    if (count < 0) {
        connection_close(c);
        return;
    }
    if (count == 0 || c->state >= CONNECTION_LINGER) {
        return;
    }
    size_t len = (size_t)count;
    c->server->counters.bytes_in += len;
    if (c->state > CONNECTION_BODY) {
        park(c, buf->base, len);
        adjust_reading(c);
    } else if (c->in.len > 0) {
        park(c, buf->base, len);
        if (c->state <= CONNECTION_BODY) {
            size_t left = c->in.len;
            size_t used = serve(c, c->in.ptr, &left);
            c->in.len = left;
            buf_consume(&c->in, used);
        }
        connection_settle(c);
    } else {
        size_t used = serve(c, buf->base, &len);
        if (len > used && c->state < CONNECTION_LINGER) {
            park(c, buf->base + used, len - used);
        }
        connection_settle(c);
    }
}

/* ---- begin ---- */

static void read_address(const uv_tcp_t *tcp, struct http_address *out)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct sockaddr_storage name;
    int len = sizeof(name);
    *out = (struct http_address){.ipv6 = false};
    if (uv_tcp_getpeername(tcp, (struct sockaddr *)&name, &len) != 0) {
        return;
    }
    if (name.ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, &name, sizeof(in));
        memcpy(out->bytes, &in.sin_addr, 4);
        out->port = ntohs(in.sin_port);
    } else if (name.ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, &name, sizeof(in6));
        out->port = ntohs(in6.sin6_port);
        out->ipv6 = memcmp(&in6.sin6_addr, mapped, sizeof(mapped)) != 0;
        memcpy(out->bytes, (const char *)&in6.sin6_addr + (out->ipv6 ? 0 : 12), out->ipv6 ? 16 : 4);
    }
}

static void on_never_used(uv_handle_t *handle)
{
    struct connection *c = handle->data;
    struct http_server *server = c->server;
    free(c);
    server_connection_gone(server);
}

/* True if there is room for this client; the longest idle one may have to go. */
static bool admit(struct http_server *server, const struct http_address *remote)
{
    const struct http_limits *l = &server->options.limits;
    if (address_count_of(&server->addresses, remote) >= (uint32_t)l->connections_per_address) {
        server->counters.refused_address++;
        return false;
    }
    if (server->counters.open_now < (uint64_t)l->connections) {
        return true;
    }
    struct deadline *oldest = deadline_first(&server->waits[WAIT_IDLE]);
    if (oldest == NULL) {
        server->counters.refused_full++;
        return false;
    }
    server->counters.shed_idle++;
    connection_close(CONTAINER_OF(oldest, struct connection, deadline));
    return true;
}

void connection_accept(struct http_server *server)
{
    struct connection *c = calloc(1, sizeof(*c));
    ASSERT(c !=
           NULL); /* a client that is not taken blocks the listener for good; a restart does not */
    int made = uv_tcp_init(server->loop, &c->tcp);
    ASSERT(made == 0);
    c->server = server;
    c->tcp.data = c;
    c->wait = WAIT_NONE;
    server->handles++;
    bool accepted = uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)&c->tcp) == 0;
    if (accepted) {
        server->counters.accepted++;
        read_address(&c->tcp, &c->remote);
    }
    bool admitted = accepted && admit(server, &c->remote);
    if (!accepted || server->free_count == 0) {
        uv_close((uv_handle_t *)&c->tcp, on_never_used);
        return;
    }
    const struct http_limits *l = &server->options.limits;
    long body_bytes = server->options.large_path != NULL && l->large_body_bytes > l->body_bytes
                          ? l->large_body_bytes
                          : l->body_bytes;
    buf_init(&c->in, (size_t)(l->request_line_bytes + l->header_bytes + body_bytes) +
                         PARKED_BYTES_MAX + 2 * READ_BYTES);
    c->slot = server->free_slots[--server->free_count];
    server->slots[c->slot] = c;
    server->counters.open_now++;
    address_count_add(&server->addresses, &c->remote);
    uv_tcp_nodelay(&c->tcp, 1);
    if (admitted) {
        c->state = CONNECTION_IDLE;
        connection_settle(c);
    } else {
        c->state = CONNECTION_HEAD;
        connection_refuse(c, FAULT_FULL);
    }
}
