#include "queue/store/calls_ledger.h"

#include <string.h>

/* A payment as the case keeps it:
 * state|fen|fund|year|cause|small|day|month|how|made ms|the bank's reference. */
#define PAYMENT_PARTS 11

static const struct {
    const char *word;
    const char *zh;
} KINDS[] = {
#define KIND_ROW(id, word, zh) [id] = {word, zh},
    FUND_REQUEST_TABLE(KIND_ROW)
#undef KIND_ROW
};

static const char *const ACTS[FUND_ACT_COUNT] = {"restore",     "repay",      "cash-draw",
                                                 "cash-return", "cash-count", "cash-lift"};

static const char *const OUTCOMES[] = {
#define OUTCOME_ROW(id, word) [id] = word,
    FUND_OUTCOME_TABLE(OUTCOME_ROW)
#undef OUTCOME_ROW
};

const char *fund_request_word(enum fund_request k)
{
    ASSERT(k < FUND_REQUEST_COUNT);
    return KINDS[k].word;
}

const char *fund_request_zh(enum fund_request k)
{
    ASSERT(k < FUND_REQUEST_COUNT);
    return KINDS[k].zh;
}

enum err fund_request_from_word(struct slice word, enum fund_request *out)
{
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (slice_is(word, KINDS[i].word)) {
            *out = (enum fund_request)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

const char *fund_act_word(enum fund_act a)
{
    ASSERT(a < FUND_ACT_COUNT);
    return ACTS[a];
}

enum err fund_read(const redisReply *reply, struct fund_result *out)
{
    struct slice word = reply_text_at(reply, 0), number = reply_text_at(reply, 1);
    size_t at = 0;
    while (at < COUNT_OF(OUTCOMES) && !slice_is(word, OUTCOMES[at])) {
        at++;
    }
    struct fund_result r = {.outcome = (enum fund_outcome)at};
    if (at == COUNT_OF(OUTCOMES) ||
        (number.len > 0 &&
         slice_to_int64(number, -AMOUNT_FEN_MAX, AMOUNT_FEN_MAX, &r.number) != ERR_OK)) {
        return ERR_CORRUPT;
    }
    *out = r;
    return ERR_OK;
}

static void mark_add(struct fcall *f, const struct fund_mark *mark)
{
    if (mark->permille < 0) {
        fcall_text(f, "");
        fcall_text(f, "");
        return;
    }
    fcall_int(f, mark->permille);
    fcall_int(f, mark->full_fen);
}

void fund_ask_write(struct fcall *f, const char *region, const struct fund_ask *a)
{
    fcall_begin(f, "fund_ask", region);
    fcall_text(f, fund_request_word(a->kind));
    fcall_slice(f, a->fund);
    fcall_int(f, a->amount_fen);
    fcall_slice(f, a->actor);
    fcall_int(f, a->cap_fen);
    fcall_slice(f, a->event_tail);
    fcall_slice(f, a->idem_hash);
    fcall_slice(f, a->fingerprint);
}

void fund_decide_write(struct fcall *f, const char *region, const struct fund_decide *d)
{
    fcall_begin(f, "fund_decide", region);
    fcall_text(f, fund_request_word(d->kind));
    fcall_slice(f, d->fund);
    fcall_int(f, d->number);
    fcall_text(f, d->approve ? "approve" : "decline");
    if (d->amount_fen > 0) {
        fcall_int(f, d->amount_fen);
    } else {
        fcall_text(f, "");
    }
    fcall_slice(f, d->actor);
    fcall_int(f, d->cap_fen);
    mark_add(f, &d->mark);
    fcall_slice(f, d->event_tail);
    fcall_slice(f, d->idem_hash);
    fcall_slice(f, d->fingerprint);
}

void fund_act_write(struct fcall *f, const char *region, const struct fund_act_order *a)
{
    fcall_begin(f, "fund_act", region);
    fcall_text(f, fund_act_word(a->act));
    fcall_slice(f, a->fund);
    fcall_int(f, a->amount_fen);
    fcall_slice(f, a->actor);
    fcall_slice(f, a->second);
    fcall_int(f, a->due_ms);
    fcall_text(f, a->settle ? "settle" : "");
    fcall_slice(f, a->event_tail);
    fcall_slice(f, a->idem_hash);
    fcall_slice(f, a->fingerprint);
}

/* ---- Requests and tasks ---- */

void fund_requests_write(struct fcall *f, const char *region)
{
    fcall_begin(f, "fund_requests", region);
}

size_t fund_requests_count(const redisReply *reply)
{
    return reply_count(reply) / 6;
}

enum err fund_request_at(const redisReply *reply, size_t i, struct fund_request_row *out)
{
    struct fund_request_row r = {.fund = reply_text_at(reply, i * 6 + 1),
                                 .asked_by = reply_text_at(reply, i * 6 + 4)};
    if (fund_request_from_word(reply_text_at(reply, i * 6), &r.kind) != ERR_OK ||
        reply_int(reply_at(reply, i * 6 + 2), 1, INT64_MAX, &r.number) != ERR_OK ||
        reply_int(reply_at(reply, i * 6 + 3), 1, AMOUNT_FEN_MAX, &r.amount_fen) != ERR_OK ||
        reply_int(reply_at(reply, i * 6 + 5), 0, INT64_MAX, &r.at_ms) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *out = r;
    return ERR_OK;
}

void tasks_write(struct fcall *f, const char *region)
{
    fcall_begin(f, "tasks", region);
}

size_t tasks_count(const redisReply *reply)
{
    return reply_count(reply) / 6;
}

enum err task_at(const redisReply *reply, size_t i, struct task_row *out)
{
    struct task_row r = {.id = reply_text_at(reply, i * 6),
                         .kind = reply_text_at(reply, i * 6 + 1),
                         .owner = reply_text_at(reply, i * 6 + 2),
                         .evidence = reply_text_at(reply, i * 6 + 5)};
    if (reply_int(reply_at(reply, i * 6 + 3), 0, INT64_MAX, &r.due_ms) != ERR_OK ||
        reply_int(reply_at(reply, i * 6 + 4), 0, INT64_MAX, &r.opened_ms) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *out = r;
    return ERR_OK;
}

/* ---- Entries ---- */

void ledger_scan_write(struct fcall *f, const char *region, struct slice from, struct slice to,
                       int64_t most, struct slice fund)
{
    fcall_begin(f, "ledger_scan", region);
    fcall_slice(f, from);
    fcall_slice(f, to);
    fcall_int(f, most);
    fcall_slice(f, fund);
}

size_t ledger_scan_count(const redisReply *reply)
{
    return reply_count(reply) == 0 ? 0 : (reply_count(reply) - 1) / 3;
}

struct slice ledger_scan_next(const redisReply *reply)
{
    return reply_text_at(reply, 0);
}

void ledger_scan_at(const redisReply *reply, size_t i, struct ledger_entry *out)
{
    *out = (struct ledger_entry){.id = reply_text_at(reply, 1 + i * 3),
                                 .entity = reply_text_at(reply, 2 + i * 3),
                                 .json = reply_text_at(reply, 3 + i * 3)};
}

/* ---- Books ---- */

void ledger_funds_write(struct fcall *f, const char *region, int64_t offset, int64_t most)
{
    fcall_begin(f, "ledger_funds", region);
    fcall_int(f, offset);
    fcall_int(f, most);
}

#define FUND_ROW 5

static enum err fund_row_read(const redisReply *reply, size_t at, struct ledger_fund_row *row)
{
    struct slice rest = reply_text_at(reply, at + 1);
    row->code = reply_text_at(reply, at);
    for (size_t i = 0; i < ACCOUNT_COUNT; i++) {
        if (slice_to_int64(slice_cut(&rest, ' '), INT64_MIN / 64, INT64_MAX / 64,
                           &row->balance_fen[i]) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    row->cash_stopped = slice_is(reply_text_at(reply, at + 4), "1");
    return rest.len == 0 &&
                   reply_int(reply_at(reply, at + 2), 0, INT64_MAX, &row->overdue_fen) == ERR_OK &&
                   reply_int(reply_at(reply, at + 3), 0, INT64_MAX, &row->overdue_payments) ==
                       ERR_OK
               ? ERR_OK
               : ERR_CORRUPT;
}

enum err ledger_funds_read(const redisReply *reply, struct ledger_funds_page *page,
                           struct ledger_fund_row rows[LEDGER_FUNDS_PAGE])
{
    struct ledger_funds_page p = {.last_event = reply_text_at(reply, 0)};
    size_t n = reply_count(reply);
    if (n < 2 || (n - 2) % FUND_ROW != 0 || (n - 2) / FUND_ROW > LEDGER_FUNDS_PAGE ||
        reply_int(reply_at(reply, 1), 0, INT64_MAX, &p.total) != ERR_OK) {
        return ERR_CORRUPT;
    }
    p.count = (n - 2) / FUND_ROW;
    for (size_t i = 0; i < p.count; i++) {
        enum err err = fund_row_read(reply, 2 + i * FUND_ROW, &rows[i]);
        if (err != ERR_OK) {
            return err;
        }
    }
    *page = p;
    return ERR_OK;
}

enum err payment_detail_read(struct slice text, struct payment_detail *out)
{
    struct slice part[PAYMENT_PARTS], rest = text;
    for (size_t i = 0; i < PAYMENT_PARTS - 1; i++) {
        part[i] = slice_cut(&rest, '|');
    }
    part[PAYMENT_PARTS - 1] = rest; /* the bank's words, whatever stands in them */
    struct slice how = part[8];
    struct payment_detail p = {
        .fund = part[2], .year = part[3], .cause = part[4], .bank_ref = part[PAYMENT_PARTS - 1]};
    if (payment_state_from_word(part[0], &p.state) != ERR_OK ||
        slice_to_int64(part[1], 1, AMOUNT_FEN_MAX, &p.amount_fen) != ERR_OK || how.len != 3 ||
        !slice_all_digits(p.fund) || p.fund.len >= DIVISION_CODE_SIZE ||
        (how.ptr[0] != 'a' && how.ptr[0] != 'g')) {
        return ERR_CORRUPT;
    }
    p.grant = how.ptr[0] == 'g';
    p.earlier = p.grant && slice_is(part[6], "1");
    p.method = how.ptr[1];
    p.reviewed = how.ptr[2] == 'c';
    p.overdue = how.ptr[2] == 'o';
    *out = p;
    return ERR_OK;
}

enum err grant_rest_read(struct slice grant, int64_t paid_fen, struct ledger_part *out)
{
    struct slice rest = grant, status = slice_cut(&rest, '|');
    struct ledger_part p = {.fen = 0};
    int64_t fen;
    if (!slice_is(status, "APPROVED")) {
        *out = p;
        return ERR_OK;
    }
    enum err err = slice_to_int64(slice_cut(&rest, '|'), 1, AMOUNT_FEN_MAX, &fen);
    slice_cut(&rest, '|'); /* instalments */
    slice_cut(&rest, '|'); /* of them paid */
    if (err != ERR_OK || slice_copy(slice_cut(&rest, '|'), p.fund, sizeof(p.fund)) != ERR_OK) {
        return ERR_CORRUPT;
    }
    p.fen = fen - paid_fen;
    *out = p;
    return ERR_OK;
}

/* "<kind><payment>:<fund>=<fen>" */
static enum err part_read(struct slice text, struct ledger_part *out)
{
    struct slice rest = text, head = slice_cut(&rest, ':'), fund = slice_cut(&rest, '=');
    struct ledger_part p = {.kind = head.len > 1 ? head.ptr[0] : '\0'};
    int64_t payment = 0;
    if (p.kind == '\0' || strchr("ucrdwob", p.kind) == NULL ||
        slice_to_int64(slice_make(head.ptr + 1, head.len - 1), 1, CASE_PAYMENTS_MAX, &payment) !=
            ERR_OK ||
        slice_copy(fund, p.fund, sizeof(p.fund)) != ERR_OK ||
        slice_to_int64(rest, 1, AMOUNT_FEN_MAX, &p.fen) != ERR_OK) {
        return ERR_CORRUPT;
    }
    p.payment = (int)payment;
    *out = p;
    return ERR_OK;
}

enum err recovery_read(struct slice text, struct slice *status,
                       struct ledger_part parts[RECOVERY_PARTS_MAX], size_t *n)
{
    struct slice rest = text, word = slice_cut(&rest, '|');
    slice_cut(&rest, '|'); /* who */
    struct slice list = slice_cut(&rest, '|');
    size_t count = 0;
    while (list.len > 0) {
        if (count == RECOVERY_PARTS_MAX ||
            part_read(slice_cut(&list, ','), &parts[count]) != ERR_OK) {
            return ERR_CORRUPT;
        }
        count++;
    }
    *status = word;
    *n = count;
    return ERR_OK;
}

bool recovery_part_open(const struct ledger_part *p)
{
    return p->kind == 'u' || p->kind == 'c' || p->kind == 'r';
}

void recovery_refund_read(struct slice text, struct slice *outcome, struct slice *by)
{
    struct slice rest = text;
    for (int i = 0; i < 3; i++) {
        slice_cut(&rest, '|');
    }
    *outcome = slice_cut(&rest, ':');
    *by = rest;
}

void ledger_cases_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "ledger_cases", region);
}

struct slice ledger_cases_last_event(const redisReply *reply)
{
    return reply_text_at(reply, 0);
}

enum err ledger_cases_next(const redisReply *reply, size_t *cursor, struct ledger_case_row *out)
{
    size_t at = *cursor == 0 ? 1 : *cursor;
    int64_t n;
    if (reply_int(reply_at(reply, at + 2), 0, CASE_PAYMENTS_MAX, &n) != ERR_OK ||
        at + 3 + (size_t)n > reply_count(reply)) {
        return ERR_CORRUPT;
    }
    *out = (struct ledger_case_row){.grant = reply_text_at(reply, at),
                                    .recovery = reply_text_at(reply, at + 1),
                                    .payments = (size_t)n,
                                    .at = at + 3};
    *cursor = at + 3 + (size_t)n;
    return ERR_OK;
}

struct slice ledger_case_payment(const redisReply *reply, const struct ledger_case_row *row,
                                 size_t i)
{
    ASSERT(i < row->payments);
    return reply_text_at(reply, row->at + i);
}

#define TRAIL_HEAD 7

void payment_trail_write(struct fcall *f, const char *region, struct slice id)
{
    fcall_begin(f, "payment_trail", region);
    fcall_slice(f, id);
}

enum err payment_trail_read(const redisReply *reply, struct payment_trail *out)
{
    struct payment_trail t = {.township = reply_text_at(reply, 1),
                              .inbox = reply_text_at(reply, 2),
                              .grant = reply_text_at(reply, 4),
                              .recovery = reply_text_at(reply, 5),
                              .decision = reply_text_at(reply, 6)};
    if (reply_count(reply) == 0) {
        return ERR_NOT_FOUND;
    }
    if (reply_count(reply) < TRAIL_HEAD ||
        payment_detail_read(reply_text_at(reply, 0), &t.payment) != ERR_OK ||
        case_state_from_word(reply_text_at(reply, 3), &t.state) != ERR_OK) {
        return ERR_CORRUPT;
    }
    t.events = reply_count(reply) - TRAIL_HEAD;
    *out = t;
    return ERR_OK;
}

struct slice payment_trail_event(const redisReply *reply, size_t i)
{
    return reply_text_at(reply, TRAIL_HEAD + i);
}
