#include "queue/base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock_us(clockid_t id)
{
    struct timespec t;
    int rc = clock_gettime(id, &t);
    ASSERT(rc == 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_now_ms(void)
{
    return read_clock_us(CLOCK_REALTIME) / 1000;
}

int64_t clock_mono_ms(void)
{
    return read_clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_mono_us(void)
{
    return read_clock_us(CLOCK_MONOTONIC);
}

/* Days are counted in 400-year cycles of 146 097 days that begin on 1 March, so that the leap day
 * comes last. */
int64_t civil_to_days(int year, int month, int day)
{
    int64_t y = month <= 2 ? (int64_t)year - 1 : year;
    int64_t cycle = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_cycle = y - cycle * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return cycle * 146097 + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
           day_of_year - 719468;
}

void civil_from_days(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468;
    int64_t cycle = (z >= 0 ? z : z - 146096) / 146097;
    int64_t day_of_cycle = z - cycle * 146097;
    int64_t year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
    int64_t day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *year = (int)(year_of_cycle + cycle * 400 + (*month <= 2 ? 1 : 0));
}

struct civil_time clock_civil_china(int64_t at_ms)
{
    int64_t local_ms = at_ms + CLOCK_CHINA_OFFSET_MS;
    int64_t days = local_ms >= 0 ? local_ms / MS_PER_DAY : (local_ms - MS_PER_DAY + 1) / MS_PER_DAY;
    int rest = (int)(local_ms - days * MS_PER_DAY);
    struct civil_time t;
    civil_from_days(days, &t.year, &t.month, &t.day);
    t.hour = rest / 3600000;
    t.minute = rest / 60000 % 60;
    t.second = rest / 1000 % 60;
    t.millisecond = rest % 1000;
    return t;
}

int64_t clock_from_civil_china(const struct civil_time *t)
{
    int64_t day_ms =
        ((int64_t)t->hour * 60 + t->minute) * 60000 + (int64_t)t->second * 1000 + t->millisecond;
    return civil_to_days(t->year, t->month, t->day) * MS_PER_DAY + day_ms - CLOCK_CHINA_OFFSET_MS;
}

void clock_format_rfc3339(int64_t at_ms, char out[CLOCK_RFC3339_SIZE])
{
    struct civil_time t = clock_civil_china(at_ms);
    ASSERT(t.year >= 1970 && t.year <= 9999);
    char wide[80]; /* what the compiler fears int could print */
    int len = snprintf(wide, sizeof(wide), "%04d-%02d-%02dT%02d:%02d:%02d.%03d+08:00", t.year,
                       t.month, t.day, t.hour, t.minute, t.second, t.millisecond);
    ASSERT(len == CLOCK_RFC3339_SIZE - 1);
    memcpy(out, wide, CLOCK_RFC3339_SIZE);
}

/* Exactly `count` digits at *s, taken off it; -1 if they are not there. */
static int take_number(struct slice *s, size_t count)
{
    if (s->len < count || !slice_all_digits(slice_make(s->ptr, count))) {
        return -1;
    }
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        value = value * 10 + (s->ptr[i] - '0');
    }
    *s = slice_make(s->ptr + count, s->len - count);
    return value;
}

static bool take_char(struct slice *s, char a, char b)
{
    if (s->len == 0 || (s->ptr[0] != a && s->ptr[0] != b)) {
        return false;
    }
    *s = slice_make(s->ptr + 1, s->len - 1);
    return true;
}

static int days_in_month(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : DAYS[month - 1];
}

/* Fraction of a second behind the point, in whole milliseconds (more digits are cut); false if no
 * digit is there. */
static bool take_fraction(struct slice *s, int *millisecond)
{
    int weight = 100;
    size_t digits = 0;
    while (s->len > 0 && s->ptr[0] >= '0' && s->ptr[0] <= '9') {
        *millisecond += (s->ptr[0] - '0') * weight;
        weight /= 10;
        digits++;
        *s = slice_make(s->ptr + 1, s->len - 1);
    }
    return digits > 0;
}

static bool take_offset(struct slice *s, int64_t *offset_ms)
{
    if (take_char(s, 'Z', 'z')) {
        *offset_ms = 0;
        return true;
    }
    int sign = s->len > 0 && s->ptr[0] == '-' ? -1 : 1;
    if (!take_char(s, '+', '-')) {
        return false;
    }
    int hour = take_number(s, 2);
    if (hour < 0 || hour > 23 || !take_char(s, ':', ':')) {
        return false;
    }
    int minute = take_number(s, 2);
    if (minute < 0 || minute > 59) {
        return false;
    }
    *offset_ms = sign * (hour * 60 + minute) * INT64_C(60000);
    return true;
}

enum err clock_parse_rfc3339(struct slice text, int64_t *at_ms)
{
    struct slice s = text;
    int64_t offset_ms = 0;
    struct civil_time t = {.millisecond = 0};
    t.year = take_number(&s, 4);
    bool ok = take_char(&s, '-', '-');
    t.month = take_number(&s, 2);
    ok = ok && take_char(&s, '-', '-');
    t.day = take_number(&s, 2);
    ok = ok && take_char(&s, 'T', 't');
    t.hour = take_number(&s, 2);
    ok = ok && take_char(&s, ':', ':');
    t.minute = take_number(&s, 2);
    ok = ok && take_char(&s, ':', ':');
    t.second = take_number(&s, 2);
    if (ok && take_char(&s, '.', '.')) {
        ok = take_fraction(&s, &t.millisecond);
    }
    ok = ok && take_offset(&s, &offset_ms) && s.len == 0;
    ok = ok && t.year >= 1970 && t.month >= 1 && t.month <= 12 && t.day >= 1 && t.hour >= 0 &&
         t.hour <= 23;
    ok = ok && t.minute >= 0 && t.minute <= 59 && t.second >= 0 && t.second <= 59;
    if (!ok || t.day > days_in_month(t.year, t.month)) {
        return ERR_INPUT;
    }
    int64_t ms = clock_from_civil_china(&t) + CLOCK_CHINA_OFFSET_MS - offset_ms;
    int year = clock_civil_china(ms).year; /* the offset may lead over either end */
    if (year < 1970 || year > 9999) {
        return ERR_INPUT;
    }
    *at_ms = ms;
    return ERR_OK;
}
