/* Working days (工作日) of China and the three kinds of deadline that relief rules use: hours, calendar days, working
 * days.
 *
 * How a period is counted (民法典 §200-203): the day on which it begins is not counted; it ends at 24:00 China time of
 * its last day. A period in working days counts only working days, so weekends and holidays that the State Council
 * (国务院办公厅) announces are skipped and make-up working days (调休上班) count. A period in calendar days is NOT
 * moved when it ends on a holiday: the fast tier's three days are meant hard (domain.md section 1, 小额快救). A period
 * in hours runs through nights and holidays (国务院 rules speak of hours only where help cannot wait).
 *
 * A due time is the first instant that is too late: 24:00 is written as 00:00 of the next day; in time means now <
 * due.
 *
 * A year that is not in the data falls back to Monday to Friday and `*assumed` is set to true, never to false, so that
 * one flag may collect the answer of many calls. The decision's reasons must then say so. Pure: no clock, no files. */
#ifndef QUEUE_DOMAIN_CALENDAR_H
#define QUEUE_DOMAIN_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define CALENDAR_YEARS_MAX 16
#define CALENDAR_SPAN_MAX 1000   /* most days or working days that can be added at once */
#define CALENDAR_HOURS_MAX 24000 /* most hours */
#define CALENDAR_SOURCE_SIZE 192 /* bytes of a source text with its NUL */

struct calendar_year {
    int year;                          /* 1970..9989 */
    bool published;                    /* false: listed, but the arrangement is not known yet; counts as assumed */
    uint8_t working[46];               /* one bit per day of the year, day 0 = 1 January */
    char source[CALENDAR_SOURCE_SIZE]; /* title of the announcement */
};

/* A value: may be copied, owns nothing. */
struct calendar {
    int count;
    struct calendar_year years[CALENDAR_YEARS_MAX]; /* ascending, no year twice */
};

/* A calendar without any year: every answer is assumed. */
void calendar_init(struct calendar *c);
/* Read a file of ops/calendar/ (its README describes the form). Everything unknown, twice or out of place is refused.
 * ERR_INPUT, ERR_NO_MEMORY; `why` (may be NULL) then holds one line per fault with line, JSON Pointer and remedy. *out
 * untouched on failure. */
MUST_CHECK enum err calendar_load(struct slice json, struct calendar *out, struct buf *why);

/* Is the China-time day that holds at_ms a working day? assumed may be NULL. */
bool calendar_is_working_day(const struct calendar *c, int64_t at_ms, bool *assumed);

/* End (24:00) of the n-th working day after the day of at_ms. n: 1..CALENDAR_SPAN_MAX. ERR_INPUT when n or at_ms (year
 * 1970..9989) is out of range; outputs then untouched. assumed may be NULL. */
MUST_CHECK enum err calendar_add_working_days(const struct calendar *c, int64_t at_ms, int n, int64_t *due_ms,
                                              bool *assumed);
/* End (24:00) of the n-th day after the day of at_ms, working or not. n: 1..CALENDAR_SPAN_MAX. ERR_INPUT as above. */
MUST_CHECK enum err calendar_add_days(int64_t at_ms, int n, int64_t *due_ms);
/* at_ms + n hours. n: 0..CALENDAR_HOURS_MAX. ERR_INPUT as above. */
MUST_CHECK enum err calendar_add_hours(int64_t at_ms, int n, int64_t *due_ms);
/* Working days that lie behind the day of from_ms up to and including the day of to_ms; 0 if to_ms is not later. The
 * span must not exceed 10 * CALENDAR_SPAN_MAX days (programmer error). */
int calendar_working_days_between(const struct calendar *c, int64_t from_ms, int64_t to_ms, bool *assumed);

#endif
