/* The decision: the order of its steps, and the words of its results. */
#include "workers/rules/decision.h"

#include <string.h>
#include "queue/base/clock.h"
#include "queue/domain/money.h"
#include "workers/rules/decision_work.h"

#define TIME_MAX_MS INT64_C(250000000000000) /* year 9892: deadlines behind it stay in range */

static const char *const track_words[] = {
#define TRACK_WORD(id, word, zh) word,
    TRACK_TABLE(TRACK_WORD)
#undef TRACK_WORD
};
static const char *const track_labels[] = {
#define TRACK_ZH(id, word, zh) zh,
    TRACK_TABLE(TRACK_ZH)
#undef TRACK_ZH
};
static const char *const tier_words[] = {
#define TIER_WORD(id, word, zh) word,
    TIER_TABLE(TIER_WORD)
#undef TIER_WORD
};
static const char *const tier_labels[] = {
#define TIER_ZH(id, word, zh) zh,
    TIER_TABLE(TIER_ZH)
#undef TIER_ZH
};

const char *track_word(enum track t)
{
    ASSERT(t >= 0 && t < TRACK_COUNT);
    return track_words[t];
}

const char *track_zh(enum track t)
{
    ASSERT(t >= 0 && t < TRACK_COUNT);
    return track_labels[t];
}

const char *tier_word(enum tier t)
{
    ASSERT(t >= 0 && t < TIER_COUNT);
    return tier_words[t];
}

const char *tier_zh(enum tier t)
{
    ASSERT(t >= 0 && t < TIER_COUNT);
    return tier_labels[t];
}

void work_fired(struct work *w, const char *rule, int64_t value, int64_t limit)
{
    struct decision *d = w->d;

    if (d->fired_count == DECISION_FIRED_MAX)
        return;
    d->fired[d->fired_count++] = (struct decision_fired){rule, value, limit};
}

static int64_t clamp(int64_t value, int64_t least, int64_t most)
{
    return value < least ? least : value > most ? most : value;
}

static void work_init(struct work *w, const struct decision_input *in, struct decision *d)
{
    const struct case_facts *f = &in->facts;

    memset(w, 0, sizeof *w);
    w->in = in;
    w->d = d;
    w->now_ms = clamp(in->now_ms, 0, TIME_MAX_MS);
    w->accepted_ms = in->accepted_ms > 0 ? clamp(in->accepted_ms, 0, TIME_MAX_MS) : w->now_ms;
    w->received_ms = f->received_ms > 0 ? clamp(f->received_ms, 0, TIME_MAX_MS) : w->now_ms;
    w->r = policy_for(in->policy, in->township, w->now_ms);
    w->cause = f->cause >= 0 && f->cause < CAUSE_COUNT ? f->cause : CAUSE_OTHER;
    w->persons = (int)clamp(f->persons, 1, PERSONS_MAX);
    w->months = (int)clamp(f->months, 0, MONTHS_MAX);
    w->net_expense_fen = clamp(f->net_expense_fen, 0, AMOUNT_FEN_MAX);
    w->asked_fen = clamp(f->asked_fen, 0, AMOUNT_FEN_MAX);
    w->facts = condition_facts(f);
    w->available_fen = clamp(in->fund.available_fen, 0, AMOUNT_FEN_MAX);
}

/* Kind and urgency from the pack; what endangers life is urgent whatever the pack says. */
static void triage(struct work *w)
{
    struct decision *d = w->d;

    d->type = RELIEF_OTHER;
    d->urgency = URGENCY_NORMAL;
    for (int i = 0; i < w->r->triage.rule_count; i++) {
        const struct triage_rule *rule = &w->r->triage.rules[i];
        if (!condition_holds(&rule->when, w->cause, w->facts))
            continue;
        memcpy(d->triage, rule->id, sizeof d->triage);
        d->type = rule->type;
        d->urgency = rule->urgency;
        break;
    }
    if (w->in->facts.danger_to_life) {
        d->tell_emergency = true;
        d->urgency = URGENCY_CRITICAL;
        d->type = RELIEF_URGENT;
    }
    work_fired(w, "TRIAGE", d->type, d->urgency);
}

void decide(const struct decision_input *in, struct decision *out)
{
    struct work w;

    ASSERT(in->policy != NULL && in->calendar != NULL && in->township != NULL);
    memset(out, 0, sizeof *out);
    work_init(&w, in, out);
    memcpy(out->policy, w.r->name, sizeof out->policy);
    out->person_asked = in->facts.wants_person;
    triage(&w);
    w.order = policy_order_for(in->policy, in->township, w.now_ms, out->type, out->urgency, w.cause,
                               w.facts);
    work_amounts(&w);
    work_track(&w);
    work_deadlines(&w);
    work_reasons(&w);
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
    put_lists(d, o);
    json_close_object(o);
}
