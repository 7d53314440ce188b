#include "tests/support/test.h"

#include <stdio.h>
#include "queue/domain/ledger.h"

#define TOWN "520102001"
#define NO "5200002611210100000022"

static struct ledger_posting posting(const char *fund, enum ledger_account from,
                                     enum ledger_account to, int64_t fen)
{
    struct ledger_posting p = {.from = from, .to = to, .amount_fen = fen};
    snprintf(p.fund, sizeof(p.fund), "%s", fund);
    return p;
}

static enum ledger_fault post(struct ledger_book *b, const char *entity, const char *fund,
                              enum ledger_account from, enum ledger_account to, int64_t fen)
{
    struct ledger_posting p = posting(fund, from, to, fen);
    enum ledger_fault fault;
    assert_ok(ledger_book_post(b, slice_of(entity), &p, &fault));
    return fault;
}

static void every_account_has_one_word_and_is_reached_and_left(void **state)
{
    (void)state;
    for (int a = 0; a < ACCOUNT_COUNT; a++) {
        enum ledger_account back;
        size_t in = 0, out = 0;
        assert_ok(
            ledger_account_from_word(slice_of(ledger_account_word((enum ledger_account)a)), &back));
        assert_int_equal(back, a);
        assert_true(ledger_account_zh((enum ledger_account)a)[0] != '\0');
        for (int b = 0; b < ACCOUNT_COUNT; b++) {
            in += ledger_way((enum ledger_account)b, (enum ledger_account)a);
            out += ledger_way((enum ledger_account)a, (enum ledger_account)b);
        }
        assert_true(in + out > 0);
        assert_true(in > 0);
        assert_false(ledger_way((enum ledger_account)a, (enum ledger_account)a));
    }
    enum ledger_account none = ACCOUNT_LENT;
    assert_int_equal(ledger_account_from_word(SLICE_LIT("Available"), &none), ERR_INPUT);
    assert_int_equal(none, ACCOUNT_LENT);
}

static void nothing_is_paid_that_was_not_held_first(void **state)
{
    static const enum ledger_account paid[] = {ACCOUNT_UNREVIEWED, ACCOUNT_CONFIRMED};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paid); i++) {
        assert_false(ledger_way(ACCOUNT_AVAILABLE, paid[i]));
        assert_false(ledger_way(ACCOUNT_ALLOTTED, paid[i]));
        assert_false(ledger_way(ACCOUNT_CASH, paid[i]));
        assert_false(ledger_way(paid[i], ACCOUNT_AVAILABLE)); /* only through returned */
        assert_false(ledger_way(paid[i], ACCOUNT_RECOVERED)); /* only through a person's decision */
    }
}

static void the_lua_table_names_every_account_and_the_sources(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 8192);
    ledger_lua(&text);
    assert_ok(buf_err(&text));
    for (int a = 0; a < ACCOUNT_COUNT; a++) {
        char quoted[40], source[48];
        snprintf(quoted, sizeof(quoted), " \"%s\",", ledger_account_word((enum ledger_account)a));
        snprintf(source, sizeof(source), "[\"%s\"] = true",
                 ledger_account_word((enum ledger_account)a));
        assert_non_null(strstr(text.ptr, quoted));
        assert_int_equal(strstr(text.ptr, source) != NULL,
                         ledger_account_source((enum ledger_account)a));
    }
    buf_release(&text);
}

static enum err read_one(const char *one, struct ledger_posting *out, size_t *n)
{
    static struct ledger_posting list[LEDGER_POSTINGS_MAX];
    char text[512];
    snprintf(text, sizeof(text), "{\"verb\":\"x\",\"postings\":[%s]}", one);
    enum err err = ledger_postings_read(slice_of(text), list, n);
    if (err == ERR_OK && *n > 0) {
        *out = list[0];
    }
    return err;
}

#define POSTING(fund, from, fen) \
    ("{\"fund\":\"" fund "\",\"from\":\"" from "\",\"to\":\"available\",\"amount_fen\":" fen "}")

static void a_posting_is_read_whole_or_not_at_all(void **state)
{
    struct ledger_posting p;
    size_t n = 77;
    static const char *const BAD[] = {
        POSTING("", "held", "1"),
        POSTING("12x", "held", "1"),
        POSTING("1234567890123", "held", "1"),
        POSTING(TOWN, "hold", "1"),
        POSTING(TOWN, "held", "0"),
        POSTING(TOWN, "held", "-1"),
        POSTING(TOWN, "held", "1.5"),
        POSTING(TOWN, "held", "1000000000001"),
        "{\"fund\":\"520102001\",\"from\":\"held\",\"amount_fen\":1}",
        "7",
    };
    (void)state;
    assert_ok(read_one("{\"fund\":\"520102001\",\"from\":\"held\",\"to\":\"available\",\"amount_"
                       "fen\":1000000000000}",
                       &p, &n));
    assert_int_equal(n, 1);
    assert_string_equal(p.fund, TOWN);
    assert_int_equal(p.from, ACCOUNT_HELD);
    assert_int_equal(p.to, ACCOUNT_AVAILABLE);
    assert_int_equal(p.amount_fen, AMOUNT_FEN_MAX);
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        n = 77;
        assert_int_equal(read_one(BAD[i], &p, &n), ERR_CORRUPT);
        assert_int_equal(n, 77);
    }
    struct ledger_posting list[LEDGER_POSTINGS_MAX];
    assert_ok(ledger_postings_read(SLICE_LIT("{\"verb\":\"note\"}"), list, &n));
    assert_int_equal(n, 0);
    assert_int_equal(ledger_postings_read(SLICE_LIT("{\"postings\":{}}"), list, &n), ERR_CORRUPT);
    assert_int_equal(ledger_postings_read(SLICE_LIT("{"), list, &n), ERR_INPUT);
}

static void more_postings_than_the_limit_are_refused(void **state)
{
    struct ledger_posting list[LEDGER_POSTINGS_MAX];
    struct buf text;
    size_t n = 0;
    (void)state;
    for (size_t count = LEDGER_POSTINGS_MAX; count <= LEDGER_POSTINGS_MAX + 1; count++) {
        buf_init(&text, 65536);
        buf_put_text(&text, "{\"postings\":[");
        for (size_t i = 0; i < count; i++) {
            buf_putf(&text,
                     "%s{\"fund\":\"520102001\",\"from\":\"held\",\"to\":\"available\",\"amount_"
                     "fen\":%zu}",
                     i == 0 ? "" : ",", i + 1);
        }
        buf_put_text(&text, "]}");
        assert_int_equal(ledger_postings_read(buf_slice(&text), list, &n),
                         count > LEDGER_POSTINGS_MAX ? ERR_CORRUPT : ERR_OK);
        buf_release(&text);
    }
    assert_int_equal(n, LEDGER_POSTINGS_MAX);
}

static void the_books_add_up_to_zero_behind_every_posting(void **state)
{
    struct ledger_book *b;
    (void)state;
    assert_ok(ledger_book_new(&b));
    assert_int_equal(post(b, "fund:" TOWN, TOWN, ACCOUNT_ALLOTTED, ACCOUNT_AVAILABLE, 1000),
                     LEDGER_FINE);
    assert_int_equal(post(b, NO, TOWN, ACCOUNT_AVAILABLE, ACCOUNT_HELD, 300), LEDGER_FINE);
    assert_int_equal(post(b, NO, TOWN, ACCOUNT_HELD, ACCOUNT_UNREVIEWED, 300), LEDGER_FINE);
    const struct ledger_case *c = ledger_book_case_of(b, SLICE_LIT(NO), SLICE_LIT(TOWN));
    assert_int_equal(c->held_fen, 0);
    assert_int_equal(c->unreviewed_fen, 300);
    assert_int_equal(c->arrived_fen, 300);
    assert_int_equal(post(b, NO, TOWN, ACCOUNT_UNREVIEWED, ACCOUNT_RECOVERING, 100), LEDGER_FINE);
    assert_int_equal(post(b, NO, TOWN, ACCOUNT_UNREVIEWED, ACCOUNT_RETURNED, 200), LEDGER_FINE);
    assert_int_equal(post(b, NO, TOWN, ACCOUNT_RETURNED, ACCOUNT_AVAILABLE, 200), LEDGER_FINE);
    c = ledger_book_case_of(b, SLICE_LIT(NO), SLICE_LIT(TOWN));
    assert_int_equal(c->unreviewed_fen, 0);
    assert_int_equal(c->arrived_fen,
                     100); /* what is being recovered has arrived, what was returned has not */
    const struct ledger_fund *f = ledger_book_fund(b, SLICE_LIT(TOWN));
    assert_int_equal(f->balance_fen[ACCOUNT_ALLOTTED], 1000);
    assert_int_equal(f->balance_fen[ACCOUNT_AVAILABLE], 900);
    assert_int_equal(ledger_imbalance_fen(f->balance_fen), 0);
    assert_int_equal(f->postings, 6);
    int64_t wrong[ACCOUNT_COUNT];
    memcpy(wrong, f->balance_fen, sizeof(wrong));
    wrong[ACCOUNT_CONFIRMED] += 1;
    assert_int_equal(ledger_imbalance_fen(wrong), -1);
    ledger_book_free(b);
}

static void what_must_not_be_is_named_and_booked_once(void **state)
{
    struct ledger_book *b;
    (void)state;
    assert_ok(ledger_book_new(&b));
    assert_int_equal(post(b, "fund:" TOWN, TOWN, ACCOUNT_ALLOTTED, ACCOUNT_AVAILABLE, 10),
                     LEDGER_FINE);
    assert_int_equal(post(b, NO, TOWN, ACCOUNT_AVAILABLE, ACCOUNT_CONFIRMED, 1), LEDGER_FAULT_WAY);
    assert_int_equal(post(b, NO, TOWN, ACCOUNT_AVAILABLE, ACCOUNT_AVAILABLE, 1), LEDGER_FAULT_WAY);
    assert_int_equal(post(b, NO, TOWN, ACCOUNT_AVAILABLE, ACCOUNT_HELD, 9), LEDGER_FINE);
    assert_int_equal(post(b, NO, TOWN, ACCOUNT_AVAILABLE, ACCOUNT_HELD, 1), LEDGER_FAULT_NEGATIVE);
    assert_int_equal(post(b, NO, TOWN, ACCOUNT_AVAILABLE, ACCOUNT_ALLOTTED, 20),
                     LEDGER_FAULT_NEGATIVE);
    assert_int_equal(post(b, "fund:1", "1", ACCOUNT_ALLOTTED, ACCOUNT_AVAILABLE, AMOUNT_FEN_MAX),
                     LEDGER_FINE);
    assert_int_equal(post(b, "fund:1", "1", ACCOUNT_ALLOTTED, ACCOUNT_AVAILABLE, 1),
                     LEDGER_FAULT_OVERFLOW);
    assert_int_equal(ledger_book_fund(b, SLICE_LIT("1"))->balance_fen[ACCOUNT_AVAILABLE],
                     AMOUNT_FEN_MAX);
    ledger_book_free(b);
}

static void a_loan_without_its_other_side_shows(void **state)
{
    struct ledger_book *b;
    (void)state;
    assert_ok(ledger_book_new(&b));
    assert_int_equal(post(b, "fund:520102", "520102", ACCOUNT_ALLOTTED, ACCOUNT_AVAILABLE, 500),
                     LEDGER_FINE);
    assert_int_equal(post(b, "fund:" TOWN, "520102", ACCOUNT_AVAILABLE, ACCOUNT_LENT, 200),
                     LEDGER_FINE);
    assert_int_equal(ledger_book_loans_gap_fen(b), 200);
    assert_int_equal(post(b, "fund:" TOWN, TOWN, ACCOUNT_BORROWED, ACCOUNT_AVAILABLE, 200),
                     LEDGER_FINE);
    assert_int_equal(ledger_book_loans_gap_fen(b), 0);
    ledger_book_free(b);
}

static void thousands_of_funds_and_cases_are_found_again(void **state)
{
    struct ledger_book *b;
    char code[DIVISION_CODE_SIZE], no[CASE_NO_SIZE];
    (void)state;
    assert_ok(ledger_book_new(&b));
    assert_null(ledger_book_fund(b, SLICE_LIT(TOWN)));
    assert_null(ledger_book_case_of(b, SLICE_LIT(NO), SLICE_LIT(TOWN)));
    for (int i = 0; i < 5000; i++) {
        snprintf(code, sizeof(code), "52%07d", i);
        snprintf(no, sizeof(no), "520000261121%010d", i);
        assert_int_equal(post(b, "fund:x", code, ACCOUNT_ALLOTTED, ACCOUNT_AVAILABLE, i + 1),
                         LEDGER_FINE);
        assert_int_equal(post(b, no, code, ACCOUNT_AVAILABLE, ACCOUNT_HELD, i + 1), LEDGER_FINE);
        assert_ok(ledger_book_case(b, slice_of(no)));
        assert_ok(ledger_book_case(b, slice_of(no)));
    }
    assert_int_equal(ledger_book_funds(b), 5000);
    assert_int_equal(ledger_book_cases(b), 10000); /* a row per fund, and one for the case itself */
    for (int i = 0; i < 5000; i++) {
        snprintf(code, sizeof(code), "52%07d", i);
        snprintf(no, sizeof(no), "520000261121%010d", i);
        assert_int_equal(ledger_book_fund(b, slice_of(code))->balance_fen[ACCOUNT_HELD], i + 1);
        assert_int_equal(ledger_book_case_of(b, slice_of(no), slice_of(code))->held_fen, i + 1);
    }
    ledger_book_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_account_has_one_word_and_is_reached_and_left),
        cmocka_unit_test(nothing_is_paid_that_was_not_held_first),
        cmocka_unit_test(the_lua_table_names_every_account_and_the_sources),
        cmocka_unit_test(a_posting_is_read_whole_or_not_at_all),
        cmocka_unit_test(more_postings_than_the_limit_are_refused),
        cmocka_unit_test(the_books_add_up_to_zero_behind_every_posting),
        cmocka_unit_test(what_must_not_be_is_named_and_booked_once),
        cmocka_unit_test(a_loan_without_its_other_side_shows),
        cmocka_unit_test(thousands_of_funds_and_cases_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
