/* Published vectors (gcoord 1.0.7, coordtransform), round trips, distances. */
#include "workers/routing/coordinates.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define NEAR_DEGREES 1e-6

static void assert_point(struct point got, double lng, double lat)
{
    assert_true(fabs(got.lng - lng) < NEAR_DEGREES);
    assert_true(fabs(got.lat - lat) < NEAR_DEGREES);
}

static void published_vectors_are_met(void **state)
{
    (void)state;
    struct point p = {39.915, 116.404};
    assert_point(wgs84_to_gcj02(p), 116.41024449916938, 39.91640428150164);
    assert_point(gcj02_to_bd09(p), 116.41036949371029, 39.92133699351022);
    assert_point(bd09_to_gcj02(p), 116.39762729119315, 39.90865673957631);
    assert_point(gcj02_to_bd09(wgs84_to_gcj02(p)), 116.41662724378733, 39.922699552216216);
    assert_point(wgs84_to_gcj02((struct point){23.1291, 113.2644}), 113.26972959210308,
                 23.126423339922844);
    assert_point(wgs84_to_gcj02((struct point){31.2304, 121.4737}), 121.47822305927693,
                 31.22845773757727);
    assert_point(wgs84_to_gcj02((struct point){43.8256, 87.6168}), 87.61964994946926,
                 43.82680539311119);
}

static void outside_the_box_nothing_is_shifted(void **state)
{
    (void)state;
    struct point paris = {48.8566, 2.3522}, got = wgs84_to_gcj02(paris);
    assert_true(got.lat == paris.lat && got.lng == paris.lng);
    got = gcj02_to_wgs84(paris);
    assert_true(got.lat == paris.lat && got.lng == paris.lng);
}

static void the_one_step_inverse_of_the_readme_is_within_two_metres(void **state)
{
    (void)state;
    struct point exact = gcj02_to_wgs84((struct point){39.915, 116.404});
    struct point readme = {39.91359571849836, 116.39775550083061};
    assert_true(point_distance_m(exact, readme) < 2.0);
}

static void every_system_comes_back_over_the_whole_country(void **state)
{
    (void)state;
    for (double lat = 4; lat < 54; lat += 0.73) {
        for (double lng = 73.1; lng < 136; lng += 0.91) {
            struct point p = {lat, lng}, gcj = wgs84_to_gcj02(p), bd = gcj02_to_bd09(gcj);
            assert_true(point_distance_m(point_to_wgs84(gcj, CRS_GCJ02), p) < 0.01);
            assert_true(point_distance_m(point_to_wgs84(bd, CRS_BD09), p) < 1.0);
            assert_true(point_distance_m(point_to_wgs84(p, CRS_WGS84), p) == 0.0);
        }
    }
}

static void distances_are_those_of_the_sphere(void **state)
{
    (void)state;
    struct point a = {0, 0}, b = {0, 1}, c = {90, 0};
    assert_true(fabs(point_distance_m(a, b) - EARTH_RADIUS_M * 3.14159265358979 / 180) < 0.01);
    assert_true(fabs(point_distance_m(a, c) - EARTH_RADIUS_M * 3.14159265358979 / 2) < 0.01);
    assert_true(
        fabs(point_distance_m(a, (struct point){0, 180}) - EARTH_RADIUS_M * 3.14159265358979) < 1);
    assert_true(point_distance_m(b, b) == 0.0);
}

static void impossible_points_are_not_valid(void **state)
{
    (void)state;
    assert_true(point_valid((struct point){90, 180}));
    assert_false(point_valid((struct point){90.0001, 0}));
    assert_false(point_valid((struct point){0, -180.1}));
    assert_false(point_valid((struct point){NAN, 0}));
    assert_false(point_valid((struct point){0, INFINITY}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors_are_met),
        cmocka_unit_test(outside_the_box_nothing_is_shifted),
        cmocka_unit_test(the_one_step_inverse_of_the_readme_is_within_two_metres),
        cmocka_unit_test(every_system_comes_back_over_the_whole_country),
        cmocka_unit_test(distances_are_those_of_the_sphere),
        cmocka_unit_test(impossible_points_are_not_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
