#include "integrations/pay/pay_profile.h"

#include <string.h>
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "queue/base/json.h"
#include "queue/domain/json_check.h"
#include "queue/domain/relief.h"

#define PROFILE_FILE_MAX ((size_t)64 * 1024)
#define CLOCK_SLACK_MS (5 * 60 * INT64_C(1000))
#define HOUR_MS (3600 * INT64_C(1000))
#define MINUTES_PER_DAY 1440

static bool is_rail_name(const char *name)
{
    if (name[0] < 'a' || name[0] > 'z') {
        return false;
    }
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* "HH:MM" of a day to minutes. */
static bool read_minute(struct json_check *c, const struct json *v, const char *name, int *out)
{
    char text[6] = "";
    if (!json_check_text(c, v, name, true, text, sizeof(text))) {
        return false;
    }
    size_t mark = json_check_enter(c, name);
    bool shape =
        strlen(text) == 5 && strspn(text, "0123456789") == 2 && text[2] == ':' && strspn(text + 3, "0123456789") == 2;
    int hour = shape ? (text[0] - '0') * 10 + text[1] - '0' : 24;
    int minute = shape ? (text[3] - '0') * 10 + text[4] - '0' : 60;
    if (hour > 23 || minute > 59) {
        json_check_fault(c, "must be a time of day \"HH:MM\", 00:00 to 23:59");
    }
    json_check_leave(c, mark);
    *out = hour * 60 + minute;
    return hour <= 23 && minute <= 59;
}

static void read_quiet(struct json_check *c, const struct json *root, struct pay_profile *p)
{
    static const char *const keys[] = {"from", "to"};
    const struct json *list = json_check_child(c, root, "quiet", false, JSON_ARRAY);
    size_t mark = json_check_enter(c, "quiet");
    if (json_size(list) > PAY_QUIET_MAX) {
        json_check_fault(c, "has more than %d quiet times", PAY_QUIET_MAX);
        list = NULL;
    }
    size_t i = 0;
    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        size_t inner = json_check_enter_at(c, i);
        struct pay_quiet q = {0, 0};
        if (json_kind(v) != JSON_OBJECT) {
            json_check_fault(c, "must be an object with \"from\" and \"to\"");
        } else if (json_check_keys(c, v, keys, COUNT_OF(keys)) && read_minute(c, v, "from", &q.from_minute) &&
                   read_minute(c, v, "to", &q.to_minute)) {
            if (q.from_minute == q.to_minute) {
                json_check_fault(c,
                                 "\"from\" and \"to\" are the same: a rail that never sends is switched off instead");
            }
            p->quiet[p->quiet_count++] = q;
        }
        json_check_leave(c, inner);
    }
    json_check_leave(c, mark);
}

/* A word out of two. */
static bool read_choice(struct json_check *c, const struct json *root, const char *name, const char *first,
                        const char *second, bool *is_second)
{
    char word[32];
    if (!json_check_text(c, root, name, true, word, sizeof(word))) {
        return false;
    }
    *is_second = strcmp(word, second) == 0;
    if (!*is_second && strcmp(word, first) != 0) {
        size_t mark = json_check_enter(c, name);
        json_check_fault(c, "must be \"%s\" or \"%s\"", first, second);
        json_check_leave(c, mark);
    }
    return true;
}

static void read_numbers(struct json_check *c, const struct json *root, struct pay_profile *p)
{
    int64_t batch_max = 1;
    json_check_int(c, root, "key_life_s", true, 60, PAY_LIFE_S_MAX, &p->key_life_s);
    json_check_int(c, root, "query_after_s", true, 0, 86400, &p->query_after_s);
    json_check_int(c, root, "query_life_s", true, 60, PAY_LIFE_S_MAX, &p->query_life_s);
    json_check_int(c, root, "settle_s", true, 0, INT64_C(30) * 86400, &p->settle_s);
    json_check_int(c, root, "batch_max", true, 1, PAY_PROFILE_BATCH_MAX, &batch_max);
    p->batch_max = (int)batch_max;
    if (json_check_int(c, root, "amount_min_fen", true, 1, AMOUNT_FEN_MAX, &p->amount_min_fen) &&
        json_check_int(c, root, "amount_max_fen", true, 1, AMOUNT_FEN_MAX, &p->amount_max_fen) &&
        p->amount_min_fen > p->amount_max_fen) {
        size_t mark = json_check_enter(c, "amount_min_fen");
        json_check_fault(c, "is above amount_max_fen");
        json_check_leave(c, mark);
    }
}

static void read_words(struct json_check *c, const struct json *root, struct pay_profile *p)
{
    int64_t format = 0;
    bool later = false;
    bool never = false;
    json_check_int(c, root, "format", true, 1, 1, &format);
    if (json_check_text(c, root, "rail", true, p->rail, sizeof(p->rail)) && !is_rail_name(p->rail)) {
        size_t mark = json_check_enter(c, "rail");
        json_check_fault(c, "must be lower-case letters, digits and '_', a letter first");
        json_check_leave(c, mark);
    }
    json_check_text(c, root, "title", false, p->title, sizeof(p->title));
    json_check_bool(c, root, "query_by_key", true, &p->query_by_key);
    if (read_choice(c, root, "answers", "at_once", "later", &later)) {
        p->answers = later ? PAY_ANSWERS_LATER : PAY_ANSWERS_AT_ONCE;
    }
    if (read_choice(c, root, "not_found", "may_be_in_flight", "never_seen", &never)) {
        p->not_found = never ? PAY_NOT_FOUND_IS_NEVER : PAY_NOT_FOUND_IS_UNKNOWN;
    }
}

enum err pay_profile_read(struct slice json, struct pay_profile *out, struct buf *why)
{
    static const char *const keys[] = {"format",       "rail",           "title",          "answers",  "key_life_s",
                                       "query_by_key", "query_after_s",  "query_life_s",   "settle_s", "not_found",
                                       "batch_max",    "amount_min_fen", "amount_max_fen", "quiet"};
    struct json_check c;
    struct json *root = NULL;
    struct pay_profile p;
    memset(&p, 0, sizeof(p));
    json_check_init(&c, json, why);
    enum err err = json_check_parse(&c, &root);
    if (err != ERR_OK) {
        return err;
    }
    if (json_kind(root) != JSON_OBJECT) {
        json_check_fault(&c, "must be an object");
    } else {
        (void)json_check_keys(&c, root, keys, COUNT_OF(keys));
        read_words(&c, root, &p);
        read_numbers(&c, root, &p);
        read_quiet(&c, root, &p);
    }
    json_free(root);
    if (c.faults > 0) {
        return ERR_INPUT;
    }
    *out = p;
    return ERR_OK;
}

enum err pay_profile_load(const char *path, struct pay_profile *out, struct buf *why)
{
    struct buf text;
    buf_init(&text, PROFILE_FILE_MAX);
    enum err err = file_read(path, &text);
    if (err == ERR_OK) {
        err = pay_profile_read(buf_slice(&text), out, why);
    }
    buf_release(&text);
    return err;
}

bool pay_profile_may_send(const struct pay_profile *p, int64_t first_sent_ms, int64_t now_ms)
{
    if (first_sent_ms == 0) {
        return true;
    }
    int64_t life_ms = p->key_life_s * 1000;
    int64_t margin_ms = life_ms / 4 < HOUR_MS ? life_ms / 4 : HOUR_MS;
    if (margin_ms < life_ms / 10) {
        margin_ms = life_ms / 10;
    }
    int64_t age_ms = now_ms - first_sent_ms;
    return age_ms >= -CLOCK_SLACK_MS && age_ms <= life_ms - margin_ms;
}

bool pay_profile_may_query(const struct pay_profile *p, int64_t first_sent_ms, int64_t now_ms)
{
    int64_t age_ms = now_ms - first_sent_ms;
    return p->query_by_key && age_ms >= p->query_after_s * 1000 && age_ms <= p->query_life_s * 1000;
}

bool pay_profile_not_found_counts(const struct pay_profile *p, int64_t first_sent_ms, int64_t now_ms)
{
    bool settled = p->not_found == PAY_NOT_FOUND_IS_NEVER || now_ms - first_sent_ms >= p->settle_s * 1000;
    return settled && pay_profile_may_send(p, first_sent_ms, now_ms);
}

int64_t pay_profile_quiet_until(const struct pay_profile *p, int64_t now_ms)
{
    int64_t day_ms = (now_ms + CLOCK_CHINA_OFFSET_MS) % MS_PER_DAY;
    int minute = (int)(day_ms / 60000);
    int64_t midnight_ms = now_ms - day_ms;
    int64_t until_ms = 0;
    for (int i = 0; i < p->quiet_count; i++) {
        const struct pay_quiet *q = &p->quiet[i];
        bool over = q->from_minute > q->to_minute;
        bool inside = over ? minute >= q->from_minute || minute < q->to_minute
                           : minute >= q->from_minute && minute < q->to_minute;
        if (!inside) {
            continue;
        }
        int end_minute = over && minute >= q->from_minute ? q->to_minute + MINUTES_PER_DAY : q->to_minute;
        int64_t end_ms = midnight_ms + end_minute * INT64_C(60000);
        until_ms = end_ms > until_ms ? end_ms : until_ms;
    }
    return until_ms;
}
