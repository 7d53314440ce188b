/* Sealing: round trips, every kind of tampering, and values computed by others: NIST's GCM vectors,
 * FIPS 180 and the openssl command line (openssl kdf … HKDF, openssl dgst -mac HMAC) and Node's
 * crypto for the key hierarchy. */
#include "tests/support/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include "queue/base/file.h"
#include "queue/seal/seal.h"
#include "tests/support/temp_folder.h"

#define NO "5200002611210100000019"
#define OTHER_NO "5200002611210100000027"
#define MASTER "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static char folder[64];
static char key_path[128];
static struct sealer *sealer;

/* Open with `text` in the key file; NULL when refused, and `why` must tell `tells`. */
static struct sealer *open_with(struct slice text, unsigned mode, const char *tells)
{
    struct sealer *s = NULL;
    struct buf why;
    buf_init(&why, 1000);
    assert_ok(file_replace(key_path, text, 0600));
    assert_int_equal(chmod(key_path, mode), 0);
    enum err err = sealer_open(key_path, &s, &why);
    if (tells == NULL) {
        assert_ok(err);
    } else {
        assert_int_equal(err, ERR_INPUT);
        assert_non_null(strstr(why.ptr, tells));
        assert_null(memmem(why.ptr, why.len, "0001020304", 10)); /* a fault never shows the key */
        assert_null(s);
    }
    buf_release(&why);
    return s;
}

static int open_sealer(void **state)
{
    (void)state;
    temp_folder_make(folder);
    snprintf(key_path, sizeof(key_path), "%s/key", folder);
    sealer = open_with(SLICE_LIT(MASTER "\n"), 0600, NULL);
    return 0;
}

static int close_sealer(void **state)
{
    (void)state;
    sealer_close(sealer);
    sealer_close(NULL);
    temp_folder_remove(folder);
    return 0;
}

static struct slice bytes_of(const char *hex, unsigned char *out)
{
    size_t len = strlen(hex) / 2;
    assert_ok(hex_decode(slice_of(hex), out, len));
    return slice_make((const char *)out, len);
}

static void keys_in_other_files_or_shapes_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "00",
        MASTER "0",
        MASTER "00",
        "x" MASTER,
        "0x" MASTER,
        "000102030405060708090a0b0c0d0e0f 101112131415161718191a1b1c1d1e1f",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eg"};
    struct sealer *none = NULL;
    struct buf why;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_null(open_with(slice_of(wrong[i]), 0600, "64 hex digits"));
    }
    buf_init(&why, 1000);
    assert_int_equal(sealer_open("/no/such/file", &none, &why), ERR_NOT_FOUND);
    assert_non_null(strstr(why.ptr, "/no/such/file"));
    buf_release(&why);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
    static const unsigned wrong[] = {0640, 0604, 0644, 0620, 0602, 0610, 0601, 0677, 0440};
    static const unsigned right[] = {0600, 0400, 0700};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_null(open_with(SLICE_LIT(MASTER), wrong[i], "chmod 600"));
    }
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        sealer_close(open_with(SLICE_LIT(" \t" MASTER "\r\n"), right[i], NULL));
    }
}

static void what_is_sealed_opens_for_its_own_case_only(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 1000, SEAL_TEXT_MAX};
    unsigned char key[SEAL_KEY_BYTES], wrapped[SEAL_WRAPPED_BYTES];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        struct buf plain, sealed, back;
        buf_init(&plain, SEAL_TEXT_MAX);
        buf_init(&sealed, SEAL_TEXT_MAX + SEAL_OVERHEAD);
        buf_init(&back, SEAL_TEXT_MAX);
        for (size_t k = 0; k < sizes[i]; k++) {
            buf_put_char(&plain, (char)(k * 7));
        }
        assert_ok(seal_make_key(sealer, slice_of(NO), key, wrapped));
        assert_ok(seal_text(sealer, key, slice_of(NO), buf_slice(&plain), &sealed));
        assert_int_equal(sealed.len, sizes[i] + SEAL_OVERHEAD);
        struct slice wrap = slice_make((const char *)wrapped, sizeof(wrapped));
        assert_ok(unseal_case(sealer, slice_of(NO), wrap, buf_slice(&sealed), &back));
        assert_true(slice_eq(buf_slice(&back), buf_slice(&plain)));
        buf_clear(&back);
        assert_int_equal(unseal_text(sealer, key, slice_of(OTHER_NO), buf_slice(&sealed), &back),
                         ERR_CORRUPT);
        assert_int_equal(unseal_case(sealer, slice_of(OTHER_NO), wrap, buf_slice(&sealed), &back),
                         ERR_CORRUPT);
        assert_int_equal(back.len, 0);
        buf_release(&plain);
        buf_release(&sealed);
        buf_release(&back);
    }
}

static void a_text_above_the_limit_is_not_sealed(void **state)
{
    static char big[SEAL_TEXT_MAX + 1];
    unsigned char key[SEAL_KEY_BYTES] = {0};
    struct buf sealed;
    (void)state;
    buf_init(&sealed, 2 * SEAL_TEXT_MAX);
    assert_int_equal(seal_text(sealer, key, slice_of(NO), slice_make(big, sizeof(big)), &sealed),
                     ERR_TOO_LARGE);
    assert_int_equal(sealed.len, 0);
    buf_release(&sealed);
    buf_init(&sealed, 10);
    assert_int_equal(seal_text(sealer, key, slice_of(NO), slice_of("x"), &sealed), ERR_TOO_LARGE);
    buf_release(&sealed);
}

static void every_flipped_bit_is_found(void **state)
{
    unsigned char key[SEAL_KEY_BYTES], wrapped[SEAL_WRAPPED_BYTES], out[SEAL_KEY_BYTES];
    struct buf sealed, back;
    (void)state;
    buf_init(&sealed, 1000);
    buf_init(&back, 1000);
    assert_ok(seal_make_key(sealer, slice_of(NO), key, wrapped));
    assert_ok(seal_text(sealer, key, slice_of(NO), SLICE_LIT("{\"name\":\"张三\"}"), &sealed));
    for (size_t bit = 0; bit < sealed.len * 8; bit++) {
        char *at = sealed.ptr + bit / 8;
        *at = (char)(*at ^ 1 << bit % 8);
        assert_int_equal(unseal_text(sealer, key, slice_of(NO), buf_slice(&sealed), &back),
                         ERR_CORRUPT);
        *at = (char)(*at ^ 1 << bit % 8);
    }
    for (size_t bit = 0; bit < sizeof(wrapped) * 8; bit++) {
        wrapped[bit / 8] = (unsigned char)(wrapped[bit / 8] ^ 1u << bit % 8);
        struct slice wrap = slice_make((const char *)wrapped, sizeof(wrapped));
        assert_int_equal(seal_unwrap_key(sealer, slice_of(NO), wrap, out), ERR_CORRUPT);
        wrapped[bit / 8] = (unsigned char)(wrapped[bit / 8] ^ 1u << bit % 8);
    }
    for (size_t len = 0; len < sealed.len; len++) {
        assert_int_equal(unseal_text(sealer, key, slice_of(NO), slice_make(sealed.ptr, len), &back),
                         ERR_CORRUPT);
    }
    assert_int_equal(back.len, 0);
    assert_ok(unseal_text(sealer, key, slice_of(NO), buf_slice(&sealed),
                          &back)); /* nothing is wrong after all */
    buf_release(&sealed);
    buf_release(&back);
}

static void another_master_key_opens_nothing(void **state)
{
    unsigned char key[SEAL_KEY_BYTES], wrapped[SEAL_WRAPPED_BYTES];
    char one[SEAL_HASH_SIZE], two[SEAL_HASH_SIZE];
    (void)state;
    struct sealer *other = open_with(
        SLICE_LIT("100102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), 0600, NULL);
    assert_ok(seal_make_key(sealer, slice_of(NO), key, wrapped));
    struct slice wrap = slice_make((const char *)wrapped, sizeof(wrapped));
    assert_int_equal(seal_unwrap_key(other, slice_of(NO), wrap, key), ERR_CORRUPT);
    assert_int_equal(seal_unwrap_key(sealer, slice_of(OTHER_NO), wrap, key), ERR_CORRUPT);
    assert_int_equal(seal_unwrap_key(sealer, slice_of(NO), slice_make(wrap.ptr, wrap.len - 1), key),
                     ERR_CORRUPT);
    assert_ok(seal_unwrap_key(sealer, slice_of(NO), wrap, key));
    assert_ok(seal_hash(sealer, "phone", slice_of("1"), one));
    assert_ok(seal_hash(other, "phone", slice_of("1"), two));
    assert_string_not_equal(one, two);
    sealer_close(other);
}

static void an_erased_key_is_told_from_a_damaged_one(void **state)
{
    struct buf out;
    (void)state;
    buf_init(&out, 100);
    assert_int_equal(unseal_case(sealer, slice_of(NO), slice_of(""), slice_of("x"), &out),
                     ERR_NOT_FOUND);
    assert_int_equal(unseal_case(sealer, slice_of(NO), slice_of("x"), slice_of("x"), &out),
                     ERR_CORRUPT);
    buf_release(&out);
}

static void keys_and_nonces_never_repeat(void **state)
{
    static unsigned char keys[500][SEAL_KEY_BYTES], wraps[500][SEAL_WRAPPED_BYTES];
    (void)state;
    for (int i = 0; i < 500; i++) { /* far beyond one pool of random bytes */
        assert_ok(seal_make_key(sealer, slice_of(NO), keys[i], wraps[i]));
        for (int k = 0; k < i; k++) {
            assert_memory_not_equal(keys[i], keys[k], SEAL_KEY_BYTES);
            assert_memory_not_equal(wraps[i], wraps[k], 12);
        }
    }
}

static void hashes_of_different_kinds_never_collide(void **state)
{
    static const struct {
        const char *kind;
        const char *text;
    } cases[] = {{"phone", "1"}, {"id_number", "1"}, {"phone", ""}, {"phon", "e1"},
                 {"phone1", ""}, {"", "phone1"},     {"case", "1"}, {"phone", "11"}};
    char hashes[COUNT_OF(cases)][SEAL_HASH_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_ok(seal_hash(sealer, cases[i].kind, slice_of(cases[i].text), hashes[i]));
        assert_int_equal(strspn(hashes[i], "0123456789abcdef"), SEAL_HASH_SIZE - 1);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(hashes[i], hashes[k]);
        }
    }
    char again[SEAL_HASH_SIZE];
    assert_ok(seal_hash(sealer, "phone", slice_of("1"), again));
    assert_string_equal(again, hashes[0]);
}

/* HKDF-SHA-256 (RFC 5869) and HMAC-SHA-256 (RFC 2104) together: openssl kdf, then openssl dgst. */
static void hashes_agree_with_the_openssl_command_line(void **state)
{
    char hash[SEAL_HASH_SIZE];
    (void)state;
    assert_ok(seal_hash(sealer, "phone", slice_of("+8613812341234"), hash));
    assert_string_equal(hash, "57a173836e19f2215adbde99815546a9");
    assert_ok(seal_hash(sealer, "id_number", slice_of(""), hash));
    assert_string_equal(hash, "a0de53d26f61b4e9c59f6cef15e6d434");
}

static void digests_agree_with_the_standard(void **state)
{
    char digest[SEAL_DIGEST_SIZE];
    (void)state;
    assert_ok(seal_digest(sealer, slice_of(""), digest));
    assert_string_equal(digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_ok(seal_digest(sealer, slice_of("abc"), digest));
    assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/* Wrapped and sealed by Node's crypto from the same master key: old records must open for ever. */
static void what_another_program_sealed_opens_here(void **state)
{
    unsigned char wrapped[SEAL_WRAPPED_BYTES], sealed[64], key[SEAL_KEY_BYTES],
        want[SEAL_KEY_BYTES];
    struct buf out;
    (void)state;
    struct slice wrap = bytes_of(
        "a0a1a2a3a4a5a6a7a8a9aaab1460ae7d93a4d5c051c337a8a429eb0c4692014299063681b32ecd8278b8445"
        "5c98343a23489cb739f2460a9fd2127f3",
        wrapped);
    struct slice text = bytes_of("a0a1a2a3a4a5a6a7a8a9aaabd61101734950ec4c97d036c7a53a755506fb80c15"
                                 "4eda2e910faf152e225196990",
                                 sealed);
    memset(want, 0x42, sizeof(want));
    buf_init(&out, 100);
    assert_ok(seal_unwrap_key(sealer, slice_of(NO), wrap, key));
    assert_memory_equal(key, want, sizeof(want));
    assert_ok(unseal_case(sealer, slice_of(NO), wrap, text, &out));
    assert_slice(buf_slice(&out), "{\"name\":\"张三\"}");
    buf_release(&out);
}

/* Test cases 13, 14 and 16 of the GCM specification (McGrew and Viega), through the public
 * function. */
static void gcm_agrees_with_the_published_vectors(void **state)
{
    static const struct {
        const char *key, *nonce, *aad, *plain, *cipher, *tag;
    } cases[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000",
         "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
        {"0000000000000000000000000000000000000000000000000000000000000000",
         "000000000000000000000000", "", "00000000000000000000000000000000",
         "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
        {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
         "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
         "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e244"
         "9a6b525b16aedf5aa0de657"
         "ba637b39",
         "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b105"
         "6828838c5f61e6393ba7a0a"
         "bcc9f662",
         "76fc6ece0f4e1768cddf8853bb2d551b"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        unsigned char key[32], nonce[12], aad[64], plain[64], cipher[64], tag[16];
        struct buf sealed, out;
        buf_init(&sealed, 1000);
        buf_init(&out, 1000);
        (void)bytes_of(cases[i].key, key);
        buf_put_slice(&sealed, bytes_of(cases[i].nonce, nonce));
        buf_put_slice(&sealed, bytes_of(cases[i].cipher, cipher));
        buf_put_slice(&sealed, bytes_of(cases[i].tag, tag));
        assert_ok(unseal_text(sealer, key, bytes_of(cases[i].aad, aad), buf_slice(&sealed), &out));
        assert_true(slice_eq(buf_slice(&out), bytes_of(cases[i].plain, plain)));
        buf_release(&sealed);
        buf_release(&out);
    }
}

static void equal_is_equal_in_length_and_bytes(void **state)
{
    (void)state;
    assert_true(seal_equal(slice_of("abc"), slice_of("abc")));
    assert_true(seal_equal(slice_of(""), slice_of("")));
    assert_false(seal_equal(slice_of("abc"), slice_of("abd")));
    assert_false(seal_equal(slice_of("abc"), slice_of("ab")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_in_other_files_or_shapes_are_refused),
        cmocka_unit_test(a_key_that_others_may_read_is_refused),
        cmocka_unit_test(what_is_sealed_opens_for_its_own_case_only),
        cmocka_unit_test(a_text_above_the_limit_is_not_sealed),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(another_master_key_opens_nothing),
        cmocka_unit_test(an_erased_key_is_told_from_a_damaged_one),
        cmocka_unit_test(keys_and_nonces_never_repeat),
        cmocka_unit_test(hashes_of_different_kinds_never_collide),
        cmocka_unit_test(hashes_agree_with_the_openssl_command_line),
        cmocka_unit_test(digests_agree_with_the_standard),
        cmocka_unit_test(what_another_program_sealed_opens_here),
        cmocka_unit_test(gcm_agrees_with_the_published_vectors),
        cmocka_unit_test(equal_is_equal_in_length_and_bytes),
    };
    return cmocka_run_group_tests(tests, open_sealer, close_sealer);
}
