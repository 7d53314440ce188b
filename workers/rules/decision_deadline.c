/* The clocks of a case. */
#include "workers/rules/decision_work.h"

/* The calendar's functions refuse only what is out of range; times and counts were brought into
 * range before. */
static int64_t working_days(struct work *w, int64_t from_ms, int n)
{
    int64_t due = 0;

    enum err err =
        calendar_add_working_days(w->in->calendar, from_ms, n, &due, &w->d->calendar_assumed);
    ASSERT(err == ERR_OK);
    return due;
}

static int64_t hours(int64_t from_ms, int n)
{
    int64_t due = 0;

    enum err err = calendar_add_hours(from_ms, n, &due);
    ASSERT(err == ERR_OK);
    return due;
}

static int64_t minutes(int64_t from_ms, int n)
{
    return from_ms + (int64_t)n * 60000;
}

static void accept_deadline(struct work *w)
{
    struct decision *d = w->d;

    if (w->in->accepted_ms > 0)
        return; /* already signed for */
    switch (d->urgency) {
    case URGENCY_CRITICAL:
        d->accept_by_ms = minutes(w->now_ms, w->r->accept.critical_minutes);
        return;
    case URGENCY_URGENT: d->accept_by_ms = minutes(w->now_ms, w->r->accept.urgent_minutes); return;
    case URGENCY_NORMAL:
    case URGENCY_COUNT:
        d->accept_by_ms = working_days(w, w->now_ms, w->r->accept.normal_working_days);
        return;
    }
}

static void small_fast(struct work *w)
{
    struct decision *d = w->d;
    int64_t due = 0;

    enum err err = calendar_add_days(w->accepted_ms, w->r->small_fast.days, &due);
    ASSERT(err == ERR_OK);
    d->pay_by_ms = due;
    d->pay_target_ms = hours(w->accepted_ms, w->r->small_fast.target_hours);
    d->review_by_ms = due;
    d->publicity_days = w->r->publicity.small_fast_days;
}

static void urgent(struct work *w)
{
    struct decision *d = w->d;

    if (d->first_aid_fen > 0 || d->officer_first_aid_fen > 0)
        d->pay_by_ms = hours(w->accepted_ms, w->r->urgent_first.pay_hours);
    d->review_by_ms = working_days(w, w->accepted_ms, w->r->urgent_std.working_days);
    d->publicity_days = w->r->publicity.urgent_days;
}

/* Households that are on the register already skip the economy check, so theirs is shorter. */
static void expense(struct work *w)
{
    struct decision *d = w->d;
    bool recognised = w->in->facts.recognised;
    int township =
        recognised ? w->r->expense.recognised_working_days : w->r->expense.township_working_days;

    if (recognised)
        work_fired(w, "EXPENSE.recognised", township, w->r->expense.township_working_days);
    d->review_by_ms = working_days(w, w->accepted_ms, township);
    d->publicity_days = w->r->expense.publicity_days;
    if (d->tier == TIER_COUNTY || d->tier == TIER_CONFERENCE)
        d->county_by_ms =
            working_days(w, w->accepted_ms, township + w->r->expense.county_working_days);
}

void work_deadlines(struct work *w)
{
    struct decision *d = w->d;
    bool follow_up = d->follow_up_tier == TIER_COUNTY;
    bool above = d->tier == TIER_COUNTY || d->tier == TIER_CONFERENCE;

    d->dispatch_by_ms = minutes(w->received_ms, w->r->dispatch.minutes[d->urgency]);
    accept_deadline(w);
    if (d->type == RELIEF_SMALL_FAST)
        small_fast(w);
    else if (d->type == RELIEF_URGENT)
        urgent(w);
    else if (d->type == RELIEF_EXPENSE)
        expense(w);
    if (d->by_rule) { /* the review duty is booked with the payment */
        d->papers_by_ms = working_days(w, w->accepted_ms, w->r->urgent_first.papers_working_days);
        d->review_by_ms = d->papers_by_ms;
    }
    if (d->type != RELIEF_EXPENSE && (follow_up || above))
        d->county_by_ms =
            working_days(w, w->accepted_ms, w->r->county_ceiling.follow_up_working_days);
}
