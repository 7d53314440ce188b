/* One decision in the making. Internal to workers/rules; the order of the steps is in decision.c.
 */
#ifndef WORKERS_RULES_DECISION_WORK_H
#define WORKERS_RULES_DECISION_WORK_H

#include "workers/rules/decision.h"

/* Why nothing is paid by rule although the kind of case could be; the first that holds counts. */
enum barrier {
    BARRIER_NONE,
    BARRIER_NOTHING_DUE, /* advice, or a kind the pack does not pay */
    BARRIER_SAME_CAUSE,  /* had relief for this cause this year */
    BARRIER_TIMES,       /* times of this year used up */
    BARRIER_YEAR_SUM,    /* sum of this year used up */
    BARRIER_RELATIVE,
    BARRIER_WANTS_PERSON,
    BARRIER_TYPE,           /* EXPENSE: always a person */
    BARRIER_NO_ORDER,       /* no standing order fits */
    BARRIER_PAYEE,          /* nowhere to send the money */
    BARRIER_PAYEE_DOUBT,    /* the payee's number or account cannot be right */
    BARRIER_ACCOUNT,        /* paid to this account for other people already */
    BARRIER_DUPLICATE,      /* an open case may be the same one */
    BARRIER_DEBT,           /* review debt: the county countersigns */
    BARRIER_YEAR_SUM_SHORT, /* the year's sum would cut what is paid at once */
    BARRIER_ORDER_USED_UP,
    BARRIER_FUND
};

struct work {
    const struct decision_input *in; /* `clean` */
    struct decision_input
        clean; /* the caller's with every number but those of the facts brought into range */
    struct decision *d;
    const struct policy_rules *r;
    const struct standing_order *order; /* NULL when none fits */
    const struct debt_step *debt;       /* NULL when the township owes no review, or not much */
    uint32_t facts;
    enum cause cause;
    int persons, months; /* brought into range; months 0 = unknown */
    int months_used;     /* EXPENSE: m in the formula */
    int64_t net_expense_fen, asked_fen;
    int64_t now_ms, accepted_ms, received_ms;

    int64_t entitled_fen;          /* by the formula of the type, before the caps */
    int64_t township_ceiling_fen;  /* min(months x D, amount) */
    int64_t first_aid_ceiling_fen; /* the same after the review debt */
    int64_t county_ceiling_fen;
    int64_t year_cap_fen,
        year_left_fen;     /* of the household's or, when that is less, the person's yearly sum */
    bool year_of_person;   /* the person's sum is the one that binds */
    int64_t available_fen; /* township: fund and day's room, >= 0 */
    bool day_full;         /* the township's day binds, not its fund */
    int64_t purse_fen; /* what first aid may be paid from: available_fen or the county's reserve */
    bool county_purse;
    int64_t day_left_fen, month_left_fen; /* of the order; 0 without one */
    int same_cause, times;
    enum barrier barrier;
};

/* Entitlement, ceilings, caps; d->amount_fen, over_cap_fen, fast_tier, instalments. */
void work_amounts(struct work *w);
/* Who acts: barrier, track, tier, first_aid_fen, follow_up_fen, officer_first_aid_fen, order. */
void work_track(struct work *w);
void work_deadlines(struct work *w);
/* d->why: needs everything else to be there. */
void work_reasons(struct work *w);

/* Record a rule that was used. rule: static text. */
void work_fired(struct work *w, const char *rule, int64_t value, int64_t limit);

#endif
