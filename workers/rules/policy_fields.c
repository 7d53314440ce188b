/* The keys of the rules: one table drives reading, refusing and laying overlays over the base. */
#include "workers/rules/policy_read.h"

#include <string.h>

enum field_kind { FIELD_FEN, FIELD_INT, FIELD_BOOL, FIELD_TEXT, FIELD_LIST, FIELD_PERMILLES };

struct field {
    const char *group;
    const char *key;
    enum field_kind kind;
    size_t offset;
    int64_t min, max; /* FIELD_TEXT: max = size of the array */
    void (*read_list)(struct json_check *c, const struct json *list, struct policy_rules *into);
    void (*write_list)(const struct policy_rules *r, struct json_out *o);
};

#define AT(member) offsetof(struct policy_rules, member)
#define FEN(group, key, least, most)                                    \
    {                                                                   \
#group, #key, FIELD_FEN, AT(group.key), least, most, NULL, NULL \
    }
#define INT(group, key, least, most)                                    \
    {                                                                   \
#group, #key, FIELD_INT, AT(group.key), least, most, NULL, NULL \
    }
#define INT_AS(group, key, member, least, most)                    \
    {                                                              \
        group, key, FIELD_INT, AT(member), least, most, NULL, NULL \
    }
#define BOOL(group, key)                                          \
    {                                                             \
#group, #key, FIELD_BOOL, AT(group.key), 0, 1, NULL, NULL \
    }
#define BASIS(group) BASIS_AS(#group, group)
#define BASIS_AS(group, member)                                                                    \
    {                                                                                              \
        group, "legal_basis", FIELD_TEXT, AT(member.legal_basis), 1, POLICY_BASIS_SIZE, NULL, NULL \
    }
#define LIST(group, key, what)                                                    \
    {                                                                             \
#group, key, FIELD_LIST, 0, 0, 0, policy_read_##what, policy_write_##what \
    }

#define YUAN(n) (INT64_C(100) * (n))

static const struct field fields[] = {
    FEN(standard, dibao_month_fen, YUAN(100), YUAN(100000)),
    BOOL(standard, demo),
    BASIS(standard),
    {"small_fast", "tier_permille", FIELD_PERMILLES, AT(small_fast.tier_permille), 1, 1000, NULL,
     NULL},
    BOOL(small_fast, per_person),
    INT(small_fast, days, 1, 30),
    INT(small_fast, target_hours, 1, 720),
    BOOL(small_fast, counts_in_year),
    BOOL(small_fast, limit_to_asked),
    INT(small_fast, default_tier, 1, FAST_TIERS),
    LIST(small_fast, "tiers", tier_rules),
    BASIS(small_fast),
    INT(urgent_first, months, 1, MONTHS_MAX),
    INT(urgent_first, pay_hours, 1, 168),
    INT(urgent_first, papers_working_days, 1, 60),
    FEN(urgent_first, least_fen, 0, YUAN(100000)),
    BASIS(urgent_first),
    INT(urgent_std, months, 1, MONTHS_MAX),
    INT(urgent_std, working_days, 1, 60),
    BASIS(urgent_std),
    INT(expense, months_max, 1, MONTHS_MAX),
    INT(expense, months_default, 1, MONTHS_MAX),
    INT(expense, township_working_days, 1, 60),
    INT(expense, county_working_days, 1, 60),
    INT(expense, recognised_working_days, 1, 60),
    INT(expense, recheck_months, 0, 60),
    INT(expense, publicity_days, 0, 60),
    BASIS(expense),
    INT(township_ceiling, months, 1, 120),
    FEN(township_ceiling, amount_fen, YUAN(1), YUAN(1000000)),
    BASIS(township_ceiling),
    INT(county_ceiling, months_per_person, 1, 120),
    FEN(county_ceiling, amount_fen, 0, YUAN(10000000)),
    INT(county_ceiling, follow_up_working_days, 1, 60),
    BASIS(county_ceiling),
    FEN(caps, household_year_fen, YUAN(1), YUAN(10000000)),
    FEN(caps, person_year_fen, YUAN(1), YUAN(10000000)),
    FEN(caps, township_day_fen, 0, YUAN(100000000)),
    INT(caps, same_cause_per_year, 1, 100),
    INT(caps, times_per_year, 1, 100),
    BASIS(caps),
    INT(instalments, above_months, 0, MONTHS_MAX),
    INT(instalments, most, 1, MONTHS_MAX),
    INT(instalments, report_days, 1, 365),
    BASIS(instalments),
    FEN(fund, initial_fen, 0, YUAN(100000000)),
    INT(fund, low_permille, 0, 1000),
    INT(fund, replenish_permille, 0, 1000),
    FEN(fund, borrow_fen, 0, YUAN(100000000)),
    BASIS(fund),
    BOOL(integrity, relative_county_review),
    INT(integrity, relative_check_permille, 0, 1000),
    INT(integrity, repeat_check_permille, 0, 1000),
    INT(integrity, spot_check_permille, 0, 1000),
    INT(integrity, account_persons, 1, 100),
    INT(integrity, duplicate_days, 1, 366),
    BASIS(integrity),
    INT_AS("dispatch", "critical_minutes", dispatch.minutes[URGENCY_CRITICAL], 1, 1440),
    INT_AS("dispatch", "urgent_minutes", dispatch.minutes[URGENCY_URGENT], 1, 2880),
    INT_AS("dispatch", "normal_minutes", dispatch.minutes[URGENCY_NORMAL], 1, 14400),
    INT(dispatch, target_seconds, 1, 86400),
    BASIS(dispatch),
    INT(accept, critical_minutes, 1, 1440),
    INT(accept, urgent_minutes, 1, 2880),
    INT(accept, normal_working_days, 1, 10),
    BASIS(accept),
    INT_AS("return", "working_days", give_back.working_days, 1, 10),
    INT_AS("return", "critical_minutes", give_back.critical_minutes, 1, 1440),
    INT_AS("return", "times", give_back.times, 1, 10),
    BASIS_AS("return", give_back),
    INT(payment, working_days, 1, 60),
    INT(payment, retry_times, 0, 20),
    INT(payment, correct_working_days, 1, 60),
    INT(payment, confirm_hours, 1, 720),
    BASIS(payment),
    INT(sms, ack_seconds, 1, 86400),
    INT(sms, ack_target_seconds, 1, 86400),
    BASIS(sms),
    INT(hotline, answer_seconds, 1, 600),
    INT(hotline, connect_permille, 1, 1000),
    BASIS(hotline),
    INT(follow_up, working_days, 1, 60),
    INT(follow_up, redo_times, 0, 5),
    INT(follow_up, attempts, 1, 20),
    BASIS(follow_up),
    LIST(clock_pause, "reasons", pauses),
    INT(clock_pause, look_days, 1, 365),
    INT(clock_pause, most_days, 1, 1000),
    BASIS(clock_pause),
    INT(notice, working_days, 1, 60),
    {"notice", "remedy", FIELD_TEXT, AT(notice.remedy), 1, POLICY_BASIS_SIZE * 2, NULL, NULL},
    BASIS(notice),
    INT(conference, participants, 3, 50),
    LIST(conference, "triggers", triggers),
    INT(conference, working_days, 1, 60),
    FEN(conference, most_fen, 0, YUAN(10000000)),
    BASIS(conference),
    INT(publicity, small_fast_days, 0, 60),
    INT(publicity, urgent_days, 0, 60),
    INT(publicity, objection_working_days, 1, 60),
    INT(publicity, take_down_days, 0, 365),
    BASIS(publicity),
    LIST(review_debt, "steps", debt_steps),
    BASIS(review_debt),
    INT(recovery, notice_days, 1, 365),
    INT(recovery, answer_days, 1, 365),
    INT(recovery, hardship_months, 0, MONTHS_MAX),
    INT(recovery, instalments_most, 1, 120),
    FEN(recovery, write_off_fen, 0, YUAN(10000000)),
    BASIS(recovery),
    FEN(cash, most_fen, 0, YUAN(1000000)),
    BOOL(cash, witness),
    INT(cash, code_minutes, 1, 10080),
    INT(cash, count_days, 1, 31),
    BASIS(cash),
    INT(referral, ack_working_days, 1, 60),
    INT(referral, child_minutes, 1, 1440),
    BASIS(referral),
    INT(escalation, warn_permille, 1, 1000),
    INT(escalation, county_hours, 0, 720),
    INT(escalation, chase_working_days, 1, 60),
    BASIS(escalation),
    INT(approval, township_signatures, 1, 5),
    INT(approval, county_signatures, 1, 5),
    BASIS(approval),
    INT(roster, rows_max, 1, 10000),
    BASIS(roster),
    INT(retention, case_years, 3, 100),
    INT(retention, voucher_years, 10, 100),
    INT(retention, recording_months, 1, 600),
    INT(retention, sms_months, 6, 600),
    INT(retention, log_months, 6, 600),
    INT(retention, approval_log_months, 6, 600),
    BASIS(retention),
    LIST(triage, "rules", triage),
    BASIS(triage),
};

static void read_permilles(struct json_check *c, const struct json *list, int *out)
{
    if (json_size(list) != FAST_TIERS) {
        json_check_fault(c, "must list %d numbers, one per tier", FAST_TIERS);
        return;
    }
    size_t i = 0;
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        size_t mark = json_check_enter_at(c, i);
        int64_t value;
        if (json_int64(v, 1, 1000, &value) == ERR_OK)
            out[i] = (int)value;
        else
            json_check_fault(c, "must be 1..1000 thousandths of the monthly standard: one month is "
                                "the national cap of 小额快救");
        json_check_leave(c, mark);
    }
}

static void read_field(struct json_check *c, const struct json *group, const struct field *f,
                       bool required, struct policy_rules *into)
{
    char *at = (char *)into + f->offset;
    int64_t value;

    switch (f->kind) {
    case FIELD_FEN:
        if (json_check_int(c, group, f->key, required, f->min, f->max, &value))
            memcpy(at, &value, sizeof value);
        return;
    case FIELD_INT:
        if (json_check_int(c, group, f->key, required, f->min, f->max, &value)) {
            int small = (int)value;
            memcpy(at, &small, sizeof small);
        }
        return;
    case FIELD_BOOL: (void)json_check_bool(c, group, f->key, required, (bool *)(void *)at); return;
    case FIELD_TEXT: (void)json_check_text(c, group, f->key, required, at, (size_t)f->max); return;
    case FIELD_LIST:
    case FIELD_PERMILLES: break;
    }
    const struct json *list = json_check_child(c, group, f->key, required, JSON_ARRAY);
    if (list == NULL)
        return;
    size_t mark = json_check_enter(c, f->key);
    if (f->kind == FIELD_PERMILLES)
        read_permilles(c, list, (int *)(void *)at);
    else
        f->read_list(c, list, into);
    json_check_leave(c, mark);
}

/* Names of the keys of a group and "note", for refusing the others; returns how many. */
static size_t group_keys(const char *group, const char *names[COUNT_OF(fields) + 1])
{
    size_t n = 0;

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (strcmp(fields[i].group, group) == 0)
            names[n++] = fields[i].key;
    }
    names[n++] = "note";
    return n;
}

/* A group must begin here in the table: its first field. */
static bool first_of_group(size_t i)
{
    return i == 0 || strcmp(fields[i].group, fields[i - 1].group) != 0;
}

static void read_group(struct json_check *c, const struct json *group, const char *name,
                       bool complete, struct policy_rules *into)
{
    const char *names[COUNT_OF(fields) + 1];
    char note[POLICY_NOTE_SIZE];

    if (!json_check_keys(c, group, names, group_keys(name, names)) &&
        json_kind(group) != JSON_OBJECT)
        return;
    (void)json_check_text(c, group, "note", false, note, sizeof note);
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (strcmp(fields[i].group, name) != 0)
            continue;
        bool required = complete || strcmp(fields[i].key, "legal_basis") == 0;
        read_field(c, group, &fields[i], required, into);
    }
}

void policy_read_rules(struct json_check *c, const struct json *v, bool complete,
                       struct policy_rules *into)
{
    const char *groups[COUNT_OF(fields)];
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        if (first_of_group(i))
            groups[count++] = fields[i].group;
    }
    if (!json_check_keys(c, v, groups, count) && json_kind(v) != JSON_OBJECT)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct json *group = json_get(v, groups[i]);
        size_t mark = json_check_enter(c, groups[i]);
        if (group != NULL)
            read_group(c, group, groups[i], complete, into);
        else if (complete)
            json_check_fault(c, "is missing: add the group \"%s\"", groups[i]);
        json_check_leave(c, mark);
    }
}

/* One contradiction, at its group. */
static void contradiction(struct json_check *c, bool wrong, const char *group, const char *text)
{
    if (!wrong)
        return;
    size_t mark = json_check_enter(c, group);
    json_check_fault(c, "%s", text);
    json_check_leave(c, mark);
}

void policy_check_rules(struct json_check *c, const struct policy_rules *r)
{
    const int *tier = r->small_fast.tier_permille;

    contradiction(c, tier[0] > tier[1] || tier[1] > tier[2], "small_fast",
                  "tier_permille must not fall from one tier to the next");
    contradiction(c, r->urgent_first.months > r->urgent_std.months, "urgent_first",
                  "months must not exceed urgent_std.months: first aid is part of it");
    contradiction(c, r->expense.months_default > r->expense.months_max, "expense",
                  "months_default must not exceed months_max");
    contradiction(c,
                  r->county_ceiling.amount_fen > 0 &&
                      r->county_ceiling.amount_fen < r->township_ceiling.amount_fen,
                  "county_ceiling", "amount_fen is below the township's ceiling");
    contradiction(c, r->urgent_first.least_fen > r->township_ceiling.amount_fen, "urgent_first",
                  "least_fen is above the township's ceiling: nothing could be paid at once");
    contradiction(c,
                  r->dispatch.minutes[URGENCY_CRITICAL] > r->dispatch.minutes[URGENCY_URGENT] ||
                      r->dispatch.minutes[URGENCY_URGENT] > r->dispatch.minutes[URGENCY_NORMAL],
                  "dispatch", "the more urgent must not wait longer");
    contradiction(c, r->caps.person_year_fen > r->caps.household_year_fen, "caps",
                  "person_year_fen must not exceed household_year_fen");
    contradiction(c, r->expense.recognised_working_days > r->expense.township_working_days,
                  "expense",
                  "recognised_working_days must not exceed township_working_days: they skip the "
                  "economy check");
    contradiction(c, r->recovery.answer_days > r->recovery.notice_days, "recovery",
                  "answer_days must not exceed notice_days: nothing is due before the answer");
    contradiction(c, r->clock_pause.look_days > r->clock_pause.most_days, "clock_pause",
                  "look_days must not exceed most_days");
    contradiction(c, r->accept.critical_minutes > r->accept.urgent_minutes, "accept",
                  "the more urgent must not wait longer");
    if (r->triage.rule_count > 0) {
        const struct condition *last = &r->triage.rules[r->triage.rule_count - 1].when;
        contradiction(c, (last->causes | last->all | last->any | last->none) != 0, "triage",
                      "the last rule must have no condition, so that every case finds one");
    }
}

const char *policy_field(size_t i, const char **group)
{
    if (i >= COUNT_OF(fields))
        return NULL;
    *group = fields[i].group;
    return fields[i].key;
}

void policy_field_write(const struct policy_rules *r, size_t i, struct json_out *o)
{
    const struct field *f = &fields[i];
    const char *at = (const char *)r + f->offset;
    int64_t fen;
    int number[FAST_TIERS];
    bool yes;

    switch (f->kind) {
    case FIELD_FEN:
        memcpy(&fen, at, sizeof fen);
        json_put_int(o, NULL, fen);
        return;
    case FIELD_INT:
        memcpy(number, at, sizeof number[0]);
        json_put_int(o, NULL, number[0]);
        return;
    case FIELD_BOOL:
        memcpy(&yes, at, sizeof yes);
        json_put_bool(o, NULL, yes);
        return;
    case FIELD_TEXT: json_put_text(o, NULL, at); return;
    case FIELD_PERMILLES:
        memcpy(number, at, sizeof number);
        json_open_array(o, NULL);
        for (int k = 0; k < FAST_TIERS; k++)
            json_put_int(o, NULL, number[k]);
        json_close_array(o);
        return;
    case FIELD_LIST:
        json_open_array(o, NULL);
        f->write_list(r, o);
        json_close_array(o);
        return;
    }
}
