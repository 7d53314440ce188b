#include <stdio.h>
#include "integrations/sms/aliyun/aliyun.h"
#include "tests/unit/integrations/peer.h"
#include "tests/unit/integrations/sms_call.h"

/* The example of the vendor's page on the signature, and a second one of its SDK. */
static void signatures_match_the_published_vectors(void **state)
{
    (void)state;
    struct aliyun_signature s;
    struct aliyun_request r = {
        .method = "POST",
        .host = SLICE_LIT("ecs.cn-shanghai.aliyuncs.com"),
        .query = SLICE_LIT(
            "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai"),
        .body = SLICE_LIT(""),
        .action = "RunInstances",
        .version = "2014-05-26",
        .date = "2023-10-26T10:22:32Z",
        .nonce = "3156853299f313e23d1673dc12e1703d",
    };
    assert_int_equal(aliyun_sign(&r, SLICE_LIT("YourAccessKeySecret"), &s), ERR_OK);
    assert_string_equal(s.canonical_sha256,
                        "7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259");
    assert_string_equal(s.signature,
                        "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0");
    r.date = "2023-10-26T09:01:01Z";
    r.nonce = "d410180a5abf7fe235dd9b74aca91fc0";
    assert_int_equal(aliyun_sign(&r, SLICE_LIT("YourAccessKeySecret"), &s), ERR_OK);
    assert_string_equal(s.signature,
                        "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804");
}

static const struct sms_account ACCOUNT = {
    .user = "LTAI", .secret = "k", .sign = "民政救助", .from = "01"};

static void only_a_template_goes_out_with_its_parameters(void **state)
{
    (void)state;
    const struct sms_moment now = {.now_ms = INT64_C(1772328600000),
                                   .nonce = "0123456789abcdef0123456789abcdef"};
    struct sms_message m = {
        .id = SLICE_LIT("n-1"),
        .to = SLICE_LIT("+8613812341234"),
        .text = SLICE_LIT("您的求助已受理"),
        .template_code = SLICE_LIT("SMS_154950909"),
        .params = {{SLICE_LIT("no"), SLICE_LIT("5200-1")}, {SLICE_LIT("name"), SLICE_LIT("a\"&b")}},
        .param_count = 2};
    struct sms_wire wire;
    assert_int_equal(ALIYUN_CODEC.check(&ACCOUNT), ERR_OK);
    assert_true(ALIYUN_CODEC.templates_only);
    sms_wire_init(&wire);
    assert_int_equal(ALIYUN_CODEC.write(&ACCOUNT, &m, &now, &wire), ERR_OK);
    assert_string_equal(
        wire.url.ptr,
        "https://dysmsapi.aliyuncs.com/?OutId=n-1&PhoneNumbers=13812341234"
        "&SignName=%E6%B0%91%E6%94%BF%E6%95%91%E5%8A%A9&SmsUpExtendCode=01&TemplateCode=SMS_"
        "154950909"
        "&TemplateParam=%7B%22no%22%3A%225200-1%22%2C%22name%22%3A%22a%5C%22%26b%22%7D");
    assert_true(wire.post);
    assert_int_equal(wire.body.len, 0);
    assert_non_null(
        memmem(wire.headers.ptr, wire.headers.len, "x-acs-date: 2026-03-01T01:30:00Z", 32));
    sms_wire_release(&wire);
    const struct slice none = SLICE_LIT("");
    m.template_code = none;
    sms_wire_init(&wire);
    assert_int_equal(ALIYUN_CODEC.write(&ACCOUNT, &m, &now, &wire), ERR_INPUT);
    m.template_code = SLICE_LIT("SMS_1");
    m.to = SLICE_LIT("+85291234567");
    assert_int_equal(ALIYUN_CODEC.write(&ACCOUNT, &m, &now, &wire), ERR_INPUT);
    sms_wire_release(&wire);
    struct sms_account bad = ACCOUNT;
    bad.url = "https://h/path";
    assert_int_equal(ALIYUN_CODEC.check(&bad), ERR_INPUT);
    bad.url = "http://127.0.0.1:8080/";
    assert_int_equal(ALIYUN_CODEC.check(&bad), ERR_OK);
    bad.url = "ftp://h";
    assert_int_equal(ALIYUN_CODEC.check(&bad), ERR_INPUT);
    bad = ACCOUNT;
    bad.sign = "";
    assert_int_equal(ALIYUN_CODEC.check(&bad), ERR_INPUT);
}

#define REPLY_BODY "{\"Code\":\"OK\",\"BizId\":\"9006^0\"}"

static void a_message_without_a_template_is_refused_and_the_others_go_out(void **state)
{
    (void)state;
    struct peer_step steps[] = {
        {PEER_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n" REPLY_BODY}};
    _Static_assert(sizeof(REPLY_BODY) - 1 == 30, "the length in the head");
    struct peer *p = peer_start(steps, 1);
    char url[64];
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%d", peer_port(p));
    struct http_client *http = NULL;
    struct sms_client *client = NULL;
    const struct http_client_options http_options = {.max_parallel = 2};
    struct sms_client_options options = {.codec = &ALIYUN_CODEC, .account = ACCOUNT};
    options.account.url = url;
    assert_int_equal(http_client_new(&http_options, &http), ERR_OK);
    assert_int_equal(sms_client_new(&options, http, &client), ERR_OK);
    struct sms_channel channel = sms_client_channel(client);
    assert_true(channel.templates_only);
    struct sms_message messages[3] = {
        {.id = SLICE_LIT("n-1"), .to = SLICE_LIT("13812341234"), .text = SLICE_LIT("a")},
        {.id = SLICE_LIT("n-2"),
         .to = SLICE_LIT("13812341234"),
         .text = SLICE_LIT("b"),
         .template_code = SLICE_LIT("SMS_1")},
        {.id = SLICE_LIT("n-3"),
         .to = SLICE_LIT("021-62345678"),
         .text = SLICE_LIT("c"),
         .template_code = SLICE_LIT("SMS_1")}};
    struct sms_result results[3];
    assert_int_equal(sms_send(&channel, messages, 3, results), ERR_OK);
    assert_int_equal(results[0].outcome, SMS_FINAL);
    assert_int_equal(results[1].outcome, SMS_ACCEPTED);
    assert_string_equal(results[1].provider_id, "9006^0");
    assert_int_equal(results[2].outcome, SMS_FINAL);
    assert_int_equal(peer_requests(p), 1);
    assert_non_null(strstr(peer_last_request(p), "POST /?OutId=n-2&PhoneNumbers=13812341234&"));
    sms_client_free(client);
    http_client_free(http);
    peer_stop(p);
}

static void answers_map_to_their_classes(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *code;
        enum sms_outcome outcome;
    } rows[] = {
        {200, "OK", SMS_ACCEPTED},
        {200, "isv.BUSINESS_LIMIT_CONTROL", SMS_RETRY},
        {200, "isv.DAY_LIMIT_CONTROL", SMS_RETRY},
        {200, "isv.MONTH_LIMIT_CONTROL", SMS_RETRY},
        {500, "isp.SYSTEM_ERROR", SMS_RETRY},
        {400, "Throttling.User", SMS_RETRY},
        {200, "isv.OUT_OF_SERVICE", SMS_CHANNEL_STOP},
        {200, "isv.AMOUNT_NOT_ENOUGH", SMS_CHANNEL_STOP},
        {403, "isp.RAM_PERMISSION_DENY", SMS_CHANNEL_STOP},
        {404, "InvalidAccessKeyId.NotFound", SMS_CHANNEL_STOP},
        {200, "isv.MOBILE_NUMBER_ILLEGAL", SMS_FINAL},
        {200, "isv.SMS_CONTENT_ILLEGAL", SMS_FINAL},
        {200, "isv.SMS_SIGNATURE_SCENE_ILLEGAL", SMS_FINAL},
        {200, "isv.EXTEND_CODE_ERROR", SMS_FINAL},
        {200, "isv.SIGN_STATE_ILLEGAL", SMS_FINAL},
        {200, "isv.SOMETHING_NEW", SMS_UNKNOWN},
        {500, "OK", SMS_UNKNOWN},
        {500, "", SMS_UNKNOWN},
        {503, "", SMS_RETRY},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char body[256];
        (void)snprintf(
            body, sizeof(body),
            "{\"Code\":\"%s\",\"Message\":\"m\",\"BizId\":\"9006^0\",\"RequestId\":\"r\"}",
            rows[i].code);
        struct sms_result r = aliyun_read_reply(rows[i].status, slice_of(body));
        assert_int_equal(r.outcome, rows[i].outcome);
        assert_string_equal(r.provider_id, i == 0 ? "9006^0" : "");
    }
    assert_int_equal(aliyun_read_reply(200, SLICE_LIT("{\"Code\":\"OK\"}")).outcome, SMS_UNKNOWN);
    assert_int_equal(aliyun_read_reply(200, SLICE_LIT("OK")).outcome, SMS_UNKNOWN);
    assert_int_equal(aliyun_read_reply(503, SLICE_LIT("<html>")).outcome, SMS_RETRY);
}

static struct call aliyun_call(const char *what, const char *body)
{
    return (struct call){.provider = "aliyun",
                         .tail = what,
                         .content_type = "application/json",
                         .body = slice_of(body)};
}

static void replies_of_people_come_as_an_array(void **state)
{
    (void)state;
    struct call c = aliyun_call(
        SECRET "/mo",
        "[{\"phone_number\":\"13812341234\",\"content\":\"内容\",\"send_time\":\"2017-09-01 "
        "00:00:00\","
        "\"dest_code\":\"1234\",\"sequence_id\":\"1234567890\"},"
        "{\"phone_number\":\"13812341235\",\"content\":\"\",\"sign_name\":\"民政\",\"dest_code\":"
        "\"1234\","
        "\"send_time\":\"2017-09-01 00:00:01\",\"sequence_id\":1234567891},"
        "{\"phone_number\":\"10690000\",\"content\":\"a\",\"sequence_id\":12345678901234567890}]");
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.n, 3);
    assert_slice(c.items[0].from, "+8613812341234");
    assert_slice(c.items[0].text, "内容");
    assert_slice(c.items[0].to, "1234");
    assert_slice(c.items[0].provider_id, "1234567890");
    assert_true(c.items[0].time_ms == INT64_C(1504195200000)); /* 08:00 in China */
    assert_slice(c.items[1].provider_id, "1234567891");
    assert_int_equal(c.items[1].kind, SMS_MESSAGE);
    assert_slice(c.items[2].provider_id, ""); /* too long to be exact as a number */
    assert_slice(c.items[2].from, "10690000");
    assert_string_not_equal(c.items[0].key, c.items[1].key);
    char key[SMS_KEY_SIZE];
    memcpy(key, c.items[0].key, sizeof(key));
    c.body = SLICE_LIT("[{\"phone_number\":\"13812341234\",\"content\":\"内容\",\"send_time\":"
                       "\"2017-09-01 00:00:00\","
                       "\"dest_code\":\"1234\",\"sequence_id\":\"1234567892\"},"
                       "{\"phone_number\":\"13812341234\",\"content\":\"内容\",\"send_time\":"
                       "\"2017-09-01 00:00:00\","
                       "\"dest_code\":\"1234\",\"sequence_id\":1234567890}]");
    assert_int_equal(call_run(&c), ERR_OK);
    assert_string_not_equal(key, c.items[0].key); /* the same words once more */
    assert_string_equal(key,
                        c.items[1].key); /* the same message pushed again, its id a number now */
    call_release(&c);
}

static void an_item_that_cannot_be_read_does_not_cost_the_others(void **state)
{
    (void)state;
    struct call c =
        aliyun_call(SECRET "/mo",
                    "[{\"content\":\"谁\"},{\"phone_number\":\"13812341234\",\"content\":\"救\"},7,"
                    "{\"phone_number\":\"13812341234\",\"content\":null}]");
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.n, 4);
    assert_int_equal(c.items[0].kind, SMS_UNREADABLE);
    assert_slice(c.items[0].text, "{\"content\":\"谁\"}");
    assert_int_equal(c.items[1].kind, SMS_MESSAGE);
    assert_int_equal(c.items[2].kind, SMS_UNREADABLE);
    assert_slice(c.items[2].text, "7");
    assert_int_equal(c.items[3].kind, SMS_UNREADABLE);
    assert_slice(c.items[3].from, "+8613812341234");
    c.body =
        SLICE_LIT("[{\"phone_number\":\"13812341234\",\"content\":\"\\ud83d\"}]"); /* half an emoji:
                                                                                      no JSON */
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.n, 1);
    assert_int_equal(c.items[0].kind, SMS_UNREADABLE);
    assert_int_equal(c.items[0].text.len, c.body.len);
    c.body = SLICE_LIT("[]");
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.n, 0);
    c.body = SLICE_LIT("{}");
    assert_int_equal(call_run(&c), ERR_INPUT);
    c.body = SLICE_LIT("");
    assert_int_equal(call_run(&c), ERR_INPUT);
    c.body = SLICE_LIT("[1,2,3,4,5,6,7,8,9]"); /* more than the caller takes: nothing at all */
    assert_int_equal(call_run(&c), ERR_TOO_LARGE);
    c.method = "GET";
    assert_int_equal(call_run(&c), ERR_METHOD);
    call_release(&c);
}

static void one_biz_id_may_cover_many_numbers(void **state)
{
    (void)state;
    struct call c = aliyun_call(
        SECRET "/dlr",
        "[{\"phone_number\":\"13900000001\",\"send_time\":\"2017-01-01 "
        "11:12:13\",\"report_time\":\"2017-02-02 22:23:24\","
        "\"success\":true,\"err_code\":\"DELIVERED\",\"err_msg\":\"用户接收成功\",\"sms_size\":"
        "\"1\",\"biz_id\":\"12345\","
        "\"out_id\":\"n-1\"},"
        "{\"phone_number\":\"13900000002\",\"report_time\":\"2017-02-02 "
        "22:23:24\",\"success\":false,"
        "\"err_code\":\"isv.MOBILE_NUMBER_ILLEGAL\",\"biz_id\":\"12345\",\"out_id\":\"n-2\"},"
        "{\"phone_number\":\"13900000003\",\"success\":false,\"err_code\":\"UNDELIV\",\"biz_id\":"
        "\"12345\"},"
        "{\"phone_number\":\"13900000004\",\"biz_id\":\"12345\",\"out_id\":\"a b\"},"
        "{\"phone_number\":\"13900000004\",\"success\":true}]");
    assert_int_equal(call_run(&c), ERR_OK);
    assert_int_equal(c.n, 5);
    assert_int_equal(c.items[0].report, SMS_REPORT_DELIVERED);
    assert_true(c.items[0].final);
    assert_slice(c.items[0].message_id, "n-1");
    assert_slice(c.items[0].provider_id, "12345");
    assert_slice(c.items[0].to, "+8613900000001");
    assert_slice(c.items[0].code, "DELIVERED");
    assert_true(c.items[0].time_ms == INT64_C(1486045404000));
    assert_int_equal(c.items[1].report, SMS_REPORT_FAILED);
    assert_int_equal(c.items[1].advice, SMS_FINAL);
    assert_int_equal(c.items[2].advice, SMS_UNKNOWN);
    assert_string_not_equal(c.items[0].key, c.items[1].key);
    assert_string_not_equal(c.items[1].key, c.items[2].key);
    assert_int_equal(c.items[3].report, SMS_REPORT_UNKNOWN);
    assert_false(c.items[3].final);
    assert_slice(c.items[3].message_id, "");
    assert_int_equal(c.items[4].kind, SMS_UNREADABLE);
    char key[SMS_KEY_SIZE];
    memcpy(key, c.items[1].key, sizeof(key));
    assert_int_equal(call_run(&c), ERR_OK); /* pushed again */
    assert_string_equal(key, c.items[1].key);
    call_release(&c);
}

int main(void)
{
    if (http_client_setup() != ERR_OK) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signatures_match_the_published_vectors),
        cmocka_unit_test(only_a_template_goes_out_with_its_parameters),
        cmocka_unit_test(a_message_without_a_template_is_refused_and_the_others_go_out),
        cmocka_unit_test(answers_map_to_their_classes),
        cmocka_unit_test(replies_of_people_come_as_an_array),
        cmocka_unit_test(an_item_that_cannot_be_read_does_not_cost_the_others),
        cmocka_unit_test(one_biz_id_may_cover_many_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
