#include "queue/store/calls_hotline.h"

#include "queue/base/clock.h"

void hotline_take_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "calls_take", region);
}

static void put_seconds(struct fcall *f, int64_t s)
{
    if (s < 0) {
        fcall_text(f, "");
    } else {
        fcall_int(f, s);
    }
}

void hotline_take_add(struct fcall *f, const struct hotline_event *e)
{
    fcall_slice(f, e->call_hash);
    fcall_text(f, e->kind);
    fcall_int(f, e->at_ms);
    fcall_text(f, e->at_said ? "1" : "");
    put_seconds(f, e->hold_s);
    put_seconds(f, e->talk_s);
    fcall_text(f, e->ended_by);
    fcall_slice(f, e->queue);
    fcall_slice(f, e->agent);
    fcall_slice(f, e->phone_hash);
    fcall_slice(f, e->no);
    fcall_slice(f, e->facts);
    fcall_slice(f, e->sealed);
    fcall_slice(f, e->person_hash);
    fcall_slice(f, e->wrapped_key);
    fcall_slice(f, e->event_tail);
    fcall_slice(f, e->recording_key);
    fcall_slice(f, e->recording);
    fcall_int(f, e->ticket_wait_ms);
    fcall_int(f, (e->at_ms + CLOCK_CHINA_OFFSET_MS) / MS_PER_DAY);
}

enum err hotline_take_read(const redisReply *reply, enum hotline_taken *taken, size_t n)
{
    static const char *const WORDS[] = {"new", "seen", "full"};
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
        taken[i] = (enum hotline_taken)k;
    }
    return ERR_OK;
}

void hotline_report_write(struct fcall *f, const char *region, int64_t from_day, int64_t to_day)
{
    fcall_begin(f, "calls_report", region);
    fcall_int(f, from_day);
    fcall_int(f, to_day);
}

enum err hotline_report_read(const redisReply *reply, struct hotline_day *days, size_t *n)
{
    size_t count = reply_count(reply);
    if (count > HOTLINE_REPORT_DAYS_MAX + 1) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < count; i++) {
        struct hotline_day *d = &days[i];
        int64_t *const fields[] = {&d->day,    &d->offered, &d->answered,  &d->measured, &d->fast,
                                   &d->wait_s, &d->talk_s,  &d->abandoned, &d->callbacks};
        for (size_t k = 0; k < COUNT_OF(fields); k++) {
            enum err err = reply_int(reply_at(reply_at(reply, i), k), 0, INT64_MAX, fields[k]);
            if (err != ERR_OK) {
                return err;
            }
        }
    }
    *n = count;
    return ERR_OK;
}

void hotline_get_write(struct fcall *f, const char *region, struct slice call_hash)
{
    fcall_begin(f, "calls_get", region);
    fcall_slice(f, call_hash);
}

enum err hotline_get_read(const redisReply *reply, struct hotline_call *out)
{
    struct hotline_call c;
    int64_t *const fields[] = {&c.first_ms,     &c.offered_ms, &c.answered_ms, &c.ended_ms,
                               &c.abandoned_ms, &c.hold_s,     &c.talk_s};
    if (reply_count(reply) == 0) {
        return ERR_NOT_FOUND;
    }
    if (reply_count(reply) != 13) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        *fields[i] = i < 5 ? 0 : -1;
        if (reply_text_at(reply, i).len > 0 &&
            reply_int(reply_at(reply, i), 0, INT64_MAX, fields[i]) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    c.ended_by = reply_text_at(reply, 7);
    c.queue = reply_text_at(reply, 8);
    c.agent = reply_text_at(reply, 9);
    c.case_no = reply_text_at(reply, 10);
    c.recording_key = reply_text_at(reply, 11);
    c.recording = reply_text_at(reply, 12);
    *out = c;
    return ERR_OK;
}
