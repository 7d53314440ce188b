/* Which handler answers a path. A table of routes is compiled once into a tree of path segments; matching is pure and
 * allocates nothing.
 *
 * Patterns: "/v1/cases/{no}/events" has one parameter; "{no}.json" is a parameter with a fixed end; "{rest*}" as the
 * last segment takes the whole rest of the path, at least one character. A fixed segment wins over a parameter.
 * Segments are compared as sent: "%61" does not match "a", an empty segment matches nothing. GET routes also answer
 * HEAD. */
#ifndef SERVER_HTTP_ROUTER_H
#define SERVER_HTTP_ROUTER_H

#include <stddef.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"
#include "server/http/message.h"

#define ROUTER_SEGMENTS_MAX 12
#define ROUTER_PARAMS_MAX 6
#define ROUTER_ALLOW_SIZE 64

struct route {
    enum http_method method;
    const char *pattern; /* static text, starts with '/' */
    int id;              /* >= 0, the caller's */
};

struct router;

struct route_match {
    int id;
    struct slice params[ROUTER_PARAMS_MAX]; /* raw, not empty, in the order of the pattern; slices of the path */
    size_t param_count;
    const char *pattern;           /* of the route: a label for metrics without anything personal */
    char allow[ROUTER_ALLOW_SIZE]; /* with ERR_METHOD: "GET, HEAD, POST" for the Allow header */
};

/* Compile. ERR_INPUT: a bad pattern, or two routes for the same method and pattern; ERR_NO_MEMORY. *out is owned
 * by the caller (router_free). The patterns are referred to, not copied. */
MUST_CHECK enum err router_make(const struct route *routes, size_t count, struct router **out);
void router_free(struct router *r); /* NULL is allowed */

/* ERR_OK: *match says which; ERR_NOT_FOUND: no such path; ERR_METHOD: the path exists, not for this method,
 * match->allow and match->pattern are set. */
MUST_CHECK enum err router_match(const struct router *r, enum http_method method, struct slice path,
                                 struct route_match *match);

#endif
