#include "workers/runtime.h"

#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "workers/rules/clock_terms.h"

#define FIRE_EVERY_MS 200
#define PLACES_BYTES_MAX (1u << 20) /* of clock_places_write */

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
    struct buf places;
    buf_init(&places, PLACES_BYTES_MAX);
    clock_places_write(s->policy, &s->calendar, s->settings->region, clock_now_ms(), &places);
    enum err err = buf_err(&places);
    if (err == ERR_OK) {
        const struct cascade_limits limits = {.inbox_max = s->settings->inbox_max,
                                              .duty_required = s->settings->duty_required != 0,
                                              .places = buf_slice(&places)};
        fire_write(store_fcall(s->store), s->settings->region, STORE_BATCH_MAX, &limits);
        err = runtime_call(s, "fire", &reply);
    }
    buf_release(&places);
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
