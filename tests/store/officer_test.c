/* People at work: one holder of a case, different people for making and checking, nothing done
 * twice. */
#include "tests/store/fixture.h"

#define FEN 100000

/* A case whose first aid has been paid, in the inbox of the township. */
static int paid_case(void **state)
{
    fixture_reset(state);
    allot(TOWN, 1000000);
    first_aid_case(case_number(1), "p1", FEN);
    assert_int_equal(news(payment_id(case_number(1), 1), PAYMENT_SUCCEEDED, FEN), NEWS_OK);
    return 0;
}

static bool last_event_tells(const char *no, const char *word)
{
    struct slice township, inbox;
    size_t events;
    case_events_write(store_fcall(store), REGION, slice_of(no));
    const redisReply *reply = send_call();
    assert_ok(case_events_read(reply, &township, &inbox, &events));
    struct slice last = reply_text_at(reply, 1 + events);
    return memmem(last.ptr, last.len, word, strlen(word)) != NULL;
}

static void only_one_of_two_officers_gets_the_case(void **state)
{
    const char *no = case_number(1);
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    struct claim_result mine = claim_case(TOWN, OFFICER, "", 600000);
    assert_int_equal(mine.outcome, CLAIM_OK);
    assert_string_equal(mine.no, no);
    assert_true(in_set("township:" TOWN ":held", no));
    assert_false(in_set("township:" TOWN ":inbox", no));
    mark_data(before);
    assert_int_equal(claim_case(TOWN, "officer:zhao", "", 600000).outcome, CLAIM_NONE);
    assert_int_equal(claim_case(TOWN, "officer:zhao", no, 600000).outcome, CLAIM_HELD);
    assert_int_equal(claim_case(REGION, "officer:zhao", no, 600000).outcome, CLAIM_NOT_FOUND);
    assert_int_equal(claim_case(TOWN, "officer:zhao", "nobody", 600000).outcome, CLAIM_NOT_FOUND);
    assert_unchanged(before);
}

static void claiming_again_gives_a_new_number_and_the_old_one_is_stale(void **state)
{
    const char *no = case_number(1);
    (void)state;
    struct claim_result first = claim_case(TOWN, OFFICER, no, 600000),
                        second = claim_case(TOWN, OFFICER, no, 600000);
    assert_int_equal(second.outcome, CLAIM_OK);
    assert_true(second.claim > first.claim);
    struct act_request r = request(no, VERB_ACCEPT, OFFICER, first.claim);
    assert_int_equal(act(&r).outcome, ACT_STALE);
    r.claim = second.claim;
    assert_int_equal(act(&r).outcome, ACT_OK);
}

static void a_repeated_claim_gets_the_first_answer(void **state)
{
    struct claim_request r = {.inbox = SLICE_LIT(TOWN),
                              .actor = SLICE_LIT(OFFICER),
                              .no = slice_make(NULL, 0),
                              .claim_ms = 600000,
                              .event_tail = SLICE_LIT(TAIL),
                              .idem_hash = SLICE_LIT("k"),
                              .fingerprint = SLICE_LIT("f")};
    struct claim_result one, two;
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    claim_write(store_fcall(store), REGION, &r);
    assert_ok(claim_read(send_call(), &one));
    mark_data(before);
    claim_write(store_fcall(store), REGION, &r);
    assert_ok(claim_read(send_call(), &two));
    assert_true(two.replayed && !one.replayed);
    assert_int_equal(one.claim, two.claim);
    assert_int_equal(one.until_ms, two.until_ms);
    r.fingerprint = SLICE_LIT("g");
    claim_write(store_fcall(store), REGION, &r);
    assert_ok(claim_read(send_call(), &two));
    assert_int_equal(two.outcome, CLAIM_KEY_REUSED);
    assert_unchanged(before);
}

static void a_silent_officer_loses_the_case_and_history_says_so(void **state)
{
    const char *no = case_number(1);
    (void)state;
    struct claim_result first = claim_case(TOWN, OFFICER, no, 1), second = {.outcome = CLAIM_NONE};
    for (int64_t end_ms = clock_mono_ms() + 20000;
         second.outcome != CLAIM_OK && clock_mono_ms() < end_ms;) {
        second = claim_case(TOWN, "officer:zhao", "", 600000);
    }
    assert_int_equal(second.outcome, CLAIM_OK);
    assert_string_equal(second.no, no);
    struct slice township, inbox;
    size_t events;
    case_events_write(store_fcall(store), REGION, slice_of(no));
    const redisReply *reply = send_call();
    assert_ok(case_events_read(reply, &township, &inbox, &events));
    struct slice back = reply_text_at(reply, events);
    assert_non_null(memmem(back.ptr, back.len, "claim-expired", 13));
    assert_non_null(memmem(back.ptr, back.len, "hand-back", 9));
    struct act_request r = request(no, VERB_ACCEPT, OFFICER, first.claim);
    assert_int_equal(act(&r).outcome, ACT_STALE);
}

static void refused_acts_change_nothing(void **state)
{
    const char *no = case_number(1);
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    struct claim_result c = claim_case(TOWN, OFFICER, no, 600000);
    mark_data(before);
    struct act_request r = request(no, VERB_ACCEPT, OFFICER, 0);
    assert_int_equal(act(&r).outcome, ACT_STALE);
    r.claim = c.claim + 1;
    assert_int_equal(act(&r).outcome, ACT_STALE);
    r.claim = c.claim;
    r.actor = SLICE_LIT("officer:zhao");
    assert_int_equal(act(&r).outcome, ACT_STALE);
    r.actor = SLICE_LIT(OFFICER);
    r.scope = SLICE_LIT("520102002");
    assert_int_equal(act(&r).outcome, ACT_NOT_FOUND);
    r.scope = SLICE_LIT(TOWN);
    r.version = 99;
    assert_int_equal(act(&r).outcome, ACT_VERSION);
    r.version = 0;
    r.verb = VERB_CLOSE;
    struct act_result moved = act(&r);
    assert_int_equal(moved.outcome, ACT_MOVE);
    assert_int_equal(moved.state, CASE_FIRST_AID_PAID);
    r.verb = VERB_ACCEPT;
    r.no = slice_of(case_number(2));
    assert_int_equal(act(&r).outcome, ACT_NOT_FOUND);
    assert_unchanged(before);
    r.no = slice_of(no);
    r.version = 5; /* received, dispatched, approved, paid, claimed */
    assert_int_equal(act(&r).outcome, ACT_OK);
}

static void a_repeated_act_gets_the_first_answer(void **state)
{
    const char *no = case_number(1);
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    struct claim_result c = claim_case(TOWN, OFFICER, no, 600000);
    struct act_request r = request(no, VERB_ACCEPT, OFFICER, c.claim);
    r.notify = SLICE_LIT("accepted|x|0");
    struct act_result one = act(&r);
    assert_int_equal(one.outcome, ACT_OK);
    mark_data(before);
    struct act_result two = act(&r);
    assert_int_equal(two.outcome, ACT_REPLAYED);
    assert_int_equal(two.version, one.version);
    r.fingerprint = SLICE_LIT("other");
    assert_int_equal(act(&r).outcome, ACT_KEY_REUSED);
    assert_unchanged(before);
}

static void who_made_or_handled_a_case_does_not_confirm_it(void **state)
{
    const char *no = case_number(1);
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    must_act(no, VERB_ACCEPT, OFFICER, TOWN);
    must_act(no, VERB_PAPERS, OFFICER, TOWN);
    assert_true(in_set("township:" REGION ":inbox", no));
    mark_data(before);
    struct act_request r = request(no, VERB_CONFIRM, OFFICER, 0);
    assert_int_equal(act(&r).outcome, ACT_SAME_PERSON);
    r.actor = SLICE_LIT("rule:SO-1"); /* the maker of the first aid */
    assert_int_equal(act(&r).outcome, ACT_SAME_PERSON);
    assert_unchanged(before);
    r.actor = SLICE_LIT(REVIEWER);
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_int_equal(state_of(no), CASE_REVIEW_CONFIRMED);
    assert_fund(TOWN, 900000, 0, 0, FEN);
    assert_true(in_set("township:" TOWN ":inbox", no));
    assert_false(in_set("township:" REGION ":inbox", no));
}

static void confirm_case(const char *no)
{
    must_act(no, VERB_PAPERS, OFFICER, TOWN);
    must_act(no, VERB_CONFIRM, REVIEWER, REGION);
}

static void the_third_attempt_counts_as_followed_up(void **state)
{
    const char *no = case_number(1);
    (void)state;
    confirm_case(no);
    for (int i = 1; i <= 3; i++) {
        struct act_request r = request(no, VERB_ATTEMPT, OFFICER, 0);
        assert_int_equal(act(&r).outcome, ACT_OK);
        assert_int_equal(state_of(no), i < 3 ? CASE_REVIEW_CONFIRMED : CASE_FOLLOWED_UP);
    }
    assert_true(last_event_tells(no, "follow-up"));
    must_act(no, VERB_CLOSE, OFFICER, TOWN);
    assert_int_equal(state_of(no), CASE_ARCHIVED);
}

static void attempts_before_the_review_never_close_it(void **state)
{
    const char *no = case_number(1);
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct act_request r = request(no, VERB_ATTEMPT, OFFICER, 0);
        assert_int_equal(act(&r).outcome, ACT_OK);
        assert_int_equal(state_of(no), CASE_FIRST_AID_PAID);
    }
}

static void a_no_of_the_citizen_goes_to_the_duty_desk_first(void **state)
{
    const char *no = case_number(1);
    (void)state;
    confirm_case(no);
    struct act_request r = request(no, VERB_ATTEMPT, OFFICER, 0);
    r.extra[0] = SLICE_LIT("no");
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_int_equal(state_of(no), CASE_REVIEW_CONFIRMED);
    assert_true(in_set("township:" REGION ":inbox", no));
    assert_false(in_set("township:" TOWN ":inbox", no));
    assert_string_equal(field(no, "ib"), "0");
}

static void a_closed_case_is_in_no_inbox(void **state)
{
    const char *no = case_number(1);
    (void)state;
    confirm_case(no);
    must_act(no, VERB_FOLLOW_UP, OFFICER, TOWN);
    must_act(no, VERB_CLOSE, OFFICER, TOWN);
    assert_int_equal(set_size("township:" TOWN ":inbox") + set_size("township:" TOWN ":held"), 0);
    assert_int_equal(set_size("township:" REGION ":inbox") + set_size("township:" REGION ":held"),
                     0);
    assert_int_equal(set_size("timers"), 0);
    assert_string_equal(field(no, "o"), "");
    assert_int_equal(claim_case(TOWN, OFFICER, no, 600000).outcome, CLAIM_NOT_FOUND);
}

static void a_withdrawn_case_is_in_no_inbox_and_cannot_be_decided(void **state)
{
    const char *no = case_number(2);
    struct leased jobs;
    struct decide_case c = dispatch(no, NULL);
    (void)state;
    receive(no, "p2");
    lease(STAGE_ROUTE, 600000, 1, &jobs);
    struct act_request r = request(no, VERB_WITHDRAW, OFFICER, 0);
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_int_equal(decide(jobs.token, &c), DECIDE_VERSION);
    c.version = 2;
    assert_int_equal(decide(jobs.token, &c), DECIDE_MOVE);
    assert_int_equal(set_size("township:" TOWN ":inbox"), 1); /* the other one */
}

static void handing_back_keeps_the_place_in_the_queue(void **state)
{
    const char *no = case_number(1);
    (void)state;
    char before[32];
    memcpy(before, field(no, "ib"), sizeof(before));
    must_act(no, VERB_HAND_BACK, OFFICER, TOWN);
    assert_true(in_set("township:" TOWN ":inbox", no));
    assert_false(in_set("township:" TOWN ":held", no));
    assert_string_equal(field(no, "ib"), before);
    assert_string_equal(field(no, "cl"), "");
}

static void an_officers_first_aid_is_under_the_same_caps(void **state)
{
    const char *no = case_number(2);
    struct leased jobs;
    struct decide_case c = dispatch(no, NULL);
    struct aid_order order = aid(400001);
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    receive(no, "p1"); /* has had 1 000 yuan of 5 000 */
    lease(STAGE_ROUTE, 600000, 1, &jobs);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    struct claim_result claim = claim_case(TOWN, OFFICER, no, 600000);
    struct act_request r = request(no, VERB_FIRST_AID, OFFICER, claim.claim);
    r.aid = &order;
    mark_data(before);
    struct act_result refused = act(&r);
    assert_int_equal(refused.outcome, ACT_CAP);
    assert_string_equal(refused.cap, "year");
    assert_int_equal(refused.left_fen, 400000);
    order.amount_fen = 900001;
    refused = act(&r);
    assert_int_equal(refused.outcome, ACT_FUNDS);
    assert_int_equal(refused.left_fen, 900000);
    assert_unchanged(before);
    order.amount_fen = 400000;
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_fund(TOWN, 500000, 400000, FEN, 0);
}

static void the_inbox_lists_held_cases_first_and_counts_all(void **state)
{
    struct inbox_item items[INBOX_ITEMS_MAX];
    struct leased jobs;
    int64_t total;
    size_t n;
    (void)state;
    for (int i = 2; i <= 4; i++) {
        struct decide_case c = dispatch(case_number(i), NULL);
        c.inbox_score = 100 - i;
        receive(case_number(i), "p2");
        lease(STAGE_ROUTE, 600000, 1, &jobs);
        assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    }
    assert_int_equal(claim_case(TOWN, OFFICER, case_number(2), 600000).outcome, CLAIM_OK);
    inbox_write(store_fcall(store), REGION, SLICE_LIT(TOWN), 3);
    assert_ok(inbox_read(send_call(), &total, items, &n));
    assert_int_equal(total, 4);
    assert_int_equal(n, 3);
    assert_slice(items[0].no, case_number(2));
    assert_slice(items[1].no, case_number(1)); /* score 7 */
    assert_slice(items[2].no, case_number(4)); /* 96 before 97 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_one_of_two_officers_gets_the_case, paid_case),
        cmocka_unit_test_setup(claiming_again_gives_a_new_number_and_the_old_one_is_stale,
                               paid_case),
        cmocka_unit_test_setup(a_repeated_claim_gets_the_first_answer, paid_case),
        cmocka_unit_test_setup(a_silent_officer_loses_the_case_and_history_says_so, paid_case),
        cmocka_unit_test_setup(refused_acts_change_nothing, paid_case),
        cmocka_unit_test_setup(a_repeated_act_gets_the_first_answer, paid_case),
        cmocka_unit_test_setup(who_made_or_handled_a_case_does_not_confirm_it, paid_case),
        cmocka_unit_test_setup(the_third_attempt_counts_as_followed_up, paid_case),
        cmocka_unit_test_setup(attempts_before_the_review_never_close_it, paid_case),
        cmocka_unit_test_setup(a_no_of_the_citizen_goes_to_the_duty_desk_first, paid_case),
        cmocka_unit_test_setup(a_closed_case_is_in_no_inbox, paid_case),
        cmocka_unit_test_setup(a_withdrawn_case_is_in_no_inbox_and_cannot_be_decided, paid_case),
        cmocka_unit_test_setup(handing_back_keeps_the_place_in_the_queue, paid_case),
        cmocka_unit_test_setup(an_officers_first_aid_is_under_the_same_caps, paid_case),
        cmocka_unit_test_setup(the_inbox_lists_held_cases_first_and_counts_all, paid_case),
    };
    return RUN_WITH_REDIS(tests);
}
