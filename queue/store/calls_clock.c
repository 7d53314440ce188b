#include "queue/store/calls_clock.h"

#define FIELDS 9 /* in front of the events */

void case_clocks_write(struct fcall *f, const char *region, struct slice no, int64_t from,
                       int64_t most)
{
    fcall_begin(f, "case_clocks", region);
    fcall_slice(f, no);
    fcall_int(f, from);
    fcall_int(f, most);
}

static enum err read_pause(struct slice rest, struct case_clocks *c)
{
    c->pause_reason = slice_cut(&rest, '/');
    c->paused = true;
    return slice_to_int64(slice_cut(&rest, '/'), 0, INT64_MAX, &c->paused_ms);
}

static enum err read_step(struct slice step, struct clock_row *row)
{
    if (step.len != 1 || !(step.ptr[0] == 'p' || (step.ptr[0] >= '0' && step.ptr[0] <= '4'))) {
        return ERR_CORRUPT;
    }
    row->paused = step.ptr[0] == 'p';
    row->step = row->paused ? 0 : step.ptr[0] - '0';
    return ERR_OK;
}

/* "county=due/warn/step/county/chase;paused=reason/since/0;review=…" */
static enum err read_rows(struct slice text, struct case_clocks *c)
{
    while (text.len > 0) {
        struct slice rest = slice_cut(&text, ';');
        struct slice name = slice_cut(&rest, '=');
        struct clock_row *row = &c->rows[c->row_count];
        enum err err;
        if (slice_is(name, "paused")) {
            err = read_pause(rest, c);
        } else if (c->row_count == COUNT_OF(c->rows)) {
            return ERR_CORRUPT;
        } else {
            c->row_count++;
            err = clocks_from_word(name, &row->kind);
            if (err == ERR_OK) {
                err = slice_to_int64(slice_cut(&rest, '/'), 1, INT64_MAX, &row->due_ms);
            }
            if (err == ERR_OK) {
                err = slice_to_int64(slice_cut(&rest, '/'), 0, INT64_MAX, &row->warn_ms);
            }
            if (err == ERR_OK) {
                err = read_step(slice_cut(&rest, '/'), row);
            }
            if (err == ERR_OK && rest.len > 0) { /* what was booked without them has none */
                err = slice_to_int64(slice_cut(&rest, '/'), 1, INT64_MAX, &row->county_ms);
                if (err == ERR_OK) {
                    err = slice_to_int64(rest, 0, INT64_MAX, &row->chase_ms);
                }
            }
        }
        if (err != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}

enum err case_clocks_read(const redisReply *reply, struct case_clocks *out)
{
    if (reply == NULL || reply->type != REDIS_REPLY_ARRAY) {
        return ERR_CORRUPT;
    }
    if (reply_count(reply) == 0) {
        return ERR_NOT_FOUND;
    }
    struct case_clocks c = {.reply = reply};
    if (reply_count(reply) < FIELDS ||
        reply_int(reply_at(reply, 2), 1, INT64_MAX, &c.version) != ERR_OK ||
        case_state_from_word(reply_text_at(reply, 3), &c.state) != ERR_OK ||
        reply_int(reply_at(reply, 8), 0, INT64_MAX, &c.next) != ERR_OK) {
        return ERR_CORRUPT;
    }
    c.township = reply_text_at(reply, 0);
    c.inbox = reply_text_at(reply, 1);
    c.urgency = reply_text_at(reply, 4);
    c.facts = reply_text_at(reply, 5);
    c.decision = reply_text_at(reply, 6);
    c.event_count = reply_count(reply) - FIELDS;
    enum err err = read_rows(reply_text_at(reply, 7), &c);
    if (err == ERR_OK) {
        *out = c;
    }
    return err;
}

struct slice case_clocks_event(const struct case_clocks *c, size_t i)
{
    return reply_text_at(c->reply, FIELDS + i);
}
