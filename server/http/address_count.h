/* How many connections each address has: an open-addressing table of fixed size. An IPv6 address counts as its /64,
 * which is what one customer gets. Single-threaded. */
#ifndef SERVER_HTTP_ADDRESS_COUNT_H
#define SERVER_HTTP_ADDRESS_COUNT_H

#include <stddef.h>
#include <stdint.h>
#include "queue/base/err.h"
#include "server/http/message.h"

struct address_slot {
    uint64_t key;   /* the 4 bytes of IPv4, or the first 8 of IPv6 */
    uint32_t count; /* 0: the slot is free */
    bool ipv6;
};

struct address_count {
    struct address_slot *slots;
    size_t mask;
    uint64_t seed; /* so that nobody can aim at one chain */
};

/* most: addresses that will ever be counted at once. ERR_NO_MEMORY. */
MUST_CHECK enum err address_count_init(struct address_count *a, size_t most, uint64_t seed);
void address_count_release(struct address_count *a);
uint32_t address_count_of(const struct address_count *a, const struct http_address *address);
/* One more; at most `most` different addresses may be held. */
void address_count_add(struct address_count *a, const struct http_address *address);
/* One less; it must have been added. */
void address_count_drop(struct address_count *a, const struct http_address *address);

#endif
