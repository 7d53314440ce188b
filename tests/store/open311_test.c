/* The public list of what came by the Open311 façade, in a real store. */
#include "queue/store/calls_open311.h"

#include <stdio.h>
#include "tests/store/fixture.h"

#define TO_MS INT64_C(2000000000000)

/* A ticket of the façade, received at at_ms. */
static void receive_open(const char *no, int64_t at_ms)
{
    struct intake_ticket t = ticket(no, "aabbccddeeff00112233445566778899");
    t.received_ms = at_ms;
    t.people = SLICE_LIT("||||o");
    assert_int_equal(intake(&t), INTAKE_CREATED);
}

static const redisReply *rows(int64_t from_ms, int64_t to_ms)
{
    open311_rows_begin(store_fcall(store), REGION, from_ms, to_ms);
    return send_call();
}

static struct open311_row row_at(const redisReply *reply, size_t i)
{
    struct open311_row row;
    assert_true(i < reply_count(reply));
    assert_ok(open311_row_read(reply, i, &row));
    return row;
}

static void only_what_came_by_the_facade_is_listed_the_newest_first(void **state)
{
    (void)state;
    receive_open(case_number(1), 1000);
    receive(case_number(2), "p2"); /* by telephone */
    receive_open(case_number(3), 3000);
    const redisReply *reply = rows(0, TO_MS);
    assert_int_equal(reply_count(reply), 2);
    struct open311_row first = row_at(reply, 0), second = row_at(reply, 1);
    assert_true(slice_is(first.no, case_number(3)) && slice_is(second.no, case_number(1)));
    assert_int_equal(first.state, CASE_RECEIVED);
    assert_int_equal(first.township.len, 0); /* not routed yet */
    assert_true(slice_is(first.facts, "{\"persons\":1}") && first.updated_ms > 0);
}

static void the_times_are_those_of_the_first_contact_both_ends_included(void **state)
{
    static const struct {
        int64_t from_ms, to_ms;
        size_t count;
    } ranges[] = {{1000, 3000, 2},  {1001, 3000, 1}, {1000, 2999, 1}, {1001, 2999, 0},
                  {3001, TO_MS, 0}, {0, 999, 0},     {3000, 3000, 1}, {3000, 1000, 0}};
    (void)state;
    receive_open(case_number(1), 1000);
    receive_open(case_number(3), 3000);
    for (size_t i = 0; i < COUNT_OF(ranges); i++) {
        assert_int_equal(reply_count(rows(ranges[i].from_ms, ranges[i].to_ms)), ranges[i].count);
    }
}

static void a_case_that_is_asked_for_by_number_is_shown_only_if_it_came_this_way(void **state)
{
    (void)state;
    receive_open(case_number(1), 1000);
    receive(case_number(2), "p2");
    open311_rows_begin(store_fcall(store), REGION, 0, 0); /* the times do not matter */
    fcall_text(store_fcall(store), case_number(2));
    fcall_text(store_fcall(store), case_number(1));
    fcall_text(store_fcall(store), "0");
    fcall_text(store_fcall(store), case_number(9));
    const redisReply *reply = send_call();
    assert_int_equal(reply_count(reply), 1);
    assert_true(slice_is(row_at(reply, 0).no, case_number(1)));
}

static void a_case_has_its_township_and_state_once_it_is_dispatched(void **state)
{
    struct leased held;
    struct decide_case c = dispatch(case_number(1), NULL);
    (void)state;
    receive_open(case_number(1), 1000);
    lease(STAGE_ROUTE, 60000, 1, &held);
    assert_int_equal(decide(held.token, &c), DECIDE_OK);
    struct open311_row row = row_at(rows(0, TO_MS), 0);
    assert_true(slice_is(row.township, TOWN));
    assert_int_equal(row.state, state_of(case_number(1)));
}

static void a_request_that_is_sent_twice_is_listed_once(void **state)
{
    struct intake_ticket t = ticket(case_number(1), "p");
    (void)state;
    t.people = SLICE_LIT("||||o");
    assert_int_equal(intake(&t), INTAKE_CREATED);
    t.no = slice_of(case_number(2));
    assert_int_equal(intake(&t), INTAKE_REPLAYED);
    assert_int_equal(reply_count(rows(0, TO_MS)), 1);
    assert_int_equal(set_size("open311"), 1);
}

static void no_more_than_the_limit_are_listed_or_asked_for(void **state)
{
    (void)state;
    receive_open(case_number(1), 1000);
    redis_must(
        &redis, "EVAL",
        "for i = 1, 1200 do local no = string.format('%022d', i)"
        " redis.call('ZADD', KEYS[1], 2000 + i, no)"
        " redis.call('HSET', ARGV[1] .. no, 's', 'ARCHIVED', 't', '', 'f', '{}', 'ev', '5-0') end",
        "1", "{" REGION "}:open311", "{" REGION "}:case:", NULL);
    const redisReply *reply = rows(0, TO_MS);
    assert_int_equal(reply_count(reply), OPEN311_ROWS_MAX);
    assert_int_equal(row_at(reply, 0).updated_ms, 5);
    for (int n = OPEN311_IDS_MAX; n <= OPEN311_IDS_MAX + 1; n++) {
        open311_rows_begin(store_fcall(store), REGION, 0, 0);
        for (int i = 0; i < n; i++) {
            fcall_text(store_fcall(store), case_number(1));
        }
        if (n <= OPEN311_IDS_MAX) {
            assert_int_equal(reply_count(send_call()), OPEN311_IDS_MAX);
        } else {
            assert_true(send_for_err() != ERR_OK);
        }
    }
}

static void times_that_are_none_are_refused(void **state)
{
    (void)state;
    receive_open(case_number(1), 1000);
    open311_rows_begin(store_fcall(store), REGION, -1, 5);
    assert_true(send_for_err() != ERR_OK);
    open311_rows_begin(store_fcall(store), REGION, 0, INT64_MAX);
    assert_true(send_for_err() != ERR_OK);
}

static void a_case_that_is_gone_is_not_listed(void **state)
{
    char key[64];
    (void)state;
    receive_open(case_number(1), 1000);
    receive_open(case_number(2), 1000);
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", case_number(1));
    redis_must(&redis, "DEL", key, NULL);
    const redisReply *reply = rows(0, TO_MS);
    assert_int_equal(reply_count(reply), 1);
    assert_true(slice_is(row_at(reply, 0).no, case_number(2)));
}

/* What is answered has four members without the person: a state, a township, facts that name nobody
 * and a time. The sealed part and the key stay where they are. */
static void nothing_personal_is_answered(void **state)
{
    struct intake_ticket t = ticket(case_number(1), "aabbccddeeff00112233445566778899");
    (void)state;
    t.people = SLICE_LIT("||||o");
    t.sealed = SLICE_LIT("sealed-part");
    t.wrapped_key = SLICE_LIT("wrapped-key");
    assert_int_equal(intake(&t), INTAKE_CREATED);
    const redisReply *reply = rows(0, TO_MS);
    const redisReply *row = reply_at(reply, 0);
    assert_int_equal(reply_count(row), 5);
    for (size_t i = 0; i < reply_count(row); i++) {
        struct slice text = reply_text_at(row, i);
        assert_false(slice_eq(text, t.sealed) || slice_eq(text, t.wrapped_key) ||
                     slice_eq(text, t.person_hash));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fixture_reset)
    const struct CMUnitTest tests[] = {
        TEST(only_what_came_by_the_facade_is_listed_the_newest_first),
        TEST(the_times_are_those_of_the_first_contact_both_ends_included),
        TEST(a_case_that_is_asked_for_by_number_is_shown_only_if_it_came_this_way),
        TEST(a_case_has_its_township_and_state_once_it_is_dispatched),
        TEST(a_request_that_is_sent_twice_is_listed_once),
        TEST(no_more_than_the_limit_are_listed_or_asked_for),
        TEST(times_that_are_none_are_refused),
        TEST(a_case_that_is_gone_is_not_listed),
        TEST(nothing_personal_is_answered),
    };
    return RUN_WITH_REDIS(tests);
}
