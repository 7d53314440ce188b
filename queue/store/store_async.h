/* The store's client for a libuv loop: one pipelined connection, a deadline on every call,
 * reconnect with growing pauses, settings checked after every connect before anything else is sent.
 *
 * Our own adapter for hiredis: the one that comes with hiredis 0.14 swallows poll errors, has no
 * deadlines, and a failed connect may call nothing back. Here every accepted call is answered
 * exactly once, never inside the call itself. A command cannot be timed out alone: when the oldest
 * one is over its deadline the connection goes, and what was in flight is unknown (ERR_TIMEOUT or
 * ERR_STORE_DOWN). The functions of the store are made so that the same call may be sent again. */
#ifndef QUEUE_STORE_STORE_ASYNC_H
#define QUEUE_STORE_STORE_ASYNC_H

#include <uv.h>
#include "queue/base/err.h"
#include "queue/store/fcall.h"
#include "queue/store/reply.h"

struct store_async;

/* reply is borrowed for the length of the callback and NULL unless err is ERR_OK; an error reply is
 * its err (reply.h). */
typedef void store_reply_fn(void *data, enum err err, const redisReply *reply);
/* The state has changed: ERR_OK = ready; otherwise why not, with words for the operator. */
typedef void store_state_fn(void *data, enum err err, const char *why);

struct store_async_options {
    const char *socket_path; /* copied */
    const char *region;      /* 6 digits, copied */
    int deadline_ms;         /* of each call and of connecting */
    size_t max_in_flight;    /* calls; more are refused with ERR_LIMIT */
    store_state_fn *on_state;
    void *data;
};

/* Starts to connect. ERR_INPUT, ERR_NO_MEMORY. */
MUST_CHECK enum err store_async_new(uv_loop_t *loop, const struct store_async_options *options,
                                    struct store_async **out);
/* Close: pending calls are answered ERR_CANCELLED, then on_closed(data) is called once and the
 * client is freed. */
void store_async_close(struct store_async *s, void (*on_closed)(void *data), void *data);

/* ERR_OK when calls are taken, otherwise why not (ERR_STORE_DOWN, ERR_STORE_SETTINGS …). */
enum err store_async_state(const struct store_async *s);
const char *store_async_why(const struct store_async *s);
const char *store_async_region(const struct store_async *s);
size_t store_async_in_flight(const struct store_async *s);

/* Send f (its bytes are copied). On any error the callback will not run. */
MUST_CHECK enum err store_async_call(struct store_async *s, struct fcall *f,
                                     store_reply_fn *on_reply, void *data);

#endif
