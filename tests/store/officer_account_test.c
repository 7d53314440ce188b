/* Officers' own accounts: whose they are, who takes them off, what a case hears of them. */
#include "tests/store/people_fixture.h"

#include "queue/store/calls_payee.h"

#define PERSON "0123456789abcdef0123456789abcdef"
#define ONE "11111111111111111111111111111111"
#define TWO "22222222222222222222222222222222"
#define COUNTY_LI "reviewer:li"

static enum officer_account_outcome set_by(const char *hash, const char *actor, bool add,
                                           const char *by)
{
    enum officer_account_outcome outcome = OFFICER_ACCOUNT_OUTCOME_COUNT;
    officer_account_set_write(store_fcall(store), REGION, slice_of(hash), slice_of(actor), add,
                              slice_of(by), SLICE_LIT(TAIL));
    assert_ok(officer_account_set_read(send_call(), &outcome));
    return outcome;
}

static enum officer_account_outcome set(const char *hash, const char *actor, bool add)
{
    return set_by(hash, actor, add, COUNTY_LI);
}

/* "officer:a 1111…, …" */
static void assert_listed(const char *actor, const char *expected)
{
    struct staff_row rows[STAFF_ROWS_MAX];
    char text[1024] = "";
    size_t n = 0, len = 0;
    officer_account_list_write(store_fcall(store), REGION, slice_of(actor));
    assert_ok(staff_list_read(send_call(), rows, &n));
    for (size_t i = 0; i < n; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s %.1s", i > 0 ? ", " : "",
                                SLICE_FMT(rows[i].actor), rows[i].hash.ptr);
    }
    assert_string_equal(text, expected);
}

static struct payee_look look(const char *no, const char *account_number, const char *actor)
{
    static struct payee_look out; /* borrows from the reply, as all the fixture's do */
    const struct payee_look_for q = {.case_no = slice_of(no),
                                     .account = SLICE_LIT(""),
                                     .generations = "2026",
                                     .idem_hash = SLICE_LIT(""),
                                     .phone_hash = SLICE_LIT(""),
                                     .account_number = slice_of(account_number),
                                     .actor = slice_of(actor)};
    payee_look_write(store_fcall(store), REGION, &q);
    assert_ok(payee_look_read(send_call(), &out));
    return out;
}

static void an_account_is_entered_once_and_may_be_of_two_people(void **state)
{
    (void)state;
    assert_listed("", "");
    assert_int_equal(set(ONE, "officer:wang", true), OFFICER_ACCOUNT_CHANGED);
    assert_int_equal(set(ONE, "officer:wang", true), OFFICER_ACCOUNT_SAME);
    assert_int_equal(set(ONE, "officer:zhao", true), OFFICER_ACCOUNT_CHANGED);
    assert_int_equal(set(TWO, "officer:wang", true), OFFICER_ACCOUNT_CHANGED);
    assert_listed("", "officer:wang 1, officer:wang 2, officer:zhao 1");
    assert_listed("officer:zhao", "officer:zhao 1");
    assert_int_equal(set(ONE, "officer:a", true), OFFICER_ACCOUNT_CHANGED);
    assert_int_equal(set(ONE, "officer:b", true), OFFICER_ACCOUNT_CHANGED);
    assert_int_equal(set(ONE, "officer:c", true), OFFICER_ACCOUNT_FULL);
}

static void who_owns_it_does_not_take_it_off_not_in_another_role_either(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    assert_int_equal(set(ONE, "officer:wang", true), OFFICER_ACCOUNT_CHANGED);
    mark_data(before);
    assert_int_equal(set_by(ONE, "officer:wang", false, "officer:wang"), OFFICER_ACCOUNT_OWN);
    assert_int_equal(set_by(ONE, "officer:wang", false, "reviewer:wang"), OFFICER_ACCOUNT_OWN);
    assert_int_equal(set_by("", "officer:wang", false, "admin:wang"), OFFICER_ACCOUNT_OWN);
    assert_int_equal(set(TWO, "officer:wang", false), OFFICER_ACCOUNT_SAME);
    assert_unchanged(before);
    assert_int_equal(set(ONE, "officer:wang", false), OFFICER_ACCOUNT_CHANGED);
    assert_listed("", "");
}

static void all_of_an_officer_go_at_once_and_leave_nothing_of_him(void **state)
{
    (void)state;
    assert_int_equal(set(ONE, "officer:wang", true), OFFICER_ACCOUNT_CHANGED);
    assert_int_equal(set(ONE, "officer:zhao", true), OFFICER_ACCOUNT_CHANGED);
    assert_int_equal(set(TWO, "officer:wang", true), OFFICER_ACCOUNT_CHANGED);
    assert_int_equal(set("", "officer:wang", false), OFFICER_ACCOUNT_CHANGED);
    assert_listed("", "officer:zhao 1");
    assert_int_equal(set("", "officer:wang", false), OFFICER_ACCOUNT_SAME);
}

static void what_is_no_hash_and_no_actor_is_refused(void **state)
{
    static const char *const HASHES[] = {"", "1234", "zz", ONE "1"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(HASHES); i++) {
        officer_account_set_write(store_fcall(store), REGION, slice_of(HASHES[i]),
                                  SLICE_LIT("officer:wang"), true, SLICE_LIT(COUNTY_LI),
                                  SLICE_LIT(TAIL));
        assert_int_not_equal(send_for_err(), ERR_OK);
    }
    officer_account_set_write(store_fcall(store), REGION, SLICE_LIT(ONE), SLICE_LIT("a,officer:b"),
                              true, SLICE_LIT(COUNTY_LI), SLICE_LIT(TAIL));
    assert_int_not_equal(send_for_err(), ERR_OK);
}

static void the_route_stage_finds_the_owners_and_they_stand_back(void **state)
{
    const char *no = case_number(1);
    struct link_query q = query(no, PERSON);
    (void)state;
    receive(no, PERSON);
    q.account_number = SLICE_LIT(ONE);
    assert_slice(find(&q).officers, "");
    assert_int_equal(set(ONE, OFFICER, true), OFFICER_ACCOUNT_CHANGED);
    assert_slice(find(&q).officers, OFFICER);
    q.recused = SLICE_LIT(OFFICER);
    assert_int_equal(decide_like(no, NULL, &q, "", 4102444800000), DECIDE_OK);
    struct claim_result claim = claim_case(TOWN, OFFICER, no, 600000);
    struct act_request r = request(no, VERB_ACCEPT, OFFICER, claim.claim);
    struct act_result result = act(&r);
    assert_int_equal(result.outcome, ACT_REFUSED);
    assert_int_equal(result.refusal, REFUSAL_RECUSED);
    struct payee_look seen = look(no, ONE, OFFICER);
    assert_true(seen.own);
    assert_false(seen.recuse); /* he stands back already */
}

static void an_account_entered_later_is_found_before_the_money(void **state)
{
    const char *no = case_number(1);
    struct spot_check_row rows[SPOT_CHECKS_SHOWN_MAX];
    int64_t total = 0;
    size_t n = 0;
    (void)state;
    receive(no, PERSON);
    decide_plain(no, PERSON);
    assert_slice(look(no, ONE, OFFICER).officers, "");
    assert_int_equal(set(ONE, OFFICER, true), OFFICER_ACCOUNT_CHANGED);
    assert_int_equal(set(ONE, "officer:b", true), OFFICER_ACCOUNT_CHANGED);
    struct payee_look seen = look(no, ONE, "officer:zhao");
    assert_slice(seen.officers, OFFICER ",officer:b");
    assert_true(seen.recuse);
    assert_false(seen.own);
    assert_true(look(no, ONE, "finance:b").own); /* the same person in another role */
    assert_slice(look(no, TWO, OFFICER).officers, "");
    assert_slice(look(no, "", OFFICER).officers, "");

    for (int i = 0; i < 2; i++) { /* twice is once */
        payee_note_write(store_fcall(store), REGION, slice_of(no), SLICE_LIT("officer"),
                         SLICE_LIT("officer:zhao"), SLICE_LIT(OFFICER ",officer:b"), 5000 + i,
                         SLICE_LIT(TAIL));
        assert_slice(reply_text(send_call()), "ok");
    }
    assert_false(look(no, ONE, "officer:zhao").recuse);
    spot_checks_write(store_fcall(store), REGION, 0, 10);
    assert_ok(spot_checks_read(send_call(), &total, rows, &n));
    assert_int_equal(n, 1);
    assert_slice(rows[0].no, no);
    assert_int_equal(rows[0].due_ms, 5000);
    struct claim_result claim = claim_case(TOWN, OFFICER, no, 600000);
    struct act_request r = request(no, VERB_ACCEPT, OFFICER, claim.claim);
    assert_int_equal(act(&r).refusal, REFUSAL_RECUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_account_is_entered_once_and_may_be_of_two_people, people_setup),
        cmocka_unit_test_setup(who_owns_it_does_not_take_it_off_not_in_another_role_either,
                               people_setup),
        cmocka_unit_test_setup(all_of_an_officer_go_at_once_and_leave_nothing_of_him, people_setup),
        cmocka_unit_test_setup(what_is_no_hash_and_no_actor_is_refused, people_setup),
        cmocka_unit_test_setup(the_route_stage_finds_the_owners_and_they_stand_back, people_setup),
        cmocka_unit_test_setup(an_account_entered_later_is_found_before_the_money, people_setup),
    };
    return RUN_WITH_REDIS(tests);
}
