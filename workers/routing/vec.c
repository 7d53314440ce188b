#include "workers/routing/vec.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void vec_init(struct vec *v, size_t element_size)
{
    *v = (struct vec){.size = element_size};
}

void vec_release(struct vec *v)
{
    free(v->ptr);
    vec_init(v, v->size);
}

enum err vec_reserve(struct vec *v, size_t cap)
{
    if (cap <= v->cap)
        return ERR_OK;
    if (cap > SIZE_MAX / v->size)
        return ERR_NO_MEMORY;
    void *ptr = realloc(v->ptr, cap * v->size);
    if (ptr == NULL)
        return ERR_NO_MEMORY;
    v->ptr = ptr;
    v->cap = cap;
    return ERR_OK;
}

void *vec_add(struct vec *v)
{
    if (v->len == v->cap && vec_reserve(v, v->cap == 0 ? 64 : v->cap * 2) != ERR_OK)
        return NULL;
    void *slot = (char *)v->ptr + v->len++ * v->size;
    memset(slot, 0, v->size);
    return slot;
}

void *vec_at(const struct vec *v, size_t i)
{
    ASSERT(i < v->len);
    return (char *)v->ptr + i * v->size;
}
