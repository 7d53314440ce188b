/* Reading the calendar file. */
#include "queue/domain/calendar.h"

#include <string.h>
#include "queue/base/clock.h"
#include "queue/domain/json_check.h"

static int days_in_year(int year)
{
    return (int)(civil_to_days(year + 1, 1, 1) - civil_to_days(year, 1, 1));
}

static bool bit_get(const uint8_t *bits, int i)
{
    return (bits[i / 8] >> (i % 8) & 1) != 0;
}

static void bit_set(uint8_t *bits, int i, bool on)
{
    uint8_t mask = (uint8_t)(1u << (i % 8));
    bits[i / 8] = (uint8_t)(on ? bits[i / 8] | mask : bits[i / 8] & ~mask);
}

static bool weekday_works(int year, int of_year)
{
    return (civil_to_days(year, 1, 1) + of_year + 3) % 7 < 5;
}

/* A date of this year that no other line names. */
static bool take_day(struct json_check *c, const struct json *v, int year, uint8_t *named,
                     int *of_year)
{
    int64_t at_ms;

    if (!json_check_date_value(c, v, &at_ms))
        return false;
    struct civil_time t = clock_civil_china(at_ms);
    if (t.year != year) {
        json_check_fault(c, "is not in %d: move it to its own year", year);
        return false;
    }
    *of_year = (int)(civil_to_days(year, t.month, t.day) - civil_to_days(year, 1, 1));
    if (bit_get(named, *of_year)) {
        json_check_fault(c, "is named twice: remove one");
        return false;
    }
    bit_set(named, *of_year, true);
    return true;
}

/* "off": [{"name": "春节", "from": "2026-02-15", "to": "2026-02-23"}, …] */
static void read_off(struct json_check *c, const struct json *list, struct calendar_year *y,
                     uint8_t *named)
{
    static const char *const keys[] = {"name", "from", "to"};
    char name[64];
    size_t i = 0;

    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        size_t mark = json_check_enter_at(c, i);
        int64_t from_ms, to_ms;
        json_check_keys(c, v, keys, COUNT_OF(keys));
        json_check_text(c, v, "name", true, name, sizeof name);
        bool ok = json_check_date(c, v, "from", true, &from_ms);
        ok = json_check_date(c, v, "to", true, &to_ms) && ok;
        if (ok && (to_ms < from_ms || to_ms - from_ms > 31 * MS_PER_DAY)) {
            json_check_fault(c, "\"to\" must be \"from\" or at most 31 days later");
            ok = false;
        }
        for (int64_t at = from_ms; ok && at <= to_ms; at += MS_PER_DAY) {
            struct civil_time t = clock_civil_china(at);
            int64_t day = civil_to_days(t.year, t.month, t.day) - civil_to_days(y->year, 1, 1);
            if (t.year != y->year) {
                json_check_fault(c, "reaches out of %d: split it by year", y->year);
                break;
            }
            if (bit_get(named, (int)day)) {
                json_check_fault(c, "overlaps another holiday of %d", y->year);
                break;
            }
            bit_set(named, (int)day, true);
            bit_set(y->working, (int)day, false);
        }
        json_check_leave(c, mark);
    }
}

/* "make_up": ["2026-01-04", …]: weekend days that are worked */
static void read_make_up(struct json_check *c, const struct json *list, struct calendar_year *y,
                         uint8_t *named)
{
    size_t i = 0;

    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        size_t mark = json_check_enter_at(c, i);
        int of_year;
        if (take_day(c, v, y->year, named, &of_year)) {
            if (weekday_works(y->year, of_year))
                json_check_fault(c, "is a Monday to Friday: only a weekend day can be made up");
            bit_set(y->working, of_year, true);
        }
        json_check_leave(c, mark);
    }
}

static void read_year(struct json_check *c, const struct json *v, struct calendar_year *y)
{
    static const char *const keys[] = {"year", "published", "source", "off", "make_up"};
    uint8_t named[sizeof y->working] = {0};
    int64_t year = 1970;

    memset(y, 0, sizeof *y);
    json_check_keys(c, v, keys, COUNT_OF(keys));
    json_check_int(c, v, "year", true, 1970, 9989, &year);
    y->year = (int)year;
    json_check_bool(c, v, "published", true, &y->published);
    json_check_text(c, v, "source", true, y->source, sizeof y->source);
    if (!y->published) {
        if (json_get(v, "off") != NULL || json_get(v, "make_up") != NULL)
            json_check_fault(c, "is not published, so it cannot list days: remove \"off\" and "
                                "\"make_up\" or set \"published\": true");
        return;
    }
    for (int i = 0; i < days_in_year(y->year); i++)
        bit_set(y->working, i, weekday_works(y->year, i));
    const struct json *off = json_check_child(c, v, "off", true, JSON_ARRAY);
    const struct json *make_up = json_check_child(c, v, "make_up", true, JSON_ARRAY);
    size_t mark = json_check_enter(c, "off");
    read_off(c, off, y, named);
    json_check_leave(c, mark);
    mark = json_check_enter(c, "make_up");
    read_make_up(c, make_up, y, named);
    json_check_leave(c, mark);
}

static void read_years(struct json_check *c, const struct json *list, struct calendar *cal)
{
    size_t i = 0;

    for (const struct json *v = json_first(list); v != NULL; v = json_next(v), i++) {
        size_t mark = json_check_enter_at(c, i);
        if (i >= CALENDAR_YEARS_MAX) {
            json_check_fault(c, "is one year too many: at most %d", CALENDAR_YEARS_MAX);
            json_check_leave(c, mark);
            return;
        }
        read_year(c, v, &cal->years[i]);
        cal->count = (int)i + 1;
        if (i > 0 && cal->years[i].year <= cal->years[i - 1].year)
            json_check_fault(c, "years must ascend and none may come twice");
        json_check_leave(c, mark);
    }
}

enum err calendar_load(struct slice json, struct calendar *out, struct buf *why)
{
    static const char *const keys[] = {"format", "title", "years"};
    struct json_check c;
    struct json *root;
    struct calendar cal;
    char title[128];
    int64_t format;

    json_check_init(&c, json, why);
    enum err err = json_check_parse(&c, &root);
    if (err != ERR_OK)
        return err;
    calendar_init(&cal);
    if (json_check_keys(&c, root, keys, COUNT_OF(keys))) {
        json_check_int(&c, root, "format", true, 1, 1, &format);
        json_check_text(&c, root, "title", true, title, sizeof title);
        const struct json *years = json_check_child(&c, root, "years", true, JSON_ARRAY);
        size_t mark = json_check_enter(&c, "years");
        read_years(&c, years, &cal);
        json_check_leave(&c, mark);
    }
    json_free(root);
    if (c.faults > 0)
        return ERR_INPUT;
    *out = cal;
    return ERR_OK;
}
