#include <stdio.h>
#include "integrations/pay/pay_callback.h"
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "server/api.h"

/* ---- GET /v1/payments/{id} ---- */

static void on_payment(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct payment_row row;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = payment_read(reply, &row);
    }
    if (err == ERR_NOT_FOUND || (err == ERR_OK && !op_may_see(op, row.fund, row.fund))) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这笔发放。");
        return;
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 4096);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_slice(&o, "id", op->params[0]);
    json_put_slice(&o, "case", row.case_no);
    json_put_slice(&o, "fund", row.fund);
    json_put_int(&o, "amount_fen", row.amount_fen);
    json_put_text(&o, "state", payment_state_word(row.state));
    json_put_text(&o, "state_zh", payment_state_zh(row.state));
    json_put_slice(&o, "bank_ref", row.bank_ref);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void payments_get(struct op *op)
{
    char no[CASE_NO_SIZE];
    if (payment_id_case(op->params[0], no) != ERR_OK) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这笔发放。");
        return;
    }
    payment_write(&op->g->fcall, op->g->settings->region, op->params[0]);
    op_call(op, on_payment);
}

/* ---- POST /v1/payments/callback/{rail}/{secret}[/on-disburse] ---- */

/* News in batches of the store's size; the answer leaves when all are stored. */
struct callback_state {
    const struct pay_callback_rail *rail;
    struct pay_header headers[PAY_CALLBACK_HEADERS_MAX];
    struct pay_callback in;
    struct pay_callback_news news;
    char actor[64]; /* "bank:g2p" */
    size_t batches_open;
    size_t sizes[PAY_CALLBACK_RESULTS_MAX / STORE_BATCH_MAX + 1];
    size_t sent, answered;
};

/* The provider's own form of "taken" (ERR_OK) or of "refused, come again". */
static void answer(struct op *op, const struct callback_state *st, enum err err)
{
    struct pay_callback_answer a;
    enum err written = pay_callback_answer(st->rail, &st->in, &st->news, err, &a);
    if (written != ERR_OK) {
        op_reply_problem(op, written, "稍后再试。");
    } else if (a.body.len == 0) {
        op_reply_empty(op, a.status, NULL, 0);
    } else if (strncmp(a.content_type, "application/json", 16) == 0) {
        const struct http_field retry = {SLICE_LIT("Retry-After"), SLICE_LIT("2")};
        op_reply_json(op, a.status, &a.body, &retry, a.status == 503 ? 1 : 0);
    } else {
        op_reply_text(op, a.status, a.content_type, &a.body);
    }
    pay_callback_answer_release(&a);
}

static void note_odd(struct op *op, const enum news_outcome *news, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (news[i] == NEWS_AMOUNT || news[i] == NEWS_CONFLICT || news[i] == NEWS_NONE) {
            op->g->metrics.callback_oddities++;
            log_event(LOG_ERROR, "payment_contradiction", "source=callback kind=%s",
                      news[i] == NEWS_AMOUNT     ? "amount"
                      : news[i] == NEWS_CONFLICT ? "final-state"
                                                 : "unknown-payment");
        }
    }
}

static void on_news(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct callback_state *st = op->state;
    enum news_outcome news[STORE_BATCH_MAX];
    size_t n = st->sizes[st->answered++]; /* answers come in the order of sending */
    if (err == ERR_OK) {
        err = outcome_read(reply, news, n);
    }
    if (err == ERR_OK) {
        note_odd(op, news, n);
    } else {
        op->err = err;
    }
    st->batches_open--;
    if (st->batches_open > 0) {
        return;
    }
    answer(op, st, op->err); /* if it is not stored, the provider sends it again */
}

/* Send statuses [from, from + n) to the store. */
static enum err send_news(struct op *op, size_t from, size_t n)
{
    struct callback_state *st = op->state;
    struct fcall *f = &op->g->fcall;
    char reason[160];
    outcome_begin(f, op->g->settings->region);
    for (size_t i = from; i < from + n; i++) {
        const struct pay_result *r = &st->news.results[i];
        snprintf(reason, sizeof(reason), "callback: %s %s", pay_outcome_word(r->outcome),
                 r->reason_code);
        struct buf tail;
        buf_init(&tail, 1024);
        const struct event_tail event = {
            .at_ms = clock_now_ms(), .actor = slice_of(st->actor), .reason = slice_of(reason)};
        event_tail_write(&event, &tail);
        const struct payment_news news = {
            .id = slice_of(r->id),
            .state = pay_outcome_state(r->outcome),
            .amount_fen = r->amount_fen,
            .bank_ref = slice_of(r->provider_ref),
            .event_tail = buf_slice(&tail),
            .notify = SLICE_LIT("money"),
        };
        outcome_add(f, &news);
        enum err err = buf_err(&tail);
        buf_release(&tail);
        if (err != ERR_OK) {
            return err;
        }
    }
    st->sizes[st->sent] = n;
    enum err err = store_async_call(op->g->store, f, on_news, op);
    if (err == ERR_OK) {
        st->sent++;
        st->batches_open++;
    }
    return err;
}

/* The rail of that name that is configured here, NULL if there is none. */
static const struct pay_callback_rail *find_rail(const struct gateway *g, struct slice name)
{
    for (size_t i = 0; i < g->callback_rail_count; i++) {
        if (slice_is(name, g->callback_rails[i].name)) {
            return &g->callback_rails[i];
        }
    }
    return NULL;
}

static void fill_state(struct op *op, const struct pay_callback_rail *rail,
                       struct callback_state *st)
{
    st->rail = rail;
    st->batches_open = st->sent = st->answered = 0;
    snprintf(st->actor, sizeof(st->actor), "bank:%s", rail->name);
    size_t n =
        op->field_count < PAY_CALLBACK_HEADERS_MAX ? op->field_count : PAY_CALLBACK_HEADERS_MAX;
    for (size_t i = 0; i < n; i++) {
        st->headers[i] = (struct pay_header){op->fields[i].name, op->fields[i].value};
    }
    st->in = (struct pay_callback){
        .headers = st->headers, .header_count = n, .body = op->body, .now_ms = clock_now_ms()};
}

void payments_callback(struct op *op)
{
    struct slice secret = slice_of(op->g->settings->callback_secret);
    const struct pay_callback_rail *rail = find_rail(op->g, op->params[0]);
    if (rail == NULL || secret.len < 16 || !seal_equal(secret, op->params[1])) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个接口。");
        return;
    }
    struct callback_state *st = arena_alloc(&op->arena, sizeof(*st));
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "稍后再试。");
        return;
    }
    op->state = st;
    fill_state(op, rail, st);
    op->g->metrics.callbacks++;
    enum err err = pay_rail_callback(rail, &st->in, &st->news);
    if (err != ERR_OK) {
        log_event(LOG_WARN, "callback_refused", "rail=%s err=%s", rail->name, err_code(err));
        answer(op, st, err);
        return;
    }
    if (st->news.oddities > 0) {
        log_event(LOG_WARN, "callback_odd", "rail=%s entries=%zu", rail->name, st->news.oddities);
    }
    for (size_t from = 0; from < st->news.count && err == ERR_OK; from += STORE_BATCH_MAX) {
        size_t left = st->news.count - from;
        err = send_news(op, from, left < STORE_BATCH_MAX ? left : STORE_BATCH_MAX);
    }
    op->err = err;
    if (st->batches_open == 0) { /* nothing is on its way: answer now */
        answer(op, st, err);
    }
}
