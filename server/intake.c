#include "server/intake.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/calls_people.h"
#include "server/call_hash.h"

#define HOUR_MS INT64_C(3600000)
_Static_assert(TICKET_MEMBERS_MAX < HOUSEHOLD_MEMBERS_MAX, "all members fit");

#define PENDING_MAX 1024 /* tickets waiting for the end of the loop's turn */

/* A ticket ready to be stored; texts in the op's arena. */
struct entry {
    struct op *op;
    struct ticket *ticket;
    struct intake_sealed sealed;
    struct slice tail;
};

struct batch {
    struct gateway *g;
    size_t count;
    struct entry *entries[STORE_BATCH_MAX];
};

struct intake {
    struct gateway *g;
    uv_check_t check; /* runs after the loop has read what there was to read */
    struct entry *pending[PENDING_MAX];
    size_t count;
};

/* ---- Answers ---- */

static void write_advice(const struct ticket *t, struct json_out *o)
{
    json_open_array(o, "advice");
    if (t->facts.danger_to_life) {
        json_put_text(o, NULL, "危及生命：请立即拨打 110、119 或 120，求助件同时办理。");
    }
    if (t->facts.child_alone) {
        json_put_text(o, NULL, "有儿童无人监护：请同时通知村（居）委会和民政儿童主任。");
    }
    json_close_array(o);
}

static void answer_stored(struct entry *e, const char *no, int64_t received_ms, bool replayed)
{
    char at[CLOCK_RFC3339_SIZE], location[64];
    struct buf text;
    struct json_out o;
    struct op *op = e->op;
    if (op->stored != NULL) {
        metrics_intake_took(&op->g->metrics, clock_mono_us() - op->began_us);
        op->stored(op, no);
        return;
    }
    buf_init(&text, 8192);
    json_out_init(&o, &text);
    clock_format_rfc3339(received_ms, at);
    json_open_object(&o, NULL);
    json_put_text(&o, "no", no);
    json_put_text(&o, "state", case_state_word(CASE_RECEIVED));
    json_put_text(&o, "state_zh", case_state_zh(CASE_RECEIVED));
    json_put_int(&o, "version", 1);
    json_put_text(&o, "received_at", at);
    json_open_array(&o, "missing");
    for (size_t i = 0; i < e->ticket->missing_count; i++) {
        json_put_text(&o, NULL, e->ticket->missing[i]);
    }
    json_close_array(&o);
    write_advice(e->ticket, &o);
    json_close_object(&o);
    snprintf(location, sizeof(location), "/v1/cases/%s", no);
    const struct http_field extra[] = {{SLICE_LIT("Location"), slice_of(location)},
                                       {SLICE_LIT("Idempotency-Replayed"), SLICE_LIT("true")}};
    metrics_intake_took(&op->g->metrics, clock_mono_us() - op->began_us);
    op_reply_json(op, 201, &text, extra, replayed ? 2 : 1);
    buf_release(&text);
}

static void answer(struct gateway *g, struct entry *e, const struct intake_result *r)
{
    switch (r->outcome) {
    case INTAKE_CREATED:
        g->metrics.tickets_created++;
        answer_stored(e, e->sealed.no, e->ticket->facts.received_ms, false);
        break;
    case INTAKE_REPLAYED:
        g->metrics.tickets_replayed++;
        answer_stored(e, r->no, r->received_ms, true);
        break;
    case INTAKE_KEY_REUSED:
        g->metrics.tickets_refused++;
        op_reply_problem(e->op, ERR_KEY_REUSED,
                         "这个 Idempotency-Key 已用于另一份内容，请换一个新的。");
        break;
    case INTAKE_NUMBER_TAKEN:
        log_event(LOG_ERROR, "case_number_taken",
                  "case=%s hint=\"two gateways share a node number, or data_dir was lost\"",
                  e->sealed.no);
        op_reply_problem(e->op, ERR_STORE_DOWN,
                         "暂时无法登记，请稍后用同一个 Idempotency-Key 重试。");
        break;
    }
}

static void on_stored(void *data, enum err err, const redisReply *reply)
{
    struct batch *b = data;
    struct intake_result results[STORE_BATCH_MAX];
    if (err == ERR_OK) {
        err = intake_read(reply, results, b->count);
    }
    for (size_t i = 0; i < b->count; i++) {
        if (err == ERR_OK) {
            answer(b->g, b->entries[i], &results[i]);
        } else { /* it may be stored or not: the same key finds out */
            op_reply_store(b->entries[i]->op, err);
        }
    }
    free(b);
}

/* ---- Sending what one turn of the loop has brought ---- */

static void send_batch(struct gateway *g, struct entry **entries, size_t count)
{
    struct batch *b = calloc(1, sizeof(*b));
    enum err err = b == NULL ? ERR_NO_MEMORY : ERR_OK;
    if (err == ERR_OK) {
        b->g = g;
        b->count = count;
        intake_begin(&g->fcall, g->settings->region);
        for (size_t i = 0; i < count; i++) {
            struct entry *e = entries[i];
            b->entries[i] = e;
            const struct intake_ticket t = {
                .no = slice_of(e->sealed.no),
                .idem_hash = op_idem(e->op),
                .fingerprint = op_fingerprint(e->op),
                .received_ms = e->ticket->facts.received_ms,
                .facts = e->sealed.facts,
                .sealed = e->sealed.sealed,
                .people = e->sealed.people,
                .person_hash = slice_of(e->sealed.person_hash),
                .wrapped_key =
                    slice_make((const char *)e->sealed.wrapped, sizeof(e->sealed.wrapped)),
                .job_score =
                    e->ticket->facts.received_ms - (e->ticket->facts.danger_to_life ? HOUR_MS : 0),
                .event_tail = e->tail,
            };
            intake_add(&g->fcall, &t);
        }
        err = store_async_call(g->store, &g->fcall, on_stored, b);
        g->metrics.intake_batches++;
    }
    if (err != ERR_OK) {
        free(b);
        for (size_t i = 0; i < count; i++) {
            op_reply_store(entries[i]->op, err);
        }
    }
}

static void on_check(uv_check_t *check)
{
    struct intake *in = check->data;
    for (size_t at = 0; at < in->count; at += STORE_BATCH_MAX) {
        size_t left = in->count - at;
        send_batch(in->g, in->pending + at, left < STORE_BATCH_MAX ? left : STORE_BATCH_MAX);
    }
    in->count = 0;
    uv_check_stop(check);
}

/* ---- Sealing ---- */

static struct slice kept(struct arena *arena, const struct buf *b)
{
    const char *copy = buf_err(b) == ERR_OK ? arena_text(arena, buf_slice(b)) : NULL;
    return slice_make(copy, copy == NULL ? 0 : b->len);
}

/* Who else is concerned, as keyed hashes: the household, the officer who stands back. */
static enum err write_people(struct gateway *g, struct arena *arena, const struct ticket *t,
                             struct slice household, struct intake_sealed *out)
{
    char hashes[TICKET_MEMBERS_MAX][SEAL_HASH_SIZE], key[SEAL_HASH_SIZE] = "", actor[300] = "";
    char call[SEAL_HASH_SIZE] = "";
    struct slice members[TICKET_MEMBERS_MAX];
    struct buf text;
    enum err err = ERR_OK;
    if (t->member_count == 0 && household.len == 0 && t->person.relative_of.len == 0 &&
        t->call_id.len == 0 && !t->open311) {
        return ERR_OK;
    }
    for (size_t i = 0; i < t->member_count && err == ERR_OK; i++) {
        err = seal_hash(g->sealer, "id_number", t->members[i], hashes[i]);
        members[i] = slice_of(hashes[i]);
    }
    if (err == ERR_OK && household.len > 0) {
        err = seal_hash(g->sealer, "household", household, key);
    }
    if (err == ERR_OK && t->call_id.len > 0) {
        err = call_hash(g->sealer, t->call_source, t->call_id, call);
    }
    if (err != ERR_OK) {
        return err;
    }
    if (t->person.relative_of.len > 0) {
        snprintf(actor, sizeof(actor), "officer:%.*s", SLICE_FMT(t->person.relative_of));
    }
    buf_init(&text, 4096);
    people_text_write(slice_of(key), members, t->member_count, slice_of(actor), &text);
    if (call[0] != '\0' || t->open311) {
        /* behind the people: the call that needs no call back, "o" = for Open311's list */
        buf_putf(&text, "%s|%s%s", text.len == 0 ? "||" : "", call, t->open311 ? "|o" : "");
    }
    out->people = kept(arena, &text);
    err = buf_err(&text) == ERR_OK && out->people.ptr == NULL ? ERR_NO_MEMORY : buf_err(&text);
    buf_release(&text);
    return err;
}

enum err intake_seal(struct gateway *g, struct arena *arena, const struct ticket *t,
                     struct slice household, struct intake_sealed *out)
{
    unsigned char key[SEAL_KEY_BYTES];
    struct buf plain, sealed;
    struct json_out o;
    struct slice no = slice_of(out->no);
    buf_init(&plain, SEAL_TEXT_MAX);
    buf_init(&sealed, SEAL_TEXT_MAX + SEAL_OVERHEAD);
    enum err err = personal_hash(g->sealer, &t->person, no, out->person_hash);
    if (err == ERR_OK) {
        err = seal_make_key(g->sealer, no, key, out->wrapped);
    }
    if (err == ERR_OK) {
        personal_write(&t->person, &plain);
        err = buf_err(&plain);
    }
    if (err == ERR_OK) {
        err = seal_text(g->sealer, key, no, buf_slice(&plain), &sealed);
    }
    if (err == ERR_OK) {
        out->sealed = kept(arena, &sealed);
        OPENSSL_cleanse(plain.ptr, plain.cap);
        buf_clear(&plain);
        json_out_init(&o, &plain);
        facts_write(&t->facts, &o, NULL);
        out->facts = kept(arena, &plain);
        err = out->sealed.ptr == NULL || out->facts.ptr == NULL ? ERR_NO_MEMORY : ERR_OK;
    }
    if (err == ERR_OK) {
        err = write_people(g, arena, t, household, out);
    }
    OPENSSL_cleanse(key, sizeof(key));
    buf_release(&plain);
    buf_release(&sealed);
    return err;
}

static void refuse_ticket(struct op *op, const struct ticket *t)
{
    op->g->metrics.tickets_refused++;
    const struct problem p = {.err = ERR_INPUT,
                              .detail = "求助内容有误，请按下列提示改正；改正前没有登记。",
                              .errors = t->faults,
                              .error_count = t->fault_count};
    op_reply_problem_full(op, &p);
}

void intake_handle(struct op *op)
{
    struct gateway *g = op->g;
    struct intake *in = g->intake;
    struct entry *e = arena_alloc(&op->arena, sizeof(*e));
    struct ticket *t = arena_alloc(&op->arena, sizeof(*t));
    int64_t now_ms = clock_now_ms();
    if (store_async_state(g->store) != ERR_OK) {
        op_reply_store(op, store_async_state(g->store));
        return;
    }
    if (e == NULL || t == NULL || in->count == PENDING_MAX) {
        op_reply_problem(op, ERR_LIMIT, "服务繁忙，请稍后再试。");
        return;
    }
    enum err err = ticket_read(op->json, now_ms, &op->arena, t);
    if (err == ERR_INPUT) {
        refuse_ticket(op, t);
        return;
    }
    t->open311 = op->stored != NULL;
    e->op = op;
    e->ticket = t;
    if (err == ERR_OK) {
        err = case_sequence_next(&g->sequence, now_ms, e->sealed.no);
    }
    if (err == ERR_OK) {
        err = intake_seal(g, &op->arena, t, slice_make(NULL, 0), &e->sealed);
    }
    if (err != ERR_OK) {
        log_event(LOG_ERROR, "intake_failed", "err=%s", err_code(err));
        op_reply_problem(op, err == ERR_LIMIT ? ERR_STORE_FULL : err,
                         "暂时无法登记，请稍后用同一个 Idempotency-Key 重试。");
        return;
    }
    e->tail = op_tail(op, slice_of(channel_zh(t->facts.channel)), "");
    if (e->tail.ptr == NULL) {
        return;
    }
    in->pending[in->count++] = e;
    if (in->count == 1) {
        uv_check_start(&in->check, on_check);
    }
}

enum err intake_new(struct gateway *g, struct intake **out)
{
    struct intake *in = calloc(1, sizeof(*in));
    if (in == NULL) {
        return ERR_NO_MEMORY;
    }
    in->g = g;
    int rc = uv_check_init(g->loop, &in->check);
    ASSERT(rc == 0);
    in->check.data = in;
    *out = in;
    return ERR_OK;
}

void intake_close(struct intake *in)
{
    uv_close((uv_handle_t *)&in->check, NULL);
}

void intake_free(struct intake *in)
{
    free(in);
}
