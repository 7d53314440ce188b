#include "server/http/address_count.h"

#include <stdlib.h>

enum err address_count_init(struct address_count *a, size_t most, uint64_t seed)
{
    size_t size = 16;
    while (size < most * 2) {
        size *= 2;
    }
    struct address_slot *slots = calloc(size, sizeof(*slots));
    if (slots == NULL) {
        return ERR_NO_MEMORY;
    }
    *a = (struct address_count){.slots = slots, .mask = size - 1, .seed = seed | 1};
    return ERR_OK;
}

void address_count_release(struct address_count *a)
{
    free(a->slots);
    *a = (struct address_count){.slots = NULL};
}

static uint64_t key_of(const struct http_address *address)
{
    uint64_t key = 0;
    memcpy(&key, address->bytes, address->ipv6 ? 8 : 4);
    return key;
}

static size_t home_of(const struct address_count *a, uint64_t key)
{
    uint64_t h = (key ^ a->seed) * UINT64_C(0x9e3779b97f4a7c15);
    h ^= h >> 29;
    h *= a->seed;
    return (size_t)(h >> 32) & a->mask;
}

/* The slot of the address, or the free one where it would go. The table is never full. */
static size_t find(const struct address_count *a, uint64_t key, bool ipv6)
{
    size_t i = home_of(a, key);
    while (a->slots[i].count > 0 && (a->slots[i].key != key || a->slots[i].ipv6 != ipv6)) {
        i = (i + 1) & a->mask;
    }
    return i;
}

uint32_t address_count_of(const struct address_count *a, const struct http_address *address)
{
    return a->slots[find(a, key_of(address), address->ipv6)].count;
}

void address_count_add(struct address_count *a, const struct http_address *address)
{
    uint64_t key = key_of(address);
    struct address_slot *s = &a->slots[find(a, key, address->ipv6)];
    s->key = key;
    s->ipv6 = address->ipv6;
    s->count++;
}

void address_count_drop(struct address_count *a, const struct http_address *address)
{
    size_t hole = find(a, key_of(address), address->ipv6);
    ASSERT(a->slots[hole].count > 0);
    if (--a->slots[hole].count > 0) {
        return;
    }
    /* Close the gap, so that chains stay unbroken without tombstones. */
    for (size_t i = (hole + 1) & a->mask; a->slots[i].count > 0; i = (i + 1) & a->mask) {
        size_t home = home_of(a, a->slots[i].key);
        if (((i - home) & a->mask) >= ((i - hole) & a->mask)) {
            a->slots[hole] = a->slots[i];
            a->slots[i].count = 0;
            hole = i;
        }
    }
}
