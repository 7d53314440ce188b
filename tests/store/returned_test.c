/* What the bank gives back of money that a review has found wrong: before anybody has decided,
 * while it is being recovered, when it was waived, when it had been repaid already. Every fen is
 * booked in the same call, whatever comes twice or late changes nothing, and a surplus goes back to
 * its person by two people. */
#include "tests/store/fixture.h"

#include <stdio.h>
#include "queue/store/calls_ledger.h"

#define FEN 331200
#define FUND 1000000
#define CHECKER "reviewer:zhou"
#define FINANCE "finance:qian"
#define OTHER_FINANCE "finance:sun"

static const char *no, *id;

/* First aid that has arrived, with its papers. */
static int paid_case(void **state)
{
    static char numbers[2][32];
    fixture_reset(state);
    allot(TOWN, FUND);
    snprintf(numbers[0], sizeof(numbers[0]), "%s", case_number(1));
    no = numbers[0];
    snprintf(numbers[1], sizeof(numbers[1]), "%s", payment_id(no, 1));
    id = numbers[1];
    first_aid_case(no, "p1", FEN);
    assert_int_equal(news(id, PAYMENT_SUCCEEDED, FEN), NEWS_OK);
    must_act(no, VERB_PAPERS, OFFICER, TOWN);
    return 0;
}

static struct act_result say(enum case_verb verb, const char *actor, const char *first, int64_t fen)
{
    char text[32];
    struct act_request r = request(no, verb, actor, 0);
    snprintf(text, sizeof(text), "%lld", (long long)fen);
    size_t at = 0;
    if (first != NULL) {
        r.extra[at++] = slice_of(first);
    }
    if (fen >= 0) {
        r.extra[at++] = slice_of(text);
    }
    return act(&r);
}

static void found_wrong(int64_t fen)
{
    assert_int_equal(say(VERB_REVIEW_FAIL, REVIEWER, NULL, fen).outcome, ACT_OK);
    assert_int_equal(state_of(no), CASE_REVIEW_FAILED);
}

static void repaid(int64_t fen)
{
    assert_int_equal(say(VERB_REPAY, FINANCE, NULL, fen).outcome, ACT_OK);
}

/* News that came already, in any order, leave everything as it is. */
static void again_changes_nothing(void)
{
    char before[REDIS_DIGEST_SIZE];
    mark_data(before);
    assert_int_equal(news(id, PAYMENT_RETURNED, FEN), NEWS_SAME);
    assert_int_equal(news(id, PAYMENT_SUCCEEDED, FEN), NEWS_SAME);
    assert_int_equal(news(id, PAYMENT_UNKNOWN, FEN), NEWS_SAME);
    assert_int_equal(news(id, PAYMENT_FAILED, FEN), NEWS_SAME);
    assert_unchanged(before);
}

static void comes_back(void)
{
    assert_int_equal(news(id, PAYMENT_RETURNED, FEN), NEWS_OK);
    assert_string_equal(field(no, "a"), "0");
    assert_int_equal(person("p1", "fire").paid_fen, 0);
    again_changes_nothing();
}

static void assert_rest(int64_t recovering, int64_t recovered, int64_t written_off, int64_t owed)
{
    struct fund_view v = fund(TOWN);
    assert_int_equal(v.recovering_fen, recovering);
    assert_int_equal(v.recovered_fen, recovered);
    assert_int_equal(v.written_off_fen, written_off);
    assert_int_equal(v.owed_fen, owed);
}

static bool has_task(void)
{
    char task[64], text[16];
    snprintf(task, sizeof(task), "surplus:%s", no);
    redis_text(&redis, text, sizeof(text), "HEXISTS", "{" REGION "}:tasks", task, NULL);
    return text[0] == '1';
}

static void what_nobody_has_decided_on_ends_when_it_comes_back(void **state)
{
    (void)state;
    int64_t told = set_size("q:notify:ready");
    found_wrong(FEN);
    assert_fund(TOWN, FUND - FEN, 0, FEN, 0);
    comes_back();
    assert_fund(TOWN, FUND, 0, 0, 0);
    assert_rest(0, 0, 0, 0);
    assert_int_equal(state_of(no), CASE_RECOVERED);
    assert_true(in_set("township:" TOWN ":inbox", no));
    assert_int_equal(set_size("q:notify:ready"),
                     told); /* he waits for nothing: no word of a new account */
    assert_int_equal(say(VERB_RECOVER, CHECKER, NULL, -1).outcome, ACT_MOVE);
}

static void a_part_that_was_wrong_ends_too_and_the_rest_is_to_be_paid_anew(void **state)
{
    (void)state;
    found_wrong(1000);
    assert_fund(TOWN, FUND - FEN, 0, 1000, FEN - 1000);
    comes_back();
    assert_fund(TOWN, FUND, 0, 0, 0);
    assert_int_equal(state_of(no), CASE_PAY_FAILED);
}

static void what_is_being_recovered_shrinks_and_what_was_repaid_is_owed(void **state)
{
    (void)state;
    found_wrong(1000);
    assert_int_equal(say(VERB_RECOVER, CHECKER, NULL, -1).outcome, ACT_OK);
    repaid(400);
    assert_rest(600, 400, 0, 0);
    comes_back();
    assert_fund(TOWN, FUND - 400, 400, 0,
                0); /* 400 are held for him, 400 of his lie with finance */
    assert_rest(0, 400, 0, 400);
    assert_true(has_task());
    assert_int_equal(state_of(no), CASE_PAY_FAILED);
}

static void what_was_waived_comes_back_to_the_fund(void **state)
{
    (void)state;
    found_wrong(FEN);
    assert_int_equal(say(VERB_WAIVE, CHECKER, NULL, -1).outcome, ACT_OK);
    assert_rest(0, 0, FEN, 0);
    comes_back();
    assert_fund(TOWN, FUND, 0, 0, 0);
    assert_rest(0, 0, 0, 0);
    assert_int_equal(state_of(no), CASE_RECOVERED);
    assert_false(has_task());
}

static void what_was_waived_in_part_sends_the_rest_to_be_paid_anew(void **state)
{
    (void)state;
    found_wrong(1000);
    assert_int_equal(say(VERB_RECOVER, CHECKER, NULL, -1).outcome, ACT_OK);
    repaid(300);
    assert_int_equal(say(VERB_WAIVE, REVIEWER, NULL, -1).outcome, ACT_OK);
    assert_rest(0, 300, 700, 0);
    comes_back();
    assert_fund(TOWN, FUND - 300, 300, 0, 0);
    assert_rest(0, 300, 0, 300);
    assert_int_equal(state_of(no), CASE_PAY_FAILED);
}

static void archive(void)
{
    struct act_request follow = request(no, VERB_FOLLOW_UP, REVIEWER, 0);
    assert_int_equal(act(&follow).outcome, ACT_OK);
    struct act_request end = request(no, VERB_CLOSE, REVIEWER, 0);
    assert_int_equal(act(&end).outcome, ACT_OK);
    assert_int_equal(state_of(no), CASE_ARCHIVED);
}

/* All of it repaid, restored to the fund and spent elsewhere for all the books know, the case
 * closed: then it comes. */
static void wholly_repaid(void)
{
    struct fund_act_order restore = {.act = FUND_RESTORE,
                                     .fund = SLICE_LIT(TOWN),
                                     .actor = SLICE_LIT(FINANCE),
                                     .amount_fen = FEN,
                                     .event_tail = SLICE_LIT(TAIL),
                                     .idem_hash = slice_of(fresh()),
                                     .fingerprint = SLICE_LIT("print")};
    struct fund_result result;
    found_wrong(FEN);
    assert_int_equal(say(VERB_RECOVER, CHECKER, NULL, -1).outcome, ACT_OK);
    repaid(FEN);
    assert_int_equal(state_of(no), CASE_RECOVERED);
    fund_act_write(store_fcall(store), REGION, &restore);
    assert_ok(fund_read(send_call(), &result));
    assert_int_equal(result.outcome, FUND_OK);
    assert_fund(TOWN, FUND, 0, 0, 0);
}

static void assert_refused(struct act_result r, enum act_refusal why)
{
    assert_int_equal(r.outcome, ACT_REFUSED);
    assert_string_equal(act_refusal_word(r.refusal), act_refusal_word(why));
}

static void a_surplus_of_a_closed_case_is_paid_back_by_two_people(void **state)
{
    (void)state;
    wholly_repaid();
    archive();
    assert_refused(say(VERB_REFUND, FINANCE, "paid", FEN), REFUSAL_NO_SURPLUS);
    comes_back();
    assert_int_equal(state_of(no), CASE_ARCHIVED); /* no officer has to do anything in it */
    assert_string_equal(field(no, "o"), "");
    assert_fund(TOWN, FUND, FEN, 0, 0); /* the fund has its own, and holds his */
    assert_rest(0, 0, 0, FEN);
    assert_true(has_task());
    assert_refused(say(VERB_REFUND, FINANCE, "paid", FEN - 1), REFUSAL_SURPLUS_AMOUNT);
    assert_int_equal(say(VERB_REFUND, FINANCE, "paid", FEN).outcome, ACT_OK);
    assert_rest(0, 0, 0, FEN);
    assert_int_equal(say(VERB_REFUND, FINANCE, "paid", FEN).outcome, ACT_SAME_PERSON);
    assert_int_equal(say(VERB_REFUND, "reviewer:qian", "paid", FEN).outcome, ACT_SAME_PERSON);
    assert_int_equal(say(VERB_REFUND, OTHER_FINANCE, "retained", FEN).outcome,
                     ACT_OK); /* he says otherwise */
    assert_rest(0, 0, 0, FEN);
    assert_int_equal(say(VERB_REFUND, OTHER_FINANCE, "paid", FEN).outcome, ACT_OK);
    assert_int_equal(say(VERB_REFUND, FINANCE, "paid", FEN).outcome, ACT_OK);
    assert_fund(TOWN, FUND, 0, 0, 0);
    assert_rest(0, 0, 0, 0);
    assert_false(has_task());
    assert_refused(say(VERB_REFUND, OTHER_FINANCE, "paid", FEN), REFUSAL_NO_SURPLUS);
    again_changes_nothing();
}

static void a_surplus_that_cannot_be_paid_back_stays_in_the_fund(void **state)
{
    (void)state;
    wholly_repaid();
    comes_back();
    assert_int_equal(say(VERB_REFUND, FINANCE, "retained", FEN).outcome, ACT_OK);
    assert_int_equal(say(VERB_REFUND, REVIEWER, "retained", FEN).outcome, ACT_OK);
    assert_fund(TOWN, FUND + FEN, 0, 0, 0);
    assert_int_equal(fund(TOWN).allotted_fen, FUND + FEN);
    assert_rest(0, 0, 0, 0);
}

static void a_case_with_a_surplus_does_not_end(void **state)
{
    (void)state;
    wholly_repaid();
    comes_back();
    assert_int_equal(state_of(no), CASE_RECOVERED);
    struct act_request follow = request(no, VERB_FOLLOW_UP, REVIEWER, 0);
    assert_int_equal(act(&follow).outcome, ACT_OK);
    struct act_request end = request(no, VERB_CLOSE, REVIEWER, 0);
    assert_refused(act(&end), REFUSAL_SURPLUS);
    assert_int_equal(say(VERB_REFUND, FINANCE, "paid", FEN).outcome, ACT_OK);
    assert_int_equal(say(VERB_REFUND, REVIEWER, "paid", FEN).outcome, ACT_OK);
    end = request(no, VERB_CLOSE, REVIEWER, 0);
    assert_int_equal(act(&end).outcome, ACT_OK);
}

static void a_recovery_of_two_payments_goes_on_with_the_other_one(void **state)
{
    (void)state;
    found_wrong(FEN);
    /* a second payment of the same recovery, as a grant paid before the review would have left it
     */
    char key[64], rc[128];
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", no);
    snprintf(rc, sizeof(rc), "FAILED|" REVIEWER "|u1:" TOWN "=%d,c2:" TOWN "=5000", FEN);
    redis_must(&redis, "HSET", key, "rc", rc, "pn", "2", "m2",
               "SUCCEEDED|7000|" TOWN "|2026|fire|0|||gbc|1|ref", "g",
               "DONE|7000|1|1|" TOWN "|2026|fire|township|b|" OFFICER "|" CHECKER "|", "a",
               "338200", NULL);
    redis_must(&redis, "HINCRBY", "{" REGION "}:fund:" TOWN, "available", "-7000", NULL);
    redis_must(&redis, "HINCRBY", "{" REGION "}:fund:" TOWN, "confirmed", "7000", NULL);
    assert_int_equal(news(id, PAYMENT_RETURNED, FEN), NEWS_OK);
    assert_int_equal(state_of(no), CASE_REVIEW_FAILED);
    assert_true(in_set("township:" REGION ":inbox", no)); /* whoever decides keeps it */
    assert_fund(TOWN, FUND - 7000, 0, 0, 7000);
    assert_int_equal(say(VERB_RECOVER, CHECKER, NULL, -1).outcome, ACT_OK);
    assert_rest(5000, 0, 0, 0);
    assert_int_equal(news(payment_id(no, 2), PAYMENT_RETURNED, 7000), NEWS_OK);
    assert_fund(TOWN, FUND, 0, 0, 0);
    assert_rest(0, 0, 0, 0);
    assert_int_equal(state_of(no), CASE_PAY_FAILED); /* 2,000 of it were right */
    assert_true(slice_starts_with(slice_of(field(no, "g")), "STOPPED"));
}

/* It was right, comes back while the other payment is not settled, and must not be forgotten behind
 * that. */
static void what_was_right_waits_until_the_recovery_is_over(void **state)
{
    char key[64], rc[128];
    (void)state;
    found_wrong(FEN);
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", no);
    snprintf(rc, sizeof(rc), "FAILED|" REVIEWER "|u1:" TOWN "=%d", FEN);
    redis_must(&redis, "HSET", key, "rc", rc, "pn", "2", "m2",
               "SUCCEEDED|7000|" TOWN "|2026|fire|0|||gbc|1|ref", "g",
               "DONE|7000|1|1|" TOWN "|2026|fire|township|b|" OFFICER "|" CHECKER "|", "a",
               "338200", NULL);
    redis_must(&redis, "HINCRBY", "{" REGION "}:fund:" TOWN, "available", "-7000", NULL);
    redis_must(&redis, "HINCRBY", "{" REGION "}:fund:" TOWN, "confirmed", "7000", NULL);
    assert_int_equal(say(VERB_RECOVER, CHECKER, NULL, -1).outcome, ACT_OK);
    assert_int_equal(news(payment_id(no, 2), PAYMENT_RETURNED, 7000), NEWS_OK);
    assert_int_equal(state_of(no), CASE_RECOVERING);
    assert_fund(TOWN, FUND - FEN, 0, 0, 0);
    repaid(FEN - 1);
    assert_int_equal(state_of(no), CASE_RECOVERING);
    repaid(1);
    assert_int_equal(state_of(no), CASE_PAY_FAILED);
    assert_rest(0, FEN, 0, 0);
}

static void a_return_that_comes_twice_in_one_batch_is_booked_once(void **state)
{
    enum news_outcome got[2];
    (void)state;
    found_wrong(FEN);
    assert_int_equal(say(VERB_RECOVER, CHECKER, NULL, -1).outcome, ACT_OK);
    repaid(FEN);
    outcome_begin(store_fcall(store), REGION);
    for (int i = 0; i < 2; i++) {
        const struct payment_news one = {.id = slice_of(id),
                                         .state = PAYMENT_RETURNED,
                                         .amount_fen = FEN,
                                         .event_tail = SLICE_LIT(TAIL)};
        outcome_add(store_fcall(store), &one);
    }
    assert_ok(outcome_read(send_call(), got, 2));
    assert_int_equal(got[0], NEWS_OK);
    assert_int_equal(got[1], NEWS_SAME);
    assert_rest(0, FEN, 0, FEN);
    again_changes_nothing();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_nobody_has_decided_on_ends_when_it_comes_back, paid_case),
        cmocka_unit_test_setup(a_part_that_was_wrong_ends_too_and_the_rest_is_to_be_paid_anew,
                               paid_case),
        cmocka_unit_test_setup(what_is_being_recovered_shrinks_and_what_was_repaid_is_owed,
                               paid_case),
        cmocka_unit_test_setup(what_was_waived_comes_back_to_the_fund, paid_case),
        cmocka_unit_test_setup(what_was_waived_in_part_sends_the_rest_to_be_paid_anew, paid_case),
        cmocka_unit_test_setup(a_surplus_of_a_closed_case_is_paid_back_by_two_people, paid_case),
        cmocka_unit_test_setup(a_surplus_that_cannot_be_paid_back_stays_in_the_fund, paid_case),
        cmocka_unit_test_setup(a_case_with_a_surplus_does_not_end, paid_case),
        cmocka_unit_test_setup(a_recovery_of_two_payments_goes_on_with_the_other_one, paid_case),
        cmocka_unit_test_setup(what_was_right_waits_until_the_recovery_is_over, paid_case),
        cmocka_unit_test_setup(a_return_that_comes_twice_in_one_batch_is_booked_once, paid_case),
    };
    return RUN_WITH_REDIS(tests);
}
