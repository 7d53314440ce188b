#include "queue/store/calls_alias.h"

static const char *const STATES[] = {"proposed", "approved", "reverted"};

void alias_propose_write(struct fcall *f, const char *region, struct slice word, struct slice code,
                         struct slice who, struct slice event_tail)
{
    fcall_begin(f, "alias_propose", region);
    fcall_slice(f, word);
    fcall_slice(f, code);
    fcall_slice(f, who);
    fcall_slice(f, event_tail);
}

enum err alias_propose_read(const redisReply *reply, int64_t *id)
{
    if (slice_is(reply_text_at(reply, 0), "full")) {
        return ERR_LIMIT;
    }
    return reply_int(reply_at(reply, 1), 1, INT64_MAX, id);
}

void alias_set_write(struct fcall *f, const char *region, struct slice id, enum alias_state to,
                     struct slice who, struct slice event_tail)
{
    fcall_begin(f, "alias_set", region);
    fcall_slice(f, id);
    fcall_text(f, STATES[to]);
    fcall_slice(f, who);
    fcall_slice(f, event_tail);
}

enum err alias_set_read(const redisReply *reply, int64_t *version)
{
    struct slice word = reply_text_at(reply, 0);
    if (slice_is(word, "not-found")) {
        return ERR_NOT_FOUND;
    }
    if (slice_is(word, "same-person")) {
        return ERR_FORBIDDEN;
    }
    if (slice_is(word, "state")) {
        return ERR_CONFLICT;
    }
    return reply_int(reply_at(reply, 1), 1, INT64_MAX, version);
}

void alias_list_write(struct fcall *f, const char *region)
{
    fcall_begin(f, "alias_list", region);
}

static enum err read_row(struct slice id, struct slice text, struct alias_row *row)
{
    struct slice rest = text;
    struct slice state = slice_cut(&rest, '|');
    size_t at = 0;
    while (at < COUNT_OF(STATES) && !slice_is(state, STATES[at])) {
        at++;
    }
    if (at == COUNT_OF(STATES) || slice_to_int64(id, 1, INT64_MAX, &row->id) != ERR_OK) {
        return ERR_CORRUPT;
    }
    row->state = (enum alias_state)at;
    row->word = slice_cut(&rest, '|');
    row->code = slice_cut(&rest, '|');
    row->proposer = slice_cut(&rest, '|');
    row->approver = rest;
    return row->word.len > 0 && row->code.len > 0 ? ERR_OK : ERR_CORRUPT;
}

enum err alias_list_read(const redisReply *reply, int64_t *version, struct alias_row *rows,
                         size_t *n)
{
    size_t count = reply_count(reply);
    if (count == 0 || count % 2 != 1 || (count - 1) / 2 > ALIASES_MAX ||
        reply_int(reply_at(reply, 0), 0, INT64_MAX, version) != ERR_OK) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < (count - 1) / 2; i++) {
        enum err err =
            read_row(reply_text_at(reply, 1 + 2 * i), reply_text_at(reply, 2 + 2 * i), &rows[i]);
        if (err != ERR_OK) {
            return err;
        }
    }
    *n = (count - 1) / 2;
    return ERR_OK;
}
