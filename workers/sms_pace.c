#include "workers/sms_pace.h"

#include "queue/base/clock.h"

#define HOUR_MS INT64_C(3600000)

int64_t sms_pace_allows(struct sms_pace *p, int64_t per_second, int64_t mono_ms)
{
    int64_t most_milli = per_second * 1000;
    if (p->last_ms == 0) {
        p->saved_milli = most_milli;
        p->last_ms = mono_ms;
    }
    p->saved_milli += (mono_ms - p->last_ms) * per_second;
    p->saved_milli = p->saved_milli > most_milli ? most_milli : p->saved_milli;
    p->last_ms = mono_ms;
    return p->saved_milli < 0 ? 0 : p->saved_milli / 1000;
}

void sms_pace_take(struct sms_pace *p, int64_t count)
{
    p->saved_milli -= count * 1000;
}

int64_t sms_quiet_ms(enum sms_class class, bool life, int64_t contact_ms, int64_t now_ms, long from,
                     long to)
{
    int64_t of_day = (now_ms + CLOCK_CHINA_OFFSET_MS) % MS_PER_DAY;
    int64_t start = (int64_t)(from % 24) * HOUR_MS, end = (int64_t)(to % 24) * HOUR_MS;
    if (class != SMS_CLASS_NEWS || life || now_ms - contact_ms < SMS_AWAKE_MS || start == end) {
        return 0;
    }
    bool quiet = start < end ? of_day >= start && of_day < end : of_day >= start || of_day < end;
    return !quiet ? 0 : of_day < end ? end - of_day : MS_PER_DAY - of_day + end;
}
