/* Sms stage: stored incoming messages, one after the other: what one message changes the next one
 * of the same person must see. */
#include "workers/sms_message.h"

#include "integrations/sms/sms_incoming.h"
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "workers/sms_who.h"

#define MESSAGES_MAX 16 /* in one lease: each takes a few calls */
#define AGAIN_MS 200

/* ---- The answer ---- */

/* "case~template|word|fen|state|until", in the arena. */
static enum err write_answer(struct site *s, struct sms_message_in *m, int64_t now_ms)
{
    struct buf text;
    char who[SMS_WHO_SIZE] = "";
    buf_init(&text, 1024);
    buf_put_slice(&text, m->reply_case);
    buf_putf(&text, "~%s", m->reply_name);
    if (strcmp(m->reply_name, "status") == 0 && m->about != NULL) {
        struct slice code = m->about->inbox.len > 0 ? m->about->inbox : m->about->township;
        int64_t due_ms = m->open ? sms_next_due(m->about->review, m->about->clocks, now_ms) : 0;
        sms_who(s, code, who);
        buf_putf(&text, "|%s|0|%s", who, case_state_zh(m->about->state));
        if (due_ms > 0) {
            buf_putf(&text, "|%lld", (long long)due_ms);
        }
    }
    enum err err = runtime_keep(s, &text, &m->end.answer);
    buf_release(&text);
    return err;
}

static enum err finish(struct site *s, struct sms_message_in *m, int64_t now_ms)
{
    redisReply *reply = NULL;
    enum sms_ended ended = SMS_ENDED_OK;
    m->end.token = m->lease->token;
    m->end.job_id = m->job->id;
    m->end.no = m->no;
    m->end.from_hash = m->row.from_hash;
    m->end.answers_an_hour = s->settings->sms_answers_an_hour;
    m->end.life_safety = m->step.danger;
    m->end.newest = m->row.newest;
    enum err err = ERR_OK;
    if (m->reply_name[0] != '\0' && sms_reply_allowed(m->from)) {
        err = write_answer(s, m, now_ms);
    }
    if (err == ERR_OK) {
        sms_end_write(store_fcall(s->store), s->settings->region, &m->end);
        err = runtime_call(s, "sms_done", &reply);
    }
    if (err == ERR_OK) {
        err = sms_end_read(reply, &ended);
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    m->again = m->again || (err == ERR_OK && ended == SMS_ENDED_CHANGED);
    if (err == ERR_OK && ended == SMS_ENDED_CUT) {
        log_event(LOG_WARN, "sms_answer_cut",
                  "message=%.*s hint=\"too many answers to one telephone\"", SLICE_FMT(m->no));
    }
    return err;
}

/* Nothing more to be done with it: the job is over, the message stays stored. */
static enum err end_job(struct site *s, const struct sms_message_in *m, enum job_action action,
                        const char *why)
{
    const struct job_end end = {
        .id = m->job->id, .action = action, .delay_ms = AGAIN_MS, .text = slice_of(why)};
    return lease_end(s, STAGE_SMS, m->lease, &end, 1);
}

/* Machines are neither answered nor taken for people: 1069…, 12345, 95xxx and what is no number at
 * all. */
static bool from_a_person(const struct sms_message_in *m)
{
    return sms_reply_allowed(m->from);
}

/* What could not be read: a person looks, and the sender is asked for words. */
static void step_unreadable(struct sms_message_in *m)
{
    m->step = (struct step){.act = m->open ? STEP_CALL : STEP_OPEN,
                            .reply = "unreadable",
                            .ask = m->talk.ask,
                            .misses = m->talk.misses,
                            .wants_person = true};
}

static enum err handle(struct site *s, struct sms_message_in *m)
{
    int64_t now_ms = clock_now_ms();
    bool found = false;
    enum err err = sms_message_read(s, m, now_ms, &found);
    if (err == ERR_CORRUPT) {
        log_event(LOG_ERROR, "sms_unreadable", "message=%.*s", SLICE_FMT(m->no));
        return end_job(s, m, JOB_BURY, "it cannot be unsealed");
    }
    if (err != ERR_OK || !found) {
        return err == ERR_OK ? end_job(s, m, JOB_DONE, "") : err;
    }
    if (!from_a_person(m)) {
        log_event(LOG_INFO, "sms_of_a_machine", "message=%.*s", SLICE_FMT(m->no));
        return end_job(s, m, JOB_DONE, "");
    }
    if (m->row.unreadable) {
        step_unreadable(m);
    } else {
        dialogue_step(&m->talk, &m->reading, m->text, &m->step);
    }
    err = sms_message_act(s, m, now_ms);
    if (err == ERR_OK && !m->again && !m->refused) {
        err = finish(s, m, now_ms);
    }
    if (err == ERR_OK &&
        (m->again || m->refused)) { /* what has changed is no failure; a refusal is looked into */
        return end_job(s, m, m->again ? JOB_AGAIN : JOB_RETRY, "");
    }
    if (err == ERR_OK) {
        log_event(LOG_DEBUG, "sms_handled", "message=%.*s act=%d answer=%s", SLICE_FMT(m->no),
                  (int)m->step.act, m->reply_name);
    }
    return err;
}

enum err stage_sms(struct site *s, size_t *handled)
{
    static struct sms_message_in message; /* one at a time; too large for the stack */
    struct lease lease;
    *handled = 0;
    if (places_refresh(s) != ERR_OK) {
        return ERR_STORE_DOWN;
    }
    enum err err = lease_take(s, STAGE_SMS, MESSAGES_MAX, &lease);
    size_t n = lease.count;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        message = (struct sms_message_in){.lease = &lease, .job = &lease.jobs[i], .reply_name = ""};
        err = handle(s, &message);
        if (err != ERR_OK &&
            !err_may_retry(err)) { /* of this message alone: it comes back, and is buried at last */
            log_event(LOG_ERROR, "sms_not_handled", "message=%.*s err=%s", SLICE_FMT(message.no),
                      err_code(err));
            err = ERR_OK;
        }
        if (message.reply != NULL) {
            freeReplyObject(message.reply);
        }
    }
    *handled = n;
    lease_release(&lease);
    return err;
}
