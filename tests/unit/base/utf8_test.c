/* UTF-8: every code point, every kind of wrong sequence. */
#include "tests/support/test.h"

#include "queue/base/utf8.h"

static void every_code_point_goes_there_and_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        if (code >= 0xD800 && code <= 0xDFFF) {
            continue;
        }
        char bytes[4];
        size_t len = utf8_encode(code, bytes);
        struct slice s = slice_make(bytes, len);
        size_t want = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
        if (len != want || !utf8_valid(s) || utf8_count(s) != 1 || utf8_next(&s) != code ||
            s.len != 0) {
            fail_msg("U+%04X", (unsigned)code);
        }
    }
}

/* What RFC 3629 calls well-formed, said another way: decode by shifting and look at the value. */
static bool well_formed(const unsigned char *p, size_t len)
{
    uint32_t code;
    if (len == 1) {
        return p[0] < 0x80;
    }
    for (size_t i = 1; i < len; i++) {
        if (p[i] >> 6 != 2) {
            return false;
        }
    }
    if (len == 2) {
        code = (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3Fu);
        return p[0] >> 5 == 6 && code >= 0x80;
    }
    code = (uint32_t)(p[0] & 0x0F) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
    return p[0] >> 4 == 14 && code >= 0x800 && (code < 0xD800 || code > 0xDFFF);
}

static void every_sequence_of_up_to_three_bytes_is_judged_right(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < 1u << 24; n++) {
        unsigned char p[3] = {(unsigned char)(n >> 16), (unsigned char)(n >> 8), (unsigned char)n};
        if (p[0] < 0x80 && (p[1] != 0 || p[2] != 0)) {
            n |= 0xFFFF; /* plain first byte: the rest is the shorter case again */
            continue;
        }
        const char *text = (const char *)p;
        bool three = well_formed(p, 3) ||
                     (well_formed(p, 1) && (well_formed(p + 1, 2) ||
                                            (well_formed(p + 1, 1) && well_formed(p + 2, 1)))) ||
                     (well_formed(p, 2) && well_formed(p + 2, 1));
        if (utf8_valid(slice_make(text, 3)) != three) {
            fail_msg("%02x %02x %02x", p[0], p[1], p[2]);
        }
    }
    for (unsigned n = 0; n < 1u << 16; n++) {
        unsigned char p[2] = {(unsigned char)(n >> 8), (unsigned char)n};
        bool two = well_formed(p, 2) || (well_formed(p, 1) && well_formed(p + 1, 1));
        assert_int_equal(utf8_valid(slice_make((const char *)p, 2)), two);
    }
}

static void wrong_sequences_of_four_bytes_are_refused(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"\xf0\x90\x80\x80", true},  {"\xf0\x8f\xbf\xbf", false}, {"\xf4\x8f\xbf\xbf", true},
        {"\xf4\x90\x80\x80", false}, {"\xf5\x80\x80\x80", false}, {"\xf8\x88\x80\x80\x80", false},
        {"\xff\xfe", false},         {"\xf0\x9f\x98", false},     {"\xf0\x9f\x98x", false},
        {"\xf0\x80\x80\x80", false}, {"\xc0\x80", false},         {"\xe0\x80\x80", false},
        {"\xed\xa0\x80", false},     {"\xed\xbf\xbf", false},     {"\xed\x9f\xbf", true},
        {"\xee\x80\x80", true},      {"\xef\xbf\xbf", true},      {"a\x80", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (utf8_valid(slice_of(cases[i].text)) != cases[i].valid) {
            fail_msg("case %zu", i);
        }
    }
    assert_true(utf8_valid(slice_make(NULL, 0)));
    assert_true(utf8_valid(slice_make("a\0b", 3)));
}

static void a_prefix_never_cuts_a_character(void **state)
{
    struct slice s = slice_of("a救😀b");
    (void)state;
    assert_int_equal(utf8_count(s), 4);
    assert_slice(utf8_prefix(s, 0), "");
    assert_slice(utf8_prefix(s, 1), "a");
    assert_slice(utf8_prefix(s, 2), "a救");
    assert_slice(utf8_prefix(s, 3), "a救😀");
    assert_slice(utf8_prefix(s, 4), "a救😀b");
    assert_slice(utf8_prefix(s, 99), "a救😀b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_goes_there_and_back),
        cmocka_unit_test(every_sequence_of_up_to_three_bytes_is_judged_right),
        cmocka_unit_test(wrong_sequences_of_four_bytes_are_refused),
        cmocka_unit_test(a_prefix_never_cuts_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
