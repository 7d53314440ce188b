/* Compiling, opening, refusing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "queue/base/file.h"
#include "tests/unit/routing/small_country.h"
#include "workers/routing/gazetteer_file.h"

static void a_compiled_list_gives_back_what_went_in(void **state)
{
    struct small_country c;
    struct township t;
    struct county k;

    (void)state;
    small_country_open(&c);
    struct gazetteer_counts n = gazetteer_counts(c.g);
    assert_int_equal(n.townships, 10);
    assert_int_equal(n.townships_with_point, 9);
    assert_int_equal(n.counties, 5);
    assert_int_equal(n.provinces, 2);
    assert_int_equal(n.anchors, 1);
    assert_int_equal(n.old_townships, 2);
    assert_int_equal(n.polygons, 2);
    assert_true(gazetteer_township(c.g, SLICE_LIT("522731101"), &t));
    assert_string_equal(t.name, "摆金镇");
    assert_string_equal(t.county, "惠水县");
    assert_string_equal(t.county_code, "522731");
    assert_string_equal(t.city, "黔南布依族苗族自治州");
    assert_string_equal(t.province, "贵州省");
    assert_true(t.has_point && t.lat > 26.0299 && t.lat < 26.0301 && t.lng > 106.8299);
    assert_true(gazetteer_township(c.g, SLICE_LIT("522731103"), &t));
    assert_false(t.has_point);
    assert_true(gazetteer_township(c.g, SLICE_LIT("310115001"), &t));
    assert_string_equal(t.city, "");
    assert_true(gazetteer_county(c.g, SLICE_LIT("522733"), &k));
    assert_int_equal(k.townships, 0);
    assert_true(gazetteer_county(c.g, SLICE_LIT("522732"), &k));
    assert_true(k.has_point && k.lat > 25.94 && k.lat < 25.95); /* the mean of its townships */
    assert_true(gazetteer_successor(c.g, SLICE_LIT("522731201"), &t));
    assert_string_equal(t.code, "522731101");
    assert_int_equal(strncmp(gazetteer_version(c.g), "2023-06-30.", 11), 0);
    assert_int_equal(strlen(gazetteer_version(c.g)), 19);
    small_country_close(&c);
}

static void codes_that_are_not_there_are_not_found(void **state)
{
    static const char *const codes[] = {
        "",          "5",         "52273110",  "5227311011", "52273110x",
        "999999999", "-22731101", "000000000", "522731999",  "99999999999999999999"};
    struct small_country c;
    struct township t = {.name = "untouched"};
    struct county k;

    (void)state;
    small_country_open(&c);
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        assert_false(gazetteer_township(c.g, slice_of(codes[i]), &t));
        assert_false(gazetteer_county(c.g, slice_of(codes[i]), &k));
        assert_false(gazetteer_successor(c.g, slice_of(codes[i]), &t));
    }
    assert_string_equal(t.name, "untouched");
    small_country_close(&c);
}

static void the_same_tables_make_the_same_version_and_others_another(void **state)
{
    struct small_country c;
    struct buf a, b, d;

    (void)state;
    small_country_write(&c);
    buf_init(&a, 64 << 20);
    buf_init(&b, 64 << 20);
    buf_init(&d, 64 << 20);
    assert_int_equal(small_country_build(&c, &a), ERR_OK);
    assert_int_equal(small_country_build(&c, &b), ERR_OK);
    assert_int_equal(a.len, b.len);
    assert_memory_equal(a.ptr, b.ptr, a.len);
    c.from.old = NULL;
    assert_int_equal(small_country_build(&c, &d), ERR_OK);
    const struct gazetteer_header *x = (const void *)a.ptr, *y = (const void *)d.ptr;
    assert_string_not_equal(x->version, y->version);
    buf_release(&a);
    buf_release(&b);
    buf_release(&d);
    small_country_close(&c);
}

/* Every length, and one changed bit at many places. */
static void a_file_that_is_cut_or_changed_is_refused(void **state)
{
    struct small_country c;
    struct buf out;
    struct gazetteer *g = NULL;
    char path[128];

    (void)state;
    small_country_write(&c);
    buf_init(&out, 64 << 20);
    assert_int_equal(small_country_build(&c, &out), ERR_OK);
    small_country_path(&c, "cut", path);
    for (size_t len = 0; len < out.len; len += len < 2000 ? 97 : out.len / 13) {
        assert_int_equal(file_replace(path, slice_make(out.ptr, len), 0600), ERR_OK);
        buf_clear(&c.why);
        assert_int_equal(gazetteer_open(path, &g, &c.why), ERR_CORRUPT);
        assert_true(c.why.len > 0);
    }
    for (size_t at = 0; at < out.len; at += 1 + out.len / 301) {
        out.ptr[at] ^= 4;
        assert_int_equal(gazetteer_use(out.ptr, out.len, &g, NULL), ERR_CORRUPT);
        out.ptr[at] ^= 4;
    }
    assert_null(g);
    assert_int_equal(gazetteer_open("/nonexistent/file", &g, &c.why), ERR_NOT_FOUND);
    buf_release(&out);
    small_country_close(&c);
}

/* What a checksum cannot find: a file made wrong on purpose. */
static void numbers_that_lead_out_of_the_file_are_refused(void **state)
{
    struct small_country c;
    struct buf out;
    struct gazetteer *g = NULL;

    (void)state;
    small_country_write(&c);
    buf_init(&out, 64 << 20);
    assert_int_equal(small_country_build(&c, &out), ERR_OK);
    struct gazetteer_header *h = (void *)out.ptr;
    for (int i = 0; i < SECTION_COUNT; i++) {
        struct section_entry kept = h->entry[i];
        h->entry[i].count = UINT32_MAX;
        h->crc = gazetteer_crc(out.ptr, out.len);
        assert_int_equal(gazetteer_use(out.ptr, out.len, &g, NULL), ERR_CORRUPT);
        h->entry[i] = kept;
        h->entry[i].offset = out.len + 16;
        h->crc = gazetteer_crc(out.ptr, out.len);
        assert_int_equal(gazetteer_use(out.ptr, out.len, &g, NULL), ERR_CORRUPT);
        h->entry[i] = kept;
    }
    struct township_row *t = (void *)(out.ptr + h->entry[SECTION_TOWNSHIPS].offset);
    t[3].county = 900;
    h->crc = gazetteer_crc(out.ptr, out.len);
    assert_int_equal(gazetteer_use(out.ptr, out.len, &g, NULL), ERR_CORRUPT);
    t[3].county = 2;
    t[3].name = 1u << 30;
    h->crc = gazetteer_crc(out.ptr, out.len);
    assert_int_equal(gazetteer_use(out.ptr, out.len, &g, NULL), ERR_CORRUPT);
    buf_release(&out);
    small_country_close(&c);
}

struct bad_table {
    int table;
    const char *content, *complaint; /* part of it */
};

#define HEAD "code,name,province,city,county,lat,lng\n"

static const struct bad_table bad_tables[] = {
    {0, "", "townships.csv line 1: the file is empty"},
    {0, "code,name,province,city\n", "column county: missing"},
    {0, HEAD, "no rows"},
    {0, HEAD "12345678,a,b,c,d,,\n",
     "line 2, column code: '12345678' is not a code; write 9 digits"},
    {0, HEAD "12345678x,a,b,c,d,,\n", "column code"},
    {0, HEAD "012345678,a,b,c,d,,\n", "column code"},
    {0, HEAD "\n\n123456789,,b,c,d,,\n", "line 4, column name: empty"},
    {0, HEAD "123456789,a,,c,d,,\n", "column province: empty"},
    {0, HEAD "123456789,a,b,c,,,\n", "column county: empty"},
    {0, HEAD "123456789,a,b,c,d,x,100\n", "column lat: 'x' is not a number"},
    {0, HEAD "123456789,a,b,c,d,26,\n", "column lng: '' is not a number"},
    {0, HEAD "123456789,a,b,c,d,106.6,26.1\n", "are lat and lng exchanged?"},
    {0, HEAD "123456789,a,b,c,d,nan,100\n", "column lat"},
    {0, HEAD "123456789,a,b,c,d,26\n", "6 columns, but the first line names 7"},
    {0, HEAD "123456789,a,b,c,d,,\n123456789,e,b,c,d,,\n", "stands in line 2 already"},
    {0, HEAD "123456001,a,b,c,d,,\n123456002,e,b,c,x,,\n", "column county: x, but 123456 is d"},
    {0, HEAD "123456001,a,b,c,d,,\n123401002,e,z,c,x,,\n", "make them agree"},
    {0, HEAD "123456789,\"a,b,c,d,,\n", "a quotation mark is not closed"},
    {0, HEAD "123456789,\xff\xfe,b,c,d,,\n", "line 2: not UTF-8"},
    {1, "code,name,province,city\n1234567,a,b,c\n", "counties.csv line 2, column code"},
    {3, "village_code\tlat\tlng\n522731102200\t26\t1000\n", "anchors.tsv line 2, column lng"},
    {4, "code_2016\tname_2016\tcounty_2016\tcode\tshare\n522731201\ta\tb\t522731101\t7\n",
     "column share"},
    {5, "{", "not GeoJSON"},
    {5, "{\"features\":[]}", "1 to 65535 features"},
    {5, "{\"features\":[{\"properties\":{\"codes\":[1]}}]}", "6-digit codes"},
    {5, "{\"features\":[{\"geometry\":{\"type\":\"Point\",\"coordinates\":[]}}]}",
     "neither Polygon"},
    {5,
     "{\"features\":[{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[106,26],[107,26],[106,"
     "26]]]}}]}",
     "fewer than four"},
    {5,
     "{\"features\":[{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[106,26],[107,26],[107,"
     "27],"
     "[106,27]]]}}]}",
     "does not end where it began"},
};

static void wrong_lines_are_named_with_line_column_and_remedy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_tables); i++) {
        struct small_country c;
        struct buf out;
        small_country_write(&c);
        small_country_replace(&c, bad_tables[i].table, bad_tables[i].content);
        buf_init(&out, 64 << 20);
        assert_int_equal(small_country_build(&c, &out), ERR_INPUT);
        assert_non_null(c.why.ptr);
        if (strstr(c.why.ptr, bad_tables[i].complaint) == NULL)
            fail_msg("case %zu: '%s' instead of '%s'", i, c.why.ptr, bad_tables[i].complaint);
        assert_int_equal(out.len, 0);
        buf_release(&out);
        small_country_close(&c);
    }
}

static void a_table_that_is_not_there_is_named(void **state)
{
    struct small_country c;
    struct buf out;

    (void)state;
    small_country_write(&c);
    buf_init(&out, 64 << 20);
    c.from.anchors = "/nonexistent/anchors.tsv";
    assert_int_equal(small_country_build(&c, &out), ERR_NOT_FOUND);
    assert_non_null(strstr(c.why.ptr, "/nonexistent/anchors.tsv"));
    buf_release(&out);
    small_country_close(&c);
}

static void quotes_byte_order_mark_and_crlf_are_understood(void **state)
{
    struct small_country c;
    struct buf out;
    struct gazetteer *g = NULL;
    struct township t;

    (void)state;
    small_country_write(&c);
    small_country_replace(&c, 0,
                          "\xef\xbb\xbfname,code,province,city,county,extra\r\n"
                          "\"a\"\"b,c\",522731101,贵州省,黔南布依族苗族自治州,惠水县,1\r\n");
    c.from.counties = c.from.polygons = c.from.old = c.from.anchors = c.from.villages = NULL;
    buf_init(&out, 64 << 20);
    assert_int_equal(small_country_build(&c, &out), ERR_OK);
    assert_int_equal(gazetteer_use(out.ptr, out.len, &g, NULL), ERR_OK);
    assert_true(gazetteer_township(g, SLICE_LIT("522731101"), &t));
    assert_string_equal(t.name, "a\"b,c");
    free(g);
    buf_release(&out);
    small_country_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compiled_list_gives_back_what_went_in),
        cmocka_unit_test(codes_that_are_not_there_are_not_found),
        cmocka_unit_test(the_same_tables_make_the_same_version_and_others_another),
        cmocka_unit_test(a_file_that_is_cut_or_changed_is_refused),
        cmocka_unit_test(numbers_that_lead_out_of_the_file_are_refused),
        cmocka_unit_test(wrong_lines_are_named_with_line_column_and_remedy),
        cmocka_unit_test(a_table_that_is_not_there_is_named),
        cmocka_unit_test(quotes_byte_order_mark_and_crlf_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
