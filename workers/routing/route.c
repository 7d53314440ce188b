#include "workers/routing/route.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "queue/base/utf8.h"
#include "workers/routing/route_inner.h"
#include "workers/routing/text.h"

struct route_scratch {
    struct route_result result; /* built here, so that the caller's stays untouched on failure */
    struct text_work text;
    size_t namesakes; /* of the last text, when it decided nothing */
};

#define WORD_ROW(id, word, zh) {word, zh},
static const char *const levels[][2] = {ROUTE_LEVEL_TABLE(WORD_ROW)};
static const char *const asks[][2] = {ROUTE_ASK_TABLE(WORD_ROW)};
#undef WORD_ROW

const char *route_level_word(enum route_level level)
{
    ASSERT((unsigned)level < COUNT_OF(levels));
    return levels[level][0];
}

const char *route_level_zh(enum route_level level)
{
    ASSERT((unsigned)level < COUNT_OF(levels));
    return levels[level][1];
}

const char *route_ask_word(enum route_ask ask)
{
    ASSERT((unsigned)ask < COUNT_OF(asks));
    return asks[ask][0];
}

const char *route_ask_zh(enum route_ask ask)
{
    ASSERT((unsigned)ask < COUNT_OF(asks));
    return asks[ask][1];
}

enum err route_scratch_new(struct route_scratch **out)
{
    struct route_scratch *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return ERR_NO_MEMORY;
    text_work_init(&s->text);
    *out = s;
    return ERR_OK;
}

void route_scratch_free(struct route_scratch *s)
{
    free(s);
}

void why_add(struct route_result *out, const char *fmt, ...)
{
    size_t at = strlen(out->why);
    char text[512];
    va_list args;

    va_start(args, fmt);
    int len = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(text) || at + (size_t)len + 2 > sizeof(out->why))
        return;
    if (at > 0)
        out->why[at++] = '\n';
    memcpy(out->why + at, text, (size_t)len + 1);
}

void why_distance(double distance_m, char out[32])
{
    if (distance_m < 950.0)
        snprintf(out, 32, "%.0f米", distance_m);
    else
        snprintf(out, 32, "%.1f公里", distance_m / 1000.0);
}

struct route_candidate *candidate_add(const struct gazetteer *g, struct route_result *out,
                                      uint32_t township)
{
    struct township t;

    gazetteer_township_at(g, township, &t);
    for (size_t i = 0; i < out->count; i++) {
        if (strcmp(out->candidates[i].code, t.code) == 0)
            return NULL;
    }
    if (out->count == ROUTE_CANDIDATES_MAX)
        return NULL;
    struct route_candidate *c = &out->candidates[out->count++];
    *c = (struct route_candidate){.name = t.name,
                                  .county = t.county,
                                  .city = t.city,
                                  .province = t.province,
                                  .distance_m = -1.0};
    memcpy(c->code, t.code, TOWNSHIP_CODE_SIZE);
    return c;
}

struct route_candidate *candidate_add_county(const struct gazetteer *g, struct route_result *out,
                                             uint32_t county)
{
    struct county t;

    gazetteer_county_at(g, county, &t);
    if (out->count == ROUTE_CANDIDATES_MAX)
        return NULL;
    struct route_candidate *c = &out->candidates[out->count++];
    *c = (struct route_candidate){
        .name = "", .county = t.name, .city = t.city, .province = t.province, .distance_m = -1.0};
    memcpy(c->code, t.code, COUNTY_CODE_SIZE);
    return c;
}

void candidates_add_neighbours(const struct gazetteer *g, struct route_result *out,
                               uint32_t township)
{
    const struct township_row *t = &g->townships[township];
    struct near_hit hits[NEAR_MAX];

    if (t->source == POINT_NONE)
        return;
    struct unit_vector from = point_to_unit(row_point(t->lat, t->lng));
    const struct near_filter filters[] = {{&t->county, 1}, {NULL, 0}};
    const size_t wanted[] = {SHOWN_MAX + 1, 2 * SHOWN_MAX + 1};
    for (size_t f = 0; f < COUNT_OF(filters) && out->count < SHOWN_MAX; f++) {
        size_t there = f == 0 ? g->counties[t->county].in_tree : wanted[f];
        size_t count = near_find(g->tree, g->tree_count, from, filters[f],
                                 there < wanted[f] ? there : wanted[f], hits);
        for (size_t i = 0; i < count && out->count < SHOWN_MAX; i++) {
            struct route_candidate *c = candidate_add(g, out, hits[i].township);
            if (c == NULL)
                continue;
            c->distance_m = near_distance_m(hits[i].chord2);
            c->evidence = EVIDENCE_NEIGHBOUR;
        }
    }
}

void candidates_add_of_county(const struct gazetteer *g, struct route_result *out, uint32_t county)
{
    const struct county_row *c = &g->counties[county];
    const uint16_t number = (uint16_t)county;
    struct near_hit hits[NEAR_MAX];
    size_t count = 0, want = c->in_tree < 2 * SHOWN_MAX ? c->in_tree : 2 * SHOWN_MAX;

    if ((c->flags & COUNTY_HAS_POINT) != 0 && want > 0)
        count = near_find(g->tree, g->tree_count, point_to_unit(row_point(c->lat, c->lng)),
                          (struct near_filter){&number, 1}, want, hits);
    for (size_t i = 0; i < count && out->count < SHOWN_MAX; i++) {
        struct route_candidate *shown = candidate_add(g, out, hits[i].township);
        if (shown != NULL)
            shown->evidence = EVIDENCE_NEIGHBOUR;
    }
    for (uint32_t i = 0; i < c->township_count && out->count < SHOWN_MAX; i++) {
        if ((g->townships[c->township_first + i].flags & TOWNSHIP_FILLER) != 0)
            continue;
        struct route_candidate *shown = candidate_add(g, out, c->township_first + i);
        if (shown != NULL)
            shown->evidence = EVIDENCE_NEIGHBOUR;
    }
}

void result_set_township(const struct gazetteer *g, struct route_result *out, uint32_t township,
                         int confidence)
{
    out->level = ROUTE_TOWNSHIP;
    out->confidence = confidence;
    memcpy(out->code, gazetteer_text(g, g->townships[township].code_text), TOWNSHIP_CODE_SIZE);
}

void result_set_county(const struct gazetteer *g, struct route_result *out, uint32_t county,
                       int confidence)
{
    out->level = ROUTE_COUNTY;
    out->confidence = confidence;
    memcpy(out->code, gazetteer_text(g, g->counties[county].code_text), COUNTY_CODE_SIZE);
}

/* A code that names a township decides; the point is then only compared. */
static void code_decide(const struct gazetteer *g, const struct code_answer *code,
                        const struct point_answer *point, const struct text_context *x,
                        struct route_result *out)
{
    struct route_candidate *c = candidate_add(g, out, code->township);

    c->evidence = EVIDENCE_CODE | (code->old ? EVIDENCE_OLD : 0u);
    c->score = 1000;
    result_set_township(g, out, code->township, 99);
    if (code->old) {
        out->confidence = code->percent >= 80 ? 90 : 65;
        out->ask = code->percent >= 80 ? ASK_NONE : ASK_CONFIRM;
        why_add(out, "这是旧的区划代码，原辖区约%u%%的村社现在归%s%s。", code->percent, c->county,
                c->name);
    } else {
        why_add(out, "区划代码就是%s%s%s。", c->city, c->county, c->name);
    }
    if (point->given && point->ask == ASK_NONE && point->by_shape) {
        bool inside = false;
        for (uint32_t i = 0; i < point->county_count; i++)
            inside = inside || point->counties[i] == code->county;
        if (!inside) {
            out->conflict = true;
            out->ask = ASK_CONFLICT;
            why_add(out, "但坐标落在%s，与代码不在同一个县，请核对。",
                    gazetteer_text(g, g->counties[point->counties[0]].name));
        }
    }
    if (text_confidence(x) > 0) {
        uint32_t said = x->w->candidates[x->w->top[0]].township;
        if (g->townships[said].county != code->county) {
            out->conflict = true;
            out->ask = ASK_CONFLICT;
            why_add(out, "但说的是%s%s，与代码不在同一个县，请核对。",
                    gazetteer_text(g, g->counties[g->townships[said].county].name),
                    gazetteer_text(g, g->townships[said].name));
        }
    }
    candidates_add_neighbours(g, out, code->township);
}

static void county_code_decide(const struct gazetteer *g, const struct code_answer *code,
                               struct route_result *out)
{
    struct county county;

    gazetteer_county_at(g, code->county, &county);
    result_set_county(g, out, code->county, 95);
    struct route_candidate *c = candidate_add_county(g, out, code->county);
    c->evidence = EVIDENCE_CODE;
    c->score = 1000;
    candidates_add_of_county(g, out, code->county);
    out->ask = ASK_TOWNSHIP;
    why_add(out, "代码只说明是%s%s，没有说明乡镇街道。", county.city, county.name);
}

static void nothing_decide(const struct gazetteer *g, const struct code_answer *code,
                           struct route_result *out)
{
    if (!code->given) {
        out->ask = ASK_PLACE;
        why_add(out, "没有说明地点。");
    } else if (code->city != NO_ROW || code->province != NO_ROW) {
        const char *city =
            code->city == NO_ROW ? "" : gazetteer_text(g, g->cities[code->city].name);
        out->ask = ASK_COUNTY;
        why_add(out, "代码在%s%s范围内，但查不到对应的县或乡镇。",
                gazetteer_text(g, g->provinces[code->province].name), city);
    } else {
        out->ask = ASK_CODE;
        why_add(out, "区划代码查不到。");
    }
}

enum err route_place(const struct gazetteer *g, struct route_scratch *s,
                     const struct place_query *q, struct route_result *out)
{
    struct code_answer code;
    struct point_answer point;
    struct route_result *r = &s->result;

    if ((unsigned)q->crs >= CRS_COUNT || (q->code.ptr == NULL && q->code.len > 0) ||
        (q->text.ptr == NULL && q->text.len > 0) ||
        (q->prior_code.ptr == NULL && q->prior_code.len > 0))
        return ERR_INPUT;
    memset(r, 0, sizeof(*r));
    r->margin_m = -1.0;
    memcpy(r->version, g->header->version, sizeof(r->version));
    route_by_code(g, q->code, &code);
    route_by_point(g, q, &point);
    struct text_context x = text_context_make(g, &s->text);
    if (q->text.len > 0)
        route_by_text(&x, q->text, code.township == NO_ROW ? code.county : NO_ROW);
    if (code.township != NO_ROW)
        code_decide(g, &code, &point, &x, r);
    else if (q->text.len > 0 && point.given && point.ask == ASK_NONE)
        route_combine_point(&x, q, &point, r);
    else if (q->text.len > 0 && !text_says_nothing(&x))
        route_combine_prior(&x, q, r);
    else if (point.given && (point.ask == ASK_NONE || code.county == NO_ROW))
        point_decide(g, q, &point, r);
    else if (code.county != NO_ROW)
        county_code_decide(g, &code, r);
    else if (q->text.len > 0)
        text_decide(&x, r);
    else
        nothing_decide(g, &code, r);
    if (point.given && point.ask != ASK_NONE && r->level == ROUTE_NONE)
        r->ask = point.ask;
    if (r->level != ROUTE_TOWNSHIP && code.given && code.township == NO_ROW &&
        code.county == NO_ROW && r->ask == ASK_PLACE && code.city == NO_ROW &&
        code.province == NO_ROW)
        r->ask = ASK_CODE;
    s->namesakes = r->level == ROUTE_TOWNSHIP ? 0 : text_namesakes(&x);
    *out = *r;
    return ERR_OK;
}

size_t route_namesakes(const struct gazetteer *g, const struct route_scratch *s,
                       char (*codes)[TOWNSHIP_CODE_SIZE], size_t max)
{
    const struct text_work *w = &s->text;
    size_t count = s->namesakes < max ? s->namesakes : max;

    for (size_t i = 0; i < count; i++)
        memcpy(codes[i],
               gazetteer_text(g, g->townships[w->candidates[w->top[i]].township].code_text),
               TOWNSHIP_CODE_SIZE);
    return count;
}
