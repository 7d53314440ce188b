/* Route stage: where is it, what do the rules say, and commit both, for a batch of cases. */
#include "workers/stage_route.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/domain/payee.h"
#include "queue/domain/money.h"
#include "workers/routing/chain.h"
#include "workers/routing/route_json.h"
#include "workers/rules/clock_terms.h"

#define ROUNDS_MAX                                                                                 \
    4                 /* a refused case (funds, caps) is loaded and decided again so often at once \
                       */
#define RETRY_MS 1000 /* then later */
#define HOUR_MS INT64_C(3600000)

static struct route_work
    works[STORE_BATCH_MAX]; /* one batch at a time per process; too large for the stack */

/* ---- What ---- */

static void day_and_month(int64_t now_ms, int64_t *day, int64_t *month, int *year)
{
    struct civil_time t = clock_civil_china(now_ms);
    *year = t.year;
    *month = (int64_t)t.year * 100 + t.month;
    *day = *month * 100 + t.day;
}

static enum err read_history(const struct route_work *w, struct slice figures, int year,
                             struct relief_history *out)
{
    struct person_year had;
    enum err err = person_year_read(figures, year, slice_of(cause_word(w->facts.cause)), &had);
    if (err == ERR_OK) {
        *out = (struct relief_history){.paid_fen = had.paid_fen,
                                       .times = (int)had.times,
                                       .small_fast_times = (int)had.small_fast_times,
                                       .same_cause = (int)had.same_cause};
    }
    return err;
}

/* A slip in the identity number or in the account that the numbers themselves show: a person looks
 * before money goes out. A missing name is asked for by people, and who shares an account is known
 * from the store. */
static bool payee_doubtful(const struct personal *person, int64_t now_ms)
{
    struct payee_findings found;
    const struct payee_question q = {.name = person->name,
                                     .id_number = person->id_number,
                                     .account = payee_account_number(person->account),
                                     .kind = payee_account_kind_of(person->account),
                                     .today_ms = now_ms};
    payee_check(&q, &found);
    for (size_t i = 0; i < found.count; i++) {
        if (found.list[i] == PAYEE_ID_WRONG || found.list[i] == PAYEE_ACCOUNT_FORM ||
            found.list[i] == PAYEE_ACCOUNT_LUHN) {
            return true;
        }
    }
    return false;
}

static enum err apply_rules(struct site *s, struct route_work *w, int64_t now_ms)
{
    int64_t day, month;
    int year;
    struct relief_history person, household;
    day_and_month(now_ms, &day, &month, &year);
    enum err err = read_history(w, w->row.person_year, year, &person);
    if (err == ERR_OK) {
        err = read_history(w, w->row.household.len > 0 ? w->row.household_year : w->row.person_year,
                           year, &household);
    }
    if (err != ERR_OK) {
        return err;
    }
    const struct decision_input input = {
        .facts = w->facts,
        .person = person,
        .household = household,
        .fund = {.available_fen = w->dispatched ? w->fund.available_fen : 0,
                 .today_fen =
                     spent_in(w->fund.all_day, (now_ms + CLOCK_CHINA_OFFSET_MS) / MS_PER_DAY),
                 .order_today_fen = spent_in(w->fund.day, day),
                 .order_month_fen = spent_in(w->fund.month, month),
                 .county_fen = w->dispatched ? w->fund.reserve_available_fen : 0},
        .relative_declared = w->row.relative || w->facts.relative_declared,
        .payee_is_officers = w->found.officers.len > 0,
        .payee_missing = w->person.account.len == 0,
        .payee_doubtful = payee_doubtful(&w->person, now_ms),
        .account_persons = w->found.account_persons,
        .open_duplicates = (int)w->found.open_duplicates,
        .debt_overdue_fen = w->dispatched ? w->fund.overdue_fen : 0,
        .allotted_fen = w->dispatched ? w->fund.allotted_fen : 0,
        .draw = decision_draw(w->job->id),
        .township = w->dispatched ? w->inbox : "",
        .policy = s->policy,
        .calendar = &s->calendar,
        .now_ms = now_ms,
    };
    decide(&input, &w->decision);
    return ERR_OK;
}

/* First aid by rule needs a township, an account to pay to, and a named officer's standing order.
 */
static bool aid_wanted(const struct route_work *w)
{
    const struct decision *d = &w->decision;
    return w->dispatched && d->track == TRACK_FIRST_AID && d->by_rule && d->first_aid_fen > 0 &&
           w->person.account.len > 0;
}

static enum err plan_aid(struct site *s, struct route_work *w, int64_t now_ms)
{
    const struct decision *d = &w->decision;
    const struct policy_rules *rules = policy_for(s->policy, w->inbox, now_ms);
    const struct standing_order *order = policy_order_by_id(s->policy, slice_of(d->order_id));
    int64_t day, month;
    int year;
    char maker[96], yuan[MONEY_TEXT_ZH_SIZE], reason[REASON_MAX];
    ASSERT(order != NULL);
    day_and_month(now_ms, &day, &month, &year);
    money_format_zh(d->first_aid_fen, yuan);
    snprintf(maker, sizeof(maker), "order:%s/%s", d->order_id, d->officer);
    snprintf(reason, sizeof(reason), "依据授权令 %s 先行救助 %s", d->order_id, yuan);
    const char *kept = arena_text(&s->arena, slice_of(maker));
    if (kept == NULL) {
        return ERR_NO_MEMORY;
    }
    w->aid = (struct aid_order){
        .amount_fen = d->first_aid_fen,
        .maker = slice_of(kept),
        .year = year,
        .cause = slice_of(cause_word(w->facts.cause)),
        .small_fast = d->type == RELIEF_SMALL_FAST,
        .fund = d->from_county_reserve ? w->fund.reserve : slice_make(NULL, 0),
        .cap_paid_fen = rules->caps.household_year_fen,
        .cap_person_fen = rules->caps.person_year_fen,
        .cap_township_fen = rules->caps.township_day_fen,
        .cap_times = rules->caps.times_per_year,
        .cap_same_cause = rules->caps.same_cause_per_year,
        .day = day,
        .month = month,
        .cap_day_fen = order->day_fen,
        .cap_month_fen = order->month_fen,
        .papers_due_ms = d->papers_by_ms != 0 ? d->papers_by_ms : d->review_by_ms,
        .pay_due_ms = d->pay_by_ms,
        .job_score = now_ms - (d->urgency == URGENCY_CRITICAL ? HOUR_MS : 0),
    };
    const struct clocks_pace pace = clock_pace(rules);
    if (clocks_around(&s->calendar, TERM_WORKING_DAYS, &pace, now_ms, w->aid.papers_due_ms,
                      &w->aid.papers) != ERR_OK) {
        w->aid.papers = (struct clocks_times){.due_ms = 0}; /* due already: nothing to warn of */
    }
    return runtime_tail(s, now_ms, maker, slice_of(reason), d->policy, &w->aid.event_tail);
}

/* Smaller is more urgent; age counts as well, so that nobody waits for ever. */
static int64_t inbox_score(const struct route_work *w)
{
    static const int64_t BONUS_MS[URGENCY_COUNT] = {0, 4 * HOUR_MS, 24 * HOUR_MS};
    return w->facts.received_ms - BONUS_MS[w->decision.urgency];
}

/* Packed, in the arena. */
static enum err keep_packed(struct site *s, const struct buf *json, struct slice *out)
{
    struct buf packed;
    buf_init(&packed, PACK_TEXT_MAX * 2);
    enum err err = buf_err(json);
    if (err == ERR_OK) {
        err = pack_text(s->packer, buf_slice(json), &packed);
    }
    if (err == ERR_OK) {
        err = runtime_keep(s, &packed, out);
    }
    buf_release(&packed);
    return err;
}

static enum err plan_texts(struct site *s, struct route_work *w, bool aid)
{
    struct buf text;
    struct json_out o;
    buf_init(&text, 16384);
    json_out_init(&o, &text);
    route_write(&w->route, &o, NULL);
    enum err err = keep_packed(s, &text, &w->commit.routing);
    buf_clear(&text);
    json_out_init(&o, &text);
    decision_write(&w->decision, &o, NULL);
    if (err == ERR_OK) {
        err = keep_packed(s, &text, &w->commit.decision);
    }
    buf_clear(&text);
    /* also at night: nothing may be waited for now; who wrote by SMS has had it as the answer */
    if (w->decision.tell_emergency && !aid && w->facts.channel != CHANNEL_SMS) {
        buf_putf(&text, "%s||0", w->dispatched ? "danger" : "danger-place");
    } else if (w->dispatched) {
        buf_putf(&text, "dispatched|%s|%lld", w->route.candidates[0].name,
                 aid ? (long long)w->decision.first_aid_fen : 0LL);
    } else {
        buf_putf(&text, "ask-place|%s|0", route_ask_word(w->route.ask));
    }
    if (err == ERR_OK && !w->erased) {
        err = runtime_keep(s, &text, &w->commit.notify);
    }
    buf_release(&text);
    return err;
}

/* Who is asked one after the other; near a border the second candidate sees the case at the same
 * time. */
static enum err plan_cascade(struct site *s, struct route_work *w)
{
    const struct route_result *r = &w->route;
    struct buf chain;
    struct county county;
    buf_init(&chain, 512);
    /* an officer's relative: not into his inbox, the county looks at it */
    bool away = w->dispatched && w->decision.county_must_review;
    struct slice desk = slice_make(w->inbox, away ? COUNTY_CODE_SIZE - 1 : 0);
    if (!away) {
        chain_write(w->inbox, r, s->settings->region, &chain);
    } else if (gazetteer_county(s->atlas.gazetteer, desk, &county)) {
        buf_put_slice(&chain, desk);
    } else {
        buf_put_text(&chain, s->settings->region);
    }
    bool border = w->dispatched && !away && s->settings->border_margin_m > 0 && r->count > 1 &&
                  r->margin_m >= 0 && r->margin_m <= (double)s->settings->border_margin_m &&
                  route_in_region(s, r->candidates[1].code) &&
                  strlen(r->candidates[1].code) == TOWNSHIP_CODE_SIZE - 1;
    enum err err = runtime_keep(s, &chain, &w->commit.chain);
    buf_release(&chain);
    if (err == ERR_OK && border) {
        w->commit.offer = slice_of(r->candidates[1].code);
    }
    return err;
}

/* What decide looks at again, and until when the county has checked it if it was drawn. */
static enum err plan_links(struct site *s, struct route_work *w)
{
    const struct decision *d = &w->decision;
    const int64_t dues[] = {d->papers_by_ms, d->review_by_ms, d->county_by_ms, d->accept_by_ms};
    int64_t due_ms = 0;
    struct buf text;
    for (size_t i = 0; i < COUNT_OF(dues) && d->spot_check && due_ms == 0; i++) {
        due_ms = dues[i];
    }
    buf_init(&text, LINK_TEXT_MAX);
    link_text_write(&w->like, w->found.known, due_ms, &text);
    enum err err = runtime_keep(s, &text, &w->commit.links);
    buf_release(&text);
    return err;
}

static enum err plan(struct site *s, struct route_work *w, int64_t now_ms)
{
    bool aid = aid_wanted(w);
    struct slice why = slice_of(w->route.why);
    struct slice first = slice_cut(&why, '\n');
    w->commit = (struct decide_case){
        .no = w->job->id,
        .version = w->row.version,
        .verb = w->dispatched ? VERB_DISPATCH : VERB_TRIAGE,
        .inbox = slice_of(w->inbox),
        .inbox_score = inbox_score(w),
        .urgency = slice_of(urgency_word(w->decision.urgency)),
        .accept_by_ms = w->decision.accept_by_ms,
        .accept_warn_ms = clock_accept_warn(policy_for(s->policy, w->inbox, now_ms), &s->calendar,
                                            w->decision.urgency, now_ms, w->decision.accept_by_ms),
        .aid = aid ? &w->aid : NULL,
    };
    enum err err = plan_texts(s, w, aid);
    if (err == ERR_OK) {
        err = plan_cascade(s, w);
    }
    if (err == ERR_OK) {
        err = plan_links(s, w);
    }
    if (err == ERR_OK) {
        err =
            runtime_tail(s, now_ms, s->actor, first.len <= REASON_MAX ? first : slice_make(NULL, 0),
                         w->decision.policy, &w->commit.event_tail);
    }
    if (err == ERR_OK && aid) {
        err = plan_aid(s, w, now_ms);
    }
    return err;
}

/* ---- The batch ---- */

/* Load, route and decide what is still open; what needs no commit is ended in `ends`. */
static enum err prepare(struct site *s, size_t n, struct job_end *ends, size_t *end_count)
{
    redisReply *reply = NULL;
    int64_t now_ms = clock_now_ms();
    enum err err = route_load_cases(s, works, n, &reply);
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        struct route_work *w = &works[i];
        if (!w->open) {
            continue;
        }
        enum err bad = ERR_OK;
        bool fresh = w->row.found && w->row.state == CASE_RECEIVED;
        bool again = w->row.found && w->row.state == CASE_TRIAGED; /* more is known of the place */
        if (!fresh && !again) {
            w->open = false; /* routed before: the answer to that commit was lost */
        } else {
            bad = route_open_facts(s, w);
            bad = bad == ERR_OK ? route_find_place(s, w) : bad;
            w->open = bad == ERR_OK && (fresh || w->dispatched);
        }
        if (w->open) {
            continue;
        }
        ends[(*end_count)++] =
            (struct job_end){.id = w->job->id,
                             .action = bad == ERR_OK        ? JOB_DONE
                                       : bad == ERR_CORRUPT ? JOB_BURY
                                                            : JOB_RETRY,
                             .delay_ms = RETRY_MS,
                             .text = slice_of(bad == ERR_OK ? "" : err_text(bad))};
        if (bad != ERR_OK) {
            log_event(LOG_ERROR, "case_not_routable", "case=%.*s err=%s", SLICE_FMT(w->job->id),
                      err_code(bad));
        }
    }
    if (err == ERR_OK) {
        err = route_load_funds(s, works, n);
    }
    if (err == ERR_OK) {
        err = route_find_alike(s, works, n, now_ms);
    }
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        if (works[i].open) {
            err = apply_rules(s, &works[i], now_ms);
        }
        if (works[i].open && err == ERR_OK) {
            err = plan(s, &works[i], now_ms);
        }
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    return err;
}

/* Commit what is open; afterwards only what was refused for funds or a cap is open. */
static enum err commit(struct site *s, const struct lease *l, size_t n)
{
    enum decide_outcome results[STORE_BATCH_MAX];
    size_t sent = 0;
    redisReply *reply = NULL;
    const struct cascade_limits limits = {.inbox_max = s->settings->inbox_max,
                                          .duty_required = s->settings->duty_required != 0};
    char generations[LINK_GENERATIONS_SIZE];
    link_generations(clock_now_ms(), generations);
    decide_begin(store_fcall(s->store), s->settings->region, l->token, &limits, generations);
    for (size_t i = 0; i < n; i++) {
        if (works[i].open) {
            decide_add(store_fcall(s->store), &works[i].commit);
            sent++;
        }
    }
    if (sent == 0) {
        return ERR_OK;
    }
    enum err err = runtime_call(s, "decide", &reply);
    if (err == ERR_OK) {
        err = decide_read(reply, results, sent);
        freeReplyObject(reply);
    }
    for (size_t i = 0, k = 0; i < n && err == ERR_OK; i++) {
        if (!works[i].open) {
            continue;
        }
        enum decide_outcome result = results[k++];
        works[i].open = result == DECIDE_REFUSED || result == DECIDE_VERSION;
        if (result == DECIDE_OK) {
            log_event(LOG_DEBUG, "case_routed", "case=%.*s inbox=%s first_aid_fen=%lld",
                      SLICE_FMT(works[i].job->id), works[i].inbox,
                      works[i].commit.aid == NULL ? 0LL : (long long)works[i].aid.amount_fen);
        }
    }
    return err;
}

enum err stage_route(struct site *s, size_t *handled)
{
    struct lease lease;
    struct job_end ends[STORE_BATCH_MAX];
    size_t end_count = 0;
    *handled = 0;
    if (places_refresh(s) != ERR_OK) {
        return ERR_STORE_DOWN;
    }
    enum err err = lease_take(s, STAGE_ROUTE, s->settings->batch, &lease);
    size_t n = lease.count, open = n;
    for (size_t i = 0; i < n; i++) {
        works[i] = (struct route_work){.job = &lease.jobs[i], .open = true};
    }
    for (int round = 0; round < ROUNDS_MAX && open > 0 && err == ERR_OK; round++) {
        err = prepare(s, n, ends, &end_count);
        if (err == ERR_OK) {
            err = commit(s, &lease, n);
        }
        open = 0;
        for (size_t i = 0; i < n; i++) {
            open += works[i].open;
        }
    }
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        if (works[i].open) {
            ends[end_count++] =
                (struct job_end){.id = works[i].job->id, .action = JOB_RETRY, .delay_ms = RETRY_MS};
        }
    }
    if (err == ERR_OK) {
        err = lease_end(s, STAGE_ROUTE, &lease, ends, end_count);
    }
    size_t taken = 0;
    if (err == ERR_OK && n < (size_t)s->settings->batch) {
        err = roster_take_some(s, &taken);
    }
    *handled = n + taken;
    lease_release(&lease);
    return err;
}
