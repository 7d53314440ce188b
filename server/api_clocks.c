/* GET /v1/cases/{no}/clocks: who held the case how long, and what is due when.
 * POST /v1/cases/{no}/pause and /resume: the clocks stand still and go on; the answer shows them.
 */
#include <stdio.h>
#include <stdlib.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/store/calls_case.h"
#include "queue/store/calls_clock.h"
#include "server/api.h"
#include "server/clocks_follow.h"
#include "server/clocks_read.h"
#include "workers/rules/clock_terms.h"

#define REASON_POINTS_MAX 100
#define ACCOUNT_TEXT_MAX ((size_t)32 << 20)

enum step { CLOCKS_LOOK, CLOCKS_ACT, CLOCKS_ANSWER };

struct clocks_op {
    struct slice no;
    enum case_verb verb; /* VERB_PAUSE, VERB_RESUME; VERB_NOTE: only look */
    enum pause_reason pause;
    struct slice reason;
    int64_t until_ms; /* 0 = nobody has said until when: as long as the policy says */
    struct act_result result;
    struct clocks_reading reading;
    /* clocks_follow: what comes behind it, and its op->state */
    op_fn *then;
    void *then_state;
};

static void clocks_run(struct op *op);

/* ---- Writing ---- */

static void put_reason(struct json_out *o, struct slice word)
{
    enum pause_reason p;
    json_put_slice(o, "reason", word);
    if (pause_reason_from_word(word, &p) == ERR_OK) {
        json_put_text(o, "reason_zh", pause_reason_zh(p));
    }
}

static void put_segment(const struct clocks_segment *s, struct json_out *o)
{
    json_open_object(o, NULL);
    json_put_text(o, "clock", clocks_word(s->kind));
    json_put_text(o, "label", clocks_zh(s->kind));
    json_put_int(o, "run", s->run);
    json_put_text(o, "state", clocks_state_word(s->state));
    json_put_text(o, "state_zh", clocks_state_zh(s->state));
    json_put_text(o, "inbox", s->inbox);
    json_put_text(o, "actor", s->actor);
    json_put_time(o, "started_at", s->started_ms);
    json_put_time(o, "ended_at", s->ended_ms);
    json_put_time(o, "due_at", s->due_ms);
    json_put_bool(o, "booked", s->booked);
    json_put_bool(o, "assumed", s->assumed);
    json_put_int(o, "used_ms", s->used_ms);
    json_put_int(o, "overdue_ms", s->overdue_ms);
    json_open_array(o, "pauses");
    for (size_t i = 0; i < s->pause_count; i++) {
        json_open_object(o, NULL);
        put_reason(o, slice_of(s->pauses[i].reason));
        json_put_time(o, "from", s->pauses[i].from_ms);
        json_put_time(o, "to", s->pauses[i].to_ms);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

static void put_account(struct op *op, const struct case_clocks *c, const struct clocks_account *a,
                        struct json_out *o)
{
    const struct clocks_op *st = op->state;
    bool assumed = false;
    for (size_t i = 0; i < a->segment_count; i++) {
        assumed = assumed || a->segments[i].assumed;
    }
    json_open_object(o, NULL);
    json_put_slice(o, "no", st->no);
    json_put_int(o, "version", c->version);
    json_put_text(o, "state", case_state_word(c->state));
    json_put_text(o, "state_zh", case_state_zh(c->state));
    json_put_time(o, "first_contact_at", a->first_contact_ms);
    json_put_time(o, "ended_at", a->ended_ms);
    json_put_int(o, "total_ms", a->total_ms);
    json_put_int(o, "returns", a->returns);
    json_put_bool(o, "assumed", assumed);
    if (c->paused) {
        json_open_object(o, "paused");
        put_reason(o, c->pause_reason);
        json_put_time(o, "since", c->paused_ms);
        json_close_object(o);
    } else {
        json_put_null(o, "paused");
    }
    json_open_array(o, "segments");
    for (size_t i = 0; i < a->segment_count; i++) {
        put_segment(&a->segments[i], o);
    }
    json_close_array(o);
    json_open_array(o, "holders");
    for (size_t i = 0; i < a->holder_count; i++) {
        json_open_object(o, NULL);
        json_put_text(o, "inbox", a->holders[i].inbox);
        json_put_text(o, "actor", a->holders[i].actor);
        json_put_int(o, "held_ms", a->holders[i].held_ms);
        json_put_int(o, "times", a->holders[i].times);
        json_close_object(o);
    }
    json_close_array(o);
    json_close_object(o);
}

/* ---- Answering ---- */

static void reply_clocks(struct op *op, const struct case_clocks *c)
{
    struct clocks_op *st = op->state;
    char etag[32];
    struct buf text;
    struct json_out o;
    buf_init(&text, ACCOUNT_TEXT_MAX);
    json_out_init(&o, &text);
    snprintf(etag, sizeof(etag), "\"%lld\"", (long long)c->version);
    const struct http_field extra[] = {{SLICE_LIT("ETag"), slice_of(etag)},
                                       {SLICE_LIT("Idempotency-Replayed"), SLICE_LIT("true")}};
    put_account(op, c, &st->reading.account, &o);
    enum err err = buf_err(&text);
    clocks_reading_release(&st->reading);
    if (err == ERR_OK) {
        op_reply_json(op, 200, &text, extra, st->result.outcome == ACT_REPLAYED ? 2 : 1);
    } else {
        op_reply_store(op, err);
    }
    buf_release(&text);
}

/* ---- Pausing and going on ---- */

/* New due times of what stands still, as the store takes them. */
static enum err resumed_clocks(const struct clocks_rules *terms, const struct case_clocks *c,
                               struct buf *out)
{
    int64_t now_ms = clock_now_ms();
    for (size_t i = 0; i < c->row_count; i++) {
        const struct clock_row *row = &c->rows[i];
        const struct clocks_term *t =
            row->kind == CLOCKS_PAY ? &terms->pay_ordinary : &terms->terms[row->kind];
        /* what the policy has no term for any more was booked in working days */
        enum clocks_unit unit = t->unit == TERM_NONE ? TERM_WORKING_DAYS : t->unit;
        struct clocks_times times;
        if (!row->paused) {
            continue;
        }
        enum err err = clocks_resume(terms->calendar, unit, &terms->pace, row->due_ms, c->paused_ms,
                                     now_ms > c->paused_ms ? now_ms : c->paused_ms, &times, NULL);
        if (err != ERR_OK) {
            return err;
        }
        clocks_put(out, row->kind, &times);
    }
    return buf_err(out);
}

/* Looks whether the pause may be, and until when it lasts. Answers the op itself when it returns
 * true.
 */
static bool refuse_pause(struct op *op, const struct policy_rules *rules, enum case_state state)
{
    struct clocks_op *st = op->state;
    int64_t now_ms = clock_now_ms();
    char detail[300];
    if (st->until_ms == 0) {
        st->until_ms = now_ms + rules->clock_pause.look_days * MS_PER_DAY;
    } else if (st->until_ms > now_ms + rules->clock_pause.most_days * MS_PER_DAY) {
        snprintf(detail, sizeof(detail), "本地现行规则一次最多暂停 %d 天，请写更早的时间。",
                 rules->clock_pause.most_days);
        op_reply_fault(op, "/until", detail);
        return true;
    }
    if ((rules->clock_pause.reasons >> st->pause & 1u) == 0) {
        snprintf(detail, sizeof(detail), "本地现行规则不允许因“%s”暂停计时。",
                 pause_reason_zh(st->pause));
        op_reply_problem(op, ERR_FORBIDDEN, detail);
        return true;
    }
    /* First aid, and states without such a clock: the store's refusal says so. */
    if (!clocks_first_aid(state) && (clocks_in_state(state) & CLOCKS_PAUSABLE) != 0 &&
        !pause_allowed(rules, state, st->pause)) {
        snprintf(detail, sizeof(detail), "求助件现在是“%s”，不能因“%s”暂停计时。",
                 case_state_zh(state), pause_reason_zh(st->pause));
        op_reply_problem(op, ERR_MOVE, detail);
        return true;
    }
    return false;
}

/* Back to whom clocks_follow was for. */
static void follow_on(struct op *op)
{
    struct clocks_op *st = op->state;
    op->problem = NULL;
    op->state = st->then_state;
    st->then(op);
}

/* A refusal is no trouble of his; that the store is away is. */
static void follow_problem(struct op *op, const struct problem *p)
{
    op->problem = NULL;
    if (problem_status(p) >= 500) {
        op_reply_problem_full(op, p);
    } else {
        follow_on(op);
    }
}

static void on_acted(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct clocks_op *st = op->state;
    if (err == ERR_OK) {
        err = act_read(reply, &st->result);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    char detail[200];
    switch (st->result.outcome) {
    case ACT_OK:
    case ACT_REPLAYED:
        if (st->then != NULL) {
            follow_on(op);
            return;
        }
        op->step = CLOCKS_ANSWER;
        clocks_run(op);
        return;
    case ACT_NOT_FOUND:
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个编号的求助，请核对编号。");
        return;
    case ACT_VERSION:
        op_reply_problem(op, ERR_VERSION, "求助件已有变化，请重新读取后再办理。");
        return;
    case ACT_STALE:
        op_reply_problem(op, ERR_STALE, "这个求助件正由他人办理，不能由您暂停计时。");
        return;
    case ACT_KEY_REUSED:
        op_reply_problem(op, ERR_KEY_REUSED, "这个 Idempotency-Key 已用于另一个请求。");
        return;
    case ACT_REFUSED:
        op_reply_problem(op, st->result.refusal == REFUSAL_RECUSED ? ERR_FORBIDDEN : ERR_MOVE,
                         act_refusal_zh(st->result.refusal));
        return;
    case ACT_MOVE:
        snprintf(detail, sizeof(detail), "求助件现在是“%s”，不能%s。",
                 case_state_zh(st->result.state), case_verb_zh(st->verb));
        op_reply_problem(op, ERR_MOVE, detail);
        return;
    default: break; /* about money or several people: not of these verbs */
    }
    op_reply_problem(op, ERR_INTERNAL, "系统内部错误，请联系管理员。");
}

static void act_on(struct op *op, const struct case_clocks *c)
{
    struct clocks_op *st = op->state;
    const struct policy_rules *rules;
    struct clocks_rules terms;
    struct case_facts facts;
    char until[24];
    struct buf text;
    enum err err = clocks_terms_of(op, c, clock_now_ms(), &rules, &terms, &facts);
    buf_init(&text, 1024);
    if (err == ERR_OK && st->verb == VERB_RESUME) {
        err = resumed_clocks(&terms, c, &text);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err == ERR_INPUT ? ERR_CORRUPT : err);
    } else if (st->verb == VERB_RESUME || !refuse_pause(op, rules, c->state)) {
        struct act_request r = {.no = st->no,
                                .verb = st->verb,
                                .actor = op_actor(op),
                                .version = st->verb == VERB_RESUME ? c->version : 0,
                                .scope = slice_of(op->caller.township),
                                .idem_hash = op_idem(op),
                                .fingerprint = op_fingerprint(op),
                                .event_tail = op_tail(op, st->reason, policy_name(op->g->policy))};
        snprintf(until, sizeof(until), "%lld", (long long)st->until_ms);
        if (st->verb == VERB_RESUME) {
            r.extra[r.extra_count++] = buf_slice(&text);
        } else {
            r.extra[r.extra_count++] = slice_of(pause_reason_word(st->pause));
            r.extra[r.extra_count++] = slice_of(until);
        }
        if (r.event_tail.ptr != NULL) {
            act_write(&op->g->fcall, op->g->settings->region, &r);
            op_call(op, on_acted);
        }
    }
    buf_release(&text);
}

static void on_look(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct clocks_op *st = op->state;
    struct case_clocks c;
    if (err == ERR_OK) {
        err = case_clocks_read(reply, &c);
    }
    if (err == ERR_NOT_FOUND || (err == ERR_OK && !op_may_see(op, c.township, c.inbox))) {
        clocks_reading_release(&st->reading);
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个编号的求助，请核对编号。");
        return;
    }
    if (err != ERR_OK) {
        clocks_reading_release(&st->reading);
        op_reply_store(op, err);
        return;
    }
    if (st->then != NULL && st->verb == VERB_RESUME &&
        !(c.paused && slice_is(c.pause_reason, pause_reason_word(st->pause)))) {
        follow_on(op); /* it does not stand still for this */
        return;
    }
    if (st->verb != VERB_NOTE && op->step == CLOCKS_LOOK) {
        op->step = CLOCKS_ACT;
        act_on(op, &c);
        return;
    }
    err = clocks_reading_add(op, &st->reading, &c);
    if (err != ERR_OK) {
        clocks_reading_release(&st->reading);
        clocks_reading_refuse(op, err);
    } else if (!st->reading.done) {
        clocks_run(op);
    } else {
        reply_clocks(op, &c);
    }
}

/* Look, act, look again for the answer; for the answer page by page. */
static void clocks_run(struct op *op)
{
    struct clocks_op *st = op->state;
    if (st->verb != VERB_NOTE &&
        op->step == CLOCKS_LOOK) { /* before acting the history is not needed */
        case_clocks_write(&op->g->fcall, op->g->settings->region, st->no, 0, 0);
    } else {
        clocks_reading_write(op, &st->reading, st->no);
    }
    op_call(op, on_look);
}

/* ---- Requests ---- */

static struct clocks_op *begin(struct op *op, enum case_verb verb)
{
    struct clocks_op *st = arena_alloc(&op->arena, sizeof(*st));
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return NULL;
    }
    op->state = st;
    op->step = CLOCKS_LOOK;
    st->verb = verb;
    clocks_reading_init(&st->reading);
    return op_case_no(op, &st->no) ? st : NULL;
}

static bool read_reason(struct op *op, struct clocks_op *st)
{
    if (json_kind(op->json) != JSON_OBJECT) {
        op_reply_fault(op, "", "请求体须为 JSON 对象。");
        return false;
    }
    if (json_string(json_get(op->json, "reason"), &st->reason) != ERR_OK ||
        slice_trim(st->reason).len == 0 || utf8_count(st->reason) > REASON_POINTS_MAX) {
        op_reply_fault(op, "/reason",
                       "请写明理由（1 到 100 字）；理由会进入案卷，不要写姓名、电话和证件号码。");
        return false;
    }
    st->reason = slice_trim(st->reason);
    return true;
}

static bool read_until(struct op *op, struct clocks_op *st)
{
    const struct json *v = json_get(op->json, "until");
    struct slice text;
    st->until_ms = 0;
    if (v != NULL &&
        (json_string(v, &text) != ERR_OK || clock_parse_rfc3339(text, &st->until_ms) != ERR_OK ||
         st->until_ms <= clock_now_ms())) {
        op_reply_fault(op, "/until", "请写将来的时间，例如 2026-03-01T17:00:00+08:00。");
        return false;
    }
    return true;
}

/* Members besides `reason`; the table ends with NULL. */
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

void clocks_get(struct op *op)
{
    if (begin(op, VERB_NOTE) != NULL) {
        clocks_run(op);
    }
}

void clocks_pause(struct op *op)
{
    static const char *const NAMES[] = {"reason", "pause", "until", NULL};
    struct clocks_op *st = begin(op, VERB_PAUSE);
    struct slice word;
    if (st == NULL || !read_reason(op, st) || !only_known(op, NAMES)) {
        return;
    }
    if (json_string(json_get(op->json, "pause"), &word) != ERR_OK ||
        pause_reason_from_word(word, &st->pause) != ERR_OK) {
        op_reply_fault(
            op, "/pause",
            "请填 economy_check（核对）、publicity（公示）、fund_appropriation（资金拨付）"
            "或 applicant（等待申请人）。");
        return;
    }
    if (read_until(op, st)) {
        clocks_run(op);
    }
}

void clocks_go_on(struct op *op)
{
    static const char *const NAMES[] = {"reason", NULL};
    struct clocks_op *st = begin(op, VERB_RESUME);
    if (st != NULL && read_reason(op, st) && only_known(op, NAMES)) {
        clocks_run(op);
    }
}

void clocks_follow(struct op *op, struct slice no, enum case_verb verb, enum pause_reason pause,
                   struct slice reason, op_fn *then)
{
    struct clocks_op *st = arena_alloc(&op->arena, sizeof(*st));
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    *st = (struct clocks_op){.no = no,
                             .verb = verb,
                             .pause = pause,
                             .reason = reason,
                             .then = then,
                             .then_state = op->state};
    clocks_reading_init(&st->reading);
    op->state = st;
    op->problem = follow_problem;
    op->step = CLOCKS_LOOK;
    clocks_run(op);
}
