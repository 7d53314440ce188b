/* What the parts of the gazetteer builder share (build_places.c, build_points.c, build_shapes.c,
 * gazetteer_build.c). */
#ifndef WORKERS_ROUTING_BUILD_H
#define WORKERS_ROUTING_BUILD_H

#include "workers/routing/gazetteer_build.h"
#include "workers/routing/gazetteer_file.h"
#include "workers/routing/table_file.h"
#include "workers/routing/vec.h"

#define LAT_LEAST 3.0
#define LAT_MOST 54.0
#define LNG_LEAST 73.0
#define LNG_MOST 136.0

struct build {
    const struct gazetteer_sources *from;
    struct build_report *report;
    struct buf *why;
    struct vec section[SECTION_COUNT]; /* rows of each section */
};

#define BUILD_ROWS(b, id, type) ((type *)(b)->section[id].ptr)
#define BUILD_COUNT(b, id) ((uint32_t)(b)->section[id].len)

/* Append a text to the strings; UINT32_MAX without memory. */
uint32_t build_text(struct build *b, struct slice text);
const char *build_string(const struct build *b, uint32_t offset);
/* Row number of a code or UINT32_MAX (after build_places). */
uint32_t build_find_township(const struct build *b, uint32_t code);
uint32_t build_find_county(const struct build *b, uint32_t code);

/* Each fills its sections. */
MUST_CHECK enum err build_places(struct build *b);
MUST_CHECK enum err build_points(struct build *b);
MUST_CHECK enum err build_shapes(struct build *b);
MUST_CHECK enum err build_text_index(struct build *b);

#endif
