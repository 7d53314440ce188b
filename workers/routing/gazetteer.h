/* The gazetteer: townships, counties, cities and provinces of one date, with their points, old
 * codes, villages and the tables that find them in text. It is compiled once (`jiujictl townships
 * compile`, gazetteer_build.h) into one file of tables that need no further building; every process
 * reads it into read-only memory of its own, so that nothing done to the file can hurt it. Opening
 * checks magic, format, length and the checksum of everything and takes well under a second. After
 * opening nothing changes: any number of threads may read. */
#ifndef WORKERS_ROUTING_GAZETTEER_H
#define WORKERS_ROUTING_GAZETTEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"
#include "workers/routing/coordinates.h"

#define TOWNSHIP_CODE_SIZE 10     /* 9 digits and a NUL */
#define COUNTY_CODE_SIZE 7        /* 6 digits and a NUL */
#define GAZETTEER_VERSION_SIZE 24 /* "2023-06-30.ab12cd34" and a NUL */

struct gazetteer;

/* Where a township's point comes from. What is not POINT_SEAT may be some kilometres off. */
#define POINT_SOURCE_TABLE(X)                               \
    X(POINT_NONE, "none", "无坐标")                         \
    X(POINT_SEAT, "seat", "驻地坐标")                       \
    X(POINT_VILLAGES, "villages", "由所辖村社推算")         \
    X(POINT_PREDECESSOR, "predecessor", "由撤并前乡镇推算") \
    X(POINT_COUNTY_SEAT, "county-seat", "县城坐标代替")
#define POINT_SOURCE_ENUM(id, word, zh) id,
enum point_source { POINT_SOURCE_TABLE(POINT_SOURCE_ENUM) POINT_SOURCE_COUNT };
#undef POINT_SOURCE_ENUM
/* Word and Chinese label; never NULL. */
const char *point_source_word(enum point_source s);
const char *point_source_zh(enum point_source s);

/* A township-level unit. Texts are borrowed from the gazetteer, NUL-terminated, never NULL. */
struct township {
    const char *code;        /* 9 digits */
    const char *name;        /* as in the list: 摆金镇 */
    const char *county_code; /* 6 digits */
    const char *county;
    const char *city; /* "" where the list has only a filler (municipalities, counties directly
                         under a province) */
    const char *province;
    double lat, lng; /* WGS-84; 0 without a point */
    bool has_point;
    bool filler; /* a statistician's filler (…直辖村级区划): reachable by code only */
    enum point_source point_source;
};

struct county {
    const char *code; /* 6 digits */
    const char *name;
    const char *city; /* "" as above */
    const char *province;
    double lat, lng;
    bool has_point;
    bool zone; /* a development zone or the like that statisticians count as a county (last digits
                  71 to 80) */
    uint32_t townships; /* how many it has */
};

/* Read and check the file at path. On ERR_OK *out is owned by the caller (gazetteer_close).
 * ERR_NOT_FOUND, ERR_IO, ERR_CORRUPT (cut, changed, another format version), ERR_NO_MEMORY, with
 * what to do in `why` (may be NULL). */
MUST_CHECK enum err gazetteer_open(const char *path, struct gazetteer **out, struct buf *why);
void gazetteer_close(struct gazetteer *g); /* NULL is allowed */

/* Short id of the data: date of the list and hash of the content. Stored with every routing
 * decision. */
const char *gazetteer_version(const struct gazetteer *g);

struct gazetteer_counts {
    uint32_t provinces, cities, counties, townships, townships_with_point, villages, anchors,
        old_townships, polygons;
    size_t bytes;
};
struct gazetteer_counts gazetteer_counts(const struct gazetteer *g);

/* By 9-digit code. False (out untouched) if there is none. Old codes are not followed. */
bool gazetteer_township(const struct gazetteer *g, struct slice code, struct township *out);
/* By 6-digit code. */
bool gazetteer_county(const struct gazetteer *g, struct slice code, struct county *out);
/* Number i of all townships in the order of their codes, i < counts.townships. */
void gazetteer_township_at(const struct gazetteer *g, uint32_t i, struct township *out);
void gazetteer_county_at(const struct gazetteer *g, uint32_t i, struct county *out);
/* Where most villages of the 9-digit code of an earlier list went, when an old list was imported.
 */
bool gazetteer_successor(const struct gazetteer *g, struct slice old_code, struct township *out);

#endif
