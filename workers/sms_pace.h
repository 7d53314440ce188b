/* When messages leave: so many a second per channel, not at night unless somebody waits for them,
 * and not through a channel that has refused us. */
#ifndef WORKERS_SMS_PACE_H
#define WORKERS_SMS_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "workers/sms_text.h"

#define SMS_AWAKE_MS INT64_C(7200000) /* who called or wrote within it is awake and waits */
#define SMS_STOP_MS INT64_C(60000)    /* how long a channel that refused us is left alone */

/* One channel's allowance: at most one second's worth is saved up. */
struct sms_pace {
    int64_t saved_milli; /* thousandths of an SMS that may go out now */
    int64_t last_ms;     /* monotonic; 0 = not started */
    int64_t stopped_until_ms;
};

/* How many may go out now. */
int64_t sms_pace_allows(struct sms_pace *p, int64_t per_second, int64_t mono_ms);
void sms_pace_take(struct sms_pace *p, int64_t count);

/* How long a message waits for the morning, 0 = it goes out now. from, to: hours in China time
 * 0..24, the same: never. life: danger to life; contact_ms: when the person last called or wrote.
 * Pure. */
int64_t sms_quiet_ms(enum sms_class class, bool life, int64_t contact_ms, int64_t now_ms, long from,
                     long to);

#endif
