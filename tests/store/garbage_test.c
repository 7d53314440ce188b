/* Whatever a function is given - missing arguments, garbage in any place, keys of a wrong type - it
 * answers with an error and the data are byte for byte what they were, or it has done all of its
 * work. Never half. */
#include "tests/store/fixture.h"

#include <stdio.h>

#define ARGS_MAX 64
#define ARG_SIZE 256

struct call {
    size_t argc;
    size_t lens[ARGS_MAX];
    char args[ARGS_MAX][ARG_SIZE];
};

static int64_t claim_no;
static struct leased route;

/* A data set with something of everything in it. */
static void make_world(void)
{
    struct decide_case c = dispatch(case_number(3), NULL);
    fixture_reset(NULL);
    allot(TOWN, 1000000);
    first_aid_case(case_number(1), "p1", 1000);
    assert_int_equal(news(payment_id(case_number(1), 1), PAYMENT_SUCCEEDED, 1000), NEWS_OK);
    first_aid_case(case_number(2), "p1", 2000);
    receive(case_number(3), "p3");
    lease(STAGE_ROUTE, 600000, 64, &route);
    assert_int_equal(decide(route.token, &c), DECIDE_OK);
    char timer[64];
    snprintf(timer, sizeof(timer), "accept:%s", case_number(3));
    redis_must(&redis, "ZADD", "{" REGION "}:timers", "XX", "1", timer, NULL);
    receive(case_number(4), "p4");
    lease(STAGE_ROUTE, 600000, 64, &route);
    assert_int_equal(finish_one(STAGE_ROUTE, route.token, case_number(4), JOB_BURY, 0, "why"), 0);
    receive(case_number(5), "p5");
    lease(STAGE_ROUTE, 600000, 64, &route);
    receive(case_number(6), "p6");
    claim_no = claim_case(TOWN, OFFICER, case_number(1), 600000).claim;
}

/* Write a right call of each function, one after the other. */
static bool write_call(int which)
{
    struct fcall *f = store_fcall(store);
    static struct aid_order order;
    struct intake_ticket t = ticket(case_number(7), "p1");
    struct decide_case c = dispatch(case_number(5), &order);
    struct job_end end = {.id = slice_of(case_number(5)), .action = JOB_RETRY, .delay_ms = 1000};
    struct payment_news n = {.id = slice_of(payment_id(case_number(2), 1)),
                             .state = PAYMENT_SUCCEEDED,
                             .amount_fen = 2000,
                             .bank_ref = SLICE_LIT("ref"),
                             .event_tail = SLICE_LIT(TAIL),
                             .notify = SLICE_LIT("money")};
    struct allotment a = {.fund = SLICE_LIT(TOWN),
                          .amount_fen = 5,
                          .event_tail = SLICE_LIT(TAIL),
                          .idem_hash = SLICE_LIT("ka"),
                          .fingerprint = SLICE_LIT("print")};
    struct claim_request claim = {.inbox = SLICE_LIT(TOWN),
                                  .actor = SLICE_LIT("officer:zhao"),
                                  .claim_ms = 600000,
                                  .event_tail = SLICE_LIT(TAIL),
                                  .idem_hash = SLICE_LIT("kc"),
                                  .fingerprint = SLICE_LIT("print")};
    struct act_request papers = request(case_number(1), VERB_PAPERS, OFFICER, claim_no);
    struct act_request no = request(case_number(1), VERB_ATTEMPT, OFFICER, 0);
    struct token_row row = {.hash = SLICE_LIT("h"),
                            .role = SLICE_LIT("officer"),
                            .name = SLICE_LIT("n"),
                            .expires_ms = 5};
    static const struct cascade_limits limits = {.inbox_max = 0};
    order = aid(3000);
    no.extra[0] = SLICE_LIT("no");
    papers.notify = SLICE_LIT("x|y|0");
    switch (which) {
    case 0:
        intake_begin(f, REGION);
        intake_add(f, &t);
        return true;
    case 1: lease_write(f, REGION, STAGE_ROUTE, 1000, 5); return true;
    case 2:
        finish_begin(f, REGION, STAGE_ROUTE, slice_of(route.token));
        finish_add(f, &end);
        return true;
    case 3:
        decide_begin(f, REGION, slice_of(route.token), &limits, "2026");
        decide_add(f, &c);
        return true;
    case 4:
        outcome_begin(f, REGION);
        outcome_add(f, &n);
        return true;
    case 5: allot_write(f, REGION, &a); return true;
    case 6: claim_write(f, REGION, &claim); return true;
    case 7: act_write(f, REGION, &papers); return true;
    case 8: act_write(f, REGION, &no); return true;
    case 9: fire_write(f, REGION, 64, &limits); return true;
    case 10: token_put_write(f, REGION, SLICE_LIT("t"), &row); return true;
    case 11:
        dead_requeue_begin(f, REGION, STAGE_ROUTE);
        fcall_text(f, case_number(4));
        return true;
    case 12:
        c.aid = NULL;
        decide_begin(f, REGION, slice_of(route.token), &limits, "2026");
        decide_add(f, &c);
        return true;
    default: return false;
    }
}

/* The words of a call out of the protocol text that the client would send. */
static void capture(struct call *call)
{
    struct slice rest = buf_slice(&store_fcall(store)->body);
    call->argc = 0;
    while (rest.len > 0) {
        int64_t len;
        struct slice line = slice_cut(&rest, '\r');
        assert_true(call->argc < ARGS_MAX);
        assert_ok(slice_to_int64(slice_make(line.ptr + 1, line.len - 1), 0, ARG_SIZE - 1, &len));
        memcpy(call->args[call->argc], rest.ptr + 1, (size_t)len);
        call->lens[call->argc++] = (size_t)len;
        rest = slice_make(rest.ptr + len + 3, rest.len - (size_t)len - 3);
    }
}

/* Send it with `drop` left out (SIZE_MAX: none) and no more than `argc` words. True if it was
 * taken. */
static bool send_words(const struct call *call, size_t drop, size_t argc)
{
    const char *words[ARGS_MAX + 1];
    size_t lens[ARGS_MAX + 1];
    int n = 0;
    for (size_t i = 0; i < argc; i++) {
        if (i != drop) {
            words[n] = call->args[i];
            lens[n++] = call->lens[i];
        }
    }
    redisReply *reply = redisCommandArgv(redis.raw, n, words, lens);
    assert_non_null(reply);
    bool taken = reply->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return taken;
}

/* What must hold behind every call. Makes a new world when this one was changed. */
static void judge(bool taken, const char *before, const char *what, size_t at, const char *garbage)
{
    char now[REDIS_DIGEST_SIZE];
    mark_data(now);
    if (!taken && strcmp(before, now) != 0) {
        fail_msg("%s: argument %zu '%s': an error, but the data have changed", what, at, garbage);
    }
    if (taken) {
        assert_balanced(TOWN);
        if (strcmp(before, now) != 0) {
            make_world();
        }
    }
}

static int in_a_world(void **state)
{
    (void)state;
    redis_must(&redis, "CONFIG", "SET", "appendfsync", "no",
               NULL); /* thousands of calls: the disk is not the matter */
    make_world();
    return 0;
}

static int safe_again(void **state)
{
    (void)state;
    redis_must(&redis, "CONFIG", "SET", "appendfsync", "always", NULL);
    return 0;
}

static void right_calls_are_taken(void **state)
{
    struct call call;
    (void)state;
    for (int which = 0; write_call(which); which++) {
        make_world();
        write_call(which);
        capture(&call);
        if (!send_words(&call, SIZE_MAX, call.argc)) {
            fail_msg("call %d (%s) is refused as it is", which, call.args[1]);
        }
    }
}

static void missing_arguments_change_nothing(void **state)
{
    struct call call;
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    for (int which = 0; write_call(which); which++) {
        for (size_t at = 4;; at++) {
            write_call(which);
            capture(&call);
            if (at >= call.argc) {
                break;
            }
            mark_data(before);
            judge(send_words(&call, at, call.argc), before, call.args[1], at, "(left out)");
            write_call(which);
            capture(&call);
            mark_data(before);
            judge(send_words(&call, SIZE_MAX, at), before, call.args[1], at, "(cut)");
        }
    }
}

static void garbage_in_any_place_changes_nothing_or_everything(void **state)
{
    const struct slice garbage[] = {
        SLICE_LIT(""),
        SLICE_LIT("x"),
        SLICE_LIT("-1"),
        SLICE_LIT("0"),
        SLICE_LIT("1.5"),
        SLICE_LIT("nan"),
        SLICE_LIT("inf"),
        SLICE_LIT("1e30"),
        SLICE_LIT("0x10"),
        SLICE_LIT("99999999999999999999"),
        SLICE_LIT("9007199254740993"),
        SLICE_LIT(" 1"),
        SLICE_LIT("\xff\0\r\n"),
        SLICE_LIT("a|b:c,d|e"),
        SLICE_LIT("%s%d[]()."),
    };
    struct call call;
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    for (int which = 0; write_call(which); which++) {
        for (size_t g = 0; g < COUNT_OF(garbage); g++) {
            for (size_t at = 4;; at++) {
                write_call(which);
                capture(&call);
                if (at >= call.argc) {
                    break;
                }
                memcpy(call.args[at], garbage[g].ptr, garbage[g].len);
                call.lens[at] = garbage[g].len;
                mark_data(before);
                judge(send_words(&call, SIZE_MAX, call.argc), before, call.args[1], at,
                      garbage[g].ptr);
            }
        }
    }
}

static void keys_of_another_type_change_nothing(void **state)
{
    static const char *const keys[] = {"events",
                                       "timers",
                                       "fence",
                                       "duty",
                                       "q:route:ready",
                                       "q:route:leased",
                                       "q:route:delayed",
                                       "q:route:dead",
                                       "q:route:jobs",
                                       "q:route:why",
                                       "q:pay:ready",
                                       "q:pay:leased",
                                       "q:pay:delayed",
                                       "q:pay:dead",
                                       "q:pay:jobs",
                                       "q:pay:why",
                                       "q:notify:ready",
                                       "q:notify:leased",
                                       "q:notify:jobs",
                                       ("township:" TOWN ":inbox"),
                                       ("township:" TOWN ":held"),
                                       ("township:" REGION ":inbox"),
                                       ("township:" REGION ":held"),
                                       ("fund:" TOWN),
                                       "person:p1",
                                       "person:p3",
                                       "person:p5",
                                       "case:1",
                                       "case:2",
                                       "case:3",
                                       "case:4",
                                       "case:5",
                                       "case:7",
                                       "idem:ka",
                                       "idem:kc",
                                       "token:t"};
    struct call call;
    char before[REDIS_DIGEST_SIZE], key[96];
    (void)state;
    for (int which = 0; write_call(which); which++) {
        for (size_t k = 0; k < COUNT_OF(keys); k++) {
            bool text = strcmp(keys[k], "fence") == 0 || strncmp(keys[k], "idem:", 5) == 0;
            bool of_case = strncmp(keys[k], "case:", 5) == 0;
            make_world();
            snprintf(key, sizeof(key), "{" REGION "}:%s%s", of_case ? "case:" : keys[k],
                     of_case ? case_number(keys[k][5] - '0') : "");
            redis_must(&redis, "DEL", key, NULL);
            if (text) {
                redis_must(&redis, "LPUSH", key, "x", NULL);
            } else {
                redis_must(&redis, "SET", key, "x", NULL);
            }
            write_call(which);
            capture(&call);
            mark_data(before);
            bool taken = send_words(&call, SIZE_MAX, call.argc);
            if (!taken) {
                char now[REDIS_DIGEST_SIZE];
                mark_data(now);
                if (strcmp(before, now) != 0) {
                    fail_msg("%s with a wrong %s: an error, but the data have changed",
                             call.args[1], key);
                }
            }
        }
    }
}

static void damaged_values_change_nothing(void **state)
{
    static const struct {
        const char *key, *name, *value;
    } damage[] = {
        {"fence", NULL, "abc"},
        {"fence", NULL, "9007199254740993"},
        {"fence", NULL, "-5"},
        {"fence", NULL, "1.5"},
        {"fund:" TOWN, "available", "x"},
        {"fund:" TOWN, "available", "-1"},
        {"fund:" TOWN, "held", ""},
        {"person:p1", "y", "x"},
        {"person:p5", "y", "2026|x|1|1|"},
        {"case:1", "pu", "x"},
        {"case:2", "m1", "x"},
        {"case:2", "m1", "INTENT|x|520102001|2026|fire|1|||"},
        {"case:2", "v", "x"},
        {"case:5", "v", "x"},
        {"case:5", "pn", "x"},
        {"case:5", "pn", "99"},
        {"case:1", "cl", "x"},
        {"case:1", "rv", "x"},
        {"case:3", "ib", "x"},
        {"case:1", "ca", "x"},
        {"case:2", "a", "x"},
        {"q:route:jobs", NULL, NULL},
    };
    struct call call;
    char before[REDIS_DIGEST_SIZE], key[96];
    (void)state;
    for (int which = 0; write_call(which); which++) {
        for (size_t d = 0; d < COUNT_OF(damage); d++) {
            bool of_case = strncmp(damage[d].key, "case:", 5) == 0;
            make_world();
            snprintf(key, sizeof(key), "{" REGION "}:%s%s", of_case ? "case:" : damage[d].key,
                     of_case ? case_number(damage[d].key[5] - '0') : "");
            if (damage[d].value == NULL) { /* the records of jobs */
                for (int i = 4; i <= 6; i++) {
                    redis_must(&redis, "HSET", key, case_number(i), "garbage", NULL);
                }
            } else if (damage[d].name == NULL) {
                redis_must(&redis, "SET", key, damage[d].value, NULL);
            } else {
                redis_must(&redis, "HSET", key, damage[d].name, damage[d].value, NULL);
            }
            write_call(which);
            capture(&call);
            mark_data(before);
            if (!send_words(&call, SIZE_MAX, call.argc)) {
                char now[REDIS_DIGEST_SIZE];
                mark_data(now);
                if (strcmp(before, now) != 0) {
                    fail_msg("%s with %s %s '%s': an error, but the data have changed",
                             call.args[1], key, damage[d].name == NULL ? "" : damage[d].name,
                             damage[d].value);
                }
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(right_calls_are_taken, in_a_world, safe_again),
        cmocka_unit_test_setup_teardown(missing_arguments_change_nothing, in_a_world, safe_again),
        cmocka_unit_test_setup_teardown(garbage_in_any_place_changes_nothing_or_everything,
                                        in_a_world, safe_again),
        cmocka_unit_test_setup_teardown(keys_of_another_type_change_nothing, in_a_world,
                                        safe_again),
        cmocka_unit_test_setup_teardown(damaged_values_change_nothing, in_a_world, safe_again),
    };
    return RUN_WITH_REDIS(tests);
}
