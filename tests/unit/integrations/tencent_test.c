#include <stdio.h>
#include "integrations/sms/tencent/tencent.h"
#include "queue/base/json.h"
#include "tests/unit/integrations/sms_call.h"

/* The vendor's example of TC3: the body holds literal escapes, the asterisks are part of the
 * secret. */
static void signatures_match_the_published_vectors(void **state)
{
    (void)state;
    struct tencent_signature s;
    struct tencent_request r = {
        .host = SLICE_LIT("cvm.tencentcloudapi.com"),
        .content_type = SLICE_LIT("application/json; charset=utf-8"),
        .body = SLICE_LIT(
            "{\"Limit\": 1, \"Filters\": [{\"Values\": [\"\\u672a\\u547d\\u540d\"], \"Name\": "
            "\"instance-name\"}]}"),
        .service = "cvm",
        .at_s = 1551113065,
    };
    assert_int_equal(tencent_sign(&r, SLICE_LIT("Gu5t9xGARNpq86cd98joQYCN3*******"), &s), ERR_OK);
    assert_string_equal(s.body_sha256,
                        "35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064");
    assert_string_equal(s.canonical_sha256,
                        "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031");
    assert_string_equal(s.scope, "2019-02-25/cvm/tc3_request");
    assert_string_equal(s.signature,
                        "2230eefd229f582d8b1b891af7107b91597240707d778ab3738f756258d7652c");
    assert_int_equal(tencent_sign(&r, SLICE_LIT("Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"), &s), ERR_OK);
    assert_string_equal(s.signature,
                        "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168");
    r.at_s = -1;
    assert_int_equal(tencent_sign(&r, SLICE_LIT("k"), &s), ERR_INPUT);
    r.at_s = 1;
    r.service = "a name that is longer than it may be";
    assert_int_equal(tencent_sign(&r, SLICE_LIT("k"), &s), ERR_INPUT);
}

static const struct sms_account ACCOUNT = {
    .user = "AKID", .secret = "k", .sign = "民政救助", .app = "1400006666", .from = "01"};

static void only_a_template_goes_out_with_its_parameters_in_order(void **state)
{
    (void)state;
    const struct sms_moment now = {.now_ms = INT64_C(1772328600999), .nonce = "00"};
    struct sms_message m = {
        .id = SLICE_LIT("n-1"),
        .to = SLICE_LIT("13812341234"),
        .text = SLICE_LIT("您的求助已受理"),
        .template_code = SLICE_LIT("1110"),
        .params = {{SLICE_LIT("no"), SLICE_LIT("5200-1")}, {SLICE_LIT("b"), SLICE_LIT("二")}},
        .param_count = 2};
    struct sms_wire wire;
    assert_int_equal(TENCENT_CODEC.check(&ACCOUNT), ERR_OK);
    sms_wire_init(&wire);
    assert_int_equal(TENCENT_CODEC.write(&ACCOUNT, &m, &now, &wire), ERR_OK);
    assert_string_equal(wire.url.ptr, "https://sms.tencentcloudapi.com/");
    assert_string_equal(
        wire.body.ptr,
        "{\"PhoneNumberSet\":[\"+8613812341234\"],\"SmsSdkAppId\":\"1400006666\",\"SignName\":"
        "\"民政救助\","
        "\"TemplateId\":\"1110\",\"TemplateParamSet\":[\"5200-1\",\"二\"],\"ExtendCode\":\"01\","
        "\"SessionContext\":\"n-1\"}");
    static const char region[] = "X-TC-Region: ap-guangzhou";
    static const char stamp[] = "X-TC-Timestamp: 1772328600";
    assert_non_null(memmem(wire.headers.ptr, wire.headers.len, region, sizeof(region)));
    assert_non_null(memmem(wire.headers.ptr, wire.headers.len, stamp, sizeof(stamp)));
    sms_wire_release(&wire);
    const struct slice none = SLICE_LIT("");
    m.template_code = none;
    sms_wire_init(&wire);
    assert_int_equal(TENCENT_CODEC.write(&ACCOUNT, &m, &now, &wire), ERR_INPUT);
    sms_wire_release(&wire);
    struct sms_account bad = ACCOUNT;
    bad.app = NULL;
    assert_int_equal(TENCENT_CODEC.check(&bad), ERR_INPUT);
}

static void the_code_of_the_number_counts_not_the_status(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        enum sms_outcome outcome;
    } rows[] = {
        {"Ok", SMS_ACCEPTED},
        {"RequestLimitExceeded", SMS_RETRY},
        {"RequestLimitExceeded.IPLimitExceeded", SMS_RETRY},
        {"InternalError.OtherError", SMS_RETRY},
        {"InternalError.Timeout", SMS_UNKNOWN},
        {"LimitExceeded.DeliveryFrequencyLimit", SMS_RETRY},
        {"LimitExceeded.SomethingNew", SMS_UNKNOWN},
        {"FailedOperation.ContainSensitiveWord", SMS_FINAL},
        {"FailedOperation.PhoneNumberInBlacklist", SMS_FINAL},
        {"FailedOperation.TemplateIncorrectOrUnapproved", SMS_FINAL},
        {"FailedOperation.SignatureIncorrectOrUnapproved", SMS_FINAL},
        {"InvalidParameterValue.IncorrectPhoneNumber", SMS_FINAL},
        {"InvalidParameterValue.ContentLengthLimit", SMS_FINAL},
        {"FailedOperation.InsufficientBalanceInSmsPackage", SMS_CHANNEL_STOP},
        {"AuthFailure.SignatureExpire", SMS_CHANNEL_STOP},
        {"UnauthorizedOperation.SmsSdkAppIdVerifyFail", SMS_CHANNEL_STOP},
        {"ok", SMS_UNKNOWN},
        {"", SMS_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[512];
        (void)snprintf(body, sizeof(body),
                       "{\"Response\":{\"SendStatusSet\":[{\"SerialNo\":\"5000:1\",\"PhoneNumber\":"
                       "\"+8613812341234\","
                       "\"Fee\":1,\"SessionContext\":\"n-1\",\"Code\":\"%s\",\"Message\":\"m\","
                       "\"IsoCode\":\"CN\"}],"
                       "\"RequestId\":\"r\"}}",
                       rows[i].code);
        struct sms_result r = tencent_read_reply(200, slice_of(body));
        assert_int_equal(r.outcome, rows[i].outcome);
        assert_string_equal(r.provider_id, i == 0 ? "5000:1" : "");
        (void)snprintf(body, sizeof(body),
                       "{\"Response\":{\"Error\":{\"Code\":\"%s\",\"Message\":\"m\"}}}",
                       rows[i].code);
        r = tencent_read_reply(200, slice_of(body));
        assert_int_equal(r.outcome, i == 0 ? SMS_UNKNOWN : rows[i].outcome);
    }
    assert_int_equal(
        tencent_read_reply(200, SLICE_LIT("{\"Response\":{\"SendStatusSet\":[]}}")).outcome,
        SMS_UNKNOWN);
    assert_int_equal(tencent_read_reply(200, SLICE_LIT("")).outcome, SMS_UNKNOWN);
    assert_int_equal(tencent_read_reply(503, SLICE_LIT("")).outcome, SMS_RETRY);
    assert_int_equal(tencent_read_reply(502, SLICE_LIT("")).outcome, SMS_UNKNOWN);
}

static struct call tencent_call(const char *tail, const char *body)
{
    return (struct call){.provider = "tencent",
                         .tail = tail,
                         .content_type = "application/json",
                         .body = slice_of(body)};
}

static void a_reply_is_an_object_without_an_id(void **state)
{
    (void)state;
    struct call c = tencent_call(
        SECRET,
        "{\"extend\":\"01\",\"mobile\":\"13812341234\",\"nationcode\":\"86\",\"sign\":\"签名\","
        "\"text\":\"用户回复的内容\",\"time\":1457336869}");
    char key[SMS_KEY_SIZE];
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.n, 1);
    assert_slice(c.items[0].from, "+8613812341234");
    assert_slice(c.items[0].to, "01");
    assert_slice(c.items[0].text, "用户回复的内容");
    assert_slice(c.items[0].provider_id, "");
    assert_true(c.items[0].time_ms == INT64_C(1457336869000));
    memcpy(key, c.items[0].key, sizeof(key));
    assert_int_equal(call_run(&c), ERR_OK);
    assert_string_equal(key, c.items[0].key);
    c.body = SLICE_LIT(
        "{\"extend\":\"01\",\"mobile\":\"13812341234\",\"nationcode\":\"86\",\"sign\":\"签名\","
        "\"text\":\"用户回复的内容\",\"time\":1457336870}"); /* a second later: another one */
    assert_int_equal(call_run(&c), ERR_OK);
    assert_string_not_equal(key, c.items[0].key);
    c.body =
        SLICE_LIT("{\"mobile\":\"91234567\",\"nationcode\":\"852\",\"text\":\"a\",\"time\":1}");
    assert_int_equal(call_run(&c), ERR_OK);
    assert_slice(c.items[0].from, "+85291234567");
    c.body = SLICE_LIT("{\"nationcode\":\"86\",\"text\":\"a\"}");
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.items[0].kind, SMS_UNREADABLE);
    c.body = SLICE_LIT("7");
    assert_int_equal(call_run(&c), ERR_INPUT);
    call_release(&c);
}

static void reports_are_an_array_at_the_same_address(void **state)
{
    (void)state;
    struct call c = tencent_call(
        SECRET "/dlr",
        "[{\"user_receive_time\":\"2015-10-17 "
        "08:03:04\",\"nationcode\":\"86\",\"mobile\":\"13812341234\","
        "\"report_status\":\"SUCCESS\",\"errmsg\":\"DELIVRD\",\"description\":\"用户短信送达成功\","
        "\"sid\":\"5000:1\"},"
        "{\"user_receive_time\":\"2015-10-17 "
        "08:03:04\",\"nationcode\":\"86\",\"mobile\":\"13812341235\","
        "\"report_status\":\"FAIL\",\"errmsg\":\"MK:0001\",\"sid\":\"5000:1\"},"
        "{\"nationcode\":\"86\",\"mobile\":\"13812341235\",\"report_status\":\"LATER\",\"sid\":"
        "\"5000:1\"},"
        "{\"nationcode\":\"86\",\"mobile\":\"13812341235\",\"report_status\":\"FAIL\"}]");
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.n, 4);
    assert_int_equal(c.items[0].report, SMS_REPORT_DELIVERED);
    assert_slice(c.items[0].provider_id, "5000:1");
    assert_slice(c.items[0].to, "+8613812341234");
    assert_slice(c.items[0].code, "DELIVRD");
    assert_true(c.items[0].time_ms == INT64_C(1445040184000));
    assert_int_equal(c.items[1].report, SMS_REPORT_FAILED);
    assert_int_equal(c.items[1].advice, SMS_UNKNOWN);
    assert_string_not_equal(c.items[0].key, c.items[1].key);
    assert_int_equal(c.items[2].report, SMS_REPORT_UNKNOWN);
    assert_int_equal(c.items[3].kind, SMS_UNREADABLE);
    call_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_match_the_published_vectors),
        cmocka_unit_test(only_a_template_goes_out_with_its_parameters_in_order),
        cmocka_unit_test(the_code_of_the_number_counts_not_the_status),
        cmocka_unit_test(a_reply_is_an_object_without_an_id),
        cmocka_unit_test(reports_are_an_array_at_the_same_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
