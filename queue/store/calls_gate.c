#include "queue/store/calls_gate.h"

#include <string.h>

bool pay_scope_valid(struct slice scope)
{
    struct slice rest = scope;
    struct slice kind = slice_cut(&rest, ':');
    if (scope.len > PAY_SCOPE_MAX) {
        return false;
    }
    if (slice_is(scope, "all")) {
        return true;
    }
    if (slice_is(kind, "township")) {
        return rest.len > 0 && rest.len < DIVISION_CODE_SIZE && slice_all_digits(rest);
    }
    bool ok = slice_is(kind, "rail") && rest.len > 0 && rest.ptr[0] >= 'a' && rest.ptr[0] <= 'z';
    for (size_t i = 0; i < rest.len && ok; i++) {
        ok = (rest.ptr[i] >= 'a' && rest.ptr[i] <= 'z') ||
             (rest.ptr[i] >= '0' && rest.ptr[i] <= '9');
    }
    return ok;
}

bool pay_scope_stopped(struct slice stopped, const char *rail, struct slice fund)
{
    struct slice rest = stopped;
    while (rest.len > 0) {
        struct slice value = slice_cut(&rest, ',');
        struct slice kind = slice_cut(&value, ':');
        bool division = slice_is(kind, "township") && value.len > 0 && value.len <= fund.len &&
                        memcmp(value.ptr, fund.ptr, value.len) == 0;
        if (slice_is(kind, "all") || division ||
            (slice_is(kind, "rail") && slice_is(value, rail))) {
            return true;
        }
    }
    return false;
}

static void switch_write(struct fcall *f, const char *region, const char *name,
                         const struct pay_switch *s)
{
    fcall_begin(f, name, region);
    fcall_slice(f, s->scope);
    fcall_slice(f, s->actor);
    fcall_slice(f, s->event_tail);
    fcall_slice(f, s->idem_hash);
    fcall_slice(f, s->fingerprint);
}

void pay_stop_write(struct fcall *f, const char *region, const struct pay_switch *s)
{
    switch_write(f, region, "pay_stop", s);
}

void pay_resume_write(struct fcall *f, const char *region, const struct pay_switch *s)
{
    switch_write(f, region, "pay_resume", s);
}

/* {word} or {"replayed", word}: index of the word among `words`. */
static enum err word_read(const redisReply *reply, const char *const *words, size_t n, size_t *out,
                          bool *replayed)
{
    bool again = slice_is(reply_text_at(reply, 0), "replayed");
    struct slice word = reply_text_at(reply, again ? 1 : 0);
    for (size_t i = 0; i < n; i++) {
        if (slice_is(word, words[i])) {
            *out = i;
            *replayed = again;
            return ERR_OK;
        }
    }
    return ERR_CORRUPT;
}

enum err pay_switch_read(const redisReply *reply, enum switch_outcome *out, bool *replayed)
{
    static const char *const WORDS[] = {[SWITCH_OK] = "ok",
                                        [SWITCH_ASKED] = "asked",
                                        [SWITCH_SAME_PERSON] = "same-person",
                                        [SWITCH_NOT_FOUND] = "not-found",
                                        [SWITCH_FULL] = "full",
                                        [SWITCH_KEY_REUSED] = "key-reused"};
    size_t at = 0;
    enum err err = word_read(reply, WORDS, COUNT_OF(WORDS), &at, replayed);
    if (err == ERR_OK) {
        *out = (enum switch_outcome)at;
    }
    return err;
}

void pay_decide_write(struct fcall *f, const char *region, const struct pay_decision *d)
{
    fcall_begin(f, "pay_decide", region);
    fcall_slice(f, d->id);
    fcall_text(f, d->succeeded ? "SUCCEEDED" : "FAILED");
    fcall_slice(f, d->actor);
    fcall_slice(f, d->event_tail);
    fcall_text(f, "money");
    fcall_slice(f, d->idem_hash);
    fcall_slice(f, d->fingerprint);
}

enum err pay_decide_read(const redisReply *reply, enum decide_answer *out, bool *replayed)
{
    static const char *const WORDS[] = {[PAY_DECIDE_OK] = "ok",
                                        [PAY_DECIDE_ASKED] = "asked",
                                        [PAY_DECIDE_SAME_PERSON] = "same-person",
                                        [PAY_DECIDE_OTHER] = "other",
                                        [PAY_DECIDE_UNDER_WAY] = "under-way",
                                        [PAY_DECIDE_NOT_FOUND] = "not-found",
                                        [PAY_DECIDE_FINAL] = "final",
                                        [PAY_DECIDE_KEY_REUSED] = "key-reused"};
    size_t at = 0;
    enum err err = word_read(reply, WORDS, COUNT_OF(WORDS), &at, replayed);
    if (err == ERR_OK) {
        *out = (enum decide_answer)at;
    }
    return err;
}

void pay_stops_write(struct fcall *f, const char *region)
{
    fcall_begin(f, "pay_stops", region);
}

enum err pay_stops_read(const redisReply *reply, struct pay_stop *stops, size_t *n)
{
    size_t count = reply_count(reply) / 4;
    if (reply_count(reply) % 4 != 0 || count > PAY_STOPS_MAX) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < count; i++) {
        stops[i].scope = reply_text_at(reply, 4 * i);
        stops[i].stopped_by = reply_text_at(reply, 4 * i + 2);
        stops[i].resume_asked_by = reply_text_at(reply, 4 * i + 3);
        if (reply_int(reply_at(reply, 4 * i + 1), 0, INT64_MAX, &stops[i].since_ms) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    *n = count;
    return ERR_OK;
}

void pay_stuck_write(struct fcall *f, const char *region, int64_t most, int64_t offset)
{
    fcall_begin(f, "pay_stuck", region);
    fcall_int(f, most);
    fcall_int(f, offset);
}

#define STUCK_FIELDS 11

enum err pay_stuck_read(const redisReply *reply, int64_t *total, struct stuck_payment *rows,
                        size_t *n)
{
    size_t elements = reply_count(reply);
    if (elements % STUCK_FIELDS != 1 || elements / STUCK_FIELDS > STUCK_MOST ||
        reply_int(reply_at(reply, 0), 0, INT64_MAX, total) != ERR_OK) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < elements / STUCK_FIELDS; i++) {
        size_t at = 1 + STUCK_FIELDS * i;
        struct slice how = reply_text_at(reply, at + 5);
        struct stuck_payment *row = &rows[i];
        *row = (struct stuck_payment){.id = reply_text_at(reply, at),
                                      .fund = reply_text_at(reply, at + 3),
                                      .place = reply_text_at(reply, at + 6),
                                      .payload = reply_text_at(reply, at + 9),
                                      .reason = reply_text_at(reply, at + 10)};
        if (payment_state_from_word(reply_text_at(reply, at + 1), &row->state) != ERR_OK ||
            reply_int(reply_at(reply, at + 2), 1, AMOUNT_FEN_MAX, &row->amount_fen) != ERR_OK ||
            reply_int(reply_at(reply, at + 4), 0, INT64_MAX, &row->made_ms) != ERR_OK ||
            reply_int(reply_at(reply, at + 7), 0, INT64_MAX, &row->due_ms) != ERR_OK ||
            reply_int(reply_at(reply, at + 8), 0, INT64_MAX, &row->deliveries) != ERR_OK ||
            how.len != 3) {
            return ERR_CORRUPT;
        }
        row->grant = how.ptr[0] == 'g';
        row->method = how.ptr[1];
    }
    *n = elements / STUCK_FIELDS;
    return ERR_OK;
}
