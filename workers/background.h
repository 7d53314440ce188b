/* HTTP calls beside the batch loop: a slow peer of no importance must not hold up routing and
 * payments. A batch of prepared calls is run by a thread of its own; the loop looks now and then
 * whether it is over. All texts of the calls belong to whoever started them and stay untouched
 * until then; the thread touches the calls and the client, nothing else. */
#ifndef WORKERS_BACKGROUND_H
#define WORKERS_BACKGROUND_H

#include <pthread.h>
#include <stdatomic.h>
#include "integrations/http/http_client.h"

struct background {
    struct http_client *http; /* of this one's own; made at the first start */
    struct http_call *calls;
    size_t count;
    pthread_t thread;
    bool busy; /* started and not yet taken back */
    atomic_bool is_over;
};

/* Start with all zero; http_client_setup() was called. calls: count prepared calls. ERR_NO_MEMORY:
 * nothing was started. */
MUST_CHECK enum err background_start(struct background *b, struct http_call *calls, size_t count);
/* Are the calls over? Then they have their outcomes and the next batch may start. */
bool background_over(struct background *b);
/* Wait for it, at most as long as the calls' own deadlines. */
void background_wait(struct background *b);
/* Wait and free. */
void background_close(struct background *b);

#endif
