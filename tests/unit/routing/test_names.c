/* Forms of names, and folding of text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "workers/routing/fold.h"
#include "workers/routing/names.h"

struct seen {
    char text[4096]; /* "|kind:name|kind:name|" */
};

static void put(void *context, enum name_kind kind, struct slice name)
{
    struct seen *s = context;
    size_t at = strlen(s->text);
    snprintf(s->text + at, sizeof(s->text) - at, "%d:%.*s|", (int)kind, SLICE_FMT(name));
}

static bool has(const struct seen *s, enum name_kind kind, const char *name)
{
    char want[256];
    snprintf(want, sizeof(want), "|%d:%s|", (int)kind, name);
    return strstr(s->text, want) != NULL;
}

static struct seen start(void)
{
    return (struct seen){.text = "|"};
}

static void autonomous_places_have_everyday_names(void **state)
{
    (void)state;
    struct seen s = start();
    struct name_sink sink = {&s, put};
    names_of_city(slice_of("黔南布依族苗族自治州"), sink);
    assert_true(has(&s, NAME_CITY, "黔南州") && has(&s, NAME_CITY_STEM, "黔南"));
    names_of_city(slice_of("巴音郭楞蒙古自治州"), sink);
    assert_true(has(&s, NAME_CITY, "巴音郭楞州"));
    names_of_province(slice_of("新疆维吾尔自治区"), sink);
    assert_true(has(&s, NAME_PROVINCE_STEM, "新疆"));
    names_of_county(slice_of("三都水族自治县"), slice_of(""), sink);
    assert_true(has(&s, NAME_COUNTY, "三都县") && has(&s, NAME_COUNTY_STEM, "三都"));
    names_of_county(slice_of("积石山保安族东乡族撒拉族自治县"), slice_of(""), sink);
    assert_true(has(&s, NAME_COUNTY, "积石山县"));
    names_of_county(slice_of("东乡族自治县"), slice_of(""), sink);
    assert_true(has(&s, NAME_COUNTY, "东乡县"));
    names_of_county(slice_of("科尔沁左翼中旗"), slice_of(""), sink);
    assert_true(has(&s, NAME_COUNTY, "科左中旗"));
    names_of_county(slice_of("管城回族区"), slice_of(""), sink);
    assert_true(has(&s, NAME_COUNTY, "管城区"));
}

static void townships_have_everyday_names(void **state)
{
    (void)state;
    struct seen s = start();
    struct name_sink sink = {&s, put};
    names_of_township(slice_of("万松街街道"), slice_of("道里区"), slice_of(""), sink);
    assert_true(has(&s, NAME_TOWNSHIP_ALIAS, "万松街道") && has(&s, NAME_TOWNSHIP_STEM, "万松街"));
    names_of_township(slice_of("端州区城东街道"), slice_of("端州区"), slice_of("肇庆市"), sink);
    assert_true(has(&s, NAME_TOWNSHIP_ALIAS, "城东街道"));
    names_of_township(slice_of("四平市铁东区解放街道"), slice_of("铁东区"), slice_of("四平市"),
                      sink);
    assert_true(has(&s, NAME_TOWNSHIP_ALIAS, "解放街道"));
    assert_false(has(&s, NAME_TOWNSHIP_ALIAS, "铁东区解放街道"));
    names_of_township(slice_of("济源市坡头镇"), slice_of("济源市"), slice_of(""), sink);
    assert_false(has(&s, NAME_TOWNSHIP_ALIAS, "市坡头镇"));
    names_of_township(slice_of("高坪苗族乡"), slice_of("甲县"), slice_of(""), sink);
    assert_true(has(&s, NAME_TOWNSHIP_ALIAS, "高坪乡") && has(&s, NAME_TOWNSHIP_STEM, "高坪"));
    names_of_township(slice_of("和镇"), slice_of("甲县"), slice_of(""), sink);
    assert_false(has(&s, NAME_TOWNSHIP_STEM, "和"));
}

static void villages_keep_what_people_say(void **state)
{
    static const char *const pairs[][2] = {
        {"石头村村委会", "石头"},
        {"石头村委会", "石头"},
        {"石头村民委员会", "石头"},
        {"多福巷社区居委会", "多福巷"},
        {"杨村村委会", "杨村"},
        {"杨村委会", "杨村"},
        {"新村", "新村"},
        {"巴音嘎查", "巴音"},
        {"", ""},
        {"村委会", "村委会"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        struct slice got = name_village(slice_of(pairs[i][0]));
        if (!slice_is(got, pairs[i][1]))
            fail_msg("%s: '%.*s'", pairs[i][0], SLICE_FMT(got));
    }
}

static void folding_keeps_letters_and_remembers_breaks(void **state)
{
    const struct fold_tables none = {NULL, NULL, NULL};
    static struct folded f;

    (void)state;
    fold_text(&none, slice_of("惠水，Ａb 1。镇"), &f);
    assert_int_equal(f.count, 6);
    assert_int_equal(f.text[2], 'a');
    assert_int_equal(f.text[3], 'b');
    assert_int_equal(f.before[2], BREAK_COMMA);
    assert_int_equal(f.before[3], BREAK_NONE);
    assert_int_equal(f.before[4], BREAK_SPACE);
    assert_int_equal(f.before[5], BREAK_SENTENCE);
    fold_text(&none, slice_of("\xff\xe6惠\xe6\x83"), &f);
    assert_int_equal(f.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(autonomous_places_have_everyday_names),
        cmocka_unit_test(townships_have_everyday_names),
        cmocka_unit_test(villages_keep_what_people_say),
        cmocka_unit_test(folding_keeps_letters_and_remembers_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
