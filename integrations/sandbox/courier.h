/* Delivers callbacks and delivery reports: HTTP requests on the loop, repeated with growing pauses
 * until answered 2xx. */
#ifndef INTEGRATIONS_SANDBOX_COURIER_H
#define INTEGRATIONS_SANDBOX_COURIER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>
#include "integrations/sandbox/later.h"
#include "queue/base/buf.h"
#include "queue/base/err.h"

#define PARCELS_MAX 8192 /* waiting, pausing or under way; further ones are dropped and counted */
#define PARCEL_TRIES_MAX 40 /* then it is given up; about half an hour */
#define PARCEL_PAUSE_MS 100 /* after the first failure; doubles */
#define PARCEL_PAUSE_MAX_MS 60000
#define COURIER_PARALLEL 32
#define PARCEL_TIMEOUT_MS 10000
#define TRACE_SIZE 128
#define PARCEL_REPLY_MAX 512 /* bytes of the answer that are looked at */

struct courier;

/* One delivery. Made with parcel_new(), filled, handed to courier_send(). */
struct parcel {
    char *url;
    struct buf body;        /* empty: GET, else POST */
    const char *type;       /* of the body; static text; NULL = application/json */
    struct buf headers;     /* more header lines, each with a line feed behind it */
    char trace[TRACE_SIZE]; /* whole `traceparent: …` line or "" */
    /* Called before every try, NULL = not at all: signs anew, as signatures grow old. It writes
     * headers. */
    void (*sign)(struct parcel *p, void *signer);
    void *signer;
    const char *wants; /* delivered only if the answer holds this text; NULL = any 2xx will do */
    /* Called once, when the first try has ended (delivered or not) or the parcel is dropped. May be
     * NULL. */
    void (*on_tried)(void *data);
    void *data;
    /* the courier's own */
    struct courier *courier;
    struct parcel *next;
    int tries;
    void *easy, *lines;
    struct buf reply;
};

struct courier_counters {
    uint64_t delivered, failed_tries, given_up, dropped;
    uint64_t waiting; /* now: not delivered and not given up */
};

/* NULL without memory. url is copied. */
struct parcel *parcel_new(const char *url, size_t body_max);
/* The same once more. What was signed already stays as it is only if `sign` is then set to NULL. */
struct parcel *parcel_copy(const struct parcel *p);
void parcel_free(struct parcel *p); /* only before courier_send() */

MUST_CHECK enum err courier_new(uv_loop_t *loop, struct later *later, struct courier **out);
/* Takes the parcel over. */
void courier_send(struct courier *c, struct parcel *p);
struct courier_counters courier_counters(const struct courier *c);
/* Drop everything; the loop must run on until its handles are closed. later_stop() comes first. */
void courier_stop(struct courier *c);
void courier_free(struct courier *c); /* after the loop has ended */

#endif
