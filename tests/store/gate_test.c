/* The kill switch of payments, and the list of what is not final. */
#include "tests/store/fixture.h"

#include "queue/store/calls_gate.h"

static struct pay_switch order(const char *scope, const char *who, const char *key)
{
    return (struct pay_switch){.scope = slice_of(scope),
                               .actor = slice_of(who),
                               .event_tail = SLICE_LIT(TAIL),
                               .idem_hash = slice_of(key),
                               .fingerprint = slice_of(scope)};
}

static enum switch_outcome say(bool go_on, const char *scope, const char *who, const char *key,
                               bool replay)
{
    enum switch_outcome outcome;
    struct pay_switch s = order(scope, who, key);
    bool replayed = !replay;
    (go_on ? pay_resume_write : pay_stop_write)(store_fcall(store), REGION, &s);
    assert_ok(pay_switch_read(send_call(), &outcome, &replayed));
    assert_int_equal(replayed, replay);
    return outcome;
}

static enum switch_outcome stop(const char *scope, const char *who)
{
    return say(false, scope, who, fresh(), false);
}

static enum switch_outcome resume(const char *scope, const char *who)
{
    return say(true, scope, who, fresh(), false);
}

static size_t stops(struct pay_stop *list)
{
    size_t n;
    pay_stops_write(store_fcall(store), REGION);
    assert_ok(pay_stops_read(send_call(), list, &n));
    return n;
}

static void it_takes_two_people_to_go_on(void **state)
{
    static struct pay_stop list[PAY_STOPS_MAX];
    (void)state;
    assert_int_equal(resume("all", REVIEWER), SWITCH_NOT_FOUND);
    assert_int_equal(stop("all", REVIEWER), SWITCH_OK);
    assert_int_equal(resume("all", "finance:qian"), SWITCH_ASKED);
    assert_int_equal(resume("all", "finance:qian"), SWITCH_SAME_PERSON);
    assert_int_equal(stops(list), 1);
    assert_true(slice_is(list[0].stopped_by, REVIEWER));
    assert_true(slice_is(list[0].resume_asked_by, "finance:qian"));
    assert_int_equal(resume("all", REVIEWER), SWITCH_OK);
    assert_int_equal(stops(list), 0);
}

static void stopping_again_forgets_who_asked_to_go_on(void **state)
{
    static struct pay_stop list[PAY_STOPS_MAX];
    (void)state;
    stop("rail:wechat", REVIEWER);
    assert_int_equal(resume("rail:wechat", "finance:qian"), SWITCH_ASKED);
    assert_int_equal(stop("rail:wechat", "finance:sun"), SWITCH_OK);
    assert_int_equal(stops(list), 1);
    assert_true(slice_is(list[0].stopped_by, REVIEWER)); /* since when it stands is not forgotten */
    assert_int_equal(list[0].resume_asked_by.len, 0);
    assert_int_equal(resume("rail:wechat", REVIEWER), SWITCH_ASKED);
}

static void the_same_key_gives_the_first_answer_and_does_nothing(void **state)
{
    static struct pay_stop list[PAY_STOPS_MAX];
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    assert_int_equal(say(false, "all", REVIEWER, "k1", false), SWITCH_OK);
    assert_int_equal(say(true, "all", "finance:qian", "k2", false), SWITCH_ASKED);
    mark_data(before);
    assert_int_equal(say(true, "all", "finance:qian", "k2", true), SWITCH_ASKED);
    assert_int_equal(say(false, "all", REVIEWER, "k1", true),
                     SWITCH_OK); /* he has not stopped it anew */
    assert_int_equal(say(true, "rail:g2p", "finance:qian", "k2", false), SWITCH_KEY_REUSED);
    assert_unchanged(before);
    assert_int_equal(say(true, "all", REVIEWER, "k3", false), SWITCH_OK);
    assert_int_equal(say(true, "all", REVIEWER, "k3", true), SWITCH_OK);
    assert_int_equal(say(false, "all", REVIEWER, "k1", true),
                     SWITCH_OK); /* late: it stays resumed */
    assert_int_equal(stops(list), 0);
}

static void a_scope_covers_what_it_names(void **state)
{
    (void)state;
    struct slice fund = SLICE_LIT("520102022");
    assert_true(pay_scope_stopped(SLICE_LIT("all"), "g2p", fund));
    assert_true(pay_scope_stopped(SLICE_LIT("rail:x,township:520102022"), "g2p", fund));
    assert_true(pay_scope_stopped(SLICE_LIT("township:520102"), "g2p",
                                  fund)); /* the county and all in it */
    assert_true(pay_scope_stopped(SLICE_LIT("rail:g2p"), "g2p", fund));
    assert_false(pay_scope_stopped(SLICE_LIT(""), "g2p", fund));
    assert_false(pay_scope_stopped(SLICE_LIT("rail:wechat,township:520103"), "g2p", fund));
    assert_false(pay_scope_stopped(SLICE_LIT("township:520102022"), "g2p", SLICE_LIT("520102")));
    assert_false(pay_scope_stopped(SLICE_LIT("township:"), "g2p", fund));
}

static void only_scopes_of_the_three_kinds_are_valid(void **state)
{
    static const char *const GOOD[] = {"all", "rail:g2p", "township:520102022", "township:52"};
    static const char *const BAD[] = {"",        "ALL",       "rail:",        "rail:G2P",
                                      "rail:2x", "township:", "township:52a", "x:1"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        assert_true(pay_scope_valid(slice_of(GOOD[i])));
    }
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_false(pay_scope_valid(slice_of(BAD[i])));
        struct pay_switch s = order(BAD[i], "x", fresh());
        pay_stop_write(store_fcall(store), REGION, &s);
        assert_int_not_equal(send_for_err(), ERR_OK);
    }
}

static size_t stuck(struct stuck_payment *rows, int64_t most, int64_t offset, int64_t *total)
{
    size_t n;
    pay_stuck_write(store_fcall(store), REGION, most, offset);
    assert_ok(pay_stuck_read(send_call(), total, rows, &n));
    return n;
}

static void everything_that_is_not_final_is_listed_once(void **state)
{
    static struct stuck_payment rows[STUCK_MOST];
    struct leased jobs;
    int64_t total;
    (void)state;
    allot(TOWN, 1000000);
    for (int i = 0; i < 4; i++) {
        static const char *const persons[] = {"p1", "p2", "p3", "p4"};
        first_aid_case(case_number(i), persons[i], 1000 + i);
    }
    lease(STAGE_PAY, 60000, 2, &jobs);
    finish_one(STAGE_PAY, jobs.token, jobs.ids[0], JOB_BURY, 0, "no answer for days");
    assert_int_equal(stuck(rows, 100, 0, &total), 4);
    assert_int_equal(total, 4);
    assert_true(slice_is(rows[0].place, "dead")); /* what a person must look at comes first */
    assert_true(slice_is(rows[0].reason, "no answer for days"));
    assert_true(rows[0].made_ms > 0);
    assert_int_equal(stuck(rows, 2, 1, &total), 2);
    assert_int_equal(stuck(rows, 100, 3, &total), 1);
    assert_int_equal(stuck(rows, 100, 4, &total), 0);
    assert_int_equal(news(jobs.ids[0], PAYMENT_SUCCEEDED, -1), NEWS_OK);
    assert_int_equal(stuck(rows, 100, 0, &total), 3);
}

static void what_an_officer_carries_is_listed_until_it_is_signed_for(void **state)
{
    static struct stuck_payment rows[STUCK_MOST];
    struct aid_order order = aid(5000);
    const char *no = case_number(1);
    int64_t total;
    (void)state;
    order.method = 'g';
    allot(TOWN, 1000000);
    receive(no, "p1");
    struct leased jobs;
    struct decide_case c = dispatch(no, NULL);
    lease(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    struct claim_result held = claim_case(TOWN, OFFICER, no, 600000);
    struct act_request r = request(no, VERB_FIRST_AID, OFFICER, held.claim);
    r.aid = &order;
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_int_equal(stuck(rows, 100, 0, &total), 1);
    assert_true(slice_is(rows[0].place, "hand"));
    assert_int_equal(rows[0].method, 'g');
    r = request(no, VERB_HAND_FAIL, OFFICER, held.claim);
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_int_equal(state_of(no), CASE_PAY_FAILED);
    assert_int_equal(stuck(rows, 100, 0, &total), 0);
    assert_fund(TOWN, 1000000, 0, 0, 0);
}

static enum decide_answer decide_with(const char *id, bool succeeded, const char *who,
                                      const char *key, bool replay)
{
    enum decide_answer answer;
    bool replayed = !replay;
    const struct pay_decision d = {.id = slice_of(id),
                                   .succeeded = succeeded,
                                   .actor = slice_of(who),
                                   .event_tail = SLICE_LIT(TAIL),
                                   .idem_hash = slice_of(key),
                                   .fingerprint = succeeded ? SLICE_LIT("yes") : SLICE_LIT("no")};
    pay_decide_write(store_fcall(store), REGION, &d);
    assert_ok(pay_decide_read(send_call(), &answer, &replayed));
    assert_int_equal(replayed, replay);
    return answer;
}

static enum decide_answer decide_payment(const char *id, bool succeeded, const char *who)
{
    return decide_with(id, succeeded, who, fresh(), false);
}

static void a_parked_payment_is_decided_by_two_people_who_agree(void **state)
{
    struct leased jobs;
    const char *id = payment_id(case_number(1), 1);
    (void)state;
    allot(TOWN, 1000000);
    first_aid_case(case_number(1), "p1", 1000);
    assert_int_equal(decide_payment(id, false, "finance:a"), PAY_DECIDE_UNDER_WAY);
    lease(STAGE_PAY, 60000, 1, &jobs);
    finish_one(STAGE_PAY, jobs.token, jobs.ids[0], JOB_BURY, 0, "no answer");
    assert_int_equal(decide_payment(payment_id(case_number(2), 1), false, "finance:a"),
                     PAY_DECIDE_NOT_FOUND);
    assert_int_equal(decide_payment(id, true, "finance:a"), PAY_DECIDE_ASKED);
    assert_int_equal(decide_payment(id, true, "finance:a"), PAY_DECIDE_SAME_PERSON);
    assert_int_equal(decide_payment(id, false, "finance:b"), PAY_DECIDE_OTHER);
    assert_fund(TOWN, 999000, 1000, 0, 0);
    assert_int_equal(decide_with(id, false, "finance:a", "k1", false), PAY_DECIDE_OK);
    assert_int_equal(decide_with(id, false, "finance:a", "k1", true), PAY_DECIDE_OK);
    assert_int_equal(decide_with(id, true, "finance:a", "k1", false), PAY_DECIDE_KEY_REUSED);
    assert_fund(TOWN, 1000000, 0, 0, 0);
    assert_int_equal(state_of(case_number(1)), CASE_PAY_FAILED);
    assert_int_equal(decide_payment(id, true, "finance:a"), PAY_DECIDE_FINAL);
    assert_false(in_set("q:pay:dead", id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(it_takes_two_people_to_go_on, fixture_reset),
        cmocka_unit_test_setup(the_same_key_gives_the_first_answer_and_does_nothing, fixture_reset),
        cmocka_unit_test_setup(stopping_again_forgets_who_asked_to_go_on, fixture_reset),
        cmocka_unit_test_setup(a_parked_payment_is_decided_by_two_people_who_agree, fixture_reset),
        cmocka_unit_test_setup(a_scope_covers_what_it_names, fixture_reset),
        cmocka_unit_test_setup(only_scopes_of_the_three_kinds_are_valid, fixture_reset),
        cmocka_unit_test_setup(everything_that_is_not_final_is_listed_once, fixture_reset),
        cmocka_unit_test_setup(what_an_officer_carries_is_listed_until_it_is_signed_for,
                               fixture_reset),
    };
    return RUN_WITH_REDIS(tests);
}
