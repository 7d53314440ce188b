/* What people say: every kind of saying, and what must never be routed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
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
    assert_in_range(r.count, 0, ROUTE_CANDIDATES_MAX);
    if (r.level == ROUTE_TOWNSHIP) {
        assert_string_equal(r.candidates[0].code, r.code);
        assert_in_range(r.confidence, 60, 100);
    }
    return r;
}

static struct route_result say(const char *text)
{
    return route((struct place_query){.text = slice_of(text)});
}

static void assert_township(const char *text, const char *code)
{
    struct route_result r = say(text);
    if (r.level != ROUTE_TOWNSHIP || strcmp(r.code, code) != 0)
        fail_msg("%s: %s '%s' instead of %s\n%s", text, route_level_word(r.level), r.code, code,
                 r.why);
}

static void assert_not_routed(const char *text)
{
    struct route_result r = say(text);
    if (r.level == ROUTE_TOWNSHIP)
        fail_msg("%s: routed to %s\n%s", text, r.code, r.why);
    assert_true(r.ask != ASK_NONE);
}

static void the_full_name_is_found_in_whatever_stands_around_it(void **state)
{
    (void)state;
    assert_township("贵州省黔南布依族苗族自治州惠水县摆金镇", "522731101");
    assert_township("我家房子着火了，在贵州省黔南州惠水县摆金镇石头村3组，电话13800000000",
                    "522731101");
    assert_township("惠水县摆金镇", "522731101");
    struct route_result r = say("惠水县摆金镇");
    assert_true(r.candidates[0].evidence & EVIDENCE_NAME);
    assert_true(r.candidates[0].evidence & EVIDENCE_COUNTY);
    assert_int_equal(r.count, 4); /* and the next three to try */
    assert_int_equal(r.ask, ASK_NONE);
}

static void short_and_colloquial_names_are_known(void **state)
{
    (void)state;
    assert_township("黔南惠水摆金镇", "522731101");
    assert_township("惠水县摆金", "522731101");
    assert_township("三都县太平镇", "522732101");
    assert_township("三都太平镇", "522732101");
    assert_township("上海浦东新区浦兴路街道", "310115001");
    assert_township("浦东浦兴路街办", "310115001");
    assert_township("惠水县濛江街道办事处", "522731100");
}

static void order_and_punctuation_do_not_matter(void **state)
{
    (void)state;
    assert_township("摆金镇，惠水县，贵州省", "522731101");
    assert_township("摆金镇惠水县", "522731101");
    assert_township("惠 水 县-摆 金 镇", "522731101");
    assert_township("惠水县·摆金·镇", "522731101");
}

static void traditional_characters_are_read(void **state)
{
    (void)state;
    assert_township("惠水縣擺金鎮", "522731101");
}

static void one_wrong_character_of_the_same_sound_is_forgiven_within_the_county(void **state)
{
    (void)state;
    assert_township("惠水县摆今镇", "522731101");
    struct route_result r = say("惠水县摆今镇");
    assert_true(r.candidates[0].evidence & EVIDENCE_SOUND);
    assert_not_routed("摆今镇");
}

static void a_wrong_city_does_not_veto_the_right_county(void **state)
{
    (void)state;
    assert_township("贵阳市惠水县摆金镇", "522731101");
}

static void a_village_with_its_county_decides(void **state)
{
    (void)state;
    assert_township("惠水县石头村", "522731101");
    assert_township("惠水县摆金社区2组", "522731101");
    assert_township("太平镇大坝村", "520101100"); /* the village tells the three 太平镇 apart */
}

static void names_of_before_lead_to_the_successor(void **state)
{
    (void)state;
    assert_township("惠水县斗底乡", "522731101");
    struct route_result r = say("惠水县斗底乡");
    assert_true(r.candidates[0].evidence & EVIDENCE_OLD);
}

static void of_two_places_the_one_where_the_person_is_counts(void **state)
{
    (void)state;
    assert_township("老家惠水县摆金镇，现在在贵阳市南明区花果园街道", "520101002");
    assert_township("我人在南明区花果园街道，户口在惠水县摆金镇", "520101002");
    assert_township("我是惠水县摆金镇人，现住南明区花果园街道", "520101002");
    assert_township("从惠水县摆金镇来的，滞留在南明区花果园街道", "520101002");
    assert_township("不是南明区花果园街道，是惠水县摆金镇", "522731101");
    assert_township("南明区花果园街道，说错了，应为惠水县摆金镇", "522731101");
}

static void only_home_is_not_where_the_person_is(void **state)
{
    (void)state;
    assert_not_routed("老家惠水县摆金镇");
    assert_not_routed("老家惠水县摆金镇，现在在贵阳市南明区");
    struct route_result r = say("户口在惠水县摆金镇，现在在贵阳市南明区打工");
    assert_int_equal(r.level, ROUTE_COUNTY);
    assert_string_equal(r.code, "520101");
}

static void a_name_that_several_have_is_asked_for_with_all_of_them(void **state)
{
    char codes[8][TOWNSHIP_CODE_SIZE];

    (void)state;
    struct route_result r = say("太平镇");
    assert_int_equal(r.level, ROUTE_NONE);
    assert_int_equal(r.ask, ASK_WHICH);
    assert_int_equal(r.count, 3);
    assert_int_equal(route_namesakes(c.g, c.scratch, codes, 8), 3);
    assert_int_equal(route_namesakes(c.g, c.scratch, codes, 2), 2);
    (void)say("惠水县摆金镇");
    assert_int_equal(route_namesakes(c.g, c.scratch, codes, 8), 0);
}

static void two_places_without_a_word_of_where_are_not_guessed(void **state)
{
    (void)state;
    assert_not_routed("惠水县摆金镇，南明区花果园街道");
    assert_not_routed("惠水县摆金镇和三都县太平镇");
}

static void a_county_alone_is_a_county(void **state)
{
    static const char *const texts[] = {"惠水县", "我在惠水县，家里着火了", "贵州黔南惠水",
                                        "惠水县发大水了"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct route_result r = say(texts[i]);
        assert_int_equal(r.level, ROUTE_COUNTY);
        assert_string_equal(r.code, "522731");
        assert_int_equal(r.ask, ASK_TOWNSHIP);
        assert_in_range(r.count, 3, ROUTE_CANDIDATES_MAX); /* the county, and townships to offer */
    }
}

static void a_township_that_contradicts_the_county_is_not_routed(void **state)
{
    (void)state;
    assert_not_routed("三都县摆金镇");
    assert_not_routed("贵阳市摆金镇");
}

static void a_stem_inside_another_word_is_not_a_township(void **state)
{
    (void)state;
    assert_not_routed("惠水县太平路12号");
    assert_not_routed("惠水县太平医院");
    assert_not_routed("惠水县摆金小区");
}

static void places_outside_of_the_lists_are_not_mistaken_for_others(void **state)
{
    (void)state;
    struct route_result r = say("台北市南明区");
    assert_int_equal(r.level, ROUTE_NONE);
    assert_int_equal(r.ask, ASK_ABROAD);
    assert_township("从香港回来，现在在惠水县摆金镇", "522731101");
}

static void what_names_no_place_asks_for_it(void **state)
{
    static const char *const texts[] = {"家里着火了",  "1",  "人",   "救命啊",
                                        "13800000000", "TD", "谢谢", "hello world"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct route_result r = say(texts[i]);
        assert_int_equal(r.level, ROUTE_NONE);
        assert_int_equal(r.ask, ASK_PLACE);
        assert_int_equal(r.count, 0);
    }
}

static void strange_bytes_have_a_result(void **state)
{
    static const char *const texts[] = {"",
                                        " ",
                                        "\n\n",
                                        "\xff\xfe\xfd",
                                        "\xe6\x83",
                                        "\xed\xa0\x80",
                                        "\xf4\x90\x80\x80",
                                        "\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
                                        "Иваново",
                                        "서울특별시",
                                        "東京都",
                                        "ខេត្ត",
                                        "<script>",
                                        "%s%n%d",
                                        "\x01\x02\x1b[31m",
                                        "𠮷𠮷镇"};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct route_result r = say(texts[i]);
        assert_int_equal(r.level, ROUTE_NONE);
    }
    assert_township("😀惠水县😀摆金镇😀", "522731101");
    assert_township("\xff惠水县\xfe摆金镇", "522731101");
    struct route_result r = route((struct place_query){.text = {"惠水县\0摆金镇", 19}});
    assert_string_equal(r.code, "522731101");
}

static void four_thousand_bytes_are_read_and_more_are_left(void **state)
{
    static char text[3 * ROUTE_TEXT_MAX];
    const struct {
        const char *fill, *place;
    } cases[] = {{"惠", "摆金镇"},
                 {"太平镇", "惠水县"},
                 {"a", "惠水县摆金镇"},
                 {"惠水县摆金镇", ""},
                 {"老家", "惠水"}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t len = 0;
        while (len + 64 < sizeof(text)) {
            memcpy(text + len, cases[i].fill, strlen(cases[i].fill));
            len += strlen(cases[i].fill);
        }
        memcpy(text + len, cases[i].place, strlen(cases[i].place));
        (void)route((struct place_query){.text = {text, len + strlen(cases[i].place)}});
        (void)route((struct place_query){.text = {text, ROUTE_TEXT_MAX}});
    }
    assert_township("惠水县摆金镇惠水县摆金镇惠水县摆金镇", "522731101");
}

/* Bytes that are no text at all, cut anywhere: a result every time, and the scratch is clean for
 * the next. */
static void random_cuts_and_bytes_always_have_a_result(void **state)
{
    const char *whole = "老家惠水县太平镇，现在在贵阳市南明区花果园街道，石头村😀擺金";
    char text[256];
    uint32_t seed = 7;

    (void)state;
    for (size_t i = 0; i < strlen(whole); i++) {
        for (size_t k = i; k < strlen(whole); k += 5)
            (void)route((struct place_query){.text = {whole + i, k - i}});
    }
    for (int i = 0; i < 3000; i++) {
        for (size_t k = 0; k < sizeof(text); k++) {
            seed = seed * 1664525 + 1013904223;
            text[k] = (seed >> 28) < 12 ? whole[(seed >> 8) % strlen(whole)] : (char)(seed >> 16);
        }
        (void)route((struct place_query){.text = {text, seed % sizeof(text)}});
    }
    assert_township("惠水县摆金镇", "522731101");
}

static void text_and_point_that_agree_are_surer(void **state)
{
    (void)state;
    struct route_result r = route((struct place_query){.text = SLICE_LIT("惠水县摆金镇"),
                                                       .has_point = true,
                                                       .lat = 26.02,
                                                       .lng = 106.8,
                                                       .crs = CRS_WGS84});
    assert_string_equal(r.code, "522731101");
    assert_int_equal(r.ask, ASK_NONE);
    assert_false(r.conflict);
    assert_true(r.candidates[0].evidence & EVIDENCE_POINT);
    assert_true(r.candidates[0].distance_m > 0);
}

static void text_and_point_in_different_counties_are_a_conflict(void **state)
{
    (void)state;
    struct route_result r = route((struct place_query){.text = SLICE_LIT("南明区花果园街道"),
                                                       .has_point = true,
                                                       .lat = 26.02,
                                                       .lng = 106.8,
                                                       .crs = CRS_WGS84});
    assert_true(r.conflict);
    assert_int_equal(r.level, ROUTE_NONE);
    assert_int_equal(r.ask, ASK_CONFLICT);
    assert_string_equal(r.candidates[0].code, "520101002");
    assert_true(r.count >= 2);
}

static void a_point_tells_namesakes_apart(void **state)
{
    (void)state;
    struct route_result r = route((struct place_query){.text = SLICE_LIT("太平镇"),
                                                       .has_point = true,
                                                       .lat = 26.01,
                                                       .lng = 106.52,
                                                       .crs = CRS_WGS84});
    assert_string_equal(r.code, "522731102");
}

static void a_point_without_a_system_leaves_the_text_to_decide(void **state)
{
    (void)state;
    struct route_result r = route((struct place_query){.text = SLICE_LIT("惠水县摆金镇"),
                                                       .has_point = true,
                                                       .lat = 26.02,
                                                       .lng = 106.8,
                                                       .crs = CRS_NONE});
    assert_string_equal(r.code, "522731101");
    r = route((struct place_query){.text = SLICE_LIT("家里着火了"),
                                   .has_point = true,
                                   .lat = 26.02,
                                   .lng = 106.8,
                                   .crs = CRS_NONE});
    assert_int_equal(r.level, ROUTE_NONE);
    assert_int_equal(r.ask, ASK_CRS);
}

static void the_region_of_the_desk_breaks_ties_and_no_more(void **state)
{
    (void)state;
    struct place_query q = {.text = SLICE_LIT("太平镇"), .prior_code = SLICE_LIT("522731")};
    struct route_result r = route(q);
    assert_string_equal(r.code, "522731102");
    assert_int_equal(r.ask, ASK_CONFIRM);
    assert_true(r.confidence < 75);
    q.prior_code = SLICE_LIT("52"); /* a whole province says nothing */
    assert_int_equal(route(q).level, ROUTE_NONE);
    q = (struct place_query){.text = SLICE_LIT("家里着火了"), .prior_code = SLICE_LIT("522731")};
    assert_int_equal(route(q).level, ROUTE_NONE);
    q = (struct place_query){.text = SLICE_LIT("三都县太平镇"), .prior_code = SLICE_LIT("522731")};
    assert_string_equal(route(q).code, "522732101");
    q = (struct place_query){.prior_code = SLICE_LIT("522731")};
    assert_int_equal(route(q).level, ROUTE_NONE);
}

static void a_county_code_and_a_name_make_a_township(void **state)
{
    (void)state;
    struct route_result r =
        route((struct place_query){.code = SLICE_LIT("522731"), .text = SLICE_LIT("太平镇")});
    assert_string_equal(r.code, "522731102");
    r = route(
        (struct place_query){.code = SLICE_LIT("520101001"), .text = SLICE_LIT("惠水县摆金镇")});
    assert_string_equal(r.code, "520101001");
    assert_true(r.conflict);
}

static void the_same_question_has_the_same_answer(void **state)
{
    (void)state;
    struct route_result a = say("惠水县太平镇新建村"), b;
    for (int i = 0; i < 50; i++) {
        (void)say(i % 2 == 0 ? "三都太平镇" : "老家惠水县");
        b = say("惠水县太平镇新建村");
        assert_string_equal(a.code, b.code);
        assert_int_equal(a.confidence, b.confidence);
        assert_string_equal(a.why, b.why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_full_name_is_found_in_whatever_stands_around_it),
        cmocka_unit_test(short_and_colloquial_names_are_known),
        cmocka_unit_test(order_and_punctuation_do_not_matter),
        cmocka_unit_test(traditional_characters_are_read),
        cmocka_unit_test(one_wrong_character_of_the_same_sound_is_forgiven_within_the_county),
        cmocka_unit_test(a_wrong_city_does_not_veto_the_right_county),
        cmocka_unit_test(a_village_with_its_county_decides),
        cmocka_unit_test(names_of_before_lead_to_the_successor),
        cmocka_unit_test(of_two_places_the_one_where_the_person_is_counts),
        cmocka_unit_test(only_home_is_not_where_the_person_is),
        cmocka_unit_test(a_name_that_several_have_is_asked_for_with_all_of_them),
        cmocka_unit_test(two_places_without_a_word_of_where_are_not_guessed),
        cmocka_unit_test(a_county_alone_is_a_county),
        cmocka_unit_test(a_township_that_contradicts_the_county_is_not_routed),
        cmocka_unit_test(a_stem_inside_another_word_is_not_a_township),
        cmocka_unit_test(places_outside_of_the_lists_are_not_mistaken_for_others),
        cmocka_unit_test(what_names_no_place_asks_for_it),
        cmocka_unit_test(strange_bytes_have_a_result),
        cmocka_unit_test(four_thousand_bytes_are_read_and_more_are_left),
        cmocka_unit_test(random_cuts_and_bytes_always_have_a_result),
        cmocka_unit_test(text_and_point_that_agree_are_surer),
        cmocka_unit_test(text_and_point_in_different_counties_are_a_conflict),
        cmocka_unit_test(a_point_tells_namesakes_apart),
        cmocka_unit_test(a_point_without_a_system_leaves_the_text_to_decide),
        cmocka_unit_test(the_region_of_the_desk_breaks_ties_and_no_more),
        cmocka_unit_test(a_county_code_and_a_name_make_a_township),
        cmocka_unit_test(the_same_question_has_the_same_answer),
    };
    return cmocka_run_group_tests(tests, open_country, close_country);
}
