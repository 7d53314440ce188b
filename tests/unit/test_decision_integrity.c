/* The decision where trust is short: review debt, the county's reserve, shared accounts,
 * duplicates, spot checks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "queue/base/file.h"
#include "tests/unit/decision_fixture.h"

#define CEILING 331200 /* 4 x D */

/* Qualifies for first aid by rule: 165600 fen. */
static struct decision_input fire(int persons)
{
    struct decision_input in = input(CAUSE_FIRE, persons);
    in.facts.shelter_lost = true;
    in.allotted_fen = 2000000;
    return in;
}

static void review_debt_lowers_the_first_aid_step_by_step_and_not_the_entitlement(void **state)
{
    static const struct {
        int64_t overdue_fen, ceiling_fen;
    } rows[] = {{0, CEILING},          {199999, CEILING},     {200000, CEILING / 2}, /* 10 % */
                {399999, CEILING / 2}, {400000, CEILING / 4}, {599999, CEILING / 4}};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct decision_input in = fire(4); /* 6624 yuan */
        in.debt_overdue_fen = rows[i].overdue_fen;
        struct decision d = run(&in);
        assert_true(d.by_rule);
        assert_int_equal(d.first_aid_fen, rows[i].ceiling_fen);
        assert_int_equal(d.amount_fen, 662400);
        assert_int_equal(d.first_aid_fen + d.follow_up_fen, d.amount_fen);
        assert_int_equal(fired(&d, "REVIEW_DEBT.ceiling"), rows[i].ceiling_fen < CEILING);
        assert_false(d.countersign || d.from_county_reserve);
    }
    struct decision_input in =
        fire(1); /* 1656 yuan, the ceiling 828: the township gives the rest */
    in.debt_overdue_fen = 400000;
    struct decision d = run(&in);
    assert_int_equal(d.first_aid_fen, 82800);
    assert_int_equal(d.follow_up_fen, 82800);
    assert_int_equal(d.follow_up_tier, TIER_TOWNSHIP);
    assert_true(says(&d, "不影响应得金额"));
}

static void the_last_step_of_debt_asks_the_county_to_countersign(void **state)
{
    (void)state;
    struct decision_input in = fire(1);
    in.debt_overdue_fen = 600000; /* 30 % */
    struct decision d = run(&in);
    assert_false(d.by_rule);
    assert_true(d.countersign);
    assert_int_equal(d.track, TRACK_COUNTY);
    assert_int_equal(d.tier, TIER_COUNTY);
    assert_int_equal(d.officer_first_aid_fen, 0);
    assert_int_equal(d.amount_fen, 165600);
    assert_true(fired(&d, "REVIEW_DEBT.countersign"));
    assert_true(says(&d, "县级会签"));
    assert_true(d.county_by_ms > in.now_ms);
    in = input(CAUSE_MEDICAL_BILL, 1); /* no first aid, no signature for it */
    in.allotted_fen = 100;
    in.debt_overdue_fen = 100;
    d = run(&in);
    assert_false(d.countersign);
}

static void danger_to_life_is_never_blocked_by_debt(void **state)
{
    (void)state;
    struct decision_input in = fire(1);
    in.facts.danger_to_life = true;
    in.debt_overdue_fen = 2000000;
    in.fund.county_fen = 5000000;
    struct decision d = run(&in);
    assert_true(d.by_rule && d.from_county_reserve);
    assert_false(d.countersign);
    assert_int_equal(d.first_aid_fen, 165600);
    assert_true(fired(&d, "FUND.county"));
    assert_true(says(&d, "由县级备用金支付"));
    in.fund.county_fen = 0; /* not known: the township's own money, rather than nothing */
    d = run(&in);
    assert_true(d.by_rule);
    assert_false(d.from_county_reserve);
    assert_int_equal(d.first_aid_fen, 165600);
    in.debt_overdue_fen = 0; /* an empty fund, no debt */
    in.fund.available_fen = 0;
    in.fund.county_fen = 5000000;
    d = run(&in);
    assert_true(d.by_rule && d.from_county_reserve);
    in.facts.danger_to_life = false;
    d = run(&in);
    assert_false(d.by_rule || d.from_county_reserve);
    assert_int_equal(d.track, TRACK_COUNTY);
    in.facts.danger_to_life = true;
    in.fund.county_fen = 0; /* nobody has money: the county must act, and its reserve is meant */
    d = run(&in);
    assert_int_equal(d.track, TRACK_COUNTY);
    assert_true(d.from_county_reserve);
}

static void a_shared_account_asks_a_person_and_refuses_nothing(void **state)
{
    (void)state;
    struct decision_input in = fire(1);
    in.account_persons = 1;
    struct decision d = run(&in);
    assert_false(d.by_rule);
    assert_int_equal(d.track, TRACK_OFFICER);
    assert_int_equal(d.amount_fen, 165600);
    assert_int_equal(d.officer_first_aid_fen, 165600);
    assert_true(fired(&d, "ACCOUNT.shared"));
    assert_true(says(&d, "不影响救助"));
}

static void an_open_duplicate_is_looked_at_unless_life_is_in_danger(void **state)
{
    (void)state;
    struct decision_input in = fire(1);
    in.open_duplicates = 2;
    struct decision d = run(&in);
    assert_false(d.by_rule);
    assert_int_equal(d.track, TRACK_OFFICER);
    assert_int_equal(d.officer_first_aid_fen, 165600);
    assert_true(says(&d, "另有2件"));
    assert_true(d.spot_check);
    in.facts.danger_to_life = true;
    d = run(&in);
    assert_true(d.by_rule);
}

static void three_cases_of_ten_are_drawn_for_a_check_and_all_of_relatives(void **state)
{
    char no[24];
    int drawn = 0;
    (void)state;
    struct decision_input in = fire(1);
    for (int i = 0; i < 10000; i++) {
        snprintf(no, sizeof no, "52000026112101%08d", i);
        in.draw = decision_draw(slice_of(no));
        assert_int_not_equal(in.draw, 0);
        assert_int_equal(in.draw, decision_draw(slice_of(no)));
        struct decision d = run(&in);
        drawn += d.spot_check;
        assert_int_equal(d.spot_check, fired(&d, "INTEGRITY.check"));
    }
    assert_in_range(drawn, 2800, 3200); /* fixed numbers, fixed result */
    in.draw = 0;
    assert_false(run(&in).spot_check);
    in.relative_declared = true;
    assert_true(run(&in).spot_check);
    in.relative_declared = false;
    in.person.same_cause = 1; /* repeated */
    assert_true(run(&in).spot_check);
    in = input(CAUSE_JOB_LOSS, 1); /* advice is no relief */
    in.draw = 1;
    assert_false(run(&in).spot_check);
}

static void who_is_on_the_register_waits_less_for_expense_relief(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_ILLNESS, 3);
    in.facts.net_expense_fen = 800000;
    in.facts.months = 4;
    struct decision before = run(&in);
    in.facts.recognised = true;
    struct decision d = run(&in);
    assert_int_equal(d.amount_fen, before.amount_fen);
    assert_int_equal(before.review_by_ms, at("2026-03-17T00:00:00+08:00")); /* 10 working days */
    assert_int_equal(d.review_by_ms, at("2026-03-10T00:00:00+08:00"));      /* 5 */
    assert_true(d.county_by_ms < before.county_by_ms);
    assert_true(fired(&d, "EXPENSE.recognised"));
}

static void every_fired_rule_names_its_key_in_the_pack(void **state)
{
    (void)state;
    assert_string_equal(decision_rule_key("URGENT_FIRST.amount"), "urgent_first.months");
    assert_string_equal(decision_rule_key("FUND.available"), ""); /* no number of the pack */
    assert_string_equal(decision_rule_key("nothing"), "");
    struct decision_input in = fire(4);
    in.debt_overdue_fen = 400000;
    struct decision d = run(&in);
    int keys = 0;
    for (int i = 0; i < d.fired_count; i++)
        keys += decision_rule_key(d.fired[i].rule)[0] != '\0';
    assert_int_equal(keys, d.fired_count - 1); /* all but FUND.available */
}

static void a_record_without_its_input_says_so_and_a_damaged_one_too(void **state)
{
    static const struct {
        const char *json;
        enum err err;
    } rows[] = {
        {"{}", ERR_NOT_FOUND},
        {"{\"input\":{}}", ERR_CORRUPT},
        {"{\"input\":{\"township\":\"520115001\",\"now_ms\":1,\"times\":-1}}", ERR_CORRUPT},
        {"{\"input\":{\"township\":\"520115001\",\"now_ms\":1,\"times\":4294967296}}", ERR_CORRUPT},
        {"{\"input\":{\"township\":\"5201150010000000\",\"now_ms\":1}}", ERR_CORRUPT},
        {"{\"input\":{\"township\":\"\",\"now_ms\":1}}", ERR_OK},
    };
    char township[DIVISION_CODE_SIZE];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct json *root = NULL;
        struct decision_input in = fire(1);
        assert_int_equal(json_parse(slice_of(rows[i].json), &root, NULL), ERR_OK);
        assert_int_equal(decision_input_read(root, &in, township), rows[i].err);
        assert_ptr_equal(in.policy, policy);
        assert_int_equal(in.now_ms == 1, rows[i].err == ERR_OK); /* untouched on failure */
        json_free(root);
    }
}

static void money_to_an_officers_own_account_is_the_countys_and_always_checked(void **state)
{
    static struct policy *lax; /* relatives are neither the county's nor checked */
    (void)state;
    struct decision_input in = fire(1);
    assert_true(run(&in).by_rule);
    in.payee_is_officers = true;
    in.draw = 999; /* drawn for nothing else */
    struct decision d = run(&in);
    assert_false(d.by_rule);
    assert_int_equal(d.first_aid_fen, 0);
    assert_int_equal(d.track, TRACK_COUNTY);
    assert_int_equal(d.tier, TIER_COUNTY);
    assert_true(d.county_must_review && d.spot_check);
    assert_true(fired(&d, "INTEGRITY.officer"));
    assert_false(fired(&d, "INTEGRITY.relative"));
    assert_true(says(&d, "工作人员本人"));
    assert_int_equal(d.amount_fen, 165600); /* what is due stays due */

    /* a pack that lets relatives' cases stay in the township does not let this one */
    struct buf text, why;
    buf_init(&text, POLICY_BYTES_MAX);
    buf_init(&why, 65536);
    assert_int_equal(file_read("ops/policy/base.json", &text), ERR_OK);
    char *review = strstr(text.ptr, "\"relative_county_review\": true");
    assert_non_null(review);
    memcpy(review, "\"relative_county_review\":false", strlen("\"relative_county_review\": true"));
    assert_int_equal(policy_load(buf_slice(&text), &lax, &why), ERR_OK);
    in.policy = lax;
    d = run(&in);
    assert_true(d.county_must_review && d.spot_check && !d.by_rule);
    in.payee_is_officers = false;
    in.relative_declared = true;
    d = run(&in);
    assert_false(d.county_must_review);
    assert_true(fired(&d, "INTEGRITY.relative"));
    policy_free(lax);
    buf_release(&text);
    buf_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(review_debt_lowers_the_first_aid_step_by_step_and_not_the_entitlement),
        cmocka_unit_test(the_last_step_of_debt_asks_the_county_to_countersign),
        cmocka_unit_test(danger_to_life_is_never_blocked_by_debt),
        cmocka_unit_test(a_shared_account_asks_a_person_and_refuses_nothing),
        cmocka_unit_test(an_open_duplicate_is_looked_at_unless_life_is_in_danger),
        cmocka_unit_test(three_cases_of_ten_are_drawn_for_a_check_and_all_of_relatives),
        cmocka_unit_test(who_is_on_the_register_waits_less_for_expense_relief),
        cmocka_unit_test(every_fired_rule_names_its_key_in_the_pack),
        cmocka_unit_test(a_record_without_its_input_says_so_and_a_damaged_one_too),
        cmocka_unit_test(money_to_an_officers_own_account_is_the_countys_and_always_checked),
    };
    return cmocka_run_group_tests_name("decision_integrity", tests, decision_load, decision_unload);
}
