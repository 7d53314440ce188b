/* Pay stage: sends what is approved over its rail once, and asks about what is not final.
 *
 * A payment's job carries where it stands in its payload: "" = never sent as far as we know;
 * "send|…" = provably not taken, or held back: send under the same id; "ask|first_ms|tries|rail" =
 * may have been taken, query. A second delivery of a job counts as "may have been sent", because
 * the first holder can have died after the bank took it. The outcome of answer, query and callback
 * is one function of the store; here it is only translated. */
#include "workers/runtime.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/calls_gate.h"
#include "workers/reconcile.h"

#define ASK_TRIES_MAX 60           /* about two days by the pauses below; then a person looks */
#define CALLBACK_PATIENCE_MS 10000 /* after an acceptance the callback comes by itself */

/* Pauses between queries; the last one repeats. */
static const int64_t ASK_PAUSES_MS[] = {2000, 5000, 15000, 60000, 300000, 900000, 3600000};

/* How often a stopped payment, or one whose provider is left alone, looks again. */
#define STOPPED_MS 30000
#define COLLECT_EVERY_MS 5000
#define RAIL_WORD_SIZE PAY_RAIL_NAME_SIZE

struct payment_work {
    const struct job *job;
    struct loaded_payment row;
    char id[PAY_ID_SIZE];
    char rail_name[RAIL_WORD_SIZE]; /* out of the payload: the rail that may have it; "" = none yet
                                     */
    struct rail *rail;
    struct pay_order order;
    bool ordered; /* order can be made */
    bool open;    /* there is such a payment and it is not final */
    bool ask;     /* query, not send */
    bool held;    /* neither now: hold_ms says when to look again */
    int64_t hold_ms;
    const char *bury; /* a person must look: why (static text) */
    int64_t first_ms; /* when it may first have been sent, 0 = never */
    int64_t tries;    /* queries so far */
    struct pay_result result;
};

static int64_t ask_pause_ms(int64_t tries)
{
    size_t at =
        tries < (int64_t)COUNT_OF(ASK_PAUSES_MS) ? (size_t)tries : COUNT_OF(ASK_PAUSES_MS) - 1;
    return ASK_PAUSES_MS[at];
}

/* "word|first ms|tries|rail". A second delivery without a payload counts as sent when the payment
 * was made: nobody knows better. */
static void read_payload(struct payment_work *w)
{
    struct slice rest = w->job->payload;
    struct slice word = slice_cut(&rest, '|');
    struct slice first = slice_cut(&rest, '|'), tries = slice_cut(&rest, '|');
    w->ask = slice_is(word, "ask") || w->job->attempt > 1;
    if (slice_to_int64(first, 0, INT64_MAX, &w->first_ms) != ERR_OK) {
        w->first_ms = 0;
    }
    if (slice_to_int64(tries, 0, INT64_MAX, &w->tries) != ERR_OK) {
        w->tries = 0;
    }
    if (slice_copy(rest, w->rail_name, sizeof(w->rail_name)) != ERR_OK) {
        w->rail_name[0] = '\0';
    }
}

/* What the payload of the next delivery is. Kept in the arena. */
static enum err payload(struct site *s, const struct payment_work *w, const char *word,
                        int64_t tries, struct slice *out)
{
    char text[120];
    snprintf(text, sizeof(text), "%s|%lld|%lld|%s", word, (long long)w->first_ms, (long long)tries,
             w->rail == NULL ? w->rail_name : w->rail->pay.name);
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

/* The order for the rail out of the sealed account; its texts live in the arena. False: it cannot
 * be made, *why says so (static text). */
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
    order->payee_id_number = person.id_number;
    if (pay_order_check(order) != ERR_OK) {
        *why = "the payee's account is missing or malformed";
        return false;
    }
    return true;
}

/* ---- Which rail, and whether now ---- */

static void hold(struct payment_work *w, int64_t hold_ms)
{
    w->held = true;
    w->hold_ms = hold_ms < 1000 ? 1000 : hold_ms;
}

/* This worker leaves the provider alone. Not for as long as that lasts: one answer opens the way
 * again, and the next to have the job may be a worker that reaches the provider. */
static void hold_for_breaker(struct payment_work *w, int64_t mono_ms)
{
    int64_t rest_ms = breaker_next_ms(&w->rail->breaker, mono_ms) - mono_ms;
    hold(w, rest_ms < STOPPED_MS ? rest_ms : STOPPED_MS);
}

/* Nothing was sent and nothing can be: final, an officer looks for another way. */
static void fail(struct payment_work *w, const char *why)
{
    pay_result_unknown(&w->result, w->id, why);
    w->result.outcome = PAY_FAILED;
}

/* Its own rail once it may have been sent, else the one for the account. */
static void choose_rail(struct site *s, struct payment_work *w)
{
    const char *why = "";
    w->ordered = make_order(s, w, &w->order, &why);
    w->rail = w->rail_name[0] != '\0' ? rails_named(&s->rails, slice_of(w->rail_name))
              : w->ordered            ? rails_for(&s->rails, w->order.payee_fa)
                                      : NULL;
    if (w->ask && w->first_ms == 0) {
        w->first_ms = w->row.made_ms;
    }
    if (w->rail == NULL && w->rail_name[0] != '\0') {
        hold(w, STOPPED_MS); /* sent over a rail that is not open here: only it can be asked */
        log_event(LOG_ERROR, "rail_missing", "payment=%s rail=%s", w->id, w->rail_name);
    } else if (!w->ordered || w->rail == NULL) {
        fail(w, w->ordered ? "no rail carries this kind of account" : why);
    }
}

/* May it go out, or be asked about, now? */
static void check_time(struct payment_work *w, struct slice stopped, int64_t now_ms,
                       int64_t mono_ms)
{
    const struct pay_profile *p = &w->rail->profile;
    if (!breaker_closed(&w->rail->breaker, mono_ms)) {
        hold_for_breaker(w, mono_ms);
        return;
    }
    if (w->ask) {
        if (p->query_by_key && now_ms - w->first_ms > p->query_life_s * 1000) {
            w->bury = "the provider no longer answers for this id: compare with its statement, "
                      "then decide";
        } else if (p->query_by_key && !pay_profile_may_query(p, w->first_ms, now_ms)) {
            hold(w, w->first_ms + p->query_after_s * 1000 - now_ms);
        } else if (!p->query_by_key) {
            hold(w, ASK_PAUSES_MS[COUNT_OF(ASK_PAUSES_MS) - 1]); /* its callback or file tells */
        }
        return;
    }
    int64_t quiet_ms = pay_profile_quiet_until(p, now_ms);
    if (pay_scope_stopped(stopped, w->rail->pay.name, w->row.fund)) {
        hold(w, STOPPED_MS);
    } else if (quiet_ms > 0) {
        hold(w, quiet_ms - now_ms);
    } else if (w->row.amount_fen < p->amount_min_fen || w->row.amount_fen > p->amount_max_fen) {
        fail(w, "the amount is outside the rail's limits");
    } else if (!pay_profile_may_send(p, w->first_ms, now_ms)) {
        w->bury = "the provider may have forgotten this id: compare with its statement, then "
                  "decide; never send it again";
    }
}

/* ---- Asking the provider ---- */

/* The provider was not reached, or its machine failed: not a word about the orders. */
static bool transport_failed(const struct pay_result *r)
{
    return r->outcome == PAY_UNKNOWN && (r->reason_code[0] == '[' || r->reason_code[0] == '\0');
}

static void note_answer(struct rail *rail, struct payment_work **list, size_t n, enum err err)
{
    bool failed = err != ERR_OK;
    for (size_t i = 0; i < n && !failed; i++) {
        failed = transport_failed(&list[i]->result);
        if (!failed) {
            break; /* one that was answered shows that the provider is there */
        }
    }
    if (!failed) {
        breaker_success(&rail->breaker);
    } else if (breaker_failure(&rail->breaker, clock_mono_ms())) {
        log_event(LOG_ERROR, "rail_breaker_open", "rail=%s for_ms=%lld", rail->pay.name,
                  (long long)rail->breaker.open_ms);
    }
}

static void send_orders(struct rail *rail, struct payment_work **list, size_t n, int64_t now_ms)
{
    struct pay_order orders[STORE_BATCH_MAX];
    struct pay_result results[STORE_BATCH_MAX];
    for (size_t i = 0; i < n; i++) {
        orders[i] = list[i]->order;
        list[i]->first_ms = list[i]->first_ms == 0 ? now_ms : list[i]->first_ms;
    }
    int64_t from_ms = clock_mono_ms();
    enum err err = rail->pay.disburse(rail->pay.self, orders, n, results);
    log_event(LOG_DEBUG, "bank_disburse", "rail=%s count=%zu err=%s took_ms=%lld", rail->pay.name,
              n, err_code(err), (long long)(clock_mono_ms() - from_ms));
    for (size_t i = 0; i < n; i++) {
        if (err != ERR_OK) { /* nothing was sent at all */
            pay_result_unknown(&list[i]->result, list[i]->id, err_code(err));
            list[i]->result.not_taken = true;
        } else {
            list[i]->result = results[i];
        }
    }
    note_answer(rail, list, n, err);
}

static void ask_rail(struct rail *rail, struct payment_work **list, size_t n)
{
    const char *ids[STORE_BATCH_MAX];
    struct pay_result results[STORE_BATCH_MAX];
    for (size_t i = 0; i < n; i++) {
        ids[i] = list[i]->id;
    }
    enum err err = rail->pay.query(rail->pay.self, ids, n, results);
    log_event(LOG_DEBUG, "bank_query", "rail=%s count=%zu err=%s", rail->pay.name, n,
              err_code(err));
    for (size_t i = 0; i < n; i++) {
        if (err != ERR_OK) {
            pay_result_unknown(&list[i]->result, list[i]->id, err_code(err));
        } else {
            list[i]->result = results[i];
        }
    }
    note_answer(rail, list, n, err);
}

/* True when an earlier call of this batch has opened the breaker: what is left is held as well. */
static bool given_up(const struct rail *rail, struct payment_work **list, size_t n)
{
    int64_t mono_ms = clock_mono_ms();
    if (breaker_closed(&rail->breaker, mono_ms)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        hold_for_breaker(list[i], mono_ms);
    }
    return true;
}

/* One rail's share of the batch, in as many calls as its profile wants. */
static void work_rail(struct rail *rail, struct payment_work *works, size_t n, int64_t now_ms)
{
    struct payment_work *to_send[STORE_BATCH_MAX], *to_ask[STORE_BATCH_MAX];
    size_t send_count = 0, ask_count = 0;
    size_t most = (size_t)rail->profile.batch_max;
    for (size_t i = 0; i < n; i++) {
        struct payment_work *w = &works[i];
        if (w->open && w->rail == rail && !w->held && w->bury == NULL &&
            w->result.outcome != PAY_FAILED) {
            *(w->ask ? &to_ask[ask_count++] : &to_send[send_count++]) = w;
        }
    }
    for (size_t at = 0; at < send_count && !given_up(rail, to_send + at, send_count - at);
         at += most) {
        send_orders(rail, to_send + at, send_count - at < most ? send_count - at : most, now_ms);
    }
    for (size_t at = 0; at < ask_count && !given_up(rail, to_ask + at, ask_count - at);
         at += most) {
        ask_rail(rail, to_ask + at, ask_count - at < most ? ask_count - at : most);
    }
}

/* How the job goes on when the outcome is not final. */
static enum err plan_end(struct site *s, const struct payment_work *w, int64_t now_ms,
                         struct job_end *end)
{
    const struct pay_result *r = &w->result;
    *end = (struct job_end){.id = w->job->id, .action = JOB_AGAIN};
    if (w->held) {
        end->delay_ms = w->hold_ms;
        return payload(s, w, w->ask ? "ask" : "send", w->tries, &end->text);
    }
    if (r->outcome == PAY_SUCCEEDED || r->outcome == PAY_FAILED || r->outcome == PAY_RETURNED) {
        end->action = JOB_DONE;
        return ERR_OK;
    }
    if (w->bury != NULL || w->tries >= ASK_TRIES_MAX) {
        end->action = JOB_BURY;
        end->text =
            w->bury != NULL
                ? slice_of(w->bury)
                : SLICE_LIT(
                      "the bank has not told the outcome: compare with its statement, then decide");
        return ERR_OK;
    }
    if (!w->ask && r->not_taken) {
        end->delay_ms =
            ask_pause_ms(w->tries); /* refused before it was looked at: no money, a wrong key … */
        return payload(s, w, "send", w->tries + 1, &end->text);
    }
    if (w->ask && r->outcome == PAY_NOT_FOUND &&
        pay_profile_not_found_counts(&w->rail->profile, w->first_ms, now_ms)) {
        end->delay_ms =
            0; /* it has had its time and knows nothing of it: the same id again is safe */
        return payload(s, w, "send", w->tries + 1, &end->text);
    }
    if (w->ask && r->outcome == PAY_NOT_FOUND &&
        !pay_profile_may_send(&w->rail->profile, w->first_ms, now_ms)) {
        end->action = JOB_BURY;
        end->text = SLICE_LIT("the provider does not know this id, or has forgotten it, and it is "
                              "too old to be sent again: "
                              "compare with its statement, then decide");
        return ERR_OK;
    }
    end->delay_ms =
        !w->ask && r->outcome == PAY_ACCEPTED ? CALLBACK_PATIENCE_MS : ask_pause_ms(w->tries);
    return payload(s, w, "ask", w->ask ? w->tries + 1 : 0, &end->text);
}

static enum err plan_news(struct site *s, const struct payment_work *w, int64_t now_ms,
                          struct payment_news *news)
{
    char reason[REASON_MAX];
    snprintf(reason, sizeof(reason), "%s %s: %s %s", w->rail == NULL ? "-" : w->rail->pay.name,
             w->ask ? "query" : "answer", pay_outcome_word(w->result.outcome),
             w->result.reason_code);
    *news = (struct payment_news){
        .id = w->job->id,
        .state = pay_outcome_state(w->result.outcome),
        .amount_fen = w->result.amount_fen,
        .bank_ref = slice_of(w->result.provider_ref),
        .notify = SLICE_LIT("money"),
    };
    return runtime_tail(s, now_ms, s->actor, slice_of(reason), "", &news->event_tail);
}

static void log_contradiction(const char *id, enum pay_outcome told, enum news_outcome outcome)
{
    if (outcome == NEWS_AMOUNT || outcome == NEWS_CONFLICT) {
        log_event(LOG_ERROR, "payment_contradiction", "payment=%s news=%s kind=%s", id,
                  pay_outcome_word(told), outcome == NEWS_AMOUNT ? "amount" : "final-state");
    }
}

/* An acceptance just given is not news yet: its callback is on the way and final. The query's is.
 */
static bool news_worth(const struct payment_work *w)
{
    return !w->held && w->bury == NULL && w->result.outcome != PAY_NOT_FOUND &&
           !w->result.not_taken && !(w->result.outcome == PAY_ACCEPTED && !w->ask);
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
        if (!w->open) {
            ends[end_count++] = (struct job_end){.id = w->job->id,
                                                 .action = w->row.found ? JOB_DONE : JOB_BURY,
                                                 .text = SLICE_LIT("there is no such payment")};
            continue;
        }
        struct payment_news news;
        err = plan_news(s, w, now_ms, &news);
        if (err == ERR_OK && news_worth(w)) {
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
            log_contradiction(told[i]->id, told[i]->result.outcome, outcomes[i]);
        }
    }
    return err == ERR_OK ? lease_end(s, STAGE_PAY, l, ends, end_count) : err;
}

/* ---- Rails that answer later ---- */

static enum err store_collected(struct site *s, const struct rail *rail,
                                const struct pay_collection *c)
{
    enum err err = ERR_OK;
    for (size_t at = 0; at < c->result_count && err == ERR_OK; at += STORE_BATCH_MAX) {
        enum news_outcome outcomes[STORE_BATCH_MAX];
        size_t n = c->result_count - at < STORE_BATCH_MAX ? c->result_count - at : STORE_BATCH_MAX;
        redisReply *reply = NULL;
        outcome_begin(store_fcall(s->store), s->settings->region);
        for (size_t i = 0; i < n && err == ERR_OK; i++) {
            const struct pay_result *r = &c->results[at + i];
            char reason[REASON_MAX];
            struct payment_news news = {.id = slice_of(r->id),
                                        .state = pay_outcome_state(r->outcome),
                                        .amount_fen = r->amount_fen,
                                        .bank_ref = slice_of(r->provider_ref),
                                        .notify = SLICE_LIT("money")};
            snprintf(reason, sizeof(reason), "%s file %.16s: %s %s", rail->pay.name, c->sha256,
                     pay_outcome_word(r->outcome), r->reason_code);
            err = runtime_tail(s, clock_now_ms(), s->actor, slice_of(reason), "", &news.event_tail);
            outcome_add(store_fcall(s->store), &news);
        }
        if (err == ERR_OK) {
            err = runtime_call(s, "outcome", &reply);
        }
        if (err == ERR_OK) {
            err = outcome_read(reply, outcomes, n);
            freeReplyObject(reply);
        }
        for (size_t i = 0; i < n && err == ERR_OK; i++) {
            log_contradiction(c->results[at + i].id, c->results[at + i].outcome, outcomes[i]);
        }
        arena_reset(&s->arena);
    }
    return err;
}

/* While payments are stopped nothing that is kept is delivered to the bank. */
static enum err pause_files(struct site *s)
{
    redisReply *reply = NULL;
    if (s->rails.bankfile == NULL) {
        return ERR_OK;
    }
    load_payments_begin(store_fcall(s->store), s->settings->region);
    enum err err = runtime_call(s, "load_payments", &reply);
    if (err == ERR_OK) {
        struct slice stopped = load_payments_stopped(reply, 0);
        bankfile_rail_pause(s->rails.bankfile,
                            pay_scope_stopped(stopped, "bank", slice_make(NULL, 0)));
        freeReplyObject(reply);
    }
    return err;
}

/* What the banks have left: stored first, then put away. */
static enum err collect(struct site *s, size_t *handled)
{
    static int64_t next_ms;
    enum err err = ERR_OK;
    if (clock_mono_ms() < next_ms) {
        return ERR_OK;
    }
    next_ms = clock_mono_ms() + COLLECT_EVERY_MS;
    err = pause_files(s);
    for (size_t i = 0; i < s->rails.count && err == ERR_OK; i++) {
        struct rail *rail = &s->rails.list[i];
        struct pay_collection c = {.source = ""};
        if (!rail->collects || rail->pay.collect(rail->pay.self, &c) != ERR_OK ||
            c.source[0] == '\0') {
            continue; /* the rail has logged what was wrong */
        }
        err = store_collected(s, rail, &c);
        if (err == ERR_OK) {
            err = reconcile_keep_lines(s, rail->pay.name, &c);
        }
        if (err == ERR_OK) {
            log_event(LOG_INFO, "bank_file_read", "rail=%s sha256=%.16s results=%zu lines=%zu",
                      rail->pay.name, c.sha256, c.result_count, c.line_count);
            *handled += c.result_count;
            next_ms = 0; /* there may be more */
            if (rail->pay.collect_done(rail->pay.self) != ERR_OK) {
                log_event(LOG_ERROR, "bank_file_not_put_away", "rail=%s sha256=%.16s",
                          rail->pay.name, c.sha256);
            }
        }
    }
    return err;
}

/* No provider is to be disturbed now: the jobs stay where a worker that reaches its provider finds
 * them, instead of being put off by the one that does not. */
static bool nothing_to_do(const struct rails *r)
{
    int64_t mono_ms = clock_mono_ms();
    for (size_t i = 0; i < r->count; i++) {
        if (breaker_closed(&r->list[i].breaker, mono_ms)) {
            return false;
        }
    }
    return r->count > 0;
}

enum err stage_pay(struct site *s, size_t *handled)
{
    static struct payment_work works[STORE_BATCH_MAX];
    struct lease lease = {.count = 0};
    redisReply *reply = NULL;
    int64_t now_ms = clock_now_ms(), mono_ms = clock_mono_ms();
    enum err err = ERR_OK;
    *handled = 0;
    if (nothing_to_do(&s->rails)) {
        goto out;
    }
    err = lease_take(s, STAGE_PAY, s->settings->batch, &lease);
    if (err != ERR_OK || lease.count == 0) {
        goto out;
    }
    for (size_t i = 0; i < lease.count; i++) {
        works[i] = (struct payment_work){.job = &lease.jobs[i]};
        if (slice_copy(lease.jobs[i].id, works[i].id, sizeof(works[i].id)) != ERR_OK) {
            err = ERR_CORRUPT;
            goto out;
        }
        read_payload(&works[i]);
    }
    err = load_payments(s, works, lease.count, &reply);
    if (err != ERR_OK) {
        goto out;
    }
    for (size_t i = 0; i < lease.count; i++) {
        struct payment_work *w = &works[i];
        w->open =
            w->row.found && (w->row.state == PAYMENT_INTENT || w->row.state == PAYMENT_UNKNOWN ||
                             w->row.state == PAYMENT_ACCEPTED);
        if (w->open) {
            choose_rail(s, w);
        }
        if (w->open && w->rail != NULL && !w->held && w->result.outcome != PAY_FAILED) {
            check_time(w, load_payments_stopped(reply, lease.count), now_ms, mono_ms);
        }
    }
    for (size_t i = 0; i < s->rails.count; i++) {
        work_rail(&s->rails.list[i], works, lease.count, now_ms);
    }
    err = commit(s, &lease, works, lease.count);
    *handled = lease.count;
out:
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    lease_release(&lease);
    err = err == ERR_OK ? collect(s, handled) : err;
    return err == ERR_OK ? reconcile_turn(s) : err;
}
