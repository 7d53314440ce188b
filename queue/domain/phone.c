/* Telephone numbers to E.164. */
#include "queue/domain/phone.h"

#include <stdio.h>
#include <string.h>
#include "queue/base/utf8.h"

#define DIGITS_MAX 32

/* Digits of the text in ASCII; a leading '+' is told apart. False when it holds anything that is
 * not a digit or a separator people write. */
static bool take_digits(struct slice text, char digits[DIGITS_MAX], size_t *len, bool *plus)
{
    *len = 0;
    *plus = false;
    if (!utf8_valid(text))
        return false;
    text = slice_trim(text);
    while (text.len > 0) {
        uint32_t c = utf8_next(&text);
        if (c >= 0xFF10 && c <= 0xFF19)
            c = c - 0xFF10 + '0'; /* full-width digit */
        if (c >= '0' && c <= '9') {
            if (*len == DIGITS_MAX)
                return false;
            digits[(*len)++] = (char)c;
        } else if ((c == '+' || c == 0xFF0B) && *len == 0 && !*plus) {
            *plus = true;
        } else if (c != ' ' && c != '-' && c != '.' && c != '(' && c != ')' && c != 0x3000 &&
                   c != 0xFF08 && c != 0xFF09 && c != 0xFF0D && c != 0x2010 && c != 0x2011 &&
                   c != 0x2013 && c != 0x2014 && c != 0x00A0) {
            return false;
        }
    }
    return *len > 0;
}

static bool is_mobile(struct slice d)
{
    return d.len == 11 && d.ptr[0] == '1' && d.ptr[1] >= '3' && d.ptr[1] <= '9';
}

/* Area code and number without the trunk 0: 10 and 2x have 2 digits and 8-digit numbers, the others
 * 3 and 7..8. */
static bool is_landline(struct slice d)
{
    bool short_area = d.len >= 2 && ((d.ptr[0] == '1' && d.ptr[1] == '0') || d.ptr[0] == '2');
    size_t area = short_area ? 2 : 3;

    if (d.len < area + 7 || d.len > area + 8 || (short_area && d.len != 10))
        return false;
    if (!short_area && (d.ptr[0] < '3' || d.ptr[0] > '9'))
        return false;
    return d.ptr[area] >= '2' && d.ptr[area] <= '8'; /* 0, 1 and 9 begin no subscriber's number */
}

/* Numbers of services: short codes, 95xxx, 96xxx, 106…, 10xxx of the carriers, 400 and 800. */
static bool is_service(struct slice d)
{
    if (d.len >= 3 && d.len <= 6)
        return d.ptr[0] == '1' || d.ptr[0] == '9';
    if (slice_starts_with(d, "106") || slice_starts_with(d, "95") || slice_starts_with(d, "96"))
        return d.len <= 16;
    if (slice_starts_with(d, "100") && d.len <= 9)
        return true; /* 10086xxxx */
    return d.len == 10 && (slice_starts_with(d, "400") || slice_starts_with(d, "800"));
}

static struct slice drop(struct slice d, size_t n)
{
    return slice_make(d.ptr + n, d.len - n);
}

/* IP dialling prefixes that some exchanges leave in front of a mobile or trunk number. */
static struct slice drop_ip_prefix(struct slice d)
{
    static const char *const prefixes[] = {"17909", "17951", "17911", "17908", "17950",
                                           "17910", "17900", "12593", "10193", "11808"};

    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        if (!slice_starts_with(d, prefixes[i]))
            continue;
        struct slice rest = drop(d, strlen(prefixes[i]));
        if (is_mobile(rest) || (rest.len > 0 && rest.ptr[0] == '0'))
            return rest;
    }
    return d;
}

static void set(struct phone *p, enum phone_kind kind, const char *before, struct slice d)
{
    p->kind = kind;
    snprintf(p->text, sizeof p->text, "%s%.*s", before, SLICE_FMT(d));
}

/* National digits, with or without the trunk 0. */
static bool national(struct slice d, struct phone *p)
{
    struct slice bare = d.len > 1 && d.ptr[0] == '0' ? drop(d, 1) : d;

    if (is_mobile(bare)) {
        set(p, PHONE_MOBILE, "+86", bare);
        return true;
    }
    if (is_landline(bare)) {
        set(p, PHONE_LANDLINE, "+86", bare);
        return true;
    }
    return false;
}

enum err phone_parse(struct slice text, struct phone *out)
{
    char digits[DIGITS_MAX];
    size_t len;
    bool plus;
    struct phone p;

    if (!take_digits(text, digits, &len, &plus))
        return ERR_INPUT;
    struct slice d = slice_make(digits, len);
    memset(&p, 0, sizeof p);
    if (!plus && slice_starts_with(d, "00")) {
        d = drop(d, 2);
        plus = true;
    }
    if (!plus)
        d = drop_ip_prefix(d);
    if (!plus && slice_starts_with(d, "00")) { /* 17951 0086 … */
        d = drop(d, 2);
        plus = true;
    }
    bool with_86 = slice_starts_with(d, "86");
    if (plus && !with_86) {
        if (d.len < 7 || d.len > 15 || d.ptr[0] == '0')
            return ERR_INPUT;
        set(&p, PHONE_FOREIGN, "+", d);
    } else if (plus) {
        d = drop_ip_prefix(drop(d, 2));
        if (!national(d, &p)) {
            if (!is_service(d))
                return ERR_INPUT;
            set(&p, PHONE_SERVICE, "", d);
        }
    } else if (is_mobile(d) || (d.len > 1 && d.ptr[0] == '0')) {
        if (!national(d, &p))
            return ERR_INPUT;
    } else if (with_86 && is_mobile(drop(d, 2))) {
        set(&p, PHONE_MOBILE, "+86", drop(d, 2));
    } else if (with_86 && d.len > 11 && national(drop(d, 2), &p)) {
        /* 86 21 6234 5678: set by national() */
    } else if (is_service(d)) {
        set(&p, PHONE_SERVICE, "", d);
    } else {
        return ERR_INPUT; /* also a local number without its area code: it names nobody */
    }
    *out = p;
    return ERR_OK;
}

bool phone_can_sms(const struct phone *p)
{
    return p->kind == PHONE_MOBILE || p->kind == PHONE_FOREIGN;
}

void phone_national(const struct phone *p, char out[PHONE_SIZE + 2])
{
    const char *digits = p->text;

    if (p->kind == PHONE_MOBILE)
        snprintf(out, PHONE_SIZE + 2, "%s", digits + 3);
    else if (p->kind == PHONE_LANDLINE) {
        int area = strncmp(digits + 3, "10", 2) == 0 || digits[3] == '2' ? 2 : 3;
        snprintf(out, PHONE_SIZE + 2, "0%.*s-%s", area, digits + 3, digits + 3 + area);
    } else
        snprintf(out, PHONE_SIZE + 2, "%s", digits);
}
