/* What a citizen is told about where his case lies: who has it, and what is due next. */
#ifndef WORKERS_SMS_WHO_H
#define WORKERS_SMS_WHO_H

#include "workers/site.h"

#define SMS_WHO_SIZE 96

/* Name of the township, or of the county's duty desk (县级值班席), by code; never empty. */
void sms_who(const struct site *s, struct slice code, char out[SMS_WHO_SIZE]);
/* The next deadline behind now_ms out of the fields review ("BOOKED:due") and clocks
 * ("review=due/warn/step;…") of a case; 0 = none. Pure. */
int64_t sms_next_due(struct slice review, struct slice clocks, int64_t now_ms);
/* "紧急，滞留遇困，2人，无食物": what an officer needs to know, nothing personal. */
void sms_need(const struct case_facts *f, struct slice urgency, struct buf *out);

#endif
