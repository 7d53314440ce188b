/* Aliases written out in the text, and the gazetteer exchanged under a running atlas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "queue/base/file.h"
#include "queue/base/utf8.h"
#include "tests/unit/routing/small_country.h"
#include "workers/routing/atlas.h"

static struct small_country c;
static struct alias_table table;
static char path[128];

static int open_country(void **state)
{
    (void)state;
    small_country_open(&c);
    small_country_path(&c, "compiled", path);
    alias_table_clear(&table, 7);
    return 0;
}

static int close_country(void **state)
{
    (void)state;
    small_country_close(&c);
    return 0;
}

static void add(const char *word, const char *code)
{
    assert_int_equal(alias_table_add(&table, slice_of(word), slice_of(code)), ERR_OK);
}

/* The text becomes `wanted`, and the first alias used is `first` (NULL: none). */
static void applies(const char *text, const char *wanted, const char *first)
{
    struct buf out;
    const struct alias *used = NULL;

    buf_init(&out, 65536);
    assert_int_equal(alias_apply(&table, c.g, slice_of(text), &out, &used), ERR_OK);
    assert_int_equal(out.len, strlen(wanted));
    assert_memory_equal(out.ptr == NULL ? "" : out.ptr, wanted, strlen(wanted));
    assert_true((used == NULL) == (first == NULL));
    if (first != NULL)
        assert_string_equal(used->word, first);
    buf_release(&out);
}

static struct route_result routed(const char *text, const char *code)
{
    struct route_result r;
    struct buf scratch;
    const struct place_query q = {.text = slice_of(text), .code = slice_of(code)};

    buf_init(&scratch, 65536);
    assert_int_equal(alias_route(&table, c.g, c.scratch, &q, &scratch, &r), ERR_OK);
    assert_true(utf8_valid(slice_of(r.why)));
    buf_release(&scratch);
    return r;
}

/* ---- The table ---- */

static void a_word_and_nine_digits_are_needed(void **state)
{
    static const char *const codes[] = {"", "522731", "52273110", "5227311010", "52273110x"};
    char word[ALIAS_TEXT_SIZE + 1];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(codes); i++) {
        assert_int_equal(alias_table_add(&table, slice_of("老渡口"), slice_of(codes[i])),
                         ERR_INPUT);
    }
    assert_int_equal(alias_table_add(&table, slice_of(""), slice_of("522731101")), ERR_INPUT);
    assert_int_equal(alias_table_add(&table, slice_of("\xE8\x80"), slice_of("522731101")),
                     ERR_INPUT);
    memset(word, 'a', sizeof(word));
    const struct slice longest = slice_make(word, ALIAS_TEXT_SIZE - 1);
    const struct slice too_long = slice_make(word, ALIAS_TEXT_SIZE);
    assert_int_equal(alias_table_add(&table, too_long, slice_of("522731101")), ERR_INPUT);
    assert_int_equal(table.count, 0);
    assert_int_equal(alias_table_add(&table, longest, slice_of("522731101")), ERR_OK);
    assert_int_equal(table.count, 1);
}

static void a_full_table_takes_no_more_until_it_is_cleared(void **state)
{
    char word[16];

    (void)state;
    for (int i = 0; i < ALIAS_TABLE_MAX; i++) {
        snprintf(word, sizeof(word), "w%d", i);
        add(word, "522731101");
    }
    assert_int_equal(alias_table_add(&table, slice_of("老渡口"), slice_of("522731101")), ERR_LIMIT);
    assert_int_equal(table.count, ALIAS_TABLE_MAX);
    alias_table_clear(&table, 8);
    assert_int_equal(table.count, 0);
    assert_int_equal(table.version, 8);
    applies("w1", "w1", NULL);
}

/* ---- The text ---- */

static void text_without_an_alias_stays_byte_for_byte(void **state)
{
    (void)state;
    applies("", "", NULL);
    applies("人在老渡口", "人在老渡口", NULL);
    add("老渡口", "522731101");
    applies("", "", NULL);
    applies("人在老渡", "人在老渡", NULL);
    applies("渡口", "渡口", NULL);
    applies("\xFF\x80\xE8\x80", "\xFF\x80\xE8\x80", NULL); /* any bytes are allowed */
}

static void every_alias_is_written_out_wherever_it_stands(void **state)
{
    (void)state;
    add("老渡口", "522731101");
    add("双子塔", "520101002");
    applies("老渡口", "惠水县摆金镇", "老渡口");
    applies("从双子塔到老渡口旁边", "从南明区花果园街道到惠水县摆金镇旁边", "双子塔");
    applies("老渡口老渡口", "惠水县摆金镇惠水县摆金镇", "老渡口");
}

static void the_longest_alias_wins_in_whatever_order_they_were_added(void **state)
{
    (void)state;
    add("渡口", "520101002");
    add("渡口新街", "522731101");
    applies("在渡口新街", "在惠水县摆金镇", "渡口新街");
    applies("在渡口老街", "在南明区花果园街道老街", "渡口");
    alias_table_clear(&table, 7);
    add("渡口新街", "522731101");
    add("渡口", "520101002");
    applies("在渡口新街", "在惠水县摆金镇", "渡口新街");
}

static void an_alias_whose_township_is_gone_is_left_alone(void **state)
{
    (void)state;
    add("老渡口", "522731999");
    applies("人在老渡口", "人在老渡口", NULL);
    assert_int_equal(routed("人在老渡口", "").level, ROUTE_NONE);
}

static void what_does_not_fit_is_an_error(void **state)
{
    struct buf out;
    const struct alias *used = NULL;

    (void)state;
    add("老渡口", "522731101");
    buf_init(&out, 16);
    assert_int_not_equal(alias_apply(&table, c.g, slice_of("老渡口老渡口"), &out, &used), ERR_OK);
    buf_release(&out);
}

/* ---- Routing ---- */

static void an_alias_routes_and_says_so_first(void **state)
{
    (void)state;
    assert_int_equal(routed("人在老渡口", "").level, ROUTE_NONE);
    add("老渡口", "522731101");
    struct route_result r = routed("人在老渡口", "");
    assert_int_equal(r.level, ROUTE_TOWNSHIP);
    assert_string_equal(r.code, "522731101");
    assert_true(slice_starts_with(slice_of(r.why), "“老渡口”按本地别名（第7版）理解。\n"));
    assert_null(strstr(routed("惠水县摆金镇", "").why, "别名"));
}

static void where_the_person_is_now_counts_with_aliases_too(void **state)
{
    (void)state;
    add("老渡口", "522731101");
    struct route_result r = routed("老家在老渡口，现在人在南明区花果园街道", "");
    assert_int_equal(r.level, ROUTE_TOWNSHIP);
    assert_string_equal(r.code, "520101002");
}

static void an_alias_that_begins_an_official_name_is_left_to_the_resolver(void **state)
{
    (void)state;
    add("太平", "520101100"); /* 南明区太平镇; 惠水县 has one as well */
    applies("惠水县太平镇", "惠水县太平镇", NULL);
    struct route_result r = routed("人在惠水县太平镇", "");
    assert_int_equal(r.level, ROUTE_TOWNSHIP);
    assert_string_equal(r.code, "522731102");
    assert_string_equal(routed("人在太平那边", "").code, "520101100");
    add("摆金", "520101002");
    assert_string_equal(routed("人在惠水县摆金镇", "").code, "522731101");
}

static void an_alias_behind_what_is_read_counts_as_little_as_any_word_there(void **state)
{
    static char text[ROUTE_TEXT_MAX + 100];
    static const char word[] = "老渡口";

    (void)state;
    add(word, "522731101");
    memset(text, '.', ROUTE_TEXT_MAX - strlen(word));
    memcpy(text + ROUTE_TEXT_MAX - strlen(word), word, sizeof(word));
    assert_non_null(strstr(routed(text, "").why, "别名"));
    memset(text, '.', ROUTE_TEXT_MAX);
    memcpy(text + ROUTE_TEXT_MAX, word, sizeof(word));
    assert_null(strstr(routed(text, "").why, "别名"));
    assert_int_equal(routed(text, "").level, ROUTE_NONE);
}

static void a_given_code_counts_more_than_an_alias(void **state)
{
    (void)state;
    add("老渡口", "520101002");
    assert_string_not_equal(routed("人在老渡口", "522731101").code, "520101002");
    assert_string_equal(routed("", "522731101").code, "522731101");
}

/* ---- The atlas ---- */

static struct atlas atlas;
static struct buf why;

static int open_atlas(void **state)
{
    open_country(state);
    buf_init(&why, 4096);
    return atlas_open(&atlas, path, &why) == ERR_OK ? 0 : -1;
}

static int close_atlas(void **state)
{
    atlas_close(&atlas);
    buf_release(&why);
    return close_country(state);
}

/* Compile with one more township under another date and put it in the place of what is in use. */
static void replace_list(const char *date)
{
    struct buf out;

    c.from.date = date;
    small_country_replace(&c, 0,
                          "code,name,province,city,county,lat,lng,coord_source\n"
                          "522731101,摆金镇,贵州省,黔南布依族苗族自治州,惠水县,26.03,106.83,seat\n"
                          "522731199,新设镇,贵州省,黔南布依族苗族自治州,惠水县,26.1,106.7,seat\n");
    buf_init(&out, 64 << 20);
    assert_int_equal(small_country_build(&c, &out), ERR_OK);
    assert_int_equal(file_replace(path, buf_slice(&out), 0600), ERR_OK);
    buf_release(&out);
}

static const char *code_of(const char *text, char out[TOWNSHIP_CODE_SIZE])
{
    static struct route_result r;
    const struct place_query q = {.text = slice_of(text)};

    assert_int_equal(atlas_route(&atlas, &q, &r), ERR_OK);
    memcpy(out, r.code, TOWNSHIP_CODE_SIZE);
    return out;
}

static void an_unchanged_file_is_not_read_again(void **state)
{
    const struct gazetteer *before = atlas.gazetteer;

    (void)state;
    assert_false(atlas_refresh(&atlas, &why));
    assert_false(atlas_refresh(&atlas, NULL));
    assert_ptr_equal(atlas.gazetteer, before);
    assert_int_equal(why.len, 0);
}

static void a_replaced_file_is_in_use_at_the_next_look(void **state)
{
    char code[TOWNSHIP_CODE_SIZE], version[GAZETTEER_VERSION_SIZE];

    (void)state;
    snprintf(version, sizeof(version), "%s", gazetteer_version(atlas.gazetteer));
    assert_string_not_equal(code_of("惠水县新设镇", code), "522731199");
    replace_list("2026-07-01");
    assert_string_not_equal(code_of("惠水县新设镇", code), "522731199");
    assert_true(atlas_refresh(&atlas, &why));
    assert_string_equal(code_of("惠水县新设镇", code), "522731199");
    assert_string_not_equal(gazetteer_version(atlas.gazetteer), version);
    assert_memory_equal(gazetteer_version(atlas.gazetteer), "2026-07-01", 10);
    assert_false(atlas_refresh(&atlas, &why));
    assert_int_equal(why.len, 0);
}

/* A file of the first `len` bytes of the list in the place of the list. */
static void cut_list(size_t len)
{
    struct buf whole;

    buf_init(&whole, 64 << 20);
    assert_int_equal(file_read(path, &whole), ERR_OK);
    assert_true(len < whole.len);
    assert_int_equal(file_replace(path, slice_make(whole.ptr, len), 0600), ERR_OK);
    buf_release(&whole);
}

static void a_damaged_file_is_told_once_and_the_old_list_stays(void **state)
{
    static const size_t lengths[] = {3000, 100, 1, 0};
    const struct gazetteer *before = atlas.gazetteer;
    char code[TOWNSHIP_CODE_SIZE];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        cut_list(lengths[i]);
        buf_clear(&why);
        assert_false(atlas_refresh(&atlas, &why));
        assert_true(why.len > 0);
        buf_clear(&why);
        assert_false(atlas_refresh(&atlas, &why));
        assert_int_equal(why.len, 0);
        assert_ptr_equal(atlas.gazetteer, before);
        assert_string_equal(code_of("惠水县摆金镇", code), "522731101");
    }
    replace_list("2026-08-01");
    assert_true(atlas_refresh(&atlas, &why));
    assert_string_equal(code_of("惠水县新设镇", code), "522731199");
}

static void a_file_that_is_gone_for_a_while_changes_nothing(void **state)
{
    char code[TOWNSHIP_CODE_SIZE];

    (void)state;
    assert_int_equal(unlink(path), 0);
    assert_false(atlas_refresh(&atlas, &why));
    assert_string_equal(code_of("惠水县摆金镇", code), "522731101");
    replace_list("2026-09-01");
    assert_true(atlas_refresh(&atlas, &why));
    assert_string_equal(code_of("惠水县新设镇", code), "522731199");
}

static void an_atlas_routes_with_its_aliases_also_after_a_refresh(void **state)
{
    char code[TOWNSHIP_CODE_SIZE];

    (void)state;
    assert_int_equal(alias_table_add(&atlas.aliases, slice_of("老渡口"), slice_of("522731199")),
                     ERR_OK);
    assert_string_equal(code_of("人在老渡口", code), ""); /* its township is not in the list yet */
    replace_list("2026-07-01");
    assert_true(atlas_refresh(&atlas, &why));
    assert_string_equal(code_of("人在老渡口", code), "522731199");
}

static void an_atlas_needs_its_file(void **state)
{
    struct atlas none;
    struct buf reason;
    char missing[128];

    (void)state;
    buf_init(&reason, 4096);
    assert_int_equal(atlas_open(&none, small_country_path(&c, "missing", missing), &reason),
                     ERR_NOT_FOUND);
    assert_true(reason.len > 0);
    assert_null(none.gazetteer);
    atlas_close(&none); /* may be called again */
    buf_release(&reason);
}

#define ON_COUNTRY(name) cmocka_unit_test_setup_teardown(name, open_country, close_country)
#define ON_ATLAS(name) cmocka_unit_test_setup_teardown(name, open_atlas, close_atlas)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_COUNTRY(a_word_and_nine_digits_are_needed),
        ON_COUNTRY(a_full_table_takes_no_more_until_it_is_cleared),
        ON_COUNTRY(text_without_an_alias_stays_byte_for_byte),
        ON_COUNTRY(every_alias_is_written_out_wherever_it_stands),
        ON_COUNTRY(the_longest_alias_wins_in_whatever_order_they_were_added),
        ON_COUNTRY(an_alias_whose_township_is_gone_is_left_alone),
        ON_COUNTRY(what_does_not_fit_is_an_error),
        ON_COUNTRY(an_alias_routes_and_says_so_first),
        ON_COUNTRY(where_the_person_is_now_counts_with_aliases_too),
        ON_COUNTRY(an_alias_that_begins_an_official_name_is_left_to_the_resolver),
        ON_COUNTRY(an_alias_behind_what_is_read_counts_as_little_as_any_word_there),
        ON_COUNTRY(a_given_code_counts_more_than_an_alias),
        ON_ATLAS(an_unchanged_file_is_not_read_again),
        ON_ATLAS(a_replaced_file_is_in_use_at_the_next_look),
        ON_ATLAS(a_damaged_file_is_told_once_and_the_old_list_stays),
        ON_ATLAS(a_file_that_is_gone_for_a_while_changes_nothing),
        ON_ATLAS(an_atlas_routes_with_its_aliases_also_after_a_refresh),
        ON_ATLAS(an_atlas_needs_its_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
