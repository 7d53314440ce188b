/* Circuit breaker of one provider: after some failures of the transport in a row nothing is sent
 * for a while, then one batch tries. A business answer, also a refusal, is no failure. Pure:
 * monotonic time comes in. Rule: reliability R12. */
#ifndef INTEGRATIONS_PAY_BREAKER_H
#define INTEGRATIONS_PAY_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_FAILURES 5                 /* in a row open it */
#define BREAKER_FIRST_MS INT64_C(5000)     /* open for so long; each failed try doubles it ... */
#define BREAKER_LONGEST_MS INT64_C(300000) /* ... up to this */

struct breaker {
    int failures;
    int64_t open_ms;       /* how long it was opened last; 0 = closed */
    int64_t open_until_ms; /* monotonic */
};

/* May a batch go out now? When the time is over: one, and then only its answer opens the way. */
bool breaker_closed(const struct breaker *b, int64_t now_ms);
/* The earliest moment of the next try; now_ms when it is closed. */
int64_t breaker_next_ms(const struct breaker *b, int64_t now_ms);
void breaker_success(struct breaker *b);
/* True when this failure has opened it. */
bool breaker_failure(struct breaker *b, int64_t now_ms);

#endif
