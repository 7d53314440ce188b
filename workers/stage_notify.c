/* Notify stage: one SMS per citizen-visible event, paced to what the operator's channel takes. */
#include "workers/runtime.h"

#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/domain/phone.h"
#include "workers/sms_text.h"

#define RETRY_MS 30000
#define TEXT_BYTES_MAX 2000

static int64_t saved_milli = -1; /* thousandths of an SMS that may go out now; -1 = not started */

/* How many SMS may go out now: at most one second's worth is saved up. What is sent is taken off
 * saved_milli. */
static int64_t allowance(const struct site *s)
{
    static int64_t last_ms;
    int64_t now_ms = clock_mono_ms();
    int64_t most_milli = s->settings->sms_per_second * INT64_C(1000);
    if (saved_milli < 0) {
        saved_milli = most_milli;
        last_ms = now_ms;
    }
    saved_milli += (now_ms - last_ms) * s->settings->sms_per_second;
    saved_milli = saved_milli > most_milli ? most_milli : saved_milli;
    last_ms = now_ms;
    int64_t whole = saved_milli / 1000;
    return whole > s->settings->batch ? s->settings->batch : whole;
}

/* Case number at the start of "5200…:4". */
static struct slice case_of(struct slice job_id)
{
    struct slice rest = job_id;
    return slice_cut(&rest, ':');
}

/* Recipient and text. False: there is nothing to send (no phone, no such template, erased). */
static bool make_message(struct site *s, const struct job *job, const struct loaded_case *row,
                         struct sms_message *m)
{
    struct personal person = {.has_point = false};
    struct phone phone;
    struct buf text;
    struct slice no = case_of(job->id);
    *m = (struct sms_message){.param_count = 0}; /* free text: no template yet */
    if (!row->found ||
        personal_unseal(s->sealer, no, row->wrapped_key, row->sealed, &s->arena, &person) !=
            ERR_OK ||
        phone_parse(personal_callback(&person), &phone) != ERR_OK || !phone_can_sms(&phone)) {
        return false;
    }
    char *to = arena_text(&s->arena, slice_of(phone.text));
    buf_init(&text, TEXT_BYTES_MAX);
    bool ok = to != NULL && sms_text(job->payload, no, person.account, &text) == ERR_OK &&
              runtime_keep(s, &text, &m->text) == ERR_OK;
    buf_release(&text);
    if (!ok) {
        return false;
    }
    char *id = arena_text(&s->arena, job->id);
    if (id == NULL) {
        return false;
    }
    for (char *c = id; *c != '\0'; c++) {
        *c = *c == ':' ? '-' : *c;
    }
    m->id = slice_of(id);
    m->to = slice_of(to);
    return true;
}

static struct job_end end_of(const struct job *job, const struct sms_result *result)
{
    struct job_end end = {.id = job->id, .action = JOB_DONE, .delay_ms = RETRY_MS};
    bool retry = result->outcome == SMS_RETRY || result->outcome == SMS_CHANNEL_STOP ||
                 (result->outcome == SMS_UNKNOWN &&
                  job->attempt == 1); /* once more: a doubled SMS is only a nuisance */
    if (retry) {
        end.action = JOB_RETRY;
    }
    if (result->outcome == SMS_CHANNEL_STOP) {
        log_event(LOG_ERROR, "sms_channel_stopped", "job=%.*s status=%d reason=\"%s\"",
                  SLICE_FMT(job->id), result->status, result->reason);
    } else if (result->outcome != SMS_ACCEPTED) {
        log_event(LOG_WARN, "sms_not_accepted", "job=%.*s outcome=%s status=%d", SLICE_FMT(job->id),
                  sms_outcome_word(result->outcome), result->status);
    }
    return end;
}

static enum err send_batch(struct site *s, const struct lease *l)
{
    struct loaded_case rows[STORE_BATCH_MAX];
    struct sms_message messages[STORE_BATCH_MAX];
    struct sms_result results[STORE_BATCH_MAX];
    const struct job *of_message[STORE_BATCH_MAX];
    struct job_end ends[STORE_BATCH_MAX];
    size_t count = 0, end_count = 0;
    redisReply *reply = NULL;
    load_begin(store_fcall(s->store), s->settings->region);
    for (size_t i = 0; i < l->count; i++) {
        fcall_slice(store_fcall(s->store), case_of(l->jobs[i].id));
    }
    enum err err = runtime_call(s, "load", &reply);
    if (err == ERR_OK) {
        err = load_read(reply, rows, l->count);
    }
    for (size_t i = 0; i < l->count && err == ERR_OK; i++) {
        if (make_message(s, &l->jobs[i], &rows[i], &messages[count])) {
            of_message[count++] = &l->jobs[i];
        } else {
            ends[end_count++] = (struct job_end){.id = l->jobs[i].id, .action = JOB_DONE};
        }
    }
    if (err == ERR_OK && count > 0) {
        err = sms_send(&s->sms, messages, count, results);
    }
    for (size_t i = 0; i < count && err == ERR_OK; i++) {
        ends[end_count++] = end_of(of_message[i], &results[i]);
    }
    if (err == ERR_OK) {
        err = lease_end(s, STAGE_NOTIFY, l, ends, end_count);
    }
    if (reply != NULL) {
        freeReplyObject(reply);
    }
    return err;
}

enum err stage_notify(struct site *s, size_t *handled)
{
    struct lease lease;
    int64_t most = allowance(s);
    *handled = 0;
    if (most == 0) {
        return ERR_OK;
    }
    enum err err = lease_take(s, STAGE_NOTIFY, most, &lease);
    if (err == ERR_OK && lease.count > 0) {
        err = send_batch(s, &lease);
    }
    saved_milli -= (int64_t)lease.count * 1000;
    *handled = lease.count;
    lease_release(&lease);
    return err;
}
