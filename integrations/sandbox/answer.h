/* An answer that waits for the journal, and what shall go wrong with it or with its callbacks. */
#ifndef INTEGRATIONS_SANDBOX_ANSWER_H
#define INTEGRATIONS_SANDBOX_ANSWER_H

#include "integrations/sandbox/sandbox.h"

#define ANSWER_PARCELS_MAX 4
#define REPLAY_DEFAULT_MS 200
#define HANG_DEFAULT_MS 60000

struct answer {
    struct sandbox *sandbox;
    struct http_ticket ticket; /* {0, 0}: nobody waits for it, only the parcels matter */
    struct http_address remote;
    int status;
    const char *type; /* static text */
    struct buf body;
    struct buf headers; /* more header lines ("Name: value"), each with a line feed behind it */
    void (*sign)(struct answer *a); /* called when it leaves; NULL = unsigned. Writes headers */
    struct fault fault;             /* level A */
    struct fault parcel_fault;      /* level C */
    /* Leave after the journal is on the disk; NULL = none. The first is the callback; the fault
     * menu is about it. forged and stale leave before and after it if the menu says so. */
    struct parcel *parcels[ANSWER_PARCELS_MAX];
    struct parcel *forged, *stale;
    struct answer *next;
};

/* An empty 200 answer to the request (NULL: to nobody). Ends the process without memory. */
struct answer *answer_new(struct sandbox *s, const struct http_request *r, size_t body_max);
/* Hand it over; it leaves after the next commit. */
void answer_hold(struct answer *a);
/* Hand it over; it leaves at once (nothing was taken). */
void answer_now(struct answer *a);
/* Commit the journal and let everything held go. */
void answers_release(struct sandbox *s);

/* The two faults that strike before anything is taken. True if the request was dealt with. */
bool answer_fault_before(struct sandbox *s, const struct http_request *r,
                         const struct fault *fault);

#endif
