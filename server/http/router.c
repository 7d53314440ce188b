#include "server/http/router.h"

#include <stdlib.h>

#include "queue/base/buf.h"

#define NODE_NONE UINT16_MAX
#define NODES_MAX 4096

enum node_kind { NODE_FIXED, NODE_PARAM, NODE_REST };

/* One segment of one or more patterns. Children are kept fixed ones first, then parameters with an
 * end (longest first, so that the more exact pattern wins), then plain parameters, then the rest.
 */
struct route_node {
    struct slice text; /* the segment; for a parameter what must stand at its end */
    enum node_kind kind;
    uint16_t first_child;
    uint16_t next;
    const char *pattern;        /* of a route that ends here */
    int ids[HTTP_METHOD_COUNT]; /* -1: none */
};

struct router {
    struct route_node *nodes; /* nodes[0] is the root */
    size_t count;
    size_t cap;
};

static enum err node_add(struct router *r, struct slice text, enum node_kind kind, uint16_t *out)
{
    if (r->count == r->cap) {
        size_t cap = r->cap == 0 ? 64 : r->cap * 2;
        struct route_node *grown = cap > NODES_MAX ? NULL : realloc(r->nodes, cap * sizeof(*grown));
        if (grown == NULL) {
            return ERR_NO_MEMORY;
        }
        r->nodes = grown;
        r->cap = cap;
    }
    struct route_node *n = &r->nodes[r->count];
    *n = (struct route_node){
        .text = text, .kind = kind, .first_child = NODE_NONE, .next = NODE_NONE};
    for (size_t i = 0; i < HTTP_METHOD_COUNT; i++) {
        n->ids[i] = -1;
    }
    *out = (uint16_t)r->count++;
    return ERR_OK;
}

static bool node_goes_before(const struct route_node *a, const struct route_node *b)
{
    return a->kind != b->kind ? a->kind < b->kind : a->text.len > b->text.len;
}

/* The child of `parent` for this segment, made if it is not there. */
static enum err node_child(struct router *r, uint16_t parent, struct slice text,
                           enum node_kind kind, uint16_t *out)
{
    for (uint16_t i = r->nodes[parent].first_child; i != NODE_NONE; i = r->nodes[i].next) {
        if (r->nodes[i].kind == kind && slice_eq(r->nodes[i].text, text)) {
            *out = i;
            return ERR_OK;
        }
    }
    uint16_t made;
    enum err err = node_add(r, text, kind, &made);
    if (err != ERR_OK) {
        return err;
    }
    uint16_t *link = &r->nodes[parent].first_child;
    while (*link != NODE_NONE && !node_goes_before(&r->nodes[made], &r->nodes[*link])) {
        link = &r->nodes[*link].next;
    }
    r->nodes[made].next = *link;
    *link = made;
    *out = made;
    return ERR_OK;
}

/* What one segment of a pattern means. ERR_INPUT if it means nothing. */
static enum err segment_read(struct slice segment, bool last, struct slice *text,
                             enum node_kind *kind)
{
    const char *close = segment.len == 0 ? NULL : memchr(segment.ptr, '}', segment.len);
    if (segment.len == 0) {
        return ERR_INPUT;
    }
    if (segment.ptr[0] != '{') {
        *kind = NODE_FIXED;
        *text = segment;
        return close == NULL && memchr(segment.ptr, '{', segment.len) == NULL ? ERR_OK : ERR_INPUT;
    }
    if (close == NULL || close == segment.ptr + 1) {
        return ERR_INPUT;
    }
    size_t behind = (size_t)(segment.ptr + segment.len - close) - 1;
    *text = slice_make(close + 1, behind);
    *kind = close[-1] == '*' ? NODE_REST : NODE_PARAM;
    if (*kind == NODE_REST && (!last || behind > 0)) {
        return ERR_INPUT;
    }
    bool plain = memchr(close + 1, '{', behind) == NULL && memchr(close + 1, '}', behind) == NULL;
    return plain ? ERR_OK : ERR_INPUT;
}

static enum err route_add(struct router *r, const struct route *route)
{
    struct slice rest = slice_of(route->pattern);
    uint16_t at = 0;
    size_t segments = 0;
    size_t params = 0;
    if (rest.len == 0 || rest.ptr[0] != '/' || route->id < 0) {
        return ERR_INPUT;
    }
    rest = slice_make(rest.ptr + 1, rest.len - 1);
    bool more = rest.len > 0; /* "/" is the root itself */
    while (more) {
        struct slice segment = slice_cut(&rest, '/');
        struct slice text;
        enum node_kind kind;
        more = rest.ptr != NULL;
        enum err err = segment_read(segment, !more, &text, &kind);
        params += err == ERR_OK && kind != NODE_FIXED;
        if (err == ERR_OK && (++segments > ROUTER_SEGMENTS_MAX || params > ROUTER_PARAMS_MAX)) {
            err = ERR_INPUT;
        }
        if (err == ERR_OK) {
            err = node_child(r, at, text, kind, &at);
        }
        if (err != ERR_OK) {
            return err;
        }
    }
    struct route_node *end = &r->nodes[at];
    if (end->ids[route->method] != -1) {
        return ERR_INPUT;
    }
    end->ids[route->method] = route->id;
    end->pattern = route->pattern;
    return ERR_OK;
}

enum err router_make(const struct route *routes, size_t count, struct router **out)
{
    struct router *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return ERR_NO_MEMORY;
    }
    uint16_t root;
    enum err err = node_add(r, slice_make(NULL, 0), NODE_FIXED, &root);
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        err = route_add(r, &routes[i]);
    }
    if (err != ERR_OK) {
        router_free(r);
        return err;
    }
    *out = r;
    return ERR_OK;
}

void router_free(struct router *r)
{
    if (r != NULL) {
        free(r->nodes);
        free(r);
    }
}

static bool node_takes(const struct route_node *n, struct slice segment)
{
    if (n->kind == NODE_FIXED) {
        return slice_eq(n->text, segment);
    }
    return segment.len > n->text.len &&
           memcmp(segment.ptr + segment.len - n->text.len, n->text.ptr, n->text.len) == 0;
}

struct route_search {
    const struct router *router;
    const char *end; /* of the path */
    struct slice segments[ROUTER_SEGMENTS_MAX + 1];
    size_t segment_count;
    struct route_match *match;
};

/* Depth is bounded by ROUTER_SEGMENTS_MAX. A node without a route does not match, so that the next
 * sibling is tried. */
static uint16_t route_find(struct route_search *s, uint16_t at, size_t depth, size_t params)
{
    const struct route_node *nodes = s->router->nodes;
    if (depth == s->segment_count) {
        s->match->param_count = params;
        return nodes[at].pattern != NULL ? at : NODE_NONE;
    }
    struct slice segment = s->segments[depth];
    for (uint16_t i = nodes[at].first_child; i != NODE_NONE; i = nodes[i].next) {
        const struct route_node *n = &nodes[i];
        if (!node_takes(n, segment)) {
            continue;
        }
        if (n->kind == NODE_REST) {
            s->match->params[params] = slice_make(segment.ptr, (size_t)(s->end - segment.ptr));
            s->match->param_count = params + 1;
            return i;
        }
        if (n->kind == NODE_PARAM) {
            s->match->params[params] = slice_make(segment.ptr, segment.len - n->text.len);
        }
        uint16_t found = route_find(s, i, depth + 1, params + (n->kind == NODE_PARAM));
        if (found != NODE_NONE) {
            return found;
        }
    }
    return NODE_NONE;
}

static void allow_write(const struct route_node *n, char out[ROUTER_ALLOW_SIZE])
{
    size_t len = 0;
    for (size_t i = 0; i < HTTP_METHOD_COUNT; i++) {
        bool allowed = n->ids[i] != -1 || (i == HTTP_METHOD_HEAD && n->ids[HTTP_METHOD_GET] != -1);
        const char *text = http_method_text((enum http_method)i);
        if (allowed) {
            ASSERT(len + strlen(text) + 3 <= ROUTER_ALLOW_SIZE);
            if (len > 0) {
                memcpy(out + len, ", ", 2);
                len += 2;
            }
            memcpy(out + len, text, strlen(text));
            len += strlen(text);
        }
    }
    out[len] = '\0';
}

enum err router_match(const struct router *r, enum http_method method, struct slice path,
                      struct route_match *match)
{
    struct route_search search = {
        .router = r, .match = match, .end = path.ptr + path.len, .segment_count = 0};
    if (path.len == 0 || path.ptr[0] != '/') {
        return ERR_NOT_FOUND;
    }
    struct slice rest = slice_make(path.ptr + 1, path.len - 1);
    /* The segment behind the last countable one is only ever looked at by a {rest*}. */
    for (bool more = rest.len > 0; more && search.segment_count <= ROUTER_SEGMENTS_MAX;) {
        search.segments[search.segment_count++] = slice_cut(&rest, '/');
        more = rest.ptr != NULL;
    }
    uint16_t found = route_find(&search, 0, 0, 0);
    if (found == NODE_NONE) {
        return ERR_NOT_FOUND;
    }
    const struct route_node *n = &r->nodes[found];
    enum http_method served = method;
    if (method == HTTP_METHOD_HEAD && n->ids[HTTP_METHOD_HEAD] == -1) {
        served = HTTP_METHOD_GET;
    }
    match->pattern = n->pattern;
    if (n->ids[served] == -1) {
        allow_write(n, match->allow);
        return ERR_METHOD;
    }
    match->id = n->ids[served];
    return ERR_OK;
}
