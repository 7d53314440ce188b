/* What the parts of route_place share (route.c, route_code.c, route_point.c, route_text.c). */
#ifndef WORKERS_ROUTING_ROUTE_INNER_H
#define WORKERS_ROUTING_ROUTE_INNER_H

#include "workers/routing/gazetteer_file.h"
#include "workers/routing/route.h"

#define NO_ROW UINT32_MAX
#define SHOWN_MAX 4 /* candidates of a decided place: the one in charge and the next three */

/* What a code says. */
struct code_answer {
    uint32_t township, county, city, province; /* rows, NO_ROW where it says nothing */
    uint32_t percent; /* of the old unit's villages that went to township; 100 for current codes */
    bool given, old;
};

/* What a point says. */
struct point_answer {
    enum route_ask ask; /* ASK_NONE: usable */
    bool given;
    bool by_shape; /* the counties come from the boundaries */
    uint16_t counties[SHAPES_AT_MAX];
    uint32_t county_count;
    struct near_hit hits[NEAR_MAX];
    size_t count;
    struct unit_vector at;
    struct point wgs84;
};

void route_by_code(const struct gazetteer *g, struct slice code, struct code_answer *out);
void route_by_point(const struct gazetteer *g, const struct place_query *q,
                    struct point_answer *out);
/* Turn a usable or unusable point into the whole result. */
void point_decide(const struct gazetteer *g, const struct place_query *q,
                  const struct point_answer *p, struct route_result *out);

/* Add one sentence to out->why; a sentence that does not fit is left out whole. */
void why_add(struct route_result *out, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* "1.2公里" or "350米". */
void why_distance(double distance_m, char out[32]);
/* Add a candidate, unless it is there or the list is full; returns it or NULL. */
struct route_candidate *candidate_add(const struct gazetteer *g, struct route_result *out,
                                      uint32_t township);
struct route_candidate *candidate_add_county(const struct gazetteer *g, struct route_result *out,
                                             uint32_t county);
/* Fill up to SHOWN_MAX candidates with the neighbours of the first, the same county first. */
void candidates_add_neighbours(const struct gazetteer *g, struct route_result *out,
                               uint32_t township);
/* Fill up to SHOWN_MAX candidates with townships of the county, those near its seat first. */
void candidates_add_of_county(const struct gazetteer *g, struct route_result *out, uint32_t county);
void result_set_township(const struct gazetteer *g, struct route_result *out, uint32_t township,
                         int confidence);
void result_set_county(const struct gazetteer *g, struct route_result *out, uint32_t county,
                       int confidence);
struct shapes gazetteer_shapes(const struct gazetteer *g);

#endif
