/* GET /v1/payments/{id}/trail: for any fen, who decided, under which rule and policy version, when,
 * and where it is now. All of it comes from the record: the case's events, the decision as it was
 * stored, and the accounts that the case's own postings lead to. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/store/calls_ledger.h"
#include "server/api.h"
#include "server/fund_json.h"

#define TRAIL_BYTES_MAX ((size_t)2 << 20)

struct trail {
    struct payment_trail row;
    struct json *decided;  /* the event that granted the money */
    struct json *approval; /* of a grant: the approval that was last when the payment was made */
    struct ledger_book *book;
};

static bool verb_is(const struct json *event, const char *word)
{
    struct slice verb;
    return json_string(json_get(event, "verb"), &verb) == ERR_OK && slice_is(verb, word);
}

static bool is_about(const struct json *event, struct slice id)
{
    struct slice payment;
    return json_string(json_get(event, "payment"), &payment) == ERR_OK && slice_eq(payment, id);
}

/* Steps that decide about money, whichever payment they name. */
static bool decides(const struct json *event)
{
    static const char *const WORDS[] = {"assess",      "propose", "minutes",     "approve",
                                        "countersign", "papers",  "confirm",     "papers-overdue",
                                        "recover",     "waive",   "review-fail", "repay",
                                        "recovered",   "refund"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (verb_is(event, WORDS[i])) {
            return true;
        }
    }
    return false;
}

static void put_step(const struct json *event, struct json_out *o)
{
    static const char *const NAMES[] = {
        "verb", "actor",   "reason",  "policy", "from",    "to", "payment", "countersigned_by",
        "tier", "witness", "outcome", "step",   "asked_by"};
    static const char *const AMOUNTS[] = {"amount_fen", "due_fen", "recovered_fen",
                                          "written_off_fen", "owed_fen"};
    struct slice text;
    int64_t number;
    char when[CLOCK_RFC3339_SIZE];
    enum case_verb verb;
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (json_string(json_get(event, NAMES[i]), &text) == ERR_OK && text.len > 0) {
            json_put_slice(o, NAMES[i], text);
        }
    }
    if (json_string(json_get(event, "verb"), &text) == ERR_OK &&
        case_verb_from_word(text, &verb) == ERR_OK) {
        json_put_text(o, "verb_zh", case_verb_zh(verb));
    }
    if (json_int64(json_get(event, "at_ms"), 0, JSON_INT_MAX, &number) == ERR_OK) {
        clock_format_rfc3339(number, when);
        json_put_text(o, "at", when);
    }
    for (size_t i = 0; i < COUNT_OF(AMOUNTS); i++) {
        if (json_int64(json_get(event, AMOUNTS[i]), 0, AMOUNT_FEN_MAX, &number) == ERR_OK) {
            json_put_int(o, AMOUNTS[i], number);
        }
    }
    if (json_int64(json_get(event, "review_due_ms"), 0, JSON_INT_MAX, &number) == ERR_OK) {
        clock_format_rfc3339(number, when);
        json_put_text(o, "review_due_at", when);
    }
}

static enum err put_postings(struct trail *t, struct slice no, struct slice event,
                             struct json_out *o)
{
    struct ledger_posting postings[LEDGER_POSTINGS_MAX];
    size_t n = 0;
    enum err err = ledger_postings_read(event, postings, &n);
    json_open_array(o, "postings");
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        enum ledger_fault fault;
        posting_json_write(&postings[i], o);
        err = ledger_book_post(t->book, no, &postings[i], &fault);
    }
    json_close_array(o);
    return err;
}

static enum err put_steps(struct trail *t, struct slice id, struct slice no,
                          const redisReply *reply, struct json_out *o)
{
    enum err err = ERR_OK;
    json_open_array(o, "steps");
    for (size_t i = 0; i < t->row.events && err == ERR_OK; i++) {
        struct slice text = payment_trail_event(reply, i);
        struct json *event = NULL;
        if (json_parse(text, &event, NULL) != ERR_OK) {
            return ERR_CORRUPT;
        }
        bool mine = is_about(event, id);
        if (mine || decides(event) || json_get(event, "postings") != NULL) {
            json_open_object(o, NULL);
            put_step(event, o);
            err = put_postings(t, no, text, o);
            json_close_object(o);
        }
        bool grants = mine && (verb_is(event, "pay") || verb_is(event, "instalment"));
        if (verb_is(event, "approve")) {
            json_free(t->approval);
            t->approval = event;
        } else if (mine && t->decided == NULL && verb_is(event, "first-aid")) {
            t->decided = event;
        } else {
            if (grants && t->decided == NULL) {
                t->decided = t->approval;
                t->approval = NULL;
            }
            json_free(event);
        }
    }
    json_close_array(o);
    return err;
}

/* The account of what a review has found wrong; ACCOUNT_COUNT: that tells nothing about where it
 * is. */
static enum ledger_account part_account(const struct ledger_part *p, bool reviewed)
{
    switch (p->kind) {
    case 'u': return ACCOUNT_UNREVIEWED;
    case 'c': return reviewed ? ACCOUNT_CONFIRMED : ACCOUNT_UNREVIEWED;
    case 'r': return ACCOUNT_RECOVERING;
    case 'd': return ACCOUNT_RECOVERED;
    case 'w': return ACCOUNT_WRITTEN_OFF;
    case 'o': return ACCOUNT_HELD; /* for its person: two people pay it back */
    default: return ACCOUNT_COUNT;
    }
}

/* Where this payment's money is: most of it, when a review has found a part of it wrong. All parts:
 * put_found. */
static enum ledger_account account_of(const struct payment_trail *row, int payment,
                                      const struct ledger_part *parts, size_t n)
{
    const struct payment_detail *p = &row->payment;
    bool back = p->state == PAYMENT_FAILED || p->state == PAYMENT_RETURNED;
    enum ledger_account at = p->reviewed ? ACCOUNT_CONFIRMED : ACCOUNT_UNREVIEWED;
    int64_t most_fen = 0, rest_fen = p->amount_fen;
    if (!back && p->state != PAYMENT_SUCCEEDED) {
        return p->method == 'c' && !p->grant ? ACCOUNT_CASH_HELD : ACCOUNT_HELD;
    }
    at = back ? ACCOUNT_AVAILABLE : at;
    for (size_t i = 0; i < n; i++) {
        enum ledger_account account = part_account(&parts[i], p->reviewed);
        if (parts[i].payment == payment && account != ACCOUNT_COUNT) {
            rest_fen -= parts[i].fen;
            if (parts[i].fen > most_fen) {
                most_fen = parts[i].fen;
                at = account;
            }
        }
    }
    return rest_fen > most_fen ? (back          ? ACCOUNT_AVAILABLE
                                  : p->reviewed ? ACCOUNT_CONFIRMED
                                                : ACCOUNT_UNREVIEWED)
                               : at;
}

/* What of this payment was found wrong, and what became of that. */
static void put_found(int payment, bool reviewed, const struct ledger_part *parts, size_t n,
                      struct json_out *o)
{
    json_open_array(o, "found_wrong");
    for (size_t i = 0; i < n; i++) {
        enum ledger_account account = part_account(&parts[i], reviewed);
        if (parts[i].payment == payment && account != ACCOUNT_COUNT) {
            json_open_object(o, NULL);
            json_put_text(o, "account", ledger_account_word(account));
            json_put_text(o, "account_zh", ledger_account_zh(account));
            json_put_bool(o, "owed", parts[i].kind == 'o');
            json_put_int(o, "amount_fen", parts[i].fen);
            json_close_object(o);
        }
    }
    json_close_array(o);
}

static void put_accounts(const struct trail *t, struct json_out *o)
{
    static const enum ledger_account SHOWN[] = {
        ACCOUNT_HELD,       ACCOUNT_CASH_HELD, ACCOUNT_UNREVIEWED,  ACCOUNT_CONFIRMED,
        ACCOUNT_RECOVERING, ACCOUNT_RECOVERED, ACCOUNT_WRITTEN_OFF, ACCOUNT_OWED};
    json_open_array(o, "accounts");
    for (size_t i = 0; i < ledger_book_funds(t->book); i++) {
        const struct ledger_fund *f = ledger_book_fund_at(t->book, i);
        for (size_t a = 0; a < COUNT_OF(SHOWN); a++) {
            if (f->balance_fen[SHOWN[a]] != 0) {
                json_open_object(o, NULL);
                json_put_text(o, "fund", f->code);
                json_put_text(o, "account", ledger_account_word(SHOWN[a]));
                json_put_text(o, "account_zh", ledger_account_zh(SHOWN[a]));
                json_put_int(o, "amount_fen", f->balance_fen[SHOWN[a]]);
                json_close_object(o);
            }
        }
    }
    json_close_array(o);
}

static enum err put_where(const struct trail *t, struct slice id, struct json_out *o)
{
    static struct ledger_part parts[RECOVERY_PARTS_MAX]; /* one loop, used up before this returns */
    struct slice recovery = slice_make(NULL, 0);
    size_t n = 0;
    int payment =
        (id.ptr[id.len - 2] - '0') * 10 + (id.ptr[id.len - 1] - '0'); /* it ends in two digits */
    enum err err = recovery_read(t->row.recovery, &recovery, parts, &n);
    enum ledger_account account = account_of(&t->row, payment, parts, n);
    json_open_object(o, "where");
    json_put_text(o, "account", ledger_account_word(account));
    json_put_text(o, "account_zh", ledger_account_zh(account));
    json_put_slice(o, "fund", t->row.payment.fund);
    json_put_text(o, "case_state", case_state_word(t->row.state));
    json_put_text(o, "case_state_zh", case_state_zh(t->row.state));
    json_put_slice(o, "inbox", t->row.inbox);
    json_put_bool(o, "papers_overdue", t->row.payment.overdue);
    if (recovery.len > 0) {
        json_put_slice(o, "recovery", recovery);
        put_found(payment, t->row.payment.reviewed, parts, n, o);
    }
    json_close_object(o);
    put_accounts(t, o);
    return err;
}

/* The decision of the rules as it was stored: rules that fired with their inputs, why, and under
 * which pack. */
static enum err put_decision(struct op *op, const struct trail *t, struct json_out *o)
{
    struct buf text;
    enum err err = ERR_OK;
    if (t->row.decision.len == 0) {
        json_put_null(o, "decision");
        return ERR_OK;
    }
    buf_init(&text, PACK_TEXT_MAX * 2);
    err = unpack_text(op->g->packer, t->row.decision, &text);
    if (err == ERR_OK) {
        json_put_raw(o, "decision", buf_slice(&text));
    }
    buf_release(&text);
    return err;
}

static enum err write_trail(struct op *op, struct trail *t, const redisReply *reply,
                            struct json_out *o)
{
    char no_text[CASE_NO_SIZE];
    enum err err = payment_id_case(op->params[0], no_text);
    struct slice no = slice_of(no_text);
    const struct payment_detail *p = &t->row.payment;
    if (err != ERR_OK) {
        return err;
    }
    json_open_object(o, NULL);
    json_put_slice(o, "id", op->params[0]);
    json_put_slice(o, "case", no);
    json_put_slice(o, "fund", p->fund);
    json_put_slice(o, "township", t->row.township);
    json_put_int(o, "amount_fen", p->amount_fen);
    json_put_text(o, "kind", p->grant ? "grant" : "first-aid");
    json_put_text(o, "method", p->method == 'c' ? "cash" : p->method == 'g' ? "goods" : "bank");
    json_put_text(o, "state", payment_state_word(p->state));
    json_put_text(o, "state_zh", payment_state_zh(p->state));
    json_put_slice(o, "bank_ref", p->bank_ref);
    err = put_steps(t, op->params[0], no, reply, o);
    if (t->decided != NULL) {
        json_open_object(o, "decided");
        put_step(t->decided, o);
        json_close_object(o);
    } else {
        json_put_null(o, "decided");
    }
    if (err == ERR_OK) {
        err = put_where(t, op->params[0], o);
    }
    if (err == ERR_OK) {
        err = put_decision(op, t, o);
    }
    json_close_object(o);
    return err;
}

static void on_trail(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct trail t = {.book = NULL};
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = payment_trail_read(reply, &t.row);
    }
    bool may = err == ERR_OK && (op_may_see(op, t.row.payment.fund, t.row.inbox) ||
                                 op_may_see(op, t.row.township, t.row.inbox));
    if (err == ERR_NOT_FOUND || (err == ERR_OK && !may)) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这笔发放。");
        return;
    }
    buf_init(&text, TRAIL_BYTES_MAX);
    json_out_init(&o, &text);
    if (err == ERR_OK) {
        err = ledger_book_new(&t.book);
    }
    if (err == ERR_OK) {
        err = write_trail(op, &t, reply, &o);
    }
    if (err == ERR_OK) {
        op_reply_json(op, 200, &text, NULL, 0);
    } else {
        op_reply_store(op, err == ERR_INPUT ? ERR_CORRUPT : err);
    }
    json_free(t.decided);
    json_free(t.approval);
    ledger_book_free(t.book);
    buf_release(&text);
}

void payments_trail(struct op *op)
{
    char no[CASE_NO_SIZE];
    if (payment_id_case(op->params[0], no) != ERR_OK) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这笔发放。");
        return;
    }
    payment_trail_write(&op->g->fcall, op->g->settings->region, op->params[0]);
    op_call(op, on_trail);
}
