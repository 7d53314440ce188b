/* Every verb in every state: the functions allow exactly what case_move() allows, and a refusal
 * changes nothing. */
#include "tests/store/fixture.h"

#include <stdio.h>

/* A dispatched case that is made to stand in `s`, held by OFFICER under claim 7. */
static void stand_in(enum case_state s)
{
    const char *no = case_number(1);
    struct decide_case c = dispatch(no, NULL);
    struct leased jobs;
    char key[64];
    fixture_reset(NULL);
    allot(TOWN, 1000000);
    receive(no, "p1");
    lease(STAGE_ROUTE, 600000, 1, &jobs);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", no);
    redis_must(&redis, "HSET", key, "s", case_state_word(s), "cl", "7:4102444800000:" OFFICER, "rv",
               "BOOKED:1", NULL);
}

/* Verbs that a person's act may carry; the others follow from what happened. */
static bool by_people(enum case_verb v)
{
    return v != VERB_RECEIVE && v != VERB_TRIAGE && v != VERB_PAID && v != VERB_PAY_FAILED && v != VERB_PAY_RETURNED &&
           v != VERB_PAPERS_OVERDUE && v != VERB_CASCADE && v != VERB_CLAIM;
}

static void try_move(enum case_verb verb, enum case_state from)
{
    const char *no = case_number(1);
    char before[REDIS_DIGEST_SIZE];
    struct aid_order order = aid(1000);
    enum case_state to = from;
    stand_in(from);
    struct act_request r = request(no, verb, OFFICER, 7);
    r.aid = verb == VERB_FIRST_AID ? &order : NULL;
    mark_data(before);
    bool legal = by_people(verb) && case_move(verb, from, &to) == ERR_OK;
    struct act_result result = act(&r);
    if (result.outcome != (legal ? ACT_OK : ACT_MOVE)) {
        fail_msg("%s from %s: outcome %d", case_verb_word(verb), case_state_word(from),
                 (int)result.outcome);
    }
    if (legal) {
        assert_int_equal(state_of(no), to);
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
        cmocka_unit_test(deciding_agrees_with_the_table_too),
    };
    return RUN_WITH_REDIS(tests);
}
