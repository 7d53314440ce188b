#include "server/long_poll.h"

#include <stdlib.h>
#include "queue/base/clock.h"

struct waiter {
    struct op *op;
    struct slice no;
    int64_t version, until_ms;
    op_fn *then;
    bool gone; /* the client has hung up */
};

struct long_poll {
    struct gateway *g;
    uv_timer_t timer;
    struct waiter waiters[LONG_POLL_WAITERS_MAX];
    size_t count;
    bool asking; /* a look is on its way */
    bool closed;
};

/* What was asked for in one call: by number, since waiters may come and go meanwhile. */
struct look {
    struct long_poll *p;
    size_t count;
    char nos[STORE_BATCH_MAX][CASE_NO_SIZE];
    bool last;
};

static void wake(struct long_poll *p, size_t i)
{
    struct waiter w = p->waiters[i];
    p->waiters[i] = p->waiters[--p->count];
    w.then(w.op);
}

static void wake_due(struct long_poll *p)
{
    int64_t now_ms = clock_mono_ms();
    for (size_t i = p->count; i > 0; i--) {
        if (p->waiters[i - 1].until_ms <= now_ms || p->waiters[i - 1].gone || p->closed) {
            wake(p, i - 1);
        }
    }
    if (p->count == 0) {
        uv_timer_stop(&p->timer);
    }
}

static void on_versions(void *data, enum err err, const redisReply *reply)
{
    struct look *look = data;
    struct long_poll *p = look->p;
    int64_t versions[STORE_BATCH_MAX];
    if (look->last) {
        p->asking = false;
    }
    if (err == ERR_OK && versions_read(reply, versions, look->count) == ERR_OK) {
        for (size_t i = p->count; i > 0; i--) {
            for (size_t k = 0; k < look->count; k++) {
                if (slice_is(p->waiters[i - 1].no, look->nos[k]) &&
                    versions[k] > p->waiters[i - 1].version) {
                    wake(p, i - 1);
                    break;
                }
            }
        }
    }
    free(look);
}

static void on_timer(uv_timer_t *timer)
{
    struct long_poll *p = timer->data;
    wake_due(p);
    if (p->asking) {
        return;
    }
    for (size_t at = 0; at < p->count; at += STORE_BATCH_MAX) {
        struct look *look = calloc(1, sizeof(*look));
        if (look == NULL) {
            return;
        }
        look->p = p;
        versions_begin(&p->g->fcall, p->g->settings->region);
        for (size_t i = at; i < p->count && look->count < STORE_BATCH_MAX; i++) {
            if (slice_copy(p->waiters[i].no, look->nos[look->count], CASE_NO_SIZE) == ERR_OK) {
                fcall_slice(&p->g->fcall, p->waiters[i].no);
                look->count++;
            }
        }
        look->last = at + STORE_BATCH_MAX >= p->count;
        if (store_async_call(p->g->store, &p->g->fcall, on_versions, look) != ERR_OK) {
            free(look); /* the store is away: waiters go on waiting until their time is over */
            return;
        }
        p->asking = true;
    }
}

static void on_gone(struct http_ticket ticket, void *data)
{
    struct long_poll *p = data;
    for (size_t i = 0; i < p->count; i++) {
        if (p->waiters[i].op->ticket.serial == ticket.serial) {
            p->waiters[i].gone = true; /* woken at the next tick, its answer then goes nowhere */
        }
    }
}

enum err long_poll_wait(struct long_poll *p, struct op *op, struct slice no, int64_t version,
                        int64_t wait_ms, op_fn *then)
{
    if (p->count == LONG_POLL_WAITERS_MAX || p->closed) {
        return ERR_LIMIT;
    }
    p->waiters[p->count++] = (struct waiter){.op = op,
                                             .no = no,
                                             .version = version,
                                             .until_ms = clock_mono_ms() + wait_ms,
                                             .then = then};
    http_watch(p->g->http, op->ticket, on_gone, p);
    if (p->count == 1) {
        uv_timer_start(&p->timer, on_timer, LONG_POLL_EVERY_MS, LONG_POLL_EVERY_MS);
    }
    return ERR_OK;
}

enum err long_poll_new(struct gateway *g, struct long_poll **out)
{
    struct long_poll *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return ERR_NO_MEMORY;
    }
    p->g = g;
    int rc = uv_timer_init(g->loop, &p->timer);
    ASSERT(rc == 0);
    p->timer.data = p;
    *out = p;
    return ERR_OK;
}

void long_poll_close(struct long_poll *p)
{
    p->closed = true;
    wake_due(p);
    if (!uv_is_closing((uv_handle_t *)&p->timer)) {
        uv_close((uv_handle_t *)&p->timer, NULL);
    }
}

void long_poll_free(struct long_poll *p)
{
    free(p);
}
