/* Packs and disasters: two people, a time to come, and nothing that vanishes. */
#include "tests/store/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include "queue/store/calls_policy.h"

#define LI "reviewer:li"
#define WANG "finance:wang"
#define NAME "2026.2+0123456789abcdef"
#define HOUR_MS INT64_C(3600000)

static struct policy_row packs[POLICY_PACKS_MAX];
static struct disaster_row disasters[DISASTER_ROWS_MAX];
static struct active_policy active;

static struct policy_actor by(const char *who, const char *key)
{
    return (struct policy_actor){.who = slice_of(who),
                                 .event_tail = slice_of(TAIL),
                                 .idem_hash = slice_of(key),
                                 .fingerprint = SLICE_LIT("print")};
}

static enum policy_outcome change(int64_t *number)
{
    enum policy_outcome out;
    assert_int_equal(policy_change_read(send_call(), &out, number), ERR_OK);
    return out;
}

static enum policy_outcome draft_key(const char *name, const char *who, const char *key,
                                     int64_t *id)
{
    struct policy_actor a = by(who, key);
    policy_draft_write(store_fcall(store), REGION, slice_of(name), SLICE_LIT("{\"x\":1}"),
                       SLICE_LIT("a title | with a bar"), &a);
    return change(id);
}

static int64_t draft(const char *name, const char *who)
{
    int64_t id = 0;
    assert_int_equal(draft_key(name, who, "", &id), POLICY_OK);
    return id;
}

static struct slice digits(int64_t n)
{
    static char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)n);
    return slice_of(text);
}

static enum policy_outcome approve(int64_t id, const char *name, const char *who, int64_t from_ms)
{
    struct policy_actor a = by(who, "");
    int64_t version = 0;
    policy_approve_write(store_fcall(store), REGION, digits(id), slice_of(name), from_ms, &a);
    return change(&version);
}

static enum policy_outcome withdraw(int64_t id, const char *who)
{
    struct policy_actor a = by(who, "");
    int64_t version = 0;
    policy_withdraw_write(store_fcall(store), REGION, digits(id), &a);
    return change(&version);
}

static size_t list(int64_t *in_force)
{
    size_t n = 0;
    int64_t now_ms = 0;
    policy_list_write(store_fcall(store), REGION);
    assert_int_equal(policy_list_read(send_call(), &now_ms, in_force, packs, &n), ERR_OK);
    return n;
}

static void look(const char *known)
{
    policy_active_write(store_fcall(store), REGION, slice_of(known), NULL, 0);
    assert_int_equal(policy_active_read(send_call(), &active), ERR_OK);
}

static int64_t events(void)
{
    char text[64];
    return strtoll(redis_text(&redis, text, sizeof(text), "XLEN", "{" REGION "}:events", NULL),
                   NULL, 10);
}

static void what_one_person_drafts_another_approves_for_a_time_to_come(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    int64_t now = clock_now_ms(), in_force = 9;
    (void)state;
    int64_t id = draft(NAME, LI);
    mark_data(before);
    assert_int_equal(approve(id, NAME, LI, now + HOUR_MS), POLICY_SAME_PERSON);
    assert_int_equal(approve(id, NAME, "finance:li", now + HOUR_MS), POLICY_SAME_PERSON);
    assert_int_equal(approve(id, NAME, WANG, now - 1), POLICY_PAST);
    assert_int_equal(approve(id, NAME, WANG, 0), POLICY_PAST);
    assert_int_equal(approve(id, "2026.3+0123456789abcdef", WANG, now + HOUR_MS), POLICY_NAME);
    assert_int_equal(approve(id + 1, NAME, WANG, now + HOUR_MS), POLICY_NOT_FOUND);
    assert_unchanged(before);
    assert_int_equal(approve(id, NAME, WANG, now + HOUR_MS), POLICY_OK);
    assert_int_equal(approve(id, NAME, "reviewer:zhao", now + 2 * HOUR_MS), POLICY_STATE);
    assert_int_equal(list(&in_force), 1);
    assert_int_equal(in_force, 0); /* its time has not come */
    assert_int_equal(packs[0].state, POLICY_APPROVED);
    assert_true(slice_is(packs[0].proposer, LI) && slice_is(packs[0].approver, WANG));
    assert_true(slice_is(packs[0].title, "a title | with a bar"));
    assert_int_equal(packs[0].from_ms, now + HOUR_MS);
    assert_int_equal(events(), 2);
    redisReply *last =
        redis_do(&redis, "XREVRANGE", "{" REGION "}:events", "+", "-", "COUNT", "1", NULL);
    const redisReply *event = last->element[0]->element[1];
    assert_string_equal(event->element[0]->str, "policy:1");
    assert_non_null(strstr(event->element[1]->str,
                           "{\"verb\":\"policy-approve\"," TAIL ",\"name\":\"" NAME "\""));
    freeReplyObject(last);
}

static void a_pack_comes_into_force_by_itself_at_its_time(void **state)
{
    char key[ACTIVE_KEY_SIZE];
    (void)state;
    look("");
    assert_true(active.changed);
    assert_int_equal(active.id, 0);
    assert_int_equal(slice_copy(active.key, key, sizeof(key)), ERR_OK);
    look(key);
    assert_false(active.changed);
    int64_t id = draft(NAME, LI);
    look(key);
    assert_int_equal(active.id, 0); /* a draft is not in force */
    int64_t lead_ms = 3200, from;
    assert_int_equal(approve(id, NAME, WANG, clock_now_ms() + 2200),
                     POLICY_PAST); /* not everybody would know */
    do { /* the nearest time that this machine is quick enough to ask for */
        from = clock_now_ms() + lead_ms;
        lead_ms *= 2;
    } while (approve(id, NAME, WANG, from) == POLICY_PAST && lead_ms < 60000);
    look(key);
    if (active.now_ms < from) {
        assert_int_equal(active.id, 0);
        assert_int_equal(active.next_ms, from);
    }
    do {
        look(key);
    } while (active.now_ms < from);
    assert_true(active.changed);
    assert_int_equal(active.id, id);
    assert_int_equal(active.next_ms, 0);
    assert_true(slice_is(active.packed, "{\"x\":1}"));
    assert_int_equal(withdraw(id, LI),
                     POLICY_STATE); /* what is in force cannot be undone, only followed */
}

/* As it stands in the store: approved, in force since then. */
static void put_pack(const char *id, int64_t from_ms)
{
    char row[200];
    snprintf(row, sizeof(row), "approved|n%s+0123456789abcdef|%s|1|%s|2|%lld|a title", id, LI, WANG,
             (long long)from_ms);
    redis_must(&redis, "HSET", "{" REGION "}:policy", id, row, NULL);
    redis_must(&redis, "HSET", "{" REGION "}:policy:text", id, "{}", NULL);
    redis_must(&redis, "HINCRBY", "{" REGION "}:policy", "v", "1", NULL);
}

static void look_past(const char *known, const int64_t *skipped, size_t n)
{
    policy_active_write(store_fcall(store), REGION, slice_of(known), skipped, n);
    assert_int_equal(policy_active_read(send_call(), &active), ERR_OK);
}

static void who_passes_a_pack_over_is_given_the_one_before_and_told_of_it(void **state)
{
    static const int64_t PASSED_OVER[] = {3, 1, 2};
    char key[ACTIVE_KEY_SIZE];
    (void)state;
    put_pack("1", 1000);
    put_pack("2", 2000);
    put_pack("3", 3000);
    look("");
    assert_int_equal(active.id, 3);
    assert_int_equal(active.newest_id, 3);
    look_past("", PASSED_OVER, 1);
    assert_int_equal(active.id, 2);
    assert_int_equal(active.newest_id, 3);
    assert_true(active.packed.len > 0);
    assert_int_equal(slice_copy(active.key, key, sizeof(key)), ERR_OK);
    look_past(key, PASSED_OVER, 1); /* nothing new */
    assert_false(active.changed);
    look_past("", PASSED_OVER, 2); /* not the newest of those passed over, and one older */
    assert_int_equal(active.id, 2);
    look_past("", PASSED_OVER, 3);
    assert_int_equal(active.id, 0); /* the pack of the file */
    assert_int_equal(active.newest_id, 3);
    assert_int_equal(active.packed.len, 0);
    put_pack("4", 4000);
    look_past(key, PASSED_OVER, 3); /* a newer one is not passed over */
    assert_int_equal(active.id, 4);
    assert_int_equal(active.newest_id, 4);
}

static void a_pack_can_be_taken_back_before_its_time(void **state)
{
    int64_t now = clock_now_ms(), in_force = 0;
    (void)state;
    int64_t a = draft(NAME, LI), b = draft("2026.3+0123456789abcdef", LI);
    assert_int_equal(approve(a, NAME, WANG, now + HOUR_MS), POLICY_OK);
    assert_int_equal(approve(b, "2026.3+0123456789abcdef", WANG, now + HOUR_MS), POLICY_TAKEN);
    assert_int_equal(withdraw(a, "auditor:sun"), POLICY_OK);
    assert_int_equal(withdraw(a, "auditor:sun"), POLICY_STATE);
    assert_int_equal(approve(b, "2026.3+0123456789abcdef", WANG, now + HOUR_MS), POLICY_OK);
    assert_int_equal(list(&in_force), 2);
    assert_int_equal(packs[0].state, POLICY_WITHDRAWN);
    draft(NAME, LI); /* and proposed again */
}

static void a_repeated_request_changes_nothing(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    int64_t id = 0, again = 0;
    struct slice name, packed;
    (void)state;
    assert_int_equal(draft_key(NAME, LI, "key-1", &id), POLICY_OK);
    mark_data(before);
    assert_int_equal(draft_key(NAME, LI, "key-1", &again), POLICY_REPLAYED);
    assert_int_equal(again, id);
    again = 0;
    assert_int_equal(draft_key(NAME, WANG, "key-2", &again), POLICY_EXISTS);
    assert_int_equal(again, id);
    struct policy_actor a = by(LI, "key-1");
    a.fingerprint = SLICE_LIT("other");
    policy_draft_write(store_fcall(store), REGION, SLICE_LIT("x"), SLICE_LIT("{}"), SLICE_LIT("t"),
                       &a);
    assert_int_equal(change(&again), POLICY_KEY_REUSED);
    assert_unchanged(before);
    policy_pack_write(store_fcall(store), REGION, digits(id));
    assert_int_equal(policy_pack_read(send_call(), &name, &packed), ERR_OK);
    assert_true(slice_is(name, NAME) && slice_is(packed, "{\"x\":1}"));
    policy_pack_write(store_fcall(store), REGION, SLICE_LIT("7"));
    assert_int_equal(policy_pack_read(send_call(), &name, &packed), ERR_NOT_FOUND);
}

static void bad_arguments_write_nothing(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    struct policy_actor a = by("reviewer|li", "");
    (void)state;
    mark_data(before);
    policy_draft_write(store_fcall(store), REGION, SLICE_LIT("a|b"), SLICE_LIT("{}"),
                       SLICE_LIT("t"), &a);
    assert_int_equal(send_for_err(), ERR_INTERNAL);
    policy_draft_write(store_fcall(store), REGION, SLICE_LIT("a"), SLICE_LIT("{}"), SLICE_LIT("t"),
                       &a);
    assert_int_equal(send_for_err(), ERR_INTERNAL);
    a = by(LI, "");
    disaster_declare_write(store_fcall(store), REGION, SLICE_LIT("flood"), SLICE_LIT("52;01"), 1,
                           NEVER_MS, SLICE_LIT("t"), &a);
    assert_int_equal(send_for_err(), ERR_INTERNAL);
    assert_unchanged(before);
    redis_must(&redis, "SET", "{" REGION "}:policy:text", "x", NULL);
    mark_data(before);
    policy_draft_write(store_fcall(store), REGION, SLICE_LIT("a"), SLICE_LIT("{}"), SLICE_LIT("t"),
                       &a);
    assert_int_equal(send_for_err(), ERR_CORRUPT);
    assert_unchanged(before);
}

static enum policy_outcome declare(int64_t from_ms, int64_t to_ms, int64_t *id)
{
    struct policy_actor a = by(LI, "");
    disaster_declare_write(store_fcall(store), REGION, SLICE_LIT("flood"),
                           SLICE_LIT("520102,520115"), from_ms, to_ms, SLICE_LIT("暴雨洪涝"), &a);
    return change(id);
}

static enum policy_outcome set_disaster(int64_t id, enum disaster_state to, const char *who)
{
    struct policy_actor a = by(who, "");
    int64_t version = 0;
    disaster_set_write(store_fcall(store), REGION, digits(id), to, &a);
    return change(&version);
}

static void a_disaster_is_declared_by_two_and_ended_at_once(void **state)
{
    char key[ACTIVE_KEY_SIZE];
    int64_t now = clock_now_ms(), id = 0, store_now = 0;
    size_t n = 0;
    (void)state;
    assert_int_equal(declare(now - 2 * HOUR_MS, now - HOUR_MS, &id), POLICY_PAST);
    assert_int_equal(declare(now - HOUR_MS, now + HOUR_MS, &id), POLICY_OK);
    look("");
    assert_int_equal(active.disaster_count, 0); /* one person alone switches nothing */
    assert_int_equal(slice_copy(active.key, key, sizeof(key)), ERR_OK);
    assert_int_equal(set_disaster(id, DISASTER_APPROVED, "finance:li"), POLICY_SAME_PERSON);
    assert_int_equal(set_disaster(id + 1, DISASTER_APPROVED, WANG), POLICY_NOT_FOUND);
    assert_int_equal(set_disaster(id, DISASTER_APPROVED, WANG), POLICY_OK);
    look(key);
    assert_true(active.changed);
    assert_int_equal(active.disaster_count, 1);
    assert_true(slice_is(active.disasters[0].divisions, "520102,520115"));
    assert_true(slice_is(active.disasters[0].title, "暴雨洪涝"));
    assert_true(active.disasters[0].from_ms >= now); /* not for what was decided before */
    assert_int_equal(set_disaster(id, DISASTER_APPROVED, WANG), POLICY_STATE);
    assert_int_equal(set_disaster(id, DISASTER_ENDED, LI), POLICY_OK);
    assert_int_equal(set_disaster(id, DISASTER_ENDED, LI), POLICY_STATE);
    look(key);
    assert_int_equal(active.disaster_count, 0);
    disaster_list_write(store_fcall(store), REGION);
    assert_int_equal(disaster_list_read(send_call(), &store_now, disasters, DISASTER_ROWS_MAX, &n),
                     ERR_OK);
    assert_int_equal(n, 1);
    assert_int_equal(disasters[0].state, DISASTER_ENDED);
    assert_true(disasters[0].ended_ms >= disasters[0].approved_ms);
    assert_int_equal(events(), 3);
}

static void past_decisions_are_found_newest_first(void **state)
{
    struct slice next;
    struct decided_case cases[2];
    size_t n = 0;
    char first[CASE_NO_SIZE];
    (void)state;
    allot(TOWN, 100000);
    for (int i = 1; i <= 3; i++) {
        first_aid_case(case_number(i), fresh(), 1000);
    }
    allot(TOWN, 5); /* an event of another kind */
    policy_decided_write(store_fcall(store), REGION, SLICE_LIT("+"), 64);
    assert_int_equal(policy_decided_read(send_call(), &next, &n), ERR_OK);
    const redisReply *reply = NULL;
    policy_decided_write(store_fcall(store), REGION, SLICE_LIT("+"), 64);
    reply = send_call();
    assert_int_equal(policy_decided_read(reply, &next, &n), ERR_OK);
    assert_int_equal(n, 3);
    assert_int_equal(next.len, 0);
    assert_true(slice_is(reply_text_at(reply, 1), case_number(3)));
    assert_int_equal(slice_copy(reply_text_at(reply, 3), first, sizeof(first)), ERR_OK);
    assert_string_equal(first, case_number(1));
    policy_cases_begin(store_fcall(store), REGION);
    fcall_text(store_fcall(store), first);
    fcall_text(store_fcall(store), case_number(9));
    assert_int_equal(policy_cases_read(send_call(), cases, 2), ERR_OK);
    assert_true(cases[0].found && cases[0].facts.len > 0 && cases[0].decision.len > 0);
    assert_true(slice_is(cases[0].township, TOWN));
    assert_false(cases[1].found);
}

#define TEST(name) cmocka_unit_test_setup(name, fixture_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_one_person_drafts_another_approves_for_a_time_to_come),
        TEST(a_pack_comes_into_force_by_itself_at_its_time),
        TEST(who_passes_a_pack_over_is_given_the_one_before_and_told_of_it),
        TEST(a_pack_can_be_taken_back_before_its_time),
        TEST(a_repeated_request_changes_nothing),
        TEST(bad_arguments_write_nothing),
        TEST(a_disaster_is_declared_by_two_and_ended_at_once),
        TEST(past_decisions_are_found_newest_first),
    };
    return RUN_WITH_REDIS(tests);
}
