#include "integrations/sign/key_folder.h"

#include <stdio.h>
#include "integrations/sign/ed25519.h"
#include "queue/base/file.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test.h"
#include "tests/unit/sign/keys.h"

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    temp_folder_make(folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    temp_folder_remove(folder);
    return 0;
}

static void put_file(const char *name, struct slice text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_ok(file_replace(path, text, 0600));
}

static enum err open_and_close(struct buf *why)
{
    struct key_folder *k = NULL;
    buf_clear(why);
    enum err err = key_folder_open(folder, &k, why);
    key_folder_close(k);
    return err;
}

static void each_key_verifies_what_its_own_name_has_signed(void **state)
{
    (void)state;
    struct key_pair he, li;
    struct key_folder *k = NULL;
    struct buf why, signature;
    key_pair_make(&he, 0);
    key_pair_make(&li, 0);
    buf_init(&why, 4096);
    buf_init(&signature, 256);
    put_file("he.pem", buf_slice(&he.public_pem));
    put_file("li-1.b_c.pem", buf_slice(&li.public_pem));
    put_file("README", SLICE_LIT("no key"));
    assert_ok(key_folder_open(folder, &k, &why));
    assert_ok(ed25519_sign(he.private, SLICE_LIT("message"), &signature));
    struct slice text = buf_slice(&signature);
    assert_ok(key_folder_verify(k, SLICE_LIT("he"), SLICE_LIT("message"), text));
    assert_int_equal(key_folder_verify(k, SLICE_LIT("he"), SLICE_LIT("Message"), text), ERR_AUTH);
    assert_int_equal(key_folder_verify(k, SLICE_LIT("li-1.b_c"), SLICE_LIT("message"), text),
                     ERR_AUTH);
    assert_int_equal(key_folder_verify(k, SLICE_LIT("h"), SLICE_LIT("message"), text),
                     ERR_NOT_FOUND);
    assert_int_equal(key_folder_verify(k, SLICE_LIT(""), SLICE_LIT("message"), text),
                     ERR_NOT_FOUND);
    assert_int_equal(key_folder_verify(k, SLICE_LIT("../he"), SLICE_LIT("message"), text),
                     ERR_NOT_FOUND);
    assert_int_equal(key_folder_verify(k, SLICE_LIT("he"), SLICE_LIT("message"), SLICE_LIT("")),
                     ERR_AUTH);
    key_folder_close(k);
    key_pair_release(&he);
    key_pair_release(&li);
    buf_release(&why);
    buf_release(&signature);
}

static void a_folder_that_is_not_there_or_holds_no_key_is_refused_with_a_remedy(void **state)
{
    (void)state;
    struct key_folder *k = NULL;
    struct buf why;
    buf_init(&why, 4096);
    assert_int_equal(key_folder_open("/nonexistent/keys", &k, &why), ERR_NOT_FOUND);
    assert_non_null(strstr(why.ptr, "/nonexistent/keys"));
    assert_int_equal(open_and_close(&why), ERR_INPUT);
    assert_non_null(strstr(why.ptr, "NAME.pem"));
    assert_null(k);
    buf_release(&why);
}

static void one_bad_file_is_enough_to_refuse_and_is_named(void **state)
{
    (void)state;
    struct key_pair he, rsa;
    struct buf why;
    key_pair_make(&he, 0);
    key_pair_make(&rsa, 2048);
    buf_init(&why, 4096);
    put_file("he.pem", buf_slice(&he.public_pem));
    assert_ok(open_and_close(&why));
    put_file("rsa.pem", buf_slice(&rsa.public_pem));
    assert_int_equal(open_and_close(&why), ERR_INPUT);
    assert_non_null(strstr(why.ptr, "rsa.pem"));
    put_file("rsa.pem", buf_slice(&he.public_pem));
    assert_ok(open_and_close(&why));
    put_file("private.pem", buf_slice(&he.private_pem));
    assert_int_equal(open_and_close(&why), ERR_INPUT);
    put_file("private.pem", buf_slice(&he.public_pem));
    put_file("two words.pem", buf_slice(&he.public_pem));
    assert_int_equal(open_and_close(&why), ERR_INPUT);
    assert_non_null(strstr(why.ptr, "two words.pem"));
    key_pair_release(&he);
    key_pair_release(&rsa);
    buf_release(&why);
}

static void an_unset_folder_asks_for_nothing(void **state)
{
    (void)state;
    struct key_folder *k = (struct key_folder *)state;
    struct buf why;
    buf_init(&why, 4096);
    assert_ok(key_folder_choose("", &k, &why));
    assert_null(k);
    buf_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_key_verifies_what_its_own_name_has_signed, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(
            a_folder_that_is_not_there_or_holds_no_key_is_refused_with_a_remedy, make_folder,
            remove_folder),
        cmocka_unit_test_setup_teardown(one_bad_file_is_enough_to_refuse_and_is_named, make_folder,
                                        remove_folder),
        cmocka_unit_test(an_unset_folder_asks_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
