/* Codes and points: every kind of input has its defined result. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "queue/base/utf8.h"
#include "tests/unit/routing/small_country.h"

static struct small_country c;

static int open_country(void **state)
{
    (void)state;
    small_country_open(&c);
    return 0;
}

static int close_country(void **state)
{
    (void)state;
    small_country_close(&c);
    return 0;
}

static struct route_result route(struct place_query q)
{
    struct route_result r;

    assert_int_equal(route_place(c.g, c.scratch, &q, &r), ERR_OK);
    assert_true(strlen(r.why) > 0 && utf8_valid(slice_of(r.why)));
    assert_string_equal(r.version, gazetteer_version(c.g));
    assert_int_equal(strlen(r.code), r.level == ROUTE_TOWNSHIP ? 9
                                     : r.level == ROUTE_COUNTY ? 6
                                                               : 0);
    if (r.level == ROUTE_TOWNSHIP) {
        assert_string_equal(r.candidates[0].code, r.code);
        assert_in_range(r.confidence, 60, 100);
    }
    return r;
}

static struct route_result by_code(const char *code)
{
    return route((struct place_query){.code = slice_of(code)});
}

static struct route_result by_point(double lat, double lng, enum crs crs)
{
    return route((struct place_query){.has_point = true, .lat = lat, .lng = lng, .crs = crs});
}

static void nine_and_twelve_digits_name_the_township(void **state)
{
    (void)state;
    struct route_result r = by_code("522731101");
    assert_int_equal(r.level, ROUTE_TOWNSHIP);
    assert_string_equal(r.code, "522731101");
    assert_int_equal(r.ask, ASK_NONE);
    assert_true(r.candidates[0].evidence & EVIDENCE_CODE);
    assert_int_equal(r.count, 4); /* and the next three, of the same county first */
    assert_string_equal(r.candidates[1].county, "惠水县");
    assert_true(r.candidates[1].evidence & EVIDENCE_NEIGHBOUR);
    assert_true(r.candidates[1].distance_m > 0);
    r = by_code("522731101200");
    assert_string_equal(r.code, "522731101");
    r = by_code("522731101000");
    assert_string_equal(r.code, "522731101");
}

static void a_township_without_a_point_is_reached_by_its_code(void **state)
{
    (void)state;
    struct route_result r = by_code("522731103");
    assert_string_equal(r.code, "522731103");
    assert_int_equal(r.count, 1);
}

static void six_digits_are_a_county_and_ask_for_the_township(void **state)
{
    static const char *const codes[] = {"522731", "522731000", "522731000000"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct route_result r = by_code(codes[i]);
        assert_int_equal(r.level, ROUTE_COUNTY);
        assert_string_equal(r.code, "522731");
        assert_int_equal(r.ask, ASK_TOWNSHIP);
    }
}

static void an_unknown_township_of_a_known_county_is_the_county(void **state)
{
    (void)state;
    struct route_result r = by_code("522731999");
    assert_int_equal(r.level, ROUTE_COUNTY);
    assert_string_equal(r.code, "522731");
}

static void prefectures_and_provinces_ask_for_the_county(void **state)
{
    static const char *const codes[] = {"522700", "520000", "522799", "522700000000", "529999001"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct route_result r = by_code(codes[i]);
        assert_int_equal(r.level, ROUTE_NONE);
        assert_int_equal(r.ask, ASK_COUNTY);
    }
}

static void codes_that_mean_nothing_are_asked_again(void **state)
{
    static const char *const codes[] = {"999999",       "1",         "52273110", "52273110a",
                                        "52273110120x", "-22731",    "摆金镇",   "5227311012000",
                                        "000000",       "          "};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        struct route_result r = by_code(codes[i]);
        assert_int_equal(r.level, ROUTE_NONE);
        assert_int_equal(r.ask, ASK_CODE);
        assert_int_equal(r.count, 0);
    }
}

static void earlier_codes_lead_to_the_successor(void **state)
{
    (void)state;
    struct route_result r = by_code("522731201");
    assert_string_equal(r.code, "522731101");
    assert_true(r.candidates[0].evidence & EVIDENCE_OLD);
    assert_int_equal(r.ask, ASK_NONE);
    r = by_code("522731202"); /* only 55 % of it */
    assert_string_equal(r.code, "522731102");
    assert_int_equal(r.ask, ASK_CONFIRM);
    assert_true(r.confidence < 75);
}

static void a_point_goes_to_the_nearest_in_its_county(void **state)
{
    (void)state;
    struct route_result r = by_point(26.03, 106.82, CRS_WGS84);
    assert_string_equal(r.code, "522731101");
    assert_int_equal(r.count, 4);
    assert_true(r.candidates[0].distance_m > 900 && r.candidates[0].distance_m < 1100);
    assert_true(r.margin_m > 10000);
    assert_true((r.candidates[0].evidence & EVIDENCE_POLYGON) != 0);
    /* The nearest seat of all is 南明区太平镇 (26.5, 106.8), but the point is north in 惠水县. */
    r = by_point(26.29, 106.8, CRS_WGS84);
    assert_int_equal(strncmp(r.code, "522731", 6), 0);
}

static void a_village_anchor_is_as_good_as_the_seat(void **state)
{
    (void)state;
    struct route_result r = by_point(26.02, 106.6, CRS_WGS84);
    assert_string_equal(r.code, "522731102");
    assert_true(r.candidates[0].distance_m < 1);
}

static void a_hole_in_a_boundary_is_outside(void **state)
{
    (void)state;
    struct route_result r = by_point(26.22, 106.47, CRS_WGS84);
    assert_int_equal(r.level, ROUTE_NONE);
    assert_int_equal(r.ask, ASK_ABROAD);
    assert_true(r.count >= 3);
}

static void a_county_whose_townships_have_no_points_stays_the_county(void **state)
{
    (void)state;
    struct route_result r = by_point(25.5, 107.2, CRS_WGS84);
    assert_int_equal(r.level, ROUTE_COUNTY);
    assert_string_equal(r.code, "522733");
    assert_int_equal(r.ask, ASK_TOWNSHIP);
    assert_true(r.count >= 3);
}

static void the_three_systems_give_one_answer(void **state)
{
    (void)state;
    for (double lat = 25.85; lat < 26.3; lat += 0.03) {
        for (double lng = 106.45; lng < 107.0; lng += 0.03) {
            struct point p = {lat, lng}, gcj = wgs84_to_gcj02(p), bd = gcj02_to_bd09(gcj);
            struct route_result a = by_point(p.lat, p.lng, CRS_WGS84);
            struct route_result b = by_point(gcj.lat, gcj.lng, CRS_GCJ02);
            struct route_result d = by_point(bd.lat, bd.lng, CRS_BD09);
            assert_string_equal(a.code, b.code);
            assert_string_equal(a.code, d.code);
        }
    }
}

static void an_undeclared_system_is_asked_for(void **state)
{
    (void)state;
    struct route_result r = by_point(26.03, 106.82, CRS_NONE);
    assert_int_equal(r.level, ROUTE_NONE);
    assert_int_equal(r.ask, ASK_CRS);
}

static void zero_and_impossible_points_are_asked_again(void **state)
{
    static const double bad[][2] = {{0, 0},    {91, 106},       {26, 181},    {NAN, 106},
                                    {26, NAN}, {INFINITY, 106}, {26, -1e308}, {106.82, 26.03}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct route_result r = by_point(bad[i][0], bad[i][1], CRS_WGS84);
        assert_int_equal(r.level, ROUTE_NONE);
        assert_int_equal(r.ask, ASK_POINT);
    }
}

static void points_abroad_are_not_routed(void **state)
{
    static const double away[][2] = {
        {48.8566, 2.3522}, {-33.9, 151.2}, {21.03, 105.85}, {35.68, 139.69}, {37.5, 127.0}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(away); i++) {
        struct route_result r = by_point(away[i][0], away[i][1], CRS_WGS84);
        assert_int_equal(r.level, ROUTE_NONE);
        assert_int_equal(r.ask, ASK_ABROAD);
    }
}

static void a_code_and_a_point_in_another_county_are_a_conflict(void **state)
{
    (void)state;
    struct route_result r = route((struct place_query){.code = SLICE_LIT("520101001"),
                                                       .has_point = true,
                                                       .lat = 26.03,
                                                       .lng = 106.82,
                                                       .crs = CRS_WGS84});
    assert_string_equal(r.code, "520101001");
    assert_true(r.conflict);
    assert_int_equal(r.ask, ASK_CONFLICT);
}

static void nothing_at_all_asks_for_the_place(void **state)
{
    (void)state;
    struct route_result r = route((struct place_query){.crs = CRS_NONE});
    assert_int_equal(r.level, ROUTE_NONE);
    assert_int_equal(r.ask, ASK_PLACE);
}

static void mistakes_of_the_caller_leave_the_result_alone(void **state)
{
    (void)state;
    struct route_result r = {.confidence = 7};
    struct place_query q = {.crs = (enum crs)CRS_COUNT};
    assert_int_equal(route_place(c.g, c.scratch, &q, &r), ERR_INPUT);
    q = (struct place_query){.text = {NULL, 3}};
    assert_int_equal(route_place(c.g, c.scratch, &q, &r), ERR_INPUT);
    q = (struct place_query){.code = {NULL, 3}};
    assert_int_equal(route_place(c.g, c.scratch, &q, &r), ERR_INPUT);
    assert_int_equal(r.confidence, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nine_and_twelve_digits_name_the_township),
        cmocka_unit_test(a_township_without_a_point_is_reached_by_its_code),
        cmocka_unit_test(six_digits_are_a_county_and_ask_for_the_township),
        cmocka_unit_test(an_unknown_township_of_a_known_county_is_the_county),
        cmocka_unit_test(prefectures_and_provinces_ask_for_the_county),
        cmocka_unit_test(codes_that_mean_nothing_are_asked_again),
        cmocka_unit_test(earlier_codes_lead_to_the_successor),
        cmocka_unit_test(a_point_goes_to_the_nearest_in_its_county),
        cmocka_unit_test(a_village_anchor_is_as_good_as_the_seat),
        cmocka_unit_test(a_hole_in_a_boundary_is_outside),
        cmocka_unit_test(a_county_whose_townships_have_no_points_stays_the_county),
        cmocka_unit_test(the_three_systems_give_one_answer),
        cmocka_unit_test(an_undeclared_system_is_asked_for),
        cmocka_unit_test(zero_and_impossible_points_are_asked_again),
        cmocka_unit_test(points_abroad_are_not_routed),
        cmocka_unit_test(a_code_and_a_point_in_another_county_are_a_conflict),
        cmocka_unit_test(nothing_at_all_asks_for_the_place),
        cmocka_unit_test(mistakes_of_the_caller_leave_the_result_alone),
    };
    return cmocka_run_group_tests(tests, open_country, close_country);
}
