/* Points on the earth and the three coordinate systems in use in China. Pure, cannot fail, doubles
 * in degrees.
 *
 * WGS-84 is what a GPS chip says, GCJ-02 what Chinese phones and maps say, BD-09 what Baidu says.
 * Between WGS-84 and GCJ-02 lie 100 to 700 m, between WGS-84 and BD-09 about 1.1 km: a point
 * without a declared system is not usable for routing. GCJ-02 is defined inside a box around China
 * (lng 72.004..137.8347, lat 0.8293..55.8271); outside it equals WGS-84. Formulas and published
 * vectors: reference "integrations" section 4.6 (gcoord 1.0.7, coordtransform). */
#ifndef WORKERS_ROUTING_COORDINATES_H
#define WORKERS_ROUTING_COORDINATES_H

#include <stdbool.h>
#include "queue/domain/relief.h"

#define EARTH_RADIUS_M 6371008.8 /* mean radius (IUGG) */

/* Degrees; lat -90..90, lng -180..180. */
struct point {
    double lat, lng;
};

/* A point on the unit sphere; what the nearest-neighbour search works on. */
struct unit_vector {
    double x, y, z;
};

/* True if both numbers are finite and in range. */
bool point_valid(struct point p);
/* True inside the box in which GCJ-02 differs from WGS-84. The box also holds parts of the
 * neighbouring countries. */
bool point_in_china_box(struct point p);

struct point wgs84_to_gcj02(struct point p);
/* By iteration to below 1e-9 degrees. */
struct point gcj02_to_wgs84(struct point p);
struct point gcj02_to_bd09(struct point p);
struct point bd09_to_gcj02(struct point p);

/* To WGS-84 from the declared system. crs must not be CRS_NONE: an undeclared system has to be
 * asked for. */
struct point point_to_wgs84(struct point p, enum crs crs);

struct unit_vector point_to_unit(struct point p);
/* Great-circle distance in metres. */
double point_distance_m(struct point a, struct point b);
/* Great-circle distance in metres of two unit vectors; exact for small distances too. */
double unit_distance_m(struct unit_vector a, struct unit_vector b);

#endif
