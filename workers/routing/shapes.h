/* County boundaries: which county holds a point. Own code instead of GEOS because the polygons can
 * then be used straight from the mapped file (no objects to build at load, one copy for all
 * processes), integer arithmetic makes the answer exact, and a grid of cells leaves 1 to 3 polygons
 * of some hundred vertices to try. Coordinates are WGS-84 in 1e-6 degrees; every ring is closed by
 * itself; holes and islands follow from the even-odd rule. */
#ifndef WORKERS_ROUTING_SHAPES_H
#define WORKERS_ROUTING_SHAPES_H

#include <stddef.h>
#include <stdint.h>
#include "workers/routing/coordinates.h"

#define SHAPE_UNITS 1e6
#define SHAPES_AT_MAX 8
/* The grid: cells of a quarter degree over lng 73..136, lat 3..54. */
#define CELL_UNITS 250000
#define CELL_LNG_FIRST 73
#define CELL_LAT_FIRST 3
#define CELL_COLUMNS 252
#define CELL_ROWS 204
#define CELL_COUNT (CELL_COLUMNS * CELL_ROWS)

struct vertex {
    int32_t lng, lat;
};

struct ring_row {
    uint32_t first, count; /* vertices; the last is joined to the first */
};

/* One polygon with its islands: it belongs to the counties shape_counties[first..+count). */
struct shape_row {
    uint32_t ring_first, ring_count;
    uint32_t county_first, county_count;
    int32_t west, south, east, north;
};

struct shapes {
    const struct shape_row *rows;
    const struct ring_row *rings;
    const struct vertex *vertices;
    const uint32_t *cells; /* CELL_COUNT + 1 starts into cell_shapes */
    const uint16_t *cell_shapes;
    uint32_t count;
};

/* Numbers of the shapes that hold the point, lowest first; returns how many (at most
 * SHAPES_AT_MAX). */
size_t shapes_at(const struct shapes *s, struct point p, uint32_t *found);
/* The cell of a place in 1e-6 degrees, or UINT32_MAX outside of the grid. */
uint32_t shape_cell(int32_t lng, int32_t lat);

#endif
