/* A small list of townships for tests: written as tables into a temporary folder, compiled, opened. */
#ifndef TESTS_UNIT_ROUTING_SMALL_COUNTRY_H
#define TESTS_UNIT_ROUTING_SMALL_COUNTRY_H

#include "queue/base/buf.h"
#include "workers/routing/gazetteer_build.h"
#include "workers/routing/route.h"

struct small_country {
    char folder[64];
    struct gazetteer_sources from; /* paths of the tables in the folder */
    char paths[8][128];
    struct gazetteer *g;
    struct route_scratch *scratch;
    struct buf why;
};

/* Write the tables. */
void small_country_write(struct small_country *c);
/* Write, compile and open. */
void small_country_open(struct small_country *c);
void small_country_close(struct small_country *c);
/* Replace one table (0 townships, 1 counties, 2 villages, 3 anchors, 4 old, 5 polygons, 6 characters). */
void small_country_replace(struct small_country *c, int table, const char *content);
/* Compile what is in the folder; the compiled bytes go to out. */
enum err small_country_build(struct small_country *c, struct buf *out);
const char *small_country_path(struct small_country *c, const char *name, char out[128]);

#endif
