/* Typed calls that only read, and the API's tokens. Everything in the results is borrowed from the
 * reply, which the caller frees afterwards. The functions: lua/read.lua. */
#ifndef QUEUE_STORE_CALLS_READ_H
#define QUEUE_STORE_CALLS_READ_H

#include "queue/domain/ledger.h"
#include "queue/store/calls_money.h"
#include "queue/store/calls_queue.h"

/* ---- Loading for the workers: begin, then 1..64 times fcall_slice ---- */
struct loaded_case {
    bool found;
    int64_t version;
    enum case_state state;
    struct slice facts, sealed, wrapped_key;
    struct slice person_year; /* "2026|paid|times|small|cause=n,…" or "" */
    struct slice person_hash;
    /* "" where there is nothing to say; passed on in a struct link_query (calls_people.h) */
    struct slice lately, household, household_year, household_lately;
    bool relative; /* he, or one of his household, is on the relatives register */
};
void load_begin(struct fcall *f, const char *region);
MUST_CHECK enum err load_read(const redisReply *reply, struct loaded_case *cases, size_t n);

/* What a person has had in `year`, out of person_year. ERR_CORRUPT. */
struct person_year {
    int64_t paid_fen, times, small_fast_times, same_cause;
};
MUST_CHECK enum err person_year_read(struct slice text, int year, struct slice cause,
                                     struct person_year *out);

struct loaded_fund {
    int64_t available_fen;
    struct slice day, month; /* by rule: "20261121:fen", "202611:fen" or "" */
    struct slice all_day;    /* first aid, whoever approved it: "20778:fen" (days since 1970-01-01,
                                China time) or "" */
    int64_t allotted_fen;
    int64_t overdue_fen; /* review debt: first aid that arrived, is not reviewed and whose papers
                            are overdue */
    int64_t overdue_payments;
    struct slice reserve; /* fund that stands behind it: the county's, else the region's; "" = none.
                             What aid_order.fund takes when the reserve pays */
    int64_t reserve_available_fen;
};
void load_funds_begin(struct fcall *f, const char *region);
MUST_CHECK enum err load_funds_read(const redisReply *reply, struct loaded_fund *funds, size_t n);
/* What has been spent in the period out of such a text; 0 for another period. */
int64_t spent_in(struct slice text, int64_t period);

struct loaded_payment {
    bool found;
    enum payment_state state;
    int64_t amount_fen, made_ms; /* when it was approved */
    struct slice case_no, fund, sealed, wrapped_key;
};
void load_payments_begin(struct fcall *f, const char *region);
MUST_CHECK enum err load_payments_read(const redisReply *reply, struct loaded_payment *payments,
                                       size_t n);
/* What is stopped now, for pay_scope_stopped(): "all,rail:wechat,township:520102022" or "". */
struct slice load_payments_stopped(const redisReply *reply, size_t n);

/* ---- For the gateway ---- */
struct payment_view {
    struct slice id;
    int64_t amount_fen;
    enum payment_state state;
    bool grant;    /* of an approved grant; else first aid */
    char method;   /* 'b' bank, 'c' cash, 'g' goods */
    bool reviewed; /* a person has confirmed it */
    struct slice fund;
};

#define CASE_PAYMENTS_MAX 99

struct case_view {
    int64_t version;
    enum case_state state;
    struct slice township; /* "" before dispatch */
    struct slice inbox;    /* in whose inbox it is; "" = in none */
    struct slice urgency, facts, sealed, wrapped_key, routing, decision, claim, review, maker,
        handler;
    /* As the store's functions write them (lua/grant.lua, review.lua, refer.lua, life.lua); "" =
     * none. links: "<no>=<kind>,…"; master: the case it was joined into; clocks: the store's
     * (clocks.lua). */
    struct slice grant, recovery, referrals, publicity, conference, links, master, returns, redone,
        rating, clocks;
    struct slice payee; /* payee_note_parts (calls_payee.h) */
    int64_t approved_fen;
    const redisReply *reply; /* for case_view_payment */
    size_t payment_count;
};
void case_get_write(struct fcall *f, const char *region, struct slice no);
/* ERR_NOT_FOUND when there is no such case. */
MUST_CHECK enum err case_get_read(const redisReply *reply, struct case_view *out);
MUST_CHECK enum err case_view_payment(const struct case_view *v, size_t i,
                                      struct payment_view *out);

/* The grant out of case_view.grant; false for "". */
struct grant_view {
    struct slice status; /* PROPOSED, APPROVED, STOPPED, DONE, REJECTED */
    int64_t amount_fen, instalments, paid;
    struct slice fund, tier, proposer, approver;
    struct slice dues; /* ms of the second instalment and those behind it, with commas */
    /* between proposer and approver: "t:" (township) or "c:" (county) and the actor, with commas */
    struct slice signers;
    char method;
};
bool grant_view_read(struct slice grant, struct grant_view *out);

/* What is published now (公示). */
#define PUBLICITY_MOST 500
struct published_case {
    struct slice no, township, facts, sealed, wrapped_key, grant;
    int64_t until_ms;
};
void publicity_write(struct fcall *f, const char *region, int most);
MUST_CHECK enum err publicity_read(const redisReply *reply, struct published_case *cases,
                                   size_t most, size_t *n);

/* Who holds a case out of case_view.claim ("token:until:actor"); false when nobody does at now_ms.
 */
struct claim_view {
    int64_t number, until_ms;
    struct slice actor;
};
bool claim_view_read(struct slice claim, int64_t now_ms, struct claim_view *out);

/* The review duty out of case_view.review ("BOOKED:due"): state word and due time (0 = none). False
 * for "". */
bool review_view_read(struct slice review, struct slice *state, int64_t *at_ms);

/* Versions of 1..64 cases, 0 where there is none: begin, then fcall_slice(no) each. */
void versions_begin(struct fcall *f, const char *region);
MUST_CHECK enum err versions_read(const redisReply *reply, int64_t *versions, size_t n);

void case_events_write(struct fcall *f, const char *region, struct slice no);
/* township, inbox and the events' JSON texts: reply elements 2.. ; ERR_NOT_FOUND. */
MUST_CHECK enum err case_events_read(const redisReply *reply, struct slice *township,
                                     struct slice *inbox, size_t *events);

struct payment_row {
    struct slice case_no, fund, bank_ref;
    int64_t amount_fen;
    enum payment_state state;
};
void payment_write(struct fcall *f, const char *region, struct slice id);
MUST_CHECK enum err payment_read(const redisReply *reply,
                                 struct payment_row *out); /* ERR_NOT_FOUND */

struct inbox_item {
    struct slice no, urgency, facts, claim, review;
    enum case_state state;
    int64_t version;
};
#define INBOX_ITEMS_MAX 200
void inbox_write(struct fcall *f, const char *region, struct slice code, int64_t most);
/* *total: how many there are in all; items: room for INBOX_ITEMS_MAX. */
MUST_CHECK enum err inbox_read(const redisReply *reply, int64_t *total, struct inbox_item *items,
                               size_t *n);

struct fund_view {
    int64_t allotted_fen, borrowed_fen, available_fen, held_fen, cash_fen, cash_held_fen,
        unreviewed_fen, confirmed_fen, returned_fen, recovering_fen, recovered_fen, written_off_fen,
        lent_fen, owed_fen;                /* the accounts of queue/domain/ledger.h */
    int64_t balance_fen[ACCOUNT_COUNT];    /* the same, by account */
    int64_t overdue_fen, overdue_payments; /* of unreviewed_fen: papers overdue */
    int64_t low_fen; /* below it money is asked for; 0 = no mark, or it has been asked for */
    bool cash_stopped;
    int64_t cash_gap_fen; /* of the last count: counted less expected */
    struct slice lender;  /* whose reserve it has borrowed from; "" = from none */
};
void fund_get_write(struct fcall *f, const char *region, struct slice code);
MUST_CHECK enum err fund_get_read(const redisReply *reply,
                                  struct fund_view *out); /* ERR_NOT_FOUND */

struct stage_stats {
    int64_t ready, leased, delayed, dead, oldest_score;
};
#define STATS_STAGES 6
struct store_stats {
    struct stage_stats stages[STATS_STAGES]; /* route, pay, notify, sms, hook, register */
    int64_t timers, events;
};
void stats_write(struct fcall *f, const char *region);
MUST_CHECK enum err stats_read(const redisReply *reply, struct store_stats *out);

/* ---- Tokens ---- */
struct token_row {
    struct slice hash; /* SHA-256 hex of the whole token */
    struct slice role, name, township;
    int64_t expires_ms;
};
void token_put_write(struct fcall *f, const char *region, struct slice id,
                     const struct token_row *row);
void token_revoke_write(struct fcall *f, const char *region, struct slice id);
void token_get_write(struct fcall *f, const char *region, struct slice id);
MUST_CHECK enum err token_get_read(const redisReply *reply,
                                   struct token_row *out); /* ERR_NOT_FOUND */

#endif
