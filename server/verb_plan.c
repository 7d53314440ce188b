/* From body, case and policy to the store's arguments. The rules that must hold whatever stands
 * here are the store's; here are the numbers of the policy. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/domain/money.h"
#include "server/payee_check.h"
#include "server/verb_plan.h"
#include "workers/routing/chain.h"
#include "workers/rules/clock_terms.h"
#include "workers/rules/decision.h"

#define HOUR_MS INT64_C(3600000)
#define COUNTY_CODE_DIGITS 6
#define DUES_SIZE 800

struct slice verb_keep(struct op *op, struct slice text)
{
    const char *copy = arena_text(&op->arena, text);
    return slice_make(copy, copy == NULL ? 0 : text.len);
}

void plan_extra(struct plan *p, struct slice text)
{
    ASSERT(p->r->extra_count < ACT_EXTRA_MAX);
    p->r->extra[p->r->extra_count++] = text;
}

void plan_extra_int(struct plan *p, int64_t n)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)n);
    plan_extra(p, verb_keep(p->op, slice_of(text)));
}

/* The county's desk and the place in its inbox. */
static void extra_desk(struct plan *p)
{
    plan_extra(p, slice_of(p->op->g->settings->region));
    plan_extra_int(p, p->st->facts.received_ms);
}

bool plan_refuse(struct plan *p, enum err err, const char *detail)
{
    op_reply_problem(p->op, err, detail);
    return false;
}

static bool refuse_above(struct plan *p, const char *what, int64_t most_fen)
{
    char detail[300], most[MONEY_TEXT_ZH_SIZE];
    money_format_zh(most_fen, most);
    snprintf(detail, sizeof(detail), "%s最多 %s。", what, most);
    return plan_refuse(p, ERR_CAP, detail);
}

/* months x D, not above amount_fen when there is such a limit. */
static int64_t ceiling_fen(const struct policy_rules *rules, int64_t months, int64_t amount_fen)
{
    int64_t fen = AMOUNT_FEN_MAX;
    if (money_mul(rules->standard.dibao_month_fen, months, &fen) != ERR_OK) {
        fen = AMOUNT_FEN_MAX;
    }
    return amount_fen > 0 ? money_min(fen, amount_fen) : fen;
}

static int64_t township_most(const struct plan *p)
{
    return ceiling_fen(p->rules, p->rules->township_ceiling.months,
                       p->rules->township_ceiling.amount_fen);
}

static int64_t county_most(const struct plan *p)
{
    return ceiling_fen(p->rules,
                       (int64_t)p->rules->county_ceiling.months_per_person * p->st->facts.persons,
                       p->rules->county_ceiling.amount_fen);
}

/* ---- Money ---- */

/* The township's review debt: it lowers what may be paid before review, at last it takes the
 * county's countersignature. Help in danger to life is never blocked: what the township must not or
 * cannot pay comes from the reserve behind it. */
static bool plan_debt(struct plan *p, struct aid_order *aid)
{
    const struct verb_state *st = p->st;
    int64_t fen = st->body.amount_fen;
    bool danger = st->facts.danger_to_life, bank = st->body.method == 'b';
    int64_t most_fen =
        policy_first_aid_ceiling(p->rules, st->fund_overdue_fen, st->fund_allotted_fen, false);
    const struct debt_step *debt =
        policy_debt_step(p->rules, st->fund_overdue_fen, st->fund_allotted_fen);
    bool blocked = debt != NULL && (fen > most_fen || debt->countersign);
    if (danger && bank && (blocked || fen > st->fund_available_fen) && st->reserve[0] != '\0' &&
        fen <= st->reserve_available_fen) {
        aid->fund = verb_keep(p->op, slice_of(st->reserve));
        return true;
    }
    if (debt != NULL && debt->countersign && !danger) {
        aid->countersign = true; /* the county's signature stands for what the debt has cut off */
        return true;
    }
    if (blocked && !danger) {
        return refuse_above(p, "逾期未补手续的资金较多：本乡镇（街道）一次先行救助", most_fen);
    }
    return true;
}

/* What an officer may pay on his own signature. */
static bool plan_aid(struct plan *p, struct aid_order *aid)
{
    const struct verb_body *b = &p->st->body;
    const struct clocks_term papers = {TERM_WORKING_DAYS,
                                       p->rules->urgent_first.papers_working_days};
    const struct clocks_pace pace = clock_pace(p->rules);
    struct clocks_times times;
    int64_t most_fen = township_most(p);
    if (b->amount_fen > most_fen) {
        return refuse_above(p, "超出部分请报县级审批：乡镇（街道）一次先行救助", most_fen);
    }
    if (b->method == 'c' && b->amount_fen > p->rules->cash.most_fen) {
        return refuse_above(p, "请改用银行转账：一次现金发放", p->rules->cash.most_fen);
    }
    if (clocks_due(&p->op->g->calendar, papers, &pace, p->now_ms, &times, NULL) != ERR_OK) {
        return plan_refuse(p, ERR_INTERNAL, "服务内部错误。");
    }
    *aid = (struct aid_order){
        .amount_fen = b->amount_fen,
        .event_tail = p->r->event_tail,
        .maker = p->r->actor,
        .year = clock_civil_china(p->now_ms).year,
        .cause = slice_of(cause_word(p->st->facts.cause)),
        .method = b->method,
        .cap_paid_fen = p->rules->caps.household_year_fen,
        .cap_person_fen = p->rules->caps.person_year_fen,
        .cap_township_fen = p->rules->caps.township_day_fen,
        .cap_times = p->rules->caps.times_per_year,
        .cap_same_cause = p->rules->caps.same_cause_per_year,
        .papers_due_ms = times.due_ms,
        .papers = times,
        .pay_due_ms = p->now_ms + p->rules->urgent_first.pay_hours * HOUR_MS,
        .job_score = p->now_ms - HOUR_MS,
    };
    p->r->aid = aid;
    return plan_debt(p, aid);
}

/* Who must approve so much: the township within its power, the county within its own and for a
 * relative's case, else a conference; so also for more than the rules give. */
static const char *tier_for(const struct plan *p, int64_t fen)
{
    int64_t all_fen = fen + p->st->approved_fen;
    if (all_fen > county_most(p) || (p->st->entitled_fen > 0 && all_fen > p->st->entitled_fen)) {
        return "conference";
    }
    return all_fen > township_most(p) ? "county" : "township";
}

static bool plan_assess(struct plan *p)
{
    const struct verb_body *b = &p->st->body;
    char fund[DIVISION_CODE_SIZE], how[2] = {b->method, '\0'};
    const char *tier = tier_for(p, b->amount_fen);
    if (b->instalments > p->rules->instalments.most || b->amount_fen < b->instalments) {
        char detail[120];
        snprintf(detail, sizeof(detail), "分期最多 %d 期，每期不少于一分。",
                 p->rules->instalments.most);
        op_reply_fault(p->op, "/instalments", detail);
        return false;
    }
    if (b->method != 'b' && b->instalments > 1) {
        op_reply_fault(p->op, "/instalments", "现金和实物不分期，请改用银行转账。");
        return false;
    }
    snprintf(fund, sizeof(fund), "%s", p->st->township);
    if (strcmp(tier, "township") != 0) {
        fund[COUNTY_CODE_DIGITS] = '\0'; /* what the county approves its own fund pays */
    }
    plan_extra_int(p, b->amount_fen);
    plan_extra(p, slice_of(tier));
    plan_extra_int(p, b->instalments);
    plan_extra(p, verb_keep(p->op, slice_of(fund)));
    plan_extra_int(p, clock_civil_china(p->now_ms).year);
    plan_extra(p, slice_of(cause_word(p->st->facts.cause)));
    plan_extra(p, verb_keep(p->op, slice_of(how)));
    return true;
}

static int publicity_days(const struct plan *p)
{
    struct slice type = slice_of(p->st->decision_type);
    return slice_is(type, "SMALL_FAST") ? p->rules->publicity.small_fast_days
           : slice_is(type, "EXPENSE")  ? p->rules->expense.publicity_days
                                        : p->rules->publicity.urgent_days;
}

static bool plan_publish(struct plan *p)
{
    int64_t until_ms;
    int days = publicity_days(p);
    if (days == 0) {
        return plan_refuse(p, ERR_MOVE, "这类救助按规定不公示。");
    }
    if (calendar_add_days(p->now_ms, days, &until_ms) != ERR_OK) {
        return plan_refuse(p, ERR_INTERNAL, "服务内部错误。");
    }
    plan_extra_int(p, until_ms);
    return true;
}

/* The same day of the months that follow, 9:00; a month without that day: its last one. */
static int64_t months_later(int64_t at_ms, int months)
{
    struct civil_time t = clock_civil_china(at_ms);
    int month = t.month - 1 + months, year = t.year + month / 12, last_year, last_month, last_day;
    month = month % 12 + 1;
    int64_t next = civil_to_days(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1);
    civil_from_days(next - 1, &last_year, &last_month, &last_day);
    const struct civil_time due = {
        .year = year, .month = month, .day = t.day < last_day ? t.day : last_day, .hour = 9};
    return clock_from_civil_china(&due);
}

/* How many must have signed besides `others` of the chain; who proposes and who approves are two
 * people whatever the policy says. */
static void extra_signatures(struct plan *p, int all, int others)
{
    plan_extra_int(p, all > others ? all - others : 0);
}

static bool plan_approve(struct plan *p, int64_t instalments)
{
    char dues[DUES_SIZE] = "";
    size_t len = 0;
    for (int i = 1; i < instalments && len < sizeof(dues); i++) {
        len += (size_t)snprintf(dues + len, sizeof(dues) - len, "%s%lld", i == 1 ? "" : ",",
                                (long long)months_later(p->now_ms, i));
    }
    plan_extra_int(p, p->rules->caps.household_year_fen);
    plan_extra_int(p, p->rules->caps.times_per_year);
    plan_extra_int(p, p->rules->caps.same_cause_per_year);
    plan_extra(p, publicity_days(p) > 0 ? SLICE_LIT("1") : SLICE_LIT("0"));
    plan_extra(p, verb_keep(p->op, slice_of(dues)));
    extra_desk(p);
    extra_signatures(p, p->rules->approval.township_signatures, 2); /* proposer, approver */
    extra_signatures(p, p->rules->approval.county_signatures, 1);   /* approver */
    return true;
}

/* ---- Other verbs ---- */

/* Who is asked behind the township that somebody chose; "" when it cannot be told: then the desk of
 * the region is next. */
static struct slice chain_behind(struct op *op, struct slice township)
{
    static struct route_result result; /* one loop, used up before this returns */
    const struct place_query query = {.code = township};
    char first[TOWNSHIP_CODE_SIZE];
    struct slice rest = slice_make(NULL, 0);
    struct buf chain;
    buf_init(&chain, 512);
    if (slice_copy(township, first, sizeof(first)) == ERR_OK &&
        atlas_route(&op->g->atlas, &query, &result) == ERR_OK) {
        chain_write(first, &result, op->g->settings->region, &chain);
    }
    if (buf_err(&chain) == ERR_OK) {
        rest = slice_of(arena_text(&op->arena, buf_slice(&chain)));
        slice_cut(&rest, ',');
    }
    buf_release(&chain);
    return rest;
}

static const char *const TARGET_WORDS[] = {
#define TARGET_WORD(id, word, zh) word,
    REFERRAL_TARGET_TABLE(TARGET_WORD)
#undef TARGET_WORD
};
static const char *const TARGET_ZH[] = {
#define TARGET_LABEL(id, word, zh) zh,
    REFERRAL_TARGET_TABLE(TARGET_LABEL)
#undef TARGET_LABEL
};

static bool plan_refer(struct plan *p)
{
    int64_t due_ms = p->now_ms + p->rules->referral.child_minutes * INT64_C(60000);
    if (p->st->body.target != TARGET_CHILD &&
        calendar_add_working_days(&p->op->g->calendar, p->now_ms,
                                  p->rules->referral.ack_working_days, &due_ms, NULL) != ERR_OK) {
        return plan_refuse(p, ERR_INTERNAL, "服务内部错误。");
    }
    plan_extra(p, slice_of(TARGET_WORDS[p->st->body.target]));
    plan_extra_int(p, due_ms);
    return true;
}

/* Keyed, with the case: six digits alone could be tried through. */
static bool code_hash(struct plan *p, struct slice code, struct slice *out)
{
    char text[CASE_NO_SIZE + RECEIPT_CODE_DIGITS + 2], hash[SEAL_HASH_SIZE];
    snprintf(text, sizeof(text), "%.*s:%.*s", SLICE_FMT(p->st->no), SLICE_FMT(code));
    if (seal_hash(p->op->g->sealer, "receipt", slice_of(text), hash) != ERR_OK) {
        return plan_refuse(p, ERR_INTERNAL, "服务内部错误。");
    }
    *out = verb_keep(p->op, slice_of(hash));
    return true;
}

static bool plan_hand_over(struct plan *p)
{
    unsigned char raw[4];
    struct slice hash;
    if (seal_random(raw, sizeof(raw)) != ERR_OK) {
        return plan_refuse(p, ERR_INTERNAL, "服务内部错误。");
    }
    uint32_t n =
        ((uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3]) %
        1000000u;
    snprintf(p->st->receipt_code, sizeof(p->st->receipt_code), "%06u", (unsigned)n);
    if (!code_hash(p, slice_of(p->st->receipt_code), &hash)) {
        return false;
    }
    plan_extra(p, p->st->body.payment);
    plan_extra(p, hash);
    plan_extra(p, p->st->body.witness);
    plan_extra_int(p, p->now_ms + p->rules->cash.code_minutes * INT64_C(60000));
    return true;
}

static bool plan_receipt(struct plan *p)
{
    struct slice hash = slice_make("", 0);
    if (p->st->body.code.len > 0 && !code_hash(p, p->st->body.code, &hash)) {
        return false;
    }
    plan_extra(p, p->st->body.payment);
    plan_extra(p, hash);
    return true;
}

static bool plan_extras(struct plan *p, struct aid_order *aid)
{
    const struct verb_body *b = &p->st->body;
    switch (p->st->verb) {
    case VERB_FIRST_AID: return plan_aid(p, aid);
    case VERB_ASSESS: return plan_assess(p);
    case VERB_PUBLISH: return plan_publish(p);
    case VERB_APPROVE: return plan_approve(p, b->instalments);
    case VERB_REFER:
    case VERB_REFER_OUT: return plan_refer(p);
    case VERB_HAND_OVER: return plan_hand_over(p);
    case VERB_RECEIPT: return plan_receipt(p);
    case VERB_DISPATCH:
    case VERB_DESIGNATE:
        plan_extra(p, b->township);
        plan_extra_int(p, p->st->facts.received_ms);
        if (p->st->verb == VERB_DISPATCH) {
            plan_extra(p, chain_behind(p->op, b->township));
            plan_extra_accept(p, b->township);
            plan_extra_int(p, p->rules->give_back.times);
        }
        break;
    case VERB_RETURN:
        plan_extra(p, slice_of(p->op->g->settings->region));
        plan_extra_int(p, p->st->late_ms > 0);
        break;
    case VERB_PROPOSE:
        extra_desk(p);
        extra_signatures(p, p->rules->approval.township_signatures, 1); /* proposer */
        break;
    case VERB_PAPERS:
    case VERB_CONVENE:
    case VERB_RECUSE: extra_desk(p); break;
    case VERB_REDO:
        extra_desk(p);
        plan_extra_int(p, p->rules->follow_up.redo_times);
        break;
    case VERB_CONFIRM: plan_extra_int(p, p->st->facts.received_ms); break;
    case VERB_FOLLOW_UP:
        if (!slice_is(b->answer,
                      "yes")) { /* not reached, or unhappy: an attempt, the case stays open */
            p->r->verb = VERB_ATTEMPT;
            plan_extra(p, b->answer);
            plan_extra(p, slice_of(p->op->g->settings->region));
            plan_extra_int(p, p->rules->follow_up.attempts);
        }
        break;
    case VERB_MINUTES:
        if (p->rules->conference.most_fen > 0 && b->amount_fen > p->rules->conference.most_fen) {
            return refuse_above(p, "一事一议", p->rules->conference.most_fen);
        }
        plan_extra_int(p, (int64_t)b->participant_count);
        plan_extra_int(p, p->rules->conference.participants);
        plan_extra_int(p, b->votes_for);
        plan_extra_int(p, b->votes_against);
        plan_extra_int(p, b->amount_fen);
        break;
    case VERB_PAY: plan_extra_int(p, p->now_ms); break;
    case VERB_REVIEW_FAIL:
        plan_extra_int(p, b->amount_fen);
        extra_desk(p);
        break;
    case VERB_COUNTERSIGN:
    case VERB_REPAY: plan_extra_int(p, b->amount_fen); break;
    case VERB_REFUND:
        plan_extra(p, b->outcome);
        plan_extra_int(p, b->amount_fen);
        break;
    case VERB_DUPLICATE: plan_extra(p, b->other); break;
    case VERB_LINK:
        plan_extra(p, b->other);
        plan_extra(p, b->kind);
        break;
    case VERB_REFER_ACK:
        plan_extra_int(p, b->referral);
        plan_extra(p, b->outcome);
        break;
    case VERB_ADD:
        plan_extra(p, p->st->facts_anew);
        plan_extra(p, p->st->sealed_anew);
        if (p->st->place_added) {
            plan_extra_int(p, p->st->facts.received_ms);
        } else {
            plan_extra(p, slice_make("", 0));
        }
        plan_extra(p, p->st->facts.danger_to_life ? SLICE_LIT("CRITICAL") : slice_make("", 0));
        break;
    case VERB_RATE: plan_extra_int(p, b->rating); break;
    case VERB_ACCOUNT:
        plan_extra(p, p->st->sealed_anew);
        plan_extra(p, p->st->account_links);
        break;
    case VERB_HAND_FAIL: plan_extra(p, b->payment); break;
    default: break;
    }
    return true;
}

/* ---- What the event says besides ---- */

static bool plan_tail(struct plan *p)
{
    const struct verb_body *b = &p->st->body;
    struct buf text;
    struct slice tail = op_tail(p->op, b->reason, policy_name(p->op->g->policy));
    if (tail.ptr == NULL) {
        return false;
    }
    buf_init(&text, 16384);
    buf_put_slice(&text, tail);
    if (b->misled.len > 0) { /* aliases are learnt from the words that led astray */
        buf_put_text(&text, ",\"misled\":");
        json_quote(&text, b->misled);
    }
    if (p->st->verb == VERB_FOLLOW_UP) {
        buf_put_text(&text, ",\"answer\":");
        json_quote(&text, b->answer);
    }
    if (b->participant_count > 0) {
        buf_put_text(&text, ",\"attended\":[");
        for (size_t i = 0; i < b->participant_count; i++) {
            buf_put_text(&text, i == 0 ? "" : ",");
            json_quote(&text, b->participants[i]);
        }
        buf_put_text(&text, "],\"minutes\":");
        json_quote(&text, b->minutes);
    }
    if (p->st->verb == VERB_REJECT) { /* in writing, with the remedies */
        buf_put_text(&text, ",\"remedy\":");
        json_quote(&text, slice_of(p->rules->notice.remedy));
    }
    payee_check_tail(p->st, &text);
    p->r->event_tail = verb_keep(p->op, buf_slice(&text));
    bool ok = buf_err(&text) == ERR_OK && p->r->event_tail.ptr != NULL;
    buf_release(&text);
    return ok || plan_refuse(p, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
}

/* The SMS that tells the citizen, as the notify stage reads it: "template|word|fen"; "" when there
 * is none. */
static struct slice plan_notify(struct plan *p)
{
    const struct verb_state *st = p->st;
    struct gazetteer *places = p->op->g->atlas.gazetteer;
    struct township t;
    char text[200] = "";
    switch (st->verb) {
    case VERB_ACCEPT:
        if (st->state == CASE_DISPATCHED &&
            gazetteer_township(places, slice_of(st->township), &t)) {
            snprintf(text, sizeof(text), "accepted|%s|0", t.name);
        }
        break;
    case VERB_DISPATCH:
    case VERB_DESIGNATE:
        if (gazetteer_township(places, st->body.township, &t)) {
            snprintf(text, sizeof(text), "dispatched|%s|0", t.name);
        }
        break;
    case VERB_FIRST_AID:
        snprintf(text, sizeof(text), "first-aid||%lld", (long long)st->body.amount_fen);
        break;
    case VERB_HAND_OVER: snprintf(text, sizeof(text), "receipt-code|%s|0", st->receipt_code); break;
    case VERB_PUBLISH: snprintf(text, sizeof(text), "publicity|%d|0", publicity_days(p)); break;
    case VERB_APPROVE: snprintf(text, sizeof(text), "approved||0"); break;
    case VERB_REJECT: snprintf(text, sizeof(text), "rejected||0"); break;
    case VERB_REFER:
    case VERB_REFER_OUT:
        snprintf(text, sizeof(text), "referred|%s|0", TARGET_ZH[st->body.target]);
        break;
    case VERB_CLOSE: snprintf(text, sizeof(text), "closed||0"); break;
    case VERB_WITHDRAW: snprintf(text, sizeof(text), "withdrawn||0"); break;
    default: break;
    }
    return verb_keep(p->op, slice_of(text));
}

/* What lies with the county is decided by the county. */
static bool within_power(struct plan *p)
{
    enum case_verb verb = p->st->verb;
    bool decides =
        verb == VERB_SIGN || verb == VERB_APPROVE || verb == VERB_REJECT || verb == VERB_CONCLUDE;
    bool county = p->st->state == CASE_COUNTY_APPROVAL ||
                  (p->st->state == CASE_CONFERENCE && verb != VERB_SIGN); /* has its minutes */
    return !decides || !county || p->op->caller.role != ROLE_OFFICER ||
           plan_refuse(p, ERR_FORBIDDEN, "这个求助件已报县级，须由县级审核人员审批。");
}

bool verb_plan(struct op *op, struct verb_state *st, struct act_request *r, struct aid_order *aid)
{
    struct plan p = {.op = op, .st = st, .r = r, .now_ms = clock_now_ms()};
    p.rules = policy_for(op->g->policy, st->township, p.now_ms);
    *r = (struct act_request){
        .no = st->no,
        .verb = st->verb,
        .actor = op_actor(op),
        .claim = st->body.claim,
        .version = st->version,
        .scope = slice_of(op->caller.township),
        .idem_hash = op_idem(op),
        .fingerprint = op_fingerprint(op),
        .clocks = slice_make("", 0),
    };
    if (!within_power(&p) || !plan_tail(&p) || !plan_extras(&p, aid) || !plan_clocks(&p)) {
        return false;
    }
    r->notify = plan_notify(&p);
    return true;
}
