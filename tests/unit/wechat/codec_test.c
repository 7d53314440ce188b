#include "integrations/sign/rsa.h"
#include "queue/base/utf8.h"
#include "queue/domain/relief.h"
#include "tests/support/test.h"
#include "tests/unit/wechat/wechat_peer.h"

static struct wechat_peer peer;

static struct pay_order order_of(int64_t amount_fen, const char *name)
{
    struct pay_order order = {.amount_fen = amount_fen,
                              .payee_fa = SLICE_LIT("openid:o-MYE42l80oelYMDE34nYD456Xoy@wechat"),
                              .payee_name = slice_of(name),
                              .note = SLICE_LIT("临时救助")};
    memcpy(order.id, "P1", 3);
    return order;
}

static struct json *write(const struct pay_order *order)
{
    struct buf out;
    struct json *root = NULL;
    buf_init(&out, WECHAT_BODY_MAX);
    assert_ok(wechat_write_transfer(&peer.merchant, order, &out));
    assert_ok(json_parse(buf_slice(&out), &root, NULL));
    buf_release(&out);
    return root;
}

static void assert_member(const struct json *object, const char *name, const char *want)
{
    struct slice is;
    assert_ok(json_string(json_get(object, name), &is));
    assert_slice(is, want);
}

static void a_transfer_says_what_the_subsidy_scene_wants(void **state)
{
    (void)state;
    struct pay_order order = order_of(80000, "张三");
    struct json *body = write(&order);
    int64_t fen = 0;
    assert_member(body, "appid", "wxf636efh567hg4356");
    assert_member(body, "out_bill_no", "P1");
    assert_member(body, "transfer_scene_id", "1002");
    assert_member(body, "openid", "o-MYE42l80oelYMDE34nYD456Xoy");
    assert_member(body, "transfer_remark", "临时救助");
    assert_member(body, "notify_url", "https://jiuji.example/v1/payments/callback/wechat/secret");
    assert_member(body, "user_recv_perception", "行政补贴");
    assert_ok(json_int64(json_get(body, "transfer_amount"), 1, AMOUNT_FEN_MAX, &fen));
    assert_int_equal(fen, 80000);
    const struct json *reports = json_get(body, "transfer_scene_report_infos");
    assert_int_equal(json_size(reports), 1);
    assert_member(json_first(reports), "info_type", "补贴类型");
    assert_member(json_first(reports), "info_content", "临时救助");

    struct slice sealed;
    struct buf name;
    buf_init(&name, 256);
    assert_ok(json_string(json_get(body, "user_name"), &sealed));
    assert_ok(rsa_decrypt(peer.platform_keys.private, sealed, &name));
    assert_slice(buf_slice(&name), "张三");
    buf_release(&name);
    json_free(body);
}

static void a_name_goes_only_where_it_may_and_never_in_clear(void **state)
{
    static const struct {
        int64_t fen;
        const char *name;
        const char *fault;
        bool sent;
    } rows[] = {
        {10, "张三", NULL, false},
        {29, "张三", NULL, false},
        {30, "张三", NULL, true},
        {30, "", NULL, false},
        {199999, "", NULL, false},
        {200000, "", "[name]", false},
        {200000, "张三", NULL, true},
        {9, "张三", "[amount]", false},
        {AMOUNT_FEN_MAX, "张三", NULL, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pay_order order = order_of(rows[i].fen, rows[i].name);
        const char *fault = wechat_order_fault(&order);
        if (rows[i].fault != NULL) {
            assert_string_equal(fault, rows[i].fault);
            struct buf out;
            buf_init(&out, WECHAT_BODY_MAX);
            assert_int_equal(wechat_write_transfer(&peer.merchant, &order, &out), ERR_INPUT);
            assert_int_equal(out.len, 0);
            buf_release(&out);
            continue;
        }
        assert_null(fault);
        struct json *body = write(&order);
        assert_int_equal(json_get(body, "user_name") != NULL, rows[i].sent);
        struct buf text;
        buf_init(&text, WECHAT_BODY_MAX);
        json_print(body, &text);
        assert_null(strstr(text.ptr, "张三"));
        buf_release(&text);
        json_free(body);
    }
}

static void a_payee_without_an_openid_cannot_be_paid_this_way(void **state)
{
    static const char *const bad[] = {
        "account:6222021234567890123@bank", "openid2:oX@wechat",
        "openid:ooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooooo@wechat"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct pay_order order = order_of(100, "");
        order.payee_fa = slice_of(bad[i]);
        assert_string_equal(wechat_order_fault(&order), "[payee]");
    }
}

static void long_remarks_are_cut_to_32_code_points(void **state)
{
    (void)state;
    struct pay_order order = order_of(100, "");
    order.note = SLICE_LIT("一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四");
    struct json *body = write(&order);
    struct slice remark;
    assert_ok(json_string(json_get(body, "transfer_remark"), &remark));
    assert_int_equal(utf8_count(remark), 32);
    json_free(body);
    order.note = SLICE_LIT("");
    body = write(&order);
    assert_member(body, "transfer_remark", "临时救助");
    json_free(body);
}

/* ---- Answers ---- */

static void every_state_has_its_outcome_and_others_are_unknown(void **state)
{
    static const struct {
        const char *state;
        enum pay_outcome outcome;
        const char *reason;
    } rows[] = {
        {"ACCEPTED", PAY_ACCEPTED, "ACCEPTED"},
        {"PROCESSING", PAY_ACCEPTED, "PROCESSING"},
        {"WAIT_USER_CONFIRM", PAY_ACCEPTED, "WAIT_USER_CONFIRM"},
        {"TRANSFERING", PAY_ACCEPTED, "TRANSFERING"},
        {"CANCELING", PAY_ACCEPTED, "CANCELING"},
        {"SUCCESS", PAY_SUCCEEDED, ""},
        {"FAIL", PAY_FAILED, "FAIL"},
        {"CANCELLED", PAY_FAILED, "CANCELLED"},
        {"TRANSFERRING", PAY_UNKNOWN, "TRANSFERRING"}, /* not as the provider spells it */
        {"success", PAY_UNKNOWN, "success"},
        {"", PAY_UNKNOWN, ""},
        {"REFUND", PAY_UNKNOWN, "REFUND"},
    };
    (void)state;
    struct buf body;
    buf_init(&body, 4096);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        buf_clear(&body);
        buf_putf(&body,
                 "{\"out_bill_no\":\"P1\",\"transfer_bill_no\":\"1330000071100999991182020050700\","
                 "\"state\":\"%s\",\"transfer_amount\":80000,\"mch_id\":\"1900000109\"}",
                 rows[i].state);
        struct pay_result r;
        wechat_read_answer(WECHAT_FROM_QUERY, 200, buf_slice(&body), "P1", &r, NULL);
        assert_int_equal(r.outcome, rows[i].outcome);
        assert_string_equal(r.reason_code, rows[i].reason);
        assert_string_equal(r.provider_ref, "1330000071100999991182020050700");
        assert_int_equal(r.amount_fen, 80000);
        assert_false(r.not_taken);
    }
    buf_release(&body);
}

static void a_failure_keeps_its_reason_and_a_new_bill_its_package(void **state)
{
    (void)state;
    struct pay_result r;
    char package[WECHAT_PACKAGE_SIZE];
    wechat_read_answer(WECHAT_FROM_QUERY, 200,
                       SLICE_LIT("{\"out_bill_no\":\"P1\",\"state\":\"FAIL\",\"fail_reason\":"
                                 "\"REAL_NAME_CHECK_FAIL\",\"transfer_amount\":1}"),
                       "P1", &r, NULL);
    assert_int_equal(r.outcome, PAY_FAILED);
    assert_string_equal(r.reason_code, "REAL_NAME_CHECK_FAIL");
    wechat_read_answer(
        WECHAT_FROM_TRANSFER, 200,
        SLICE_LIT("{\"out_bill_no\":\"P1\",\"transfer_bill_no\":\"133\","
                  "\"create_time\":\"2026-03-01T13:29:35.120+08:00\",\"state\":"
                  "\"WAIT_USER_CONFIRM\",\"package_info\":\"affffddafdfafddffda==\"}"),
        "P1", &r, package);
    assert_int_equal(r.outcome, PAY_ACCEPTED);
    assert_int_equal(r.amount_fen, -1);
    assert_string_equal(package, "affffddafdfafddffda==");
}

static void errors_are_about_the_request_and_never_final(void **state)
{
    static const struct {
        enum wechat_source source;
        int status;
        const char *body;
        enum pay_outcome outcome;
        bool not_taken;
        const char *reason;
    } rows[] = {
        {WECHAT_FROM_TRANSFER, 400, "{\"code\":\"PARAM_ERROR\",\"message\":\"x\"}", PAY_UNKNOWN,
         false, "PARAM_ERROR"},
        {WECHAT_FROM_TRANSFER, 400, "{\"code\":\"INVALID_REQUEST\"}", PAY_UNKNOWN, false,
         "INVALID_REQUEST"},
        {WECHAT_FROM_TRANSFER, 401, "{\"code\":\"SIGN_ERROR\"}", PAY_UNKNOWN, true, "SIGN_ERROR"},
        {WECHAT_FROM_TRANSFER, 403, "{\"code\":\"NOT_ENOUGH\"}", PAY_UNKNOWN, true, "NOT_ENOUGH"},
        {WECHAT_FROM_TRANSFER, 429, "{\"code\":\"FREQUENCY_LIMITED\"}", PAY_UNKNOWN, true,
         "FREQUENCY_LIMITED"},
        {WECHAT_FROM_TRANSFER, 500, "{\"code\":\"SYSTEM_ERROR\"}", PAY_UNKNOWN, false,
         "SYSTEM_ERROR"},
        {WECHAT_FROM_TRANSFER, 404, "{\"code\":\"NOT_FOUND\"}", PAY_UNKNOWN, false, "NOT_FOUND"},
        {WECHAT_FROM_TRANSFER, 400, "{\"code\":\"FREQUENCY_LIMITED\"}", PAY_UNKNOWN, false,
         "FREQUENCY_LIMITED"}, /* the code of another status */
        {WECHAT_FROM_TRANSFER, 418, "{\"code\":\"NEW CODE\"}", PAY_UNKNOWN, false, "[unlisted]"},
        {WECHAT_FROM_TRANSFER, 502, "<html>", PAY_UNKNOWN, false, "[http-502]"},
        {WECHAT_FROM_TRANSFER, 500, "", PAY_UNKNOWN, false, "[http-500]"},
        {WECHAT_FROM_TRANSFER, 202, "{\"out_bill_no\":\"P1\",\"state\":\"SUCCESS\"}", PAY_UNKNOWN,
         false, "[http-202]"},
        {WECHAT_FROM_QUERY, 404, "{\"code\":\"NOT_FOUND\"}", PAY_NOT_FOUND, false, "NOT_FOUND"},
        {WECHAT_FROM_QUERY, 400, "{\"code\":\"NOT_FOUND\"}", PAY_UNKNOWN, false, "NOT_FOUND"},
        {WECHAT_FROM_QUERY, 429, "{\"code\":\"FREQUENCY_LIMITED\"}", PAY_UNKNOWN, false,
         "FREQUENCY_LIMITED"},
        {WECHAT_FROM_CANCEL, 404, "{\"code\":\"NOT_FOUND\"}", PAY_UNKNOWN, false, "NOT_FOUND"},
        {WECHAT_FROM_QUERY, 200, "", PAY_UNKNOWN, false, "[unreadable]"},
        {WECHAT_FROM_QUERY, 200, "[]", PAY_UNKNOWN, false, "[unreadable]"},
        {WECHAT_FROM_QUERY, 200, "{\"out_bill_no\":\"P2\",\"state\":\"SUCCESS\"}", PAY_UNKNOWN,
         false, "[stranger]"},
        {WECHAT_FROM_QUERY, 200, "{\"out_bill_no\":\"P1\"}", PAY_UNKNOWN, false, "[unreadable]"},
        {WECHAT_FROM_QUERY, 200,
         "{\"out_bill_no\":\"P1\",\"state\":\"SUCCESS\",\"transfer_amount\":\"80000\"}",
         PAY_UNKNOWN, false, "[unreadable]"},
        {WECHAT_FROM_QUERY, 200,
         "{\"out_bill_no\":\"P1\",\"state\":\"SUCCESS\",\"transfer_amount\":0.5}", PAY_UNKNOWN,
         false, "[unreadable]"},
        {WECHAT_FROM_QUERY, 200,
         "{\"out_bill_no\":\"P1\",\"state\":\"SUCCESS\",\"state\":\"FAIL\"}", PAY_UNKNOWN, false,
         "[unreadable]"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pay_result r;
        wechat_read_answer(rows[i].source, rows[i].status, slice_of(rows[i].body), "P1", &r, NULL);
        assert_string_equal(r.id, "P1");
        assert_int_equal(r.outcome, rows[i].outcome);
        assert_int_equal(r.not_taken, rows[i].not_taken);
        assert_string_equal(r.reason_code, rows[i].reason);
    }
}

/* Amounts are integers of fen on both sides: what is written is what is read, whatever it is. */
static void amounts_survive_exactly(void **state)
{
    (void)state;
    uint64_t seed = 42;
    struct buf body;
    buf_init(&body, 4096);
    for (int i = 0; i < 300; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1;
        int64_t fen = WECHAT_AMOUNT_MIN_FEN +
                      (int64_t)((seed >> 11) % (uint64_t)(AMOUNT_FEN_MAX - WECHAT_AMOUNT_MIN_FEN));
        struct pay_order order = order_of(fen, "张三");
        struct json *written = write(&order);
        int64_t sent = 0;
        assert_ok(json_int64(json_get(written, "transfer_amount"), 1, AMOUNT_FEN_MAX, &sent));
        assert_int_equal(sent, fen);
        json_free(written);
        buf_clear(&body);
        buf_putf(&body, "{\"out_bill_no\":\"P1\",\"state\":\"SUCCESS\",\"transfer_amount\":%lld}",
                 (long long)fen);
        struct pay_result r;
        wechat_read_answer(WECHAT_FROM_QUERY, 200, buf_slice(&body), "P1", &r, NULL);
        assert_int_equal(r.amount_fen, fen);
    }
    buf_release(&body);
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
        cmocka_unit_test(a_transfer_says_what_the_subsidy_scene_wants),
        cmocka_unit_test(a_name_goes_only_where_it_may_and_never_in_clear),
        cmocka_unit_test(a_payee_without_an_openid_cannot_be_paid_this_way),
        cmocka_unit_test(long_remarks_are_cut_to_32_code_points),
        cmocka_unit_test(every_state_has_its_outcome_and_others_are_unknown),
        cmocka_unit_test(a_failure_keeps_its_reason_and_a_new_bill_its_package),
        cmocka_unit_test(errors_are_about_the_request_and_never_final),
        cmocka_unit_test(amounts_survive_exactly),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
