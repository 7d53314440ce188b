#include "integrations/calls/ami/ami.h"

/* Which events say what. of_caller: only on the channel the whole call is named after, since the
 * agent's leg sends the same. */
static const struct rule {
    const char *event;
    enum call_kind kind;
    bool of_caller;
} RULES[] = {
    {"QueueCallerJoin", CALL_OFFERED, false},
    {"AgentConnect", CALL_ANSWERED, false},
    {"AgentComplete", CALL_ENDED, false},
    {"QueueCallerAbandon", CALL_ABANDONED, false},
    {"Hold", CALL_HELD, false},
    {"Hangup", CALL_ENDED, true},
    {"VarSet", CALL_RECORDED, false},
};

#define CAUSE_UNKNOWN 0 /* ISUP causes: 0 not set, 16 normal clearing, 31 normal, unspecified */
#define CAUSE_NORMAL 16
#define CAUSE_NORMAL_OTHER 31

struct line {
    struct slice key, value;
};

struct frame {
    struct line lines[AMI_LINES_MAX];
    size_t count;
};

static struct slice value_of(const struct frame *f, const char *key)
{
    for (size_t i = 0; i < f->count; i++) {
        if (slice_is(f->lines[i].key, key)) {
            return f->lines[i].value;
        }
    }
    return slice_make("", 0);
}

/* Seconds, or -1 when there are none or they make no sense. */
static int64_t seconds_of(const struct frame *f, const char *key)
{
    int64_t s;
    return slice_to_int64(value_of(f, key), 0, CALLS_SECONDS_MAX, &s) == ERR_OK ? s : -1;
}

static enum call_end end_of(const struct frame *f)
{
    struct slice reason = value_of(f, "Reason");
    int64_t cause;
    if (slice_is(reason, "caller")) {
        return CALL_END_CALLER;
    }
    if (slice_is(reason, "agent")) {
        return CALL_END_AGENT;
    }
    if (slice_is(reason, "transfer")) {
        return CALL_END_TRANSFER;
    }
    if (slice_to_int64(value_of(f, "Cause"), 0, 255, &cause) == ERR_OK && cause != CAUSE_UNKNOWN &&
        cause != CAUSE_NORMAL && cause != CAUSE_NORMAL_OTHER) {
        return CALL_END_DROPPED;
    }
    return CALL_END_UNKNOWN;
}

static const struct rule *rule_of(const struct frame *f)
{
    struct slice event = value_of(f, "Event");
    for (size_t i = 0; i < COUNT_OF(RULES); i++) {
        if (slice_is(event, RULES[i].event)) {
            return &RULES[i];
        }
    }
    return NULL;
}

/* Does the frame say something about a caller's call? */
static bool tells(const struct frame *f, const struct rule *r)
{
    struct slice leg = value_of(f, "Uniqueid"), call = value_of(f, "Linkedid");
    if (r == NULL || (leg.len == 0 && call.len == 0)) {
        return false;
    }
    if (r->of_caller && leg.len > 0 && call.len > 0 && !slice_eq(leg, call)) {
        return false;
    }
    return r->kind != CALL_RECORDED || slice_is(value_of(f, "Variable"), "MIXMONITOR_FILENAME");
}

static enum err take(const struct frame *f, struct slice source, struct arena *arena,
                     struct calls_batch *out, const char **why)
{
    const struct rule *r = rule_of(f);
    struct call_event e;
    if (f->count == 0) {
        return ERR_OK;
    }
    if (!tells(f, r)) {
        out->ignored++;
        return ERR_OK;
    }
    call_event_init(&e, r->kind, source);
    e.leg_id = value_of(f, "Uniqueid");
    e.call_id = value_of(f, "Linkedid");
    if (e.call_id.len == 0) { /* older versions: the caller's own channel */
        e.call_id = e.leg_id;
    }
    e.caller = value_of(f, "CallerIDNum");
    e.called = value_of(f, "Exten");
    e.queue = value_of(f, "Queue");
    e.agent = value_of(f, "MemberName");
    e.hold_s = seconds_of(f, "HoldTime");
    e.talk_s = seconds_of(f, "TalkTime");
    e.end = r->kind == CALL_ENDED ? end_of(f) : CALL_END_UNKNOWN;
    if (r->kind == CALL_RECORDED) {
        e.recording_ref = value_of(f, "Value");
    }
    struct slice at = value_of(f, "Timestamp");
    if (at.len > 0 && calls_time(at, &e.at_ms) != ERR_OK) {
        *why = "AMI 事件的 Timestamp 无法识别。";
        return ERR_INPUT;
    }
    return calls_add(out, &e, arena, why);
}

enum err ami_read(struct slice body, struct slice source, struct arena *arena,
                  struct calls_batch *out, const char **why)
{
    static const char BANNER[] = "Asterisk Call Manager/";
    struct frame f = {.count = 0};
    struct slice rest = body;
    enum err err = ERR_OK;
    while (rest.len > 0 && err == ERR_OK) {
        struct slice line = slice_cut(&rest, '\n');
        if (line.len > 0 && line.ptr[line.len - 1] == '\r') {
            line.len--;
        }
        if (line.len == 0) {
            err = take(&f, source, arena, out, why);
            f.count = 0;
            continue;
        }
        if (slice_starts_with(line, BANNER)) {
            continue;
        }
        struct slice value = line;
        struct slice key = slice_cut(&value, ':');
        if (key.len == line.len || line.len > AMI_LINE_MAX || f.count == AMI_LINES_MAX) {
            *why = "AMI 事件须为“键: 值”的行，每个事件以空行结束。";
            return ERR_INPUT;
        }
        f.lines[f.count++] = (struct line){slice_trim(key), slice_trim(value)};
    }
    return err == ERR_OK ? take(&f, source, arena, out, why) : err;
}
