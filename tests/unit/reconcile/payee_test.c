#include "queue/domain/payee.h"

#include <stdio.h>
#include "tests/support/test.h"

#define TODAY_MS INT64_C(1772328600000) /* 2026-03-01 */

static struct payee_question good(void)
{
    return (struct payee_question){
        .name = SLICE_LIT("张三"),
        .id_number = SLICE_LIT("11010519491231002X"),
        .account = SLICE_LIT("6222020000000000000"),
        .kind = PAYEE_ACCOUNT_CARD,
        .others_allowed = 2,
        .today_ms = TODAY_MS,
    };
}

static bool finds(const struct payee_question *q, enum payee_finding f)
{
    struct payee_findings found;
    payee_check(q, &found);
    for (size_t i = 0; i < found.count; i++) {
        if (found.list[i] == f) {
            assert_true(found.ask || !payee_finding_asks(f));
            return true;
        }
    }
    return false;
}

static void an_ordinary_payee_gives_no_finding(void **state)
{
    (void)state;
    struct payee_question q = good();
    struct payee_findings found;
    payee_check(&q, &found);
    assert_int_equal(found.count, 0);
    assert_false(found.ask);
}

static void luhn_agrees_with_known_numbers(void **state)
{
    (void)state;
    static const char *const right[] = {"79927398713", "6200000000000005", "6205500000000000004", "6222020000000000000",
                                        "6244182323235555"};
    static const char *const wrong[] = {"6217000010000000000", "79927398710", "", "6222 020000000000000", "a"};
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        assert_true(payee_luhn(slice_of(right[i])));
    }
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_false(payee_luhn(slice_of(wrong[i])));
    }
}

static void identity_numbers_are_checked_and_small_x_is_the_same(void **state)
{
    (void)state;
    struct payee_question q = good();
    q.id_number = SLICE_LIT("110105194912310021");
    assert_true(finds(&q, PAYEE_ID_WRONG));
    q.id_number = SLICE_LIT("11010519491231002x");
    assert_false(finds(&q, PAYEE_ID_WRONG));
    q.id_number = SLICE_LIT("");
    assert_true(finds(&q, PAYEE_ID_MISSING));
    assert_false(finds(&q, PAYEE_ID_WRONG));
    assert_false(payee_finding_asks(PAYEE_ID_MISSING)); /* life first: a missing paper does not hold the money */
    q = good();
    q.name = SLICE_LIT("  ");
    assert_true(finds(&q, PAYEE_NAME_MISSING));
}

static void luhn_is_asked_of_cards_only(void **state)
{
    (void)state;
    struct payee_question q = good();
    q.account = SLICE_LIT("6217000010000000000");
    assert_true(finds(&q, PAYEE_ACCOUNT_LUHN));
    q.kind = PAYEE_ACCOUNT_PASSBOOK;
    assert_false(finds(&q, PAYEE_ACCOUNT_LUHN));
    q.kind = PAYEE_ACCOUNT_OTHER;
    assert_false(finds(&q, PAYEE_ACCOUNT_LUHN));
    q.kind = PAYEE_ACCOUNT_CARD;
    q.account = SLICE_LIT("622202000000000"); /* 15 digits: no card, so its check digit means nothing */
    assert_true(finds(&q, PAYEE_ACCOUNT_FORM));
    assert_false(finds(&q, PAYEE_ACCOUNT_LUHN));
    q.account = SLICE_LIT("62000000000000050000"); /* 20 */
    assert_true(finds(&q, PAYEE_ACCOUNT_FORM));
    q.account = SLICE_LIT("6200000000000005"); /* 16 */
    assert_false(finds(&q, PAYEE_ACCOUNT_FORM));
    q.kind = PAYEE_ACCOUNT_PASSBOOK;
    q.account = SLICE_LIT("123");
    assert_true(finds(&q, PAYEE_ACCOUNT_FORM));
    q.account = SLICE_LIT("");
    assert_true(finds(&q, PAYEE_ACCOUNT_MISSING));
    assert_false(finds(&q, PAYEE_ACCOUNT_FORM));
}

static void earlier_payments_are_compared(void **state)
{
    (void)state;
    struct payee_question q = good();
    struct payee_earlier e = {.name = q.name, .id_number = q.id_number, .account = q.account, .succeeded = true};
    struct payee_findings found;
    q.earlier = &e;
    q.earlier_count = 1;
    payee_check(&q, &found);
    assert_int_equal(found.count, 0);
    e.name = SLICE_LIT("张四");
    assert_true(finds(&q, PAYEE_NAME_CHANGED));
    e.id_number = SLICE_LIT("34052419800101001X"); /* another person had the account */
    assert_true(finds(&q, PAYEE_ACCOUNT_OF_OTHER));
    assert_false(finds(&q, PAYEE_NAME_CHANGED));
    e.name = q.name; /* the same name with another number */
    assert_true(finds(&q, PAYEE_ID_CHANGED));
    e.id_number = q.id_number;
    e.account = SLICE_LIT("6200000000000005");
    assert_true(finds(&q, PAYEE_ACCOUNT_NEW));
    assert_false(payee_finding_asks(PAYEE_ACCOUNT_NEW));
    e.account = q.account;
    e.succeeded = false;
    assert_true(finds(&q, PAYEE_ACCOUNT_FAILED));
    struct payee_earlier both[] = {e, e};
    both[1].succeeded = true; /* since then it worked */
    q.earlier = both;
    q.earlier_count = 2;
    assert_false(finds(&q, PAYEE_ACCOUNT_FAILED));
}

static void names_of_minorities_match_in_every_spelling_of_the_dot(void **state)
{
    (void)state;
    static const char *const same[] = {"阿依古丽·买买提", "阿依古丽•买买提", "阿依古丽.买买提", " 阿依古丽 买买提",
                                       "阿依古丽．买买提"};
    struct payee_question q = good();
    struct payee_earlier e = {.id_number = q.id_number, .account = q.account, .succeeded = true};
    q.earlier = &e;
    q.earlier_count = 1;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        q.name = slice_of(same[0]);
        e.name = slice_of(same[i]);
        assert_false(finds(&q, PAYEE_NAME_CHANGED));
    }
    e.name = SLICE_LIT("阿依古丽·买买");
    assert_true(finds(&q, PAYEE_NAME_CHANGED));
}

static void shared_accounts_agents_officers_and_relatives_ask(void **state)
{
    (void)state;
    struct payee_question q = good();
    q.others_on_account = 2;
    assert_false(finds(&q, PAYEE_ACCOUNT_OF_MANY));
    q.others_on_account = 3;
    assert_true(finds(&q, PAYEE_ACCOUNT_OF_MANY));
    q = good();
    q.helped_name = SLICE_LIT("张三");
    assert_false(finds(&q, PAYEE_OTHER_PERSON));
    q.helped_name = SLICE_LIT("李四");
    assert_true(finds(&q, PAYEE_OTHER_PERSON));
    q = good();
    q.account_is_officers = true;
    assert_true(finds(&q, PAYEE_OFFICER));
    assert_false(finds(&q, PAYEE_RELATIVE));
    q = good();
    q.id_is_relatives = true;
    assert_true(finds(&q, PAYEE_RELATIVE));
}

static void findings_have_words_and_sentences_of_their_own(void **state)
{
    (void)state;
    for (int i = 0; i < PAYEE_FINDING_COUNT; i++) {
        enum payee_finding back = PAYEE_FINDING_COUNT;
        assert_ok(payee_finding_from_word(slice_of(payee_finding_word((enum payee_finding)i)), &back));
        assert_int_equal(back, i);
        assert_true(strlen(payee_finding_zh((enum payee_finding)i)) > 20);
    }
    enum payee_finding none;
    assert_int_equal(payee_finding_from_word(SLICE_LIT("nothing"), &none), ERR_INPUT);
}

static void one_account_is_the_same_in_every_spelling(void **state)
{
    static const struct {
        const char *fa, *plain;
    } rows[] = {{"account:6222021234567890@icbc", "6222021234567890"},
                {"account:6222 0212-3456.7890@工商银行", "6222021234567890"},
                {"openid:oAbC-1@wechat", "OABC1"},
                {"6222021234567890", ""},
                {"account:@icbc", ""},
                {"", ""}};
    char plain[PAYEE_PLAIN_SIZE], longest[200];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        memcpy(plain, "x", 2);
        assert_ok(payee_account_plain(slice_of(rows[i].fa), plain));
        assert_string_equal(plain, rows[i].plain);
    }
    snprintf(longest, sizeof(longest), "account:%064d@b", 1);
    assert_ok(payee_account_plain(slice_of(longest), plain));
    assert_int_equal(strlen(plain), 64);
    snprintf(longest, sizeof(longest), "account:%065d@b", 1);
    memcpy(plain, "x", 2);
    assert_int_equal(payee_account_plain(slice_of(longest), plain), ERR_INPUT);
    assert_string_equal(plain, "x");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ordinary_payee_gives_no_finding),
        cmocka_unit_test(luhn_agrees_with_known_numbers),
        cmocka_unit_test(identity_numbers_are_checked_and_small_x_is_the_same),
        cmocka_unit_test(luhn_is_asked_of_cards_only),
        cmocka_unit_test(earlier_payments_are_compared),
        cmocka_unit_test(names_of_minorities_match_in_every_spelling_of_the_dot),
        cmocka_unit_test(shared_accounts_agents_officers_and_relatives_ask),
        cmocka_unit_test(findings_have_words_and_sentences_of_their_own),
        cmocka_unit_test(one_account_is_the_same_in_every_spelling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
