/* Strict reading of hand-written JSON, with places. */
#include "queue/domain/json_check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"

void json_check_init(struct json_check *c, struct slice text, struct buf *why)
{
    memset(c, 0, sizeof *c);
    c->text = text;
    c->why = why;
}

enum err json_check_parse(struct json_check *c, struct json **root)
{
    struct json_fault fault = {0, 0, ""};
    enum err err = json_parse(c->text, root, &fault);

    if (err != ERR_INPUT)
        return err;
    c->faults++;
    if (c->why != NULL)
        buf_putf(c->why, "line %d: not valid JSON: %s (byte %zu)\n", fault.line,
                 fault.reason == NULL ? "?" : fault.reason, fault.offset);
    return ERR_INPUT;
}

static void pointer_put(struct json_check *c, const char *text, size_t len)
{
    size_t room = sizeof c->pointer - 1 - c->pointer_len;

    if (len > room)
        len = utf8_valid(slice_make(text, len)) ? 0 : room;
    memcpy(c->pointer + c->pointer_len, text, len);
    c->pointer_len += len;
    c->pointer[c->pointer_len] = '\0';
}

size_t json_check_enter(struct json_check *c, const char *name)
{
    size_t mark = c->pointer_len;

    pointer_put(c, "/", 1);
    for (const char *p = name; *p != '\0';) {
        if (*p == '~' || *p == '/') {
            pointer_put(c, *p == '~' ? "~0" : "~1", 2);
            p++;
            continue;
        }
        size_t run = strcspn(p, "~/");
        pointer_put(c, p, run);
        p += run;
    }
    return mark;
}

size_t json_check_enter_at(struct json_check *c, size_t index)
{
    char text[24];

    snprintf(text, sizeof text, "%zu", index);
    return json_check_enter(c, text);
}

void json_check_leave(struct json_check *c, size_t mark)
{
    ASSERT(mark <= c->pointer_len);
    c->pointer_len = mark;
    c->pointer[mark] = '\0';
}

void json_check_fault(struct json_check *c, const char *fmt, ...)
{
    char text[400];
    va_list args;

    c->faults++;
    if (c->why == NULL || c->faults > JSON_CHECK_FAULTS_MAX)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    buf_putf(c->why, "line %d: %s: %s\n", json_check_line(c->text, c->pointer),
             c->pointer_len == 0 ? "(document)" : c->pointer, text);
}

/* Member `name`, with the pointer moved to it; a fault when it is required and absent. */
static const struct json *member(struct json_check *c, const struct json *v, const char *name,
                                 bool required, size_t *mark)
{
    const struct json *m = json_get(v, name);

    *mark = json_check_enter(c, name);
    if (m == NULL && required)
        json_check_fault(c, "is missing: add \"%s\"", name);
    return m;
}

bool json_check_int(struct json_check *c, const struct json *v, const char *name, bool required,
                    int64_t min, int64_t max, int64_t *out)
{
    size_t mark;
    const struct json *m = member(c, v, name, required, &mark);
    bool ok = m != NULL;

    if (ok && json_int64(m, min, max, out) != ERR_OK) {
        json_check_fault(c, "must be a whole number %lld..%lld", (long long)min, (long long)max);
        ok = false;
    }
    json_check_leave(c, mark);
    return ok;
}

bool json_check_bool(struct json_check *c, const struct json *v, const char *name, bool required,
                     bool *out)
{
    size_t mark;
    const struct json *m = member(c, v, name, required, &mark);
    bool ok = m != NULL;

    if (ok && json_bool(m, out) != ERR_OK) {
        json_check_fault(c, "must be true or false");
        ok = false;
    }
    json_check_leave(c, mark);
    return ok;
}

bool json_check_text(struct json_check *c, const struct json *v, const char *name, bool required,
                     char *out, size_t size)
{
    size_t mark;
    const struct json *m = member(c, v, name, required, &mark);
    bool ok = m != NULL;
    struct slice text;

    if (ok && (json_string(m, &text) != ERR_OK || text.len == 0)) {
        json_check_fault(c, "must be a text that is not empty");
        ok = false;
    } else if (ok && slice_copy(text, out, size) != ERR_OK) {
        json_check_fault(c, "is too long: at most %zu bytes (a Chinese character has 3)", size - 1);
        ok = false;
    }
    json_check_leave(c, mark);
    return ok;
}

bool json_check_date_value(struct json_check *c, const struct json *v, int64_t *at_ms)
{
    struct slice text;
    struct civil_time t = {0};
    int64_t year, month, day;
    int y, m, d;

    if (json_string(v, &text) != ERR_OK || text.len != 10 || text.ptr[4] != '-' ||
        text.ptr[7] != '-')
        goto wrong;
    /* slice_to_int64 refuses leading zeros, so they are taken off first */
    struct slice part[3] = {{text.ptr, 4}, {text.ptr + 5, 2}, {text.ptr + 8, 2}};
    for (int i = 0; i < 3; i++) {
        if (!slice_all_digits(part[i]))
            goto wrong;
        while (part[i].len > 1 && part[i].ptr[0] == '0')
            part[i] = slice_make(part[i].ptr + 1, part[i].len - 1);
    }
    if (slice_to_int64(part[0], 1970, 9990, &year) != ERR_OK ||
        slice_to_int64(part[1], 1, 12, &month) != ERR_OK ||
        slice_to_int64(part[2], 1, 31, &day) != ERR_OK)
        goto wrong;
    civil_from_days(civil_to_days((int)year, (int)month, (int)day), &y, &m, &d);
    if (y != year || m != month || d != day)
        goto wrong;
    t.year = y;
    t.month = m;
    t.day = d;
    *at_ms = clock_from_civil_china(&t);
    return true;
wrong:
    json_check_fault(c, "must be a date of the calendar such as \"2026-03-01\"");
    return false;
}

bool json_check_date(struct json_check *c, const struct json *v, const char *name, bool required,
                     int64_t *at_ms)
{
    size_t mark;
    const struct json *m = member(c, v, name, required, &mark);
    bool ok = m != NULL && json_check_date_value(c, m, at_ms);

    json_check_leave(c, mark);
    return ok;
}

const struct json *json_check_child(struct json_check *c, const struct json *v, const char *name,
                                    bool required, enum json_kind kind)
{
    size_t mark;
    const struct json *m = member(c, v, name, required, &mark);

    if (m != NULL && json_kind(m) != kind) {
        json_check_fault(c,
                         kind == JSON_ARRAY ? "must be a list [...]" : "must be an object {...}");
        m = NULL;
    }
    json_check_leave(c, mark);
    return m;
}

static bool known(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

bool json_check_keys(struct json_check *c, const struct json *v, const char *const *names,
                     size_t count)
{
    bool ok = true;
    char list[240] = "";
    size_t len = 0;

    if (json_kind(v) != JSON_OBJECT) {
        json_check_fault(c, "must be an object {...}");
        return false;
    }
    for (size_t i = 0; i < count && len < sizeof list; i++)
        len +=
            (size_t)snprintf(list + len, sizeof list - len, "%s%s", i == 0 ? "" : ", ", names[i]);
    for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
        if (known(json_name(m), names, count))
            continue;
        size_t mark = json_check_enter(c, json_name(m));
        json_check_fault(c, "is not a known key here: remove it or use one of: %s", list);
        json_check_leave(c, mark);
        ok = false;
    }
    return ok;
}
