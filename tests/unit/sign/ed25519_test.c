#include "integrations/sign/ed25519.h"

#include "tests/support/test.h"
#include "tests/unit/sign/keys.h"

/* RFC 9421, appendix B.2.6: the public half of test-key-ed25519. */
static void the_published_signature_is_verified(void **state)
{
    (void)state;
    struct sign_key *key = NULL;
    assert_ok(
        sign_key_public(SLICE_LIT("MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="),
                        SIGN_ED25519, &key));
    struct slice base = SLICE_LIT(
        "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n"
        "\"@authority\": example.com\n\"content-type\": application/json\n\"content-length\": 18\n"
        "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" "
        "\"content-length\");created=1618884473;keyid=\"test-key-ed25519\"");
    struct slice signature = SLICE_LIT("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDg"
                                       "wUPiu4A0w6vuQv5lIp5WPpBKRCw==");
    assert_ok(ed25519_verify(key, base, signature));
    base.len--;
    assert_int_equal(ed25519_verify(key, base, signature), ERR_AUTH);
    sign_key_free(key);
}

static void what_one_key_signs_only_that_key_verifies(void **state)
{
    (void)state;
    struct key_pair ours, other, rsa;
    struct buf signature;
    key_pair_make(&ours, 0);
    key_pair_make(&other, 0);
    key_pair_make(&rsa, 2048);
    buf_init(&signature, 256);
    assert_ok(ed25519_sign(ours.private, SLICE_LIT("message"), &signature));
    assert_int_equal(signature.len, ED25519_TEXT_LEN);
    assert_ok(ed25519_verify(ours.public, SLICE_LIT("message"), buf_slice(&signature)));
    assert_int_equal(ed25519_verify(other.public, SLICE_LIT("message"), buf_slice(&signature)),
                     ERR_AUTH);
    assert_int_equal(ed25519_verify(rsa.public, SLICE_LIT("message"), buf_slice(&signature)),
                     ERR_AUTH);
    signature.ptr[5] = signature.ptr[5] == 'x' ? 'y' : 'x';
    assert_int_equal(ed25519_verify(ours.public, SLICE_LIT("message"), buf_slice(&signature)),
                     ERR_AUTH);
    buf_clear(&signature);
    assert_int_equal(ed25519_sign(rsa.private, SLICE_LIT("message"), &signature), ERR_INPUT);
    assert_int_equal(ed25519_sign(ours.public, SLICE_LIT("message"), &signature), ERR_INTERNAL);
    buf_release(&signature);
    key_pair_release(&ours);
    key_pair_release(&other);
    key_pair_release(&rsa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_signature_is_verified),
        cmocka_unit_test(what_one_key_signs_only_that_key_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
