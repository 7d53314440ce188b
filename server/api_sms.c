/* What SMS operators deliver: messages and receipts, stored before the operator hears that they
 * are. */
#include <openssl/crypto.h>
#include <stdio.h>
#include "integrations/sms/sms_incoming.h"
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/base/utf8.h"
#include "queue/domain/phone.h"
#include "queue/store/calls_sms.h"
#include "server/api.h"

#define SHORT_POINTS 6 /* characters: "1", "收到了" */
#define BATCHES_MAX (SMS_INCOMING_MAX / STORE_BATCH_MAX)

/* ---- GET, POST /v1/sms/{provider}/{tail*} ---- */

/* A callback goes to the store in batches; the operator hears "stored" when all of them are. */
struct callback {
    const struct sms_provider *provider;
    struct sms_answer answer;
    struct sms_incoming *items;
    size_t count;
    size_t sizes[BATCHES_MAX + 1];
    size_t sent, answered;
};

static void answer_with(struct op *op, const struct sms_reply *r)
{
    struct buf text;
    buf_init(&text, 4096);
    buf_put_text(&text, r->body);
    op_reply_text(op, r->status, r->content_type, &text);
    buf_release(&text);
}

static void finish(struct op *op, const struct callback *st)
{
    if (op->err != ERR_OK) {
        op->g->metrics.store_errors++;
        log_event(LOG_WARN, "sms_not_stored", "provider=%s err=%s", st->provider->name,
                  err_code(op->err));
    }
    answer_with(op, op->err == ERR_OK ? &st->answer.stored : &st->answer.again);
}

static void count(struct gateway *g, enum sms_taken taken)
{
    switch (taken) {
    case SMS_TAKEN_NEW: g->metrics.sms_received++; break;
    case SMS_TAKEN_SEEN: g->metrics.sms_by_operator++; break;
    case SMS_TAKEN_SAME: g->metrics.sms_by_sender++; break;
    case SMS_TAKEN_PARKED:
        g->metrics.sms_parked++;
        g->metrics.sms_receipts++;
        break;
    case SMS_TAKEN_OK: g->metrics.sms_receipts++; break;
    }
}

static void on_taken(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct callback *st = op->state;
    enum sms_taken taken[STORE_BATCH_MAX];
    size_t n = st->sizes[st->answered++]; /* answers come in the order of sending */
    if (err == ERR_OK) {
        err = sms_take_read(reply, taken, n);
    }
    if (err != ERR_OK) {
        op->err = err;
    }
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        count(op->g, taken[i]);
    }
    if (st->answered == st->sent) {
        finish(op, st);
    }
}

/* Sender and text, sealed under a key bound to `no`. In the arena. */
static enum err seal_message(struct op *op, const struct sms_incoming *m, struct slice no,
                             struct sms_arrived *out)
{
    unsigned char key[SEAL_KEY_BYTES];
    unsigned char *wrapped = arena_alloc(&op->arena, SEAL_WRAPPED_BYTES);
    const struct personal person = {.phone = m->from, .narrative = m->text};
    struct buf plain, sealed;
    buf_init(&plain, SEAL_TEXT_MAX);
    buf_init(&sealed, SEAL_TEXT_MAX + SEAL_OVERHEAD);
    enum err err = wrapped == NULL ? ERR_NO_MEMORY : seal_make_key(op->g->sealer, no, key, wrapped);
    if (err == ERR_OK) {
        personal_write(&person, &plain);
        err = buf_err(&plain);
    }
    if (err == ERR_OK) {
        err = seal_text(op->g->sealer, key, no, buf_slice(&plain), &sealed);
    }
    if (err == ERR_OK) {
        const char *kept = arena_text(&op->arena, buf_slice(&sealed));
        err = kept == NULL ? ERR_NO_MEMORY : ERR_OK;
        out->sealed = slice_make(kept, sealed.len);
        out->wrapped_key = slice_make((const char *)wrapped, SEAL_WRAPPED_BYTES);
    }
    if (plain.ptr != NULL) {
        OPENSSL_cleanse(plain.ptr, plain.cap);
    }
    OPENSSL_cleanse(key, sizeof(key));
    buf_release(&plain);
    buf_release(&sealed);
    return err;
}

/* Keyed hash of some texts of a message, in the arena. */
static enum err hash_of(struct op *op, const char *kind, const struct buf *text, struct slice *out)
{
    char *hash = arena_alloc(&op->arena, SEAL_HASH_SIZE);
    enum err err = hash == NULL ? ERR_NO_MEMORY : buf_err(text);
    if (err == ERR_OK) {
        err = seal_hash(op->g->sealer, kind, buf_slice(text), hash);
    }
    if (err == ERR_OK) {
        *out = slice_make(hash, SEAL_HASH_SIZE - 1);
    }
    return err;
}

/* A short text: its words alone do not tell two answers apart. */
static enum err mark_short(struct op *op, struct slice *hash)
{
    char text[SEAL_HASH_SIZE + 1];
    snprintf(text, sizeof(text), "s%.*s", SLICE_FMT(*hash));
    const char *kept = arena_text(&op->arena, slice_of(text));
    *hash = slice_of(kept);
    return kept == NULL ? ERR_NO_MEMORY : ERR_OK;
}

static enum err add_message(struct op *op, const struct sms_incoming *m, int64_t now_ms)
{
    char *no = arena_alloc(&op->arena, CASE_NO_SIZE);
    struct buf text;
    struct sms_arrived a = {
        .key = slice_of(m->key),
        .provider = slice_of(((const struct callback *)op->state)->provider->name),
        .received_ms = now_ms,
        .time_ms = m->time_ms > 0 ? m->time_ms : 0,
        .unreadable = m->kind == SMS_UNREADABLE,
        .part = m->part,
        .parts = m->parts,
        .job_score = now_ms,
    };
    if (no == NULL) {
        return ERR_NO_MEMORY;
    }
    enum err err = case_sequence_next(&op->g->sequence, now_ms, no);
    if (err != ERR_OK) {
        return err;
    }
    a.no = slice_of(no);
    buf_init(&text, 2 * SMS_INCOMING_BYTES_MAX);
    buf_put_slice(&text, m->from);
    err = hash_of(op, "phone", &text, &a.from_hash);
    buf_put_char(&text, '|');
    buf_put_slice(&text, slice_trim(m->text));
    if (err == ERR_OK) {
        err = hash_of(op, "sms-same", &text, &a.same_hash);
    }
    if (err == ERR_OK && utf8_count(slice_trim(m->text)) <= SHORT_POINTS) {
        err = mark_short(op, &a.same_hash);
    }
    if (err == ERR_OK && m->parts > 1) {
        buf_clear(&text);
        buf_putf(&text, "%.*s|%.*s|%d|%d", SLICE_FMT(m->from), SLICE_FMT(m->to), m->part_ref,
                 m->parts);
        err = hash_of(op, "sms-part", &text, &a.part_hash);
    }
    buf_release(&text);
    if (err == ERR_OK) {
        err = seal_message(op, m, a.no, &a);
    }
    if (err == ERR_OK) {
        sms_take_message(&op->g->fcall, &a);
    }
    return err;
}

static void add_receipt(struct op *op, const struct sms_incoming *m)
{
    static const char *const STATES[SMS_REPORT_COUNT] = {
        [SMS_REPORT_UNKNOWN] = "unknown",     [SMS_REPORT_BUFFERED] = "buffered",
        [SMS_REPORT_DELIVERED] = "delivered", [SMS_REPORT_FAILED] = "failed",
        [SMS_REPORT_STOPPED] = "stopped",
    };
    const struct callback *st = op->state;
    const struct sms_receipt r = {
        .key = slice_of(m->key),
        .provider = slice_of(st->provider->name),
        .id = m->message_id,
        .provider_id = m->provider_id,
        .state = slice_of(STATES[m->report]),
        .other_channel = m->report == SMS_REPORT_FAILED && m->advice != SMS_FINAL,
    };
    sms_take_receipt(&op->g->fcall, &r);
}

static int64_t channel_count(const struct settings *s)
{
    return s->sms2_provider[0] == '\0' ? 1 : 2;
}

static enum err send_items(struct op *op, size_t from, size_t n)
{
    struct callback *st = op->state;
    const struct settings *s = op->g->settings;
    int64_t now_ms = clock_now_ms();
    enum err err = ERR_OK;
    sms_take_begin(&op->g->fcall, s->region, s->sms_same_ms, channel_count(s));
    for (size_t i = from; i < from + n && err == ERR_OK; i++) {
        if (st->items[i].kind == SMS_REPORT) {
            add_receipt(op, &st->items[i]);
        } else {
            err = add_message(op, &st->items[i], now_ms);
        }
    }
    st->sizes[st->sent] = n;
    if (err == ERR_OK) {
        err = store_async_call(op->g->store, &op->g->fcall, on_taken, op);
    }
    if (err == ERR_OK) {
        st->sent++;
    }
    return err;
}

static struct slice header_of(const void *headers, const char *name)
{
    const struct op *op = headers;
    const struct http_request r = {.fields = op->fields, .field_count = op->field_count};
    return http_header(&r, name);
}

/* The secrets of the channel whose operator this is; false if the site has no such channel. */
static bool secrets_of(const struct settings *s, struct slice provider, struct sms_secrets *out)
{
    if (slice_is(provider, s->sms_provider)) {
        *out = (struct sms_secrets){.path = slice_of(s->sms_secret),
                                    .token = slice_of(s->sms_token),
                                    .public_url = slice_of(s->sms_public_url),
                                    .sources = slice_of(s->sms_sources)};
        return true;
    }
    if (s->sms2_provider[0] != '\0' && slice_is(provider, s->sms2_provider)) {
        *out = (struct sms_secrets){.path = slice_of(s->sms2_secret),
                                    .token = slice_of(s->sms2_token),
                                    .public_url = slice_of(s->sms2_public_url),
                                    .sources = slice_of(s->sms2_sources)};
        return true;
    }
    return false;
}

static enum err receive(struct op *op, struct callback *st, const struct sms_secrets *secrets)
{
    char address[HTTP_ADDRESS_TEXT_SIZE];
    http_address_text(&op->remote, address);
    const struct sms_callback request = {
        .method = op->method == HTTP_METHOD_POST ? SLICE_LIT("POST") : SLICE_LIT("GET"),
        .tail = op->params[1],
        .query = op->query,
        .content_type = header_of(op, "content-type"),
        .body = op->body,
        .source = slice_of(address),
        .now_ms = clock_now_ms(),
        .header = header_of,
        .headers = op,
    };
    return sms_receive(st->provider, &request, secrets, &op->arena, st->items, SMS_INCOMING_MAX,
                       &st->count, &st->answer);
}

void sms_callback(struct op *op)
{
    struct callback *st = arena_alloc(&op->arena, sizeof(*st));
    struct sms_incoming *items = arena_alloc(&op->arena, SMS_INCOMING_MAX * sizeof(*items));
    struct sms_secrets secrets;
    if (st == NULL || items == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "稍后再试。");
        return;
    }
    st->provider = sms_provider_find(op->params[0]);
    st->items = items;
    op->state = st;
    if (st->provider == NULL || !secrets_of(op->g->settings, op->params[0], &secrets)) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个接口。");
        return;
    }
    enum err err = receive(op, st, &secrets);
    if (err != ERR_OK) {
        log_event(LOG_WARN, "callback_refused", "provider=%s err=%s", st->provider->name,
                  err_code(err));
        answer_with(op, err == ERR_NO_MEMORY ? &st->answer.again : &st->answer.refused);
        return;
    }
    for (size_t from = 0; from < st->count && err == ERR_OK; from += STORE_BATCH_MAX) {
        size_t left = st->count - from;
        err = send_items(op, from, left < STORE_BATCH_MAX ? left : STORE_BATCH_MAX);
    }
    op->err = err;
    if (st->sent == 0) { /* nothing is on its way: answer now */
        finish(op, st);
    }
}

/* ---- GET /v1/cases/{no}/messages: who was told what, and did it arrive ---- */

static const char *state_zh(struct slice state)
{
    static const struct {
        const char *word, *zh;
    } STATES[] = {{"sending", "发送中"},  {"unknown", "结果待查"}, {"accepted", "运营商已接收"},
                  {"buffered", "转发中"}, {"delivered", "已送达"}, {"failed", "未送达"},
                  {"stopped", "对方拒收"}};
    for (size_t i = 0; i < COUNT_OF(STATES); i++) {
        if (slice_is(state, STATES[i].word)) {
            return STATES[i].zh;
        }
    }
    return "";
}

static enum err write_told(const redisReply *reply, size_t i, struct json_out *o)
{
    struct sms_told m;
    char at[CLOCK_RFC3339_SIZE];
    enum err err = sms_told_read(reply, i, &m);
    if (err != ERR_OK) {
        return err;
    }
    clock_format_rfc3339(m.at_ms, at);
    json_open_object(o, NULL);
    json_put_slice(o, "id", m.id);
    json_put_slice(o, "template", m.template_name);
    json_put_int(o, "version", m.version);
    json_put_slice(o, "state", m.state);
    json_put_text(o, "state_zh", state_zh(m.state));
    json_put_int(o, "tries", m.tries);
    json_put_int(o, "parts", m.parts);
    json_put_slice(o, "provider", m.provider);
    json_put_text(o, "at", at);
    json_close_object(o);
    return ERR_OK;
}

static void on_messages(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct slice township, inbox;
    size_t n = 0;
    struct buf text;
    struct json_out o;
    if (err == ERR_OK) {
        err = sms_of_case_read(reply, &township, &inbox, &n);
    }
    if (err == ERR_NOT_FOUND || (err == ERR_OK && !op_may_see(op, township, inbox))) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个编号的求助，请核对编号。");
        return;
    }
    buf_init(&text, 1u << 18);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_open_array(&o, "items");
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        err = write_told(reply, i, &o);
    }
    json_close_array(&o);
    json_close_object(&o);
    if (err == ERR_OK) {
        op_reply_json(op, 200, &text, NULL, 0);
    } else {
        op_reply_store(op, err);
    }
    buf_release(&text);
}

void sms_of_case(struct op *op)
{
    struct slice no;
    if (op_case_no(op, &no)) {
        sms_of_case_write(&op->g->fcall, op->g->settings->region, no);
        op_call(op, on_messages);
    }
}

/* ---- POST /v1/townships/{code}/phone: the officer who works by SMS ---- */

static void on_officer(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    (void)reply;
    if (err != ERR_OK) {
        op_reply_store(op, err);
    } else {
        op_reply_empty(op, 204, NULL, 0);
    }
}

/* A name as tokens have it: letters, digits, '-', '_', '.'. */
static bool name_well_formed(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
        if (!ok) {
            return false;
        }
    }
    return name.len >= 1 && name.len <= 40;
}

static bool read_officer(struct op *op, struct phone *phone, char actor[64])
{
    struct slice number, name;
    phone->text[0] = '\0';
    if (json_string(json_get(op->json, "phone"), &number) != ERR_OK ||
        (number.len > 0 && (phone_parse(number, phone) != ERR_OK || !phone_can_sms(phone)))) {
        op_reply_fault(op, "/phone", "请给出能收短信的手机号码；留空表示不再用短信派件。");
        return false;
    }
    if (json_string(json_get(op->json, "officer"), &name) != ERR_OK || !name_well_formed(name)) {
        op_reply_fault(op, "/officer",
                       "请给出经办人的登录名（字母、数字、点、横线，1 到 40 个）。");
        return false;
    }
    snprintf(actor, 64, "officer:%.*s", SLICE_FMT(name));
    return true;
}

void sms_officer(struct op *op)
{
    struct slice code;
    struct phone phone;
    char actor[64], bound[32];
    struct sms_arrived sealed = {.part = 1};
    struct sms_officer o = {.hash = slice_make("", 0)};
    struct buf number;
    if (!op_township(op, &code) || !read_officer(op, &phone, actor)) {
        return;
    }
    o.township = code;
    o.actor = slice_of(actor);
    snprintf(bound, sizeof(bound), "phone:%.*s", SLICE_FMT(code));
    enum err err = ERR_OK;
    buf_init(&number, 64);
    buf_put_text(&number, phone.text);
    if (number.len > 0) {
        const struct sms_incoming m = {.from = buf_slice(&number)};
        err = hash_of(op, "phone", &number, &o.hash);
        if (err == ERR_OK) {
            err = seal_message(op, &m, slice_of(bound), &sealed);
        }
        o.sealed = sealed.sealed;
        o.wrapped_key = sealed.wrapped_key;
    }
    buf_release(&number);
    if (err != ERR_OK) {
        op_reply_problem(op, err, "暂时无法登记，请稍后再试。");
        return;
    }
    struct slice tail = op_tail(op, SLICE_LIT("登记短信接件电话"), "");
    if (tail.ptr != NULL) {
        sms_officer_write(&op->g->fcall, op->g->settings->region, &o, tail);
        op_call(op, on_officer);
    }
}
