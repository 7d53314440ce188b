#include "workers/runtime.h"

#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "workers/rules/clock_terms.h"

#define FIRE_EVERY_MS 200

/* What the store cannot count, because it is a matter of working days: until when a NORMAL case has
 * to be accepted that is offered to somebody now (0 = it cannot be told), and the clocks of grants
 * that begin now. */
static int64_t working_days(const struct site *s, int64_t now_ms, struct buf *begins)
{
    const struct policy_rules *r = policy_for(s->policy, s->settings->region, now_ms);
    struct clocks_rules terms;
    int64_t due_ms, warn_ms;
    clock_terms(r, &s->calendar, RELIEF_EXPENSE, URGENCY_NORMAL, false, &terms);
    if (clocks_due(&s->calendar, terms.terms[CLOCKS_FOLLOW_UP], now_ms, &due_ms, &warn_ms, NULL) ==
        ERR_OK) {
        clocks_put(begins, CLOCKS_FOLLOW_UP, due_ms, warn_ms);
    }
    if (clocks_due(&s->calendar, terms.pay_ordinary, now_ms, &due_ms, &warn_ms, NULL) == ERR_OK) {
        clocks_put(begins, CLOCKS_PAY, due_ms, warn_ms);
    }
    return clocks_due(&s->calendar, terms.terms[CLOCKS_ACCEPT], now_ms, &due_ms, &warn_ms, NULL) ==
                   ERR_OK
               ? due_ms
               : 0;
}

/* Timers whose time has come: papers overdue, acceptance overdue. The store decides by its own
 * clock; a late or twice-woken clock stage changes nothing. */
enum err stage_clock(struct site *s, size_t *handled)
{
    static int64_t
        next_ms; /* of this process: a look is cheap, but not at every turn of the loop */
    redisReply *reply = NULL;
    int64_t fired = 0;
    *handled = 0;
    if (clock_mono_ms() < next_ms) {
        return ERR_OK;
    }
    if (places_refresh(s) != ERR_OK) { /* the policy may have changed */
        return ERR_STORE_DOWN;
    }
    struct buf begins;
    buf_init(&begins, 256);
    int64_t accept_by_ms = working_days(s, clock_now_ms(), &begins);
    const struct cascade_limits limits = {.inbox_max = s->settings->inbox_max,
                                          .duty_required = s->settings->duty_required != 0,
                                          .accept_by_ms = accept_by_ms,
                                          .begins = buf_slice(&begins)};
    fire_write(store_fcall(s->store), s->settings->region, STORE_BATCH_MAX, &limits);
    buf_release(&begins);
    enum err err = runtime_call(s, "fire", &reply);
    if (err == ERR_OK) {
        err = fire_read(reply, &fired);
        freeReplyObject(reply);
    }
    if (err == ERR_OK && fired > 0) {
        log_event(LOG_INFO, "timers_fired", "count=%lld", (long long)fired);
    }
    if (fired < STORE_BATCH_MAX) {
        next_ms = clock_mono_ms() + FIRE_EVERY_MS;
    }
    *handled = (size_t)fired;
    return err;
}
