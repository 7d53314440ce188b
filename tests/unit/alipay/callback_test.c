#include "integrations/pay/alipay/alipay_callback.h"

#include "integrations/pay/alipay/alipay_params.h"
#include "integrations/sign/rsa.h"
#include "tests/support/test.h"
#include "tests/unit/sign/keys.h"

#define BIZ                                                                                      \
    "{\"out_biz_no\":\"P1\",\"order_id\":\"O-1\",\"status\":\"SUCCESS\",\"trans_amount\":\"800." \
    "00\"}"

static struct key_pair alipays, others;
static struct alipay_app app;
static struct pay_callback_news news;

/* A notice as Alipay sends it. with_type: sign_type is part of what is signed. */
static void write_notice(const struct key_pair *keys, const char *app_id, const char *method,
                         const char *biz, bool with_type, struct buf *form)
{
    const struct alipay_param all[] = {
        {SLICE_LIT("notify_id"), SLICE_LIT("2026030100222")},
        {SLICE_LIT("utc_timestamp"), SLICE_LIT("1772328600000")},
        {SLICE_LIT("msg_method"), slice_of(method)},
        {SLICE_LIT("app_id"), slice_of(app_id)},
        {SLICE_LIT("version"), SLICE_LIT("1.1")},
        {SLICE_LIT("biz_content"), slice_of(biz)},
        {SLICE_LIT("charset"), SLICE_LIT("UTF-8")},
        {SLICE_LIT("sign_type"), SLICE_LIT("RSA2")},
    };
    struct alipay_params params;
    struct buf text, sign;
    alipay_params_init(&params);
    buf_init(&text, 8192);
    buf_init(&sign, 2048);
    buf_clear(form);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        assert_ok(alipay_params_add(&params, all[i].name, all[i].value));
        alipay_put_escaped(form, all[i].name, all[i].value);
        buf_put_char(form, '&');
    }
    alipay_params_put_signed_text(&params, !with_type, &text);
    assert_ok(rsa_sign(keys->private, buf_slice(&text), &sign));
    alipay_put_escaped(form, SLICE_LIT("sign"), buf_slice(&sign));
    alipay_params_release(&params);
    buf_release(&text);
    buf_release(&sign);
}

static enum err hand_over(struct slice body, int *status, char text[16])
{
    const struct pay_callback in = {.body = body, .now_ms = INT64_C(1772328600000)};
    struct pay_callback_rail rail = alipay_callback_rail(&app);
    enum err err = pay_rail_callback(&rail, &in, &news);
    struct pay_callback_answer answer;
    assert_ok(pay_callback_answer(&rail, &in, err == ERR_OK ? &news : NULL, err, &answer));
    *status = answer.status;
    assert_ok(slice_copy(buf_slice(&answer.body), text, 16));
    assert_string_equal(answer.content_type, "text/plain; charset=utf-8");
    pay_callback_answer_release(&answer);
    return err;
}

static void a_genuine_notice_is_read_and_answered_with_success(void **state)
{
    (void)state;
    struct buf form;
    int status;
    char text[16];
    buf_init(&form, 16384);
    for (int with_type = 0; with_type <= 1; with_type++) {
        write_notice(&alipays, "2021", ALIPAY_METHOD_NOTICE, BIZ, with_type == 1, &form);
        assert_ok(hand_over(buf_slice(&form), &status, text));
        assert_int_equal(news.count, 1);
        assert_string_equal(news.results[0].id, "P1");
        assert_int_equal(news.results[0].outcome, PAY_SUCCEEDED);
        assert_int_equal(news.results[0].amount_fen, 80000);
        assert_string_equal(news.results[0].provider_ref, "O-1");
        assert_string_equal(news.notice_id, "2026030100222");
        assert_int_equal(status, 200);
        assert_string_equal(text, "success");
    }
    buf_release(&form);
}

static void a_notice_that_alipay_did_not_sign_for_us_is_answered_with_fail(void **state)
{
    (void)state;
    struct buf form;
    int status;
    char text[16];
    buf_init(&form, 16384);
    for (int way = 0; way < 5; way++) {
        write_notice(way == 0 ? &others : &alipays, way == 1 ? "2022" : "2021",
                     ALIPAY_METHOD_NOTICE, BIZ, true, &form);
        struct slice body = buf_slice(&form);
        if (way == 2) {
            strstr(form.ptr, "SUCCESS")[0] = 'X';
        } else if (way == 3) {
            *strstr(form.ptr, "sign=") = 'x';
        } else if (way == 4) {
            memcpy(strstr(form.ptr, "RSA2"), "RSA1", 4);
        }
        news.count = 3;
        assert_int_equal(hand_over(body, &status, text), ERR_AUTH);
        assert_int_equal(news.count, 0);
        assert_int_equal(status, 401);
        assert_string_equal(text, "fail");
    }
    assert_int_equal(hand_over(SLICE_LIT(""), &status, text), ERR_INPUT);
    assert_int_equal(status, 400);
    assert_int_equal(hand_over(SLICE_LIT("a=%"), &status, text), ERR_INPUT);
    assert_int_equal(hand_over(SLICE_LIT("{}"), &status, text), ERR_AUTH);
    buf_release(&form);
}

static void what_is_signed_but_no_notice_for_us_is_told_apart(void **state)
{
    static const struct {
        const char *method, *biz;
        enum err err;
        size_t count, oddities;
    } rows[] = {
        {"alipay.trade.changed", BIZ, ERR_OK, 0, 1},
        {ALIPAY_METHOD_NOTICE, "{\"out_biz_no\":\"P1\",\"status\":\"NEW\"}", ERR_OK, 1, 1},
        {ALIPAY_METHOD_NOTICE, "{\"out_biz_no\":\"P1\",\"status\":\"REFUND\"}", ERR_OK, 1, 0},
        {ALIPAY_METHOD_NOTICE, "{\"out_biz_no\":\"no id\",\"status\":\"SUCCESS\"}", ERR_INPUT, 0,
         0},
        {ALIPAY_METHOD_NOTICE, "", ERR_INPUT, 0, 0},
        {ALIPAY_METHOD_NOTICE, "[]", ERR_INPUT, 0, 0},
    };
    (void)state;
    struct buf form;
    int status;
    char text[16];
    buf_init(&form, 16384);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        write_notice(&alipays, "2021", rows[i].method, rows[i].biz, true, &form);
        assert_int_equal(hand_over(buf_slice(&form), &status, text), rows[i].err);
        assert_int_equal(news.count, rows[i].count);
        if (rows[i].err == ERR_OK) {
            assert_int_equal(news.oddities, rows[i].oddities);
        }
    }
    buf_release(&form);
}

static int make(void **state)
{
    (void)state;
    key_pair_make(&alipays, 2048);
    key_pair_make(&others, 2048);
    app = (struct alipay_app){.app_id = "2021", .alipay_key = alipays.public, .title = ""};
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    key_pair_release(&alipays);
    key_pair_release(&others);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_genuine_notice_is_read_and_answered_with_success),
        cmocka_unit_test(a_notice_that_alipay_did_not_sign_for_us_is_answered_with_fail),
        cmocka_unit_test(what_is_signed_but_no_notice_for_us_is_told_apart),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
