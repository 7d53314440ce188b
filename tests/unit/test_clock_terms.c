/* The terms of the clocks: what the decision promises and what the clocks count must be the same
 * time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "queue/base/clock.h"
#include "tests/unit/decision_fixture.h"
#include "workers/rules/clock_terms.h"

static int64_t due(const struct clocks_rules *r, enum clocks_kind kind, int64_t from_ms)
{
    struct clocks_times t;
    if (clocks_due(r->calendar, r->terms[kind], &r->pace, from_ms, &t, NULL) != ERR_OK) {
        return 0;
    }
    assert_true(from_ms < t.warn_ms && t.warn_ms < t.due_ms);
    return t.due_ms;
}

static void the_decisions_deadlines_are_the_clocks_due_times(void **state)
{
    static const char *const DAYS[] = {"2026-02-13T17:00:00+08:00", "2026-03-02T09:00:00+08:00",
                                       "2026-09-30T23:59:59+08:00", "2026-12-31T12:00:00+08:00"};
    int types[RELIEF_TYPE_COUNT] = {0};
    (void)state;
    for (int cause = 0; cause < CAUSE_COUNT; cause++) {
        for (int i = 0; i < (int)COUNT_OF(DAYS) * 8; i++) {
            struct decision_input in = input((enum cause)cause, 2);
            struct clocks_rules terms;
            in.now_ms = at(DAYS[i % 4]);
            in.facts.received_ms = in.now_ms - 60000;
            in.accepted_ms = i & 4 ? in.now_ms : 0;
            in.facts.danger_to_life = (i & 8) != 0;
            in.facts.recognised = (i & 16) != 0;
            in.payee_missing = true; /* an officer decides: no papers that replace the review */
            struct decision d = run(&in);
            const struct policy_rules *r = policy_for(policy, in.township, in.now_ms);
            clock_terms(r, &china, d.type, d.urgency, in.facts.recognised, &terms);
            assert_false(d.by_rule);
            assert_int_equal(d.dispatch_by_ms, due(&terms, CLOCKS_DISPATCH, in.facts.received_ms));
            assert_int_equal(d.review_by_ms, due(&terms, CLOCKS_REVIEW, in.now_ms));
            if (in.accepted_ms == 0) {
                assert_int_equal(d.accept_by_ms, due(&terms, CLOCKS_ACCEPT, in.now_ms));
            }
            if (d.type != RELIEF_EXPENSE && d.pay_by_ms != 0) {
                assert_int_equal(d.pay_by_ms, due(&terms, CLOCKS_PAY, in.now_ms));
            }
            if (d.type != RELIEF_EXPENSE && d.county_by_ms != 0) {
                assert_int_equal(d.county_by_ms, due(&terms, CLOCKS_COUNTY, in.now_ms));
            }
            types[d.type]++;
        }
    }
    assert_true(types[RELIEF_SMALL_FAST] > 0 && types[RELIEF_URGENT] > 0 &&
                types[RELIEF_EXPENSE] > 0);
}

static void the_papers_of_first_aid_are_due_as_decided(void **state)
{
    struct decision_input in = input(CAUSE_FIRE, 1);
    struct clocks_rules terms;
    (void)state;
    in.facts.shelter_lost = true;
    struct decision d = run(&in);
    assert_true(d.by_rule);
    clock_terms(policy_for(policy, in.township, in.now_ms), &china, d.type, d.urgency, false,
                &terms);
    assert_int_equal(d.papers_by_ms, due(&terms, CLOCKS_PAPERS, in.now_ms));
    assert_int_equal(terms.terms[CLOCKS_PAY].unit, TERM_HOURS);
    assert_int_equal(terms.pay_ordinary.unit, TERM_WORKING_DAYS);
}

static void only_allowed_reasons_pause_and_only_what_they_are_about(void **state)
{
    struct policy_rules r = *policy_for(policy, "", at("2026-03-02T09:00:00+08:00"));
    (void)state;
    assert_true(pause_allowed(&r, CASE_REVIEWING, PAUSE_ECONOMY_CHECK));
    assert_true(pause_allowed(&r, CASE_PUBLICITY, PAUSE_PUBLICITY));
    assert_true(pause_allowed(&r, CASE_COUNTY_APPROVAL, PAUSE_APPLICANT));
    assert_true(pause_allowed(&r, CASE_APPROVED, PAUSE_FUND_APPROPRIATION));
    assert_false(pause_allowed(&r, CASE_APPROVED, PAUSE_ECONOMY_CHECK));
    assert_false(pause_allowed(&r, CASE_REVIEWING, PAUSE_FUND_APPROPRIATION));
    assert_false(pause_allowed(&r, CASE_DISPATCHED, PAUSE_APPLICANT));
    for (int p = 0; p < PAUSE_COUNT; p++) { /* never for first aid */
        assert_false(pause_allowed(&r, CASE_FIRST_AID_APPROVED, (enum pause_reason)p));
        assert_false(pause_allowed(&r, CASE_PAPERS_DUE, (enum pause_reason)p));
        assert_false(pause_allowed(&r, CASE_PAPERS_OK, (enum pause_reason)p));
        enum pause_reason back;
        assert_int_equal(
            pause_reason_from_word(slice_of(pause_reason_word((enum pause_reason)p)), &back),
            ERR_OK);
        assert_int_equal(back, p);
    }
    r.clock_pause.reasons = 0;
    assert_false(pause_allowed(&r, CASE_REVIEWING, PAUSE_ECONOMY_CHECK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_decisions_deadlines_are_the_clocks_due_times),
        cmocka_unit_test(the_papers_of_first_aid_are_due_as_decided),
        cmocka_unit_test(only_allowed_reasons_pause_and_only_what_they_are_about),
    };
    return cmocka_run_group_tests_name("clock terms", tests, decision_load, decision_unload);
}
