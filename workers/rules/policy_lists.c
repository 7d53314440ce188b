/* The lists of a policy pack: conditions, triage rules, tiers, reasons for a pause, divisions,
 * standing orders. */
#include "workers/rules/policy_read.h"

#include <string.h>
#include "queue/base/clock.h"

/* One word of a list to its bit; false when there is no such word. */
static bool cause_bit(struct slice word, uint32_t *bit)
{
    enum cause cause;

    if (cause_from_word(word, &cause) != ERR_OK)
        return false;
    *bit = UINT32_C(1) << cause;
    return true;
}

static bool fact_bit(struct slice word, uint32_t *bit)
{
    enum fact fact = fact_from_word(word);

    if (fact == FACT_COUNT)
        return false;
    *bit = UINT32_C(1) << fact;
    return true;
}

static bool pause_bit(struct slice word, uint32_t *bit)
{
    static const char *const words[] = {
#define PAUSE_WORD(id, word, zh) word,
        PAUSE_TABLE(PAUSE_WORD)
#undef PAUSE_WORD
    };

    for (uint32_t i = 0; i < COUNT_OF(words); i++) {
        if (slice_is(word, words[i])) {
            *bit = UINT32_C(1) << i;
            return true;
        }
    }
    return false;
}

static bool trigger_bit(struct slice word, uint32_t *bit)
{
    static const char *const words[] = {
#define TRIGGER_WORD(id, word, zh) word,
        TRIGGER_TABLE(TRIGGER_WORD)
#undef TRIGGER_WORD
    };

    for (uint32_t i = 0; i < COUNT_OF(words); i++) {
        if (slice_is(word, words[i])) {
            *bit = UINT32_C(1) << i;
            return true;
        }
    }
    return false;
}

/* Only what may be paid by rule. */
static bool order_type_bit(struct slice word, uint32_t *bit)
{
    enum relief_type type;

    if (relief_type_from_word(word, &type) != ERR_OK ||
        (type != RELIEF_SMALL_FAST && type != RELIEF_URGENT))
        return false;
    *bit = UINT32_C(1) << type;
    return true;
}

static uint32_t read_words(struct json_check *c, const struct json *list,
                           bool (*to_bit)(struct slice, uint32_t *), const char *what)
{
    uint32_t bits = 0;
    size_t i = 0;

    if (json_size(list) == 0)
        json_check_fault(c, "is empty: leave the key out or name a %s", what);
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        size_t mark = json_check_enter_at(c, i);
        struct slice word;
        uint32_t bit = 0;
        if (json_string(v, &word) != ERR_OK || !to_bit(word, &bit))
            json_check_fault(c, "is not a known %s", what);
        else if ((bits & bit) != 0)
            json_check_fault(c, "is named twice: remove one");
        bits |= bit;
        json_check_leave(c, mark);
    }
    return bits;
}

static uint32_t read_member_words(struct json_check *c, const struct json *v, const char *name,
                                  bool required, bool (*to_bit)(struct slice, uint32_t *),
                                  const char *what)
{
    const struct json *list = json_check_child(c, v, name, required, JSON_ARRAY);

    if (list == NULL)
        return 0;
    size_t mark = json_check_enter(c, name);
    uint32_t bits = read_words(c, list, to_bit, what);
    json_check_leave(c, mark);
    return bits;
}

void policy_read_condition(struct json_check *c, const struct json *v, struct condition *out)
{
    out->causes = read_member_words(c, v, "causes", false, cause_bit, "cause");
    out->all = read_member_words(c, v, "all", false, fact_bit, "fact");
    out->any = read_member_words(c, v, "any", false, fact_bit, "fact");
    out->none = read_member_words(c, v, "none", false, fact_bit, "fact");
    if ((out->all & out->none) != 0)
        json_check_fault(c, "asks for a fact in \"all\" that \"none\" forbids: it can never hold");
}

void policy_read_triage(struct json_check *c, const struct json *list, struct policy_rules *into)
{
    static const char *const keys[] = {"id", "causes", "all", "any", "none", "type", "urgency"};
    size_t i = 0;

    into->triage.rule_count = 0;
    if (json_size(list) == 0 || json_size(list) > POLICY_TRIAGE_MAX) {
        json_check_fault(c, "must hold 1..%d rules", POLICY_TRIAGE_MAX);
        return;
    }
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        struct triage_rule *rule = &into->triage.rules[i];
        char type[24] = "", urgency[24] = "";
        size_t mark = json_check_enter_at(c, i);
        memset(rule, 0, sizeof *rule);
        if (json_check_keys(c, v, keys, COUNT_OF(keys))) {
            (void)json_check_text(c, v, "id", true, rule->id, sizeof rule->id);
            policy_read_condition(c, v, &rule->when);
            if (json_check_text(c, v, "type", true, type, sizeof type) &&
                relief_type_from_word(slice_of(type), &rule->type) != ERR_OK)
                json_check_fault(c,
                                 "\"type\" must be SMALL_FAST, URGENT, EXPENSE, CONSULT or OTHER");
            if (json_check_text(c, v, "urgency", true, urgency, sizeof urgency) &&
                urgency_from_word(slice_of(urgency), &rule->urgency) != ERR_OK)
                json_check_fault(c, "\"urgency\" must be CRITICAL, URGENT or NORMAL");
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(into->triage.rules[k].id, rule->id) == 0)
                json_check_fault(c, "has the id of rule %zu: give it its own", k);
        }
        json_check_leave(c, mark);
    }
    into->triage.rule_count = (int)i;
}

void policy_read_tier_rules(struct json_check *c, const struct json *list,
                            struct policy_rules *into)
{
    static const char *const keys[] = {"tier", "causes", "all", "any", "none"};
    size_t i = 0;

    into->small_fast.tier_rule_count = 0;
    if (json_size(list) > POLICY_TIER_RULES_MAX) {
        json_check_fault(c, "must hold at most %d rules", POLICY_TIER_RULES_MAX);
        return;
    }
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        struct fast_tier_rule *rule = &into->small_fast.tier_rules[i];
        int64_t tier = 1;
        size_t mark = json_check_enter_at(c, i);
        memset(rule, 0, sizeof *rule);
        if (json_check_keys(c, v, keys, COUNT_OF(keys))) {
            (void)json_check_int(c, v, "tier", true, 1, FAST_TIERS, &tier);
            policy_read_condition(c, v, &rule->when);
        }
        rule->tier = (int)tier;
        json_check_leave(c, mark);
    }
    into->small_fast.tier_rule_count = (int)i;
}

void policy_read_pauses(struct json_check *c, const struct json *list, struct policy_rules *into)
{
    into->clock_pause.reasons =
        json_size(list) == 0 ? 0 : read_words(c, list, pause_bit, "reason for a pause");
}

void policy_read_triggers(struct json_check *c, const struct json *list, struct policy_rules *into)
{
    into->conference.triggers =
        json_size(list) == 0 ? 0 : read_words(c, list, trigger_bit, "trigger of a conference");
}

static void read_debt_step(struct json_check *c, const struct json *v, struct debt_step *step)
{
    static const char *const keys[] = {"overdue_fen", "overdue_permille", "ceiling_permille",
                                       "countersign"};
    int64_t overdue = 0, ceiling = 1000;

    if (!json_check_keys(c, v, keys, COUNT_OF(keys)))
        return;
    (void)json_check_int(c, v, "overdue_fen", false, 1, AMOUNT_FEN_MAX, &step->overdue_fen);
    (void)json_check_int(c, v, "overdue_permille", false, 1, 1000, &overdue);
    (void)json_check_int(c, v, "ceiling_permille", true, 0, 1000, &ceiling);
    (void)json_check_bool(c, v, "countersign", false, &step->countersign);
    step->overdue_permille = (int)overdue;
    step->ceiling_permille = (int)ceiling;
    if (step->overdue_fen == 0 && step->overdue_permille == 0)
        json_check_fault(c, "names no debt: give \"overdue_fen\" or \"overdue_permille\"");
    if (ceiling == 0 && !step->countersign)
        json_check_fault(c, "leaves nothing and asks nobody: a ceiling of 0 needs "
                            "\"countersign\": true");
}

/* May the later step hold although the earlier one does not? Then the ceiling would not fall step
 * by step. */
static bool steps_down(const struct debt_step *a, const struct debt_step *b)
{
    bool fen = b->overdue_fen == 0 || (a->overdue_fen > 0 && b->overdue_fen > a->overdue_fen);
    bool permille = b->overdue_permille == 0 ||
                    (a->overdue_permille > 0 && b->overdue_permille > a->overdue_permille);

    return fen && permille && b->ceiling_permille <= a->ceiling_permille;
}

void policy_read_debt_steps(struct json_check *c, const struct json *list,
                            struct policy_rules *into)
{
    struct debt_step *steps = into->review_debt.steps;
    size_t i = 0;

    into->review_debt.step_count = 0;
    if (json_size(list) > DEBT_STEPS_MAX) {
        json_check_fault(c, "must hold at most %d steps", DEBT_STEPS_MAX);
        return;
    }
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        size_t mark = json_check_enter_at(c, i);
        memset(&steps[i], 0, sizeof steps[i]);
        read_debt_step(c, v, &steps[i]);
        if (i > 0 && !steps_down(&steps[i - 1], &steps[i]))
            json_check_fault(c,
                             "must need more debt than step %zu, by the same measures, and leave "
                             "no higher ceiling",
                             i - 1);
        if (i > 0 && steps[i - 1].countersign)
            json_check_fault(c, "stands behind a step with a countersignature: that must be last");
        json_check_leave(c, mark);
    }
    into->review_debt.step_count = (int)i;
}

int policy_read_divisions(struct json_check *c, const struct json *v,
                          char (*out)[DIVISION_CODE_SIZE], int max)
{
    const struct json *list = json_check_child(c, v, "divisions", true, JSON_ARRAY);
    int count = 0;

    size_t mark = json_check_enter(c, "divisions");
    if (list != NULL && (json_size(list) == 0 || json_size(list) > (size_t)max))
        json_check_fault(c, "must hold 1..%d codes; \"\" stands for everywhere", max);
    for (const struct json *d = json_first(list); d != NULL && count < max; d = json_next(d)) {
        size_t inner = json_check_enter_at(c, (size_t)count);
        struct slice code = {NULL, 0};
        bool ok = json_string(d, &code) == ERR_OK && (code.len == 0 || slice_all_digits(code)) &&
                  (code.len == 0 || code.len == 2 || code.len == 4 || code.len == 6 ||
                   code.len == 9 || code.len == 12);
        if (!ok || slice_copy(code, out[count], DIVISION_CODE_SIZE) != ERR_OK) {
            json_check_fault(c, "must be a division code of 2, 4, 6, 9 or 12 digits, or \"\" for "
                                "everywhere");
            out[count][0] = '\0';
        }
        json_check_leave(c, inner);
        count++;
    }
    json_check_leave(c, mark);
    return count;
}

void policy_read_period(struct json_check *c, const struct json *v, const char *from,
                        const char *to, bool open, int64_t *from_ms, int64_t *to_ms)
{
    int64_t last = 0;

    *from_ms = 0;
    *to_ms = INT64_MAX;
    bool ok = json_check_date(c, v, from, true, from_ms);
    if (open && json_kind(json_get(v, to)) == JSON_NULL)
        return;
    if (!json_check_date(c, v, to, !open, &last))
        return;
    *to_ms = last + MS_PER_DAY;
    if (ok && *to_ms <= *from_ms)
        json_check_fault(c, "\"%s\" is the last day in force and must not lie before \"%s\"", to,
                         from);
}

static void check_order(struct json_check *c, const struct standing_order *o)
{
    if (o->case_fen > o->day_fen || o->day_fen > o->month_fen)
        json_check_fault(c, "ceilings must not fall: case_fen <= day_fen <= month_fen");
    if (o->valid_to_ms - o->valid_from_ms > 1096 * MS_PER_DAY)
        json_check_fault(c, "is valid for more than three years: an authorisation must expire");
    if (o->signed_ms > o->valid_from_ms)
        json_check_fault(c, "is signed after it begins: \"valid_from\" must not lie before the day "
                            "of the signature");
    if (strcmp(o->signed_by, o->officer) != 0)
        json_check_fault(c,
                         "is not signed by the officer whom it names: \"signature.by\" must be "
                         "\"%s\"",
                         o->officer);
}

static void read_qualify(struct json_check *c, const struct json *list, struct standing_order *out)
{
    static const char *const keys[] = {"causes", "all", "any", "none"};
    size_t i = 0;

    size_t mark = json_check_enter(c, "qualify");
    if (list != NULL && (json_size(list) == 0 || json_size(list) > ORDER_QUALIFY_MAX)) {
        json_check_fault(c, "must hold 1..%d conditions", ORDER_QUALIFY_MAX);
        list = NULL;
    }
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        size_t inner = json_check_enter_at(c, i);
        struct condition *when = &out->qualify[i];
        if (json_check_keys(c, v, keys, COUNT_OF(keys)))
            policy_read_condition(c, v, when);
        if ((when->all | when->any) == 0)
            json_check_fault(c, "names no fact: an order must say what makes a case severe enough "
                                "(\"all\" or \"any\")");
        json_check_leave(c, inner);
    }
    out->qualify_count = (int)i;
    json_check_leave(c, mark);
}

/* Who signed, when, which document. */
static void read_signature(struct json_check *c, const struct json *v, struct standing_order *out)
{
    static const char *const keys[] = {"by", "on", "document", "ed25519"};
    const struct json *signature = json_check_child(c, v, "signature", true, JSON_OBJECT);

    if (signature == NULL)
        return;
    size_t mark = json_check_enter(c, "signature");
    if (json_check_keys(c, signature, keys, COUNT_OF(keys))) {
        (void)json_check_text(c, signature, "by", true, out->signed_by, sizeof out->signed_by);
        (void)json_check_date(c, signature, "on", true, &out->signed_ms);
        (void)json_check_text(c, signature, "document", true, out->document, sizeof out->document);
        (void)json_check_text(c, signature, "ed25519", false, out->ed25519, sizeof out->ed25519);
    }
    json_check_leave(c, mark);
}

void policy_read_order(struct json_check *c, const struct json *v, struct standing_order *out)
{
    static const char *const keys[] = {
        "id",          "officer",  "office",  "divisions", "types",      "least_urgency",
        "qualify",     "case_fen", "day_fen", "month_fen", "valid_from", "valid_to",
        "legal_basis", "demo",     "note",    "signature", "surge"};
    char urgency[24] = "", note[POLICY_NOTE_SIZE];

    memset(out, 0, sizeof *out);
    if (!json_check_keys(c, v, keys, COUNT_OF(keys)) && json_kind(v) != JSON_OBJECT)
        return;
    (void)json_check_text(c, v, "id", true, out->id, sizeof out->id);
    (void)json_check_text(c, v, "officer", true, out->officer, sizeof out->officer);
    (void)json_check_text(c, v, "office", true, out->office, sizeof out->office);
    (void)json_check_text(c, v, "legal_basis", true, out->legal_basis, sizeof out->legal_basis);
    (void)json_check_text(c, v, "note", false, note, sizeof note);
    (void)json_check_bool(c, v, "demo", false, &out->demo);
    (void)json_check_text(c, v, "surge", false, out->surge, sizeof out->surge);
    read_signature(c, v, out);
    out->division_count = policy_read_divisions(c, v, out->divisions, ORDER_DIVISIONS_MAX);
    out->types = read_member_words(c, v, "types", true, order_type_bit,
                                   "type that may be approved by rule (SMALL_FAST, URGENT)");
    if (json_check_text(c, v, "least_urgency", true, urgency, sizeof urgency) &&
        urgency_from_word(slice_of(urgency), &out->least_urgency) != ERR_OK)
        json_check_fault(c, "\"least_urgency\" must be CRITICAL, URGENT or NORMAL");
    read_qualify(c, json_check_child(c, v, "qualify", true, JSON_ARRAY), out);
    int64_t top = AMOUNT_FEN_MAX;
    (void)json_check_int(c, v, "case_fen", true, 1, top, &out->case_fen);
    (void)json_check_int(c, v, "day_fen", true, 1, top, &out->day_fen);
    (void)json_check_int(c, v, "month_fen", true, 1, top, &out->month_fen);
    policy_read_period(c, v, "valid_from", "valid_to", false, &out->valid_from_ms,
                       &out->valid_to_ms);
    check_order(c, out);
}
