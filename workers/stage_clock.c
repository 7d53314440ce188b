#include "workers/runtime.h"

#include "queue/base/clock.h"
#include "queue/base/log.h"

#define FIRE_EVERY_MS 200

/* When a NORMAL case that is offered to somebody now has to be accepted: that is a matter of
 * working days, which the store does not know. 0 = it cannot be told. */
static int64_t accept_by(const struct site *s, int64_t now_ms)
{
    const struct policy_rules *r = policy_for(s->policy, s->settings->region, now_ms);
    int64_t due_ms = 0;
    return calendar_add_working_days(&s->calendar, now_ms, r->accept.normal_working_days, &due_ms,
                                     NULL) == ERR_OK
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
    const struct cascade_limits limits = {.inbox_max = s->settings->inbox_max,
                                          .duty_required = s->settings->duty_required != 0,
                                          .accept_by_ms = accept_by(s, clock_now_ms())};
    fire_write(store_fcall(s->store), s->settings->region, STORE_BATCH_MAX, &limits);
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
