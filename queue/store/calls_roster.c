#include "queue/store/calls_roster.h"

#include "queue/base/buf.h"

#define INTAKE_ARGS 11
#define ROSTER_HEAD 8

void roster_begin_write(struct fcall *f, const char *region, struct slice id, struct slice township,
                        struct slice actor, int64_t at_ms, struct slice event_tail)
{
    fcall_begin(f, "roster_begin", region);
    fcall_slice(f, id);
    fcall_slice(f, township);
    fcall_slice(f, actor);
    fcall_int(f, at_ms);
    fcall_slice(f, event_tail);
}

enum err roster_begin_read(const redisReply *reply, int64_t *upload)
{
    if (slice_is(reply_text_at(reply, 0), "conflict")) {
        return ERR_CONFLICT;
    }
    return slice_is(reply_text_at(reply, 0), "ok")
               ? reply_int(reply_at(reply, 1), 1, INT64_MAX, upload)
               : ERR_CORRUPT;
}

void roster_add_begin(struct fcall *f, const char *region, struct slice id, int64_t upload)
{
    fcall_begin(f, "roster_add", region);
    fcall_slice(f, id);
    fcall_int(f, upload);
}

void roster_add(struct fcall *f, const struct roster_row *row)
{
    fcall_int(f, row->row);
    fcall_slice(f, row->key);
    if (row->remedy.len == 0) {
        fcall_text(f, "");
        intake_add(f, row->ticket);
        return;
    }
    struct buf fault;
    buf_init(&fault, 2048);
    buf_put_slice(&fault, row->field);
    buf_put_char(&fault, '|');
    buf_put_slice(&fault, row->remedy);
    fcall_slice(f, buf_slice(&fault));
    buf_release(&fault);
    for (int i = 0; i < INTAKE_ARGS; i++) {
        fcall_text(f, "");
    }
}

enum err roster_add_read(const redisReply *reply)
{
    struct slice word = reply_text(reply);
    return slice_is(word, "ok") ? ERR_OK : slice_is(word, "superseded") ? ERR_STALE : ERR_CORRUPT;
}

void roster_finish_write(struct fcall *f, const char *region, struct slice id, int64_t upload)
{
    fcall_begin(f, "roster_finish", region);
    fcall_slice(f, id);
    fcall_int(f, upload);
}

void roster_get_write(struct fcall *f, const char *region, struct slice id, enum roster_list list,
                      int64_t after, int64_t most)
{
    fcall_begin(f, "roster_get", region);
    fcall_slice(f, id);
    fcall_text(f, list == ROSTER_ACCEPTED ? "rows" : list == ROSTER_REFUSED ? "refused" : "");
    fcall_int(f, after);
    fcall_int(f, most);
}

enum err roster_get_read(const redisReply *reply, struct roster_view *out)
{
    struct roster_view v = {.reply = reply};
    int64_t *const NUMBERS[] = {&v.rows, &v.accepted, &v.refused, &v.waiting};
    size_t count = reply_count(reply);
    if (count == 0) {
        return ERR_NOT_FOUND;
    }
    if (count < ROSTER_HEAD || count > ROSTER_HEAD + ROSTER_SHOWN_MAX ||
        reply_int(reply_at(reply, 2), 0, INT64_MAX, &v.at_ms) != ERR_OK) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < COUNT_OF(NUMBERS); i++) {
        if (reply_int(reply_at(reply, 4 + i), 0, INT64_MAX, NUMBERS[i]) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    v.township = reply_text_at(reply, 0);
    v.by = reply_text_at(reply, 1);
    v.whole = slice_is(reply_text_at(reply, 3), "1");
    v.shown = count - ROSTER_HEAD;
    *out = v;
    return ERR_OK;
}

enum err roster_view_entry(const struct roster_view *v, size_t i, struct roster_entry *out)
{
    ASSERT(i < v->shown);
    struct slice rest = reply_text_at(v->reply, ROSTER_HEAD + i);
    struct roster_entry e = {.row = 0};
    if (slice_to_int64(slice_cut(&rest, '|'), 1, ROSTER_ROWS_MAX, &e.row) != ERR_OK ||
        rest.ptr == NULL) {
        return ERR_CORRUPT;
    }
    struct slice first = slice_cut(&rest, '|');
    if (rest.ptr == NULL) {
        e.no = first;
    } else {
        e.field = first;
        e.remedy = rest;
    }
    *out = e;
    return ERR_OK;
}

void roster_take_write(struct fcall *f, const char *region, int64_t most)
{
    fcall_begin(f, "roster_take", region);
    fcall_int(f, most);
}

enum err roster_take_read(const redisReply *reply, int64_t *taken)
{
    return reply_int(reply, 0, STORE_BATCH_MAX, taken);
}
