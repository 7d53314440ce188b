/* Time. Wall-clock time is int64 milliseconds since 1970 UTC and is for people and records;
 * durations inside a process use the monotonic clock. Pure code never calls the clock_now
 * functions: time comes in as an argument. */
#ifndef QUEUE_BASE_CLOCK_H
#define QUEUE_BASE_CLOCK_H

#include <stdint.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define CLOCK_RFC3339_SIZE 30 /* "2026-03-01T09:30:00.000+08:00" and a NUL */
#define CLOCK_CHINA_OFFSET_MS \
    (8 * 3600 * INT64_C(1000)) /* China Standard Time, no daylight saving since 1991 */
#define MS_PER_DAY INT64_C(86400000)

int64_t clock_now_ms(void);  /* wall clock */
int64_t clock_mono_ms(void); /* never goes back */
int64_t clock_mono_us(void);

/* Year, month 1..12, day 1..31 and time of day in China Standard Time. */
struct civil_time {
    int year, month, day, hour, minute, second, millisecond;
};
struct civil_time clock_civil_china(int64_t at_ms);
/* The reverse; fields must be in range (year 1970..9999). */
int64_t clock_from_civil_china(const struct civil_time *t);
/* Days since 1970-01-01 of a civil date and back (proleptic Gregorian). */
int64_t civil_to_days(int year, int month, int day);
void civil_from_days(int64_t days, int *year, int *month, int *day);

/* "2026-03-01T09:30:00.000+08:00". at_ms: year 1970..9999. */
void clock_format_rfc3339(int64_t at_ms, char out[CLOCK_RFC3339_SIZE]);
/* Any RFC 3339 date-time with offset or Z whose year in China is 1970..9999, so that it can be
 * written again; no leap seconds. ERR_INPUT otherwise. */
MUST_CHECK enum err clock_parse_rfc3339(struct slice text, int64_t *at_ms);

#endif
