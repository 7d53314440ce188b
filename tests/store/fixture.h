/* What the store's tests share: one redis, one client, and the typed calls with the arguments that
 * do not matter filled in. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "tests/support/test.h"

#include "queue/base/clock.h"
#include "queue/store/calls_read.h"
#include "queue/store/store.h"
#include "tests/support/redis.h"

#define REGION "520000"
#define TOWN "520102001"
#define TAIL "\"at_ms\":1,\"actor\":\"worker:1\",\"reason\":\"r\",\"policy\":\"p\""
#define YEAR 2026
#define DAY 20261121
#define MONTH 202611
#define NEVER_MS INT64_C(4102444800000) /* 2100 */
#define OFFICER "officer:wang"
#define REVIEWER "reviewer:li"
#define MASTER "5200002611210100000022" /* a case of which `duplicate` says that it is the same */
#define SKIPPED 77

extern struct redis redis;
extern struct store *store;

/* Run the tests with a fresh redis; 77 when redis-server is not installed. */
int run_with_redis(const char *name, const struct CMUnitTest *tests, size_t count);
#define RUN_WITH_REDIS(tests) run_with_redis(#tests, (tests), COUNT_OF(tests))
/* Before each test: an empty data set. */
int fixture_reset(void **state);

/* Case number i of the tests, payment n of a case; static texts, a few at a time. */
const char *case_number(int i);
const char *payment_id(const char *no, int n);
/* A new text at each call. */
const char *fresh(void);

/* Send the store's fcall; fails the test on an error. The reply lives until the next call. */
const redisReply *send_call(void);
/* The same, the error is the answer. */
enum err send_for_err(void);

struct intake_ticket ticket(const char *no, const char *person);
enum intake_outcome intake(const struct intake_ticket *t);
void receive(const char *no, const char *person);
void allot(const char *fund, int64_t fen);

struct leased {
    char token[24];
    size_t n;
    char ids[STORE_BATCH_MAX][JOB_ID_SIZE];
    int64_t attempts[STORE_BATCH_MAX];
    char payloads[STORE_BATCH_MAX][256];
};
void lease(enum stage stage, int64_t lease_ms, int64_t most, struct leased *out);
/* Lease again and again until something comes (a lease or a delay has run out). */
void lease_until(enum stage stage, int64_t lease_ms, int64_t most, struct leased *out);
/* How many were stale. */
size_t finish_one(enum stage stage, const char *token, const char *id, enum job_action action,
                  int64_t delay_ms, const char *text);

struct aid_order aid(int64_t fen);
struct decide_case dispatch(const char *no, const struct aid_order *order);
enum decide_outcome decide(const char *token, const struct decide_case *c);
/* Receive, lease, dispatch with first aid of fen: the case's first payment is held. */
void first_aid_case(const char *no, const char *person, int64_t fen);

enum news_outcome news(const char *id, enum payment_state state, int64_t fen);
struct claim_result claim_case(const char *inbox, const char *actor, const char *no,
                               int64_t claim_ms);
struct act_request request(const char *no, enum case_verb verb, const char *actor, int64_t claim);
struct act_result act(const struct act_request *r);
/* Verb with its extras as the gateway gives them, under a fresh claim where one is needed; the
 * result must be ok. */
void must_act(const char *no, enum case_verb verb, const char *actor, const char *inbox);
int64_t fire(int most);

/* ---- Looking ---- */
const char *field(const char *no, const char *name);
enum case_state state_of(const char *no);
bool in_set(const char *key, const char *member); /* key behind "{region}:" */
int64_t set_size(const char *key);
struct fund_view fund(const char *code);
/* allotted = the sum of all others, none negative. */
void assert_balanced(const char *code);
void assert_fund(const char *code, int64_t available, int64_t held, int64_t unreviewed,
                 int64_t confirmed);
struct person_year person(const char *hash, const char *cause);
void mark_data(char digest[REDIS_DIGEST_SIZE]);
void assert_unchanged_at(const char *digest, const char *file, int line);
#define assert_unchanged(digest) assert_unchanged_at((digest), __FILE__, __LINE__)

#endif
