/* Clocks in the store: started, stopped, paused, warned of and escalated, each step once. */
#include "tests/store/fixture.h"

#include <stdio.h>
#include "queue/store/calls_clock.h"

#define FAR NEVER_MS
#define HOUR INT64_C(3600000)

static struct leased jobs;
static const char *no;

static const redisReply *look(struct case_clocks *out)
{
    case_clocks_write(store_fcall(store), REGION, slice_of(no), 0, CASE_CLOCKS_PAGE);
    const redisReply *reply = send_call();
    assert_ok(case_clocks_read(reply, out));
    return reply;
}

/* Accepted by the officer, who holds it; the clocks in `text` start with it. */
static int64_t accepted(const char *text)
{
    struct claim_result c = claim_case(TOWN, OFFICER, no, 600000);
    assert_int_equal(c.outcome, CLAIM_OK);
    struct act_request r = request(no, VERB_ACCEPT, OFFICER, c.claim);
    r.clocks = slice_of(text);
    assert_int_equal(act(&r).outcome, ACT_OK);
    return c.claim;
}

static int dispatched_case(void **state)
{
    fixture_reset(state);
    no = case_number(1);
    receive(no, "p1");
    lease(STAGE_ROUTE, 600000, 1, &jobs);
    struct decide_case c = dispatch(no, NULL);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
    return 0;
}

static void hand_back(int64_t claim)
{
    struct act_request r = request(no, VERB_HAND_BACK, OFFICER, claim);
    assert_int_equal(act(&r).outcome, ACT_OK);
}

/* A clock whose times lie so many hours from now; the county is told as long behind its due time as
 * it warns before. step: "1/" as it stands in the case, "" as it is given. */
static const char *at_step(const char *kind, int64_t due_h, int64_t warn_h, const char *step)
{
    static char text[160];
    int64_t now = clock_now_ms();
    snprintf(text, sizeof(text), "%s=%lld/%lld/%s%lld/0", kind, (long long)(now + due_h * HOUR),
             (long long)(now + warn_h * HOUR), step,
             (long long)(now + (2 * due_h - warn_h) * HOUR));
    return text;
}

static const char *times(const char *kind, int64_t due_h, int64_t warn_h)
{
    return at_step(kind, due_h, warn_h, "");
}

static int64_t timer(const char *kind)
{
    char member[64], text[64] = "";
    snprintf(member, sizeof(member), "%s:%s", kind, no);
    if (!in_set("timers", member)) {
        return 0;
    }
    redis_text(&redis, text, sizeof(text), "ZSCORE", "{" REGION "}:timers", member, NULL);
    return strtoll(text, NULL, 10);
}

/* The verbs and steps of the machine's events, oldest first: "warn:due-soon escalate:overdue". */
static const char *steps(void)
{
    static char text[256];
    struct case_clocks c;
    look(&c);
    text[0] = '\0';
    for (size_t i = 0; i < c.event_count; i++) {
        struct slice e = case_clocks_event(&c, i);
        const char *step = memmem(e.ptr, e.len, "\"step\":\"", 8);
        const char *verb = memmem(e.ptr, e.len, "\"verb\":\"", 8);
        if (step != NULL && verb != NULL) {
            size_t at = strlen(text);
            snprintf(text + at, sizeof(text) - at, "%s%.*s:%.*s", at > 0 ? " " : "",
                     (int)strcspn(verb + 8, "\""), verb + 8, (int)strcspn(step + 8, "\""),
                     step + 8);
        }
    }
    return text;
}

static void fires_nothing_more(void)
{
    char before[REDIS_DIGEST_SIZE];
    mark_data(before);
    assert_int_equal(fire(64), 0);
    assert_unchanged(before);
}

static void a_started_clock_stands_in_the_case_its_event_and_the_timers(void **state)
{
    struct case_clocks c;
    struct clocks_event e;
    (void)state;
    accepted("review=4102444800000/4102358400000");
    look(&c);
    assert_int_equal(c.row_count, 1);
    assert_int_equal(c.rows[0].kind, CLOCKS_REVIEW);
    assert_int_equal(c.rows[0].due_ms, INT64_C(4102444800000));
    assert_int_equal(c.rows[0].warn_ms, INT64_C(4102358400000));
    assert_int_equal(c.rows[0].step, 0);
    assert_false(c.paused);
    assert_int_equal(c.state, CASE_ACCEPTED);
    assert_slice(c.township, TOWN);
    assert_ok(clocks_event_read(case_clocks_event(&c, c.event_count - 1), &e));
    assert_int_equal(e.verb, VERB_ACCEPT);
    assert_int_equal(e.due_ms[CLOCKS_REVIEW], INT64_C(4102444800000));
    assert_int_equal(timer("review"), INT64_C(4102358400000));
    fires_nothing_more();
}

static void every_event_of_a_case_can_be_accounted_for(void **state)
{
    struct case_clocks c;
    (void)state;
    hand_back(accepted(times("review", 5, 3)));
    look(&c);
    bool moved = false;
    for (size_t i = 0; i < c.event_count; i++) {
        struct clocks_event e;
        assert_ok(clocks_event_read(case_clocks_event(&c, i), &e));
        moved = moved || (e.moved && strcmp(e.holder, TOWN) == 0);
    }
    assert_int_equal(c.event_count, 5);
    assert_true(moved);
}

static void what_is_no_clock_is_refused_and_nothing_changes(void **state)
{
    static const char *const BAD[] = {"review",         "review=",
                                      "review=5",       "review=5/5",
                                      "review=5/6",     "nap=6/5",
                                      "review=x/5",     "review=6/5,county=6/5",
                                      "review=6/5;",    "review=99999999999999999999/5",
                                      "review=6/5/5/0", "review=6/5/7/7",
                                      "review=6/5/7"};
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    struct claim_result c = claim_case(TOWN, OFFICER, no, 600000);
    mark_data(before);
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct act_request r = request(no, VERB_ACCEPT, OFFICER, c.claim);
        r.clocks = slice_of(BAD[i]);
        act_write(store_fcall(store), REGION, &r);
        if (send_for_err() != ERR_INTERNAL) {
            fail_msg("was taken: %s", BAD[i]);
        }
        assert_unchanged(before);
    }
}

static void it_warns_then_stands_on_top_then_the_county_sees_it(void **state)
{
    (void)state;
    hand_back(accepted(times("review", 2, -1)));
    assert_int_equal(fire(64), 1);
    assert_string_equal(steps(), "warn:due-soon");
    fires_nothing_more();

    /* as if two hours had gone by: now due, and the county later */
    char key[64];
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", no);
    redis_must(&redis, "HSET", key, "ck", at_step("review", -1, -3, "1/"), NULL);
    char member[64];
    snprintf(member, sizeof(member), "review:%s", no);
    redis_must(&redis, "ZADD", "{" REGION "}:timers", "XX", "1", member, NULL);
    assert_int_equal(fire(64), 1);
    assert_string_equal(steps(), "warn:due-soon escalate:overdue");
    assert_string_equal(field(no, "ib"), "0");
    assert_true(in_set("township:" TOWN ":inbox", no));
    assert_false(in_set("township:" REGION ":inbox", no));
    assert_int_equal(state_of(no), CASE_ACCEPTED); /* nothing is taken away for being late */
    fires_nothing_more();

    redis_must(&redis, "HSET", key, "ck", at_step("review", -3, -4, "2/"), NULL);
    redis_must(&redis, "ZADD", "{" REGION "}:timers", "XX", "1", member, NULL);
    assert_int_equal(fire(64), 1);
    assert_string_equal(steps(), "warn:due-soon escalate:overdue escalate:county");
    assert_true(in_set("township:" TOWN ":inbox", no)); /* both see it */
    assert_true(in_set("township:" REGION ":inbox", no));
    assert_int_equal(timer("review"), 0);
    fires_nothing_more();
}

static void a_worker_that_slept_for_days_does_each_step_once_and_in_order(void **state)
{
    (void)state;
    hand_back(accepted(times("review", -72, -96)));
    assert_int_equal(fire(64), 1);
    assert_string_equal(steps(),
                        "escalate:overdue escalate:county"); /* no warning behind the date */
    assert_true(in_set("township:" REGION ":inbox", no));
    assert_int_equal(timer("review"), 0);
    fires_nothing_more();
}

static void who_works_on_a_late_case_keeps_it(void **state)
{
    (void)state;
    int64_t claim = accepted(times("review", -72, -96));
    assert_int_equal(fire(64), 1);
    assert_true(in_set("township:" TOWN ":held", no));
    struct claim_result c = claim_case(REGION, REVIEWER, no, 600000);
    assert_int_equal(c.outcome, CLAIM_HELD);
    struct act_request r = request(no, VERB_VERIFY, OFFICER, claim); /* late work is work */
    assert_int_equal(act(&r).outcome, ACT_OK);
    hand_back(claim);
    assert_true(in_set("township:" TOWN ":inbox", no));
    c = claim_case(REGION, REVIEWER, no, 600000);
    assert_int_equal(c.outcome, CLAIM_OK); /* the county takes it over */
    assert_false(in_set("township:" TOWN ":inbox", no));
    struct case_clocks seen;
    struct clocks_event e;
    look(&seen);
    assert_ok(clocks_event_read(case_clocks_event(&seen, seen.event_count - 1), &e));
    assert_true(e.moved); /* the history says who has it now */
    assert_string_equal(e.holder, REGION);
}

static void what_is_done_after_the_escalation_leaves_the_duty_desk(void **state)
{
    (void)state;
    int64_t claim = accepted(times("review", -72, -96));
    assert_int_equal(fire(64), 1);
    assert_true(in_set("township:" REGION ":inbox", no));
    struct act_request r = request(no, VERB_RETURN, OFFICER, claim);
    r.extra[0] = SLICE_LIT("520102");
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_false(in_set("township:" REGION ":inbox", no));
    assert_true(in_set("township:520102:inbox", no));
    assert_string_equal(field(no, "ck"), "");
    assert_int_equal(field(no, "q")[0], '|'); /* offered to nobody else */
}

static void a_clock_stops_with_its_state(void **state)
{
    (void)state;
    int64_t claim = accepted("review=4102444800000/4102358400000");
    struct act_request r = request(no, VERB_RETURN, OFFICER, claim);
    assert_int_equal(act(&r).outcome, ACT_OK);
    assert_string_equal(field(no, "ck"), "");
    assert_int_equal(timer("review"), 0);
}

static void a_clock_that_was_left_behind_fires_nothing(void **state)
{
    (void)state;
    accepted("review=4102444800000/4102358400000");
    char key[64], member[64];
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", no);
    snprintf(member, sizeof(member), "review:%s", no);
    redis_must(&redis, "HSET", key, "s", "PAYING", NULL);
    redis_must(&redis, "ZADD", "{" REGION "}:timers", "XX", "1", member, NULL);
    assert_int_equal(fire(64), 1);
    assert_string_equal(steps(), "");
    assert_int_equal(timer("review"), 0);
    fires_nothing_more();
}

static struct act_result pause_case(int64_t claim, const char *reason)
{
    struct act_request r = request(no, VERB_PAUSE, OFFICER, claim);
    r.extra[0] = slice_of(reason);
    r.extra[1] = SLICE_LIT("4102444800000");
    r.extra_count = 2;
    return act(&r);
}

static struct act_result resume_case(const char *text)
{
    struct act_request r = request(no, VERB_RESUME, OFFICER, 0);
    r.extra[0] = slice_of(text);
    r.extra_count = 1;
    return act(&r);
}

static void a_paused_clock_fires_nothing_until_it_goes_on(void **state)
{
    struct case_clocks c;
    (void)state;
    int64_t claim = accepted(times("review", 1, -1));
    assert_int_equal(pause_case(claim, "economy_check").outcome, ACT_OK);
    look(&c);
    assert_true(c.paused);
    assert_slice(c.pause_reason, "economy_check");
    assert_true(c.rows[0].paused);
    assert_true(clock_now_ms() - c.paused_ms < HOUR);
    assert_int_equal(timer("review"), 0);
    assert_int_equal(timer("pause"), FAR);
    fires_nothing_more();
    struct act_result r = pause_case(claim, "applicant");
    assert_int_equal(r.outcome, ACT_REFUSED);
    assert_int_equal(r.refusal, REFUSAL_PAUSED);

    char text[96];
    snprintf(text, sizeof(text), "review=%lld/%lld", (long long)c.rows[0].due_ms + 5,
             (long long)clock_now_ms() + HOUR / 2);
    assert_int_equal(resume_case(text).outcome, ACT_OK);
    look(&c);
    assert_false(c.paused);
    assert_false(c.rows[0].paused);
    assert_int_equal(timer("review"), c.rows[0].warn_ms);
    assert_int_equal(timer("pause"), 0);
    r = resume_case(text);
    assert_int_equal(r.outcome, ACT_REFUSED);
    assert_int_equal(r.refusal, REFUSAL_NOT_PAUSED);
}

static void nobody_stops_the_clocks_of_a_case_that_another_one_works_on(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    int64_t claim = accepted("review=4102444800000/4102358400000");
    struct act_request r = request(no, VERB_PAUSE, "officer:zhao", 0);
    mark_data(before);
    assert_int_equal(act(&r).outcome, ACT_STALE);
    assert_unchanged(before);
    hand_back(claim);
    assert_int_equal(act(&r).outcome, ACT_OK);
}

static void a_resumption_never_shortens_a_clock(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    int64_t claim = accepted("review=4102444800000/4102358400000");
    assert_int_equal(pause_case(claim, "applicant").outcome, ACT_OK);
    mark_data(before);
    static const char *const BAD[] = {"", "review=4102444799999/4102358400000",
                                      "county=4102444800001/4102358400000"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct act_request r = request(no, VERB_RESUME, OFFICER, 0);
        r.extra[0] = slice_of(BAD[i]);
        r.extra_count = 1;
        act_write(store_fcall(store), REGION, &r);
        assert_int_equal(send_for_err(), ERR_INTERNAL);
        assert_unchanged(before);
    }
}

static void a_forgotten_pause_comes_before_the_county(void **state)
{
    (void)state;
    int64_t claim = accepted("review=4102444800000/4102358400000");
    assert_int_equal(pause_case(claim, "applicant").outcome, ACT_OK);
    hand_back(claim);
    char member[64];
    snprintf(member, sizeof(member), "pause:%s", no);
    redis_must(&redis, "ZADD", "{" REGION "}:timers", "XX", "1", member, NULL);
    assert_int_equal(fire(64), 1);
    assert_string_equal(steps(), "escalate:county");
    assert_true(in_set("township:" REGION ":inbox", no));
    struct case_clocks c;
    look(&c);
    assert_true(c.paused); /* a person decides whether it goes on */
    fires_nothing_more();
}

static void without_a_clock_there_is_nothing_to_pause(void **state)
{
    (void)state;
    struct act_result r = pause_case(accepted(""), "applicant");
    assert_int_equal(r.outcome, ACT_REFUSED);
    assert_int_equal(r.refusal, REFUSAL_NO_CLOCK);
    fires_nothing_more();
}

static void first_aid_is_never_paused(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    fixture_reset(state);
    allot(TOWN, 1000000);
    first_aid_case(no, "p1", 1000);
    assert_int_equal(news(payment_id(no, 1), PAYMENT_SUCCEEDED, 1000), NEWS_OK);
    int64_t claim = accepted("review=4102444800000/4102358400000");
    mark_data(before);
    struct act_result r = pause_case(claim, "fund_appropriation");
    assert_int_equal(r.outcome, ACT_REFUSED);
    assert_int_equal(r.refusal, REFUSAL_FIRST_AID_CLOCK);
    assert_unchanged(before);
}

/* ---- First aid: one timer for its whole way ---- */

static void granted(int64_t papers_h, int64_t pay_h)
{
    int64_t now = clock_now_ms();
    struct aid_order order = aid(1000);
    struct decide_case c = dispatch(no, &order);
    fixture_reset(NULL);
    allot(TOWN, 1000000);
    receive(no, "p1");
    lease(STAGE_ROUTE, 600000, 1, &jobs);
    order.papers_due_ms = now + papers_h * HOUR;
    order.papers = (struct clocks_times){.warn_ms = order.papers_due_ms - 24 * HOUR,
                                         .county_ms = order.papers_due_ms + 24 * HOUR};
    order.pay_due_ms = pay_h == 0 ? 0 : now + pay_h * HOUR;
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
}

static void paid(void)
{
    assert_int_equal(news(payment_id(no, 1), PAYMENT_SUCCEEDED, 1000), NEWS_OK);
}

static void money_that_is_not_there_in_time_comes_before_the_county(void **state)
{
    (void)state;
    granted(100, -1); /* to be paid an hour ago */
    assert_int_equal(fire(64), 1);
    assert_string_equal(steps(), "escalate:county");
    assert_true(in_set("township:" REGION ":inbox", no));
    assert_true(in_set("township:" TOWN ":inbox", no));
    fires_nothing_more();
    assert_true(timer("papers") > clock_now_ms() + 75 * HOUR); /* then the last day of the papers */
    assert_true(timer("papers") < clock_now_ms() + 77 * HOUR);
}

static void money_that_came_in_time_is_no_news(void **state)
{
    (void)state;
    granted(100, -1);
    paid();
    assert_int_equal(fire(64), 1);
    assert_string_equal(steps(), "");
    assert_true(timer("papers") > clock_now_ms() + 75 * HOUR);
    fires_nothing_more();
}

static void papers_are_warned_of_when_their_last_day_begins(void **state)
{
    (void)state;
    granted(2, 0);
    paid();
    assert_int_equal(fire(64), 1);
    assert_string_equal(steps(), "warn:due-soon");
    assert_int_equal(state_of(no), CASE_FIRST_AID_PAID);
    fires_nothing_more();
    assert_true(timer("papers") > clock_now_ms() + HOUR);
}

static void overdue_papers_come_before_the_county_a_day_later(void **state)
{
    (void)state;
    granted(-1, 0);
    paid();
    assert_int_equal(fire(64), 1);
    assert_int_equal(state_of(no), CASE_PAPERS_OVERDUE);
    assert_string_equal(steps(), "");
    assert_false(in_set("township:" REGION ":inbox", no));
    fires_nothing_more();
    char member[64];
    snprintf(member, sizeof(member), "papers:%s", no);
    char key[64], rv[48];
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", no);
    snprintf(rv, sizeof(rv), "OVERDUE:60/1440/0:%lld", (long long)(clock_now_ms() - 25 * HOUR));
    redis_must(&redis, "HSET", key, "rv", rv, NULL);
    redis_must(&redis, "ZADD", "{" REGION "}:timers", "XX", "1", member, NULL);
    assert_int_equal(fire(64), 1);
    assert_string_equal(steps(), "escalate:county");
    assert_true(in_set("township:" REGION ":inbox", no));
    assert_true(in_set("township:" TOWN ":inbox", no));
    assert_int_equal(timer("papers"), 0);
    must_act(no, VERB_PAPERS, OFFICER, TOWN); /* late papers are papers */
    fires_nothing_more();
}

static void papers_of_a_worker_that_slept_for_days_are_overdue_once(void **state)
{
    (void)state;
    granted(-72, -90);
    paid();
    assert_int_equal(fire(64), 1);
    assert_int_equal(state_of(no), CASE_PAPERS_OVERDUE);
    assert_string_equal(steps(), "escalate:county"); /* behind the event that moved it */
    fires_nothing_more();
}

/* ---- At random ---- */

static uint64_t seed;

static int64_t any(int64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)below);
}

#define SLEEPERS 60

/* Sixty cases whose clocks ran out, or not, while the worker slept for up to ten days. Whatever
 * number it is woken for at a time: each step that is due is taken once, in order, and no other. */
static void whatever_was_due_while_the_worker_slept_fires_once_and_in_order(void **state)
{
    const char *want[SLEEPERS];
    int64_t next[SLEEPERS], now = clock_now_ms(), fired = 0;
    (void)state;
    seed = 20260215;
    fixture_reset(NULL);
    for (int i = 0; i < SLEEPERS; i++) {
        int64_t due = now + (any(20 * 24) - 10 * 24) * HOUR + HOUR / 2;
        int64_t warn = due - (1 + any(48)) * HOUR, county = due + (due - warn);
        char text[96];
        no = case_number(i + 1);
        receive(no, fresh());
        lease(STAGE_ROUTE, 600000, 1, &jobs);
        struct decide_case c = dispatch(no, NULL);
        assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
        snprintf(text, sizeof(text), "review=%lld/%lld/%lld/0", (long long)due, (long long)warn,
                 (long long)county);
        hand_back(accepted(text));
        want[i] = now >= county ? "escalate:overdue escalate:county"
                  : now >= due  ? "escalate:overdue"
                  : now >= warn ? "warn:due-soon"
                                : "";
        next[i] = now >= county ? 0 : now >= due ? county : now >= warn ? due : warn;
        fired += now >= warn;
    }
    assert_true(fired > SLEEPERS / 4 && fired < SLEEPERS);
    for (int64_t left = fired; left > 0;) {
        int most = 1 + (int)any(64);
        assert_int_equal(fire(most), left < most ? left : most);
        left -= left < most ? left : most;
    }
    fires_nothing_more();
    for (int i = 0; i < SLEEPERS; i++) {
        no = case_number(i + 1);
        assert_string_equal(steps(), want[i]);
        assert_int_equal(timer("review"), next[i]);
        bool county = strstr(want[i], "county") != NULL;
        assert_int_equal(in_set("township:" REGION ":inbox", no), county);
        assert_true(in_set("township:" TOWN ":inbox", no));
    }
}

#define WITH_CASE(test) cmocka_unit_test_setup(test, dispatched_case)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CASE(a_started_clock_stands_in_the_case_its_event_and_the_timers),
        WITH_CASE(every_event_of_a_case_can_be_accounted_for),
        WITH_CASE(what_is_no_clock_is_refused_and_nothing_changes),
        WITH_CASE(it_warns_then_stands_on_top_then_the_county_sees_it),
        WITH_CASE(a_worker_that_slept_for_days_does_each_step_once_and_in_order),
        WITH_CASE(who_works_on_a_late_case_keeps_it),
        WITH_CASE(what_is_done_after_the_escalation_leaves_the_duty_desk),
        WITH_CASE(a_clock_stops_with_its_state),
        WITH_CASE(a_clock_that_was_left_behind_fires_nothing),
        WITH_CASE(a_paused_clock_fires_nothing_until_it_goes_on),
        WITH_CASE(nobody_stops_the_clocks_of_a_case_that_another_one_works_on),
        WITH_CASE(a_resumption_never_shortens_a_clock),
        WITH_CASE(a_forgotten_pause_comes_before_the_county),
        WITH_CASE(without_a_clock_there_is_nothing_to_pause),
        WITH_CASE(first_aid_is_never_paused),
        WITH_CASE(money_that_is_not_there_in_time_comes_before_the_county),
        WITH_CASE(money_that_came_in_time_is_no_news),
        WITH_CASE(papers_are_warned_of_when_their_last_day_begins),
        WITH_CASE(overdue_papers_come_before_the_county_a_day_later),
        WITH_CASE(papers_of_a_worker_that_slept_for_days_are_overdue_once),
        WITH_CASE(whatever_was_due_while_the_worker_slept_fires_once_and_in_order),
    };
    return RUN_WITH_REDIS(tests);
}
