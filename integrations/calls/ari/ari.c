#include "integrations/calls/ari/ari.h"

/* Hangup causes that say nothing bad: 0 not set, 16 normal clearing, 31 normal, unspecified. */
static bool cause_normal(int64_t cause)
{
    return cause == 0 || cause == 16 || cause == 31;
}

static struct slice text_of(const struct json *v, const char *name)
{
    struct slice text = slice_make("", 0);
    return json_string(json_get(v, name), &text) == ERR_OK ? text : slice_make("", 0);
}

bool ari_is(const struct json *v)
{
    return json_kind(json_get(v, "type")) == JSON_STRING && json_get(v, "event") == NULL;
}

static void fill_channel(const struct json *channel, struct call_event *e)
{
    e->leg_id = text_of(channel, "id");
    e->call_id = text_of(channel, "linkedid");
    if (e->call_id.len == 0) {
        e->call_id = e->leg_id;
    }
    e->caller = text_of(json_get(channel, "caller"), "number");
    e->called = text_of(json_get(channel, "dialplan"), "exten");
}

static bool fill_ended(const struct json *v, struct call_event *e)
{
    int64_t cause;
    e->kind = CALL_ENDED;
    fill_channel(json_get(v, "channel"), e);
    if (json_int64(json_get(v, "cause"), 0, 255, &cause) == ERR_OK && !cause_normal(cause)) {
        e->end = CALL_END_DROPPED;
    }
    return true;
}

/* A caller in a holding bridge waits; in any other he talks to somebody. */
static bool fill_bridged(const struct json *v, struct call_event *e)
{
    e->kind = CALL_ANSWERED;
    fill_channel(json_get(v, "channel"), e);
    return !slice_is(text_of(json_get(v, "bridge"), "bridge_type"), "holding");
}

static bool fill_dial(const struct json *v, struct call_event *e)
{
    e->kind = CALL_ANSWERED;
    fill_channel(json_get(v, "caller"), e);
    e->agent = text_of(json_get(v, "peer"), "name");
    return slice_is(text_of(v, "dialstatus"), "ANSWER");
}

/* Only a recording of a channel names its call: target_uri "channel:<id>". */
static bool fill_recorded(const struct json *v, struct call_event *e)
{
    const struct json *recording = json_get(v, "recording");
    struct slice target = text_of(recording, "target_uri");
    int64_t duration;
    e->kind = CALL_RECORDED;
    e->recording_ref = text_of(recording, "name");
    if (json_int64(json_get(recording, "duration"), 0, CALLS_SECONDS_MAX, &duration) == ERR_OK) {
        e->talk_s = duration;
    }
    if (!slice_starts_with(target, "channel:")) {
        return false;
    }
    e->call_id = slice_make(target.ptr + 8, target.len - 8);
    e->leg_id = e->call_id;
    return true;
}

/* Of a whole call there is one channel that counts: where linkedid is known, the one named so. */
static bool caller_leg(const struct call_event *e)
{
    return e->call_id.len > 0 && slice_eq(e->call_id, e->leg_id);
}

/* False: nothing about a caller's call. */
static bool fill(const struct json *v, struct call_event *e)
{
    struct slice type = text_of(v, "type");
    if (slice_is(type, "StasisStart")) {
        e->kind = CALL_OFFERED;
        fill_channel(json_get(v, "channel"), e);
        return caller_leg(e);
    }
    if (slice_is(type, "ChannelHold")) {
        e->kind = CALL_HELD;
        fill_channel(json_get(v, "channel"), e);
        return e->call_id.len > 0;
    }
    if (slice_is(type, "ChannelEnteredBridge")) {
        return fill_bridged(v, e) && caller_leg(e);
    }
    if (slice_is(type, "Dial")) {
        return fill_dial(v, e) && e->call_id.len > 0;
    }
    if (slice_is(type, "ChannelDestroyed")) {
        return fill_ended(v, e) && caller_leg(e);
    }
    if (slice_is(type, "RecordingFinished")) {
        return fill_recorded(v, e) && e->call_id.len > 0;
    }
    return false;
}

enum err ari_read(const struct json *v, struct slice source, struct arena *arena,
                  struct calls_batch *out, const char **why)
{
    struct call_event e;
    struct slice at = text_of(v, "timestamp");
    call_event_init(&e, CALL_OFFERED, source);
    if (at.len > 0 && calls_time(at, &e.at_ms) != ERR_OK) {
        *why = "ARI 事件的 timestamp 无法识别。";
        return ERR_INPUT;
    }
    if (!fill(v, &e)) {
        out->ignored++;
        return ERR_OK;
    }
    return calls_add(out, &e, arena, why);
}
