/* A growable array, for building the gazetteer only: routing itself never allocates. */
#ifndef WORKERS_ROUTING_VEC_H
#define WORKERS_ROUTING_VEC_H

#include <stddef.h>
#include "queue/base/err.h"

struct vec {
    void *ptr;
    size_t len, cap; /* in elements */
    size_t size;     /* bytes of one element */
};

void vec_init(struct vec *v, size_t element_size);
void vec_release(struct vec *v);
/* Room for one more element, zeroed; NULL without memory. The pointer is valid until the next call.
 */
void *vec_add(struct vec *v);
/* Element i < len. */
void *vec_at(const struct vec *v, size_t i);
MUST_CHECK enum err vec_reserve(struct vec *v, size_t cap);

#endif
