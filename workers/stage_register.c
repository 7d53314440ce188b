/* Register stage: new cases are asked after in the low-income register, others where somebody wants
 * a household check (核对). The calls run beside the loop (background.h); the answers come by
 * callback to the gateway, perhaps days later. A register that cannot be reached holds up nothing:
 * the question is put again, 30 s later and then less and less often. An accepted question without
 * an answer is looked after in the same rhythm, for registers whose callbacks do not reach us; what
 * is found is handed to our own callback, as the register would have done. A register that does not
 * let itself be looked at is asked again every day: the same check_id brings the answer again.
 * After register_silence_days it is over: the case says so, and people check by other ways.
 *
 * Payload of a job: "" or "<tries>|<since ms>|<looks>"; looks 0: not accepted yet. */
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
#define TRIES_MAX 100000
#define URL_MAX 300
#define SIGNATURE_MAX 200
#define PAYLOAD_SIZE 64

struct question {
    char job[JOB_ID_SIZE], no[CASE_NO_SIZE];
    enum register_matter matter;
    int64_t tries;    /* this one included */
    int64_t since_ms; /* of the first one */
    int64_t looks;    /* this one included, 0 = it is asked */
    bool asked;       /* it has a call */
    int status;       /* of the call, 0 = none */
    bool found;       /* looking has brought an answer: body and signature are handed on */
    int handed;       /* status of our own callback, 0 = none */
    struct buf body;
    char url[URL_MAX], signature[SIGNATURE_MAX]; /* whole header line */
};

static struct slot {
    struct background background;
    bool busy;
    bool handing_on; /* the calls go to our own callback */
    char token[32];
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

/* The next free one of the slot's calls. */
static struct http_call *prepare_call(size_t *calls, const char *url, bool post,
                                      const struct question *q)
{
    struct http_call *c = &slot.calls[(*calls)++];
    http_call_init(c);
    c->url = url;
    c->post = post;
    c->body = post ? buf_slice(&q->body) : slice_make("", 0);
    c->total_ms = TIMEOUT_MS;
    return c;
}

static void prepare_question(const struct site *s, struct question *q, size_t *calls)
{
    char id[REGISTER_ID_SIZE];
    register_check_id(slice_of(q->no), q->matter, id);
    snprintf(q->url, sizeof(q->url), q->looks > 0 ? "%s/register/checks/%s" : "%s/register/checks",
             s->settings->register_url, id);
    struct http_call *c = prepare_call(calls, q->url, q->looks == 0, q);
    c->bearer = s->settings->register_token;
    c->keep_head = q->looks > 0;
}

static enum err read_payload(struct slice payload, struct question *q)
{
    int64_t tries = 0, looks = 0, now_ms = clock_now_ms();
    struct slice rest = payload;
    q->since_ms = now_ms;
    enum err err = ERR_OK;
    if (payload.len > 0) {
        err = slice_to_int64(slice_cut(&rest, '|'), 0, TRIES_MAX, &tries);
    }
    if (err == ERR_OK && rest.len > 0) { /* an older worker has written the tries alone */
        err = slice_to_int64(slice_cut(&rest, '|'), 0, INT64_MAX, &q->since_ms);
        err = err == ERR_OK ? slice_to_int64(rest, 0, TRIES_MAX, &looks) : err;
    }
    q->tries = tries + 1;
    q->looks = looks;
    return err;
}

/* The names of the jobs; what is none of ours is left to be buried. */
static enum err name_questions(const struct lease *l)
{
    slot.count = l->count;
    for (size_t i = 0; i < l->count; i++) {
        struct question *q = &slot.questions[i];
        struct slice no;
        *q = (struct question){.body = q->body};
        enum err err = slice_copy(l->jobs[i].id, q->job, sizeof(q->job));
        if (err == ERR_OK) {
            err = register_check_id_read(l->jobs[i].id, &no, &q->matter);
        }
        if (err == ERR_OK) {
            err = slice_copy(no, q->no, sizeof(q->no));
        }
        if (err == ERR_OK) {
            err = read_payload(l->jobs[i].payload, q);
        }
        if (err != ERR_OK) {
            return ERR_CORRUPT;
        }
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

static enum err note(struct site *s, const struct question *q, bool over, bool refused,
                     bool *answered)
{
    redisReply *reply = NULL;
    struct fcall *f = store_fcall(s->store);
    const char *matter = register_matter_word(q->matter), *region = s->settings->region;
    if (over) {
        register_over_write(f, region, slice_of(q->no), matter, refused);
    } else {
        register_asked_write(f, region, slice_of(q->no), matter);
    }
    enum err err = runtime_call(s, over ? "register_over" : "register_asked", &reply);
    if (err == ERR_OK) {
        err = register_asked_read(reply, answered);
        freeReplyObject(reply);
    }
    return err;
}

/* Where a callback has answered meanwhile nothing is looked after. */
static enum err leave_answered(struct site *s)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < slot.count && err == ERR_OK; i++) {
        struct question *q = &slot.questions[i];
        bool answered = false;
        if (q->asked && q->looks > 0) {
            err = note(s, q, false, false, &answered);
            q->asked = !answered;
        }
    }
    return err;
}

/* What came of looking at it: how long until the next look, 0 = it is done with. *looks: 0 = it is
 * asked again instead. */
static int64_t looked(const struct question *q, int64_t *looks)
{
    *looks = q->looks + 1;
    if (q->found && q->handed >= 200 && q->handed <= 299) {
        return 0;
    }
    if (q->found || q->status == 401 || q->status == 403) {
        log_event(LOG_WARN, "register_answer_not_taken", "case=%s matter=%s status=%d handed=%d",
                  q->no, register_matter_word(q->matter), q->status, q->handed);
    } else if (q->status == 404 || q->status == 405 || q->status == 501) {
        *looks = 0;
        return AGAIN_AFTER_MS;
    }
    return register_wait_ms(q->looks + 1);
}

static enum err give_up(struct site *s, const struct question *q, bool refused, struct job_end *e)
{
    bool answered = false;
    enum err err = note(s, q, true, refused, &answered);
    if (err != ERR_OK || answered) {
        return err;
    }
    log_event(LOG_ERROR, "register_gives_up", "case=%s matter=%s status=%d tries=%lld", q->no,
              register_matter_word(q->matter), q->status, (long long)q->tries);
    if (refused) {
        e->action = JOB_BURY;
        e->text = SLICE_LIT("the register refuses the question");
    }
    return ERR_OK;
}

static enum err end_question(struct site *s, const struct question *q, struct job_end *e,
                             char payload[PAYLOAD_SIZE])
{
    bool answered = false;
    int64_t looks = 0, now_ms = clock_now_ms();
    int64_t over_ms = q->since_ms + s->settings->register_silence_days * MS_PER_DAY;
    *e = (struct job_end){.id = slice_of(q->job), .action = JOB_DONE};
    if (!q->asked) {
        return ERR_OK;
    }
    enum register_asked asked = q->looks > 0 ? REGISTER_AGAIN : register_asked_of(q->status);
    int64_t wait_ms = q->looks > 0 ? looked(q, &looks) : register_wait_ms(q->tries);
    if (asked == REGISTER_ACCEPTED) {
        enum err err = note(s, q, false, false, &answered);
        if (err != ERR_OK) {
            return err;
        }
        looks = s->settings->register_callback_url[0] != '\0' ? 1 : 0;
        wait_ms = looks > 0 ? register_wait_ms(1) : AGAIN_AFTER_MS;
    }
    if (answered || wait_ms == 0) {
        return ERR_OK;
    }
    if (asked == REGISTER_REFUSED || now_ms >= over_ms) {
        return give_up(s, q, asked == REGISTER_REFUSED, e);
    }
    snprintf(payload, PAYLOAD_SIZE, "%lld|%lld|%lld", (long long)q->tries, (long long)q->since_ms,
             (long long)looks);
    e->action = JOB_AGAIN;
    e->delay_ms = wait_ms < over_ms - now_ms ? wait_ms : over_ms - now_ms;
    e->text = slice_of(payload);
    return ERR_OK;
}

static void release_calls(void)
{
    for (size_t i = 0; i < slot.background.count; i++) {
        http_call_release(&slot.calls[i]);
    }
    slot.background.count = 0;
}

static void release_slot(void)
{
    release_calls();
    for (size_t i = 0; i < slot.count;
         i++) { /* a hash of somebody's number: not longer than needed */
        if (slot.questions[i].body.ptr != NULL) {
            OPENSSL_cleanse(slot.questions[i].body.ptr, slot.questions[i].body.cap);
        }
        buf_release(&slot.questions[i].body);
    }
    slot.count = 0;
    slot.busy = slot.handing_on = false;
}

/* A signed answer that looking has brought: it takes the place of the question. */
static void keep_found(const struct site *s, struct question *q, const struct http_call *c)
{
    struct register_result result;
    struct slice signature = http_call_header(c, "x-register-signature");
    enum err err = register_result_read(buf_slice(&c->reply), signature,
                                        slice_of(s->settings->register_token), &result);
    if (err != ERR_OK || signature.len > SIGNATURE_MAX / 2) {
        log_event(LOG_ERROR, "register_answer_forged", "case=%s matter=%s err=%s", q->no,
                  register_matter_word(q->matter), err_code(err));
        return;
    }
    snprintf(q->signature, sizeof(q->signature), "X-Register-Signature: %.*s",
             SLICE_FMT(signature));
    buf_clear(&q->body);
    buf_put_slice(&q->body, buf_slice(&c->reply));
    q->found = buf_err(&q->body) == ERR_OK;
}

static void read_calls(const struct site *s)
{
    size_t call = 0;
    for (size_t i = 0; i < slot.count && call < slot.background.count; i++) {
        struct question *q = &slot.questions[i];
        if (slot.handing_on ? !q->found : !q->asked) {
            continue;
        }
        const struct http_call *c = &slot.calls[call++];
        int status = c->outcome == HTTP_ANSWERED ? c->status : 0;
        if (slot.handing_on) {
            q->handed = status;
            continue;
        }
        q->status = status;
        if (q->looks > 0 && status == 200) {
            keep_found(s, q, c);
        }
    }
    release_calls();
}

/* *calls: how many answers are on their way to our own callback. */
static enum err hand_on(const struct site *s, size_t *calls)
{
    *calls = 0;
    for (size_t i = 0; i < slot.count; i++) {
        struct question *q = &slot.questions[i];
        if (q->found) {
            struct http_call *c = prepare_call(calls, s->settings->register_callback_url, true, q);
            c->headers[0] = q->signature;
        }
    }
    slot.handing_on = true;
    return *calls > 0 ? background_start(&slot.background, slot.calls, *calls) : ERR_OK;
}

static enum err end_slot(struct site *s)
{
    struct job_end ends[QUESTIONS_MAX];
    char payloads[QUESTIONS_MAX][PAYLOAD_SIZE];
    const struct lease lease = {.token = slice_of(slot.token)};
    enum err err = ERR_OK;
    for (size_t i = 0; i < slot.count && err == ERR_OK; i++) {
        err = end_question(s, &slot.questions[i], &ends[i], payloads[i]);
    }
    if (err == ERR_OK) {
        err = lease_end(s, STAGE_REGISTER, &lease, ends, slot.count);
    }
    if (err == ERR_OK) {
        release_slot();
    }
    return err;
}

/* The calls are over. When the store is away they are told when it is back. */
static enum err next_step(struct site *s)
{
    size_t calls = 0;
    enum err err = ERR_OK;
    if (slot.background.count > 0) {
        read_calls(s);
    }
    if (!slot.handing_on) {
        err = hand_on(s, &calls);
    }
    if (err == ERR_NO_MEMORY) { /* the lease ends by itself */
        release_slot();
    }
    return err == ERR_OK && calls == 0 ? end_slot(s) : err;
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
    if (err == ERR_OK) {
        err = leave_answered(s);
    }
    for (size_t i = 0; i < slot.count && err == ERR_OK; i++) {
        if (slot.questions[i].asked) {
            prepare_question(s, &slot.questions[i], &calls);
        }
    }
    slot.busy = true;
    slot.handing_on = false;
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
    int64_t lease_ms = 2 * TIMEOUT_MS + LEASE_SPARE_MS; /* a look, and handing it on */
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
        return next_step(s);
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
    for (int i = 0; i < 2 && slot.busy; i++) { /* a look, and handing it on */
        background_wait(&slot.background);
        if (next_step(s) != ERR_OK) {
            break;
        }
    }
    if (slot.busy) {
        log_event(LOG_WARN, "register_answers_lost", "hint=\"the questions are put once more\"");
        release_slot();
    }
    background_close(&slot.background);
}
