#include "workers/routing/shapes.h"

#include <math.h>
#include <stdbool.h>

uint32_t shape_cell(int32_t lng, int32_t lat)
{
    int32_t x = lng - CELL_LNG_FIRST * 1000000, y = lat - CELL_LAT_FIRST * 1000000;

    if (x < 0 || y < 0 || x >= CELL_COLUMNS * CELL_UNITS || y >= CELL_ROWS * CELL_UNITS)
        return UINT32_MAX;
    return (uint32_t)(y / CELL_UNITS * CELL_COLUMNS + x / CELL_UNITS);
}

/* Does a ray from p to the east cross the edge a-b? Half-open in latitude, so that a vertex counts
 * once. */
static bool crosses(struct vertex p, struct vertex a, struct vertex b)
{
    if ((a.lat > p.lat) == (b.lat > p.lat))
        return false;
    int64_t cross =
        (int64_t)(p.lng - a.lng) * (b.lat - a.lat) - (int64_t)(b.lng - a.lng) * (p.lat - a.lat);
    return b.lat > a.lat ? cross < 0 : cross > 0;
}

static bool shape_holds(const struct shapes *s, const struct shape_row *row, struct vertex p)
{
    bool inside = false;

    if (p.lng < row->west || p.lng > row->east || p.lat < row->south || p.lat > row->north)
        return false;
    for (uint32_t r = 0; r < row->ring_count; r++) {
        const struct ring_row *ring = &s->rings[row->ring_first + r];
        const struct vertex *v = &s->vertices[ring->first];
        struct vertex before = v[ring->count - 1];
        for (uint32_t i = 0; i < ring->count; i++) {
            if (crosses(p, before, v[i]))
                inside = !inside;
            before = v[i];
        }
    }
    return inside;
}

size_t shapes_at(const struct shapes *s, struct point p, uint32_t *found)
{
    size_t count = 0;

    if (s->count == 0 || !point_valid(p))
        return 0;
    struct vertex at = {(int32_t)lround(p.lng * SHAPE_UNITS), (int32_t)lround(p.lat * SHAPE_UNITS)};
    uint32_t cell = shape_cell(at.lng, at.lat);
    if (cell == UINT32_MAX)
        return 0;
    for (uint32_t i = s->cells[cell]; i < s->cells[cell + 1] && count < SHAPES_AT_MAX; i++) {
        uint32_t shape = s->cell_shapes[i];
        if (shape_holds(s, &s->rows[shape], at))
            found[count++] = shape;
    }
    return count;
}
