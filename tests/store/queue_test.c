/* Leases: one holder at a time, and who comes back too late changes nothing. */
#include "tests/store/fixture.h"

static void two_workers_never_get_the_same_job(void **state)
{
    struct leased a, b, c;
    (void)state;
    for (int i = 0; i < 10; i++) {
        receive(case_number(i), "p");
    }
    lease(STAGE_ROUTE, 60000, 6, &a);
    lease(STAGE_ROUTE, 60000, 6, &b);
    lease(STAGE_ROUTE, 60000, 6, &c);
    assert_int_equal(a.n, 6);
    assert_int_equal(b.n, 4);
    assert_int_equal(c.n, 0);
    assert_string_not_equal(a.token, b.token);
    for (size_t i = 0; i < a.n; i++) {
        assert_int_equal(a.attempts[i], 1);
        for (size_t k = 0; k < b.n; k++) {
            assert_string_not_equal(a.ids[i], b.ids[k]);
        }
    }
}

static void the_smaller_score_is_leased_first(void **state)
{
    static const int64_t scores[] = {50, -3, 20, 1795000000000, 0, 49};
    static const int order[] = {1, 4, 2, 5, 0, 3};
    struct leased jobs;
    (void)state;
    for (int i = 0; i < 6; i++) {
        struct intake_ticket t = ticket(case_number(i), "p");
        t.job_score = scores[i];
        assert_int_equal(intake(&t), INTAKE_CREATED);
    }
    for (int i = 0; i < 6; i++) {
        lease(STAGE_ROUTE, 60000, 1, &jobs);
        assert_string_equal(jobs.ids[0], case_number(order[i]));
    }
}

static void a_silent_worker_loses_its_job_to_the_next(void **state)
{
    struct leased first, second;
    char before[REDIS_DIGEST_SIZE];
    const char *no = case_number(1);
    struct decide_case c = dispatch(no, NULL);
    (void)state;
    receive(no, "p");
    lease(STAGE_ROUTE, 1, 1, &first);
    lease_until(STAGE_ROUTE, 600000, 1, &second);
    assert_string_equal(second.ids[0], no);
    assert_int_equal(second.attempts[0], 2);
    mark_data(before);
    assert_int_equal(finish_one(STAGE_ROUTE, first.token, no, JOB_DONE, 0, ""), 1);
    assert_int_equal(finish_one(STAGE_ROUTE, first.token, no, JOB_RETRY, 5, ""), 1);
    assert_int_equal(finish_one(STAGE_ROUTE, first.token, no, JOB_AGAIN, 5, "x"), 1);
    assert_int_equal(finish_one(STAGE_ROUTE, first.token, no, JOB_BURY, 0, "x"), 1);
    assert_int_equal(decide(first.token, &c), DECIDE_STALE);
    assert_int_equal(decide("", &c), DECIDE_STALE);
    assert_int_equal(finish_one(STAGE_ROUTE, "0", no, JOB_DONE, 0, ""), 1);
    assert_int_equal(finish_one(STAGE_ROUTE, second.token, "nobody", JOB_DONE, 0, ""), 1);
    assert_int_equal(finish_one(STAGE_PAY, second.token, no, JOB_DONE, 0, ""), 1);
    assert_unchanged(before);
    assert_int_equal(decide(second.token, &c), DECIDE_OK);
    assert_int_equal(finish_one(STAGE_ROUTE, second.token, no, JOB_DONE, 0, ""),
                     1); /* decide has done it already */
}

/* Not one second of trust: a lease that has run out but was not taken over may still be finished by
 * its holder. */
static void a_late_worker_may_finish_what_nobody_took_over(void **state)
{
    struct leased jobs;
    (void)state;
    receive(case_number(1), "p");
    lease(STAGE_ROUTE, 1, 1, &jobs);
    assert_int_equal(finish_one(STAGE_ROUTE, jobs.token, case_number(1), JOB_DONE, 0, ""), 0);
    assert_int_equal(set_size("q:route:leased") + set_size("q:route:ready"), 0);
}

static void what_is_done_is_gone(void **state)
{
    struct leased jobs;
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    receive(case_number(1), "p");
    lease(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(finish_one(STAGE_ROUTE, jobs.token, case_number(1), JOB_DONE, 0, ""), 0);
    mark_data(before);
    assert_int_equal(finish_one(STAGE_ROUTE, jobs.token, case_number(1), JOB_DONE, 0, ""), 1);
    assert_unchanged(before);
    lease(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(jobs.n, 0);
}

static void a_retry_waits_and_keeps_count_and_payload(void **state)
{
    struct leased jobs;
    (void)state;
    receive(case_number(1), "p");
    lease(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(
        finish_one(STAGE_ROUTE, jobs.token, case_number(1), JOB_AGAIN, 0, "pay|load:1\n"), 0);
    lease_until(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(jobs.attempts[0], 1); /* "again" counts anew */
    assert_string_equal(jobs.payloads[0], "pay|load:1\n");
    assert_int_equal(finish_one(STAGE_ROUTE, jobs.token, case_number(1), JOB_RETRY, 0, "ignored"),
                     0);
    lease_until(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(jobs.attempts[0], 2);
    assert_string_equal(jobs.payloads[0], "pay|load:1\n");
    assert_int_equal(finish_one(STAGE_ROUTE, jobs.token, case_number(1), JOB_RETRY, 600000, ""), 0);
    lease(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(jobs.n, 0); /* not before its time */
    assert_true(in_set("q:route:delayed", case_number(1)));
}

static void five_deliveries_without_an_answer_bury_the_job(void **state)
{
    struct leased jobs;
    struct dead_job dead[4];
    size_t n;
    int64_t count;
    (void)state;
    receive(case_number(1), "p");
    for (int i = 1; i <= JOB_DELIVERIES_MAX; i++) {
        lease_until(STAGE_ROUTE, 1, 1, &jobs);
        assert_int_equal(jobs.attempts[0], i);
    }
    int64_t give_up_ms = clock_mono_ms() + 20000;
    while (set_size("q:route:dead") == 0 && clock_mono_ms() < give_up_ms) {
        lease(STAGE_ROUTE, 1, 1, &jobs);
        assert_int_equal(jobs.n, 0);
    }
    dead_list_write(store_fcall(store), REGION, STAGE_ROUTE, 4);
    assert_ok(dead_list_read(send_call(), dead, 4, &n));
    assert_int_equal(n, 1);
    assert_slice(dead[0].id, case_number(1));
    assert_slice(dead[0].reason, "delivered 5 times without an answer");
    assert_true(dead[0].buried_ms > 0);
    dead_requeue_begin(store_fcall(store), REGION, STAGE_ROUTE);
    fcall_text(store_fcall(store), case_number(1));
    fcall_text(store_fcall(store), "nobody");
    assert_ok(dead_requeue_read(send_call(), &count));
    assert_int_equal(count, 1);
    assert_int_equal(set_size("q:route:dead"), 0);
    lease(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(jobs.n, 1);
    assert_int_equal(jobs.attempts[0], 1);
}

static void a_buried_job_tells_its_reason(void **state)
{
    struct leased jobs;
    struct dead_job dead[64];
    size_t n;
    (void)state;
    for (int i = 0; i < 3; i++) {
        receive(case_number(i), "p");
        lease(STAGE_ROUTE, 60000, 1, &jobs);
        assert_int_equal(
            finish_one(STAGE_ROUTE, jobs.token, case_number(i), JOB_BURY, 0, "no policy: 原因"), 0);
    }
    dead_list_write(store_fcall(store), REGION, STAGE_ROUTE, 2);
    assert_ok(dead_list_read(send_call(), dead, 64, &n));
    assert_int_equal(n, 2);
    assert_slice(dead[1].reason, "no policy: 原因");
    lease(STAGE_ROUTE, 60000, 1, &jobs);
    assert_int_equal(jobs.n, 0);
}

static void one_call_ends_many_jobs_each_its_way(void **state)
{
    static const enum job_action actions[] = {JOB_DONE, JOB_AGAIN, JOB_RETRY, JOB_BURY, JOB_DONE};
    struct leased jobs;
    size_t stale;
    (void)state;
    for (int i = 0; i < 4; i++) {
        receive(case_number(i), "p");
    }
    lease(STAGE_ROUTE, 60000, 64, &jobs);
    finish_begin(store_fcall(store), REGION, STAGE_ROUTE, slice_of(jobs.token));
    for (int i = 0; i < 5; i++) {
        struct job_end end = {
            .id = slice_of(case_number(i)), .action = actions[i], .delay_ms = 600000};
        finish_add(store_fcall(store), &end);
    }
    assert_ok(finish_read(send_call(), 5, &stale));
    assert_int_equal(stale, 1);
    assert_int_equal(set_size("q:route:leased"), 0);
    assert_int_equal(set_size("q:route:delayed"), 2);
    assert_int_equal(set_size("q:route:dead"), 1);
}

static void the_figures_count_every_part(void **state)
{
    struct leased jobs;
    struct store_stats s;
    (void)state;
    for (int i = 0; i < 5; i++) {
        receive(case_number(i), "p");
    }
    lease(STAGE_ROUTE, 60000, 3, &jobs);
    assert_int_equal(finish_one(STAGE_ROUTE, jobs.token, jobs.ids[0], JOB_RETRY, 600000, ""), 0);
    assert_int_equal(finish_one(STAGE_ROUTE, jobs.token, jobs.ids[1], JOB_BURY, 0, "x"), 0);
    stats_write(store_fcall(store), REGION);
    assert_ok(stats_read(send_call(), &s));
    assert_int_equal(s.stages[0].ready, 2);
    assert_int_equal(s.stages[0].leased, 1);
    assert_int_equal(s.stages[0].delayed, 1);
    assert_int_equal(s.stages[0].dead, 1);
    assert_int_equal(s.stages[0].oldest_score, 5);
    assert_int_equal(s.stages[1].ready, 0);
    assert_int_equal(s.events, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(two_workers_never_get_the_same_job, fixture_reset),
        cmocka_unit_test_setup(the_smaller_score_is_leased_first, fixture_reset),
        cmocka_unit_test_setup(a_silent_worker_loses_its_job_to_the_next, fixture_reset),
        cmocka_unit_test_setup(a_late_worker_may_finish_what_nobody_took_over, fixture_reset),
        cmocka_unit_test_setup(what_is_done_is_gone, fixture_reset),
        cmocka_unit_test_setup(a_retry_waits_and_keeps_count_and_payload, fixture_reset),
        cmocka_unit_test_setup(five_deliveries_without_an_answer_bury_the_job, fixture_reset),
        cmocka_unit_test_setup(a_buried_job_tells_its_reason, fixture_reset),
        cmocka_unit_test_setup(one_call_ends_many_jobs_each_its_way, fixture_reset),
        cmocka_unit_test_setup(the_figures_count_every_part, fixture_reset),
    };
    return RUN_WITH_REDIS(tests);
}
