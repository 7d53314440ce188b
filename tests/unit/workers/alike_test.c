/* Addresses that people write differently have one normal form; a house is told from a village. */
#include "tests/support/test.h"

#include "workers/alike.h"

static const char *normal(const char *address)
{
    static char texts[2][512];
    static int next;
    struct buf out;
    char *text = texts[next++ % 2];
    buf_init(&out, 512);
    alike_address(slice_of(address), &out);
    assert_ok(slice_copy(buf_slice(&out), text, sizeof(texts[0])));
    buf_release(&out);
    return text;
}

static void one_place_has_one_form(void **state)
{
    static const char *const SAME[] = {"新华路12号",
                                       "新华路 12 号",
                                       "新华路１２号",
                                       "贵州省贵阳市南明区新华路12号",
                                       "贵阳市南明区新华路12号",
                                       "南明区，新华路12号。",
                                       "贵州省 贵阳市 南明区 新华路街道新华路12号"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SAME); i++) {
        assert_string_equal(normal(SAME[i]), "新华路12号");
    }
    assert_string_equal(normal("A座3单元"), normal("a座３单元"));
}

static void different_houses_stay_different(void **state)
{
    (void)state;
    assert_string_not_equal(normal("新华路12号"), normal("新华路121号"));
    assert_string_not_equal(normal("新华路1号2室"), normal("新华路1号22室"));
    assert_string_equal(normal("阳光社区3栋"), "阳光社区3栋"); /* 社区 is no district */
    assert_string_equal(normal("花园小区3栋"), "花园小区3栋");
    assert_string_equal(normal("12号"), "12号");
}

static void nothing_stays_nothing(void **state)
{
    (void)state;
    assert_string_equal(normal(""), "");
    assert_string_equal(normal("　，。 -"), "");
    assert_string_equal(normal("南明区"), "南明区"); /* the whole text is never cut away */
}

static void a_house_is_told_from_a_village(void **state)
{
    static const char *const HOUSES[] = {"新华路12号", "3栋2单元501", "花园小区7",
                                         "好花红村3组12号", "a座3单元"};
    static const char *const PLACES[] = {"新华路", "好花红村",    "好花红村3组",
                                         "5村",    "国道100公里", ""};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(HOUSES); i++) {
        assert_true(alike_names_house(slice_of(HOUSES[i])));
    }
    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        assert_false(alike_names_house(slice_of(PLACES[i])));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_place_has_one_form),
        cmocka_unit_test(different_houses_stay_different),
        cmocka_unit_test(nothing_stays_nothing),
        cmocka_unit_test(a_house_is_told_from_a_village),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
