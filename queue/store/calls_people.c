#include "queue/store/calls_people.h"

#include <stdio.h>
#include "queue/base/clock.h"

/* ---- Duplicates ---- */

const char *link_kind_zh(struct slice word)
{
    static const struct {
        const char *word;
        const char *zh;
    } KINDS[] = {
#define LINK_ROW(id, word, zh) {word, zh},
        LINK_KIND_TABLE(LINK_ROW)
#undef LINK_ROW
    };
    for (size_t i = 0; i < COUNT_OF(KINDS); i++) {
        if (slice_is(word, KINDS[i].word)) {
            return KINDS[i].zh;
        }
    }
    return "关联";
}

void link_generations(int64_t now_ms, char out[LINK_GENERATIONS_SIZE])
{
    struct civil_time t = clock_civil_china(now_ms);
    if (t.month <= 3) {
        snprintf(out, LINK_GENERATIONS_SIZE, "%04d,%04d", t.year % 10000, (t.year - 1) % 10000);
    } else {
        snprintf(out, LINK_GENERATIONS_SIZE, "%04d", t.year % 10000);
    }
}

void link_text_write(const struct link_query *q, struct slice known, int64_t spot_due_ms,
                     struct buf *out)
{
    size_t who = q->person_hash.len < LINK_HASH_HEX ? q->person_hash.len : LINK_HASH_HEX;
    buf_putf(out, "%lld|%lld|%c%.*s|%.*s|%.*s|%.*s|", (long long)q->day, (long long)q->window_days,
             q->identified ? 'i' : 'u', (int)who, q->person_hash.ptr, SLICE_FMT(q->account),
             SLICE_FMT(q->place), SLICE_FMT(known));
    if (spot_due_ms > 0) {
        buf_put_int(out, spot_due_ms);
    }
    if (q->recused.len > 0) {
        buf_put_char(out, '|');
        buf_put_slice(out, q->recused);
    }
}

void link_find_begin(struct fcall *f, const char *region, const char *generations)
{
    fcall_begin(f, "alike", region);
    fcall_text(f, generations);
}

void link_find_add(struct fcall *f, const struct link_query *q)
{
    struct buf text;
    buf_init(&text, LINK_TEXT_MAX);
    link_text_write(q, slice_make(NULL, 0), 0, &text);
    fcall_slice(f, q->no);
    fcall_slice(f, buf_slice(&text)); /* without memory: too short, which the function refuses */
    fcall_slice(f, q->lately);
    fcall_slice(f, q->household);
    fcall_slice(f, q->household_lately);
    fcall_slice(f, q->account_number);
    buf_release(&text);
}

enum err link_find_read(const redisReply *reply, struct link_finding *findings, size_t n)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        const redisReply *row = reply_at(reply, i);
        if (reply_int(reply_at(row, 0), 0, INT64_MAX, &findings[i].account_persons) != ERR_OK ||
            reply_int(reply_at(row, 1), 0, INT64_MAX, &findings[i].open_duplicates) != ERR_OK) {
            return ERR_CORRUPT;
        }
        findings[i].known = reply_text_at(row, 2);
        findings[i].officers = reply_text_at(row, 3);
    }
    return ERR_OK;
}

/* ---- Households ---- */

/* What PEOPLE.parse takes in an actor. */
static bool plain_actor(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == ':' || c == '.' || c == '_' || c == '-' || c >= 0x80;
        if (!ok) {
            return false;
        }
    }
    return s.len > 0;
}

void people_text_write(struct slice key, const struct slice *hashes, size_t count,
                       struct slice actor, struct buf *out)
{
    bool named = plain_actor(actor);
    if (key.len == 0 && count == 0 && !named) {
        return;
    }
    if (key.len > 0) {
        buf_put_char(out, 'k');
        buf_put_slice(out, key);
    }
    buf_put_char(out, '|');
    for (size_t i = 0; i < count && i < HOUSEHOLD_MEMBERS_MAX - 1; i++) {
        buf_put_text(out, i > 0 ? "," : "");
        buf_put_slice(out, hashes[i]);
    }
    buf_put_char(out, '|');
    if (named) {
        buf_put_slice(out, actor);
    }
}

void household_leave_write(struct fcall *f, const char *region, struct slice person_hash,
                           struct slice event_tail)
{
    fcall_begin(f, "household_leave", region);
    fcall_slice(f, person_hash);
    fcall_slice(f, event_tail);
}

enum err household_leave_read(const redisReply *reply)
{
    struct slice word = reply_text(reply);
    return slice_is(word, "ok") ? ERR_OK : slice_is(word, "none") ? ERR_NOT_FOUND : ERR_CORRUPT;
}

/* ---- Relatives ---- */

void relative_set_write(struct fcall *f, const char *region, struct slice person_hash,
                        struct slice actor, bool add, struct slice event_tail)
{
    fcall_begin(f, "relative", region);
    fcall_slice(f, person_hash);
    fcall_slice(f, actor);
    fcall_text(f, add ? "1" : "0");
    fcall_slice(f, event_tail);
}

enum err relative_set_read(const redisReply *reply, bool *changed)
{
    struct slice word = reply_text(reply);
    if (!slice_is(word, "ok") && !slice_is(word, "same")) {
        return ERR_CORRUPT;
    }
    *changed = slice_is(word, "ok");
    return ERR_OK;
}

void relative_list_write(struct fcall *f, const char *region, struct slice actor)
{
    fcall_begin(f, "relatives", region);
    fcall_slice(f, actor);
}

/* ---- History ---- */

#define HISTORY_HEAD 4
#define HISTORY_FIELDS 6

/* ---- Officers' own accounts ---- */

void officer_account_set_write(struct fcall *f, const char *region, struct slice account_hash,
                               struct slice actor, bool add, struct slice by,
                               struct slice event_tail)
{
    fcall_begin(f, "officer_account", region);
    fcall_slice(f, account_hash);
    fcall_slice(f, actor);
    fcall_text(f, add ? "1" : "0");
    fcall_slice(f, by);
    fcall_slice(f, event_tail);
}

enum err officer_account_set_read(const redisReply *reply, enum officer_account_outcome *out)
{
    static const char *const WORDS[OFFICER_ACCOUNT_OUTCOME_COUNT] = {"ok", "same", "same-person",
                                                                     "full"};
    struct slice word = reply_text(reply);
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        if (slice_is(word, WORDS[i])) {
            *out = (enum officer_account_outcome)i;
            return ERR_OK;
        }
    }
    return ERR_CORRUPT;
}

void officer_account_list_write(struct fcall *f, const char *region, struct slice actor)
{
    fcall_begin(f, "officer_accounts", region);
    fcall_slice(f, actor);
}

enum err staff_list_read(const redisReply *reply, struct staff_row rows[STAFF_ROWS_MAX], size_t *n)
{
    size_t count = reply_count(reply);
    if (count % 2 != 0 || count / 2 > STAFF_ROWS_MAX) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < count / 2; i++) {
        rows[i].actor = reply_text_at(reply, 2 * i);
        rows[i].hash = reply_text_at(reply, 2 * i + 1);
        if (rows[i].hash.len < LINK_HASH_HEX) {
            return ERR_CORRUPT;
        }
    }
    *n = count / 2;
    return ERR_OK;
}

void relief_history_write(struct fcall *f, const char *region, struct slice case_no)
{
    fcall_begin(f, "history", region);
    fcall_slice(f, case_no);
}

enum err relief_history_read(const redisReply *reply, struct history_view *out)
{
    size_t count = reply_count(reply);
    if (count == 0) {
        return ERR_NOT_FOUND;
    }
    if (count < HISTORY_HEAD || (count - HISTORY_HEAD) % HISTORY_FIELDS != 0 ||
        (count - HISTORY_HEAD) / HISTORY_FIELDS > HISTORY_SHOWN_MAX) {
        return ERR_CORRUPT;
    }
    out->case_township = reply_text_at(reply, 0);
    out->case_inbox = reply_text_at(reply, 1);
    out->year = reply_text_at(reply, 2);
    out->household_year = reply_text_at(reply, 3);
    out->count = (count - HISTORY_HEAD) / HISTORY_FIELDS;
    for (size_t i = 0; i < out->count; i++) {
        size_t at = HISTORY_HEAD + HISTORY_FIELDS * i;
        struct history_row *row = &out->rows[i];
        row->no = reply_text_at(reply, at);
        row->cause = reply_text_at(reply, at + 3);
        row->township = reply_text_at(reply, at + 4);
        row->own = slice_is(reply_text_at(reply, at + 5), "1");
        if (reply_int(reply_at(reply, at + 1), 0, INT64_MAX, &row->at_ms) != ERR_OK ||
            reply_int(reply_at(reply, at + 2), 0, AMOUNT_FEN_MAX, &row->fen) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}

/* ---- Spot checks ---- */

#define SPOT_FIELDS 6

void spot_checks_write(struct fcall *f, const char *region, int64_t after_ms, int64_t most)
{
    fcall_begin(f, "spot_checks", region);
    fcall_int(f, after_ms);
    fcall_int(f, most);
}

enum err spot_checks_read(const redisReply *reply, int64_t *total, struct spot_check_row *rows,
                          size_t *n)
{
    size_t count = reply_count(reply);
    if (count == 0 || (count - 1) % SPOT_FIELDS != 0 ||
        (count - 1) / SPOT_FIELDS > SPOT_CHECKS_SHOWN_MAX ||
        reply_int(reply_at(reply, 0), 0, INT64_MAX, total) != ERR_OK) {
        return ERR_CORRUPT;
    }
    *n = (count - 1) / SPOT_FIELDS;
    for (size_t i = 0; i < *n; i++) {
        size_t at = 1 + SPOT_FIELDS * i;
        rows[i] = (struct spot_check_row){.no = reply_text_at(reply, at),
                                          .township = reply_text_at(reply, at + 3),
                                          .maker = reply_text_at(reply, at + 4),
                                          .handler = reply_text_at(reply, at + 5)};
        if (reply_int(reply_at(reply, at + 1), 0, INT64_MAX, &rows[i].due_ms) != ERR_OK ||
            case_state_from_word(reply_text_at(reply, at + 2), &rows[i].state) != ERR_OK) {
            return ERR_CORRUPT;
        }
    }
    return ERR_OK;
}
