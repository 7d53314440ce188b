/* Rosters: rows that lie sealed in the store become cases, 64 at a time. It belongs to the route
 * stage and yields to it: a list of 10,000 households must not stand in front of somebody who calls
 * now. */
#include "workers/stage_route.h"

#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/calls_roster.h"

#define LOOK_EVERY_MS 200

enum err roster_take_some(struct site *s, size_t *taken)
{
    static int64_t next_ms; /* of this process; monotonic */
    redisReply *reply = NULL;
    int64_t count = 0;
    *taken = 0;
    if (clock_mono_ms() < next_ms) {
        return ERR_OK;
    }
    roster_take_write(store_fcall(s->store), s->settings->region, STORE_BATCH_MAX);
    enum err err = runtime_call(s, "roster_take", &reply);
    if (err == ERR_OK) {
        err = roster_take_read(reply, &count);
        freeReplyObject(reply);
    }
    if (count < STORE_BATCH_MAX) {
        next_ms = clock_mono_ms() + LOOK_EVERY_MS;
    }
    if (count > 0) {
        log_event(LOG_INFO, "roster_rows_taken", "count=%lld", (long long)count);
    }
    *taken = (size_t)count;
    return err;
}
