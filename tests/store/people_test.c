/* People beside the case: households share caps; relatives, history, spot checks. */
#include "tests/store/people_fixture.h"

#include <stdio.h>

static struct person_year figures(struct slice text)
{
    struct person_year p;
    assert_ok(person_year_read(text, YEAR, SLICE_LIT("fire"), &p));
    return p;
}

static void give_history(const char *hash, const char *text)
{
    char key[96];
    snprintf(key, sizeof(key), "{" REGION "}:person:%s", hash);
    redis_must(&redis, "HSET", key, "y", text, NULL);
}

static enum err leave(const char *hash)
{
    household_leave_write(store_fcall(store), REGION, slice_of(hash), SLICE_LIT(TAIL));
    return household_leave_read(send_call());
}

/* ---- Households ---- */

static void a_household_has_one_history(void **state)
{
    struct aid_order order = aid(1000);
    (void)state;
    order.cap_times = 1;
    receive_with(case_number(1), A, "", B "," C, "");
    assert_int_equal(decide_like(case_number(1), &order, NULL, "", 0), DECIDE_OK);
    receive(case_number(2), B);
    assert_int_equal(decide_like(case_number(2), &order, NULL, "", 0), DECIDE_REFUSED);
    struct loaded_case row = load_one(case_number(2));
    assert_int_equal(figures(row.household_year).times, 1);
    assert_int_equal(figures(row.household_year).same_cause, 1);
    assert_int_equal(figures(row.person_year).times, 0);
    /* what did not arrive gives back to both */
    assert_int_equal(news(payment_id(case_number(1), 1), PAYMENT_FAILED, 1000), NEWS_OK);
    assert_int_equal(figures(load_one(case_number(2)).household_year).times, 0);
    assert_int_equal(person(A, "fire").times, 0);
    struct decide_case c = dispatch(case_number(2), &order);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    assert_int_equal(figures(load_one(case_number(1)).household_year).paid_fen, 1000);
}

static void without_a_household_nothing_is_different(void **state)
{
    struct aid_order order = aid(1000);
    (void)state;
    order.cap_times = 1;
    receive(case_number(1), A);
    receive(case_number(2), B);
    assert_int_equal(decide_like(case_number(1), &order, NULL, "", 0), DECIDE_OK);
    struct decide_case c = dispatch(case_number(2), &order);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    assert_int_equal(load_one(case_number(1)).household.len, 0);
}

static void joining_adds_histories_of_the_later_year(void **state)
{
    (void)state;
    give_history(A, "2026|100|1|1|fire=1");
    give_history(B, "2026|200|2|0|fire=1,flood=1");
    give_history(C, "2025|900|9|9|fire=9");
    receive_with(case_number(1), A, "", B "," C, "");
    struct person_year p = figures(load_one(case_number(1)).household_year);
    assert_int_equal(p.paid_fen, 300);
    assert_int_equal(p.times, 3);
    assert_int_equal(p.small_fast_times, 1);
    assert_int_equal(p.same_cause, 2);
}

static void two_households_become_one(void **state)
{
    (void)state;
    give_history(A, "2026|100|1|0|fire=1");
    give_history(B, "2026|200|1|0|fire=1");
    receive_with(case_number(1), A, "", C, "");
    receive_with(case_number(2), B, HOUSE_KEY, "", "");
    assert_int_equal(figures(load_one(case_number(2)).household_year).times, 1);
    receive_with(case_number(3), A, HOUSE_KEY, "", "");
    struct loaded_case row = load_one(case_number(3));
    assert_slice(row.household, "k" HOUSE_KEY);
    assert_int_equal(figures(row.household_year).paid_fen, 300);
    receive(case_number(4), C);
    assert_slice(load_one(case_number(4)).household, "k" HOUSE_KEY);
    /* once more changes nothing */
    receive_with(case_number(5), C, HOUSE_KEY, A "," B, "");
    assert_int_equal(figures(load_one(case_number(5)).household_year).paid_fen, 300);
}

static void a_household_has_a_limit(void **state)
{
    char members[33 * HOUSEHOLD_MEMBERS_MAX];
    size_t len = 0;
    (void)state;
    for (int i = 0; i < HOUSEHOLD_MEMBERS_MAX - 1; i++) {
        len += (size_t)snprintf(members + len, sizeof(members) - len, "%s%032x", i > 0 ? "," : "",
                                i + 16);
    }
    receive_with(case_number(1), A, HOUSE_KEY, members, "");
    assert_slice(load_one(case_number(1)).household, "k" HOUSE_KEY);
    receive_with(case_number(2), B, HOUSE_KEY, "", "");
    assert_int_equal(load_one(case_number(2)).household.len, 0);
}

static void leaving_gives_no_caps_back(void **state)
{
    (void)state;
    give_history(A, "2026|100|1|0|fire=1");
    receive_with(case_number(1), A, "", B, "");
    assert_ok(leave(B));
    assert_int_equal(leave(B), ERR_NOT_FOUND);
    receive(case_number(2), B);
    struct loaded_case row = load_one(case_number(2));
    assert_int_equal(row.household.len, 0);
    assert_int_equal(figures(row.person_year).paid_fen, 100);
    assert_int_equal(figures(load_one(case_number(1)).household_year).paid_fen, 100);
    /* and coming back counts nothing twice */
    receive_with(case_number(3), A, "", B, "");
    assert_int_equal(figures(load_one(case_number(3)).household_year).paid_fen, 100);
}

static void the_person_has_a_cap_of_his_own_in_the_household(void **state)
{
    struct aid_order order = aid(1000);
    (void)state;
    order.cap_person_fen = 1500;
    receive_with(case_number(1), A, "", B, "");
    assert_int_equal(decide_like(case_number(1), &order, NULL, "", 0), DECIDE_OK);
    receive(case_number(2), A);
    assert_int_equal(decide_like(case_number(2), &order, NULL, "", 0), DECIDE_REFUSED);
    struct leased held = jobs;
    receive(case_number(3), B); /* the household's cap is far */
    assert_int_equal(decide_like(case_number(3), &order, NULL, "", 0), DECIDE_OK);
    struct decide_case c = dispatch(case_number(2), &order);
    order.amount_fen = 500;
    assert_int_equal(decide(held.token, &c), DECIDE_REFUSED); /* its third time this year */
    order.cap_times = 3;
    order.cap_same_cause = 3;
    assert_int_equal(decide(held.token, &c), DECIDE_OK); /* the last fen of his own cap */
}

static void a_township_has_a_cap_for_the_day_whoever_approves(void **state)
{
    struct aid_order order = aid(1000), by_officer = aid(1000);
    (void)state;
    order.cap_township_fen = by_officer.cap_township_fen = 2500;
    by_officer.day = by_officer.month = by_officer.cap_day_fen = by_officer.cap_month_fen = 0;
    receive(case_number(1), A);
    assert_int_equal(decide_like(case_number(1), &order, NULL, "", 0), DECIDE_OK);
    receive(case_number(2), B);
    assert_int_equal(decide_like(case_number(2), &by_officer, NULL, "", 0), DECIDE_OK);
    receive(case_number(3), C);
    assert_int_equal(decide_like(case_number(3), &by_officer, NULL, "", 0), DECIDE_REFUSED);
    load_funds_begin(store_fcall(store), REGION);
    fcall_text(store_fcall(store), TOWN);
    struct loaded_fund f;
    assert_ok(load_funds_read(send_call(), &f, 1));
    struct slice rest = f.all_day;
    slice_cut(&rest, ':');
    assert_slice(rest, "2000");
    /* what fails on the same day is free again */
    assert_int_equal(news(payment_id(case_number(2), 1), PAYMENT_FAILED, 1000), NEWS_OK);
    struct decide_case c = dispatch(case_number(3), &by_officer);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
}

/* ---- Relatives, history, spot checks ---- */

static bool set_relative(const char *hash, const char *actor, bool add)
{
    bool changed = false;
    relative_set_write(store_fcall(store), REGION, slice_of(hash), slice_of(actor), add,
                       SLICE_LIT(TAIL));
    assert_ok(relative_set_read(send_call(), &changed));
    return changed;
}

static void who_is_on_the_register_as_a_relative_decides_nothing(void **state)
{
    const char *no = case_number(1);
    (void)state;
    assert_true(set_relative(A, OFFICER, true));
    assert_false(set_relative(A, OFFICER, true));
    receive(no, A);
    assert_true(load_one(no).relative);
    decide_plain(no, A);
    struct claim_result claim = claim_case(TOWN, OFFICER, no, 600000);
    struct act_request r = request(no, VERB_ACCEPT, OFFICER, claim.claim);
    struct act_result result = act(&r);
    assert_int_equal(result.outcome, ACT_REFUSED);
    assert_int_equal(result.refusal, REFUSAL_RECUSED);
    assert_true(set_relative(A, OFFICER, false));
    assert_false(load_one(no).relative);
    r = request(no, VERB_ACCEPT, OFFICER, claim.claim);
    assert_int_equal(act(&r).outcome, ACT_OK);
}

static void a_relative_in_the_household_counts_for_all_of_it(void **state)
{
    (void)state;
    assert_true(set_relative(B, OFFICER, true));
    receive_with(case_number(1), A, "", B, "");
    assert_true(load_one(case_number(1)).relative);
    assert_true(set_relative(B, OFFICER, false));
    assert_false(load_one(case_number(1)).relative);
    assert_true(set_relative(B, OFFICER, true));
    assert_true(load_one(case_number(1)).relative);
    assert_ok(leave(B));
    assert_false(load_one(case_number(1)).relative);
}

static void the_register_is_listed_by_actor(void **state)
{
    static struct staff_row rows[STAFF_ROWS_MAX];
    size_t n = 9;
    (void)state;
    set_relative(A, OFFICER, true);
    set_relative(B, OFFICER, true);
    set_relative(A, REVIEWER, true);
    relative_list_write(store_fcall(store), REGION, SLICE_LIT(OFFICER));
    assert_ok(staff_list_read(send_call(), rows, &n));
    assert_int_equal(n, 2);
    assert_slice(rows[1].hash, B);
    relative_list_write(store_fcall(store), REGION, slice_make(NULL, 0));
    assert_ok(staff_list_read(send_call(), rows, &n));
    assert_int_equal(n, 3);
}

static void history_says_who_had_what_where(void **state)
{
    static struct history_view v;
    struct aid_order order = aid(331200);
    (void)state;
    receive_with(case_number(1), A, "", B, "");
    assert_int_equal(decide_like(case_number(1), &order, NULL, "", 0), DECIDE_OK);
    receive(case_number(2), B);
    relief_history_write(store_fcall(store), REGION, slice_of(case_number(2)));
    assert_ok(relief_history_read(send_call(), &v));
    assert_int_equal(v.count, 1);
    assert_slice(v.rows[0].no, case_number(1));
    assert_int_equal(v.rows[0].fen, 331200);
    assert_slice(v.rows[0].cause, "fire");
    assert_slice(v.rows[0].township, TOWN);
    assert_true(v.rows[0].at_ms > INT64_C(1500000000000));
    assert_false(v.rows[0].own);
    assert_int_equal(news(payment_id(case_number(1), 1), PAYMENT_FAILED, 331200), NEWS_OK);
    relief_history_write(store_fcall(store), REGION, slice_of(case_number(1)));
    assert_ok(relief_history_read(send_call(), &v));
    assert_int_equal(v.count, 1);
    assert_int_equal(v.rows[0].fen, 0); /* shown: it was approved and has come back */
    assert_true(v.rows[0].own);
    relief_history_write(store_fcall(store), REGION, slice_of(case_number(9)));
    assert_int_equal(relief_history_read(send_call(), &v), ERR_NOT_FOUND);
}

static void a_drawn_case_waits_for_the_county(void **state)
{
    static struct spot_check_row rows[SPOT_CHECKS_SHOWN_MAX];
    int64_t total = 0;
    size_t n = 0;
    struct link_query q = query(case_number(1), A);
    (void)state;
    receive(case_number(1), A);
    assert_int_equal(decide_like(case_number(1), NULL, &q, "", 5000), DECIDE_OK);
    must_act(case_number(1), VERB_ACCEPT, OFFICER, TOWN);
    spot_checks_write(store_fcall(store), REGION, 0, 10);
    assert_ok(spot_checks_read(send_call(), &total, rows, &n));
    assert_int_equal(total, 1);
    assert_int_equal(n, 1);
    assert_slice(rows[0].no, case_number(1));
    assert_slice(rows[0].handler, OFFICER);
    assert_int_equal(rows[0].due_ms, 5000);
    assert_int_equal(rows[0].state, CASE_ACCEPTED);
    struct act_request r = request(case_number(1), VERB_CHECKED, OFFICER, 0);
    assert_int_equal(act(&r).outcome, ACT_SAME_PERSON); /* who handled it does not check it */
    r = request(case_number(1), VERB_CHECKED, REVIEWER, 0);
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_false(in_set("spotchecks", case_number(1)));
    spot_checks_write(store_fcall(store), REGION, 5000, 10);
    assert_ok(spot_checks_read(send_call(), &total, rows, &n));
    assert_int_equal(n, 0);
}

static void whom_the_caller_names_stands_back(void **state)
{
    const char *no = case_number(1);
    (void)state;
    receive_with(no, A, "", "", OFFICER);
    decide_plain(no, A);
    struct claim_result claim = claim_case(TOWN, OFFICER, no, 600000);
    struct act_request r = request(no, VERB_ACCEPT, OFFICER, claim.claim);
    assert_int_equal(act(&r).refusal, REFUSAL_RECUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_household_has_one_history, people_setup),
        cmocka_unit_test_setup(without_a_household_nothing_is_different, people_setup),
        cmocka_unit_test_setup(joining_adds_histories_of_the_later_year, people_setup),
        cmocka_unit_test_setup(two_households_become_one, people_setup),
        cmocka_unit_test_setup(a_household_has_a_limit, people_setup),
        cmocka_unit_test_setup(leaving_gives_no_caps_back, people_setup),
        cmocka_unit_test_setup(the_person_has_a_cap_of_his_own_in_the_household, people_setup),
        cmocka_unit_test_setup(a_township_has_a_cap_for_the_day_whoever_approves, people_setup),
        cmocka_unit_test_setup(who_is_on_the_register_as_a_relative_decides_nothing, people_setup),
        cmocka_unit_test_setup(a_relative_in_the_household_counts_for_all_of_it, people_setup),
        cmocka_unit_test_setup(the_register_is_listed_by_actor, people_setup),
        cmocka_unit_test_setup(history_says_who_had_what_where, people_setup),
        cmocka_unit_test_setup(a_drawn_case_waits_for_the_county, people_setup),
        cmocka_unit_test_setup(whom_the_caller_names_stands_back, people_setup),
    };
    return RUN_WITH_REDIS(tests);
}
