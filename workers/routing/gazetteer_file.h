/* Layout of the compiled gazetteer: a header, then sections of fixed-size rows, each 16-byte
 * aligned, native byte order (a file is compiled where it is used; another byte order is refused).
 * Written by gazetteer_build.c, mapped by gazetteer.c. */
#ifndef WORKERS_ROUTING_GAZETTEER_FILE_H
#define WORKERS_ROUTING_GAZETTEER_FILE_H

#include <stdint.h>
#include "workers/routing/fold.h"
#include "workers/routing/gazetteer.h"
#include "workers/routing/near.h"
#include "workers/routing/shapes.h"

#define GAZETTEER_MAGIC "JIUJIGAZ"
#define GAZETTEER_FORMAT 1u
#define GAZETTEER_BYTE_ORDER 0x01020304u
#define GAZETTEER_SECTIONS_MAX 32
#define DEGREE_UNITS 1e7 /* rows hold degrees as int32 in 1e-7 degrees (about 1 cm) */

/* id, type of a row, field of struct gazetteer */
#define SECTION_TABLE(X)                                            \
    X(SECTION_STRINGS, char, strings)                               \
    X(SECTION_PROVINCES, struct province_row, provinces)            \
    X(SECTION_CITIES, struct city_row, cities)                      \
    X(SECTION_COUNTIES, struct county_row, counties)                \
    X(SECTION_TOWNSHIPS, struct township_row, townships)            \
    X(SECTION_OLD, struct old_row, old)                             \
    X(SECTION_TREE, struct near_node, tree)                         \
    X(SECTION_SHAPES, struct shape_row, shapes)                     \
    X(SECTION_SHAPE_COUNTIES, uint16_t, shape_counties)             \
    X(SECTION_RINGS, struct ring_row, rings)                        \
    X(SECTION_VERTICES, struct vertex, vertices)                    \
    X(SECTION_CELLS, uint32_t, cells)                               \
    X(SECTION_CELL_SHAPES, uint16_t, cell_shapes)                   \
    X(SECTION_EDGES, uint64_t, edges)                               \
    X(SECTION_STARTS, uint32_t, starts)                             \
    X(SECTION_POSTINGS, uint32_t, postings)                         \
    X(SECTION_FOLD, uint16_t, fold)                                 \
    X(SECTION_SOUND, uint16_t, sound)                               \
    X(SECTION_SOUND_ROWS, struct sound_row, sound_rows)             \
    X(SECTION_SPOKEN_STARTS, uint32_t, spoken_starts)               \
    X(SECTION_SPOKEN, uint16_t, spoken)                             \
    X(SECTION_COUNTY_SPOKEN_STARTS, uint32_t, county_spoken_starts) \
    X(SECTION_COUNTY_SPOKEN, uint16_t, county_spoken)

#define SECTION_ENUM(id, type, field) id,
enum section { SECTION_TABLE(SECTION_ENUM) SECTION_COUNT };
#undef SECTION_ENUM

struct section_entry {
    uint64_t offset; /* from the start of the file */
    uint32_t count;  /* rows */
    uint32_t size;   /* bytes of a row */
};

struct gazetteer_header {
    char magic[8];
    uint32_t format, byte_order;
    uint64_t length; /* of the whole file */
    uint32_t crc;    /* CRC-32 of the whole file with this field 0 */
    uint32_t sections;
    uint32_t villages, anchors;
    char version[GAZETTEER_VERSION_SIZE];
    struct section_entry entry[GAZETTEER_SECTIONS_MAX];
};

/* Names are offsets into the string section. Rows are in the order of their codes; counties of a
 * city or province and townships of a county are one range each. */
struct province_row {
    uint32_t code, name, county_first, county_count;
};

struct city_row {
    uint32_t code, name, county_first, county_count; /* 4 digits */
    uint32_t province;
};

#define COUNTY_HAS_POINT 1u
#define COUNTY_IS_ZONE 2u

struct county_row {
    uint32_t code, name, code_text; /* code_text: the digits as a string */
    uint32_t old_name;              /* 0 for none */
    uint16_t city, province;
    int32_t lat, lng;
    uint32_t township_first;
    uint16_t township_count, flags;
    uint16_t in_tree, unused; /* townships with a point or an anchor */
};

#define TOWNSHIP_FILLER 1u

struct township_row {
    uint32_t code, name, code_text;
    uint16_t county;
    uint8_t source, flags; /* enum point_source */
    int32_t lat, lng;
};

/* A code of an earlier list, the township (number in the list) that most of its villages went to,
 * and how many (percent). */
struct old_row {
    uint32_t code, township, percent;
    uint32_t name, county_name; /* as they were; 0 for none */
    uint32_t county; /* the county of today that had this name and code then, UINT32_MAX for none */
};

struct gazetteer {
    const struct gazetteer_header *header;
    size_t mapped; /* bytes */
#define SECTION_FIELD(id, type, field) \
    const type *field;                 \
    uint32_t field##_count;
    SECTION_TABLE(SECTION_FIELD)
#undef SECTION_FIELD
};

/* Use the bytes of a compiled file that stay where they are (aligned to 16). Checks everything that
 * gazetteer_open checks. The gazetteer borrows them; free *out with free(). */
MUST_CHECK enum err gazetteer_use(const void *bytes, size_t len, struct gazetteer **out,
                                  struct buf *why);
/* CRC-32 of a compiled file with its crc field taken as 0. len: at least the header. */
uint32_t gazetteer_crc(const void *bytes, size_t len);

/* True if all numbers in the sections stay inside (gazetteer_check.c). */
bool gazetteer_holds(const struct gazetteer *g);

static inline const char *gazetteer_text(const struct gazetteer *g, uint32_t offset)
{
    return g->strings + offset;
}
static inline struct point row_point(int32_t lat, int32_t lng)
{
    return (struct point){lat / DEGREE_UNITS, lng / DEGREE_UNITS};
}
/* Row number of a code, or UINT32_MAX. */
uint32_t gazetteer_find_township(const struct gazetteer *g, uint32_t code);
uint32_t gazetteer_find_county(const struct gazetteer *g, uint32_t code);
uint32_t gazetteer_find_old(const struct gazetteer *g, uint32_t code);

#endif
