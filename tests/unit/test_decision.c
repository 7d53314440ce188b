/* The decision, on the pack that is shipped: the vectors of the defaults, and what may never happen
 * by rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "queue/domain/money.h"
#include "tests/unit/decision_fixture.h"

/* ---- the vectors of domain.md section 8.1: D = 828.00, township ceiling 3 312.00 ---- */

static void lost_wallet_of_a_stranded_traveller_is_fast_tier_2(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_ROBBERY, 1);
    in.facts.stranded = true;
    struct decision d = run(&in);
    assert_int_equal(d.type, RELIEF_SMALL_FAST);
    assert_int_equal(d.fast_tier, 2);
    assert_int_equal(d.amount_fen, 49680);
    assert_int_equal(d.first_aid_fen, 49680);
    assert_int_equal(d.track, TRACK_FIRST_AID);
    assert_int_equal(d.publicity_days, 0);
    assert_int_equal(d.pay_by_ms, at("2026-03-06T00:00:00+08:00")); /* 3 calendar days */
    assert_int_equal(d.pay_target_ms, at("2026-03-03T09:00:00+08:00"));
    assert_true(says(&d, "496.80 元"));

    in = input(CAUSE_STRANDED, 1);
    in.facts.stranded = true;
    in.facts.food_lost = true;
    d = run(&in);
    assert_int_equal(d.fast_tier, 2);
    assert_int_equal(d.amount_fen, 49680);
    in.facts.wants_person = true; /* a person decides: the township, the same sum and time */
    d = run(&in);
    assert_int_equal(d.tier, TIER_TOWNSHIP);
    assert_int_equal(d.amount_fen, 49680);
    assert_int_equal(d.first_aid_fen, 0);
    assert_int_equal(d.pay_by_ms, at("2026-03-06T00:00:00+08:00"));
}

static void fire_with_one_person_is_paid_at_once_from_the_reserve(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    struct decision d = run(&in);
    assert_int_equal(d.type, RELIEF_URGENT);
    assert_int_equal(d.track, TRACK_FIRST_AID);
    assert_int_equal(d.tier, TIER_ORDER);
    assert_int_equal(d.amount_fen, 165600);
    assert_int_equal(d.first_aid_fen, 165600);
    assert_int_equal(d.follow_up_fen, 0);
    assert_int_equal(d.pay_by_ms, at("2026-03-03T09:00:00+08:00"));    /* 24 h */
    assert_int_equal(d.papers_by_ms, at("2026-03-10T00:00:00+08:00")); /* 5 working days */
    assert_int_equal(d.review_by_ms, d.papers_by_ms);
    assert_int_equal(d.county_by_ms, 0);
    assert_string_equal(d.order_id, "DEMO-2026-1");
    assert_string_equal(d.officer, "demo-officer");
    assert_true(d.by_rule);
}

static void fire_with_four_persons_is_paid_to_the_ceiling_and_followed_up_by_the_county(
    void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 4);
    in.facts.shelter_lost = true;
    struct decision d = run(&in);
    assert_int_equal(d.amount_fen, 662400);
    assert_int_equal(d.first_aid_fen, 331200);
    assert_int_equal(d.follow_up_fen, 331200);
    assert_int_equal(d.follow_up_tier, TIER_COUNTY);
    assert_int_equal(d.pay_by_ms, at("2026-03-03T09:00:00+08:00"));
    assert_int_equal(d.county_by_ms, at("2026-03-17T00:00:00+08:00")); /* 10 working days */
    assert_true(says(&d, "跟进救助"));
    assert_true(says(&d, "3,312.00 元"));
}

static void illness_is_paid_up_to_the_net_bill_in_monthly_instalments(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_ILLNESS, 3);
    in.facts.months = 4;
    in.facts.net_expense_fen = 800000;
    struct decision d = run(&in);
    assert_int_equal(d.type, RELIEF_EXPENSE);
    assert_int_equal(d.amount_fen, 800000);
    assert_int_equal(d.track, TRACK_COUNTY);
    assert_int_equal(d.tier, TIER_COUNTY);
    assert_int_equal(d.first_aid_fen, 0);
    assert_int_equal(d.instalments, 4);
    assert_int_equal(d.publicity_days, 7);
    assert_int_equal(d.review_by_ms, at("2026-03-17T00:00:00+08:00")); /* 10 WD */
    assert_int_equal(d.county_by_ms, at("2026-03-31T00:00:00+08:00")); /* 10 + 10 WD */

    in.facts.net_expense_fen = 3000000;
    in.facts.months = 6;
    d = run(&in);
    assert_int_equal(d.amount_fen, 1490400);
    assert_int_equal(d.instalments, 6);
    assert_int_equal(money_share(d.amount_fen, d.instalments, 3), 248400);
    assert_true(says(&d, "2,484.00 元"));
}

static void what_the_household_had_this_year_leaves_the_rest_of_the_cap(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_ILLNESS, 3);
    in.facts.net_expense_fen = 3000000;
    in.facts.months = 6;
    in.household.paid_fen = 4000000;
    in.household.times = 1;
    struct decision d = run(&in);
    assert_int_equal(d.amount_fen, 1000000);
    assert_int_equal(d.over_cap_fen, 490400);
    assert_int_equal(d.tier, TIER_COUNTY);
    assert_int_equal(d.track, TRACK_COUNTY);
    assert_true(says(&d, "一事一议"));
    in.person.paid_fen = 6000000; /* the greater figure counts; nothing left: a conference */
    d = run(&in);
    assert_int_equal(d.amount_fen, 0);
    assert_int_equal(d.track, TRACK_CONFERENCE);
    assert_int_equal(d.over_cap_fen, 1490400);
}

static void the_same_cause_again_is_nothing_by_rule_and_an_officer_decides(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    in.person.times = 1;
    in.person.same_cause = 1;
    in.person.paid_fen = 165600;
    struct decision d = run(&in);
    assert_int_equal(d.amount_fen, 0);
    assert_int_equal(d.first_aid_fen, 0);
    assert_int_equal(d.track, TRACK_OFFICER);
    assert_int_equal(d.tier, TIER_COUNTY); /* may override with a reason */
    assert_int_equal(d.over_cap_fen, 165600);
    assert_true(says(&d, "书面说明理由"));
    assert_true(says(&d, "行政复议"));
}

static void first_aid_runs_through_a_seven_day_holiday_and_the_papers_wait(void **state)
{
    /* A Friday before seven days off: made up, because no published year has one. */
    static const char json[] = "{\"format\":1,\"title\":\"t\",\"years\":[{\"year\":2026,"
                               "\"published\":true,\"source\":\"s\","
                               "\"off\":[{\"name\":\"h\",\"from\":\"2026-03-07\",\"to\":\"2026-03-"
                               "13\"}],\"make_up\":[]}]}";
    struct calendar holiday;

    (void)state;
    assert_int_equal(calendar_load(slice_of(json), &holiday, NULL), ERR_OK);
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    in.calendar = &holiday;
    in.now_ms = in.accepted_ms = at("2026-03-06T17:00:00+08:00"); /* Friday */
    struct decision d = run(&in);
    assert_int_equal(d.pay_by_ms, at("2026-03-07T17:00:00+08:00"));
    assert_int_equal(d.papers_by_ms, at("2026-03-21T00:00:00+08:00")); /* 16..20 March */

    /* The real National Day of 2026: Wednesday 30 September 17:00, off 1..7 October, Saturday 10
     * worked. */
    in.calendar = &china;
    in.now_ms = in.accepted_ms = at("2026-09-30T17:00:00+08:00");
    d = run(&in);
    assert_int_equal(d.pay_by_ms, at("2026-10-01T17:00:00+08:00"));
    assert_int_equal(d.papers_by_ms, at("2026-10-14T00:00:00+08:00")); /* 8, 9, 10, 12, 13 */
    assert_false(d.calendar_assumed);
}

/* ---- who decides ---- */

static void small_flood_damage_is_for_an_officer(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FLOOD, 2);
    struct decision d = run(&in);
    assert_int_equal(d.type, RELIEF_URGENT);
    assert_int_equal(d.track, TRACK_OFFICER);
    assert_int_equal(d.first_aid_fen, 0);
    assert_int_equal(d.amount_fen, 496800); /* 3 x D x 2 as a proposal */
    assert_int_equal(d.officer_first_aid_fen, 331200);
    assert_true(fired(&d, "STANDING_ORDER.none"));
    in.facts.food_lost = true;
    d = run(&in);
    assert_int_equal(d.track, TRACK_FIRST_AID);
    assert_int_equal(d.amount_fen, 331200);
}

static void who_wants_a_person_gets_a_person(void **state)
{
    (void)state;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        struct decision_input in = input((enum cause)cause, 2);
        in.facts.wants_person = true;
        in.facts.shelter_lost = true;
        in.facts.danger_to_life = cause % 2 == 0;
        struct decision d = run(&in);
        assert_int_equal(d.track, TRACK_OFFICER);
        assert_int_equal(d.first_aid_fen, 0);
        assert_false(d.by_rule);
        assert_true(d.person_asked);
    }
}

static void a_declared_relative_goes_to_the_county(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    in.facts.danger_to_life = true;
    in.relative_declared = true;
    struct decision d = run(&in);
    assert_int_equal(d.track, TRACK_COUNTY);
    assert_int_equal(d.tier, TIER_COUNTY);
    assert_true(d.county_must_review);
    assert_int_equal(d.first_aid_fen, 0);
    assert_int_equal(d.officer_first_aid_fen, 0);
    assert_true(says(&d, "回避"));
    assert_true(d.accept_by_ms == 0);
}

static void danger_to_life_waits_for_no_missing_fact(void **state)
{
    (void)state;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        struct decision_input in = input((enum cause)cause, 0); /* persons unknown */
        in.facts.received_ms = 0;
        in.facts.danger_to_life = true;
        in.township = "";
        in.accepted_ms = 0;
        struct decision d = run(&in);
        assert_int_equal(d.type, RELIEF_URGENT);
        assert_int_equal(d.urgency, URGENCY_CRITICAL);
        assert_int_equal(d.track, TRACK_FIRST_AID);
        assert_int_equal(d.first_aid_fen, 165600);
        assert_true(d.tell_emergency);
        assert_int_equal(d.accept_by_ms, in.now_ms + 15 * 60000);
        assert_int_equal(d.dispatch_by_ms, in.now_ms + 60 * 60000);
    }
}

static void danger_to_life_reaches_an_officer_even_when_the_caps_are_used_up(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.danger_to_life = true;
    in.person.times = 2;
    struct decision d = run(&in);
    assert_int_equal(d.track, TRACK_OFFICER);
    assert_int_equal(d.tier, TIER_CONFERENCE);
    assert_int_equal(d.officer_first_aid_fen, 165600);
    in.facts.danger_to_life = false;
    in.facts.shelter_lost = true;
    d = run(&in);
    assert_int_equal(d.track, TRACK_CONFERENCE);
    assert_int_equal(d.officer_first_aid_fen, 0);
}

/* ---- ceilings at the edge ---- */

static void the_times_of_the_year_count_one_by_one(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    in.household.times = 1;
    struct decision d = run(&in);
    assert_int_equal(d.track, TRACK_FIRST_AID);
    in.household.times = 2;
    d = run(&in);
    assert_int_equal(d.track, TRACK_CONFERENCE);
    assert_int_equal(d.over_cap_fen, 165600);
}

static void the_orders_day_and_month_are_kept_to_the_fen(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    in.fund.order_today_fen = 2000000 - 165600;
    struct decision d = run(&in);
    assert_int_equal(d.first_aid_fen, 165600);
    in.fund.order_today_fen++;
    d = run(&in);
    assert_int_equal(d.first_aid_fen, 165599);
    assert_int_equal(d.follow_up_fen, 1);
    assert_int_equal(d.follow_up_tier, TIER_TOWNSHIP);
    in.fund.order_today_fen =
        2000000 - 9999; /* below urgent_first.least_fen: not worth a payment */
    d = run(&in);
    assert_int_equal(d.track, TRACK_OFFICER);
    assert_true(fired(&d, "STANDING_ORDER.used_up"));
    in.fund.order_today_fen = 0;
    in.fund.order_month_fen = 10000000;
    d = run(&in);
    assert_int_equal(d.track, TRACK_OFFICER);
}

static void a_short_fund_pays_what_it_has_and_an_empty_one_calls_the_county(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    in.fund.available_fen = 100000;
    struct decision d = run(&in);
    assert_int_equal(d.first_aid_fen, 100000);
    assert_int_equal(d.follow_up_fen, 65600);
    assert_int_equal(d.follow_up_tier, TIER_COUNTY);
    in.fund.available_fen = 9999;
    d = run(&in);
    assert_int_equal(d.track, TRACK_COUNTY);
    assert_int_equal(d.first_aid_fen, 0);
    in.fund.available_fen = -5;
    d = run(&in);
    assert_int_equal(d.track, TRACK_COUNTY);
    assert_int_equal(d.officer_first_aid_fen, 0);
}

static void the_yearly_cap_never_cuts_first_aid_by_itself(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    in.household.paid_fen = 5000000 - 165600;
    struct decision d = run(&in);
    assert_int_equal(d.track, TRACK_FIRST_AID);
    assert_int_equal(d.first_aid_fen, 165600);
    in.household.paid_fen++;
    d = run(&in);
    assert_int_equal(d.track, TRACK_OFFICER);
    assert_int_equal(d.first_aid_fen, 0);
    assert_int_equal(d.amount_fen, 165599);
    assert_int_equal(d.officer_first_aid_fen, 165599);
    in.facts.persons =
        4; /* 3 312.00 at once fits; only the follow-up is cut, and a person decides on that */
    in.household.paid_fen = 5000000 - 400000;
    d = run(&in);
    assert_int_equal(d.track, TRACK_FIRST_AID);
    assert_int_equal(d.first_aid_fen, 331200);
    assert_int_equal(d.follow_up_fen, 68800);
    assert_int_equal(d.over_cap_fen, 262400);
}

static void unknown_months_and_bills_are_estimated_and_said(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_MEDICAL_BILL, 1);
    struct decision d = run(&in);
    assert_int_equal(d.type, RELIEF_EXPENSE);
    assert_int_equal(d.amount_fen, 82800);
    assert_int_equal(d.tier, TIER_TOWNSHIP);
    assert_true(says(&d, "尚不清楚"));
}

static void months_count_up_to_the_most_and_instalments_begin_above_three(void **state)
{
    static const struct {
        int months, instalments;
        int64_t amount_fen;
    } rows[] = {{1, 1, 82800},  {3, 1, 248400}, {4, 4, 331200},
                {6, 6, 496800}, {7, 6, 496800}, {24, 6, 496800}};

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct decision_input in = input(CAUSE_EDUCATION, 1);
        in.facts.net_expense_fen = 90000000;
        in.facts.months = rows[i].months;
        struct decision d = run(&in);
        assert_int_equal(d.amount_fen, rows[i].amount_fen);
        assert_int_equal(d.instalments, rows[i].instalments);
        assert_int_equal(says(&d, "最多计6个月"), rows[i].months > 6);
    }
}

static void clocks_of_acceptance_run_from_the_acceptance_not_from_now(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    in.accepted_ms = in.now_ms - 3 * 3600000 - 24 * 3600000; /* Sunday 06:00 */
    struct decision d = run(&in);
    assert_int_equal(d.pay_by_ms, in.accepted_ms + 24 * 3600000);
    assert_int_equal(d.papers_by_ms, at("2026-03-07T00:00:00+08:00")); /* Monday to Friday */
    assert_int_equal(d.accept_by_ms, 0);
    in.accepted_ms = 0;
    d = run(&in);
    assert_int_equal(d.pay_by_ms, in.now_ms + 24 * 3600000);
    assert_int_equal(d.accept_by_ms, in.now_ms + 15 * 60000);
}

static void without_an_account_an_officer_pays_in_cash(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.danger_to_life = true;
    in.payee_missing = true;
    struct decision d = run(&in);
    assert_int_equal(d.track, TRACK_OFFICER);
    assert_int_equal(d.first_aid_fen, 0);
    assert_int_equal(d.officer_first_aid_fen, 165600);
    assert_int_equal(d.pay_by_ms, in.now_ms + 24 * 3600000);
    assert_true(says(&d, "现金"));
    assert_false(says(&d, "马上发放"));
}

static void a_payee_whose_numbers_cannot_be_right_waits_for_a_person(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.danger_to_life = true;
    in.payee_doubtful = true;
    struct decision d = run(&in);
    assert_int_equal(d.track, TRACK_OFFICER);
    assert_int_equal(d.first_aid_fen, 0);
    assert_int_equal(d.officer_first_aid_fen, 165600);
    assert_true(says(&d, "校验不符"));
    assert_false(says(&d, "马上发放"));
    in.payee_doubtful = false;
    assert_int_equal(run(&in).track, TRACK_FIRST_AID);
}

static void without_a_township_the_county_helps_at_once(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.danger_to_life = true;
    in.township = "";
    in.fund.available_fen = 0;
    struct decision d = run(&in);
    assert_int_equal(d.track, TRACK_COUNTY);
    assert_true(says(&d, "尚未确定"));
}

static void a_caller_who_asks_for_less_gets_that_in_the_fast_tier(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_STRANDED, 1);
    in.facts.stranded = true;
    in.facts.asked_fen = 15000;
    struct decision d = run(&in);
    assert_int_equal(d.amount_fen, 15000);
    in.facts.asked_fen = 1500000;
    d = run(&in);
    assert_int_equal(d.amount_fen, 24840); /* tier 1: 0.3 D */
}

static void a_deadline_in_an_unpublished_year_says_so(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    in.now_ms = in.accepted_ms = at("2026-12-30T10:00:00+08:00");
    struct decision d = run(&in);
    assert_true(d.calendar_assumed);
    assert_true(says(&d, "放假安排尚未公布"));
    in.now_ms = in.accepted_ms = at("2026-12-01T10:00:00+08:00");
    d = run(&in);
    assert_false(d.calendar_assumed);
}

static void an_expired_order_approves_nothing(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    in.now_ms = in.accepted_ms = at("2028-12-31T23:59:59.999+08:00");
    struct decision d = run(&in);
    assert_true(d.by_rule);
    in.now_ms = in.accepted_ms = at("2029-01-01T00:00:00+08:00");
    d = run(&in);
    assert_false(d.by_rule);
    assert_int_equal(d.track, TRACK_OFFICER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_wallet_of_a_stranded_traveller_is_fast_tier_2),
        cmocka_unit_test(fire_with_one_person_is_paid_at_once_from_the_reserve),
        cmocka_unit_test(
            fire_with_four_persons_is_paid_to_the_ceiling_and_followed_up_by_the_county),
        cmocka_unit_test(illness_is_paid_up_to_the_net_bill_in_monthly_instalments),
        cmocka_unit_test(what_the_household_had_this_year_leaves_the_rest_of_the_cap),
        cmocka_unit_test(the_same_cause_again_is_nothing_by_rule_and_an_officer_decides),
        cmocka_unit_test(first_aid_runs_through_a_seven_day_holiday_and_the_papers_wait),
        cmocka_unit_test(small_flood_damage_is_for_an_officer),
        cmocka_unit_test(who_wants_a_person_gets_a_person),
        cmocka_unit_test(a_declared_relative_goes_to_the_county),
        cmocka_unit_test(danger_to_life_waits_for_no_missing_fact),
        cmocka_unit_test(danger_to_life_reaches_an_officer_even_when_the_caps_are_used_up),
        cmocka_unit_test(the_times_of_the_year_count_one_by_one),
        cmocka_unit_test(the_orders_day_and_month_are_kept_to_the_fen),
        cmocka_unit_test(a_short_fund_pays_what_it_has_and_an_empty_one_calls_the_county),
        cmocka_unit_test(the_yearly_cap_never_cuts_first_aid_by_itself),
        cmocka_unit_test(unknown_months_and_bills_are_estimated_and_said),
        cmocka_unit_test(months_count_up_to_the_most_and_instalments_begin_above_three),
        cmocka_unit_test(clocks_of_acceptance_run_from_the_acceptance_not_from_now),
        cmocka_unit_test(without_an_account_an_officer_pays_in_cash),
        cmocka_unit_test(a_payee_whose_numbers_cannot_be_right_waits_for_a_person),
        cmocka_unit_test(without_a_township_the_county_helps_at_once),
        cmocka_unit_test(a_caller_who_asks_for_less_gets_that_in_the_fast_tier),
        cmocka_unit_test(a_deadline_in_an_unpublished_year_says_so),
        cmocka_unit_test(an_expired_order_approves_nothing),
    };
    return cmocka_run_group_tests_name("decision", tests, decision_load, decision_unload);
}
