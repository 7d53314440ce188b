/* Pay stage: sends what is approved to the bank once, and asks about what is not final.
 *
 * A payment's job carries where it stands in its payload: "" = never sent as far as we know;
 * "send|…" = provably not taken, send again under the same id; "ask|first_ms|tries" = may have been
 * taken, query. A second delivery of a job counts as "may have been sent", because the first holder
 * can have died after the bank took it. The outcome of answer, query and callback is one function
 * of the store; here it is only translated. */
#include "workers/runtime.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"

#define ASK_TRIES_MAX 60           /* about two days by the pauses below; then a person looks */
#define CALLBACK_PATIENCE_MS 10000 /* after an acceptance the callback comes by itself */

/* Pauses between queries; the last one repeats. */
static const int64_t ASK_PAUSES_MS[] = {2000, 5000, 15000, 60000, 300000, 900000, 3600000};

struct payment_work {
    const struct job *job;
    struct loaded_payment row;
    char id[PAY_ID_SIZE];
    bool ask;         /* query, not send */
    int64_t first_ms; /* when it may first have been sent */
    int64_t tries;    /* queries so far */
    struct pay_result result;
};

static int64_t ask_pause_ms(int64_t tries)
{
    size_t at =
        tries < (int64_t)COUNT_OF(ASK_PAUSES_MS) ? (size_t)tries : COUNT_OF(ASK_PAUSES_MS) - 1;
    return ASK_PAUSES_MS[at];
}

static void read_payload(struct payment_work *w, int64_t now_ms)
{
    struct slice rest = w->job->payload;
    struct slice word = slice_cut(&rest, '|');
    w->ask = slice_is(word, "ask") || w->job->attempt > 1;
    w->first_ms = now_ms;
    if (slice_is(word, "ask")) {
        (void)(slice_to_int64(slice_cut(&rest, '|'), 0, INT64_MAX, &w->first_ms) == ERR_OK &&
               slice_to_int64(rest, 0, INT64_MAX, &w->tries) == ERR_OK);
    }
}

/* What the payload of the next delivery is. Kept in the arena. */
static enum err payload(struct site *s, const char *word, int64_t first_ms, int64_t tries,
                        struct slice *out)
{
    char text[80];
    snprintf(text, sizeof(text), "%s|%lld|%lld", word, (long long)first_ms, (long long)tries);
    const char *kept = arena_text(&s->arena, slice_of(text));
    *out = slice_of(kept);
    return kept == NULL ? ERR_NO_MEMORY : ERR_OK;
}

static enum err load_payments(struct site *s, struct payment_work *works, size_t n,
                              redisReply **reply)
{
    struct loaded_payment rows[STORE_BATCH_MAX];
    load_payments_begin(store_fcall(s->store), s->settings->region);
    for (size_t i = 0; i < n; i++) {
        fcall_slice(store_fcall(s->store), works[i].job->id);
    }
    enum err err = runtime_call(s, "load_payments", reply);
    if (err == ERR_OK) {
        err = load_payments_read(*reply, rows, n);
    }
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        works[i].row = rows[i];
    }
    return err;
}

/* The order for the bank out of the sealed account. False: it cannot be made, *why says so (static
 * text). */
static bool make_order(struct site *s, const struct payment_work *w, struct pay_order *order,
                       const char **why)
{
    struct personal person = {.has_point = false};
    *order = (struct pay_order){.amount_fen = w->row.amount_fen, .note = SLICE_LIT("临时救助")};
    memcpy(order->id, w->id, sizeof(order->id));
    if (personal_unseal(s->sealer, w->row.case_no, w->row.wrapped_key, w->row.sealed, &s->arena,
                        &person) != ERR_OK) {
        *why = "the payee's data cannot be unsealed";
        return false;
    }
    order->payee_fa = person.account;
    order->payee_name = person.name;
    if (pay_order_check(order) != ERR_OK) {
        *why = "the payee's account is missing or malformed";
        return false;
    }
    return true;
}

static void send_orders(struct site *s, struct payment_work **list, size_t n)
{
    struct pay_order orders[STORE_BATCH_MAX];
    struct pay_result results[STORE_BATCH_MAX];
    struct payment_work *ready[STORE_BATCH_MAX];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const char *why = "";
        if (make_order(s, list[i], &orders[count], &why)) {
            ready[count++] = list[i];
        } else { /* nothing was sent and nothing can be: final, an officer looks for another way */
            pay_result_unknown(&list[i]->result, list[i]->id, why);
            list[i]->result.outcome = PAY_FAILED;
        }
    }
    if (count == 0) {
        return;
    }
    int64_t from_ms = clock_mono_ms();
    enum err err = g2p_disburse(s->bank, orders, count, results);
    log_event(LOG_DEBUG, "bank_disburse", "count=%zu err=%s status=%d took_ms=%lld", count,
              err_code(err), g2p_last_status(s->bank), (long long)(clock_mono_ms() - from_ms));
    for (size_t i = 0; i < count; i++) {
        if (err != ERR_OK) { /* nothing was sent at all */
            pay_result_unknown(&ready[i]->result, ready[i]->id, err_code(err));
            ready[i]->result.not_taken = true;
        } else {
            ready[i]->result = results[i];
        }
    }
}

static void ask_bank(struct site *s, struct payment_work **list, size_t n)
{
    const char *ids[STORE_BATCH_MAX];
    struct pay_result results[STORE_BATCH_MAX];
    if (n == 0) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        ids[i] = list[i]->id;
    }
    enum err err = g2p_query(s->bank, ids, n, results);
    log_event(LOG_DEBUG, "bank_query", "count=%zu err=%s status=%d", n, err_code(err),
              g2p_last_status(s->bank));
    for (size_t i = 0; i < n; i++) {
        if (err != ERR_OK) {
            pay_result_unknown(&list[i]->result, list[i]->id, err_code(err));
        } else {
            list[i]->result = results[i];
        }
    }
}

static enum payment_state state_of(enum pay_outcome outcome)
{
    switch (outcome) {
    case PAY_ACCEPTED: return PAYMENT_ACCEPTED;
    case PAY_SUCCEEDED: return PAYMENT_SUCCEEDED;
    case PAY_FAILED: return PAYMENT_FAILED;
    case PAY_RETURNED: return PAYMENT_RETURNED;
    default: break;
    }
    return PAYMENT_UNKNOWN;
}

/* How the job goes on when the outcome is not final. */
static enum err plan_end(struct site *s, const struct payment_work *w, int64_t now_ms,
                         struct job_end *end)
{
    const struct pay_result *r = &w->result;
    *end = (struct job_end){.id = w->job->id, .action = JOB_AGAIN};
    if (r->outcome == PAY_SUCCEEDED || r->outcome == PAY_FAILED || r->outcome == PAY_RETURNED) {
        end->action = JOB_DONE;
        return ERR_OK;
    }
    if (w->tries >= ASK_TRIES_MAX) {
        end->action = JOB_BURY;
        end->text =
            SLICE_LIT("the bank has not told the outcome: compare with its statement, then decide");
        return ERR_OK;
    }
    bool settled = now_ms - w->first_ms >= s->settings->bank_settle_ms;
    if (!w->ask && r->not_taken) {
        end->delay_ms = ask_pause_ms(0);
        return payload(s, "send", w->first_ms, w->tries, &end->text);
    }
    if (w->ask && r->outcome == PAY_NOT_FOUND && settled) {
        end->delay_ms =
            0; /* the bank has had its time and knows nothing of it: the same id again is safe */
        return payload(s, "send", w->first_ms, w->tries + 1, &end->text);
    }
    end->delay_ms =
        !w->ask && r->outcome == PAY_ACCEPTED ? CALLBACK_PATIENCE_MS : ask_pause_ms(w->tries);
    return payload(s, "ask", w->first_ms, w->ask ? w->tries + 1 : 0, &end->text);
}

static enum err plan_news(struct site *s, const struct payment_work *w, int64_t now_ms,
                          struct payment_news *news)
{
    char reason[REASON_MAX];
    snprintf(reason, sizeof(reason), "%s: %s %s", w->ask ? "query" : "answer",
             pay_outcome_word(w->result.outcome), w->result.reason_code);
    *news = (struct payment_news){
        .id = w->job->id,
        .state = state_of(w->result.outcome),
        .amount_fen = w->result.amount_fen,
        .bank_ref = slice_of(w->result.provider_ref),
        .notify = SLICE_LIT("money"),
    };
    return runtime_tail(s, now_ms, s->actor, slice_of(reason), "", &news->event_tail);
}

/* Store what became of the payments, and only then end their jobs. */
static enum err commit(struct site *s, const struct lease *l, struct payment_work *works, size_t n)
{
    struct job_end ends[STORE_BATCH_MAX];
    enum news_outcome outcomes[STORE_BATCH_MAX];
    const struct payment_work *told[STORE_BATCH_MAX];
    size_t end_count = 0, told_count = 0;
    int64_t now_ms = clock_now_ms();
    enum err err = ERR_OK;
    outcome_begin(store_fcall(s->store), s->settings->region);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        struct payment_work *w = &works[i];
        bool final =
            w->row.found && (w->row.state == PAYMENT_FAILED || w->row.state == PAYMENT_SUCCEEDED ||
                             w->row.state == PAYMENT_RETURNED);
        if (!w->row.found || final) {
            ends[end_count++] = (struct job_end){.id = w->job->id,
                                                 .action = w->row.found ? JOB_DONE : JOB_BURY,
                                                 .text = SLICE_LIT("there is no such payment")};
            continue;
        }
        struct payment_news news;
        err = plan_news(s, w, now_ms, &news);
        /* An acceptance just given is not news yet: its callback is on the way and final. The
         * query's is. */
        bool news_worth = w->result.outcome != PAY_NOT_FOUND && !w->result.not_taken &&
                          !(w->result.outcome == PAY_ACCEPTED && !w->ask);
        if (err == ERR_OK && news_worth) {
            outcome_add(store_fcall(s->store), &news);
            told[told_count++] = w;
        }
        if (err == ERR_OK) {
            err = plan_end(s, w, now_ms, &ends[end_count++]);
        }
    }
    if (err == ERR_OK && told_count > 0) {
        redisReply *reply = NULL;
        err = runtime_call(s, "outcome", &reply);
        if (err == ERR_OK) {
            err = outcome_read(reply, outcomes, told_count);
            freeReplyObject(reply);
        }
        for (size_t i = 0; i < told_count && err == ERR_OK; i++) {
            if (outcomes[i] == NEWS_AMOUNT || outcomes[i] == NEWS_CONFLICT) {
                log_event(LOG_ERROR, "payment_contradiction", "payment=%s news=%s kind=%s",
                          told[i]->id, pay_outcome_word(told[i]->result.outcome),
                          outcomes[i] == NEWS_AMOUNT ? "amount" : "final-state");
            }
        }
    }
    return err == ERR_OK ? lease_end(s, STAGE_PAY, l, ends, end_count) : err;
}

enum err stage_pay(struct site *s, size_t *handled)
{
    static struct payment_work works[STORE_BATCH_MAX];
    struct payment_work *to_send[STORE_BATCH_MAX], *to_ask[STORE_BATCH_MAX];
    size_t send_count = 0, ask_count = 0;
    struct lease lease;
    redisReply *reply = NULL;
    int64_t now_ms = clock_now_ms();
    enum err err = lease_take(s, STAGE_PAY, s->settings->batch, &lease);
    *handled = 0;
    if (err != ERR_OK || lease.count == 0) {
        goto out;
    }
    for (size_t i = 0; i < lease.count; i++) {
        works[i] = (struct payment_work){.job = &lease.jobs[i]};
        if (slice_copy(lease.jobs[i].id, works[i].id, sizeof(works[i].id)) != ERR_OK) {
            err = ERR_CORRUPT;
            goto out;
        }
        read_payload(&works[i], now_ms);
    }
    err = load_payments(s, works, lease.count, &reply);
    if (err != ERR_OK) {
        goto out;
    }
    for (size_t i = 0; i < lease.count; i++) {
        struct payment_work *w = &works[i];
        bool open =
            w->row.found && (w->row.state == PAYMENT_INTENT || w->row.state == PAYMENT_UNKNOWN ||
                             w->row.state == PAYMENT_ACCEPTED);
        if (open && w->ask) {
            to_ask[ask_count++] = w;
        } else if (open) {
            to_send[send_count++] = w;
        }
    }
    send_orders(s, to_send, send_count);
    ask_bank(s, to_ask, ask_count);
    err = commit(s, &lease, works, lease.count);
    *handled = lease.count;
out:
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    lease_release(&lease);
    return err;
}
