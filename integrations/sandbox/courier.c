#include "integrations/sandbox/courier.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct courier {
    CURLM *multi;
    uv_loop_t *loop;
    struct later *later;
    uv_timer_t timer;
    struct parcel *first, **last; /* waiting for a place */
    struct parcel *under_way[COURIER_PARALLEL];
    int count; /* in under_way */
    bool stopped;
    struct courier_counters counters;
};

/* libuv's side of one of libcurl's sockets. */
struct watch {
    uv_poll_t poll;
    struct courier *courier;
    curl_socket_t fd;
};

static void start_next(struct courier *c);

/* ---- Parcels ---- */

struct parcel *parcel_new(const char *url, size_t body_max)
{
    struct parcel *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return NULL;
    }
    buf_init(&p->body, body_max);
    buf_init(&p->headers, 8192);
    buf_init(&p->reply, PARCEL_REPLY_MAX);
    p->url = strdup(url);
    if (p->url == NULL) {
        free(p);
        return NULL;
    }
    return p;
}

struct parcel *parcel_copy(const struct parcel *p)
{
    struct parcel *copy = parcel_new(p->url, p->body.max);
    if (copy == NULL) {
        return NULL;
    }
    buf_put_slice(&copy->body, buf_slice(&p->body));
    buf_put_slice(&copy->headers, buf_slice(&p->headers));
    memcpy(copy->trace, p->trace, sizeof(copy->trace));
    copy->type = p->type;
    copy->sign = p->sign;
    copy->signer = p->signer;
    copy->wants = p->wants;
    if (buf_err(&copy->body) != ERR_OK || buf_err(&copy->headers) != ERR_OK) {
        parcel_free(copy);
        return NULL;
    }
    return copy;
}

void parcel_free(struct parcel *p)
{
    buf_release(&p->body);
    buf_release(&p->headers);
    buf_release(&p->reply);
    free(p->url);
    free(p);
}

static void tell_tried(struct parcel *p)
{
    if (p->on_tried != NULL) {
        void (*on_tried)(void *) = p->on_tried;
        p->on_tried = NULL;
        on_tried(p->data);
    }
}

static void end_parcel(struct courier *c, struct parcel *p)
{
    c->counters.waiting--;
    tell_tried(p);
    parcel_free(p);
}

static void enqueue(struct courier *c, struct parcel *p)
{
    p->next = NULL;
    *c->last = p;
    c->last = &p->next;
}

void courier_send(struct courier *c, struct parcel *p)
{
    p->courier = c;
    c->counters.waiting++;
    if (c->stopped || c->counters.waiting > PARCELS_MAX) {
        c->counters.dropped++;
        end_parcel(c, p);
        return;
    }
    enqueue(c, p);
    start_next(c);
}

static void on_pause_over(void *data, bool cancelled)
{
    struct parcel *p = data;
    struct courier *c = p->courier;
    if (cancelled) {
        c->counters.dropped++;
        end_parcel(c, p);
        return;
    }
    enqueue(c, p);
    start_next(c);
}

static void after_failure(struct courier *c, struct parcel *p)
{
    c->counters.failed_tries++;
    tell_tried(p);
    int64_t pause = PARCEL_PAUSE_MS;
    for (int i = 1; i < p->tries && pause < PARCEL_PAUSE_MAX_MS; i++) {
        pause *= 2;
    }
    pause = pause > PARCEL_PAUSE_MAX_MS ? PARCEL_PAUSE_MAX_MS : pause;
    if (p->tries >= PARCEL_TRIES_MAX || later_do(c->later, pause, on_pause_over, p) != ERR_OK) {
        c->counters.given_up++;
        end_parcel(c, p);
    }
}

/* ---- One transfer ---- */

static size_t keep_reply(char *bytes, size_t size, size_t count, void *data)
{
    struct parcel *p = data;
    size_t len = size * count, room = PARCEL_REPLY_MAX - p->reply.len;
    buf_put(&p->reply, bytes, len < room ? len : room);
    return len;
}

static bool reply_holds(const struct parcel *p, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i + len <= p->reply.len; i++) {
        if (memcmp(p->reply.ptr + i, text, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool add_header(struct parcel *p, const char *line)
{
    struct curl_slist *longer = curl_slist_append(p->lines, line);
    if (longer != NULL) {
        p->lines = longer;
    }
    return longer != NULL;
}

static bool add_headers(struct parcel *p)
{
    char line[2048];
    struct slice rest = buf_slice(&p->headers);
    while (rest.len > 0) {
        if (slice_copy(slice_cut(&rest, '\n'), line, sizeof(line)) != ERR_OK ||
            !add_header(p, line)) {
            return false;
        }
    }
    return true;
}

static bool set_up(struct parcel *p)
{
    CURL *easy = curl_easy_init();
    p->easy = easy;
    p->lines = NULL;
    buf_clear(&p->reply);
    if (p->sign != NULL) {
        buf_clear(&p->headers);
        p->sign(p, p->signer);
    }
    bool ok = easy != NULL && add_header(p, "Expect:") && add_headers(p);
    if (ok && p->body.len > 0) {
        char type[128] = "Content-Type: application/json";
        if (p->type != NULL) {
            (void)snprintf(type, sizeof(type), "Content-Type: %s", p->type);
        }
        ok = add_header(p, type);
    }
    if (ok && p->trace[0] != '\0') {
        ok = add_header(p, p->trace);
    }
#define SET(option, value) (ok = ok && curl_easy_setopt(easy, (option), (value)) == CURLE_OK)
    SET(CURLOPT_URL, p->url);
    SET(CURLOPT_HTTPHEADER, (struct curl_slist *)p->lines);
    SET(CURLOPT_PRIVATE, (void *)p);
    SET(CURLOPT_WRITEFUNCTION, keep_reply);
    SET(CURLOPT_WRITEDATA, (void *)p);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_TIMEOUT_MS, (long)PARCEL_TIMEOUT_MS);
    if (p->body.len > 0) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.len);
        SET(CURLOPT_POSTFIELDS, p->body.ptr);
    }
#undef SET
    return ok;
}

static void tear_down(struct parcel *p)
{
    curl_easy_cleanup(p->easy);
    curl_slist_free_all(p->lines);
    p->easy = p->lines = NULL;
}

static void start_next(struct courier *c)
{
    while (!c->stopped && c->first != NULL && c->count < COURIER_PARALLEL) {
        struct parcel *p = c->first;
        c->first = p->next;
        if (c->first == NULL) {
            c->last = &c->first;
        }
        p->tries++;
        if (!set_up(p) || curl_multi_add_handle(c->multi, p->easy) != CURLM_OK) {
            tear_down(p);
            after_failure(c, p);
            continue;
        }
        c->under_way[c->count++] = p;
    }
}

static void forget(struct courier *c, const struct parcel *p)
{
    for (int i = 0; i < c->count; i++) {
        if (c->under_way[i] == p) {
            c->under_way[i] = c->under_way[--c->count];
            return;
        }
    }
}

/* After every socket action, whatever it said: a transfer that timed out leaves only its message.
 */
static void drain_messages(struct courier *c)
{
    int left = 0;
    for (CURLMsg *msg = curl_multi_info_read(c->multi, &left); msg != NULL;
         msg = curl_multi_info_read(c->multi, &left)) {
        if (msg->msg != CURLMSG_DONE) {
            continue;
        }
        char *data = NULL;
        long status = 0;
        CURLcode code = msg->data.result;
        CURL *easy = msg->easy_handle;
        (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, &data);
        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        struct parcel *p = (struct parcel *)(void *)data;
        (void)curl_multi_remove_handle(c->multi, easy);
        forget(c, p);
        tear_down(p);
        if (code == CURLE_OK && status >= 200 && status <= 299 &&
            (p->wants == NULL || reply_holds(p, p->wants))) {
            c->counters.delivered++;
            end_parcel(c, p);
        } else {
            after_failure(c, p);
        }
    }
    start_next(c);
}

/* ---- libcurl's sockets and timer on the loop ---- */

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *w = poll->data;
    struct courier *c = w->courier;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    flags |= (events & UV_READABLE) != 0 ? CURL_CSELECT_IN : 0;
    flags |= (events & UV_WRITABLE) != 0 ? CURL_CSELECT_OUT : 0;
    int running = 0;
    (void)curl_multi_socket_action(c->multi, w->fd, flags, &running);
    drain_messages(c);
}

static void on_timer(uv_timer_t *timer)
{
    struct courier *c = timer->data;
    int running = 0;
    (void)curl_multi_socket_action(c->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    drain_messages(c);
}

static int on_timer_wanted(CURLM *multi, long ms, void *data)
{
    struct courier *c = data;
    (void)multi;
    if (ms < 0 || c->stopped) {
        (void)uv_timer_stop(&c->timer);
    } else {
        (void)uv_timer_start(&c->timer, on_timer, (uint64_t)ms, 0);
    }
    return 0;
}

static void on_watch_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *data, void *socket_data)
{
    struct courier *c = data;
    struct watch *w = socket_data;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (w != NULL) {
            (void)curl_multi_assign(c->multi, fd, NULL);
            (void)uv_poll_stop(&w->poll);
            uv_close((uv_handle_t *)&w->poll, on_watch_closed);
        }
        return 0;
    }
    if (w == NULL) {
        w = calloc(1, sizeof(*w));
        if (w == NULL || uv_poll_init_socket(c->loop, &w->poll, fd) != 0) {
            free(w);
            return -1;
        }
        w->courier = c;
        w->fd = fd;
        w->poll.data = w;
        (void)curl_multi_assign(c->multi, fd, w);
    }
    int events = (what & CURL_POLL_IN) != 0 ? UV_READABLE : 0;
    events |= (what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0;
    return uv_poll_start(&w->poll, events, on_ready) == 0 ? 0 : -1;
}

/* ---- The courier ---- */

enum err courier_new(uv_loop_t *loop, struct later *later, struct courier **out)
{
    struct courier *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return ERR_NO_MEMORY;
    }
    c->loop = loop;
    c->later = later;
    c->last = &c->first;
    c->multi = curl_multi_init();
    if (c->multi == NULL) {
        free(c);
        return ERR_NO_MEMORY;
    }
    int rc = uv_timer_init(loop, &c->timer);
    ASSERT(rc == 0);
    c->timer.data = c;
    (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    (void)curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, (void *)c);
    (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    (void)curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, (void *)c);
    (void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)COURIER_PARALLEL);
    *out = c;
    return ERR_OK;
}

struct courier_counters courier_counters(const struct courier *c)
{
    return c->counters;
}

void courier_stop(struct courier *c)
{
    c->stopped = true;
    while (c->count > 0) {
        struct parcel *p = c->under_way[--c->count];
        (void)curl_multi_remove_handle(c->multi, p->easy);
        tear_down(p);
        c->counters.dropped++;
        end_parcel(c, p);
    }
    while (c->first != NULL) {
        struct parcel *p = c->first;
        c->first = p->next;
        c->counters.dropped++;
        end_parcel(c, p);
    }
    c->last = &c->first;
    (void)curl_multi_cleanup(
        c->multi); /* closes the kept-alive connections and gives up their watches */
    c->multi = NULL;
    uv_close((uv_handle_t *)&c->timer, NULL);
}

void courier_free(struct courier *c)
{
    ASSERT(c == NULL || c->multi == NULL);
    free(c);
}
