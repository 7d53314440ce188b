/* /v1/policies: packs are drafted by one person and approved by another for a time to come. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/store/calls_policy.h"
#include "server/api.h"
#include "server/places.h"
#include "workers/routing/chain.h"

#define FAULTS_SHOWN_MAX 20
#define REASON_CHARS_MAX 90

/* Who changes the rules changes them for the whole region. */
static bool whole_region(struct op *op)
{
    if (op->caller.township[0] != '\0') {
        op_reply_problem(op, ERR_FORBIDDEN, "只有负责整个地区的人员可以办理。");
        return false;
    }
    return true;
}

static bool read_reason(struct op *op, struct slice *reason)
{
    if (json_string(json_get(op->json, "reason"), reason) != ERR_OK || reason->len == 0 ||
        utf8_count(*reason) > REASON_CHARS_MAX) {
        op_reply_fault(op, "/reason", "请写明理由（1 到 90 字）。");
        return false;
    }
    return true;
}

/* The tail is {NULL, 0} when the op has been answered. */
static struct policy_actor actor_of(struct op *op, struct slice reason, const char *policy)
{
    return (struct policy_actor){.who = op_actor(op),
                                 .event_tail = op_tail(op, reason, policy),
                                 .idem_hash = op_idem(op),
                                 .fingerprint = op_fingerprint(op)};
}

static void put_time(struct json_out *o, const char *name, int64_t at_ms)
{
    char text[CLOCK_RFC3339_SIZE];
    if (at_ms > 0) {
        clock_format_rfc3339(at_ms, text);
        json_put_text(o, name, text);
    }
}

static void refuse(struct op *op, enum policy_outcome outcome)
{
    switch (outcome) {
    case POLICY_NOT_FOUND: op_reply_problem(op, ERR_NOT_FOUND, "没有这个编号。"); return;
    case POLICY_STATE:
        op_reply_problem(op, ERR_CONFLICT, "现在的状态不能这样办理，请重新读取。");
        return;
    case POLICY_NAME:
        op_reply_fault(op, "/name", "与所批准的政策包不符：请写出您核对过的名称（版本+校验值）。");
        return;
    case POLICY_SAME_PERSON:
        op_reply_problem(op, ERR_FORBIDDEN, "起草人不能自己批准，须由另一人批准。");
        return;
    case POLICY_PAST:
        op_reply_problem(
            op, ERR_CONFLICT,
            "时间已过：生效时间须在将来（至少三秒以后），结束时间须晚于现在和开始时间。");
        return;
    case POLICY_TAKEN:
        op_reply_problem(op, ERR_CONFLICT,
                         "已有另一个政策包在同一时刻生效，请另选时间或先撤回那一个。");
        return;
    case POLICY_EXISTS:
        op_reply_problem(op, ERR_CONFLICT, "同样内容的政策包已经在案，不必重复起草。");
        return;
    case POLICY_FULL:
        op_reply_problem(op, ERR_CONFLICT, "在案数量已达上限，请先结束不用的。");
        return;
    case POLICY_KEY_REUSED:
        op_reply_problem(op, ERR_KEY_REUSED,
                         "这个 Idempotency-Key 已用于另一份内容，请换一个新的。");
        return;
    case POLICY_OK:
    case POLICY_REPLAYED:
    case POLICY_OUTCOME_COUNT: break;
    }
    op_reply_problem(op, ERR_INTERNAL, "服务内部错误。");
}

/* The answer to every change: {"id": …} of what was made, {"version": …} of what was changed. */
static void reply_change(struct op *op, enum err err, const redisReply *reply, const char *name,
                         int status)
{
    enum policy_outcome outcome = POLICY_OUTCOME_COUNT;
    int64_t number = 0;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = policy_change_read(reply, &outcome, &number);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    if (outcome != POLICY_OK && outcome != POLICY_REPLAYED) {
        refuse(op, outcome);
        return;
    }
    places_look_at_rules(op->g); /* this process need not wait for its next look */
    buf_init(&text, 1024);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_int(&o, name, number);
    json_close_object(&o);
    const struct http_field replayed = {SLICE_LIT("Idempotency-Replayed"), SLICE_LIT("true")};
    op_reply_json(op, status, &text, &replayed, outcome == POLICY_REPLAYED ? 1 : 0);
    buf_release(&text);
}

static void on_made(void *data, enum err err, const redisReply *reply)
{
    reply_change(data, err, reply, "id", 201);
}

static void on_changed(void *data, enum err err, const redisReply *reply)
{
    reply_change(data, err, reply, "version", 200);
}

/* ---- POST /v1/policies ---- */

/* Each line of `why` is "line 12: /pointer: what to do". */
static void refuse_pack(struct op *op, const struct buf *why)
{
    static struct problem_error faults[FAULTS_SHOWN_MAX];
    struct slice rest = buf_slice(why);
    size_t n = 0;
    while (rest.len > 0 && n < FAULTS_SHOWN_MAX) {
        struct slice line = slice_cut(&rest, '\n');
        struct slice tail = line, head = slice_cut(&tail, ':');
        tail = slice_trim(tail);
        struct slice pointer = slice_make("", 0);
        if (slice_starts_with(tail, "/")) {
            pointer = slice_cut(&tail, ':');
        }
        const char *at = arena_text(&op->arena, pointer);
        const char *detail = arena_text(&op->arena, line);
        if (line.len == 0 || head.len == 0 || at == NULL || detail == NULL) {
            continue;
        }
        faults[n++] = (struct problem_error){.pointer = at, .detail = detail};
    }
    const struct problem p = {.err = ERR_INPUT,
                              .detail = "政策包未通过检查，请按下列各行改正。",
                              .errors = faults,
                              .error_count = n};
    op_reply_problem_full(op, &p);
}

static void draft_it(struct op *op, const struct policy *p)
{
    struct slice title = SLICE_LIT("");
    char reason[REASON_MAX];
    struct buf packed;
    buf_init(&packed, PACK_TEXT_MAX * 2);
    enum err err = json_string(json_get(op->json, "title"), &title);
    if (err == ERR_OK) {
        err = pack_text(op->g->packer, op->body, &packed);
    }
    if (err != ERR_OK) {
        op_reply_problem(op, err, "政策包太大或内存不足；很大的政策包请用 jiujictl policy draft。");
        buf_release(&packed);
        return;
    }
    snprintf(reason, sizeof(reason), "起草政策包：%.*s", (int)(title.len < 161 ? title.len : 161),
             title.ptr);
    const struct policy_actor a = actor_of(op, slice_of(reason), policy_name(p));
    if (a.event_tail.ptr != NULL) {
        policy_draft_write(&op->g->fcall, op->g->settings->region, slice_of(policy_name(p)),
                           buf_slice(&packed), title, &a);
        op_call(op, on_made);
    }
    buf_release(&packed);
}

void policies_draft(struct op *op)
{
    struct policy *p = NULL;
    struct buf why;
    if (!whole_region(op)) {
        return;
    }
    buf_init(&why, 65536);
    enum err err = policy_load(op->body, &p, &why);
    if (err == ERR_OK) {
        draft_it(op, p);
    } else if (err == ERR_INPUT) {
        refuse_pack(op, &why);
    } else {
        op_reply_problem(op, err, "服务繁忙，请稍后再试。");
    }
    policy_free(p);
    buf_release(&why);
}

/* ---- POST /v1/policies/{id}/approve, /withdraw ---- */

struct approval {
    struct slice name, reason;
    int64_t from_ms;
};

static void approve_it(struct op *op)
{
    const struct approval *st = op->state;
    const struct policy_actor a = actor_of(op, st->reason, "");
    if (a.event_tail.ptr != NULL) {
        policy_approve_write(&op->g->fcall, op->g->settings->region, op->params[0], st->name,
                             st->from_ms, &a);
        op_call(op, on_changed);
    }
}

/* Each line of `why` is a signature that is missing or does not hold. */
static void refuse_unsigned(struct op *op, const struct buf *why)
{
    static struct problem_error faults[FAULTS_SHOWN_MAX];
    struct slice rest = buf_slice(why);
    size_t n = 0;
    while (rest.len > 0 && n < FAULTS_SHOWN_MAX) {
        const char *detail = arena_text(&op->arena, slice_cut(&rest, '\n'));
        if (detail != NULL) {
            faults[n++] = (struct problem_error){.pointer = "/signature", .detail = detail};
        }
    }
    const struct problem p = {
        .err = ERR_CONFLICT,
        .detail = "本站只启用签名有效的政策包（设置 policy_signers、order_signers）："
                  "请签名后重新起草（jiujictl policy sign）。",
        .errors = faults,
        .error_count = n};
    op_reply_problem_full(op, &p);
}

/* A pack never changes once it is drafted, so what is looked at here is what is approved. */
static void on_pack_to_approve(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct slice name, packed;
    struct buf text, why;
    if (err == ERR_OK) {
        err = policy_pack_read(reply, &name, &packed);
    }
    if (err == ERR_NOT_FOUND) {
        refuse(op, POLICY_NOT_FOUND);
        return;
    }
    buf_init(&text, POLICY_BYTES_MAX);
    buf_init(&why, 65536);
    if (err == ERR_OK) {
        err = unpack_text(op->g->packer, packed, &text);
    }
    if (err == ERR_OK) {
        err = pack_signatures_check(buf_slice(&text), &op->g->signers, &why);
    }
    if (err == ERR_OK) {
        approve_it(op);
    } else if (err == ERR_AUTH) {
        refuse_unsigned(op, &why);
    } else {
        op_reply_store(op, err);
    }
    buf_release(&text);
    buf_release(&why);
}

void policies_approve(struct op *op)
{
    struct slice name, from, reason;
    int64_t from_ms;
    if (!whole_region(op) || !read_reason(op, &reason)) {
        return;
    }
    if (json_string(json_get(op->json, "name"), &name) != ERR_OK || name.len == 0) {
        op_reply_fault(op, "/name", "请写出您核对过的政策包名称（版本+校验值）。");
        return;
    }
    if (json_string(json_get(op->json, "effective_from"), &from) != ERR_OK ||
        clock_parse_rfc3339(from, &from_ms) != ERR_OK || from_ms < 0 || json_size(op->json) != 3) {
        op_reply_fault(op, "/effective_from",
                       "请给出将来的生效时间（RFC 3339，含时差），只接受 "
                       "name、effective_from、reason。");
        return;
    }
    struct approval *st = arena_alloc(&op->arena, sizeof(*st));
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    *st = (struct approval){.name = name, .reason = reason, .from_ms = from_ms};
    op->state = st;
    if (pack_signers_ask(&op->g->signers)) {
        policy_pack_write(&op->g->fcall, op->g->settings->region, op->params[0]);
        op_call(op, on_pack_to_approve);
    } else {
        approve_it(op);
    }
}

void policies_withdraw(struct op *op)
{
    struct slice reason;
    if (!whole_region(op) || !read_reason(op, &reason)) {
        return;
    }
    const struct policy_actor a = actor_of(op, reason, "");
    if (a.event_tail.ptr != NULL) {
        policy_withdraw_write(&op->g->fcall, op->g->settings->region, op->params[0], &a);
        op_call(op, on_changed);
    }
}

/* ---- GET /v1/policies, /v1/policies/{id} ---- */

static void write_pack(const struct policy_row *row, struct json_out *o)
{
    json_open_object(o, NULL);
    json_put_int(o, "id", row->id);
    json_put_slice(o, "name", row->name);
    json_put_slice(o, "title", row->title);
    json_put_text(o, "state", policy_state_word(row->state));
    json_put_slice(o, "proposer", row->proposer);
    put_time(o, "proposed_at", row->proposed_ms);
    if (row->approver.len > 0) {
        json_put_slice(o, "approver", row->approver);
    }
    put_time(o, "approved_at", row->approved_ms);
    put_time(o, "effective_from", row->from_ms);
    json_close_object(o);
}

static void on_list(void *data, enum err err, const redisReply *reply)
{
    static struct policy_row rows[POLICY_PACKS_MAX]; /* one loop, used up before this returns */
    struct op *op = data;
    int64_t now_ms = 0, active = 0;
    size_t n = 0;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = policy_list_read(reply, &now_ms, &active, rows, &n);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 1u << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_text(&o, "in_force", policy_name(op->g->policy));
    json_put_int(&o, "in_force_id", active); /* 0: the pack of the file */
    json_open_array(&o, "items");
    for (size_t i = 0; i < n; i++) {
        write_pack(&rows[i], &o);
    }
    json_close_array(&o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void policies_list(struct op *op)
{
    policy_list_write(&op->g->fcall, op->g->settings->region);
    op_call(op, on_list);
}

static void on_pack(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct slice name, packed;
    struct buf text;
    if (err == ERR_OK) {
        err = policy_pack_read(reply, &name, &packed);
    }
    if (err == ERR_NOT_FOUND) {
        op_reply_problem(op, err, "没有这个编号。");
        return;
    }
    buf_init(&text, POLICY_TEXT_MAX);
    if (err == ERR_OK) {
        err = unpack_text(op->g->packer, packed, &text);
    }
    if (err == ERR_OK) {
        op_reply_json(op, 200, &text, NULL, 0);
    } else {
        op_reply_store(op, err);
    }
    buf_release(&text);
}

void policies_get(struct op *op)
{
    policy_pack_write(&op->g->fcall, op->g->settings->region, op->params[0]);
    op_call(op, on_pack);
}

/* ---- /v1/disasters ---- */

/* The divisions as one text with commas; each lies in the region. */
static bool read_divisions(struct op *op, struct buf *out)
{
    const struct json *list = json_get(op->json, "divisions");
    struct slice prefix = region_prefix(op->g->settings->region);
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v)) {
        struct slice code = SLICE_LIT("");
        if (json_string(v, &code) != ERR_OK || !slice_all_digits(code) || code.len > 12 ||
            code.len < prefix.len || memcmp(code.ptr, prefix.ptr, prefix.len) != 0) {
            buf_clear(out);
            break;
        }
        buf_putf(out, "%s%.*s", out->len > 0 ? "," : "", SLICE_FMT(code));
    }
    if (json_kind(list) != JSON_ARRAY || out->len == 0 || json_size(list) > ORDER_DIVISIONS_MAX) {
        op_reply_fault(op, "/divisions",
                       "请列出本地区的区划代码（2、4、6、9 或 12 位），1 到 32 个。");
        return false;
    }
    return true;
}

static bool read_time(struct op *op, const char *name, const char *pointer, bool required,
                      int64_t *at_ms)
{
    struct slice text;
    const struct json *v = json_get(op->json, name);
    if (v == NULL && !required) {
        return true;
    }
    if (json_string(v, &text) == ERR_OK && clock_parse_rfc3339(text, at_ms) == ERR_OK &&
        *at_ms >= 0) {
        return true;
    }
    op_reply_fault(op, pointer, "须为 RFC 3339 时间，含时差。");
    return false;
}

static bool read_surge(struct op *op, struct slice *surge, struct slice *title)
{
    if (json_string(json_get(op->json, "surge"), surge) != ERR_OK ||
        policy_surge_find(op->g->policy, *surge) < 0) {
        op_reply_fault(op, "/surge", "现行政策包没有这个应急规则。");
        return false;
    }
    if (json_string(json_get(op->json, "title"), title) != ERR_OK || title->len == 0 ||
        title->len >= DISASTER_TITLE_SIZE) {
        op_reply_fault(op, "/title", "请写出群众看得懂的名称（最多 40 字）。");
        return false;
    }
    return true;
}

/* Would it hold under the rules in force? Better told now than left out later. */
static bool try_disaster(struct op *op, struct slice surge, struct slice divisions,
                         struct slice title, int64_t from_ms, int64_t to_ms)
{
    struct disaster d;
    struct policy *p = NULL;
    struct buf why;
    if (rulebook_disaster(1, surge, divisions, title, from_ms, to_ms, &d) != ERR_OK) {
        op_reply_fault(op, "/divisions", "区划代码须为 2、4、6、9 或 12 位。");
        return false;
    }
    buf_init(&why, 65536);
    enum err err = policy_load_declared(policy_text(op->g->policy), &d, 1, &p, &why);
    bool holds = err == ERR_OK && why.len == 0;
    if (err == ERR_OK && !holds) {
        op_reply_fault(op, "/surge", "这个应急规则与所列区划的现行规则有矛盾，不能启用。");
    } else if (!holds) {
        op_reply_problem(op, err, "服务繁忙，请稍后再试。");
    }
    policy_free(p);
    buf_release(&why);
    return holds;
}

void disasters_declare(struct op *op)
{
    struct slice surge, title, reason;
    int64_t from_ms = clock_now_ms(), to_ms = 0;
    struct buf divisions;
    buf_init(&divisions, 1024);
    bool ok = whole_region(op) && read_reason(op, &reason) && read_surge(op, &surge, &title) &&
              read_time(op, "from", "/from", false, &from_ms) &&
              read_time(op, "to", "/to", true, &to_ms) && read_divisions(op, &divisions);
    if (ok && to_ms > from_ms) { /* else the store says that it would be over */
        ok = try_disaster(op, surge, buf_slice(&divisions), title, from_ms, to_ms);
    }
    if (ok) {
        const struct policy_actor a = actor_of(op, reason, policy_name(op->g->policy));
        if (a.event_tail.ptr != NULL) {
            disaster_declare_write(&op->g->fcall, op->g->settings->region, surge,
                                   buf_slice(&divisions), from_ms, to_ms, title, &a);
            op_call(op, on_made);
        }
    }
    buf_release(&divisions);
}

static void set_disaster(struct op *op, enum disaster_state to)
{
    struct slice reason;
    if (!whole_region(op) || !read_reason(op, &reason)) {
        return;
    }
    const struct policy_actor a = actor_of(op, reason, policy_name(op->g->policy));
    if (a.event_tail.ptr != NULL) {
        disaster_set_write(&op->g->fcall, op->g->settings->region, op->params[0], to, &a);
        op_call(op, on_changed);
    }
}

void disasters_approve(struct op *op)
{
    set_disaster(op, DISASTER_APPROVED);
}

void disasters_end(struct op *op)
{
    set_disaster(op, DISASTER_ENDED);
}

static void write_disaster(const struct disaster_row *row, int64_t now_ms, struct json_out *o)
{
    struct slice divisions = row->divisions;
    json_open_object(o, NULL);
    json_put_int(o, "id", row->id);
    json_put_slice(o, "title", row->title);
    json_put_slice(o, "surge", row->surge);
    json_open_array(o, "divisions");
    while (divisions.len > 0) {
        json_put_slice(o, NULL, slice_cut(&divisions, ','));
    }
    json_close_array(o);
    json_put_text(o, "state", disaster_state_word(row->state));
    json_put_bool(o, "in_force",
                  row->state == DISASTER_APPROVED && now_ms >= row->from_ms && now_ms < row->to_ms);
    put_time(o, "from", row->from_ms);
    put_time(o, "to", row->to_ms);
    json_put_slice(o, "proposer", row->proposer);
    put_time(o, "proposed_at", row->proposed_ms);
    if (row->approver.len > 0) {
        json_put_slice(o, "approver", row->approver);
    }
    put_time(o, "approved_at", row->approved_ms);
    put_time(o, "ended_at", row->ended_ms);
    json_close_object(o);
}

static void on_disasters(void *data, enum err err, const redisReply *reply)
{
    static struct disaster_row rows[DISASTER_ROWS_MAX]; /* one loop, used up before this returns */
    struct op *op = data;
    int64_t now_ms = 0;
    size_t n = 0;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = disaster_list_read(reply, &now_ms, rows, DISASTER_ROWS_MAX, &n);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 4u << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_open_array(&o, "items");
    for (size_t i = 0; i < n; i++) {
        write_disaster(&rows[i], now_ms, &o);
    }
    json_close_array(&o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void disasters_list(struct op *op)
{
    disaster_list_write(&op->g->fcall, op->g->settings->region);
    op_call(op, on_disasters);
}
