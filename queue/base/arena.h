/* Memory that lives as long as one request or one batch: many allocations, one release.
 * Single-threaded. */
#ifndef QUEUE_BASE_ARENA_H
#define QUEUE_BASE_ARENA_H

#include <stddef.h>
#include "queue/base/slice.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used_total;
    size_t max;
};

/* max: bytes that may be handed out in all. No allocation yet. */
void arena_init(struct arena *a, size_t max);
/* Free everything. The arena may be used again. */
void arena_release(struct arena *a);
/* Hand everything back but keep one block, for reuse in the next batch. */
void arena_reset(struct arena *a);
/* Zeroed memory aligned for any type, NULL when the maximum or the machine's memory is reached. len
 * 0 gives a valid pointer. Owned by the arena. */
void *arena_alloc(struct arena *a, size_t len);
/* A NUL-terminated copy of s; NULL on failure. */
char *arena_text(struct arena *a, struct slice s);

#endif
