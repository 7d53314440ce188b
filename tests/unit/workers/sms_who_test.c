/* What a citizen and an officer are told about a case: who has it, what is due, what is needed. */
#include "tests/support/test.h"

#include "workers/sms_who.h"

#define NOW 1000000

static void the_nearest_deadline_ahead_is_the_next_one(void **state)
{
    static const struct {
        const char *review, *clocks;
        int64_t due_ms;
    } ROWS[] = {
        {"", "", 0},
        {"BOOKED:2000000", "", 2000000},
        {"BOOKED:500000", "", 0}, /* passed */
        {"BOOKED:2000000", "review=1500000/1400000/0;county=3000000/2900000/0", 1500000},
        {"BOOKED:1200000", "review=1500000/1400000/0", 1200000},
        {"", "review=900000/800000/2;county=3000000/2900000/0", 3000000},
        {"", "paused=1500000/1/0;pay=1700000/1/p", 1700000}, /* what stands still has no time */
        {"DONE", "x", 0},
        {"VOID:0", "review=x/1/0", 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        int64_t due_ms = sms_next_due(slice_of(ROWS[i].review), slice_of(ROWS[i].clocks), NOW);
        if (due_ms != ROWS[i].due_ms) {
            fail_msg("'%s' '%s': %lld", ROWS[i].review, ROWS[i].clocks, (long long)due_ms);
        }
    }
}

static void an_officer_reads_urgency_cause_people_and_needs(void **state)
{
    struct buf out;
    const struct case_facts fire = {
        .cause = CAUSE_FIRE, .persons = 4, .shelter_lost = true, .danger_to_life = true};
    const struct case_facts school = {.cause = CAUSE_EDUCATION, .persons = 1};
    (void)state;
    buf_init(&out, 1000);
    sms_need(&fire, slice_make(NULL, 0), &out);
    assert_slice(buf_slice(&out), "特急，火灾，4人，无住处");
    buf_clear(&out);
    sms_need(&school, SLICE_LIT("URGENT"), &out);
    assert_slice(buf_slice(&out), "紧急，教育支出，1人");
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_deadline_ahead_is_the_next_one),
        cmocka_unit_test(an_officer_reads_urgency_cause_people_and_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
