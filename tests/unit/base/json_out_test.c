/* What the writer writes, the strict reader reads back unchanged. */
#include "tests/support/test.h"

#include "queue/base/json.h"
#include "queue/base/utf8.h"

static void commas_are_put_where_they_belong(void **state)
{
    struct buf b;
    struct json_out o;
    (void)state;
    buf_init(&b, 1000);
    json_out_init(&o, &b);
    json_open_object(&o, NULL);
    json_open_array(&o, "a");
    json_close_array(&o);
    json_open_object(&o, "o");
    json_put_int(&o, "i", -5);
    json_put_null(&o, "n");
    json_close_object(&o);
    json_open_array(&o, "l");
    json_put_bool(&o, NULL, true);
    json_put_text(&o, NULL, "t");
    json_put_raw(&o, NULL, slice_of("{\"r\":1}"));
    json_open_object(&o, NULL);
    json_close_object(&o);
    json_close_array(&o);
    json_put_degrees(&o, "d", 106.7);
    json_put_bool(&o, "f", false);
    json_close_object(&o);
    assert_slice(buf_slice(&b),
                 "{\"a\":[],\"o\":{\"i\":-5,\"n\":null},\"l\":[true,\"t\",{\"r\":1},{}],"
                 "\"d\":106.7000000,\"f\":false}");
    buf_release(&b);
}

static void every_character_survives_writing_and_reading(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 1u << 16);
    for (uint32_t code = 1; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 97) {
        char plain[4];
        struct json *root = NULL;
        struct slice back;
        if (code >= 0xD800 && code <= 0xDFFF) {
            continue;
        }
        size_t len = utf8_encode(code, plain);
        buf_clear(&b);
        json_quote(&b, slice_make(plain, len));
        assert_ok(json_parse(buf_slice(&b), &root, NULL));
        assert_ok(json_string(root, &back));
        assert_true(slice_eq(back, slice_make(plain, len)));
        json_free(root);
    }
    buf_release(&b);
}

static void dangerous_characters_are_escaped(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, 100);
    json_quote(&b, slice_of("a\"b\\c\nd\re\tf\x01g\x7fh/"));
    assert_slice(buf_slice(&b), "\"a\\\"b\\\\c\\nd\\re\\tf\\u0001g\\u007fh/\"");
    buf_clear(&b);
    json_quote(&b, slice_make(NULL, 0));
    assert_slice(buf_slice(&b), "\"\"");
    buf_release(&b);
}

static void integers_survive_to_the_limits(void **state)
{
    static const int64_t values[] = {0, 1, -1, JSON_INT_MAX, -JSON_INT_MAX, 1000000000000};
    struct buf b;
    struct json_out o;
    (void)state;
    buf_init(&b, 100);
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct json *root = NULL;
        int64_t back = 0;
        buf_clear(&b);
        json_out_init(&o, &b);
        json_put_int(&o, NULL, values[i]);
        assert_ok(json_parse(buf_slice(&b), &root, NULL));
        assert_ok(json_int64(root, INT64_MIN, INT64_MAX, &back));
        assert_true(back == values[i]);
        json_free(root);
    }
    buf_release(&b);
}

static void a_full_buffer_is_told_once_at_the_end(void **state)
{
    struct buf b;
    struct json_out o;
    (void)state;
    buf_init(&b, 10);
    json_out_init(&o, &b);
    json_open_object(&o, NULL);
    json_put_text(&o, "long", "much too long for it");
    json_close_object(&o);
    assert_int_equal(buf_err(&b), ERR_TOO_LARGE);
    assert_true(b.len <= 10);
    buf_release(&b);
}

static void printing_gives_compact_text(void **state)
{
    struct buf b;
    struct json *root = NULL;
    (void)state;
    buf_init(&b, 100);
    assert_ok(json_parse(slice_of("{ \"a\" : [ 1 , null ] }"), &root, NULL));
    json_print(root, &b);
    assert_slice(buf_slice(&b), "{\"a\":[1,null]}");
    json_free(root);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_are_put_where_they_belong),
        cmocka_unit_test(every_character_survives_writing_and_reading),
        cmocka_unit_test(dangerous_characters_are_escaped),
        cmocka_unit_test(integers_survive_to_the_limits),
        cmocka_unit_test(a_full_buffer_is_told_once_at_the_end),
        cmocka_unit_test(printing_gives_compact_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
