/* Things to do after some milliseconds, once each, on the loop. */
#ifndef INTEGRATIONS_SANDBOX_LATER_H
#define INTEGRATIONS_SANDBOX_LATER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>
#include "queue/base/err.h"

/* cancelled: the sandbox is stopping; only free what belongs to it. */
typedef void later_fn(void *data, bool cancelled);

struct later_item;

struct later {
    uv_loop_t *loop;
    struct later_item *first;
    bool stopped;
};

void later_init(struct later *l, uv_loop_t *loop);
/* fn(data, …) is called exactly once, never before this returns. On ERR_NO_MEMORY or ERR_DRAINING
 * it is never called. */
MUST_CHECK enum err later_do(struct later *l, int64_t ms, later_fn *fn, void *data);
/* Call all that is waiting with `cancelled`; nothing new is taken after it. */
void later_stop(struct later *l);

#endif
