#include "integrations/http/http_client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "queue/base/clock.h"

#define POLL_MS 1000

/* One place for a call under way. The handle is reused from call to call, its options are not. */
struct lane {
    CURL *easy;
    struct http_call *call; /* NULL: free */
    struct curl_slist *headers;
    int64_t started_ms;
    bool may_be_sent; /* the point just before sending was reached at least once */
    bool head_ended;  /* the empty line behind the answer's headers was seen */
    bool too_large;
    bool no_memory;
};

struct http_client {
    CURLM *multi;
    struct lane *lanes;
    int lane_count;
    char *user_agent;
    char *ca_file; /* NULL: the system's */
};

enum err http_client_setup(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? ERR_OK : ERR_INTERNAL;
}

enum err http_client_new(const struct http_client_options *options, struct http_client **out)
{
    if (options->max_parallel < 1 || options->max_parallel > HTTP_PARALLEL_MAX) {
        return ERR_INPUT;
    }
    struct http_client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return ERR_NO_MEMORY;
    }
    client->user_agent = strdup(options->user_agent != NULL ? options->user_agent : "jiuji");
    if (options->ca_file != NULL) {
        client->ca_file = strdup(options->ca_file);
    }
    client->lanes = calloc((size_t)options->max_parallel, sizeof(*client->lanes));
    client->multi = curl_multi_init();
    if (client->user_agent == NULL || (options->ca_file != NULL && client->ca_file == NULL) ||
        client->lanes == NULL || client->multi == NULL) {
        goto no_memory;
    }
    client->lane_count = options->max_parallel;
    for (int i = 0; i < client->lane_count; i++) {
        client->lanes[i].easy = curl_easy_init();
        if (client->lanes[i].easy == NULL) {
            goto no_memory;
        }
    }
    (void)curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)options->max_parallel);
    (void)curl_multi_setopt(client->multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
    *out = client;
    return ERR_OK;

no_memory:
    http_client_free(client);
    return ERR_NO_MEMORY;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL) {
        return;
    }
    for (int i = 0; i < client->lane_count; i++) {
        ASSERT(client->lanes[i].call == NULL);
        curl_easy_cleanup(client->lanes[i].easy);
    }
    if (client->multi != NULL) {
        curl_multi_cleanup(client->multi);
    }
    free(client->lanes);
    free(client->user_agent);
    free(client->ca_file);
    free(client);
}

void http_call_init(struct http_call *call)
{
    memset(call, 0, sizeof(*call));
    call->content_type = "application/json";
    call->connect_ms = 3000;
    call->total_ms = 15000;
    call->error = "";
    buf_init(&call->reply, HTTP_REPLY_MAX);
    buf_init(&call->head, HTTP_HEAD_MAX);
}

void http_call_release(struct http_call *call)
{
    buf_release(&call->reply);
    buf_release(&call->head);
}

struct slice http_call_header(const struct http_call *call, const char *name)
{
    struct slice found = {NULL, 0};
    struct slice rest = buf_slice(&call->head);
    size_t len = strlen(name);
    while (rest.len > 0) {
        struct slice line = slice_cut(&rest, '\n');
        if (line.len <= len || line.ptr[len] != ':' || strncasecmp(line.ptr, name, len) != 0) {
            continue;
        }
        if (found.ptr != NULL) {
            return slice_make(NULL, 0);
        }
        found = slice_trim(slice_make(line.ptr + len + 1, line.len - len - 1));
    }
    return found;
}

/* ---- What libcurl calls back ---- */

static size_t on_body(char *bytes, size_t size, size_t count, void *data)
{
    struct lane *lane = data;
    size_t len = size * count; /* size is always 1 */
    buf_put(&lane->call->reply, bytes, len);
    if (buf_err(&lane->call->reply) == ERR_OK) {
        return len;
    }
    lane->too_large = buf_err(&lane->call->reply) == ERR_TOO_LARGE;
    lane->no_memory = !lane->too_large;
    return 0; /* anything but len ends the transfer */
}

/* libcurl calls an answer whole whose headers were cut off by a close: the empty line behind them
 * must have come. */
static size_t on_header(char *bytes, size_t size, size_t count, void *data)
{
    struct lane *lane = data;
    size_t len = size * count;
    if (slice_starts_with(slice_make(bytes, len), "HTTP/")) {
        lane->head_ended = false; /* an interim answer (1xx) had a head of its own */
        buf_clear(&lane->call->head);
    } else if (len <= 2) {
        lane->head_ended = true;
    }
    if (lane->call->keep_head) {
        buf_put(&lane->call->head, bytes, len);
        if (buf_err(&lane->call->head) != ERR_OK) {
            lane->too_large = buf_err(&lane->call->head) == ERR_TOO_LARGE;
            lane->no_memory = !lane->too_large;
            return 0;
        }
    }
    return len;
}

/* Connected (or took a kept-alive connection), nothing of the request sent yet. For money it may
 * happen once: a second time would be libcurl repeating the request. */
static int on_about_to_send(void *data, char *peer_ip, char *local_ip, int peer_port,
                            int local_port)
{
    struct lane *lane = data;
    (void)peer_ip, (void)local_ip, (void)peer_port, (void)local_port;
    bool repeat = lane->may_be_sent;
    lane->may_be_sent = true;
    return repeat && lane->call->money ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---- Starting ---- */

static bool header_line_ok(const char *line)
{
    return strpbrk(line, "\r\n") == NULL;
}

static bool add_header(struct lane *lane, const char *line)
{
    struct curl_slist *longer = curl_slist_append(lane->headers, line);
    if (longer == NULL) {
        return false;
    }
    lane->headers = longer;
    return true;
}

static bool add_header_with(struct lane *lane, const char *start, const char *value)
{
    struct buf line;
    buf_init(&line, 8192);
    buf_put_text(&line, start);
    buf_put_text(&line, value);
    bool ok = buf_err(&line) == ERR_OK && add_header(lane, line.ptr);
    buf_release(&line);
    return ok;
}

/* NULL if all is well, else why the call cannot be sent. */
static const char *put_headers(struct lane *lane)
{
    const struct http_call *call = lane->call;
    bool bearer = call->bearer != NULL && call->bearer[0] != '\0';
    if (bearer && !header_line_ok(call->bearer)) {
        return "token has a line break";
    }
    for (size_t i = 0; i < HTTP_CALL_HEADERS_MAX; i++) {
        if (call->headers[i] != NULL && !header_line_ok(call->headers[i])) {
            return "header has a line break";
        }
    }
    if (call->post && !header_line_ok(call->content_type)) {
        return "content type has a line break";
    }

    bool ok = add_header(lane, "Expect:"); /* an empty one takes libcurl's own away */
    if (ok && call->post) {
        ok = add_header_with(lane, "Content-Type: ", call->content_type);
    }
    if (ok && bearer) {
        ok = add_header_with(lane, "Authorization: Bearer ", call->bearer);
    }
    for (size_t i = 0; ok && i < HTTP_CALL_HEADERS_MAX; i++) {
        if (call->headers[i] != NULL) {
            ok = add_header(lane, call->headers[i]);
        }
    }
    return ok ? NULL : "no memory";
}

static const char *set_options(const struct http_client *client, struct lane *lane)
{
    const struct http_call *call = lane->call;
    CURL *easy = lane->easy;
    curl_easy_reset(easy); /* keeps connections, DNS cache and session ids */
    const char *fault = put_headers(lane);
    if (fault != NULL) {
        return fault;
    }
    bool ok = true;
#define SET(option, value) (ok = ok && curl_easy_setopt(easy, (option), (value)) == CURLE_OK)
    SET(CURLOPT_URL, call->url);
    SET(CURLOPT_HTTPHEADER, lane->headers);
    SET(CURLOPT_USERAGENT, client->user_agent);
    SET(CURLOPT_PRIVATE, (void *)lane);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, (void *)lane);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, (void *)lane);
    SET(CURLOPT_PREREQFUNCTION, on_about_to_send);
    SET(CURLOPT_PREREQDATA, (void *)lane);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROXY, ""); /* the environment's proxies are not asked */
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    if (client->ca_file != NULL) {
        SET(CURLOPT_CAINFO, client->ca_file);
    }
    SET(CURLOPT_CONNECTTIMEOUT_MS, call->connect_ms);
    SET(CURLOPT_TIMEOUT_MS, call->total_ms);
    SET(CURLOPT_TCP_NODELAY, 1L);
    if (call->money) {
        SET(CURLOPT_FRESH_CONNECT, 1L);
        SET(CURLOPT_FORBID_REUSE, 1L);
    }
    if (call->post) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
        SET(CURLOPT_POSTFIELDS, call->body.len == 0 ? "" : call->body.ptr); /* not copied */
    }
#undef SET
    return ok ? NULL : "the call cannot be set up";
}

static void finish(struct lane *lane, enum http_outcome outcome, int status, const char *error)
{
    struct http_call *call = lane->call;
    call->outcome = outcome;
    call->status = status;
    call->error = error;
    call->took_ms = (long)(clock_mono_ms() - lane->started_ms);
    curl_slist_free_all(lane->headers);
    lane->headers = NULL;
    lane->call = NULL;
}

/* True if the call is under way; else it has ended already. */
static bool start(struct http_client *client, struct lane *lane, struct http_call *call)
{
    lane->call = call;
    lane->started_ms = clock_mono_ms();
    lane->may_be_sent = lane->head_ended = lane->too_large = lane->no_memory = false;
    buf_clear(&call->reply);
    const char *fault = NULL;
    if (call->url == NULL || call->connect_ms < 1 || call->total_ms < 1) {
        fault = "the call cannot be set up";
    }
    if (fault == NULL) {
        fault = set_options(client, lane);
    }
    if (fault == NULL && curl_multi_add_handle(client->multi, lane->easy) != CURLM_OK) {
        fault = "no memory";
    }
    if (fault == NULL) {
        return true;
    }
    finish(lane, HTTP_NOT_SENT, 0, fault);
    return false;
}

/* ---- Ending ---- */

static void end(struct http_client *client, struct lane *lane, CURLcode code)
{
    long status = 0;
    long request_bytes = 0;
    (void)curl_easy_getinfo(lane->easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(lane->easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    (void)curl_multi_remove_handle(client->multi, lane->easy);
    if (code == CURLE_OK && lane->head_ended && status >= 200 && status <= 599) {
        finish(lane, HTTP_ANSWERED, (int)status, "");
        return;
    }
    const char *error = lane->too_large    ? "answer is too large"
                        : lane->no_memory  ? "no memory for the answer"
                        : code == CURLE_OK ? "answer is not whole"
                                           : curl_easy_strerror(code);
    bool sent = lane->may_be_sent || request_bytes > 0;
    finish(lane, sent ? HTTP_UNKNOWN : HTTP_NOT_SENT, 0, error);
}

/* Every message that is there, always: a transfer that ended by time-out leaves nothing else to
 * wake us. */
static size_t drain_messages(struct http_client *client)
{
    size_t ended = 0;
    int left = 0;
    for (CURLMsg *msg = curl_multi_info_read(client->multi, &left); msg != NULL;
         msg = curl_multi_info_read(client->multi, &left)) {
        if (msg->msg != CURLMSG_DONE) {
            continue;
        }
        char *data = NULL;
        CURLcode code = msg->data.result; /* msg is gone once the handle is removed */
        (void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &data);
        end(client, (struct lane *)(void *)data, code);
        ended++;
    }
    return ended;
}

/* The multi interface itself broke down (out of memory, mostly): give every call under way its
 * outcome. */
static void give_up(struct http_client *client)
{
    for (int i = 0; i < client->lane_count; i++) {
        struct lane *lane = &client->lanes[i];
        if (lane->call == NULL) {
            continue;
        }
        (void)curl_multi_remove_handle(client->multi, lane->easy);
        finish(lane, lane->may_be_sent ? HTTP_UNKNOWN : HTTP_NOT_SENT, 0, "transfer was given up");
    }
}

void http_client_run(struct http_client *client, struct http_call calls[], size_t n)
{
    size_t next = 0;
    size_t under_way = 0;
    while (next < n || under_way > 0) {
        for (int i = 0; i < client->lane_count && next < n; i++) {
            while (client->lanes[i].call == NULL && next < n) {
                under_way += start(client, &client->lanes[i], &calls[next++]) ? 1 : 0;
            }
        }
        if (under_way == 0) {
            continue;
        }
        int running = 0;
        if (curl_multi_perform(client->multi, &running) != CURLM_OK) {
            give_up(client);
            under_way = 0;
            continue;
        }
        size_t ended = drain_messages(client);
        ASSERT(ended <= under_way);
        under_way -= ended;
        if (ended == 0 && under_way > 0 &&
            curl_multi_poll(client->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK) {
            give_up(client);
            under_way = 0;
        }
    }
}
