/* The policy pack: reading it as a whole, and looking rules up. */
#include "workers/rules/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queue/domain/money.h"
#include "workers/rules/policy_pack.h"

#define ARENA_MAX (256u << 20)

/* ---- reading ---- */

static void read_overlay(struct json_check *c, struct policy *p, const struct json *v, size_t at)
{
    static const char *const keys[] = {"divisions",    "title", "rank", "effective_from",
                                       "effective_to", "rules", "note"};
    char divisions[ORDER_DIVISIONS_MAX][DIVISION_CODE_SIZE], note[POLICY_NOTE_SIZE];
    struct policy_overlay o;
    int64_t rank = 0;

    memset(&o, 0, sizeof o);
    o.disaster = -1;
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

/* What a declared disaster may switch on. */
static void read_surge(struct json_check *c, struct policy *p, const struct json *v, size_t at)
{
    static const char *const keys[] = {"id", "title", "rules", "note"};
    struct policy_surge *surge = &p->surges[at];
    char note[POLICY_NOTE_SIZE];

    if (!json_check_keys(c, v, keys, COUNT_OF(keys)) && json_kind(v) != JSON_OBJECT)
        return;
    (void)json_check_text(c, v, "id", true, surge->id, sizeof surge->id);
    if (strspn(surge->id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(surge->id))
        json_check_fault(c, "\"id\" may hold small letters, digits and '-' only");
    (void)json_check_text(c, v, "title", true, surge->title, sizeof surge->title);
    (void)json_check_text(c, v, "note", false, note, sizeof note);
    for (size_t k = 0; k < at; k++) {
        if (strcmp(p->surges[k].id, surge->id) == 0)
            json_check_fault(c, "has the id of surge %zu: give it its own", k);
    }
    const struct json *rules = json_check_child(c, v, "rules", true, JSON_OBJECT);
    p->surge_rules[at] = rules;
    p->surge_base[at] = p->base;
    if (rules == NULL)
        return;
    size_t mark = json_check_enter(c, "rules");
    policy_read_rules(c, rules, false, &p->surge_base[at]);
    policy_check_rules(c, &p->surge_base[at]);
    json_check_leave(c, mark);
}

static void read_surges(struct json_check *c, struct policy *p, const struct json *list)
{
    size_t i = 0;

    if (json_size(list) > POLICY_SURGES_MAX) {
        json_check_fault(c, "must hold at most %d surges", POLICY_SURGES_MAX);
        return;
    }
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        size_t mark = json_check_enter_at(c, i);
        read_surge(c, p, v, i);
        json_check_leave(c, mark);
    }
    p->surge_count = (int)i;
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
        if (p->orders[i].surge[0] != '\0' && policy_surge_find(p, slice_of(p->orders[i].surge)) < 0)
            json_check_fault(c, "\"surge\" names no surge of this pack");
        json_check_leave(c, mark);
    }
    p->order_count = (int)i;
}

/* Whether it holds is for those who have keys (pack_signature.h). */
static void read_signature(struct json_check *c, struct policy *p, const struct json *v)
{
    static const char *const keys[] = {"by", "on", "document", "ed25519"};
    char document[ORDER_OFFICE_SIZE], ed25519[ORDER_SIGNATURE_SIZE];
    int64_t signed_ms;

    if (v == NULL)
        return;
    size_t mark = json_check_enter(c, "signature");
    if (json_check_keys(c, v, keys, COUNT_OF(keys))) {
        (void)json_check_text(c, v, "by", true, p->signed_by, sizeof p->signed_by);
        (void)json_check_date(c, v, "on", true, &signed_ms);
        (void)json_check_text(c, v, "document", false, document, sizeof document);
        (void)json_check_text(c, v, "ed25519", true, ed25519, sizeof ed25519);
    }
    json_check_leave(c, mark);
}

static void read_pack(struct json_check *c, struct policy *p, const struct json *root)
{
    static const char *const keys[] = {"format",   "version", "title",           "note",     "rules",
                                       "overlays", "surges",  "standing_orders", "signature"};
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
    const struct json *surges = json_check_child(c, root, "surges", true, JSON_ARRAY);
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
    mark = json_check_enter(c, "surges");
    read_surges(c, p, surges);
    json_check_leave(c, mark);
    mark = json_check_enter(c, "standing_orders");
    read_orders(c, p, orders);
    json_check_leave(c, mark);
    read_signature(c, p, json_get(root, "signature"));
}

static void name_it(struct policy *p, const struct json *root)
{
    p->hash = policy_hash_json(root);
    snprintf(p->name, sizeof p->name, "%s+%016" PRIx64, p->version, p->hash);
    memcpy(p->base.name, p->name, sizeof p->base.name);
    for (int i = 0; i < p->surge_count; i++)
        memcpy(p->surge_base[i].name, p->name, sizeof p->name);
}

/* Room for the pack's overlays and for every division of the disasters. */
static bool make_room(struct policy *p, size_t disasters)
{
    size_t overlays = POLICY_OVERLAYS_MAX + disasters * ORDER_DIVISIONS_MAX;

    p->overlays = arena_alloc(&p->arena, overlays * sizeof *p->overlays);
    p->overlay_rules = arena_alloc(&p->arena, overlays * sizeof *p->overlay_rules);
    p->overlay_at = arena_alloc(&p->arena, overlays * sizeof *p->overlay_at);
    p->surges = arena_alloc(&p->arena, POLICY_SURGES_MAX * sizeof *p->surges);
    p->surge_rules = arena_alloc(&p->arena, POLICY_SURGES_MAX * sizeof *p->surge_rules);
    p->surge_base = arena_alloc(&p->arena, POLICY_SURGES_MAX * sizeof *p->surge_base);
    p->orders = arena_alloc(&p->arena, POLICY_ORDERS_MAX * sizeof *p->orders);
    return p->overlays != NULL && p->overlay_rules != NULL && p->overlay_at != NULL &&
           p->surges != NULL && p->surge_rules != NULL && p->surge_base != NULL &&
           p->orders != NULL;
}

/* Its divisions become overlays that are laid on last. False with a line in `why` when it cannot be
 * used. */
static bool lay_disaster(struct policy *p, const struct disaster *d, int at, struct buf *why)
{
    int surge = policy_surge_find(p, slice_of(d->surge));
    if (surge < 0) {
        if (why != NULL)
            buf_putf(why, "disaster %s is left out: the pack holds no such surge as \"%s\"\n",
                     d->id, d->surge);
        return false;
    }
    for (int i = 0; i < d->division_count; i++) {
        struct policy_overlay *o = &p->overlays[p->overlay_count];
        memset(o, 0, sizeof *o);
        memcpy(o->division, d->divisions[i], sizeof o->division);
        memcpy(o->title, d->title, sizeof d->title);
        o->from_ms = d->from_ms;
        o->to_ms = d->to_ms;
        o->disaster = at;
        p->overlay_rules[p->overlay_count] = p->surge_rules[surge];
        p->overlay_at[p->overlay_count++] = (size_t)surge;
    }
    return true;
}

/* Faults of the rules with the overlays that are laid on now. */
static enum err try_resolve(const struct json_check *c, struct policy *p, int *faults)
{
    struct json_check trial = *c;

    trial.why = NULL;
    trial.faults = 0;
    enum err err = policy_resolve(&trial, p);
    *faults = trial.faults;
    return err;
}

/* One by one: who makes the rules contradict each other is left out. A declaration must take
 * neither the rules nor the other disasters away from anybody. */
static enum err lay_one_by_one(const struct json_check *c, struct policy *p,
                               const struct disaster *disasters, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int before = p->overlay_count, faults = 0;
        if (!lay_disaster(p, &disasters[i], (int)i, NULL))
            continue;
        enum err err = try_resolve(c, p, &faults);
        if (err != ERR_OK)
            return err;
        if (faults == 0)
            continue;
        p->overlay_count = before;
        if (c->why != NULL)
            buf_putf(c->why,
                     "disaster %s is left out: its surge contradicts the rules of a "
                     "division there\n",
                     disasters[i].id);
    }
    return ERR_OK;
}

static enum err resolve_all(struct json_check *c, struct policy *p,
                            const struct disaster *disasters, size_t count)
{
    int overlays = p->overlay_count, faults = 0;

    p->disasters = disasters;
    enum err err = policy_resolve(c, p); /* the pack itself must hold */
    for (size_t i = 0; i < count; i++)
        (void)lay_disaster(p, &disasters[i], (int)i, c->why);
    if (err == ERR_OK && c->faults == 0 && p->overlay_count > overlays)
        err = try_resolve(c, p, &faults);
    if (err == ERR_OK && faults > 0) {
        p->overlay_count = overlays;
        err = lay_one_by_one(c, p, disasters, count);
        if (err == ERR_OK)
            err = try_resolve(c, p, &faults);
    }
    p->disasters = NULL;
    p->overlay_rules = NULL; /* the document goes */
    p->surge_rules = NULL;
    return err;
}

enum err policy_load(struct slice json, struct policy **out, struct buf *why)
{
    return policy_load_declared(json, NULL, 0, out, why);
}

enum err policy_load_declared(struct slice json, const struct disaster *disasters, size_t count,
                              struct policy **out, struct buf *why)
{
    struct json_check c;
    struct json *root = NULL;
    struct policy *p = NULL;
    enum err err = ERR_NO_MEMORY;

    ASSERT(count <= POLICY_DISASTERS_MAX);
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
    p->text = slice_make(arena_text(&p->arena, json), json.len);
    if (p->text.ptr == NULL || !make_room(p, count))
        goto out;
    read_pack(&c, p, root);
    if (c.faults > 0) {
        err = ERR_INPUT;
        goto out;
    }
    name_it(p, root);
    err = resolve_all(&c, p, disasters, count);
    if (err == ERR_OK && c.faults > 0)
        err = ERR_INPUT;
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
        const struct policy_segment *s = &p->segments[i];
        if (policy_is_prefix(s->division, township) && at_ms >= s->from_ms && at_ms < s->to_ms)
            return s->rules;
    }
    return &p->base; /* at_ms == INT64_MAX */
}

struct slice policy_text(const struct policy *p)
{
    return p->text;
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

const char *policy_signed_by(const struct policy *p)
{
    return p->signed_by;
}

const struct debt_step *policy_debt_step(const struct policy_rules *r, int64_t overdue_fen,
                                         int64_t allotted_fen)
{
    const struct debt_step *holds = NULL;

    if (overdue_fen <= 0)
        return NULL;
    for (int i = 0; i < r->review_debt.step_count; i++) {
        const struct debt_step *step = &r->review_debt.steps[i];
        int64_t share = 0;
        bool by_share = step->overdue_permille > 0 && allotted_fen > 0 &&
                        money_permille(allotted_fen, step->overdue_permille, &share) == ERR_OK &&
                        overdue_fen >= share;
        if (by_share || (step->overdue_fen > 0 && overdue_fen >= step->overdue_fen))
            holds = step;
    }
    return holds;
}

int64_t policy_township_ceiling(const struct policy_rules *r)
{
    int64_t fen = r->township_ceiling.amount_fen;

    if (money_mul(r->standard.dibao_month_fen, r->township_ceiling.months, &fen) != ERR_OK)
        return r->township_ceiling.amount_fen; /* cannot overflow within the pack's ranges */
    return money_min(fen, r->township_ceiling.amount_fen);
}

int64_t policy_first_aid_ceiling(const struct policy_rules *r, int64_t overdue_fen,
                                 int64_t allotted_fen, bool danger_to_life)
{
    int64_t ceiling = policy_township_ceiling(r), left = 0;
    const struct debt_step *step =
        danger_to_life ? NULL : policy_debt_step(r, overdue_fen, allotted_fen);

    if (step == NULL)
        return ceiling;
    if (money_permille(ceiling, step->ceiling_permille, &left) != ERR_OK)
        return 0;
    return left;
}

int policy_order_count(const struct policy *p)
{
    return p->order_count;
}

void policy_suspend_orders(struct policy *p)
{
    p->order_count = 0;
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
        if (len > reach && policy_is_prefix(o->divisions[i], township))
            reach = len;
    }
    return reach;
}

static bool order_fits(const struct standing_order *o, const struct policy_rules *r, int64_t at_ms,
                       enum relief_type type, enum urgency urgency, enum cause cause,
                       uint32_t facts)
{
    if ((o->demo && !r->standard.demo) || (o->surge[0] != '\0' && strcmp(o->surge, r->surge) != 0))
        return false;
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
    const struct policy_rules *r = policy_for(p, township, at_ms);

    for (int i = 0; i < p->order_count; i++) {
        const struct standing_order *o = &p->orders[i];
        int reach = order_reach(o, township);
        if (reach >= 0 && o->surge[0] != '\0')
            reach += DIVISION_CODE_SIZE; /* one made for the disaster goes before all others */
        if (reach <= best_reach || !order_fits(o, r, at_ms, type, urgency, cause, facts))
            continue;
        best = o;
        best_reach = reach;
    }
    return best;
}

int policy_surge_count(const struct policy *p)
{
    return p->surge_count;
}

const struct policy_surge *policy_surge(const struct policy *p, int i)
{
    ASSERT(i >= 0 && i < p->surge_count);
    return &p->surges[i];
}

int policy_surge_find(const struct policy *p, struct slice id)
{
    for (int i = 0; i < p->surge_count; i++) {
        if (slice_is(id, p->surges[i].id))
            return i;
    }
    return -1;
}

const struct policy_rules *policy_surge_rules(const struct policy *p, int i)
{
    ASSERT(i >= 0 && i < p->surge_count);
    return &p->surge_base[i];
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
