/* The lists of a pack as JSON again, for showing them. */
#include "workers/rules/policy_read.h"

static void put_bits(struct json_out *o, const char *name, uint32_t bits, int count,
                     const char *(*word)(int i))
{
    if (name != NULL && bits == 0)
        return;
    if (name != NULL)
        json_open_array(o, name);
    for (int i = 0; i < count; i++) {
        if ((bits >> i & 1) != 0)
            json_put_text(o, NULL, word(i));
    }
    if (name != NULL)
        json_close_array(o);
}

static const char *cause_at(int i)
{
    return cause_word((enum cause)i);
}

static const char *fact_at(int i)
{
    return fact_word((enum fact)i);
}

static const char *pause_at(int i)
{
    static const char *const words[] = {
#define PAUSE_WORD(id, word, zh) word,
        PAUSE_TABLE(PAUSE_WORD)
#undef PAUSE_WORD
    };
    return words[i];
}

static const char *trigger_at(int i)
{
    static const char *const words[] = {
#define TRIGGER_WORD(id, word, zh) word,
        TRIGGER_TABLE(TRIGGER_WORD)
#undef TRIGGER_WORD
    };
    return words[i];
}

static void put_condition(struct json_out *o, const struct condition *when)
{
    put_bits(o, "causes", when->causes, CAUSE_COUNT, cause_at);
    put_bits(o, "all", when->all, FACT_COUNT, fact_at);
    put_bits(o, "any", when->any, FACT_COUNT, fact_at);
    put_bits(o, "none", when->none, FACT_COUNT, fact_at);
}

void policy_write_tier_rules(const struct policy_rules *r, struct json_out *o)
{
    for (int i = 0; i < r->small_fast.tier_rule_count; i++) {
        json_open_object(o, NULL);
        json_put_int(o, "tier", r->small_fast.tier_rules[i].tier);
        put_condition(o, &r->small_fast.tier_rules[i].when);
        json_close_object(o);
    }
}

void policy_write_triage(const struct policy_rules *r, struct json_out *o)
{
    for (int i = 0; i < r->triage.rule_count; i++) {
        const struct triage_rule *rule = &r->triage.rules[i];
        json_open_object(o, NULL);
        json_put_text(o, "id", rule->id);
        put_condition(o, &rule->when);
        json_put_text(o, "type", relief_type_word(rule->type));
        json_put_text(o, "urgency", urgency_word(rule->urgency));
        json_close_object(o);
    }
}

void policy_write_pauses(const struct policy_rules *r, struct json_out *o)
{
    put_bits(o, NULL, r->clock_pause.reasons, PAUSE_COUNT, pause_at);
}

void policy_write_triggers(const struct policy_rules *r, struct json_out *o)
{
    put_bits(o, NULL, r->conference.triggers, TRIGGER_COUNT, trigger_at);
}

void policy_write_debt_steps(const struct policy_rules *r, struct json_out *o)
{
    for (int i = 0; i < r->review_debt.step_count; i++) {
        const struct debt_step *step = &r->review_debt.steps[i];
        json_open_object(o, NULL);
        if (step->overdue_fen > 0)
            json_put_int(o, "overdue_fen", step->overdue_fen);
        if (step->overdue_permille > 0)
            json_put_int(o, "overdue_permille", step->overdue_permille);
        json_put_int(o, "ceiling_permille", step->ceiling_permille);
        if (step->countersign)
            json_put_bool(o, "countersign", true);
        json_close_object(o);
    }
}
