/* Questions to the low-income register and their answers, which may come days later, in a real
 * store. */
#include "queue/store/calls_register.h"

#include <stdio.h>
#include "queue/store/calls_read.h"
#include "tests/store/fixture.h"

#define NO case_number(1)
#define FACTS "{\"persons\":1,\"household\":\"dibao\"}"
#define AS_OF_MS INT64_C(1772328600000)

static int64_t pump(void)
{
    int64_t n = -1;
    register_pump_write(store_fcall(store), REGION);
    assert_ok(register_pump_read(send_call(), &n));
    return n;
}

static enum register_put ask(const char *no, const char *matter)
{
    enum register_put put;
    register_ask_write(store_fcall(store), REGION, slice_of(no), matter, SLICE_LIT(TAIL));
    assert_ok(register_ask_read(send_call(), &put));
    return put;
}

static bool asked(const char *no, const char *matter)
{
    bool answered = false;
    register_asked_write(store_fcall(store), REGION, slice_of(no), matter);
    assert_ok(register_asked_read(send_call(), &answered));
    return answered;
}

static int64_t version_of(const char *no)
{
    return strtoll(field(no, "v"), NULL, 10);
}

static struct register_news news_of(const char *answer, const char *kind)
{
    return (struct register_news){.no = slice_of(NO),
                                  .matter = "register",
                                  .answer = answer,
                                  .kind = kind,
                                  .version = version_of(NO),
                                  .as_of_ms = AS_OF_MS,
                                  .job_score = 5,
                                  .facts = SLICE_LIT(""),
                                  .event_tail = SLICE_LIT(TAIL)};
}

static enum register_told tell(const struct register_news *n)
{
    enum register_told told;
    register_answer_write(store_fcall(store), REGION, n);
    assert_ok(register_answer_read(send_call(), &told));
    return told;
}

/* The slices live until the next call. */
static size_t get(const char *no, struct register_row rows[REGISTER_MATTERS_MAX])
{
    size_t n = 99;
    register_get_write(store_fcall(store), REGION, slice_of(no));
    assert_ok(register_get_read(send_call(), rows, &n));
    return n;
}

static void must_be(const char *state, const char *answer, const char *kind, int64_t as_of_ms)
{
    struct register_row rows[REGISTER_MATTERS_MAX];
    assert_int_equal(get(NO, rows), 1);
    assert_true(slice_is(rows[0].matter, "register") && slice_is(rows[0].state, state));
    assert_true(slice_is(rows[0].answer, answer) && slice_is(rows[0].kind, kind));
    assert_int_equal(rows[0].as_of_ms, as_of_ms);
    assert_true(rows[0].asked_ms > 0);
}

/* ---- Asking ---- */

static void every_new_case_is_asked_after_once(void **state)
{
    struct leased held;
    (void)state;
    receive(case_number(2), "p2"); /* before the first look: that one was there already */
    assert_int_equal(pump(), 0);
    receive(NO, "p1");
    assert_true(pump() > 0);
    assert_int_equal(pump(), 0);
    lease(STAGE_REGISTER, 60000, 16, &held);
    assert_int_equal(held.n, 1);
    char job[JOB_ID_SIZE];
    snprintf(job, sizeof(job), "%s.register", NO);
    assert_string_equal(held.ids[0], job);
    must_be("WAITS", "", "", 0);
    assert_int_equal(ask(NO, "register"), REGISTER_PUT_ASKED); /* it is on its way */
}

static void a_person_may_ask_for_the_household_as_well(void **state)
{
    struct register_row rows[REGISTER_MATTERS_MAX];
    (void)state;
    assert_int_equal(pump(), 0);
    receive(NO, "p1");
    (void)pump();
    int64_t version = version_of(NO);
    assert_int_equal(ask(NO, "household"), REGISTER_PUT_OK);
    assert_int_equal(get(NO, rows), 2);
    assert_true(slice_is(rows[1].matter, "household") && slice_is(rows[1].state, "WAITS"));
    char before[REDIS_DIGEST_SIZE];
    mark_data(before);
    assert_int_equal(ask(NO, "household"), REGISTER_PUT_ASKED);
    assert_unchanged(before);
    assert_true(version_of(NO) >= version);
}

static void who_asks_for_a_case_that_is_not_there_hears_so(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    mark_data(before);
    assert_int_equal(ask(NO, "household"), REGISTER_PUT_NOT_FOUND);
    assert_unchanged(before);
    struct register_row rows[REGISTER_MATTERS_MAX];
    assert_int_equal(get(NO, rows), 0);
}

static void matters_and_answers_that_are_none_are_refused_and_nothing_changes(void **state)
{
    static const char *const matters[] = {"", "registers", "x|y", "household "};
    static const struct {
        const char *answer, *kind;
    } wrong[] = {
        {"", ""}, {"yes", ""}, {"recognised", "DIBAO"}, {"recognised", "a|b"}, {"not|", ""}};
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    assert_int_equal(pump(), 0);
    receive(NO, "p1");
    (void)pump();
    mark_data(before);
    for (size_t i = 0; i < COUNT_OF(matters); i++) {
        register_ask_write(store_fcall(store), REGION, slice_of(NO), matters[i], SLICE_LIT(TAIL));
        assert_true(send_for_err() != ERR_OK);
        register_asked_write(store_fcall(store), REGION, slice_of(NO), matters[i]);
        assert_true(send_for_err() != ERR_OK);
    }
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct register_news n = news_of(wrong[i].answer, wrong[i].kind);
        register_answer_write(store_fcall(store), REGION, &n);
        assert_true(send_for_err() != ERR_OK);
    }
    struct register_news n = news_of("not", "");
    n.as_of_ms = -1;
    register_answer_write(store_fcall(store), REGION, &n);
    assert_true(send_for_err() != ERR_OK);
    n = news_of("not", "");
    n.no = SLICE_LIT("1:register");
    register_answer_write(store_fcall(store), REGION, &n);
    assert_true(send_for_err() != ERR_OK);
    assert_unchanged(before);
}

/* ---- Answers ---- */

static void ready(void)
{
    assert_int_equal(pump(), 0);
    receive(NO, "p1");
    (void)pump();
    assert_false(asked(NO, "register"));
}

static void an_answer_is_kept_goes_into_the_facts_and_the_case_is_decided_with_it(void **state)
{
    struct leased held;
    (void)state;
    ready();
    must_be("ASKED", "", "", 0);
    lease(STAGE_ROUTE, 60000, 1, &held);
    assert_int_equal(finish_one(STAGE_ROUTE, held.token, NO, JOB_DONE, 0, ""), 0);
    int64_t version = version_of(NO);
    struct register_news n = news_of("recognised", "dibao");
    n.facts = SLICE_LIT(FACTS);
    assert_int_equal(tell(&n), REGISTER_TOLD_OK);
    must_be("ANSWERED", "recognised", "dibao", AS_OF_MS);
    assert_string_equal(field(NO, "f"), FACTS);
    assert_true(version_of(NO) > version);
    assert_true(in_set("q:route:ready", NO)); /* once more, with what is known now */
    assert_true(asked(NO, "register"));       /* and nobody asks again */
    must_be("ANSWERED", "recognised", "dibao", AS_OF_MS);
}

static void the_same_answer_again_or_an_older_one_changes_nothing(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    ready();
    struct register_news n = news_of("recognised", "dibao");
    assert_int_equal(tell(&n), REGISTER_TOLD_OK);
    mark_data(before);
    n.version = version_of(NO);
    assert_int_equal(tell(&n), REGISTER_TOLD_SAME);
    n.answer = "not";
    n.kind = "";
    n.as_of_ms = AS_OF_MS - 1;
    assert_int_equal(tell(&n), REGISTER_TOLD_SAME);
    n.as_of_ms = AS_OF_MS;
    assert_int_equal(tell(&n), REGISTER_TOLD_SAME);
    assert_unchanged(before);
    n.as_of_ms = AS_OF_MS + 1; /* a newer one that says something else holds */
    assert_int_equal(tell(&n), REGISTER_TOLD_OK);
    must_be("ANSWERED", "not", "", AS_OF_MS + 1);
}

static void an_answer_made_from_an_older_case_is_not_taken(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    ready();
    struct register_news n = news_of("recognised", "dibao");
    n.facts = SLICE_LIT(FACTS);
    n.version--;
    mark_data(before);
    assert_int_equal(tell(&n), REGISTER_TOLD_CHANGED);
    assert_unchanged(before);
}

static void an_answer_that_nobody_asked_for_is_not_taken(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    receive(NO, "p1");
    struct register_news n = news_of("recognised", "dibao");
    mark_data(before);
    assert_int_equal(tell(&n), REGISTER_TOLD_NOT_FOUND);
    n.no = slice_of(case_number(7));
    assert_int_equal(tell(&n), REGISTER_TOLD_NOT_FOUND);
    assert_unchanged(before);
}

static void an_answer_to_a_case_that_is_over_is_only_kept(void **state)
{
    (void)state;
    ready();
    struct act_request withdraw = request(NO, VERB_WITHDRAW, "agent:desk-1", 0);
    assert_int_equal(act(&withdraw).outcome, ACT_OK);
    assert_true(case_state_final(state_of(NO)));
    int64_t version = version_of(NO);
    struct register_news n = news_of("recognised", "tekun");
    n.facts = SLICE_LIT(FACTS);
    assert_int_equal(tell(&n), REGISTER_TOLD_OK);
    must_be("ANSWERED", "recognised", "tekun", AS_OF_MS);
    assert_int_equal(version_of(NO), version);
    assert_string_equal(field(NO, "f"), "{\"persons\":1}");
}

/* What is kept about a question: words and times. It ends by itself, and so does nothing else of
 * the case. */
static void what_is_kept_names_nobody_and_runs_out(void **state)
{
    char key[64], text[256];
    (void)state;
    ready();
    struct register_news n = news_of("unknown", "");
    assert_int_equal(tell(&n), REGISTER_TOLD_OK);
    snprintf(key, sizeof(key), "{" REGION "}:register:%s", NO);
    redisReply *all = redis_do(&redis, "HGETALL", key, NULL);
    assert_int_equal(all->elements, 2);
    assert_string_equal(all->element[0]->str, "register");
    const char *value = all->element[1]->str;
    assert_int_equal(strspn(value, "ANSWERED|unknown0123456789"), strlen(value));
    freeReplyObject(all);
    redisReply *ttl = redis_do(&redis, "TTL", key, NULL);
    assert_true(ttl->integer > 0 && ttl->integer <= 34560000);
    freeReplyObject(ttl);
    /* its job names the case and the matter alone */
    redisReply *jobs = redis_do(&redis, "ZRANGE", "{" REGION "}:q:register:ready", "0", "-1", NULL);
    snprintf(text, sizeof(text), "%s.register", NO);
    assert_int_equal(jobs->elements, 1);
    assert_string_equal(jobs->element[0]->str, text);
    freeReplyObject(jobs);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fixture_reset)
    const struct CMUnitTest tests[] = {
        TEST(every_new_case_is_asked_after_once),
        TEST(a_person_may_ask_for_the_household_as_well),
        TEST(who_asks_for_a_case_that_is_not_there_hears_so),
        TEST(matters_and_answers_that_are_none_are_refused_and_nothing_changes),
        TEST(an_answer_is_kept_goes_into_the_facts_and_the_case_is_decided_with_it),
        TEST(the_same_answer_again_or_an_older_one_changes_nothing),
        TEST(an_answer_made_from_an_older_case_is_not_taken),
        TEST(an_answer_that_nobody_asked_for_is_not_taken),
        TEST(an_answer_to_a_case_that_is_over_is_only_kept),
        TEST(what_is_kept_names_nobody_and_runs_out),
    };
    return RUN_WITH_REDIS(tests);
}
