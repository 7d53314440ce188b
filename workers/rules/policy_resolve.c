/* What is in force where and when: the base, the overlays of the pack, and the surges of declared
 * disasters. */
#include "workers/rules/policy_pack.h"

#include <stdlib.h>

/* Is a laid on before b? Overlays of the pack first: shorter divisions, then lower ranks. Declared
 * disasters come last, in the order of declaration: a province's flood goes over a county's year.
 */
static bool goes_first(const struct policy_overlay *a, const struct policy_overlay *b)
{
    size_t al = strlen(a->division), bl = strlen(b->division);

    if (a->disaster >= 0 || b->disaster >= 0)
        return a->disaster <= b->disaster;
    return al < bl || (al == bl && a->rank <= b->rank);
}

/* Overlays whose division is a prefix of `division` and that hold at at_ms, in the order in which
 * they are laid on. Returns how many. */
static int active_overlays(const struct policy *p, const char *division, int64_t at_ms, int *out)
{
    int count = 0;

    for (int i = 0; i < p->overlay_count; i++) {
        const struct policy_overlay *o = &p->overlays[i];
        if (!policy_is_prefix(o->division, division) || at_ms < o->from_ms || at_ms >= o->to_ms)
            continue;
        int at = count++;
        for (; at > 0 && !goes_first(&p->overlays[out[at - 1]], o); at--)
            out[at] = out[at - 1];
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
        if (!policy_is_prefix(o->division, division))
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
    struct policy_segment *s = &p->segments[p->segment_count];
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
        int disaster = p->overlays[active[i]].disaster;
        if (disaster >= 0) {
            const struct disaster *d = &p->disasters[disaster];
            memcpy(rules->disaster, d->id, sizeof rules->disaster);
            memcpy(rules->disaster_title, d->title, sizeof rules->disaster_title);
            memcpy(rules->surge, d->surge, sizeof rules->surge);
        }
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
    const struct policy_segment *x = a, *y = b;
    size_t xl = strlen(x->division), yl = strlen(y->division);

    if (xl != yl)
        return xl > yl ? -1 : 1;
    int by_code = strcmp(x->division, y->division);
    return by_code != 0 ? by_code : (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

enum err policy_resolve(struct json_check *c, struct policy *p)
{
    int *active = arena_alloc(&p->arena, ((size_t)p->overlay_count + 1) * sizeof *active);
    /* a division has at most 2 changes per overlay that applies to it; count them all first */
    size_t most = 1;

    if (active == NULL)
        return ERR_NO_MEMORY;
    for (int i = 0; i < p->overlay_count; i++) {
        for (int k = 0; k < p->overlay_count; k++)
            most += policy_is_prefix(p->overlays[k].division, p->overlays[i].division) ? 3 : 0;
    }
    most += 3 * (size_t)p->overlay_count;
    p->segment_count = 0;
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
