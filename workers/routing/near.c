#include "workers/routing/near.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define LEAF 8       /* ranges this small are scanned */
#define STACK_MAX 64 /* the depth is log2(count) <= 32 */

static double coordinate(const struct near_node *n, unsigned axis)
{
    return axis == 0 ? n->x : axis == 1 ? n->y : n->z;
}

static int compare_x(const void *a, const void *b)
{
    const struct near_node *p = a, *q = b;
    return p->x < q->x                 ? -1
           : p->x > q->x               ? 1
           : p->township < q->township ? -1
                                       : p->township > q->township;
}

static int compare_y(const void *a, const void *b)
{
    const struct near_node *p = a, *q = b;
    return p->y < q->y                 ? -1
           : p->y > q->y               ? 1
           : p->township < q->township ? -1
                                       : p->township > q->township;
}

static int compare_z(const void *a, const void *b)
{
    const struct near_node *p = a, *q = b;
    return p->z < q->z                 ? -1
           : p->z > q->z               ? 1
           : p->township < q->township ? -1
                                       : p->township > q->township;
}

/* The axis along which the nodes spread most. */
static unsigned widest_axis(const struct near_node *nodes, uint32_t count)
{
    double width[3];

    for (unsigned axis = 0; axis < 3; axis++) {
        double least = coordinate(&nodes[0], axis), most = least;
        for (uint32_t i = 1; i < count; i++) {
            double v = coordinate(&nodes[i], axis);
            least = v < least ? v : least;
            most = v > most ? v : most;
        }
        width[axis] = most - least;
    }
    if (width[0] >= width[1] && width[0] >= width[2])
        return 0;
    return width[1] >= width[2] ? 1 : 2;
}

void near_build(struct near_node *nodes, uint32_t count)
{
    static int (*const compare[])(const void *, const void *) = {compare_x, compare_y, compare_z};

    while (count > LEAF) { /* the left half by recursion (depth log2), the right half by the loop */
        unsigned axis = widest_axis(nodes, count);
        qsort(nodes, count, sizeof(*nodes), compare[axis]);
        uint32_t middle = count / 2;
        nodes[middle].axis = (uint16_t)axis;
        near_build(nodes, middle);
        nodes += middle + 1;
        count -= middle + 1;
    }
}

struct search {
    struct unit_vector from;
    struct near_filter filter;
    struct near_hit *hits;
    size_t want, found;
};

static bool allowed(const struct near_filter *f, uint16_t county)
{
    if (f->count == 0)
        return true;
    for (uint32_t i = 0; i < f->count; i++) {
        if (f->counties[i] == county)
            return true;
    }
    return false;
}

static bool comes_before(const struct near_hit *a, const struct near_hit *b)
{
    return a->chord2 < b->chord2 || (a->chord2 == b->chord2 && a->township < b->township);
}

static double worst(const struct search *s)
{
    return s->found < s->want ? INFINITY : s->hits[s->found - 1].chord2;
}

static void visit(struct search *s, const struct near_node *n)
{
    double x = n->x - s->from.x, y = n->y - s->from.y, z = n->z - s->from.z;
    struct near_hit hit = {n->township, x * x + y * y + z * z};
    size_t at = s->found;

    if (hit.chord2 > worst(s) || !allowed(&s->filter, n->county))
        return;
    for (size_t i = 0; i < s->found; i++) {
        if (s->hits[i].township != hit.township)
            continue;
        if (hit.chord2 >= s->hits[i].chord2)
            return;
        at = i; /* a nearer point of a township that is in the list: move it up from there */
        break;
    }
    if (at == s->found) {
        if (s->found == s->want) {
            if (!comes_before(&hit, &s->hits[s->found - 1]))
                return;
            at = s->found - 1;
        } else {
            s->found++;
        }
    }
    while (at > 0 && comes_before(&hit, &s->hits[at - 1])) {
        s->hits[at] = s->hits[at - 1];
        at--;
    }
    s->hits[at] = hit;
}

struct range {
    uint32_t first, count;
    double gap2; /* square of the distance of the range from the point, at least */
};

size_t near_find(const struct near_node *nodes, uint32_t count, struct unit_vector from,
                 struct near_filter filter, size_t want, struct near_hit *hits)
{
    struct search s = {.from = from, .filter = filter, .hits = hits, .want = want};
    struct range stack[STACK_MAX];
    const double at[3] = {from.x, from.y, from.z};
    size_t depth = 0;

    ASSERT(want >= 1 && want <= NEAR_MAX);
    stack[depth++] = (struct range){0, count, 0.0};
    while (depth > 0) {
        struct range r = stack[--depth];
        if (r.gap2 > worst(&s))
            continue;
        if (r.count <= LEAF) {
            for (uint32_t i = 0; i < r.count; i++)
                visit(&s, &nodes[r.first + i]);
            continue;
        }
        uint32_t middle = r.count / 2;
        const struct near_node *n = &nodes[r.first + middle];
        double gap = at[n->axis] - coordinate(n, n->axis);
        struct range low = {r.first, middle, r.gap2};
        struct range high = {r.first + middle + 1, r.count - middle - 1, r.gap2};
        struct range *far = gap < 0 ? &high : &low;
        far->gap2 = gap * gap > r.gap2 ? gap * gap : r.gap2;
        visit(&s, n);
        ASSERT(depth + 2 <= STACK_MAX);
        stack[depth++] = *far;
        stack[depth++] = gap < 0 ? low : high;
    }
    return s.found;
}

double near_distance_m(double chord2)
{
    double half = sqrt(chord2) / 2.0;
    return 2.0 * EARTH_RADIUS_M * asin(half > 1.0 ? 1.0 : half);
}
