/* Compile a gazetteer from tables (the shipped set under ops/townships, or a site's own list).
 * Needs memory for everything at once (some hundred MB with villages); done once at set-up, never
 * while routing. */
#ifndef WORKERS_ROUTING_GAZETTEER_BUILD_H
#define WORKERS_ROUTING_GAZETTEER_BUILD_H

#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"

/* Paths; all but townships may be NULL. CSV or TSV with a header line, plain or gzip
 * (table_file.h): townships   code (9 digits), name, province, city, county; optional lat, lng
 * (WGS-84), coord_source counties    code (6 digits), name, province, city; optional lat, lng,
 * code_2016, name_2016 (earlier code and name) villages    code (12 digits), name anchors
 * village_code (12 digits), lat, lng old         code_2016 (9 digits), name_2016, county_2016, code
 * (9 digits, successor), optional share (0..1) polygons    GeoJSON features with properties.codes
 * (array of 6-digit codes), Polygon or MultiPolygon, WGS-84 characters  character, simplified,
 * sounds (syllables without tones, separated by spaces) */
struct gazetteer_sources {
    const char *townships, *counties, *villages, *anchors, *old, *polygons, *characters;
    const char *date; /* of the list, "2023-06-30" */
};

struct build_report {
    uint32_t townships, without_point, counties, counties_without_point, villages, anchors, old,
        polygons;
    uint32_t villages_without_township, anchors_without_township,
        old_without_successor; /* left out */
};

/* Append the compiled file to out. ERR_INPUT, ERR_NOT_FOUND, ERR_IO with file, line, column and
 * remedy in `why`; ERR_NO_MEMORY; ERR_TOO_LARGE. */
MUST_CHECK enum err gazetteer_build(const struct gazetteer_sources *from, struct buf *out,
                                    struct build_report *report, struct buf *why);

#endif
