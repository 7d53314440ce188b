/* Subscriptions of other systems: adding, pumping, taking, ending, giving up, replaying, removing,
 * in a real store. */
#include "queue/store/calls_hook.h"

#include <stdio.h>
#include "tests/store/fixture.h"

#define ID "00000000000000aa"
#define ID_2 "00000000000000bb"
#define URL "https://county.example/hooks"
#define SECRET "whsec-sealed"
#define DAY_MS INT64_C(86400000)

static struct hook_new hook_of(const char *id, const char *types)
{
    return (struct hook_new){.id = slice_of(id),
                             .fingerprint = SLICE_LIT("print"),
                             .url = SLICE_LIT(URL),
                             .types = slice_of(types),
                             .wrapped_key = SLICE_LIT("wrapped"),
                             .sealed = SLICE_LIT(SECRET),
                             .actor = SLICE_LIT("admin:chen"),
                             .event_tail = SLICE_LIT(TAIL)};
}

static enum hook_added add(const struct hook_new *h)
{
    enum hook_added added;
    hooks_add_write(store_fcall(store), REGION, h);
    assert_ok(hooks_add_read(send_call(), &added));
    return added;
}

static void subscribe(const char *id, const char *types)
{
    struct hook_new h = hook_of(id, types);
    assert_int_equal(add(&h), HOOK_ADDED);
}

static int64_t pump(void)
{
    int64_t n = -1;
    hooks_pump_write(store_fcall(store), REGION);
    assert_ok(hooks_pump_read(send_call(), &n));
    return n;
}

/* The slices live until the next call. */
static struct hook_batch take(const char *id)
{
    struct hook_batch b;
    hooks_take_write(store_fcall(store), REGION, slice_of(id));
    assert_ok(hooks_take_read(send_call(), &b));
    return b;
}

static void member_of(const char *id, size_t i, char out[HOOK_MEMBER_SIZE])
{
    struct hook_batch b = take(id);
    assert_true(i < b.count);
    assert_ok(slice_copy(b.deliveries[i].member, out, HOOK_MEMBER_SIZE));
}

/* Lease the subscription's job. */
static void hold(struct leased *out)
{
    lease(STAGE_HOOK, 60000, 16, out);
    assert_int_equal(out->n, 1);
}

struct ending {
    enum hook_result result;
    int64_t delay_ms, rest_ms, disable_ms;
    bool gone;
};

static enum hooks_done finish(const char *token, const char *id, const char *member,
                              const struct ending *e)
{
    enum hooks_done done;
    const struct hook_end end = {.member = slice_of(member),
                                 .result = e->result,
                                 .delay_ms = e->delay_ms,
                                 .why = e->result == HOOK_OK ? "" : "http 500"};
    hooks_done_begin(store_fcall(store), REGION, slice_of(token), slice_of(id), e->gone, e->rest_ms,
                     e->disable_ms == 0 ? DAY_MS : e->disable_ms);
    hooks_done_add(store_fcall(store), &end);
    assert_ok(hooks_done_read(send_call(), &done));
    return done;
}

/* Lease, end the first delivery so, and let the job go. */
static enum hooks_done deliver(const char *id, const struct ending *e)
{
    struct leased held;
    char member[HOOK_MEMBER_SIZE];
    hold(&held);
    member_of(id, 0, member);
    return finish(held.token, id, member, e);
}

static struct hook_row row_of(const char *id)
{
    static struct hook_row rows[HOOKS_MAX];
    size_t n = 99;
    hooks_list_write(store_fcall(store), REGION);
    assert_ok(hooks_list_read(send_call(), rows, &n));
    for (size_t i = 0; i < n; i++) {
        if (slice_is(rows[i].id, id)) {
            return rows[i];
        }
    }
    fail_msg("%s is not in the list", id);
    return rows[0];
}

static size_t listed(void)
{
    static struct hook_row rows[HOOKS_MAX];
    size_t n = 99;
    hooks_list_write(store_fcall(store), REGION);
    assert_ok(hooks_list_read(send_call(), rows, &n));
    return n;
}

static int64_t replay(const char *id, int64_t from_ms)
{
    int64_t again = -1;
    hooks_replay_write(store_fcall(store), REGION, slice_of(id), from_ms, SLICE_LIT(TAIL));
    assert_ok(hooks_replay_read(send_call(), &again));
    return again;
}

static enum err remove_hook(const char *id)
{
    hooks_remove_write(store_fcall(store), REGION, slice_of(id), SLICE_LIT(TAIL));
    return hooks_remove_read(send_call());
}

/* ---- Adding ---- */

static void a_subscription_is_added_once_however_often_it_is_sent(void **state)
{
    struct hook_new h = hook_of(ID, ",case.*,");
    (void)state;
    assert_int_equal(add(&h), HOOK_ADDED);
    char before[REDIS_DIGEST_SIZE];
    mark_data(before);
    assert_int_equal(add(&h), HOOK_REPLAYED);
    h.fingerprint = SLICE_LIT("another");
    assert_int_equal(add(&h), HOOK_KEY_REUSED);
    assert_unchanged(before);
    struct hook_row row = row_of(ID);
    assert_true(slice_is(row.state, "active") && slice_is(row.url, URL));
    assert_true(slice_is(row.types, ",case.*,") && slice_is(row.by, "admin:chen"));
    assert_true(row.at_ms > 0 && row.failing_since_ms == 0 && row.ok_ms == 0);
    assert_int_equal(row.waiting + row.dead, 0);
}

static void no_more_than_the_limit_are_taken(void **state)
{
    char id[HOOK_ID_HEX + 1];
    (void)state;
    for (int i = 0; i < HOOKS_MAX; i++) {
        snprintf(id, sizeof(id), "%016x", i + 1);
        subscribe(id, ",*,");
    }
    struct hook_new one_more = hook_of("00000000000000ff", ",*,");
    char before[REDIS_DIGEST_SIZE];
    mark_data(before);
    assert_int_equal(add(&one_more), HOOK_FULL);
    assert_unchanged(before);
    assert_int_equal(listed(), HOOKS_MAX);
    assert_ok(remove_hook("0000000000000001"));
    assert_int_equal(add(&one_more), HOOK_ADDED); /* and there is room again */
}

static void an_id_that_is_not_one_is_refused_and_nothing_changes(void **state)
{
    static const char *const ids[] = {"", "zz", "00:due", "0123456789abcdef0123456789abcdef0",
                                      "a b"};
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    subscribe(ID, ",*,");
    mark_data(before);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        struct hook_new h = hook_of(ids[i], ",*,");
        hooks_add_write(store_fcall(store), REGION, &h);
        assert_true(send_for_err() != ERR_OK);
        hooks_remove_write(store_fcall(store), REGION, slice_of(ids[i]), SLICE_LIT(TAIL));
        assert_true(send_for_err() != ERR_OK);
        hooks_take_write(store_fcall(store), REGION, slice_of(ids[i]));
        assert_true(send_for_err() != ERR_OK);
        hooks_replay_write(store_fcall(store), REGION, slice_of(ids[i]), 0, SLICE_LIT(TAIL));
        assert_true(send_for_err() != ERR_OK);
    }
    assert_unchanged(before);
}

/* ---- Events ---- */

static void only_what_comes_behind_the_subscription_and_is_wanted_is_delivered(void **state)
{
    (void)state;
    receive(case_number(1), "p1"); /* before it subscribed */
    subscribe(ID, ",case.receive,");
    subscribe(ID_2, ",fund.*,payment.paid,");
    receive(case_number(2), "p2");
    allot(TOWN, 1000);
    assert_true(pump() >= 2);
    assert_int_equal(pump(), 0);
    struct hook_batch b = take(ID);
    assert_int_equal(b.count, 1);
    assert_true(slice_is(b.url, URL) && slice_is(b.wrapped_key, "wrapped"));
    assert_true(slice_is(b.sealed, SECRET));
    assert_true(slice_is(b.deliveries[0].key, case_number(2)));
    assert_true(slice_is(b.deliveries[0].type, "case.receive"));
    assert_int_equal(b.deliveries[0].failures, 0);
    b = take(ID_2);
    assert_int_equal(b.count, 1);
    assert_true(slice_is(b.deliveries[0].key, "fund:" TOWN));
    assert_true(slice_starts_with(b.deliveries[0].type, "fund."));
}

static void the_administration_of_subscriptions_is_nobody_elses_business(void **state)
{
    (void)state;
    subscribe(ID, ",*,");
    subscribe(ID_2, ",*,"); /* an event of its own kind behind the first */
    assert_ok(remove_hook(ID_2));
    assert_true(pump() > 0);
    assert_int_equal(take(ID).count, 0);
}

static void many_events_come_in_batches_and_none_twice(void **state)
{
    enum { CASES = HOOK_TAKE_MAX + 5 };
    bool seen[CASES] = {false};
    int n = 0;
    (void)state;
    subscribe(ID, ",case.receive,");
    for (int i = 0; i < CASES; i++) {
        receive(case_number(i), "p");
    }
    while (pump() > 0) {
    }
    while (n < CASES) {
        struct leased held;
        char members[HOOK_TAKE_MAX][HOOK_MEMBER_SIZE];
        hold(&held);
        struct hook_batch b = take(ID);
        assert_true(b.count > 0 && b.count <= HOOK_TAKE_MAX);
        for (size_t i = 0; i < b.count; i++) {
            int which = -1;
            for (int k = 0; k < CASES; k++) {
                which = slice_is(b.deliveries[i].key, case_number(k)) ? k : which;
            }
            assert_true(which >= 0 && !seen[which]);
            seen[which] = true;
            n++;
            assert_ok(slice_copy(b.deliveries[i].member, members[i], HOOK_MEMBER_SIZE));
        }
        hooks_done_begin(store_fcall(store), REGION, slice_of(held.token), SLICE_LIT(ID), false, 0,
                         DAY_MS);
        for (size_t i = 0; i < b.count; i++) {
            const struct hook_end end = {.member = slice_of(members[i]), .why = ""};
            hooks_done_add(store_fcall(store), &end);
        }
        enum hooks_done done;
        assert_ok(hooks_done_read(send_call(), &done));
        assert_int_equal(done, HOOKS_DONE_OK);
    }
    assert_int_equal(take(ID).count, 0);
    assert_true(row_of(ID).ok_ms > 0);
}

/* ---- Ends ---- */

static void a_failed_delivery_waits_and_counts_its_failures(void **state)
{
    struct leased held;
    char member[HOOK_MEMBER_SIZE];
    const struct ending later = {.result = HOOK_RETRY, .delay_ms = 600000};
    const struct ending good = {.result = HOOK_OK};
    (void)state;
    subscribe(ID, ",*,");
    receive(case_number(1), "p1");
    (void)pump();
    hold(&held);
    member_of(ID, 0, member);
    assert_int_equal(finish(held.token, ID, member, &later), HOOKS_DONE_OK);
    assert_int_equal(take(ID).count, 0); /* not yet due */
    struct hook_row row = row_of(ID);
    assert_int_equal(row.waiting, 1);
    assert_true(row.failing_since_ms > 0 && slice_is(row.why, "http 500"));
    lease(STAGE_HOOK, 60000, 16, &held);
    assert_int_equal(held.n, 0);
    /* time goes by */
    redis_must(&redis, "ZADD", "{" REGION "}:q:hook:delayed", "1", ID, NULL);
    redis_must(&redis, "ZADD", "{" REGION "}:hook:" ID ":due", "1", member, NULL);
    lease_until(STAGE_HOOK, 60000, 16, &held);
    assert_int_equal(take(ID).deliveries[0].failures, 1);
    assert_int_equal(finish(held.token, ID, member, &good), HOOKS_DONE_OK);
    row = row_of(ID);
    assert_int_equal(row.waiting, 0);
    assert_int_equal(row.failing_since_ms, 0); /* it works again */
}

static void who_has_lost_the_lease_ends_nothing(void **state)
{
    struct leased held;
    char member[HOOK_MEMBER_SIZE], before[REDIS_DIGEST_SIZE];
    const struct ending good = {.result = HOOK_OK};
    (void)state;
    subscribe(ID, ",*,");
    receive(case_number(1), "p1");
    (void)pump();
    hold(&held);
    member_of(ID, 0, member);
    mark_data(before);
    assert_int_equal(finish("999999", ID, member, &good), HOOKS_DONE_STALE);
    assert_unchanged(before);
    assert_int_equal(finish(held.token, ID, member, &good), HOOKS_DONE_OK);
    mark_data(before);
    assert_int_equal(finish(held.token, ID, member, &good), HOOKS_DONE_STALE); /* sent twice */
    assert_unchanged(before);
}

static void what_was_given_up_is_shown_with_its_reason_and_can_be_replayed(void **state)
{
    static struct hook_dead_row dead[HOOK_DEAD_MAX];
    size_t n = 99;
    const struct ending bad = {.result = HOOK_DEAD};
    (void)state;
    subscribe(ID, ",*,");
    receive(case_number(1), "p1");
    (void)pump();
    assert_int_equal(deliver(ID, &bad), HOOKS_DONE_OK);
    assert_int_equal(row_of(ID).dead, 1);
    hooks_dead_write(store_fcall(store), REGION, SLICE_LIT(ID), 10);
    assert_ok(hooks_dead_read(send_call(), dead, &n));
    assert_int_equal(n, 1);
    assert_true(slice_is(dead[0].why, "http 500") && dead[0].at_ms > 0);
    assert_int_equal(replay(ID, 0), 1);
    assert_int_equal(row_of(ID).dead, 0);
    assert_int_equal(take(ID).count, 1);
    assert_int_equal(replay(ID, 0), 0); /* nothing is given up now */
    const struct ending good = {.result = HOOK_OK};
    assert_int_equal(deliver(ID, &good), HOOKS_DONE_OK);
}

static void a_replay_from_a_time_delivers_what_was_delivered_before(void **state)
{
    const struct ending good = {.result = HOOK_OK};
    (void)state;
    subscribe(ID, ",case.receive,");
    receive(case_number(1), "p1");
    (void)pump();
    assert_int_equal(deliver(ID, &good), HOOKS_DONE_OK);
    assert_int_equal(pump(), 0);
    assert_int_equal(replay(ID, 1), 0);
    assert_true(pump() > 0);
    struct hook_batch b = take(ID);
    assert_int_equal(b.count, 1);
    assert_true(slice_is(b.deliveries[0].key, case_number(1)));
    int64_t again = 77;
    hooks_replay_write(store_fcall(store), REGION, SLICE_LIT(ID_2), 0, SLICE_LIT(TAIL));
    assert_int_equal(hooks_replay_read(send_call(), &again), ERR_NOT_FOUND);
    assert_int_equal(again, 77);
}

static void an_endpoint_that_is_gone_or_only_fails_is_disabled_until_it_is_replayed(void **state)
{
    const struct ending gone = {.result = HOOK_RETRY, .gone = true, .delay_ms = 1};
    (void)state;
    subscribe(ID, ",*,");
    receive(case_number(1), "p1");
    (void)pump();
    assert_int_equal(deliver(ID, &gone), HOOKS_DONE_DISABLED);
    assert_true(slice_is(row_of(ID).state, "disabled"));
    receive(case_number(2), "p2");
    assert_int_equal(pump(), 0); /* it hears nothing … */
    assert_int_equal(take(ID).url.len, 0);
    assert_int_equal(replay(ID, 0), 0); /* … until somebody switches it on again: then all of it */
    assert_true(slice_is(row_of(ID).state, "active"));
    assert_true(pump() > 0);
    /* failing for longer than it may, and something is given up */
    redis_must(&redis, "HSET", "{" REGION "}:hook:" ID, "fs", "1", NULL);
    const struct ending bad = {.result = HOOK_DEAD, .disable_ms = 1000};
    assert_int_equal(deliver(ID, &bad), HOOKS_DONE_DISABLED);
}

static void an_endpoint_that_asks_for_peace_is_left_alone(void **state)
{
    struct leased held;
    const struct ending rest = {.result = HOOK_OK, .rest_ms = 600000};
    (void)state;
    subscribe(ID, ",*,");
    receive(case_number(1), "p1");
    (void)pump();
    assert_int_equal(deliver(ID, &rest), HOOKS_DONE_OK);
    receive(case_number(2), "p2");
    assert_true(pump() > 0);
    lease(STAGE_HOOK, 60000, 16, &held);
    assert_int_equal(held.n, 0);
    assert_true(in_set("q:hook:delayed", ID));
}

static void the_list_of_what_was_given_up_forgets_its_oldest_at_the_limit(void **state)
{
    static struct hook_dead_row dead[HOOK_DEAD_MAX];
    size_t n = 0;
    const struct ending bad = {.result = HOOK_DEAD};
    (void)state;
    subscribe(ID, ",*,");
    redis_must(&redis, "EVAL",
               "for i = 1, 1000 do redis.call('ZADD', KEYS[1], i, i .. '-0:0')"
               " redis.call('HSET', KEYS[2], i .. '-0:0', 'w') end",
               "2", "{" REGION "}:hook:" ID ":dead", "{" REGION "}:hook:" ID ":why", NULL);
    receive(case_number(1), "p1");
    (void)pump();
    assert_int_equal(deliver(ID, &bad), HOOKS_DONE_OK);
    assert_int_equal(row_of(ID).dead, HOOK_DEAD_MAX);
    hooks_dead_write(store_fcall(store), REGION, SLICE_LIT(ID), HOOK_DEAD_MAX);
    assert_ok(hooks_dead_read(send_call(), dead, &n));
    assert_int_equal(n, HOOK_DEAD_MAX);
    assert_true(slice_is(dead[0].why, "http 500")); /* the newest first */
    assert_true(slice_is(dead[n - 1].member, "2-0:0"));
    hooks_dead_write(store_fcall(store), REGION, SLICE_LIT(ID), HOOK_DEAD_MAX + 1);
    assert_true(send_for_err() != ERR_OK);
}

/* ---- Removing ---- */

static void a_removed_one_leaves_nothing_but_its_events(void **state)
{
    struct leased held;
    char member[HOOK_MEMBER_SIZE];
    const struct ending good = {.result = HOOK_OK};
    (void)state;
    subscribe(ID, ",*,");
    receive(case_number(1), "p1");
    (void)pump();
    hold(&held);
    member_of(ID, 0, member);
    assert_ok(remove_hook(ID));
    assert_int_equal(remove_hook(ID), ERR_NOT_FOUND);
    assert_int_equal(listed(), 0);
    assert_int_equal(take(ID).url.len, 0);
    redisReply *left = redis_do(&redis, "KEYS", "*hook:" ID "*", NULL);
    assert_int_equal(left->elements, 0);
    freeReplyObject(left);
    /* the worker that was at it: its end comes too late and brings nothing back */
    (void)finish(held.token, ID, member, &good);
    left = redis_do(&redis, "KEYS", "*hook:" ID "*", NULL);
    assert_int_equal(left->elements, 0);
    freeReplyObject(left);
}

static void results_that_are_none_are_refused_and_nothing_changes(void **state)
{
    static const char *const members[] = {"", "x", "1-1", "1-1:", "1:1", "1-1:1 "};
    struct leased held;
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    subscribe(ID, ",*,");
    receive(case_number(1), "p1");
    (void)pump();
    hold(&held);
    mark_data(before);
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        const struct hook_end end = {.member = slice_of(members[i]), .why = ""};
        hooks_done_begin(store_fcall(store), REGION, slice_of(held.token), SLICE_LIT(ID), false, 0,
                         1);
        hooks_done_add(store_fcall(store), &end);
        assert_true(send_for_err() != ERR_OK);
    }
    static const int64_t delays[] = {-1, INT64_C(604800001)};
    for (size_t i = 0; i < COUNT_OF(delays); i++) {
        const struct hook_end end = {
            .member = SLICE_LIT("1-1:0"), .result = HOOK_RETRY, .delay_ms = delays[i], .why = ""};
        hooks_done_begin(store_fcall(store), REGION, slice_of(held.token), SLICE_LIT(ID), false, 0,
                         1);
        hooks_done_add(store_fcall(store), &end);
        assert_true(send_for_err() != ERR_OK);
        hooks_done_begin(store_fcall(store), REGION, slice_of(held.token), SLICE_LIT(ID), false,
                         delays[i], 1);
        assert_true(send_for_err() != ERR_OK);
    }
    const struct hook_end fine = {.member = SLICE_LIT("1-1:0"), .why = ""};
    hooks_done_begin(store_fcall(store), REGION, slice_of(held.token), SLICE_LIT(ID), false, 0, 1);
    for (int i = 0; i <= HOOK_TAKE_MAX; i++) {
        hooks_done_add(store_fcall(store), &fine);
    }
    assert_true(send_for_err() != ERR_OK);
    assert_unchanged(before);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fixture_reset)
    const struct CMUnitTest tests[] = {
        TEST(a_subscription_is_added_once_however_often_it_is_sent),
        TEST(no_more_than_the_limit_are_taken),
        TEST(an_id_that_is_not_one_is_refused_and_nothing_changes),
        TEST(only_what_comes_behind_the_subscription_and_is_wanted_is_delivered),
        TEST(the_administration_of_subscriptions_is_nobody_elses_business),
        TEST(many_events_come_in_batches_and_none_twice),
        TEST(a_failed_delivery_waits_and_counts_its_failures),
        TEST(who_has_lost_the_lease_ends_nothing),
        TEST(what_was_given_up_is_shown_with_its_reason_and_can_be_replayed),
        TEST(a_replay_from_a_time_delivers_what_was_delivered_before),
        TEST(an_endpoint_that_is_gone_or_only_fails_is_disabled_until_it_is_replayed),
        TEST(an_endpoint_that_asks_for_peace_is_left_alone),
        TEST(the_list_of_what_was_given_up_forgets_its_oldest_at_the_limit),
        TEST(a_removed_one_leaves_nothing_but_its_events),
        TEST(results_that_are_none_are_refused_and_nothing_changes),
    };
    return RUN_WITH_REDIS(tests);
}
