#include "integrations/calls/calls.h"

#include <strings.h>
#include "integrations/calls/ami/ami.h"
#include "integrations/calls/ari/ari.h"
#include "integrations/calls/generic/generic.h"
#include "queue/base/clock.h"

static const char *const KINDS[CALL_KIND_COUNT] = {
#define CALL_KIND_WORD(id, word) word,
    CALL_KIND_TABLE(CALL_KIND_WORD)
#undef CALL_KIND_WORD
};

const char *call_kind_word(enum call_kind kind)
{
    ASSERT(kind < CALL_KIND_COUNT);
    return KINDS[kind];
}

/* ---- Times, numbers, names ---- */

#define EPOCH_LATEST_S INT64_C(253402214400) /* the last day of 9999 in China */

/* "1558000000.123456" to ms. */
static enum err epoch_time(struct slice text, int64_t *at_ms)
{
    struct slice rest = text;
    struct slice whole = slice_cut(&rest, '.');
    int64_t s, ms = 0, digit = 100;
    if (slice_to_int64(whole, 1, EPOCH_LATEST_S, &s) != ERR_OK ||
        (whole.len < text.len && !slice_all_digits(rest))) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < rest.len && digit > 0; i++, digit /= 10) {
        ms += (rest.ptr[i] - '0') * digit;
    }
    *at_ms = s * 1000 + ms;
    return ERR_OK;
}

enum err calls_time(struct slice text, int64_t *at_ms)
{
    char copy[48];
    size_t n = text.len;
    if (n == 0 || n >= sizeof(copy) - 1) {
        return ERR_INPUT;
    }
    if (memchr(text.ptr, '-', n) == NULL) {
        return epoch_time(text, at_ms);
    }
    if (n > 5 && (text.ptr[n - 5] == '+' || text.ptr[n - 5] == '-') &&
        slice_all_digits(slice_make(text.ptr + n - 4, 4))) { /* an offset without its colon */
        memcpy(copy, text.ptr, n - 2);
        copy[n - 2] = ':';
        memcpy(copy + n - 1, text.ptr + n - 2, 2);
        return clock_parse_rfc3339(slice_make(copy, n + 1), at_ms);
    }
    return clock_parse_rfc3339(text, at_ms);
}

bool calls_withheld(struct slice number)
{
    static const char *const WORDS[] = {"anonymous",  "unknown",     "<unknown>", "private",
                                        "restricted", "unavailable", "withheld"};
    struct slice n = slice_trim(number);
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (n.len == strlen(WORDS[i]) && strncasecmp(n.ptr, WORDS[i], n.len) == 0) {
            return true;
        }
    }
    return n.len == 0;
}

bool calls_source_ok(struct slice source)
{
    for (size_t i = 0; i < source.len; i++) {
        char c = source.ptr[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
        if (!ok) {
            return false;
        }
    }
    return source.len >= 1 && source.len <= CALLS_SOURCE_MAX;
}

bool calls_id_ok(struct slice id)
{
    for (size_t i = 0; i < id.len; i++) {
        if (id.ptr[i] <= 0x20 || id.ptr[i] >= 0x7F) {
            return false;
        }
    }
    return id.len >= 1 && id.len <= CALLS_ID_MAX;
}

/* ---- Events ---- */

void call_event_init(struct call_event *e, enum call_kind kind, struct slice source)
{
    *e = (struct call_event){.kind = kind, .source = source, .hold_s = -1, .talk_s = -1};
}

static bool keep(struct arena *arena, struct slice *text)
{
    const char *copy = arena_text(arena, *text);
    *text = slice_make(copy, copy == NULL ? 0 : text->len);
    return copy != NULL;
}

static bool seconds_ok(int64_t s)
{
    return s >= -1 && s <= CALLS_SECONDS_MAX;
}

enum err calls_add(struct calls_batch *b, const struct call_event *e, struct arena *arena,
                   const char **why)
{
    struct call_event c = *e;
    if (!calls_source_ok(c.source)) {
        *why = "来源名须为 1 到 32 个字母、数字、点、横线。";
        return ERR_INPUT;
    }
    if (!calls_id_ok(c.call_id) || (c.leg_id.len > 0 && !calls_id_ok(c.leg_id))) {
        *why = "通话编号须为 1 到 128 个可见 ASCII 字符。";
        return ERR_INPUT;
    }
    if (c.caller.len > CALLS_CALLER_MAX || c.called.len > CALLS_CALLER_MAX ||
        c.queue.len > CALLS_WORD_MAX || c.agent.len > CALLS_WORD_MAX ||
        c.recording_ref.len > CALLS_REF_MAX || !seconds_ok(c.hold_s) || !seconds_ok(c.talk_s)) {
        *why = "号码、队列、坐席、录音编号过长，或时长不在 0 到 86400 秒之间。";
        return ERR_INPUT;
    }
    if (b->count == CALLS_EVENTS_MAX) {
        return ERR_TOO_LARGE;
    }
    if (calls_withheld(c.caller)) {
        c.caller = slice_make("", 0);
    }
    if (!keep(arena, &c.source) || !keep(arena, &c.call_id) || !keep(arena, &c.leg_id) ||
        !keep(arena, &c.caller) || !keep(arena, &c.called) || !keep(arena, &c.queue) ||
        !keep(arena, &c.agent) || !keep(arena, &c.recording_ref)) {
        return ERR_NO_MEMORY;
    }
    b->events[b->count++] = c;
    return ERR_OK;
}

/* ---- A request ---- */

static enum err read_object(const struct json *v, struct slice source, struct arena *arena,
                            struct calls_batch *out, const char **why)
{
    if (json_kind(v) != JSON_OBJECT) {
        *why = "每个事件须为 JSON 对象。";
        return ERR_INPUT;
    }
    return ari_is(v) ? ari_read(v, source, arena, out, why)
                     : generic_call_read(v, source, arena, out, why);
}

static enum err read_json(struct slice body, struct slice source, struct arena *arena,
                          struct calls_batch *out, const char **why)
{
    struct json *root = NULL;
    enum err err = json_parse(body, &root, NULL);
    if (err != ERR_OK) {
        *why = "请求体不是合格的 JSON。";
        return err;
    }
    if (json_kind(root) == JSON_ARRAY) {
        for (const struct json *v = json_first(root); v != NULL && err == ERR_OK;
             v = json_next(v)) {
            err = read_object(v, source, arena, out, why);
        }
    } else {
        err = read_object(root, source, arena, out, why);
    }
    json_free(root);
    return err;
}

enum err calls_read(struct slice body, struct slice source, struct arena *arena,
                    struct calls_batch *out, const char **why)
{
    struct slice text = slice_trim(body);
    struct slice name = source.len > 0 ? source : slice_of(CALLS_SOURCE_DEFAULT);
    *why = "请求体是空的。";
    out->count = 0;
    out->ignored = 0;
    if (text.len == 0) {
        return ERR_INPUT;
    }
    return text.ptr[0] == '{' || text.ptr[0] == '[' ? read_json(body, name, arena, out, why)
                                                    : ami_read(body, name, arena, out, why);
}
