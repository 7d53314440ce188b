/* Subscriptions of other systems to our events (webhooks): POST and GET /v1/hooks, DELETE
 * /v1/hooks/{id}, GET /v1/hooks/{id}/dead, POST /v1/hooks/{id}/replay?from=. The secret is shown
 * once, when it is made. */
#include <openssl/crypto.h>
#include <stdio.h>
#include "integrations/sign/base64.h"
#include "integrations/sign/standard_webhook.h"
#include "integrations/webhook/webhook.h"
#include "queue/base/clock.h"
#include "queue/store/calls_hook.h"
#include "server/api.h"
#include "server/http/query.h"

struct adding {
    char id[HOOK_ID_HEX + 1], secret[WEBHOOK_SECRET_SIZE], types[WEBHOOK_TYPES_MAX + 2];
    struct slice url;
};

static void put_types(struct json_out *o, struct slice types)
{
    json_open_array(o, "types");
    while (types.len > 0) {
        struct slice one = slice_cut(&types, ',');
        if (one.len > 0) {
            json_put_slice(o, NULL, one);
        }
    }
    json_close_array(o);
}

/* ---- POST /v1/hooks ---- */

static void answer_added(struct op *op, const struct adding *st, bool replayed)
{
    char location[64];
    struct buf text;
    struct json_out o;
    buf_init(&text, 4096);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_text(&o, "id", st->id);
    json_put_slice(&o, "url", st->url);
    put_types(&o, slice_of(st->types));
    if (!replayed) {
        json_put_text(&o, "secret", st->secret);
    }
    json_close_object(&o);
    snprintf(location, sizeof(location), "/v1/hooks/%s", st->id);
    const struct http_field extra[] = {{SLICE_LIT("Location"), slice_of(location)},
                                       {SLICE_LIT("Idempotency-Replayed"), SLICE_LIT("true")}};
    op_reply_json(op, 201, &text, extra, replayed ? 2 : 1);
    if (text.ptr != NULL) {
        OPENSSL_cleanse(text.ptr, text.cap);
    }
    buf_release(&text);
}

static void on_added(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct adding *st = op->state;
    enum hook_added added = HOOK_ADDED;
    if (err == ERR_OK) {
        err = hooks_add_read(reply, &added);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
    } else if (added == HOOK_KEY_REUSED) {
        op_reply_problem(op, ERR_KEY_REUSED,
                         "这个 Idempotency-Key 已用于另一份内容，请换一个新的。");
    } else if (added == HOOK_FULL) {
        op_reply_problem(op, ERR_LIMIT, "订阅已达上限（16 个），请先删去不用的。");
    } else {
        answer_added(op, st, added == HOOK_REPLAYED);
    }
    OPENSSL_cleanse(st->secret, sizeof(st->secret));
}

/* ",case.*,payment.paid," */
static bool read_types(struct op *op, struct adding *st)
{
    const struct json *list = json_get(op->json, "types");
    struct buf text;
    bool ok = json_kind(list) == JSON_ARRAY && json_size(list) >= 1;
    buf_init(&text, WEBHOOK_TYPES_MAX);
    buf_put_char(&text, ',');
    for (const struct json *v = json_first(list); v != NULL && ok; v = json_next(v)) {
        struct slice type;
        ok = json_string(v, &type) == ERR_OK && webhook_type_ok(type);
        if (ok) {
            buf_put_slice(&text, type);
            buf_put_char(&text, ',');
        }
    }
    ok = ok && buf_err(&text) == ERR_OK &&
         slice_copy(buf_slice(&text), st->types, sizeof(st->types)) == ERR_OK;
    buf_release(&text);
    if (!ok) {
        op_reply_fault(op, "/types",
                       "事件类型须为 *、case.*、payment.*、fund.* 或如 case.accept。");
    }
    return ok;
}

/* The one that was given, or a fresh one. */
static bool read_secret(struct op *op, struct adding *st)
{
    unsigned char bytes[WEBHOOK_SECRET_BYTES];
    struct slice given;
    struct buf text;
    bool ok = true;
    buf_init(&text, 256);
    if (json_get(op->json, "secret") != NULL) {
        ok = json_string(json_get(op->json, "secret"), &given) == ERR_OK &&
             webhook_sign(given, SLICE_LIT("a"), 1, SLICE_LIT("b"), &text) == ERR_OK &&
             slice_copy(given, st->secret, sizeof(st->secret)) == ERR_OK;
        if (!ok) {
            op_reply_fault(op, "/secret",
                           "密钥须为 whsec_ 加 24 到 64 字节的 Base64；可不填，由系统生成。");
        }
    } else {
        ok = seal_random(bytes, sizeof(bytes)) == ERR_OK;
        buf_put_text(&text, "whsec_");
        base64_encode(bytes, sizeof(bytes), &text);
        ok = ok && buf_err(&text) == ERR_OK &&
             slice_copy(buf_slice(&text), st->secret, sizeof(st->secret)) == ERR_OK;
        OPENSSL_cleanse(bytes, sizeof(bytes));
        if (text.ptr != NULL) {
            OPENSSL_cleanse(text.ptr, text.cap);
        }
        if (!ok) {
            op_reply_problem(op, ERR_INTERNAL, "服务内部错误。");
        }
    }
    buf_release(&text);
    return ok;
}

static bool read_adding(struct op *op, struct adding *st)
{
    static const char *const NAMES[] = {"url", "types", "secret"};
    for (const struct json *m = json_first(op->json); m != NULL; m = json_next(m)) {
        size_t i = 0;
        while (i < COUNT_OF(NAMES) && strcmp(json_name(m), NAMES[i]) != 0) {
            i++;
        }
        if (i == COUNT_OF(NAMES)) {
            op_reply_fault(op, "", "只认识 url、types、secret 三个字段。");
            return false;
        }
    }
    if (json_string(json_get(op->json, "url"), &st->url) != ERR_OK || !webhook_url_ok(st->url)) {
        op_reply_fault(op, "/url",
                       "地址须以 https:// 开头（本机 127.0.0.1 可用 http），最长 200 字节。");
        return false;
    }
    return read_types(op, st) && read_secret(op, st);
}

static enum err seal_secret(struct op *op, struct adding *st, struct buf *sealed,
                            unsigned char wrapped[SEAL_WRAPPED_BYTES])
{
    char bound[8 + HOOK_ID_HEX];
    unsigned char key[SEAL_KEY_BYTES];
    snprintf(bound, sizeof(bound), "hook:%s", st->id);
    enum err err = seal_make_key(op->g->sealer, slice_of(bound), key, wrapped);
    if (err == ERR_OK) {
        err = seal_text(op->g->sealer, key, slice_of(bound), slice_of(st->secret), sealed);
    }
    OPENSSL_cleanse(key, sizeof(key));
    return err;
}

void hooks_add(struct op *op)
{
    struct adding *st = arena_alloc(&op->arena, sizeof(*st));
    unsigned char wrapped[SEAL_WRAPPED_BYTES];
    struct buf sealed;
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    op->state = st;
    if (!read_adding(op, st)) {
        return;
    }
    memcpy(st->id, op->idem_hash, HOOK_ID_HEX); /* the same key, the same subscription */
    buf_init(&sealed, WEBHOOK_SECRET_SIZE + SEAL_OVERHEAD);
    enum err err = seal_secret(op, st, &sealed, wrapped);
    if (err != ERR_OK) {
        op_reply_problem(op, err, "暂时无法登记，请稍后再试。");
        buf_release(&sealed);
        return;
    }
    struct slice tail = op_tail(op, SLICE_LIT("登记事件推送地址"), "");
    if (tail.ptr != NULL) {
        const struct hook_new h = {.id = slice_of(st->id),
                                   .fingerprint = op_fingerprint(op),
                                   .url = st->url,
                                   .types = slice_of(st->types),
                                   .wrapped_key =
                                       slice_make((const char *)wrapped, sizeof(wrapped)),
                                   .sealed = buf_slice(&sealed),
                                   .actor = op_actor(op),
                                   .event_tail = tail};
        hooks_add_write(&op->g->fcall, op->g->settings->region, &h);
        op_call(op, on_added);
    }
    buf_release(&sealed);
}

/* ---- GET /v1/hooks ---- */

static void on_list(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct hook_row rows[HOOKS_MAX];
    size_t n = 0;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = hooks_list_read(reply, rows, &n);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 65536);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_open_array(&o, "hooks");
    for (size_t i = 0; i < n; i++) {
        json_open_object(&o, NULL);
        json_put_slice(&o, "id", rows[i].id);
        json_put_slice(&o, "state", rows[i].state);
        json_put_slice(&o, "url", rows[i].url);
        put_types(&o, rows[i].types);
        json_put_slice(&o, "added_by", rows[i].by);
        json_put_time(&o, "added_at", rows[i].at_ms);
        json_put_time(&o, "last_success_at", rows[i].ok_ms);
        json_put_time(&o, "failing_since", rows[i].failing_since_ms);
        json_put_slice(&o, "last_failure", rows[i].why);
        json_put_int(&o, "waiting", rows[i].waiting);
        json_put_int(&o, "dead", rows[i].dead);
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void hooks_list(struct op *op)
{
    hooks_list_write(&op->g->fcall, op->g->settings->region);
    op_call(op, on_list);
}

/* ---- One of them ---- */

/* The id in the path; answers the op itself when it cannot be one. */
static bool hook_id(struct op *op, struct slice *id)
{
    *id = op->params[0];
    for (size_t i = 0; i < id->len; i++) {
        char c = id->ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            id->len = 0;
        }
    }
    if (id->len != HOOK_ID_HEX) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个订阅。");
        return false;
    }
    return true;
}

static void on_removed(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    if (err == ERR_OK) {
        err = hooks_remove_read(reply);
    }
    if (err == ERR_NOT_FOUND) {
        op_reply_problem(op, err, "没有这个订阅。");
    } else if (err != ERR_OK) {
        op_reply_store(op, err);
    } else {
        op_reply_empty(op, 204, NULL, 0);
    }
}

void hooks_remove(struct op *op)
{
    struct slice id;
    if (!hook_id(op, &id)) {
        return;
    }
    struct slice tail = op_tail(op, SLICE_LIT("删除事件推送地址"), "");
    if (tail.ptr != NULL) {
        hooks_remove_write(&op->g->fcall, op->g->settings->region, id, tail);
        op_call(op, on_removed);
    }
}

static void on_dead(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    static struct hook_dead_row rows[HOOK_DEAD_MAX]; /* one thread, used at once */
    size_t n = 0;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = hooks_dead_read(reply, rows, &n);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 1u << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_open_array(&o, "dead");
    for (size_t i = 0; i < n; i++) {
        const struct webhook_event e = {.region = slice_of(op->g->settings->region),
                                        .member = rows[i].member};
        struct buf id;
        buf_init(&id, 128);
        webhook_id(&e, &id);
        json_open_object(&o, NULL);
        json_put_slice(&o, "webhook_id", buf_slice(&id));
        json_put_time(&o, "given_up_at", rows[i].at_ms);
        json_put_slice(&o, "why", rows[i].why);
        json_close_object(&o);
        buf_release(&id);
    }
    json_close_array(&o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

void hooks_dead(struct op *op)
{
    struct slice id;
    if (hook_id(op, &id)) {
        hooks_dead_write(&op->g->fcall, op->g->settings->region, id, HOOK_DEAD_MAX);
        op_call(op, on_dead);
    }
}

static void on_replay(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    int64_t again = 0;
    struct buf text;
    if (err == ERR_OK) {
        err = hooks_replay_read(reply, &again);
    }
    if (err == ERR_NOT_FOUND) {
        op_reply_problem(op, err, "没有这个订阅。");
        return;
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 128);
    buf_putf(&text, "{\"given_up_sent_again\":%lld}", (long long)again);
    op_reply_written(op, 200, &text);
}

void hooks_replay(struct op *op)
{
    static const char *const NAMES[] = {"from"};
    char from[64];
    struct slice id, value;
    int64_t from_ms = 0;
    if (!hook_id(op, &id)) {
        return;
    }
    enum err err = query_only(op->query, NAMES, COUNT_OF(NAMES));
    if (err == ERR_OK) {
        err = query_get(op->query, "from", from, sizeof(from), &value);
    }
    if (err == ERR_OK) {
        err = clock_parse_rfc3339(value, &from_ms);
    }
    if ((err != ERR_OK && err != ERR_NOT_FOUND) || from_ms > clock_now_ms() || from_ms < 0) {
        op_reply_problem(op, ERR_INPUT, "from 须为过去的、带时区的 RFC 3339 时间（+ 写作 %2B）。");
        return;
    }
    struct slice tail = op_tail(op, SLICE_LIT("重新推送事件"), "");
    if (tail.ptr != NULL) {
        hooks_replay_write(&op->g->fcall, op->g->settings->region, id, from_ms, tail);
        op_call(op, on_replay);
    }
}
