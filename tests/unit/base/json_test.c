/* Strict reading: what RFC 8259 allows is taken, everything else is refused, and the limits hold to
 * the last one. */
#include "tests/support/test.h"

#include <stdio.h>
#include "queue/base/json.h"

/* Parsed root; fails the test when the text is refused. */
static struct json *parse(const char *text)
{
    struct json *root = NULL;
    struct json_fault fault = {0};
    if (json_parse(slice_of(text), &root, &fault) != ERR_OK) {
        fail_msg("'%s' refused at %zu: %s", text, fault.offset, fault.reason);
    }
    return root;
}

static void refuse(struct slice text, size_t i)
{
    static char mark;
    struct json *untouched = (struct json *)(void *)&mark, *root = untouched;
    struct json_fault fault = {.offset = SIZE_MAX, .line = -1};
    if (json_parse(text, &root, &fault) != ERR_INPUT || root != untouched) {
        fail_msg("case %zu '%.*s' was not refused", i, SLICE_FMT(text));
    }
    assert_true(fault.offset <= text.len);
    assert_true(fault.line >= 1 && fault.reason != NULL && fault.reason[0] != '\0');
}

static void right_texts_are_taken(void **state)
{
    static const char *const texts[] = {
        "[]",
        "{}",
        " [ ] ",
        "\t\r\n{ }\n",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-1",
        "\"\"",
        " 1 ",
        "[[]]",
        "[1,2]",
        "{\"\":0}",
        "{\"a\":{\"a\":1}}",
        "[0.5]",
        "[-0.5e+2]",
        "[1E5]",
        "[1e-5]",
        "[0e1]",
        "[0E+1]",
        "[1.5e300]",
        "[123456789012345678901234567890]",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
        "[\"\\u0041\\uD83D\\ude00\"]",
        "[\"\\uFFFF\"]",
        "[\"\\u0001\"]",
        "[\"\x7f\"]",
        "[\"\xf4\x8f\xbf\xbf\"]",
        "[\"\xe2\x80\xa8\"]",
        "[1,\n2]",
        "{\"a\":1,\"A\":2}",
        "[\"a\",\"a\"]",
        "[{\"a\":1},{\"a\":1}]",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        json_free(parse(texts[i]));
    }
}

static void wrong_texts_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        " ",
        "[",
        "]",
        "{",
        "}",
        "[1",
        "[1,",
        "[,1]",
        "[1,]",
        "[1,,2]",
        "[1 2]",
        "[1]x",
        "[1][2]",
        "{}{}",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1",
        "[00]",
        "[01]",
        "[-01]",
        "[1.]",
        "[.5]",
        "[-.5]",
        "[+1]",
        "[-]",
        "[1e]",
        "[1e+]",
        "[1.e1]",
        "[1e1.5]",
        "[0x10]",
        "[1_000]",
        "[NaN]",
        "[-NaN]",
        "[Infinity]",
        "[-Infinity]",
        "[inf]",
        "[1f]",
        "[\xef\xbc\x91]",
        "nul",
        "nulll",
        "True",
        "TRUE",
        "undefined",
        "[tru]",
        "\"",
        "\"a",
        "'a'",
        "\"\\\"",
        "\"\\",
        "[\"\\x41\"]",
        "[\"\\a\"]",
        "[\"\\'\"]",
        "[\"\\u12\"]",
        "[\"\\u12G4\"]",
        "[\"\\U0041\"]",
        "[\"\\u\"]",
        "[\"\\uD800\"]",
        "[\"\\uD800x\"]",
        "[\"\\uD800\\n\"]",
        "[\"\\uDC00\"]",
        "[\"\\uD800\\uD800\"]",
        "[\"\\uD800\\u0041\"]",
        "[\"\\uDE00\\uD83D\"]",
        "[\"\\u0000\"]",
        "{\"\\u0000\":1}",
        "{\"a\\u0000b\":1}",
        "[\"\n\"]",
        "[\"\t\"]",
        "[\"\x1f\"]",
        "[\x0c]",
        "\xef\xbb\xbf{}",
        "[\"\x80\"]",
        "[\"\xc0\xaf\"]",
        "[\"\xed\xa0\x80\"]",
        "[\"\xf4\x90\x80\x80\"]",
        "[\"\xe6\x95\"]",
        "[1]\xff",
        "/* c */[]",
        "[] // c",
        "[1]\xc2\xa0",
        "{\"a\":1}}",
        "[[]",
        "*",
        "[\"a\"",
        "[\"a\",",
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"x\":[{\"k\":1,\"b\":2,\"k\":3}]}",
        "{\"\xe6\x95\x91\":1,\"\\u6551\":2}",
        "{\"\":1,\"\":2}",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        refuse(slice_of(texts[i]), i);
    }
    refuse(SLICE_LIT("[1]\0"), 1000);
    refuse(SLICE_LIT("[\"a\0b\"]"), 1001);
    refuse(SLICE_LIT("\0"), 1002);
    refuse(slice_make(NULL, 0), 1003);
}

/* A right text cut anywhere is wrong (these are all containers). */
static void a_cut_text_is_refused_at_every_place(void **state)
{
    static const char text[] =
        "{\"a\":[1.5e3,-2,\"\\uD83D\\uDE00\\n\xe6\x95\x91\",true,false,null,{\"b\":{}}]}";
    (void)state;
    json_free(parse(text));
    for (size_t len = 0; len + 1 < sizeof(text); len++) {
        char *exact = malloc(len + 1); /* so that the sanitizer sees a read behind the end */
        assert_non_null(exact);
        memcpy(exact, text, len);
        char *moved = realloc(exact, len == 0 ? 1 : len);
        refuse(slice_make(moved, len), len);
        free(moved);
    }
}

static void the_fault_says_where(void **state)
{
    struct json *root = NULL;
    struct json_fault fault;
    (void)state;
    assert_int_equal(json_parse(slice_of("{\n  \"a\": 1,\n  \"b\": 01\n}"), &root, &fault),
                     ERR_INPUT);
    assert_int_equal(fault.line, 3);
    assert_in_range(fault.offset, 20, 22);
    assert_string_equal(fault.reason, "a number has a leading zero");
    assert_int_equal(json_parse(slice_of("[1] x"), &root, NULL), ERR_INPUT);
}

static void nesting_ends_at_the_limit(void **state)
{
    char text[2 * 200 + 1];
    (void)state;
    for (size_t depth = 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = '\0';
        if (depth <= JSON_DEPTH_MAX) {
            json_free(parse(text));
        } else {
            refuse(slice_of(text), depth);
        }
    }
    memset(text, '[', 200); /* never closed: the depth is found before the end */
    refuse(slice_make(text, 200), 200);
}

static void keys_end_at_the_limit(void **state)
{
    struct buf text;
    struct json_out o;
    (void)state;
    buf_init(&text, 1u << 16);
    for (int count = JSON_KEYS_MAX; count <= JSON_KEYS_MAX + 1; count++) {
        buf_clear(&text);
        json_out_init(&o, &text);
        json_open_object(&o, NULL);
        for (int i = 0; i < count; i++) {
            char name[16];
            snprintf(name, sizeof(name), "k%d", i);
            json_put_int(&o, name, i);
        }
        json_close_object(&o);
        if (count == JSON_KEYS_MAX) {
            struct json *root = parse(text.ptr);
            assert_int_equal(json_size(root), JSON_KEYS_MAX);
            json_free(root);
        } else {
            refuse(buf_slice(&text), (size_t)count);
        }
    }
    buf_release(&text);
}

static void integers_are_exact_or_refused(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
        bool ok;
    } cases[] = {
        {"9007199254740991", JSON_INT_MAX, true},
        {"-9007199254740991", -JSON_INT_MAX, true},
        {"9007199254740992", 0, false},
        {"-9007199254740992", 0, false},
        {"9007199254740993", 0, false},
        {"9223372036854775807", 0, false},
        {"1e400", 0, false},
        {"-1e400", 0, false},
        {"1.5", 0, false},
        {"1e-1", 0, false},
        {"0", 0, true},
        {"-0", 0, true},
        {"\"1\"", 0, false},
        {"true", 0, false},
        {"null", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json *root = parse(cases[i].text);
        int64_t value = 4711;
        enum err err = json_int64(root, INT64_MIN, INT64_MAX, &value);
        if ((err == ERR_OK) != cases[i].ok || value != (cases[i].ok ? cases[i].value : 4711)) {
            fail_msg("'%s' gave %d and %lld", cases[i].text, (int)err, (long long)value);
        }
        json_free(root);
    }
    struct json *five = parse("5");
    int64_t value = 0;
    assert_ok(json_int64(five, 5, 5, &value));
    assert_int_equal(json_int64(five, 6, 9, &value), ERR_INPUT);
    assert_int_equal(json_int64(five, 0, 4, &value), ERR_INPUT);
    json_free(five);
}

/* cJSON keeps at most 63 characters of a number: a longer one was cut silently or called "no
 * memory". */
static void a_number_too_long_to_be_kept_is_refused(void **state)
{
    char text[80];
    (void)state;
    for (size_t len = 60; len < 70; len++) {
        memset(text, '1', len);
        text[len] = '\0';
        if (len <= 63) {
            json_free(parse(text));
        } else {
            refuse(slice_of(text), len);
        }
        char array[90];
        snprintf(array, sizeof(array), "[%s,2]", text);
        if (len > 63) {
            refuse(slice_of(array), len);
        }
    }
}

static void doubles_stay_in_their_range(void **state)
{
    struct json *root = parse("[26.6470123, 1e400, -1e400, \"1\"]");
    double value = 7;
    (void)state;
    assert_ok(json_double(json_at(root, 0), -90, 90, &value));
    assert_true(value > 26.64701229 && value < 26.64701231);
    assert_int_equal(json_double(json_at(root, 1), -1e308, 1e308, &value), ERR_INPUT);
    assert_int_equal(json_double(json_at(root, 2), -1e308, 1e308, &value), ERR_INPUT);
    assert_int_equal(json_double(json_at(root, 3), -1e308, 1e308, &value), ERR_INPUT);
    assert_int_equal(json_double(json_at(root, 0), 0, 26, &value), ERR_INPUT);
    json_free(root);
}

static void getters_answer_for_what_is_not_there(void **state)
{
    struct json *root = parse("{\"a\":\"x\",\"A\":true,\"n\":null,\"l\":[1,[2],{\"k\":3}]}");
    struct slice text = SLICE_LIT("untouched");
    bool flag = false;
    int64_t value = 1;
    (void)state;
    assert_ok(json_string(json_get(root, "a"), &text));
    assert_slice(text, "x");
    assert_ok(json_bool(json_get(root, "A"), &flag)); /* names are told apart by case */
    assert_true(flag);
    assert_null(json_get(root, "b"));
    assert_null(json_get(json_get(root, "a"), "x"));
    assert_null(json_get(NULL, "a"));
    assert_int_equal(json_kind(NULL), JSON_ABSENT);
    assert_int_equal(json_kind(json_get(root, "n")), JSON_NULL);
    assert_int_equal(json_string(NULL, &text), ERR_INPUT);
    assert_int_equal(json_string(json_get(root, "n"), &text), ERR_INPUT);
    assert_int_equal(json_bool(json_get(root, "a"), &flag), ERR_INPUT);
    assert_int_equal(json_int64(NULL, 0, 9, &value), ERR_INPUT);
    const struct json *list = json_get(root, "l");
    assert_int_equal(json_size(list), 3);
    assert_int_equal(json_size(json_get(root, "a")), 0);
    assert_null(json_at(list, 3));
    assert_null(json_at(root, 0)); /* members have names, not numbers */
    assert_ok(json_int64(json_get(json_at(list, 2), "k"), 0, 9, &value));
    assert_int_equal(value, 3);
    assert_string_equal(json_name(json_first(root)), "a");
    assert_string_equal(json_name(json_at(list, 0)), "");
    assert_null(json_next(NULL));
    assert_null(json_first(json_get(root, "a")));
    json_free(root);
    json_free(NULL);
}

static void escapes_become_their_characters(void **state)
{
    struct json *root = parse("\"\\u6551\\uD83D\\uDE00\\n\\/\\u0001\"");
    struct slice text;
    (void)state;
    assert_ok(json_string(root, &text));
    assert_slice(text, "救😀\n/\x01");
    json_free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_texts_are_taken),
        cmocka_unit_test(wrong_texts_are_refused),
        cmocka_unit_test(a_cut_text_is_refused_at_every_place),
        cmocka_unit_test(the_fault_says_where),
        cmocka_unit_test(nesting_ends_at_the_limit),
        cmocka_unit_test(keys_end_at_the_limit),
        cmocka_unit_test(integers_are_exact_or_refused),
        cmocka_unit_test(a_number_too_long_to_be_kept_is_refused),
        cmocka_unit_test(doubles_stay_in_their_range),
        cmocka_unit_test(getters_answer_for_what_is_not_there),
        cmocka_unit_test(escapes_become_their_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
