#include "workers/rules/policy_diff.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "workers/rules/policy_read.h"

#define VALUE_MAX 65536
#define KEY_SIZE 96

struct diff {
    void (*found)(void *data, const struct policy_difference *d);
    void *data;
    struct buf before, after, base_before, base_after;
    int count;
    bool no_memory;
};

static const char *text_of(struct diff *d, struct buf *out)
{
    if (buf_err(out) != ERR_OK)
        d->no_memory = true;
    return out->ptr == NULL ? "" : out->ptr;
}

static void tell(struct diff *d, const char *where, const char *key, const char *before,
                 const char *after)
{
    const struct policy_difference row = {where, key, before, after};

    if (strcmp(before, after) == 0)
        return;
    d->found(d->data, &row);
    d->count++;
}

static const char *value_of(struct diff *d, const struct policy_rules *r, size_t i, struct buf *out)
{
    struct json_out o;

    buf_clear(out);
    json_out_init(&o, out);
    policy_field_write(r, i, &o);
    return text_of(d, out);
}

/* What differs between two sets of rules; with a base, only what does not differ there in the very
 * same way. */
static void diff_rules(struct diff *d, const char *where, const struct policy_rules *a,
                       const struct policy_rules *b, const struct policy_rules *base_a,
                       const struct policy_rules *base_b)
{
    const char *group, *name;
    char key[KEY_SIZE];

    for (size_t i = 0; (name = policy_field(i, &group)) != NULL; i++) {
        const char *before = value_of(d, a, i, &d->before), *after = value_of(d, b, i, &d->after);
        if (base_a != NULL && strcmp(before, value_of(d, base_a, i, &d->base_before)) == 0 &&
            strcmp(after, value_of(d, base_b, i, &d->base_after)) == 0)
            continue;
        snprintf(key, sizeof key, "%s.%s", group, name);
        tell(d, where, key, before, after);
    }
}

/* ---- Divisions ---- */

static bool named_before(const struct policy *a, const struct policy *b, int at, const char *code)
{
    int in_a = policy_overlay_count(a);

    for (int i = 0; i < at; i++) {
        const struct policy_overlay *o =
            i < in_a ? policy_overlay(a, i) : policy_overlay(b, i - in_a);
        if (strcmp(o->division, code) == 0)
            return true;
    }
    return false;
}

static void diff_divisions(struct diff *d, const struct policy *a, const struct policy *b,
                           int64_t at_ms)
{
    const struct policy_rules *base_a = policy_for(a, "", at_ms),
                              *base_b = policy_for(b, "", at_ms);
    int in_a = policy_overlay_count(a), all = in_a + policy_overlay_count(b);

    diff_rules(d, "", base_a, base_b, NULL, NULL);
    for (int i = 0; i < all; i++) {
        const struct policy_overlay *o =
            i < in_a ? policy_overlay(a, i) : policy_overlay(b, i - in_a);
        if (o->division[0] == '\0' || named_before(a, b, i, o->division))
            continue;
        diff_rules(d, o->division, policy_for(a, o->division, at_ms),
                   policy_for(b, o->division, at_ms), base_a, base_b);
    }
}

static void overlay_text(const struct policy_overlay *o, char *out, size_t size)
{
    snprintf(out, size, "%s %lld %lld %d %s", o->division, (long long)o->from_ms,
             (long long)o->to_ms, o->rank, o->title);
}

static bool has_overlay(const struct policy *p, const char *text)
{
    char other[POLICY_BASIS_SIZE + 96];

    for (int i = 0; i < policy_overlay_count(p); i++) {
        overlay_text(policy_overlay(p, i), other, sizeof other);
        if (strcmp(other, text) == 0)
            return true;
    }
    return false;
}

/* Overlays that only one of the two has: what differs now is not all that will differ. */
static void diff_overlays(struct diff *d, const struct policy *has, const struct policy *lacks,
                          bool before)
{
    char text[POLICY_BASIS_SIZE + 96];

    for (int i = 0; i < policy_overlay_count(has); i++) {
        overlay_text(policy_overlay(has, i), text, sizeof text);
        if (!has_overlay(lacks, text))
            tell(d, "overlays", policy_overlay(has, i)->division, before ? text : "",
                 before ? "" : text);
    }
}

/* ---- Surges and orders ---- */

static void diff_surges(struct diff *d, const struct policy *a, const struct policy *b)
{
    char where[SURGE_ID_SIZE + 8];

    for (int i = 0; i < policy_surge_count(a); i++) {
        const struct policy_surge *s = policy_surge(a, i);
        int other = policy_surge_find(b, slice_of(s->id));
        snprintf(where, sizeof where, "surge %s", s->id);
        if (other < 0)
            tell(d, where, "id", s->title, "");
        else
            diff_rules(d, where, policy_surge_rules(a, i), policy_surge_rules(b, other),
                       policy_for(a, "", 0), policy_for(b, "", 0));
    }
    for (int i = 0; i < policy_surge_count(b); i++) {
        const struct policy_surge *s = policy_surge(b, i);
        snprintf(where, sizeof where, "surge %s", s->id);
        if (policy_surge_find(a, slice_of(s->id)) < 0)
            tell(d, where, "id", "", s->title);
    }
}

static const char *order_text(struct diff *d, const struct standing_order *o, struct buf *out)
{
    buf_clear(out);
    buf_putf(out,
             "%s %s case %lld day %lld month %lld from %lld to %lld types %u least %d surge \"%s\" "
             "signed %s %lld %s %s; %s;",
             o->officer, o->office, (long long)o->case_fen, (long long)o->day_fen,
             (long long)o->month_fen, (long long)o->valid_from_ms, (long long)o->valid_to_ms,
             o->types, (int)o->least_urgency, o->surge, o->signed_by, (long long)o->signed_ms,
             o->document, o->ed25519, o->legal_basis);
    for (int i = 0; i < o->division_count; i++)
        buf_putf(out, " %s", o->divisions[i]);
    for (int i = 0; i < o->qualify_count; i++)
        buf_putf(out, " [%x %x %x %x]", o->qualify[i].causes, o->qualify[i].all, o->qualify[i].any,
                 o->qualify[i].none);
    return text_of(d, out);
}

static void diff_orders(struct diff *d, const struct policy *a, const struct policy *b)
{
    char where[ORDER_ID_SIZE + 8];

    for (int i = 0; i < policy_order_count(a); i++) {
        const struct standing_order *o = policy_order(a, i);
        const struct standing_order *other = policy_order_by_id(b, slice_of(o->id));
        snprintf(where, sizeof where, "order %s", o->id);
        tell(d, where, "order", order_text(d, o, &d->before),
             other == NULL ? "" : order_text(d, other, &d->after));
    }
    for (int i = 0; i < policy_order_count(b); i++) {
        const struct standing_order *o = policy_order(b, i);
        snprintf(where, sizeof where, "order %s", o->id);
        if (policy_order_by_id(a, slice_of(o->id)) == NULL)
            tell(d, where, "order", "", order_text(d, o, &d->after));
    }
}

int policy_diff(const struct policy *a, const struct policy *b, int64_t at_ms,
                void (*found)(void *data, const struct policy_difference *d), void *data)
{
    struct diff d = {.found = found, .data = data};

    buf_init(&d.before, VALUE_MAX);
    buf_init(&d.after, VALUE_MAX);
    buf_init(&d.base_before, VALUE_MAX);
    buf_init(&d.base_after, VALUE_MAX);
    diff_divisions(&d, a, b, at_ms);
    diff_overlays(&d, a, b, true);
    diff_overlays(&d, b, a, false);
    diff_surges(&d, a, b);
    diff_orders(&d, a, b);
    buf_release(&d.before);
    buf_release(&d.after);
    buf_release(&d.base_before);
    buf_release(&d.base_after);
    return d.no_memory ? -1 : d.count;
}
