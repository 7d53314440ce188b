/* Typed calls about the ledger of the reserve funds: requests for money, finance's acts, the cash
 * box, and reading entries and books. The functions: lua/ledger.lua, cash.lua, ledger_read.lua.
 * Slices in results are borrowed from the reply. */
#ifndef QUEUE_STORE_CALLS_LEDGER_H
#define QUEUE_STORE_CALLS_LEDGER_H

#include "queue/store/calls_read.h"

/* What waits for a decision of finance: one of a kind per fund. */
#define FUND_REQUEST_TABLE(X)                                                                 \
    X(REQUEST_REPLENISH, "replenish", "补充备用金") /* raised by itself below the low mark */ \
    X(REQUEST_LOAN, "loan", "向县级备用金借款")                                               \
    X(REQUEST_WITHDRAW, "withdraw", "收回拨付")

#define FUND_REQUEST_ENUM(id, word, zh) id,
enum fund_request { FUND_REQUEST_TABLE(FUND_REQUEST_ENUM) FUND_REQUEST_COUNT };
#undef FUND_REQUEST_ENUM
const char *fund_request_word(enum fund_request k);
const char *fund_request_zh(enum fund_request k);
MUST_CHECK enum err fund_request_from_word(struct slice word, enum fund_request *out);

enum fund_act {
    FUND_RESTORE,     /* recovered -> available */
    FUND_REPAY,       /* a loan, before the next allotment does it */
    FUND_CASH_DRAW,   /* available -> cash box */
    FUND_CASH_RETURN, /* the reverse */
    FUND_CASH_COUNT,  /* amount_fen = what was counted; a gap stops cash and opens a task */
    FUND_CASH_LIFT,   /* cash may be given again */
    FUND_ACT_COUNT
};
const char *fund_act_word(enum fund_act a);

/* Common answer of the calls that change a fund. */
#define FUND_OUTCOME_TABLE(X)                                                                   \
    X(FUND_OK, "ok")                                                                            \
    X(FUND_REPLAYED, "replayed") /* same key before: same answer */                             \
    X(FUND_KEY_REUSED, "key-reused")                                                            \
    X(FUND_NONE, "none")               /* no such fund, request or stop */                      \
    X(FUND_OPEN, "open")               /* one of this kind waits already */                     \
    X(FUND_SAME_PERSON, "same-person") /* four eyes; two roles of one name are one person */    \
    X(FUND_CAP, "cap")                 /* more than may be: `number` = what would be allowed */ \
    X(FUND_FUNDS, "funds")             /* not enough there: `number` = what is there */         \
    X(FUND_NO_RESERVE, "no-reserve")   /* nobody to borrow from, or another lender is owed */   \
    X(FUND_CASH_STOPPED, "cash-stopped")                                                        \
    X(FUND_GAP, "gap") /* the last count did not agree: `number` = gap */

#define FUND_OUTCOME_ENUM(id, word) id,
enum fund_outcome { FUND_OUTCOME_TABLE(FUND_OUTCOME_ENUM) FUND_OUTCOME_COUNT };
#undef FUND_OUTCOME_ENUM

struct fund_result {
    enum fund_outcome outcome;
    int64_t
        number; /* FUND_OK, FUND_REPLAYED: number of the request, fen that flowed, gap of a count */
};
MUST_CHECK enum err fund_read(const redisReply *reply, struct fund_result *out);

/* low mark of a fund: asked for more when `available` falls below permille of the greater of
 * full_fen and what it held after money last came. permille < 0: as before. */
struct fund_mark {
    int permille;
    int64_t full_fen;
};

struct fund_ask {
    enum fund_request kind;
    struct slice fund, actor;
    int64_t amount_fen;
    int64_t cap_fen; /* REQUEST_LOAN: most that the fund may owe */
    struct slice event_tail, idem_hash, fingerprint;
};
void fund_ask_write(struct fcall *f, const char *region, const struct fund_ask *a);

struct fund_decide {
    enum fund_request kind;
    struct slice fund, actor;
    int64_t number; /* of the request */
    bool approve;
    int64_t amount_fen; /* 0 = as asked; a loan or what is taken back is never more */
    int64_t cap_fen;    /* REQUEST_LOAN */
    struct fund_mark mark;
    struct slice event_tail, idem_hash, fingerprint;
};
void fund_decide_write(struct fcall *f, const char *region, const struct fund_decide *d);

struct fund_act_order {
    enum fund_act act;
    struct slice fund, actor;
    struct slice second; /* FUND_CASH_COUNT, FUND_CASH_DRAW: who was there as well; "" = nobody */
    int64_t amount_fen;
    int64_t due_ms; /* FUND_CASH_COUNT: of the task that a gap opens */
    bool settle;    /* FUND_CASH_LIFT: book the gap (missing: written off; too much: allotted) */
    struct slice event_tail, idem_hash, fingerprint;
};
void fund_act_write(struct fcall *f, const char *region, const struct fund_act_order *a);

/* ---- Requests and tasks ---- rows: room for `most`; ERR_LIMIT when there are more. */
#define FUND_REQUESTS_MAX 6000
struct fund_request_row {
    enum fund_request kind;
    struct slice fund, asked_by;
    int64_t number, amount_fen, at_ms;
};
void fund_requests_write(struct fcall *f, const char *region);
size_t fund_requests_count(const redisReply *reply);
MUST_CHECK enum err fund_request_at(const redisReply *reply, size_t i,
                                    struct fund_request_row *out);

struct task_row {
    struct slice id, kind, owner, evidence; /* owner: code of the desk */
    int64_t due_ms, opened_ms;
};
void tasks_write(struct fcall *f, const char *region);
size_t tasks_count(const redisReply *reply);
MUST_CHECK enum err task_at(const redisReply *reply, size_t i, struct task_row *out);

/* ---- Entries ---- */
#define LEDGER_SCAN_MAX 500
#define EVENT_ID_SIZE 42

struct ledger_entry {
    struct slice id;           /* of the stream: "ms-n" */
    struct slice entity, json; /* json "": an event without postings */
};
/* from, to: "-", "+", "(id" = behind it, or ms. fund "" = all. */
void ledger_scan_write(struct fcall *f, const char *region, struct slice from, struct slice to,
                       int64_t most, struct slice fund);
size_t ledger_scan_count(const redisReply *reply);
/* Where to go on; "" at the end. */
struct slice ledger_scan_next(const redisReply *reply);
void ledger_scan_at(const redisReply *reply, size_t i, struct ledger_entry *out);

/* ---- Books ---- */
#define LEDGER_FUNDS_PAGE 200
struct ledger_fund_row {
    struct slice code;
    int64_t balance_fen[ACCOUNT_COUNT]; /* may be negative: damage is to be seen */
    int64_t overdue_fen, overdue_payments;
    bool cash_stopped;
};
struct ledger_funds_page {
    struct slice last_event; /* the balances hold with the entries up to this one */
    int64_t total;
    size_t count;
};
void ledger_funds_write(struct fcall *f, const char *region, int64_t offset, int64_t most);
MUST_CHECK enum err ledger_funds_read(const redisReply *reply, struct ledger_funds_page *page,
                                      struct ledger_fund_row rows[LEDGER_FUNDS_PAGE]);

/* A payment as it stands in its case. */
struct payment_detail {
    enum payment_state state;
    int64_t amount_fen;
    struct slice fund, year, cause, bank_ref;
    bool grant, reviewed, overdue;
    bool earlier; /* of a grant before the one in force */
    char method;  /* 'b' bank, 'c' cash, 'g' goods */
};
MUST_CHECK enum err payment_detail_read(struct slice text, struct payment_detail *out);

/* What still hangs on a case besides its payments: the rest of an approved grant, and what a failed
 * review found. */
struct ledger_part {
    char fund[DIVISION_CODE_SIZE];
    int64_t fen;
    char kind;   /* recovery: what became of it, see lua/review.lua: u, c, r, d, w, o, b */
    int payment; /* recovery: n of the payment that brought it */
};
/* Held by an approved grant: what it gives less paid_fen, what its payments have brought so far
 * (grant, not earlier, SUCCEEDED). fen 0 = nothing. "" is no grant. ERR_CORRUPT. */
MUST_CHECK enum err grant_rest_read(struct slice grant, int64_t paid_fen, struct ledger_part *out);
#define RECOVERY_PARTS_MAX 500 /* a payment may have several */
/* *status: "FAILED", "RECOVERING", "DONE", "WAIVED" or "". ERR_CORRUPT. */
MUST_CHECK enum err recovery_read(struct slice text, struct slice *status,
                                  struct ledger_part parts[RECOVERY_PARTS_MAX], size_t *n);
/* Not decided or being recovered. Pure. */
bool recovery_part_open(const struct ledger_part *p);
/* Of a refund that waits for its second person: *outcome "paid" or "retained", *by who asked; ""
 * both = none. */
void recovery_refund_read(struct slice text, struct slice *outcome, struct slice *by);

/* 1..64 cases: begin, then fcall_slice(no) each. Walk with a cursor that starts at 0. */
struct ledger_case_row {
    struct slice grant, recovery;
    size_t payments; /* their texts: ledger_case_payment(reply, row, i) */
    size_t at;
};
void ledger_cases_begin(struct fcall *f, const char *region);
struct slice ledger_cases_last_event(const redisReply *reply);
MUST_CHECK enum err ledger_cases_next(const redisReply *reply, size_t *cursor,
                                      struct ledger_case_row *out);
struct slice ledger_case_payment(const redisReply *reply, const struct ledger_case_row *row,
                                 size_t i);

struct payment_trail {
    struct payment_detail payment;
    struct slice township, inbox, grant, recovery, decision; /* decision: packed (pack.h) */
    enum case_state state;
    size_t events; /* JSON texts, oldest first: payment_trail_event(reply, i) */
};
void payment_trail_write(struct fcall *f, const char *region, struct slice id);
MUST_CHECK enum err payment_trail_read(const redisReply *reply,
                                       struct payment_trail *out); /* ERR_NOT_FOUND */
struct slice payment_trail_event(const redisReply *reply, size_t i);

#endif
