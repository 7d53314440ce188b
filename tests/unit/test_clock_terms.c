/* The terms of the clocks: what the decision promises and what the clocks count must be the same
 * time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
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

/* ---- Where nobody says a verb: what each county says ---- */

static const char OVERLAYS[] =
    "\"overlays\": ["
    "{\"title\": \"a\", \"divisions\": [\"5201\", \"44\"], \"effective_from\": \"2026-01-01\","
    " \"rules\": {\"accept\": {\"urgent_minutes\": 45, \"legal_basis\": \"a\"}}},"
    "{\"title\": \"b\", \"divisions\": [\"520102\"], \"effective_from\": \"2026-01-01\","
    " \"rules\": {\"standard\": {\"dibao_month_fen\": 70000, \"demo\": false,"
    " \"legal_basis\": \"b\"}}},"
    "{\"title\": \"c\", \"divisions\": [\"520103\"], \"effective_from\": \"2026-01-01\","
    " \"rules\": {\"escalation\": {\"county_hours\": 48, \"legal_basis\": \"c\"}}}]";

static struct policy *with_overlays(void)
{
    static const char EMPTY[] = "\"overlays\": []";
    struct policy *p = NULL;
    struct buf text, why;
    struct slice pack = policy_text(policy);
    const char *found = memmem(pack.ptr, pack.len, EMPTY, sizeof(EMPTY) - 1);
    assert_non_null(found);
    size_t head = (size_t)(found - pack.ptr), tail = head + sizeof(EMPTY) - 1;
    buf_init(&text, POLICY_BYTES_MAX);
    buf_init(&why, 65536);
    buf_put_slice(&text, slice_make(pack.ptr, head));
    buf_put_text(&text, OVERLAYS);
    buf_put_slice(&text, slice_make(pack.ptr + tail, pack.len - tail));
    assert_int_equal(policy_load(buf_slice(&text), &p, &why), ERR_OK);
    buf_release(&text);
    buf_release(&why);
    return p;
}

/* The entry of one prefix, "" when there is none. */
static struct slice entry(struct slice places, const char *prefix)
{
    while (places.len > 0) {
        struct slice one = slice_cut(&places, '|');
        struct slice name = slice_cut(&one, ',');
        if (slice_is(name, prefix)) {
            return one;
        }
    }
    return slice_make("", 0);
}

static void the_store_is_told_what_differs_from_county_to_county(void **state)
{
    int64_t now = at("2026-03-02T09:00:00+08:00");
    struct policy *p = with_overlays();
    struct buf text;
    (void)state;
    buf_init(&text, 65536);
    clock_places_write(p, &china, "520000", now, &text);
    assert_int_equal(buf_err(&text), ERR_OK);
    struct slice all = buf_slice(&text);
    assert_true(slice_starts_with(entry(all, ""), "900000,1800000,"));
    assert_true(slice_starts_with(entry(all, "5201"), "900000,2700000,"));
    assert_int_equal(entry(all, "520102").len, 0); /* it says the same as what it lies in */
    assert_true(slice_starts_with(entry(all, "520103"), "900000,2700000,"));
    assert_false(slice_eq(entry(all, "520103"), entry(all, "5201")));
    assert_int_equal(entry(all, "44").len, 0); /* another region's */

    struct clocks_rules terms; /* and what it says are the clocks' times there */
    struct clocks_times t;
    char want[96];
    clock_terms(policy_for(p, "520103001", now), &china, RELIEF_EXPENSE, URGENCY_NORMAL, false,
                &terms);
    assert_int_equal(terms.pace.county_hours, 48);
    assert_int_equal(clocks_due(&china, terms.pay_ordinary, &terms.pace, now, &t, NULL), ERR_OK);
    assert_int_equal(t.county_ms - t.due_ms, 48 * INT64_C(3600000));
    snprintf(want, sizeof(want), "pay=%lld/%lld/%lld/%lld", (long long)t.due_ms,
             (long long)t.warn_ms, (long long)t.county_ms, (long long)t.chase_ms);
    struct slice there = entry(all, "520103");
    assert_non_null(memmem(there.ptr, there.len, want, strlen(want)));

    struct buf county;
    buf_init(&county, 65536);
    clock_places_write(p, &china, "520103", now, &county); /* a county is a region of its own */
    assert_true(slice_eq(entry(buf_slice(&county), ""), there));
    assert_int_equal(entry(buf_slice(&county), "520102").len, 0);
    buf_release(&county);
    buf_release(&text);
    policy_free(p);
}

static void without_overlays_one_entry_says_it_all(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 65536);
    clock_places_write(policy, &china, "520000", at("2026-03-02T09:00:00+08:00"), &text);
    assert_null(memchr(text.ptr, '|', text.len));
    assert_int_equal(text.ptr[0], ',');
    buf_release(&text);
}

static void only_working_days_warn_of_the_time_to_sign(void **state)
{
    int64_t now = at("2026-03-02T09:00:00+08:00"), by = at("2026-03-04T00:00:00+08:00");
    const struct policy_rules *r = policy_for(policy, "520102001", now);
    (void)state;
    assert_int_equal(clock_accept_warn(r, &china, URGENCY_NORMAL, now, by), by - MS_PER_DAY);
    assert_int_equal(clock_accept_warn(r, &china, URGENCY_URGENT, now, now + 1800000), 0);
    assert_int_equal(clock_accept_warn(r, &china, URGENCY_NORMAL, now, 0), 0);
    assert_int_equal(clock_accept_warn(r, &china, URGENCY_NORMAL, now, now), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_decisions_deadlines_are_the_clocks_due_times),
        cmocka_unit_test(the_papers_of_first_aid_are_due_as_decided),
        cmocka_unit_test(the_store_is_told_what_differs_from_county_to_county),
        cmocka_unit_test(without_overlays_one_entry_says_it_all),
        cmocka_unit_test(only_working_days_warn_of_the_time_to_sign),
        cmocka_unit_test(only_allowed_reasons_pause_and_only_what_they_are_about),
    };
    return cmocka_run_group_tests_name("clock terms", tests, decision_load, decision_unload);
}
