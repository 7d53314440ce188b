/* The tree of points: township seats and village anchors. */
#include "workers/routing/build.h"

#include <stdlib.h>

static enum err add_point(struct build *b, uint32_t township, struct point p)
{
    const struct township_row *rows = BUILD_ROWS(b, SECTION_TOWNSHIPS, struct township_row);
    struct near_node *node = vec_add(&b->section[SECTION_TREE]);

    if (node == NULL)
        return ERR_NO_MEMORY;
    struct unit_vector v = point_to_unit(p);
    *node = (struct near_node){v.x, v.y, v.z, township, rows[township].county, 0};
    return ERR_OK;
}

static enum err read_anchors(struct build *b)
{
    static const char *const columns[] = {"village_code", "lat", "lng"};
    struct table *t = NULL;
    bool more = true;
    enum err err = table_open(b->from->anchors, columns, COUNT_OF(columns), &t, b->why);

    while (err == ERR_OK && (err = table_next(t, &more, b->why)) == ERR_OK && more) {
        int64_t code = 0;
        struct point p = {0, 0};
        err = table_code(t, 0, 12, &code, b->why);
        if (err == ERR_OK)
            err = table_degrees(t, 1, LAT_LEAST, LAT_MOST, &p.lat, b->why);
        if (err == ERR_OK)
            err = table_degrees(t, 2, LNG_LEAST, LNG_MOST, &p.lng, b->why);
        if (err != ERR_OK)
            break;
        uint32_t township = build_find_township(b, (uint32_t)(code / 1000));
        if (township == UINT32_MAX) {
            b->report->anchors_without_township++;
            continue;
        }
        err = add_point(b, township, p);
        b->report->anchors++;
    }
    table_close(t);
    return err;
}

/* How many townships of each county the tree holds: a search within a county stops when it has
 * found them all. */
static enum err count_in_tree(struct build *b)
{
    struct county_row *counties = BUILD_ROWS(b, SECTION_COUNTIES, struct county_row);
    bool *seen = calloc(BUILD_COUNT(b, SECTION_TOWNSHIPS), sizeof(*seen));

    if (seen == NULL)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < BUILD_COUNT(b, SECTION_TREE); i++) {
        const struct near_node *n = vec_at(&b->section[SECTION_TREE], i);
        counties[n->county].in_tree = (uint16_t)(counties[n->county].in_tree + !seen[n->township]);
        seen[n->township] = true;
    }
    free(seen);
    return ERR_OK;
}

enum err build_points(struct build *b)
{
    const struct township_row *rows = BUILD_ROWS(b, SECTION_TOWNSHIPS, struct township_row);
    enum err err = ERR_OK;

    for (uint32_t i = 0; i < BUILD_COUNT(b, SECTION_TOWNSHIPS) && err == ERR_OK; i++) {
        if (rows[i].source != POINT_NONE)
            err = add_point(b, i, row_point(rows[i].lat, rows[i].lng));
    }
    if (err == ERR_OK && b->from->anchors != NULL)
        err = read_anchors(b);
    if (err == ERR_OK)
        err = count_in_tree(b);
    if (err == ERR_OK && b->section[SECTION_TREE].len > 0)
        near_build(b->section[SECTION_TREE].ptr, BUILD_COUNT(b, SECTION_TREE));
    return err;
}
