/* What the bank says, in any order: ranks only rise, the ledger balances at every step, nothing is
 * paid or given back twice. */
#include "tests/store/fixture.h"

#include <stdio.h>

#define FEN 331200
#define FUND 1000000

static const enum payment_state told[] = {PAYMENT_UNKNOWN, PAYMENT_ACCEPTED, PAYMENT_SUCCEEDED,
                                          PAYMENT_FAILED, PAYMENT_RETURNED};

static int paid_case(void **state)
{
    fixture_reset(state);
    allot(TOWN, FUND);
    first_aid_case(case_number(1), "p1", FEN);
    return 0;
}

static int rank(enum payment_state s)
{
    static const int ranks[] = {
        [PAYMENT_INTENT] = 0, [PAYMENT_UNKNOWN] = 1,   [PAYMENT_ACCEPTED] = 2,
        [PAYMENT_FAILED] = 3, [PAYMENT_SUCCEEDED] = 3, [PAYMENT_RETURNED] = 4};
    return ranks[s];
}

/* What must come of it, written down once more and independently of the functions. */
static enum news_outcome expect_news(enum payment_state is, enum payment_state told_state)
{
    if (is != told_state && rank(is) == 3 && rank(told_state) == 3) {
        return NEWS_CONFLICT;
    }
    return (is == PAYMENT_FAILED && told_state == PAYMENT_RETURNED) || rank(told_state) <= rank(is)
               ? NEWS_SAME
               : NEWS_OK;
}

static void assert_matches(enum payment_state is)
{
    const char *no = case_number(1), *id = payment_id(no, 1);
    bool back = is == PAYMENT_FAILED || is == PAYMENT_RETURNED, paid = is == PAYMENT_SUCCEEDED;
    payment_write(store_fcall(store), REGION, slice_of(id));
    struct payment_row row;
    assert_ok(payment_read(send_call(), &row));
    assert_int_equal(row.state, is);
    assert_int_equal(row.amount_fen, FEN);
    assert_fund(TOWN, back ? FUND : FUND - FEN, back || paid ? 0 : FEN, paid ? FEN : 0, 0);
    struct person_year p = person("p1", "fire");
    assert_int_equal(p.paid_fen, back ? 0 : FEN);
    assert_int_equal(p.times, back ? 0 : 1);
    assert_int_equal(p.small_fast_times, back ? 0 : 1);
    assert_int_equal(p.same_cause, back ? 0 : 1);
    assert_int_equal(state_of(no), back   ? CASE_PAY_FAILED
                                   : paid ? CASE_FIRST_AID_PAID
                                          : CASE_FIRST_AID_APPROVED);
    assert_string_equal(field(no, "rv"), back ? "VOID:0" : "BOOKED:4102444800000");
    assert_string_equal(field(no, "a"), back ? "0" : "331200");
    char timer[64] = "papers:";
    memcpy(timer + 7, no, CASE_NO_SIZE);
    assert_int_equal(in_set("timers", timer), !back);
    assert_int_equal(set_size("q:pay:ready"), rank(is) >= 3 ? 0 : 1);
    assert_true(in_set("township:" TOWN ":inbox", no));
    load_funds_begin(store_fcall(store), REGION);
    fcall_text(store_fcall(store), TOWN);
    struct loaded_fund f;
    assert_ok(load_funds_read(send_call(), &f, 1));
    assert_int_equal(spent_in(f.day, DAY), back ? 0 : FEN);
    assert_int_equal(spent_in(f.month, MONTH), back ? 0 : FEN);
}

static void say(enum payment_state *is, enum payment_state what)
{
    char before[REDIS_DIGEST_SIZE];
    enum news_outcome want = expect_news(*is, what);
    mark_data(before);
    enum news_outcome got = news(payment_id(case_number(1), 1), what, FEN);
    if (got != want) {
        fail_msg("%s then %s: %d, not %d", payment_state_word(*is), payment_state_word(what),
                 (int)got, (int)want);
    }
    if (want == NEWS_OK) {
        *is = what;
    } else {
        assert_unchanged(before);
    }
    assert_matches(*is);
}

static void every_order_of_two_and_three_outcomes_balances(void **state)
{
    for (size_t n = 0; n < 5 * 5 * 6; n++) { /* the last digit 5: only two */
        enum payment_state is = PAYMENT_INTENT;
        paid_case(state);
        say(&is, told[n / 30]);
        say(&is, told[n / 6 % 5]);
        if (n % 6 < 5) {
            say(&is, told[n % 6]);
        }
    }
}

/* The same in one call: the second sees what the first has planned. */
static void every_order_in_one_batch_gives_the_same(void **state)
{
    for (size_t n = 0; n < 125; n++) {
        enum payment_state is = PAYMENT_INTENT;
        enum news_outcome got[3];
        paid_case(state);
        outcome_begin(store_fcall(store), REGION);
        for (size_t i = 0, rest = n; i < 3; i++, rest /= 5) {
            struct payment_news one = {.id = slice_of(payment_id(case_number(1), 1)),
                                       .state = told[rest % 5],
                                       .amount_fen = FEN,
                                       .event_tail = SLICE_LIT(TAIL)};
            outcome_add(store_fcall(store), &one);
        }
        assert_ok(outcome_read(send_call(), got, 3));
        for (size_t i = 0, rest = n; i < 3; i++, rest /= 5) {
            enum news_outcome want = expect_news(is, told[rest % 5]);
            assert_int_equal(got[i], want);
            is = want == NEWS_OK ? told[rest % 5] : is;
        }
        assert_matches(is);
    }
}

static void another_amount_changes_nothing(void **state)
{
    static const int64_t wrong[] = {0, 1, FEN - 1, FEN + 1, 2 * FEN, AMOUNT_FEN_MAX};
    const char *id = payment_id(case_number(1), 1);
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    mark_data(before);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        for (size_t k = 0; k < COUNT_OF(told); k++) {
            assert_int_equal(news(id, told[k], wrong[i]), NEWS_AMOUNT);
        }
    }
    assert_unchanged(before);
    assert_int_equal(news(id, PAYMENT_SUCCEEDED, -1), NEWS_OK); /* not told is not another amount */
}

static void an_unknown_payment_changes_nothing(void **state)
{
    static const char *const ids[] = {"", "x", "A01", "5200002611210100000019",
                                      "5200002611210100000019B01"};
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    mark_data(before);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        assert_int_equal(news(ids[i], PAYMENT_SUCCEEDED, FEN), NEWS_NONE);
    }
    assert_int_equal(news(payment_id(case_number(2), 1), PAYMENT_SUCCEEDED, FEN), NEWS_NONE);
    assert_int_equal(news(payment_id(case_number(1), 2), PAYMENT_SUCCEEDED, FEN), NEWS_NONE);
    assert_unchanged(before);
}

static void confirm(const char *no)
{
    must_act(no, VERB_PAPERS, OFFICER, TOWN);
    must_act(no, VERB_CONFIRM, REVIEWER, REGION);
}

static void a_return_before_the_review_gives_the_money_back(void **state)
{
    const char *no = case_number(1), *id = payment_id(no, 1);
    (void)state;
    assert_int_equal(news(id, PAYMENT_SUCCEEDED, FEN), NEWS_OK);
    must_act(no, VERB_PAPERS, OFFICER, TOWN);
    assert_int_equal(state_of(no), CASE_PAPERS_OK);
    assert_int_equal(news(id, PAYMENT_RETURNED, FEN), NEWS_OK);
    assert_matches(PAYMENT_RETURNED);
}

static void a_return_after_the_review_gives_the_money_back_too(void **state)
{
    const char *no = case_number(1), *id = payment_id(no, 1);
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    assert_int_equal(news(id, PAYMENT_SUCCEEDED, FEN), NEWS_OK);
    confirm(no);
    assert_fund(TOWN, FUND - FEN, 0, 0, FEN);
    assert_int_equal(news(id, PAYMENT_RETURNED, FEN), NEWS_OK);
    assert_fund(TOWN, FUND, 0, 0, 0);
    assert_int_equal(state_of(no), CASE_PAY_FAILED);
    assert_true(in_set("township:" TOWN ":inbox", no));
    assert_false(in_set("township:" REGION ":inbox", no));
    mark_data(before);
    assert_int_equal(news(id, PAYMENT_RETURNED, FEN), NEWS_SAME);
    assert_unchanged(before);
}

static void a_failed_payment_may_be_approved_again_under_a_new_id(void **state)
{
    const char *no = case_number(1);
    struct aid_order order = aid(200000);
    (void)state;
    assert_int_equal(news(payment_id(no, 1), PAYMENT_FAILED, FEN), NEWS_OK);
    struct claim_result c = claim_case(TOWN, OFFICER, no, 600000);
    struct act_request r = request(no, VERB_FIRST_AID, OFFICER, c.claim);
    r.aid = &order;
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_fund(TOWN, FUND - 200000, 200000, 0, 0);
    assert_true(in_set("q:pay:ready", payment_id(no, 2)));
    assert_string_equal(field(no, "rv"), "BOOKED:4102444800000");
    assert_int_equal(news(payment_id(no, 1), PAYMENT_SUCCEEDED, FEN),
                     NEWS_CONFLICT); /* late lies of the first */
    assert_int_equal(news(payment_id(no, 1), PAYMENT_RETURNED, FEN), NEWS_SAME);
    assert_int_equal(news(payment_id(no, 2), PAYMENT_SUCCEEDED, 200000), NEWS_OK);
    assert_fund(TOWN, FUND - 200000, 0, 200000, 0);
    assert_int_equal(person("p1", "fire").paid_fen, 200000);
    assert_int_equal(person("p1", "fire").times, 1);
    case_get_write(store_fcall(store), REGION, slice_of(no));
    struct case_view view;
    struct payment_view pay;
    assert_ok(case_get_read(send_call(), &view));
    assert_int_equal(view.payment_count, 2);
    assert_ok(case_view_payment(&view, 0, &pay));
    assert_int_equal(pay.state, PAYMENT_FAILED);
    assert_int_equal(pay.amount_fen, FEN);
    assert_ok(case_view_payment(&view, 1, &pay));
    assert_int_equal(pay.state, PAYMENT_SUCCEEDED);
    assert_int_equal(view.approved_fen, 200000);
}

/* Money that comes back next year must not touch what the person has had by then. */
static void a_return_of_last_years_payment_keeps_this_years_figures(void **state)
{
    char text[128];
    (void)state;
    assert_int_equal(news(payment_id(case_number(1), 1), PAYMENT_SUCCEEDED, FEN), NEWS_OK);
    redis_must(&redis, "HSET", "{" REGION "}:person:p1", "y", "2027|400000|1|1|fire=1", NULL);
    assert_int_equal(news(payment_id(case_number(1), 1), PAYMENT_RETURNED, FEN), NEWS_OK);
    redis_text(&redis, text, sizeof(text), "HGET", "{" REGION "}:person:p1", "y", NULL);
    assert_string_equal(text, "2027|400000|1|1|fire=1");
    assert_fund(TOWN, FUND, 0, 0, 0);
}

static void a_settled_payment_leaves_no_job_in_any_part(void **state)
{
    static const char *const parts[] = {"ready", "leased", "delayed", "dead"};
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        struct leased jobs;
        const char *id = payment_id(case_number(1), 1);
        char left[16];
        paid_case(state);
        if (i > 0) {
            lease(STAGE_PAY, 600000, 1, &jobs);
        }
        if (i > 1) {
            enum job_action action = i == 2 ? JOB_AGAIN : JOB_BURY;
            assert_int_equal(finish_one(STAGE_PAY, jobs.token, id, action, 600000, "why"), 0);
        }
        char key[32];
        snprintf(key, sizeof(key), "q:pay:%s", parts[i]);
        assert_true(in_set(key, id));
        assert_int_equal(news(id, PAYMENT_SUCCEEDED, FEN), NEWS_OK);
        assert_false(in_set(key, id));
        redis_text(&redis, left, sizeof(left), "HEXISTS", "{" REGION "}:q:pay:jobs", id, NULL);
        assert_string_equal(left, "0");
        redis_text(&redis, left, sizeof(left), "HEXISTS", "{" REGION "}:q:pay:why", id, NULL);
        assert_string_equal(left, "0");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_two_and_three_outcomes_balances),
        cmocka_unit_test(every_order_in_one_batch_gives_the_same),
        cmocka_unit_test_setup(another_amount_changes_nothing, paid_case),
        cmocka_unit_test_setup(an_unknown_payment_changes_nothing, paid_case),
        cmocka_unit_test_setup(a_return_before_the_review_gives_the_money_back, paid_case),
        cmocka_unit_test_setup(a_return_after_the_review_gives_the_money_back_too, paid_case),
        cmocka_unit_test_setup(a_failed_payment_may_be_approved_again_under_a_new_id, paid_case),
        cmocka_unit_test_setup(a_return_of_last_years_payment_keeps_this_years_figures, paid_case),
        cmocka_unit_test(a_settled_payment_leaves_no_job_in_any_part),
    };
    return RUN_WITH_REDIS(tests);
}
