#include "queue/base/arena.h"

#include <stdlib.h>

#define BLOCK_BYTES 8192

struct arena_block {
    struct arena_block *older;
    size_t used;
    size_t cap;
    _Alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *a, size_t max)
{
    *a = (struct arena){.max = max};
}

static void blocks_free(struct arena_block *block)
{
    while (block != NULL) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_release(struct arena *a)
{
    blocks_free(a->blocks);
    *a = (struct arena){.max = a->max};
}

void arena_reset(struct arena *a)
{
    if (a->blocks != NULL) {
        blocks_free(a->blocks->older);
        a->blocks->older = NULL;
        a->blocks->used = 0;
    }
    a->used_total = 0;
}

void *arena_alloc(struct arena *a, size_t len)
{
    const size_t align = _Alignof(max_align_t);
    if (len > a->max - a->used_total) {
        return NULL;
    }
    size_t padded = (len + align - 1) / align * align;
    if (a->blocks == NULL || padded > a->blocks->cap - a->blocks->used) {
        size_t cap = padded > BLOCK_BYTES ? padded : BLOCK_BYTES;
        struct arena_block *block = malloc(sizeof(*block) + cap);
        if (block == NULL) {
            return NULL;
        }
        *block = (struct arena_block){.older = a->blocks, .cap = cap};
        a->blocks = block;
    }
    void *at = a->blocks->bytes + a->blocks->used;
    a->blocks->used += padded;
    a->used_total += len;
    memset(at, 0, len);
    return at;
}

char *arena_text(struct arena *a, struct slice s)
{
    char *text = arena_alloc(a, s.len + 1);
    if (text != NULL && s.len > 0) {
        memcpy(text, s.ptr, s.len);
    }
    return text;
}
