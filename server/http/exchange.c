/* What a handler does with a ticket: answer it, watch it, stream to it. */
#include "server/http/connection.h"
#include "server/http/problem.h"

bool http_reply(struct http_server *server, struct http_ticket ticket,
                const struct http_response *response)
{
    struct connection *c = connection_find(server, ticket);
    return c != NULL && c->state == CONNECTION_BUSY && connection_answer(c, response, false);
}

bool http_reply_problem(struct http_server *server, struct http_ticket ticket, enum err err,
                        int status, const char *detail)
{
    struct problem problem = {.err = err, .status = status, .detail = detail};
    struct buf body;
    buf_init(&body, 65536);
    problem_write(&body, &problem);
    struct http_response r = {.status = problem_status(&problem),
                              .content_type = HTTP_TYPE_PROBLEM,
                              .body = buf_slice(&body)};
    bool sent = http_reply(server, ticket, &r);
    buf_release(&body);
    return sent;
}

bool http_watch(struct http_server *server, struct http_ticket ticket, http_gone_fn *on_gone,
                void *data)
{
    struct connection *c = connection_find(server, ticket);
    if (c == NULL || (c->state != CONNECTION_BUSY && c->state != CONNECTION_STREAM)) {
        return false;
    }
    if (c->eof && c->state == CONNECTION_BUSY) { /* it has gone already, as far as we can tell */
        connection_refuse(c, FAULT_CANCELLED);
        return false;
    }
    c->on_gone = on_gone;
    c->gone_data = data;
    return true;
}

/* ---- streams ---- */

static struct connection *find_stream(const struct http_server *server, struct http_ticket ticket)
{
    struct connection *c = connection_find(server, ticket);
    return c != NULL && c->state == CONNECTION_STREAM ? c : NULL;
}

bool http_stream_begin(struct http_server *server, struct http_ticket ticket, int status,
                       const char *content_type)
{
    struct connection *c = connection_find(server, ticket);
    struct http_response r = {.status = status, .content_type = content_type};
    return c != NULL && c->state == CONNECTION_BUSY && connection_answer(c, &r, true);
}

bool http_stream_write(struct http_server *server, struct http_ticket ticket, struct slice piece)
{
    struct connection *c = find_stream(server, ticket);
    if (c == NULL) {
        return false;
    }
    if (piece.len == 0 || c->body_omitted) {
        return true;
    }
    if (!c->http_1_0) {
        buf_clear(&server->scratch);
        response_write_chunk(&server->scratch, piece);
        piece = buf_slice(&server->scratch);
    }
    if (buf_err(&server->scratch) != ERR_OK) {
        connection_close(c);
        return false;
    }
    if (!connection_send(c, piece)) {
        return false;
    }
    if (connection_backlog(c) > (size_t)server->options.limits.stream_backlog_bytes) {
        server->counters.stream_overflows++;
        connection_close(c);
        return false;
    }
    return true;
}

void http_stream_end(struct http_server *server, struct http_ticket ticket)
{
    struct connection *c = find_stream(server, ticket);
    if (c == NULL) {
        return;
    }
    if (!c->http_1_0 && !c->body_omitted && !connection_send(c, SLICE_LIT("0\r\n\r\n"))) {
        return;
    }
    connection_answer_done(c);
}

size_t http_stream_backlog(const struct http_server *server, struct http_ticket ticket)
{
    const struct connection *c = find_stream(server, ticket);
    return c == NULL ? 0 : connection_backlog(c);
}
