#include "integrations/sign/aead.h"

#include "integrations/sign/base64.h"
#include "tests/support/test.h"

static const char KEY[] = "testAPIv3Key0000";
static const char NONCE[] = "wCq51qZv4Yfg";
static const char AAD[] = "Dl56FrqWQJF1t9LtC3vEUsniZKvbqdR8";

/* wechatpay-go, utils/aes_test.go */
static void the_published_text_is_opened_and_sealed(void **state)
{
    (void)state;
    unsigned char sealed[64];
    size_t len = 0;
    struct buf out;
    buf_init(&out, 256);
    assert_ok(base64_decode(SLICE_LIT("FsdXzxryWfKwvLJKf8LG/ToRPTRh8RN9wROC"), sealed,
                            sizeof(sealed), &len));
    struct slice bytes = slice_make((const char *)sealed, len);
    assert_ok(aead_open(slice_of(KEY), slice_of(NONCE), slice_of(AAD), bytes, &out));
    assert_slice(buf_slice(&out), "Hello World");
    buf_clear(&out);
    assert_ok(
        aead_seal(slice_of(KEY), slice_of(NONCE), slice_of(AAD), SLICE_LIT("Hello World"), &out));
    assert_true(slice_eq(buf_slice(&out), bytes));
    buf_release(&out);
}

static void a_changed_byte_anywhere_opens_nothing(void **state)
{
    (void)state;
    char key[] = "0123456789abcdef0123456789abcdef";
    char nonce[] = "abcdefghijkl";
    char aad[] = "transaction";
    struct buf sealed, out;
    buf_init(&sealed, 256);
    buf_init(&out, 256);
    assert_ok(
        aead_seal(slice_of(key), slice_of(nonce), slice_of(aad), SLICE_LIT("{\"a\":1}"), &sealed));
    assert_int_equal(sealed.len, 7 + AEAD_TAG_LEN);
    assert_ok(aead_open(slice_of(key), slice_of(nonce), slice_of(aad), buf_slice(&sealed), &out));
    assert_slice(buf_slice(&out), "{\"a\":1}");
    buf_clear(&out);
    buf_put_text(&out, "before");
    char *const where[] = {key, nonce, aad, sealed.ptr};
    const size_t lens[] = {strlen(key), strlen(nonce), strlen(aad), sealed.len};
    for (size_t w = 0; w < COUNT_OF(where); w++) {
        for (size_t i = 0; i < lens[w]; i++) {
            where[w][i] ^= 1;
            assert_int_equal(
                aead_open(slice_of(key), slice_of(nonce), slice_of(aad), buf_slice(&sealed), &out),
                ERR_AUTH);
            where[w][i] ^= 1;
        }
    }
    assert_slice(buf_slice(&out), "before");
    buf_release(&sealed);
    buf_release(&out);
}

static void lengths_are_checked(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 64);
    struct slice key = slice_of(KEY), nonce = slice_of(NONCE), none = SLICE_LIT("");
    char sealed[AEAD_TAG_LEN] = {0};
    struct slice tag = slice_make(sealed, sizeof(sealed));
    assert_int_equal(aead_open(slice_make(KEY, 15), nonce, none, tag, &out), ERR_INPUT);
    assert_int_equal(aead_open(key, slice_make(NONCE, 11), none, tag, &out), ERR_INPUT);
    assert_int_equal(aead_open(key, nonce, none, slice_make(sealed, 15), &out), ERR_INPUT);
    assert_int_equal(aead_open(key, nonce, none, tag, &out), ERR_AUTH);
    assert_ok(aead_seal(key, nonce, none, none, &out)); /* nothing at all can be vouched for, too */
    assert_int_equal(out.len, AEAD_TAG_LEN);
    struct buf text;
    buf_init(&text, 64);
    assert_ok(aead_open(key, nonce, none, buf_slice(&out), &text));
    assert_int_equal(text.len, 0);
    buf_release(&text);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_text_is_opened_and_sealed),
        cmocka_unit_test(a_changed_byte_anywhere_opens_nothing),
        cmocka_unit_test(lengths_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
