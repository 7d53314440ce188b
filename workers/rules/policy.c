/* The policy pack: reading it as a whole, resolving it for every division and period, looking rules
 * up. */
#include "workers/rules/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queue/base/arena.h"
#include "workers/rules/policy_read.h"

#define ARENA_MAX (256u << 20)

/* Rules of one division prefix from one time to another. */
struct segment {
    char division[DIVISION_CODE_SIZE];
    int64_t from_ms, to_ms;
    const struct policy_rules *rules;
};

struct policy {
    struct arena arena; /* owns everything below */
    char version[POLICY_VERSION_SIZE];
    char name[POLICY_NAME_SIZE];
    uint64_t hash;
    struct policy_rules base;
    struct policy_overlay *overlays;   /* one per division that an overlay of the pack names */
    const struct json **overlay_rules; /* only while loading */
    size_t *overlay_at;                /* index in the pack's list; only while loading */
    int overlay_count;
    struct standing_order *orders;
    int order_count;
    struct segment *segments; /* longest division first */
    int segment_count;
};

static bool is_prefix(const char *prefix, const char *code)
{
    return strncmp(prefix, code, strlen(prefix)) == 0;
}

/* ---- reading ---- */

static void read_overlay(struct json_check *c, struct policy *p, const struct json *v, size_t at)
{
    static const char *const keys[] = {"divisions",    "title", "rank", "effective_from",
                                       "effective_to", "rules", "note"};
    char divisions[ORDER_DIVISIONS_MAX][DIVISION_CODE_SIZE], note[POLICY_NOTE_SIZE];
    struct policy_overlay o;
    int64_t rank = 0;

    memset(&o, 0, sizeof o);
    if (!json_check_keys(c, v, keys, COUNT_OF(keys)) && json_kind(v) != JSON_OBJECT)
        return;
    (void)json_check_text(c, v, "title", true, o.title, sizeof o.title);
    (void)json_check_text(c, v, "note", false, note, sizeof note);
    (void)json_check_int(c, v, "rank", false, 0, 9, &rank);
    o.rank = (int)rank;
    policy_read_period(c, v, "effective_from", "effective_to", true, &o.from_ms, &o.to_ms);
    int count = policy_read_divisions(c, v, divisions, ORDER_DIVISIONS_MAX);
    const struct json *rules = json_check_child(c, v, "rules", true, JSON_OBJECT);
    if (rules != NULL) {
        struct policy_rules *scratch = arena_alloc(&p->arena, sizeof *scratch);
        size_t mark = json_check_enter(c, "rules");
        if (scratch != NULL)
            policy_read_rules(c, rules, false, scratch);
        json_check_leave(c, mark);
    }
    for (int i = 0; i < count; i++) {
        if (p->overlay_count == POLICY_OVERLAYS_MAX) {
            json_check_fault(c, "is one division too many: at most %d in all", POLICY_OVERLAYS_MAX);
            return;
        }
        memcpy(o.division, divisions[i], sizeof o.division);
        p->overlay_rules[p->overlay_count] = rules;
        p->overlay_at[p->overlay_count] = at;
        p->overlays[p->overlay_count++] = o;
    }
}

/* Two overlays that would both apply and neither goes first. */
static void check_overlaps(struct json_check *c, const struct policy *p)
{
    for (int i = 0; i < p->overlay_count; i++) {
        for (int k = 0; k < i; k++) {
            const struct policy_overlay *a = &p->overlays[i], *b = &p->overlays[k];
            if (strcmp(a->division, b->division) != 0 || a->rank != b->rank ||
                a->from_ms >= b->to_ms || b->from_ms >= a->to_ms)
                continue;
            size_t outer = json_check_enter(c, "overlays");
            size_t inner = json_check_enter_at(c, p->overlay_at[i]);
            json_check_fault(c,
                             "overlaps overlay %zu for division \"%s\": end that one earlier, or "
                             "give this one a higher \"rank\" to be laid over it",
                             p->overlay_at[k], a->division);
            json_check_leave(c, inner);
            json_check_leave(c, outer);
        }
    }
}

static void read_orders(struct json_check *c, struct policy *p, const struct json *list)
{
    size_t i = 0;

    if (json_size(list) > POLICY_ORDERS_MAX) {
        json_check_fault(c, "must hold at most %d orders", POLICY_ORDERS_MAX);
        return;
    }
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        size_t mark = json_check_enter_at(c, i);
        policy_read_order(c, v, &p->orders[i]);
        for (size_t k = 0; k < i; k++) {
            if (strcmp(p->orders[k].id, p->orders[i].id) == 0)
                json_check_fault(c, "has the id of order %zu: give it its own", k);
        }
        json_check_leave(c, mark);
    }
    p->order_count = (int)i;
}

static void read_pack(struct json_check *c, struct policy *p, const struct json *root)
{
    static const char *const keys[] = {"format", "version",  "title",          "note",
                                       "rules",  "overlays", "standing_orders"};
    char title[POLICY_BASIS_SIZE], note[POLICY_NOTE_SIZE];
    int64_t format;

    if (!json_check_keys(c, root, keys, COUNT_OF(keys)) && json_kind(root) != JSON_OBJECT)
        return;
    (void)json_check_int(c, root, "format", true, 1, 1, &format);
    (void)json_check_text(c, root, "title", true, title, sizeof title);
    (void)json_check_text(c, root, "note", false, note, sizeof note);
    (void)json_check_text(c, root, "version", true, p->version, sizeof p->version);
    if (strspn(p->version, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") !=
        strlen(p->version))
        json_check_fault(c, "\"version\" may hold letters, digits, '.', '-' and '_' only");
    const struct json *rules = json_check_child(c, root, "rules", true, JSON_OBJECT);
    const struct json *overlays = json_check_child(c, root, "overlays", true, JSON_ARRAY);
    const struct json *orders = json_check_child(c, root, "standing_orders", true, JSON_ARRAY);
    size_t mark = json_check_enter(c, "rules");
    if (rules != NULL) {
        policy_read_rules(c, rules, true, &p->base);
        policy_check_rules(c, &p->base);
    }
    json_check_leave(c, mark);
    mark = json_check_enter(c, "overlays");
    size_t i = 0;
    for (const struct json *v = json_first(overlays); v != NULL; v = json_next(v), i++) {
        size_t inner = json_check_enter_at(c, i);
        read_overlay(c, p, v, i);
        json_check_leave(c, inner);
    }
    json_check_leave(c, mark);
    check_overlaps(c, p);
    mark = json_check_enter(c, "standing_orders");
    read_orders(c, p, orders);
    json_check_leave(c, mark);
}

/* ---- resolving ---- */

/* Overlays whose division is a prefix of `division` and that hold at at_ms, in the order in which
 * they are laid on. Returns how many. */
static int active_overlays(const struct policy *p, const char *division, int64_t at_ms, int *out)
{
    int count = 0;

    for (int i = 0; i < p->overlay_count; i++) {
        const struct policy_overlay *o = &p->overlays[i];
        if (!is_prefix(o->division, division) || at_ms < o->from_ms || at_ms >= o->to_ms)
            continue;
        int at = count++;
        for (; at > 0; at--) { /* insertion: shorter divisions first, then lower ranks */
            const struct policy_overlay *before = &p->overlays[out[at - 1]];
            size_t a = strlen(before->division), b = strlen(o->division);
            if (a < b || (a == b && before->rank <= o->rank))
                break;
            out[at] = out[at - 1];
        }
        out[at] = i;
    }
    return count;
}

/* First instant after at_ms at which an overlay of this division begins or ends. */
static int64_t next_change(const struct policy *p, const char *division, int64_t at_ms)
{
    int64_t next = INT64_MAX;

    for (int i = 0; i < p->overlay_count; i++) {
        const struct policy_overlay *o = &p->overlays[i];
        if (!is_prefix(o->division, division))
            continue;
        if (o->from_ms > at_ms && o->from_ms < next)
            next = o->from_ms;
        if (o->to_ms > at_ms && o->to_ms < next)
            next = o->to_ms;
    }
    return next;
}

static enum err resolve_segment(struct json_check *c, struct policy *p, const char *division,
                                int64_t from_ms, int64_t to_ms, int *active)
{
    struct segment *s = &p->segments[p->segment_count];
    int count = active_overlays(p, division, from_ms, active);

    s->from_ms = from_ms;
    s->to_ms = to_ms;
    memcpy(s->division, division, DIVISION_CODE_SIZE);
    s->rules = &p->base;
    p->segment_count++;
    if (count == 0)
        return ERR_OK;
    struct policy_rules *rules = arena_alloc(&p->arena, sizeof *rules);
    if (rules == NULL)
        return ERR_NO_MEMORY;
    *rules = p->base;
    size_t outer = json_check_enter(c, "overlays"), inner = 0;
    for (int i = 0; i < count; i++) {
        struct json_check silent = *c; /* its faults were written when it was read */
        silent.why = NULL;
        policy_read_rules(&silent, p->overlay_rules[active[i]], false, rules);
    }
    inner = json_check_enter_at(c, p->overlay_at[active[count - 1]]);
    size_t last = json_check_enter(c, "rules");
    policy_check_rules(c, rules);
    json_check_leave(c, last);
    json_check_leave(c, inner);
    json_check_leave(c, outer);
    s->rules = rules;
    return ERR_OK;
}

static int longer_first(const void *a, const void *b)
{
    const struct segment *x = a, *y = b;
    size_t xl = strlen(x->division), yl = strlen(y->division);

    if (xl != yl)
        return xl > yl ? -1 : 1;
    int by_code = strcmp(x->division, y->division);
    return by_code != 0 ? by_code : (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

/* Every division that is named gets its own segments over all times; every other code is served by
 * its longest named prefix, at last by "". */
static enum err resolve(struct json_check *c, struct policy *p)
{
    int *active = arena_alloc(&p->arena, POLICY_OVERLAYS_MAX * sizeof *active);
    /* a division has at most 2 changes per overlay that applies to it; count them all first */
    size_t most = 1;

    if (active == NULL)
        return ERR_NO_MEMORY;
    for (int i = 0; i < p->overlay_count; i++) {
        for (int k = 0; k < p->overlay_count; k++)
            most += is_prefix(p->overlays[k].division, p->overlays[i].division) ? 3 : 0;
    }
    most += 3 * (size_t)p->overlay_count;
    p->segments = arena_alloc(&p->arena, most * sizeof *p->segments);
    if (p->segments == NULL)
        return ERR_NO_MEMORY;
    for (int i = -1; i < p->overlay_count; i++) {
        char division[DIVISION_CODE_SIZE] = "";
        bool seen = false;
        if (i >= 0)
            memcpy(division, p->overlays[i].division, sizeof division);
        for (int k = 0; k < i && !seen; k++)
            seen = strcmp(p->overlays[k].division, division) == 0;
        if (seen || (i >= 0 && division[0] == '\0'))
            continue;
        for (int64_t from = INT64_MIN; from != INT64_MAX;) {
            int64_t to = next_change(p, division, from);
            enum err err = resolve_segment(c, p, division, from, to, active);
            if (err != ERR_OK)
                return err;
            from = to;
        }
    }
    qsort(p->segments, (size_t)p->segment_count, sizeof *p->segments, longer_first);
    return ERR_OK;
}

static void name_it(struct policy *p, const struct json *root)
{
    p->hash = policy_hash_json(root);
    snprintf(p->name, sizeof p->name, "%s+%016" PRIx64, p->version, p->hash);
    memcpy(p->base.name, p->name, sizeof p->base.name);
}

enum err policy_load(struct slice json, struct policy **out, struct buf *why)
{
    struct json_check c;
    struct json *root = NULL;
    struct policy *p = NULL;
    enum err err = ERR_NO_MEMORY;

    if (json.len > POLICY_BYTES_MAX)
        return ERR_TOO_LARGE;
    json_check_init(&c, json, why);
    err = json_check_parse(&c, &root);
    if (err != ERR_OK)
        return err;
    err = ERR_NO_MEMORY;
    p = calloc(1, sizeof *p);
    if (p == NULL)
        goto out;
    arena_init(&p->arena, ARENA_MAX);
    p->overlays = arena_alloc(&p->arena, POLICY_OVERLAYS_MAX * sizeof *p->overlays);
    p->overlay_rules = arena_alloc(&p->arena, POLICY_OVERLAYS_MAX * sizeof *p->overlay_rules);
    p->overlay_at = arena_alloc(&p->arena, POLICY_OVERLAYS_MAX * sizeof *p->overlay_at);
    p->orders = arena_alloc(&p->arena, POLICY_ORDERS_MAX * sizeof *p->orders);
    if (p->overlays == NULL || p->overlay_rules == NULL || p->overlay_at == NULL ||
        p->orders == NULL)
        goto out;
    read_pack(&c, p, root);
    if (c.faults > 0) {
        err = ERR_INPUT;
        goto out;
    }
    name_it(p, root);
    err = resolve(&c, p);
    if (err == ERR_OK && c.faults > 0)
        err = ERR_INPUT;
    p->overlay_rules = NULL; /* the document goes */
    if (err == ERR_OK) {
        *out = p;
        p = NULL;
    }
out:
    policy_free(p);
    json_free(root);
    return err;
}

void policy_free(struct policy *p)
{
    if (p == NULL)
        return;
    arena_release(&p->arena);
    free(p);
}

/* ---- looking up ---- */

const struct policy_rules *policy_for(const struct policy *p, const char *township, int64_t at_ms)
{
    for (int i = 0; i < p->segment_count; i++) {
        const struct segment *s = &p->segments[i];
        if (is_prefix(s->division, township) && at_ms >= s->from_ms && at_ms < s->to_ms)
            return s->rules;
    }
    return &p->base; /* at_ms == INT64_MAX */
}

const char *policy_version(const struct policy *p)
{
    return p->version;
}

uint64_t policy_hash(const struct policy *p)
{
    return p->hash;
}

const char *policy_name(const struct policy *p)
{
    return p->name;
}

int policy_order_count(const struct policy *p)
{
    return p->order_count;
}

const struct standing_order *policy_order(const struct policy *p, int i)
{
    ASSERT(i >= 0 && i < p->order_count);
    return &p->orders[i];
}

const struct standing_order *policy_order_by_id(const struct policy *p, struct slice id)
{
    for (int i = 0; i < p->order_count; i++) {
        if (slice_is(id, p->orders[i].id))
            return &p->orders[i];
    }
    return NULL;
}

/* Length of the longest division of the order that holds the township; -1 if none does. */
static int order_reach(const struct standing_order *o, const char *township)
{
    int reach = -1;

    for (int i = 0; i < o->division_count; i++) {
        int len = (int)strlen(o->divisions[i]);
        if (len > reach && is_prefix(o->divisions[i], township))
            reach = len;
    }
    return reach;
}

static bool order_fits(const struct standing_order *o, int64_t at_ms, enum relief_type type,
                       enum urgency urgency, enum cause cause, uint32_t facts)
{
    if (at_ms < o->valid_from_ms || at_ms >= o->valid_to_ms)
        return false;
    if ((o->types >> type & 1) == 0 || urgency < o->least_urgency)
        return false;
    for (int i = 0; i < o->qualify_count; i++) {
        if (condition_holds(&o->qualify[i], cause, facts))
            return true;
    }
    return false;
}

const struct standing_order *policy_order_for(const struct policy *p, const char *township,
                                              int64_t at_ms, enum relief_type type,
                                              enum urgency urgency, enum cause cause,
                                              uint32_t facts)
{
    const struct standing_order *best = NULL;
    int best_reach = -1;
    bool demo = policy_for(p, township, at_ms)->standard.demo;

    for (int i = 0; i < p->order_count; i++) {
        const struct standing_order *o = &p->orders[i];
        int reach = order_reach(o, township);
        if (reach <= best_reach || (o->demo && !demo) ||
            !order_fits(o, at_ms, type, urgency, cause, facts))
            continue;
        best = o;
        best_reach = reach;
    }
    return best;
}

int policy_overlay_count(const struct policy *p)
{
    return p->overlay_count;
}

const struct policy_overlay *policy_overlay(const struct policy *p, int i)
{
    ASSERT(i >= 0 && i < p->overlay_count);
    return &p->overlays[i];
}
