/* What a process needs to route: the gazetteer, working memory, and the aliases in force. The
 * gazetteer's file may be replaced at any time (`jiujictl townships import`): atlas_refresh notices
 * and maps the new one; if that one is damaged the old one stays. Texts borrowed from the gazetteer
 * (names in results) end with a refresh. */
#ifndef WORKERS_ROUTING_ATLAS_H
#define WORKERS_ROUTING_ATLAS_H

#include <stdbool.h>
#include <sys/stat.h>
#include "workers/routing/alias.h"

struct atlas {
    const char *path; /* borrowed */
    struct gazetteer *gazetteer;
    struct route_scratch *scratch;
    struct alias_table aliases;
    struct buf text;
    struct stat file; /* of what is mapped */
};

/* As gazetteer_open. */
MUST_CHECK enum err atlas_open(struct atlas *a, const char *path, struct buf *why);
void atlas_close(struct atlas *a);
/* Look whether the file was replaced. True when a new gazetteer is in use; why (may be NULL) says
 * what is wrong with a new file that cannot be used. */
bool atlas_refresh(struct atlas *a, struct buf *why);
/* Route with aliases. As route_place. */
MUST_CHECK enum err atlas_route(struct atlas *a, const struct place_query *q,
                                struct route_result *out);

#endif
