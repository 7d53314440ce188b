/* A strict HTTP/1.1 server on libuv, single-threaded: all calls and callbacks happen on the loop's thread.
 *
 * A connection serves one request after the other: the next one is looked at only after the answer to the one before.
 * A handler gets the whole request at once (head and body, both bounded) and answers with http_reply(), inside
 * on_request or many ticks later, through the request's ticket. The server itself refuses whatever is not plain
 * HTTP/1.1 and answers it with application/problem+json (problem.h) and `Connection: close`; it never tries to find the
 * next request behind a bad one. What is refused and why: head.h (request line, headers) and chunk.h (chunked bodies).
 *
 *   400 malformed, ambiguous framing     408 head or body too slow     413 body too large      414 target too long
 *   417 unknown expectation              431 headers too large         501 method, upgrade or transfer coding unknown
 *   503 too many connections             505 another version of HTTP
 *
 * A request that was received in full is never closed without a status. */
#ifndef SERVER_HTTP_HTTP_SERVER_H
#define SERVER_HTTP_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"
#include "server/http/message.h"

/* Limits: name, default, least, most, what it is. Durations are measured on the loop's clock and checked to ~10 ms. */
#define HTTP_LIMITS_TABLE(X)                                                                                          \
    X(request_line_bytes, 8192, 64, 65536, "request line without its CRLF; more is 414")                              \
    X(header_bytes, 16384, 256, 65536, "all header lines together; more is 431")                                      \
    X(header_lines, 64, 1, HTTP_HEADER_LINES_MAX, "header lines; more is 431")                                        \
    X(body_bytes, 65536, 0, 67108864, "body after de-chunking; more is 413")                                          \
    X(large_body_bytes, 4194304, 0, 67108864, "body of a request to large_path; more is 413")                        \
    X(large_bodies, 4, 1, 1024, "bodies that may be that large, received at once; then 503")                         \
    X(large_deadline_ms, 120000, 10, 3600000, "instead of body_deadline_ms for such a body")                         \
    X(connections, 2048, 1, 65536, "open connections; then the longest idle one is closed, or the new one gets 503")  \
    X(connections_per_address, 512, 1, 65536, "of one IPv4 address or IPv6 /64; set to `connections` behind a proxy") \
    X(head_deadline_ms, 5000, 10, 600000, "from the first byte of a request to the end of its head; then 408")        \
    X(body_deadline_ms, 10000, 10, 600000, "from the end of the head to the end of the body; then 408")               \
    X(idle_ms, 15000, 10, 600000, "without a byte between requests or before the first; then closed")                 \
    X(write_deadline_ms, 20000, 10, 600000, "for the client to take 16 KiB more of what is written; then closed")     \
    X(linger_ms, 1000, 10, 60000, "how long what the client still sends is thrown away after a closing answer")       \
    X(stream_backlog_bytes, 262144, 1024, 67108864, "bytes a slow reader of a stream may leave unread; then closed")

struct http_limits {
#define HTTP_LIMIT_FIELD(name, dflt, least, most, what) long name;
    HTTP_LIMITS_TABLE(HTTP_LIMIT_FIELD)
#undef HTTP_LIMIT_FIELD
};

void http_limits_defaults(struct http_limits *l);

struct http_server;

typedef void http_request_fn(struct http_server *server, const struct http_request *request, void *data);
typedef void http_gone_fn(struct http_ticket ticket, void *data);
typedef void http_drained_fn(void *data);

struct http_server_options {
    const char *ip;  /* "127.0.0.1", "::", ... */
    int port;        /* 0..65535; 0: the system chooses, see http_server_port() */
    bool reuse_port; /* SO_REUSEPORT: several processes share the port */
    const char *large_path; /* requests to this very path may have a large body; NULL: none may */
    struct http_limits limits;
    http_request_fn *on_request;
    void *data; /* handed to on_request */
};

/* Counts since the start, for metrics. `open_now` and `busy_now` are the present state. */
struct http_counters {
    uint64_t accepted, requests, responses, bytes_in, bytes_out;
    uint64_t refused_full, refused_address, shed_idle;
    uint64_t bad_requests; /* answered by the server itself with 4xx or 5xx, time-outs not included */
    uint64_t head_timeouts, body_timeouts, write_timeouts, stream_overflows;
    uint64_t open_now, busy_now;
};

/* Listen and serve. On ERR_OK *out is owned by the loop until it has drained. ERR_INPUT: the address or a limit is not
 * valid; ERR_IO: it cannot be bound (errno text is logged); ERR_NO_MEMORY. SIGPIPE is ignored from then on. The limit
 * of open files (RLIMIT_NOFILE) must be above `connections` + 64; that is the process owner's business. */
MUST_CHECK enum err http_server_start(uv_loop_t *loop, const struct http_server_options *options,
                                      struct http_server **out);
/* The port that is listened on. */
int http_server_port(const struct http_server *server);
const struct http_counters *http_server_counters(const struct http_server *server);
bool http_server_draining(const struct http_server *server);

/* Stop accepting, close idle connections, end streams, answer what is in flight with `Connection: close`. When all is
 * closed on_drained(data) is called, exactly once, never before this returns; after that the server is freed and must
 * not be used. The owner limits the time: after its drain deadline it calls http_server_stop(). */
void http_server_drain(struct http_server *server, http_drained_fn *on_drained, void *data);
/* After http_server_drain: close every connection now, answered or not. on_drained follows. */
void http_server_stop(struct http_server *server);

/* Answer the request. True: the answer is on its way and the ticket is used up. False: the client has gone or the
 * request was answered before; nothing is sent, which is fine. */
bool http_reply(struct http_server *server, struct http_ticket ticket, const struct http_response *response);
/* Answer with a problem: `status` 0 means the error's own (err_http_status). detail: a Chinese sentence. */
bool http_reply_problem(struct http_server *server, struct http_ticket ticket, enum err err, int status,
                        const char *detail);

/* Ask to be told when the client of an unanswered request (a long poll) or of an open stream goes away. on_gone(ticket,
 * data) is called at most once, from the loop, never inside another http_ function, and never after http_reply() or
 * http_stream_end(). Beginning a stream keeps the watch. A client that only closed its sending side counts as gone: the
 * owner may still answer inside on_gone; if it does not, the server answers 503 in case somebody listens. False: there
 * is no such request any more, or the client had gone before (503 was sent); on_gone will not be called. */
bool http_watch(struct http_server *server, struct http_ticket ticket, http_gone_fn *on_gone, void *data);

/* Answer with a stream (chunked; on HTTP/1.0 until close). After it the ticket names the stream. */
bool http_stream_begin(struct http_server *server, struct http_ticket ticket, int status, const char *content_type);
/* Send one piece (empty: nothing happens). False: the stream is over (client gone, or it left more than
 * stream_backlog_bytes unread and is being closed); a watcher is still told, later. */
bool http_stream_write(struct http_server *server, struct http_ticket ticket, struct slice piece);
/* End it properly; the connection may serve the next request. */
void http_stream_end(struct http_server *server, struct http_ticket ticket);
/* Bytes written to the stream that the system has not taken yet; 0 if there is no such stream. */
size_t http_stream_backlog(const struct http_server *server, struct http_ticket ticket);

#endif
