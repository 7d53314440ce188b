#include "tests/bench/load_run.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uv.h>

#define HEAD_MAX 8192
#define READ_BYTES 65536
#define CONNECT_FAILURES_MAX 100
#define TICK_NS_MIN 100000 /* of the open loop's clock */
#define NS_PER_S UINT64_C(1000000000)

struct load;

struct peer {
    union {
        uv_tcp_t tcp;
        uv_handle_t handle;
        uv_stream_t stream;
    } io;
    uv_connect_t connect;
    uv_write_t write;
    struct load *load;
    uint64_t began_ns; /* of the request that waits for its answer; 0: none */
    size_t body_left;
    size_t head_len; /* bytes of `head` */
    int status;      /* while the body is read */
    bool close_after;
    bool connected;
    struct peer *next_free;
    char *request;
    char head[HEAD_MAX];
};

struct load {
    const struct load_plan *plan;
    struct load_result *result;
    uv_loop_t loop;
    uv_poll_t tick;
    uv_timer_t watchdog;
    struct peer *peers;
    struct peer *free; /* connected and without a request */
    uint64_t start_ns;
    uint64_t sent;
    uint64_t done; /* answered or failed */
    uint64_t failures_in_a_row;
    int tick_fd;
    bool over;
    char bytes[READ_BYTES];
};

static void peer_connect(struct peer *p);

static void finish(struct load *l)
{
    if (l->over) {
        return;
    }
    l->over = true;
    l->result->seconds = (double)(uv_hrtime() - l->start_ns) / 1e9;
    for (long i = 0; i < l->plan->connections; i++) {
        uv_handle_t *handle = &l->peers[i].io.handle;
        if (!uv_is_closing(handle)) {
            uv_close(handle, NULL);
        }
    }
    uv_close((uv_handle_t *)&l->watchdog, NULL);
    if (l->plan->rate > 0) {
        uv_close((uv_handle_t *)&l->tick, NULL);
    }
}

static void one_done(struct load *l)
{
    if (++l->done == l->plan->total) {
        finish(l);
    }
}

static void on_lost(uv_handle_t *handle)
{
    struct peer *p = handle->data;
    if (!p->load->over) {
        peer_connect(p);
    }
}

/* Give the connection up; its request, if any, is charged to *count. */
static void peer_lose(struct peer *p, uint64_t *count)
{
    struct load *l = p->load;
    bool lost_one = p->began_ns != 0;
    if (uv_is_closing(&p->io.handle)) {
        return;
    }
    for (struct peer **at = &l->free; *at != NULL; at = &(*at)->next_free) {
        if (*at == p) {
            *at = p->next_free;
            break;
        }
    }
    p->connected = false;
    p->began_ns = 0;
    uv_close(&p->io.handle, on_lost);
    if (lost_one) {
        (*count)++;
        one_done(l);
    }
}

static void on_written(uv_write_t *request, int status)
{
    struct peer *p = request->data;
    if (status != 0 && status != UV_ECANCELED) {
        peer_lose(p, &p->load->result->cut);
    }
}

/* Send the next request; it began (or was due) at began_ns. */
static void peer_send(struct peer *p, uint64_t began_ns)
{
    struct load *l = p->load;
    size_t len = load_requests_write(l->plan->requests, l->plan->first + l->sent, p->request);
    uv_buf_t piece = uv_buf_init(p->request, (unsigned)len);
    l->sent++;
    p->began_ns = began_ns;
    p->head_len = 0;
    p->status = 0;
    int taken = uv_try_write(&p->io.stream, &piece, 1);
    if (taken < 0 && taken != UV_EAGAIN) {
        peer_lose(p, &l->result->cut);
        return;
    }
    size_t written = taken > 0 ? (size_t)taken : 0;
    if (written < len) {
        piece = uv_buf_init(p->request + written, (unsigned)(len - written));
        p->write.data = p;
        if (uv_write(&p->write, &p->io.stream, &piece, 1, on_written) != 0) {
            peer_lose(p, &l->result->cut);
        }
    }
}

/* When request number i is due, in the open loop. */
static uint64_t due_ns(const struct load *l, uint64_t i)
{
    return l->start_ns + i * NS_PER_S / l->plan->rate;
}

/* p has no request: give it the next one if there is one. */
static void peer_next(struct peer *p)
{
    struct load *l = p->load;
    if (l->over) {
        return;
    }
    if (l->sent < l->plan->total && l->plan->rate == 0) {
        peer_send(p, uv_hrtime());
    } else if (l->sent < l->plan->total && due_ns(l, l->sent) <= uv_hrtime()) {
        l->result->late_sends++;
        peer_send(p, due_ns(l, l->sent));
    } else {
        p->next_free = l->free;
        l->free = p;
    }
}

static void on_answered(struct peer *p)
{
    struct load *l = p->load;
    uint64_t took_ns = uv_hrtime() - p->began_ns;
    histogram_add(&l->result->latency_us, took_ns / 1000);
    l->result->statuses[p->status]++;
    l->result->answered++;
    l->failures_in_a_row = 0;
    p->began_ns = 0;
    one_done(l);
    if (p->close_after) {
        peer_lose(p, &l->result->cut);
    } else {
        peer_next(p);
    }
}

/* Status and body length of a complete head. False: not understood. */
static bool head_read(struct peer *p, struct slice head)
{
    int64_t status;
    bool sized = false;
    struct slice line = slice_cut(&head, '\n');
    if (!slice_starts_with(line, "HTTP/1.1 ") || line.len < 12 ||
        slice_to_int64(slice_make(line.ptr + 9, 3), 200, 599, &status) != ERR_OK) {
        return false;
    }
    p->status = (int)status;
    p->body_left = 0;
    p->close_after = false;
    while (head.len > 0) {
        line = slice_trim(slice_cut(&head, '\n'));
        if (line.len > 15 && strncasecmp(line.ptr, "Content-Length:", 15) == 0) {
            int64_t len;
            struct slice value = slice_trim(slice_make(line.ptr + 15, line.len - 15));
            sized = slice_to_int64(value, 0, INT32_MAX, &len) == ERR_OK;
            p->body_left = sized ? (size_t)len : 0;
        } else if (line.len == 17 && strncasecmp(line.ptr, "Connection: close", 17) == 0) {
            p->close_after = true;
        }
    }
    return sized || status == 204 || status == 304;
}

/* Take what belongs to the present answer. False: the connection is of no more use. */
static bool take(struct peer *p, const char *bytes, size_t len)
{
    if (p->status == 0) {
        size_t before = p->head_len;
        size_t room = HEAD_MAX - before;
        size_t copied = len < room ? len : room;
        memcpy(p->head + before, bytes, copied);
        p->head_len += copied;
        const char *end = memmem(p->head, p->head_len, "\r\n\r\n", 4);
        if (end == NULL) {
            return p->head_len < HEAD_MAX;
        }
        size_t head_len = (size_t)(end - p->head) + 4;
        if (!head_read(p, slice_make(p->head, head_len))) {
            return false;
        }
        bytes += head_len - before;
        len -= head_len - before;
    }
    if (len > p->body_left) {
        return false; /* more than was asked for */
    }
    p->body_left -= len;
    return true;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct peer *p = handle->data;
    (void)suggested;
    *buf = uv_buf_init(p->load->bytes, READ_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct peer *p = stream->data;
    struct load *l = p->load;
    if (count < 0) {
        peer_lose(p, &l->result->cut);
    } else if (count > 0 && (p->began_ns == 0 || !take(p, buf->base, (size_t)count))) {
        peer_lose(p, &l->result->unreadable);
    } else if (count > 0 && p->status != 0 && p->body_left == 0) {
        on_answered(p);
    }
}

static void on_connected(uv_connect_t *request, int status)
{
    struct peer *p = request->data;
    struct load *l = p->load;
    if (l->over || status == UV_ECANCELED) {
        return;
    }
    if (status != 0) {
        l->result->connect_failed++;
        if (++l->failures_in_a_row >= CONNECT_FAILURES_MAX) {
            finish(l);
        } else {
            peer_lose(p, &l->result->cut);
        }
        return;
    }
    uv_tcp_nodelay(&p->io.tcp, 1);
    p->connected = true;
    if (uv_read_start(&p->io.stream, on_alloc, on_read) != 0) {
        peer_lose(p, &l->result->cut);
        return;
    }
    peer_next(p);
}

static void peer_connect(struct peer *p)
{
    struct load *l = p->load;
    uv_tcp_init(&l->loop, &p->io.tcp);
    p->io.handle.data = p;
    p->connect.data = p;
    if (uv_tcp_connect(&p->connect, &p->io.tcp, (const struct sockaddr *)&l->plan->address,
                       on_connected) != 0) {
        l->result->connect_failed++;
        finish(l);
    }
}

static void on_tick(uv_poll_t *tick, int status, int events)
{
    struct load *l = tick->data;
    uint64_t expirations;
    (void)status;
    (void)events;
    if (read(l->tick_fd, &expirations, sizeof(expirations)) < 0) {
        return;
    }
    uint64_t now_ns = uv_hrtime();
    while (l->free != NULL && l->sent < l->plan->total && due_ns(l, l->sent) <= now_ns) {
        struct peer *p = l->free;
        l->free = p->next_free;
        peer_send(p, due_ns(l, l->sent));
    }
}

static void on_watchdog(uv_timer_t *timer)
{
    struct load *l = timer->data;
    uint64_t now_ns = uv_hrtime();
    for (long i = 0; i < l->plan->connections && !l->over; i++) {
        struct peer *p = &l->peers[i];
        if (p->began_ns != 0 && now_ns > p->began_ns &&
            now_ns - p->began_ns > (uint64_t)l->plan->timeout_ms * 1000000) {
            peer_lose(p, &l->result->timed_out);
        }
    }
}

static bool tick_start(struct load *l)
{
    uint64_t period_ns = NS_PER_S / l->plan->rate;
    period_ns = period_ns < TICK_NS_MIN ? TICK_NS_MIN : period_ns;
    struct timespec period = {.tv_sec = (time_t)(period_ns / NS_PER_S),
                              .tv_nsec = (long)(period_ns % NS_PER_S)};
    struct itimerspec spec = {.it_interval = period, .it_value = period};
    l->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    l->tick.data = l;
    return l->tick_fd >= 0 && timerfd_settime(l->tick_fd, 0, &spec, NULL) == 0 &&
           uv_poll_init(&l->loop, &l->tick, l->tick_fd) == 0 &&
           uv_poll_start(&l->tick, UV_READABLE, on_tick) == 0;
}

enum err load_run(const struct load_plan *plan, struct load_result *result)
{
    size_t count = (size_t)plan->connections;
    struct load *l = calloc(1, sizeof(*l));
    struct peer *peers = calloc(count, sizeof(*peers));
    char *requests = calloc(count, plan->requests->longest);
    enum err err = ERR_NO_MEMORY;
    memset(result, 0, sizeof(*result));
    if (l == NULL || peers == NULL || requests == NULL || uv_loop_init(&l->loop) != 0) {
        goto out;
    }
    l->plan = plan;
    l->result = result;
    l->peers = peers;
    l->tick_fd = -1;
    l->start_ns = uv_hrtime();
    err = ERR_IO;
    if (plan->rate > 0 && !tick_start(l)) {
        goto out;
    }
    uv_timer_init(&l->loop, &l->watchdog);
    l->watchdog.data = l;
    uv_timer_start(&l->watchdog, on_watchdog, 200, 200);
    for (size_t i = 0; i < count; i++) {
        peers[i].load = l;
        peers[i].request = requests + i * plan->requests->longest;
        peer_connect(&peers[i]);
    }
    uv_run(&l->loop, UV_RUN_DEFAULT);
    int leftover = uv_loop_close(&l->loop);
    ASSERT(leftover == 0);
    err = l->done == plan->total ? ERR_OK : ERR_IO;
out:
    if (l != NULL && l->tick_fd >= 0) {
        close(l->tick_fd);
    }
    free(requests);
    free(peers);
    free(l);
    return err;
}
