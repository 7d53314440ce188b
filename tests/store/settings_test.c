/* A Redis that may lose cases is refused with the setting's name; its troubles are told apart. */
#include "tests/store/fixture.h"

#include <stdio.h>
#include "queue/store/function_library.h"
#include "queue/store/settings_check.h"

/* Look at the settings with a new connection. */
static enum err look(const char *tells)
{
    struct store *s = NULL;
    assert_ok(store_new(redis.socket, REGION, 20000, &s));
    enum err err = store_ready(s);
    if (tells != NULL && strstr(store_why(s), tells) == NULL) {
        fail_msg("'%s' does not tell '%s'", store_why(s), tells);
    }
    store_free(s);
    return err;
}

static void safe_settings_are_taken(void **state)
{
    (void)state;
    assert_ok(look(NULL));
}

static void every_unsafe_setting_is_refused_by_name(void **state)
{
    static const struct {
        const char *name, *unsafe, *safe;
    } cases[] = {
        {"appendfsync", "everysec", "always"},
        {"appendfsync", "no", "always"},
        {"no-appendfsync-on-rewrite", "yes", "no"},
        {"maxmemory", "0", "268435456"},
        {"maxmemory-policy", "allkeys-lru", "noeviction"},
        {"maxmemory-policy", "volatile-ttl", "noeviction"},
        {"appendonly", "no", "yes"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char quoted[64];
        redis_must(&redis, "CONFIG", "SET", cases[i].name, cases[i].unsafe, NULL);
        snprintf(quoted, sizeof(quoted), "'%s'", cases[i].name);
        assert_int_equal(look(quoted), ERR_STORE_SETTINGS);
        redis_must(&redis, "CONFIG", "SET", cases[i].name, cases[i].safe, NULL);
        assert_ok(look(NULL));
    }
    redis_must(&redis, "CONFIG", "SET", "appendfsync", "no", "maxmemory", "0", NULL);
    assert_int_equal(look("'maxmemory'"),
                     ERR_STORE_SETTINGS); /* all that is wrong is told at once */
    assert_int_equal(look("'appendfsync'"), ERR_STORE_SETTINGS);
    redis_must(&redis, "CONFIG", "SET", "appendfsync", "always", "maxmemory", "268435456", NULL);
}

static void a_replica_is_refused(void **state)
{
    (void)state;
    redis_must(&redis, "REPLICAOF", "127.0.0.1", "1", NULL);
    assert_int_equal(look("replica"), ERR_STORE_READONLY);
    redis_must(&redis, "REPLICAOF", "NO", "ONE", NULL);
    assert_ok(look(NULL));
}

static void a_missing_or_other_function_library_is_refused(void **state)
{
    char mine[FUNCTION_VERSION_SIZE];
    (void)state;
    redis_must(&redis, "FUNCTION", "FLUSH", NULL);
    assert_int_equal(look("jiujictl store load"), ERR_STORE_FUNCTIONS);
    redis_must(
        &redis, "FUNCTION", "LOAD",
        "#!lua name=jiuji\nredis.register_function('jiuji_version', function() return 'old' end)",
        NULL);
    assert_int_equal(look("version old"), ERR_STORE_FUNCTIONS);
    function_library_version(mine);
    assert_int_equal(look(mine), ERR_STORE_FUNCTIONS);
    assert_ok(store_load_functions(store));
    assert_ok(look(NULL));
}

static void functions_are_not_loaded_into_an_unsafe_store(void **state)
{
    (void)state;
    redis_must(&redis, "FUNCTION", "FLUSH", NULL);
    redis_must(&redis, "CONFIG", "SET", "appendfsync", "everysec", NULL);
    assert_int_equal(store_load_functions(store), ERR_STORE_SETTINGS);
    redis_must(&redis, "CONFIG", "SET", "appendfsync", "always", NULL);
    assert_ok(store_load_functions(store));
}

static void nobody_at_the_socket_is_told(void **state)
{
    struct store *s = NULL;
    (void)state;
    assert_int_equal(store_new("", REGION, 1000, &s), ERR_INPUT);
    assert_int_equal(store_new("/x", "52000", 1000, &s), ERR_INPUT);
    assert_int_equal(store_new("/x", REGION, 0, &s), ERR_INPUT);
    assert_int_equal(store_new("/x", REGION, 600001, &s), ERR_INPUT);
    assert_null(s);
    assert_ok(store_new("/no/such.sock", REGION, 1000, &s));
    assert_int_equal(store_ready(s), ERR_STORE_DOWN);
    assert_non_null(strstr(store_why(s), "/no/such.sock"));
    store_free(s);
    store_free(NULL);
}

static void every_trouble_of_the_store_has_its_error(void **state)
{
    static const struct {
        const char *text;
        enum err err;
    } cases[] = {
        {"LOADING Redis is loading the dataset in memory", ERR_STORE_LOADING},
        {"READONLY You can't write against a read only replica.", ERR_STORE_READONLY},
        {"MASTERDOWN Link with MASTER is down", ERR_STORE_READONLY},
        {"NOREPLICAS Not enough good replicas to write.", ERR_STORE_READONLY},
        {"MISCONF Redis is configured to save RDB snapshots", ERR_STORE_READONLY},
        {"OOM command not allowed when used memory > 'maxmemory'.", ERR_STORE_FULL},
        {"BUSY Redis is busy running a script.", ERR_STORE_LOADING},
        {"ERR Function not found", ERR_STORE_FUNCTIONS},
        {"NOAUTH Authentication required.", ERR_STORE_SETTINGS},
        {"NOPERM this user has no permissions", ERR_STORE_SETTINGS},
        {"WRONGTYPE Operation against a key holding the wrong kind of value", ERR_CORRUPT},
        {"corrupt key x is a string", ERR_CORRUPT},
        {"bad-input amount", ERR_INTERNAL},
        {"ERR unknown command", ERR_INTERNAL},
        {"", ERR_INTERNAL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[128];
        redisReply reply = {.type = REDIS_REPLY_ERROR};
        snprintf(text, sizeof(text), "%s", cases[i].text);
        reply.str = text;
        reply.len = strlen(text);
        if (reply_err(&reply) != cases[i].err) {
            fail_msg("'%s' is %s", text, err_code(reply_err(&reply)));
        }
    }
    redisReply fine = {.type = REDIS_REPLY_NIL};
    assert_ok(reply_err(&fine));
    assert_int_equal(reply_err(NULL), ERR_STORE_DOWN);
}

/* No memory left: no new cases, but what the bank says is still written down. */
static void a_full_store_refuses_work_but_records_outcomes(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    struct intake_ticket t;
    (void)state;
    fixture_reset(state);
    allot(TOWN, 1000000);
    first_aid_case(case_number(1), "p1", 1000);
    redis_must(&redis, "CONFIG", "SET", "maxmemory", "1", NULL);
    mark_data(before);
    t = ticket(case_number(2), "p2");
    intake_begin(store_fcall(store), REGION);
    intake_add(store_fcall(store), &t);
    assert_int_equal(send_for_err(), ERR_STORE_FULL);
    lease_write(store_fcall(store), REGION, STAGE_PAY, 1000, 1);
    assert_int_equal(send_for_err(), ERR_STORE_FULL);
    assert_unchanged(before);
    assert_int_equal(news(payment_id(case_number(1), 1), PAYMENT_SUCCEEDED, 1000), NEWS_OK);
    assert_int_equal(fire(64), 0);
    assert_fund(TOWN, 999000, 0, 1000, 0);
    redis_must(&redis, "CONFIG", "SET", "maxmemory", "268435456", NULL);
    assert_int_equal(intake(&t), INTAKE_CREATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(safe_settings_are_taken),
        cmocka_unit_test(every_unsafe_setting_is_refused_by_name),
        cmocka_unit_test(a_replica_is_refused),
        cmocka_unit_test(a_missing_or_other_function_library_is_refused),
        cmocka_unit_test(functions_are_not_loaded_into_an_unsafe_store),
        cmocka_unit_test(nobody_at_the_socket_is_told),
        cmocka_unit_test(every_trouble_of_the_store_has_its_error),
        cmocka_unit_test(a_full_store_refuses_work_but_records_outcomes),
    };
    return RUN_WITH_REDIS(tests);
}
