/* Typed calls about the kill switch of payments, and every fen that is not final. The functions:
 * lua/gate.lua. */
#ifndef QUEUE_STORE_CALLS_GATE_H
#define QUEUE_STORE_CALLS_GATE_H

#include "queue/store/calls_money.h"

/* Scopes: "all", "rail:<name>" ([a-z][a-z0-9]*), "township:<code>" (of the fund that pays). */
#define PAY_SCOPE_MAX 40
bool pay_scope_valid(struct slice scope);
/* Is a payment of `fund` over `rail` covered by one of `stopped` ("all,rail:x,township:y")? A
 * stopped county stops its townships. Pure. */
bool pay_scope_stopped(struct slice stopped, const char *rail, struct slice fund);

struct pay_switch {
    struct slice scope, actor, event_tail, idem_hash, fingerprint;
};
/* Stop at once. The answer: SWITCH_OK or SWITCH_FULL. */
void pay_stop_write(struct fcall *f, const char *region, const struct pay_switch *s);
/* Go on: one person asks (SWITCH_ASKED), another one does it (SWITCH_OK). */
void pay_resume_write(struct fcall *f, const char *region, const struct pay_switch *s);
enum switch_outcome {
    SWITCH_OK,
    SWITCH_ASKED,
    SWITCH_SAME_PERSON,
    SWITCH_NOT_FOUND,
    SWITCH_FULL,
    SWITCH_KEY_REUSED
};
/* *replayed: the same key has been answered so before, nothing was done now. */
MUST_CHECK enum err pay_switch_read(const redisReply *reply, enum switch_outcome *out,
                                    bool *replayed);

/* A parked payment whose outcome no provider tells: two people decide. notify: as payment_news. */
enum decide_answer {
    PAY_DECIDE_OK,
    PAY_DECIDE_ASKED,
    PAY_DECIDE_SAME_PERSON,
    PAY_DECIDE_OTHER, /* the first one said otherwise; now this one has begun */
    PAY_DECIDE_UNDER_WAY,
    PAY_DECIDE_NOT_FOUND,
    PAY_DECIDE_FINAL,
    PAY_DECIDE_KEY_REUSED
};
struct pay_decision {
    struct slice id;
    bool succeeded;
    struct slice actor, event_tail, idem_hash, fingerprint;
};
void pay_decide_write(struct fcall *f, const char *region, const struct pay_decision *d);
MUST_CHECK enum err pay_decide_read(const redisReply *reply, enum decide_answer *out,
                                    bool *replayed);

struct pay_stop {
    struct slice scope, stopped_by, resume_asked_by; /* the last one "" = nobody yet */
    int64_t since_ms;
};
#define PAY_STOPS_MAX 500
void pay_stops_write(struct fcall *f, const char *region);
/* stops: room for PAY_STOPS_MAX; borrowed from the reply. */
MUST_CHECK enum err pay_stops_read(const redisReply *reply, struct pay_stop *stops, size_t *n);

/* A payment that is not final. */
struct stuck_payment {
    struct slice id, fund;
    enum payment_state state;
    int64_t amount_fen, made_ms;
    bool grant;
    char method;        /* 'b' bank, 'c' cash, 'g' goods, 's' service */
    struct slice place; /* where its job is: ready, leased, delayed, dead; hand = with an officer */
    int64_t due_ms;     /* of its job: next try, end of the lease, when it was parked */
    int64_t deliveries;
    struct slice payload; /* how far the pay stage got: "", "send|…", "ask|first ms|tries|rail" */
    struct slice reason;  /* of the dead, "" else */
};
#define STUCK_MOST 500
void pay_stuck_write(struct fcall *f, const char *region, int64_t most, int64_t offset);
/* rows: room for STUCK_MOST; *total: how many there are in all. */
MUST_CHECK enum err pay_stuck_read(const redisReply *reply, int64_t *total,
                                   struct stuck_payment *rows, size_t *n);

#endif
