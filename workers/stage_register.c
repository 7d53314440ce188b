/* Register stage: new cases are asked after in the low-income register, others where somebody wants
 * a household check (核对). The calls run beside the loop (background.h); the answers come by
 * callback to the gateway, perhaps days later. A register that cannot be reached holds up nothing:
 * the question is put again, 30 s later and then less and less often. A question that was accepted
 * and stays without an answer is put again every day: the same check_id brings the answer again. */
#include <openssl/crypto.h>
#include <stdio.h>
#include "integrations/register/register.h"
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/calls_register.h"
#include "workers/background.h"
#include "workers/runtime.h"

#define QUESTIONS_MAX 16
#define LOOK_EVERY_MS 500
#define LEASE_SPARE_MS 10000
#define TIMEOUT_MS 15000
#define AGAIN_AFTER_MS MS_PER_DAY
#define TRIES_MAX 100 /* then a person must look: some weeks */
#define URL_MAX 300

struct question {
    char job[JOB_ID_SIZE], no[CASE_NO_SIZE];
    enum register_matter matter;
    int64_t tries; /* this one included */
    bool asked;    /* it has a call */
    struct buf body;
};

static struct slot {
    struct background background;
    bool busy;
    char token[32], url[URL_MAX];
    size_t count;
    struct question questions[QUESTIONS_MAX];
    struct http_call calls[QUESTIONS_MAX];
} slot;
static int64_t next_look_ms;

/* ---- Asking ---- */

/* Fills the body. asked stays false when there is nothing to ask by: no ID number, erased, gone. */
static enum err make_question(struct site *s, struct question *q, const struct loaded_case *row)
{
    struct personal person = {.has_point = false};
    char hash[SEAL_DIGEST_SIZE], id[REGISTER_ID_SIZE];
    q->asked = false;
    if (!row->found) {
        return ERR_OK;
    }
    enum err err = personal_unseal(s->sealer, slice_of(q->no), row->wrapped_key, row->sealed,
                                   &s->arena, &person);
    if (err == ERR_NOT_FOUND || (err == ERR_OK && person.id_number.len == 0)) {
        return ERR_OK;
    }
    if (err == ERR_OK) {
        err = seal_digest(s->sealer, person.id_number, hash);
    }
    if (err != ERR_OK) {
        return err;
    }
    register_check_id(slice_of(q->no), q->matter, id);
    const struct register_query query = {.check_id = slice_of(id),
                                         .id_hash = slice_of(hash),
                                         .callback_url =
                                             slice_of(s->settings->register_callback_url),
                                         .matter = q->matter};
    buf_clear(&q->body);
    register_query_write(&query, &q->body);
    q->asked = buf_err(&q->body) == ERR_OK;
    return buf_err(&q->body);
}

static void prepare_call(const struct site *s, struct http_call *c, const struct question *q)
{
    http_call_init(c);
    c->url = slot.url;
    c->post = true;
    c->body = buf_slice(&q->body);
    c->bearer = s->settings->register_token;
    c->total_ms = TIMEOUT_MS;
}

/* The names of the jobs; what is none of ours is left to be buried. */
static enum err name_questions(const struct lease *l)
{
    slot.count = l->count;
    for (size_t i = 0; i < l->count; i++) {
        struct question *q = &slot.questions[i];
        struct slice no;
        int64_t tries = 0;
        enum err err = slice_copy(l->jobs[i].id, q->job, sizeof(q->job));
        if (err == ERR_OK) {
            err = register_check_id_read(l->jobs[i].id, &no, &q->matter);
        }
        if (err == ERR_OK) {
            err = slice_copy(no, q->no, sizeof(q->no));
        }
        if (err == ERR_OK && l->jobs[i].payload.len > 0) {
            err = slice_to_int64(l->jobs[i].payload, 0, TRIES_MAX, &tries);
        }
        if (err != ERR_OK) {
            return ERR_CORRUPT;
        }
        q->tries = tries + 1;
    }
    return ERR_OK;
}

static enum err load_questions(struct site *s)
{
    struct loaded_case rows[QUESTIONS_MAX];
    redisReply *reply = NULL;
    load_begin(store_fcall(s->store), s->settings->region);
    for (size_t i = 0; i < slot.count; i++) {
        fcall_slice(store_fcall(s->store), slice_of(slot.questions[i].no));
    }
    enum err err = runtime_call(s, "load", &reply);
    if (err == ERR_OK) {
        err = load_read(reply, rows, slot.count);
    }
    for (size_t i = 0; i < slot.count && err == ERR_OK; i++) {
        err = make_question(s, &slot.questions[i], &rows[i]);
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    return err;
}

/* ---- The end ---- */

static enum err note_accepted(struct site *s, const struct question *q, bool *answered)
{
    redisReply *reply = NULL;
    register_asked_write(store_fcall(s->store), s->settings->region, slice_of(q->no),
                         register_matter_word(q->matter));
    enum err err = runtime_call(s, "register_asked", &reply);
    if (err == ERR_OK) {
        err = register_asked_read(reply, answered);
        freeReplyObject(reply);
    }
    return err;
}

static enum err end_question(struct site *s, const struct question *q, const struct http_call *c,
                             struct job_end *e, char tries[24])
{
    bool answered = false;
    *e = (struct job_end){.id = slice_of(q->job), .action = JOB_DONE};
    if (c == NULL) {
        return ERR_OK;
    }
    int status = c->outcome == HTTP_ANSWERED ? c->status : 0;
    enum register_asked asked = register_asked_of(status);
    if (asked == REGISTER_ACCEPTED) {
        enum err err = note_accepted(s, q, &answered);
        if (err != ERR_OK || answered) {
            return err;
        }
    }
    if (asked == REGISTER_REFUSED || q->tries >= TRIES_MAX) {
        log_event(LOG_ERROR, "register_gives_up", "case=%s matter=%s status=%d tries=%lld", q->no,
                  register_matter_word(q->matter), status, (long long)q->tries);
        e->action = JOB_BURY;
        e->text = asked == REGISTER_REFUSED ? SLICE_LIT("the register refuses the question")
                                            : SLICE_LIT("no answer from the register");
        return ERR_OK;
    }
    snprintf(tries, 24, "%lld", (long long)q->tries);
    e->action = JOB_AGAIN;
    e->delay_ms = asked == REGISTER_ACCEPTED ? AGAIN_AFTER_MS : register_wait_ms(q->tries);
    e->text = slice_of(tries);
    return ERR_OK;
}

static void release_slot(void)
{
    for (size_t i = 0; i < slot.background.count; i++) {
        http_call_release(&slot.calls[i]);
    }
    for (size_t i = 0; i < slot.count;
         i++) { /* a hash of somebody's number: not longer than needed */
        if (slot.questions[i].body.ptr != NULL) {
            OPENSSL_cleanse(slot.questions[i].body.ptr, slot.questions[i].body.cap);
        }
        buf_release(&slot.questions[i].body);
    }
    slot.background.count = 0;
    slot.count = 0;
    slot.busy = false;
}

static enum err end_slot(struct site *s)
{
    struct job_end ends[QUESTIONS_MAX];
    char tries[QUESTIONS_MAX][24];
    const struct lease lease = {.token = slice_of(slot.token)};
    size_t call = 0;
    enum err err = ERR_OK;
    for (size_t i = 0; i < slot.count && err == ERR_OK; i++) {
        const struct question *q = &slot.questions[i];
        err = end_question(s, q, q->asked ? &slot.calls[call] : NULL, &ends[i], tries[i]);
        call += q->asked ? 1 : 0;
    }
    if (err == ERR_OK) {
        err = lease_end(s, STAGE_REGISTER, &lease, ends, slot.count);
    }
    if (err == ERR_OK) {
        release_slot();
    }
    return err;
}

/* ---- The stage ---- */

static enum err start(struct site *s, const struct lease *l)
{
    size_t calls = 0;
    for (size_t i = 0; i < l->count; i++) {
        buf_init(&slot.questions[i].body, REGISTER_BODY_MAX);
    }
    enum err err = name_questions(l);
    if (err == ERR_OK) {
        err = slice_copy(l->token, slot.token, sizeof(slot.token));
    }
    if (err == ERR_OK) {
        err = load_questions(s);
    }
    snprintf(slot.url, sizeof(slot.url), "%s/register/checks", s->settings->register_url);
    for (size_t i = 0; i < slot.count && err == ERR_OK; i++) {
        if (slot.questions[i].asked) {
            prepare_call(s, &slot.calls[calls++], &slot.questions[i]);
        }
    }
    slot.busy = true;
    slot.background.count = 0;
    if (err == ERR_OK && calls > 0) {
        err = background_start(&slot.background, slot.calls, calls);
    } else if (err == ERR_OK) {
        return end_slot(s);
    }
    if (err != ERR_OK) { /* the lease ends by itself */
        log_event(LOG_WARN, "register_not_asked", "err=%s", err_code(err));
        release_slot();
    }
    return err;
}

static enum err look(struct site *s, size_t *handled)
{
    redisReply *reply = NULL;
    int64_t n = 0;
    if (clock_mono_ms() < next_look_ms) {
        return ERR_OK;
    }
    register_pump_write(store_fcall(s->store), s->settings->region);
    enum err err = runtime_call(s, "register_pump", &reply);
    if (err == ERR_OK) {
        err = register_pump_read(reply, &n);
        freeReplyObject(reply);
    }
    if (n == 0) {
        next_look_ms = clock_mono_ms() + LOOK_EVERY_MS;
    }
    *handled += (size_t)n;
    return err;
}

enum err stage_register(struct site *s, size_t *handled)
{
    struct lease lease = {.count = 0};
    int64_t lease_ms = TIMEOUT_MS + LEASE_SPARE_MS;
    enum err err = ERR_OK;
    *handled = 0;
    if (s->settings->register_url[0] == '\0') {
        return ERR_OK; /* this site has no register */
    }
    if (slot.busy) {
        if (!background_over(&slot.background)) {
            return ERR_OK;
        }
        *handled = 1;
        return end_slot(s);
    }
    err = look(s, handled);
    if (err != ERR_OK) {
        return err;
    }
    lease_write(store_fcall(s->store), s->settings->region, STAGE_REGISTER,
                lease_ms > s->settings->lease_ms ? lease_ms : s->settings->lease_ms, QUESTIONS_MAX);
    err = runtime_call(s, "lease", &lease.reply);
    if (err == ERR_OK) {
        err = lease_read(lease.reply, &lease.token, lease.jobs, &lease.count);
    }
    if (err == ERR_OK && lease.count > 0) {
        *handled += lease.count;
        err = start(s, &lease);
    }
    lease_release(&lease);
    return err;
}

void stage_register_close(struct site *s)
{
    background_wait(&slot.background);
    if (slot.busy && end_slot(s) != ERR_OK) {
        log_event(LOG_WARN, "register_answers_lost", "hint=\"the questions are put once more\"");
        release_slot();
    }
    background_close(&slot.background);
}
