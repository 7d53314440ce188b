/* The text index: all names in one trie whose edges lie in one hash table, so that a step is one
 * look at memory and the table can be mapped from a file. Nodes 1..terminals end a key, in the
 * order of the keys; others have higher numbers; 0 is the root. A key has postings: kind (enum
 * name_kind, 4 bits) and entity (28 bits), sorted. */
#ifndef WORKERS_ROUTING_TRIE_H
#define WORKERS_ROUTING_TRIE_H

#include <stdint.h>

#define TRIE_NODES_MAX (1u << 24)
#define POSTING_KIND(p) ((p) >> 28)
#define POSTING_ENTITY(p) ((p)&0x0FFFFFFFu)
#define POSTING(kind, entity) ((uint32_t)(kind) << 28 | (uint32_t)(entity))

struct trie {
    const uint64_t *edges;  /* parent << 40 | character << 24 | child; 0 is empty */
    uint32_t mask;          /* number of slots, a power of two, minus 1 */
    const uint32_t *starts; /* terminals + 2 starts into postings */
    uint32_t terminals;
    const uint32_t *postings;
};

static inline uint32_t trie_slot(uint32_t node, uint16_t c, uint32_t mask)
{
    uint64_t key = (uint64_t)node << 16 | c;
    return (uint32_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & mask;
}

/* The child of a node by a character, 0 for none. */
static inline uint32_t trie_step(const struct trie *t, uint32_t node, uint16_t c)
{
    uint64_t want = (uint64_t)node << 16 | c;

    for (uint32_t at = trie_slot(node, c, t->mask);; at = (at + 1) & t->mask) {
        uint64_t edge = t->edges[at];
        if (edge == 0)
            return 0;
        if (edge >> 24 == want)
            return (uint32_t)(edge & 0xFFFFFF);
    }
}

#endif
