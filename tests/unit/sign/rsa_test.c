#include "integrations/sign/rsa.h"

#include "tests/support/test.h"
#include "tests/unit/sign/keys.h"

static struct key_pair ours, other;

/* The public half of the key pair that wechatpay-go publishes in its signer's test, and the
 * signature it expects. PKCS#1 v1.5 has no randomness: what verifies is what would be made. */
static const char PUBLISHED_KEY[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA2VCTd91fnUn73Xy9DLvt\n"
    "/V62TVxRTEEstVdeRaZ3B3leO0pldE806mXO4RwdHXagHQ4vGeZN0yqm++rDsGK+\n"
    "U3AH7kejyD2pXshNP9Cq5YwbptiLGtjcquw4HNxJQUOmDeJf2vg6byms9RUipiq4\n"
    "SzbJKqJFlUpbuIPDpSpWz10PYmyCNeDGUUK65E5h2B834uxl1zNLYQCrkdBzb8oU\n"
    "xwYeP5a2DNxmjL5lsJML7DGr5znsevnoqGRwTm9fxCGfy8wus7hwKz6clt3Whmmd\n"
    "a7UAdb1c08hEQFVRbF14AR73xbnd8N0obCWJPCbzMCtkaSef4FdEEgEXJiw0VAJT\n"
    "8wIDAQAB\n"
    "-----END PUBLIC KEY-----\n";
static const char PUBLISHED_SIGNATURE[] =
    "BKyAfU4iMCuvXMXS0Wzam3V/cnxZ+JaqigPM5OhljS2iOT95OO6Fsuml2JkFANJU9K6q9bLlDhPXuoVz+pp4hAm6"
    "pHU4ld815U4jsKu1RkyaII+1CYBUYC8TK0XtJ8FwUXXz8vZHh58rrAVN1XwNyvD1vfpxrMT4SL536GLwvpUHlCqIMzoZUg"
    "uLli/K8V29QiOhuH6IEqLNJn8e9b3nwNcQ7be3CzYGpDAKBfDGPCqCv8Rw5zndhlffk2FEA70G4hvMwe51qMN/RAJbknXG"
    "23bSlObuTCN7Ndj1aJGH6/L+hdwfLpUtJm4QYVazzW7DFD27EpSQEqA8bX9+8m1rLg==";

static void the_published_signature_is_verified(void **state)
{
    (void)state;
    struct sign_key *key = NULL;
    assert_ok(sign_key_public(slice_of(PUBLISHED_KEY), SIGN_RSA, &key));
    struct slice signature = slice_of(PUBLISHED_SIGNATURE);
    assert_ok(rsa_verify(key, SLICE_LIT("source"), signature));
    assert_int_equal(rsa_verify(key, SLICE_LIT("Source"), signature), ERR_AUTH);
    assert_int_equal(rsa_verify(ours.public, SLICE_LIT("source"), signature), ERR_AUTH);
    sign_key_free(key);
}

static void what_one_key_signs_only_that_key_verifies(void **state)
{
    (void)state;
    struct buf signature;
    buf_init(&signature, 4096);
    struct slice message = SLICE_LIT("POST\n/v3/x\n1\nn\n{}\n");
    assert_ok(rsa_sign(ours.private, message, &signature));
    assert_int_equal(signature.len, 344);
    assert_ok(rsa_verify(ours.public, message, buf_slice(&signature)));
    assert_ok(rsa_verify(ours.private, message, buf_slice(&signature)));
    assert_int_equal(rsa_verify(other.public, message, buf_slice(&signature)), ERR_AUTH);
    for (size_t i = 0; i < signature.len; i += 17) {
        char was = signature.ptr[i];
        signature.ptr[i] = was == 'A' ? 'B' : 'A';
        assert_int_equal(rsa_verify(ours.public, message, buf_slice(&signature)), ERR_AUTH);
        signature.ptr[i] = was;
    }
    static const char *const junk[] = {"", "====", "AAAA", " ", "not base64", "AAA"};
    for (size_t i = 0; i < COUNT_OF(junk); i++) {
        assert_int_equal(rsa_verify(ours.public, message, slice_of(junk[i])), ERR_AUTH);
    }
    buf_clear(&signature);
    assert_int_equal(rsa_sign(ours.public, message, &signature), ERR_INTERNAL);
    assert_int_equal(signature.len, 0);
    buf_release(&signature);
}

static void only_the_owner_reads_what_was_encrypted_for_him(void **state)
{
    (void)state;
    struct buf sealed, text;
    buf_init(&sealed, 4096);
    buf_init(&text, 4096);
    assert_ok(rsa_encrypt(ours.public, SLICE_LIT("张三"), &sealed));
    assert_ok(rsa_decrypt(ours.private, buf_slice(&sealed), &text));
    assert_slice(buf_slice(&text), "张三");
    assert_int_equal(rsa_decrypt(other.private, buf_slice(&sealed), &text), ERR_AUTH);
    assert_int_equal(text.len, strlen("张三"));

    char longest[215];
    memset(longest, 'x', sizeof(longest));
    buf_clear(&sealed);
    assert_int_equal(rsa_encrypt(ours.public, slice_make(longest, 215), &sealed), ERR_TOO_LARGE);
    assert_int_equal(sealed.len, 0);
    assert_ok(rsa_encrypt(ours.public, slice_make(longest, 214), &sealed));
    buf_clear(&text);
    assert_ok(rsa_decrypt(ours.private, buf_slice(&sealed), &text));
    assert_int_equal(text.len, 214);
    buf_release(&sealed);
    buf_release(&text);
}

/* The lines between the armour of a PEM text, as some consoles show a key. */
static void bare(const struct buf *pem, struct buf *out)
{
    struct slice rest = buf_slice(pem);
    buf_init(out, 65536);
    while (rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');
        if (line.len > 0 && line.ptr[0] != '-') {
            buf_put_slice(out, line);
        }
    }
}

static void keys_are_read_with_and_without_armour(void **state)
{
    (void)state;
    struct buf text, signature;
    struct sign_key *private = NULL, *public = NULL;
    buf_init(&signature, 4096);
    bare(&ours.private_pem, &text);
    assert_ok(sign_key_private(buf_slice(&text), SIGN_RSA, &private));
    assert_int_equal(sign_key_private(buf_slice(&text), SIGN_ED25519, &private), ERR_INPUT);
    assert_int_equal(sign_key_public(buf_slice(&text), SIGN_RSA, &public), ERR_INPUT);
    buf_release(&text);
    bare(&ours.public_pem, &text);
    assert_ok(sign_key_public(buf_slice(&text), SIGN_RSA, &public));
    assert_ok(rsa_sign(private, SLICE_LIT("x"), &signature));
    assert_ok(rsa_verify(public, SLICE_LIT("x"), buf_slice(&signature)));
    sign_key_free(private);
    sign_key_free(public);
    buf_release(&text);
    buf_release(&signature);
}

static void what_is_no_key_or_too_weak_is_refused(void **state)
{
    (void)state;
    static const char *const junk[] = {
        "",
        "hello",
        "AAAA",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"};
    struct sign_key *key = NULL;
    for (size_t i = 0; i < COUNT_OF(junk); i++) {
        assert_int_equal(sign_key_public(slice_of(junk[i]), SIGN_RSA, &key), ERR_INPUT);
        assert_int_equal(sign_key_private(slice_of(junk[i]), SIGN_RSA, &key), ERR_INPUT);
    }
    assert_int_equal(sign_key_public_file("/nowhere/key.pem", SIGN_RSA, &key), ERR_NOT_FOUND);
    struct key_pair weak;
    key_pair_make(&weak, 1024);
    assert_null(weak.private);
    assert_null(weak.public);
    key_pair_release(&weak);
}

static int make(void **state)
{
    (void)state;
    key_pair_make(&ours, 2048);
    key_pair_make(&other, 2048);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    key_pair_release(&ours);
    key_pair_release(&other);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_signature_is_verified),
        cmocka_unit_test(what_one_key_signs_only_that_key_verifies),
        cmocka_unit_test(only_the_owner_reads_what_was_encrypted_for_him),
        cmocka_unit_test(keys_are_read_with_and_without_armour),
        cmocka_unit_test(what_is_no_key_or_too_weak_is_refused),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
