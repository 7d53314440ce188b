/* The tree against brute force, and boundaries against hand-made shapes. */
#include "workers/routing/near.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "workers/routing/shapes.h"

#define POINTS 5000
#define QUERIES 2000

static uint64_t seed = 20230630;

static double random_unit(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) / 9007199254740992.0;
}

static struct near_node nodes[POINTS], plain[POINTS];

/* Clusters and duplicates on purpose; every third township has several points. */
static void make_points(void)
{
    for (uint32_t i = 0; i < POINTS; i++) {
        struct point p = {18 + 35 * random_unit(), 75 + 58 * random_unit()};
        if (i % 5 == 1)
            p = (struct point){26 + 0.2 * random_unit(), 106 + 0.2 * random_unit()};
        struct unit_vector v = point_to_unit(p);
        nodes[i] = (struct near_node){v.x, v.y, v.z, i, (uint16_t)(i / 50), 0};
        if (i % 7 == 3) {
            nodes[i].x = nodes[i - 1].x;
            nodes[i].y = nodes[i - 1].y;
            nodes[i].z = nodes[i - 1].z;
        }
        if (i % 3 == 2)
            nodes[i].township = i - 1;
    }
    memcpy(plain, nodes, sizeof(nodes));
    near_build(nodes, POINTS);
}

static int by_distance(const void *a, const void *b)
{
    const struct near_hit *p = a, *q = b;
    if (p->chord2 != q->chord2)
        return p->chord2 < q->chord2 ? -1 : 1;
    return p->township < q->township ? -1 : p->township > q->township;
}

static size_t brute(struct unit_vector from, struct near_filter f, size_t want,
                    struct near_hit *out)
{
    static struct near_hit all[POINTS];
    size_t count = 0, found = 0;

    for (uint32_t i = 0; i < POINTS; i++) {
        bool in = f.count == 0;
        for (uint32_t k = 0; k < f.count; k++)
            in = in || f.counties[k] == plain[i].county;
        if (!in)
            continue;
        double x = plain[i].x - from.x, y = plain[i].y - from.y, z = plain[i].z - from.z;
        all[count++] = (struct near_hit){plain[i].township, x * x + y * y + z * z};
    }
    qsort(all, count, sizeof(all[0]), by_distance);
    for (size_t i = 0; i < count && found < want; i++) {
        size_t k = 0;
        while (k < found && out[k].township != all[i].township)
            k++;
        if (k == found)
            out[found++] = all[i];
    }
    return found;
}

static void compare(struct unit_vector from, struct near_filter filter, size_t want)
{
    struct near_hit got[NEAR_MAX], expected[NEAR_MAX];
    size_t count = near_find(nodes, POINTS, from, filter, want, got);

    assert_int_equal(count, brute(from, filter, want, expected));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(got[i].township, expected[i].township);
        assert_true(got[i].chord2 == expected[i].chord2);
    }
}

static void the_tree_agrees_with_brute_force(void **state)
{
    (void)state;
    make_points();
    for (int i = 0; i < QUERIES; i++) {
        struct point p = {15 + 40 * random_unit(), 70 + 70 * random_unit()};
        if (i % 4 == 0)
            p = (struct point){26 + 0.2 * random_unit(), 106 + 0.2 * random_unit()};
        compare(point_to_unit(p), (struct near_filter){NULL, 0}, 1 + (size_t)i % NEAR_MAX);
    }
}

static void the_tree_agrees_with_brute_force_within_counties(void **state)
{
    (void)state;
    for (int i = 0; i < QUERIES; i++) {
        struct point p = {18 + 35 * random_unit(), 75 + 58 * random_unit()};
        uint16_t counties[2] = {(uint16_t)(i % 100), (uint16_t)((i * 7) % 120)};
        compare(point_to_unit(p), (struct near_filter){counties, 2}, 4);
    }
}

static void on_equal_points_the_lowest_number_wins(void **state)
{
    (void)state;
    for (uint32_t i = 3; i < POINTS; i += 7) {
        struct unit_vector at = {plain[i].x, plain[i].y, plain[i].z};
        compare(at, (struct near_filter){NULL, 0}, 3);
    }
}

static void an_empty_tree_and_an_unknown_county_find_nothing(void **state)
{
    (void)state;
    struct near_hit hit;
    uint16_t nowhere = 65000;
    struct unit_vector at = point_to_unit((struct point){26, 106});

    assert_int_equal(near_find(nodes, 0, at, (struct near_filter){NULL, 0}, 1, &hit), 0);
    assert_int_equal(near_find(nodes, POINTS, at, (struct near_filter){&nowhere, 1}, 1, &hit), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tree_agrees_with_brute_force),
        cmocka_unit_test(the_tree_agrees_with_brute_force_within_counties),
        cmocka_unit_test(on_equal_points_the_lowest_number_wins),
        cmocka_unit_test(an_empty_tree_and_an_unknown_county_find_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
