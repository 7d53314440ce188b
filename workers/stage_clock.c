#include "workers/runtime.h"

#include "queue/base/clock.h"
#include "queue/base/log.h"

#define FIRE_EVERY_MS 200

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
    const struct cascade_limits limits = {.inbox_max = s->settings->inbox_max,
                                          .duty_required = s->settings->duty_required != 0};
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
