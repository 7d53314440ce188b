/* A seeded random walk over all functions: whatever comes in whatever order, money and duties add
 * up and no case is lost. JIUJI_SEED and JIUJI_STEPS choose another walk; the seed of a failure is
 * printed. */
#include "tests/store/fixture.h"

#include <stdio.h>

#define CASES 300
#define ACTORS 4
#define FUND_FEN 50000000

static const char *const towns[] = {TOWN, "520102002", "520103001"};
static const char *const actors[ACTORS] = {OFFICER, "officer:zhao", REVIEWER, "rule:SO-1"};
static const char *const persons[] = {"p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"};

static uint64_t dice;
static char numbers[CASES][CASE_NO_SIZE];
static int made;
static int64_t claims[CASES]; /* last claim number of each case, and whose */
static int claimed_by[CASES];
static size_t done[16]; /* how often each kind of step had an effect: a walk that does nothing
                           proves nothing */

static uint64_t roll(uint64_t sides) /* xorshift64*: the same walk everywhere */
{
    dice ^= dice >> 12;
    dice ^= dice << 25;
    dice ^= dice >> 27;
    return (dice * UINT64_C(2685821657736338717) >> 33) % sides;
}

static const char *unique(void)
{
    static char text[24];
    static int count;
    snprintf(text, sizeof(text), "w%d", count++);
    return text;
}

static void step_intake(void)
{
    if (made == CASES) {
        return;
    }
    struct intake_ticket t = ticket(numbers[made], persons[roll(COUNT_OF(persons))]);
    t.idem_hash = slice_of(unique());
    t.job_score = (int64_t)roll(1000);
    assert_int_equal(intake(&t), INTAKE_CREATED);
    made++;
    done[0]++;
}

static void step_route(void)
{
    struct leased jobs;
    lease(STAGE_ROUTE, roll(4) == 0 ? 1 : 60000, 1 + (int64_t)roll(4), &jobs);
    for (size_t i = 0; i < jobs.n; i++) {
        struct aid_order order = aid(1 + (int64_t)roll(300000));
        struct decide_case c = dispatch(jobs.ids[i], roll(3) > 0 ? &order : NULL);
        c.version = strtoll(field(jobs.ids[i], "v"), NULL, 10) + (roll(10) == 0);
        c.inbox = slice_of(towns[roll(COUNT_OF(towns))]);
        c.accept_by_ms = roll(2) == 0 ? 1 : NEVER_MS;
        order.papers_due_ms = roll(2) == 0 ? 1 : NEVER_MS;
        order.day = roll(3) == 0 ? 0 : DAY - (int64_t)roll(2);
        order.year = YEAR + (int)roll(2);
        order.cap_paid_fen = order.cap_day_fen = order.cap_month_fen = (int64_t)roll(20000000);
        order.cap_times = order.cap_same_cause = (int64_t)roll(30);
        if (c.aid == NULL && roll(3) == 0) {
            c.verb = VERB_TRIAGE;
            c.inbox = SLICE_LIT(REGION);
        }
        enum decide_outcome outcome = decide(jobs.token, &c);
        done[1] += outcome == DECIDE_OK && c.aid != NULL;
        done[2] += outcome == DECIDE_REFUSED;
        if (outcome != DECIDE_OK && roll(2) == 0) {
            static const enum job_action ways[] = {JOB_AGAIN, JOB_RETRY, JOB_RETRY, JOB_BURY};
            finish_one(STAGE_ROUTE, jobs.token, jobs.ids[i], ways[roll(4)], 0, "walk");
        }
    }
}

static void step_stage(void)
{
    static const enum job_action ways[] = {JOB_DONE, JOB_AGAIN, JOB_RETRY, JOB_BURY};
    struct leased jobs;
    enum stage stage = roll(2) == 0 ? STAGE_PAY : STAGE_NOTIFY;
    lease(stage, 60000, 1 + (int64_t)roll(8), &jobs);
    for (size_t i = 0; i < jobs.n; i++) {
        enum job_action way = ways[stage == STAGE_PAY ? 1 + roll(3) : roll(4)];
        finish_one(stage, jobs.token, jobs.ids[i], way, 0, "walk");
    }
    done[3] += jobs.n > 0;
}

static void step_requeue(void)
{
    static const enum stage stages[] = {STAGE_ROUTE, STAGE_PAY, STAGE_NOTIFY};
    struct dead_job dead[4];
    char ids[4][JOB_ID_SIZE];
    size_t n;
    int64_t count;
    enum stage stage = stages[roll(3)];
    dead_list_write(store_fcall(store), REGION, stage, 4);
    assert_ok(dead_list_read(send_call(), dead, 4, &n));
    for (size_t i = 0; i < n; i++) {
        assert_ok(slice_copy(dead[i].id, ids[i], JOB_ID_SIZE));
    }
    if (n == 0) {
        return;
    }
    dead_requeue_begin(store_fcall(store), REGION, stage);
    for (size_t i = 0; i < n; i++) {
        fcall_text(store_fcall(store), ids[i]);
    }
    assert_ok(dead_requeue_read(send_call(), &count));
    assert_int_equal(count, n);
    done[4]++;
}

static void step_news(void)
{
    static const enum payment_state told[] = {
        PAYMENT_UNKNOWN,   PAYMENT_ACCEPTED, PAYMENT_SUCCEEDED, PAYMENT_SUCCEEDED,
        PAYMENT_SUCCEEDED, PAYMENT_FAILED,   PAYMENT_RETURNED};
    if (made == 0) {
        return;
    }
    const char *no = numbers[roll((uint64_t)made)];
    enum payment_state state = told[roll(COUNT_OF(told))];
    if (state == PAYMENT_RETURNED && roll(5) > 0) {
        return;
    }
    enum news_outcome outcome =
        news(payment_id(no, 1 + (int)roll(2)), state, roll(20) == 0 ? 1 : -1);
    done[5] += outcome == NEWS_OK && state == PAYMENT_SUCCEEDED;
    done[6] += outcome == NEWS_OK && (state == PAYMENT_RETURNED || state == PAYMENT_FAILED);
    done[7] += outcome == NEWS_SAME || outcome == NEWS_CONFLICT;
}

static void step_claim(void)
{
    if (made == 0) {
        return;
    }
    int actor = (int)roll(ACTORS), at = (int)roll((uint64_t)made);
    char inbox[DIVISION_CODE_SIZE];
    snprintf(inbox, sizeof(inbox), "%s", field(numbers[at], "o"));
    struct claim_result r = claim_case(inbox[0] == '\0' ? TOWN : inbox, actors[actor], numbers[at],
                                       roll(4) == 0 ? 1 : 600000);
    if (r.outcome == CLAIM_OK) {
        claims[at] = r.claim;
        claimed_by[at] = actor;
        done[8]++;
    }
}

static void step_act(void)
{
    static const enum case_verb verbs[] = {
        VERB_ACCEPT,   VERB_FIRST_AID, VERB_PAPERS,  VERB_PAPERS, VERB_CONFIRM,
        VERB_CONFIRM,  VERB_FOLLOW_UP, VERB_ATTEMPT, VERB_CLOSE,  VERB_HAND_BACK,
        VERB_WITHDRAW, VERB_DISPATCH,  VERB_RETURN,  VERB_NOTE};
    if (made == 0) {
        return;
    }
    int at = (int)roll((uint64_t)made);
    enum case_verb verb = verbs[roll(COUNT_OF(verbs))];
    if ((verb == VERB_WITHDRAW || verb == VERB_RETURN) && roll(4) > 0) {
        return;
    }
    /* The end of a case is a long way by chance alone: every second time the way on is taken. */
    enum case_state now;
    if (roll(2) == 0 && case_state_from_word(slice_of(field(numbers[at], "s")), &now) == ERR_OK) {
        verb = now == CASE_PAPERS_OK          ? VERB_CONFIRM
               : now == CASE_REVIEW_CONFIRMED ? VERB_FOLLOW_UP
               : now == CASE_FOLLOWED_UP      ? VERB_CLOSE
                                              : verb;
    }
    struct act_request r =
        request(numbers[at], verb, actors[roll(3) == 0 ? roll(ACTORS) : (uint64_t)claimed_by[at]],
                claims[at]);
    struct aid_order order = aid(1 + (int64_t)roll(300000));
    r.idem_hash = slice_of(unique());
    r.notify = roll(2) == 0 ? SLICE_LIT("walk|x|0") : r.notify;
    if (verb == VERB_FIRST_AID) {
        order.papers_due_ms = roll(2) == 0 ? 1 : NEVER_MS;
        order.cap_paid_fen = 20000000;
        order.cap_times = order.cap_same_cause = 1000;
        order.day = 0;
        r.aid = &order;
    }
    if (verb == VERB_ATTEMPT && roll(4) == 0) {
        r.extra[0] = SLICE_LIT("no");
    }
    if (act(&r).outcome == ACT_OK) {
        done[9]++;
        done[10] += verb == VERB_CONFIRM;
        done[11] += verb == VERB_CLOSE;
        done[12] += verb == VERB_FIRST_AID;
    }
}

static void step(void)
{
    switch (roll(12)) {
    case 0: step_intake(); break;
    case 1: step_route(); break;
    case 2: step_stage(); break;
    case 3: step_requeue(); break;
    case 4:
    case 5: step_news(); break;
    case 6:
    case 7: step_claim(); break;
    case 8: done[13] += fire(64) > 0; break;
    default: step_act(); break;
    }
}

/* ---- What must hold ---- */

static void assert_somewhere(const char *no, enum case_state state, const char *owner)
{
    char key[64];
    if (case_state_final(state)) {
        return;
    }
    if (state == CASE_RECEIVED) {
        static const char *const parts[] = {"q:route:ready", "q:route:leased", "q:route:delayed",
                                            "q:route:dead"};
        assert_int_equal(in_set(parts[0], no) + in_set(parts[1], no) + in_set(parts[2], no) +
                             in_set(parts[3], no),
                         1);
        return;
    }
    snprintf(key, sizeof(key), "township:%s:inbox", owner);
    bool inbox = in_set(key, no);
    snprintf(key, sizeof(key), "township:%s:held", owner);
    if (inbox + in_set(key, no) != 1) {
        fail_msg("%s is %s, belongs to '%s' and is in %s", no, case_state_word(state), owner,
                 inbox ? "both" : "neither");
    }
}

struct sums {
    int64_t held, paid;
};

static size_t town_of(struct slice code)
{
    for (size_t i = 0; i < COUNT_OF(towns); i++) {
        if (slice_is(code, towns[i])) {
            return i;
        }
    }
    fail_msg("a payment from '%.*s'", SLICE_FMT(code));
    return 0;
}

static void check_case(int at, struct sums sums[COUNT_OF(towns)])
{
    struct case_view view;
    int64_t approved = 0;
    size_t paid = 0, open = 0;
    char owner[DIVISION_CODE_SIZE], review[64];
    case_get_write(store_fcall(store), REGION, slice_of(numbers[at]));
    assert_ok(case_get_read(send_call(), &view));
    struct slice second = view.inbox, first = slice_cut(&second, ',');
    assert_ok(slice_copy(first, owner, sizeof(owner)));
    assert_true(second.len == 0 || slice_is(second, REGION)); /* what is late the county sees too */
    assert_true(second.len == 0 || in_set("township:" REGION ":inbox", numbers[at]));
    assert_ok(slice_copy(view.review, review, sizeof(review)));
    enum case_state state = view.state;
    int64_t want = view.approved_fen;
    size_t payments = view.payment_count;
    for (size_t i = 1; i <= payments; i++) {
        struct payment_row row;
        payment_write(store_fcall(store), REGION, slice_of(payment_id(numbers[at], (int)i)));
        assert_ok(payment_read(send_call(), &row));
        struct sums *sum = &sums[town_of(row.fund)];
        bool waits = row.state == PAYMENT_INTENT || row.state == PAYMENT_UNKNOWN ||
                     row.state == PAYMENT_ACCEPTED;
        sum->held += waits ? row.amount_fen : 0;
        sum->paid += row.state == PAYMENT_SUCCEEDED ? row.amount_fen : 0;
        approved += waits || row.state == PAYMENT_SUCCEEDED ? row.amount_fen : 0;
        open += waits;
        paid += row.state == PAYMENT_SUCCEEDED;
    }
    assert_int_equal(approved, want);
    assert_true(open + paid <= 1); /* one live payment per case at most */
    assert_true(payments == 0 || review[0] != '\0');
    assert_true(open + paid == 0 || strncmp(review, "VOID", 4) != 0);
    assert_true(state != CASE_FIRST_AID_PAID || paid == 1);
    assert_true(state != CASE_FIRST_AID_APPROVED || open == 1);
    assert_true(state != CASE_WITHDRAWN || open + paid == 0);
    assert_somewhere(numbers[at], state, owner);
}

static void check_all(void)
{
    struct sums sums[COUNT_OF(towns)] = {{0, 0}};
    for (int i = 0; i < made; i++) {
        check_case(i, sums);
    }
    for (size_t i = 0; i < COUNT_OF(towns); i++) {
        struct fund_view v = fund(towns[i]);
        assert_balanced(towns[i]);
        assert_int_equal(v.allotted_fen, FUND_FEN);
        assert_int_equal(v.held_fen, sums[i].held);
        assert_int_equal(v.unreviewed_fen + v.confirmed_fen, sums[i].paid);
    }
}

static void money_duties_and_cases_add_up_on_any_way(void **state)
{
    const char *seed = getenv("JIUJI_SEED"), *steps = getenv("JIUJI_STEPS");
    long count = steps == NULL ? 20000 : strtol(steps, NULL, 10);
    (void)state;
    dice = seed == NULL ? 20261121 : strtoull(seed, NULL, 10);
    print_message("JIUJI_SEED=%llu\n", (unsigned long long)dice);
    redis_must(&redis, "CONFIG", "SET", "appendfsync", "no",
               NULL); /* thousands of calls: the disk is not the matter */
    for (int i = 0; i < CASES; i++) {
        memcpy(numbers[i], case_number(i), CASE_NO_SIZE);
    }
    for (size_t i = 0; i < COUNT_OF(towns); i++) {
        allot(towns[i], FUND_FEN);
    }
    for (long i = 1; i <= count; i++) {
        step();
        if (i % (made > 50 ? 500 : 100) == 0) {
            check_all();
        }
    }
    check_all();
    for (size_t i = 0; i < 14; i++) {
        print_message("step kind %zu: %zu times\n", i, done[i]);
    }
    for (size_t i = 0; steps == NULL && i < 14; i++) {
        if (done[i] == 0) {
            fail_msg("step kind %zu never had an effect", i);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(money_duties_and_cases_add_up_on_any_way, fixture_reset),
    };
    return RUN_WITH_REDIS(tests);
}
