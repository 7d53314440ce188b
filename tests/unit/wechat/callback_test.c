#include "integrations/pay/wechat/wechat_callback.h"

#include "tests/support/test.h"
#include "tests/unit/wechat/wechat_peer.h"

#define NOW_S INT64_C(1772328600)
#define FINISHED "MCHTRANSFER.BILL.FINISHED"
#define BILL                                                                                      \
    "{\"out_bill_no\":\"P1\",\"transfer_bill_no\":\"133\",\"state\":\"SUCCESS\",\"mch_id\":"      \
    "\"1900000109\",\"transfer_amount\":80000,\"openid\":\"oX\",\"create_time\":\"2026-03-01T13:" \
    "29:35+08:00\"}"

static struct wechat_peer peer;
static struct pay_callback_news news;

/* One callback as it arrives; parts may be changed before it is handed over. */
struct arrival {
    struct buf body, signature;
    struct pay_header headers[6];
    struct pay_callback in;
};

static void arrive(struct arrival *a, const char *event, const char *plain)
{
    buf_init(&a->body, 65536);
    buf_init(&a->signature, 2048);
    wechat_peer_notice(&peer, event, plain, &a->body);
    wechat_peer_sign(&peer, NOW_S, "nonce", buf_slice(&a->body), &a->signature);
    a->headers[0] = (struct pay_header){SLICE_LIT("wechatpay-timestamp"), SLICE_LIT("1772328600")};
    a->headers[1] = (struct pay_header){SLICE_LIT("Wechatpay-Nonce"), SLICE_LIT("nonce")};
    a->headers[2] = (struct pay_header){SLICE_LIT("Wechatpay-Serial"), SLICE_LIT(PEER_SERIAL)};
    a->headers[3] = (struct pay_header){SLICE_LIT("WECHATPAY-SIGNATURE"), buf_slice(&a->signature)};
    a->headers[4] = (struct pay_header){SLICE_LIT("Content-Type"), SLICE_LIT("application/json")};
    a->in = (struct pay_callback){.headers = a->headers,
                                  .header_count = 5,
                                  .body = buf_slice(&a->body),
                                  .now_ms = NOW_S * 1000};
}

static void gone(struct arrival *a)
{
    buf_release(&a->body);
    buf_release(&a->signature);
}

static enum err hand_over(const struct pay_callback *in, int *status, char text[128])
{
    struct pay_callback_rail rail = wechat_callback_rail(&peer.merchant);
    enum err err = pay_rail_callback(&rail, in, &news);
    struct pay_callback_answer answer;
    assert_ok(pay_callback_answer(&rail, in, err == ERR_OK ? &news : NULL, err, &answer));
    *status = answer.status;
    assert_ok(slice_copy(buf_slice(&answer.body), text, 128));
    pay_callback_answer_release(&answer);
    return err;
}

static void a_genuine_notice_is_read_and_acknowledged_without_a_body(void **state)
{
    (void)state;
    struct arrival a;
    int status;
    char text[128];
    arrive(&a, FINISHED, BILL);
    assert_ok(hand_over(&a.in, &status, text));
    assert_int_equal(news.count, 1);
    assert_string_equal(news.results[0].id, "P1");
    assert_int_equal(news.results[0].outcome, PAY_SUCCEEDED);
    assert_int_equal(news.results[0].amount_fen, 80000);
    assert_string_equal(news.results[0].provider_ref, "133");
    assert_string_equal(news.notice_id, "EV-2018022511223320873");
    assert_int_equal(status, 204);
    assert_string_equal(text, "");
    assert_ok(hand_over(&a.in, &status, text)); /* the same again is the same again */
    assert_int_equal(news.count, 1);
    gone(&a);
}

static void a_wrong_signature_serial_or_time_is_refused_with_the_failure_answer(void **state)
{
    (void)state;
    struct arrival a, other;
    int status;
    char text[128];
    static const char refused[] = "{\"code\":\"FAIL\",\"message\":\"验签失败\"}";
    arrive(&a, FINISHED, BILL);
    arrive(&other, FINISHED, "{\"out_bill_no\":\"P2\",\"state\":\"FAIL\"}");
    for (int way = 0; way < 8; way++) {
        struct pay_callback in = a.in;
        struct pay_header headers[6];
        memcpy(headers, a.headers, sizeof(headers));
        in.headers = headers;
        switch (way) {
        case 0: in.now_ms += 300 * 1000; break;
        case 1: headers[2].value = SLICE_LIT("5157F09EFDC096DE15EBE81A47057A7232F1B8E1"); break;
        case 2: in.body = buf_slice(&other.body); break; /* a signature of another notice */
        case 3: headers[3].value = SLICE_LIT("WECHATPAY/SIGNTEST/abcd"); break;
        case 4: in.header_count = 3; break;
        case 5: headers[5] = headers[3], in.header_count = 6; break; /* twice */
        case 6: headers[0].value = SLICE_LIT("1772328601"); break;
        default: headers[1].value = SLICE_LIT("nonsense"); break;
        }
        news.count = 7;
        assert_int_equal(hand_over(&in, &status, text), ERR_AUTH);
        assert_int_equal(news.count, 0);
        assert_int_equal(status, 401);
        assert_string_equal(text, refused);
    }
    gone(&a);
    gone(&other);
}

static void what_is_signed_but_no_notice_for_us_is_told_apart(void **state)
{
    static const struct {
        const char *event, *plain;
        enum err err;
        size_t count, oddities;
        int status;
    } rows[] = {
        {"TRANSACTION.SUCCESS", BILL, ERR_OK, 0, 1, 204},
        {FINISHED, "{\"out_bill_no\":\"P1\",\"state\":\"NEW\"}", ERR_OK, 1, 1, 204},
        {FINISHED, "{\"out_bill_no\":\"P1\",\"state\":\"SUCCESS\",\"mch_id\":\"1900000110\"}",
         ERR_INPUT, 0, 0, 400},
        {FINISHED, "{\"out_bill_no\":\"no id\",\"state\":\"SUCCESS\"}", ERR_INPUT, 0, 0, 400},
        {FINISHED, "{\"state\":\"SUCCESS\"}", ERR_INPUT, 0, 0, 400},
        {FINISHED, "[1,2]", ERR_INPUT, 0, 0, 400},
        {FINISHED, "", ERR_INPUT, 0, 0, 400},
        {FINISHED, "not json", ERR_INPUT, 0, 0, 400},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arrival a;
        int status;
        char text[128];
        arrive(&a, rows[i].event, rows[i].plain);
        assert_int_equal(hand_over(&a.in, &status, text), rows[i].err);
        assert_int_equal(news.count, rows[i].count);
        if (rows[i].err == ERR_OK) {
            assert_int_equal(news.oddities, rows[i].oddities);
        }
        assert_int_equal(status, rows[i].status);
        gone(&a);
    }
}

static void a_body_that_another_key_encrypted_opens_nothing(void **state)
{
    (void)state;
    struct arrival a;
    int status;
    char text[128];
    arrive(&a, FINISHED, BILL);
    const char *ours = peer.merchant.api_key;
    peer.merchant.api_key = "0123456789abcdefghijklmnopqrstuw";
    assert_int_equal(hand_over(&a.in, &status, text), ERR_AUTH);
    peer.merchant.api_key = "";
    assert_int_equal(hand_over(&a.in, &status, text), ERR_AUTH);
    peer.merchant.api_key = ours;
    assert_ok(hand_over(&a.in, &status, text));
    gone(&a);
}

/* Stored news that could not be stored: the provider is told to come again. */
static void a_store_that_is_away_answers_fail(void **state)
{
    (void)state;
    struct arrival a;
    struct pay_callback_answer answer;
    struct pay_callback_rail rail = wechat_callback_rail(&peer.merchant);
    arrive(&a, FINISHED, BILL);
    assert_ok(pay_rail_callback(&rail, &a.in, &news));
    assert_ok(pay_callback_answer(&rail, &a.in, &news, ERR_STORE_DOWN, &answer));
    assert_int_equal(answer.status, 503);
    assert_slice(buf_slice(&answer.body), "{\"code\":\"FAIL\",\"message\":\"暂时无法处理\"}");
    pay_callback_answer_release(&answer);
    gone(&a);
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
        cmocka_unit_test(a_genuine_notice_is_read_and_acknowledged_without_a_body),
        cmocka_unit_test(a_wrong_signature_serial_or_time_is_refused_with_the_failure_answer),
        cmocka_unit_test(what_is_signed_but_no_notice_for_us_is_told_apart),
        cmocka_unit_test(a_body_that_another_key_encrypted_opens_nothing),
        cmocka_unit_test(a_store_that_is_away_answers_fail),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
