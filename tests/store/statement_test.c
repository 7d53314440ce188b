/* Statements by day, and a reconciliation from end to end against a real store. */
#include "tests/store/fixture.h"

#include <stdio.h>
#include <string.h>
#include "queue/base/json.h"
#include "queue/store/reconcile_run.h"

#define FEN 331200
#define FUND 10000000
#define RAIL "g2p"
#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static char today[STATEMENT_DAY_SIZE];

/* No day ends in the middle of a test: at the most ten seconds before midnight, once a day. */
static void let_midnight_pass(void)
{
    const int64_t day_ms = INT64_C(86400000);
    while ((clock_now_ms() + CLOCK_CHINA_OFFSET_MS) % day_ms > day_ms - 10000) {
    }
}

static int three_paid(void **state)
{
    fixture_reset(state);
    let_midnight_pass();
    statement_day(clock_now_ms(), today);
    allot(TOWN, FUND);
    for (int i = 1; i <= 3; i++) {
        char person[8];
        snprintf(person, sizeof(person), "p%d", i);
        first_aid_case(case_number(i), person, FEN);
    }
    return 0;
}

/* As a bank's callback says it: the rail is told by the actor. */
static enum news_outcome bank_says(const char *id, enum payment_state s)
{
    struct payment_news n = {.id = slice_of(id),
                             .state = s,
                             .amount_fen = FEN,
                             .event_tail =
                                 SLICE_LIT("\"at_ms\":1,\"actor\":\"bank:" RAIL
                                           "\",\"reason\":\"callback: x\",\"policy\":\"\"")};
    enum news_outcome outcome;
    outcome_begin(store_fcall(store), REGION);
    outcome_add(store_fcall(store), &n);
    assert_ok(outcome_read(send_call(), &outcome, 1));
    return outcome;
}

static struct statement_line line(const char *id, enum statement_side side, int64_t fen)
{
    struct statement_line l = {.amount_fen = fen,
                               .side = side,
                               .booked = true,
                               .returned = side == STATEMENT_CREDIT,
                               .items = 1};
    snprintf(l.our_id, sizeof(l.our_id), "%s", id);
    return l;
}

static size_t load_lines(const char *sha, const struct statement_line *lines, size_t n)
{
    size_t added = 0;
    const struct statement_load order = {.rail = RAIL,
                                         .sha256 = sha,
                                         .fallback_day = today,
                                         .actor = "operator:test",
                                         .source = SLICE_LIT("file.csv"),
                                         .lines = lines,
                                         .count = n,
                                         .always = true,
                                         .now_ms = clock_now_ms(),
                                         .run_hour = -1};
    assert_ok(statement_load(store, &order, &added));
    return added;
}

static void run(struct reconcile_outcome *out)
{
    const struct reconcile_order order = {.rail = RAIL,
                                          .day = today,
                                          .now_ms = clock_now_ms() + 60000,
                                          .settle_ms = 0,
                                          .actor = "worker:t",
                                          .token = SLICE_LIT(""),
                                          .csv = true};
    assert_ok(reconcile_run(store, &order, out));
}

static struct json *report_of(const struct reconcile_outcome *out)
{
    struct json *root = NULL;
    assert_ok(json_parse(buf_slice(&out->json), &root, NULL));
    return root;
}

static int64_t number(const struct json *root, const char *name)
{
    int64_t n = -1;
    assert_ok(json_int64(json_get(root, name), -JSON_INT_MAX, JSON_INT_MAX, &n));
    return n;
}

/* "reason/next" of the item about a payment; "" = none. */
static const char *reason_for(const struct json *root, const char *id)
{
    static char text[80];
    for (const struct json *m = json_first(json_get(root, "items")); m != NULL; m = json_next(m)) {
        struct slice payment, reason, next;
        assert_ok(json_string(json_get(m, "payment"), &payment));
        assert_ok(json_string(json_get(m, "reason"), &reason));
        assert_ok(json_string(json_get(m, "next"), &next));
        if (slice_is(payment, id)) {
            snprintf(text, sizeof(text), "%.*s/%.*s", SLICE_FMT(reason), SLICE_FMT(next));
            return text;
        }
    }
    return "";
}

static enum payment_state payment_state(const char *id)
{
    struct payment_row row;
    payment_write(store_fcall(store), REGION, slice_of(id));
    assert_ok(payment_read(send_call(), &row));
    return row.state;
}

/* ---- Lines ---- */

static void a_line_is_read_back_as_it_was_written(void **state)
{
    (void)state;
    struct statement_line l = line("5200002611210100000019A01", STATEMENT_CREDIT, 7), again;
    struct buf text;
    l.date_ms = 1795190400000;
    l.items = 3;
    snprintf(l.batch_id, sizeof(l.batch_id), "JIUJI20261121AB");
    snprintf(l.bank_ref, sizeof(l.bank_ref), "REF 7|8,\"9\"");
    snprintf(l.reason, sizeof(l.reason), "AC04");
    buf_init(&text, 1000);
    statement_line_write(&l, &text);
    assert_ok(statement_line_read(buf_slice(&text), &again));
    assert_memory_equal(&l, &again, sizeof(l));
    buf_put_char(&text, '\t');
    assert_int_equal(statement_line_read(buf_slice(&text), &again), ERR_CORRUPT);
    buf_release(&text);
    static const char *const BAD[] = {"",
                                      "d",
                                      "x\t1\t1\t0\t1\t0\t\t\t\t",
                                      "d\t0\t1\t0\t1\t0\t\t\t\t",
                                      "d\t1\t2\t0\t1\t0\t\t\t\t",
                                      "d\t1\t1\t0\t1\t0\t\t\t"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_int_equal(statement_line_read(slice_of(BAD[i]), &again), ERR_CORRUPT);
    }
}

static void a_day_is_a_day_of_the_calendar(void **state)
{
    (void)state;
    char text[STATEMENT_DAY_SIZE];
    int64_t ms = 0;
    assert_ok(statement_day_read(SLICE_LIT("2026-11-21"), &ms));
    assert_true(ms == INT64_C(1795190400000)); /* 2026-11-21T00:00:00+08:00 */
    statement_day(ms, text);
    assert_string_equal(text, "20261121");
    statement_day(ms - 1, text);
    assert_string_equal(text, "20261120");
    assert_ok(statement_day_read(SLICE_LIT("20280229"), &ms));
    static const char *const BAD[] = {"20260229", "2026-13-01", "20261100",  "2026/11/21",
                                      "",         "202611",     "2026-1-021"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        assert_int_equal(statement_day_read(slice_of(BAD[i]), &ms), ERR_INPUT);
    }
}

static void the_same_file_again_changes_nothing(void **state)
{
    (void)state;
    char before[REDIS_DIGEST_SIZE];
    struct statement_line lines[900];
    for (int i = 0; i < 900; i++) { /* three chunks */
        char id[STATEMENT_ID_SIZE];
        snprintf(id, sizeof(id), "X%d", i);
        lines[i] = line(id, STATEMENT_DEBIT, i + 1);
    }
    assert_int_equal(load_lines(SHA_A, lines, 900), 900);
    mark_data(before);
    assert_int_equal(load_lines(SHA_A, lines, 900), 0);
    assert_unchanged(before);
    struct statement_file files[STATEMENT_FILES_MAX];
    size_t n = 0;
    statement_files_write(store_fcall(store), REGION, RAIL, today);
    assert_ok(statement_files_read(send_call(), files, &n));
    assert_int_equal(n, 1);
    assert_true(files[0].lines == 900 && files[0].chunks == 3);
    struct reconcile_outcome out;
    run(&out);
    assert_int_equal(out.differences, 900); /* the bank moved money that we know nothing of */
    struct json *root = report_of(&out);
    assert_string_equal(reason_for(root, "X0"), "unknown_debit/freeze");
    json_free(root);
    reconcile_outcome_release(&out);
}

static void lines_lie_under_the_day_they_were_booked(void **state)
{
    (void)state;
    struct statement_line lines[2] = {line("A1", STATEMENT_DEBIT, 5),
                                      line("A2", STATEMENT_DEBIT, 6)};
    struct statement_file files[STATEMENT_FILES_MAX];
    size_t n = 9;
    lines[0].date_ms = INT64_C(1795190400000);
    assert_int_equal(load_lines(SHA_A, lines, 2), 2);
    statement_files_write(store_fcall(store), REGION, RAIL, "20261121");
    assert_ok(statement_files_read(send_call(), files, &n));
    assert_true(n == 1 && files[0].lines == 1);
    statement_files_write(store_fcall(store), REGION, RAIL, "20261120");
    assert_ok(statement_files_read(send_call(), files, &n));
    assert_int_equal(n, 0);
    statement_files_write(store_fcall(store), REGION, "wechat", "20261121");
    assert_ok(statement_files_read(send_call(), files, &n));
    assert_int_equal(n, 0);
}

static void a_file_counts_once_all_its_chunks_are_there(void **state)
{
    (void)state;
    const struct statement_chunk last = {.rail = RAIL,
                                         .day = today,
                                         .sha256 = SHA_A,
                                         .chunk = 2,
                                         .chunks = 2,
                                         .lines = 1,
                                         .text = SLICE_LIT("x"),
                                         .source = SLICE_LIT("s"),
                                         .actor = SLICE_LIT("a"),
                                         .event_tail = SLICE_LIT(TAIL)};
    statement_add_write(store_fcall(store), REGION, &last);
    assert_int_not_equal(send_for_err(), ERR_OK);
    assert_false(in_set("reconcile:due", RAIL));
    assert_int_equal(set_size("reconcile:due"), 0);
}

/* ---- Runs ---- */

static void without_a_statement_nothing_is_compared(void **state)
{
    (void)state;
    struct reconcile_outcome out;
    assert_int_equal(bank_says(payment_id(case_number(1), 1), PAYMENT_SUCCEEDED), NEWS_OK);
    run(&out);
    assert_false(out.statement);
    assert_false(out.clean);
    assert_non_null(strstr(out.json.ptr, "\"state\":\"no_statement\""));
    reconcile_outcome_release(&out);
}

static void all_three_agree(void **state)
{
    (void)state;
    struct statement_line lines[3];
    struct reconcile_outcome out;
    for (int i = 1; i <= 3; i++) {
        const char *id = payment_id(case_number(i), 1);
        assert_int_equal(bank_says(id, PAYMENT_SUCCEEDED), NEWS_OK);
        lines[i - 1] = line(id, STATEMENT_DEBIT, FEN);
    }
    load_lines(SHA_A, lines, 3);
    load_lines(SHA_B, lines, 2); /* the bank prints them again: the same bookings */
    run(&out);
    assert_true(out.statement && out.clean && out.changed);
    assert_int_equal(out.differences, 0);
    struct json *root = report_of(&out);
    assert_true(number(root, "ledger_paid_fen") == 3 * FEN);
    assert_true(number(root, "payments_paid_fen") == 3 * FEN);
    assert_true(number(root, "statement_paid_fen") == 3 * FEN);
    assert_true(number(root, "ledger_gap_fen") == 0 && number(root, "statement_gap_fen") == 0);
    json_free(root);
    reconcile_outcome_release(&out);
}

static void twice_in_one_file_is_paid_twice(void **state)
{
    (void)state;
    const char *id = payment_id(case_number(1), 1);
    const struct statement_line lines[2] = {line(id, STATEMENT_DEBIT, FEN),
                                            line(id, STATEMENT_DEBIT, FEN)};
    struct reconcile_outcome out;
    assert_int_equal(bank_says(id, PAYMENT_SUCCEEDED), NEWS_OK);
    load_lines(SHA_A, lines, 2);
    run(&out);
    struct json *root = report_of(&out);
    assert_string_equal(reason_for(root, id), "paid_twice/freeze");
    assert_true(number(root, "statement_gap_fen") == -FEN);
    assert_int_equal(out.recorded, 0);
    json_free(root);
    reconcile_outcome_release(&out);
}

static void a_return_that_nobody_told_of_flows_back_once(void **state)
{
    (void)state;
    const char *id = payment_id(case_number(1), 1);
    const struct statement_line lines[2] = {line(id, STATEMENT_DEBIT, FEN),
                                            line(id, STATEMENT_CREDIT, FEN)};
    struct reconcile_outcome out, again;
    assert_int_equal(bank_says(id, PAYMENT_SUCCEEDED), NEWS_OK);
    load_lines(SHA_A, lines, 2);
    assert_fund(TOWN, FUND - 3 * FEN, 2 * FEN, FEN, 0);
    run(&out);
    assert_int_equal(out.recorded, 1);
    assert_int_equal(payment_state(id), PAYMENT_RETURNED);
    assert_int_equal(state_of(case_number(1)), CASE_PAY_FAILED);
    assert_fund(TOWN, FUND - 2 * FEN, 2 * FEN, 0, 0);
    assert_balanced(TOWN);
    assert_true(in_set("township:" TOWN ":inbox", case_number(1)));
    struct json *root = report_of(&out);
    assert_string_equal(reason_for(root, id), "returned/none");
    assert_true(number(root, "ledger_gap_fen") == 0 && number(root, "statement_gap_fen") == 0);
    json_free(root);
    assert_non_null(strstr(out.json.ptr, "\"action\":\"record_return\""));
    run(&again);
    assert_int_equal(again.recorded, 0);
    assert_false(again.changed);
    assert_int_equal(again.json.len, out.json.len);
    assert_memory_equal(again.json.ptr, out.json.ptr, out.json.len);
    reconcile_outcome_release(&out);
    reconcile_outcome_release(&again);
}

static void what_the_bank_paid_and_we_did_not_know_is_recorded(void **state)
{
    (void)state;
    struct leased l;
    const char *id = payment_id(case_number(1), 1);
    const struct statement_line lines[1] = {line(id, STATEMENT_DEBIT, FEN)};
    struct reconcile_outcome out;
    lease(STAGE_PAY, 60000, 64, &l); /* handed out: it may have been sent */
    load_lines(SHA_A, lines, 1);
    run(&out);
    assert_int_equal(out.recorded, 1);
    assert_int_equal(payment_state(id), PAYMENT_SUCCEEDED);
    assert_int_equal(state_of(case_number(1)), CASE_FIRST_AID_PAID);
    assert_true(out.clean);
    reconcile_outcome_release(&out);
}

static void contradictions_are_listed_and_change_nothing(void **state)
{
    (void)state;
    const char *failed = payment_id(case_number(1), 1), *unsent = payment_id(case_number(2), 1),
               *other = payment_id(case_number(3), 1);
    const struct statement_line lines[3] = {line(failed, STATEMENT_DEBIT, FEN),
                                            line(unsent, STATEMENT_DEBIT, FEN),
                                            line(other, STATEMENT_DEBIT, FEN - 1)};
    struct reconcile_outcome out;
    assert_int_equal(bank_says(failed, PAYMENT_FAILED), NEWS_OK);
    assert_int_equal(bank_says(other, PAYMENT_SUCCEEDED), NEWS_OK);
    load_lines(SHA_A, lines, 3);
    run(&out);
    assert_int_equal(out.recorded, 0);
    assert_int_equal(out.differences, 3);
    struct json *root = report_of(&out);
    assert_string_equal(reason_for(root, failed), "paid_though_failed/freeze");
    assert_string_equal(reason_for(root, unsent), "paid_never_sent/freeze");
    assert_string_equal(reason_for(root, other), "amount_differs/freeze");
    json_free(root);
    assert_int_equal(payment_state(failed), PAYMENT_FAILED);
    assert_int_equal(payment_state(unsent), PAYMENT_INTENT);
    reconcile_outcome_release(&out);
}

static void what_the_bank_does_not_list_is_asked_for(void **state)
{
    (void)state;
    const char *id = payment_id(case_number(1), 1);
    struct reconcile_outcome out;
    assert_int_equal(bank_says(id, PAYMENT_SUCCEEDED), NEWS_OK);
    load_lines(SHA_A, NULL, 0); /* a statement, and nothing was booked */
    run(&out);
    assert_true(out.statement);
    struct json *root = report_of(&out);
    assert_string_equal(reason_for(root, id), "not_listed/ask_bank");
    assert_true(number(root, "statement_gap_fen") == FEN);
    json_free(root);
    reconcile_outcome_release(&out);
}

static void what_people_have_decided_is_asked_for_as_well(void **state)
{
    (void)state;
    const char *id = payment_id(case_number(1), 1);
    struct reconcile_outcome out;
    assert_int_equal(news(id, PAYMENT_SUCCEEDED, FEN), NEWS_OK); /* no rail is told */
    load_lines(SHA_A, NULL, 0);
    run(&out);
    struct json *root = report_of(&out);
    assert_string_equal(reason_for(root, id), "not_listed/ask_bank");
    json_free(root);
    reconcile_outcome_release(&out);
}

/* Batches booked in one sum: the books of a file rail say which payments are in it. */
static enum err batches(void *self, const char *const *ids, size_t n,
                        char (*out)[STATEMENT_BATCH_SIZE])
{
    for (size_t i = 0; i < n; i++) {
        snprintf(out[i], STATEMENT_BATCH_SIZE, "%s", strcmp(ids[i], self) == 0 ? "" : "JIUJI1");
    }
    return ERR_OK;
}

static void a_batch_booked_in_one_sum_stands_for_its_payments(void **state)
{
    (void)state;
    char outside[STATEMENT_ID_SIZE];
    struct statement_line l = line("", STATEMENT_DEBIT, 2 * FEN);
    struct reconcile_outcome out;
    snprintf(outside, sizeof(outside), "%s", payment_id(case_number(3), 1));
    snprintf(l.batch_id, sizeof(l.batch_id), "JIUJI1");
    l.items = 2;
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(bank_says(payment_id(case_number(i), 1), PAYMENT_SUCCEEDED), NEWS_OK);
    }
    load_lines(SHA_A, &l, 1);
    const struct reconcile_order order = {.rail = RAIL,
                                          .day = today,
                                          .now_ms = clock_now_ms() + 60000,
                                          .actor = "worker:t",
                                          .token = SLICE_LIT(""),
                                          .batches_of = batches,
                                          .self = outside};
    assert_ok(reconcile_run(store, &order, &out));
    assert_true(out.clean);
    assert_int_equal(out.payments, 2);
    reconcile_outcome_release(&out);
}

/* ---- Who runs it ---- */

static struct reconcile_task take(void)
{
    struct reconcile_task task;
    reconcile_take_write(store_fcall(store), REGION, 60000);
    assert_ok(reconcile_take_read(send_call(), &task));
    return task;
}

static void write_ask(const char *rail, const char *day, int64_t due_ms, const char *key)
{
    const struct reconcile_ask a = {.rail = rail,
                                    .day = day,
                                    .due_ms = due_ms,
                                    .event_tail = SLICE_LIT(TAIL),
                                    .idem_hash = slice_of(key),
                                    .fingerprint = slice_of(rail)};
    reconcile_ask_write(store_fcall(store), REGION, &a);
}

static void a_run_that_is_asked_for_is_taken_by_one(void **state)
{
    (void)state;
    enum reconcile_ask_outcome asked;
    struct reconcile_kept kept;
    assert_false(take().found);
    char before[REDIS_DIGEST_SIZE];
    write_ask(RAIL, today, clock_now_ms(), "k1");
    assert_ok(reconcile_ask_read(send_call(), &asked));
    assert_int_equal(asked, RECONCILE_ASK_OK);
    mark_data(before);
    write_ask(RAIL, today, clock_now_ms(), "k1");
    assert_ok(reconcile_ask_read(send_call(), &asked));
    assert_int_equal(asked, RECONCILE_ASK_REPLAYED);
    write_ask("wechat", today, clock_now_ms(), "k1");
    assert_ok(reconcile_ask_read(send_call(), &asked));
    assert_int_equal(asked, RECONCILE_ASK_KEY_REUSED);
    assert_unchanged(before);
    struct reconcile_task task = take();
    char token[32];
    assert_true(task.found);
    assert_string_equal(task.rail, RAIL);
    assert_string_equal(task.day, today);
    assert_ok(slice_copy(task.token, token, sizeof(token)));
    assert_false(take().found);
    const struct reconcile_order order = {.rail = RAIL,
                                          .day = today,
                                          .now_ms = clock_now_ms(),
                                          .actor = "worker:t",
                                          .token = slice_of(token)};
    struct reconcile_outcome out;
    assert_ok(reconcile_run(store, &order, &out));
    reconcile_outcome_release(&out);
    assert_int_equal(set_size("reconcile:due"), 0);
    reconcile_get_begin(store_fcall(store), REGION, today, true);
    fcall_text(store_fcall(store), RAIL);
    assert_ok(reconcile_get_read(send_call(), &kept, 1));
    assert_true(kept.found && !kept.waiting && kept.report.len > 0);
    assert_true(slice_is(kept.actor, "worker:t"));
    reconcile_plan_write(store_fcall(store), REGION, RAIL, today,
                         1); /* there is a report: no daily run */
    send_call();
    assert_int_equal(set_size("reconcile:due"), 0);
    reconcile_plan_write(store_fcall(store), REGION, RAIL, "20200101", 1);
    send_call();
    assert_string_equal(take().day, "20200101");
}

static void strange_arguments_are_refused_before_anything_is_written(void **state)
{
    (void)state;
    char before[REDIS_DIGEST_SIZE];
    static const char *const RAILS[] = {"", "G2P", "g2p:x", "9a", "a b"};
    mark_data(before);
    for (size_t i = 0; i < COUNT_OF(RAILS); i++) {
        assert_false(statement_rail_valid(slice_of(RAILS[i])));
        write_ask(RAILS[i], today, 1, fresh());
        assert_int_not_equal(send_for_err(), ERR_OK);
    }
    write_ask(RAIL, "today", 1, fresh());
    assert_int_not_equal(send_for_err(), ERR_OK);
    const struct reconcile_done done = {.rail = RAIL,
                                        .day = today,
                                        .state = SLICE_LIT("Bad\""),
                                        .token = SLICE_LIT(""),
                                        .report = SLICE_LIT("{}"),
                                        .actor = SLICE_LIT("a"),
                                        .event_tail = SLICE_LIT(TAIL)};
    reconcile_done_write(store_fcall(store), REGION, &done);
    assert_int_not_equal(send_for_err(), ERR_OK);
    assert_unchanged(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_read_back_as_it_was_written),
        cmocka_unit_test(a_day_is_a_day_of_the_calendar),
        cmocka_unit_test_setup(the_same_file_again_changes_nothing, three_paid),
        cmocka_unit_test_setup(lines_lie_under_the_day_they_were_booked, three_paid),
        cmocka_unit_test_setup(a_file_counts_once_all_its_chunks_are_there, three_paid),
        cmocka_unit_test_setup(without_a_statement_nothing_is_compared, three_paid),
        cmocka_unit_test_setup(all_three_agree, three_paid),
        cmocka_unit_test_setup(twice_in_one_file_is_paid_twice, three_paid),
        cmocka_unit_test_setup(a_return_that_nobody_told_of_flows_back_once, three_paid),
        cmocka_unit_test_setup(what_the_bank_paid_and_we_did_not_know_is_recorded, three_paid),
        cmocka_unit_test_setup(contradictions_are_listed_and_change_nothing, three_paid),
        cmocka_unit_test_setup(what_the_bank_does_not_list_is_asked_for, three_paid),
        cmocka_unit_test_setup(what_people_have_decided_is_asked_for_as_well, three_paid),
        cmocka_unit_test_setup(a_batch_booked_in_one_sum_stands_for_its_payments, three_paid),
        cmocka_unit_test_setup(a_run_that_is_asked_for_is_taken_by_one, three_paid),
        cmocka_unit_test_setup(strange_arguments_are_refused_before_anything_is_written,
                               three_paid),
    };
    return RUN_WITH_REDIS(tests);
}
