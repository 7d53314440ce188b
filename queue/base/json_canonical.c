#include "queue/base/json_canonical.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "queue/base/utf8.h"

#define DIGITS_MAX 17 /* enough for every double */

/* ---- Numbers ---- */

/* value = 0.d1d2d3… x 10^point, digits without zeros at the end. */
struct decimal {
    char digits[DIGITS_MAX + 2];
    int count;
    int point;
};

/* The decimal with `count` digits that lies nearest to value (> 0). */
static void nearest(double value, int count, struct decimal *d)
{
    char text[40]; /* d.ddde-324 */
    int len = snprintf(text, sizeof(text), "%.*e", count - 1, value);
    ASSERT(len > 0 && (size_t)len < sizeof(text));
    d->count = 0;
    const char *at = text;
    for (; *at != 'e'; at++) {
        if (*at != '.') {
            d->digits[d->count++] = *at;
        }
    }
    d->digits[d->count] = '\0';
    d->point = (int)strtol(at + 1, NULL, 10) + 1;
}

static bool reads_back(const struct decimal *d, double value)
{
    char text[48];
    (void)snprintf(text, sizeof(text), "0.%se%d", d->digits, d->point);
    return strtod(text, NULL) == value;
}

/* The next greater decimal with as many digits. */
static void step_up(struct decimal *d)
{
    int i = d->count - 1;
    while (i >= 0 && d->digits[i] == '9') {
        d->digits[i--] = '0';
    }
    if (i >= 0) {
        d->digits[i]++;
        return;
    }
    d->digits[0] = '1'; /* 99 -> 10 with one place more in front */
    d->point++;
}

/* The shortest digits that read back. At a power of two the gap below is half the gap above, so
 * that the nearest decimal may fail while the one above it does not. */
static struct decimal shortest(double value)
{
    struct decimal d = {.count = 0};
    for (int count = 1; count <= DIGITS_MAX; count++) {
        nearest(value, count, &d);
        if (reads_back(&d, value)) {
            break;
        }
        struct decimal above = d;
        step_up(&above);
        if (reads_back(&above, value)) {
            d = above;
            break;
        }
    }
    while (d.count > 1 && d.digits[d.count - 1] == '0') {
        d.digits[--d.count] = '\0';
    }
    return d;
}

static void put_zeros(struct buf *out, int n)
{
    for (int i = 0; i < n; i++) {
        buf_put_char(out, '0');
    }
}

/* The layout of ECMAScript's Number::toString. */
static void put_decimal(const struct decimal *d, struct buf *out)
{
    size_t count = (size_t)d->count;
    if (d->point > 0 && d->point <= 21) {
        size_t whole = (size_t)d->point < count ? (size_t)d->point : count;
        buf_put(out, d->digits, whole);
        put_zeros(out, d->point - d->count);
        if (whole < count) {
            buf_put_char(out, '.');
            buf_put(out, d->digits + whole, count - whole);
        }
        return;
    }
    if (d->point > -6 && d->point <= 0) {
        buf_put_text(out, "0.");
        put_zeros(out, -d->point);
        buf_put(out, d->digits, count);
        return;
    }
    buf_put_char(out, d->digits[0]);
    if (count > 1) {
        buf_put_char(out, '.');
        buf_put(out, d->digits + 1, count - 1);
    }
    int exponent = d->point - 1;
    buf_putf(out, "e%c%d", exponent < 0 ? '-' : '+', abs(exponent));
}

enum err json_canonical_number(double value, struct buf *out)
{
    if (!isfinite(value)) {
        return ERR_INPUT;
    }
    if (value < 0) {
        buf_put_char(out, '-');
        value = -value;
    }
    if (value == 0) {
        buf_put_char(out, '0');
    } else {
        struct decimal d = shortest(value);
        put_decimal(&d, out);
    }
    return buf_err(out);
}

/* ---- Strings ---- */

static void put_string(struct slice text, struct buf *out)
{
    buf_put_char(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        switch (c) {
        case '"': buf_put_text(out, "\\\""); break;
        case '\\': buf_put_text(out, "\\\\"); break;
        case '\b': buf_put_text(out, "\\b"); break;
        case '\f': buf_put_text(out, "\\f"); break;
        case '\n': buf_put_text(out, "\\n"); break;
        case '\r': buf_put_text(out, "\\r"); break;
        case '\t': buf_put_text(out, "\\t"); break;
        default:
            if (c < 0x20) {
                buf_putf(out, "\\u%04x", c);
            } else {
                buf_put_char(out, (char)c);
            }
            break;
        }
    }
    buf_put_char(out, '"');
}

/* ---- Members ---- */

/* Where a code point stands among UTF-16 code units: those above U+FFFF begin with a surrogate
 * (D800…), that is before U+E000…U+FFFF. */
static uint32_t utf16_rank(uint32_t code)
{
    return code >= 0xE000 && code <= 0xFFFF ? code + 0x200000 : code;
}

static int by_name(const void *left, const void *right)
{
    struct slice a = slice_of(json_name(*(const struct json *const *)left));
    struct slice b = slice_of(json_name(*(const struct json *const *)right));
    while (a.len > 0 && b.len > 0) {
        uint32_t ra = utf16_rank(utf8_next(&a));
        uint32_t rb = utf16_rank(utf8_next(&b));
        if (ra != rb) {
            return ra < rb ? -1 : 1;
        }
    }
    return (a.len > 0) - (b.len > 0);
}

static enum err put_object(const struct json *v, struct buf *out)
{
    const struct json *members[JSON_KEYS_MAX];
    size_t n = 0;
    for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
        ASSERT(n < JSON_KEYS_MAX); /* json_parse lets no more through */
        members[n++] = m;
    }
    qsort(members, n, sizeof(members[0]), by_name);
    buf_put_char(out, '{');
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            buf_put_char(out, ',');
        }
        put_string(slice_of(json_name(members[i])), out);
        buf_put_char(out, ':');
        enum err err = json_canonical(members[i], out);
        if (err != ERR_OK) {
            return err;
        }
    }
    buf_put_char(out, '}');
    return buf_err(out);
}

static enum err put_array(const struct json *v, struct buf *out)
{
    buf_put_char(out, '[');
    for (const struct json *e = json_first(v); e != NULL; e = json_next(e)) {
        if (e != json_first(v)) {
            buf_put_char(out, ',');
        }
        enum err err = json_canonical(e, out);
        if (err != ERR_OK) {
            return err;
        }
    }
    buf_put_char(out, ']');
    return buf_err(out);
}

enum err json_canonical(const struct json *v, struct buf *out)
{
    struct slice text;
    double number = 0;
    bool yes = false;
    switch (json_kind(v)) {
    case JSON_OBJECT: return put_object(v, out);
    case JSON_ARRAY: return put_array(v, out);
    case JSON_STRING:
        if (json_string(v, &text) == ERR_OK) {
            put_string(text, out);
        }
        return buf_err(out);
    case JSON_NUMBER:
        if (json_double(v, -DBL_MAX, DBL_MAX, &number) != ERR_OK) {
            return ERR_INPUT;
        }
        return json_canonical_number(number, out);
    case JSON_BOOL:
        buf_put_text(out, json_bool(v, &yes) == ERR_OK && yes ? "true" : "false");
        return buf_err(out);
    case JSON_NULL: buf_put_text(out, "null"); return buf_err(out);
    case JSON_ABSENT: break;
    }
    ASSERT(v != NULL); /* an absent value has no form */
    return ERR_INTERNAL;
}
