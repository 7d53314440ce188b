#include "tests/store/fixture.h"

#include <signal.h>
#include <stdio.h>

struct redis redis;
struct store *store;
static redisReply *last_reply;
static int fresh_count;

int run_with_redis(const char *name, const struct CMUnitTest *tests, size_t count)
{
    signal(SIGPIPE,
           SIG_IGN); /* as every process of ours does: a dead connection is an error, not the end */
    if (!redis_start(&redis, NULL)) {
        fprintf(stderr, "SKIPPED: redis-server is not installed\n");
        return SKIPPED;
    }
    enum err err = store_new(redis.socket, REGION, 20000, &store);
    if (err == ERR_OK) {
        err = store_load_functions(store);
    }
    int failed = 1;
    if (err == ERR_OK) {
        failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
    } else {
        fprintf(stderr, "cannot load the functions: %s\n", store_why(store));
    }
    if (last_reply != NULL) {
        freeReplyObject(last_reply);
    }
    store_free(store);
    redis_stop(&redis);
    return failed;
}

int fixture_reset(void **state)
{
    (void)state;
    redis_must(&redis, "FLUSHALL", NULL);
    fresh_count = 0;
    return 0;
}

const char *case_number(int i)
{
    static char texts[64][CASE_NO_SIZE];
    struct case_no_parts parts = {.region = REGION, .date = 261121, .node = 1, .sequence = i + 1};
    char *text = texts[i % 64];
    case_no_write(&parts, text);
    return text;
}

const char *payment_id(const char *no, int n)
{
    static char texts[16][PAYMENT_ID_SIZE];
    static int next;
    char *text = texts[next++ % 16];
    payment_id_write(no, 'A', n, text);
    return text;
}

const char *fresh(void)
{
    static char texts[16][16];
    char *text = texts[fresh_count % 16];
    snprintf(text, sizeof(texts[0]), "i%d", fresh_count++);
    return text;
}

const redisReply *send_call(void)
{
    if (last_reply != NULL) {
        freeReplyObject(last_reply);
        last_reply = NULL;
    }
    if (store_call(store, &last_reply) != ERR_OK) {
        fail_msg("the store answers: %s", store_why(store));
    }
    return last_reply;
}

enum err send_for_err(void)
{
    redisReply *reply = NULL;
    enum err err = store_call(store, &reply);
    if (err == ERR_OK) {
        freeReplyObject(reply);
    }
    return err;
}

struct intake_ticket ticket(const char *no, const char *hash)
{
    return (struct intake_ticket){.no = slice_of(no),
                                  .idem_hash = slice_of(fresh()),
                                  .fingerprint = SLICE_LIT("print"),
                                  .received_ms = 1000,
                                  .facts = SLICE_LIT("{\"persons\":1}"),
                                  .sealed = SLICE_LIT("\x01\x02|:\n"),
                                  .person_hash = slice_of(hash),
                                  .wrapped_key = SLICE_LIT("key"),
                                  .job_score = 5,
                                  .event_tail = SLICE_LIT(TAIL)};
}

enum intake_outcome intake(const struct intake_ticket *t)
{
    struct intake_result result;
    intake_begin(store_fcall(store), REGION);
    intake_add(store_fcall(store), t);
    assert_ok(intake_read(send_call(), &result, 1));
    return result.outcome;
}

void receive(const char *no, const char *hash)
{
    struct intake_ticket t = ticket(no, hash);
    assert_int_equal(intake(&t), INTAKE_CREATED);
}

void allot(const char *code, int64_t fen)
{
    struct allotment a = {.fund = slice_of(code),
                          .amount_fen = fen,
                          .event_tail = SLICE_LIT(TAIL),
                          .idem_hash = slice_of(fresh()),
                          .fingerprint = SLICE_LIT("print")};
    enum allot_outcome outcome;
    allot_write(store_fcall(store), REGION, &a);
    assert_ok(allot_read(send_call(), &outcome));
    assert_int_equal(outcome, ALLOT_OK);
}

void lease(enum stage stage, int64_t lease_ms, int64_t most, struct leased *out)
{
    struct slice token;
    struct job jobs[STORE_BATCH_MAX];
    lease_write(store_fcall(store), REGION, stage, lease_ms, most);
    assert_ok(lease_read(send_call(), &token, jobs, &out->n));
    assert_ok(slice_copy(token, out->token, sizeof(out->token)));
    for (size_t i = 0; i < out->n; i++) {
        assert_ok(slice_copy(jobs[i].id, out->ids[i], JOB_ID_SIZE));
        assert_ok(slice_copy(jobs[i].payload, out->payloads[i], sizeof(out->payloads[i])));
        out->attempts[i] = jobs[i].attempt;
    }
}

void lease_until(enum stage stage, int64_t lease_ms, int64_t most, struct leased *out)
{
    int64_t give_up_ms = clock_mono_ms() + 20000;
    do {
        lease(stage, lease_ms, most, out);
    } while (out->n == 0 && clock_mono_ms() < give_up_ms);
    assert_true(out->n > 0);
}

size_t finish_one(enum stage stage, const char *token, const char *id, enum job_action action,
                  int64_t delay_ms, const char *text)
{
    struct job_end end = {
        .id = slice_of(id), .action = action, .delay_ms = delay_ms, .text = slice_of(text)};
    size_t stale = 9;
    finish_begin(store_fcall(store), REGION, stage, slice_of(token));
    finish_add(store_fcall(store), &end);
    assert_ok(finish_read(send_call(), 1, &stale));
    return stale;
}

struct aid_order aid(int64_t fen)
{
    return (struct aid_order){.amount_fen = fen,
                              .event_tail = SLICE_LIT(TAIL),
                              .maker = SLICE_LIT("rule:SO-1"),
                              .year = YEAR,
                              .cause = SLICE_LIT("fire"),
                              .small_fast = true,
                              .cap_paid_fen = 500000,
                              .cap_times = 2,
                              .cap_same_cause = 2,
                              .day = DAY,
                              .month = MONTH,
                              .cap_day_fen = 1000000,
                              .cap_month_fen = 2000000,
                              .papers_due_ms = NEVER_MS,
                              .job_score = 3};
}

struct decide_case dispatch(const char *no, const struct aid_order *order)
{
    return (struct decide_case){.no = slice_of(no),
                                .version = 1,
                                .verb = VERB_DISPATCH,
                                .inbox = SLICE_LIT(TOWN),
                                .inbox_score = 7,
                                .urgency = SLICE_LIT("URGENT"),
                                .routing = SLICE_LIT("{}"),
                                .decision = SLICE_LIT("{}"),
                                .event_tail = SLICE_LIT(TAIL),
                                .accept_by_ms = NEVER_MS,
                                .notify = SLICE_LIT("dispatched|x|0"),
                                .aid = order};
}

enum decide_outcome decide(const char *token, const struct decide_case *c)
{
    enum decide_outcome outcome;
    decide_begin(store_fcall(store), REGION, slice_of(token),
                 &(struct cascade_limits){.inbox_max = 0}, "2026");
    decide_add(store_fcall(store), c);
    assert_ok(decide_read(send_call(), &outcome, 1));
    return outcome;
}

void first_aid_case(const char *no, const char *hash, int64_t fen)
{
    struct leased jobs;
    struct aid_order order = aid(fen);
    struct decide_case c = dispatch(no, &order);
    receive(no, hash);
    lease(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(jobs.n, 1);
    assert_string_equal(jobs.ids[0], no);
    assert_int_equal(decide(jobs.token, &c), DECIDE_OK);
}

enum news_outcome news(const char *id, enum payment_state state, int64_t fen)
{
    struct payment_news n = {.id = slice_of(id),
                             .state = state,
                             .amount_fen = fen,
                             .bank_ref = SLICE_LIT("ref"),
                             .event_tail = SLICE_LIT(TAIL),
                             .notify = SLICE_LIT("money")};
    enum news_outcome outcome;
    outcome_begin(store_fcall(store), REGION);
    outcome_add(store_fcall(store), &n);
    assert_ok(outcome_read(send_call(), &outcome, 1));
    return outcome;
}

struct claim_result claim_case(const char *inbox, const char *actor, const char *no,
                               int64_t claim_ms)
{
    struct claim_request r = {.inbox = slice_of(inbox),
                              .actor = slice_of(actor),
                              .no = slice_of(no),
                              .claim_ms = claim_ms,
                              .event_tail = SLICE_LIT(TAIL),
                              .idem_hash = slice_of(fresh()),
                              .fingerprint = SLICE_LIT("print")};
    struct claim_result out;
    claim_write(store_fcall(store), REGION, &r);
    assert_ok(claim_read(send_call(), &out));
    return out;
}

/* What each verb gets behind the common arguments, as the gateway gives it. */
static const struct {
    enum case_verb verb;
    const char *extra[ACT_EXTRA_MAX];
} EXTRAS[] = {
    {VERB_DISPATCH, {TOWN, "11", "", "", "3"}},
    {VERB_DESIGNATE, {TOWN, "11"}},
    {VERB_RETURN, {REGION, "0"}},
    {VERB_PAPERS, {REGION, "11"}},
    {VERB_CONFIRM, {"11"}},
    {VERB_ATTEMPT, {"unreachable", REGION, "3"}},
    {VERB_REDO, {REGION, "11", "1"}},
    {VERB_DUPLICATE, {MASTER}},
    {VERB_RECUSE, {REGION, "11"}},
    {VERB_ADD, {"", "", "", ""}},
    {VERB_RATE, {"5"}},
    {VERB_LINK, {MASTER, "same_person"}},
    {VERB_CHECKED, {"ok"}},
    {VERB_ACCOUNT, {"sealed anew"}},
    {VERB_ASSESS, {"1000", "township", "1", TOWN, "2026", "fire", "b"}},
    {VERB_PUBLISH, {"4102444800000"}},
    {VERB_PROPOSE, {REGION, "11", "0"}},
    {VERB_CONVENE, {REGION, "11"}},
    {VERB_MINUTES, {"3", "3", "2", "1", "1000"}},
    {VERB_APPROVE, {"500000", "9", "9", "0", "", REGION, "11", "0", "0"}},
    {VERB_PAY, {"3"}},
    {VERB_REVIEW_FAIL, {"1000", REGION, "11"}},
    {VERB_REPAY, {"1000"}},
    {VERB_REFUND, {"paid", "1000"}},
    {VERB_COUNTERSIGN, {"1000"}},
    {VERB_PAUSE, {"applicant", "4102444800000"}},
    {VERB_RESUME, {"county=9/8;pay=9/8;review=9/8"}},
    {VERB_REFER, {"housing", "4102444800000"}},
    {VERB_REFER_OUT, {"housing", "4102444800000"}},
    {VERB_REFER_ACK, {"1", "accepted"}},
};

struct act_request request(const char *no, enum case_verb verb, const char *actor, int64_t claim)
{
    struct act_request r = {.no = slice_of(no),
                            .verb = verb,
                            .actor = slice_of(actor),
                            .claim = claim,
                            .event_tail = SLICE_LIT(TAIL),
                            .idem_hash = slice_of(fresh()),
                            .fingerprint = SLICE_LIT("print")};
    for (size_t i = 0; i < COUNT_OF(EXTRAS); i++) {
        for (size_t k = 0;
             EXTRAS[i].verb == verb && k < ACT_EXTRA_MAX && EXTRAS[i].extra[k] != NULL; k++) {
            r.extra[r.extra_count++] = slice_of(EXTRAS[i].extra[k]);
        }
    }
    if (verb == VERB_HAND_OVER || verb == VERB_RECEIPT || verb == VERB_HAND_FAIL) {
        r.extra[r.extra_count++] = slice_of(payment_id(no, 1));
    }
    if (verb == VERB_HAND_OVER || verb == VERB_RECEIPT) {
        r.extra[r.extra_count++] = SLICE_LIT("abc");
    }
    if (verb == VERB_HAND_OVER) {
        r.extra[r.extra_count++] = SLICE_LIT("officer:witness");
    }
    return r;
}

struct act_result act(const struct act_request *r)
{
    struct act_result out;
    act_write(store_fcall(store), REGION, r);
    assert_ok(act_read(send_call(), &out));
    return out;
}

void must_act(const char *no, enum case_verb verb, const char *actor, const char *inbox)
{
    struct claim_result c = claim_case(inbox, actor, no, 600000);
    assert_int_equal(c.outcome, CLAIM_OK);
    struct act_request r = request(no, verb, actor, c.claim);
    struct act_result result = act(&r);
    if (result.outcome != ACT_OK) {
        fail_msg("%s of %s: outcome %d", case_verb_word(verb), no, (int)result.outcome);
    }
}

int64_t fire(int most)
{
    int64_t fired = -1;
    fire_write(store_fcall(store), REGION, most, &(struct cascade_limits){.inbox_max = 0});
    assert_ok(fire_read(send_call(), &fired));
    return fired;
}

/* ---- Looking ---- */

static const char *key_of(const char *rest)
{
    static char keys[4][128];
    static int next;
    char *key = keys[next++ % 4];
    snprintf(key, sizeof(keys[0]), "{" REGION "}:%s", rest);
    return key;
}

const char *field(const char *no, const char *name)
{
    static char texts[4][4096];
    static int next;
    char rest[64];
    snprintf(rest, sizeof(rest), "case:%s", no);
    return redis_text(&redis, texts[next++ % 4], sizeof(texts[0]), "HGET", key_of(rest), name,
                      NULL);
}

enum case_state state_of(const char *no)
{
    enum case_state s = CASE_NONE;
    assert_ok(case_state_from_word(slice_of(field(no, "s")), &s));
    return s;
}

bool in_set(const char *key, const char *member)
{
    char score[64];
    return redis_text(&redis, score, sizeof(score), "ZSCORE", key_of(key), member, NULL)[0] != '\0';
}

int64_t set_size(const char *key)
{
    char text[64];
    return strtoll(redis_text(&redis, text, sizeof(text), "ZCARD", key_of(key), NULL), NULL, 10);
}

struct fund_view fund(const char *code)
{
    struct fund_view v;
    fund_get_write(store_fcall(store), REGION, slice_of(code));
    assert_ok(fund_get_read(send_call(), &v));
    return v;
}

void assert_balanced(const char *code)
{
    struct fund_view v = fund(code); /* fund_get_read refuses what is negative */
    assert_int_equal(ledger_imbalance_fen(v.balance_fen), 0);
    assert_int_equal(v.returned_fen, 0);
}

void assert_fund(const char *code, int64_t available, int64_t held, int64_t unreviewed,
                 int64_t confirmed)
{
    struct fund_view v = fund(code);
    assert_int_equal(v.available_fen, available);
    assert_int_equal(v.held_fen, held);
    assert_int_equal(v.unreviewed_fen, unreviewed);
    assert_int_equal(v.confirmed_fen, confirmed);
    assert_balanced(code);
}

struct person_year person(const char *hash, const char *cause)
{
    char rest[64], text[512];
    struct person_year p;
    snprintf(rest, sizeof(rest), "person:%s", hash);
    redis_text(&redis, text, sizeof(text), "HGET", key_of(rest), "y", NULL);
    assert_ok(person_year_read(slice_of(text), YEAR, slice_of(cause), &p));
    return p;
}

void mark_data(char digest[REDIS_DIGEST_SIZE])
{
    redis_digest(&redis, digest);
}

void assert_unchanged_at(const char *digest, const char *file, int line)
{
    char now[REDIS_DIGEST_SIZE];
    redis_digest(&redis, now);
    if (strcmp(now, digest) != 0) {
        print_error("the data have changed\n");
        _fail(file, line);
    }
}
