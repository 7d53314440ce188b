#include <stdio.h>
#include "queue/base/json.h"
#include "queue/domain/reconcile.h"
#include "tests/support/test.h"

#define DAY_MS INT64_C(86400000)
#define CLOSE_MS (INT64_C(20000) * DAY_MS)

static struct reconcile_payment pay(const char *id, int64_t fen, enum reconcile_state state)
{
    struct reconcile_payment p = {.amount_fen = fen, .state = state, .sent_ms = CLOSE_MS - 5 * DAY_MS};
    snprintf(p.id, sizeof(p.id), "%s", id);
    return p;
}

static struct statement_line debit(const char *id, int64_t fen)
{
    struct statement_line l = {.amount_fen = fen, .side = STATEMENT_DEBIT, .booked = true, .items = 1};
    snprintf(l.our_id, sizeof(l.our_id), "%s", id);
    return l;
}

static struct statement_line back(const char *id, int64_t fen)
{
    struct statement_line l = debit(id, fen);
    l.side = STATEMENT_CREDIT;
    l.returned = true;
    snprintf(l.reason, sizeof(l.reason), "AC04");
    return l;
}

/* The reason of one payment with at most two lines. */
static enum reconcile_reason reason_of(struct reconcile_payment p, const struct statement_line *lines, size_t n)
{
    struct reconcile_input in = {
        .lines = lines, .line_count = n, .payments = &p, .payment_count = 1, .listed_before_ms = CLOSE_MS - 2 * DAY_MS};
    struct reconcile_result r;
    assert_ok(reconcile(&in, &r));
    enum reconcile_reason reason = r.items[r.item_of_payment[0]].reason;
    reconcile_release(&r);
    return reason;
}

static void what_the_bank_lists_and_what_we_know_give_the_reason(void **state)
{
    (void)state;
    static const struct {
        enum reconcile_state state;
        enum reconcile_reason none, paid, back, paid_and_back, other_amount, twice;
    } rows[] = {
        {RECONCILE_SUCCEEDED, REASON_NOT_LISTED, REASON_PAID, REASON_RETURN_NEWS, REASON_RETURN_NEWS,
         REASON_AMOUNT_DIFFERS, REASON_PAID_TWICE},
        {RECONCILE_ACCEPTED, REASON_OPEN_OVERDUE, REASON_PAID_NEWS, REASON_RETURN_NEWS, REASON_RETURN_NEWS,
         REASON_AMOUNT_DIFFERS, REASON_PAID_TWICE},
        {RECONCILE_UNKNOWN, REASON_OPEN_OVERDUE, REASON_PAID_NEWS, REASON_RETURN_NEWS, REASON_RETURN_NEWS,
         REASON_AMOUNT_DIFFERS, REASON_PAID_TWICE},
        {RECONCILE_FAILED, REASON_NOTHING_MOVED, REASON_PAID_THOUGH_FAILED, REASON_RETURN_CONTRADICTS,
         REASON_RETURN_CONTRADICTS, REASON_AMOUNT_DIFFERS, REASON_PAID_TWICE},
        {RECONCILE_INTENT, REASON_NOTHING_MOVED, REASON_PAID_NEVER_SENT, REASON_RETURN_CONTRADICTS,
         REASON_RETURN_CONTRADICTS, REASON_AMOUNT_DIFFERS, REASON_PAID_TWICE},
        {RECONCILE_RETURNED, REASON_RETURN_NOT_LISTED, REASON_RETURN_NOT_LISTED, REASON_RETURNED, REASON_RETURNED,
         REASON_AMOUNT_DIFFERS, REASON_PAID_TWICE},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct reconcile_payment p = pay("P1", 80000, rows[i].state);
        const struct statement_line paid[] = {debit("P1", 80000), back("P1", 80000)};
        const struct statement_line twice[] = {debit("P1", 80000), debit("P1", 80000)};
        const struct statement_line other[] = {debit("P1", 80001)};
        assert_int_equal(reason_of(p, NULL, 0), rows[i].none);
        assert_int_equal(reason_of(p, paid, 1), rows[i].paid);
        assert_int_equal(reason_of(p, paid + 1, 1), rows[i].back);
        assert_int_equal(reason_of(p, paid, 2), rows[i].paid_and_back);
        assert_int_equal(reason_of(p, other, 1), rows[i].other_amount);
        assert_int_equal(reason_of(p, twice, 2), rows[i].twice);
    }
}

static void young_payments_wait_and_announcements_prove_nothing(void **state)
{
    (void)state;
    struct reconcile_payment p = pay("P1", 80000, RECONCILE_SUCCEEDED);
    struct statement_line announced = debit("P1", 80000);
    announced.booked = false;
    assert_int_equal(reason_of(p, &announced, 1), REASON_ANNOUNCED_ONLY);
    p.sent_ms = CLOSE_MS - DAY_MS;
    assert_int_equal(reason_of(p, NULL, 0), REASON_NOT_LISTED_YET);
    p.sent_ms = CLOSE_MS - 2 * DAY_MS; /* not before it */
    assert_int_equal(reason_of(p, NULL, 0), REASON_NOT_LISTED_YET);
    p.sent_ms--;
    assert_int_equal(reason_of(p, NULL, 0), REASON_NOT_LISTED);
    struct statement_line wrong[] = {back("P1", 79999), back("P1", 80000)};
    assert_int_equal(reason_of(p, wrong, 1), REASON_RETURN_DIFFERS);
    assert_int_equal(reason_of(p, wrong, 2), REASON_RETURN_DIFFERS);
    wrong[0] = debit("P1", 80000);
    wrong[0].returned = true; /* a return that was taken back */
    assert_int_equal(reason_of(p, wrong, 1), REASON_ODD_LINE);
}

static void lines_without_our_id_go_by_reference_or_stand_alone(void **state)
{
    (void)state;
    struct reconcile_payment payments[] = {pay("P1", 100, RECONCILE_SUCCEEDED), pay("P2", 200, RECONCILE_SUCCEEDED),
                                           pay("P3", 200, RECONCILE_SUCCEEDED)};
    snprintf(payments[0].bank_ref, sizeof(payments[0].bank_ref), "R1");
    snprintf(payments[1].bank_ref, sizeof(payments[1].bank_ref), "SAME"); /* two have it: it names none */
    snprintf(payments[2].bank_ref, sizeof(payments[2].bank_ref), "SAME");
    struct statement_line lines[] = {debit("", 100), debit("", 200), debit("P9", 5), back("P9", 5), back("", 7)};
    snprintf(lines[0].bank_ref, sizeof(lines[0].bank_ref), "R1");
    snprintf(lines[1].bank_ref, sizeof(lines[1].bank_ref), "SAME");
    lines[4].returned = false;
    struct reconcile_input in = {lines, 5, payments, 3, {500, 0}, CLOSE_MS};
    struct reconcile_result r;
    assert_ok(reconcile(&in, &r));
    assert_int_equal(r.item_of_line[0], r.item_of_payment[0]);
    assert_int_equal(r.items[r.item_of_line[0]].reason, REASON_PAID);
    assert_int_equal(r.items[r.item_of_line[1]].reason, REASON_UNKNOWN_DEBIT);
    assert_int_equal(r.items[r.item_of_line[2]].reason, REASON_UNKNOWN_DEBIT);
    assert_int_equal(r.items[r.item_of_line[3]].reason, REASON_UNKNOWN_RETURN);
    assert_int_equal(r.items[r.item_of_line[4]].reason, REASON_OTHER_CREDIT);
    assert_int_equal(r.items[r.item_of_payment[1]].reason, REASON_NOT_LISTED);
    assert_false(r.clean);
    assert_int_equal(r.ledger_gap_fen, 0);
    assert_int_equal(r.statement_gap_fen, 400);
    reconcile_release(&r);
}

static void a_batch_in_one_sum_holds_its_payments_all_or_none(void **state)
{
    (void)state;
    struct reconcile_payment payments[] = {pay("P1", 100, RECONCILE_SUCCEEDED), pay("P2", 200, RECONCILE_SUCCEEDED),
                                           pay("P3", 400, RECONCILE_FAILED), pay("P4", 800, RECONCILE_SUCCEEDED)};
    for (size_t i = 0; i < 4; i++) {
        snprintf(payments[i].batch_id, sizeof(payments[i].batch_id), "B1");
    }
    struct statement_line lines[] = {debit("", 1100), back("P2", 200)};
    snprintf(lines[0].batch_id, sizeof(lines[0].batch_id), "B1");
    lines[0].items = 3;
    struct reconcile_input in = {lines, 1, payments, 4, {1100, 0}, CLOSE_MS};
    struct reconcile_result r;
    assert_ok(reconcile(&in, &r));
    assert_int_equal(r.items[r.item_of_line[0]].reason, REASON_PAID_IN_BATCH);
    assert_int_equal(r.items[r.item_of_line[0]].payments, 3);
    assert_true(r.clean);
    reconcile_release(&r);

    in.line_count = 2; /* one of them comes back */
    in.ledger.returned_fen = 200;
    assert_ok(reconcile(&in, &r));
    assert_int_equal(r.items[r.item_of_line[0]].payments, 2);
    assert_int_equal(r.items[r.item_of_payment[1]].reason, REASON_RETURN_NEWS);
    assert_int_equal(r.ledger_gap_fen, -200); /* the ledger has posted a return that the payment does not say yet */
    reconcile_release(&r);

    lines[1].booked = false; /* only announced: the payment is paid inside the sum */
    assert_ok(reconcile(&in, &r));
    assert_int_equal(r.items[r.item_of_payment[1]].reason, REASON_PAID_IN_BATCH);
    reconcile_release(&r);
    lines[1].booked = true;

    lines[0].items = 4;
    assert_ok(reconcile(&in, &r));
    assert_int_equal(r.items[r.item_of_line[0]].reason, REASON_BATCH_DIFFERS);
    reconcile_release(&r);

    lines[0].items = 0;
    lines[0].amount_fen = 1101;
    assert_ok(reconcile(&in, &r));
    assert_int_equal(r.items[r.item_of_line[0]].reason, REASON_BATCH_DIFFERS);
    assert_int_equal(r.items[r.item_of_payment[0]].reason, REASON_NOT_LISTED);
    reconcile_release(&r);

    lines[0].amount_fen = 1100; /* a second line for the same batch finds nothing left */
    lines[1] = lines[0];
    assert_ok(reconcile(&in, &r));
    assert_int_equal(r.items[r.item_of_line[0]].reason, REASON_PAID_IN_BATCH);
    assert_int_equal(r.items[r.item_of_line[1]].reason, REASON_BATCH_DIFFERS);
    reconcile_release(&r);
}

static void input_that_cannot_be_is_refused(void **state)
{
    (void)state;
    struct reconcile_payment payments[] = {pay("P1", 100, RECONCILE_SUCCEEDED), pay("P1", 200, RECONCILE_SUCCEEDED)};
    struct reconcile_input in = {.payments = payments, .payment_count = 2};
    struct reconcile_result r = {.count = 77};
    assert_int_equal(reconcile(&in, &r), ERR_INPUT);
    snprintf(payments[1].id, sizeof(payments[1].id), "P2");
    payments[1].amount_fen = 0;
    assert_int_equal(reconcile(&in, &r), ERR_INPUT);
    payments[1].amount_fen = INT64_MAX;
    assert_int_equal(reconcile(&in, &r), ERR_INPUT);
    payments[0].amount_fen = payments[1].amount_fen = INT64_C(1000000000000);
    assert_int_equal(reconcile(&in, &r), ERR_TOO_LARGE);
    assert_int_equal(r.count, 77);
    in.payment_count = 0;
    assert_ok(reconcile(&in, &r));
    assert_true(r.clean);
    reconcile_release(&r);
}

/* ---- Properties over random inputs ---- */

static uint64_t seed = 88172645463325252ULL;

static uint64_t draw(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static void check_properties(const struct reconcile_input *in, const struct reconcile_result *r)
{
    size_t payments = 0, lines = 0, items = 0;
    int64_t ours = 0, debits = 0, credits = 0, ours_in = 0, debits_in = 0, credits_in = 0;
    for (int b = 0; b < RECONCILE_BUCKET_COUNT; b++) {
        payments += r->buckets[b].payments;
        lines += r->buckets[b].lines;
        items += r->buckets[b].items;
        ours += r->buckets[b].ours_fen;
        debits += r->buckets[b].debit_fen;
        credits += r->buckets[b].credit_fen;
    }
    assert_int_equal(payments, in->payment_count);
    assert_int_equal(lines, in->line_count);
    assert_int_equal(items, r->count);
    for (size_t i = 0; i < in->payment_count; i++) {
        ours_in += in->payments[i].amount_fen;
        assert_true(r->item_of_payment[i] < r->count);
    }
    for (size_t i = 0; i < in->line_count; i++) {
        const struct statement_line *l = &in->lines[i];
        debits_in += l->booked && l->side == STATEMENT_DEBIT ? l->amount_fen : 0;
        credits_in += l->booked && l->side == STATEMENT_CREDIT ? l->amount_fen : 0;
        assert_true(r->item_of_line[i] < r->count);
    }
    assert_int_equal(ours, ours_in);
    assert_int_equal(debits, debits_in);
    assert_int_equal(credits, credits_in);
    for (size_t i = 0; i < r->count; i++) { /* each item is somebody's, and counts what points to it */
        size_t p = 0, l = 0;
        for (size_t k = 0; k < in->payment_count; k++) {
            p += r->item_of_payment[k] == i;
        }
        for (size_t k = 0; k < in->line_count; k++) {
            l += r->item_of_line[k] == i;
        }
        assert_int_equal(p, r->items[i].payments);
        assert_int_equal(l, r->items[i].lines);
        assert_true(p + l > 0);
        /* what is called paid is paid to the fen */
        if (r->items[i].reason == REASON_PAID) {
            assert_int_equal(r->items[i].ours_fen, r->items[i].debit_fen);
        }
    }
}

static void every_line_and_payment_falls_into_one_bucket_and_sums_add_up(void **state)
{
    (void)state;
    static struct reconcile_payment payments[40];
    static struct statement_line lines[60];
    bool clean_seen = false, dirty_seen = false;
    size_t seen[RECONCILE_REASON_COUNT] = {0};
    for (int round = 0; round < 20000; round++) {
        size_t n = draw(12), m = draw(16);
        for (size_t i = 0; i < n; i++) { /* one draw per statement: the order of evaluation is the same everywhere */
            char id[8];
            snprintf(id, sizeof(id), "P%zu", i);
            int64_t fen = (int64_t)(1 + draw(3)) * 100;
            enum reconcile_state known = (enum reconcile_state)draw(RECONCILE_STATE_COUNT);
            payments[i] = pay(id, fen, known);
            payments[i].sent_ms = draw(2) ? CLOSE_MS - 5 * DAY_MS : CLOSE_MS;
            snprintf(payments[i].batch_id, sizeof(payments[i].batch_id), "%s", draw(2) ? "B1" : "");
            snprintf(payments[i].bank_ref, sizeof(payments[i].bank_ref), "%s", draw(3) ? "" : "R1");
        }
        for (size_t i = 0; i < m; i++) {
            char id[8];
            snprintf(id, sizeof(id), "P%zu", (size_t)draw(14));
            bool nameless = draw(4) == 0;
            bool sum = nameless && draw(2);
            int64_t fen = (int64_t)(1 + draw(sum ? 12 : 3)) * 100;
            lines[i] = draw(4) ? debit(nameless ? "" : id, fen) : back(id, 100);
            lines[i].booked = draw(8) != 0;
            lines[i].returned = draw(16) ? lines[i].returned : !lines[i].returned;
            lines[i].items = (int)draw(3);
            snprintf(lines[i].batch_id, sizeof(lines[i].batch_id), "%s", draw(3) && !sum ? "" : "B1");
            snprintf(lines[i].bank_ref, sizeof(lines[i].bank_ref), "%s", draw(3) ? "" : "R1");
        }
        struct reconcile_input in = {lines, m, payments, n, {0, 0}, CLOSE_MS - DAY_MS};
        struct reconcile_result r;
        assert_ok(reconcile(&in, &r));
        check_properties(&in, &r);
        for (size_t i = 0; i < r.count; i++) {
            seen[r.items[i].reason]++;
        }
        clean_seen = clean_seen || r.clean;
        dirty_seen = dirty_seen || !r.clean;
        reconcile_release(&r);
    }
    assert_true(clean_seen && dirty_seen);
    for (size_t i = 0; i < RECONCILE_REASON_COUNT; i++) { /* a reason that no input reaches would be untested */
        if (seen[i] == 0) {
            print_error("never seen: %s\n", reconcile_reason_word((enum reconcile_reason)i));
        }
        assert_true(seen[i] > 0);
    }
}

static void csv_and_json_hold_every_item_and_no_formula(void **state)
{
    (void)state;
    struct reconcile_payment p = pay("P1", 80000, RECONCILE_SUCCEEDED);
    struct statement_line lines[] = {debit("P1", 80000), debit("", 1)};
    snprintf(lines[1].bank_ref, sizeof(lines[1].bank_ref), "=1+1\"x");
    struct reconcile_input in = {lines, 2, &p, 1, {80000, 0}, CLOSE_MS};
    struct reconcile_result r;
    struct buf out;
    struct json *root = NULL;
    int64_t count = 0;
    buf_init(&out, 65536);
    assert_ok(reconcile(&in, &r));
    reconcile_csv(&in, &r, &out);
    assert_ok(buf_err(&out));
    assert_non_null(strstr(out.ptr, "theirs_only,银行单边或不符,unknown_debit,来历不明的支出,freeze,"));
    assert_non_null(strstr(out.ptr, "\"'=1+1\"\"x\""));
    assert_non_null(strstr(out.ptr, ",\"P1\",SUCCEEDED,1,800.00,1,800.00,0.00,"));
    assert_true(strstr(out.ptr, "theirs_only") < strstr(out.ptr, "matched"));
    buf_clear(&out);
    reconcile_json(&in, &r, "2026-03-01", &out);
    assert_ok(buf_err(&out));
    assert_ok(json_parse(buf_slice(&out), &root, NULL));
    assert_int_equal(json_size(json_get(root, "items")), 2);
    const struct json *matched = json_get(json_get(root, "buckets"), "matched");
    assert_ok(json_int64(json_get(matched, "debit_fen"), 0, JSON_INT_MAX, &count));
    assert_int_equal(count, 80000);
    json_free(root);
    buf_release(&out);
    reconcile_release(&r);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_bank_lists_and_what_we_know_give_the_reason),
        cmocka_unit_test(young_payments_wait_and_announcements_prove_nothing),
        cmocka_unit_test(lines_without_our_id_go_by_reference_or_stand_alone),
        cmocka_unit_test(a_batch_in_one_sum_holds_its_payments_all_or_none),
        cmocka_unit_test(input_that_cannot_be_is_refused),
        cmocka_unit_test(every_line_and_payment_falls_into_one_bucket_and_sums_add_up),
        cmocka_unit_test(csv_and_json_hold_every_item_and_no_formula),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
