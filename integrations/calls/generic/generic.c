#include "integrations/calls/generic/generic.h"

static const char *const NAMES[] = {"source", "call_id",  "leg_id",       "event",    "ts",
                                    "caller", "called",   "queue",        "agent_id", "hold_s",
                                    "talk_s", "ended_by", "recording_ref"};

static bool known(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        if (strcmp(name, NAMES[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* An absent text stays as it is. */
static bool text_of(const struct json *v, const char *name, struct slice *out)
{
    const struct json *member = json_get(v, name);
    return member == NULL || json_kind(member) == JSON_NULL || json_string(member, out) == ERR_OK;
}

static bool seconds_of(const struct json *v, const char *name, int64_t *out)
{
    const struct json *member = json_get(v, name);
    return member == NULL || json_kind(member) == JSON_NULL ||
           json_int64(member, 0, CALLS_SECONDS_MAX, out) == ERR_OK;
}

static bool caller_of(const struct json *v, struct slice *out)
{
    const struct json *caller = json_get(v, "caller");
    struct slice presentation = slice_make("", 0);
    if (json_kind(caller) != JSON_OBJECT) {
        return text_of(v, "caller", out);
    }
    if (!text_of(caller, "number", out) || !text_of(caller, "presentation", &presentation)) {
        return false;
    }
    if (presentation.len > 0 && !slice_is(presentation, "allowed")) {
        *out =
            slice_make("", 0); /* he does not want to be known: we do not keep what we should not */
    }
    return true;
}

static bool end_of(const struct json *v, enum call_end *out)
{
    static const char *const WORDS[] = {"", "caller", "agent", "transfer", "dropped"};
    struct slice word = slice_make("", 0);
    if (!text_of(v, "ended_by", &word)) {
        return false;
    }
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (slice_is(word, WORDS[i])) {
            *out = (enum call_end)i;
            return true;
        }
    }
    return false;
}

static bool kind_of(const struct json *v, enum call_kind *out)
{
    struct slice word = slice_make("", 0);
    if (json_string(json_get(v, "event"), &word) != ERR_OK) {
        return false;
    }
    for (enum call_kind k = CALL_OFFERED; k < CALL_KIND_COUNT; k++) {
        if (slice_is(word, call_kind_word(k))) {
            *out = k;
            return true;
        }
    }
    return false;
}

enum err generic_call_read(const struct json *v, struct slice source, struct arena *arena,
                           struct calls_batch *out, const char **why)
{
    struct call_event e;
    struct slice ts = slice_make("", 0);
    call_event_init(&e, CALL_OFFERED, source);
    for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
        if (!known(json_name(m))) {
            *why = "通话事件中有不认识的字段，请对照接口说明。";
            return ERR_INPUT;
        }
    }
    if (!kind_of(v, &e.kind)) {
        *why = "event 须为 offered、answered、held、ended、abandoned 或 recorded。";
        return ERR_INPUT;
    }
    if (!text_of(v, "ts", &ts) || calls_time(ts, &e.at_ms) != ERR_OK) {
        *why = "ts 须为带时区的 RFC 3339 时间。";
        return ERR_INPUT;
    }
    if (!text_of(v, "source", &e.source) || !text_of(v, "call_id", &e.call_id) ||
        !text_of(v, "leg_id", &e.leg_id) || !text_of(v, "called", &e.called) ||
        !text_of(v, "queue", &e.queue) || !text_of(v, "agent_id", &e.agent) ||
        !text_of(v, "recording_ref", &e.recording_ref) || !caller_of(v, &e.caller) ||
        !seconds_of(v, "hold_s", &e.hold_s) || !seconds_of(v, "talk_s", &e.talk_s) ||
        !end_of(v, &e.end)) {
        *why = "通话事件的字段类型或取值有误，请对照接口说明。";
        return ERR_INPUT;
    }
    return calls_add(out, &e, arena, why);
}
