#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "integrations/sign/base64.h"
#include "integrations/sign/hmac.h"

/* FIPS 180-4 examples; RFC 4231 and RFC 2202, test case 2 each. */
static void digests_match_the_published_vectors(void **state)
{
    (void)state;
    char hex[SHA256_HEX_SIZE];
    assert_int_equal(sha256_hex(SLICE_LIT("abc"), hex), ERR_OK);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(sha256_hex(slice_make(NULL, 0), hex), ERR_OK);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    unsigned char mac[SHA256_BYTES];
    struct slice data = SLICE_LIT("what do ya want for nothing?");
    assert_int_equal(hmac_sha256(SLICE_LIT("Jefe"), data, mac), ERR_OK);
    hex_encode(mac, sizeof(mac), hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    unsigned char mac1[SHA1_BYTES];
    assert_int_equal(hmac_sha1(SLICE_LIT("Jefe"), data, mac1), ERR_OK);
    hex_encode(mac1, sizeof(mac1), hex);
    assert_string_equal(hex, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    assert_int_equal(hmac_sha256(slice_make(NULL, 0), slice_make(NULL, 0), mac), ERR_OK);
    hex_encode(mac, sizeof(mac), hex);
    assert_string_equal(hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 4648 section 10. */
static void base64_matches_the_published_vectors(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{"", ""},
                                          {"f", "Zg=="},
                                          {"fo", "Zm8="},
                                          {"foo", "Zm9v"},
                                          {"foob", "Zm9vYg=="},
                                          {"fooba", "Zm9vYmE="},
                                          {"foobar", "Zm9vYmFy"},
                                          {"\xfb\xff", "+/8="}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf text;
        buf_init(&text, 64);
        struct slice bytes = slice_of(rows[i][0]);
        base64_encode((const unsigned char *)rows[i][0], bytes.len, &text);
        assert_int_equal(buf_err(&text), ERR_OK);
        assert_true(slice_is(buf_slice(&text), rows[i][1]));
        unsigned char back[8];
        size_t len = 99;
        assert_int_equal(base64_decode(buf_slice(&text), back, sizeof(back), &len), ERR_OK);
        assert_true(slice_eq(slice_make((const char *)back, len), bytes));
        buf_release(&text);
    }
}

static void base64_that_is_not_exact_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"Z",    "Zg",   "Zg=",    "Zg===", "Zh==",     "Zm9=",
                                      "=AAA", "Z=g=", "Zm9v\n", "Z-==",  "Zg==Zg==", "===="};
    unsigned char bytes[8];
    size_t len = 7;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(base64_decode(slice_of(bad[i]), bytes, sizeof(bytes), &len), ERR_INPUT);
    }
    assert_int_equal(base64_decode(SLICE_LIT("Zm9v"), bytes, 2, &len), ERR_TOO_LARGE);
    assert_int_equal(len, 7);
}

static void secrets_are_equal_only_as_a_whole(void **state)
{
    (void)state;
    assert_true(secret_equal(SLICE_LIT("abc"), SLICE_LIT("abc")));
    assert_true(secret_equal(slice_make(NULL, 0), SLICE_LIT("")));
    assert_false(secret_equal(SLICE_LIT("abc"), SLICE_LIT("abd")));
    assert_false(secret_equal(SLICE_LIT("abc"), SLICE_LIT("abcd")));
    assert_false(secret_equal(SLICE_LIT("abc"), slice_make(NULL, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_match_the_published_vectors),
        cmocka_unit_test(base64_matches_the_published_vectors),
        cmocka_unit_test(base64_that_is_not_exact_is_refused),
        cmocka_unit_test(secrets_are_equal_only_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
