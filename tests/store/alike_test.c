/* Like cases: found by person, household, place and event, account; linked at both ends, and looked
 * at again by the commit. */
#include "tests/store/people_fixture.h"

#include <stdio.h>

static void a_person_who_comes_again_is_linked_at_both_ends(void **state)
{
    const char *first = case_number(1), *second = case_number(2);
    char want[64];
    (void)state;
    receive(first, A);
    decide_plain(first, A);
    receive(second, A);
    struct link_query q = query(second, A);
    struct link_finding found;
    char lately[256];
    assert_ok(slice_copy(load_one(second).lately, lately, sizeof(lately)));
    q.lately = slice_of(lately);
    found = find(&q);
    assert_int_equal(found.open_duplicates, 1);
    assert_slice(found.known, first);
    q.lately = slice_make(NULL, 0);
    assert_int_equal(decide_like(second, NULL, &q, first, 0), DECIDE_OK);
    snprintf(want, sizeof(want), "%s=same_person", first);
    assert_string_equal(field(second, "lk"), want);
    snprintf(want, sizeof(want), "%s=same_person", second);
    assert_string_equal(field(first, "lk"), want);
    assert_string_equal(field(first, "v"), "3"); /* the link is an event of the older case */
}

static void outside_the_window_or_closed_it_is_no_open_duplicate(void **state)
{
    const char *first = case_number(1), *second = case_number(2);
    char key[64], lately[256];
    (void)state;
    receive(first, A);
    decide_plain(first, A);
    receive(second, A);
    struct link_query q = query(second, A);
    assert_ok(slice_copy(load_one(second).lately, lately, sizeof(lately)));
    q.lately = slice_of(lately);
    q.day = DAY_NO + 31;
    assert_int_equal(find(&q).open_duplicates, 0);
    q.day = DAY_NO + 30;
    assert_int_equal(find(&q).open_duplicates, 1);
    snprintf(key, sizeof(key), "{" REGION "}:case:%s", first);
    redis_must(&redis, "HSET", key, "s", "WITHDRAWN", NULL);
    assert_int_equal(find(&q).open_duplicates, 0);
}

/* Between the read and the commit another worker has decided the like case: no money goes out by
 * rule. */
static void what_has_come_up_meanwhile_is_found_by_the_commit(void **state)
{
    struct aid_order order = aid(1000);
    struct link_query q = query(case_number(2), B);
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    q.identified = false;
    q.place = SLICE_LIT("x0123456789abcdef");
    struct link_query first = q;
    first.no = slice_of(case_number(1));
    first.person_hash = SLICE_LIT(A);
    receive(case_number(1), A);
    assert_int_equal(decide_like(case_number(1), &order, &first, "", 0), DECIDE_OK);
    receive(case_number(2), B);
    lease(STAGE_ROUTE, 600000, 64, &jobs);
    struct leased held = jobs;
    struct decide_case c = dispatch(case_number(2), &order);
    struct buf text;
    buf_init(&text, LINK_TEXT_MAX);
    link_text_write(&q, slice_make(NULL, 0), 0, &text);
    c.links = buf_slice(&text);
    mark_data(before);
    assert_int_equal(decide(held.token, &c), DECIDE_REFUSED);
    assert_unchanged(before);
    buf_clear(&text);
    link_text_write(&q, slice_of(case_number(1)), 0,
                    &text); /* known: the rules have decided all the same */
    c.links = buf_slice(&text);
    assert_int_equal(decide(held.token, &c), DECIDE_OK);
    buf_release(&text);
}

static void two_in_one_batch_find_each_other(void **state)
{
    struct aid_order order = aid(1000);
    struct link_query q[2] = {query(case_number(1), A), query(case_number(2), B)};
    struct buf texts[2];
    enum decide_outcome outcomes[2];
    static const struct cascade_limits limits = {.inbox_max = 0};
    (void)state;
    receive(case_number(1), A);
    receive(case_number(2), B);
    lease(STAGE_ROUTE, 600000, 64, &jobs);
    decide_begin(store_fcall(store), REGION, slice_of(jobs.token), &limits, "2026");
    for (int i = 0; i < 2; i++) {
        struct decide_case c = dispatch(case_number(i + 1), &order);
        q[i].identified = false;
        q[i].place = SLICE_LIT("v0123456789abcdef");
        buf_init(&texts[i], LINK_TEXT_MAX);
        link_text_write(&q[i], slice_make(NULL, 0), 0, &texts[i]);
        c.links = buf_slice(&texts[i]);
        decide_add(store_fcall(store), &c);
    }
    assert_ok(decide_read(send_call(), outcomes, 2));
    assert_int_equal(outcomes[0], DECIDE_OK);
    assert_int_equal(outcomes[1], DECIDE_REFUSED);
    buf_release(&texts[0]);
    buf_release(&texts[1]);
}

static void an_account_of_several_people_is_told_unless_they_are_one_household(void **state)
{
    static const char *const PEOPLE[] = {A, B, C};
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct link_query q = query(case_number(i + 1), PEOPLE[i]);
        receive(case_number(i + 1), PEOPLE[i]);
        q.account = SLICE_LIT("00ff00ff00ff00ff");
        assert_int_equal(find(&q).account_persons, i);
        assert_int_equal(decide_like(case_number(i + 1), NULL, &q, "", 0), DECIDE_OK);
    }
    receive_with(case_number(4), A, "", B, "");
    struct link_query q = query(case_number(4), A);
    struct loaded_case row = load_one(case_number(4));
    char household[64];
    assert_ok(slice_copy(row.household, household, sizeof(household)));
    q.account = SLICE_LIT("00ff00ff00ff00ff");
    q.household = slice_of(household);
    assert_int_equal(find(&q).account_persons, 1);
}

static void an_account_that_an_officer_enters_is_looked_up_as_well(void **state)
{
    struct link_query q = query(case_number(1), A);
    struct claim_result claim;
    char want[64];
    (void)state;
    q.account = SLICE_LIT("00ff00ff00ff00ff");
    receive(case_number(1), A);
    assert_int_equal(decide_like(case_number(1), NULL, &q, "", 0), DECIDE_OK);
    receive(case_number(2), B);
    decide_plain(case_number(2), B);
    claim = claim_case(TOWN, OFFICER, case_number(2), 600000);
    struct act_request r = request(case_number(2), VERB_ACCOUNT, OFFICER, claim.claim);
    r.extra[r.extra_count++] = SLICE_LIT("2026|00ff00ff00ff00ff");
    assert_int_equal(act(&r).outcome, ACT_OK);
    snprintf(want, sizeof(want), "%s=same_account", case_number(1));
    assert_string_equal(field(case_number(2), "lk"), want);
    snprintf(want, sizeof(want), "%s=same_account", case_number(2));
    assert_string_equal(field(case_number(1), "lk"), want);
    q = query(case_number(3), C); /* and the next one finds both */
    q.account = SLICE_LIT("00ff00ff00ff00ff");
    receive(case_number(3), C);
    assert_int_equal(find(&q).account_persons, 2);
}

static void lists_stay_short_and_keep_who_is_not_known(void **state)
{
    struct link_query q;
    char text[2048];
    int entries = 0;
    (void)state;
    for (int i = 1; i <= 12; i++) {
        char hash[33];
        snprintf(hash, sizeof(hash), "%016x0000000000000000", i);
        receive(case_number(i), hash);
        q = query(case_number(i), hash);
        q.identified = i != 1;
        q.place = SLICE_LIT("v0123456789abcdef");
        assert_int_equal(decide_like(case_number(i), NULL, &q, "", 0), DECIDE_OK);
    }
    redis_text(&redis, text, sizeof(text), "HGET", "{" REGION "}:links:2026", "v0123456789abcdef",
               NULL);
    for (const char *c = text; *c != '\0'; c++) {
        entries += *c == ',';
    }
    assert_int_equal(entries + 1, 8);
    assert_non_null(strstr(text, case_number(1))); /* the one who is not known */
    assert_non_null(strstr(text, case_number(12)));
    assert_null(strstr(text, case_number(2)));
}

static void bad_words_change_nothing(void **state)
{
    static const char *const TEXTS[] = {
        "", "x", "1|2|a3|||", "1|2|i|||||", "1|2|i3||y5||", "1|2|i3||||x", "|||||||"};
    char before[REDIS_DIGEST_SIZE];
    (void)state;
    receive(case_number(1), A);
    lease(STAGE_ROUTE, 600000, 64, &jobs);
    mark_data(before);
    for (size_t i = 1; i < COUNT_OF(TEXTS); i++) {
        struct decide_case c = dispatch(case_number(1), NULL);
        static const struct cascade_limits limits = {.inbox_max = 0};
        c.links = slice_of(TEXTS[i]);
        decide_begin(store_fcall(store), REGION, slice_of(jobs.token), &limits, "2026");
        decide_add(store_fcall(store), &c);
        assert_int_not_equal(send_for_err(), ERR_OK);
        assert_unchanged(before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_person_who_comes_again_is_linked_at_both_ends, people_setup),
        cmocka_unit_test_setup(outside_the_window_or_closed_it_is_no_open_duplicate, people_setup),
        cmocka_unit_test_setup(what_has_come_up_meanwhile_is_found_by_the_commit, people_setup),
        cmocka_unit_test_setup(two_in_one_batch_find_each_other, people_setup),
        cmocka_unit_test_setup(an_account_of_several_people_is_told_unless_they_are_one_household,
                               people_setup),
        cmocka_unit_test_setup(an_account_that_an_officer_enters_is_looked_up_as_well,
                               people_setup),
        cmocka_unit_test_setup(lists_stay_short_and_keep_who_is_not_known, people_setup),
        cmocka_unit_test_setup(bad_words_change_nothing, people_setup),
    };
    return RUN_WITH_REDIS(tests);
}
