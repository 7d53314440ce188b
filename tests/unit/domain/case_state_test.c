/* The table of states and moves, held against what it must mean. */
#include "tests/support/test.h"

#include "queue/domain/case_state.h"

static bool moves(enum case_verb verb, enum case_state from, enum case_state *to)
{
    return case_move(verb, from, to) == ERR_OK;
}

static void words_are_unique_and_lead_back(void **state)
{
    (void)state;
    for (int i = 0; i < CASE_STATE_COUNT; i++) {
        enum case_state s;
        assert_ok(case_state_from_word(slice_of(case_state_word((enum case_state)i)), &s));
        assert_int_equal(s, i); /* the first that has the word: so words are unique */
        assert_true(strlen(case_state_zh((enum case_state)i)) > 0);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(case_state_zh((enum case_state)i),
                                    case_state_zh((enum case_state)k));
        }
    }
    for (int i = 0; i < CASE_VERB_COUNT; i++) {
        enum case_verb v;
        assert_ok(case_verb_from_word(slice_of(case_verb_word((enum case_verb)i)), &v));
        assert_int_equal(v, i);
        assert_true(strlen(case_verb_zh((enum case_verb)i)) > 0);
    }
    enum case_state s = CASE_ACCEPTED;
    enum case_verb v = VERB_CLAIM;
    assert_int_equal(case_state_from_word(slice_of("accepted"), &s), ERR_INPUT);
    assert_int_equal(case_state_from_word(slice_of(""), &s), ERR_INPUT);
    assert_int_equal(case_verb_from_word(slice_of("Claim"), &v), ERR_INPUT);
    assert_int_equal(s, CASE_ACCEPTED);
    assert_int_equal(v, VERB_CLAIM);
}

static void only_a_banks_return_and_a_later_check_leave_a_final_state(void **state)
{
    (void)state;
    for (int s = 0; s < CASE_STATE_COUNT; s++) {
        bool final =
            s == CASE_ARCHIVED || s == CASE_WITHDRAWN || s == CASE_DUPLICATE || s == CASE_CANCELLED;
        assert_int_equal(case_state_final((enum case_state)s), final);
        for (int v = 0; final && v < CASE_VERB_COUNT; v++) {
            enum case_state to = CASE_NONE;
            bool archived = s == CASE_ARCHIVED;
            enum case_state wanted =
                archived && v == VERB_PAY_RETURNED  ? CASE_PAY_FAILED
                : archived && v == VERB_REVIEW_FAIL ? CASE_REVIEW_FAILED
                : archived && (v == VERB_RATE || v == VERB_CHECKED || v == VERB_REFUND)
                    ? CASE_ARCHIVED
                    : CASE_NONE;
            enum err err = case_move((enum case_verb)v, (enum case_state)s, &to);
            assert_int_equal(err, wanted == CASE_NONE ? ERR_MOVE : ERR_OK);
            assert_int_equal(to, wanted);
        }
    }
}

static void every_open_state_leads_to_a_final_one(void **state)
{
    bool ends[CASE_STATE_COUNT] = {[CASE_ARCHIVED] = true,
                                   [CASE_WITHDRAWN] = true,
                                   [CASE_DUPLICATE] = true,
                                   [CASE_CANCELLED] = true};
    (void)state;
    for (int round = 0; round < CASE_STATE_COUNT; round++) {
        for (int s = 0; s < CASE_STATE_COUNT; s++) {
            for (int v = 0; v < CASE_VERB_COUNT; v++) {
                enum case_state to;
                ends[s] =
                    ends[s] || (moves((enum case_verb)v, (enum case_state)s, &to) && ends[to]);
            }
        }
    }
    for (int s = 0; s < CASE_STATE_COUNT; s++) {
        if (!ends[s]) {
            fail_msg("%s never ends", case_state_word((enum case_state)s));
        }
    }
}

static void every_state_can_be_reached_from_the_first_call(void **state)
{
    bool seen[CASE_STATE_COUNT] = {[CASE_NONE] = true};
    (void)state;
    for (int round = 0; round < CASE_STATE_COUNT; round++) {
        for (int s = 0; s < CASE_STATE_COUNT; s++) {
            for (int v = 0; seen[s] && v < CASE_VERB_COUNT; v++) {
                enum case_state to;
                if (moves((enum case_verb)v, (enum case_state)s, &to)) {
                    seen[to] = true;
                }
            }
        }
    }
    for (int s = 0; s < CASE_STATE_COUNT; s++) {
        assert_true(seen[s]);
    }
}

static void only_receiving_makes_a_case_and_nothing_unmakes_it(void **state)
{
    (void)state;
    for (int v = 0; v < CASE_VERB_COUNT; v++) {
        for (int s = 0; s < CASE_STATE_COUNT; s++) {
            enum case_state to;
            if (moves((enum case_verb)v, (enum case_state)s, &to)) {
                assert_int_not_equal(to, CASE_NONE);
                assert_int_equal(v == VERB_RECEIVE, s == CASE_NONE);
            }
        }
    }
}

/* Money that has left is never forgotten: from PAID on the case ends only through papers,
 * confirmation and follow-up, or through the money coming back. */
static void paid_cases_cannot_be_withdrawn_or_closed_early(void **state)
{
    static const enum case_state paid[] = {CASE_FIRST_AID_APPROVED, CASE_FIRST_AID_PAID,
                                           CASE_PAPERS_DUE,         CASE_PAPERS_OK,
                                           CASE_PAPERS_OVERDUE,     CASE_REVIEW_CONFIRMED};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paid); i++) {
        enum case_state to;
        assert_false(moves(VERB_WITHDRAW, paid[i], &to));
        assert_false(moves(VERB_CLOSE, paid[i], &to));
        assert_false(moves(VERB_FIRST_AID, paid[i], &to)); /* no second payment on top of a first */
        assert_true(moves(VERB_PAY_RETURNED, paid[i], &to));
        assert_int_equal(to, CASE_PAY_FAILED);
    }
}

static void staying_verbs_stay_in_every_open_state(void **state)
{
    static const enum case_verb stays[] = {VERB_CLAIM, VERB_HAND_BACK, VERB_REVEAL, VERB_ATTEMPT,
                                           VERB_NOTE};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(stays); i++) {
        for (int s = CASE_RECEIVED; s < CASE_STATE_COUNT; s++) {
            enum case_state to = CASE_NONE;
            bool open = !case_state_final((enum case_state)s);
            assert_int_equal(moves(stays[i], (enum case_state)s, &to), open);
            assert_int_equal(to, open ? s : CASE_NONE);
        }
    }
}

static void a_verb_leads_to_one_state_whatever_it_came_from(void **state)
{
    (void)state;
    /* accept has a meaning before the money, one after it and one when it is redone; paid is said
     * of first aid and of a grant; a verb that leaves a state as it is may do so in several */
    for (int v = 0; v < CASE_VERB_COUNT; v++) {
        enum case_state only = CASE_NONE, to;
        bool stay = moves((enum case_verb)v, CASE_RECEIVED, &to) && to == CASE_RECEIVED;
        for (int s = 0; v != VERB_ACCEPT && v != VERB_PAID && !stay && s < CASE_STATE_COUNT; s++) {
            if (moves((enum case_verb)v, (enum case_state)s, &to) && (int)to != s) {
                assert_true(only == CASE_NONE || only == to);
                only = to;
            }
        }
    }
}

static void the_lua_table_says_the_same(void **state)
{
    struct buf lua;
    (void)state;
    buf_init(&lua, 65536);
    case_moves_lua(&lua);
    assert_ok(buf_err(&lua));
    struct slice rest = buf_slice(&lua);
    size_t found = 0, want = 0;
    while (rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');
        struct slice verb = line, pair;
        enum case_verb v;
        if (!slice_starts_with(line, "  [\"")) {
            continue;
        }
        (void)slice_cut(&verb, '"');
        assert_ok(case_verb_from_word(slice_cut(&verb, '"'), &v));
        (void)slice_cut(&verb, '{');
        while (pair = slice_cut(&verb, ','), verb.ptr != NULL) {
            enum case_state from, to, c_to;
            (void)slice_cut(&pair, '"');
            if (pair.ptr == NULL) { /* the closing bracket */
                continue;
            }
            assert_ok(case_state_from_word(slice_cut(&pair, '"'), &from));
            (void)slice_cut(&pair, '"');
            assert_ok(case_state_from_word(slice_cut(&pair, '"'), &to));
            assert_ok(case_move(v, from, &c_to));
            assert_int_equal(to, c_to);
            found++;
        }
    }
    for (int v = 0; v < CASE_VERB_COUNT; v++) {
        for (int s = 0; s < CASE_STATE_COUNT; s++) {
            enum case_state to;
            want += moves((enum case_verb)v, (enum case_state)s, &to);
        }
    }
    assert_int_equal(found, want);
    buf_release(&lua);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_unique_and_lead_back),
        cmocka_unit_test(only_a_banks_return_and_a_later_check_leave_a_final_state),
        cmocka_unit_test(every_open_state_leads_to_a_final_one),
        cmocka_unit_test(every_state_can_be_reached_from_the_first_call),
        cmocka_unit_test(only_receiving_makes_a_case_and_nothing_unmakes_it),
        cmocka_unit_test(paid_cases_cannot_be_withdrawn_or_closed_early),
        cmocka_unit_test(staying_verbs_stay_in_every_open_state),
        cmocka_unit_test(a_verb_leads_to_one_state_whatever_it_came_from),
        cmocka_unit_test(the_lua_table_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
