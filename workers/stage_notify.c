/* Notify stage: one SMS for every change that the citizen can see, the answers of conversations,
 * and the cases for officers without a smartphone. Every message stands in the outbox before it
 * goes out; what has gone out is not sent again. A job is named after what it tells:
 *
 *     <case>:<version>   news of a case, to the person or the reporter
 *     S<message>         the answer to an incoming message, to its sender; payload
 * "case~template|…" O<case>:<version>  a new case, to the officer of the inbox; payload
 * "officer-new|<inbox>|0" */
#include "workers/runtime.h"

#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/domain/phone.h"
#include "queue/store/calls_sms.h"
#include "workers/conversation/dialogue.h"
#include "workers/sms_pace.h"
#include "workers/sms_who.h"

#define RETRY_MS INT64_C(30000) /* after the first try that was not taken; doubles */
#define RETRY_MAX_MS INT64_C(900000)
#define TRIES_MAX 40 /* nine hours without an operator that takes it: a person must look */
#define TEXT_BYTES_MAX 2000
#define HOUR_MS INT64_C(3600000)

/* One job on its way to becoming a message. */
struct letter {
    const struct job *job;
    struct slice no; /* case, "" = none */
    struct slice payload;
    struct slice source; /* number of the incoming message, or code of the officer's inbox */
    bool made, silence;  /* silence: news to a citizen, the timer of silence starts anew */
    char hash[SEAL_HASH_SIZE];
    struct sms_filled filled;
    struct sms_out out;
    struct sms_message message;
    int64_t channel, tries; /* tries: this one included */
    bool unknown;           /* the answer to an earlier try stayed away */
    struct sms_result result;
    struct job_end end;
};

static struct sms_pace paces[SITE_SMS_MAX];
static struct letter letters[STORE_BATCH_MAX]; /* one batch at a time per process */

/* ---- To whom, and what ---- */

static enum letter_kind { LETTER_NEWS, LETTER_ANSWER, LETTER_OFFICER } kind_of(struct slice id)
{
    return id.len > 0 && id.ptr[0] == 'S'   ? LETTER_ANSWER
           : id.len > 0 && id.ptr[0] == 'O' ? LETTER_OFFICER
                                            : LETTER_NEWS;
}

/* Case number, payload and source out of the job's name and payload. */
static void address(struct letter *l)
{
    struct slice rest = l->job->id;
    enum letter_kind kind = kind_of(rest);
    l->payload = l->job->payload;
    if (kind != LETTER_NEWS) {
        rest = slice_make(rest.ptr + 1, rest.len - 1);
    }
    if (kind == LETTER_ANSWER) {
        l->source = slice_cut(&rest, '-');
        l->no = slice_cut(&l->payload, '~');
        return;
    }
    l->no = slice_cut(&rest, ':');
    if (kind == LETTER_OFFICER) {
        struct slice p = l->payload;
        slice_cut(&p, '|');
        l->source = slice_cut(&p, '|');
    }
}

/* What the store knows about the cases, messages and officers of a batch. */
struct sources {
    redisReply *replies[3];
    struct loaded_case cases[STORE_BATCH_MAX];
    struct sms_loaded message;
};

static enum err load_cases(struct site *s, struct letter *list, size_t n, struct sources *src)
{
    load_begin(store_fcall(s->store), s->settings->region);
    for (size_t i = 0; i < n; i++) {
        fcall_slice(store_fcall(s->store), list[i].no);
    }
    enum err err = runtime_call(s, "load", &src->replies[0]);
    return err == ERR_OK ? load_read(src->replies[0], src->cases, n) : err;
}

/* The number of an incoming message's sender, in the arena; "" when it is gone. */
static enum err sender_of(struct site *s, struct slice no, struct slice *to)
{
    static struct sms_loaded row; /* large */
    redisReply *reply = NULL;
    struct personal person = {.has_point = false};
    sms_load_begin(store_fcall(s->store), s->settings->region);
    fcall_slice(store_fcall(s->store), no);
    enum err err = runtime_call(s, "sms_load", &reply);
    if (err == ERR_OK) {
        err = sms_load_read(reply, &row, 1);
    }
    for (size_t i = 0; err == ERR_OK && row.found && i < row.part_count && person.phone.len == 0;
         i++) {
        const struct sms_part *p = &row.parts[i];
        if (p->no.len > 0 && personal_unseal(s->sealer, p->no, p->wrapped_key, p->sealed, &s->arena,
                                             &person) == ERR_OK) {
            *to = person.phone;
        }
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    return err;
}

static enum err officer_of(struct site *s, struct slice code, struct slice *to)
{
    struct sms_officer o;
    redisReply *reply = NULL;
    struct personal person = {.has_point = false};
    char bound[32];
    sms_officers_begin(store_fcall(s->store), s->settings->region);
    fcall_slice(store_fcall(s->store), code);
    enum err err = runtime_call(s, "sms_officers", &reply);
    if (err == ERR_OK) {
        err = sms_officers_read(reply, &o, 1);
    }
    snprintf(bound, sizeof(bound), "phone:%.*s", SLICE_FMT(code));
    if (err == ERR_OK && o.hash.len > 0 &&
        personal_unseal(s->sealer, slice_of(bound), o.wrapped_key, o.sealed, &s->arena, &person) ==
            ERR_OK) {
        *to = person.phone;
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    return err;
}

static bool read_facts(const struct loaded_case *row, struct case_facts *f)
{
    struct json *root = NULL;
    bool ok = row->found && json_parse(row->facts, &root, NULL) == ERR_OK &&
              facts_read(root, f) == ERR_OK;
    json_free(root);
    return ok;
}

/* Words that only the store or the list of townships knows: who holds it, what an officer needs to
 * know. */
static enum err complete_payload(struct site *s, struct letter *l, const struct case_facts *f)
{
    char who[SMS_WHO_SIZE];
    struct buf text;
    struct slice rest = l->payload;
    struct slice name = slice_cut(&rest, '|');
    bool officer = slice_is(name, "officer-new"), silence = slice_is(name, "silence");
    if (!officer && !silence) {
        return ERR_OK;
    }
    buf_init(&text, 512);
    struct slice word = slice_cut(&rest, '|');
    if (officer) {
        buf_putf(&text, "officer-new|%.*s|0|", SLICE_FMT(word));
        sms_need(f, slice_make(NULL, 0), &text);
    } else {
        sms_who(s, word, who);
        buf_putf(&text, "silence|%s|0||%.*s", who, SLICE_FMT(rest));
    }
    enum err err = runtime_keep(s, &text, &l->payload);
    buf_release(&text);
    return err;
}

/* ---- Making the message ---- */

static enum err keep_id(struct site *s, struct letter *l)
{
    char *id = arena_text(&s->arena, l->job->id);
    if (id == NULL) {
        return ERR_NO_MEMORY;
    }
    for (char *c = id; *c != '\0'; c++) {
        *c = *c == ':' ? '-' : *c;
    }
    l->message.id = slice_of(id);
    return ERR_OK;
}

/* What the outbox keeps: a code that is handed over with money is nobody's to read. */
static struct slice kept_payload(const struct letter *l)
{
    return slice_is(slice_of(l->filled.template->name), "receipt-code")
               ? SLICE_LIT("receipt-code||0")
               : l->job->payload;
}

/* News of a case that has come into an inbox: its officer is told as well. */
static bool opens_work(const char *name)
{
    static const char *const NAMES[] = {"dispatched", "dispatched-aid", "ask-place", "danger",
                                        "danger-place"};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return true;
        }
    }
    return false;
}

static enum err fill_out(struct site *s, struct letter *l)
{
    enum letter_kind kind = kind_of(l->job->id);
    const struct sms_template *t = l->filled.template;
    l->silence = kind == LETTER_NEWS;
    l->out = (struct sms_out){
        .job_id = l->job->id,
        .id = l->message.id,
        .case_no = l->no,
        .template_name = slice_of(t->name),
        .version = t->version,
        .to_hash = slice_make(l->hash, SEAL_HASH_SIZE - 1),
        .payload = kept_payload(l),
        .tell_officer = kind == LETTER_NEWS && opens_work(t->name),
        .officer = kind == LETTER_OFFICER,
        .link = kind != LETTER_ANSWER, /* an answer's question is set with the answer */
        .ask_word = slice_of(t->ask),
        .ask_life_ms = talk_life_ms(talk_from_word(slice_of(t->ask))),
    };
    return seal_hash(s->sealer, "phone", l->message.to, l->hash);
}

/* How long it waits for the morning. Who called or wrote himself is awake for a while; whom an
 * officer or a neighbour reported, or a roster lists, is asleep like everybody else. */
static int64_t wait_of(const struct site *s, const struct letter *l, const struct case_facts *f,
                       int64_t now_ms)
{
    enum sms_class class = l->filled.template->class;
    bool own = f->channel == CHANNEL_CALL || f->channel == CHANNEL_SMS || f->channel == CHANNEL_WEB;
    if (kind_of(l->job->id) == LETTER_NEWS && !own && class == SMS_CLASS_ANSWER) {
        class = SMS_CLASS_NEWS;
    }
    return sms_quiet_ms(class, f->danger_to_life, own ? f->received_ms : 0, now_ms,
                        s->settings->sms_quiet_from, s->settings->sms_quiet_to);
}

/* Fills message and out. made stays false when there is nothing to send: no phone, no such
 * template, erased. */
static enum err make_letter(struct site *s, struct letter *l, const struct loaded_case *row,
                            int64_t now_ms)
{
    struct personal person = {.has_point = false};
    struct case_facts facts = {.received_ms = 0};
    struct phone phone;
    struct buf text;
    struct slice to = slice_make(NULL, 0);
    enum letter_kind kind = kind_of(l->job->id);
    bool known = read_facts(row, &facts);
    enum err err = ERR_OK;
    if (kind == LETTER_ANSWER) {
        err = sender_of(s, l->source, &to);
    } else if (kind == LETTER_OFFICER) {
        err = officer_of(s, l->source, &to);
    } else if (row->found && personal_unseal(s->sealer, l->no, row->wrapped_key, row->sealed,
                                             &s->arena, &person) == ERR_OK) {
        to = personal_callback(&person);
    }
    /* who wrote and asked for a person is called; a question beside that only puzzles */
    bool called = kind == LETTER_NEWS && known && facts.channel == CHANNEL_SMS &&
                  facts.wants_person && slice_starts_with(l->payload, "ask-place|");
    if (called || err != ERR_OK || phone_parse(to, &phone) != ERR_OK || !phone_can_sms(&phone) ||
        (kind == LETTER_OFFICER && !known)) {
        return err;
    }
    const char *kept = arena_text(&s->arena, slice_of(phone.text));
    l->message.to = slice_of(kept);
    err = kept == NULL ? ERR_NO_MEMORY : complete_payload(s, l, &facts);
    buf_init(&text, TEXT_BYTES_MAX);
    if (err == ERR_OK &&
        sms_text_fill(l->payload, l->no, person.account, &text, &l->filled) == ERR_OK) {
        l->made = true;
        err = runtime_keep(s, &text, &l->message.text);
    }
    buf_release(&text);
    if (err != ERR_OK || !l->made) {
        return err;
    }
    err = keep_id(s, l);
    if (err == ERR_OK) {
        err = fill_out(s, l);
    }
    int64_t wait_ms = wait_of(s, l, &facts, now_ms);
    if (err == ERR_OK && wait_ms > 0) {
        l->made = false;
        l->end = (struct job_end){
            .id = l->job->id, .action = JOB_AGAIN, .delay_ms = wait_ms, .text = l->job->payload};
    }
    return err;
}

/* ---- Sending ---- */

static struct job_end end_with(const struct letter *l, enum job_action action, int64_t delay_ms)
{
    return (struct job_end){
        .id = l->job->id, .action = action, .delay_ms = delay_ms, .text = l->job->payload};
}

/* Into the outbox; what went out before, or is not wanted there, is done. */
static enum err begin_letters(struct site *s, struct letter **list, size_t *n)
{
    struct sms_begun begun[STORE_BATCH_MAX];
    redisReply *reply = NULL;
    size_t left = 0;
    if (*n == 0) {
        return ERR_OK;
    }
    sms_begin_begin(store_fcall(s->store), s->settings->region);
    for (size_t i = 0; i < *n; i++) {
        sms_begin_add(store_fcall(s->store), &list[i]->out);
    }
    enum err err = runtime_call(s, "sms_begin", &reply);
    if (err == ERR_OK) {
        err = sms_begin_read(reply, begun, *n);
        freeReplyObject(reply);
    }
    for (size_t i = 0; i < *n && err == ERR_OK; i++) {
        list[i]->channel =
            begun[i].channel < (int64_t)s->sms_count ? begun[i].channel : (int64_t)s->sms_count - 1;
        list[i]->tries = begun[i].tries;
        list[i]->unknown = begun[i].unknown;
        if (begun[i].leave == SMS_LEAVE_SEND) {
            list[left++] = list[i];
        } else {
            list[i]->end = end_with(list[i], JOB_DONE, 0);
        }
    }
    *n = left;
    return err;
}

static void add_code(const struct site *s, struct letter *l)
{
    const struct sms_channel *channel = &s->sms[l->channel];
    l->message.template_code = sms_codes_find(&s->sms_codes, channel->name, l->filled.template);
    l->message.param_count = l->filled.count;
    for (size_t i = 0; i < l->filled.count; i++) {
        l->message.params[i] = (struct sms_param){.name = slice_of(l->filled.params[i].name),
                                                  .value = slice_of(l->filled.params[i].value)};
    }
}

/* The channel to use: its own unless that one has refused us and the next one has not; -1: wait. */
static int64_t channel_for(const struct site *s, int64_t wanted, int64_t mono_ms)
{
    for (int64_t c = wanted; c < (int64_t)s->sms_count; c++) {
        if (mono_ms >= paces[c].stopped_until_ms) {
            return c;
        }
    }
    return -1;
}

static enum err send_through(struct site *s, int64_t channel, struct letter **list, size_t n)
{
    struct sms_message messages[STORE_BATCH_MAX];
    struct sms_result results[STORE_BATCH_MAX];
    struct letter *sent[STORE_BATCH_MAX];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (list[i]->channel == channel) {
            add_code(s, list[i]);
            messages[count] = list[i]->message;
            sent[count++] = list[i];
        }
    }
    if (count == 0) {
        return ERR_OK;
    }
    sms_pace_take(&paces[channel], (int64_t)count);
    enum err err = sms_send(&s->sms[channel], messages, count, results);
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        sent[i]->result = results[i];
    }
    return err;
}

static int64_t retry_ms(int64_t tries)
{
    int64_t wait_ms = RETRY_MS;
    for (int64_t i = 1; i < tries && wait_ms < RETRY_MAX_MS; i++) {
        wait_ms *= 2;
    }
    return wait_ms < RETRY_MAX_MS ? wait_ms : RETRY_MAX_MS;
}

/* It was not taken. The operator has the first two tries, then each open channel has one in turn;
 * the waits are no failures of the job, which would be buried after a few minutes of an operator's
 * maintenance. */
static void try_again(const struct site *s, struct letter *l)
{
    l->end = end_with(l, JOB_AGAIN, retry_ms(l->tries));
    if (l->tries >= TRIES_MAX) {
        log_event(LOG_ERROR, "sms_gives_up", "job=%.*s tries=%lld", SLICE_FMT(l->job->id),
                  (long long)l->tries);
        l->end = end_with(l, JOB_BURY, 0);
        l->end.text = SLICE_LIT("no operator takes it");
    }
    if (l->tries > 1) {
        l->channel = (l->channel + 1) % (int64_t)s->sms_count;
    }
}

static void stop_channel(const struct site *s, const struct letter *l)
{
    const struct sms_result *r = &l->result;
    paces[l->channel].stopped_until_ms = clock_mono_ms() + SMS_STOP_MS;
    log_event(LOG_ERROR, "sms_channel_stopped", "channel=%s job=%.*s status=%d reason=\"%s\"",
              s->sms[l->channel].name, SLICE_FMT(l->job->id), r->status, r->reason);
}

/* What becomes of the job; *state is what the outbox says, the letter's channel the next one to
 * use. */
static void conclude(struct site *s, struct letter *l, const char **state)
{
    const struct sms_result *r = &l->result;
    bool next = l->channel + 1 < (int64_t)s->sms_count;
    *state = "sending";
    if (r->outcome != SMS_ACCEPTED && r->outcome != SMS_CHANNEL_STOP) {
        log_event(LOG_WARN, "sms_not_accepted", "channel=%s job=%.*s outcome=%s status=%d",
                  s->sms[l->channel].name, SLICE_FMT(l->job->id), sms_outcome_word(r->outcome),
                  r->status);
    }
    switch (r->outcome) {
    case SMS_ACCEPTED:
        *state = "accepted";
        l->end = end_with(l, JOB_DONE, 0);
        break;
    case SMS_CHANNEL_STOP: /* it waits as long as it takes */
        stop_channel(s, l);
        l->end = end_with(l, JOB_AGAIN, next ? 0 : RETRY_MS);
        break;
    case SMS_FINAL:
        *state = next ? "sending" : "failed";
        l->end = end_with(l, next ? JOB_AGAIN : JOB_DONE, 0);
        l->channel += next ? 1 : 0;
        break;
    case SMS_RETRY: try_again(s, l); break;
    case SMS_UNKNOWN: /* once more by the same operator: a doubled SMS is only a nuisance, a third
                         one is not sent */
    case SMS_OUTCOME_COUNT:
        *state = "unknown";
        l->end = end_with(l, l->unknown ? JOB_DONE : JOB_AGAIN, l->unknown ? 0 : RETRY_MS);
        break;
    }
}

static enum err note_sent(struct site *s, struct letter **list, size_t n, int64_t now_ms)
{
    redisReply *reply = NULL;
    bool again[STORE_BATCH_MAX];
    int64_t silence_ms = s->settings->sms_silence_hours * HOUR_MS;
    if (n == 0) {
        return ERR_OK;
    }
    sms_sent_begin(store_fcall(s->store), s->settings->region);
    for (size_t i = 0; i < n; i++) {
        struct letter *l = list[i];
        const char *provider = s->sms[l->channel].name, *state = "";
        int64_t next = l->channel + 1 < (int64_t)s->sms_count ? l->channel + 1 : 0;
        conclude(s, l, &state);
        const struct sms_gone gone = {
            .id = l->message.id,
            .state = state,
            .channel = l->channel,
            .parts = (int64_t)sms_billed(l->message.text),
            .provider = slice_of(provider),
            .provider_id = slice_of(l->result.provider_id),
            .case_no = l->no,
            .silence_ms = l->silence && silence_ms > 0 && l->result.outcome == SMS_ACCEPTED
                              ? now_ms + silence_ms
                              : 0,
            .next = next,
        };
        sms_sent_add(store_fcall(s->store), &gone);
    }
    enum err err = runtime_call(s, "sms_sent", &reply);
    if (err == ERR_OK) {
        err = sms_sent_read(reply, again, n);
    }
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        if (again[i]) { /* its receipt was faster than the answer, and says that it failed */
            list[i]->end = end_with(list[i], JOB_AGAIN, 0);
        }
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    return err;
}

/* Those for which a channel is open; the others wait. */
static size_t assign_channels(const struct site *s, struct letter **list, size_t n)
{
    size_t left = 0;
    int64_t mono_ms = clock_mono_ms();
    for (size_t i = 0; i < n; i++) {
        int64_t channel = channel_for(s, list[i]->channel, mono_ms);
        if (channel < 0) {
            list[i]->end = end_with(list[i], JOB_AGAIN, RETRY_MS);
        } else {
            list[i]->channel = channel;
            list[left++] = list[i];
        }
    }
    return left;
}

static enum err send_letters(struct site *s, size_t n, int64_t now_ms)
{
    struct letter *list[STORE_BATCH_MAX];
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (letters[i].made) {
            list[count++] = &letters[i];
        }
    }
    enum err err = begin_letters(s, list, &count);
    if (err == ERR_OK) {
        count = assign_channels(s, list, count);
    }
    for (int64_t c = 0; c < (int64_t)s->sms_count && err == ERR_OK; c++) {
        err = send_through(s, c, list, count);
    }
    return err == ERR_OK ? note_sent(s, list, count, now_ms) : err;
}

static enum err handle(struct site *s, const struct lease *l)
{
    static struct sources src;
    struct job_end ends[STORE_BATCH_MAX];
    int64_t now_ms = clock_now_ms();
    src = (struct sources){.replies = {NULL}};
    for (size_t i = 0; i < l->count; i++) {
        letters[i] = (struct letter){.job = &l->jobs[i]};
        letters[i].end = end_with(&letters[i], JOB_DONE, 0);
        address(&letters[i]);
    }
    enum err err = load_cases(s, letters, l->count, &src);
    for (size_t i = 0; i < l->count && err == ERR_OK; i++) {
        err = make_letter(s, &letters[i], &src.cases[i], now_ms);
    }
    if (err == ERR_OK) {
        err = send_letters(s, l->count, now_ms);
    }
    for (size_t i = 0; i < l->count; i++) {
        ends[i] = letters[i].end;
    }
    if (err == ERR_OK) {
        err = lease_end(s, STAGE_NOTIFY, l, ends, l->count);
    }
    if (src.replies[0] != NULL) {
        freeReplyObject(src.replies[0]);
    }
    return err;
}

enum err stage_notify(struct site *s, size_t *handled)
{
    struct lease lease;
    int64_t mono_ms = clock_mono_ms(), most = 0;
    *handled = 0;
    for (size_t i = 0; i < s->sms_count;
         i++) { /* as much as every open channel takes: any may be the one */
        int64_t allows = sms_pace_allows(&paces[i], s->settings->sms_per_second, mono_ms);
        bool open = mono_ms >= paces[i].stopped_until_ms;
        most = i == 0 || (open && allows < most) ? allows : most;
    }
    most = most > s->settings->batch ? s->settings->batch : most;
    if (most == 0) {
        return ERR_OK;
    }
    enum err err = lease_take(s, STAGE_NOTIFY, most, &lease);
    if (err == ERR_OK && lease.count > 0) {
        err = handle(s, &lease);
    }
    *handled = lease.count;
    lease_release(&lease);
    return err;
}
