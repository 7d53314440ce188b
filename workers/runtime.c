#include "workers/runtime.h"

#include "queue/base/clock.h"
#include "queue/base/log.h"

enum err runtime_call(struct site *s, const char *what, redisReply **reply)
{
    int64_t from_us = clock_mono_us();
    enum err err = store_call(s->store, reply);
    log_event(LOG_DEBUG, "store_call", "call=%s took_us=%lld", what,
              (long long)(clock_mono_us() - from_us));
    if (err != ERR_OK) {
        log_event(LOG_WARN, "store_call_failed", "call=%s err=%s why=\"%s\"", what, err_code(err),
                  store_why(s->store));
    }
    return err;
}

enum err lease_take(struct site *s, enum stage stage, int64_t most, struct lease *out)
{
    *out = (struct lease){.count = 0};
    lease_write(store_fcall(s->store), s->settings->region, stage, s->settings->lease_ms, most);
    enum err err = runtime_call(s, "lease", &out->reply);
    if (err == ERR_OK) {
        err = lease_read(out->reply, &out->token, out->jobs, &out->count);
    }
    return err;
}

void lease_release(struct lease *l)
{
    if (l->reply != NULL) {
        freeReplyObject(l->reply);
    }
    *l = (struct lease){.count = 0};
}

enum err lease_end(struct site *s, enum stage stage, const struct lease *l,
                   const struct job_end *ends, size_t n)
{
    redisReply *reply = NULL;
    size_t stale = 0;
    if (n == 0) {
        return ERR_OK;
    }
    finish_begin(store_fcall(s->store), s->settings->region, stage, l->token);
    for (size_t i = 0; i < n; i++) {
        finish_add(store_fcall(s->store), &ends[i]);
    }
    enum err err = runtime_call(s, "finish", &reply);
    if (err == ERR_OK) {
        err = finish_read(reply, n, &stale);
        freeReplyObject(reply);
    }
    if (err == ERR_OK && stale > 0) {
        log_event(LOG_DEBUG, "jobs_stale", "stage=%s count=%zu", stage_word(stage), stale);
    }
    return err;
}

enum err runtime_keep(struct site *s, const struct buf *b, struct slice *out)
{
    enum err err = buf_err(b);
    if (err != ERR_OK) {
        return err;
    }
    const char *copy = arena_text(&s->arena, buf_slice(b));
    if (copy == NULL) {
        return ERR_NO_MEMORY;
    }
    *out = slice_make(copy, b->len);
    return ERR_OK;
}

enum err runtime_tail(struct site *s, int64_t at_ms, const char *actor, struct slice reason,
                      const char *policy, struct slice *out)
{
    struct buf text;
    buf_init(&text, 4096);
    const struct event_tail tail = {
        .at_ms = at_ms, .actor = slice_of(actor), .reason = reason, .policy = slice_of(policy)};
    event_tail_write(&tail, &text);
    enum err err = runtime_keep(s, &text, out);
    buf_release(&text);
    return err;
}
