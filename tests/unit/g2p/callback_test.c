#include "integrations/pay/g2p/g2p_callback.h"

#include "tests/support/test.h"
#include "tests/unit/sign/keys.h"

#define NOW_S INT64_C(1772328600)
#define MESSAGE(sender)                                                                            \
    "{\"signature\":\"\",\"header\":{\"version\":\"1.0.0\",\"message_id\":\"b-1\",\"message_ts\":" \
    "\"2026-03-01T09:30:00+08:00\",\"action\":\"on-disburse\",\"status\":\"succ\",\"sender_id\":"  \
    "\"" sender                                                                                    \
    "\"},\"message\":{\"transaction_id\":\"t-1\",\"disbursements_status\":[{\"reference_id\":"     \
    "\"P1\",\"timestamp\":\"2026-03-01T09:30:00+08:00\",\"status\":\"succ\",\"amount\":\"800."     \
    "00\"},"                                                                                       \
    "{\"reference_id\":\"no "                                                                      \
    "id\",\"timestamp\":\"2026-03-01T09:30:00+08:00\",\"status\":\"succ\"}]}}"

static struct key_pair bank_keys, others;
static struct g2p_signer bank;
static struct pay_callback_news news;

static enum err hand_over(const struct g2p_signer *trusted, struct slice body, int64_t now_s,
                          int *status, char text[256])
{
    const struct pay_callback in = {.body = body, .now_ms = now_s * 1000};
    struct pay_callback_rail rail = g2p_callback_rail(trusted);
    enum err err = pay_rail_callback(&rail, &in, &news);
    struct pay_callback_answer answer;
    assert_ok(pay_callback_answer(&rail, &in, err == ERR_OK ? &news : NULL, err, &answer));
    *status = answer.status;
    assert_ok(slice_copy(buf_slice(&answer.body), text, 256));
    pay_callback_answer_release(&answer);
    return err;
}

static void without_a_key_a_message_is_read_as_before(void **state)
{
    (void)state;
    const struct g2p_signer nobody = {"", "", NULL};
    int status;
    char text[256];
    assert_ok(hand_over(&nobody, SLICE_LIT(MESSAGE("psp")), NOW_S, &status, text));
    assert_int_equal(news.count, 1);
    assert_int_equal(news.oddities, 1);
    assert_string_equal(news.results[0].id, "P1");
    assert_int_equal(news.results[0].outcome, PAY_SUCCEEDED);
    assert_int_equal(news.results[0].amount_fen, 80000);
    assert_string_equal(news.notice_id, "b-1");
    assert_int_equal(status, 200);
    assert_string_equal(text,
                        "{\"message\":{\"ack_status\":\"ACK\",\"timestamp\":\"2026-03-01T09:30"
                        ":00.000+08:00\",\"correlation_id\":\"t-1\"}}");
    assert_int_equal(hand_over(&nobody, SLICE_LIT("{}"), NOW_S, &status, text), ERR_INPUT);
    assert_int_equal(status, 400);
    assert_non_null(strstr(text, "\"ack_status\":\"ERR\""));
    assert_non_null(strstr(text, "\"err.request.bad\""));
}

static void with_a_key_only_what_the_bank_signed_is_read(void **state)
{
    (void)state;
    struct buf body;
    int status;
    char text[256];
    buf_init(&body, 65536);
    assert_ok(g2p_sign(&bank, NOW_S, SLICE_LIT(MESSAGE("bank")), &body));
    const struct g2p_signer trusted = {"bank", "b1", bank_keys.public};
    assert_ok(hand_over(&trusted, buf_slice(&body), NOW_S, &status, text));
    assert_int_equal(status, 200);
    assert_int_equal(news.count, 1);
    assert_ok(hand_over(&trusted, buf_slice(&body), NOW_S + 10, &status, text)); /* again */

    const struct g2p_signer other = {"bank", "b1", others.public};
    const struct g2p_signer old_key = {"bank", "b0", bank_keys.public};
    assert_int_equal(hand_over(&other, buf_slice(&body), NOW_S, &status, text), ERR_AUTH);
    assert_int_equal(status, 401);
    assert_int_equal(news.count, 0);
    assert_non_null(strstr(text, "\"ack_status\":\"ERR\""));
    assert_non_null(strstr(text, "\"err.signature.invalid\""));
    assert_int_equal(hand_over(&old_key, buf_slice(&body), NOW_S, &status, text), ERR_AUTH);
    assert_int_equal(hand_over(&trusted, buf_slice(&body), NOW_S + 300, &status, text), ERR_AUTH);
    assert_int_equal(hand_over(&trusted, SLICE_LIT(MESSAGE("bank")), NOW_S, &status, text),
                     ERR_AUTH);
    strstr(body.ptr, "800.00")[0] = '9';
    assert_int_equal(hand_over(&trusted, buf_slice(&body), NOW_S, &status, text), ERR_AUTH);
    buf_clear(&body); /* signed by the bank, said in the name of another */
    assert_ok(g2p_sign(&bank, NOW_S, SLICE_LIT(MESSAGE("psp")), &body));
    assert_int_equal(hand_over(&trusted, buf_slice(&body), NOW_S, &status, text), ERR_AUTH);
    buf_release(&body);
}

static void a_store_that_is_away_answers_service_unavailable(void **state)
{
    (void)state;
    const struct g2p_signer nobody = {"", "", NULL};
    const struct pay_callback in = {.body = SLICE_LIT(MESSAGE("psp")), .now_ms = NOW_S * 1000};
    struct pay_callback_rail rail = g2p_callback_rail(&nobody);
    struct pay_callback_answer answer;
    assert_ok(pay_rail_callback(&rail, &in, &news));
    assert_ok(pay_callback_answer(&rail, &in, &news, ERR_STORE_DOWN, &answer));
    assert_int_equal(answer.status, 503);
    assert_non_null(strstr(answer.body.ptr, "\"err.service.unavailable\""));
    pay_callback_answer_release(&answer);
}

static int make(void **state)
{
    (void)state;
    key_pair_make(&bank_keys, 0);
    key_pair_make(&others, 0);
    bank = (struct g2p_signer){"bank", "b1", bank_keys.private};
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    key_pair_release(&bank_keys);
    key_pair_release(&others);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_key_a_message_is_read_as_before),
        cmocka_unit_test(with_a_key_only_what_the_bank_signed_is_read),
        cmocka_unit_test(a_store_that_is_away_answers_service_unavailable),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
