#include "integrations/sign/rsa.h"
#include "tests/support/test.h"
#include "tests/unit/wechat/wechat_peer.h"

#define NOW_S INT64_C(1772328600)

static struct wechat_peer peer;

/* wechatpay-go, wechat_pay_credential_test.go */
static void the_published_text_is_signed(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1024);
    wechat_put_signed_text(&text, "POST", SLICE_LIT("/v3/certificates"), 1624523846,
                           "A1B2C3D4E5F6G7", SLICE_LIT("Hello World!\n"));
    assert_slice(buf_slice(&text),
                 "POST\n/v3/certificates\n1624523846\nA1B2C3D4E5F6G7\nHello World!\n\n");
    buf_clear(&text);
    wechat_put_signed_text(&text, "GET", SLICE_LIT("/v3/x?a=1"), 1, "n", SLICE_LIT(""));
    assert_slice(buf_slice(&text), "GET\n/v3/x?a=1\n1\nn\n\n"); /* the last line stays */
    buf_release(&text);
}

static struct slice between(const char *text, const char *start, const char *end)
{
    const char *from = strstr(text, start);
    assert_non_null(from);
    from += strlen(start);
    const char *to = strstr(from, end);
    assert_non_null(to);
    return slice_make(from, (size_t)(to - from));
}

static void the_authorization_holds_a_signature_of_our_request(void **state)
{
    (void)state;
    struct buf line, text;
    buf_init(&line, 4096);
    buf_init(&text, 4096);
    struct slice body = SLICE_LIT("{\"a\":\"急\"}");
    struct slice target = SLICE_LIT(WECHAT_TRANSFER_PATH);
    assert_ok(wechat_put_authorization(&peer.merchant, "POST", target, NOW_S, "593BEC0C930BF1AFEB4",
                                       body, &line));
    assert_ptr_equal(strstr(line.ptr, "Authorization: WECHATPAY2-SHA256-RSA2048 "
                                      "mchid=\"1900000109\",nonce_str=\"593BEC0C930BF1AFEB4\","
                                      "timestamp=\"1772328600\",serial_no=\"5157F09EFDC096DE15EBE81"
                                      "A47057A7232F1B8E1\",signature=\""),
                     line.ptr);
    struct slice signature = between(line.ptr, "signature=\"", "\"");
    wechat_put_signed_text(&text, "POST", target, NOW_S, "593BEC0C930BF1AFEB4", body);
    assert_ok(rsa_verify(peer.merchant_keys.public, buf_slice(&text), signature));

    static const char *const nonces[] = {"", "a b", "a\nb", "a\"b",
                                         "123456789012345678901234567890123"};
    for (size_t i = 0; i < COUNT_OF(nonces); i++) {
        size_t before = line.len;
        assert_int_equal(
            wechat_put_authorization(&peer.merchant, "POST", target, NOW_S, nonces[i], body, &line),
            ERR_INPUT);
        assert_int_equal(line.len, before);
    }
    buf_release(&line);
    buf_release(&text);
}

struct attempt {
    const char *what;
    const char *timestamp, *nonce, *serial, *type;
    int64_t now_s;
    enum err want;
};

static void only_the_platform_within_five_minutes_is_believed(void **state)
{
    static const struct attempt rows[] = {
        {"as signed", "1772328600", "nonce", PEER_SERIAL, "", NOW_S, ERR_OK},
        {"type named", "1772328600", "nonce", PEER_SERIAL, "WECHATPAY2-SHA256-RSA2048", NOW_S,
         ERR_OK},
        {"other type", "1772328600", "nonce", PEER_SERIAL, "WECHATPAY2-SM2-WITH-SM3", NOW_S,
         ERR_AUTH},
        {"299 s old", "1772328600", "nonce", PEER_SERIAL, "", NOW_S + 299, ERR_OK},
        {"300 s old", "1772328600", "nonce", PEER_SERIAL, "", NOW_S + 300, ERR_AUTH},
        {"299 s early", "1772328600", "nonce", PEER_SERIAL, "", NOW_S - 299, ERR_OK},
        {"300 s early", "1772328600", "nonce", PEER_SERIAL, "", NOW_S - 300, ERR_AUTH},
        {"other serial", "1772328600", "nonce", "PUB_KEY_ID_1", "", NOW_S, ERR_AUTH},
        {"no serial", "1772328600", "nonce", "", "", NOW_S, ERR_AUTH},
        {"other nonce", "1772328600", "noncf", PEER_SERIAL, "", NOW_S, ERR_AUTH},
        {"no nonce", "1772328600", "", PEER_SERIAL, "", NOW_S, ERR_AUTH},
        {"other second", "1772328601", "nonce", PEER_SERIAL, "", NOW_S, ERR_AUTH},
        {"not a second", "1772328600.0", "nonce", PEER_SERIAL, "", NOW_S, ERR_AUTH},
        {"no second", "", "nonce", PEER_SERIAL, "", NOW_S, ERR_AUTH},
    };
    (void)state;
    struct buf signature;
    buf_init(&signature, 2048);
    struct slice body = SLICE_LIT("{\"state\":\"SUCCESS\"}");
    wechat_peer_sign(&peer, NOW_S, "nonce", body, &signature);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct wechat_stamp stamp = {.timestamp = slice_of(rows[i].timestamp),
                                           .nonce = slice_of(rows[i].nonce),
                                           .serial = slice_of(rows[i].serial),
                                           .signature = buf_slice(&signature),
                                           .type = slice_of(rows[i].type)};
        enum err err = wechat_verify(&peer.merchant, &stamp, body, rows[i].now_s * 1000);
        if (err != rows[i].want) {
            print_error("%s\n", rows[i].what);
        }
        assert_int_equal(err, rows[i].want);
    }
    buf_release(&signature);
}

static void another_body_a_probe_and_our_own_signature_are_refused(void **state)
{
    (void)state;
    struct buf signature;
    buf_init(&signature, 2048);
    struct slice body = SLICE_LIT("{\"state\":\"SUCCESS\"}");
    wechat_peer_sign(&peer, NOW_S, "nonce", body, &signature);
    struct wechat_stamp stamp = {.timestamp = SLICE_LIT("1772328600"),
                                 .nonce = SLICE_LIT("nonce"),
                                 .serial = SLICE_LIT(PEER_SERIAL),
                                 .signature = buf_slice(&signature)};
    assert_int_equal(
        wechat_verify(&peer.merchant, &stamp, SLICE_LIT("{\"state\":\"FAIL\"}"), NOW_S * 1000),
        ERR_AUTH);
    assert_int_equal(wechat_verify(&peer.merchant, &stamp, SLICE_LIT(""), NOW_S * 1000), ERR_AUTH);
    stamp.signature = SLICE_LIT("WECHATPAY/SIGNTEST/AAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    assert_int_equal(wechat_verify(&peer.merchant, &stamp, body, NOW_S * 1000), ERR_AUTH);
    struct wechat_merchant turned = peer.merchant;
    turned.platform_key = peer.merchant_keys.public;
    stamp.signature = buf_slice(&signature);
    assert_int_equal(wechat_verify(&turned, &stamp, body, NOW_S * 1000), ERR_AUTH);
    turned.platform_serial = "";
    stamp.serial = SLICE_LIT("");
    assert_int_equal(wechat_verify(&turned, &stamp, body, NOW_S * 1000), ERR_AUTH);
    buf_release(&signature);
}

static int make(void **state)
{
    (void)state;
    wechat_peer_make(&peer);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    wechat_peer_release(&peer);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_text_is_signed),
        cmocka_unit_test(the_authorization_holds_a_signature_of_our_request),
        cmocka_unit_test(only_the_platform_within_five_minutes_is_believed),
        cmocka_unit_test(another_body_a_probe_and_our_own_signature_are_refused),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
