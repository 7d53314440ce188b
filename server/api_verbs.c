/* POST /v1/cases/{no}/{verb}: read the case, act, read it again for the answer. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/domain/money.h"
#include "server/api.h"
#include "server/case_json.h"
#include "server/payee_check.h"
#include "server/verb.h"

enum step { VERB_LOOK, VERB_WINDOW, VERB_FUND, VERB_PAYEE, VERB_ACT, VERB_REMEMBER, VERB_ANSWER };

static void verb_run(struct op *op);

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
    return claim_view_read(v->claim, clock_now_ms(), &claim) && claim.number == st->body.claim &&
           slice_eq(claim.actor, op_actor(op));
}

/* A neighbour's officer acts on a case that leaves his inbox by it: he still gets his answer, and
 * the same one when he asks again with the same key. Anything else the store refuses him. */
static bool may_look(const struct op *op, const struct verb_state *st, const struct case_view *v)
{
    bool acted = op->step == VERB_ANSWER && st->result.outcome == ACT_OK;
    return acted || op_may_see(op, v->township, v->inbox) || slice_eq(v->handler, op_actor(op));
}

/* What the rules said of the case, and where its grant stands. */
static bool read_decision(struct op *op, struct verb_state *st, const struct case_view *v)
{
    struct grant_view grant;
    struct buf text;
    struct json *decision = NULL;
    struct slice type;
    enum err err = ERR_OK;
    st->state = v->state;
    if (v->urgency.len == 0 || urgency_from_word(v->urgency, &st->urgency) != ERR_OK) {
        st->urgency = st->facts.danger_to_life ? URGENCY_CRITICAL : URGENCY_NORMAL;
    }
    st->approved_fen = v->approved_fen;
    if (grant_view_read(v->grant, &grant)) {
        st->body.instalments = st->verb == VERB_APPROVE ? grant.instalments : st->body.instalments;
    }
    if (v->decision.len == 0) {
        return true;
    }
    buf_init(&text, PACK_TEXT_MAX * 2);
    err = unpack_text(op->g->packer, v->decision, &text);
    if (err == ERR_OK) {
        err = json_parse(buf_slice(&text), &decision, NULL);
    }
    if (err == ERR_OK && json_string(json_get(decision, "type"), &type) == ERR_OK &&
        slice_copy(type, st->decision_type, sizeof(st->decision_type)) == ERR_OK &&
        json_int64(json_get(decision, "amount_fen"), 0, AMOUNT_FEN_MAX, &st->entitled_fen) !=
            ERR_OK) {
        st->entitled_fen = 0;
    }
    json_free(decision);
    buf_release(&text);
    if (err != ERR_OK) {
        op_reply_store(op, err);
    }
    return err == ERR_OK;
}

/* A township returns a case only as long as the policy lets it; the county may at any time. What is
 * not to be returned at all the store refuses, and it knows what was said before. */
static bool window_wanted(const struct op *op, const struct verb_state *st)
{
    enum case_state to;
    return st->verb == VERB_RETURN && op->caller.role == ROLE_OFFICER &&
           case_move(VERB_RETURN, st->state, &to) == ERR_OK;
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
        err = slice_copy(v.township, st->township, sizeof(st->township));
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
    if (read_decision(op, st, &v) &&
        ((st->verb != VERB_ADD && st->verb != VERB_ACCOUNT) || verb_merge(op, st, &v))) {
        if (payee_check_wanted(st->verb) && !payee_check_begin(op, st, &v)) {
            return;
        }
        op->step = st->verb == VERB_FIRST_AID ? VERB_FUND
                   : window_wanted(op, st)    ? VERB_WINDOW
                   : st->payee != NULL        ? VERB_PAYEE
                                              : VERB_ACT;
        verb_run(op);
    }
}

/* ---- Returning: until when ---- */

static void refuse_late_return(struct op *op)
{
    const struct verb_state *st = op->state;
    const struct policy_rules *r = policy_for(op->g->policy, st->township, clock_now_ms());
    struct civil_time due = clock_civil_china(st->late_ms);
    char detail[400], most[64];
    if (st->urgency == URGENCY_CRITICAL) {
        snprintf(most, sizeof(most), "特急件只能在派单后 %d 分钟内改派",
                 r->give_back.critical_minutes);
    } else {
        snprintf(most, sizeof(most), "退单须在派单后 %d 个工作日内提出", r->give_back.working_days);
    }
    snprintf(detail, sizeof(detail),
             "%s，已于 %d 月 %d 日 %02d:%02d 到期：请继续办理；确不属于本地的，请报县级审核人员，"
             "由县级退回改派或指定承办。",
             most, due.month, due.day, due.hour, due.minute);
    op_reply_problem(op, ERR_MOVE, detail);
}

static void on_window(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct verb_state *st = op->state;
    struct case_clocks c;
    if (err == ERR_OK) {
        err = case_clocks_read(reply, &c);
    }
    if (err == ERR_OK) {
        err = clocks_reading_add(op, &st->reading, &c);
    }
    if (err == ERR_OK && !st->reading.done) {
        verb_run(op);
        return;
    }
    int64_t due_ms = 0; /* of the last window; answering ends the op, so the account goes first */
    for (size_t i = 0; err == ERR_OK && i < st->reading.account.segment_count; i++) {
        const struct clocks_segment *s = &st->reading.account.segments[i];
        due_ms = s->kind == CLOCKS_RETURN ? s->due_ms : due_ms;
    }
    clocks_reading_release(&st->reading);
    if (err != ERR_OK) {
        clocks_reading_refuse(op, err);
    } else { /* the store refuses it: it knows whether this was said before, in time */
        st->late_ms = due_ms > 0 && clock_now_ms() >= due_ms ? due_ms : 0;
        op->step = VERB_ACT;
        verb_run(op);
    }
}

/* ---- First aid: what the township has, and what it owes in papers ---- */

static void on_fund(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct verb_state *st = op->state;
    struct loaded_fund fund;
    if (err == ERR_OK) {
        err = load_funds_read(reply, &fund, 1);
    }
    if (err == ERR_OK) {
        err = slice_copy(fund.reserve, st->reserve, sizeof(st->reserve));
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    st->fund_available_fen = fund.available_fen;
    st->fund_allotted_fen = fund.allotted_fen;
    st->fund_overdue_fen = fund.overdue_fen;
    st->reserve_available_fen = fund.reserve_available_fen;
    op->step = VERB_PAYEE;
    verb_run(op);
}

/* ---- Who is to be paid ---- */

static void on_payee(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    if (payee_check_judge(op, op->state, err, reply)) {
        op->step = VERB_ACT;
        verb_run(op);
    }
}

/* What was found stands with the case from now on; it was in the event already. */
static void on_noted(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    (void)reply;
    if (err != ERR_OK) {
        op_reply_store(op, err); /* asked again with the same key, the case is answered */
        return;
    }
    op->step = VERB_ANSWER;
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
    const char *which = strcmp(r->cap, "arrived") == 0 ? "这个求助件实际发放的金额没有这么多"
                        : strcmp(r->cap, "owed") == 0       ? "尚待退回的金额没有这么多"
                        : strcmp(r->cap, "times") == 0      ? "本年救助次数已满"
                        : strcmp(r->cap, "same-cause") == 0 ? "同一事由本年已救助过"
                        : strcmp(r->cap, "township-day") == 0 ? "本乡镇（街道）今日先行救助已达限额"
                        : r->outcome == ACT_FUNDS ? "备用金余额不足"
                                                  : "超过本年救助限额";
    money_format_zh(r->left_fen, left);
    snprintf(detail, sizeof(detail),
             "%s，最多还可 %s；请减少金额、申请补充备用金，或提请县级一事一议。", which, left);
    op_reply_problem(op, r->outcome == ACT_FUNDS ? ERR_FUNDS : ERR_CAP, detail);
}

static void refuse_undesignated(struct op *op)
{
    const struct verb_state *st = op->state;
    const struct policy_rules *r = policy_for(op->g->policy, st->township, clock_now_ms());
    char detail[120];
    snprintf(detail, sizeof(detail), "已退单 %d 次，须由县级审核人员指定承办。",
             r->give_back.times);
    op_reply_problem(op, ERR_FORBIDDEN, detail);
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
        op->step = st->result.outcome == ACT_OK ? VERB_REMEMBER : VERB_ANSWER;
        verb_run(op);
        break;
    case ACT_NOT_FOUND: not_found(op); break;
    case ACT_VERSION:
        op_reply_problem(op, ERR_VERSION, "求助件已有变化，请重新读取后再办理。");
        break;
    case ACT_MOVE: refuse_move(op, st->result.state); break;
    case ACT_STALE: refuse_stale(op); break;
    case ACT_DESIGNATE: refuse_undesignated(op); break;
    case ACT_SAME_PERSON:
        op_reply_problem(op, ERR_FORBIDDEN,
                         "经办、审核、发放须由不同的人完成：您已参与办理，不能复核。");
        break;
    case ACT_KEY_REUSED:
        op_reply_problem(op, ERR_KEY_REUSED,
                         "这个 Idempotency-Key 已用于另一份内容，请换一个新的。");
        break;
    case ACT_REFUSED:
        if (st->result.refusal == REFUSAL_LATE_RETURN) {
            refuse_late_return(op);
            break;
        }
        op_reply_problem(op, st->result.refusal == REFUSAL_RECUSED ? ERR_FORBIDDEN : ERR_MOVE,
                         act_refusal_zh(st->result.refusal));
        break;
    case ACT_FUNDS:
    case ACT_CAP: refuse_amount(op, &st->result); break;
    }
}

static void act(struct op *op)
{
    struct aid_order aid;
    struct act_request r;
    if (verb_plan(op, op->state, &r, &aid)) {
        act_write(&op->g->fcall, op->g->settings->region, &r);
        op_call(op, on_acted);
    }
}

/* The only place that knows the order of things. */
static void verb_run(struct op *op)
{
    struct verb_state *st = op->state;
    if (op->step == VERB_ACT) {
        act(op);
        return;
    }
    if (op->step == VERB_WINDOW) {
        clocks_reading_write(op, &st->reading, st->no);
        op_call(op, on_window);
        return;
    }
    if (op->step == VERB_PAYEE) {
        if (payee_check_ask(op, st)) {
            op_call(op, on_payee);
        }
        return;
    }
    if (op->step == VERB_REMEMBER) {
        op->step = VERB_ANSWER;
        if (payee_check_note(op, st)) {
            op_call(op, on_noted);
            return;
        }
    }
    if (op->step == VERB_FUND) {
        load_funds_begin(&op->g->fcall, op->g->settings->region);
        fcall_text(&op->g->fcall, st->township);
        op_call(op, on_fund);
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
    st->rule = case_verb_from_word(op->params[1], &st->verb) == ERR_OK ? verb_rule(st->verb) : NULL;
    if (st->rule == NULL) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这种操作。");
        return;
    }
    if ((st->rule->roles & (unsigned)op->caller.role) == 0) {
        op_reply_problem(op, ERR_FORBIDDEN, "您的角色不能进行这项操作。");
        return;
    }
    if (!verb_body_read(op, st) || !read_if_match(op, &st->version)) {
        return;
    }
    clocks_reading_init(&st->reading);
    op->step = VERB_LOOK;
    verb_run(op);
}
