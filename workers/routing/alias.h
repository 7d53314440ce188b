/* Aliases of places: what people call a township and no list has (a market, a bridge, a mine).
 * Approved ones are written out as the full name before the text is looked at, so everything the
 * resolver knows of names then holds. Pure. */
#ifndef WORKERS_ROUTING_ALIAS_H
#define WORKERS_ROUTING_ALIAS_H

#include <stddef.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"
#include "workers/routing/route.h"

#define ALIAS_TABLE_MAX 1000
#define ALIAS_TEXT_SIZE 96

struct alias {
    char word[ALIAS_TEXT_SIZE];
    size_t len; /* of word */
    char code[TOWNSHIP_CODE_SIZE];
};

/* A value; count 0 = no aliases. */
struct alias_table {
    int64_t version;
    size_t count;
    struct alias aliases[ALIAS_TABLE_MAX];
};

/* Forget all. */
void alias_table_clear(struct alias_table *t, int64_t version);
/* ERR_INPUT: the word is empty or too long, or the code is not 9 digits; ERR_LIMIT: the table is
 * full. */
MUST_CHECK enum err alias_table_add(struct alias_table *t, struct slice word, struct slice code);

/* Append text to out with every alias in it (the longest one at each place) written as county and
 * township. Left alone are aliases whose code the gazetteer does not have, and those that 镇, 乡,
 * 街道, 村 or 社区 follows: an official name. *first: the first one used, NULL if none was. */
MUST_CHECK enum err alias_apply(const struct alias_table *t, const struct gazetteer *g,
                                struct slice text, struct buf *out, const struct alias **first);

/* route_place with the aliases applied to the text; the reason names the alias. version 0 of the
 * table in the result's `why` is not told. scratch: a buffer to reuse. */
MUST_CHECK enum err alias_route(const struct alias_table *t, const struct gazetteer *g,
                                struct route_scratch *s, const struct place_query *q,
                                struct buf *scratch, struct route_result *out);

#endif
