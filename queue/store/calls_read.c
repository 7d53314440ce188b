#include "queue/store/calls_read.h"

/* ---- Loading for the workers ---- */

void load_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "load", region);
}

enum err load_read(const redisReply *reply, struct loaded_case *cases, size_t n)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        const redisReply *row = reply_at(reply, i);
        cases[i] = (struct loaded_case){.found = reply_count(row) == 7 || reply_count(row) == 12};
        if (!cases[i].found) {
            continue;
        }
        if (reply_int(reply_at(row, 0), 1, INT64_MAX, &cases[i].version) != ERR_OK ||
            case_state_from_word(reply_text_at(row, 1), &cases[i].state) != ERR_OK) {
            return ERR_CORRUPT;
        }
        cases[i].facts = reply_text_at(row, 2);
        cases[i].sealed = reply_text_at(row, 3);
        cases[i].wrapped_key = reply_text_at(row, 4);
        cases[i].person_year = reply_text_at(row, 5);
        cases[i].person_hash = reply_text_at(row, 6);
        cases[i].lately = reply_text_at(row, 7);
        cases[i].household = reply_text_at(row, 8);
        cases[i].household_year = reply_text_at(row, 9);
        cases[i].household_lately = reply_text_at(row, 10);
        cases[i].relative = slice_is(reply_text_at(row, 11), "1");
    }
    return ERR_OK;
}

enum err person_year_read(struct slice text, int year, struct slice cause, struct person_year *out)
{
    struct person_year p = {.paid_fen = 0};
    struct slice rest = text;
    int64_t is_year;
    if (text.len == 0) {
        *out = p;
        return ERR_OK;
    }
    if (slice_to_int64(slice_cut(&rest, '|'), 0, 9999, &is_year) != ERR_OK ||
        slice_to_int64(slice_cut(&rest, '|'), 0, INT64_MAX, &p.paid_fen) != ERR_OK ||
        slice_to_int64(slice_cut(&rest, '|'), 0, INT64_MAX, &p.times) != ERR_OK ||
        slice_to_int64(slice_cut(&rest, '|'), 0, INT64_MAX, &p.small_fast_times) != ERR_OK) {
        return ERR_CORRUPT;
    }
    while (rest.len > 0) {
        struct slice count = slice_cut(&rest, ',');
        struct slice name = slice_cut(&count, '=');
        if (slice_eq(name, cause) && slice_to_int64(count, 0, INT64_MAX, &p.same_cause) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    *out = is_year == year ? p : (struct person_year){.paid_fen = 0};
    return ERR_OK;
}

void load_funds_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "load_funds", region);
}

enum err load_funds_read(const redisReply *reply, struct loaded_fund *funds, size_t n)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        const redisReply *row = reply_at(reply, i);
        if (reply_int(reply_at(row, 0), 0, INT64_MAX, &funds[i].available_fen) != ERR_OK) {
            return ERR_CORRUPT;
        }
        struct loaded_fund *f = &funds[i];
        if (reply_int(reply_at(row, 3), 0, INT64_MAX, &f->allotted_fen) != ERR_OK ||
            reply_int(reply_at(row, 4), 0, INT64_MAX, &f->overdue_fen) != ERR_OK ||
            reply_int(reply_at(row, 5), 0, INT64_MAX, &f->overdue_payments) != ERR_OK ||
            reply_int(reply_at(row, 7), 0, INT64_MAX, &f->reserve_available_fen) != ERR_OK) {
            return ERR_CORRUPT;
        }
        f->day = reply_text_at(row, 1);
        f->month = reply_text_at(row, 2);
        f->reserve = reply_text_at(row, 6);
        f->all_day = reply_text_at(row, 8);
    }
    return ERR_OK;
}

int64_t spent_in(struct slice text, int64_t period)
{
    struct slice rest = text;
    int64_t is, fen;
    if (slice_to_int64(slice_cut(&rest, ':'), 0, INT64_MAX, &is) != ERR_OK || is != period ||
        slice_to_int64(rest, 0, INT64_MAX, &fen) != ERR_OK) {
        return 0;
    }
    return fen;
}

void load_payments_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "load_payments", region);
}

enum err load_payments_read(const redisReply *reply, struct loaded_payment *payments, size_t n)
{
    if (reply_count(reply) != n + 1) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        const redisReply *row = reply_at(reply, i);
        payments[i] = (struct loaded_payment){.found = reply_count(row) == 7};
        if (!payments[i].found) {
            continue;
        }
        if (payment_state_from_word(reply_text_at(row, 0), &payments[i].state) != ERR_OK ||
            reply_int(reply_at(row, 1), 1, AMOUNT_FEN_MAX, &payments[i].amount_fen) != ERR_OK) {
            return ERR_CORRUPT;
        }
        payments[i].case_no = reply_text_at(row, 2);
        payments[i].fund = reply_text_at(row, 3);
        payments[i].sealed = reply_text_at(row, 4);
        payments[i].wrapped_key = reply_text_at(row, 5);
        if (reply_int(reply_at(row, 6), 0, INT64_MAX, &payments[i].made_ms) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}

struct slice load_payments_stopped(const redisReply *reply, size_t n)
{
    return reply_text_at(reply, n);
}

/* ---- For the gateway ---- */

void case_get_write(struct fcall *f, const char *region, struct slice no)
{
    fcall_begin(f, "case_get", region);
    fcall_slice(f, no);
}

#define CASE_GET_FIELDS 28
#define CASE_GET_PAYMENT 5

enum err case_get_read(const redisReply *reply, struct case_view *out)
{
    if (reply_count(reply) == 0) {
        return ERR_NOT_FOUND;
    }
    struct case_view v = {.reply = reply, .approved_fen = 0};
    int64_t payments;
    if (reply_count(reply) < CASE_GET_FIELDS ||
        reply_int(reply_at(reply, 0), 1, INT64_MAX, &v.version) != ERR_OK ||
        case_state_from_word(reply_text_at(reply, 1), &v.state) != ERR_OK ||
        reply_int(reply_at(reply, CASE_GET_FIELDS - 1), 0, CASE_PAYMENTS_MAX, &payments) !=
            ERR_OK ||
        reply_count(reply) != CASE_GET_FIELDS + CASE_GET_PAYMENT * (size_t)payments) {
        return ERR_CORRUPT;
    }
    struct slice *const TEXTS[] = {&v.township,    &v.inbox,   &v.urgency,  &v.facts, &v.sealed,
                                   &v.wrapped_key, &v.routing, &v.decision, &v.claim, &v.review};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        *TEXTS[i] = reply_text_at(reply, 2 + i);
    }
    struct slice approved = reply_text_at(reply, 12);
    if (approved.len > 0 && slice_to_int64(approved, 0, INT64_MAX, &v.approved_fen) != ERR_OK) {
        return ERR_CORRUPT;
    }
    v.maker = reply_text_at(reply, 13);
    v.handler = reply_text_at(reply, 14);
    struct slice *const MORE[] = {&v.grant,      &v.recovery, &v.referrals, &v.publicity,
                                  &v.conference, &v.links,    &v.master,    &v.returns,
                                  &v.redone,     &v.rating,   &v.clocks,    &v.payee};
    for (size_t i = 0; i < COUNT_OF(MORE); i++) {
        *MORE[i] = reply_text_at(reply, 15 + i);
    }
    v.payment_count = (size_t)payments;
    *out = v;
    return ERR_OK;
}

enum err case_view_payment(const struct case_view *v, size_t i, struct payment_view *out)
{
    ASSERT(i < v->payment_count);
    size_t at = CASE_GET_FIELDS + CASE_GET_PAYMENT * i;
    struct slice how = reply_text_at(v->reply, at + 3);
    out->id = reply_text_at(v->reply, at);
    if (reply_int(reply_at(v->reply, at + 1), 0, AMOUNT_FEN_MAX, &out->amount_fen) != ERR_OK ||
        payment_state_from_word(reply_text_at(v->reply, at + 2), &out->state) != ERR_OK ||
        how.len != 3) {
        return ERR_CORRUPT;
    }
    out->grant = how.ptr[0] == 'g';
    out->method = how.ptr[1];
    out->reviewed = how.ptr[2] == 'c';
    out->fund = reply_text_at(v->reply, at + 4);
    return ERR_OK;
}

bool grant_view_read(struct slice grant, struct grant_view *out)
{
    struct slice rest = grant;
    struct grant_view v;
    v.status = slice_cut(&rest, '|');
    struct slice fen = slice_cut(&rest, '|'), n = slice_cut(&rest, '|'),
                 done = slice_cut(&rest, '|');
    v.fund = slice_cut(&rest, '|');
    slice_cut(&rest, '|'); /* year */
    slice_cut(&rest, '|'); /* cause */
    v.tier = slice_cut(&rest, '|');
    struct slice how = slice_cut(&rest, '|');
    v.proposer = slice_cut(&rest, '|');
    v.approver = slice_cut(&rest, '|');
    v.dues = slice_cut(&rest, '|');
    v.signers = rest;
    if (slice_to_int64(fen, 1, AMOUNT_FEN_MAX, &v.amount_fen) != ERR_OK ||
        slice_to_int64(n, 1, 99, &v.instalments) != ERR_OK ||
        slice_to_int64(done, 0, 99, &v.paid) != ERR_OK || how.len != 1) {
        return false;
    }
    v.method = how.ptr[0];
    *out = v;
    return true;
}

void publicity_write(struct fcall *f, const char *region, int most)
{
    fcall_begin(f, "publicity", region);
    fcall_int(f, most);
}

enum err publicity_read(const redisReply *reply, struct published_case *cases, size_t most,
                        size_t *n)
{
    size_t count = reply_count(reply) / 7;
    if (reply_count(reply) % 7 != 0 || count > most) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < count; i++) {
        struct published_case *c = &cases[i];
        c->no = reply_text_at(reply, 7 * i);
        c->township = reply_text_at(reply, 7 * i + 2);
        c->facts = reply_text_at(reply, 7 * i + 3);
        c->sealed = reply_text_at(reply, 7 * i + 4);
        c->wrapped_key = reply_text_at(reply, 7 * i + 5);
        c->grant = reply_text_at(reply, 7 * i + 6);
        if (reply_int(reply_at(reply, 7 * i + 1), 1, INT64_MAX, &c->until_ms) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    *n = count;
    return ERR_OK;
}

bool claim_view_read(struct slice claim, int64_t now_ms, struct claim_view *out)
{
    struct slice rest = claim;
    struct claim_view v;
    if (slice_to_int64(slice_cut(&rest, ':'), 1, INT64_MAX, &v.number) != ERR_OK ||
        slice_to_int64(slice_cut(&rest, ':'), 1, INT64_MAX, &v.until_ms) != ERR_OK ||
        v.until_ms <= now_ms) {
        return false;
    }
    v.actor = rest;
    *out = v;
    return true;
}

bool review_view_read(struct slice review, struct slice *state, int64_t *at_ms)
{
    struct slice rest = review;
    struct slice word = slice_cut(&rest, ':');
    int64_t at;
    while (rest.len > 0 && memchr(rest.ptr, ':', rest.len) != NULL) { /* how it presses */
        slice_cut(&rest, ':');
    }
    if (word.len == 0 || slice_to_int64(rest, 0, INT64_MAX, &at) != ERR_OK) {
        return false;
    }
    *state = word;
    *at_ms = at;
    return true;
}

void versions_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "versions", region);
}

enum err versions_read(const redisReply *reply, int64_t *versions, size_t n)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        if (reply_int(reply_at(reply, i), 0, INT64_MAX, &versions[i]) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}

void case_events_write(struct fcall *f, const char *region, struct slice no)
{
    fcall_begin(f, "case_events", region);
    fcall_slice(f, no);
}

enum err case_events_read(const redisReply *reply, struct slice *township, struct slice *inbox,
                          size_t *events)
{
    if (reply_count(reply) == 0) {
        return ERR_NOT_FOUND;
    }
    if (reply_count(reply) < 2) {
        return ERR_CORRUPT;
    }
    *township = reply_text_at(reply, 0);
    *inbox = reply_text_at(reply, 1);
    *events = reply_count(reply) - 2;
    return ERR_OK;
}

void payment_write(struct fcall *f, const char *region, struct slice id)
{
    fcall_begin(f, "payment", region);
    fcall_slice(f, id);
}

enum err payment_read(const redisReply *reply, struct payment_row *out)
{
    if (reply_count(reply) == 0) {
        return ERR_NOT_FOUND;
    }
    struct payment_row row = {.case_no = reply_text_at(reply, 0),
                              .fund = reply_text_at(reply, 2),
                              .bank_ref = reply_text_at(reply, 4)};
    if (reply_int(reply_at(reply, 1), 1, AMOUNT_FEN_MAX, &row.amount_fen) != ERR_OK ||
        payment_state_from_word(reply_text_at(reply, 3), &row.state) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *out = row;
    return ERR_OK;
}

void inbox_write(struct fcall *f, const char *region, struct slice code, int64_t most)
{
    fcall_begin(f, "inbox", region);
    fcall_slice(f, code);
    fcall_int(f, most);
}

#define INBOX_FIELDS 7

enum err inbox_read(const redisReply *reply, int64_t *total, struct inbox_item *items, size_t *n)
{
    size_t count = reply_count(reply);
    if (count == 0 || (count - 1) % INBOX_FIELDS != 0 ||
        (count - 1) / INBOX_FIELDS > INBOX_ITEMS_MAX ||
        reply_int(reply_at(reply, 0), 0, INT64_MAX, total) != ERR_OK) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < (count - 1) / INBOX_FIELDS; i++) {
        size_t at = 1 + INBOX_FIELDS * i;
        items[i].no = reply_text_at(reply, at);
        items[i].urgency = reply_text_at(reply, at + 3);
        items[i].facts = reply_text_at(reply, at + 4);
        items[i].claim = reply_text_at(reply, at + 5);
        items[i].review = reply_text_at(reply, at + 6);
        if (case_state_from_word(reply_text_at(reply, at + 1), &items[i].state) != ERR_OK ||
            reply_int(reply_at(reply, at + 2), 1, INT64_MAX, &items[i].version) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    *n = (count - 1) / INBOX_FIELDS;
    return ERR_OK;
}

#define FUND_MORE 6 /* what fund_get answers behind the accounts */

static enum err int_or_none(struct slice text, int64_t *out)
{
    *out = 0;
    return text.len == 0 ? ERR_OK : slice_to_int64(text, -AMOUNT_FEN_MAX, AMOUNT_FEN_MAX, out);
}

void fund_get_write(struct fcall *f, const char *region, struct slice code)
{
    fcall_begin(f, "fund_get", region);
    fcall_slice(f, code);
}

enum err fund_get_read(const redisReply *reply, struct fund_view *out)
{
    struct fund_view v;
    if (reply_count(reply) == 0) {
        return ERR_NOT_FOUND;
    }
    if (reply_count(reply) != ACCOUNT_COUNT + FUND_MORE) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < ACCOUNT_COUNT; i++) {
        if (reply_int(reply_at(reply, i), 0, INT64_MAX, &v.balance_fen[i]) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    if (reply_int(reply_at(reply, ACCOUNT_COUNT), 0, INT64_MAX, &v.overdue_fen) != ERR_OK ||
        reply_int(reply_at(reply, ACCOUNT_COUNT + 1), 0, INT64_MAX, &v.overdue_payments) !=
            ERR_OK ||
        int_or_none(reply_text_at(reply, ACCOUNT_COUNT + 2), &v.low_fen) != ERR_OK ||
        int_or_none(reply_text_at(reply, ACCOUNT_COUNT + 4), &v.cash_gap_fen) != ERR_OK) {
        return ERR_CORRUPT;
    }
    v.cash_stopped = slice_is(reply_text_at(reply, ACCOUNT_COUNT + 3), "1");
    v.lender = reply_text_at(reply, ACCOUNT_COUNT + 5);
    v.allotted_fen = v.balance_fen[ACCOUNT_ALLOTTED];
    v.borrowed_fen = v.balance_fen[ACCOUNT_BORROWED];
    v.available_fen = v.balance_fen[ACCOUNT_AVAILABLE];
    v.held_fen = v.balance_fen[ACCOUNT_HELD];
    v.cash_fen = v.balance_fen[ACCOUNT_CASH];
    v.cash_held_fen = v.balance_fen[ACCOUNT_CASH_HELD];
    v.unreviewed_fen = v.balance_fen[ACCOUNT_UNREVIEWED];
    v.confirmed_fen = v.balance_fen[ACCOUNT_CONFIRMED];
    v.returned_fen = v.balance_fen[ACCOUNT_RETURNED];
    v.recovering_fen = v.balance_fen[ACCOUNT_RECOVERING];
    v.recovered_fen = v.balance_fen[ACCOUNT_RECOVERED];
    v.written_off_fen = v.balance_fen[ACCOUNT_WRITTEN_OFF];
    v.lent_fen = v.balance_fen[ACCOUNT_LENT];
    v.owed_fen = v.balance_fen[ACCOUNT_OWED];
    *out = v;
    return ERR_OK;
}

void stats_write(struct fcall *f, const char *region)
{
    fcall_begin(f, "stats", region);
}

enum err stats_read(const redisReply *reply, struct store_stats *out)
{
    struct store_stats s;
    if (reply_count(reply) != STATS_STAGES * 6 + 2) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < COUNT_OF(s.stages); i++) {
        int64_t *const FIELDS[] = {&s.stages[i].ready, &s.stages[i].leased, &s.stages[i].delayed,
                                   &s.stages[i].dead, &s.stages[i].oldest_score};
        for (size_t k = 0; k < COUNT_OF(FIELDS); k++) {
            if (reply_int(reply_at(reply, 6 * i + 1 + k), INT64_MIN, INT64_MAX, FIELDS[k]) !=
                ERR_OK) {
                return ERR_CORRUPT;
            }
        }
    }
    if (reply_int(reply_at(reply, STATS_STAGES * 6), 0, INT64_MAX, &s.timers) != ERR_OK ||
        reply_int(reply_at(reply, STATS_STAGES * 6 + 1), 0, INT64_MAX, &s.events) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *out = s;
    return ERR_OK;
}

/* ---- Tokens ---- */

void token_put_write(struct fcall *f, const char *region, struct slice id,
                     const struct token_row *row)
{
    fcall_begin(f, "token_put", region);
    fcall_slice(f, id);
    fcall_slice(f, row->hash);
    fcall_slice(f, row->role);
    fcall_slice(f, row->name);
    fcall_slice(f, row->township);
    fcall_int(f, row->expires_ms);
}

void token_revoke_write(struct fcall *f, const char *region, struct slice id)
{
    fcall_begin(f, "token_revoke", region);
    fcall_slice(f, id);
}

void token_get_write(struct fcall *f, const char *region, struct slice id)
{
    fcall_begin(f, "token_get", region);
    fcall_slice(f, id);
}

enum err token_get_read(const redisReply *reply, struct token_row *out)
{
    if (reply_count(reply) == 0) {
        return ERR_NOT_FOUND;
    }
    struct token_row row = {.hash = reply_text_at(reply, 0),
                            .role = reply_text_at(reply, 1),
                            .name = reply_text_at(reply, 2),
                            .township = reply_text_at(reply, 3)};
    if (reply_int(reply_at(reply, 4), 0, INT64_MAX, &row.expires_ms) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *out = row;
    return ERR_OK;
}
