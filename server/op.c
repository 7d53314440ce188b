#include "server/op.h"

#include <stdio.h>
#include <stdlib.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/event_tail.h"
#include "server/auth.h"

#define REPLY_MAX ((size_t)4 << 20)

static void op_end(struct op *op)
{
    op->g->ops--;
    json_free(op->json);
    arena_release(&op->arena);
    free(op);
}

static void reply(struct op *op, struct http_response *r)
{
    op->g->metrics.answers[r->status / 100 % 6]++;
    if (op->replayed && r->extra_count < HTTP_EXTRA_HEADERS_MAX) {
        r->extra[r->extra_count++] =
            (struct http_field){SLICE_LIT("Idempotency-Replayed"), SLICE_LIT("true")};
    }
    if (op->g->http != NULL) { /* gone when the drain was cut short: then nobody listens any more */
        http_reply(op->g->http, op->ticket, r);
    }
    op_end(op);
}

static void add_extra(struct http_response *r, const struct http_field *extra, size_t count)
{
    for (size_t i = 0; i < count && r->extra_count < HTTP_EXTRA_HEADERS_MAX; i++) {
        r->extra[r->extra_count++] = extra[i];
    }
}

void op_reply_json(struct op *op, int status, const struct buf *json,
                   const struct http_field *extra, size_t extra_count)
{
    if (buf_err(json) != ERR_OK) {
        op_reply_problem(op, buf_err(json), "答复太大或内存不足。");
        return;
    }
    struct http_response r = {
        .status = status, .content_type = HTTP_TYPE_JSON, .body = buf_slice(json)};
    add_extra(&r, extra, extra_count);
    reply(op, &r);
}

void op_reply_written(struct op *op, int status, struct buf *text)
{
    struct buf own = *text; /* `text` may lie in the op's arena, which the answer frees */
    op_reply_json(op, status, &own, NULL, 0);
    buf_release(&own);
}

void op_reply_empty(struct op *op, int status, const struct http_field *extra, size_t extra_count)
{
    struct http_response r = {.status = status};
    add_extra(&r, extra, extra_count);
    reply(op, &r);
}

void op_reply_text(struct op *op, int status, const char *type, const struct buf *text)
{
    struct http_response r = {.status = status, .content_type = type, .body = buf_slice(text)};
    reply(op, &r);
}

void op_reply_problem_full(struct op *op, const struct problem *p)
{
    struct buf text;
    if (op->problem != NULL) {
        op->problem(op, p);
        return;
    }
    buf_init(&text, 65536);
    problem_write(&text, p);
    struct http_response r = {
        .status = problem_status(p), .content_type = HTTP_TYPE_PROBLEM, .body = buf_slice(&text)};
    if (r.status == 503 || r.status == 429) {
        r.extra[r.extra_count++] = (struct http_field){SLICE_LIT("Retry-After"), SLICE_LIT("2")};
    }
    if (r.status == 401) {
        r.extra[r.extra_count++] =
            (struct http_field){SLICE_LIT("WWW-Authenticate"), SLICE_LIT("Bearer")};
    }
    reply(op, &r);
    buf_release(&text);
}

void op_reply_problem(struct op *op, enum err err, const char *detail)
{
    const struct problem p = {.err = err, .detail = detail};
    op_reply_problem_full(op, &p);
}

void op_reply_fault(struct op *op, const char *pointer, const char *detail)
{
    const struct problem_error fault = {.pointer = pointer, .detail = detail};
    const struct problem p = {.err = ERR_INPUT,
                              .detail = "请求内容有误，请按下列提示改正。",
                              .errors = &fault,
                              .error_count = 1};
    op_reply_problem_full(op, &p);
}

void op_reply_store(struct op *op, enum err err)
{
    op->g->metrics.store_errors++;
    if (err == ERR_CORRUPT || err == ERR_INTERNAL) {
        log_event(LOG_ERROR, "store_answer_bad", "route=%s err=%s", op->route->pattern,
                  err_code(err));
    }
    op_reply_problem(op, err,
                     err_may_retry(err) ? "暂时无法存取数据，请稍后用同一个 Idempotency-Key 重试。"
                                        : "服务内部错误。");
}

void op_reply_key_reused(struct op *op)
{
    op_reply_problem(op, ERR_KEY_REUSED, "这个 Idempotency-Key 已用于另一份内容，请换一个新的。");
}

bool op_call(struct op *op, store_reply_fn *on_reply)
{
    enum err err = store_async_call(op->g->store, &op->g->fcall, on_reply, op);
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return false;
    }
    return true;
}

/* ---- Beginning ---- */

static bool keep(struct op *op, struct slice from, struct slice *to)
{
    const char *copy = arena_text(&op->arena, from);
    if (copy == NULL) {
        return false;
    }
    *to = slice_make(copy, from.len);
    return true;
}

/* Headers for those who sign their callbacks. */
static bool keep_fields(struct op *op, const struct http_request *r)
{
    op->fields = arena_alloc(&op->arena, (r->field_count + 1) * sizeof(*op->fields));
    if (op->fields == NULL) {
        return false;
    }
    for (size_t i = 0; i < r->field_count; i++) {
        if (!keep(op, r->fields[i].name, &op->fields[i].name) ||
            !keep(op, r->fields[i].value, &op->fields[i].value)) {
            return false;
        }
    }
    op->field_count = r->field_count;
    return true;
}

static bool keep_request(struct op *op, const struct http_request *r, const struct route_match *m)
{
    struct slice bearer = http_header(r, "authorization");
    if (bearer.len > 7 && strncasecmp(bearer.ptr, "Bearer ", 7) == 0) {
        bearer = slice_trim(slice_make(bearer.ptr + 7, bearer.len - 7));
    } else {
        bearer = slice_make(NULL, 0);
    }
    bool ok = keep(op, r->query, &op->query) && keep(op, r->body, &op->body) &&
              keep(op, bearer, &op->bearer) &&
              keep(op, http_header(r, "idempotency-key"), &op->key) &&
              keep(op, http_header(r, "if-match"), &op->if_match) &&
              keep(op, http_header(r, "if-none-match"), &op->if_none_match);
    for (size_t i = 0; i < m->param_count; i++) {
        ok = ok && keep(op, m->params[i], &op->params[i]);
    }
    op->remote = r->remote;
    op->method = r->method;
    if (ok && op->route->roles == 0) {
        ok = keep_fields(op, r);
    }
    return ok;
}

static bool key_well_formed(struct slice key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] <= 0x20 || key.ptr[i] >= 0x7F) {
            return false;
        }
    }
    return key.len >= 1 && key.len <= OP_KEY_MAX;
}

/* Keyed hash of who and which key; fingerprint of what. */
static enum err make_idem(struct op *op)
{
    char digest[SEAL_DIGEST_SIZE];
    struct buf text;
    buf_init(&text, 1u << 20);
    buf_putf(&text, "%s|%.*s", op->caller.actor, SLICE_FMT(op->key));
    enum err err = buf_err(&text);
    if (err == ERR_OK) {
        err = seal_hash(op->g->sealer, "idem", buf_slice(&text), op->idem_hash);
    }
    buf_clear(&text);
    buf_putf(&text, "%s|%.*s|%.*s|", op->route->pattern, SLICE_FMT(op->params[0]),
             SLICE_FMT(op->params[1]));
    buf_put_slice(&text, op->body);
    if (err == ERR_OK) {
        err = buf_err(&text);
    }
    if (err == ERR_OK) {
        err = seal_digest(op->g->sealer, buf_slice(&text), digest);
    }
    if (err == ERR_OK) {
        memcpy(op->fingerprint, digest, 32);
        op->fingerprint[32] = '\0';
    }
    buf_release(&text);
    return err;
}

bool op_parse_body(struct op *op)
{
    struct json_fault fault = {.reason = ""};
    char detail[200];
    enum err err = json_parse(op->body, &op->json, &fault);
    if (err == ERR_OK) {
        return true;
    }
    snprintf(detail, sizeof(detail), "请求体不是合格的 JSON：第 %d 行，第 %zu 字节处，%s。",
             fault.line, fault.offset, fault.reason);
    op_reply_problem(op, err, err == ERR_INPUT ? detail : "服务繁忙，请稍后再试。");
    return false;
}

static void after_auth(struct op *op)
{
    if (op->route->creates) {
        if (!key_well_formed(op->key)) {
            op_reply_problem(
                op, ERR_INPUT,
                "请求须带 Idempotency-Key（1 到 64 个可见 ASCII 字符），同一件事重试时用同一个。");
            return;
        }
        if (make_idem(op) != ERR_OK) {
            op_reply_problem(op, ERR_INTERNAL, "服务内部错误。");
            return;
        }
        if (!op_parse_body(op)) {
            return;
        }
    }
    op->route->handle(op);
}

void op_on_request(struct http_server *server, const struct http_request *r, void *data)
{
    struct gateway *g = data;
    struct route_match match;
    enum err err = router_match(g->router, r->method, r->path, &match);
    if (err != ERR_OK) {
        if (err == ERR_METHOD) {
            struct http_response refusal = {.status = 405, .content_type = HTTP_TYPE_PROBLEM};
            refusal.extra[refusal.extra_count++] =
                (struct http_field){SLICE_LIT("Allow"), slice_of(match.allow)};
            refusal.body = SLICE_LIT(
                "{\"type\":\"urn:jiuji:problem:method-not-allowed\",\"title\":\"the method is not "
                "allowed here\",\"status\":405,\"detail\":\"这里不支持该方法。\"}");
            http_reply(server, r->ticket, &refusal);
        } else {
            http_reply_problem(server, r->ticket, ERR_NOT_FOUND, 0, "没有这个接口。");
        }
        g->metrics.answers[4]++;
        return;
    }
    if (g->ops >= (size_t)g->settings->max_in_flight) {
        http_reply_problem(server, r->ticket, ERR_LIMIT, 503, "服务繁忙，请稍后再试。");
        g->metrics.answers[5]++;
        return;
    }
    struct op *op = calloc(1, sizeof(*op));
    if (op == NULL) {
        http_reply_problem(server, r->ticket, ERR_NO_MEMORY, 0, "服务繁忙，请稍后再试。");
        return;
    }
    op->g = g;
    op->ticket = r->ticket;
    op->route = &OP_ROUTES[match.id];
    op->began_us = clock_mono_us();
    arena_init(&op->arena, OP_ARENA_MAX + 3 * r->body.len); /* a roster is kept and made UTF-8 */
    g->ops++;
    if (!keep_request(op, r, &match)) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    if (op->route->roles == 0) {
        after_auth(op);
    } else {
        auth_check(op, after_auth);
    }
}

/* ---- Common checks ---- */

bool op_case_no(struct op *op, struct slice *no)
{
    struct case_no_parts parts;
    if (case_no_read(op->params[0], &parts) != ERR_OK ||
        strcmp(parts.region, op->g->settings->region) != 0) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个编号的求助，请核对编号。");
        return false;
    }
    *no = op->params[0];
    return true;
}

bool op_township(struct op *op, struct slice *code)
{
    struct township t;
    struct county c;
    struct slice wanted = op->params[0];
    /* an officer finishes what he has in hand also after his township left the list */
    bool own = op->caller.township[0] != '\0' && slice_is(wanted, op->caller.township);
    bool exists = own || slice_is(wanted, op->g->settings->region) ||
                  gazetteer_township(op->g->atlas.gazetteer, wanted, &t) ||
                  gazetteer_county(op->g->atlas.gazetteer, wanted, &c);
    bool may = own || op->caller.township[0] == '\0';
    if (!exists || !may) { /* the same answer: what is not yours does not exist for you */
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个乡镇（街道），或不在您的辖区。");
        return false;
    }
    *code = wanted;
    return true;
}

bool op_may_see(const struct op *op, struct slice township, struct slice inbox)
{
    bool may = op->caller.township[0] == '\0' || slice_is(township, op->caller.township);
    while (inbox.len > 0) { /* two near a border: "520102001,520102002" */
        struct slice one = slice_cut(&inbox, ',');
        may = may || slice_is(one, op->caller.township);
    }
    return may;
}

struct slice op_tail(struct op *op, struct slice reason, const char *policy)
{
    struct buf text;
    struct slice kept = slice_make(NULL, 0);
    buf_init(&text, 8192);
    const struct event_tail tail = {.at_ms = clock_now_ms(),
                                    .actor = op_actor(op),
                                    .reason = reason,
                                    .policy = slice_of(policy)};
    event_tail_write(&tail, &text);
    if (buf_err(&text) != ERR_OK || !keep(op, buf_slice(&text), &kept)) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        kept = slice_make(NULL, 0);
    }
    buf_release(&text);
    return kept;
}

struct slice op_actor(const struct op *op)
{
    return slice_of(op->caller.actor);
}

struct slice op_idem(const struct op *op)
{
    return slice_of(op->idem_hash);
}

struct slice op_fingerprint(const struct op *op)
{
    return slice_of(op->fingerprint);
}
