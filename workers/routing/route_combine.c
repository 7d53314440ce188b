/* Text together with a point, a county code and the region of the agent's desk. */
#include "workers/routing/text.h"

#include <string.h>

#define SAME_PLACE_M \
    15000.0 /* a seat this near to the point agrees with it, across a county line too */
#define NEAR_WITHOUT_SHAPES_M 40000.0

static double distance_m(const struct gazetteer *g, const struct point_answer *p, uint32_t township)
{
    const struct township_row *t = &g->townships[township];

    if (t->source == POINT_NONE)
        return -1.0;
    return unit_distance_m(p->at, point_to_unit(row_point(t->lat, t->lng)));
}

static bool in_counties(const struct point_answer *p, uint32_t county)
{
    for (uint32_t i = 0; i < p->county_count; i++) {
        if (p->counties[i] == county)
            return true;
    }
    return false;
}

enum agreement { AGREES, CONTRADICTS, UNKNOWN };

static enum agreement point_agrees(const struct gazetteer *g, const struct point_answer *p,
                                   uint32_t township)
{
    double m = distance_m(g, p, township);

    if (in_counties(p, g->townships[township].county) || (m >= 0 && m < SAME_PLACE_M))
        return AGREES;
    if (p->county_count > 0)
        return CONTRADICTS;
    if (m < 0)
        return UNKNOWN;
    return m < NEAR_WITHOUT_SHAPES_M ? AGREES : CONTRADICTS;
}

static bool in_prior(const struct gazetteer *g, uint32_t township, struct slice prior)
{
    return prior.len >= 4 && prior.len <= 9 &&
           memcmp(gazetteer_text(g, g->townships[township].code_text), prior.ptr, prior.len) == 0;
}

/* The only namesake that the point (or, without one, the agent's region) speaks for; NULL if there
 * is none or several. */
static const struct text_candidate *only_namesake(const struct text_context *x,
                                                  const struct point_answer *p, struct slice prior)
{
    const struct text_candidate *found = NULL;

    for (size_t i = 0; i < text_namesakes(x); i++) {
        const struct text_candidate *c = &x->w->candidates[x->w->top[i]];
        bool fits = p != NULL ? point_agrees(x->g, p, c->township) == AGREES
                              : in_prior(x->g, c->township, prior);
        if (!fits)
            continue;
        if (found != NULL)
            return NULL;
        found = c;
    }
    return found;
}

static void route_to(const struct text_context *x, const struct text_candidate *c, int confidence,
                     unsigned evidence, struct route_result *out)
{
    struct route_candidate *shown = candidate_add(x->g, out, c->township);

    shown->evidence = c->evidence | evidence;
    shown->score = c->score < 0 ? 0 : c->score > 1000 ? 1000 : c->score;
    result_set_township(x->g, out, c->township, confidence);
    out->ask = confidence < 75 ? ASK_CONFIRM : ASK_NONE;
}

static void show_distances(const struct gazetteer *g, const struct point_answer *p,
                           struct route_result *out)
{
    struct township t;

    for (size_t i = 0; i < out->count; i++) {
        struct route_candidate *c = &out->candidates[i];
        if (gazetteer_township(g, slice_of(c->code), &t) && t.has_point)
            c->distance_m = point_distance_m(p->wgs84, (struct point){t.lat, t.lng});
    }
}

static void conflict(const struct text_context *x, const struct point_answer *p, uint32_t county,
                     struct route_result *out)
{
    const struct gazetteer *g = x->g;

    for (size_t i = 0; i < p->count && i < 3; i++) {
        struct route_candidate *c = candidate_add(g, out, p->hits[i].township);
        if (c != NULL)
            c->evidence = EVIDENCE_POINT;
    }
    show_distances(g, p, out);
    out->conflict = true;
    out->ask = ASK_CONFLICT;
    uint32_t there =
        p->county_count > 0 ? p->counties[0] : g->townships[p->hits[0].township].county;
    why_add(out, "说的是%s，定位却在%s，不在同一个县，不能自动派单。",
            gazetteer_text(g, g->counties[county].name),
            gazetteer_text(g, g->counties[there].name));
}

/* Text and a usable point. */
void route_combine_point(struct text_context *x, const struct place_query *q,
                         const struct point_answer *p, struct route_result *out)
{
    const struct gazetteer *g = x->g;
    int confidence = text_confidence(x);

    if (confidence > 0) {
        const struct text_candidate *c = &x->w->candidates[x->w->top[0]];
        enum agreement agreement = point_agrees(g, p, c->township);
        if (agreement == CONTRADICTS) {
            struct route_candidate *shown = candidate_add(g, out, c->township);
            shown->evidence = c->evidence;
            conflict(x, p, g->townships[c->township].county, out);
            return;
        }
        text_decide(x, out);
        show_distances(g, p, out);
        if (agreement == AGREES) {
            out->candidates[0].evidence |= EVIDENCE_POINT;
            out->confidence = confidence > 95 ? confidence : 95;
            out->ask = ASK_NONE;
            why_add(out, "定位与所说的地方相符。");
        }
        return;
    }
    const struct text_candidate *c = only_namesake(x, p, q->prior_code);
    if (c != NULL) {
        why_add(out, "同名的地方中，只有%s的在定位附近。",
                gazetteer_text(g, g->counties[g->townships[c->township].county].name));
        route_to(x, c, 90, EVIDENCE_POINT, out);
        candidates_add_neighbours(g, out, c->township);
        show_distances(g, p, out);
        return;
    }
    uint32_t county = text_county(x);
    if (county != NO_ROW && p->county_count > 0 && !in_counties(p, county)) {
        (void)candidate_add_county(g, out, county);
        conflict(x, p, county, out);
        return;
    }
    point_decide(g, q, p, out);
}

/* Text alone, or with a point that cannot be used; the agent's region only tells namesakes apart.
 */
void route_combine_prior(struct text_context *x, const struct place_query *q,
                         struct route_result *out)
{
    if (text_confidence(x) == 0 && q->prior_code.len > 0) {
        const struct text_candidate *c = only_namesake(x, NULL, q->prior_code);
        if (c != NULL) {
            why_add(out, "同名的地方中，本坐席所在地区只有%s的一个，请核对。",
                    gazetteer_text(x->g, x->g->counties[x->g->townships[c->township].county].name));
            route_to(x, c, 66, EVIDENCE_PRIOR, out);
            candidates_add_neighbours(x->g, out, c->township);
            return;
        }
    }
    text_decide(x, out);
}
