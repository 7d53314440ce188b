/* Surges and declared disasters, the faults of the newer groups, and what differs between packs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "queue/base/file.h"
#include "tests/unit/decision_fixture.h"
#include "workers/rules/policy_diff.h"
#include "workers/rules/rulebook.h"

static struct buf base; /* text of the shipped pack */

static int load(void **state)
{
    buf_init(&base, POLICY_BYTES_MAX);
    return file_read("ops/policy/base.json", &base) == ERR_OK ? decision_load(state) : -1;
}

static int unload(void **state)
{
    buf_release(&base);
    return decision_unload(state);
}

/* The shipped pack with one text replaced; freed by the caller. */
static char *with(const char *from, const char *to)
{
    const char *found = strstr(base.ptr, from);

    if (found == NULL)
        fail_msg("the pack has no %s", from);
    size_t size = base.len + strlen(to) + 1;
    char *text = malloc(size);
    assert_non_null(text);
    snprintf(text, size, "%.*s%s%s", (int)(found - base.ptr), base.ptr, to, found + strlen(from));
    return text;
}

static void refuse(const char *from, const char *to, const char *reason)
{
    struct policy *p = NULL;
    struct buf why;
    char *text = with(from, to);

    buf_init(&why, 1 << 20);
    assert_int_equal(policy_load(slice_of(text), &p, &why), ERR_INPUT);
    if (strstr(why.ptr, reason) == NULL)
        fail_msg("expected \"%s\" in:\n%s", reason, why.ptr);
    buf_release(&why);
    free(text);
}

static struct policy *declared(const char *text, const struct disaster *list, size_t n,
                               struct buf *why)
{
    struct policy *p = NULL;

    if (policy_load_declared(slice_of(text), list, n, &p, why) != ERR_OK)
        fail_msg("refused: %s", why->len > 0 ? why->ptr : "");
    return p;
}

static struct disaster flood(const char *divisions, const char *from, const char *to)
{
    struct disaster d;
    assert_int_equal(rulebook_disaster(7, SLICE_LIT("flood"), slice_of(divisions),
                                       SLICE_LIT("2026年7月暴雨洪涝"), at(from), at(to), &d),
                     ERR_OK);
    return d;
}

#define FROM "2026-07-01T08:00:00+08:00"
#define DURING "2026-07-02T00:00:00+08:00"
#define TO "2026-07-09T00:00:00+08:00"

static void the_newer_groups_are_read_strictly(void **state)
{
    (void)state;
    refuse("\"overdue_permille\": 200, \"ceiling_permille\": 250",
           "\"overdue_permille\": 50, \"ceiling_permille\": 250",
           "/rules/review_debt/steps/1: must need more debt than step 0");
    refuse("\"overdue_permille\": 200, \"ceiling_permille\": 250",
           "\"overdue_permille\": 200, \"ceiling_permille\": 600", "leave no higher ceiling");
    refuse("\"overdue_permille\": 200, \"ceiling_permille\": 250",
           "\"overdue_fen\": 200, \"ceiling_permille\": 250", "by the same measures");
    refuse("\"ceiling_permille\": 500}", "\"ceiling_permille\": 500, \"countersign\": true}",
           "/rules/review_debt/steps/1: stands behind a step with a countersignature");
    refuse("{\"overdue_permille\": 100, \"ceiling_permille\": 500}", "{\"ceiling_permille\": 500}",
           "/rules/review_debt/steps/0: names no debt");
    refuse("\"ceiling_permille\": 0, \"countersign\": true", "\"ceiling_permille\": 0",
           "needs \"countersign\": true");
    refuse("\"participants\": 3", "\"participants\": 2",
           "/rules/conference/participants: must be a whole number 3..");
    refuse("\"complex\"", "\"moody\"", "/rules/conference/triggers/3: is not a known trigger");
    refuse("\"person_year_fen\": 5000000", "\"person_year_fen\": 5000001",
           "/rules/caps: person_year_fen must not exceed household_year_fen");
    refuse("\"recognised_working_days\": 5", "\"recognised_working_days\": 11",
           "recognised_working_days must not exceed");
    refuse("\"answer_days\": 15", "\"answer_days\": 31", "/rules/recovery: answer_days");
    refuse("\"sms_months\": 6", "\"sms_months\": 5", "/rules/retention/sms_months");
    refuse("\"id\": \"flood\"", "\"id\": \"Flood\"", "/surges/0: \"id\" may hold small letters");
    refuse("\"pay_hours\": 48,\n          \"papers", "\"pay_hour\": 48,\n          \"papers",
           "/surges/0/rules/urgent_first/pay_hour: is not a known key");
    refuse("\"months\": 8", "\"months\": 999", "/surges/0/rules/township_ceiling/months");
}

static void a_standing_order_carries_the_record_of_its_signature(void **state)
{
    (void)state;
    const struct standing_order *o = policy_order(policy, 0);
    assert_string_equal(o->signed_by, o->officer);
    assert_string_equal(o->document, "试用文号1号");
    assert_int_equal(o->signed_ms, at("2026-01-01T00:00:00+08:00"));
    refuse("\"signature\": {\"by\": \"demo-officer\"", "\"signature\": {\"by\": \"somebody-else\"",
           "/standing_orders/0: is not signed by the officer whom it names");
    refuse("\"on\": \"2026-01-01\", \"document\"", "\"on\": \"2026-01-02\", \"document\"",
           "is signed after it begins");
    refuse("      \"signature\": {\"by\": \"demo-officer\", \"on\": \"2026-01-01\", \"document\": "
           "\"试用文号1号\"},\n",
           "", "/standing_orders/0/signature: is missing");
    refuse("\"demo\": true,\n      \"divisions\"", "\"surge\": \"storm\",\n      \"divisions\"",
           "/standing_orders/0: \"surge\" names no surge of this pack");
}

static void a_disaster_holds_in_its_area_and_time_and_nowhere_else(void **state)
{
    struct disaster d = flood("520102,5203", FROM, TO);
    struct buf why;
    (void)state;
    buf_init(&why, 4096);
    struct policy *p = declared(base.ptr, &d, 1, &why);
    assert_int_equal(why.len, 0);
    static const struct {
        const char *township, *time;
        bool on;
    } rows[] = {{"520102001", DURING, true},
                {"520102001", FROM, true},
                {"520102001", "2026-07-01T07:59:59+08:00", false},
                {"520102001", TO, false},
                {"520103001", DURING, false},
                {"520381001", DURING, true},
                {"", DURING, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct policy_rules *r = policy_for(p, rows[i].township, at(rows[i].time));
        assert_int_equal(r->township_ceiling.months, rows[i].on ? 8 : 4);
        assert_string_equal(r->disaster, rows[i].on ? "D7" : "");
        assert_string_equal(r->surge, rows[i].on ? "flood" : "");
        assert_string_equal(r->name, policy_name(policy)); /* the same pack */
    }
    assert_string_equal(policy_for(p, "520102001", at(DURING))->disaster_title,
                        "2026年7月暴雨洪涝");
    buf_release(&why);
    policy_free(p);
}

static void a_declared_disaster_goes_over_the_countys_own_year(void **state)
{
    static const char overlay[] =
        "\"overlays\": [{\"title\": \"t\", \"divisions\": [\"520102001\"], \"rank\": 9, "
        "\"effective_from\": \"2026-01-01\", \"rules\": {\"township_ceiling\": {\"months\": 2, "
        "\"legal_basis\": \"x\"}, \"caps\": {\"same_cause_per_year\": 2, \"legal_basis\": "
        "\"x\"}}}]";
    struct disaster d = flood("52", FROM, TO);
    struct buf why;
    char *text = with("\"overlays\": []", overlay);
    (void)state;
    buf_init(&why, 4096);
    struct policy *p = declared(text, &d, 1, &why);
    const struct policy_rules *r = policy_for(p, "520102001", at(DURING));
    assert_int_equal(r->township_ceiling.months, 8);  /* the disaster */
    assert_int_equal(r->caps.same_cause_per_year, 2); /* what it does not name stays the county's */
    assert_int_equal(r->caps.times_per_year, 3);
    assert_int_equal(policy_for(p, "520102001", at(TO))->township_ceiling.months, 2);
    buf_release(&why);
    policy_free(p);
    free(text);
}

static void the_decision_names_the_disaster_and_uses_its_ceilings(void **state)
{
    struct disaster d = flood("520115", "2026-03-01T00:00:00+08:00", TO);
    struct buf why;
    (void)state;
    buf_init(&why, 4096);
    struct policy *p = declared(base.ptr, &d, 1, &why);
    struct decision_input in = input(CAUSE_FLOOD, 4);
    in.policy = p;
    struct decision decision = run(&in); /* no standing order fits: an officer */
    assert_string_equal(decision.disaster, "D7");
    assert_int_equal(decision.officer_first_aid_fen, 662400); /* twice the usual ceiling */
    assert_true(fired(&decision, "SURGE"));
    assert_true(says(&decision, "2026年7月暴雨洪涝"));
    in.township = "520103001";
    decision = run(&in);
    assert_string_equal(decision.disaster, "");
    assert_int_equal(decision.officer_first_aid_fen, 331200);
    buf_release(&why);
    policy_free(p);
}

/* 委托: an order that was signed for the disaster. */
static void an_order_for_the_surge_holds_only_while_it_is_on(void **state)
{
    static const char order[] =
        "\"standing_orders\": [{\"id\": \"FLOOD-1\", \"officer\": \"o7\", \"office\": \"某县\", "
        "\"surge\": \"flood\", \"divisions\": [\"52\"], \"types\": [\"URGENT\"], "
        "\"least_urgency\": "
        "\"NORMAL\", \"qualify\": [{\"any\": [\"shelter_lost\", \"several_persons\"]}], "
        "\"case_fen\": "
        "600000, \"day_fen\": 6000000, \"month_fen\": 60000000, \"valid_from\": \"2026-01-01\", "
        "\"valid_to\": \"2026-12-31\", \"legal_basis\": \"x\", \"signature\": {\"by\": \"o7\", "
        "\"on\": "
        "\"2026-01-01\", \"document\": \"某县〔2026〕7号\"}}, ";
    struct disaster d = flood("520115", "2026-03-01T00:00:00+08:00", TO);
    struct buf why;
    char *text = with("\"standing_orders\": [", order);
    (void)state;
    buf_init(&why, 4096);
    struct policy *p = declared(text, &d, 1, &why);
    struct decision_input in = input(CAUSE_FLOOD, 4);
    in.policy = p;
    in.facts.shelter_lost = true;
    struct decision decision = run(&in);
    assert_string_equal(decision.order_id, "FLOOD-1"); /* before the one that always holds */
    assert_int_equal(decision.first_aid_fen, 600000);
    in.township = "520103001";
    decision = run(&in);
    assert_string_equal(decision.order_id, "DEMO-2026-1");
    buf_release(&why);
    policy_free(p);
    free(text);
}

static void a_disaster_that_cannot_be_used_is_left_out_and_said(void **state)
{
    struct disaster list[2];
    struct buf why;
    (void)state;
    buf_init(&why, 4096);
    list[0] = flood("520102", FROM, TO);
    list[1] = flood("520103", FROM, TO);
    memcpy(list[0].surge, "storm", 6);
    struct policy *p = declared(base.ptr, list, 2, &why);
    assert_non_null(strstr(why.ptr, "the pack holds no such surge as \"storm\""));
    assert_string_equal(policy_for(p, "520102001", at(DURING))->disaster, "");
    assert_string_equal(policy_for(p, "520103001", at(DURING))->disaster, "D7");
    policy_free(p);
    buf_clear(&why);
    /* a county whose least first aid is above what the surge leaves it: the rules stay as they are
     */
    char *text =
        with("\"overlays\": []",
             "\"overlays\": [{\"title\": \"t\", \"divisions\": [\"520103\"], "
             "\"effective_from\": \"2026-01-01\", \"rules\": {\"urgent_first\": {\"months\": 3, "
             "\"legal_basis\": \"x\"}}}]");
    char *narrow = strstr(text, "\"times_per_year\": 3,\n          \"legal");
    assert_non_null(narrow);
    buf_clear(&base);
    buf_put_text(&base, text);
    char *clash =
        with("\"publicity\": {\n          \"urgent_days\": 0",
             "\"urgent_std\": {\"months\": 2, \"legal_basis\": \"x\"},\n        \"publicity\": "
             "{\n          \"urgent_days\": 0");
    /* the surge alone is right: first aid is 2 months in the base */
    memcpy(list[0].surge, "flood", 6);
    p = declared(clash, list, 2, &why);
    assert_non_null(strstr(why.ptr, "disaster D7 is left out: its surge contradicts"));
    assert_string_equal(policy_for(p, "520102001", at(DURING))->disaster,
                        "D7"); /* the other one holds */
    assert_string_equal(policy_for(p, "520103001", at(DURING))->disaster, "");
    assert_int_equal(policy_for(p, "520103001", at(DURING))->urgent_first.months, 3);
    policy_free(p);
    free(clash);
    free(text);
    buf_release(&why);
    buf_clear(&base);
    assert_int_equal(file_read("ops/policy/base.json", &base), ERR_OK);
}

static void as_many_disasters_as_may_be_declared_hold_at_once(void **state)
{
    static struct disaster list[POLICY_DISASTERS_MAX];
    struct buf why;
    char code[16];
    (void)state;
    buf_init(&why, 65536);
    for (int i = 0; i < POLICY_DISASTERS_MAX; i++) {
        list[i] = flood("52", FROM, TO);
        list[i].division_count = ORDER_DIVISIONS_MAX;
        for (int k = 0; k < ORDER_DIVISIONS_MAX; k++)
            snprintf(list[i].divisions[k], sizeof list[i].divisions[k], "52%07d",
                     i * ORDER_DIVISIONS_MAX + k);
    }
    struct policy *p = declared(base.ptr, list, POLICY_DISASTERS_MAX, &why);
    assert_int_equal(why.len, 0);
    for (int i = 0; i < POLICY_DISASTERS_MAX * ORDER_DIVISIONS_MAX; i += 97) {
        snprintf(code, sizeof code, "52%07d", i);
        assert_string_equal(policy_for(p, code, at(DURING))->disaster, "D7");
    }
    policy_free(p);
    buf_release(&why);
}

static void stored_disasters_are_read_strictly(void **state)
{
    struct disaster d = {.id = "untouched"};
    const struct slice surge = SLICE_LIT("flood"), title = SLICE_LIT("t");
    (void)state;
    assert_int_equal(rulebook_disaster(1, surge, SLICE_LIT("520"), title, 1, 2, &d), ERR_INPUT);
    assert_int_equal(rulebook_disaster(1, surge, SLICE_LIT("52,x1"), title, 1, 2, &d), ERR_INPUT);
    assert_int_equal(rulebook_disaster(1, surge, SLICE_LIT(""), title, 1, 2, &d), ERR_INPUT);
    assert_int_equal(rulebook_disaster(1, surge, SLICE_LIT("52"), title, 2, 2, &d), ERR_INPUT);
    assert_int_equal(rulebook_disaster(1, SLICE_LIT("a-surge-with-a-name-too-long"),
                                       SLICE_LIT("52"), title, 1, 2, &d),
                     ERR_INPUT);
    assert_string_equal(d.id, "untouched");
    assert_int_equal(rulebook_disaster(1, surge, SLICE_LIT("52,5303,530302001"), title, 1, 2, &d),
                     ERR_OK);
    assert_int_equal(d.division_count, 3);
}

static void a_refresh_that_fails_leaves_the_rules(void **state)
{
    struct policy *p = NULL;
    struct buf why;
    struct disaster d = flood("520102", FROM, TO);
    (void)state;
    buf_init(&why, 1 << 20);
    assert_int_equal(policy_load(buf_slice(&base), &p, &why), ERR_OK);
    const struct policy *before = p;
    assert_int_equal(rulebook_refresh(&p, SLICE_LIT("{\"format\": 1}"), NULL, 0, &why), ERR_INPUT);
    assert_ptr_equal(p, before);
    assert_int_equal(policy_order_count(p),
                     0); /* what was activated is something else: officers decide */
    assert_int_equal(policy_for(p, "", at(DURING))->standard.dibao_month_fen, 82800);
    assert_int_equal(rulebook_refresh(&p, SLICE_LIT(""), &d, 1, &why),
                     ERR_OK); /* the same pack, a disaster */
    assert_string_equal(policy_for(p, "520102001", at(DURING))->disaster, "D7");
    assert_int_equal(policy_order_count(p), 1);
    assert_int_equal(rulebook_refresh(&p, SLICE_LIT(""), NULL, 0, &why), ERR_OK);
    assert_string_equal(policy_for(p, "520102001", at(DURING))->disaster, "");
    assert_true(slice_eq(policy_text(p), buf_slice(&base)));
    policy_free(p);
    buf_release(&why);
}

/* ---- Differences ---- */

struct found {
    int count;
    char text[16][400];
};

static void keep(void *data, const struct policy_difference *d)
{
    struct found *f = data;
    if (f->count < 16)
        snprintf(f->text[f->count], sizeof f->text[0], "%s|%s|%.100s|%.100s", d->where, d->key,
                 d->before, d->after);
    f->count++;
}

static bool has(const struct found *f, const char *text)
{
    for (int i = 0; i < f->count && i < 16; i++) {
        if (strcmp(f->text[i], text) == 0)
            return true;
    }
    return false;
}

static int differences(const char *from, const char *to, struct found *f)
{
    struct policy *p = NULL;
    struct buf why;
    char *text = with(from, to);

    buf_init(&why, 1 << 20);
    f->count = 0;
    if (policy_load(slice_of(text), &p, &why) != ERR_OK)
        fail_msg("refused: %s", why.ptr);
    int n = policy_diff(policy, p, at("2026-03-02T09:00:00+08:00"), keep, f);
    assert_int_equal(n, f->count);
    policy_free(p);
    buf_release(&why);
    free(text);
    return n;
}

static void what_leads_to_no_conference_goes_to_the_county(void **state)
{
    struct policy *p = NULL;
    char *text =
        with("[\"year_cap\", \"times\", \"county_ceiling\", \"complex\"]", "[\"year_cap\"]");
    (void)state;
    assert_int_equal(policy_load(slice_of(text), &p, NULL), ERR_OK);
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.facts.shelter_lost = true;
    in.person.times = 2;
    assert_int_equal(run(&in).track, TRACK_CONFERENCE);
    in.policy = p;
    struct decision d = run(&in);
    assert_int_equal(d.track, TRACK_COUNTY);
    assert_int_equal(d.tier, TIER_COUNTY);
    assert_int_equal(d.amount_fen, 0);
    assert_true(says(&d, "由县级说明理由后决定"));
    in.person.times = 0;
    in.person.paid_fen = 5000000;
    assert_int_equal(run(&in).track, TRACK_CONFERENCE);
    policy_free(p);
    free(text);
}

static void caps_of_the_person_and_of_the_townships_day_bind_as_well(void **state)
{
    struct policy *p = NULL;
    char *text = with("\"person_year_fen\": 5000000,\n      \"township_day_fen\": 0",
                      "\"person_year_fen\": 100000,\n      \"township_day_fen\": 200000");
    (void)state;
    assert_int_equal(policy_load(slice_of(text), &p, NULL), ERR_OK);
    struct decision_input in = input(CAUSE_FIRE, 1);
    in.policy = p;
    in.facts.shelter_lost = true;
    struct decision d =
        run(&in); /* 1656 yuan, the person may have 1000: a person decides on less */
    assert_int_equal(d.amount_fen, 100000);
    assert_int_equal(d.over_cap_fen, 65600);
    assert_false(d.by_rule);
    assert_true(fired(&d, "CAPS.person_year"));
    assert_true(says(&d, "个人本年度累计限额"));
    in = input(CAUSE_ROBBERY, 1);
    in.policy = p;
    in.facts.stranded = true;
    in.fund.today_fen = 180000; /* 200 yuan are left of the township's day, 496.80 wanted */
    d = run(&in);
    assert_true(d.by_rule);
    assert_int_equal(d.first_aid_fen, 20000);
    assert_int_equal(d.follow_up_tier, TIER_COUNTY);
    in.fund.today_fen = 200000;
    d = run(&in);
    assert_int_equal(d.track, TRACK_COUNTY);
    assert_true(says(&d, "今日先行救助额度已用完"));
    policy_free(p);
    free(text);
}

static void a_difference_is_told_where_it_is_with_both_values(void **state)
{
    static struct found f;
    (void)state;
    assert_int_equal(policy_diff(policy, policy, at(DURING), keep, &f), 0);
    assert_int_equal(differences("\"months_max\": 6", "\"months_max\": 12", &f), 1);
    assert_string_equal(f.text[0], "|expense.months_max|6|12");
    assert_int_equal(differences("[300, 600, 1000]", "[300, 500, 1000]", &f), 1);
    assert_string_equal(f.text[0], "|small_fast.tier_permille|[300,600,1000]|[300,500,1000]");
    assert_int_equal(differences("\"overdue_permille\": 100", "\"overdue_permille\": 90", &f), 1);
    assert_non_null(strstr(f.text[0], "|review_debt.steps|[{\"overdue_permille\":100,"));
    assert_int_equal(differences("\"months\": 8", "\"months\": 9", &f), 1);
    assert_string_equal(f.text[0], "surge flood|township_ceiling.months|8|9");
    assert_int_equal(differences("\"case_fen\": 331200", "\"case_fen\": 331201", &f), 1);
    assert_non_null(strstr(f.text[0], "order DEMO-2026-1|order|"));
    assert_int_equal(differences("\"version\": \"2026.1\"", "\"version\": \"2026.2\"", &f), 0);
}

static void a_division_is_told_only_where_it_differs_in_another_way(void **state)
{
    static struct found f;
    (void)state;
    int n = differences(
        "\"overlays\": []",
        "\"overlays\": [{\"title\": \"t\", \"divisions\": [\"520102\"], \"effective_from\": "
        "\"2026-01-01\", \"rules\": {\"caps\": {\"times_per_year\": 4, \"legal_basis\": "
        "\"x\"}}}]",
        &f);
    assert_int_equal(n, 3); /* the number, its basis, the overlay itself */
    assert_true(has(&f, "520102|caps.times_per_year|2|4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newer_groups_are_read_strictly),
        cmocka_unit_test(a_standing_order_carries_the_record_of_its_signature),
        cmocka_unit_test(a_disaster_holds_in_its_area_and_time_and_nowhere_else),
        cmocka_unit_test(a_declared_disaster_goes_over_the_countys_own_year),
        cmocka_unit_test(the_decision_names_the_disaster_and_uses_its_ceilings),
        cmocka_unit_test(an_order_for_the_surge_holds_only_while_it_is_on),
        cmocka_unit_test(a_disaster_that_cannot_be_used_is_left_out_and_said),
        cmocka_unit_test(as_many_disasters_as_may_be_declared_hold_at_once),
        cmocka_unit_test(stored_disasters_are_read_strictly),
        cmocka_unit_test(a_refresh_that_fails_leaves_the_rules),
        cmocka_unit_test(what_leads_to_no_conference_goes_to_the_county),
        cmocka_unit_test(caps_of_the_person_and_of_the_townships_day_bind_as_well),
        cmocka_unit_test(a_difference_is_told_where_it_is_with_both_values),
        cmocka_unit_test(a_division_is_told_only_where_it_differs_in_another_way),
    };
    return cmocka_run_group_tests_name("policy_surge", tests, load, unload);
}
