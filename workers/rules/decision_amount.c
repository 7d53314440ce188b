/* How much, and who may say so. */
#include "queue/domain/money.h"
#include "workers/rules/decision_work.h"

/* months x D x n in fen. Cannot overflow: the pack's ranges keep it below 10^12 x 12; still checked
 * and held at the limit. */
static int64_t months_of_standard(const struct work *w, int months, int persons)
{
    int64_t fen = AMOUNT_FEN_MAX;

    if (money_mul(w->r->standard.dibao_month_fen, (int64_t)months * persons, &fen) != ERR_OK)
        return AMOUNT_FEN_MAX;
    return fen;
}

static int64_t at_least_zero(int64_t fen)
{
    return fen < 0 ? 0 : fen;
}

static int fast_tier(const struct work *w)
{
    for (int i = 0; i < w->r->small_fast.tier_rule_count; i++) {
        const struct fast_tier_rule *rule = &w->r->small_fast.tier_rules[i];
        if (condition_holds(&rule->when, w->cause, w->facts))
            return rule->tier;
    }
    return w->r->small_fast.default_tier;
}

static int64_t small_fast_amount(struct work *w)
{
    int tier = fast_tier(w);
    int permille = w->r->small_fast.tier_permille[tier - 1];
    int64_t fen = 0;

    w->d->fast_tier = tier;
    if (money_permille(w->r->standard.dibao_month_fen, permille, &fen) != ERR_OK)
        fen = 0;
    if (w->r->small_fast.per_person && money_mul(fen, w->persons, &fen) != ERR_OK)
        fen = AMOUNT_FEN_MAX;
    work_fired(w, "SMALL_FAST.amount", tier, fen);
    if (w->r->small_fast.limit_to_asked && w->asked_fen > 0 && w->asked_fen < fen) {
        work_fired(w, "SMALL_FAST.asked", w->asked_fen, fen);
        fen = w->asked_fen;
    }
    return fen;
}

static int64_t urgent_amount(struct work *w)
{
    int64_t fen;

    if (w->order != NULL) {
        fen = months_of_standard(w, w->r->urgent_first.months, w->persons);
        work_fired(w, "URGENT_FIRST.amount", w->persons, fen);
    } else {
        fen = months_of_standard(w, w->r->urgent_std.months, w->persons);
        work_fired(w, "URGENT_STD.amount", w->persons, fen);
    }
    return fen;
}

static int64_t expense_amount(struct work *w)
{
    int months = w->months > 0 ? w->months : w->r->expense.months_default;
    if (months > w->r->expense.months_max)
        months = w->r->expense.months_max;
    int64_t fen = months_of_standard(w, months, w->persons);

    w->months_used = months;
    work_fired(w, "EXPENSE.amount", months, fen);
    if (w->net_expense_fen > 0 && w->net_expense_fen < fen) {
        work_fired(w, "EXPENSE.net", w->net_expense_fen, fen);
        fen = w->net_expense_fen;
    }
    return fen;
}

static void read_history(struct work *w)
{
    const struct relief_history *p = &w->in->person, *h = &w->in->household;
    bool fast_counts = w->r->small_fast.counts_in_year;
    int64_t p_times = (int64_t)p->times - (fast_counts ? 0 : p->small_fast_times);
    int64_t h_times = (int64_t)h->times - (fast_counts ? 0 : h->small_fast_times);
    int64_t times = money_max(p_times, h_times);
    int64_t paid = at_least_zero(money_max(p->paid_fen, h->paid_fen));

    w->times = times < 0 ? 0 : times > INT32_MAX ? INT32_MAX : (int)times;
    w->same_cause = p->same_cause > h->same_cause ? p->same_cause : h->same_cause;
    int64_t mine = at_least_zero(p->paid_fen);
    int64_t person_left =
        mine >= w->r->caps.person_year_fen ? 0 : w->r->caps.person_year_fen - mine;
    w->year_cap_fen = w->r->caps.household_year_fen;
    w->year_left_fen = paid >= w->year_cap_fen ? 0 : w->year_cap_fen - paid;
    if (person_left < w->year_left_fen) {
        w->year_cap_fen = w->r->caps.person_year_fen;
        w->year_left_fen = person_left;
        w->year_of_person = true;
    }
    if (w->d->type == RELIEF_SMALL_FAST && !fast_counts)
        w->times = 0;
}

static void read_limits(struct work *w)
{
    const struct policy_rules *r = w->r;
    const struct decision_input *in = w->in;

    w->debt = policy_debt_step(r, in->debt_overdue_fen, in->allotted_fen);
    w->township_ceiling_fen = policy_township_ceiling(r);
    w->first_aid_ceiling_fen = policy_first_aid_ceiling(r, in->debt_overdue_fen, in->allotted_fen,
                                                        in->facts.danger_to_life);
    if (r->caps.township_day_fen > 0) {
        int64_t today = at_least_zero(in->fund.today_fen), cap = r->caps.township_day_fen;
        int64_t left = today >= cap ? 0 : cap - today;
        w->day_full = left < w->available_fen;
        w->available_fen = money_min(w->available_fen, left);
    }
    w->county_ceiling_fen = months_of_standard(w, r->county_ceiling.months_per_person, w->persons);
    if (r->county_ceiling.amount_fen > 0)
        w->county_ceiling_fen = money_min(w->county_ceiling_fen, r->county_ceiling.amount_fen);
    if (w->order == NULL)
        return;
    w->day_left_fen = w->in->fund.order_today_fen >= w->order->day_fen
                          ? 0
                          : w->order->day_fen - at_least_zero(w->in->fund.order_today_fen);
    w->month_left_fen = w->in->fund.order_month_fen >= w->order->month_fen
                            ? 0
                            : w->order->month_fen - at_least_zero(w->in->fund.order_month_fen);
}

/* What the caps of the year leave of the entitlement. */
static void apply_caps(struct work *w)
{
    struct decision *d = w->d;
    int64_t left = w->entitled_fen;

    if (w->same_cause >= w->r->caps.same_cause_per_year) {
        work_fired(w, "CAPS.same_cause", w->same_cause, w->r->caps.same_cause_per_year);
        w->barrier = BARRIER_SAME_CAUSE;
        left = 0;
    } else if (w->times >= w->r->caps.times_per_year) {
        work_fired(w, "CAPS.times", w->times, w->r->caps.times_per_year);
        w->barrier = BARRIER_TIMES;
        left = 0;
    } else if (w->year_left_fen < left) {
        work_fired(w, w->year_of_person ? "CAPS.person_year" : "CAPS.household_year",
                   w->entitled_fen, w->year_left_fen);
        left = w->year_left_fen;
        if (left == 0)
            w->barrier = BARRIER_YEAR_SUM;
    }
    if (left > w->county_ceiling_fen) {
        work_fired(w, "COUNTY_CEILING", left, w->county_ceiling_fen);
        left = w->county_ceiling_fen;
    }
    d->amount_fen = left;
    d->over_cap_fen = w->entitled_fen - left;
}

static void split_instalments(struct work *w)
{
    struct decision *d = w->d;

    d->instalments = d->amount_fen > 0 ? 1 : 0;
    if (d->type != RELIEF_EXPENSE || d->amount_fen == 0 ||
        w->months_used <= w->r->instalments.above_months)
        return;
    d->instalments =
        w->months_used < w->r->instalments.most ? w->months_used : w->r->instalments.most;
    if (d->instalments > d->amount_fen)
        d->instalments = (int)d->amount_fen; /* no instalment of nothing */
    work_fired(w, "INSTALMENTS", w->months_used, d->instalments);
}

void work_amounts(struct work *w)
{
    switch (w->d->type) {
    case RELIEF_SMALL_FAST: w->entitled_fen = small_fast_amount(w); break;
    case RELIEF_URGENT: w->entitled_fen = urgent_amount(w); break;
    case RELIEF_EXPENSE: w->entitled_fen = expense_amount(w); break;
    case RELIEF_CONSULT:
    case RELIEF_OTHER:
    case RELIEF_TYPE_COUNT: break;
    }
    read_history(w);
    read_limits(w);
    if (w->entitled_fen == 0)
        w->barrier = BARRIER_NOTHING_DUE;
    else
        apply_caps(w);
    split_instalments(w);
}

/* ---- who acts ---- */

/* Whose money pays before review. Danger to life is never blocked: when the township's money is, by
 * its review debt or because it is used up, the county's reserve pays, if it holds more. */
static void choose_purse(struct work *w, int64_t wanted)
{
    int64_t county = money_min(at_least_zero(w->in->fund.county_fen), AMOUNT_FEN_MAX);
    bool enough = w->available_fen >= wanted;

    w->purse_fen = w->available_fen;
    w->county_purse = false;
    if (!w->in->facts.danger_to_life || (w->debt == NULL && enough))
        return;
    if (county < wanted && (enough || county <= w->available_fen))
        return; /* not known, or no better */
    w->purse_fen = county;
    w->county_purse = true;
}

/* What could be paid at once under the order, looking at everything but the yearly sum. */
static int64_t payable_now(struct work *w, enum barrier *shortage)
{
    int64_t whole = money_min(w->entitled_fen, w->county_ceiling_fen);
    int64_t fen = money_min(whole, w->first_aid_ceiling_fen);
    int64_t least = money_min(w->r->urgent_first.least_fen, fen);
    int64_t by_order = money_min(
        fen, money_min(w->order->case_fen, money_min(w->day_left_fen, w->month_left_fen)));

    choose_purse(w, by_order);
    *shortage = BARRIER_NONE;
    if (by_order < least || by_order == 0)
        *shortage = BARRIER_ORDER_USED_UP;
    else if (w->purse_fen < least || w->purse_fen == 0)
        *shortage = BARRIER_FUND;
    return money_min(by_order, w->purse_fen);
}

static void find_barrier(struct work *w)
{
    enum barrier shortage = BARRIER_NONE;

    if (w->barrier != BARRIER_NONE)
        return;
    if (w->in->relative_declared || w->in->payee_is_officers)
        w->barrier = BARRIER_RELATIVE;
    else if (w->d->person_asked)
        w->barrier = BARRIER_WANTS_PERSON;
    else if (w->d->type == RELIEF_EXPENSE)
        w->barrier = BARRIER_TYPE;
    else if (w->order == NULL)
        w->barrier = BARRIER_NO_ORDER;
    else if (w->in->payee_missing)
        w->barrier = BARRIER_PAYEE;
    else if (w->in->payee_doubtful)
        w->barrier = BARRIER_PAYEE_DOUBT;
    else if (w->in->account_persons >= w->r->integrity.account_persons)
        w->barrier = BARRIER_ACCOUNT;
    else if (w->in->open_duplicates > 0 && !w->in->facts.danger_to_life)
        w->barrier = BARRIER_DUPLICATE;
    else if (w->d->countersign)
        w->barrier = BARRIER_DEBT;
    else if (payable_now(w, &shortage) > w->year_left_fen)
        w->barrier = BARRIER_YEAR_SUM_SHORT;
    else
        w->barrier = shortage;
}

static void pay_by_rule(struct work *w)
{
    struct decision *d = w->d;
    enum barrier shortage;
    int64_t now_fen = payable_now(w, &shortage);

    d->track = TRACK_FIRST_AID;
    d->tier = TIER_ORDER;
    d->by_rule = true;
    d->first_aid_fen = now_fen;
    d->follow_up_fen = d->amount_fen - now_fen;
    memcpy(d->order_id, w->order->id, sizeof d->order_id);
    memcpy(d->officer, w->order->officer, sizeof d->officer);
    work_fired(w, "STANDING_ORDER.case", now_fen, w->order->case_fen);
    work_fired(w, "STANDING_ORDER.day", w->in->fund.order_today_fen, w->order->day_fen);
    work_fired(w, "STANDING_ORDER.month", w->in->fund.order_month_fen, w->order->month_fen);
    work_fired(w, w->county_purse ? "FUND.county" : "FUND.available", now_fen, w->purse_fen);
    d->from_county_reserve = w->county_purse;
    if (d->amount_fen > w->township_ceiling_fen)
        work_fired(w, "TOWNSHIP_CEILING", d->amount_fen, w->township_ceiling_fen);
    if (d->follow_up_fen == 0)
        return;
    /* Above the township's power, or beyond its fund: the county. Only the order's ceiling was too
     * low, or its review debt lowers what it pays before review: the township. */
    bool county = d->amount_fen > w->township_ceiling_fen || now_fen == w->purse_fen;
    d->follow_up_tier = county ? TIER_COUNTY : TIER_TOWNSHIP;
}

static enum tier conference_or_county(const struct work *w, enum conference_trigger trigger)
{
    return (w->r->conference.triggers >> trigger & 1) != 0 ? TIER_CONFERENCE : TIER_COUNTY;
}

static enum tier tier_of(const struct work *w)
{
    switch (w->barrier) {
    case BARRIER_NOTHING_DUE: return TIER_NONE;
    case BARRIER_SAME_CAUSE: return TIER_COUNTY;
    case BARRIER_TIMES: return conference_or_county(w, TRIGGER_TIMES);
    case BARRIER_YEAR_SUM: return conference_or_county(w, TRIGGER_YEAR_CAP);
    case BARRIER_DEBT: return TIER_COUNTY;
    case BARRIER_RELATIVE: return w->d->county_must_review ? TIER_COUNTY : TIER_TOWNSHIP;
    case BARRIER_FUND: return TIER_COUNTY;
    case BARRIER_NONE:
    case BARRIER_WANTS_PERSON:
    case BARRIER_TYPE:
    case BARRIER_NO_ORDER:
    case BARRIER_PAYEE:
    case BARRIER_PAYEE_DOUBT:
    case BARRIER_ACCOUNT:
    case BARRIER_DUPLICATE:
    case BARRIER_YEAR_SUM_SHORT:
    case BARRIER_ORDER_USED_UP: break;
    }
    return w->d->amount_fen > w->township_ceiling_fen ? TIER_COUNTY : TIER_TOWNSHIP;
}

/* Where life is in danger an officer of the township acts at once; who must approve stays the same.
 */
static enum track track_of(const struct work *w)
{
    if (w->d->county_must_review || w->barrier == BARRIER_FUND || w->barrier == BARRIER_DEBT)
        return TRACK_COUNTY;
    if (w->in->facts.danger_to_life || w->d->person_asked)
        return TRACK_OFFICER;
    if (w->barrier == BARRIER_TIMES || w->barrier == BARRIER_YEAR_SUM)
        return w->d->tier == TIER_CONFERENCE ? TRACK_CONFERENCE : TRACK_COUNTY;
    if (w->d->type == RELIEF_EXPENSE && w->d->tier == TIER_COUNTY &&
        w->barrier != BARRIER_SAME_CAUSE)
        return TRACK_COUNTY;
    return TRACK_OFFICER;
}

/* What an officer of the township may pay at once on his own signature. A used-up cap closes it,
 * unless life is in danger: then he may act and the conference or the county looks at it
 * afterwards. */
static int64_t officer_first_aid(struct work *w)
{
    const struct policy_rules *r = w->r;
    bool capped = w->barrier == BARRIER_SAME_CAUSE || w->barrier == BARRIER_TIMES ||
                  w->barrier == BARRIER_YEAR_SUM;

    if (w->d->type != RELIEF_URGENT && w->d->type != RELIEF_SMALL_FAST)
        return 0;
    if (w->d->county_must_review || (capped && !w->in->facts.danger_to_life))
        return 0;
    int64_t fen = w->d->type == RELIEF_URGENT
                      ? months_of_standard(w, r->urgent_first.months, w->persons)
                      : w->entitled_fen;
    fen = money_min(fen, w->first_aid_ceiling_fen);
    if (!capped)
        fen = money_min(fen, w->d->amount_fen);
    choose_purse(w, fen);
    return money_min(fen, w->purse_fen);
}

/* What stood in the way, as a fired rule. */
static void fire_barrier(struct work *w)
{
    switch (w->barrier) {
    case BARRIER_RELATIVE:
        work_fired(w, w->in->payee_is_officers ? "INTEGRITY.officer" : "INTEGRITY.relative", 1, 0);
        break;
    case BARRIER_WANTS_PERSON: work_fired(w, "PERSON.asked", 1, 0); break;
    case BARRIER_NO_ORDER: work_fired(w, "STANDING_ORDER.none", 0, 0); break;
    case BARRIER_PAYEE: work_fired(w, "PAYEE.missing", 1, 0); break;
    case BARRIER_PAYEE_DOUBT: work_fired(w, "PAYEE.doubtful", 1, 0); break;
    case BARRIER_ACCOUNT:
        work_fired(w, "ACCOUNT.shared", w->in->account_persons, w->r->integrity.account_persons);
        break;
    case BARRIER_DUPLICATE: work_fired(w, "DUPLICATES.open", w->in->open_duplicates, 0); break;
    case BARRIER_DEBT:
        work_fired(w, "REVIEW_DEBT.countersign", w->in->debt_overdue_fen, w->in->allotted_fen);
        break;
    case BARRIER_ORDER_USED_UP:
        work_fired(w, "STANDING_ORDER.used_up", money_min(w->day_left_fen, w->month_left_fen),
                   w->r->urgent_first.least_fen);
        break;
    case BARRIER_FUND:
        work_fired(w, "FUND.short", w->available_fen, w->r->urgent_first.least_fen);
        break;
    default: break;
    }
}

/* 抽查: by the number that the case drew; a relative's and a repeated case by their own share, an
 * officer's own account always. */
static bool spot_check(const struct work *w)
{
    const struct policy_rules *r = w->r;
    bool repeated = w->in->open_duplicates > 0 || w->same_cause > 0;
    int permille = w->in->payee_is_officers   ? 1000
                   : w->in->relative_declared ? r->integrity.relative_check_permille
                   : repeated                 ? r->integrity.repeat_check_permille
                                              : r->integrity.spot_check_permille;

    if (w->d->type != RELIEF_SMALL_FAST && w->d->type != RELIEF_URGENT &&
        w->d->type != RELIEF_EXPENSE)
        return false;
    return permille == 1000 || (w->in->draw != 0 && w->in->draw % 1000 < (uint64_t)permille);
}

void work_track(struct work *w)
{
    struct decision *d = w->d;

    d->countersign = w->debt != NULL && w->debt->countersign && !w->in->facts.danger_to_life &&
                     (d->type == RELIEF_URGENT || d->type == RELIEF_SMALL_FAST);
    d->spot_check = spot_check(w);
    if (d->spot_check)
        work_fired(w, "INTEGRITY.check", (int64_t)(w->in->draw % 1000), 1000);
    if (w->debt != NULL && !w->in->facts.danger_to_life)
        work_fired(w, "REVIEW_DEBT.ceiling", w->in->debt_overdue_fen, w->first_aid_ceiling_fen);
    find_barrier(w);
    d->county_must_review = w->in->payee_is_officers ||
                            (w->in->relative_declared && w->r->integrity.relative_county_review);
    if (w->barrier == BARRIER_NONE) {
        pay_by_rule(w);
        return;
    }
    d->tier = tier_of(w);
    if (d->county_must_review && d->tier == TIER_TOWNSHIP)
        d->tier = TIER_COUNTY;
    d->track = track_of(w);
    d->officer_first_aid_fen = officer_first_aid(w);
    d->from_county_reserve =
        w->in->facts.danger_to_life && ((d->officer_first_aid_fen > 0 && w->county_purse) ||
                                        (w->barrier == BARRIER_FUND && d->amount_fen > 0));
    if (d->tier == TIER_COUNTY && d->amount_fen > w->township_ceiling_fen)
        work_fired(w, "TOWNSHIP_CEILING", d->amount_fen, w->township_ceiling_fen);
    fire_barrier(w);
}
