/* A seeded random walk over all functions: whatever comes in whatever order, money and duties add
 * up and no case is lost. JIUJI_SEED and JIUJI_STEPS choose another walk; the seed of a failure is
 * printed. */
#include "tests/store/walk.h"

#include <stdio.h>

#define CASES WALK_CASES
#define ACTORS 7
#define KINDS 30          /* of steps that are counted */
#define MOST_STEPS 400000 /* by then every kind has had an effect, or it never has */
#define FUND_FEN 50000000

const char *const walk_funds[WALK_FUNDS] = {TOWN,     "520102002", "520103001",
                                            "520102", "520103",    REGION};
static const char *const towns[] = {TOWN, "520102002", "520103001"};
static const char *const actors[ACTORS] = {
    OFFICER, "officer:zhao", REVIEWER, "rule:SO-1", "reviewer:zhou", "finance:qian", "finance:sun"};
static const char *const persons[] = {"p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8"};

static uint64_t dice;
char walk_numbers[WALK_CASES][CASE_NO_SIZE];
int walk_made;
static int64_t claims[CASES]; /* last claim number of each case, and whose */
static int claimed_by[CASES];
static size_t done[KINDS]; /* how often each kind of step had an effect: a walk that does nothing
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
    if (walk_made == CASES) {
        return;
    }
    struct intake_ticket t = ticket(walk_numbers[walk_made], persons[roll(COUNT_OF(persons))]);
    t.idem_hash = slice_of(unique());
    t.job_score = (int64_t)roll(1000);
    assert_int_equal(intake(&t), INTAKE_CREATED);
    walk_made++;
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
        if (roll(5) == 0) { /* the reserve pays: the county's, the region's, or one that has no
                               business here */
            order.fund = slice_of(walk_funds[roll(WALK_FUNDS)]);
        }
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

/* What became of the money that a review has found wrong, by kinds of parts (lua/review.lua);
 * payment: 0 = all. */
static int64_t part_fen(const char *no, const char *kinds, int payment)
{
    static struct ledger_part parts[RECOVERY_PARTS_MAX];
    struct slice status;
    size_t n;
    int64_t fen = 0;
    assert_ok(recovery_read(slice_of(field(no, "rc")), &status, parts, &n));
    for (size_t i = 0; i < n; i++) {
        bool it =
            strchr(kinds, parts[i].kind) != NULL && (payment == 0 || parts[i].payment == payment);
        fen += it ? parts[i].fen : 0;
    }
    return fen;
}

/* What its person has repaid and the bank gave back as well. */
static int64_t owed_fen(const char *no)
{
    return part_fen(no, "o", 0);
}

static void tell(const char *no, int payment, enum payment_state state)
{
    bool reviewed = field(no, "rc")[0] != '\0';
    const int64_t open = part_fen(no, "ucr", payment), waived = part_fen(no, "w", payment),
                  repaid = part_fen(no, "d", payment);
    enum news_outcome outcome = news(payment_id(no, payment), state, roll(20) == 0 ? 1 : -1);
    bool back = outcome == NEWS_OK && state == PAYMENT_RETURNED;
    done[26] += back && open > 0;
    done[27] += back && waived > 0;
    done[28] += back && repaid > 0;
    done[29] += back && reviewed && open + waived + repaid == 0;
    assert_true(!back || part_fen(no, "ucrwd", payment) ==
                             0); /* nothing of it is anywhere but with the fund */
    assert_true(!back || part_fen(no, "o", payment) == repaid);
    done[5] += outcome == NEWS_OK && state == PAYMENT_SUCCEEDED;
    done[6] += outcome == NEWS_OK && (state == PAYMENT_RETURNED || state == PAYMENT_FAILED);
    done[7] += outcome == NEWS_SAME || outcome == NEWS_CONFLICT;
}

static void step_news(void)
{
    static const enum payment_state told[] = {
        PAYMENT_UNKNOWN,   PAYMENT_ACCEPTED, PAYMENT_SUCCEEDED, PAYMENT_SUCCEEDED,
        PAYMENT_SUCCEEDED, PAYMENT_FAILED,   PAYMENT_RETURNED};
    if (walk_made == 0) {
        return;
    }
    const char *no = walk_numbers[roll((uint64_t)walk_made)];
    enum payment_state state = told[roll(COUNT_OF(told))];
    if (state == PAYMENT_RETURNED && roll(5) > 0) {
        return;
    }
    long last = strtol(field(no, "pn"), NULL, 10);
    tell(no, last < 2 || roll(3) == 0 ? 1 + (int)roll(2) : (int)last, state);
}

/* A review has found something wrong, and the bank gives back a payment of it, at whatever stage of
 * that. */
static void step_return(void)
{
    for (int tries = 0; walk_made > 0 && tries < 40; tries++) {
        const char *no = walk_numbers[roll((uint64_t)walk_made)];
        bool open = field(no, "rc")[0] != '\0' &&
                    part_fen(no, "ucr", 0) > 0; /* else nothing is ever repaid */
        if (field(no, "rc")[0] != '\0' && (!open || roll(30) == 0)) {
            long last = strtol(field(no, "pn"), NULL, 10);
            tell(no, 1 + (int)roll((uint64_t)last),
                 roll(8) == 0 ? PAYMENT_SUCCEEDED : PAYMENT_RETURNED);
            return;
        }
    }
}
static void claim_at(int at, int actor, int64_t claim_ms)
{
    char inbox[DIVISION_CODE_SIZE];
    snprintf(inbox, sizeof(inbox), "%s", field(walk_numbers[at], "o"));
    struct claim_result r =
        claim_case(inbox[0] == '\0' ? TOWN : inbox, actors[actor], walk_numbers[at], claim_ms);
    if (r.outcome == CLAIM_OK) {
        claims[at] = r.claim;
        claimed_by[at] = actor;
        done[8]++;
    }
}

static void step_claim(void)
{
    if (walk_made > 0) {
        claim_at((int)roll((uint64_t)walk_made), (int)roll(ACTORS), roll(4) == 0 ? 1 : 600000);
    }
}

/* ---- Verbs ---- */

/* The end of a case is a long way by chance alone: what leads on from a state. */
static enum case_verb way_on(const char *no, enum case_state now, enum case_verb otherwise)
{
    static const struct {
        enum case_state state;
        enum case_verb verb[4];
    } WAYS[] = {
        {CASE_TRIAGED, {VERB_DISPATCH, VERB_DISPATCH, VERB_DISPATCH, VERB_CONSULT}},
        {CASE_RETURNED, {VERB_DISPATCH, VERB_DISPATCH, VERB_DESIGNATE, VERB_DESIGNATE}},
        {CASE_DISPATCHED, {VERB_ACCEPT, VERB_ACCEPT, VERB_FIRST_AID, VERB_RETURN}},
        {CASE_DESIGNATED, {VERB_ACCEPT, VERB_ACCEPT, VERB_ACCEPT, VERB_FIRST_AID}},
        {CASE_FIRST_AID_PAID, {VERB_PAPERS, VERB_PAPERS, VERB_PAPERS, VERB_ACCEPT}},
        {CASE_PAPERS_DUE, {VERB_PAPERS, VERB_PAPERS, VERB_PAPERS, VERB_PAPERS}},
        {CASE_PAPERS_OVERDUE, {VERB_PAPERS, VERB_PAPERS, VERB_PAPERS, VERB_REVIEW_FAIL}},
        {CASE_PAPERS_OK, {VERB_CONFIRM, VERB_CONFIRM, VERB_CONFIRM, VERB_REVIEW_FAIL}},
        {CASE_REVIEW_CONFIRMED, {VERB_FOLLOW_UP, VERB_REVIEW, VERB_REVIEW, VERB_REVIEW_FAIL}},
        {CASE_ACCEPTED, {VERB_VERIFY, VERB_REVIEW, VERB_REVIEW, VERB_FIRST_AID}},
        {CASE_VERIFYING, {VERB_REVIEW, VERB_REVIEW, VERB_FIRST_AID, VERB_CONCLUDE}},
        {CASE_COUNTY_APPROVAL, {VERB_APPROVE, VERB_SIGN, VERB_CONVENE, VERB_REJECT}},
        {CASE_CONFERENCE, {VERB_MINUTES, VERB_MINUTES, VERB_APPROVE, VERB_APPROVE}},
        {CASE_APPROVED, {VERB_PAY, VERB_PAY, VERB_PAY, VERB_CHANGE}},
        {CASE_PAYING, {VERB_HAND_OVER, VERB_RECEIPT, VERB_RECEIPT, VERB_HAND_OVER}},
        {CASE_FIRST_AID_APPROVED, {VERB_HAND_OVER, VERB_RECEIPT, VERB_RECEIPT, VERB_HAND_OVER}},
        {CASE_PAY_FAILED, {VERB_PAY, VERB_FIRST_AID, VERB_CHANGE, VERB_ACCOUNT}},
        {CASE_PAID, {VERB_FOLLOW_UP, VERB_FOLLOW_UP, VERB_FOLLOW_UP, VERB_REVIEW_FAIL}},
        {CASE_FOLLOWED_UP, {VERB_CLOSE, VERB_REDO, VERB_REDO, VERB_REVIEW_FAIL}},
        {CASE_REDO, {VERB_ACCEPT, VERB_ACCEPT, VERB_ACCEPT, VERB_ACCEPT}},
        {CASE_REVIEW_FAILED, {VERB_RECOVER, VERB_RECOVER, VERB_RECOVER, VERB_WAIVE}},
        {CASE_RECOVERING, {VERB_REPAY, VERB_REPAY, VERB_REPAY, VERB_WAIVE}},
        {CASE_RECOVERED, {VERB_FOLLOW_UP, VERB_FOLLOW_UP, VERB_FOLLOW_UP, VERB_REFUND}},
        {CASE_WRITTEN_OFF, {VERB_FOLLOW_UP, VERB_FOLLOW_UP, VERB_NOTE, VERB_NOTE}},
    };
    if (owed_fen(no) > 0 && roll(2) == 0) {
        return VERB_REFUND;
    }
    if (now == CASE_REVIEWING) {
        bool proposed = strncmp(field(no, "g"), "PROPOSED", 8) == 0;
        static const enum case_verb then[] = {VERB_SIGN, VERB_APPROVE, VERB_PROPOSE, VERB_CONVENE,
                                              VERB_PUBLISH};
        return proposed ? then[roll(COUNT_OF(then))] : VERB_ASSESS;
    }
    for (size_t i = 0; i < COUNT_OF(WAYS); i++) {
        if (WAYS[i].state == now) {
            return WAYS[i].verb[roll(4)];
        }
    }
    return otherwise;
}

static struct slice number_text(int64_t n)
{
    static char texts[32][24];
    static int next;
    char *text = texts[next++ % 32];
    snprintf(text, 24, "%lld", (long long)n);
    return slice_of(text);
}

/* Due times of the instalments behind the first, as the grant of the case wants them: all of them
 * past. */
static struct slice dues_of(const char *no)
{
    static char text[128];
    struct slice rest = slice_of(field(no, "g"));
    int64_t n = 1;
    slice_cut(&rest, '|');
    slice_cut(&rest, '|');
    if (slice_to_int64(slice_cut(&rest, '|'), 1, 12, &n) != ERR_OK) {
        n = 1;
    }
    text[0] = '\0';
    for (int64_t i = 1; i < n; i++) {
        strncat(text, i == 1 ? "1" : ",1", sizeof(text) - strlen(text) - 1);
    }
    return slice_of(text);
}

static void vary(const char *no, struct act_request *r)
{
    static const char *const tiers[] = {"township", "county", "conference"}, *const hows[] = {
                                                                                 "b", "b", "c",
                                                                                 "g"};
    static char payment[4][PAYMENT_ID_SIZE];
    static int next;
    switch (r->verb) {
    case VERB_ASSESS:
        r->extra[0] = number_text(1 + (int64_t)roll(300000));
        r->extra[1] = slice_of(tiers[roll(3)]);
        r->extra[2] = number_text(roll(2) == 0 ? 1 : 1 + (int64_t)roll(5));
        r->extra[3] = slice_of(walk_funds[roll(WALK_FUNDS)]);
        r->extra[6] = slice_of(hows[roll(4)]);
        break;
    case VERB_MINUTES: r->extra[4] = number_text(1 + (int64_t)roll(300000)); break;
    case VERB_APPROVE:
        r->extra[0] = number_text(roll(4) == 0 ? 100000 : 900000000);
        r->extra[1] = r->extra[2] = number_text(1000);
        r->extra[4] = dues_of(no);
        r->extra[7] = r->extra[8] = number_text((int64_t)roll(2));
        break;
    case VERB_PROPOSE: r->extra[2] = number_text((int64_t)roll(2)); break;
    case VERB_REPAY:
        r->extra[0] =
            number_text(roll(2) == 0 && part_fen(no, "r", 0) > 0 ? part_fen(no, "r", 0)
                                                                 : 1 + (int64_t)roll(200000));
        break;
    case VERB_REVIEW_FAIL:
    case VERB_COUNTERSIGN: r->extra[0] = number_text(1 + (int64_t)roll(200000)); break;
    case VERB_REFUND:
        r->extra[0] = roll(3) > 0 ? SLICE_LIT("paid") : SLICE_LIT("retained");
        r->extra[1] = number_text(roll(10) == 0 || owed_fen(no) == 0 ? 1 : owed_fen(no));
        break;
    case VERB_DUPLICATE:
    case VERB_LINK: r->extra[0] = slice_of(walk_numbers[roll((uint64_t)walk_made)]); break;
    case VERB_REFER_ACK:
        r->extra[1] = roll(2) == 0 ? SLICE_LIT("accepted") : SLICE_LIT("declined");
        break;
    case VERB_PUBLISH: r->extra[0] = roll(2) == 0 ? SLICE_LIT("1") : r->extra[0]; break;
    case VERB_ATTEMPT: r->extra[0] = roll(4) == 0 ? SLICE_LIT("no") : r->extra[0]; break;
    case VERB_HAND_OVER:
    case VERB_RECEIPT:
    case VERB_HAND_FAIL: {
        char *id = payment[next++ % 4];
        long n = strtol(field(no, "pn"), NULL, 10);
        snprintf(id, PAYMENT_ID_SIZE, "%s", payment_id(no, n < 1 ? 1 : (int)n));
        r->extra[0] = slice_of(id);
        r->extra[1] = r->verb == VERB_RECEIPT && roll(8) == 0 ? SLICE_LIT("wrong") : r->extra[1];
        break;
    }
    default: break;
    }
}

static struct aid_order any_aid(const char *actor)
{
    struct aid_order order = aid(1 + (int64_t)roll(300000));
    order.papers_due_ms = roll(2) == 0 ? 1 : NEVER_MS;
    order.cap_paid_fen = 20000000;
    order.cap_times = order.cap_same_cause = 1000;
    order.day = 0;
    order.maker = slice_of(actor);
    order.method = "bbcg"[roll(4)];
    order.countersign = roll(4) == 0;
    return order;
}

static void step_act(void)
{
    if (walk_made == 0) {
        return;
    }
    int at = (int)roll((uint64_t)walk_made);
    for (uint64_t tries = roll(4) == 0 ? 30 : 0; tries > 0 && owed_fen(walk_numbers[at]) == 0;
         tries--) {
        at = (int)roll((uint64_t)walk_made); /* few are owed money: they are looked for */
    }
    enum case_verb verb = (enum case_verb)roll(CASE_VERB_COUNT);
    bool ends = verb == VERB_WITHDRAW || verb == VERB_RETURN || verb == VERB_DUPLICATE ||
                verb == VERB_CANCEL || verb == VERB_CONSULT || verb == VERB_REFER_OUT ||
                verb == VERB_REJECT || verb == VERB_RECUSE;
    if (ends && roll(8) > 0) {
        return;
    }
    enum case_state now;
    if (roll(4) > 0 &&
        case_state_from_word(slice_of(field(walk_numbers[at], "s")), &now) == ERR_OK) {
        verb = way_on(walk_numbers[at], now, verb);
    }
    if (roll(2) == 0) {
        claim_at(at, (int)roll(ACTORS), 600000);
    }
    const char *actor = actors[roll(3) == 0 ? roll(ACTORS) : (uint64_t)claimed_by[at]];
    if (verb == VERB_RECUSE && roll(10) > 0) {
        return;
    }
    int64_t owed = owed_fen(walk_numbers[at]);
    struct act_request r = request(walk_numbers[at], verb, actor, claims[at]);
    struct aid_order order = any_aid(actor);
    r.idem_hash = slice_of(unique());
    r.notify = roll(2) == 0 ? SLICE_LIT("walk|x|0") : r.notify;
    r.aid = verb == VERB_FIRST_AID ? &order : NULL;
    vary(walk_numbers[at], &r);
    if (act(&r).outcome == ACT_OK) {
        done[9]++;
        done[10] += verb == VERB_CONFIRM;
        done[11] += verb == VERB_CLOSE;
        done[12] += verb == VERB_FIRST_AID;
        done[14] += verb == VERB_APPROVE;
        done[15] += verb == VERB_PAY;
        done[16] += verb == VERB_RECEIPT;
        done[17] += verb == VERB_REVIEW_FAIL;
        done[18] += verb == VERB_RECOVER || verb == VERB_WAIVE;
        done[19] += verb == VERB_REPAY;
        done[24] += verb == VERB_REFUND;
        done[25] += verb == VERB_REFUND && owed > 0 && owed_fen(walk_numbers[at]) == 0;
    }
}

/* ---- Funds ---- */

static void step_request(const char *code)
{
    struct fund_result result;
    struct fund_request_row row;
    const char *actor = actors[4 + roll(3)];
    if (roll(2) == 0) {
        const struct fund_ask a = {.kind = (enum fund_request)roll(FUND_REQUEST_COUNT),
                                   .fund = slice_of(code),
                                   .actor = slice_of(actor),
                                   .amount_fen = 1 + (int64_t)roll(2000000),
                                   .cap_fen = 3000000,
                                   .event_tail = SLICE_LIT(TAIL),
                                   .idem_hash = slice_of(unique()),
                                   .fingerprint = SLICE_LIT("print")};
        fund_ask_write(store_fcall(store), REGION, &a);
        assert_ok(fund_read(send_call(), &result));
        return;
    }
    fund_requests_write(store_fcall(store), REGION);
    const redisReply *reply = send_call();
    size_t n = fund_requests_count(reply);
    if (n == 0) {
        return;
    }
    assert_ok(fund_request_at(reply, roll(n), &row));
    char fund_code[DIVISION_CODE_SIZE];
    assert_ok(slice_copy(row.fund, fund_code, sizeof(fund_code)));
    const struct fund_decide d = {
        .kind = row.kind,
        .fund = slice_of(fund_code),
        .actor = slice_of(actor),
        .number = row.number,
        .approve = roll(4) > 0,
        .amount_fen = roll(2) == 0 ? 0 : 1 + (int64_t)roll(2000000),
        .cap_fen = 3000000,
        .mark = {.permille = roll(2) == 0 ? -1 : 900, .full_fen = 40000000},
        .event_tail = SLICE_LIT(TAIL),
        .idem_hash = slice_of(unique()),
        .fingerprint = SLICE_LIT("print")};
    fund_decide_write(store_fcall(store), REGION, &d);
    assert_ok(fund_read(send_call(), &result));
    done[20] += result.outcome == FUND_OK && d.approve;
    done[21] += result.outcome == FUND_OK && d.approve && d.kind == REQUEST_LOAN;
}

static void step_fund(void)
{
    const char *code = walk_funds[roll(WALK_FUNDS)];
    struct fund_result result;
    if (roll(2) == 0) {
        step_request(code);
        return;
    }
    struct fund_act_order a = {.act = (enum fund_act)roll(FUND_ACT_COUNT),
                               .fund = slice_of(code),
                               .actor = slice_of(actors[roll(ACTORS)]),
                               .second = SLICE_LIT("witness"),
                               .amount_fen = 1 + (int64_t)roll(1000000),
                               .due_ms = NEVER_MS,
                               .settle = roll(4) > 0,
                               .event_tail = SLICE_LIT(TAIL),
                               .idem_hash = slice_of(unique()),
                               .fingerprint = SLICE_LIT("print")};
    if (a.act == FUND_CASH_COUNT) { /* mostly right */
        struct fund_view v = fund(code);
        a.amount_fen = v.cash_fen + v.cash_held_fen + (roll(3) == 0 ? (int64_t)roll(50) : 0);
        a.amount_fen -= a.amount_fen > 20 && roll(3) == 0 ? 20 : 0;
    }
    fund_act_write(store_fcall(store), REGION, &a);
    assert_ok(fund_read(send_call(), &result));
    done[22] += result.outcome == FUND_OK && a.act == FUND_CASH_DRAW;
    done[23] += result.outcome == FUND_OK && a.act == FUND_CASH_LIFT;
}

static void step(void)
{
    switch (roll(15)) {
    case 0: step_intake(); break;
    case 1: step_route(); break;
    case 2: step_stage(); break;
    case 3: step_requeue(); break;
    case 4:
    case 5: step_news(); break;
    case 6:
    case 7: step_claim(); break;
    case 8: done[13] += fire(64) > 0; break;
    case 9: step_fund(); break;
    case 10: step_return(); break;
    default: step_act(); break;
    }
}

/* Times are the clock's, so that no two walks are the same: what is rare needs now a longer, now a
 * shorter one. */
static bool something_is_missing(void)
{
    for (size_t i = 0; i < KINDS; i++) {
        if (done[i] == 0) {
            return true;
        }
    }
    return false;
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
        memcpy(walk_numbers[i], case_number(i), CASE_NO_SIZE);
    }
    for (size_t i = 0; i < WALK_FUNDS; i++) {
        allot(walk_funds[i], FUND_FEN);
    }
    for (long i = 1; i <= count || (steps == NULL && i <= MOST_STEPS && something_is_missing());
         i++) {
        step();
        if (i % (walk_made > 50 ? 500 : 100) == 0) {
            walk_check();
        }
    }
    walk_check();
    for (size_t i = 0; i < KINDS; i++) {
        print_message("step kind %zu: %zu times\n", i, done[i]);
    }
    for (size_t i = 0; steps == NULL && i < KINDS; i++) {
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
