/* The clocks that a verb starts, by the policy in force in the county of the case. */
#include <stdio.h>
#include "server/verb_plan.h"
#include "workers/rules/clock_terms.h"

/* What runs in the state that the verb leads to and did not run before (clocks_start_text); the
 * policy's terms, and where the rules are silent those of an urgent case: no case is without one.
 */
bool plan_clocks(struct plan *p)
{
    const struct verb_state *st = p->st;
    const struct policy_rules *r = p->rules;
    struct clocks_rules terms;
    enum relief_type type;
    enum case_state to;
    struct clocks_times times;
    struct buf text;
    bool ok = true;
    if (case_move(st->verb, st->state, &to) != ERR_OK) {
        return true; /* the store refuses it */
    }
    if (relief_type_from_word(slice_of(st->decision_type), &type) != ERR_OK) {
        type = RELIEF_OTHER;
    }
    clock_terms(r, &p->op->g->calendar, type, URGENCY_NORMAL, st->facts.recognised, &terms);
    if (terms.terms[CLOCKS_REVIEW].unit == TERM_NONE) {
        terms.terms[CLOCKS_REVIEW] =
            (struct clocks_term){TERM_WORKING_DAYS, r->urgent_std.working_days};
        terms.terms[CLOCKS_COUNTY] =
            (struct clocks_term){TERM_WORKING_DAYS, r->county_ceiling.follow_up_working_days};
    }
    if (st->state == CASE_REVIEW_CONFIRMED) { /* 跟进救助: what the first aid left open */
        terms.terms[CLOCKS_REVIEW] =
            (struct clocks_term){TERM_WORKING_DAYS, r->county_ceiling.follow_up_working_days};
    }
    buf_init(&text, 256);
    if (st->verb == VERB_CONVENE) { /* from the county as well: a conference has its own time */
        const struct clocks_term conference = {TERM_WORKING_DAYS, r->conference.working_days};
        ok = clocks_due(&p->op->g->calendar, conference, &terms.pace, p->now_ms, &times, NULL) ==
             ERR_OK;
        if (ok) {
            clocks_put(&text, CLOCKS_COUNTY, &times);
        }
    } else {
        clocks_start_text(&terms, st->state, to, p->now_ms, &text);
    }
    if (ok && buf_err(&text) == ERR_OK && text.len > 0) {
        p->r->clocks = verb_keep(p->op, buf_slice(&text));
    }
    ok = ok && buf_err(&text) == ERR_OK && (text.len == 0 || p->r->clocks.ptr != NULL);
    buf_release(&text);
    return ok || plan_refuse(p, ERR_INTERNAL, "服务内部错误。");
}

/* Until when a case that is sent on now has to be accepted there, and when that warns: "by" or
 * "by/warn". */
void plan_extra_accept(struct plan *p, struct slice township)
{
    const char *there = arena_text(&p->op->arena, township);
    const struct policy_rules *rules =
        there == NULL ? p->rules : policy_for(p->op->g->policy, there, p->now_ms);
    struct clocks_rules terms;
    struct clocks_times times;
    char text[48];
    enum urgency urgency = p->st->urgency;
    clock_terms(rules, &p->op->g->calendar, RELIEF_OTHER, urgency, false, &terms);
    enum err err = clocks_due(&p->op->g->calendar, terms.terms[CLOCKS_ACCEPT], &terms.pace,
                              p->now_ms, &times, NULL);
    ASSERT(err == ERR_OK); /* now, and numbers that the policy's reader has checked */
    int len = snprintf(text, sizeof(text), "%lld", (long long)times.due_ms);
    if (urgency == URGENCY_NORMAL) {
        snprintf(text + len, sizeof(text) - (size_t)len, "/%lld", (long long)times.warn_ms);
    }
    plan_extra(p, verb_keep(p->op, slice_of(text)));
}
