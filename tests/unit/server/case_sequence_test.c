/* The sequence of case numbers: never the same number twice, whatever stops in between. */
#include "tests/support/test.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "server/case_sequence.h"
#include "tests/support/temp_folder.h"

#define TODAY_MS INT64_C(1795233600000) /* 2026-11-21 12:00 in China: yymmdd 261121 */

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    temp_folder_make(folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    temp_folder_remove(folder);
    return 0;
}

static void open_sequence(struct case_sequence *s, int node)
{
    struct buf why;
    buf_init(&why, 1000);
    if (case_sequence_open(s, folder, "520000", node, &why) != ERR_OK) {
        fail_msg("%s", why.ptr);
    }
    assert_int_equal(why.len, 0);
    buf_release(&why);
}

static struct case_no_parts next_number(struct case_sequence *s, int64_t now_ms)
{
    char no[CASE_NO_SIZE];
    struct case_no_parts parts = {.sequence = 0};
    assert_ok(case_sequence_next(s, now_ms, no));
    assert_ok(case_no_read(slice_of(no), &parts));
    assert_string_equal(parts.region, "520000");
    return parts;
}

static void write_file(int node, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/node-%02d.seq", folder, node);
    assert_ok(file_replace(path, slice_of(text), 0600));
}

static void numbers_count_up_from_one(void **state)
{
    struct case_sequence s;
    (void)state;
    open_sequence(&s, 7);
    for (int i = 1; i <= 2 * CASE_SEQUENCE_BLOCK + 5; i++) {
        char no[CASE_NO_SIZE];
        struct case_no_parts p;
        assert_ok(case_sequence_next(&s, TODAY_MS, no));
        assert_ok(case_no_read(slice_of(no), &p));
        assert_int_equal(p.sequence, i);
        assert_int_equal(p.date, 261121);
        assert_int_equal(p.node, 7);
    }
    case_sequence_close(&s);
}

static void a_restart_goes_on_behind_the_block(void **state)
{
    struct case_sequence s;
    (void)state;
    open_sequence(&s, 1);
    assert_int_equal(next_number(&s, TODAY_MS).sequence, 1);
    assert_int_equal(next_number(&s, TODAY_MS).sequence, 2);
    case_sequence_close(&s);
    open_sequence(&s, 1);
    assert_int_equal(next_number(&s, TODAY_MS).sequence, CASE_SEQUENCE_BLOCK + 1);
    case_sequence_close(&s);
}

/* kill -9: the lock goes with the process, the file says what was reserved. */
static void a_process_that_was_killed_loses_at_most_its_block(void **state)
{
    struct case_sequence s;
    (void)state;
    for (int round = 0; round < 3; round++) {
        open_sequence(&s, 2);
        assert_int_equal(next_number(&s, TODAY_MS).sequence, round * CASE_SEQUENCE_BLOCK + 1);
        close(s.lock_fd); /* all that a killed process does */
    }
}

static void a_block_used_to_its_end_loses_nothing(void **state)
{
    struct case_sequence s;
    (void)state;
    open_sequence(&s, 3);
    for (int i = 0; i < CASE_SEQUENCE_BLOCK; i++) {
        (void)next_number(&s, TODAY_MS);
    }
    case_sequence_close(&s);
    open_sequence(&s, 3);
    assert_int_equal(next_number(&s, TODAY_MS).sequence, CASE_SEQUENCE_BLOCK + 1);
    case_sequence_close(&s);
}

static void opening_alone_uses_no_numbers(void **state)
{
    struct case_sequence s;
    (void)state;
    for (int i = 0; i < 3; i++) {
        open_sequence(&s, 4);
        case_sequence_close(&s);
    }
    open_sequence(&s, 4);
    assert_int_equal(next_number(&s, TODAY_MS).sequence, 1);
    case_sequence_close(&s);
}

static void a_second_gateway_with_the_same_node_is_refused(void **state)
{
    struct case_sequence first, second, other;
    struct buf why;
    (void)state;
    open_sequence(&first, 5);
    buf_init(&why, 1000);
    assert_int_equal(case_sequence_open(&second, folder, "520000", 5, &why), ERR_IO);
    assert_non_null(strstr(why.ptr, "node 5"));
    buf_release(&why);
    open_sequence(&other, 6);
    case_sequence_close(&other);
    case_sequence_close(&first);
    open_sequence(&second, 5); /* free again */
    case_sequence_close(&second);
    case_sequence_close(&second); /* closing twice does nothing */
}

static void a_new_day_counts_from_one_again(void **state)
{
    struct case_sequence s;
    int64_t midnight_ms = TODAY_MS + MS_PER_DAY / 2;
    (void)state;
    open_sequence(&s, 8);
    (void)next_number(&s, midnight_ms - 1);
    struct case_no_parts p = next_number(&s, midnight_ms);
    assert_int_equal(p.date, 261122);
    assert_int_equal(p.sequence, 1);
    case_sequence_close(&s);
    open_sequence(&s, 8);
    assert_int_equal(next_number(&s, midnight_ms).sequence, CASE_SEQUENCE_BLOCK + 1);
    case_sequence_close(&s);
}

static void a_clock_that_goes_back_brings_no_old_numbers(void **state)
{
    struct case_sequence s;
    (void)state;
    open_sequence(&s, 9);
    (void)next_number(&s, TODAY_MS);
    struct case_no_parts p = next_number(&s, TODAY_MS - MS_PER_DAY);
    assert_int_equal(p.date, 261121);
    assert_int_equal(p.sequence, 2);
    case_sequence_close(&s);
    open_sequence(&s, 9);
    p = next_number(&s, TODAY_MS - 400 * MS_PER_DAY);
    assert_int_equal(p.date, 261121);
    assert_int_equal(p.sequence, CASE_SEQUENCE_BLOCK + 1);
    p = next_number(&s, TODAY_MS + MS_PER_DAY);
    assert_int_equal(p.date, 261122);
    assert_int_equal(p.sequence, 1);
    case_sequence_close(&s);
}

static void a_damaged_file_is_refused_with_a_remedy(void **state)
{
    static const char *const wrong[] = {"",
                                        "x",
                                        "261121",
                                        "261121 ",
                                        "261121 0",
                                        "261121 10000001",
                                        "261121  5",
                                        "1000000 5",
                                        "-1 5",
                                        "261121 5 6",
                                        "261121 5x",
                                        "261121 123456789012345678901234567890123456789012345678901234567"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct case_sequence s;
        struct buf why;
        buf_init(&why, 1000);
        write_file(10, wrong[i]);
        if (case_sequence_open(&s, folder, "520000", 10, &why) != ERR_IO) {
            fail_msg("'%s' was taken", wrong[i]);
        }
        assert_non_null(strstr(why.ptr, "damaged"));
        assert_non_null(strstr(why.ptr, "node-10.seq"));
        buf_release(&why);
    }
    struct case_sequence s; /* and the lock was let go */
    write_file(10, "261121 5000000\n");
    open_sequence(&s, 10);
    assert_int_equal(next_number(&s, TODAY_MS).sequence, 5000000);
    case_sequence_close(&s);
}

static void a_day_can_be_used_up(void **state)
{
    struct case_sequence s;
    char no[CASE_NO_SIZE] = "kept";
    (void)state;
    write_file(11, "261121 9999998\n");
    open_sequence(&s, 11);
    assert_int_equal(next_number(&s, TODAY_MS).sequence, CASE_SEQUENCE_MAX - 1);
    assert_int_equal(next_number(&s, TODAY_MS).sequence, CASE_SEQUENCE_MAX);
    assert_int_equal(case_sequence_next(&s, TODAY_MS, no), ERR_LIMIT);
    assert_string_equal(no, "kept");
    case_sequence_close(&s);
    open_sequence(&s, 11); /* a restart does not help */
    assert_int_equal(case_sequence_next(&s, TODAY_MS, no), ERR_LIMIT);
    assert_int_equal(next_number(&s, TODAY_MS + MS_PER_DAY).sequence, 1);
    case_sequence_close(&s);
}

/* The folder is gone: no number is given that was not reserved. */
static void what_cannot_be_reserved_is_not_given(void **state)
{
    struct case_sequence s;
    char no[CASE_NO_SIZE] = "kept";
    (void)state;
    open_sequence(&s, 12);
    char gone[80];
    snprintf(gone, sizeof(gone), "%s-gone", folder);
    assert_int_equal(rename(folder, gone), 0);
    assert_int_equal(case_sequence_next(&s, TODAY_MS, no), ERR_IO);
    assert_string_equal(no, "kept");
    assert_int_equal(rename(gone, folder), 0);
    assert_int_equal(next_number(&s, TODAY_MS).sequence, 1);
    case_sequence_close(&s);
}

static void a_folder_that_cannot_be_made_is_named(void **state)
{
    struct case_sequence s;
    struct buf why;
    (void)state;
    buf_init(&why, 1000);
    assert_int_equal(case_sequence_open(&s, "/proc/no/such", "520000", 1, &why), ERR_IO);
    assert_non_null(strstr(why.ptr, "/proc/no/such"));
    case_sequence_close(&s);
    buf_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_count_up_from_one),
        cmocka_unit_test(a_restart_goes_on_behind_the_block),
        cmocka_unit_test(a_process_that_was_killed_loses_at_most_its_block),
        cmocka_unit_test(a_block_used_to_its_end_loses_nothing),
        cmocka_unit_test(opening_alone_uses_no_numbers),
        cmocka_unit_test(a_second_gateway_with_the_same_node_is_refused),
        cmocka_unit_test(a_new_day_counts_from_one_again),
        cmocka_unit_test(a_clock_that_goes_back_brings_no_old_numbers),
        cmocka_unit_test(a_damaged_file_is_refused_with_a_remedy),
        cmocka_unit_test(a_day_can_be_used_up),
        cmocka_unit_test(what_cannot_be_reserved_is_not_given),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_named),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
