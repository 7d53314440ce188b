/* Intake: one case per idempotency key, whatever comes again. */
#include "tests/store/fixture.h"

static void a_ticket_becomes_a_case_with_history_and_job(void **state)
{
    const char *no = case_number(1);
    struct leased jobs;
    (void)state;
    receive(no, "p1");
    assert_int_equal(state_of(no), CASE_RECEIVED);
    assert_string_equal(field(no, "v"), "1");
    assert_true(in_set("q:route:ready", no));
    load_begin(store_fcall(store), REGION);
    fcall_text(store_fcall(store), no);
    fcall_text(store_fcall(store), case_number(2));
    struct loaded_case cases[2];
    assert_ok(load_read(send_call(), cases, 2));
    assert_true(cases[0].found && !cases[1].found);
    assert_int_equal(cases[0].version, 1);
    assert_slice(cases[0].facts, "{\"persons\":1}");
    assert_slice(cases[0].sealed, "\x01\x02|:\n");
    assert_slice(cases[0].wrapped_key, "key");
    assert_slice(cases[0].person_hash, "p1");
    case_events_write(store_fcall(store), REGION, slice_of(no));
    struct slice township, inbox;
    size_t events;
    const redisReply *reply = send_call();
    assert_ok(case_events_read(reply, &township, &inbox, &events));
    assert_int_equal(events, 1);
    assert_slice(reply_text_at(reply, 2),
                 "{\"seq\":1,\"verb\":\"receive\",\"from\":\"NONE\",\"to\":\"RECEIVED\"," TAIL "}");
    lease(STAGE_ROUTE, 60000, 64, &jobs);
    assert_int_equal(jobs.n, 1);
    assert_string_equal(jobs.ids[0], no);
}

static void the_same_key_again_gets_the_first_answer(void **state)
{
    struct intake_ticket t = ticket(case_number(1), "p1");
    struct intake_result r;
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    assert_int_equal(intake(&t), INTAKE_CREATED);
    mark_data(before);
    t.no = slice_of(case_number(2)); /* a gateway mints a new number for the repeated request */
    t.received_ms = 2000;
    intake_begin(store_fcall(store), REGION);
    intake_add(store_fcall(store), &t);
    assert_ok(intake_read(send_call(), &r, 1));
    assert_int_equal(r.outcome, INTAKE_REPLAYED);
    assert_string_equal(r.no, case_number(1));
    assert_int_equal(r.received_ms, 1000);
    assert_unchanged(before);
    t.fingerprint = SLICE_LIT("other");
    assert_int_equal(intake(&t), INTAKE_KEY_REUSED);
    assert_unchanged(before);
}

static void the_same_key_twice_in_one_batch_makes_one_case(void **state)
{
    struct intake_ticket t[4] = {ticket(case_number(1), "p1"), ticket(case_number(2), "p1"),
                                 ticket(case_number(3), "p1"), ticket(case_number(4), "p2")};
    struct intake_result r[4];
    (void)state;
    t[1].idem_hash = t[0].idem_hash;
    t[2].idem_hash = t[0].idem_hash;
    t[2].fingerprint = SLICE_LIT("other");
    intake_begin(store_fcall(store), REGION);
    for (int i = 0; i < 4; i++) {
        intake_add(store_fcall(store), &t[i]);
    }
    assert_ok(intake_read(send_call(), r, 4));
    assert_int_equal(r[0].outcome, INTAKE_CREATED);
    assert_int_equal(r[1].outcome, INTAKE_REPLAYED);
    assert_string_equal(r[1].no, case_number(1));
    assert_int_equal(r[2].outcome, INTAKE_KEY_REUSED);
    assert_int_equal(r[3].outcome, INTAKE_CREATED);
    assert_int_equal(set_size("q:route:ready"), 2);
    assert_string_equal(field(case_number(2), "s"), "");
    assert_string_equal(field(case_number(3), "s"), "");
}

static void a_number_that_is_taken_is_told_and_kept(void **state)
{
    struct intake_ticket first = ticket(case_number(1), "p1"), again = ticket(case_number(1), "p2"),
                         twin[2] = {ticket(case_number(2), "p1"), ticket(case_number(2), "p1")};
    struct intake_result r[2];
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    assert_int_equal(intake(&first), INTAKE_CREATED);
    mark_data(before);
    assert_int_equal(intake(&again), INTAKE_NUMBER_TAKEN);
    assert_unchanged(before);
    again.no = slice_of(
        case_number(3)); /* the gateway tries again with the next number and the same key */
    assert_int_equal(intake(&again), INTAKE_CREATED);
    intake_begin(store_fcall(store), REGION);
    intake_add(store_fcall(store), &twin[0]);
    intake_add(store_fcall(store), &twin[1]);
    assert_ok(intake_read(send_call(), r, 2));
    assert_int_equal(r[0].outcome, INTAKE_CREATED);
    assert_int_equal(r[1].outcome, INTAKE_NUMBER_TAKEN);
}

static void sixty_four_tickets_fit_and_sixty_five_do_not(void **state)
{
    (void)state;
    for (int count = STORE_BATCH_MAX + 1; count >= STORE_BATCH_MAX; count--) {
        struct intake_result r[STORE_BATCH_MAX];
        char idem[STORE_BATCH_MAX + 1][8];
        intake_begin(store_fcall(store), REGION);
        for (int i = 0; i < count; i++) {
            char no[CASE_NO_SIZE];
            struct case_no_parts parts = {
                .region = REGION, .date = 261121, .node = 2, .sequence = i + 1};
            case_no_write(&parts, no);
            struct intake_ticket t = ticket(no, "p");
            idem[i][0] = 'k';
            idem[i][1] = (char)('0' + i / 10);
            idem[i][2] = (char)('0' + i % 10);
            t.idem_hash = slice_make(idem[i], 3);
            intake_add(store_fcall(store), &t);
        }
        if (count > STORE_BATCH_MAX) {
            assert_int_equal(send_for_err(), ERR_INTERNAL);
            assert_int_equal(set_size("q:route:ready"), 0);
            continue;
        }
        assert_ok(intake_read(send_call(), r, STORE_BATCH_MAX));
        for (int i = 0; i < count; i++) {
            assert_int_equal(r[i].outcome, INTAKE_CREATED);
        }
        assert_int_equal(set_size("q:route:ready"), STORE_BATCH_MAX);
    }
    intake_begin(store_fcall(store), REGION);
    assert_int_equal(send_for_err(), ERR_INTERNAL);
}

/* Lost in the cut connection: the record of a key whose case never came to be must not hold the
 * ticket up. */
static void everything_of_a_case_survives_a_killed_redis(void **state)
{
    const char *no = case_number(1);
    char before[REDIS_DIGEST_SIZE];
    struct intake_ticket t = ticket(no, "p1");
    (void)state;
    assert_int_equal(intake(&t), INTAKE_CREATED);
    mark_data(before);
    redis_kill(&redis);
    redis_again(&redis, NULL);
    assert_unchanged(before);
    intake_begin(store_fcall(store), REGION);
    intake_add(store_fcall(store), &t);
    enum err err =
        send_for_err(); /* the old connection is dead: said once, then it connects again */
    assert_true(err == ERR_STORE_DOWN || err == ERR_OK);
    assert_int_equal(intake(&t), INTAKE_REPLAYED);
    assert_unchanged(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_ticket_becomes_a_case_with_history_and_job, fixture_reset),
        cmocka_unit_test_setup(the_same_key_again_gets_the_first_answer, fixture_reset),
        cmocka_unit_test_setup(the_same_key_twice_in_one_batch_makes_one_case, fixture_reset),
        cmocka_unit_test_setup(a_number_that_is_taken_is_told_and_kept, fixture_reset),
        cmocka_unit_test_setup(sixty_four_tickets_fit_and_sixty_five_do_not, fixture_reset),
        cmocka_unit_test_setup(everything_of_a_case_survives_a_killed_redis, fixture_reset),
    };
    return RUN_WITH_REDIS(tests);
}
