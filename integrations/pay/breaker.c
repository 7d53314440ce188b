#include "integrations/pay/breaker.h"

bool breaker_closed(const struct breaker *b, int64_t now_ms)
{
    return b->open_ms == 0 || now_ms >= b->open_until_ms;
}

int64_t breaker_next_ms(const struct breaker *b, int64_t now_ms)
{
    return breaker_closed(b, now_ms) ? now_ms : b->open_until_ms;
}

void breaker_success(struct breaker *b)
{
    *b = (struct breaker){.failures = 0};
}

bool breaker_failure(struct breaker *b, int64_t now_ms)
{
    b->failures += b->failures < BREAKER_FAILURES;
    if (b->failures < BREAKER_FAILURES) {
        return false;
    }
    b->open_ms = b->open_ms == 0 ? BREAKER_FIRST_MS : b->open_ms * 2;
    b->open_ms = b->open_ms > BREAKER_LONGEST_MS ? BREAKER_LONGEST_MS : b->open_ms;
    b->open_until_ms = now_ms + b->open_ms;
    return true;
}
