/* The register's form: what is asked, what may be believed. */
#include <stdio.h>
#include "integrations/register/register.h"
#include "integrations/sign/base64.h"
#include "integrations/sign/hmac.h"
#include "tests/support/test.h"

#define TOKEN "register-token"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct register_result result;

static enum err take(const char *body, const char *token)
{
    unsigned char mac[SHA256_BYTES];
    struct buf signature;
    buf_init(&signature, 128);
    assert_ok(hmac_sha256(slice_of(token), slice_of(body), mac));
    base64_encode(mac, sizeof(mac), &signature);
    enum err err =
        register_result_read(slice_of(body), buf_slice(&signature), SLICE_LIT(TOKEN), &result);
    buf_release(&signature);
    return err;
}

static void a_question_carries_a_hash_and_no_name(void **state)
{
    (void)state;
    char id[REGISTER_ID_SIZE];
    struct buf text;
    register_check_id(SLICE_LIT("5200002603010100000012"), REGISTER_HOUSEHOLD, id);
    const struct register_query q = {.check_id = slice_of(id),
                                     .id_hash = SLICE_LIT(HASH),
                                     .callback_url = SLICE_LIT("https://a.example/cb"),
                                     .matter = REGISTER_HOUSEHOLD};
    buf_init(&text, REGISTER_BODY_MAX);
    register_query_write(&q, &text);
    assert_slice(buf_slice(&text),
                 "{\"check_id\":\"5200002603010100000012.household\",\"id_hash\":\"" HASH
                 "\",\"matter\":\"household\",\"callback_url\":\"https://a.example/cb\"}");
    buf_release(&text);
}

static void ids_are_read_back_and_others_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", ".", "12", "12.", "12.other", "12a.register", ".register", "12.register.x"};
    struct slice no;
    enum register_matter m;
    assert_ok(register_check_id_read(SLICE_LIT("12.register"), &no, &m));
    assert_slice(no, "12");
    assert_int_equal(m, REGISTER_LISTED);
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_int_equal(register_check_id_read(slice_of(BAD[i]), &no, &m), ERR_INPUT);
    }
}

static void a_signed_answer_is_read(void **state)
{
    (void)state;
    assert_ok(take("{\"check_id\":\"12.register\",\"id_hash\":\"" HASH
                   "\",\"answer\":\"recognised\",\"kind\":\"edge\",\"checked_at\":\"2026-03-01T09:"
                   "30:00+08:00\"}",
                   TOKEN));
    assert_int_equal(result.answer, REGISTER_RECOGNISED);
    assert_int_equal(result.kind, REGISTER_EDGE);
    assert_int_equal(result.as_of_ms, INT64_C(1772328600000));
    assert_string_equal(result.id_hash, HASH);
    assert_ok(take(
        "{\"check_id\":\"12.register\",\"id_hash\":\"" HASH
        "\",\"answer\":\"not\",\"kind\":\"dibao\",\"checked_at\":\"2026-03-01T09:30:00+08:00\"}",
        TOKEN));
    assert_int_equal(result.kind, REGISTER_NO_KIND); /* who is not recognised is of no kind */
}

static void what_is_forged_or_malformed_is_no_answer(void **state)
{
    (void)state;
    static const char GOOD[] =
        "{\"check_id\":\"12.register\",\"id_hash\":\"" HASH
        "\",\"answer\":\"not\",\"checked_at\":\"2026-03-01T09:30:00+08:00\"}";
    static const char *const BAD[] = {
        "",
        "{}",
        "[]",
        "{\"check_id\":\"12.register\",\"id_hash\":\"ab\",\"answer\":\"not\",\"checked_at\":\"2026-"
        "03-01T09:30:00Z\"}",
        "{\"check_id\":\"12.register\",\"id_hash\":\"" HASH
        "\",\"answer\":\"maybe\",\"checked_at\":\"2026-03-01T09:30:00Z\"}",
        "{\"check_id\":\"12.register\",\"id_hash\":\"" HASH
        "\",\"answer\":\"recognised\",\"kind\":\"rich\",\"checked_at\":\"2026-03-01T09:30:00Z\"}",
        "{\"check_id\":\"12.register\",\"id_hash\":\"" HASH
        "\",\"answer\":\"not\",\"checked_at\":\"yesterday\"}"};
    assert_ok(take(GOOD, TOKEN));
    assert_int_equal(take(GOOD, "another"), ERR_AUTH);
    assert_int_equal(
        register_result_read(SLICE_LIT(GOOD), SLICE_LIT(""), SLICE_LIT(TOKEN), &result), ERR_AUTH);
    assert_int_equal(register_result_read(SLICE_LIT(GOOD), SLICE_LIT(""), SLICE_LIT(""), &result),
                     ERR_AUTH);
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_int_equal(take(BAD[i], TOKEN), ERR_INPUT);
    }
}

static void an_unreachable_register_is_asked_less_and_less_often(void **state)
{
    (void)state;
    assert_int_equal(register_wait_ms(1), 30000);
    assert_int_equal(register_wait_ms(2), 60000);
    assert_int_equal(register_wait_ms(10), 15360000);
    assert_int_equal(register_wait_ms(11), 21600000);
    assert_int_equal(register_wait_ms(1000), 21600000);
    assert_int_equal(register_asked_of(202), REGISTER_ACCEPTED);
    assert_int_equal(register_asked_of(0), REGISTER_AGAIN);
    assert_int_equal(register_asked_of(429), REGISTER_AGAIN);
    assert_int_equal(register_asked_of(503), REGISTER_AGAIN);
    assert_int_equal(register_asked_of(302), REGISTER_AGAIN);
    assert_int_equal(register_asked_of(409), REGISTER_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_carries_a_hash_and_no_name),
        cmocka_unit_test(ids_are_read_back_and_others_refused),
        cmocka_unit_test(a_signed_answer_is_read),
        cmocka_unit_test(what_is_forged_or_malformed_is_no_answer),
        cmocka_unit_test(an_unreachable_register_is_asked_less_and_less_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
