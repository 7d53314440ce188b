/* The decision as a record: written with all it was made on, and read back to be made again. */
#include "workers/rules/decision.h"

#include <string.h>
#include "queue/base/clock.h"

/* Rules that are numbers of the pack: where they stand. */
static const struct {
    const char *rule, *key;
} keys[] = {
    {"TRIAGE", "triage.rules"},
    {"SURGE", "surges"},
    {"SMALL_FAST.amount", "small_fast.tier_permille"},
    {"SMALL_FAST.asked", "small_fast.limit_to_asked"},
    {"URGENT_FIRST.amount", "urgent_first.months"},
    {"URGENT_STD.amount", "urgent_std.months"},
    {"EXPENSE.amount", "expense.months_max"},
    {"EXPENSE.net", "expense.months_max"},
    {"EXPENSE.recognised", "expense.recognised_working_days"},
    {"CAPS.same_cause", "caps.same_cause_per_year"},
    {"CAPS.times", "caps.times_per_year"},
    {"CAPS.household_year", "caps.household_year_fen"},
    {"CAPS.person_year", "caps.person_year_fen"},
    {"COUNTY_CEILING", "county_ceiling.months_per_person"},
    {"TOWNSHIP_CEILING", "township_ceiling.months"},
    {"INSTALMENTS", "instalments.most"},
    {"STANDING_ORDER.case", "standing_orders.case_fen"},
    {"STANDING_ORDER.day", "standing_orders.day_fen"},
    {"STANDING_ORDER.month", "standing_orders.month_fen"},
    {"STANDING_ORDER.used_up", "standing_orders.day_fen"},
    {"STANDING_ORDER.none", "standing_orders"},
    {"FUND.short", "urgent_first.least_fen"},
    {"REVIEW_DEBT.ceiling", "review_debt.steps"},
    {"REVIEW_DEBT.countersign", "review_debt.steps"},
    {"ACCOUNT.shared", "integrity.account_persons"},
    {"DUPLICATES.open", "integrity.duplicate_days"},
    {"INTEGRITY.relative", "integrity.relative_county_review"},
    {"INTEGRITY.officer", "integrity.legal_basis"},
    {"INTEGRITY.check", "integrity.spot_check_permille"},
};

const char *decision_rule_key(const char *rule)
{
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (strcmp(keys[i].rule, rule) == 0)
            return keys[i].key;
    }
    return "";
}

static void put_time(struct json_out *o, const char *name, int64_t at_ms)
{
    char text[CLOCK_RFC3339_SIZE];

    if (at_ms == 0)
        return;
    clock_format_rfc3339(at_ms, text);
    json_put_text(o, name, text);
}

static void put_money(struct json_out *o, const char *name, int64_t fen)
{
    if (fen != 0)
        json_put_int(o, name, fen);
}

static void put_lists(const struct decision *d, struct json_out *o)
{
    json_open_array(o, "rules");
    for (int i = 0; i < d->fired_count; i++) {
        json_open_object(o, NULL);
        json_put_text(o, "rule", d->fired[i].rule);
        json_put_int(o, "value", d->fired[i].value);
        json_put_int(o, "limit", d->fired[i].limit);
        json_close_object(o);
    }
    json_close_array(o);
    json_open_array(o, "why");
    for (int i = 0; i < d->why_count; i++)
        json_put_text(o, NULL, d->why[i]);
    json_close_array(o);
}

/* ---- What it was made on ---- */

#define HISTORY_TABLE(X, prefix, member)                  \
    X(prefix "paid_fen", member.paid_fen)                 \
    X(prefix "times", member.times)                       \
    X(prefix "small_fast_times", member.small_fast_times) \
    X(prefix "same_cause", member.same_cause)

/* Numbers of the basis: member of the JSON object, member of decision_basis and of decision_input.
 */
#define BASIS_TABLE(X)                         \
    X("fund_fen", fund.available_fen)          \
    X("today_fen", fund.today_fen)             \
    X("order_today_fen", fund.order_today_fen) \
    X("order_month_fen", fund.order_month_fen) \
    X("county_fen", fund.county_fen)           \
    HISTORY_TABLE(X, "", person)               \
    X("account_persons", account_persons)      \
    X("open_duplicates", open_duplicates)      \
    X("debt_overdue_fen", debt_overdue_fen)    \
    X("allotted_fen", allotted_fen)

static bool same_history(const struct relief_history *a, const struct relief_history *b)
{
    return a->paid_fen == b->paid_fen && a->times == b->times &&
           a->small_fast_times == b->small_fast_times && a->same_cause == b->same_cause;
}

/* Zeros are left out; the household is there when it differs from the person. */
static void put_basis(const struct decision_basis *b, struct json_out *o)
{
    json_open_object(o, "input");
    json_put_int(o, "now_ms", b->now_ms);
    if (b->accepted_ms > 0)
        json_put_int(o, "accepted_ms", b->accepted_ms);
    json_put_text(o, "township", b->township);
#define PUT(name, member) \
    if (b->member != 0)   \
        json_put_int(o, name, b->member);
    BASIS_TABLE(PUT)
#undef PUT
    if (!same_history(&b->person, &b->household)) {
        json_open_object(o, "household");
#define PUT(name, member) json_put_int(o, name, b->member);
        HISTORY_TABLE(PUT, "", household)
#undef PUT
        json_close_object(o);
    }
    if (b->relative_declared)
        json_put_bool(o, "relative_declared", true);
    if (b->payee_is_officers)
        json_put_bool(o, "payee_is_officers", true);
    if (b->payee_missing)
        json_put_bool(o, "payee_missing", true);
    if (b->payee_doubtful)
        json_put_bool(o, "payee_doubtful", true);
    json_close_object(o);
}

/* An absent number is 0; a wrong one is damage. */
static bool get_number(const struct json *v, const char *name, int64_t *out)
{
    const struct json *number = json_get(v, name);

    *out = 0;
    return number == NULL || json_int64(number, 0, JSON_INT_MAX, out) == ERR_OK;
}

static bool get_int(const struct json *v, const char *name, int *out)
{
    int64_t number = 0;
    bool ok = get_number(v, name, &number) && number <= INT32_MAX;

    *out = ok ? (int)number : 0;
    return ok;
}

static bool get_history(const struct json *v, struct relief_history *out)
{
    return get_number(v, "paid_fen", &out->paid_fen) && get_int(v, "times", &out->times) &&
           get_int(v, "small_fast_times", &out->small_fast_times) &&
           get_int(v, "same_cause", &out->same_cause);
}

static bool get_flag(const struct json *v, const char *name, bool *out)
{
    const struct json *flag = json_get(v, name);

    *out = false;
    return flag == NULL || json_bool(flag, out) == ERR_OK;
}

enum err decision_input_read(const struct json *decision, struct decision_input *in, char *township)
{
    const struct json *v = json_get(decision, "input"), *household = json_get(v, "household");
    struct decision_input got;
    struct slice code;

    memset(&got, 0, sizeof got);
    if (v == NULL)
        return ERR_NOT_FOUND;
    bool ok = json_kind(v) == JSON_OBJECT &&
              json_string(json_get(v, "township"), &code) == ERR_OK &&
              code.len < DIVISION_CODE_SIZE && get_number(v, "now_ms", &got.now_ms) &&
              get_number(v, "accepted_ms", &got.accepted_ms) &&
              get_number(v, "fund_fen", &got.fund.available_fen) &&
              get_number(v, "today_fen", &got.fund.today_fen) &&
              get_number(v, "order_today_fen", &got.fund.order_today_fen) &&
              get_number(v, "order_month_fen", &got.fund.order_month_fen) &&
              get_number(v, "county_fen", &got.fund.county_fen) && get_history(v, &got.person) &&
              get_number(v, "account_persons", &got.account_persons) &&
              get_int(v, "open_duplicates", &got.open_duplicates) &&
              get_number(v, "debt_overdue_fen", &got.debt_overdue_fen) &&
              get_number(v, "allotted_fen", &got.allotted_fen) &&
              get_flag(v, "relative_declared", &got.relative_declared) &&
              get_flag(v, "payee_is_officers", &got.payee_is_officers) &&
              get_flag(v, "payee_missing", &got.payee_missing) &&
              get_flag(v, "payee_doubtful", &got.payee_doubtful);
    got.household = got.person;
    if (ok && household != NULL)
        ok = get_history(household, &got.household);
    if (!ok || slice_copy(code, township, DIVISION_CODE_SIZE) != ERR_OK)
        return ERR_CORRUPT;
    got.facts = in->facts;
    got.policy = in->policy;
    got.calendar = in->calendar;
    got.draw = in->draw;
    got.township = township;
    *in = got;
    return ERR_OK;
}

void decision_write(const struct decision *d, struct json_out *o, const char *name)
{
    json_open_object(o, name);
    json_put_text(o, "policy", d->policy);
    json_put_text(o, "triage", d->triage);
    json_put_text(o, "type", relief_type_word(d->type));
    json_put_text(o, "urgency", urgency_word(d->urgency));
    json_put_text(o, "track", track_word(d->track));
    json_put_text(o, "tier", tier_word(d->tier));
    json_put_int(o, "amount_fen", d->amount_fen);
    json_put_int(o, "first_aid_fen", d->first_aid_fen);
    put_money(o, "follow_up_fen", d->follow_up_fen);
    if (d->follow_up_fen > 0)
        json_put_text(o, "follow_up_tier", tier_word(d->follow_up_tier));
    put_money(o, "officer_first_aid_fen", d->officer_first_aid_fen);
    put_money(o, "over_cap_fen", d->over_cap_fen);
    if (d->fast_tier > 0)
        json_put_int(o, "fast_tier", d->fast_tier);
    if (d->instalments > 1)
        json_put_int(o, "instalments", d->instalments);
    json_put_bool(o, "by_rule", d->by_rule);
    if (d->by_rule) {
        json_put_text(o, "standing_order", d->order_id);
        json_put_text(o, "officer", d->officer);
    }
    if (d->person_asked)
        json_put_bool(o, "person_asked", true);
    if (d->tell_emergency)
        json_put_bool(o, "tell_emergency", true);
    if (d->county_must_review)
        json_put_bool(o, "county_must_review", true);
    if (d->from_county_reserve)
        json_put_bool(o, "from_county_reserve", true);
    if (d->countersign)
        json_put_bool(o, "countersign", true);
    if (d->spot_check)
        json_put_bool(o, "spot_check", true);
    if (d->disaster[0] != '\0')
        json_put_text(o, "disaster", d->disaster);
    if (d->calendar_assumed)
        json_put_bool(o, "calendar_assumed", true);
    put_time(o, "dispatch_by", d->dispatch_by_ms);
    put_time(o, "accept_by", d->accept_by_ms);
    put_time(o, "pay_target", d->pay_target_ms);
    put_time(o, "pay_by", d->pay_by_ms);
    put_time(o, "papers_by", d->papers_by_ms);
    put_time(o, "review_by", d->review_by_ms);
    put_time(o, "county_by", d->county_by_ms);
    if (d->publicity_days > 0)
        json_put_int(o, "publicity_days", d->publicity_days);
    put_basis(&d->basis, o);
    put_lists(d, o);
    json_close_object(o);
}
