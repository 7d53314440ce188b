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

static struct relief_history clamp_history(const struct relief_history *h)
{
    return (struct relief_history){
        .paid_fen = clamp(h->paid_fen, 0, AMOUNT_FEN_MAX),
        .times = (int)clamp(h->times, 0, INT32_MAX),
        .small_fast_times = (int)clamp(h->small_fast_times, 0, INT32_MAX),
        .same_cause = (int)clamp(h->same_cause, 0, INT32_MAX),
    };
}

static struct decision_input clean_input(const struct decision_input *in)
{
    struct decision_input c = *in;

    c.person = clamp_history(&in->person);
    c.household = clamp_history(&in->household);
    c.fund = (struct relief_fund){
        .available_fen = clamp(in->fund.available_fen, 0, AMOUNT_FEN_MAX),
        .today_fen = clamp(in->fund.today_fen, 0, AMOUNT_FEN_MAX),
        .order_today_fen = clamp(in->fund.order_today_fen, 0, AMOUNT_FEN_MAX),
        .order_month_fen = clamp(in->fund.order_month_fen, 0, AMOUNT_FEN_MAX),
        .county_fen = clamp(in->fund.county_fen, 0, AMOUNT_FEN_MAX),
    };
    c.account_persons = clamp(in->account_persons, 0, INT32_MAX);
    c.debt_overdue_fen = clamp(in->debt_overdue_fen, 0, AMOUNT_FEN_MAX);
    c.allotted_fen = clamp(in->allotted_fen, 0, AMOUNT_FEN_MAX);
    c.open_duplicates = (int)clamp(in->open_duplicates, 0, INT32_MAX);
    c.now_ms = clamp(in->now_ms, 0, TIME_MAX_MS);
    c.accepted_ms = clamp(in->accepted_ms, 0, TIME_MAX_MS);
    return c;
}

/* The input goes into the record: it must be enough to make this decision again. */
static void keep_basis(struct work *w)
{
    const struct decision_input *in = w->in;
    struct decision_basis *b = &w->d->basis;

    for (size_t i = 0; i < sizeof b->township - 1 && in->township[i] != '\0'; i++)
        b->township[i] = in->township[i];
    b->now_ms = in->now_ms;
    b->accepted_ms = in->accepted_ms;
    b->person = in->person;
    b->household = in->household;
    b->fund = in->fund;
    b->account_persons = in->account_persons;
    b->debt_overdue_fen = in->debt_overdue_fen;
    b->allotted_fen = in->allotted_fen;
    b->open_duplicates = in->open_duplicates;
    b->relative_declared = in->relative_declared;
    b->payee_is_officers = in->payee_is_officers;
    b->payee_missing = in->payee_missing;
    b->payee_doubtful = in->payee_doubtful;
}

static void work_init(struct work *w, const struct decision_input *in, struct decision *d)
{
    const struct case_facts *f = &in->facts;

    memset(w, 0, sizeof *w);
    w->clean = clean_input(in);
    w->in = &w->clean;
    w->d = d;
    w->now_ms = w->clean.now_ms;
    w->accepted_ms = w->clean.accepted_ms > 0 ? w->clean.accepted_ms : w->now_ms;
    w->received_ms = f->received_ms > 0 ? clamp(f->received_ms, 0, TIME_MAX_MS) : w->now_ms;
    w->r = policy_for(in->policy, in->township, w->now_ms);
    w->cause = f->cause >= 0 && f->cause < CAUSE_COUNT ? f->cause : CAUSE_OTHER;
    w->persons = (int)clamp(f->persons, 1, PERSONS_MAX);
    w->months = (int)clamp(f->months, 0, MONTHS_MAX);
    w->net_expense_fen = clamp(f->net_expense_fen, 0, AMOUNT_FEN_MAX);
    w->asked_fen = clamp(f->asked_fen, 0, AMOUNT_FEN_MAX);
    w->facts = condition_facts(f);
    w->available_fen = w->clean.fund.available_fen;
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

uint64_t decision_draw(struct slice case_no)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < case_no.len; i++)
        hash = (hash ^ (unsigned char)case_no.ptr[i]) * UINT64_C(0x100000001b3);
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd); /* numbers in sequence must not */
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53); /* give draws in sequence */
    hash ^= hash >> 33;
    return hash == 0 ? 1 : hash;
}

void decide(const struct decision_input *in, struct decision *out)
{
    struct work w;

    ASSERT(in->policy != NULL && in->calendar != NULL && in->township != NULL);
    memset(out, 0, sizeof *out);
    work_init(&w, in, out);
    memcpy(out->policy, w.r->name, sizeof out->policy);
    memcpy(out->disaster, w.r->disaster, sizeof out->disaster);
    keep_basis(&w);
    out->person_asked = in->facts.wants_person;
    triage(&w);
    if (out->disaster[0] != '\0')
        work_fired(&w, "SURGE", 1, 0);
    w.order = policy_order_for(in->policy, in->township, w.now_ms, out->type, out->urgency, w.cause,
                               w.facts);
    work_amounts(&w);
    work_track(&w);
    work_deadlines(&w);
    work_reasons(&w);
}
