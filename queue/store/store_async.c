#include "queue/store/store_async.h"

#include <hiredis/async.h>
#include <stdio.h>
#include <stdlib.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/store/settings_check.h"

#define PAUSE_FIRST_MS 50
#define PAUSE_MOST_MS 2000
#define CHECK_EVERY_MS 60000
#define TICK_MS 100
#define WHY_MAX 2048

enum phase { PHASE_WAITING, PHASE_CONNECTING, PHASE_CHECKING, PHASE_READY, PHASE_CLOSING };

struct store_async;

/* One call in flight, in the order of sending. */
struct pending {
    struct store_async *store;
    struct pending *next;
    store_reply_fn *on_reply;
    void *data;
    int64_t deadline_ms;
};

/* The poll handle of one connection: outlives the store's interest in it until libuv has closed it.
 */
struct link {
    uv_poll_t poll;
    redisAsyncContext *redis; /* NULL once hiredis has let go */
    int events;
};

struct store_async {
    uv_loop_t *loop;
    struct store_async_options options;
    char socket_path[108];
    char region[7];
    enum phase phase;
    enum err state;
    struct buf why;
    struct link *link;
    struct pending *first, *last;
    size_t in_flight;
    uv_timer_t timer; /* deadlines, reconnects and re-checks */
    int64_t phase_deadline_ms, check_again_ms;
    int pause_ms;
    int check;
    struct fcall fcall;
    void (*on_closed)(void *data);
    void *closed_data;
};

static void connect_now(struct store_async *s);
static void send_check(struct store_async *s);

static void set_state(struct store_async *s, enum err state, const char *why)
{
    bool changed = state != s->state;
    s->state = state;
    if (changed && s->options.on_state != NULL) {
        s->options.on_state(s->options.data, state, why);
    }
}

/* ---- The adapter: hiredis asks for read and write events, libuv delivers them ---- */

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct link *link = handle->data;
    if (link->redis == NULL) {
        return;
    }
    if (status < 0 || (events & UV_READABLE) != 0) { /* an error is found by reading */
        redisAsyncHandleRead(link->redis);
    }
    if (link->redis != NULL && status >= 0 && (events & UV_WRITABLE) != 0) {
        redisAsyncHandleWrite(link->redis);
    }
}

static void watch(struct link *link, int events)
{
    if (link->events == events) {
        return;
    }
    link->events = events;
    if (events == 0) {
        uv_poll_stop(&link->poll);
    } else {
        int rc = uv_poll_start(&link->poll, events, on_poll);
        ASSERT(rc == 0);
    }
}

static void add_read(void *data)
{
    struct link *link = data;
    watch(link, link->events | UV_READABLE);
}

static void del_read(void *data)
{
    struct link *link = data;
    watch(link, link->events & ~UV_READABLE);
}

static void add_write(void *data)
{
    struct link *link = data;
    watch(link, link->events | UV_WRITABLE);
}

static void del_write(void *data)
{
    struct link *link = data;
    watch(link, link->events & ~UV_WRITABLE);
}

static void link_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void clean_up(void *data)
{
    struct link *link = data;
    link->redis = NULL;
    if (!uv_is_closing((uv_handle_t *)&link->poll)) {
        uv_poll_stop(&link->poll);
        uv_close((uv_handle_t *)&link->poll, link_closed);
    }
}

/* ---- Pending calls ---- */

static struct pending *pending_add(struct store_async *s, store_reply_fn *on_reply, void *data)
{
    struct pending *p = malloc(sizeof(*p));
    if (p == NULL) {
        return NULL;
    }
    *p = (struct pending){.store = s,
                          .on_reply = on_reply,
                          .data = data,
                          .deadline_ms = clock_mono_ms() + s->options.deadline_ms};
    if (s->last == NULL) {
        s->first = p;
    } else {
        s->last->next = p;
    }
    s->last = p;
    s->in_flight++;
    return p;
}

/* Replies come in the order of sending, so what is answered is always the first one. */
static void pending_take(struct store_async *s, struct pending *p)
{
    ASSERT(s->first == p);
    s->first = p->next;
    if (s->first == NULL) {
        s->last = NULL;
    }
    s->in_flight--;
}

static void on_redis_reply(redisAsyncContext *redis, void *reply_data, void *data)
{
    struct pending *p = data;
    const redisReply *reply = reply_data;
    struct store_async *s = p->store;
    (void)redis;
    pending_take(s, p);
    enum err err = reply == NULL && s->phase == PHASE_CLOSING ? ERR_CANCELLED : reply_err(reply);
    if (reply == NULL && p->deadline_ms <= clock_mono_ms()) {
        err = ERR_TIMEOUT;
    }
    store_reply_fn *on_reply = p->on_reply;
    void *on_data = p->data;
    free(p);
    if (err == ERR_STORE_FUNCTIONS || err == ERR_STORE_READONLY || err == ERR_STORE_SETTINGS) {
        s->check_again_ms =
            0; /* the settings have changed under us: look at them at the next tick */
    }
    on_reply(on_data, err, err == ERR_OK ? reply : NULL);
}

static enum err send_fcall(struct store_async *s, struct fcall *f, store_reply_fn *on_reply,
                           void *data)
{
    struct slice wire;
    enum err err = fcall_finish(f, &wire);
    if (err != ERR_OK) {
        return err;
    }
    struct pending *p = pending_add(s, on_reply, data);
    if (p == NULL) {
        return ERR_NO_MEMORY;
    }
    /* Fails only while the connection is being closed; a pending call is last in the list then. */
    if (redisAsyncFormattedCommand(s->link->redis, on_redis_reply, p, wire.ptr, wire.len) !=
        REDIS_OK) {
        p->on_reply = NULL;
        struct pending **at = &s->first;
        s->last = NULL;
        while (*at != p) {
            s->last = *at;
            at = &(*at)->next;
        }
        *at = NULL;
        s->in_flight--;
        free(p);
        return ERR_STORE_DOWN;
    }
    return ERR_OK;
}

/* ---- Connecting and checking ---- */

static void finish_closing(struct store_async *s);

/* Let go of the connection; hiredis answers every pending call with NULL. */
static void drop_link(struct store_async *s)
{
    struct link *link = s->link;
    s->link = NULL;
    if (link != NULL && link->redis != NULL) {
        redisAsyncFree(link->redis); /* runs pending callbacks, then clean_up */
    }
}

static void lost(struct store_async *s, enum err state, const char *why)
{
    if (s->phase == PHASE_CLOSING) {
        return;
    }
    s->phase = PHASE_WAITING;
    s->phase_deadline_ms = clock_mono_ms() + s->pause_ms;
    s->pause_ms = s->pause_ms * 2 > PAUSE_MOST_MS ? PAUSE_MOST_MS : s->pause_ms * 2;
    buf_clear(&s->why);
    buf_put_text(&s->why, why);
    set_state(s, state, store_async_why(s));
    drop_link(s);
}

static void on_disconnect(const redisAsyncContext *redis, int status)
{
    struct store_async *s = redis->data;
    (void)status;
    /* hiredis has called clean_up by now, so the link has forgotten its context; a newer link has
     * one. */
    if (s->link != NULL && (s->link->redis == NULL || s->link->redis == redis)) {
        s->link = NULL;
        lost(s, ERR_STORE_DOWN, "the connection to redis was closed");
    }
}

static void on_check_reply(void *data, enum err err, const redisReply *reply)
{
    struct store_async *s = data;
    char why[256];
    if (s->phase != PHASE_CHECKING && s->phase != PHASE_READY) {
        return;
    }
    buf_clear(&s->why);
    if (err == ERR_OK) {
        err = settings_check_reply(s->check, reply, &s->why);
    } else if (err == ERR_STORE_FUNCTIONS) {
        buf_put_text(&s->why, "the function library is not loaded: run `jiujictl store load`");
    }
    if (err == ERR_STORE_DOWN || err == ERR_TIMEOUT || err == ERR_CANCELLED) {
        return; /* the connection is gone, somebody else deals with it */
    }
    if (err != ERR_OK) {
        snprintf(why, sizeof(why), "%s", s->why.len > 0 ? s->why.ptr : err_text(err));
        lost(s, err, why);
        return;
    }
    s->check++;
    if (s->check < SETTINGS_CHECKS) {
        send_check(s);
        return;
    }
    s->check_again_ms = clock_mono_ms() + CHECK_EVERY_MS;
    s->pause_ms = PAUSE_FIRST_MS;
    s->phase = PHASE_READY;
    set_state(s, ERR_OK, "");
}

static void send_check(struct store_async *s)
{
    settings_check_command(&s->fcall, s->check, s->region);
    if (send_fcall(s, &s->fcall, on_check_reply, s) != ERR_OK) {
        lost(s, ERR_STORE_DOWN, "cannot send the settings check");
    }
}

static void on_connect(const redisAsyncContext *redis, int status)
{
    struct store_async *s = redis->data;
    if (status !=
        REDIS_OK) { /* trust status: err may still be 0. hiredis frees the context after this. */
        if (s->link != NULL && s->link->redis == redis) {
            s->link = NULL;
        }
        lost(s, ERR_STORE_DOWN, "cannot connect to redis");
        return;
    }
    s->phase = PHASE_CHECKING;
    s->check = 0;
    send_check(s);
}

static enum err open_link(struct store_async *s)
{
    redisAsyncContext *redis = redisAsyncConnectUnix(s->socket_path);
    if (redis == NULL) {
        return ERR_NO_MEMORY;
    }
    struct link *link = calloc(1, sizeof(*link));
    if (redis->err != 0 || link == NULL || uv_poll_init(s->loop, &link->poll, redis->c.fd) != 0) {
        free(link);
        redisAsyncFree(redis);
        return ERR_STORE_DOWN;
    }
    link->poll.data = link;
    link->redis = redis;
    redis->data = s;
    redis->ev.data = link;
    redis->ev.addRead = add_read;
    redis->ev.delRead = del_read;
    redis->ev.addWrite = add_write;
    redis->ev.delWrite = del_write;
    redis->ev.cleanup = clean_up;
    s->link = link;
    redisAsyncSetConnectCallback(redis, on_connect);
    redisAsyncSetDisconnectCallback(redis, on_disconnect);
    return ERR_OK;
}

static void connect_now(struct store_async *s)
{
    s->phase = PHASE_CONNECTING;
    s->phase_deadline_ms = clock_mono_ms() + s->options.deadline_ms;
    if (open_link(s) != ERR_OK) {
        char why[200];
        snprintf(why, sizeof(why), "cannot reach redis at '%s'", s->socket_path);
        lost(s, ERR_STORE_DOWN, why);
    }
}

/* Ten times a second: is something late, is it time to try again, is it time to look at the
 * settings again? */
static void on_tick(uv_timer_t *timer)
{
    struct store_async *s = timer->data;
    int64_t now = clock_mono_ms();
    if (s->phase == PHASE_WAITING && now >= s->phase_deadline_ms) {
        connect_now(s);
    } else if (s->phase == PHASE_CONNECTING && now >= s->phase_deadline_ms) {
        lost(s, ERR_TIMEOUT, "redis did not take the connection in time");
    } else if (s->first != NULL && now >= s->first->deadline_ms) {
        lost(s, ERR_TIMEOUT, "redis did not answer in time");
    } else if (s->phase == PHASE_READY && s->check == SETTINGS_CHECKS && now >= s->check_again_ms) {
        /* never two checks at once: the replies of one would be judged as the other's */
        s->check_again_ms = now + CHECK_EVERY_MS;
        s->check = 0;
        send_check(s);
    }
}

/* ---- The public part ---- */

enum err store_async_new(uv_loop_t *loop, const struct store_async_options *options,
                         struct store_async **out)
{
    struct store_async *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return ERR_NO_MEMORY;
    }
    if (options->socket_path[0] == '\0' || options->deadline_ms < 1 ||
        options->max_in_flight == 0 ||
        slice_copy(slice_of(options->socket_path), s->socket_path, sizeof(s->socket_path)) !=
            ERR_OK ||
        strlen(options->region) != 6 ||
        slice_copy(slice_of(options->region), s->region, sizeof(s->region)) != ERR_OK) {
        free(s);
        return ERR_INPUT;
    }
    s->loop = loop;
    s->options = *options;
    s->state = ERR_STORE_DOWN;
    s->pause_ms = PAUSE_FIRST_MS;
    buf_init(&s->why, WHY_MAX);
    buf_put_text(&s->why, "not connected yet");
    fcall_init(&s->fcall);
    int rc = uv_timer_init(loop, &s->timer);
    ASSERT(rc == 0);
    s->timer.data = s;
    rc = uv_timer_start(&s->timer, on_tick, TICK_MS, TICK_MS);
    ASSERT(rc == 0);
    connect_now(s);
    *out = s;
    return ERR_OK;
}

static void timer_closed(uv_handle_t *handle)
{
    finish_closing(handle->data);
}

static void finish_closing(struct store_async *s)
{
    void (*on_closed)(void *data) = s->on_closed;
    void *data = s->closed_data;
    buf_release(&s->why);
    fcall_release(&s->fcall);
    free(s);
    if (on_closed != NULL) {
        on_closed(data);
    }
}

void store_async_close(struct store_async *s, void (*on_closed)(void *data), void *data)
{
    ASSERT(s->phase != PHASE_CLOSING);
    s->phase = PHASE_CLOSING;
    s->state = ERR_DRAINING;
    s->on_closed = on_closed;
    s->closed_data = data;
    drop_link(s);
    uv_timer_stop(&s->timer);
    uv_close((uv_handle_t *)&s->timer, timer_closed);
}

enum err store_async_state(const struct store_async *s)
{
    return s->state;
}

const char *store_async_why(const struct store_async *s)
{
    return s->why.ptr == NULL ? "" : s->why.ptr;
}

const char *store_async_region(const struct store_async *s)
{
    return s->region;
}

size_t store_async_in_flight(const struct store_async *s)
{
    return s->in_flight;
}

enum err store_async_call(struct store_async *s, struct fcall *f, store_reply_fn *on_reply,
                          void *data)
{
    if (s->phase != PHASE_READY) {
        return s->state == ERR_OK ? ERR_STORE_DOWN : s->state;
    }
    if (s->in_flight >= s->options.max_in_flight) {
        return ERR_LIMIT;
    }
    return send_fcall(s, f, on_reply, data);
}
