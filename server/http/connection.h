/* One client connection and what the server keeps for all of them. Private to server/http.
 *
 *   IDLE -> HEAD -> BODY -> BUSY -> WRITING -> IDLE ...        a request and its answer
 *                           BUSY -> STREAM -> WRITING          an answer in pieces
 *   any -> LINGER -> CLOSED                                    after an answer that closes the connection
 *
 * Bytes are read into one buffer shared by all connections and served from there; only what is left of an unfinished
 * request, or came while another was being answered, is parked in the connection's own buffer. */
#ifndef SERVER_HTTP_CONNECTION_H
#define SERVER_HTTP_CONNECTION_H

#include "server/http/address_count.h"
#include "server/http/chunk.h"
#include "server/http/deadline.h"
#include "server/http/head.h"
#include "server/http/http_server.h"
#include "server/http/response.h"

#define READ_BYTES 65536
#define PARKED_BYTES_MAX 16384       /* of pipelined requests; then reading stops until they are served */
#define RESPONSE_BYTES_MAX 134217728 /* of one response; reports are paged, so this is never met */
#define SCRATCH_BYTES_KEPT 1048576
#define REFUSED_CONNECTIONS 64     /* beyond `connections`, only to be told 503 */
#define WRITE_PROGRESS_BYTES 16384 /* a slow reader must take this much in every write_deadline_ms */
#define DRAIN_IDLE_MS 50           /* what an idle client may still have on its way when draining begins */

enum connection_state {
    CONNECTION_IDLE,    /* nothing of the next request is there */
    CONNECTION_HEAD,    /* a part of a head */
    CONNECTION_BODY,    /* the head and a part of the body */
    CONNECTION_BUSY,    /* handed to on_request, not answered */
    CONNECTION_STREAM,  /* answered by http_stream_begin, not ended */
    CONNECTION_WRITING, /* answered, the client has not taken all of it */
    CONNECTION_LINGER,  /* our side is shut; what comes is thrown away */
    CONNECTION_CLOSED,
};

/* What a connection waits for. READY has no deadline: parked requests are served in the next loop iteration. */
enum wait {
    WAIT_IDLE,
    WAIT_HEAD,
    WAIT_BODY,
    WAIT_WRITE,
    WAIT_LINGER,
    WAIT_READY,
    WAIT_LARGE,
    WAIT_COUNT,
    WAIT_NONE = WAIT_COUNT
};

/* Output the system has not taken. */
struct backlog {
    uv_write_t request; /* of `sending` */
    struct buf sending;
    struct buf waiting;
    size_t unwritten; /* of `sending`, when last asked */
};

struct connection {
    uv_tcp_t tcp;
    struct http_server *server;
    struct deadline deadline;
    struct buf in;
    struct backlog *backlog; /* NULL: nothing */
    http_gone_fn *on_gone;
    void *gone_data;
    uint64_t serial; /* of the request that is being served; 0: none */
    uint64_t content_length;
    size_t body_len; /* de-chunked so far */
    struct head_scan scan;
    struct chunk_decoder chunk;
    struct http_address remote;
    uint32_t slot;
    uint8_t state; /* enum connection_state */
    uint8_t wait;  /* enum wait */
    bool chunked;
    bool keep_alive;
    bool http_1_0;
    bool body_omitted; /* HEAD */
    bool eof;          /* the client has shut its side */
    bool reading;
    bool serving; /* inside connection_serve */
    bool large;   /* a large body is being received: counted in server->large_now */
};

struct http_server {
    uv_loop_t *loop;
    uv_tcp_t listener;
    uv_timer_t timer;
    uv_idle_t ready; /* runs while a connection is in WAIT_READY */
    struct http_server_options options;
    struct scan_limits scan_limits;
    struct http_counters counters;
    struct deadline_list waits[WAIT_COUNT];
    uint64_t timer_due_ms; /* 0: the timer is off */
    uint64_t next_serial;
    size_t large_now;
    struct connection **slots; /* NULL: free */
    uint32_t *free_slots;
    size_t slot_count;
    size_t free_count;
    size_t handles; /* of connections, until their memory is freed */
    struct address_count addresses;
    struct http_head head;
    struct buf scratch; /* the response that is being written */
    int64_t date_s;
    char date[HTTP_DATE_SIZE];
    int port;
    int parts_left; /* of timer and ready, when finishing */
    bool draining;
    bool listener_closed;
    bool in_request; /* on_request is running: it does not nest */
    http_drained_fn *on_drained;
    void *drained_data;
    char read_bytes[READ_BYTES];
};

/* ---- connection.c: life and input ---- */

/* Take the waiting client of the listener. */
void connection_accept(struct http_server *server);
/* Serve the requests that are parked. */
void connection_serve_parked(struct connection *c);
/* Decide what an answered connection does next: next request, wait, or close. */
void connection_settle(struct connection *c);
/* Close without further ado. A watcher is told when the handle is closed. c stays valid until then. */
void connection_close(struct connection *c);
void connection_wait(struct connection *c, enum wait wait);
/* The connection that serves this request; NULL if there is none any more. */
struct connection *connection_find(const struct http_server *server, struct http_ticket ticket);

/* ---- output.c ---- */

/* Write bytes, or keep what the system does not take. False: the connection is closed. */
MUST_CHECK bool connection_send(struct connection *c, struct slice bytes);
/* Send the head (and body, unless stream) of the response to the present request. False: the connection is closed. */
bool connection_answer(struct connection *c, const struct http_response *r, bool stream);
/* All of the answer was handed over: go on once it is written. */
void connection_answer_done(struct connection *c);
/* Answer with the fault and close. */
void connection_refuse(struct connection *c, enum http_fault_id fault);
size_t connection_backlog(const struct connection *c);
/* True if the client has taken WRITE_PROGRESS_BYTES since the last time this was asked, or since the write began. */
bool connection_made_progress(struct connection *c);
void connection_free_backlog(struct connection *c);

/* ---- http_server.c ---- */

/* A connection's memory is about to be freed: the last one ends the draining. */
void server_connection_gone(struct http_server *server);

#endif
