#include "queue/store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "queue/store/function_library.h"
#include "queue/store/reply.h"
#include "queue/store/settings_check.h"

#define WHY_MAX 2048

struct store {
    char *socket_path;
    char region[7];
    struct timeval deadline;
    redisContext *link; /* NULL: not connected */
    struct fcall fcall;
    struct buf why;
    size_t pending;
};

enum err store_new(const char *socket_path, const char *region, int deadline_ms, struct store **out)
{
    if (socket_path[0] == '\0' || strlen(region) != 6 || deadline_ms < 1 || deadline_ms > 600000) {
        return ERR_INPUT;
    }
    struct store *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return ERR_NO_MEMORY;
    }
    s->socket_path = strdup(socket_path);
    if (s->socket_path == NULL) {
        free(s);
        return ERR_NO_MEMORY;
    }
    memcpy(s->region, region, 7);
    s->deadline =
        (struct timeval){.tv_sec = deadline_ms / 1000, .tv_usec = deadline_ms % 1000 * 1000};
    fcall_init(&s->fcall);
    buf_init(&s->why, WHY_MAX);
    *out = s;
    return ERR_OK;
}

static void hang_up(struct store *s)
{
    if (s->link != NULL) {
        redisFree(s->link);
        s->link = NULL;
    }
    s->pending = 0;
}

void store_free(struct store *s)
{
    if (s == NULL) {
        return;
    }
    hang_up(s);
    fcall_release(&s->fcall);
    buf_release(&s->why);
    free(s->socket_path);
    free(s);
}

const char *store_region(const struct store *s)
{
    return s->region;
}

const char *store_why(const struct store *s)
{
    return s->why.ptr == NULL ? "" : s->why.ptr;
}

struct fcall *store_fcall(struct store *s)
{
    return &s->fcall;
}

/* The connection failed: say why, close it, name the error. */
static enum err lost(struct store *s)
{
    bool timed_out = s->link != NULL && s->link->err == REDIS_ERR_IO &&
                     (errno == EAGAIN || errno == EWOULDBLOCK);
    buf_clear(&s->why);
    buf_putf(&s->why, "redis at '%s': %s", s->socket_path,
             s->link == NULL ? "not connected"
             : timed_out     ? "no answer in time"
                             : s->link->errstr);
    hang_up(s);
    return timed_out ? ERR_TIMEOUT : ERR_STORE_DOWN;
}

static enum err send_wire(struct store *s)
{
    struct slice wire;
    enum err err = fcall_finish(&s->fcall, &wire);
    if (err != ERR_OK) {
        return err;
    }
    if (redisAppendFormattedCommand(s->link, wire.ptr, wire.len) != REDIS_OK) {
        return lost(s);
    }
    s->pending++;
    return ERR_OK;
}

static enum err receive(struct store *s, redisReply **out)
{
    void *reply = NULL;
    if (redisGetReply(s->link, &reply) != REDIS_OK || reply == NULL) {
        return lost(s);
    }
    s->pending--;
    *out = reply;
    return ERR_OK;
}

static enum err check_all(struct store *s, int checks)
{
    for (int i = 0; i < checks; i++) {
        redisReply *reply = NULL;
        settings_check_command(&s->fcall, i, s->region);
        enum err err = send_wire(s);
        if (err == ERR_OK) {
            err = receive(s, &reply);
        }
        if (err == ERR_OK) {
            buf_clear(&s->why);
            err = settings_check_reply(i, reply, &s->why);
            freeReplyObject(reply);
        }
        if (err != ERR_OK) {
            hang_up(s);
            return err;
        }
    }
    return ERR_OK;
}

static enum err connect_and_check(struct store *s, int checks)
{
    if (s->link != NULL) {
        return ERR_OK;
    }
    s->link = redisConnectUnixWithTimeout(s->socket_path, s->deadline);
    if (s->link == NULL || s->link->err != 0) {
        return lost(s);
    }
    if (redisSetTimeout(s->link, s->deadline) != REDIS_OK) {
        return lost(s);
    }
    return check_all(s, checks);
}

/* store_call and store_push may find the fcall filled already: keep it over the check. */
static enum err ready_keeping_fcall(struct store *s)
{
    if (s->link != NULL) {
        return ERR_OK;
    }
    struct fcall kept = s->fcall;
    fcall_init(&s->fcall);
    enum err err = connect_and_check(s, SETTINGS_CHECKS);
    fcall_release(&s->fcall);
    s->fcall = kept;
    return err;
}

enum err store_ready(struct store *s)
{
    return connect_and_check(s, SETTINGS_CHECKS);
}

enum err store_push(struct store *s)
{
    ASSERT(s->pending == 0 || s->link != NULL);
    enum err err = ready_keeping_fcall(s);
    return err == ERR_OK ? send_wire(s) : err;
}

enum err store_pull(struct store *s, redisReply **out)
{
    if (s->pending == 0) {
        return ERR_STORE_DOWN; /* the pipeline was lost before */
    }
    redisReply *reply = NULL;
    enum err err = receive(s, &reply);
    if (err != ERR_OK) {
        return err;
    }
    err = reply_err(reply);
    if (err != ERR_OK) {
        buf_clear(&s->why);
        buf_put(&s->why, reply->str, (size_t)reply->len);
        freeReplyObject(reply);
        if (err == ERR_STORE_FUNCTIONS || err == ERR_STORE_READONLY) {
            hang_up(
                s); /* the settings have changed under us: check them again before the next call */
        }
        return err;
    }
    *out = reply;
    return ERR_OK;
}

enum err store_call(struct store *s, redisReply **reply)
{
    ASSERT(s->pending == 0);
    enum err err = store_push(s);
    return err == ERR_OK ? store_pull(s, reply) : err;
}

enum err store_load_functions(struct store *s)
{
    hang_up(s);
    enum err err = connect_and_check(s, SETTINGS_CHECKS - 1);
    if (err != ERR_OK) {
        return err;
    }
    struct buf text;
    buf_init(&text, 1u << 20);
    function_library_text(&text);
    fcall_begin_plain(&s->fcall);
    fcall_text(&s->fcall, "FUNCTION");
    fcall_text(&s->fcall, "LOAD");
    fcall_text(&s->fcall, "REPLACE");
    fcall_slice(&s->fcall, buf_slice(&text));
    err = buf_err(&text);
    buf_release(&text);
    redisReply *reply = NULL;
    if (err == ERR_OK) {
        err = store_call(s, &reply);
    }
    if (err == ERR_OK) {
        freeReplyObject(reply);
        hang_up(s);
        err = store_ready(s);
    }
    return err;
}
