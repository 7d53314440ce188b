/* What goes out on a connection: answers, streams' pieces, and what the system does not take at
 * once. */
#include <stdlib.h>
#include <sys/socket.h>

#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "server/http/connection.h"
#include "server/http/problem.h"

static void on_written(uv_write_t *request, int status);

/* Hand `waiting` to the loop. False: the connection is closed. */
static bool backlog_start(struct connection *c)
{
    struct backlog *b = c->backlog;
    struct buf empty = b->sending;
    b->sending = b->waiting;
    b->waiting = empty;
    buf_clear(&b->waiting);
    b->unwritten = b->sending.len;
    uv_buf_t piece = uv_buf_init(b->sending.ptr, (unsigned)b->sending.len);
    if (uv_write(&b->request, (uv_stream_t *)&c->tcp, &piece, 1, on_written) != 0) {
        buf_clear(&b->sending);
        connection_close(c);
        return false;
    }
    connection_wait(c, WAIT_NONE); /* every piece taken earns the client another term */
    connection_wait(c, WAIT_WRITE);
    return true;
}

static void on_written(uv_write_t *request, int status)
{
    struct connection *c = request->data;
    if (c->state == CONNECTION_CLOSED) {
        return;
    }
    if (status != 0) {
        connection_close(c);
        return;
    }
    buf_clear(&c->backlog->sending);
    if (c->backlog->waiting.len > 0) {
        (void)backlog_start(c);
        return;
    }
    connection_free_backlog(c);
    connection_wait(c, WAIT_NONE);
    if (c->state == CONNECTION_WRITING) {
        connection_answer_done(c);
    }
}

static struct backlog *backlog_make(struct connection *c)
{
    struct backlog *b = calloc(1, sizeof(*b));
    if (b != NULL) {
        buf_init(&b->sending, RESPONSE_BYTES_MAX);
        buf_init(&b->waiting, RESPONSE_BYTES_MAX);
        b->request.data = c;
    }
    return b;
}

void connection_free_backlog(struct connection *c)
{
    if (c->backlog != NULL) {
        buf_release(&c->backlog->sending);
        buf_release(&c->backlog->waiting);
        free(c->backlog);
        c->backlog = NULL;
    }
}

bool connection_made_progress(struct connection *c)
{
    size_t before = c->backlog->unwritten;
    c->backlog->unwritten = uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp);
    return before >= c->backlog->unwritten + WRITE_PROGRESS_BYTES;
}

size_t connection_backlog(const struct connection *c)
{
    return c->backlog == NULL ? 0 : c->backlog->sending.len + c->backlog->waiting.len;
}

bool connection_send(struct connection *c, struct slice bytes)
{
    c->server->counters.bytes_out += bytes.len;
    if (c->backlog == NULL) {
        uv_buf_t piece = uv_buf_init((char *)(uintptr_t)bytes.ptr, (unsigned)bytes.len);
        int taken = uv_try_write((uv_stream_t *)&c->tcp, &piece, 1);
        if (taken < 0 && taken != UV_EAGAIN) {
            connection_close(c);
            return false;
        }
        if (taken > 0) {
            bytes = slice_make(bytes.ptr + taken, bytes.len - (size_t)taken);
        }
        if (bytes.len == 0) {
            return true;
        }
        c->backlog = backlog_make(c);
        if (c->backlog == NULL) {
            connection_close(c);
            return false;
        }
    }
    struct backlog *b = c->backlog;
    buf_put_slice(&b->waiting, bytes);
    if (buf_err(&b->waiting) != ERR_OK) {
        connection_close(c);
        return false;
    }
    return b->sending.len > 0 || backlog_start(c);
}

static const char *server_date(struct http_server *server)
{
    int64_t now_ms = clock_now_ms();
    if (now_ms / 1000 != server->date_s) {
        server->date_s = now_ms / 1000;
        http_date(now_ms, server->date);
    }
    return server->date;
}

/* A handler made something that cannot be sent: the client still gets a status. */
static enum err write_internal(struct http_server *server, struct response_frame *frame)
{
    static const char body[] = "{\"type\":\"" PROBLEM_TYPE_PREFIX "internal\",\"title\":\"internal "
                               "error\",\"status\":500,\"detail\":\"服务器内部错误。\"}";
    struct http_response r = {
        .status = 500, .content_type = HTTP_TYPE_PROBLEM, .body = SLICE_LIT(body)};
    log_event(LOG_ERROR, "http_response_invalid", "port=%d", server->port);
    frame->stream = false;
    frame->keep_alive = false;
    return response_write(&server->scratch, &r, frame);
}

static void request_over(struct connection *c)
{
    if (c->serial != 0) {
        c->serial = 0;
        c->server->counters.busy_now--;
    }
    c->on_gone = NULL;
}

bool connection_answer(struct connection *c, const struct http_response *r, bool stream)
{
    struct http_server *server = c->server;
    struct response_frame frame = {
        .date = server_date(server),
        .body_omitted = c->body_omitted,
        .keep_alive = c->keep_alive && !r->close && !server->draining && !(stream && c->http_1_0),
        .http_1_0 = c->http_1_0,
        .stream = stream,
    };
    buf_clear(&server->scratch);
    enum err err = response_write(&server->scratch, r, &frame);
    if (err != ERR_OK) {
        err = write_internal(server, &frame);
    }
    c->keep_alive = frame.keep_alive;
    connection_wait(c, WAIT_NONE);
    if (frame.stream) {
        c->state = CONNECTION_STREAM;
    } else {
        request_over(c);
        c->state = CONNECTION_WRITING;
    }
    server->counters.responses++;
    if (err != ERR_OK || buf_err(&server->scratch) != ERR_OK) {
        connection_close(c);
        return false;
    }
    bool sent = connection_send(c, buf_slice(&server->scratch));
    if (server->scratch.cap > SCRATCH_BYTES_KEPT) {
        buf_release(&server->scratch);
    }
    if (sent && c->state == CONNECTION_WRITING && c->backlog == NULL) {
        connection_answer_done(c);
    }
    return sent;
}

/* Shut our side and let the client's last bytes run out: closing at once would make the system send
 * a reset, which may overtake the answer. */
static void connection_linger(struct connection *c)
{
    uv_os_fd_t fd;
    if (c->eof || uv_fileno((uv_handle_t *)&c->tcp, &fd) != 0 || shutdown(fd, SHUT_WR) != 0) {
        connection_close(c);
        return;
    }
    c->state = CONNECTION_LINGER;
    connection_wait(c, WAIT_LINGER);
}

void connection_answer_done(struct connection *c)
{
    if (c->state == CONNECTION_STREAM) {
        request_over(c);
        c->state = CONNECTION_WRITING;
        if (c->backlog != NULL) {
            return;
        }
    }
    if (!c->keep_alive) {
        connection_linger(c);
    } else {
        c->state = CONNECTION_IDLE;
    }
    if (!c->serving) {
        connection_settle(c);
    }
}

void connection_refuse(struct connection *c, enum http_fault_id id)
{
    const struct http_fault *fault = http_fault(id);
    struct buf body;
    buf_init(&body, 4096);
    problem_write(&body, &(struct problem){
                             .err = fault->err, .status = fault->status, .detail = fault->detail});
    struct http_response r = {.status = fault->status,
                              .content_type = HTTP_TYPE_PROBLEM,
                              .body = buf_slice(&body),
                              .close = true};
    if (fault->status == 503) {
        r.extra[r.extra_count++] = (struct http_field){SLICE_LIT("Retry-After"), SLICE_LIT("1")};
    }
    if (c->state != CONNECTION_BUSY) {
        c->http_1_0 = false;
        c->body_omitted = false;
    }
    (void)connection_answer(c, &r, false);
    buf_release(&body);
}
