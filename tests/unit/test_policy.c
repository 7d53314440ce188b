/* The policy pack: what is refused and how it says so, overlays, standing orders, the hash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "queue/domain/json_check.h"
#include "workers/rules/decision.h"

static struct buf base; /* text of the shipped pack */

static int load(void **state)
{
    (void)state;
    buf_init(&base, POLICY_BYTES_MAX);
    return file_read("ops/policy/base.json", &base) == ERR_OK ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    buf_release(&base);
    return 0;
}

static int64_t at(const char *rfc3339)
{
    int64_t ms = 0;
    assert_int_equal(clock_parse_rfc3339(slice_of(rfc3339), &ms), ERR_OK);
    return ms;
}

/* The shipped pack with one text replaced; the first occurrence, which must exist. Freed by the
 * caller. */
static char *with(const char *from, const char *to)
{
    const char *found = strstr(base.ptr, from);

    if (found == NULL)
        fail_msg("the pack has no %s", from);
    size_t head = (size_t)(found - base.ptr);
    size_t size = base.len + strlen(to) + 1;
    char *text = malloc(size);
    assert_non_null(text);
    snprintf(text, size, "%.*s%s%s", (int)head, base.ptr, to, found + strlen(from));
    return text;
}

static struct policy *load_text(const char *text)
{
    struct policy *p = NULL;
    struct buf why;

    buf_init(&why, 1 << 20);
    if (policy_load(slice_of(text), &p, &why) != ERR_OK)
        fail_msg("refused: %s", why.ptr);
    assert_int_equal(why.len, 0);
    buf_release(&why);
    return p;
}

static void refuse(const char *from, const char *to, const char *reason)
{
    struct policy *p = NULL;
    struct buf why;
    char *text = with(from, to);

    buf_init(&why, 1 << 20);
    assert_int_equal(policy_load(slice_of(text), &p, &why), ERR_INPUT);
    assert_null(p);
    assert_non_null(why.ptr);
    if (strstr(why.ptr, reason) == NULL)
        fail_msg("expected \"%s\" in:\n%s", reason, why.ptr);
    buf_release(&why);
    assert_int_equal(policy_load(slice_of(text), &p, NULL),
                     ERR_INPUT); /* without a buffer as well */
    free(text);
}

static void the_shipped_pack_holds_the_defaults(void **state)
{
    (void)state;
    struct policy *p = load_text(base.ptr);
    const struct policy_rules *r = policy_for(p, "520115001", at("2026-03-02T09:00:00+08:00"));
    assert_int_equal(r->standard.dibao_month_fen, 82800);
    assert_int_equal(r->small_fast.tier_permille[1], 600);
    assert_int_equal(r->urgent_first.months, 2);
    assert_int_equal(r->urgent_first.pay_hours, 24);
    assert_int_equal(r->urgent_first.papers_working_days, 5);
    assert_int_equal(r->township_ceiling.amount_fen, 500000);
    assert_int_equal(r->caps.household_year_fen, 5000000);
    assert_int_equal(r->dispatch.minutes[URGENCY_CRITICAL], 60);
    assert_int_equal(r->dispatch.minutes[URGENCY_NORMAL], 1440);
    assert_int_equal(r->give_back.times, 3);
    assert_int_equal(r->clock_pause.reasons, 15);
    assert_string_equal(r->name, policy_name(p));
    assert_int_equal(strncmp(r->name, "2026.1+", 7), 0);
    assert_int_equal(strlen(r->name), 7 + 16);
    assert_int_equal(policy_order_count(p), 1);
    assert_non_null(policy_order_by_id(p, SLICE_LIT("DEMO-2026-1")));
    assert_null(policy_order_by_id(p, SLICE_LIT("DEMO")));
    policy_free(p);
    policy_free(NULL);
}

static void every_fault_has_its_line_pointer_and_remedy(void **state)
{
    (void)state;
    refuse("\"months_max\": 6", "\"months_max\": 99",
           ": /rules/expense/months_max: must be a whole number 1..24");
    refuse("\"months_max\": 6", "\"months_max\": 6.5",
           "/rules/expense/months_max: must be a whole number");
    refuse("\"months_max\": 6", "\"months_max\": \"6\"",
           "/rules/expense/months_max: must be a whole number");
    refuse("\"months_max\": 6,", "", "/rules/expense/months_max: is missing: add \"months_max\"");
    refuse("\"months_max\"", "\"month_max\"",
           "/rules/expense/month_max: is not a known key here: remove it or use one");
    refuse("\"demo\": true", "\"demo\": 1", "/rules/standard/demo: must be true or false");
    refuse("[300, 600, 1000]", "[300, 600, 1001]",
           "/rules/small_fast/tier_permille/2: must be 1..1000");
    refuse("[300, 600, 1000]", "[300, 600]",
           "/rules/small_fast/tier_permille: must list 3 numbers");
    refuse("[300, 600, 1000]", "[700, 600, 1000]",
           "/rules/small_fast: tier_permille must not fall");
    refuse("\"version\": \"2026.1\"", "\"version\": \"2026 1\"", "\"version\" may hold letters");
    refuse("\"format\": 1", "\"format\": 2", "line 2: /format: must be a whole number 1..1");
    refuse("\"causes\": [\"fire\"]", "\"causes\": [\"fier\"]", "/causes/0: is not a known cause");
    refuse("\"any\": [\"danger_to_life\"]", "\"any\": []", "/rules/triage/rules/0/any: is empty");
    refuse("\"id\": \"child\"", "\"id\": \"life\"", "/rules/triage/rules/1: has the id of rule 0");
    refuse("{\"id\": \"other\", ", "{\"id\": \"other\", \"any\": [\"stranded\"], ",
           "the last rule must have no condition");
    refuse("\"type\": \"OTHER\"", "\"type\": \"OTHERS\"", "\"type\" must be SMALL_FAST");
    refuse("\"format\": 1", "\"format\": 1, \"format\": 1", "not valid JSON");
    refuse("{", "", "not valid JSON");
}

static void a_standing_order_is_refused_when_it_is_too_wide(void **state)
{
    (void)state;
    refuse("\"types\": [\"URGENT\", \"SMALL_FAST\"]", "\"types\": [\"EXPENSE\"]",
           "/standing_orders/0/types/0: is not a known type that may be approved by rule");
    refuse("\"case_fen\": 331200", "\"case_fen\": 3312000",
           "/standing_orders/0: ceilings must not fall");
    refuse("\"valid_to\": \"2028-12-31\"", "\"valid_to\": \"2036-12-31\"",
           "an authorisation must expire");
    refuse("\"valid_to\": \"2028-12-31\"", "\"valid_to\": null",
           "/standing_orders/0/valid_to: must be a date");
    refuse("\"valid_to\": \"2028-12-31\"", "\"valid_to\": \"2025-12-31\"", "must not lie before");
    refuse("\"divisions\": [\"\"]", "\"divisions\": [\"52a\"]",
           "/standing_orders/0/divisions/0: must be a division code");
    refuse("\"divisions\": [\"\"]", "\"divisions\": []", "must hold 1..");
    refuse("{\"causes\": [\"robbery\", \"stranded\"], \"all\": [\"stranded\"]}",
           "{\"causes\": [\"robbery\"]}", "/standing_orders/0/qualify/1: names no fact");
    refuse("\"officer\": \"demo-officer\"", "\"officer\": \"\"",
           "/standing_orders/0/officer: must be a text");
    refuse("\"least_urgency\": \"URGENT\"", "\"least_urgency\": \"SOON\"",
           "\"least_urgency\" must be");
}

static void all_faults_come_at_once(void **state)
{
    struct buf why;
    struct policy *p = NULL;
    int lines = 0;

    (void)state;
    buf_init(&why, 1 << 20);
    assert_int_equal(
        policy_load(SLICE_LIT("{\n\"format\": 3,\n\"rules\": {\"standard\": {}},\n\"x\": 1}"), &p,
                    &why),
        ERR_INPUT);
    for (const char *c = why.ptr; *c != '\0'; c++)
        lines += *c == '\n';
    assert_in_range(lines, 20, JSON_CHECK_FAULTS_MAX);
    assert_non_null(strstr(why.ptr, "line 4: /x: is not a known key"));
    assert_non_null(strstr(why.ptr, "line 3: /rules/standard/dibao_month_fen: is missing"));
    assert_non_null(strstr(why.ptr, "/rules/triage: is missing: add the group \"triage\""));
    buf_release(&why);
}

static const char overlays[] =
    "\"overlays\": ["
    "{\"divisions\": [\"520115\"], \"rank\": 1, \"title\": \"flood\", \"effective_from\": "
    "\"2026-07-20\","
    " \"effective_to\": \"2026-08-20\", \"rules\": {\"urgent_first\": {\"pay_hours\": 48, "
    "\"legal_basis\": \"f\"}}},"
    "{\"divisions\": [\"520115\", \"520181\"], \"title\": \"county\", \"effective_from\": "
    "\"2026-07-01\","
    " \"effective_to\": \"2026-12-31\", \"rules\": {\"urgent_first\": {\"pay_hours\": 36, "
    "\"legal_basis\": \"c\"},"
    "             \"standard\": {\"dibao_month_fen\": 75500, \"legal_basis\": \"c\"}}},"
    "{\"divisions\": [\"52\"], \"title\": \"province\", \"effective_from\": \"2026-01-01\", "
    "\"effective_to\": null,"
    " \"rules\": {\"expense\": {\"months_max\": 12, \"legal_basis\": \"p\"},"
    "             \"standard\": {\"dibao_month_fen\": 70000, \"demo\": false, \"legal_basis\": "
    "\"p\"}}}]";

static void overlays_lie_over_the_base_by_division_and_date(void **state)
{
    (void)state;
    char *text = with("\"overlays\": []", overlays);
    struct policy *p = load_text(text);
    static const struct {
        const char *township, *at;
        int64_t standard;
        int months_max, pay_hours;
    } rows[] = {
        {"110101001", "2026-07-25T12:00:00+08:00", 82800, 6, 24},
        {"", "2026-07-25T12:00:00+08:00", 82800, 6, 24},
        {"520102001", "2025-12-31T23:59:59.999+08:00", 82800, 6, 24},
        {"520102001", "2026-01-01T00:00:00+08:00", 70000, 12, 24},
        {"520115001", "2026-06-30T23:59:59+08:00", 70000, 12, 24},
        {"520115001", "2026-07-01T00:00:00+08:00", 75500, 12, 36},
        {"520115001", "2026-07-20T00:00:00+08:00", 75500, 12, 48},
        {"520115001", "2026-08-20T23:59:59.999+08:00", 75500, 12,
         48}, /* the last day is in force */
        {"520115001", "2026-08-21T00:00:00+08:00", 75500, 12, 36},
        {"520181100002", "2026-08-01T00:00:00+08:00", 75500, 12, 36},
        {"520115001", "2027-01-01T00:00:00+08:00", 70000, 12, 24},
        {"520115001", "2099-01-01T00:00:00+08:00", 70000, 12, 24},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct policy_rules *r = policy_for(p, rows[i].township, at(rows[i].at));
        assert_int_equal(r->standard.dibao_month_fen, rows[i].standard);
        assert_int_equal(r->expense.months_max, rows[i].months_max);
        assert_int_equal(r->urgent_first.pay_hours, rows[i].pay_hours);
        assert_string_equal(r->name, policy_name(p));
    }
    assert_int_equal(policy_overlay_count(p), 4);
    assert_int_equal(policy_for(p, "52", INT64_MAX)->expense.months_max,
                     6); /* out of time: the base */
    policy_free(p);
    free(text);
}

static void overlays_that_contradict_are_refused(void **state)
{
    (void)state;
    refuse("\"overlays\": []",
           "\"overlays\": [{\"divisions\": [\"52\"], \"title\": \"a\", \"effective_from\": "
           "\"2026-01-01\", \"rules\": {}},"
           "{\"divisions\": [\"52\"], \"title\": \"b\", \"effective_from\": \"2026-06-01\", "
           "\"rules\": {}}]",
           "/overlays/1: overlaps overlay 0 for division \"52\"");
    refuse("\"overlays\": []",
           "\"overlays\": [{\"divisions\": [\"52\"], \"title\": \"a\", \"effective_from\": "
           "\"2026-01-01\","
           " \"rules\": {\"standard\": {\"dibao_month_fen\": 70000}}}]",
           "/overlays/0/rules/standard/legal_basis: is missing");
    refuse("\"overlays\": []",
           "\"overlays\": [{\"divisions\": [\"52\"], \"title\": \"a\", \"effective_from\": "
           "\"2026-01-01\","
           " \"rules\": {\"urgent_first\": {\"months\": 5, \"legal_basis\": \"x\"}}}]",
           "/overlays/0/rules/urgent_first: months must not exceed urgent_std.months");
    refuse("\"overlays\": []",
           "\"overlays\": [{\"divisions\": [\"5\"], \"title\": \"a\", \"effective_from\": "
           "\"2026-01-01\", \"rules\": {}}]",
           "/overlays/0/divisions/0: must be a division code");
}

static void a_demo_order_is_void_where_a_county_has_set_its_own_standard(void **state)
{
    (void)state;
    char *text = with("\"overlays\": []", overlays);
    struct policy *p = load_text(text);
    int64_t now = at("2026-03-02T09:00:00+08:00");
    uint32_t facts = UINT32_C(1) << FACT_SHELTER_LOST;
    assert_null(
        policy_order_for(p, "520115001", now, RELIEF_URGENT, URGENCY_CRITICAL, CAUSE_FIRE, facts));
    assert_non_null(
        policy_order_for(p, "110101001", now, RELIEF_URGENT, URGENCY_CRITICAL, CAUSE_FIRE, facts));
    assert_null(
        policy_order_for(p, "110101001", now, RELIEF_URGENT, URGENCY_NORMAL, CAUSE_FIRE, facts));
    assert_null(
        policy_order_for(p, "110101001", now, RELIEF_EXPENSE, URGENCY_CRITICAL, CAUSE_FIRE, facts));
    assert_null(
        policy_order_for(p, "110101001", now, RELIEF_URGENT, URGENCY_CRITICAL, CAUSE_FIRE, 0));
    policy_free(p);
    free(text);
}

static void the_order_of_the_nearer_authority_goes_first(void **state)
{
    (void)state;
    const char *first = strstr(base.ptr, "{\n      \"id\": \"DEMO-2026-1\"");
    assert_non_null(first);
    char *copy = strdup(first);
    *strstr(copy, "\n    }\n") = '\0';
    char *county = malloc(strlen(copy) + 64);
    char *id = strstr(copy, "DEMO-2026-1"), *divisions;
    memcpy(id, "COUNTY-26-1", 11);
    divisions = strstr(copy, "[\"\"]");
    assert_non_null(divisions);
    snprintf(county, strlen(copy) + 64, "%.*s[\"520115\"]%s\n    },\n    ", (int)(divisions - copy),
             copy, divisions + 4);
    char *both = malloc(strlen(county) + 64);
    snprintf(both, strlen(county) + 64, "%s{\n      \"id\": \"DEMO-2026-1\"", county);
    char *text = with("{\n      \"id\": \"DEMO-2026-1\"", both);
    struct policy *p = load_text(text);
    int64_t now = at("2026-03-02T09:00:00+08:00");
    uint32_t facts = UINT32_C(1) << FACT_FOOD_LOST;
    assert_int_equal(policy_order_count(p), 2);
    assert_string_equal(
        policy_order_for(p, "520115001", now, RELIEF_URGENT, URGENCY_URGENT, CAUSE_FLOOD, facts)
            ->id,
        "COUNTY-26-1");
    assert_string_equal(
        policy_order_for(p, "520102001", now, RELIEF_URGENT, URGENCY_URGENT, CAUSE_FLOOD, facts)
            ->id,
        "DEMO-2026-1");
    policy_free(p);
    free(text);
    free(both);
    free(county);
    free(copy);
}

static void the_hash_names_the_content_not_the_layout(void **state)
{
    (void)state;
    struct policy *a = load_text(base.ptr);
    char *spaced = with("\"months_max\": 6,\n      \"months_default\": 1,",
                        "\"months_default\":1,\"months_max\":    6,");
    char *changed = with("\"months_max\": 6", "\"months_max\": 7");
    struct policy *b = load_text(spaced), *c = load_text(changed);
    assert_true(policy_hash(a) == policy_hash(b));
    assert_string_equal(policy_name(a), policy_name(b));
    assert_true(policy_hash(a) != policy_hash(c));
    assert_string_equal(policy_version(a), policy_version(c));
    policy_free(a);
    policy_free(b);
    policy_free(c);
    free(spaced);
    free(changed);
}

static void a_pack_with_an_overlay_for_every_county_of_a_province_loads(void **state)
{
    (void)state;
    struct buf text, list;
    buf_init(&list, 1 << 20);
    buf_put_text(&list, "\"overlays\": [");
    for (int i = 0; i < POLICY_OVERLAYS_MAX; i++)
        buf_putf(&list,
                 "%s{\"divisions\": [\"52%04d\"], \"title\": \"c\", \"effective_from\": "
                 "\"2026-01-01\", \"rules\": "
                 "{\"standard\": {\"dibao_month_fen\": %d, \"legal_basis\": \"x\"}}}",
                 i == 0 ? "" : ",", i, 60000 + i);
    buf_put_text(&list, "]");
    buf_init(&text, POLICY_BYTES_MAX);
    char *full = with("\"overlays\": []", list.ptr);
    struct policy *p = load_text(full);
    assert_int_equal(
        policy_for(p, "520007001", at("2026-03-02T09:00:00+08:00"))->standard.dibao_month_fen,
        60007);
    assert_int_equal(
        policy_for(p, "520511001", at("2026-03-02T09:00:00+08:00"))->standard.dibao_month_fen,
        60511);
    policy_free(p);
    free(full);
    buf_release(&text);
    buf_release(&list);
}

static void conditions_hold_as_they_read(void **state)
{
    const uint32_t shelter = UINT32_C(1) << FACT_SHELTER_LOST, food = UINT32_C(1) << FACT_FOOD_LOST;
    const struct condition c = {UINT32_C(1) << CAUSE_FIRE, 0, shelter | food,
                                UINT32_C(1) << FACT_RECOGNISED};
    const struct condition all = {0, shelter | food, 0, 0}, always = {0, 0, 0, 0};

    (void)state;
    assert_true(condition_holds(&c, CAUSE_FIRE, food));
    assert_false(condition_holds(&c, CAUSE_FLOOD, food));
    assert_false(condition_holds(&c, CAUSE_FIRE, 0));
    assert_false(condition_holds(&c, CAUSE_FIRE, food | UINT32_C(1) << FACT_RECOGNISED));
    assert_true(condition_holds(&all, CAUSE_OTHER, shelter | food));
    assert_false(condition_holds(&all, CAUSE_OTHER, shelter));
    assert_true(condition_holds(&always, CAUSE_OTHER, 0));
}

static void no_pack_can_make_danger_to_life_wait(void **state)
{
    (void)state;
    char *text =
        with("\"any\": [\"danger_to_life\"], \"type\": \"URGENT\", \"urgency\": \"CRITICAL\"",
             "\"any\": [\"danger_to_life\"], \"type\": \"OTHER\", \"urgency\": \"NORMAL\"");
    struct policy *p = load_text(text);
    static struct calendar calendar;
    struct decision d;
    struct decision_input in = {.policy = p, .calendar = &calendar, .township = "520115001"};
    in.facts.danger_to_life = true;
    in.fund.available_fen = 1000000;
    in.now_ms = at("2026-03-02T09:00:00+08:00");
    decide(&in, &d);
    assert_int_equal(d.type, RELIEF_URGENT);
    assert_int_equal(d.urgency, URGENCY_CRITICAL);
    assert_int_equal(d.track, TRACK_FIRST_AID);
    assert_true(d.calendar_assumed);
    policy_free(p);
    free(text);
}

/* Cut and damaged packs are refused or accepted, never read out of bounds (runs under the
 * sanitizers). */
static void damaged_packs_do_no_harm(void **state)
{
    uint32_t seed = 4711;

    (void)state;
    char *text = malloc(base.len + 1);
    assert_non_null(text);
    for (int i = 0; i < 400; i++) {
        memcpy(text, base.ptr, base.len + 1);
        for (int k = 0; k < 1 + i % 3; k++) {
            seed = seed * 1664525u + 1013904223u;
            size_t where = (seed >> 8) % base.len;
            text[where] = "0,\"}{][:9x "[seed % 11];
        }
        struct policy *p = NULL;
        struct buf why;
        buf_init(&why, 1 << 20);
        enum err err =
            policy_load(slice_make(text, i % 5 == 0 ? seed % base.len : base.len), &p, &why);
        assert_true(err == ERR_OK || err == ERR_INPUT);
        assert_true((err == ERR_OK) == (p != NULL));
        assert_true((err == ERR_OK) == (why.len == 0));
        policy_free(p);
        buf_release(&why);
    }
    free(text);
}

static void lines_are_found_by_pointer(void **state)
{
    static const char text[] =
        "{\n \"a\": [1,\n  {\"b/c\": {\"d~e\":\n 5}},\n \"x, ] }\\\"\"\n ],\n \"z\": null\n}";

    (void)state;
    assert_int_equal(json_check_line(slice_of(text), ""), 1);
    assert_int_equal(json_check_line(slice_of(text), "/a"), 2);
    assert_int_equal(json_check_line(slice_of(text), "/a/1"), 3);
    assert_int_equal(json_check_line(slice_of(text), "/a/1/b~1c"), 3);
    assert_int_equal(json_check_line(slice_of(text), "/a/1/b~1c/d~0e"), 4);
    assert_int_equal(json_check_line(slice_of(text), "/a/2"), 5);
    assert_int_equal(json_check_line(slice_of(text), "/z"), 7);
    assert_int_equal(json_check_line(slice_of(text), "/a/9"), 2);
    assert_int_equal(json_check_line(slice_of(text), "/a/1/none"), 3);
    assert_int_equal(json_check_line(slice_of(text), "/none"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shipped_pack_holds_the_defaults),
        cmocka_unit_test(every_fault_has_its_line_pointer_and_remedy),
        cmocka_unit_test(a_standing_order_is_refused_when_it_is_too_wide),
        cmocka_unit_test(all_faults_come_at_once),
        cmocka_unit_test(overlays_lie_over_the_base_by_division_and_date),
        cmocka_unit_test(overlays_that_contradict_are_refused),
        cmocka_unit_test(a_demo_order_is_void_where_a_county_has_set_its_own_standard),
        cmocka_unit_test(the_order_of_the_nearer_authority_goes_first),
        cmocka_unit_test(the_hash_names_the_content_not_the_layout),
        cmocka_unit_test(a_pack_with_an_overlay_for_every_county_of_a_province_loads),
        cmocka_unit_test(conditions_hold_as_they_read),
        cmocka_unit_test(no_pack_can_make_danger_to_life_wait),
        cmocka_unit_test(damaged_packs_do_no_harm),
        cmocka_unit_test(lines_are_found_by_pointer),
    };
    return cmocka_run_group_tests_name("policy", tests, load, unload);
}
