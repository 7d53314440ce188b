#include "integrations/webhook/webhook.h"

#include <time.h>
#include "queue/base/clock.h"
#include "queue/base/json.h"

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)

/* ---- Subscriptions ---- */

bool webhook_url_ok(struct slice url)
{
    static const char LOCAL[] = "http://127.0.0.1";
    size_t scheme = 8;
    if (url.len > WEBHOOK_URL_MAX) {
        return false;
    }
    if (!slice_starts_with(url, "https://")) {
        scheme = sizeof(LOCAL) - 1;
        if (!slice_starts_with(url, LOCAL) ||
            (url.len > scheme && url.ptr[scheme] != ':' && url.ptr[scheme] != '/')) {
            return false;
        }
    }
    for (size_t i = 0; i < url.len; i++) {
        char c = url.ptr[i];
        if (c <= 0x20 || c >= 0x7F || c == '@' || c == '#' || c == '\\' || c == '"') {
            return false;
        }
    }
    return url.len > 8 && (scheme != 8 || (url.ptr[8] != '/' && url.ptr[8] != ':'));
}

bool webhook_type_ok(struct slice type)
{
    static const char *const KINDS[] = {"case", "payment", "fund"};
    struct slice verb = type;
    struct slice kind = slice_cut(&verb, '.');
    bool known = false;
    if (slice_is(type, "*")) {
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        known = known || slice_is(kind, KINDS[i]);
    }
    for (size_t i = 0; i < verb.len && !slice_is(verb, "*"); i++) {
        known = known && ((verb.ptr[i] >= 'a' && verb.ptr[i] <= 'z') || verb.ptr[i] == '-');
    }
    return known && verb.len >= 1 && verb.len <= 32;
}

/* ---- Events ---- */

void webhook_id(const struct webhook_event *e, struct buf *out)
{
    struct slice n = e->member;
    struct slice entry = slice_cut(&n, ':');
    buf_putf(out, "evt_%.*s_%.*s_%.*s", SLICE_FMT(e->region), SLICE_FMT(entry), SLICE_FMT(n));
}

static void put_source(const struct webhook_event *e, struct json_out *o)
{
    struct buf text;
    bool fund = slice_starts_with(e->key, "fund:");
    buf_init(&text, 256);
    webhook_id(e, &text);
    json_put_slice(o, "id", buf_slice(&text));
    buf_clear(&text);
    buf_putf(&text, "/jiuji/%.*s", SLICE_FMT(e->region));
    json_put_slice(o, "source", buf_slice(&text));
    buf_clear(&text);
    buf_putf(&text, "jiuji.%.*s", SLICE_FMT(e->type));
    json_put_slice(o, "type", buf_slice(&text));
    buf_clear(&text);
    if (fund) {
        buf_putf(&text, "fund/%.*s", (int)(e->key.len - 5), e->key.ptr + 5);
    } else {
        buf_putf(&text, "case/%.*s", SLICE_FMT(e->key));
    }
    json_put_slice(o, "subject", buf_slice(&text));
    buf_release(&text);
}

static void put_word(const struct json *event, const char *name, struct json_out *o)
{
    struct slice text;
    if (json_string(json_get(event, name), &text) == ERR_OK) {
        json_put_slice(o, name, text);
    }
}

static void put_number(const struct json *event, const char *name, struct json_out *o)
{
    int64_t n;
    if (json_int64(json_get(event, name), -JSON_INT_MAX, JSON_INT_MAX, &n) == ERR_OK) {
        json_put_int(o, name, n);
    }
}

static void put_postings(const struct json *event, struct json_out *o)
{
    const struct json *list = json_get(event, "postings");
    if (json_kind(list) != JSON_ARRAY) {
        return;
    }
    json_open_array(o, "postings");
    for (const struct json *p = json_first(list); p != NULL; p = json_next(p)) {
        json_open_object(o, NULL);
        put_word(p, "fund", o);
        put_word(p, "from", o);
        put_word(p, "to", o);
        put_number(p, "amount_fen", o);
        json_close_object(o);
    }
    json_close_array(o);
}

/* What of an event may be seen outside. */
static void put_data(const struct json *event, struct json_out *o)
{
    static const char *const WORDS[] = {"verb", "from", "to", "held_by", "payment", "policy"};
    static const char *const NUMBERS[] = {"seq", "amount_fen", "instalment"};
    json_open_object(o, "data");
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        put_word(event, WORDS[i], o);
    }
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        put_number(event, NUMBERS[i], o);
    }
    put_postings(event, o);
    json_close_object(o);
}

enum err webhook_event_write(const struct webhook_event *e, struct buf *out)
{
    char at[CLOCK_RFC3339_SIZE];
    struct json *root = NULL;
    struct json_out o;
    int64_t at_ms = 0;
    enum err err = json_parse(e->json, &root, NULL);
    if (err == ERR_OK &&
        json_int64(json_get(root, "at_ms"), 0, INT64_C(253402214400000), &at_ms) != ERR_OK) {
        err = ERR_INPUT;
    }
    if (err != ERR_OK) {
        json_free(root);
        return err == ERR_INPUT ? ERR_CORRUPT : err;
    }
    clock_format_rfc3339(at_ms, at);
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "specversion", "1.0");
    put_source(e, &o);
    json_put_text(&o, "time", at);
    json_put_text(&o, "datacontenttype", "application/json");
    put_data(root, &o);
    json_close_object(&o);
    json_free(root);
    return buf_err(out);
}

/* ---- Tries ---- */

enum webhook_verdict webhook_verdict_of(int status)
{
    if (status >= 200 && status <= 299) {
        return WEBHOOK_DELIVERED;
    }
    if (status == 410) {
        return WEBHOOK_GONE;
    }
    return status == 429 || status == 502 || status == 503 || status == 504 ? WEBHOOK_BUSY
                                                                            : WEBHOOK_FAILED;
}

int64_t webhook_rest_ms(struct slice retry_after, int64_t now_ms)
{
    char text[64];
    struct tm tm = {.tm_mday = 1};
    int64_t seconds, rest_ms;
    if (slice_to_int64(retry_after, 0, INT64_C(1000000000), &seconds) == ERR_OK) {
        rest_ms = seconds * SECOND_MS;
    } else {
        if (slice_copy(retry_after, text, sizeof(text)) != ERR_OK) {
            return 0;
        }
        const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
        if (end == NULL || *end != '\0') {
            return 0;
        }
        rest_ms = civil_to_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * MS_PER_DAY +
                  tm.tm_hour * HOUR_MS + tm.tm_min * MINUTE_MS + tm.tm_sec * SECOND_MS - now_ms;
    }
    return rest_ms < 0 ? 0 : rest_ms > WEBHOOK_REST_MAX_MS ? WEBHOOK_REST_MAX_MS : rest_ms;
}

int64_t webhook_wait_ms(int64_t failures, struct slice salt)
{
    static const int64_t WAITS_MS[WEBHOOK_TRIES_MAX - 1] = {
        5 * SECOND_MS, 5 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS, 5 * HOUR_MS,
        10 * HOUR_MS,  14 * HOUR_MS,  20 * HOUR_MS,   24 * HOUR_MS};
    uint32_t hash = 2166136261u;
    ASSERT(failures >= 1);
    if (failures >= WEBHOOK_TRIES_MAX) {
        return -1;
    }
    for (size_t i = 0; i < salt.len; i++) {
        hash = (hash ^ (unsigned char)salt.ptr[i]) * 16777619u;
    }
    int64_t wait_ms = WAITS_MS[failures - 1];
    return wait_ms + wait_ms / 10 * (hash % 1001) / 1000;
}
