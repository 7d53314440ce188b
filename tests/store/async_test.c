/* The gateway's client on a libuv loop: every accepted call is answered exactly once, whatever
 * happens to redis. */
#include "tests/store/fixture.h"

#include <signal.h>
#include <stdio.h>
#include <uv.h>
#include "queue/store/store_async.h"

#define DEADLINE_MS 20000 /* of a call: every machine keeps it */
#define HANGING_MS 1000   /* where redis is stopped */
#define CALLS_MAX 64

static uv_loop_t loop;
static struct store_async *client;
static int closed, ready_count, down_count;
static bool inside; /* of store_async_call: no answer may come there */

static struct answer {
    int count;
    enum err err;
} answers[CALLS_MAX];

static void on_state(void *data, enum err err, const char *why)
{
    (void)data;
    ready_count += err == ERR_OK;
    down_count += err != ERR_OK;
    assert_true(err == ERR_OK || why[0] != '\0');
}

static void on_reply(void *data, enum err err, const redisReply *reply)
{
    struct answer *a = data;
    assert_false(inside);
    assert_int_equal(reply != NULL, err == ERR_OK);
    a->count++;
    a->err = err;
}

static void on_closed(void *data)
{
    (void)data;
    closed++;
}

/* Run the loop until *value reaches `least`. A deadline against hanging only: no test passes by it.
 */
static void run_until(const int *value, int least)
{
    for (int64_t end_ms = clock_mono_ms() + 30000; *value < least;) {
        if (clock_mono_ms() > end_ms) {
            fail_msg("waited in vain: %d, not %d", *value, least);
        }
        uv_run(&loop, UV_RUN_ONCE);
    }
}

static void open_client_within(const char *socket, size_t max_in_flight, int deadline_ms)
{
    struct store_async_options o = {.socket_path = socket,
                                    .region = REGION,
                                    .deadline_ms = deadline_ms,
                                    .max_in_flight = max_in_flight,
                                    .on_state = on_state};
    memset(answers, 0, sizeof(answers));
    closed = ready_count = down_count = 0;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_ok(store_async_new(&loop, &o, &client));
    assert_int_equal(ready_count, 0); /* not inside the call */
}

static void open_client(const char *socket, size_t max_in_flight)
{
    open_client_within(socket, max_in_flight, DEADLINE_MS);
}

static void close_client(void)
{
    store_async_close(client, on_closed, NULL);
    run_until(&closed, 1);
    uv_run(&loop, UV_RUN_DEFAULT); /* ends: nothing is left behind */
    assert_int_equal(closed, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static enum err call(int i)
{
    struct fcall f;
    fcall_init(&f);
    versions_begin(&f, REGION);
    fcall_text(&f, "1");
    inside = true;
    enum err err = store_async_call(client, &f, on_reply, &answers[i]);
    inside = false;
    fcall_release(&f); /* its bytes were copied */
    return err;
}

static void calls_are_answered_exactly_once(void **state)
{
    (void)state;
    open_client(redis.socket, CALLS_MAX);
    assert_int_equal(store_async_state(client), ERR_STORE_DOWN);
    assert_int_equal(call(0), ERR_STORE_DOWN);
    run_until(&ready_count, 1);
    assert_ok(store_async_state(client));
    assert_string_equal(store_async_region(client), REGION);
    for (int i = 0; i < CALLS_MAX; i++) {
        assert_ok(call(i));
    }
    run_until(&answers[CALLS_MAX - 1].count, 1);
    for (int i = 0; i < CALLS_MAX; i++) {
        assert_int_equal(answers[i].count, 1);
        assert_ok(answers[i].err);
    }
    assert_int_equal(store_async_in_flight(client), 0);
    close_client();
}

static void an_error_reply_is_its_error(void **state)
{
    struct fcall f;
    (void)state;
    open_client(redis.socket, CALLS_MAX);
    run_until(&ready_count, 1);
    fcall_init(&f);
    fcall_begin(&f, "lease", REGION);
    assert_ok(store_async_call(client, &f, on_reply, &answers[0]));
    run_until(&answers[0].count, 1);
    assert_int_equal(answers[0].err, ERR_INTERNAL);
    assert_ok(store_async_state(client));
    fcall_release(&f);
    close_client();
}

static void more_than_the_limit_is_refused(void **state)
{
    (void)state;
    open_client(redis.socket, 3);
    run_until(&ready_count, 1);
    assert_ok(call(0));
    assert_ok(call(1));
    assert_ok(call(2));
    assert_int_equal(call(3), ERR_LIMIT);
    run_until(&answers[2].count, 1);
    assert_int_equal(answers[3].count, 0);
    assert_ok(call(3));
    run_until(&answers[3].count, 1);
    close_client();
}

static void closing_answers_what_is_pending(void **state)
{
    (void)state;
    open_client(redis.socket, CALLS_MAX);
    run_until(&ready_count, 1);
    for (int i = 0; i < 5; i++) {
        assert_ok(call(i));
    }
    close_client();
    for (int i = 0; i < 5; i++) {
        assert_int_equal(answers[i].count, 1);
        assert_int_equal(answers[i].err, ERR_CANCELLED);
    }
}

static void closing_before_it_is_connected_is_quiet(void **state)
{
    (void)state;
    open_client(redis.socket, CALLS_MAX);
    close_client();
    open_client("/no/such.sock", CALLS_MAX);
    close_client();
    assert_int_equal(ready_count + down_count, 0);
}

/* Close from inside an answer: the others are cancelled, each once. */
static void close_inside(void *data, enum err err, const redisReply *reply)
{
    on_reply(data, err, reply);
    store_async_close(client, on_closed, NULL);
}

static void closing_inside_an_answer_is_allowed(void **state)
{
    struct fcall f;
    (void)state;
    open_client(redis.socket, CALLS_MAX);
    run_until(&ready_count, 1);
    fcall_init(&f);
    versions_begin(&f, REGION);
    fcall_text(&f, "1");
    assert_ok(store_async_call(client, &f, close_inside, &answers[0]));
    fcall_release(&f);
    assert_ok(call(1));
    assert_ok(call(2));
    run_until(&closed, 1);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_ok(answers[0].err);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(answers[i].count, 1);
    }
    assert_int_equal(answers[1].err, ERR_CANCELLED);
    assert_int_equal(answers[2].err, ERR_CANCELLED);
}

static void a_redis_that_hangs_is_given_up_and_found_again(void **state)
{
    (void)state;
    open_client_within(redis.socket, CALLS_MAX, HANGING_MS);
    run_until(&ready_count, 1);
    assert_int_equal(kill(redis.pid, SIGSTOP), 0);
    for (int i = 0; i < 3; i++) {
        assert_ok(call(i));
    }
    run_until(&answers[2].count, 1);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(answers[i].count, 1);
        assert_true(answers[i].err == ERR_TIMEOUT || answers[i].err == ERR_STORE_DOWN);
    }
    assert_int_equal(answers[0].err, ERR_TIMEOUT);
    assert_int_not_equal(store_async_state(client), ERR_OK);
    assert_int_not_equal(call(3), ERR_OK);
    assert_int_equal(kill(redis.pid, SIGCONT), 0);
    run_until(&ready_count, 2);
    assert_ok(call(3));
    run_until(&answers[3].count, 1);
    assert_ok(answers[3].err);
    close_client();
}

static void a_killed_redis_answers_all_that_is_pending(void **state)
{
    (void)state;
    open_client(redis.socket, CALLS_MAX);
    run_until(&ready_count, 1);
    assert_int_equal(kill(redis.pid, SIGSTOP), 0); /* so that nothing is answered before */
    for (int i = 0; i < 8; i++) {
        assert_ok(call(i));
    }
    redis_kill(&redis);
    run_until(&answers[7].count, 1);
    for (int i = 0; i < 8; i++) {
        assert_int_equal(answers[i].count, 1);
        assert_int_not_equal(answers[i].err, ERR_OK);
    }
    assert_int_not_equal(store_async_state(client), ERR_OK);
    assert_int_equal(store_async_in_flight(client), 0);
    redis_again(&redis, NULL);
    run_until(&ready_count, 2);
    assert_ok(call(8));
    run_until(&answers[8].count, 1);
    assert_ok(answers[8].err);
    close_client();
}

static void a_redis_killed_while_idle_is_noticed(void **state)
{
    (void)state;
    open_client(redis.socket, CALLS_MAX);
    run_until(&ready_count, 1);
    redis_kill(&redis);
    run_until(&down_count, 1);
    assert_int_equal(call(0), ERR_STORE_DOWN);
    redis_again(&redis, NULL);
    run_until(&ready_count, 2);
    close_client();
}

static void a_redis_that_comes_later_is_found(void **state)
{
    (void)state;
    redis_kill(&redis);
    open_client(redis.socket, CALLS_MAX);
    for (int i = 0; i < 5; i++) {
        uv_run(&loop, UV_RUN_ONCE);
    }
    assert_int_equal(call(0), ERR_STORE_DOWN);
    redis_again(&redis, NULL);
    run_until(&ready_count, 1);
    close_client();
}

static void unsafe_settings_are_noticed_when_they_change(void **state)
{
    (void)state;
    redis_must(&redis, "CONFIG", "SET", "appendfsync", "everysec", NULL);
    open_client(redis.socket, CALLS_MAX);
    int settings_seen = 0;
    for (int64_t end_ms = clock_mono_ms() + 30000;
         settings_seen == 0 && clock_mono_ms() < end_ms;) {
        uv_run(&loop, UV_RUN_ONCE);
        settings_seen = store_async_state(client) == ERR_STORE_SETTINGS;
    }
    assert_int_equal(settings_seen, 1);
    assert_non_null(strstr(store_async_why(client), "appendfsync"));
    assert_int_equal(call(0), ERR_STORE_SETTINGS);
    redis_must(&redis, "CONFIG", "SET", "appendfsync", "always", NULL);
    run_until(&ready_count, 1);
    down_count = 0;
    redis_must(&redis, "FUNCTION", "FLUSH", NULL); /* under a ready client: the next answer tells */
    assert_ok(call(1));
    run_until(&answers[1].count, 1);
    assert_int_equal(answers[1].err, ERR_STORE_FUNCTIONS);
    run_until(&down_count, 1);
    assert_int_equal(store_async_state(client), ERR_STORE_FUNCTIONS);
    assert_ok(store_load_functions(store));
    run_until(&ready_count, 2);
    close_client();
}

static void wrong_options_are_refused(void **state)
{
    char long_path[200];
    (void)state;
    memset(long_path, 'x', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    struct store_async_options right = {
        .socket_path = "/x", .region = REGION, .deadline_ms = 1, .max_in_flight = 1};
    struct store_async_options wrong[5] = {right, right, right, right, right};
    wrong[0].socket_path = "";
    wrong[1].socket_path = long_path;
    wrong[2].region = "52000";
    wrong[3].deadline_ms = 0;
    wrong[4].max_in_flight = 0;
    assert_int_equal(uv_loop_init(&loop), 0);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_int_equal(store_async_new(&loop, &wrong[i], &client), ERR_INPUT);
    }
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_answered_exactly_once),
        cmocka_unit_test(an_error_reply_is_its_error),
        cmocka_unit_test(more_than_the_limit_is_refused),
        cmocka_unit_test(closing_answers_what_is_pending),
        cmocka_unit_test(closing_before_it_is_connected_is_quiet),
        cmocka_unit_test(closing_inside_an_answer_is_allowed),
        cmocka_unit_test(a_redis_that_hangs_is_given_up_and_found_again),
        cmocka_unit_test(a_killed_redis_answers_all_that_is_pending),
        cmocka_unit_test(a_redis_killed_while_idle_is_noticed),
        cmocka_unit_test(a_redis_that_comes_later_is_found),
        cmocka_unit_test(unsafe_settings_are_noticed_when_they_change),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return RUN_WITH_REDIS(tests);
}
