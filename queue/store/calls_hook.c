#include "queue/store/calls_hook.h"

/* Which of the words the reply is. */
static enum err word_of(const redisReply *reply, const char *const *words, size_t n, size_t *out)
{
    for (size_t i = 0; i < n; i++) {
        if (slice_is(reply_text(reply), words[i])) {
            *out = i;
            return ERR_OK;
        }
    }
    return ERR_CORRUPT;
}

void hooks_pump_write(struct fcall *f, const char *region)
{
    fcall_begin(f, "hooks_pump", region);
}

enum err hooks_pump_read(const redisReply *reply, int64_t *n)
{
    return reply_int(reply, 0, INT64_MAX, n);
}

void hooks_take_write(struct fcall *f, const char *region, struct slice id)
{
    fcall_begin(f, "hooks_take", region);
    fcall_slice(f, id);
}

enum err hooks_take_read(const redisReply *reply, struct hook_batch *out)
{
    size_t count = reply_count(reply);
    *out = (struct hook_batch){.count = 0};
    if (count == 0) {
        return ERR_OK;
    }
    if (count < 3 || (count - 3) % 5 != 0 || (count - 3) / 5 > HOOK_TAKE_MAX) {
        return ERR_CORRUPT;
    }
    out->url = reply_text_at(reply, 0);
    out->wrapped_key = reply_text_at(reply, 1);
    out->sealed = reply_text_at(reply, 2);
    for (size_t at = 3; at < count; at += 5) {
        struct hook_delivery *d = &out->deliveries[out->count++];
        d->member = reply_text_at(reply, at);
        d->type = reply_text_at(reply, at + 1);
        d->key = reply_text_at(reply, at + 2);
        d->json = reply_text_at(reply, at + 3);
        if (d->member.len == 0 || d->member.len >= HOOK_MEMBER_SIZE ||
            reply_int(reply_at(reply, at + 4), 0, 1000000, &d->failures) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}

void hooks_done_begin(struct fcall *f, const char *region, struct slice token, struct slice id,
                      bool gone, int64_t rest_ms, int64_t disable_ms)
{
    fcall_begin(f, "hooks_done", region);
    fcall_slice(f, token);
    fcall_slice(f, id);
    fcall_text(f, gone ? "gone" : "");
    fcall_int(f, rest_ms);
    fcall_int(f, disable_ms);
}

void hooks_done_add(struct fcall *f, const struct hook_end *e)
{
    static const char *const RESULTS[] = {"ok", "retry", "dead"};
    fcall_slice(f, e->member);
    fcall_text(f, RESULTS[e->result]);
    fcall_int(f, e->delay_ms);
    fcall_text(f, e->why);
}

enum err hooks_done_read(const redisReply *reply, enum hooks_done *out)
{
    static const char *const WORDS[] = {"ok", "stale", "disabled"};
    size_t at;
    enum err err = word_of(reply, WORDS, COUNT_OF(WORDS), &at);
    if (err == ERR_OK) {
        *out = (enum hooks_done)at;
    }
    return err;
}

void hooks_add_write(struct fcall *f, const char *region, const struct hook_new *h)
{
    fcall_begin(f, "hooks_add", region);
    fcall_slice(f, h->id);
    fcall_slice(f, h->fingerprint);
    fcall_slice(f, h->url);
    fcall_slice(f, h->types);
    fcall_slice(f, h->wrapped_key);
    fcall_slice(f, h->sealed);
    fcall_slice(f, h->actor);
    fcall_slice(f, h->event_tail);
}

enum err hooks_add_read(const redisReply *reply, enum hook_added *out)
{
    static const char *const WORDS[] = {"ok", "replayed", "key-reused", "full"};
    size_t at;
    enum err err = word_of(reply, WORDS, COUNT_OF(WORDS), &at);
    if (err == ERR_OK) {
        *out = (enum hook_added)at;
    }
    return err;
}

void hooks_remove_write(struct fcall *f, const char *region, struct slice id,
                        struct slice event_tail)
{
    fcall_begin(f, "hooks_remove", region);
    fcall_slice(f, id);
    fcall_slice(f, event_tail);
}

enum err hooks_remove_read(const redisReply *reply)
{
    static const char *const WORDS[] = {"ok", "none"};
    size_t at;
    enum err err = word_of(reply, WORDS, COUNT_OF(WORDS), &at);
    return err == ERR_OK && at == 1 ? ERR_NOT_FOUND : err;
}

void hooks_replay_write(struct fcall *f, const char *region, struct slice id, int64_t from_ms,
                        struct slice event_tail)
{
    fcall_begin(f, "hooks_replay", region);
    fcall_slice(f, id);
    if (from_ms > 0) {
        fcall_int(f, from_ms);
    } else {
        fcall_text(f, "");
    }
    fcall_slice(f, event_tail);
}

enum err hooks_replay_read(const redisReply *reply, int64_t *again)
{
    if (slice_is(reply_text(reply), "none")) {
        return ERR_NOT_FOUND;
    }
    return reply_int(reply, 0, HOOK_DEAD_MAX + 1, again);
}

void hooks_list_write(struct fcall *f, const char *region)
{
    fcall_begin(f, "hooks_list", region);
}

static enum err read_row(const redisReply *r, struct hook_row *row)
{
    *row = (struct hook_row){.id = reply_text_at(r, 0),
                             .state = reply_text_at(r, 1),
                             .url = reply_text_at(r, 2),
                             .types = reply_text_at(r, 3),
                             .by = reply_text_at(r, 4),
                             .cursor = reply_text_at(r, 6),
                             .why = reply_text_at(r, 9)};
    int64_t *const numbers[] = {&row->at_ms, &row->failing_since_ms, &row->ok_ms, &row->waiting,
                                &row->dead};
    static const size_t PLACES[] = {5, 7, 8, 10, 11};
    for (size_t i = 0; i < COUNT_OF(PLACES); i++) {
        enum err err = reply_int(reply_at(r, PLACES[i]), 0, INT64_MAX, numbers[i]);
        if (err != ERR_OK) {
            return err;
        }
    }
    return reply_count(r) == 12 ? ERR_OK : ERR_CORRUPT;
}

enum err hooks_list_read(const redisReply *reply, struct hook_row *rows, size_t *n)
{
    size_t count = reply_count(reply);
    if (count > HOOKS_MAX) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < count; i++) {
        enum err err = read_row(reply_at(reply, i), &rows[i]);
        if (err != ERR_OK) {
            return err;
        }
    }
    *n = count;
    return ERR_OK;
}

void hooks_dead_write(struct fcall *f, const char *region, struct slice id, int64_t most)
{
    fcall_begin(f, "hooks_dead", region);
    fcall_slice(f, id);
    fcall_int(f, most);
}

enum err hooks_dead_read(const redisReply *reply, struct hook_dead_row *rows, size_t *n)
{
    size_t count = reply_count(reply);
    if (count % 3 != 0 || count / 3 > HOOK_DEAD_MAX) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < count / 3; i++) {
        rows[i].member = reply_text_at(reply, 3 * i);
        rows[i].why = reply_text_at(reply, 3 * i + 2);
        enum err err = reply_int(reply_at(reply, 3 * i + 1), 0, INT64_MAX, &rows[i].at_ms);
        if (err != ERR_OK) {
            return err;
        }
    }
    *n = count / 3;
    return ERR_OK;
}
