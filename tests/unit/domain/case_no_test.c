/* Case numbers and payment ids: what a slip of the tongue on the phone can do to them. */
#include "tests/support/test.h"

#include "queue/base/clock.h"
#include "queue/domain/case_no.h"

static const char *const regions[] = {"520000", "110000", "659012", "000000", "999999"};

static struct case_no_parts parts_of(size_t i)
{
    struct case_no_parts p = {.date = (int)(261121 + i * 137) % 999999,
                              .node = (int)(i * 7 % 100),
                              .sequence = 1 + (int)(i * 104729 % CASE_SEQUENCE_MAX)};
    memcpy(p.region, regions[i % COUNT_OF(regions)], 7);
    return p;
}

static void a_number_reads_back_as_what_it_was_made_of(void **state)
{
    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        struct case_no_parts want = parts_of(i), is;
        char no[CASE_NO_SIZE];
        case_no_write(&want, no);
        assert_int_equal(strlen(no), CASE_NO_DIGITS);
        assert_ok(case_no_read(slice_of(no), &is));
        assert_string_equal(is.region, want.region);
        assert_int_equal(is.date, want.date);
        assert_int_equal(is.node, want.node);
        assert_int_equal(is.sequence, want.sequence);
    }
}

static void the_limits_of_every_part_fit(void **state)
{
    struct case_no_parts p = {.region = "999999",
                              .date = 999999,
                              .node = 99,
                              .sequence = CASE_SEQUENCE_MAX},
                         is;
    char no[CASE_NO_SIZE];
    (void)state;
    case_no_write(&p, no);
    assert_memory_equal(no, "999999999999999999999", 21);
    assert_ok(case_no_read(slice_of(no), &is));
    p = (struct case_no_parts){.region = "000000", .date = 0, .node = 0, .sequence = 1};
    case_no_write(&p, no);
    assert_memory_equal(no, "000000000000000000001", 21);
}

/* Check digits published for ISO 7064 MOD 11,10. */
static void check_digits_agree_with_the_standard(void **state)
{
    (void)state;
    assert_int_equal(check_digit(slice_of("0794")), '5');
    assert_int_equal(check_digit(slice_of("79462")), '3');
    assert_int_equal(check_digit(slice_of("00200667308")), '5');
}

static void every_single_wrong_digit_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        struct case_no_parts p = parts_of(i), is;
        char no[CASE_NO_SIZE];
        case_no_write(&p, no);
        for (size_t at = 0; at < CASE_NO_DIGITS; at++) {
            char right = no[at];
            for (char wrong = '0'; wrong <= '9'; wrong++) {
                no[at] = wrong;
                if ((case_no_read(slice_of(no), &is) == ERR_OK) != (wrong == right)) {
                    fail_msg("%s at %zu", no, at);
                }
            }
            no[at] = right;
        }
    }
}

/* MOD 11,10 is a hybrid system: it finds nearly every swap of neighbours, not all (998 of 32 141
 * pass here). */
static void nearly_every_swap_of_neighbours_is_found(void **state)
{
    size_t swaps = 0, missed = 0;
    (void)state;
    for (size_t i = 0; i < 2000; i++) {
        struct case_no_parts p = parts_of(i), is;
        char no[CASE_NO_SIZE];
        case_no_write(&p, no);
        for (size_t at = 0; at + 1 < CASE_NO_DIGITS; at++) {
            if (no[at] == no[at + 1]) {
                continue;
            }
            char first = no[at];
            no[at] = no[at + 1];
            no[at + 1] = first;
            swaps++;
            missed += case_no_read(slice_of(no), &is) == ERR_OK;
            no[at + 1] = no[at];
            no[at] = first;
        }
    }
    assert_true(missed * 30 < swaps);
}

static void what_is_no_number_is_refused(void **state)
{
    struct case_no_parts p = parts_of(1), is;
    char no[CASE_NO_SIZE], longer[CASE_NO_SIZE + 1];
    (void)state;
    case_no_write(&p, no);
    memcpy(longer, no, CASE_NO_SIZE);
    longer[CASE_NO_DIGITS] = '0';
    longer[CASE_NO_DIGITS + 1] = '\0';
    assert_int_equal(case_no_read(slice_of(longer), &is), ERR_INPUT);
    assert_int_equal(case_no_read(slice_make(no, CASE_NO_DIGITS - 1), &is), ERR_INPUT);
    assert_int_equal(case_no_read(slice_of(""), &is), ERR_INPUT);
    for (size_t at = 0; at < CASE_NO_DIGITS; at++) {
        char right = no[at];
        no[at] = "x -+.:\n"[at % 7];
        assert_int_equal(case_no_read(slice_of(no), &is), ERR_INPUT);
        no[at] = right;
    }
    assert_ok(case_no_read(slice_of(no), &is));
}

static void the_date_is_the_one_in_china(void **state)
{
    int64_t ms = 0;
    (void)state;
    assert_ok(clock_parse_rfc3339(slice_of("2026-11-21T23:59:59.999+08:00"), &ms));
    assert_int_equal(case_no_date(ms), 261121);
    assert_int_equal(case_no_date(ms + 1), 261122);
}

static void payment_ids_lead_back_to_their_case(void **state)
{
    struct case_no_parts p = parts_of(3);
    char no[CASE_NO_SIZE], id[PAYMENT_ID_SIZE], back[CASE_NO_SIZE];
    (void)state;
    case_no_write(&p, no);
    for (int n = 1; n <= 99; n++) {
        payment_id_write(no, 'A', n, id);
        assert_int_equal(strlen(id), PAYMENT_ID_SIZE - 1);
        assert_int_equal(strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), PAYMENT_ID_SIZE - 1);
        assert_ok(payment_id_case(slice_of(id), back));
        assert_string_equal(back, no);
    }
    assert_string_equal(id + CASE_NO_DIGITS, "A99");
    payment_id_write(no, 'A', 1, id);
    assert_string_equal(id + CASE_NO_DIGITS, "A01");
}

static void what_is_no_payment_id_is_refused(void **state)
{
    struct case_no_parts p = parts_of(3);
    char no[CASE_NO_SIZE], id[PAYMENT_ID_SIZE], back[CASE_NO_SIZE] = "kept";
    (void)state;
    case_no_write(&p, no);
    payment_id_write(no, 'Z', 7, id);
    assert_int_equal(payment_id_case(slice_make(id, PAYMENT_ID_SIZE - 2), back), ERR_INPUT);
    assert_int_equal(payment_id_case(slice_of(no), back), ERR_INPUT);
    assert_int_equal(payment_id_case(slice_of(""), back), ERR_INPUT);
    static const struct {
        size_t at;
        char wrong;
    } cases[] = {{CASE_NO_DIGITS, 'a'},     {CASE_NO_DIGITS, '0'},     {CASE_NO_DIGITS, '['},
                 {CASE_NO_DIGITS + 1, 'x'}, {CASE_NO_DIGITS + 2, ' '}, {0, 'x'}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char right = id[cases[i].at];
        id[cases[i].at] = cases[i].wrong;
        assert_int_equal(payment_id_case(slice_of(id), back), ERR_INPUT);
        id[cases[i].at] = right;
    }
    id[4] = id[4] == '9' ? '0' : (char)(id[4] + 1); /* a wrong digit in the case's number */
    assert_int_equal(payment_id_case(slice_of(id), back), ERR_INPUT);
    assert_string_equal(back, "kept");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_reads_back_as_what_it_was_made_of),
        cmocka_unit_test(the_limits_of_every_part_fit),
        cmocka_unit_test(check_digits_agree_with_the_standard),
        cmocka_unit_test(every_single_wrong_digit_is_found),
        cmocka_unit_test(nearly_every_swap_of_neighbours_is_found),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(the_date_is_the_one_in_china),
        cmocka_unit_test(payment_ids_lead_back_to_their_case),
        cmocka_unit_test(what_is_no_payment_id_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
