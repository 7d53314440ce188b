/* Every verb in every state: the functions allow exactly what case_move() allows, and a refusal
 * changes nothing. */
#include "tests/store/fixture.h"

#include <stdio.h>
#include "queue/domain/clocks.h"

#define OTHER "officer:zhao"

static const char *key_of_case(const char *no)
{
    static char key[64];
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", no);
    return key;
}

/* Everything that the rules of the verbs ask for besides the state: 1,000 fen lie where the verb
 * looks for them, somebody else has done what another person must have done. */
static void prepare(const char *no, enum case_verb verb, enum case_state s)
{
    const char *payment = "SUCCEEDED|1000|" TOWN "|2026|fire|0|||abu|1|ref";
    const char *account = "unreviewed", *grant = "", *approved = "0", *unreviewed = "0", *back = "";
    bool money = true;
    switch (verb) {
    case VERB_HAND_OVER:
    case VERB_RECEIPT:
    case VERB_HAND_FAIL:
        payment = "INTENT|1000|" TOWN "|2026|fire|0|||acu|1|";
        account = "cash_held";
        approved = "1000";
        break;
    case VERB_CONFIRM:
    case VERB_REVIEW_FAIL: approved = unreviewed = "1000"; break;
    case VERB_RECOVER:
    case VERB_WAIVE:
        back = s == CASE_RECOVERING ? "RECOVERING|" OTHER "|r1:" TOWN "=1000"
                                    : "FAILED|" OTHER "|u1:" TOWN "=1000";
        account = s == CASE_RECOVERING ? "recovering" : "unreviewed";
        approved = unreviewed = "1000";
        break;
    case VERB_REPAY:
        back = "RECOVERING|" OTHER "|r1:" TOWN "=5000";
        account = "recovering";
        break;
    case VERB_REFUND:
        back = "DONE|" OTHER "|o1:" TOWN "=1000";
        account = "held";
        redis_must(&redis, "HSET", "{" REGION "}:fund:" TOWN, "owed", "1000", NULL);
        redis_must(&redis, "HINCRBY", "{" REGION "}:fund:" TOWN, "available", "1000", NULL);
        break;
    case VERB_CONCLUDE: approved = "1000"; break;
    case VERB_PAY:
    case VERB_CHANGE:
    case VERB_OBJECT:
        grant = "APPROVED|1000|1|0|" TOWN "|2026|fire|county|b|" OTHER "|" REVIEWER "|";
        account = "held";
        approved = "1000";
        break;
    default:
        grant = "PROPOSED|1000|1|0|" TOWN "|2026|fire|township|b|" OTHER "||";
        money = false;
        break;
    }
    redis_must(&redis, "HSET", key_of_case(no), "g", grant, "a", approved, "pu", unreviewed, "rc",
               back, "rf", verb == VERB_REFER_ACK ? "1:housing:WAITS:4102444800000" : "", "cf",
               "CARRIED", NULL);
    if (money) {
        const char *fen = verb == VERB_REPAY ? "5000" : "1000";
        redis_must(&redis, "HINCRBY", "{" REGION "}:fund:" TOWN, "available",
                   verb == VERB_REPAY ? "-5000" : "-1000", NULL);
        redis_must(&redis, "HSET", "{" REGION "}:fund:" TOWN, account, fen, NULL);
    }
    if (verb == VERB_PAUSE || verb == VERB_RESUME) {
        redis_must(&redis, "HSET", key_of_case(no), "rv", "", "ck",
                   verb == VERB_PAUSE ? "county=5/4/0;pay=5/4/0;review=5/4/0"
                                      : "county=5/4/p;paused=applicant/1/0;pay=5/4/p;review=5/4/p",
                   NULL);
    }
    if (money && grant[0] == '\0') {
        char ho[128];
        snprintf(ho, sizeof(ho), "%s|abc|officer:w|" OTHER "|0", payment_id(no, 1));
        redis_must(&redis, "HSET", key_of_case(no), "pn", "1", "m1", payment, "ho", ho, NULL);
    }
}

/* A dispatched case that is made to stand in `s`, held by OFFICER under claim 7. */
static void stand_in(enum case_verb verb, enum case_state s)
{
    const char *no = case_number(0);
    struct decide_case c = dispatch(no, NULL);
    struct leased jobs;
    fixture_reset(NULL);
    allot(TOWN, 1000000);
    receive(no, "p1");
    lease(STAGE_ROUTE, 600000, 1, &jobs);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    receive(MASTER, "p2");
    redis_must(&redis, "HSET", key_of_case(no), "s", case_state_word(s), "cl",
               "7:4102444800000:" OFFICER, "rv", "BOOKED:1", NULL);
    prepare(no, verb, s);
}

/* Verbs that a person's act may carry; the others follow from what happened. */
static bool by_people(enum case_verb v)
{
    static const enum case_verb MACHINE[] = {
        VERB_RECEIVE,        VERB_TRIAGE,  VERB_PAID,       VERB_PAY_FAILED, VERB_PAY_RETURNED,
        VERB_PAPERS_OVERDUE, VERB_CASCADE, VERB_INSTALMENT, VERB_PAID_PART,  VERB_PUBLICITY_END,
        VERB_RECOVERED,      VERB_WARN,    VERB_CLAIM,      VERB_ESCALATE};
    for (size_t i = 0; i < COUNT_OF(MACHINE); i++) {
        if (MACHINE[i] == v) {
            return false;
        }
    }
    return true;
}

/* The state that the verb leads to. A receipt is the arrival of the money as well. */
static enum case_state end_of(enum case_verb verb, enum case_state from)
{
    enum case_state to = from;
    assert_ok(case_move(verb, from, &to));
    if (verb == VERB_RECEIPT) {
        assert_ok(case_move(VERB_PAID, from, &to));
    }
    return to;
}

static void try_move(enum case_verb verb, enum case_state from)
{
    const char *no = case_number(0);
    char before[REDIS_DIGEST_SIZE];
    struct aid_order order = aid(1000);
    enum case_state to = from;
    stand_in(verb, from);
    struct act_request r = request(no, verb, OFFICER, 7);
    r.aid = verb == VERB_FIRST_AID ? &order : NULL;
    mark_data(before);
    bool legal = by_people(verb) && case_move(verb, from, &to) == ERR_OK;
    struct act_result result = act(&r);
    if (legal && verb == VERB_PAUSE && (clocks_in_state(from) & CLOCKS_PAUSABLE) == 0) {
        assert_int_equal(result.outcome, ACT_REFUSED); /* nothing runs there that may stand still */
        assert_int_equal(result.refusal, REFUSAL_NO_CLOCK);
        assert_unchanged(before);
        return;
    }
    if (result.outcome != (legal ? ACT_OK : ACT_MOVE)) {
        fail_msg("%s from %s: outcome %d %s", case_verb_word(verb), case_state_word(from),
                 (int)result.outcome,
                 result.outcome == ACT_REFUSED ? act_refusal_word(result.refusal) : "");
    }
    if (legal) {
        assert_int_equal(state_of(no), end_of(verb, from));
    } else {
        assert_int_equal(result.state, from);
        assert_unchanged(before);
    }
    assert_balanced(TOWN);
}

static void the_functions_and_the_table_agree(void **state)
{
    (void)state;
    for (int v = 0; v < CASE_VERB_COUNT; v++) {
        for (int s = 0; s < CASE_STATE_COUNT; s++) {
            try_move((enum case_verb)v, (enum case_state)s);
        }
    }
}

/* No state of the field is left out: each but the first is somebody's goal, and each that is not
 * final has a way on. */
static void every_state_is_reached_and_left(void **state)
{
    (void)state;
    for (int s = CASE_NONE + 1; s < CASE_STATE_COUNT; s++) {
        size_t in = 0, out = 0;
        for (int v = 0; v < CASE_VERB_COUNT; v++) {
            enum case_state to;
            for (int from = 0; from < CASE_STATE_COUNT; from++) {
                in += from != s &&
                      case_move((enum case_verb)v, (enum case_state)from, &to) == ERR_OK &&
                      (int)to == s;
            }
            out += case_move((enum case_verb)v, (enum case_state)s, &to) == ERR_OK && (int)to != s;
        }
        if (in == 0 || (out == 0 && !case_state_final((enum case_state)s))) {
            fail_msg("%s: %zu ways in, %zu ways on", case_state_word((enum case_state)s), in, out);
        }
    }
}

/* The route stage's two verbs, from every state. */
static void deciding_agrees_with_the_table_too(void **state)
{
    static const enum case_verb verbs[] = {VERB_DISPATCH, VERB_TRIAGE};
    (void)state;
    for (size_t v = 0; v < COUNT_OF(verbs); v++) {
        for (int s = 0; s < CASE_STATE_COUNT; s++) {
            const char *no = case_number(1);
            struct decide_case c = dispatch(no, NULL);
            struct leased jobs;
            char key[64], before[REDIS_DIGEST_SIZE];
            enum case_state to = CASE_NONE;
            fixture_reset(state);
            receive(no, "p1");
            lease(STAGE_ROUTE, 600000, 1, &jobs);
            snprintf(key, sizeof(key), "{" REGION "}:case:%s", no);
            redis_must(&redis, "HSET", key, "s", case_state_word((enum case_state)s), NULL);
            c.verb = verbs[v];
            mark_data(before);
            bool legal = case_move(verbs[v], (enum case_state)s, &to) == ERR_OK;
            assert_int_equal(decide(jobs.token, &c), legal ? DECIDE_OK : DECIDE_MOVE);
            if (legal) {
                assert_int_equal(state_of(no), to);
            } else {
                assert_unchanged(before);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_functions_and_the_table_agree),
        cmocka_unit_test(every_state_is_reached_and_left),
        cmocka_unit_test(deciding_agrees_with_the_table_too),
    };
    return RUN_WITH_REDIS(tests);
}
