#include "queue/store/calls_register.h"

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

void register_pump_write(struct fcall *f, const char *region)
{
    fcall_begin(f, "register_pump", region);
}

enum err register_pump_read(const redisReply *reply, int64_t *n)
{
    return reply_int(reply, 0, INT64_MAX, n);
}

void register_ask_write(struct fcall *f, const char *region, struct slice no, const char *matter,
                        struct slice event_tail)
{
    fcall_begin(f, "register_ask", region);
    fcall_slice(f, no);
    fcall_text(f, matter);
    fcall_slice(f, event_tail);
}

enum err register_ask_read(const redisReply *reply, enum register_put *out)
{
    static const char *const WORDS[] = {"ok", "asked", "not-found"};
    size_t at;
    enum err err = word_of(reply, WORDS, COUNT_OF(WORDS), &at);
    if (err == ERR_OK) {
        *out = (enum register_put)at;
    }
    return err;
}

void register_asked_write(struct fcall *f, const char *region, struct slice no, const char *matter)
{
    fcall_begin(f, "register_asked", region);
    fcall_slice(f, no);
    fcall_text(f, matter);
}

enum err register_asked_read(const redisReply *reply, bool *answered)
{
    static const char *const WORDS[] = {"ok", "answered"};
    size_t at;
    enum err err = word_of(reply, WORDS, COUNT_OF(WORDS), &at);
    if (err == ERR_OK) {
        *answered = at == 1;
    }
    return err;
}

void register_over_write(struct fcall *f, const char *region, struct slice no, const char *matter,
                         bool refused)
{
    fcall_begin(f, "register_over", region);
    fcall_slice(f, no);
    fcall_text(f, matter);
    fcall_text(f, refused ? "REFUSED" : "SILENT");
}

void register_answer_write(struct fcall *f, const char *region, const struct register_news *n)
{
    fcall_begin(f, "register_answer", region);
    fcall_slice(f, n->no);
    fcall_text(f, n->matter);
    fcall_int(f, n->version);
    fcall_text(f, n->answer);
    fcall_text(f, n->kind);
    fcall_int(f, n->as_of_ms);
    fcall_slice(f, n->facts);
    fcall_int(f, n->job_score);
    fcall_slice(f, n->event_tail);
}

enum err register_answer_read(const redisReply *reply, enum register_told *out)
{
    static const char *const WORDS[] = {"ok", "same", "changed", "not-found"};
    size_t at;
    enum err err = word_of(reply, WORDS, COUNT_OF(WORDS), &at);
    if (err == ERR_OK) {
        *out = (enum register_told)at;
    }
    return err;
}

void register_get_write(struct fcall *f, const char *region, struct slice no)
{
    fcall_begin(f, "register_get", region);
    fcall_slice(f, no);
}

enum err register_get_read(const redisReply *reply, struct register_row rows[REGISTER_MATTERS_MAX],
                           size_t *n)
{
    size_t count = reply_count(reply);
    if (count % 6 != 0 || count / 6 > REGISTER_MATTERS_MAX) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < count / 6; i++) {
        struct register_row *r = &rows[i];
        r->matter = reply_text_at(reply, 6 * i);
        r->state = reply_text_at(reply, 6 * i + 1);
        r->answer = reply_text_at(reply, 6 * i + 3);
        r->kind = reply_text_at(reply, 6 * i + 4);
        r->as_of_ms = 0;
        enum err err = reply_int(reply_at(reply, 6 * i + 2), 0, INT64_MAX, &r->asked_ms);
        if (err == ERR_OK && reply_text_at(reply, 6 * i + 5).len > 0) {
            err = reply_int(reply_at(reply, 6 * i + 5), 0, INT64_MAX, &r->as_of_ms);
        }
        if (err != ERR_OK) {
            return err;
        }
    }
    *n = count / 6;
    return ERR_OK;
}
