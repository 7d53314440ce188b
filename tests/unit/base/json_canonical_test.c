/* RFC 8785. The documents are those of the RFC's own test data. */
#include "queue/base/json_canonical.h"

#include "tests/support/test.h"

static void canonical(const char *text, struct buf *out)
{
    struct json *root = NULL;
    assert_ok(json_parse(slice_of(text), &root, NULL));
    buf_clear(out);
    assert_ok(json_canonical(root, out));
    json_free(root);
}

static void the_published_documents_come_out_as_published(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"[\n  56,\n  {\n    \"d\": true,\n    \"10\": null,\n    \"1\": [ ]\n  }\n]",
         "[56,{\"1\":[],\"10\":null,\"d\":true}]"},
        {"{\n  \"peach\": \"This sorting order\",\n  \"péché\": \"is wrong according to French\",\n"
         "  \"pêche\": \"but canonicalization MUST\",\n  \"sin\":   \"ingnore locale\"\n}\n",
         "{\"peach\":\"This sorting order\",\"péché\":\"is wrong according to French\","
         "\"pêche\":\"but canonicalization MUST\",\"sin\":\"ingnore locale\"}"},
        {"{\n  \"1\": {\"f\": {\"f\": \"hi\",\"F\": 5} ,\"\\n\": 56.0},\n  \"10\": { },\n  \"\": "
         "\"empty\",\n  \"a\": { },\n  \"111\": [ { } ],\n  \"A\": { }\n}",
         "{\"\":\"empty\",\"1\":{\"\\n\":56,\"f\":{\"F\":5,\"f\":\"hi\"}},\"10\":{},\"111\":[{}],"
         "\"A\":{},\"a\":{}}"},
        {"{\n  \"Unnormalized Unicode\":\"A\\u030a\"\n}\n",
         "{\"Unnormalized Unicode\":\"A\xcc\x8a\"}"},
        {"{\n  \"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],"
         "\n  \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
         "  \"literals\": [null, true, false]\n}",
         "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
         "\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}"},
        {"{\n  \"\\u20ac\": \"Euro Sign\",\n  \"\\r\": \"Carriage Return\",\n  \"1\": \"One\",\n"
         "  \"\\u0080\": \"Control\\u007f\",\n  \"\\ud83d\\ude02\": \"Smiley\",\n"
         "  \"\\u00f6\": \"Latin Small Letter O With Diaeresis\",\n"
         "  \"\\ufb33\": \"Hebrew Letter Dalet With Dagesh\",\n"
         "  \"</script>\": \"Browser Challenge\"\n}\n",
         "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"</script>\":\"Browser Challenge\","
         "\"\xc2\x80\":\"Control\x7f\",\"ö\":\"Latin Small Letter O With Diaeresis\","
         "\"€\":\"Euro Sign\",\"😂\":\"Smiley\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet With "
         "Dagesh\"}"},
    };
    (void)state;
    struct buf out;
    buf_init(&out, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        canonical(rows[i].in, &out);
        assert_slice(buf_slice(&out), rows[i].out);
        canonical(rows[i].out, &out); /* and canonical text stays what it is */
        assert_slice(buf_slice(&out), rows[i].out);
    }
    buf_release(&out);
}

static void numbers_are_written_as_ecmascript_writes_them(void **state)
{
    static const struct {
        uint64_t bits;
        const char *text;
    } rows[] = {
        /* the sample lines and appendix B of the RFC */
        {0x4340000000000001, "9007199254740994"},
        {0x4340000000000002, "9007199254740996"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x8000000000000000, "0"},
        {0x0000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"},
        {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
        {0x3d30000000000000, "5.684341886080802e-14"}, /* 2^-44: the nearest 16 digits fail */
    };
    (void)state;
    struct buf out;
    buf_init(&out, 64);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        double value;
        memcpy(&value, &rows[i].bits, sizeof(value));
        buf_clear(&out);
        assert_ok(json_canonical_number(value, &out));
        assert_slice(buf_slice(&out), rows[i].text);
    }
    for (uint64_t bits = 0x7ff0000000000000; bits <= 0x7ff8000000000000; bits += 0x8000000000000) {
        double value;
        memcpy(&value, &bits, sizeof(value));
        assert_int_equal(json_canonical_number(value, &out), ERR_INPUT);
    }
    buf_release(&out);
}

/* Every power of two, where the gaps change. */
static void what_is_written_reads_back(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 64);
    for (uint64_t exponent = 1; exponent < 2047; exponent++) {
        for (int64_t step = -1; step <= 1; step++) {
            uint64_t bits = (exponent << 52) + (uint64_t)step;
            double value;
            memcpy(&value, &bits, sizeof(value));
            buf_clear(&out);
            assert_ok(json_canonical_number(value, &out));
            assert_true(strtod(out.ptr, NULL) == value);
            assert_true(out.len <= 25);
        }
    }
    buf_release(&out);
}

static void the_order_of_members_is_that_of_utf16_and_not_of_bytes(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 256);
    canonical("{\"\\ufb33\":1,\"\\ud83d\\ude02\":2,\"ab\":3,\"a\":4,\"\":5}", &out);
    assert_slice(buf_slice(&out), "{\"\":5,\"a\":4,\"ab\":3,\"😂\":2,\"\xef\xac\xb3\":1}");
    buf_release(&out);
}

static void a_number_beyond_doubles_and_a_full_buffer_are_errors(void **state)
{
    (void)state;
    struct json *root = NULL;
    struct buf out;
    buf_init(&out, 8);
    if (json_parse(SLICE_LIT("[1e999]"), &root, NULL) == ERR_OK) {
        assert_int_equal(json_canonical(root, &out), ERR_INPUT);
        json_free(root);
    }
    buf_clear(&out);
    assert_ok(json_parse(SLICE_LIT("[\"12345678\"]"), &root, NULL));
    assert_int_equal(json_canonical(root, &out), ERR_TOO_LARGE);
    json_free(root);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_documents_come_out_as_published),
        cmocka_unit_test(numbers_are_written_as_ecmascript_writes_them),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(the_order_of_members_is_that_of_utf16_and_not_of_bytes),
        cmocka_unit_test(a_number_beyond_doubles_and_a_full_buffer_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
