#include "workers/rules/clock_terms.h"

static struct clocks_term term(enum clocks_unit unit, int count)
{
    return (struct clocks_term){count > 0 ? unit : TERM_NONE, count};
}

static void relief_terms(const struct policy_rules *r, enum relief_type type, bool recognised,
                         struct clocks_term *t)
{
    switch (type) {
    case RELIEF_SMALL_FAST:
        t[CLOCKS_PAY] = term(TERM_DAYS, r->small_fast.days);
        t[CLOCKS_REVIEW] = term(TERM_DAYS, r->small_fast.days);
        break;
    case RELIEF_URGENT:
        t[CLOCKS_PAY] = term(TERM_HOURS, r->urgent_first.pay_hours);
        t[CLOCKS_REVIEW] = term(TERM_WORKING_DAYS, r->urgent_std.working_days);
        break;
    case RELIEF_EXPENSE:
        t[CLOCKS_PAY] = term(TERM_WORKING_DAYS, r->payment.working_days);
        t[CLOCKS_REVIEW] = term(TERM_WORKING_DAYS, recognised ? r->expense.recognised_working_days
                                                              : r->expense.township_working_days);
        break;
    case RELIEF_CONSULT:
    case RELIEF_OTHER:
    case RELIEF_TYPE_COUNT: return;
    }
    t[CLOCKS_COUNTY] =
        term(TERM_WORKING_DAYS, type == RELIEF_EXPENSE ? r->expense.county_working_days
                                                       : r->county_ceiling.follow_up_working_days);
    t[CLOCKS_PUBLICITY] = term(TERM_DAYS, type == RELIEF_URGENT ? r->publicity.urgent_days
                                                                : r->expense.publicity_days);
}

void clock_terms(const struct policy_rules *r, const struct calendar *calendar,
                 enum relief_type type, enum urgency urgency, bool recognised,
                 struct clocks_rules *out)
{
    struct clocks_term *t = out->terms;
    *out = (struct clocks_rules){.calendar = calendar};
    ASSERT(urgency < URGENCY_COUNT);
    t[CLOCKS_DISPATCH] = term(TERM_MINUTES, r->dispatch.minutes[urgency]);
    t[CLOCKS_ACCEPT] = urgency == URGENCY_CRITICAL ? term(TERM_MINUTES, r->accept.critical_minutes)
                       : urgency == URGENCY_URGENT
                           ? term(TERM_MINUTES, r->accept.urgent_minutes)
                           : term(TERM_WORKING_DAYS, r->accept.normal_working_days);
    t[CLOCKS_RETURN] = urgency == URGENCY_CRITICAL
                           ? term(TERM_MINUTES, r->give_back.critical_minutes)
                           : term(TERM_WORKING_DAYS, r->give_back.working_days);
    t[CLOCKS_PAPERS] = term(TERM_WORKING_DAYS, r->urgent_first.papers_working_days);
    t[CLOCKS_FOLLOW_UP] = term(TERM_WORKING_DAYS, r->follow_up.working_days);
    out->pay_ordinary = term(TERM_WORKING_DAYS, r->payment.working_days);
    relief_terms(r, type, recognised, t);
}

/* ---- Pauses ---- */

static const struct {
    const char *word, *zh;
} REASONS[] = {
#define REASON_ROW(id, word, zh) [id] = {word, zh},
    PAUSE_TABLE(REASON_ROW)
#undef REASON_ROW
};

const char *pause_reason_word(enum pause_reason p)
{
    ASSERT(p < PAUSE_COUNT);
    return REASONS[p].word;
}

const char *pause_reason_zh(enum pause_reason p)
{
    ASSERT(p < PAUSE_COUNT);
    return REASONS[p].zh;
}

enum err pause_reason_from_word(struct slice word, enum pause_reason *out)
{
    for (size_t i = 0; i < COUNT_OF(REASONS); i++) {
        if (slice_is(word, REASONS[i].word)) {
            *out = (enum pause_reason)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

bool pause_allowed(const struct policy_rules *r, enum case_state s, enum pause_reason p)
{
    unsigned running = clocks_in_state(s) & CLOCKS_PAUSABLE;
    bool money = running == CLOCKS_BIT(CLOCKS_PAY);
    return (r->clock_pause.reasons >> p & 1u) != 0 && running != 0 && !clocks_first_aid(s) &&
           money == (p == PAUSE_FUND_APPROPRIATION);
}
