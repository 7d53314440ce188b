/* Past decisions made again: sums add up, each case counts once, what cannot be read is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "queue/base/file.h"
#include "tests/unit/decision_fixture.h"
#include "workers/rules/replay.h"
#include "workers/rules/rulebook.h"

static struct buf base, draft; /* the shipped pack; the same with a lower monthly standard */

static int load(void **state)
{
    buf_init(&base, POLICY_BYTES_MAX);
    buf_init(&draft, POLICY_BYTES_MAX);
    if (file_read("ops/policy/base.json", &base) != ERR_OK) {
        return -1;
    }
    const char *at = strstr(base.ptr, "\"dibao_month_fen\": 82800");
    if (at == NULL) {
        return -1;
    }
    buf_put(&draft, base.ptr, (size_t)(at - base.ptr));
    buf_putf(&draft, "\"dibao_month_fen\": 41400%s", at + strlen("\"dibao_month_fen\": 82800"));
    return buf_err(&draft) == ERR_OK ? decision_load(state) : -1;
}

static int unload(void **state)
{
    buf_release(&base);
    buf_release(&draft);
    return decision_unload(state);
}

static struct replay *begin(const struct buf *pack, size_t numbers)
{
    struct replay *r = NULL;
    struct buf why;
    buf_init(&why, 1 << 16);
    assert_int_equal(replay_new(buf_slice(pack), NULL, 0, &china, 0, numbers, &r, &why), ERR_OK);
    buf_release(&why);
    return r;
}

/* A fire with so many people in this township, as it stands with its case. */
static int64_t decided(struct replay *r, const char *no, const char *township, int persons)
{
    struct buf facts, record;
    struct json_out o;
    struct decision_input in = input(CAUSE_FIRE, persons);
    in.facts.shelter_lost = true;
    in.township = township;
    struct decision d = run(&in);
    buf_init(&facts, 65536);
    buf_init(&record, 1 << 20);
    json_out_init(&o, &facts);
    facts_write(&in.facts, &o, NULL);
    json_out_init(&o, &record);
    decision_write(&d, &o, NULL);
    assert_int_equal(buf_err(&facts), ERR_OK);
    assert_int_equal(buf_err(&record), ERR_OK);
    replay_decide(r, slice_of(no), buf_slice(&facts), buf_slice(&record));
    buf_release(&facts);
    buf_release(&record);
    return d.amount_fen;
}

static void the_same_pack_changes_nothing(void **state)
{
    struct replay *r = begin(&base, 10);
    struct replay_result sum;
    (void)state;
    int64_t fen = decided(r, "1", "520102001", 1) + decided(r, "2", "520102002", 4);
    assert_true(fen > 0);
    replay_sum(r, &sum);
    assert_int_equal(sum.decisions, 2);
    assert_int_equal(sum.same.cases, 2);
    assert_int_equal(sum.same.fen, fen);
    assert_int_equal(sum.before_fen, fen);
    assert_int_equal(sum.after_fen, fen);
    assert_int_equal(sum.more.cases + sum.less.cases + sum.nothing.cases, 0);
    assert_null(sum.worst);
    replay_free(r);
}

static void half_the_standard_is_half_the_money_and_names_the_worst_township(void **state)
{
    struct replay *r = begin(&draft, 10);
    struct replay_result sum;
    (void)state;
    int64_t one = decided(r, "1", "520102001", 1), four = decided(r, "2", "520102002", 4);
    replay_sum(r, &sum);
    assert_int_equal(sum.less.cases, 2);
    assert_int_equal(sum.less.fen, (one + four) / 2);
    assert_int_equal(sum.after_fen, sum.before_fen - sum.less.fen);
    assert_non_null(sum.worst);
    assert_string_equal(sum.worst->code, "520102002");
    assert_int_equal(sum.worst->cases, 1);
    assert_int_equal(sum.worst->lost_fen, four / 2);
    assert_memory_equal(sum.draft, "2026.1+", strlen("2026.1+"));
    replay_free(r);
}

static void a_case_counts_once_and_the_table_never_overflows(void **state)
{
    struct replay *r = begin(&base, 5);
    (void)state;
    assert_true(replay_first_time(r, SLICE_LIT("5200002611210100000011")));
    assert_false(replay_first_time(r, SLICE_LIT("5200002611210100000011")));
    for (int i = 0; i < 4; i++) {
        char no[32];
        assert_false(replay_full(r));
        snprintf(no, sizeof(no), "52000026112101000001%02d", i);
        assert_true(replay_first_time(r, slice_of(no)));
    }
    assert_true(replay_full(r));
    for (int i = 0; i < 1000; i++) { /* ends, and keeps what it knows */
        char no[32];
        snprintf(no, sizeof(no), "5200002611210199%06d", i);
        assert_false(replay_first_time(r, slice_of(no)));
    }
    replay_free(r);
}

static void what_cannot_be_read_is_counted_and_left_out(void **state)
{
    struct replay *r = begin(&base, 10);
    struct replay_result sum;
    (void)state;
    replay_decide(r, SLICE_LIT("1"), SLICE_LIT("{"), SLICE_LIT("{}"));
    replay_decide(r, SLICE_LIT("2"), SLICE_LIT("{}"), SLICE_LIT(""));
    replay_skip(r);
    replay_sum(r, &sum);
    assert_int_equal(sum.unreadable, 3);
    assert_int_equal(sum.decisions, 0);
    assert_int_equal(decided(r, "3", "520102001", 1) > 0, 1);
    replay_sum(r, &sum);
    assert_int_equal(sum.decisions, 1);
    replay_free(r);
}

static void a_disaster_of_then_holds_for_the_draft_until_it_was_ended(void **state)
{
    struct disaster_row row = {.id = 3,
                               .surge = SLICE_LIT("flood"),
                               .divisions = SLICE_LIT("520102"),
                               .title = SLICE_LIT("暴雨"),
                               .from_ms = at("2026-03-01T00:00:00+08:00"),
                               .to_ms = at("2026-04-01T00:00:00+08:00"),
                               .approved_ms = 1};
    struct replay_result plain, flooded;
    struct buf why;
    (void)state;
    buf_init(&why, 1 << 16);
    struct buf tight; /* a surge that can be seen: it lets the township give less at once */
    buf_init(&tight, POLICY_BYTES_MAX);
    buf_put_slice(&tight, buf_slice(&base));
    char *months = strstr(tight.ptr, "\"months\": 8");
    assert_non_null(months);
    months[strlen("\"months\": ")] = '1';
    const int64_t ends[] = {0, at("2026-03-01T12:00:00+08:00")};
    struct replay *without = begin(&base, 10);
    (void)decided(without, "1", "520102001", 9);
    replay_sum(without, &plain);
    for (size_t i = 0; i < 3; i++) { /* running; ended before; never approved */
        struct replay *r = NULL;
        row.ended_ms = ends[i % 2];
        row.approved_ms = i == 2 ? 0 : 1;
        assert_int_equal(replay_new(buf_slice(&tight), &row, 1, &china, 0, 10, &r, &why), ERR_OK);
        (void)decided(r, "1", "520102001", 9);
        replay_sum(r, &flooded);
        assert_int_equal(flooded.aid_after.fen != plain.aid_after.fen, i == 0);
        replay_free(r);
    }
    replay_free(without);
    buf_release(&tight);
    buf_release(&why);
}

static void a_draft_with_faults_is_refused(void **state)
{
    struct replay *r = NULL;
    struct buf why;
    (void)state;
    buf_init(&why, 1 << 16);
    assert_int_equal(replay_new(SLICE_LIT("{\"format\": 1}"), NULL, 0, &china, 0, 10, &r, &why),
                     ERR_INPUT);
    assert_null(r);
    assert_true(why.len > 0);
    buf_release(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_pack_changes_nothing),
        cmocka_unit_test(half_the_standard_is_half_the_money_and_names_the_worst_township),
        cmocka_unit_test(a_case_counts_once_and_the_table_never_overflows),
        cmocka_unit_test(what_cannot_be_read_is_counted_and_left_out),
        cmocka_unit_test(a_disaster_of_then_holds_for_the_draft_until_it_was_ended),
        cmocka_unit_test(a_draft_with_faults_is_refused),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
