/* Statements as CSV: every form that is taken, and every slip that is refused with its line. */
#include "tests/support/test.h"

#include <stdlib.h>
#include "queue/domain/statement_csv.h"

static size_t read_ok(const char *text, struct statement_line **lines)
{
    struct buf why;
    size_t n = 0;
    buf_init(&why, 500);
    assert_ok(statement_csv_read(slice_of(text), lines, &n, &why));
    assert_int_equal(why.len, 0);
    buf_release(&why);
    return n;
}

static void the_sandbox_form_is_read(void **state)
{
    (void)state;
    struct statement_line *l = NULL;
    assert_int_equal(
        read_ok(
            "time,reference,amount_fen,payee,status\r\n"
            "2026-11-20T23:30:00.000Z,5200002611210100000019A01,331200,****1234,paid\r\n"
            "2026-11-21T23:59:59.999+08:00,5200002611210100000019A01,331200,****1234,returned\r\n",
            &l),
        2);
    assert_true(l[0].date_ms == INT64_C(1795190400000)); /* 21 November in China, both */
    assert_true(l[1].date_ms == l[0].date_ms);
    assert_string_equal(l[0].our_id, "5200002611210100000019A01");
    assert_true(l[0].amount_fen == 331200 && l[0].booked && !l[0].returned &&
                l[0].side == STATEMENT_DEBIT);
    assert_true(l[1].returned && l[1].side == STATEMENT_CREDIT);
    free(l);
}

static void columns_in_any_order_quotes_and_a_byte_order_mark_are_read(void **state)
{
    (void)state;
    struct statement_line *l = NULL;
    assert_int_equal(read_ok("\xef\xbb\xbf"
                             "kind,\"bank_ref\",fen,payment,date,reason,batch\n"
                             "credit,\"a \"\"b\"\", c\",1,,20261121,,\n"
                             "\n"
                             "debit,,1000000000000,,2026-11-21,AC04,JIUJI1\n",
                             &l),
                     2);
    assert_string_equal(l[0].bank_ref, "a \"b\", c");
    assert_true(l[0].side == STATEMENT_CREDIT && !l[0].returned && l[0].amount_fen == 1 &&
                l[0].items == 1);
    assert_true(l[1].side == STATEMENT_DEBIT && l[1].items == 0);
    assert_string_equal(l[1].batch_id, "JIUJI1");
    assert_string_equal(l[1].reason, "AC04");
    free(l);
    assert_int_equal(read_ok("payment,fen,kind", &l), 0);
    free(l);
}

static void a_slip_refuses_the_whole_file_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } BAD[] = {
        {"", "line 1: the columns"},
        {"payment,fen\n", "line 1: columns"},
        {"payment,fen,kind,status\n", "line 1: two columns"},
        {"payment,fen,kind\nA1,5,paid\nA1,0,paid\n", "line 3: amount_fen"},
        {"payment,fen,kind\nA1,-5,paid\n", "line 2: amount_fen"},
        {"payment,fen,kind\nA1,5.0,paid\n", "line 2: amount_fen"},
        {"payment,fen,kind\nA1,1000000000001,paid\n", "line 2: amount_fen"},
        {"payment,fen,kind\nA1,5,PAID\n", "line 2: kind"},
        {"payment,fen,kind\nA 1,5,paid\n", "line 2: payment"},
        {"payment,fen,kind\nA12345678901234567890123456789012,5,paid\n", "line 2: payment"},
        {"payment,fen,kind\nA1,5\n", "line 2: fields are missing"},
        {"payment,fen,kind\n\"A1,5,paid\n", "line 2: its fields"},
        {"payment,fen,kind\n\"A1\"x,5,paid\n", "line 2: its fields"},
        {"payment,fen,kind,date\nA1,5,paid,2026-02-30\n", "line 2: date"},
        {"payment,fen,kind,date\nA1,5,paid,2026-1-301\n", "line 2: date"},
        {"payment,fen,kind,date\nA1,5,paid,20261301\n", "line 2: date"},
        {"payment,fen,kind,bank_ref\nA1,5,paid,\xe5\xbc\xa0\n", "line 2: bank_ref"},
    };
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct statement_line *lines = NULL;
        struct buf why;
        size_t n = 77;
        buf_init(&why, 500);
        assert_int_equal(statement_csv_read(slice_of(BAD[i].text), &lines, &n, &why), ERR_INPUT);
        assert_true(slice_starts_with(buf_slice(&why), BAD[i].why));
        assert_null(lines);
        assert_int_equal(n, 77);
        buf_release(&why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sandbox_form_is_read),
        cmocka_unit_test(columns_in_any_order_quotes_and_a_byte_order_mark_are_read),
        cmocka_unit_test(a_slip_refuses_the_whole_file_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
