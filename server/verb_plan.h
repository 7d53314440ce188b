/* What the parts of verb_plan() share; nobody else includes this. */
#ifndef SERVER_VERB_PLAN_H
#define SERVER_VERB_PLAN_H

#include "server/verb.h"
#include "workers/rules/policy.h"

struct plan {
    struct op *op;
    struct verb_state *st;
    struct act_request *r;
    const struct policy_rules *rules;
    int64_t now_ms;
};

/* One more argument of the verb; the text must outlive the call to the store. */
void plan_extra(struct plan *p, struct slice text);
void plan_extra_int(struct plan *p, int64_t n);
/* Answers the op; always false. */
bool plan_refuse(struct plan *p, enum err err, const char *detail);

/* verb_clocks.c: what starts with the verb (act_request.clocks). */
bool plan_clocks(struct plan *p);
/* Until when a case that is sent to this township now has to be accepted, and when that warns. */
void plan_extra_accept(struct plan *p, struct slice township);

#endif
