/* Keys and names of all rails from the settings, and the profiles that go with the rails. */
#include "integrations/pay/rail_keys.h"

#include "integrations/pay/g2p/g2p_codec.h"
#include "integrations/pay/pay_profile.h"
#include "integrations/sign/rsa.h"
#include "queue/base/file.h"
#include "tests/support/temp_folder.h"
#include "tests/support/test.h"
#include "tests/unit/sign/keys.h"

static char folder[64];
static struct key_pair rsa, ed;
static struct settings settings;
static struct buf why;

static void put_file(const char *name, struct slice text, char path[SETTING_TEXT_SIZE])
{
    struct buf full;
    buf_init(&full, SETTING_TEXT_SIZE - 1);
    buf_putf(&full, "%s/%s", folder, name);
    assert_ok(file_replace(full.ptr, text, 0600));
    assert_ok(slice_copy(buf_slice(&full), path, SETTING_TEXT_SIZE));
    buf_release(&full);
}

static void fill_all(void)
{
    settings_defaults(&settings);
    put_file("ed.key", buf_slice(&ed.private_pem), settings.bank_sign_key_file);
    put_file("ed.pub", buf_slice(&ed.public_pem), settings.bank_key_file);
    put_file("rsa.key", buf_slice(&rsa.private_pem), settings.wechat_key_file);
    put_file("rsa.pub", buf_slice(&rsa.public_pem), settings.wechat_platform_key_file);
    put_file("rsa2.key", buf_slice(&rsa.private_pem), settings.alipay_key_file);
    put_file("rsa2.pub", buf_slice(&rsa.public_pem), settings.alipay_public_key_file);
    put_file("api.key", SLICE_LIT("0123456789abcdefghijklmnopqrstuv\n"),
             settings.wechat_api_key_file);
    memcpy(settings.bank_sign_key_id, "k1", 3);
    memcpy(settings.bank_sender_id, "bank", 5);
    memcpy(settings.bank_key_id, "b1", 3);
    memcpy(settings.wechat_mchid, "1900000109", 11);
    memcpy(settings.wechat_appid, "wx1", 4);
    memcpy(settings.wechat_serial, "5157", 5);
    memcpy(settings.wechat_platform_serial, "PUB_KEY_ID_1", 13);
    memcpy(settings.alipay_app_id, "2021", 5);
}

static void without_settings_only_g2p_is_there_and_signs_nothing(void **state)
{
    (void)state;
    struct rail_keys keys;
    struct pay_callback_rail rails[RAIL_CALLBACKS_MAX];
    settings_defaults(&settings);
    assert_ok(rail_keys_open(&settings, &keys, &why));
    assert_int_equal(rail_keys_callbacks(&keys, rails), 1);
    assert_string_equal(rails[0].name, "g2p");
    assert_null(keys.g2p_us.key);
    assert_null(keys.g2p_bank.key);
    rail_keys_close(&keys);
    rail_keys_close(&keys);
}

static void with_all_settings_all_rails_are_there(void **state)
{
    (void)state;
    struct rail_keys keys;
    struct pay_callback_rail rails[RAIL_CALLBACKS_MAX];
    struct buf signature;
    buf_init(&signature, 1024);
    fill_all();
    assert_ok(rail_keys_open(&settings, &keys, &why));
    assert_int_equal(rail_keys_callbacks(&keys, rails), 3);
    assert_string_equal(rails[1].name, "wechat");
    assert_string_equal(rails[2].name, "alipay");
    assert_string_equal(keys.wechat.api_key, "0123456789abcdefghijklmnopqrstuv");
    assert_string_equal(keys.wechat.perception, "行政补贴");
    assert_string_equal(keys.g2p_us.sender_id, settings.region);
    assert_ok(rsa_sign(keys.wechat.key, SLICE_LIT("x"), &signature));
    assert_ok(rsa_verify(keys.alipay.alipay_key, SLICE_LIT("x"), buf_slice(&signature)));
    rail_keys_close(&keys);
    buf_release(&signature);
}

static void a_key_that_is_missing_of_another_kind_or_nameless_is_told(void **state)
{
    (void)state;
    for (int way = 0; way < 8; way++) {
        struct rail_keys keys;
        const char *names = NULL;
        fill_all();
        switch (way) {
        case 0: memcpy(settings.wechat_key_file, "/nowhere", 9), names = "wechat_key_file"; break;
        case 1:
            put_file("x", buf_slice(&ed.private_pem), settings.alipay_key_file);
            names = "alipay_key_file";
            break;
        case 2:
            put_file("x", buf_slice(&rsa.public_pem), settings.bank_key_file);
            names = "bank_key_file";
            break;
        case 3:
            put_file("x", SLICE_LIT("too short"), settings.wechat_api_key_file);
            names = "wechat_api_key_file";
            break;
        case 4: settings.bank_sender_id[0] = '\0', names = "bank_sender_id"; break;
        case 5: settings.wechat_platform_serial[0] = '\0', names = "wechat_platform_serial"; break;
        case 6: settings.alipay_app_id[0] = '\0', names = "alipay_app_id"; break;
        default: settings.bank_sign_key_id[0] = '\0', names = "bank_sign_key_id"; break;
        }
        buf_clear(&why);
        assert_int_not_equal(rail_keys_open(&settings, &keys, &why), ERR_OK);
        assert_non_null(strstr(why.ptr, names));
        assert_null(strstr(why.ptr, "BEGIN")); /* never a key in an error */
    }
}

static void the_profiles_agree_with_the_codecs(void **state)
{
    (void)state;
    struct pay_profile p;
    assert_ok(pay_profile_load("ops/pay/wechat.json", &p, &why));
    assert_string_equal(p.rail, "wechat");
    assert_int_equal(p.key_life_s, WECHAT_KEY_LIFE_S);
    assert_int_equal(p.query_life_s, WECHAT_QUERY_LIFE_S);
    assert_int_equal(p.query_after_s, WECHAT_QUERY_AFTER_S);
    assert_int_equal(p.amount_min_fen, WECHAT_AMOUNT_MIN_FEN);
    assert_ok(pay_profile_load("ops/pay/alipay.json", &p, &why));
    assert_string_equal(p.rail, "alipay");
    assert_int_equal(p.key_life_s, ALIPAY_KEY_LIFE_S);
    assert_int_equal(p.amount_min_fen, ALIPAY_AMOUNT_MIN_FEN);
    assert_ok(pay_profile_load("ops/pay/g2p.json", &p, &why));
    assert_string_equal(p.rail, "g2p");
    assert_int_equal(p.key_life_s, G2P_KEY_LIFE_S);
    assert_true(p.batch_max <= PAY_BATCH_MAX);
}

static int make(void **state)
{
    (void)state;
    temp_folder_make(folder);
    key_pair_make(&rsa, 2048);
    key_pair_make(&ed, 0);
    buf_init(&why, 4096);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    temp_folder_remove(folder);
    key_pair_release(&rsa);
    key_pair_release(&ed);
    buf_release(&why);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_settings_only_g2p_is_there_and_signs_nothing),
        cmocka_unit_test(with_all_settings_all_rails_are_there),
        cmocka_unit_test(a_key_that_is_missing_of_another_kind_or_nameless_is_told),
        cmocka_unit_test(the_profiles_agree_with_the_codecs),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
