/* What a loaded pack is made of. Internal to workers/rules: policy.c reads it and looks things up,
 * policy_resolve.c works out what is in force where and when. */
#ifndef WORKERS_RULES_POLICY_PACK_H
#define WORKERS_RULES_POLICY_PACK_H

#include <string.h>
#include "queue/base/arena.h"
#include "workers/rules/policy_read.h"

/* Rules of one division prefix from one time to another. */
struct policy_segment {
    char division[DIVISION_CODE_SIZE];
    int64_t from_ms, to_ms;
    const struct policy_rules *rules;
};

struct policy {
    struct arena arena; /* owns everything below */
    struct slice text;  /* the JSON it was read from */
    char version[POLICY_VERSION_SIZE];
    char name[POLICY_NAME_SIZE];
    char signed_by[ORDER_OFFICER_SIZE];
    uint64_t hash;
    struct policy_rules base;
    struct policy_overlay
        *overlays; /* one per division that an overlay of the pack or a disaster names */
    const struct json **overlay_rules; /* only while loading */
    size_t *overlay_at;                /* index in the pack's list; only while loading */
    int overlay_count;
    struct policy_surge *surges;
    const struct json **surge_rules; /* only while loading */
    struct policy_rules *surge_base; /* base + surge, for showing */
    int surge_count;
    const struct disaster *disasters; /* only while loading: the caller's */
    struct standing_order *orders;
    int order_count;
    struct policy_segment *segments; /* longest division first */
    int segment_count;
};

static inline bool policy_is_prefix(const char *prefix, const char *code)
{
    return strncmp(prefix, code, strlen(prefix)) == 0;
}

/* Every division that is named gets its own segments over all times; every other code is served by
 * its longest named prefix, at last by "". Contradictions go into c. ERR_NO_MEMORY. */
MUST_CHECK enum err policy_resolve(struct json_check *c, struct policy *p);

#endif
