/* Which dialogue a message belongs to, and the one next question. */
#include "tests/support/test.h"

#include "workers/conversation/dialogue.h"

#define TODAY INT64_C(1795305600000)

static struct step step_of(struct talk talk, const char *text)
{
    struct reading r;
    struct step out;
    reading_make(slice_of(text), TODAY, &r);
    dialogue_step(&talk, &r, slice_of(text), &out);
    return out;
}

static const struct talk NOBODY = {0};
static const struct talk OPEN = {.has_case = true, .routed = true, .people_known = true};

static struct talk asked(struct talk talk, enum talk_ask ask)
{
    talk.ask = ask;
    return talk;
}

#define assert_step(talk, text, wanted_act, wanted_reply, wanted_ask)                 \
    do {                                                                              \
        struct step s_ = step_of((talk), (text));                                     \
        if (s_.act != (wanted_act) || strcmp(s_.reply, (wanted_reply)) != 0 ||        \
            s_.ask != (wanted_ask)) {                                                 \
            fail_msg("'%s': act %d, reply '%s', asks '%s'", (text), s_.act, s_.reply, \
                     talk_word(s_.ask));                                              \
        }                                                                             \
    } while (0)

static void a_first_text_opens_a_case_and_asks_one_question(void **state)
{
    struct talk there = {.place_found = true};
    (void)state;
    assert_step(NOBODY, "钱包被偷了，没钱回家", STEP_OPEN, "ask-place", TALK_PLACE);
    assert_step(there, "我在惠水好花红，钱包被偷了", STEP_OPEN, "ask-people", TALK_PEOPLE);
    assert_step(there, "我们俩人在惠水好花红，钱包被偷了", STEP_OPEN, "", TALK_NOTHING);
    assert_int_equal(step_of(there, "我们俩人在惠水好花红，钱包被偷了").persons, 2);
    assert_step(NOBODY, "你好", STEP_NOTHING, "help", TALK_NOTHING);
    assert_step(NOBODY, "", STEP_NOTHING, "help", TALK_NOTHING);
    assert_step(NOBODY, "谢谢", STEP_NOTHING, "", TALK_NOTHING);
    assert_step(NOBODY, "1", STEP_NOTHING, "help", TALK_NOTHING);
    assert_step(NOBODY, "你们那个事情给我看看嘛", STEP_OPEN, "ask-place", TALK_PLACE);
}

static void danger_is_answered_before_everything_else(void **state)
{
    struct talk there = {.place_found = true};
    (void)state;
    assert_step(NOBODY, "家里着火了", STEP_OPEN, "danger-place", TALK_PLACE);
    assert_step(there, "惠水好花红着火了", STEP_OPEN, "danger", TALK_NOTHING);
    assert_step(OPEN, "我不想活了", STEP_ADD, "danger", TALK_NOTHING);
    assert_step(asked(OPEN, TALK_MONEY), "没收到，不想活了", STEP_ADD, "danger", TALK_NOTHING);
    assert_true(step_of(OPEN, "血").danger);
    assert_false(step_of(OPEN, "谢谢").danger);
    /* a place that is called fire is a place */
    struct talk place = {.has_case = true, .ask = TALK_PLACE, .place_found = true};
    assert_false(step_of(place, "火石坡镇").danger);
    assert_true(step_of(place, "火石坡镇着火了").danger);
}

static void a_digit_belongs_to_the_last_question(void **state)
{
    (void)state;
    assert_step(asked(OPEN, TALK_MONEY), "1", STEP_MONEY_YES, "money-yes", TALK_RATING);
    assert_step(asked(OPEN, TALK_MONEY), "２", STEP_MONEY_NO, "money-no", TALK_NOTHING);
    assert_step(asked(OPEN, TALK_MONEY), "没收到", STEP_MONEY_NO, "money-no", TALK_NOTHING);
    assert_step(asked(OPEN, TALK_MONEY), "什么时候到账", STEP_ADD, "added", TALK_NOTHING);
    assert_step(asked(OPEN, TALK_RATING), "1", STEP_RATE, "rated-low", TALK_NOTHING);
    assert_step(asked(OPEN, TALK_RATING), "5", STEP_RATE, "rated", TALK_NOTHING);
    assert_step(asked(OPEN, TALK_PEOPLE), "2", STEP_ADD, "added", TALK_NOTHING);
    assert_int_equal(step_of(asked(OPEN, TALK_PEOPLE), "2").persons, 2);
    assert_step(asked(OPEN, TALK_WITHDRAW), "1", STEP_WITHDRAW, "", TALK_NOTHING);
    assert_step(asked(OPEN, TALK_WITHDRAW), "2", STEP_NOTHING, "withdraw-kept", TALK_NOTHING);
    assert_step(asked(OPEN, TALK_RECEIPT), "402911", STEP_RECEIPT, "receipt-ok", TALK_NOTHING);
    assert_step(OPEN, "1", STEP_NOTHING, "ask-place", TALK_PLACE);
    assert_step(OPEN, "2", STEP_NOTHING, "ask-people", TALK_PEOPLE);
    assert_step(OPEN, "7", STEP_NOTHING, "help", TALK_NOTHING);
}

static void an_answer_to_where_goes_on_to_how_many(void **state)
{
    struct talk where = {.has_case = true, .ask = TALK_PLACE};
    (void)state;
    where.place_found = true;
    assert_step(where, "惠水好花红", STEP_ADD, "ask-people", TALK_PEOPLE);
    assert_true(step_of(where, "惠水好花红").wait);
    where.people_known = true;
    assert_step(where, "惠水好花红", STEP_ADD, "", TALK_NOTHING);
    assert_false(step_of(where, "惠水好花红").wait);
    where.place_found = false;
    assert_step(where, "就在那个路口", STEP_ADD, "ask-place-again", TALK_PLACE);
    where.misses = 1;
    assert_step(where, "就在那个路口", STEP_ADD, "place-to-person", TALK_NOTHING);
    assert_true(step_of(where, "就在那个路口").wants_person);
}

static void words_mean_the_same_at_any_time(void **state)
{
    (void)state;
    for (enum talk_ask ask = TALK_NOTHING; ask <= TALK_RECEIPT; ask++) {
        struct talk talk = asked(OPEN, ask);
        assert_step(talk, "查询", STEP_STATUS, "status", ask);
        assert_step(talk, "撤回", STEP_NOTHING, "withdraw-sure", TALK_WITHDRAW);
        assert_step(talk, "不是本人", STEP_UNLINK, "not-me", TALK_NOTHING);
        assert_step(talk, "评价3", STEP_RATE, "rated", TALK_NOTHING);
        assert_step(talk, "找人工", STEP_CALL, "person", ask);
    }
    assert_step(NOBODY, "查询", STEP_STATUS, "status-none", TALK_NOTHING);
    assert_step(NOBODY, "撤回", STEP_NOTHING, "status-none", TALK_NOTHING);
    assert_step(NOBODY, "不是本人", STEP_NOTHING, "", TALK_NOTHING);
    assert_step(NOBODY, "找人工", STEP_OPEN, "person", TALK_NOTHING);
}

static void a_second_call_for_help_is_added_unless_it_is_another_matter(void **state)
{
    (void)state;
    assert_step(OPEN, "我还是没饭吃", STEP_ADD, "added", TALK_NOTHING);
    assert_int_equal(step_of(OPEN, "另一件事，邻居家孩子病了没钱治").act, STEP_OPEN);
    struct talk over = {.was_case = true};
    assert_step(over, "又没饭吃了", STEP_OPEN, "ask-place", TALK_PLACE);
    assert_step(OPEN, "谢谢你们", STEP_NOTHING, "", TALK_NOTHING);
}

static void an_officer_accepts_or_gives_back_by_digit(void **state)
{
    struct talk officer = {.officer = true, .ask = TALK_ACCEPT};
    (void)state;
    assert_step(officer, "1", STEP_ACCEPT, "officer-done", TALK_NOTHING);
    assert_step(officer, "2", STEP_NOTHING, "officer-reason", TALK_REASON);
    officer.ask = TALK_REASON;
    assert_step(officer, "不属我乡，是隔壁镇的", STEP_RETURN, "officer-returned", TALK_NOTHING);
    assert_step(officer, "1", STEP_ACCEPT, "officer-done", TALK_NOTHING);
    officer.ask = TALK_NOTHING;
    assert_step(officer, "1", STEP_NOTHING, "help", TALK_NOTHING);
}

static void numbers_that_came_unasked_are_not_wanted(void **state)
{
    (void)state;
    assert_step(OPEN, "6222020000000000018", STEP_ADD, "no-numbers", TALK_NOTHING);
    assert_step(OPEN, "身份证11010519491231002X", STEP_ADD, "no-numbers", TALK_NOTHING);
}

static void words_of_questions_are_read_back(void **state)
{
    (void)state;
    for (enum talk_ask ask = TALK_NOTHING; ask < TALK_COUNT; ask++) {
        assert_int_equal(talk_from_word(slice_of(talk_word(ask))), ask);
    }
    assert_int_equal(talk_from_word(slice_of("else")), TALK_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_text_opens_a_case_and_asks_one_question),
        cmocka_unit_test(danger_is_answered_before_everything_else),
        cmocka_unit_test(a_digit_belongs_to_the_last_question),
        cmocka_unit_test(an_answer_to_where_goes_on_to_how_many),
        cmocka_unit_test(words_mean_the_same_at_any_time),
        cmocka_unit_test(a_second_call_for_help_is_added_unless_it_is_another_matter),
        cmocka_unit_test(an_officer_accepts_or_gives_back_by_digit),
        cmocka_unit_test(numbers_that_came_unasked_are_not_wanted),
        cmocka_unit_test(words_of_questions_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
