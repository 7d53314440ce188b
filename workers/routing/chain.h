/* Who is asked one after the other (级联) when a case is not accepted, and which codes are of the
 * region that a store serves. Pure. */
#ifndef WORKERS_ROUTING_CHAIN_H
#define WORKERS_ROUTING_CHAIN_H

#include <stdbool.h>
#include "queue/base/buf.h"
#include "queue/base/slice.h"
#include "workers/routing/route.h"

/* What all codes of the region (6 digits) begin with: "520000" -> "52", "520300" -> "5203". Points
 * into region. */
struct slice region_prefix(const char *region);
/* Does the code (any length) lie in the region? */
bool region_holds(const char *region, struct slice code);

/* Append the inboxes with commas: first (a township, or the duty desk of a county or of the
 * region), behind a township its three nearest neighbours among the candidates of r that lie in the
 * region, then the duty desk of its county (6 digits), then the region's. None stands twice. */
void chain_write(const char *first, const struct route_result *r, const char *region,
                 struct buf *out);

#endif
