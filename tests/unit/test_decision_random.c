/* The decision, on random and extreme input: what must hold whatever comes in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/money.h"
#include "tests/unit/decision_fixture.h"

static uint64_t seed;

static uint64_t any(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static int64_t any_fen(void)
{
    static const int64_t edges[] = {0,      1,      -1,      9999,           10000,     331199,
                                    331200, 331201, 5000000, AMOUNT_FEN_MAX, INT64_MAX, INT64_MIN};
    return any(3) == 0 ? edges[any(COUNT_OF(edges))] : (int64_t)any(6000000);
}

static struct decision_input any_input(void)
{
    struct decision_input in = input((enum cause)any(CAUSE_COUNT), (int)any(120) - 5);

    in.facts.months = (int)any(40) - 5;
    in.facts.net_expense_fen = any_fen();
    in.facts.asked_fen = any(2) == 0 ? 0 : any_fen();
    in.facts.danger_to_life = any(6) == 0;
    in.facts.shelter_lost = any(3) == 0;
    in.facts.food_lost = any(3) == 0;
    in.facts.child_alone = any(6) == 0;
    in.facts.income_stopped = any(3) == 0;
    in.facts.wants_person = any(8) == 0;
    in.facts.stranded = any(3) == 0;
    in.person = (struct relief_history){any_fen(), (int)any(4), (int)any(3), (int)any(8) == 0};
    in.household = (struct relief_history){any_fen(), (int)any(3), (int)any(3), 0};
    in.fund = (struct relief_fund){.available_fen = any_fen(),
                                   .today_fen = any(2) == 0 ? 0 : any_fen(),
                                   .order_today_fen = any(2) == 0 ? 0 : any_fen(),
                                   .order_month_fen = any(2) == 0 ? 0 : any_fen(),
                                   .county_fen = any(2) == 0 ? 0 : any_fen()};
    in.account_persons = any(6) == 0 ? (int64_t)any(5) - 1 : 0;
    in.open_duplicates = any(6) == 0 ? (int)any(5) - 1 : 0;
    in.allotted_fen = any(3) == 0 ? any_fen() : 2000000;
    in.debt_overdue_fen = any(2) == 0 ? 0 : any_fen();
    in.draw = any(4) == 0 ? 0 : any(UINT64_MAX);
    in.facts.recognised = any(4) == 0;
    in.relative_declared = any(8) == 0;
    in.payee_missing = any(8) == 0;
    in.payee_doubtful = any(8) == 0;
    in.now_ms += (int64_t)any(400) * MS_PER_DAY + (int64_t)any(86400000);
    in.accepted_ms = any(2) == 0 ? 0 : in.now_ms;
    return in;
}

static void check_money(const struct decision_input *in, const struct decision *d)
{
    const struct policy_rules *r = policy_for(policy, in->township, in->now_ms);
    int64_t fund =
        money_max(0, d->from_county_reserve && in->fund.county_fen > 0 ? in->fund.county_fen
                                                                       : in->fund.available_fen);
    int64_t ceiling = policy_first_aid_ceiling(r, in->debt_overdue_fen, in->allotted_fen,
                                               in->facts.danger_to_life);
    int64_t paid = money_max(0, money_max(in->person.paid_fen, in->household.paid_fen));

    assert_in_range(d->amount_fen, 0, AMOUNT_FEN_MAX);
    assert_in_range(ceiling, 0, 331200);
    assert_in_range(d->first_aid_fen, 0, ceiling);
    assert_in_range(d->officer_first_aid_fen, 0, ceiling);
    assert_true(d->over_cap_fen >= 0 && d->follow_up_fen >= 0);
    assert_true(d->first_aid_fen <= fund && d->officer_first_aid_fen <= fund);
    assert_true(d->amount_fen == 0 || d->amount_fen <= r->caps.household_year_fen - paid);
    if (d->type == RELIEF_SMALL_FAST)
        assert_true(d->amount_fen <= r->standard.dibao_month_fen);
    if (in->facts.danger_to_life) /* never blocked by what the township owes */
        assert_false(d->countersign);
    else
        assert_false(d->from_county_reserve);
    assert_int_equal(d->by_rule, d->track == TRACK_FIRST_AID);
    assert_int_equal(d->by_rule, d->first_aid_fen > 0);
    if (!d->by_rule) {
        assert_int_equal(d->follow_up_fen, 0);
        assert_int_equal(d->order_id[0], '\0');
        return;
    }
    assert_int_equal(d->first_aid_fen + d->follow_up_fen, d->amount_fen);
    assert_true(money_max(0, in->fund.order_today_fen) + d->first_aid_fen <= 2000000);
    assert_true(money_max(0, in->fund.order_month_fen) + d->first_aid_fen <= 10000000);
    assert_false(in->facts.wants_person || in->relative_declared || in->payee_missing ||
                 in->payee_doubtful);
    assert_false(d->countersign || in->account_persons >= r->integrity.account_persons);
    assert_true(in->open_duplicates <= 0 || in->facts.danger_to_life);
    assert_true(d->papers_by_ms > in->now_ms && d->pay_by_ms > in->now_ms);
    assert_true(d->order_id[0] != '\0' && d->officer[0] != '\0');
    assert_true(d->officer_first_aid_fen == 0);
    assert_true((d->follow_up_fen > 0) == (d->follow_up_tier != TIER_NONE));
}

static void check_text(const struct decision *d)
{
    assert_in_range(d->why_count, 2, DECISION_WHY_MAX);
    for (int i = 0; i < d->why_count; i++) {
        size_t len = strlen(d->why[i]);
        assert_true(utf8_valid(slice_of(d->why[i])));
        assert_true(len > 6 &&
                    strcmp(d->why[i] + len - 3, "。") == 0); /* a whole sentence, not cut */
    }
    assert_string_equal(d->policy, policy_name(policy));
    assert_true(d->triage[0] != '\0');
    assert_true(d->fired_count < DECISION_FIRED_MAX);
}

static void whatever_comes_in_no_cap_is_ever_passed(void **state)
{
    (void)state;
    seed = 20260121;
    int by_rule = 0;
    for (int i = 0; i < 60000; i++) {
        struct decision_input in = any_input();
        struct decision d = run(&in), again = run(&in);
        assert_memory_equal(&d, &again, sizeof d); /* same input, same output, every byte */
        check_money(&in, &d);
        check_text(&d);
        by_rule += d.by_rule;
    }
    assert_in_range(by_rule, 1000, 50000); /* the generator reaches both sides */
}

/* The record holds all that the decision was made on. */
static void a_decision_can_be_made_again_from_its_record(void **state)
{
    struct buf json, again;
    struct json_out o;

    (void)state;
    seed = 4711;
    buf_init(&json, 1 << 16);
    buf_init(&again, 1 << 16);
    for (int i = 0; i < 4000; i++) {
        struct decision_input in = any_input(), got = in;
        struct json *root = NULL;
        char township[DIVISION_CODE_SIZE];
        struct decision d = run(&in);
        buf_clear(&json);
        buf_clear(&again);
        json_out_init(&o, &json);
        decision_write(&d, &o, NULL);
        assert_int_equal(json_parse(buf_slice(&json), &root, NULL), ERR_OK);
        got = (struct decision_input){
            .facts = in.facts, .policy = policy, .calendar = &china, .draw = in.draw};
        assert_int_equal(decision_input_read(root, &got, township), ERR_OK);
        json_free(root);
        struct decision second = run(&got);
        json_out_init(&o, &again);
        decision_write(&second, &o, NULL);
        assert_int_equal(buf_err(&again), ERR_OK);
        assert_string_equal(json.ptr, again.ptr);
    }
    buf_release(&json);
    buf_release(&again);
}

/* What a township owes, who else used the account, what may be the same case: it changes who acts
 * and what is paid before review, never what somebody is entitled to. */
static void doubts_never_reduce_what_somebody_is_entitled_to(void **state)
{
    (void)state;
    seed = 1949;
    for (int i = 0; i < 20000; i++) {
        struct decision_input in = any_input(), clean = in;
        clean.debt_overdue_fen = clean.account_persons = clean.open_duplicates = 0;
        struct decision d = run(&in), without = run(&clean);
        assert_int_equal(d.type, without.type);
        assert_int_equal(d.amount_fen, without.amount_fen);
        assert_int_equal(d.over_cap_fen, without.over_cap_fen);
        assert_int_equal(d.instalments, without.instalments);
        if (in.facts.danger_to_life && in.account_persons <= 0) /* and here not even that */
            assert_true(d.first_aid_fen >= without.first_aid_fen &&
                        d.officer_first_aid_fen >= without.officer_first_aid_fen);
    }
}

static void more_persons_never_means_less(void **state)
{
    (void)state;
    seed = 7;
    for (int i = 0; i < 3000; i++) {
        struct decision_input in = any_input();
        int64_t before = 0;
        for (int persons = 1; persons <= PERSONS_MAX; persons += persons < 6 ? 1 : 31) {
            in.facts.persons = persons;
            struct decision d = run(&in);
            assert_true(d.amount_fen >= before);
            before = d.amount_fen;
        }
    }
}

static void more_history_never_means_more(void **state)
{
    (void)state;
    seed = 99;
    for (int i = 0; i < 5000; i++) {
        struct decision_input in = any_input();
        struct decision before = run(&in);
        if (in.household.paid_fen < INT64_MAX - 100000)
            in.household.paid_fen += 100000;
        in.person.times++;
        struct decision after = run(&in);
        assert_true(after.amount_fen <= before.amount_fen);
    }
}

static void extremes_neither_overflow_nor_break(void **state)
{
    (void)state;
    struct decision_input in = input(CAUSE_FIRE, INT32_MAX);
    in.facts.months = INT32_MIN;
    in.facts.net_expense_fen = INT64_MIN;
    in.facts.asked_fen = INT64_MAX;
    in.facts.received_ms = INT64_MAX;
    in.facts.cause = (enum cause)77;
    in.facts.shelter_lost = true;
    in.person = (struct relief_history){INT64_MIN, INT32_MIN, INT32_MAX, INT32_MIN};
    in.fund = (struct relief_fund){INT64_MAX, INT64_MIN, INT64_MIN, INT64_MIN, INT64_MAX};
    in.now_ms = INT64_MIN;
    in.accepted_ms = INT64_MAX;
    struct decision d = run(&in);
    assert_in_range(d.amount_fen, 0, AMOUNT_FEN_MAX);
    in.now_ms = INT64_MAX;
    d = run(&in);
    assert_in_range(d.amount_fen, 0, AMOUNT_FEN_MAX);
}

static void a_decision_is_written_as_json_and_as_text(void **state)
{
    struct buf json, text;
    struct json_out o;
    struct json *root;
    int64_t fen = 0;

    (void)state;
    struct decision_input in = input(CAUSE_FIRE, 4);
    in.facts.shelter_lost = true;
    struct decision d = run(&in);
    buf_init(&json, 1 << 16);
    buf_init(&text, 1 << 16);
    json_out_init(&o, &json);
    decision_write(&d, &o, NULL);
    assert_int_equal(buf_err(&json), ERR_OK);
    assert_int_equal(json_parse(buf_slice(&json), &root, NULL), ERR_OK);
    assert_int_equal(json_int64(json_get(root, "first_aid_fen"), 0, AMOUNT_FEN_MAX, &fen), ERR_OK);
    assert_int_equal(fen, 331200);
    assert_int_equal(json_size(json_get(root, "why")), d.why_count);
    json_free(root);
    decision_explain(&d, &text);
    assert_int_equal(buf_err(&text), ERR_OK);
    assert_true(utf8_valid(buf_slice(&text)));
    assert_non_null(strstr(text.ptr, "马上发放：3,312.00 元"));
    buf_release(&json);
    buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_comes_in_no_cap_is_ever_passed),
        cmocka_unit_test(a_decision_can_be_made_again_from_its_record),
        cmocka_unit_test(doubts_never_reduce_what_somebody_is_entitled_to),
        cmocka_unit_test(more_persons_never_means_less),
        cmocka_unit_test(more_history_never_means_more),
        cmocka_unit_test(extremes_neither_overflow_nor_break),
        cmocka_unit_test(a_decision_is_written_as_json_and_as_text),
    };
    return cmocka_run_group_tests_name("decision_random", tests, decision_load, decision_unload);
}
