/* A routing result as JSON: what is stored with the case and shown by the API. */
#ifndef WORKERS_ROUTING_ROUTE_JSON_H
#define WORKERS_ROUTING_ROUTE_JSON_H

#include "queue/base/json.h"
#include "workers/routing/route.h"

#define ROUTE_JSON_CANDIDATES 4 /* the township in charge and the next three */

/* {"level": "township", "code": "…", "name": "…", "confidence": 96, "ask": "none", "data": "…",
 * "why": ["…"], "candidates": [{"code", "name", "county", "distance_m"}]} with at most
 * ROUTE_JSON_CANDIDATES candidates. */
void route_write(const struct route_result *r, struct json_out *o, const char *name);

#endif
