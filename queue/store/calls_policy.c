#include "queue/store/calls_policy.h"

static const char *const POLICY_WORDS[] = {"draft", "approved", "withdrawn"};
static const char *const DISASTER_WORDS[] = {"declared", "approved", "ended"};

const char *policy_state_word(enum policy_state s)
{
    ASSERT(s >= 0 && s < POLICY_STATE_COUNT);
    return POLICY_WORDS[s];
}

const char *disaster_state_word(enum disaster_state s)
{
    ASSERT(s >= 0 && s < DISASTER_STATE_COUNT);
    return DISASTER_WORDS[s];
}

static bool word_at(struct slice word, const char *const *words, size_t count, size_t *at)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_is(word, words[i])) {
            *at = i;
            return true;
        }
    }
    return false;
}

static bool cut_ms(struct slice *rest, int64_t *out)
{
    return slice_to_int64(slice_cut(rest, '|'), 0, INT64_MAX, out) == ERR_OK;
}

/* Argument order: lua/policy.lua. */
static void put_actor(struct fcall *f, const struct policy_actor *a)
{
    fcall_slice(f, a->who);
    fcall_slice(f, a->event_tail);
    fcall_slice(f, a->idem_hash);
    fcall_slice(f, a->fingerprint);
}

/* ---- Packs ---- */

void policy_draft_write(struct fcall *f, const char *region, struct slice name, struct slice packed,
                        struct slice title, const struct policy_actor *a)
{
    fcall_begin(f, "policy_draft", region);
    fcall_slice(f, name);
    fcall_slice(f, packed);
    put_actor(f, a);
    fcall_slice(f, title);
}

void policy_approve_write(struct fcall *f, const char *region, struct slice id, struct slice name,
                          int64_t from_ms, const struct policy_actor *a)
{
    fcall_begin(f, "policy_approve", region);
    fcall_slice(f, id);
    fcall_slice(f, name);
    fcall_slice(f, a->who);
    fcall_int(f, from_ms);
    fcall_slice(f, a->event_tail);
    fcall_slice(f, a->idem_hash);
    fcall_slice(f, a->fingerprint);
}

void policy_withdraw_write(struct fcall *f, const char *region, struct slice id,
                           const struct policy_actor *a)
{
    fcall_begin(f, "policy_withdraw", region);
    fcall_slice(f, id);
    put_actor(f, a);
}

enum err policy_change_read(const redisReply *reply, enum policy_outcome *out, int64_t *number)
{
    static const char *const WORDS[] = {"ok",          "replayed",  "exists", "full",
                                        "key-reused",  "not-found", "state",  "name",
                                        "same-person", "past",      "taken"};
    size_t at = 0;
    if (!word_at(reply_text_at(reply, 0), WORDS, COUNT_OF(WORDS), &at)) {
        return ERR_CORRUPT;
    }
    if (at <= POLICY_EXISTS) {
        enum err err = reply_int(reply_at(reply, 1), 1, INT64_MAX, number);
        if (err != ERR_OK) {
            return err;
        }
    }
    *out = (enum policy_outcome)at;
    return ERR_OK;
}

void policy_list_write(struct fcall *f, const char *region)
{
    fcall_begin(f, "policy_list", region);
}

static enum err read_pack_row(struct slice id, struct slice rest, struct policy_row *row)
{
    size_t at = 0;
    if (!word_at(slice_cut(&rest, '|'), POLICY_WORDS, COUNT_OF(POLICY_WORDS), &at) ||
        slice_to_int64(id, 1, INT64_MAX, &row->id) != ERR_OK) {
        return ERR_CORRUPT;
    }
    row->state = (enum policy_state)at;
    row->name = slice_cut(&rest, '|');
    row->proposer = slice_cut(&rest, '|');
    bool ok = cut_ms(&rest, &row->proposed_ms);
    row->approver = slice_cut(&rest, '|');
    ok = ok && cut_ms(&rest, &row->approved_ms) && cut_ms(&rest, &row->from_ms);
    row->title = rest;
    return ok && row->name.len > 0 && row->proposer.len > 0 ? ERR_OK : ERR_CORRUPT;
}

enum err policy_list_read(const redisReply *reply, int64_t *now_ms, int64_t *active,
                          struct policy_row *rows, size_t *n)
{
    size_t count = reply_count(reply);
    if (count < 2 || count % 2 != 0 || (count - 2) / 2 > POLICY_PACKS_MAX ||
        reply_int(reply_at(reply, 0), 0, INT64_MAX, now_ms) != ERR_OK ||
        reply_int(reply_at(reply, 1), 0, INT64_MAX, active) != ERR_OK) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < (count - 2) / 2; i++) {
        enum err err = read_pack_row(reply_text_at(reply, 2 + 2 * i),
                                     reply_text_at(reply, 3 + 2 * i), &rows[i]);
        if (err != ERR_OK) {
            return err;
        }
    }
    *n = (count - 2) / 2;
    return ERR_OK;
}

void policy_pack_write(struct fcall *f, const char *region, struct slice id)
{
    fcall_begin(f, "policy_pack", region);
    fcall_slice(f, id);
}

enum err policy_pack_read(const redisReply *reply, struct slice *name, struct slice *packed)
{
    if (reply_count(reply) == 0) {
        return ERR_NOT_FOUND;
    }
    if (reply_count(reply) != 2 || reply_text_at(reply, 1).len == 0) {
        return ERR_CORRUPT;
    }
    *name = reply_text_at(reply, 0);
    *packed = reply_text_at(reply, 1);
    return ERR_OK;
}

/* ---- Disasters ---- */

void disaster_declare_write(struct fcall *f, const char *region, struct slice surge,
                            struct slice divisions, int64_t from_ms, int64_t to_ms,
                            struct slice title, const struct policy_actor *a)
{
    fcall_begin(f, "disaster_declare", region);
    fcall_slice(f, surge);
    fcall_slice(f, divisions);
    fcall_int(f, from_ms);
    fcall_int(f, to_ms);
    put_actor(f, a);
    fcall_slice(f, title);
}

void disaster_set_write(struct fcall *f, const char *region, struct slice id,
                        enum disaster_state to, const struct policy_actor *a)
{
    ASSERT(to == DISASTER_APPROVED || to == DISASTER_ENDED);
    fcall_begin(f, "disaster_set", region);
    fcall_slice(f, id);
    fcall_text(f, DISASTER_WORDS[to]);
    put_actor(f, a);
}

void disaster_list_write(struct fcall *f, const char *region)
{
    fcall_begin(f, "disaster_list", region);
}

static enum err read_disaster_row(struct slice id, struct slice rest, struct disaster_row *row)
{
    size_t at = 0;
    if (!word_at(slice_cut(&rest, '|'), DISASTER_WORDS, COUNT_OF(DISASTER_WORDS), &at) ||
        slice_to_int64(id, 1, INT64_MAX, &row->id) != ERR_OK) {
        return ERR_CORRUPT;
    }
    row->state = (enum disaster_state)at;
    row->surge = slice_cut(&rest, '|');
    row->divisions = slice_cut(&rest, '|');
    bool ok = cut_ms(&rest, &row->from_ms) && cut_ms(&rest, &row->to_ms);
    row->proposer = slice_cut(&rest, '|');
    ok = ok && cut_ms(&rest, &row->proposed_ms);
    row->approver = slice_cut(&rest, '|');
    ok = ok && cut_ms(&rest, &row->approved_ms) && cut_ms(&rest, &row->ended_ms);
    row->title = rest;
    return ok && row->surge.len > 0 && row->divisions.len > 0 ? ERR_OK : ERR_CORRUPT;
}

/* id, row pairs from element `at` on. */
static enum err read_disasters(const redisReply *reply, size_t at, struct disaster_row *rows,
                               size_t most, size_t *n)
{
    size_t count = reply_count(reply);
    if (count < at || (count - at) % 2 != 0) {
        return ERR_CORRUPT;
    }
    if ((count - at) / 2 > most) {
        return ERR_TOO_LARGE;
    }
    for (size_t i = 0; i < (count - at) / 2; i++) {
        enum err err = read_disaster_row(reply_text_at(reply, at + 2 * i),
                                         reply_text_at(reply, at + 2 * i + 1), &rows[i]);
        if (err != ERR_OK) {
            return err;
        }
    }
    *n = (count - at) / 2;
    return ERR_OK;
}

enum err disaster_list_read(const redisReply *reply, int64_t *now_ms, struct disaster_row *rows,
                            size_t most, size_t *n)
{
    enum err err = reply_int(reply_at(reply, 0), 0, INT64_MAX, now_ms);
    return err == ERR_OK ? read_disasters(reply, 1, rows, most, n) : err;
}

/* ---- What is in force ---- */

void policy_active_write(struct fcall *f, const char *region, struct slice known_key,
                         const int64_t *skipped, size_t skipped_count)
{
    ASSERT(skipped_count <= ACTIVE_SKIPPED_MAX);
    fcall_begin(f, "policy_active", region);
    fcall_slice(f, known_key);
    for (size_t i = 0; i < skipped_count; i++) {
        fcall_int(f, skipped[i]);
    }
}

/* The key is "version:newest pack:…". */
static bool newest_of(struct slice key, int64_t *id)
{
    slice_cut(&key, ':');
    return slice_to_int64(slice_cut(&key, ':'), 0, INT64_MAX, id) == ERR_OK;
}

enum err policy_active_read(const redisReply *reply, struct active_policy *out)
{
    size_t count = reply_count(reply);
    out->key = reply_text_at(reply, 0);
    out->changed = count > 3;
    if (out->key.len == 0 || out->key.len >= ACTIVE_KEY_SIZE || count == 4 ||
        reply_int(reply_at(reply, 1), 0, INT64_MAX, &out->now_ms) != ERR_OK ||
        reply_int(reply_at(reply, 2), 0, INT64_MAX, &out->next_ms) != ERR_OK) {
        return ERR_CORRUPT;
    }
    if (!out->changed) {
        return ERR_OK;
    }
    out->packed = reply_text_at(reply, 4);
    if (reply_int(reply_at(reply, 3), 0, INT64_MAX, &out->id) != ERR_OK ||
        !newest_of(out->key, &out->newest_id) ||
        (out->id == 0) != (out->packed.len == 0)) {
        return ERR_CORRUPT;
    }
    return read_disasters(reply, 5, out->disasters, DISASTERS_OPEN_MAX, &out->disaster_count);
}

/* ---- Past decisions ---- */

void policy_decided_write(struct fcall *f, const char *region, struct slice from, int most)
{
    fcall_begin(f, "policy_decided", region);
    fcall_slice(f, from);
    fcall_int(f, most);
}

enum err policy_decided_read(const redisReply *reply, struct slice *next, size_t *n)
{
    if (reply_count(reply) == 0) {
        return ERR_CORRUPT;
    }
    *next = reply_text_at(reply, 0);
    *n = reply_count(reply) - 1;
    return ERR_OK;
}

void policy_cases_begin(struct fcall *f, const char *region)
{
    fcall_begin(f, "policy_cases", region);
}

enum err policy_cases_read(const redisReply *reply, struct decided_case *cases, size_t n)
{
    if (reply_count(reply) != n) {
        return ERR_CORRUPT;
    }
    for (size_t i = 0; i < n; i++) {
        const redisReply *row = reply_at(reply, i);
        cases[i].found = reply_count(row) == 3;
        cases[i].facts = reply_text_at(row, 0);
        cases[i].decision = reply_text_at(row, 1);
        cases[i].township = reply_text_at(row, 2);
    }
    return ERR_OK;
}
