/* Rosters: rows lie in the store before they are cases, become cases once, and sending again makes
 * nothing twice. */
#include "tests/store/fixture.h"

#include <stdio.h>
#include "queue/store/calls_roster.h"

#define ID TOWN "-flood"
#define BY "officer:upload"

static int64_t begin_at(const char *township)
{
    int64_t upload = 0;
    roster_begin_write(store_fcall(store), REGION, SLICE_LIT(ID), slice_of(township), SLICE_LIT(BY),
                       1000, SLICE_LIT(TAIL));
    assert_ok(roster_begin_read(send_call(), &upload));
    return upload;
}

/* Rows from..to of an upload; row i is of person i, with number i of the test's cases from
 * `numbers` on. */
static enum err add_rows(int64_t upload, int from, int to, int numbers)
{
    char hashes[STORE_BATCH_MAX][33];
    roster_add_begin(store_fcall(store), REGION, SLICE_LIT(ID), upload);
    for (int i = from; i <= to; i++) {
        char *hash = hashes[i - from];
        snprintf(hash, sizeof(hashes[0]), "%032x", i);
        struct intake_ticket t = ticket(case_number(numbers + i), hash);
        t.idem_hash = slice_of(hash);
        const struct roster_row row = {.row = i, .key = slice_of(hash), .ticket = &t};
        roster_add(store_fcall(store), &row);
    }
    return roster_add_read(send_call());
}

static void add_refused(int64_t upload, int64_t number, const char *field_word, const char *remedy)
{
    const struct roster_row row = {
        .row = number, .field = slice_of(field_word), .remedy = slice_of(remedy)};
    roster_add_begin(store_fcall(store), REGION, SLICE_LIT(ID), upload);
    roster_add(store_fcall(store), &row);
    assert_ok(roster_add_read(send_call()));
}

static enum err finish(int64_t upload)
{
    roster_finish_write(store_fcall(store), REGION, SLICE_LIT(ID), upload);
    return roster_add_read(send_call());
}

static int64_t take(int64_t most)
{
    int64_t taken = -1;
    roster_take_write(store_fcall(store), REGION, most);
    assert_ok(roster_take_read(send_call(), &taken));
    return taken;
}

static struct roster_view view(enum roster_list list, int64_t after, int64_t most)
{
    struct roster_view v;
    roster_get_write(store_fcall(store), REGION, SLICE_LIT(ID), list, after, most);
    assert_ok(roster_get_read(send_call(), &v));
    return v;
}

static int64_t cases(void)
{
    return set_size("q:route:ready");
}

static void rows_become_cases_and_are_gone(void **state)
{
    struct roster_entry e;
    (void)state;
    int64_t upload = begin_at(TOWN);
    assert_ok(add_rows(upload, 1, 5, 0));
    struct roster_view v = view(ROSTER_NONE, 0, 1);
    assert_int_equal(v.accepted, 5);
    assert_int_equal(v.waiting, 5);
    assert_false(v.whole);
    assert_slice(v.by, BY);
    assert_ok(finish(upload));
    assert_int_equal(take(3), 3);
    assert_int_equal(view(ROSTER_NONE, 0, 1).waiting, 2);
    assert_int_equal(take(64), 2);
    assert_int_equal(take(64), 0);
    v = view(ROSTER_ACCEPTED, 2, 2);
    assert_true(v.whole);
    assert_int_equal(v.waiting, 0);
    assert_int_equal(v.shown, 2);
    assert_ok(roster_view_entry(&v, 1, &e));
    assert_int_equal(e.row, 4);
    assert_slice(e.no, case_number(4));
    assert_int_equal(cases(), 5);
    assert_int_equal(state_of(case_number(1)), CASE_RECEIVED);
    assert_int_equal(set_size("rosters"), 0);
}

static void the_same_list_again_makes_nothing_twice(void **state)
{
    struct roster_entry e;
    (void)state;
    assert_ok(add_rows(begin_at(TOWN), 1, 3, 0));
    assert_int_equal(take(2), 2); /* one still waits */
    int64_t upload = begin_at(TOWN);
    assert_ok(add_rows(upload, 1, 4, 20)); /* other numbers, the same people, and one more */
    assert_ok(finish(upload));
    while (take(64) > 0) {
    }
    assert_int_equal(cases(), 4);
    struct roster_view v = view(ROSTER_ACCEPTED, 0, 10);
    assert_int_equal(v.accepted, 4);
    assert_ok(roster_view_entry(&v, 0, &e));
    assert_slice(e.no, case_number(1));
    assert_ok(roster_view_entry(&v, 3, &e));
    assert_slice(e.no, case_number(24));
}

static void one_person_twice_in_a_list_is_told(void **state)
{
    struct roster_entry e;
    (void)state;
    int64_t upload = begin_at(TOWN);
    struct intake_ticket t = ticket(case_number(1), "01"), u = ticket(case_number(2), "01");
    const struct roster_row rows[] = {{.row = 1, .key = SLICE_LIT("k1"), .ticket = &t},
                                      {.row = 2, .key = SLICE_LIT("k1"), .ticket = &u}};
    roster_add_begin(store_fcall(store), REGION, SLICE_LIT(ID), upload);
    roster_add(store_fcall(store), &rows[0]);
    roster_add(store_fcall(store), &rows[1]);
    assert_ok(roster_add_read(send_call()));
    assert_int_equal(take(64), 1);
    struct roster_view v = view(ROSTER_REFUSED, 0, 10);
    assert_int_equal(v.refused, 1);
    assert_ok(roster_view_entry(&v, 0, &e));
    assert_int_equal(e.row, 2);
    assert_slice(e.field, "id_number");
}

static void what_is_wrong_stays_until_the_next_upload(void **state)
{
    struct roster_entry e;
    (void)state;
    int64_t upload = begin_at(TOWN);
    add_refused(upload, 7, "phone", "请填联系电话。");
    add_refused(upload, 8, "", "引号不成对。");
    struct roster_view v = view(ROSTER_REFUSED, 0, 10);
    assert_int_equal(v.rows, 2);
    assert_int_equal(v.refused, 2);
    assert_ok(roster_view_entry(&v, 0, &e));
    assert_slice(e.field, "phone");
    assert_slice(e.remedy, "请填联系电话。");
    assert_ok(roster_view_entry(&v, 1, &e));
    assert_slice(e.field, "");
    begin_at(TOWN);
    assert_int_equal(view(ROSTER_REFUSED, 0, 10).refused, 0);
}

static void a_later_upload_ends_the_earlier_one(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    int64_t first = begin_at(TOWN), second = begin_at(TOWN);
    assert_int_equal(second, first + 1);
    mark_data(before);
    assert_int_equal(add_rows(first, 1, 1, 0), ERR_STALE);
    assert_int_equal(finish(first), ERR_STALE);
    assert_unchanged(before);
}

static void a_roster_belongs_to_its_township(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    int64_t upload = 0;
    (void)state;
    begin_at(TOWN);
    mark_data(before);
    roster_begin_write(store_fcall(store), REGION, SLICE_LIT(ID), SLICE_LIT("520102009"),
                       SLICE_LIT(BY), 1000, SLICE_LIT(TAIL));
    assert_int_equal(roster_begin_read(send_call(), &upload), ERR_CONFLICT);
    assert_unchanged(before);
}

static void a_number_that_is_taken_is_told_and_can_be_sent_again(void **state)
{
    (void)state;
    receive(case_number(1), "99");
    int64_t upload = begin_at(TOWN);
    assert_ok(add_rows(upload, 1, 1, 0)); /* would be case_number(1) */
    assert_int_equal(take(64), 1);
    struct roster_view v = view(ROSTER_REFUSED, 0, 10);
    assert_int_equal(v.accepted, 0);
    assert_int_equal(v.refused, 1);
    assert_ok(add_rows(begin_at(TOWN), 1, 1, 5));
    assert_int_equal(take(64), 1);
    assert_int_equal(view(ROSTER_NONE, 0, 1).accepted, 1);
    assert_int_equal(state_of(case_number(6)), CASE_RECEIVED);
}

/* A row that intake would not take is refused before it lies in the way of all others. */
static void rows_that_intake_would_not_take_never_wait(void **state)
{
    char before[REDIS_DIGEST_SIZE];
    struct intake_ticket bad[4];
    (void)state;
    int64_t upload = begin_at(TOWN);
    mark_data(before);
    for (int i = 0; i < 4; i++) {
        bad[i] = ticket(case_number(1), "01");
        bad[i].no = i == 0 ? SLICE_LIT("12x") : bad[i].no;
        bad[i].received_ms = i == 1 ? -1 : bad[i].received_ms;
        bad[i].people = i == 2 ? SLICE_LIT("no bars") : bad[i].people;
        const struct roster_row row = {
            .row = i == 3 ? ROSTER_ROWS_MAX + 1 : 1, .key = SLICE_LIT("k"), .ticket = &bad[i]};
        roster_add_begin(store_fcall(store), REGION, SLICE_LIT(ID), upload);
        roster_add(store_fcall(store), &row);
        assert_int_not_equal(send_for_err(), ERR_OK);
        assert_unchanged(before);
    }
}

static void two_rosters_are_taken_in_one_after_the_other(void **state)
{
    int64_t upload = 0;
    struct intake_ticket t = ticket(case_number(40), "0a");
    const struct roster_row row = {.row = 1, .key = SLICE_LIT("k"), .ticket = &t};
    (void)state;
    assert_ok(add_rows(begin_at(TOWN), 1, 2, 0));
    roster_begin_write(store_fcall(store), REGION, SLICE_LIT("other"), SLICE_LIT(TOWN),
                       SLICE_LIT(BY), 2000, SLICE_LIT(TAIL));
    assert_ok(roster_begin_read(send_call(), &upload));
    roster_add_begin(store_fcall(store), REGION, SLICE_LIT("other"), upload);
    roster_add(store_fcall(store), &row);
    assert_ok(roster_add_read(send_call()));
    assert_int_equal(take(64), 2);
    assert_int_equal(take(64), 1);
    assert_int_equal(take(64), 0);
    assert_int_equal(cases(), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rows_become_cases_and_are_gone, fixture_reset),
        cmocka_unit_test_setup(the_same_list_again_makes_nothing_twice, fixture_reset),
        cmocka_unit_test_setup(one_person_twice_in_a_list_is_told, fixture_reset),
        cmocka_unit_test_setup(what_is_wrong_stays_until_the_next_upload, fixture_reset),
        cmocka_unit_test_setup(a_later_upload_ends_the_earlier_one, fixture_reset),
        cmocka_unit_test_setup(a_roster_belongs_to_its_township, fixture_reset),
        cmocka_unit_test_setup(a_number_that_is_taken_is_told_and_can_be_sent_again, fixture_reset),
        cmocka_unit_test_setup(rows_that_intake_would_not_take_never_wait, fixture_reset),
        cmocka_unit_test_setup(two_rosters_are_taken_in_one_after_the_other, fixture_reset),
    };
    return RUN_WITH_REDIS(tests);
}
