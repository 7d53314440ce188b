/* Lists as townships send them: CSV of every kind, heads in two languages, and what is wrong said
 * by column. */
#include "tests/support/test.h"

#include <stdio.h>
#include "server/roster_row.h"

#define NOW_MS INT64_C(1795300000000)
#define ID "11010519491231002X"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1u << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* ---- CSV ---- */

static void expect_record(struct csv *c, int64_t line, const char *want)
{
    struct slice fields[CSV_FIELDS_MAX];
    size_t n = 0;
    char got[512] = "";
    assert_ok(csv_next(c, &arena, fields, &n));
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(got);
        snprintf(got + len, sizeof(got) - len, "[%.*s]", SLICE_FMT(fields[i]));
    }
    assert_string_equal(got, want);
    assert_int_equal(c->line, line);
}

static void expect_err(struct csv *c, enum err want)
{
    struct slice fields[CSV_FIELDS_MAX];
    size_t n = 0;
    assert_int_equal(csv_next(c, &arena, fields, &n), want);
}

static void fields_blanks_and_line_ends(void **state)
{
    struct csv c;
    (void)state;
    csv_init(&c, SLICE_LIT("a, b ,c\r\n\r\n  \n,,\r1,2"));
    expect_record(&c, 1, "[a][b][c]");
    expect_record(&c, 4, "[][][]");
    expect_record(&c, 5, "[1][2]");
    expect_err(&c, ERR_NOT_FOUND);
    csv_init(&c, SLICE_LIT("a\tb\n1,5\t2\n"));
    expect_record(&c, 1, "[a][b]");
    expect_record(&c, 2, "[1,5][2]");
    expect_err(&c, ERR_NOT_FOUND);
    csv_init(&c, SLICE_LIT(""));
    expect_err(&c, ERR_NOT_FOUND);
}

static void quotes_hold_separators_lines_and_quotes(void **state)
{
    struct csv c;
    (void)state;
    csv_init(&c, SLICE_LIT("\"a,1\" ,\"b\n2\",\"c\"\"3\"\"\"\nx,\"\"\n"));
    expect_record(&c, 1, "[a,1][b\n2][c\"3\"]");
    expect_record(&c, 3, "[x][]");
    expect_err(&c, ERR_NOT_FOUND);
}

static void broken_quotes_cost_their_record(void **state)
{
    struct csv c;
    (void)state;
    csv_init(&c, SLICE_LIT("\"a\"b,c\nd,e\n\"open\nrest"));
    expect_err(&c, ERR_INPUT);
    expect_record(&c, 2, "[d][e]");
    expect_err(&c, ERR_INPUT);
    expect_err(&c, ERR_NOT_FOUND);
}

static void too_many_fields_cost_their_record(void **state)
{
    struct csv c;
    struct buf text;
    (void)state;
    buf_init(&text, 4096);
    for (int i = 0; i < CSV_FIELDS_MAX; i++) {
        buf_put_text(&text, ",");
    }
    buf_put_text(&text, "\nnext");
    csv_init(&c, buf_slice(&text));
    expect_err(&c, ERR_TOO_LARGE);
    expect_record(&c, 2, "[next]");
    buf_release(&text);
}

/* ---- Rows ---- */

struct result {
    enum err err;
    struct ticket ticket;
    struct roster_fault fault;
    struct slice household;
};

static struct result read_row(const char *head, const char *line)
{
    struct csv c;
    struct slice heads[CSV_FIELDS_MAX], fields[CSV_FIELDS_MAX];
    struct roster_columns columns;
    const char *why = "";
    size_t n = 0;
    struct result r = {.err = ERR_OK};
    csv_init(&c, slice_of(head));
    assert_ok(csv_next(&c, &arena, heads, &n));
    assert_true(roster_columns_read(heads, n, &columns, &why));
    csv_init(&c, slice_of(line));
    assert_ok(csv_next(&c, &arena, fields, &n));
    r.err = roster_row_read(&columns, fields, n, "520102022", NULL, NOW_MS, &arena, &r.ticket,
                            &r.household, &r.fault);
    return r;
}

#define HEAD \
    "户主姓名,身份证号,联系电话,一卡通账号,开户行,家庭人口,村,事由,需求,金额,发放形式,户号,近亲属"

static void a_whole_row_becomes_its_ticket(void **state)
{
    (void)state;
    struct result r =
        read_row(HEAD, "张三,'" ID ",13812345678,6222021234567890,icbc,5,好花红村,洪水,"
                       "无处住，缺口粮,\"1,200.50元\",银行,H-7,王五");
    assert_ok(r.err);
    assert_slice(r.ticket.person.name, "张三");
    assert_slice(r.ticket.person.id_number, ID);
    assert_slice(r.ticket.person.account, "account:6222021234567890@icbc");
    assert_slice(r.ticket.person.address, "好花红村");
    assert_slice(r.ticket.person.relative_of, "王五");
    assert_slice(r.household, "H-7");
    assert_int_equal(r.ticket.facts.cause, CAUSE_FLOOD);
    assert_int_equal(r.ticket.facts.channel, CHANNEL_OFFICER);
    assert_int_equal(r.ticket.facts.persons, 5);
    assert_int_equal(r.ticket.facts.asked_fen, 120050);
    assert_true(r.ticket.facts.shelter_lost && r.ticket.facts.food_lost &&
                r.ticket.facts.relative_declared);
    assert_string_equal(r.ticket.facts.place_code, "520102022");
}

static void cash_is_not_paid_to_an_account(void **state)
{
    (void)state;
    struct result r =
        read_row(HEAD, "张三," ID ",13812345678,6222021234567890,icbc,5,村,火灾,,300,现金,,");
    assert_ok(r.err);
    assert_int_equal(r.ticket.person.account.len, 0);
    assert_non_null(strstr(r.ticket.person.narrative.ptr, "现金"));
}

static void everything_that_is_wrong_is_told_once(void **state)
{
    static const struct {
        const char *line, *field, *word;
    } CASES[] = {
        {",,13812345678,,,5,村,火灾,,300,现金,,", "name", "id_number"},
        {"张三,110105194912310021,13812345678,,,5,村,火灾,,300,现金,,", "id_number", ""},
        {"张三," ID ",,,,5,村,火灾,,300,现金,,", "phone", "村（社区）干部"},
        {"张三," ID ",123,,,5,村,火灾,,300,现金,,", "phone", "11 位"},
        {"张三," ID ",13812345678,,,101,村,火灾,,1.234,现金,,", "household_size", "amount_yuan"},
        {"张三," ID ",13812345678,,,5,村,外星人,,-3,现金,,", "cause", "amount_yuan"},
        {"张三," ID ",13812345678,62220212345,,5,村,火灾,,3,银行,,", "account", "开户行"},
        {"张三," ID ",13812345678,,,5,村,火灾,,3,银行,,", "account", "现金"},
        {"张三," ID ",13812345678,,,5,村,火灾,,3,鸽子,,", "form", "实物"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct result r = read_row(HEAD, CASES[i].line);
        assert_int_equal(r.err, ERR_INPUT);
        assert_string_equal(r.fault.field, CASES[i].field);
        assert_non_null(strstr(r.fault.remedy, CASES[i].word));
        assert_null(strstr(r.fault.remedy, "13812345678"));
    }
}

static void heads_that_lack_or_repeat_are_refused(void **state)
{
    static const char *const HEADS[] = {"姓名,身份证号", "姓名,户主姓名,身份证号,电话", "a,b,c"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(HEADS); i++) {
        struct csv c;
        struct slice heads[CSV_FIELDS_MAX];
        struct roster_columns columns;
        const char *why = NULL;
        size_t n = 0;
        csv_init(&c, slice_of(HEADS[i]));
        assert_ok(csv_next(&c, &arena, heads, &n));
        assert_false(roster_columns_read(heads, n, &columns, &why));
        assert_non_null(why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fields_blanks_and_line_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(quotes_hold_separators_lines_and_quotes, setup, teardown),
        cmocka_unit_test_setup_teardown(broken_quotes_cost_their_record, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_fields_cost_their_record, setup, teardown),
        cmocka_unit_test_setup_teardown(a_whole_row_becomes_its_ticket, setup, teardown),
        cmocka_unit_test_setup_teardown(cash_is_not_paid_to_an_account, setup, teardown),
        cmocka_unit_test_setup_teardown(everything_that_is_wrong_is_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(heads_that_lack_or_repeat_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
