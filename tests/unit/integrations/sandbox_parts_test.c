#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include "integrations/sandbox/bank_wire.h"
#include "integrations/sandbox/book.h"
#include "integrations/sandbox/faults.h"
#include "queue/base/file.h"

/* ---- Journal ---- */

struct folder {
    char path[256];
    char file[300];
};

static struct folder make_folder(void)
{
    const char *base = getenv("TMPDIR");
    struct folder f;
    (void)snprintf(f.path, sizeof(f.path), "%s/jiuji-journal-XXXXXX",
                   base != NULL ? base : P_tmpdir);
    assert_non_null(mkdtemp(f.path));
    (void)snprintf(f.file, sizeof(f.file), "%s/journal", f.path);
    return f;
}

static void drop_folder(const struct folder *f)
{
    assert_int_equal(unlink(f->file), 0);
    assert_int_equal(rmdir(f->path), 0);
}

static enum err collect(struct slice line, void *data)
{
    struct buf *all = data;
    buf_put_char(all, '[');
    buf_put_slice(all, line);
    buf_put_char(all, ']');
    return ERR_OK;
}

static void check_lines(const struct folder *f, const char *expected, struct journal **out)
{
    struct buf all;
    buf_init(&all, 1 << 20);
    assert_int_equal(journal_open(f->file, collect, &all, out), ERR_OK);
    assert_string_equal(all.ptr == NULL ? "" : all.ptr, expected);
    buf_release(&all);
}

static void put_line(struct journal *j, const char *text)
{
    buf_put_text(journal_line(j), text);
    journal_end_line(j);
}

static void committed_lines_are_read_back_and_others_are_lost(void **state)
{
    (void)state;
    struct folder f = make_folder();
    struct journal *j = NULL;
    check_lines(&f, "", &j);
    assert_false(journal_dirty(j));
    put_line(j, "one");
    put_line(j, "two 2");
    assert_true(journal_dirty(j));
    assert_int_equal(journal_commit(j), ERR_OK);
    assert_false(journal_dirty(j));
    assert_int_equal(journal_commits(j), 1);
    put_line(j, "never");
    journal_close(j);
    check_lines(&f, "[one][two 2]", &j);
    put_line(j, "three");
    assert_int_equal(journal_commit(j), ERR_OK);
    journal_close(j);
    check_lines(&f, "[one][two 2][three]", &j);
    journal_close(j);
    drop_folder(&f);
}

static void a_torn_last_line_is_removed_for_good(void **state)
{
    (void)state;
    struct folder f = make_folder();
    assert_int_equal(file_replace(f.file, SLICE_LIT("one\ntwo\nthr"), 0600), ERR_OK);
    struct journal *j = NULL;
    check_lines(&f, "[one][two]", &j);
    put_line(j, "three");
    assert_int_equal(journal_commit(j), ERR_OK);
    journal_close(j);
    check_lines(&f, "[one][two][three]", &j);
    journal_close(j);
    drop_folder(&f);
}

static enum err refuse_two(struct slice line, void *data)
{
    (void)data;
    return slice_is(line, "two") ? ERR_CORRUPT : ERR_OK;
}

static void what_a_reader_refuses_and_a_second_process_are_told(void **state)
{
    (void)state;
    struct folder f = make_folder();
    assert_int_equal(file_replace(f.file, SLICE_LIT("one\ntwo\nthree\n"), 0600), ERR_OK);
    struct journal *j = NULL;
    struct journal *second = NULL;
    assert_int_equal(journal_open(f.file, refuse_two, NULL, &j), ERR_CORRUPT);
    check_lines(&f, "[one][two][three]", &j);
    assert_int_equal(journal_open(f.file, refuse_two, NULL, &second), ERR_CONFLICT);
    assert_null(second);
    journal_close(j);
    drop_folder(&f);
    assert_int_equal(journal_open("no/such/folder/journal", refuse_two, NULL, &j), ERR_IO);
}

static void a_journal_larger_than_a_read_and_a_line_without_end(void **state)
{
    (void)state;
    struct folder f = make_folder();
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 30000; i++) {
        buf_putf(&text, "line %d\n", i);
    }
    assert_int_equal(file_replace(f.file, buf_slice(&text), 0600), ERR_OK);
    struct buf all;
    buf_init(&all, 1 << 20);
    struct journal *j = NULL;
    assert_int_equal(journal_open(f.file, collect, &all, &j), ERR_OK);
    assert_non_null(strstr(all.ptr, "[line 0][line 1]"));
    assert_non_null(strstr(all.ptr, "[line 29999]"));
    journal_close(j);
    buf_clear(&text);
    for (size_t i = 0; i < 100000; i++) {
        buf_put_char(&text, 'x');
    }
    assert_int_equal(file_replace(f.file, buf_slice(&text), 0600), ERR_OK);
    assert_int_equal(journal_open(f.file, collect, &all, &j), ERR_CORRUPT);
    buf_release(&text);
    buf_release(&all);
    drop_folder(&f);
}

/* ---- Book ---- */

static struct movement movement_of(const char *reference, int64_t amount_fen,
                                   enum movement_state st)
{
    struct movement m = {
        .amount_fen = amount_fen, .at_ms = 7, .state = (uint8_t)st, .tail = "4567"};
    assert_int_equal(slice_copy(slice_of(reference), m.reference, sizeof(m.reference)), ERR_OK);
    return m;
}

static void the_balance_is_opening_less_paid_plus_returned(void **state)
{
    (void)state;
    struct book b;
    book_init(&b, 1000);
    assert_null(book_find(&b, PEER_G2P, SLICE_LIT("P1")));
    struct movement m = movement_of("P1", 300, MOVEMENT_PAID);
    assert_int_equal(book_add(&b, &m), ERR_OK);
    m = movement_of("P2", 999, MOVEMENT_REJECTED);
    assert_int_equal(book_add(&b, &m), ERR_OK);
    m = movement_of("P3", 50, MOVEMENT_PAID);
    assert_int_equal(book_add(&b, &m), ERR_OK);
    assert_int_equal(b.balance_fen, 650);
    assert_int_equal(book_return(&b, book_find(&b, PEER_G2P, SLICE_LIT("P1")), 9), ERR_OK);
    assert_int_equal(b.balance_fen, 950);
    assert_int_equal(b.balance_fen, b.opening_fen - b.paid_fen + b.returned_fen);
    assert_int_equal(b.line_count, 3);
    assert_true(b.lines[2].is_return);
    assert_int_equal(b.lines[2].movement, 0);
    assert_int_equal(book_find(&b, PEER_G2P, SLICE_LIT("P1"))->state, MOVEMENT_RETURNED);
    book_release(&b);
}

static void references_are_found_among_many(void **state)
{
    (void)state;
    struct book b;
    book_init(&b, 1000000);
    char reference[32];
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(reference, sizeof(reference), "P%d", i);
        struct movement m = movement_of(reference, i % 7 + 1, MOVEMENT_PAID);
        assert_int_equal(book_add(&b, &m), ERR_OK);
    }
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(reference, sizeof(reference), "P%d", i);
        const struct movement *m = book_find(&b, PEER_G2P, slice_of(reference));
        assert_non_null(m);
        assert_int_equal(m->amount_fen, i % 7 + 1);
    }
    assert_null(book_find(&b, PEER_G2P, SLICE_LIT("P20000")));
    assert_null(book_find(&b, PEER_G2P, SLICE_LIT("P1 ")));
    book_release(&b);
}

static void lines_rebuild_the_book_and_damaged_ones_are_refused(void **state)
{
    (void)state;
    static const char *const good[] = {"M 5 P1 300 p 0 4567", "M 6 P2 999 r 1 ", "R 8 P1"};
    static const char *const bad[] = {"",
                                      "X 5 P3 1 p 0 1",
                                      "M 5 P3 1 p 0 12345",
                                      "M 5 P1 300 p 0 4567",
                                      "M 5 P3 -1 p 0 1",
                                      "M 5 P3 1 x 0 1",
                                      "M 5 P3 1 p 99 1",
                                      "M x P3 1 p 0 1",
                                      "M 5  1 p 0 1",
                                      "R 8 P1",
                                      "R 8 P2",
                                      "R 8 P9",
                                      "R x P1",
                                      "M 5 P3",
                                      "M"};
    struct book b;
    book_init(&b, 1000);
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        assert_int_equal(book_read_line(&b, slice_of(good[i])), ERR_OK);
    }
    assert_int_equal(b.balance_fen, 1000);
    assert_int_equal(b.returned, 1);
    assert_int_equal(b.rejected, 1);
    assert_string_equal(
        refusal_code((enum refusal)book_find(&b, PEER_G2P, SLICE_LIT("P2"))->refusal),
        "rjct.payee_fa.invalid");
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(book_read_line(&b, slice_of(bad[i])), ERR_CORRUPT);
    }
    assert_int_equal(b.count, 2);
    book_release(&b);
}

/* ---- Faults ---- */

static void a_fault_strikes_as_often_as_told_where_it_fits(void **state)
{
    (void)state;
    static struct faults f;
    struct slice p1 = SLICE_LIT("P1");
    struct slice both[] = {SLICE_LIT("A1"), SLICE_LIT("P1")};
    assert_int_equal(
        faults_add(&f, SLICE_LIT("{\"kind\":\"hang\",\"count\":2,\"match\":\"P\",\"ms\":9}")),
        ERR_OK);
    assert_int_equal(faults_add(&f, SLICE_LIT("{\"kind\":\"reject\",\"on\":\"sms\"}")), ERR_OK);
    assert_int_equal(faults_take(&f, FAULT_ON_DISBURSE, PEER_G2P, 'A', both, 1).kind, FAULT_NONE);
    assert_int_equal(faults_take(&f, FAULT_ON_QUERY, PEER_G2P, 'A', &p1, 1).kind, FAULT_NONE);
    assert_int_equal(faults_take(&f, FAULT_ON_DISBURSE, PEER_G2P, 'C', &p1, 1).kind, FAULT_NONE);
    struct fault taken = faults_take(&f, FAULT_ON_DISBURSE, PEER_G2P, 'A', both, 2);
    assert_int_equal(taken.kind, FAULT_HANG);
    assert_int_equal(taken.ms, 9);
    assert_int_equal(faults_take(&f, FAULT_ON_DISBURSE, PEER_G2P, 'A', &p1, 1).kind, FAULT_HANG);
    assert_int_equal(faults_take(&f, FAULT_ON_DISBURSE, PEER_G2P, 'A', &p1, 1).kind, FAULT_NONE);
    assert_int_equal(faults_take(&f, FAULT_ON_SMS, PEER_KANNEL, 'O', &p1, 1).kind, FAULT_REJECT);
    assert_int_equal(f.count, 0);
    assert_int_equal(f.met[FAULT_HANG], 2);
}

/* ---- Orders ---- */

static void orders_are_judged(void **state)
{
    (void)state;
    static const struct {
        const char *payee, *amount, *currency;
        enum refusal refusal;
        int64_t fen;
        const char *tail;
    } rows[] = {
        {"account:621234567@bank", "800.00", "CNY", REFUSAL_NONE, 80000, "4567"},
        {"account:12@bank", "0.5", "CNY", REFUSAL_NONE, 50, "12"},
        {"account:12@bank", "9999999999999.99", "CNY", REFUSAL_NONE, INT64_C(999999999999999),
         "12"},
        {"account:12@bank", "10000000000000.00", "CNY", REFUSAL_AMOUNT, 0, "12"},
        {"account:12@bank", "0.00", "CNY", REFUSAL_AMOUNT, 0, "12"},
        {"account:12@bank", "1", "CNY", REFUSAL_AMOUNT, 0, "12"},
        {"account:12@bank", "1.", "CNY", REFUSAL_AMOUNT, 0, "12"},
        {"account:12@bank", "1.001", "CNY", REFUSAL_AMOUNT, 0, "12"},
        {"account:12@bank", "1.00", "USD", REFUSAL_CURRENCY, 100, "12"},
        {"12@bank", "1.00", "CNY", REFUSAL_PAYEE, 100, ""},
        {"account:12", "1.00", "CNY", REFUSAL_PAYEE, 100, ""},
        {"account:1 2@bank", "1.00", "CNY", REFUSAL_PAYEE, 100, ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bank_order order = {.reference = SLICE_LIT("P1"),
                                   .payee_fa = slice_of(rows[i].payee),
                                   .amount = slice_of(rows[i].amount),
                                   .currency = slice_of(rows[i].currency)};
        int64_t fen = -7;
        char tail[TAIL_LEN + 1];
        assert_int_equal(bank_judge(&order, &fen, tail), rows[i].refusal);
        assert_int_equal(fen, rows[i].fen);
        assert_string_equal(tail, rows[i].tail);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committed_lines_are_read_back_and_others_are_lost),
        cmocka_unit_test(a_torn_last_line_is_removed_for_good),
        cmocka_unit_test(what_a_reader_refuses_and_a_second_process_are_told),
        cmocka_unit_test(a_journal_larger_than_a_read_and_a_line_without_end),
        cmocka_unit_test(the_balance_is_opening_less_paid_plus_returned),
        cmocka_unit_test(references_are_found_among_many),
        cmocka_unit_test(lines_rebuild_the_book_and_damaged_ones_are_refused),
        cmocka_unit_test(a_fault_strikes_as_often_as_told_where_it_fits),
        cmocka_unit_test(orders_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
