/* The chain of signatures of a grant: who proposes, who signs and who approves are different
 * people, as many as the policy asks for, at the level where the case lies. */
#include "tests/store/fixture.h"

#include <stdio.h>

#define HEAD "officer:zhao"
#define LEADER "officer:sun"
#define SECTION "reviewer:chen"

static const char *key_of_case(void)
{
    static char key[64];
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", case_number(0));
    return key;
}

/* Under review, assessed by OFFICER, who holds it under claim 7. */
static void assessed(void)
{
    struct decide_case c = dispatch(case_number(0), NULL);
    struct leased jobs;
    allot(TOWN, 1000000);
    receive(case_number(0), "p1");
    lease(STAGE_ROUTE, 600000, 1, &jobs);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    redis_must(&redis, "HSET", key_of_case(), "s", "REVIEWING", "cl", "7:4102444800000:" OFFICER,
               NULL);
    struct act_request r = request(case_number(0), VERB_ASSESS, OFFICER, 7);
    assert_int_equal(act(&r).outcome, ACT_OK);
}

static struct act_result sign(const char *who)
{
    struct act_request r = request(case_number(0), VERB_SIGN, who, 0);
    return act(&r);
}

static struct act_result approve(const char *who, const char *township, const char *county)
{
    struct act_request r = request(case_number(0), VERB_APPROVE, who, 0);
    r.extra[7] = slice_of(township);
    r.extra[8] = slice_of(county);
    return act(&r);
}

static struct act_result propose(const char *township)
{
    struct act_request r = request(case_number(0), VERB_PROPOSE, OFFICER, 7);
    r.extra[2] = slice_of(township);
    return act(&r);
}

static void assert_unsigned(struct act_result r)
{
    assert_int_equal(r.outcome, ACT_REFUSED);
    assert_int_equal(r.refusal, REFUSAL_SIGNATURES);
}

static void the_township_approves_when_enough_have_signed(void **state)
{
    (void)state;
    assessed();
    assert_unsigned(approve(LEADER, "1", "0"));
    assert_int_equal(sign(HEAD).outcome, ACT_OK);
    assert_int_equal(state_of(case_number(0)), CASE_REVIEWING);
    assert_unsigned(approve(LEADER, "2", "0"));
    assert_int_equal(approve(LEADER, "1", "0").outcome, ACT_OK);
    assert_int_equal(state_of(case_number(0)), CASE_APPROVED);
    assert_balanced(TOWN);
}

static void nobody_counts_twice_in_whatever_role(void **state)
{
    (void)state;
    assessed();
    assert_int_equal(sign(OFFICER).outcome, ACT_SAME_PERSON);
    assert_int_equal(sign("reviewer:wang").outcome,
                     ACT_SAME_PERSON); /* the proposer's other role */
    assert_int_equal(sign(HEAD).outcome, ACT_OK);
    assert_int_equal(sign(HEAD).outcome, ACT_SAME_PERSON);
    assert_int_equal(sign("reviewer:zhao").outcome, ACT_SAME_PERSON);
    assert_int_equal(approve(HEAD, "1", "0").outcome, ACT_SAME_PERSON);
    assert_int_equal(approve(LEADER, "1", "0").outcome, ACT_OK);
    struct act_request pay = request(case_number(0), VERB_PAY, "finance:zhao", 0);
    assert_int_equal(act(&pay).outcome, ACT_SAME_PERSON);
    pay = request(case_number(0), VERB_PAY, "finance:qian", 0);
    assert_int_equal(act(&pay).outcome, ACT_OK);
}

static void the_county_asks_for_its_own_signatures(void **state)
{
    (void)state;
    assessed();
    assert_unsigned(propose("2"));
    assert_int_equal(sign(HEAD).outcome, ACT_OK);
    assert_unsigned(propose("2"));
    assert_int_equal(sign(LEADER).outcome, ACT_OK);
    assert_int_equal(propose("2").outcome, ACT_OK);
    assert_int_equal(state_of(case_number(0)), CASE_COUNTY_APPROVAL);
    assert_unsigned(approve(REVIEWER, "0", "1")); /* the township's do not count here */
    assert_int_equal(sign("reviewer:sun").outcome, ACT_SAME_PERSON);
    assert_int_equal(sign(SECTION).outcome, ACT_OK);
    assert_int_equal(approve(REVIEWER, "9", "1").outcome, ACT_OK);
}

static void what_is_assessed_anew_is_signed_anew(void **state)
{
    (void)state;
    assessed();
    assert_int_equal(sign(HEAD).outcome, ACT_OK);
    struct act_request r = request(case_number(0), VERB_ASSESS, OFFICER, 7);
    r.extra[0] = SLICE_LIT("2000");
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_unsigned(approve(LEADER, "1", "0"));
    assert_int_equal(sign(HEAD).outcome, ACT_OK);
    assert_int_equal(approve(LEADER, "1", "0").outcome, ACT_OK);
}

static void a_conference_has_its_minutes_instead(void **state)
{
    (void)state;
    assessed();
    struct act_request r = request(case_number(0), VERB_CONVENE, REVIEWER, 0);
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_int_equal(sign(SECTION).outcome, ACT_MOVE);
    r = request(case_number(0), VERB_MINUTES, REVIEWER, 0);
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_int_equal(approve(SECTION, "9", "9").outcome, ACT_OK);
}

static void the_view_names_who_has_signed(void **state)
{
    struct case_view v;
    struct grant_view g;
    (void)state;
    assessed();
    assert_int_equal(sign(HEAD).outcome, ACT_OK);
    assert_int_equal(sign(LEADER).outcome, ACT_OK);
    assert_int_equal(propose("2").outcome, ACT_OK);
    assert_int_equal(sign(SECTION).outcome, ACT_OK);
    case_get_write(store_fcall(store), REGION, slice_of(case_number(0)));
    assert_ok(case_get_read(send_call(), &v));
    assert_true(grant_view_read(v.grant, &g));
    assert_true(slice_is(g.proposer, OFFICER));
    assert_true(slice_is(g.signers, "t:" HEAD ",t:" LEADER ",c:" SECTION));
    assert_true(slice_is(g.dues, ""));
}

static void nothing_is_signed_that_nobody_proposed(void **state)
{
    (void)state;
    assessed();
    redis_must(&redis, "HSET", key_of_case(), "g", "", NULL);
    struct act_result r = sign(HEAD);
    assert_int_equal(r.outcome, ACT_REFUSED);
    assert_int_equal(r.refusal, REFUSAL_NOT_ASSESSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_township_approves_when_enough_have_signed, fixture_reset),
        cmocka_unit_test_setup(nobody_counts_twice_in_whatever_role, fixture_reset),
        cmocka_unit_test_setup(the_county_asks_for_its_own_signatures, fixture_reset),
        cmocka_unit_test_setup(what_is_assessed_anew_is_signed_anew, fixture_reset),
        cmocka_unit_test_setup(a_conference_has_its_minutes_instead, fixture_reset),
        cmocka_unit_test_setup(the_view_names_who_has_signed, fixture_reset),
        cmocka_unit_test_setup(nothing_is_signed_that_nobody_proposed, fixture_reset),
    };
    return RUN_WITH_REDIS(tests);
}
