/* The clocks of a case: terms, pauses, and the account made from its events. */
#include "tests/support/test.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "tests/unit/domain/china.h"
#include "tests/unit/domain/clocks_events.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define TOWN ",\"held_by\":\"520102001\""
#define NEIGHBOUR ",\"held_by\":\"520102002\""
#define DESK ",\"held_by\":\"520000\""
#define WANG "officer:wang"

static struct history h;

static int fresh_history(void **state)
{
    (void)state;
    history_init(&h);
    return 0;
}

static int drop_history(void **state)
{
    (void)state;
    history_release(&h);
    return 0;
}

/* ---- Terms ---- */

static const struct clocks_pace EIGHT_TENTHS = {
    .warn_permille = 800, .county_hours = 24, .chase_working_days = 5};

static void assert_term(enum clocks_unit unit, int count, const char *from, const char *due,
                        const char *warn)
{
    struct clocks_times t;
    assert_ok(
        clocks_due(&china, (struct clocks_term){unit, count}, &EIGHT_TENTHS, at(from), &t, NULL));
    assert_int_equal(t.due_ms, at(due));
    assert_int_equal(t.warn_ms, at(warn));
}

static void each_unit_is_counted_in_its_own_way(void **state)
{
    (void)state;
    /* Friday 17:00 before the Spring Festival that begins on Sunday; Saturday is worked */
    assert_term(TERM_MINUTES, 15, "2026-02-13 17:00:00", "2026-02-13 17:15:00",
                "2026-02-13 17:12:00");
    assert_term(TERM_HOURS, 24, "2026-02-13 17:00:00", "2026-02-14 17:00:00",
                "2026-02-14 12:12:00");
    assert_term(TERM_DAYS, 3, "2026-02-13 00:00:00", "2026-02-17 00:00:00", "2026-02-16 04:48:00");
    assert_term(TERM_WORKING_DAYS, 1, "2026-02-13 23:59:59", "2026-02-15 00:00:00",
                "2026-02-14 00:00:00");
    assert_term(TERM_WORKING_DAYS, 5, "2026-02-13 17:00:00", "2026-02-28 00:00:00",
                "2026-02-27 00:00:00");
}

static void a_term_out_of_range_is_refused_and_nothing_is_written(void **state)
{
    static const struct clocks_term BAD[] = {
        {TERM_NONE, 1},    {TERM_MINUTES, 0},      {TERM_MINUTES, 1440001},
        {TERM_HOURS, 0},   {TERM_HOURS, 24001},    {TERM_DAYS, 0},
        {TERM_DAYS, 1001}, {TERM_WORKING_DAYS, 0}, {TERM_WORKING_DAYS, 1001}};
    struct clocks_times t = {.due_ms = 1, .warn_ms = 2};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_int_equal(
            clocks_due(&china, BAD[i], &EIGHT_TENTHS, at("2026-03-02 09:00:00"), &t, NULL),
            ERR_INPUT);
    }
    for (int unit = TERM_MINUTES; unit <= TERM_WORKING_DAYS; unit++) {
        const struct clocks_term one = {(enum clocks_unit)unit, 1};
        assert_int_equal(clocks_due(&china, one, &EIGHT_TENTHS, -1, &t, NULL), ERR_INPUT);
    }
    assert_int_equal(t.due_ms, 1);
    assert_int_equal(t.warn_ms, 2);
}

static void assert_resumed(enum clocks_unit unit, const char *due, const char *paused,
                           const char *resumed, const char *want)
{
    struct clocks_times t;
    assert_ok(
        clocks_resume(&china, unit, &EIGHT_TENTHS, at(due), at(paused), at(resumed), &t, NULL));
    assert_int_equal(t.due_ms, at(want));
    assert_true(t.warn_ms < t.due_ms);
}

static void a_paused_clock_is_due_later_by_what_it_stood_still(void **state)
{
    (void)state;
    assert_resumed(TERM_HOURS, "2026-03-03 09:00:00", "2026-03-02 10:00:00", "2026-03-02 16:30:00",
                   "2026-03-03 15:30:00");
    assert_resumed(TERM_DAYS, "2026-03-06 00:00:00", "2026-03-02 10:00:00", "2026-03-04 10:00:00",
                   "2026-03-08 00:00:00");
    /* two working days began in the pause; the weekend before the due day does not count */
    assert_resumed(TERM_WORKING_DAYS, "2026-03-07 00:00:00", "2026-03-02 10:00:00",
                   "2026-03-04 10:00:00", "2026-03-11 00:00:00");
    /* within one day, and over a weekend: no working day began */
    assert_resumed(TERM_WORKING_DAYS, "2026-03-07 00:00:00", "2026-03-02 10:00:00",
                   "2026-03-02 23:59:59", "2026-03-07 00:00:00");
    assert_resumed(TERM_WORKING_DAYS, "2026-03-12 00:00:00", "2026-03-06 10:00:00",
                   "2026-03-08 10:00:00", "2026-03-12 00:00:00");
    /* all of Spring Festival is no working day either */
    assert_resumed(TERM_WORKING_DAYS, "2026-02-26 00:00:00", "2026-02-14 18:00:00",
                   "2026-02-23 18:00:00", "2026-02-26 00:00:00");
}

static void a_pause_that_ends_before_it_begins_is_refused(void **state)
{
    struct clocks_times times = {.due_ms = 1, .warn_ms = 2};
    int64_t t = at("2026-03-02 10:00:00");
    const struct clocks_pace *pace = &EIGHT_TENTHS;
    (void)state;
    assert_int_equal(clocks_resume(&china, TERM_HOURS, pace, t, t, t - 1, &times, NULL), ERR_INPUT);
    assert_int_equal(clocks_resume(&china, TERM_NONE, pace, t, t, t, &times, NULL), ERR_INPUT);
    assert_int_equal(clocks_resume(&china, TERM_HOURS, pace, -1, t, t, &times, NULL), ERR_INPUT);
    assert_int_equal(
        clocks_resume(&china, TERM_WORKING_DAYS, pace, t, t, t + 1001 * MS_PER_DAY, &times, NULL),
        ERR_INPUT);
    assert_int_equal(times.due_ms, 1);
    assert_int_equal(times.warn_ms, 2);
}

/* ---- Events ---- */

static void an_event_is_read_as_the_store_writes_it(void **state)
{
    struct clocks_event e;
    (void)state;
    assert_ok(clocks_event_read(
        SLICE_LIT("{\"seq\":2,\"verb\":\"first-aid\",\"from\":\"DISPATCHED\",\"to\":"
                  "\"FIRST_AID_APPROVED\",\"at_ms\":17,\"actor\":\"order:A/w\",\"reason\":\"救\","
                  "\"policy\":\"p\",\"payment\":\"1A01\",\"amount_fen\":5,\"review_due_ms\":99,"
                  "\"postings\":[{\"fund\":\"1\"}],\"held_by\":\"520102001\",\"clock_pay\":42}"),
        &e));
    assert_int_equal(e.verb, VERB_FIRST_AID);
    assert_int_equal(e.to, CASE_FIRST_AID_APPROVED);
    assert_int_equal(e.at_ms, 17);
    assert_string_equal(e.actor, "order:A/w");
    assert_true(e.moved);
    assert_string_equal(e.holder, "520102001");
    assert_int_equal(e.due_ms[CLOCKS_PAPERS], 99);
    assert_int_equal(e.due_ms[CLOCKS_REVIEW], 99);
    assert_int_equal(e.due_ms[CLOCKS_PAY], 42);
    assert_int_equal(e.due_ms[CLOCKS_COUNTY], 0);
}

static void what_is_no_event_of_a_case_is_damage(void **state)
{
#define HEAD "{\"verb\":\"note\",\"to\":\"ACCEPTED\",\"at_ms\":1,\"actor\":\"a\""
    static const char *const BAD[] = {
        "",
        "[]",
        "{}",
        HEAD,
        "{\"verb\":\"fly\",\"to\":\"ACCEPTED\",\"at_ms\":1,\"actor\":\"a\"}",
        "{\"verb\":\"note\",\"to\":\"FLYING\",\"at_ms\":1,\"actor\":\"a\"}",
        "{\"verb\":\"note\",\"to\":\"ACCEPTED\",\"at_ms\":-1,\"actor\":\"a\"}",
        "{\"verb\":\"note\",\"to\":\"ACCEPTED\",\"at_ms\":1}",
        "{\"verb\":\"pause\",\"to\":\"ACCEPTED\",\"at_ms\":1,\"actor\":\"a\"}",
        HEAD ",\"held_by\":5}",
        HEAD ",\"held_by\":\"52010200100000\"}",
        HEAD ",\"clock_nap\":5}",
        HEAD ",\"clock_pay\":0}",
        HEAD ",\"clock_pay\":\"5\"}",
        HEAD ",\"review_due_ms\":-5}",
    };
    struct clocks_event e = {.at_ms = 7};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        if (clocks_event_read(slice_of(BAD[i]), &e) != ERR_CORRUPT) {
            fail_msg("was taken: %s", BAD[i]);
        }
    }
    assert_int_equal(e.at_ms, 7);
    assert_ok(clocks_event_read(SLICE_LIT(HEAD "}"), &e));
#undef HEAD
}

/* ---- The account ---- */

/* A fire on Friday evening before Spring Festival: called 17:00, dispatched and helped by rule
 * within seconds, accepted after 10 minutes, paid, papers after the holidays. */
static void first_aid_before_a_holiday(void **state)
{
    int64_t t = at("2026-02-13 17:00:00");
    char due[64];
    (void)state;
    int64_t papers = at("2026-02-28 00:00:00");
    snprintf(due, sizeof(due), ",\"review_due_ms\":%lld", (long long)papers);
    history_add(&h, t + 1000, "receive", "RECEIVED", "agent:a", "");
    history_add(&h, t + 3000, "dispatch", "DISPATCHED", "worker:1", TOWN);
    history_add(&h, t + 3000, "first-aid", "FIRST_AID_APPROVED", "order:A/zhao", due);
    history_add(&h, t + 8000, "paid", "FIRST_AID_PAID", "bank", "");
    history_add(&h, t + 9 * MINUTE, "claim", "FIRST_AID_PAID", WANG, "");
    history_add(&h, t + 10 * MINUTE, "accept", "PAPERS_DUE", WANG, "");
    struct clocks_account a = history_account(&h, t, t + 20 * MINUTE);
    assert_int_equal(a.first_contact_ms, t);
    assert_int_equal(a.total_ms, 20 * MINUTE);

    const struct clocks_segment *s = segment(&a, CLOCKS_DISPATCH, 0);
    assert_int_equal(s->started_ms, t); /* not when it was written down */
    assert_int_equal(s->ended_ms, t + 3000);
    assert_int_equal(s->due_ms, t + HOUR);
    assert_int_equal(s->state, CLOCKS_STOPPED);

    s = segment(&a, CLOCKS_ACCEPT, 0);
    assert_string_equal(s->inbox, "520102001");
    assert_string_equal(s->actor, "");
    assert_int_equal(s->due_ms, t + 3000 + 15 * MINUTE);
    assert_int_equal(s->ended_ms, t + 9 * MINUTE);
    s = segment(&a, CLOCKS_ACCEPT, 1); /* the same run, in an officer's hands */
    assert_string_equal(s->actor, WANG);
    assert_int_equal(s->run, 1);
    assert_int_equal(s->used_ms, MINUTE);
    assert_int_equal(segments(&a, CLOCKS_ACCEPT), 2);

    s = segment(&a, CLOCKS_PAY, 0); /* hours run through the night and the holiday */
    assert_int_equal(s->due_ms, t + 3000 + 24 * HOUR);
    assert_int_equal(s->used_ms, 5000);
    assert_int_equal(s->overdue_ms, 0);

    s = segment(&a, CLOCKS_PAPERS, segments(&a, CLOCKS_PAPERS) - 1);
    assert_int_equal(s->state, CLOCKS_RUNNING);
    assert_int_equal(s->due_ms, papers);
    assert_true(s->booked);
    assert_int_equal(segment(&a, CLOCKS_REVIEW, 0)->due_ms, papers);
    assert_int_equal(a.holder_count, 3); /* hotline, township, officer */
    assert_string_equal(a.holders[2].actor, WANG);
    assert_int_equal(a.holders[2].held_ms, 11 * MINUTE);
}

static void a_return_restarts_neither_the_citizens_clock_nor_that_of_dispatch(void **state)
{
    int64_t t = at("2026-03-02 09:00:00");
    (void)state;
    history_add(&h, t, "receive", "RECEIVED", "agent:a", "");
    history_add(&h, t + 5 * MINUTE, "dispatch", "DISPATCHED", "worker:1", TOWN);
    history_add(&h, t + 15 * MINUTE, "claim", "DISPATCHED", WANG, "");
    history_add(&h, t + 18 * MINUTE, "return", "RETURNED", WANG, DESK);
    history_add(&h, t + 50 * MINUTE, "dispatch", "DISPATCHED", "reviewer:li", NEIGHBOUR);
    struct clocks_account a = history_account(&h, 0, t + 90 * MINUTE);
    assert_int_equal(a.first_contact_ms, t);
    assert_int_equal(a.total_ms, 90 * MINUTE);
    assert_int_equal(a.returns, 1);
    assert_int_equal(segments(&a, CLOCKS_DISPATCH), 2);
    const struct clocks_segment *again = segment(&a, CLOCKS_DISPATCH, 1);
    assert_int_equal(again->due_ms, segment(&a, CLOCKS_DISPATCH, 0)->due_ms);
    assert_int_equal(again->due_ms, t + HOUR);
    assert_string_equal(again->inbox, "520000"); /* the duty desk had it for 32 minutes */
    assert_int_equal(again->used_ms, 32 * MINUTE);
    const struct clocks_segment *s = segment(&a, CLOCKS_ACCEPT, 1);
    assert_int_equal(s->overdue_ms, 0); /* claimed in time; returned 2 minutes before it was due */
    s = segment(&a, CLOCKS_RETURN, 1);
    assert_int_equal(s->due_ms, t + 20 * MINUTE);
    s = segment(&a, CLOCKS_ACCEPT, 2);
    assert_int_equal(s->run, 2);
    assert_int_equal(s->due_ms, t + 65 * MINUTE); /* each dispatch has its own */
    assert_int_equal(s->overdue_ms, 25 * MINUTE);
}

static void each_inbox_of_the_cascade_has_its_own_time_to_accept(void **state)
{
    int64_t t = at("2026-03-02 09:00:00");
    (void)state;
    history_add(&h, t, "receive", "RECEIVED", "agent:a", "");
    history_add(&h, t, "dispatch", "DISPATCHED", "worker:1", TOWN);
    history_add(&h, t + 16 * MINUTE, "cascade", "DISPATCHED", "system", NEIGHBOUR);
    history_add(&h, t + 31 * MINUTE, "cascade", "DISPATCHED", "system", DESK);
    struct clocks_account a = history_account(&h, 0, t + 40 * MINUTE);
    assert_int_equal(segments(&a, CLOCKS_ACCEPT), 3);
    assert_int_equal(segment(&a, CLOCKS_ACCEPT, 0)->overdue_ms, MINUTE);
    assert_int_equal(segment(&a, CLOCKS_ACCEPT, 1)->due_ms, t + 31 * MINUTE);
    assert_int_equal(segment(&a, CLOCKS_ACCEPT, 1)->overdue_ms, 0);
    assert_int_equal(segment(&a, CLOCKS_ACCEPT, 2)->run, 3);
    assert_string_equal(a.holders[0].inbox, ""); /* for no time at all */
    assert_int_equal(a.holders[0].held_ms, 0);
    assert_int_equal(a.holders[1].held_ms, 16 * MINUTE);
    assert_int_equal(a.holders[3].held_ms, 9 * MINUTE);
}

/* Help by rule comes before an officer has looked: he still has to. */
static void paid_by_rule_is_not_accepted(void **state)
{
    int64_t t = at("2026-03-02 09:00:00");
    (void)state;
    history_add(&h, t, "receive", "RECEIVED", "agent:a", "");
    history_add(&h, t, "dispatch", "DISPATCHED", "worker:1", TOWN);
    history_add(&h, t, "first-aid", "FIRST_AID_APPROVED", "order:A/zhao", "");
    history_add(&h, t + MINUTE, "paid", "FIRST_AID_PAID", "bank", "");
    struct clocks_account a = history_account(&h, 0, t + 20 * MINUTE);
    assert_int_equal(segment(&a, CLOCKS_ACCEPT, 0)->state, CLOCKS_RUNNING);
    assert_int_equal(segment(&a, CLOCKS_ACCEPT, 0)->overdue_ms, 5 * MINUTE);
    assert_int_equal(segment(&a, CLOCKS_PAPERS, 0)->due_ms, at("2026-03-10 00:00:00"));
    assert_false(segment(&a, CLOCKS_PAPERS, 0)->booked);
    /* an officer who grants it himself has taken the case on */
    memcpy(h.events[2].actor, WANG, sizeof(WANG));
    a = history_account(&h, 0, t + 20 * MINUTE);
    assert_int_equal(segments(&a, CLOCKS_ACCEPT), 1);
    assert_int_equal(segment(&a, CLOCKS_ACCEPT, 0)->state, CLOCKS_STOPPED);
}

static void ordinary_case(int64_t t)
{
    history_add(&h, t, "receive", "RECEIVED", "agent:a", "");
    history_add(&h, t, "dispatch", "DISPATCHED", "worker:1", TOWN);
    history_add(&h, t, "claim", "DISPATCHED", WANG, "");
    history_add(&h, t, "accept", "ACCEPTED", WANG, "");
}

static void a_pause_is_booked_and_moves_the_due_time(void **state)
{
    int64_t t = at("2026-03-02 09:00:00"); /* Monday; due Wednesday 24:00 */
    (void)state;
    ordinary_case(t);
    history_add(&h, t + HOUR, "pause", "ACCEPTED", WANG, ",\"pause\":\"economy_check\"");
    struct clocks_account a = history_account(&h, 0, t + 50 * HOUR);
    const struct clocks_segment *s = segment(&a, CLOCKS_REVIEW, 0);
    assert_true(a.paused);
    assert_int_equal(s->state, CLOCKS_PAUSED);
    assert_int_equal(s->used_ms, HOUR);
    assert_int_equal(s->overdue_ms, 0);
    assert_int_equal(s->pause_count, 1);
    assert_string_equal(s->pauses[0].reason, "economy_check");
    assert_int_equal(s->pauses[0].to_ms, 0);
    assert_int_equal(s->due_ms, at("2026-03-05 00:00:00"));
    assert_int_equal(a.total_ms, 50 * HOUR); /* the citizen's clock stands never still */

    history_add(&h, at("2026-03-05 11:00:00"), "resume", "ACCEPTED", WANG, "");
    a = history_account(&h, 0, at("2026-03-05 12:00:00"));
    s = segment(&a, CLOCKS_REVIEW, 0);
    assert_false(a.paused);
    assert_int_equal(s->state, CLOCKS_RUNNING);
    assert_int_equal(s->used_ms, 2 * HOUR);
    assert_int_equal(s->pauses[0].to_ms, at("2026-03-05 11:00:00"));
    assert_int_equal(s->due_ms, at("2026-03-10 00:00:00")); /* three working days later */
    assert_int_equal(s->overdue_ms, 0);
}

static void a_pause_goes_over_to_the_next_holder(void **state)
{
    int64_t t = at("2026-03-02 09:00:00");
    (void)state;
    ordinary_case(t);
    history_add(&h, t + HOUR, "pause", "ACCEPTED", WANG, ",\"pause\":\"applicant\"");
    history_add(&h, t + 2 * HOUR, "hand-back", "ACCEPTED", WANG, "");
    struct clocks_account a = history_account(&h, 0, t + 5 * HOUR);
    assert_int_equal(segments(&a, CLOCKS_REVIEW), 2);
    assert_int_equal(segment(&a, CLOCKS_REVIEW, 0)->used_ms, HOUR);
    assert_int_equal(segment(&a, CLOCKS_REVIEW, 0)->pauses[0].to_ms, t + 2 * HOUR);
    assert_int_equal(segment(&a, CLOCKS_REVIEW, 1)->used_ms, 0);
    assert_int_equal(segment(&a, CLOCKS_REVIEW, 1)->state, CLOCKS_PAUSED);
    assert_string_equal(segment(&a, CLOCKS_REVIEW, 1)->actor, "");
}

static void a_pause_ends_with_the_clock_that_it_holds(void **state)
{
    int64_t t = at("2026-03-02 09:00:00");
    (void)state;
    ordinary_case(t);
    history_add(&h, t + HOUR, "pause", "ACCEPTED", WANG, ",\"pause\":\"applicant\"");
    history_add(&h, t + 2 * HOUR, "review", "REVIEWING", WANG, "");
    struct clocks_account a = history_account(&h, 0, t + 3 * HOUR);
    assert_true(a.paused); /* the same clock runs in both states */
    history_add(&h, t + 3 * HOUR, "propose", "COUNTY_APPROVAL", WANG, DESK);
    a = history_account(&h, 0, t + 4 * HOUR);
    assert_false(a.paused);
    assert_int_equal(segment(&a, CLOCKS_COUNTY, 0)->state, CLOCKS_RUNNING);
    assert_int_equal(segment(&a, CLOCKS_COUNTY, 0)->used_ms, HOUR);
    assert_int_equal(segment(&a, CLOCKS_REVIEW, 0)->used_ms, HOUR);
    assert_int_equal(segment(&a, CLOCKS_REVIEW, 0)->pauses[0].to_ms, t + 3 * HOUR);
}

static void first_aid_never_stands_still(void **state)
{
    int64_t t = at("2026-03-02 09:00:00");
    (void)state;
    history_add(&h, t, "receive", "RECEIVED", "agent:a", "");
    history_add(&h, t, "dispatch", "DISPATCHED", "worker:1", TOWN);
    history_add(&h, t, "first-aid", "FIRST_AID_APPROVED", WANG, "");
    history_add(&h, t + HOUR, "pause", "FIRST_AID_APPROVED", WANG,
                ",\"pause\":\"fund_appropriation\"");
    struct clocks_account a = history_account(&h, 0, t + 5 * HOUR);
    assert_false(a.paused);
    for (size_t i = 0; i < a.segment_count; i++) {
        assert_int_equal(a.segments[i].pause_count, 0);
        assert_true(a.segments[i].state != CLOCKS_PAUSED);
    }
    assert_int_equal(segment(&a, CLOCKS_PAY, 0)->used_ms, 5 * HOUR);
}

static void what_the_store_has_booked_holds(void **state)
{
    int64_t t = at("2026-03-02 09:00:00");
    char due[64];
    (void)state;
    ordinary_case(t);
    snprintf(due, sizeof(due), ",\"clock_review\":%lld", (long long)(t + HOUR));
    history_add(&h, t, "note", "ACCEPTED", WANG, due);
    struct clocks_account a = history_account(&h, 0, t + 3 * HOUR);
    assert_true(segment(&a, CLOCKS_REVIEW, 0)->booked);
    assert_int_equal(segment(&a, CLOCKS_REVIEW, 0)->overdue_ms, 2 * HOUR);
}

static void a_due_time_behind_unknown_holidays_says_so(void **state)
{
    int64_t t = at("2026-12-30 09:00:00");
    (void)state;
    ordinary_case(t); /* 2 working days: 31 December and, perhaps, 1 January */
    struct clocks_account a = history_account(&h, 0, t + HOUR);
    assert_true(segment(&a, CLOCKS_REVIEW, 0)->assumed);
    assert_false(segment(&a, CLOCKS_DISPATCH, 0)->assumed);
}

static void a_final_case_is_held_by_nobody_until_money_comes_back(void **state)
{
    int64_t t = at("2026-03-02 09:00:00");
    (void)state;
    ordinary_case(t);
    history_add(&h, t + HOUR, "withdraw", "WITHDRAWN", "agent:a", ",\"held_by\":\"\"");
    struct clocks_account a = history_account(&h, 0, t + 100 * HOUR);
    assert_int_equal(a.ended_ms, t + HOUR);
    assert_int_equal(a.total_ms, HOUR);
    for (size_t i = 0; i < a.segment_count; i++) {
        assert_int_equal(a.segments[i].state, CLOCKS_STOPPED);
    }
    h.events[h.n - 1].to = CASE_ARCHIVED;
    history_add(&h, t + 10 * HOUR, "pay-returned", "PAY_FAILED", "bank", TOWN);
    a = history_account(&h, 0, t + 12 * HOUR);
    assert_int_equal(a.ended_ms, 0);
    assert_int_equal(a.total_ms, 3 * HOUR);
    assert_int_equal(segment(&a, CLOCKS_PAY, 0)->used_ms, 2 * HOUR);
    assert_string_equal(segment(&a, CLOCKS_PAY, 0)->inbox, "520102001");
}

static void an_approved_sum_has_working_days_and_may_wait_for_its_appropriation(void **state)
{
    int64_t t = at("2026-03-02 09:00:00");
    (void)state;
    ordinary_case(t);
    history_add(&h, t, "review", "REVIEWING", WANG, "");
    history_add(&h, t + HOUR, "approve", "APPROVED", "reviewer:li", "");
    history_add(&h, t + 2 * HOUR, "pause", "APPROVED", "reviewer:li",
                ",\"pause\":\"fund_appropriation\"");
    struct clocks_account a = history_account(&h, 0, t + 3 * HOUR);
    assert_int_equal(segment(&a, CLOCKS_PAY, 0)->due_ms, at("2026-03-06 00:00:00"));
    assert_int_equal(segment(&a, CLOCKS_PAY, 0)->state, CLOCKS_PAUSED);
}

static void clocks_of_two_machines_that_differ_never_give_negative_time(void **state)
{
    int64_t t = at("2026-03-02 09:00:00");
    (void)state;
    history_add(&h, t, "receive", "RECEIVED", "agent:a", "");
    history_add(&h, t - 5000, "dispatch", "DISPATCHED", "worker:1", TOWN);
    history_add(&h, t - 3000, "accept", "ACCEPTED", WANG, "");
    struct clocks_account a = history_account(&h, t + 1000, t - HOUR);
    assert_int_equal(a.first_contact_ms, t); /* one behind the first event is no first contact */
    assert_int_equal(a.total_ms, 0);
    for (size_t i = 0; i < a.segment_count; i++) {
        assert_true(a.segments[i].used_ms >= 0);
    }
}

static void nothing_and_too_much_are_refused(void **state)
{
    struct clocks_rules rules = history_rules();
    struct clocks_account a = {.returns = 9};
    (void)state;
    assert_int_equal(clocks_account(h.events, 0, 0, &rules, 1, &h.arena, &a), ERR_INPUT);
    ordinary_case(at("2026-03-02 09:00:00"));
    struct clocks_work *w = clocks_account_begin(0, &rules, &h.arena);
    for (size_t i = 0; i < CLOCKS_EVENTS_MAX; i++) {
        assert_ok(clocks_account_add(w, &h.events[i < h.n ? i : h.n - 1]));
    }
    assert_int_equal(clocks_account_add(w, &h.events[0]), ERR_TOO_LARGE);
    struct arena none;
    arena_init(&none, 64);
    assert_int_equal(clocks_account(h.events, h.n, 0, &rules, 1, &none, &a), ERR_NO_MEMORY);
    arena_release(&none);
    assert_int_equal(a.returns, 9);
}

static void words_are_unique_and_lead_back(void **state)
{
    (void)state;
    for (int i = 0; i < CLOCKS_KIND_COUNT; i++) {
        enum clocks_kind kind;
        assert_ok(clocks_from_word(slice_of(clocks_word((enum clocks_kind)i)), &kind));
        assert_int_equal(kind, i);
        assert_true(strlen(clocks_zh((enum clocks_kind)i)) > 0);
    }
    enum clocks_kind kind = CLOCKS_PAY;
    assert_int_equal(clocks_from_word(SLICE_LIT("Pay"), &kind), ERR_INPUT);
    assert_int_equal(kind, CLOCKS_PAY);
}

/* ---- For the store ---- */

/* days: due, warn, county, chase: 2026, month and day at 00:00; NULL = nothing starts */
static void assert_starts(enum case_state from, enum case_state to, const char *word,
                          const char *const days[4])
{
    struct clocks_rules rules = history_rules();
    struct buf text, want;
    buf_init(&text, 256);
    buf_init(&want, 256);
    clocks_start_text(&rules, from, to, at("2026-03-02 09:00:00"), &text);
    assert_ok(buf_err(&text));
    for (int i = 0; i < 4 && days != NULL; i++) {
        char day[32];
        snprintf(day, sizeof(day), "2026-%s 00:00:00", days[i]);
        buf_putf(&want, "%s%c%lld", i == 0 ? word : "", i == 0 ? '=' : '/', (long long)at(day));
    }
    assert_true(slice_eq(buf_slice(&text), buf_slice(&want)));
    buf_release(&text);
    buf_release(&want);
}

static void a_move_starts_the_clocks_that_did_not_run_before(void **state)
{
    static const char *const TWO[] = {"03-05", "03-04", "03-06", "03-14"};
    static const char *const TEN[] = {"03-17", "03-13", "03-18", "03-26"};
    static const char *const ONE[] = {"03-04", "03-03", "03-05", "03-13"};
    static const char *const THREE[] = {"03-06", "03-05", "03-07", "03-14"};
    (void)state;
    assert_starts(CASE_DISPATCHED, CASE_ACCEPTED, "review", TWO);
    assert_starts(CASE_ACCEPTED, CASE_VERIFYING, "", NULL);
    assert_starts(CASE_REVIEWING, CASE_COUNTY_APPROVAL, "county", TEN);
    assert_starts(CASE_ACCEPTED, CASE_FIRST_AID_APPROVED, "", NULL);
    assert_starts(CASE_DISPATCHED, CASE_FIRST_AID_APPROVED, "", NULL);
    assert_starts(CASE_FIRST_AID_APPROVED, CASE_FIRST_AID_PAID, "", NULL);
    assert_starts(CASE_PAPERS_DUE, CASE_PAPERS_OK, "review", TWO);
    assert_starts(CASE_PAPERS_OK, CASE_REVIEW_CONFIRMED, "followup", ONE);
    assert_starts(CASE_REVIEWING, CASE_APPROVED, "pay", THREE);
    assert_starts(CASE_APPROVED, CASE_PAYING, "", NULL);
    assert_starts(CASE_FOLLOWED_UP, CASE_ARCHIVED, "", NULL);
    assert_starts(CASE_RECEIVED, CASE_DISPATCHED, "", NULL);
}

static void the_stores_table_names_every_state(void **state)
{
    struct buf lua;
    (void)state;
    buf_init(&lua, 65536);
    clocks_lua(&lua);
    assert_ok(buf_err(&lua));
    for (int i = 0; i < CASE_STATE_COUNT; i++) {
        char row[64];
        snprintf(row, sizeof(row), "[\"%s\"] = {", case_state_word((enum case_state)i));
        assert_non_null(strstr(lua.ptr, row));
    }
    assert_non_null(
        strstr(lua.ptr, "[\"PUBLICITY\"] = { [\"review\"] = true, [\"publicity\"] = true, }"));
    buf_release(&lua);
}

#define WITH_HISTORY(test) cmocka_unit_test_setup_teardown(test, fresh_history, drop_history)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_unique_and_lead_back),
        cmocka_unit_test(each_unit_is_counted_in_its_own_way),
        cmocka_unit_test(a_term_out_of_range_is_refused_and_nothing_is_written),
        cmocka_unit_test(a_paused_clock_is_due_later_by_what_it_stood_still),
        cmocka_unit_test(a_pause_that_ends_before_it_begins_is_refused),
        cmocka_unit_test(an_event_is_read_as_the_store_writes_it),
        cmocka_unit_test(what_is_no_event_of_a_case_is_damage),
        cmocka_unit_test(a_move_starts_the_clocks_that_did_not_run_before),
        cmocka_unit_test(the_stores_table_names_every_state),
        WITH_HISTORY(first_aid_before_a_holiday),
        WITH_HISTORY(a_return_restarts_neither_the_citizens_clock_nor_that_of_dispatch),
        WITH_HISTORY(each_inbox_of_the_cascade_has_its_own_time_to_accept),
        WITH_HISTORY(paid_by_rule_is_not_accepted),
        WITH_HISTORY(a_pause_is_booked_and_moves_the_due_time),
        WITH_HISTORY(a_pause_goes_over_to_the_next_holder),
        WITH_HISTORY(a_pause_ends_with_the_clock_that_it_holds),
        WITH_HISTORY(first_aid_never_stands_still),
        WITH_HISTORY(what_the_store_has_booked_holds),
        WITH_HISTORY(a_due_time_behind_unknown_holidays_says_so),
        WITH_HISTORY(a_final_case_is_held_by_nobody_until_money_comes_back),
        WITH_HISTORY(an_approved_sum_has_working_days_and_may_wait_for_its_appropriation),
        WITH_HISTORY(clocks_of_two_machines_that_differ_never_give_negative_time),
        WITH_HISTORY(nothing_and_too_much_are_refused),
    };
    return cmocka_run_group_tests_name("clocks", tests, load_china, NULL);
}
