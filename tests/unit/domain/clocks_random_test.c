/* The clocks of random lives of a case: what must hold whatever happens to it. Each test has its
 * seed. */
#include "tests/support/test.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "tests/unit/domain/china.h"
#include "tests/unit/domain/clocks_events.h"

#define LIVES 1500
#define STEPS 60

static struct history h;

/* What the walk itself has counted, without looking at the account. */
struct counted {
    int64_t in_state_ms[CLOCKS_KIND_COUNT];
    int64_t open_ms, first_ms, now_ms;
    int returns;
};

static int64_t any_pause(void)
{
    static const int64_t SPANS[] = {0, 1, 1000, 3600000, MS_PER_DAY, 9 * MS_PER_DAY};
    return any(3) == 0 ? SPANS[any(COUNT_OF(SPANS))] : (int64_t)any(2 * MS_PER_DAY);
}

static void pass(struct counted *c, enum case_state s, int64_t span_ms)
{
    for (int k = 0; k < CLOCKS_KIND_COUNT; k++) {
        c->in_state_ms[k] += (clocks_in_state(s) & CLOCKS_BIT(k)) != 0 ? span_ms : 0;
    }
    c->open_ms += case_state_final(s) ? 0 : span_ms;
    c->now_ms += span_ms;
}

static enum case_verb any_move(enum case_state from, enum case_state *to)
{
    for (;;) {
        enum case_verb verb = (enum case_verb)any(CASE_VERB_COUNT);
        if (case_move(verb, from, to) == ERR_OK && (!case_state_final(*to) || any(8) == 0)) {
            return verb;
        }
        if (case_state_final(from) && any(2000) == 0) {
            return VERB_RECEIVE; /* nothing more is possible */
        }
    }
}

static void live(struct counted *c)
{
    static const char *const INBOXES[] = {"520102001", "520102002", "520000"};
    enum case_state state = CASE_RECEIVED, to;
    history_init(&h);
    *c = (struct counted){.first_ms = any_instant()};
    c->now_ms = c->first_ms;
    history_add(&h, c->now_ms, "receive", "RECEIVED", "agent:a", "");
    int steps = 1 + (int)any(STEPS);
    for (int i = 0; i < steps; i++) {
        char more[96] = "";
        enum case_verb verb = any_move(state, &to);
        if (verb == VERB_RECEIVE) {
            break;
        }
        pass(c, state, any_pause());
        if (verb == VERB_PAUSE) {
            snprintf(more, sizeof(more), ",\"pause\":\"applicant\"");
        } else if (to != state || verb == VERB_CASCADE) {
            snprintf(more, sizeof(more), ",\"held_by\":\"%s\"", INBOXES[any(3)]);
        }
        history_add(&h, c->now_ms, case_verb_word(verb), case_state_word(to),
                    any(2) == 0 ? "officer:wang" : "officer:zhao", more);
        c->returns += verb == VERB_RETURN;
        state = to;
    }
    pass(c, state, any_pause());
}

static int64_t paused_in(const struct clocks_segment *s, int64_t now_ms)
{
    int64_t sum = 0, behind = s->started_ms;
    for (size_t i = 0; i < s->pause_count; i++) {
        int64_t to_ms = s->pauses[i].to_ms == 0 ? now_ms : s->pauses[i].to_ms;
        assert_true(s->pauses[i].from_ms >= behind && to_ms >= s->pauses[i].from_ms);
        assert_true(s->pauses[i].to_ms != 0 || i + 1 == s->pause_count);
        behind = to_ms;
        sum += to_ms - s->pauses[i].from_ms;
    }
    assert_true(behind <= (s->ended_ms == 0 ? now_ms : s->ended_ms));
    return sum;
}

static void check_segments(const struct clocks_account *a, const struct counted *c)
{
    int64_t spent[CLOCKS_KIND_COUNT] = {0}, behind[CLOCKS_KIND_COUNT] = {0};
    int run[CLOCKS_KIND_COUNT] = {0};
    for (size_t i = 0; i < a->segment_count; i++) {
        const struct clocks_segment *s = &a->segments[i];
        int64_t end_ms = s->ended_ms == 0 ? c->now_ms : s->ended_ms;
        int64_t stood = paused_in(s, c->now_ms);
        assert_true(i == 0 || s->started_ms >= a->segments[i - 1].started_ms);
        assert_true(s->started_ms >= behind[s->kind]); /* one holder at a time */
        assert_int_equal(s->used_ms + stood, end_ms - s->started_ms);
        assert_true(s->used_ms >= 0 && s->overdue_ms >= 0 && s->overdue_ms <= s->used_ms);
        assert_int_equal(s->ended_ms == 0, s->state != CLOCKS_STOPPED);
        assert_true(s->run == run[s->kind] || s->run == run[s->kind] + 1);
        if (s->run == run[s->kind]) {
            assert_int_equal(s->started_ms, behind[s->kind]); /* a run has no holes */
        }
        assert_true(stood == 0 || (CLOCKS_PAUSABLE & CLOCKS_BIT(s->kind)) != 0);
        run[s->kind] = s->run;
        behind[s->kind] = end_ms;
        spent[s->kind] += end_ms - s->started_ms;
        if (s->kind == CLOCKS_DISPATCH) { /* however often it was returned */
            assert_int_equal(s->due_ms, c->first_ms + 3600000);
        }
    }
    for (int k = 0; k < CLOCKS_KIND_COUNT; k++) {
        if (k != CLOCKS_ACCEPT) { /* that one also runs behind its states */
            assert_int_equal(spent[k], c->in_state_ms[k]);
        }
    }
    assert_true(spent[CLOCKS_ACCEPT] >= c->in_state_ms[CLOCKS_ACCEPT]);
}

static void every_life_adds_up(void **state)
{
    int paused = 0, returned = 0, final = 0;
    (void)state;
    china_seed = 48;
    for (int i = 0; i < LIVES; i++) {
        struct counted c;
        live(&c);
        struct clocks_account a = history_account(&h, 0, c.now_ms);
        int64_t held = 0;
        for (size_t k = 0; k < a.holder_count; k++) {
            assert_true(a.holders[k].held_ms >= 0 && a.holders[k].times > 0);
            held += a.holders[k].held_ms;
        }
        assert_int_equal(held, a.total_ms);
        assert_int_equal(a.total_ms, c.open_ms); /* of all the time somebody had it */
        assert_int_equal(a.first_contact_ms, c.first_ms);
        assert_int_equal(a.returns, c.returns);
        check_segments(&a, &c);
        for (size_t k = 0; k < a.segment_count; k++) {
            paused += a.segments[k].pause_count > 0;
        }
        returned += a.returns > 0;
        final += a.ended_ms > 0;
        history_release(&h);
    }
    assert_true(paused > LIVES / 10 && returned > LIVES / 20 && final > LIVES / 20);
}

/* The account of a part is the beginning of the account of the whole: nothing is rewritten later.
 */
static void what_has_ended_does_not_change_any_more(void **state)
{
    (void)state;
    china_seed = 49;
    for (int i = 0; i < LIVES / 5; i++) {
        struct counted c;
        live(&c);
        size_t all = h.n, part = 1 + any(all);
        int64_t then_ms = part == all ? c.now_ms : h.events[part].at_ms;
        struct clocks_account whole = history_account(&h, 0, c.now_ms);
        h.n = part;
        struct clocks_account early = history_account(&h, 0, then_ms);
        for (size_t k = 0; k < early.segment_count; k++) {
            const struct clocks_segment *is = &early.segments[k], *was = &whole.segments[k];
            assert_int_equal(is->kind, was->kind);
            assert_int_equal(is->started_ms, was->started_ms);
            if (is->state == CLOCKS_STOPPED) {
                assert_int_equal(is->ended_ms, was->ended_ms);
                assert_int_equal(is->used_ms, was->used_ms);
                assert_int_equal(is->overdue_ms, was->overdue_ms);
                assert_int_equal(is->due_ms, was->due_ms);
            }
        }
        history_release(&h);
    }
}

static struct clocks_pace any_pace(void)
{
    return (struct clocks_pace){.warn_permille = 1 + (int)any(1000),
                                .county_hours = (int)any(100),
                                .chase_working_days = (int)any(10)};
}

static void a_pause_and_resume_never_shortens_a_clock(void **state)
{
    (void)state;
    china_seed = 50;
    for (int i = 0; i < 20000; i++) {
        enum clocks_unit unit = (enum clocks_unit)(TERM_MINUTES + any(4));
        const struct clocks_term term = {unit, 1 + (int)any(30)};
        const struct clocks_pace pace = any_pace();
        struct clocks_times first, then;
        int64_t from = any_instant();
        assert_ok(clocks_due(&china, term, &pace, from, &first, NULL));
        int64_t due = first.due_ms;
        assert_true(from <= first.warn_ms && first.warn_ms < due && due <= first.county_ms);
        assert_true(first.chase_ms == 0 || first.chase_ms > first.county_ms);
        int64_t paused = from + (int64_t)any((uint64_t)(due - from) * 2);
        int64_t resumed = paused + any_pause();
        assert_ok(clocks_resume(&china, unit, &pace, due, paused, resumed, &then, NULL));
        int64_t moved = then.due_ms;
        assert_true(moved >= due && then.warn_ms < moved);
        assert_int_equal(then.county_ms - moved, first.county_ms - due);
        if (unit != TERM_WORKING_DAYS) {
            assert_int_equal(moved - due, resumed - paused);
            continue;
        }
        /* as many working days are left behind the pause as were left before it */
        assert_int_equal((moved + CLOCK_CHINA_OFFSET_MS) % MS_PER_DAY, 0);
        assert_true(calendar_is_working_day(&china, moved - 1, NULL));
        if (paused < due) {
            assert_int_equal(calendar_working_days_between(&china, paused, due - 1, NULL),
                             calendar_working_days_between(&china, resumed, moved - 1, NULL));
        }
    }
}

static void a_warning_in_working_days_falls_on_a_working_day(void **state)
{
    (void)state;
    china_seed = 51;
    for (int i = 0; i < 20000; i++) {
        const struct clocks_term term = {TERM_WORKING_DAYS, 1 + (int)any(15)};
        const struct clocks_pace pace = any_pace();
        struct clocks_times t;
        int64_t from = any_instant();
        assert_ok(clocks_due(&china, term, &pace, from, &t, NULL));
        assert_true(calendar_is_working_day(&china, t.warn_ms, NULL));
        assert_true(t.warn_ms > from);
        /* its share of the working days lies before it, and all of them but one at most */
        int before = term.count * pace.warn_permille / 1000;
        assert_int_equal(calendar_working_days_between(&china, from, t.warn_ms - 1, NULL),
                         before < term.count ? before : term.count - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_life_adds_up),
        cmocka_unit_test(what_has_ended_does_not_change_any_more),
        cmocka_unit_test(a_pause_and_resume_never_shortens_a_clock),
        cmocka_unit_test(a_warning_in_working_days_falls_on_a_working_day),
    };
    return cmocka_run_group_tests_name("clocks, at random", tests, load_china, NULL);
}
