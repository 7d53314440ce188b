/* Points: the county whose boundary holds the point, then the nearest seat or village anchor in it.
 */
#include "workers/routing/route_inner.h"

#define FAR_WITHOUT_SHAPES_M \
    30000.0 /* no boundaries: farther than this from every known point is no route */
#define ABROAD_WITHOUT_SHAPES_M 120000.0
#define FAR_OUTSIDE_SHAPES_M \
    3000.0 /* boundaries are there but hold not the point: coasts and simplified lines */
#define FAR_IN_COUNTY_M \
    25000.0 /* in the county but far from every known point: have it confirmed */
#define MARGIN_SURE_M 500.0
#define SHARE_SURE 0.85 /* of a county's townships with a known point */
#define SHARE_LEAST 0.6 /* below it the nearest known one says little */
#define AT_THE_SEAT_M 1500.0

struct shapes gazetteer_shapes(const struct gazetteer *g)
{
    return (struct shapes){g->shapes, g->rings,       g->vertices,
                           g->cells,  g->cell_shapes, g->shapes_count};
}

static void find_counties(const struct gazetteer *g, struct point_answer *out)
{
    struct shapes shapes = gazetteer_shapes(g);
    uint32_t found[SHAPES_AT_MAX];
    size_t count = shapes_at(&shapes, out->wgs84, found);

    for (size_t i = 0; i < count; i++) {
        const struct shape_row *s = &g->shapes[found[i]];
        for (uint32_t k = 0; k < s->county_count && out->county_count < SHAPES_AT_MAX; k++)
            out->counties[out->county_count++] = g->shape_counties[s->county_first + k];
    }
    out->by_shape = out->county_count > 0;
}

/* The nearest in the county first, then anywhere, without repeating. */
static void find_nearest(const struct gazetteer *g, struct point_answer *out)
{
    struct near_hit more[NEAR_MAX];

    size_t there = 0;
    for (uint32_t i = 0; i < out->county_count; i++)
        there += g->counties[out->counties[i]].in_tree;
    if (there > 0)
        out->count = near_find(g->tree, g->tree_count, out->at,
                               (struct near_filter){out->counties, out->county_count},
                               there < SHOWN_MAX ? there : SHOWN_MAX, out->hits);
    if (out->count >= SHOWN_MAX)
        return;
    size_t count = near_find(g->tree, g->tree_count, out->at, (struct near_filter){NULL, 0},
                             SHOWN_MAX * 2, more);
    if (out->by_shape && out->count == 0)
        out->by_shape = false; /* nothing known in that county: decided by distance alone */
    for (size_t i = 0; i < count && out->count < SHOWN_MAX; i++) {
        size_t k = 0;
        while (k < out->count && out->hits[k].township != more[i].township)
            k++;
        if (k == out->count)
            out->hits[out->count++] = more[i];
    }
}

void route_by_point(const struct gazetteer *g, const struct place_query *q,
                    struct point_answer *out)
{
    struct point p = {q->lat, q->lng};

    *out = (struct point_answer){.given = q->has_point};
    if (!q->has_point)
        return;
    if (!point_valid(p) || (p.lat == 0.0 && p.lng == 0.0)) {
        out->ask = ASK_POINT;
        return;
    }
    if (!point_in_china_box(p)) {
        /* Exchanged numbers are a frequent mistake, but which was meant is not ours to guess. */
        struct point exchanged = {p.lng, p.lat};
        out->ask = point_valid(exchanged) && point_in_china_box(exchanged) ? ASK_POINT : ASK_ABROAD;
        return;
    }
    if (q->crs == CRS_NONE) {
        out->ask = ASK_CRS;
        return;
    }
    out->wgs84 = point_to_wgs84(p, q->crs);
    out->at = point_to_unit(out->wgs84);
    find_counties(g, out);
    bool listed = out->county_count > 0;
    find_nearest(g, out);
    double nearest_m = out->count == 0 ? 1e9 : near_distance_m(out->hits[0].chord2);
    if (listed)
        return;
    if (g->shapes_count > 0 ? nearest_m > FAR_OUTSIDE_SHAPES_M
                            : nearest_m > ABROAD_WITHOUT_SHAPES_M)
        out->ask = ASK_ABROAD;
    else if (g->shapes_count == 0 && nearest_m > FAR_WITHOUT_SHAPES_M)
        out->ask = ASK_PLACE;
}

static void add_hits(const struct gazetteer *g, const struct point_answer *p,
                     struct route_result *out)
{
    for (size_t i = 0; i < p->count; i++) {
        struct route_candidate *c = candidate_add(g, out, p->hits[i].township);
        if (c == NULL)
            continue;
        uint16_t county = g->townships[p->hits[i].township].county;
        c->distance_m = near_distance_m(p->hits[i].chord2);
        c->evidence |= EVIDENCE_POINT;
        for (uint32_t k = 0; k < p->county_count; k++) {
            if (p->counties[k] == county)
                c->evidence |= EVIDENCE_POLYGON;
        }
        c->score = c->distance_m < 100000.0 ? 1000 - (int)(c->distance_m / 100.0) : 0;
    }
    if (out->count >= 2)
        out->margin_m = out->candidates[1].distance_m - out->candidates[0].distance_m;
}

static uint32_t without_point(const struct gazetteer *g, uint32_t county)
{
    const struct county_row *c = &g->counties[county];
    uint32_t count = 0;

    for (uint32_t i = 0; i < c->township_count; i++)
        count += g->townships[c->township_first + i].source == POINT_NONE;
    return count;
}

/* Of the county's townships, how many take part in the comparison: 0..1. */
static double known_share(const struct gazetteer *g, uint32_t county)
{
    const struct county_row *c = &g->counties[county];
    return c->township_count == 0 ? 0 : (double)c->in_tree / c->township_count;
}

/* 60..97: how much farther the second is, compared with the distance of the first. */
static int confidence_of(const struct gazetteer *g, const struct point_answer *p,
                         const struct route_result *out)
{
    double first = out->candidates[0].distance_m;
    double ratio = out->count < 2 ? 1.0 : out->margin_m / (first + MARGIN_SURE_M);
    int confidence = 62 + (int)(35.0 * (ratio > 1.0 ? 1.0 : ratio < 0 ? 0 : ratio));
    double share = known_share(g, g->townships[p->hits[0].township].county);

    if (!p->by_shape)
        confidence -= 8;
    if (share < SHARE_SURE)
        confidence -= 25;
    else if (share < 1.0)
        confidence -= 5;
    if (first > FAR_IN_COUNTY_M)
        confidence -= 20;
    return confidence < 60 ? 60 : confidence;
}

static void explain(const struct gazetteer *g, const struct place_query *q,
                    const struct point_answer *p, struct route_result *out)
{
    const struct route_candidate *first = &out->candidates[0], *second = &out->candidates[1];
    char near[32], next[32];

    if (p->by_shape)
        why_add(out, "%s坐标落在%s%s境内。", crs_word(q->crs), first->city, first->county);
    why_distance(first->distance_m, near);
    why_add(out, "离坐标最近的是%s%s，约%s。", first->county, first->name, near);
    if (out->count >= 2) {
        why_distance(second->distance_m, next);
        why_add(out, "其次是%s%s，约%s。", second->county, second->name, next);
    }
    uint32_t unknown = without_point(g, g->townships[p->hits[0].township].county);
    if (unknown > 0)
        why_add(out, "%s还有%u个乡镇街道没有坐标，没有参加比较。", first->county, unknown);
    if (out->ask == ASK_CONFIRM)
        why_add(out, "距离相差不大或离得较远，请核对。");
}

void point_decide(const struct gazetteer *g, const struct place_query *q,
                  const struct point_answer *p, struct route_result *out)
{
    add_hits(g, p, out);
    if (p->ask != ASK_NONE || p->count == 0) {
        out->ask = p->ask == ASK_NONE ? ASK_PLACE : p->ask;
        if (p->ask == ASK_CRS)
            why_add(out, "坐标没有注明坐标系，不同坐标系相差几百米到一公里多，不能用来定位。");
        else if (p->ask == ASK_POINT)
            why_add(out, "坐标无效：经纬度缺失、为零、超出范围或经纬颠倒。");
        else if (p->ask == ASK_ABROAD)
            why_add(out, "坐标不在服务范围内。");
        else
            why_add(out, "坐标附近没有已知的乡镇街道。");
        return;
    }
    uint32_t county =
        p->county_count == 1 ? p->counties[0] : g->townships[p->hits[0].township].county;
    if (g->townships[p->hits[0].township].county != county ||
        (known_share(g, county) < SHARE_LEAST && out->candidates[0].distance_m > AT_THE_SEAT_M)) {
        result_set_county(g, out, county, p->by_shape || p->county_count == 1 ? 90 : 65);
        out->ask = ASK_TOWNSHIP;
        why_add(out, "坐标%s%s境内，但该县多数乡镇街道没有坐标，不能只凭距离派单。",
                p->county_count == 1 ? "落在" : "大约在",
                gazetteer_text(g, g->counties[county].name));
        return;
    }
    result_set_township(g, out, p->hits[0].township, confidence_of(g, p, out));
    if (out->confidence < 75)
        out->ask = ASK_CONFIRM;
    explain(g, q, p, out);
}
