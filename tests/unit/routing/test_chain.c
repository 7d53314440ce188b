/* Which codes are of a region, and who is asked one after the other. */
#include "tests/support/test.h"
#include "workers/routing/chain.h"

static struct route_result found(size_t count, const char *const *codes)
{
    static struct route_result r;

    r = (struct route_result){.level = ROUTE_TOWNSHIP, .count = count};
    for (size_t i = 0; i < count; i++)
        assert_ok(slice_copy(slice_of(codes[i]), r.candidates[i].code, TOWNSHIP_CODE_SIZE));
    return r;
}

static void chain_is(const char *first, size_t count, const char *const *codes, const char *region,
                     const char *wanted)
{
    const struct route_result r = found(count, codes);
    struct buf out;

    buf_init(&out, 512);
    chain_write(first, &r, region, &out);
    assert_slice(buf_slice(&out), wanted);
    buf_release(&out);
}

static void a_region_holds_what_begins_like_it(void **state)
{
    (void)state;
    assert_slice(region_prefix("520000"), "52");
    assert_slice(region_prefix("520300"), "5203");
    assert_slice(region_prefix("520324"), "520324");
    assert_slice(region_prefix("500000"), "50");
    assert_slice(region_prefix("000000"), "00");
    assert_true(region_holds("520000", slice_of("520324101")));
    assert_true(region_holds("520000", slice_of("52")));
    assert_true(region_holds("520300", slice_of("520324")));
    assert_true(region_holds("520324", slice_of("520324101")));
    assert_false(region_holds("520324", slice_of("520325101")));
    assert_false(region_holds("520324", slice_of("52032")));
    assert_false(region_holds("520000", slice_of("530324101")));
    assert_false(region_holds("520000", slice_of("")));
}

static const char *const FIVE[] = {"520324101", "520324001", "520324103", "520324113", "520324102"};

static void three_neighbours_then_the_county_then_the_region(void **state)
{
    (void)state;
    chain_is("520324101", 5, FIVE, "520000",
             "520324101,520324001,520324103,520324113,520324,520000");
    chain_is("520324101", 1, FIVE, "520000", "520324101,520324,520000");
    chain_is("520324101", 0, FIVE, "520000", "520324101,520324,520000");
}

static void what_is_of_another_region_or_a_county_is_no_neighbour(void **state)
{
    static const char *const codes[] = {"520324101", "500119100", "520325", "520324001"};

    (void)state;
    chain_is("520324101", 4, codes, "520000", "520324101,520324001,520324,520000");
}

static void nobody_stands_twice(void **state)
{
    static const char *const codes[] = {"520324001", "520324101"};

    (void)state;
    chain_is("520324101", 2, codes, "520324", "520324101,520324001,520324");
}

static void a_desk_has_no_neighbours(void **state)
{
    (void)state;
    chain_is("520324", 5, FIVE, "520000", "520324,520000");
    chain_is("520000", 5, FIVE, "520000", "520000");
    chain_is("520324", 5, FIVE, "520324", "520324");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_region_holds_what_begins_like_it),
        cmocka_unit_test(three_neighbours_then_the_county_then_the_region),
        cmocka_unit_test(what_is_of_another_region_or_a_county_is_no_neighbour),
        cmocka_unit_test(nobody_stands_twice),
        cmocka_unit_test(a_desk_has_no_neighbours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
