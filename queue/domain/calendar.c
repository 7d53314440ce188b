/* Working days and deadlines. */
#include "queue/domain/calendar.h"

#include <string.h>
#include "queue/base/clock.h"

#define AT_MS_MAX INT64_C(253086739199999) /* last millisecond of 9989 in China time */

void calendar_init(struct calendar *c)
{
    memset(c, 0, sizeof *c);
}

/* Days since 1970-01-01 of the China-time day that holds at_ms >= 0. */
static int64_t china_day(int64_t at_ms)
{
    return (at_ms + CLOCK_CHINA_OFFSET_MS) / MS_PER_DAY;
}

/* First instant of a China-time day. */
static int64_t day_start_ms(int64_t day)
{
    return day * MS_PER_DAY - CLOCK_CHINA_OFFSET_MS;
}

static const struct calendar_year *find_year(const struct calendar *c, int year)
{
    for (int i = 0; i < c->count; i++) {
        if (c->years[i].year == year)
            return c->years[i].published ? &c->years[i] : NULL;
    }
    return NULL;
}

static bool working(const struct calendar *c, int64_t day, bool *assumed)
{
    int year, month, mday;

    civil_from_days(day, &year, &month, &mday);
    const struct calendar_year *y = find_year(c, year);
    if (y == NULL) {
        if (assumed != NULL)
            *assumed = true;
        int64_t weekday = (day + 3) % 7; /* 1970-01-01 was a Thursday: 0 = Monday */
        return weekday < 5;
    }
    int64_t of_year = day - civil_to_days(year, 1, 1);
    return (y->working[of_year / 8] >> (of_year % 8) & 1) != 0;
}

static bool time_in_range(int64_t at_ms)
{
    return at_ms >= 0 && at_ms <= AT_MS_MAX;
}

bool calendar_is_working_day(const struct calendar *c, int64_t at_ms, bool *assumed)
{
    ASSERT(time_in_range(at_ms));
    return working(c, china_day(at_ms), assumed);
}

enum err calendar_add_working_days(const struct calendar *c, int64_t at_ms, int n, int64_t *due_ms,
                                   bool *assumed)
{
    if (!time_in_range(at_ms) || n < 1 || n > CALENDAR_SPAN_MAX)
        return ERR_INPUT;
    int64_t day = china_day(at_ms);
    /* A loaded year may be all holidays only if somebody wrote it so: the walk is bounded anyway.
     */
    int64_t last = day + 10 * CALENDAR_SPAN_MAX;
    for (int left = n; left > 0 && day < last;) {
        day++;
        if (working(c, day, assumed))
            left--;
    }
    *due_ms = day_start_ms(day + 1);
    return ERR_OK;
}

enum err calendar_add_days(int64_t at_ms, int n, int64_t *due_ms)
{
    if (!time_in_range(at_ms) || n < 1 || n > CALENDAR_SPAN_MAX)
        return ERR_INPUT;
    *due_ms = day_start_ms(china_day(at_ms) + n + 1);
    return ERR_OK;
}

enum err calendar_add_hours(int64_t at_ms, int n, int64_t *due_ms)
{
    if (!time_in_range(at_ms) || n < 0 || n > CALENDAR_HOURS_MAX)
        return ERR_INPUT;
    *due_ms = at_ms + (int64_t)n * 3600000;
    return ERR_OK;
}

int calendar_working_days_between(const struct calendar *c, int64_t from_ms, int64_t to_ms,
                                  bool *assumed)
{
    ASSERT(time_in_range(from_ms) && time_in_range(to_ms));
    int64_t from = china_day(from_ms), to = china_day(to_ms);
    int count = 0;

    ASSERT(to - from <= 10 * CALENDAR_SPAN_MAX);
    for (int64_t day = from + 1; day <= to; day++)
        count += working(c, day, assumed) ? 1 : 0;
    return count;
}
