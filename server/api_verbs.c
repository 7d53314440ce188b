/* POST /v1/cases/{no}/{verb}: read the case, act, read it again for the answer. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/money.h"
#include "server/api.h"
#include "server/case_json.h"
#include "workers/routing/chain.h"
#include "workers/rules/decision.h"

#define REASON_POINTS_MAX 100
#define HOUR_MS INT64_C(3600000)

enum step { VERB_LOOK, VERB_ACT, VERB_ANSWER };

struct verb_state {
    struct slice no;
    enum case_verb verb;
    struct slice reason;
    int64_t claim, version, amount_fen;
    struct slice township, answer; /* dispatch; follow-up */
    struct slice misled;           /* return: the words of the place that led astray */
    /* out of the first look */
    struct case_facts facts;
    char case_township[DIVISION_CODE_SIZE];
    enum case_state state;
    struct act_result result;
};

static void verb_run(struct op *op);

/* ---- The body ---- */

static bool only_known(struct op *op, const char *const *names)
{
    for (const struct json *m = json_first(op->json); m != NULL; m = json_next(m)) {
        const char *const *name = names;
        while (*name != NULL && strcmp(*name, json_name(m)) != 0) {
            name++;
        }
        if (*name == NULL) {
            op_reply_fault(op, "", "有这个操作不认识的字段，请对照接口说明删去。");
            return false;
        }
    }
    return true;
}

static bool read_reason(struct op *op, struct verb_state *st)
{
    if (json_string(json_get(op->json, "reason"), &st->reason) != ERR_OK ||
        slice_trim(st->reason).len == 0) {
        op_reply_fault(op, "/reason",
                       "请写明理由（1 到 100 字）；理由会进入案卷，不要写姓名、电话和证件号码。");
        return false;
    }
    st->reason = slice_trim(st->reason);
    if (utf8_count(st->reason) > REASON_POINTS_MAX) {
        op_reply_fault(op, "/reason", "理由不得超过 100 字。");
        return false;
    }
    return true;
}

static bool read_claim(struct op *op, struct verb_state *st)
{
    if (json_int64(json_get(op->json, "claim"), 1, JSON_INT_MAX, &st->claim) != ERR_OK) {
        op_reply_fault(op, "/claim", "请给出领取时得到的 claim 编号；先领取再办理。");
        return false;
    }
    return true;
}

/* Of the region that this store serves: nobody here would see a case in another one's inbox. */
static bool read_township(struct op *op, struct verb_state *st)
{
    struct township t;
    if (json_string(json_get(op->json, "township"), &st->township) != ERR_OK ||
        !gazetteer_township(op->g->atlas.gazetteer, st->township, &t) ||
        !region_holds(op->g->settings->region, st->township)) {
        op_reply_fault(op, "/township", "请给出本地区的 9 位乡镇（街道）代码；查不到这个代码。");
        return false;
    }
    return true;
}

static bool read_body(struct op *op, struct verb_state *st)
{
    static const char *const PLAIN[] = {"reason", NULL},
                             *const CLAIMED[] = {"reason", "claim", NULL},
                             *const MONEY[] = {"reason", "claim", "amount_fen", NULL},
                             *const ANSWER[] = {"reason", "answer", NULL},
                             *const PLACE[] = {"reason", "township", NULL},
                             *const RETURN[] = {"reason", "claim", "misled", NULL};
    bool claimed = st->verb == VERB_ACCEPT || st->verb == VERB_PAPERS ||
                   st->verb == VERB_HAND_BACK || st->verb == VERB_REVEAL ||
                   st->verb == VERB_FIRST_AID || st->verb == VERB_RETURN;
    const char *const *names = st->verb == VERB_FIRST_AID   ? MONEY
                               : st->verb == VERB_FOLLOW_UP ? ANSWER
                               : st->verb == VERB_DISPATCH  ? PLACE
                               : st->verb == VERB_RETURN    ? RETURN
                               : claimed                    ? CLAIMED
                                                            : PLAIN;
    if (json_kind(op->json) != JSON_OBJECT) {
        op_reply_fault(op, "", "请求体须为 JSON 对象。");
        return false;
    }
    if (!only_known(op, names) || !read_reason(op, st) || (claimed && !read_claim(op, st)) ||
        (st->verb == VERB_DISPATCH && !read_township(op, st))) {
        return false;
    }
    if (st->verb == VERB_FIRST_AID && json_int64(json_get(op->json, "amount_fen"), 1,
                                                 AMOUNT_FEN_MAX, &st->amount_fen) != ERR_OK) {
        op_reply_fault(op, "/amount_fen", "请给出先行救助金额，整数，单位是分。");
        return false;
    }
    if (st->verb == VERB_RETURN && json_get(op->json, "misled") != NULL &&
        (json_string(json_get(op->json, "misled"), &st->misled) != ERR_OK ||
         utf8_count(st->misled) > 30)) {
        op_reply_fault(op, "/misled", "误导派单的地名须为不超过 30 字的文字，不要写姓名和门牌。");
        return false;
    }
    if (st->verb == VERB_FOLLOW_UP &&
        (json_string(json_get(op->json, "answer"), &st->answer) != ERR_OK ||
         !(slice_is(st->answer, "yes") || slice_is(st->answer, "no") ||
           slice_is(st->answer, "unreachable")))) {
        op_reply_fault(op, "/answer",
                       "请填 yes（钱已收到、无异议）、no（没有收到或有异议）"
                       "或 unreachable（没有联系上）。");
        return false;
    }
    return true;
}

/* ---- The first look ---- */

static void not_found(struct op *op)
{
    op_reply_problem(op, ERR_NOT_FOUND, "没有这个编号的求助，请核对编号。");
}

static void refuse_stale(struct op *op)
{
    op_reply_problem(op, ERR_STALE,
                     "您已不再持有这个求助件（领取已过期或被他人领取），请重新领取。");
}

/* Is the claim that the request names still the caller's? */
static bool holds_claim(const struct op *op, const struct verb_state *st, const struct case_view *v)
{
    struct claim_view claim;
    return claim_view_read(v->claim, clock_now_ms(), &claim) && claim.number == st->claim &&
           slice_eq(claim.actor, op_actor(op));
}

/* A neighbour's officer acts on a case that leaves his inbox by it: he still gets his answer, and
 * the same one when he asks again with the same key. Anything else the store refuses him. */
static bool may_look(const struct op *op, const struct verb_state *st, const struct case_view *v)
{
    bool acted = op->step == VERB_ANSWER && st->result.outcome == ACT_OK;
    return acted || op_may_see(op, v->township, v->inbox) || slice_eq(v->handler, op_actor(op));
}

static void on_look(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct verb_state *st = op->state;
    struct case_view v;
    struct json *facts = NULL;
    if (err == ERR_OK) {
        err = case_get_read(reply, &v);
    }
    if (err == ERR_NOT_FOUND || (err == ERR_OK && !may_look(op, st, &v))) {
        not_found(op);
        return;
    }
    if (err == ERR_OK) {
        err = json_parse(v.facts, &facts, NULL);
    }
    if (err == ERR_OK) {
        err = facts_read(facts, &st->facts);
        json_free(facts);
    }
    if (err == ERR_OK) {
        err = slice_copy(v.township, st->case_township, sizeof(st->case_township));
    }
    if (err != ERR_OK) {
        op_reply_store(op, err == ERR_INPUT ? ERR_CORRUPT : err);
        return;
    }
    if (op->step == VERB_ANSWER) {
        if (st->verb == VERB_REVEAL && st->result.outcome == ACT_REPLAYED &&
            !holds_claim(op, st, &v)) {
            refuse_stale(op); /* a repeat leaves no event: it shows nothing that the first answer's
                                 holder may not see */
            return;
        }
        case_json_reply(op, st->no, &v, st->verb == VERB_REVEAL,
                        st->result.outcome == ACT_REPLAYED);
        return;
    }
    st->state = v.state;
    op->step = VERB_ACT;
    verb_run(op);
}

/* ---- Acting ---- */

static void refuse_move(struct op *op, enum case_state state)
{
    char detail[200];
    struct buf allowed;
    struct json_out o;
    struct verb_state *st = op->state;
    buf_init(&allowed, 4096);
    json_out_init(&o, &allowed);
    case_json_allowed(state, op->caller.role, &o, NULL);
    snprintf(detail, sizeof(detail), "求助件现在是“%s”，不能%s。", case_state_zh(state),
             case_verb_zh(st->verb));
    const struct problem_extra extra = {.name = "allowed", .json = buf_slice(&allowed)};
    const struct problem p = {
        .err = ERR_MOVE, .detail = detail, .extras = &extra, .extra_count = 1};
    op_reply_problem_full(op, &p);
    buf_release(&allowed);
}

static void refuse_amount(struct op *op, const struct act_result *r)
{
    char detail[300], left[MONEY_TEXT_ZH_SIZE];
    const char *which = strcmp(r->cap, "times") == 0        ? "本年救助次数已满"
                        : strcmp(r->cap, "same-cause") == 0 ? "同一事由本年已救助过"
                        : r->outcome == ACT_FUNDS           ? "备用金余额不足"
                                                            : "超过本年救助限额";
    money_format_zh(r->left_fen, left);
    snprintf(detail, sizeof(detail),
             "%s，最多还可 %s；请减少金额、申请补充备用金，或提请县级一事一议。", which, left);
    op_reply_problem(op, r->outcome == ACT_FUNDS ? ERR_FUNDS : ERR_CAP, detail);
}

static void on_acted(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct verb_state *st = op->state;
    if (err == ERR_OK) {
        err = act_read(reply, &st->result);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    switch (st->result.outcome) {
    case ACT_OK:
    case ACT_REPLAYED:
        op->step = VERB_ANSWER;
        verb_run(op);
        break;
    case ACT_NOT_FOUND: not_found(op); break;
    case ACT_VERSION:
        op_reply_problem(op, ERR_VERSION, "求助件已有变化，请重新读取后再办理。");
        break;
    case ACT_MOVE: refuse_move(op, st->result.state); break;
    case ACT_STALE: refuse_stale(op); break;
    case ACT_DESIGNATE:
        op_reply_problem(op, ERR_FORBIDDEN, "已退单三次，须由县级审核人员指定承办。");
        break;
    case ACT_SAME_PERSON:
        op_reply_problem(op, ERR_FORBIDDEN,
                         "经办、审核、发放须由不同的人完成：您已参与办理，不能复核。");
        break;
    case ACT_KEY_REUSED:
        op_reply_problem(op, ERR_KEY_REUSED,
                         "这个 Idempotency-Key 已用于另一份内容，请换一个新的。");
        break;
    case ACT_REFUSED:
        op_reply_problem(op, st->result.refusal == REFUSAL_RECUSED ? ERR_FORBIDDEN : ERR_MOVE,
                         act_refusal_zh(st->result.refusal));
        break;
    case ACT_FUNDS:
    case ACT_CAP: refuse_amount(op, &st->result); break;
    }
}

/* What an officer may pay on his own signature, or a refusal. */
static bool plan_aid(struct op *op, struct verb_state *st, struct aid_order *aid)
{
    int64_t now_ms = clock_now_ms(), ceiling_fen = 0, papers_due_ms = 0;
    const struct policy_rules *rules = policy_for(op->g->policy, st->case_township, now_ms);
    struct civil_time t = clock_civil_china(now_ms);
    char detail[200], most[MONEY_TEXT_ZH_SIZE];
    enum err err =
        money_mul(rules->standard.dibao_month_fen, rules->township_ceiling.months, &ceiling_fen);
    ceiling_fen = money_min(ceiling_fen, rules->township_ceiling.amount_fen);
    if (err != ERR_OK || st->amount_fen > ceiling_fen) {
        money_format_zh(ceiling_fen, most);
        snprintf(detail, sizeof(detail),
                 "乡镇（街道）一次最多可先行救助 %s；超出部分请报县级审批。", most);
        op_reply_problem(op, ERR_CAP, detail);
        return false;
    }
    if (calendar_add_working_days(&op->g->calendar, now_ms, rules->urgent_first.papers_working_days,
                                  &papers_due_ms, NULL) != ERR_OK) {
        op_reply_problem(op, ERR_INTERNAL, "服务内部错误。");
        return false;
    }
    *aid = (struct aid_order){
        .amount_fen = st->amount_fen,
        .event_tail = op_tail(op, st->reason, policy_name(op->g->policy)),
        .maker = op_actor(op),
        .year = t.year,
        .cause = slice_of(cause_word(st->facts.cause)),
        .cap_paid_fen = rules->caps.household_year_fen,
        .cap_times = rules->caps.times_per_year,
        .cap_same_cause = rules->caps.same_cause_per_year,
        .papers_due_ms = papers_due_ms,
        .job_score = now_ms - HOUR_MS,
    };
    return aid->event_tail.ptr != NULL;
}

/* The SMS that tells the citizen, as the notify stage reads it; "" when there is none. */
static struct slice notify_of(struct op *op, const struct verb_state *st)
{
    struct township t;
    char text[200] = "";
    if (st->verb == VERB_ACCEPT && st->state == CASE_DISPATCHED &&
        gazetteer_township(op->g->atlas.gazetteer, slice_of(st->case_township), &t)) {
        snprintf(text, sizeof(text), "accepted|%s|0", t.name);
    } else if (st->verb == VERB_FIRST_AID) {
        snprintf(text, sizeof(text), "first-aid||%lld", (long long)st->amount_fen);
    } else if (st->verb == VERB_CLOSE) {
        snprintf(text, sizeof(text), "closed||0");
    } else if (st->verb == VERB_WITHDRAW) {
        snprintf(text, sizeof(text), "withdrawn||0");
    } else if (st->verb == VERB_DISPATCH &&
               gazetteer_township(op->g->atlas.gazetteer, st->township, &t)) {
        snprintf(text, sizeof(text), "dispatched|%s|0", t.name);
    }
    return slice_of(arena_text(&op->arena, slice_of(text)));
}

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

static void add_extras(struct op *op, const struct verb_state *st, struct act_request *r)
{
    char score[24];
    snprintf(score, sizeof(score), "%lld", (long long)st->facts.received_ms);
    struct slice kept = slice_of(arena_text(&op->arena, slice_of(score)));
    struct slice region = slice_of(op->g->settings->region);
    switch (st->verb) {
    case VERB_DISPATCH:
        r->extra[0] = st->township;
        r->extra[1] = kept;
        r->extra[2] = chain_behind(op, st->township);
        r->extra_count = 3;
        break;
    case VERB_PAPERS:
        r->extra[0] = region;
        r->extra[1] = kept;
        r->extra_count = 2;
        break;
    case VERB_RETURN:
        r->extra[0] = region;
        r->extra_count = 1;
        break;
    case VERB_CONFIRM:
        r->extra[0] = kept;
        r->extra_count = 1;
        break;
    case VERB_FOLLOW_UP:
        if (!slice_is(st->answer,
                      "yes")) { /* not reached, or unhappy: an attempt, the case stays open */
            r->verb = VERB_ATTEMPT;
            r->extra[0] = st->answer;
            r->extra[1] = region;
            r->extra_count = 2;
        }
        break;
    default: break;
    }
}

/* The words that led astray go into the event: aliases are learnt from them. */
static bool add_misled(struct op *op, const struct verb_state *st, struct slice *tail)
{
    struct buf text;
    if (st->misled.len == 0) {
        return true;
    }
    buf_init(&text, 8192);
    buf_put_slice(&text, *tail);
    buf_put_text(&text, ",\"misled\":");
    json_quote(&text, st->misled);
    const char *kept = buf_err(&text) == ERR_OK ? arena_text(&op->arena, buf_slice(&text)) : NULL;
    *tail = slice_make(kept, text.len);
    buf_release(&text);
    if (kept == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
    }
    return kept != NULL;
}

static void act(struct op *op)
{
    struct verb_state *st = op->state;
    struct aid_order aid;
    struct act_request r = {
        .no = st->no,
        .verb = st->verb,
        .actor = op_actor(op),
        .claim = st->claim,
        .version = st->version,
        .scope = slice_of(op->caller.township),
        .idem_hash = op_idem(op),
        .fingerprint = op_fingerprint(op),
        .notify = notify_of(op, st),
    };
    if (st->verb == VERB_FIRST_AID) {
        if (!plan_aid(op, st, &aid)) {
            return;
        }
        r.aid = &aid;
    }
    r.event_tail = op_tail(op, st->reason, policy_name(op->g->policy));
    if (r.event_tail.ptr == NULL || !add_misled(op, st, &r.event_tail)) {
        return;
    }
    add_extras(op, st, &r);
    act_write(&op->g->fcall, op->g->settings->region, &r);
    op_call(op, on_acted);
}

/* The only place that knows the order of things. */
static void verb_run(struct op *op)
{
    struct verb_state *st = op->state;
    if (op->step == VERB_ACT) {
        act(op);
        return;
    }
    case_get_write(&op->g->fcall, op->g->settings->region, st->no);
    op_call(op, on_look);
}

static bool read_if_match(struct op *op, int64_t *version)
{
    struct slice tag = op->if_match;
    if (tag.len == 0) {
        return true;
    }
    if (tag.len >= 3 && tag.ptr[0] == '"' && tag.ptr[tag.len - 1] == '"' &&
        slice_to_int64(slice_make(tag.ptr + 1, tag.len - 2), 1, INT64_MAX, version) == ERR_OK) {
        return true;
    }
    op_reply_problem(op, ERR_INPUT, "If-Match 须为之前答复中的 ETag。");
    return false;
}

void verbs_act(struct op *op)
{
    struct verb_state *st = arena_alloc(&op->arena, sizeof(*st));
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    op->state = st;
    if (!op_case_no(op, &st->no)) {
        return;
    }
    if (case_verb_from_word(op->params[1], &st->verb) != ERR_OK || case_verb_roles(st->verb) == 0) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这种操作。");
        return;
    }
    if ((case_verb_roles(st->verb) & (unsigned)op->caller.role) == 0) {
        op_reply_problem(op, ERR_FORBIDDEN, "您的角色不能进行这项操作。");
        return;
    }
    if (!read_body(op, st) || !read_if_match(op, &st->version)) {
        return;
    }
    op->step = VERB_LOOK;
    verb_run(op);
}
