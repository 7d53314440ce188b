/* POST /v1/calls/events: what the switchboard tells of its calls. GET /v1/calls/{source}/{id}: one
 * of them. GET /v1/reports/hotline: how many people were answered, and how fast (接通率, 15
 * 秒接听率). */
#include <openssl/crypto.h>
#include <stdio.h>
#include "integrations/calls/calls.h"
#include "queue/base/clock.h"
#include "queue/domain/phone.h"
#include "queue/store/calls_hotline.h"
#include "server/api.h"
#include "server/call_hash.h"
#include "server/http/query.h"
#include "server/intake.h"

#define AHEAD_MAX_MS INT64_C(86400000) /* a switchboard's clock may go wrong, but not by days */

enum err call_hash(struct sealer *s, struct slice source, struct slice call_id,
                   char out[SEAL_HASH_SIZE])
{
    struct buf text;
    buf_init(&text, CALLS_SOURCE_MAX + CALLS_ID_MAX + 2);
    buf_putf(&text, "%.*s|%.*s", SLICE_FMT(source), SLICE_FMT(call_id));
    enum err err = buf_err(&text);
    if (err == ERR_OK) {
        err = seal_hash(s, "call", buf_slice(&text), out);
    }
    buf_release(&text);
    return err;
}

/* ---- POST /v1/calls/events ---- */

struct taking {
    struct calls_batch batch;
};

static void on_taken(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    const struct taking *st = op->state;
    enum hotline_taken taken[STORE_BATCH_MAX];
    int64_t counts[3] = {0, 0, 0};
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = hotline_take_read(reply, taken, st->batch.count);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    for (size_t i = 0; i < st->batch.count; i++) {
        counts[taken[i]]++;
    }
    buf_init(&text, 256);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_int(&o, "taken", counts[HOTLINE_NEW]);
    json_put_int(&o, "seen", counts[HOTLINE_SEEN]);
    json_put_int(&o, "ignored", (int64_t)st->batch.ignored + counts[HOTLINE_FULL]);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

static struct slice kept_hash(struct op *op, const char *hash)
{
    const char *copy = arena_text(&op->arena, slice_of(hash));
    return slice_make(copy, copy == NULL ? 0 : SEAL_HASH_SIZE - 1);
}

static enum err write_tail(struct op *op, struct hotline_event *e)
{
    struct buf text;
    const struct event_tail tail = {.at_ms = clock_now_ms(),
                                    .actor = op_actor(op),
                                    .reason = SLICE_LIT("热线来电没有接通或中途断线，须回拨")};
    buf_init(&text, 4096);
    event_tail_write(&tail, &text);
    enum err err = buf_err(&text);
    const char *copy = err == ERR_OK ? arena_text(&op->arena, buf_slice(&text)) : NULL;
    e->event_tail = slice_make(copy, copy == NULL ? 0 : text.len);
    buf_release(&text);
    return err == ERR_OK && copy == NULL ? ERR_NO_MEMORY : err;
}

/* The case that a call back would be. Nothing is filled when the number is withheld, or nobody's
 * that could be called: a service number. */
static enum err fill_callback(struct op *op, const struct call_event *c, struct hotline_event *e)
{
    struct phone phone;
    char hash[SEAL_HASH_SIZE];
    struct intake_sealed *sealed = arena_alloc(&op->arena, sizeof(*sealed));
    struct ticket *t = arena_alloc(&op->arena, sizeof(*t));
    if (c->caller.len == 0 || phone_parse(c->caller, &phone) != ERR_OK ||
        phone.kind == PHONE_SERVICE) {
        return ERR_OK;
    }
    if (sealed == NULL || t == NULL) {
        return ERR_NO_MEMORY;
    }
    const char *number = arena_text(&op->arena, slice_of(phone.text));
    t->person.phone = slice_of(number);
    t->facts = (struct case_facts){
        .received_ms = e->at_ms, .channel = CHANNEL_CALL, .cause = CAUSE_OTHER, .persons = 1};
    enum err err =
        number == NULL ? ERR_NO_MEMORY : seal_hash(op->g->sealer, "phone", t->person.phone, hash);
    if (err == ERR_OK) {
        err = case_sequence_next(&op->g->sequence, clock_now_ms(), sealed->no);
    }
    if (err == ERR_OK) {
        err = intake_seal(op->g, &op->arena, t, slice_make(NULL, 0), sealed);
    }
    if (err != ERR_OK) {
        return err;
    }
    e->phone_hash = kept_hash(op, hash);
    e->no = slice_of(sealed->no);
    e->facts = sealed->facts;
    e->sealed = sealed->sealed;
    e->person_hash = slice_of(sealed->person_hash);
    e->wrapped_key = slice_make((const char *)sealed->wrapped, sizeof(sealed->wrapped));
    return write_tail(op, e);
}

/* Where the recording is may tell a number: it is sealed under a key of its own. */
static enum err fill_recording(struct op *op, const struct call_event *c, struct hotline_event *e)
{
    unsigned char key[SEAL_KEY_BYTES];
    unsigned char *wrapped = arena_alloc(&op->arena, SEAL_WRAPPED_BYTES);
    struct buf sealed;
    if (c->recording_ref.len == 0) {
        return ERR_OK;
    }
    buf_init(&sealed, CALLS_REF_MAX + SEAL_OVERHEAD);
    enum err err =
        wrapped == NULL ? ERR_NO_MEMORY : seal_make_key(op->g->sealer, e->call_hash, key, wrapped);
    if (err == ERR_OK) {
        err = seal_text(op->g->sealer, key, e->call_hash, c->recording_ref, &sealed);
    }
    if (err == ERR_OK) {
        const char *kept = arena_text(&op->arena, buf_slice(&sealed));
        err = kept == NULL ? ERR_NO_MEMORY : ERR_OK;
        e->recording = slice_make(kept, sealed.len);
        e->recording_key = slice_make((const char *)wrapped, SEAL_WRAPPED_BYTES);
    }
    OPENSSL_cleanse(key, sizeof(key));
    buf_release(&sealed);
    return err;
}

/* Queue and agent are a switchboard's words; what is no plain name is left away. */
static struct slice plain(struct slice word)
{
    return calls_source_ok(word) ? word : slice_make("", 0);
}

static enum err add_event(struct op *op, const struct call_event *c, int64_t now_ms)
{
    static const char *const ENDS[] = {"", "caller", "agent", "transfer", "dropped"};
    char hash[SEAL_HASH_SIZE];
    struct hotline_event e = {
        .kind = call_kind_word(c->kind),
        .at_ms = c->at_ms > 0 ? c->at_ms : now_ms,
        .at_said = c->at_ms > 0,
        .hold_s = c->hold_s,
        .talk_s = c->talk_s,
        .ended_by = ENDS[c->end],
        .queue = plain(c->queue),
        .agent = plain(c->agent),
        .ticket_wait_ms = op->g->settings->call_ticket_ms,
    };
    enum err err = call_hash(op->g->sealer, c->source, c->call_id, hash);
    if (err == ERR_OK) {
        e.call_hash = kept_hash(op, hash);
        err = e.call_hash.ptr == NULL ? ERR_NO_MEMORY : ERR_OK;
    }
    if (err == ERR_OK &&
        (c->kind == CALL_OFFERED || c->kind == CALL_ABANDONED || c->kind == CALL_ENDED)) {
        err = fill_callback(op, c, &e);
    }
    if (err == ERR_OK && c->kind == CALL_RECORDED) {
        err = fill_recording(op, c, &e);
    }
    if (err == ERR_OK) {
        hotline_take_add(&op->g->fcall, &e);
    }
    return err;
}

static bool times_ok(struct op *op, const struct calls_batch *b, int64_t now_ms)
{
    for (size_t i = 0; i < b->count; i++) {
        int64_t at = b->events[i].at_ms;
        if (at != 0 && (at > now_ms + AHEAD_MAX_MS || at < now_ms - HOTLINE_EVENT_AGE_MAX_MS)) {
            op_reply_problem(op, ERR_INPUT,
                             "通话事件的时间与当前时间相差过大（早于 30 天前或晚于 1 天后）。");
            return false;
        }
    }
    return true;
}

void calls_events(struct op *op)
{
    struct taking *st = arena_alloc(&op->arena, sizeof(*st));
    struct slice source = slice_make("", 0);
    const char *why = "";
    char name[CALLS_SOURCE_MAX + 1];
    int64_t now_ms = clock_now_ms();
    if (st == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    if (query_get(op->query, "source", name, sizeof(name), &source) != ERR_OK) {
        source = slice_make("", 0);
    }
    op->state = st;
    enum err err = calls_read(op->body, source, &op->arena, &st->batch, &why);
    if (err != ERR_OK) {
        op_reply_problem(op, err, err == ERR_TOO_LARGE ? "一次最多 64 个通话事件。" : why);
        return;
    }
    if (!times_ok(op, &st->batch, now_ms)) {
        return;
    }
    if (st->batch.count == 0) {
        struct buf text;
        buf_init(&text, 128);
        buf_putf(&text, "{\"taken\":0,\"seen\":0,\"ignored\":%zu}", st->batch.ignored);
        op_reply_written(op, 200, &text);
        return;
    }
    hotline_take_begin(&op->g->fcall, op->g->settings->region);
    for (size_t i = 0; i < st->batch.count && err == ERR_OK; i++) {
        err = add_event(op, &st->batch.events[i], now_ms);
    }
    if (err != ERR_OK) {
        op_reply_problem(op, err == ERR_LIMIT ? ERR_STORE_FULL : err, "暂时无法登记，请稍后重发。");
        return;
    }
    op_call(op, on_taken);
}
