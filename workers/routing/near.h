/* The nearest points on the sphere: a k-d tree over unit vectors in one array (the middle element
 * of a range is its node, the halves on both sides its children), so that it can be mapped from a
 * file. Distances are compared in doubles, equal distances by the lowest township number, so the
 * answer does not depend on how the tree was built. */
#ifndef WORKERS_ROUTING_NEAR_H
#define WORKERS_ROUTING_NEAR_H

#include <stddef.h>
#include <stdint.h>
#include "workers/routing/coordinates.h"

#define NEAR_MAX 16

struct near_node {
    double x, y, z;
    uint32_t township; /* number in the list */
    uint16_t county;   /* of the township */
    uint16_t axis;     /* 0 x, 1 y, 2 z: what the range is split by */
};

/* Put count nodes (x, y, z, township, county set) in tree order. */
void near_build(struct near_node *nodes, uint32_t count);

struct near_hit {
    uint32_t township;
    double chord2; /* square of the straight distance through the unit sphere */
};

/* Where to look: only in these counties, or everywhere when count is 0. */
struct near_filter {
    const uint16_t *counties;
    uint32_t count;
};

/* A want beyond what the filter can give makes the search look at everything. The nearest `want`
 * (1..NEAR_MAX) different townships, nearest first; returns how many were found. A township may
 * have several points (its seat and its villages): the nearest counts. */
size_t near_find(const struct near_node *nodes, uint32_t count, struct unit_vector from,
                 struct near_filter filter, size_t want, struct near_hit *hits);
double near_distance_m(double chord2);

#endif
