#include "queue/store/calls_sms.h"

#include "queue/domain/case_no.h"

/* ---- Incoming ---- */

void sms_take_begin(struct fcall *f, const char *region, int64_t same_window_ms, int64_t channels)
{
    fcall_begin(f, "sms_take", region);
    fcall_int(f, same_window_ms);
    fcall_int(f, channels);
}

void sms_take_message(struct fcall *f, const struct sms_arrived *m)
{
    fcall_text(f, "m");
    fcall_slice(f, m->key);
    fcall_slice(f, m->no);
    fcall_slice(f, m->provider);
    fcall_slice(f, m->from_hash);
    fcall_slice(f, m->same_hash);
    fcall_int(f, m->received_ms);
    fcall_int(f, m->time_ms);
    if (m->part_hash.len > 0) {
        struct buf part;
        buf_init(&part, 128);
        buf_putf(&part, "%.*s|%d|%d", SLICE_FMT(m->part_hash), m->part, m->parts);
        fcall_slice(f, buf_slice(&part));
        buf_release(&part);
    } else {
        fcall_text(f, m->unreadable ? "u" : "");
    }
    fcall_int(f, m->job_score);
    fcall_slice(f, m->wrapped_key);
    fcall_slice(f, m->sealed);
}

void sms_take_receipt(struct fcall *f, const struct sms_receipt *r)
{
    fcall_text(f, "r");
    fcall_slice(f, r->key);
    fcall_text(f, "");
    fcall_slice(f, r->provider);
    fcall_slice(f, r->id);
    fcall_slice(f, r->provider_id);
    fcall_slice(f, r->state);
    fcall_text(f, r->other_channel ? "other" : "");
    for (int i = 0; i < 4; i++) {
        fcall_text(f, "");
    }
}

enum err sms_take_read(const redisReply *reply, enum sms_taken *results, size_t n)
{
    static const char *const WORDS[] = {"new", "seen", "same", "ok", "parked"};
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < COUNT_OF(WORDS) && !slice_is(reply_text_at(reply, i), WORDS[k])) {
            k++;
        }
        if (k == COUNT_OF(WORDS)) {
            return ERR_CORRUPT;
        }
        results[i] = (enum sms_taken)k;
    }
    return ERR_OK;
}

/* ---- Loading ---- */

void sms_load_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "sms_load", region);
}

static enum err read_parts(const redisReply *list, struct sms_loaded *out)
{
    out->part_count = reply_count(list);
    if (out->part_count == 0 || out->part_count > SMS_PARTS_KEPT_MAX) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < out->part_count; i++) {
        struct slice text = reply_text_at(list, i);
        if (text.len == 0) {
            continue;
        }
        if (text.len < CASE_NO_DIGITS + SMS_WRAPPED_BYTES) {
            return ERR_CORRUPT;
        }
        out->parts[i].no = slice_make(text.ptr, CASE_NO_DIGITS);
        out->parts[i].wrapped_key = slice_make(text.ptr + CASE_NO_DIGITS, SMS_WRAPPED_BYTES);
        size_t head = CASE_NO_DIGITS + SMS_WRAPPED_BYTES;
        out->parts[i].sealed = slice_make(text.ptr + head, text.len - head);
    }
    return ERR_OK;
}

/* "word|case|asked ms|until ms" */
static enum err read_talk(const redisReply *list, struct sms_loaded *out)
{
    struct slice rest = reply_text_at(list, 0);
    if (reply_count(list) != 5) {
        return ERR_CORRUPT;
    }
    if (rest.len > 0) {
        out->ask_word = slice_cut(&rest, '|');
        out->ask_case = slice_cut(&rest, '|');
        if (slice_to_int64(slice_cut(&rest, '|'), 0, INT64_MAX, &out->asked_ms) != ERR_OK ||
            slice_to_int64(rest, 0, INT64_MAX, &out->ask_until_ms) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    out->newest = reply_text_at(list, 4);
    out->people_known = slice_is(reply_text_at(list, 2), "1");
    return reply_int(reply_at(list, 1), 0, INT64_MAX, &out->misses);
}

static enum err read_case(const redisReply *row, struct sms_case *out)
{
    if (reply_count(row) != 13) {
        return ERR_CORRUPT;
    }
    *out = (struct sms_case){
        .no = reply_text_at(row, 0),
        .township = reply_text_at(row, 3),
        .inbox = reply_text_at(row, 4),
        .urgency = reply_text_at(row, 5),
        .facts = reply_text_at(row, 6),
        .sealed = reply_text_at(row, 7),
        .wrapped_key = reply_text_at(row, 8),
        .review = reply_text_at(row, 9),
        .hand = reply_text_at(row, 10),
        .clocks = reply_text_at(row, 11),
        .approved = reply_text_at(row, 12),
    };
    enum err err = reply_int(reply_at(row, 1), 1, INT64_MAX, &out->version);
    if (err == ERR_OK && case_state_from_word(reply_text_at(row, 2), &out->state) != ERR_OK) {
        err = ERR_CORRUPT;
    }
    return err;
}

static enum err read_cases(const redisReply *list, struct sms_case *out, size_t *n)
{
    enum err err = reply_count(list) > SMS_TALK_CASES_MAX ? ERR_CORRUPT : ERR_OK;
    *n = reply_count(list);
    for (size_t i = 0; i < *n && err == ERR_OK; i++) {
        err = read_case(reply_at(list, i), &out[i]);
    }
    return err;
}

static enum err read_row(const redisReply *row, struct sms_loaded *out)
{
    *out = (struct sms_loaded){.found = reply_count(row) == 11};
    if (!out->found) {
        return reply_count(row) == 0 ? ERR_OK : ERR_CORRUPT;
    }
    out->provider = reply_text_at(row, 0);
    out->from_hash = reply_text_at(row, 1);
    out->unreadable = slice_is(reply_text_at(row, 4), "1");
    out->officer_township = reply_text_at(reply_at(row, 8), 0);
    out->officer_actor = reply_text_at(reply_at(row, 8), 1);
    enum err err = reply_int(reply_at(row, 2), 0, INT64_MAX, &out->received_ms);
    if (err == ERR_OK) {
        err = reply_int(reply_at(row, 3), 0, INT64_MAX, &out->time_ms);
    }
    if (err == ERR_OK) {
        err = read_parts(reply_at(row, 6), out);
    }
    if (err == ERR_OK) {
        err = read_talk(reply_at(row, 7), out);
    }
    if (err == ERR_OK) {
        err = read_cases(reply_at(row, 9), out->cases, &out->case_count);
    }
    return err == ERR_OK ? read_cases(reply_at(row, 10), out->offered, &out->offered_count) : err;
}

enum err sms_load_read(const redisReply *reply, struct sms_loaded *rows, size_t n)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        enum err err = read_row(reply_at(reply, i), &rows[i]);
        if (err != ERR_OK) {
            return err;
        }
    }
    return ERR_OK;
}

/* ---- Ending ---- */

void sms_end_write(struct fcall *f, const char *region, const struct sms_end *e)
{
    fcall_begin(f, "sms_done", region);
    fcall_slice(f, e->token);
    fcall_slice(f, e->job_id);
    fcall_slice(f, e->no);
    fcall_slice(f, e->from_hash);
    fcall_slice(f, e->facts);
    fcall_slice(f, e->sealed);
    fcall_slice(f, e->person_hash);
    fcall_slice(f, e->wrapped_key);
    fcall_int(f, e->job_score);
    fcall_slice(f, e->event_tail);
    fcall_slice(f, e->link);
    fcall_text(f, e->unlink ? "1" : "");
    fcall_slice(f, e->ask_word);
    fcall_slice(f, e->ask_case);
    fcall_int(f, e->ask_life_ms);
    fcall_int(f, e->misses);
    fcall_text(f, e->people_known < 0 ? "" : e->people_known > 0 ? "1" : "0");
    fcall_slice(f, e->answer);
    fcall_int(f, e->answers_an_hour);
    fcall_text(f, e->life_safety ? "1" : "");
    fcall_slice(f, e->wait_case);
    fcall_int(f, e->wait_ms);
    fcall_slice(f, e->newest);
}

enum err sms_end_read(const redisReply *reply, enum sms_ended *out)
{
    static const char *const WORDS[] = {"ok", "cut", "stale", "changed"};
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (slice_is(reply_text(reply), WORDS[i])) {
            *out = (enum sms_ended)i;
            return ERR_OK;
        }
    }
    return ERR_CORRUPT;
}

/* ---- Outbox ---- */

void sms_begin_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "sms_begin", region);
}

void sms_begin_add(struct fcall *f, const struct sms_out *m)
{
    fcall_slice(f, m->job_id);
    fcall_slice(f, m->id);
    fcall_slice(f, m->case_no);
    fcall_slice(f, m->template_name);
    fcall_int(f, m->version);
    fcall_slice(f, m->to_hash);
    fcall_slice(f, m->payload);
    fcall_text(f, m->officer ? "officer" : m->tell_officer ? "o" : "");
    if (m->link) {
        fcall_slice(f, m->ask_word);
    } else {
        fcall_text(f, "-");
    }
    fcall_int(f, m->ask_life_ms);
}

enum err sms_begin_read(const redisReply *reply, struct sms_begun *results, size_t n)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        struct slice rest = reply_text_at(reply, i);
        struct slice word = slice_cut(&rest, ':');
        results[i] = (struct sms_begun){.leave = SMS_LEAVE_SENT};
        if (slice_is(word, "off")) {
            results[i].leave = SMS_LEAVE_OFF;
        } else if (slice_is(word, "send")) {
            results[i].leave = SMS_LEAVE_SEND;
            if (slice_to_int64(slice_cut(&rest, ':'), 0, 16, &results[i].channel) != ERR_OK ||
                slice_to_int64(slice_cut(&rest, ':'), 1, INT64_MAX, &results[i].tries) != ERR_OK) {
                return ERR_CORRUPT;
            }
            results[i].unknown = slice_is(rest, "1");
        } else if (!slice_is(word, "sent")) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}

void sms_sent_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "sms_sent", region);
}

void sms_sent_add(struct fcall *f, const struct sms_gone *m)
{
    fcall_slice(f, m->id);
    fcall_text(f, m->state);
    fcall_int(f, m->channel);
    fcall_int(f, m->parts);
    fcall_slice(f, m->provider);
    fcall_slice(f, m->provider_id);
    fcall_slice(f, m->case_no);
    if (m->silence_ms > 0) {
        fcall_int(f, m->silence_ms);
    } else {
        fcall_text(f, "");
    }
    if (m->next > 0) {
        fcall_int(f, m->next);
    } else {
        fcall_text(f, "");
    }
}

enum err sms_sent_read(const redisReply *reply, bool *again, size_t n)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        struct slice word = reply_text_at(reply, i);
        if (!slice_is(word, "ok") && !slice_is(word, "again")) {
            return ERR_CORRUPT;
        }
        again[i] = slice_is(word, "again");
    }
    return ERR_OK;
}

void sms_of_case_write(struct fcall *f, const char *region, struct slice no)
{
    fcall_begin(f, "sms_of_case", region);
    fcall_slice(f, no);
}

enum err sms_of_case_read(const redisReply *reply, struct slice *township, struct slice *inbox,
                          size_t *count)
{
    size_t n = reply_count(reply);
    if (n == 0) {
        return ERR_NOT_FOUND;
    }
    if ((n - 2) % SMS_OUT_FIELDS != 0) {
        return ERR_CORRUPT;
    }
    *township = reply_text_at(reply, 0);
    *inbox = reply_text_at(reply, 1);
    *count = (n - 2) / SMS_OUT_FIELDS;
    return ERR_OK;
}

/* A message that is on its way has no parts yet. */
static enum err number_at(const redisReply *reply, size_t i, int64_t *out)
{
    *out = 0;
    return reply_text_at(reply, i).len == 0 ? ERR_OK
                                            : reply_int(reply_at(reply, i), 0, INT64_MAX, out);
}

enum err sms_told_read(const redisReply *reply, size_t i, struct sms_told *out)
{
    size_t at = 2 + i * SMS_OUT_FIELDS;
    struct sms_told told = {
        .id = reply_text_at(reply, at),
        .template_name = reply_text_at(reply, at + 1),
        .state = reply_text_at(reply, at + 3),
        .provider = reply_text_at(reply, at + 8),
    };
    int64_t *const NUMBERS[] = {&told.version, NULL,        &told.tries,
                                &told.channel, &told.parts, &told.at_ms};
    for (size_t k = 0; k < COUNT_OF(NUMBERS); k++) {
        if (NUMBERS[k] != NULL && number_at(reply, at + 2 + k, NUMBERS[k]) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    *out = told;
    return ERR_OK;
}

/* ---- Officers ---- */

void sms_officer_write(struct fcall *f, const char *region, const struct sms_officer *o,
                       struct slice event_tail)
{
    fcall_begin(f, "sms_officer", region);
    fcall_slice(f, o->township);
    fcall_slice(f, o->hash);
    fcall_slice(f, o->actor);
    fcall_slice(f, o->sealed);
    fcall_slice(f, o->wrapped_key);
    fcall_slice(f, event_tail);
}

void sms_officers_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "sms_officers", region);
}

enum err sms_officers_read(const redisReply *reply, struct sms_officer *rows, size_t n)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        const redisReply *row = reply_at(reply, i);
        rows[i] = (struct sms_officer){.hash = slice_make(NULL, 0)};
        if (reply_count(row) == 4) {
            rows[i].hash = reply_text_at(row, 0);
            rows[i].sealed = reply_text_at(row, 1);
            rows[i].wrapped_key = reply_text_at(row, 2);
            rows[i].actor = reply_text_at(row, 3);
        } else if (reply_count(row) != 0) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}
