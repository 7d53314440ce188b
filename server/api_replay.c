/* POST /v1/policies/{id}/replay: the last decisions made again under a draft
 * (workers/rules/replay.h), the same numbers as `jiujictl policy replay`. It changes nothing and
 * shows no case and nobody.
 *
 * Done here and in small slices, not by a worker: there is nothing to wait for but the store, no
 * result would have to be kept and cleared away, and it works while every worker is busy with a
 * disaster. A slice is one short store call (16 entries of the history, or SLICE_CASES cases) and
 * the deciding of so many cases, well below a millisecond; between two slices the loop serves
 * everybody else. CASES_MAX decisions, ENTRIES_MAX entries of the history and one replay at a time
 * bound the whole. Only the loading of the draft is one piece; the same happens here when a pack
 * is drafted or comes into force. */
#include <stdlib.h>
#include "queue/base/clock.h"
#include "queue/domain/case_no.h"
#include "queue/store/calls_policy.h"
#include "server/api.h"
#include "workers/rules/replay.h"

#define CASES_MAX 1000 /* decisions made again */
#define SLICE_CASES 8  /* of them at once */
#define ENTRIES_AT_ONCE 16
#define ENTRIES_MAX 65536 /* of the history looked at */
#define ANSWER_MAX 65536  /* case numbers in one part of the history */

struct replay_state {
    struct slice id;
    int64_t most, at_ms;
    struct buf text; /* the draft */
    struct replay *replay;
    char from[48]; /* where to go on in the history; "" at its end */
    int64_t entries;
    char (*numbers)[CASE_NO_SIZE]; /* of the part being worked through */
    size_t count, next;
    struct slice slice[SLICE_CASES]; /* into numbers */
    size_t slice_count;
};

static void go_on(struct op *op);

/* Let go of everything; exactly one answer follows. */
static void release(struct op *op)
{
    struct replay_state *st = op->state;
    replay_free(st->replay);
    free(st->numbers);
    buf_release(&st->text);
    op->g->replaying = false;
}

static void give_up(struct op *op, enum err err)
{
    release(op);
    op_reply_store(op, err);
}

static void put_tally(struct json_out *o, const char *name, const struct replay_tally *t)
{
    json_open_object(o, name);
    json_put_int(o, "cases", t->cases);
    json_put_int(o, "amount_fen", t->fen);
    json_close_object(o);
}

static void put_worst(struct op *op, const struct replay_town *worst, struct json_out *o)
{
    struct township t;
    if (worst == NULL) {
        json_put_null(o, "worst_township");
        return;
    }
    json_open_object(o, "worst_township");
    json_put_text(o, "township", worst->code);
    if (gazetteer_township(op->g->atlas.gazetteer, slice_of(worst->code), &t)) {
        json_put_text(o, "township_name", t.name);
    }
    json_put_int(o, "cases", worst->cases);
    json_put_int(o, "lost_fen", worst->lost_fen);
    json_close_object(o);
}

static void finish(struct op *op, bool complete)
{
    const struct replay_state *st = op->state;
    struct replay_result r;
    struct buf text;
    struct json_out o;
    replay_sum(st->replay, &r);
    buf_init(&text, 16384);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_text(&o, "draft", r.draft);
    json_put_text(&o, "in_force", policy_name(op->g->policy));
    json_put_int(&o, "decisions", r.decisions);
    json_put_bool(&o, "complete", complete);
    put_tally(&o, "same", &r.same);
    put_tally(&o, "more", &r.more);
    put_tally(&o, "less", &r.less);
    put_tally(&o, "nothing", &r.nothing);
    json_put_int(&o, "before_fen", r.before_fen);
    json_put_int(&o, "after_fen", r.after_fen);
    put_tally(&o, "first_aid_before", &r.aid_before);
    put_tally(&o, "first_aid_after", &r.aid_after);
    put_worst(op, r.worst, &o);
    json_put_int(&o, "without_input", r.without_input);
    json_put_int(&o, "unreadable", r.unreadable);
    json_close_object(&o);
    release(op);
    op_reply_written(op, 200, &text);
}

static int64_t decided(const struct replay_state *st)
{
    struct replay_result sum;
    replay_sum(st->replay, &sum);
    return sum.decisions;
}

/* ---- Slices ---- */

static void ask(struct op *op, store_reply_fn *on_reply)
{
    enum err err = store_async_call(op->g->store, &op->g->fcall, on_reply, op);
    if (err != ERR_OK) {
        give_up(op, err);
    }
}

static void on_cases(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct replay_state *st = op->state;
    struct decided_case cases[SLICE_CASES];
    struct buf text;
    if (err == ERR_OK) {
        err = policy_cases_read(reply, cases, st->slice_count);
    }
    buf_init(&text, 1u << 20);
    for (size_t i = 0; i < st->slice_count && err == ERR_OK; i++) {
        buf_clear(&text);
        if (cases[i].found && unpack_text(op->g->packer, cases[i].decision, &text) == ERR_OK) {
            replay_decide(st->replay, st->slice[i], cases[i].facts, buf_slice(&text));
        } else {
            replay_skip(st->replay);
        }
    }
    buf_release(&text);
    if (err == ERR_OK) {
        go_on(op);
    } else {
        give_up(op, err);
    }
}

/* The next cases of this part of the history; false when there are none left. */
static bool ask_cases(struct op *op)
{
    struct replay_state *st = op->state;
    int64_t left = st->most - decided(st);
    st->slice_count = 0;
    for (; st->next < st->count && st->slice_count < SLICE_CASES && (int64_t)st->slice_count < left;
         st->next++) {
        struct slice no = slice_of(st->numbers[st->next]);
        if (replay_first_time(st->replay, no)) {
            st->slice[st->slice_count++] = no;
        }
    }
    if (st->slice_count == 0) {
        return false;
    }
    policy_cases_begin(&op->g->fcall, op->g->settings->region);
    for (size_t i = 0; i < st->slice_count; i++) {
        fcall_slice(&op->g->fcall, st->slice[i]);
    }
    ask(op, on_cases);
    return true;
}

/* Keep the numbers of a part of the history: the reply goes. */
static enum err keep_numbers(struct replay_state *st, const redisReply *reply, size_t n)
{
    free(st->numbers);
    st->numbers = NULL;
    st->count = st->next = 0;
    if (n == 0) {
        return ERR_OK;
    }
    st->numbers = n > ANSWER_MAX ? NULL : calloc(n, sizeof(*st->numbers));
    if (st->numbers == NULL) {
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        if (slice_copy(reply_text_at(reply, i + 1), st->numbers[i], CASE_NO_SIZE) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    st->count = n;
    return ERR_OK;
}

static void on_history(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct replay_state *st = op->state;
    struct slice next;
    size_t n = 0;
    if (err == ERR_OK) {
        err = policy_decided_read(reply, &next, &n);
    }
    if (err == ERR_OK) {
        err = slice_copy(next, st->from, sizeof(st->from));
    }
    if (err == ERR_OK) {
        err = keep_numbers(st, reply, n);
    }
    if (err == ERR_OK) {
        go_on(op);
    } else {
        give_up(op, err);
    }
}

/* The only place that knows the order of things. */
static void go_on(struct op *op)
{
    struct replay_state *st = op->state;
    if (op->g->draining) {
        give_up(op, ERR_DRAINING);
        return;
    }
    if (decided(st) >= st->most) {
        finish(op, true);
        return;
    }
    if (ask_cases(op)) {
        return;
    }
    bool too_far = st->entries >= ENTRIES_MAX || replay_full(st->replay);
    if (st->from[0] == '\0' || too_far) {
        finish(op, st->from[0] == '\0');
        return;
    }
    st->entries += ENTRIES_AT_ONCE;
    policy_decided_write(&op->g->fcall, op->g->settings->region, slice_of(st->from),
                         ENTRIES_AT_ONCE);
    ask(op, on_history);
}

/* ---- Beginning: the draft, the disasters of then ---- */

static void on_disasters(void *data, enum err err, const redisReply *reply)
{
    static struct disaster_row rows[DISASTER_ROWS_MAX]; /* one loop, used up before this returns */
    struct op *op = data;
    struct replay_state *st = op->state;
    int64_t now_ms = 0;
    size_t n = 0;
    struct buf why;
    buf_init(&why, 65536);
    if (err == ERR_OK) {
        err = disaster_list_read(reply, &now_ms, rows, DISASTER_ROWS_MAX, &n);
    }
    if (err == ERR_OK) {
        err = replay_new(buf_slice(&st->text), rows, n, &op->g->calendar, st->at_ms, ENTRIES_MAX,
                         &st->replay, &why);
    }
    buf_release(&why);
    if (err == ERR_OK) {
        go_on(op);
    } else if (err == ERR_INPUT) {
        release(op);
        op_reply_problem(op, ERR_CONFLICT, "这个政策包未通过检查，不能试算。");
    } else {
        give_up(op, err);
    }
}

static void on_draft(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct replay_state *st = op->state;
    struct slice name, packed;
    if (err == ERR_OK) {
        err = policy_pack_read(reply, &name, &packed);
    }
    if (err == ERR_NOT_FOUND) {
        release(op);
        op_reply_problem(op, err, "没有这个编号。");
        return;
    }
    if (err == ERR_OK) {
        err = unpack_text(op->g->packer, packed, &st->text);
    }
    if (err != ERR_OK) {
        give_up(op, err);
        return;
    }
    disaster_list_write(&op->g->fcall, op->g->settings->region);
    ask(op, on_disasters);
}

/* The body may be empty: the last CASES_MAX decisions, each at its own time. */
static bool read_body(struct op *op, struct replay_state *st)
{
    struct slice at;
    size_t known = 0;
    if (op->body.len == 0) {
        return true;
    }
    if (!op_parse_body(op)) {
        return false;
    }
    const struct json *cases = json_get(op->json, "cases"), *when = json_get(op->json, "at");
    if (cases != NULL && json_int64(cases, 1, CASES_MAX, &st->most) != ERR_OK) {
        op_reply_fault(op, "/cases",
                       "试算件数须为 1 到 1000 的整数；更多请用 jiujictl policy replay。");
        return false;
    }
    if (when != NULL && (json_string(when, &at) != ERR_OK ||
                         clock_parse_rfc3339(at, &st->at_ms) != ERR_OK || st->at_ms <= 0)) {
        op_reply_fault(op, "/at", "须为 RFC 3339 时间，含时差。");
        return false;
    }
    known = (size_t)(cases != NULL) + (size_t)(when != NULL);
    if (json_kind(op->json) != JSON_OBJECT || json_size(op->json) != known) {
        op_reply_fault(op, "", "只接受 cases 和 at。");
        return false;
    }
    return true;
}

void policies_replay(struct op *op)
{
    struct replay_state *st = arena_alloc(&op->arena, sizeof(*st));
    if (op->caller.township[0] != '\0') {
        op_reply_problem(op, ERR_FORBIDDEN, "只有负责整个地区的人员可以办理。");
        return;
    }
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    *st = (struct replay_state){.id = op->params[0], .most = CASES_MAX, .from = "+"};
    op->state = st;
    if (!read_body(op, st)) {
        return;
    }
    if (op->g->replaying) {
        op_reply_problem(op, ERR_LIMIT, "正在进行另一次试算，请稍后再试。");
        return;
    }
    op->g->replaying = true;
    buf_init(&st->text, POLICY_BYTES_MAX);
    policy_pack_write(&op->g->fcall, op->g->settings->region, st->id);
    ask(op, on_draft);
}
