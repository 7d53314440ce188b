/* County boundaries from GeoJSON. */
#include "workers/routing/build.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <zlib.h>
#include "queue/base/json.h"

#define GEOJSON_MAX (256u << 20) /* bytes, unpacked */

static enum err read_packed(struct build *b, const char *path, struct buf *out)
{
    gzFile f = gzopen(path, "rb");
    int got = 0, code = Z_OK;

    if (f == NULL) {
        buf_putf(b->why, "%s: cannot be opened: %s", path, strerror(errno));
        return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
    }
    do {
        char *room = buf_room(out, 1 << 16);
        got = room == NULL ? 0 : gzread(f, room, 1 << 16);
        if (got > 0)
            out->len += (size_t)got;
    } while (got > 0);
    const char *text = gzerror(f, &code);
    if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
        buf_putf(b->why, "%s: %s; get it again", path,
                 code == Z_BUF_ERROR ? "the compressed file is cut" : text);
        gzclose(f);
        return ERR_IO;
    }
    gzclose(f);
    return buf_err(out);
}

static enum err fault(struct build *b, uint32_t feature, const char *what)
{
    buf_putf(b->why, "%s feature %u: %s", b->from->polygons, feature + 1, what);
    return ERR_INPUT;
}

static enum err add_vertex(struct build *b, uint32_t feature, const struct json *position)
{
    double lng = 0, lat = 0;

    if (json_double(json_at(position, 0), LNG_LEAST - 5, LNG_MOST + 5, &lng) != ERR_OK ||
        json_double(json_at(position, 1), 0, LAT_MOST + 5, &lat) != ERR_OK)
        return fault(b, feature, "a position is not [lng, lat] in degrees within China");
    struct vertex *v = vec_add(&b->section[SECTION_VERTICES]);
    if (v == NULL)
        return ERR_NO_MEMORY;
    *v = (struct vertex){(int32_t)lround(lng * SHAPE_UNITS), (int32_t)lround(lat * SHAPE_UNITS)};
    return ERR_OK;
}

static enum err add_ring(struct build *b, uint32_t feature, const struct json *positions)
{
    struct vec *vertices = &b->section[SECTION_VERTICES];
    struct ring_row ring = {(uint32_t)vertices->len, 0};

    for (const struct json *p = json_first(positions); p != NULL; p = json_next(p)) {
        enum err err = add_vertex(b, feature, p);
        if (err != ERR_OK)
            return err;
    }
    ring.count = (uint32_t)vertices->len - ring.first;
    if (ring.count < 4)
        return fault(b, feature, "a ring has fewer than four positions");
    const struct vertex *first = vec_at(vertices, ring.first);
    const struct vertex *last = vec_at(vertices, vertices->len - 1);
    if (first->lat != last->lat || first->lng != last->lng)
        return fault(b, feature, "a ring does not end where it began");
    ring.count--; /* the closing position is implied */
    vertices->len--;
    struct ring_row *slot = vec_add(&b->section[SECTION_RINGS]);
    if (slot == NULL)
        return ERR_NO_MEMORY;
    *slot = ring;
    return ERR_OK;
}

static enum err add_rings(struct build *b, uint32_t feature, const struct json *polygon)
{
    for (const struct json *r = json_first(polygon); r != NULL; r = json_next(r)) {
        enum err err = add_ring(b, feature, r);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

/* Codes that are not in the list of counties are passed over. */
static enum err add_counties(struct build *b, uint32_t feature, const struct json *codes)
{
    for (const struct json *c = json_first(codes); c != NULL; c = json_next(c)) {
        struct slice text;
        int64_t code = 0;
        if (json_string(c, &text) != ERR_OK ||
            slice_to_int64(text, 100000, 999999, &code) != ERR_OK)
            return fault(b, feature, "properties.codes must hold 6-digit codes as strings");
        uint32_t county = build_find_county(b, (uint32_t)code);
        if (county == UINT32_MAX)
            continue;
        uint16_t *slot = vec_add(&b->section[SECTION_SHAPE_COUNTIES]);
        if (slot == NULL)
            return ERR_NO_MEMORY;
        *slot = (uint16_t)county;
    }
    return ERR_OK;
}

static void set_bounds(const struct build *b, struct shape_row *s)
{
    const struct ring_row *rings = BUILD_ROWS(b, SECTION_RINGS, struct ring_row);
    const struct vertex *vertices = BUILD_ROWS(b, SECTION_VERTICES, struct vertex);

    s->west = s->south = INT32_MAX;
    s->east = s->north = INT32_MIN;
    for (uint32_t r = s->ring_first; r < s->ring_first + s->ring_count; r++) {
        for (uint32_t i = rings[r].first; i < rings[r].first + rings[r].count; i++) {
            const struct vertex *v = &vertices[i];
            s->west = v->lng < s->west ? v->lng : s->west;
            s->east = v->lng > s->east ? v->lng : s->east;
            s->south = v->lat < s->south ? v->lat : s->south;
            s->north = v->lat > s->north ? v->lat : s->north;
        }
    }
}

static enum err add_feature(struct build *b, uint32_t number, const struct json *feature)
{
    const struct json *geometry = json_get(feature, "geometry");
    const struct json *coordinates = json_get(geometry, "coordinates");
    struct slice type = {NULL, 0};
    struct shape_row s = {.ring_first = BUILD_COUNT(b, SECTION_RINGS),
                          .county_first = BUILD_COUNT(b, SECTION_SHAPE_COUNTIES)};
    enum err err = add_counties(b, number, json_get(json_get(feature, "properties"), "codes"));

    if (err != ERR_OK)
        return err;
    if (json_string(json_get(geometry, "type"), &type) != ERR_OK)
        return fault(b, number, "no geometry.type");
    if (slice_is(type, "Polygon")) {
        err = add_rings(b, number, coordinates);
    } else if (slice_is(type, "MultiPolygon")) {
        for (const struct json *p = json_first(coordinates); p != NULL && err == ERR_OK;
             p = json_next(p))
            err = add_rings(b, number, p);
    } else {
        err = fault(b, number, "the geometry is neither Polygon nor MultiPolygon");
    }
    if (err != ERR_OK)
        return err;
    s.ring_count = BUILD_COUNT(b, SECTION_RINGS) - s.ring_first;
    s.county_count = BUILD_COUNT(b, SECTION_SHAPE_COUNTIES) - s.county_first;
    if (s.ring_count == 0)
        return fault(b, number, "no rings");
    set_bounds(b, &s);
    struct shape_row *slot = vec_add(&b->section[SECTION_SHAPES]);
    if (slot == NULL)
        return ERR_NO_MEMORY;
    *slot = s;
    return ERR_OK;
}

static int32_t clamp(int32_t v, int32_t least, int32_t most)
{
    return v < least ? least : v > most ? most : v;
}

/* Call by call: count how many shapes touch each cell, or write their numbers. */
static void walk_cells(const struct build *b, uint32_t *next, uint16_t *write)
{
    const struct shape_row *shapes = BUILD_ROWS(b, SECTION_SHAPES, struct shape_row);
    const int32_t lng0 = CELL_LNG_FIRST * 1000000, lat0 = CELL_LAT_FIRST * 1000000;

    for (uint32_t i = 0; i < BUILD_COUNT(b, SECTION_SHAPES); i++) {
        const struct shape_row *s = &shapes[i];
        int32_t west = clamp((s->west - lng0) / CELL_UNITS, 0, CELL_COLUMNS - 1);
        int32_t east = clamp((s->east - lng0) / CELL_UNITS, 0, CELL_COLUMNS - 1);
        int32_t south = clamp((s->south - lat0) / CELL_UNITS, 0, CELL_ROWS - 1);
        int32_t north = clamp((s->north - lat0) / CELL_UNITS, 0, CELL_ROWS - 1);
        for (int32_t y = south; y <= north; y++) {
            for (int32_t x = west; x <= east; x++) {
                uint32_t *slot = &next[y * CELL_COLUMNS + x];
                if (write != NULL)
                    write[*slot] = (uint16_t)i;
                ++*slot;
            }
        }
    }
}

static enum err build_cells(struct build *b)
{
    struct vec *cells = &b->section[SECTION_CELLS], *out = &b->section[SECTION_CELL_SHAPES];
    struct vec next;
    uint32_t total = 0;
    enum err err = ERR_NO_MEMORY;

    vec_init(&next, sizeof(uint32_t));
    if (vec_reserve(cells, CELL_COUNT + 1) != ERR_OK || vec_reserve(&next, CELL_COUNT) != ERR_OK)
        goto out;
    memset(next.ptr, 0, CELL_COUNT * sizeof(uint32_t));
    walk_cells(b, next.ptr, NULL);
    for (uint32_t i = 0; i < CELL_COUNT; i++) {
        uint32_t count = ((uint32_t *)next.ptr)[i];
        ((uint32_t *)cells->ptr)[i] = ((uint32_t *)next.ptr)[i] = total;
        total += count;
    }
    ((uint32_t *)cells->ptr)[CELL_COUNT] = total;
    cells->len = CELL_COUNT + 1;
    if (vec_reserve(out, total) != ERR_OK)
        goto out;
    walk_cells(b, next.ptr, out->ptr);
    out->len = total;
    err = ERR_OK;
out:
    vec_release(&next);
    return err;
}

enum err build_shapes(struct build *b)
{
    struct buf text;
    struct json *root = NULL;
    struct json_fault where = {0, 0, ""};
    uint32_t number = 0;

    if (b->from->polygons == NULL)
        return ERR_OK;
    buf_init(&text, GEOJSON_MAX);
    enum err err = read_packed(b, b->from->polygons, &text);
    if (err != ERR_OK)
        goto out;
    err = json_parse(buf_slice(&text), &root, &where);
    if (err != ERR_OK) {
        buf_putf(b->why, "%s line %d: not GeoJSON: %s", b->from->polygons, where.line,
                 where.reason);
        goto out;
    }
    const struct json *features = json_get(root, "features");
    for (const struct json *f = json_first(features); f != NULL && err == ERR_OK; f = json_next(f))
        err = add_feature(b, number++, f);
    if (err == ERR_OK && (number == 0 || number > UINT16_MAX))
        err = fault(b, number, "a FeatureCollection with 1 to 65535 features is expected");
    if (err == ERR_OK)
        err = build_cells(b);
    b->report->polygons = number;
out:
    json_free(root);
    buf_release(&text);
    return err;
}
