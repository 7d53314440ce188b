/* POST /v1/rosters, GET /v1/rosters/{id}: a township's list of households. The list is read 64 rows
 * at a time, one call of the store each, so that the loop is never held up; rows are sealed as the
 * tickets they become and lie in the store before the answer; workers make cases of them. */
#include <iconv.h>
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/log.h"
#include "queue/base/utf8.h"
#include "queue/store/calls_roster.h"
#include "server/api.h"
#include "server/http/query.h"
#include "server/intake.h"
#include "server/roster_row.h"
#include "workers/routing/chain.h"

#define BATCH_ARENA_MAX ((size_t)16 << 20)
#define NAME_MAX_CHARS 40

struct upload {
    char id[ROSTER_ID_SIZE];
    char township[TOWNSHIP_CODE_SIZE];
    const char *cause; /* word for rows that say none; NULL = they must */
    struct csv csv;
    struct roster_columns columns;
    struct arena batch; /* of the rows in one call; released when the op ends */
    struct slice tail;
    int64_t number, row, now_ms;
    bool at_end;
    bool longer; /* than a list may be */
};

static void add_rows(struct op *op);

static void fail(struct op *op, enum err err, const char *detail)
{
    struct upload *u = op->state;
    arena_release(&u->batch);
    if (detail != NULL) {
        op_reply_problem(op, err, detail);
    } else {
        op_reply_store(op, err);
    }
}

/* ---- What was asked ---- */

static bool name_is_plain(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) {
            return false;
        }
    }
    return name.len >= 1 && name.len <= NAME_MAX_CHARS;
}

/* township=CODE&name=ID&cause=WORD */
static bool read_query(struct op *op, struct upload *u)
{
    char code[16], name[64], word[32], digest[SEAL_DIGEST_SIZE];
    struct slice value;
    struct township t;
    enum cause cause;
    if (query_get(op->query, "township", code, sizeof(code), &value) != ERR_OK ||
        !gazetteer_township(op->g->atlas.gazetteer, value, &t) ||
        !region_holds(op->g->settings->region, value) ||
        slice_copy(value, u->township, sizeof(u->township)) != ERR_OK) {
        op_reply_problem(op, ERR_INPUT, "请在 township 中给出本地区的 9 位乡镇（街道）代码。");
        return false;
    }
    if (op->caller.township[0] != '\0' && !slice_is(value, op->caller.township)) {
        op_reply_problem(op, ERR_FORBIDDEN, "只能上传本乡镇（街道）的花名册。");
        return false;
    }
    enum err err = query_get(op->query, "cause", word, sizeof(word), &value);
    if (err == ERR_OK) {
        err = cause_from_word(value, &cause);
        u->cause = err == ERR_OK ? cause_word(cause) : NULL;
    }
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        op_reply_problem(op, ERR_INPUT, "cause 不在急难事由代码表中。");
        return false;
    }
    err = query_get(op->query, "name", name, sizeof(name), &value);
    if (err == ERR_NOT_FOUND && seal_digest(op->g->sealer, op->body, digest) == ERR_OK) {
        value = slice_make(
            digest, 16); /* the same list is the same roster; a corrected one needs its name */
        err = ERR_OK;
    }
    if (err != ERR_OK || !name_is_plain(value)) {
        op_reply_problem(op, ERR_INPUT,
                         "name 须为 1 到 40 个小写字母、数字或 - ，更正后重传时用同一个。");
        return false;
    }
    snprintf(u->id, sizeof(u->id), "%s-%.*s", u->township, SLICE_FMT(value));
    return true;
}

/* GB18030 to UTF-8, in the op's arena. */
static enum err from_gb18030(struct op *op, struct slice *text)
{
    size_t room = text->len * 2 + 16, left = room,
           in_left = text->len; /* 2 bytes become 3 at most, 4 become 4 */
    char *out = arena_alloc(&op->arena, room), *at = out, *in = (char *)(uintptr_t)text->ptr;
    iconv_t cd = iconv_open("UTF-8", "GB18030");
    if (out == NULL || cd == (iconv_t)-1) {
        if (cd != (iconv_t)-1) {
            iconv_close(cd);
        }
        return out == NULL ? ERR_NO_MEMORY : ERR_INTERNAL;
    }
    bool ok = iconv(cd, &in, &in_left, &at, &left) != (size_t)-1 && in_left == 0;
    iconv_close(cd);
    *text = slice_make(out, room - left);
    return ok && utf8_valid(*text) ? ERR_OK : ERR_INPUT;
}

static bool read_head(struct op *op, struct upload *u)
{
    struct slice text = op->body, heads[CSV_FIELDS_MAX];
    const char *why = "花名册是空的：第一行须为表头，以下每行一户。";
    size_t n;
    if (text.len >= 3 && memcmp(text.ptr, "\xEF\xBB\xBF", 3) == 0) {
        text = slice_make(text.ptr + 3, text.len - 3);
    }
    if (!utf8_valid(text)) {
        enum err err = from_gb18030(op, &text);
        if (err != ERR_OK) {
            op_reply_problem(op, err,
                             err == ERR_INPUT ? "文字编码须为 UTF-8 或 GB18030。"
                                              : "服务繁忙，请稍后再试。");
            return false;
        }
    }
    csv_init(&u->csv, text);
    if (csv_next(&u->csv, &op->arena, heads, &n) != ERR_OK ||
        !roster_columns_read(heads, n, &u->columns, &why)) {
        op_reply_problem(op, ERR_INPUT, why);
        return false;
    }
    return true;
}

/* ---- The answer ---- */

static void write_entry(const struct roster_entry *e, struct json_out *o)
{
    json_open_object(o, NULL);
    json_put_int(o, "row", e->row);
    if (e->remedy.len > 0) {
        json_put_slice(o, "field", e->field);
        json_put_slice(o, "detail", e->remedy);
    } else {
        json_put_slice(o, "case", e->no);
    }
    json_close_object(o);
}

static enum err write_roster(struct slice id, const struct roster_view *v, const char *list,
                             struct json_out *o)
{
    char at[CLOCK_RFC3339_SIZE];
    struct roster_entry e = {.row = 0};
    enum err err = ERR_OK;
    clock_format_rfc3339(v->at_ms, at);
    json_open_object(o, NULL);
    json_put_slice(o, "id", id);
    json_put_slice(o, "township", v->township);
    json_put_slice(o, "by", v->by);
    json_put_text(o, "sent_at", at);
    json_put_bool(o, "complete", v->whole);
    json_put_int(o, "rows", v->rows);
    json_put_int(o, "accepted", v->accepted);
    json_put_int(o, "refused", v->refused);
    json_put_int(o, "waiting", v->waiting);
    if (list != NULL) {
        json_open_array(o, list);
        for (size_t i = 0; i < v->shown && err == ERR_OK; i++) {
            err = roster_view_entry(v, i, &e);
            if (err == ERR_OK) {
                write_entry(&e, o);
            }
        }
        json_close_array(o);
        if (v->shown > 0) {
            json_put_int(o, "next_after", e.row);
        }
    }
    json_close_object(o);
    return err;
}

static void reply_roster(struct op *op, int status, struct slice id, const struct roster_view *v,
                         const char *list)
{
    char location[128];
    struct buf text;
    struct json_out o;
    buf_init(&text, 4u << 20);
    json_out_init(&o, &text);
    enum err err = write_roster(id, v, list, &o);
    snprintf(location, sizeof(location), "/v1/rosters/%.*s", SLICE_FMT(id));
    const struct http_field extra = {SLICE_LIT("Location"), slice_of(location)};
    if (err == ERR_OK) {
        op_reply_json(op, status, &text, &extra, status == 202 ? 1 : 0);
    } else {
        op_reply_store(op, err);
    }
    buf_release(&text);
}

/* ---- Sending ---- */

static void on_view(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct upload *u = op->state;
    struct roster_view v;
    if (err == ERR_OK) {
        err = roster_get_read(reply, &v);
    }
    if (err != ERR_OK) {
        fail(op, err == ERR_NOT_FOUND ? ERR_CORRUPT : err, NULL);
        return;
    }
    log_event(LOG_INFO, "roster_received", "roster=%s rows=%lld accepted=%lld refused=%lld", u->id,
              (long long)v.rows, (long long)v.accepted, (long long)v.refused);
    arena_release(&u->batch);
    reply_roster(op, 202, slice_of(u->id), &v, "refused_rows");
}

static void send_call(struct op *op, store_reply_fn *on_reply)
{
    struct upload *u = op->state;
    enum err err = store_async_call(op->g->store, &op->g->fcall, on_reply, op);
    if (err != ERR_OK) {
        arena_release(&u->batch);
        op_reply_store(op, err);
    }
}

static void on_finished(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct upload *u = op->state;
    if (err == ERR_OK) {
        err = roster_add_read(reply);
    }
    if (err != ERR_OK) {
        fail(op, err, err == ERR_STALE ? "同一份花名册又开始了一次上传，以后一次为准。" : NULL);
        return;
    }
    roster_get_write(&op->g->fcall, op->g->settings->region, slice_of(u->id), ROSTER_REFUSED, 0,
                     100);
    send_call(op, on_view);
}

static void on_added(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct upload *u = op->state;
    if (err == ERR_OK) {
        err = roster_add_read(reply);
    }
    if (err != ERR_OK) {
        fail(op, err, err == ERR_STALE ? "同一份花名册又开始了一次上传，以后一次为准。" : NULL);
        return;
    }
    if (!u->at_end) {
        add_rows(op);
        return;
    }
    roster_finish_write(&op->g->fcall, op->g->settings->region, slice_of(u->id), u->number);
    send_call(op, on_finished);
}

/* Hash of whom the row names, in this roster: its key, and the idempotency key of its ticket. */
static enum err hash_row(struct op *op, const struct upload *u, const struct ticket *t,
                         char out[SEAL_HASH_SIZE])
{
    char text[ROSTER_ID_SIZE + 64];
    int len = snprintf(text, sizeof(text), "%s|%.*s", u->id, SLICE_FMT(t->person.id_number));
    ASSERT(len > 0 && len < (int)sizeof(text));
    return seal_hash(op->g->sealer, "roster_row", slice_make(text, (size_t)len), out);
}

/* One row, read and sealed, into the call that is being written. */
static enum err add_row(struct op *op, struct upload *u, enum err read, const struct slice *fields,
                        size_t n)
{
    struct gateway *g = op->g;
    struct ticket *t = arena_alloc(&u->batch, sizeof(*t));
    struct intake_sealed sealed = {.no = ""};
    struct roster_fault why = {.field = "", .remedy = "这一行的引号不成对或列数太多，请检查。"};
    struct slice household = slice_make(NULL, 0);
    char key[SEAL_HASH_SIZE] = "";
    enum err err = t == NULL ? ERR_NO_MEMORY : read;
    if (err == ERR_OK) {
        err = roster_row_read(&u->columns, fields, n, u->township, u->cause, u->now_ms, &u->batch,
                              t, &household, &why);
    } else if (err == ERR_TOO_LARGE) {
        err = ERR_INPUT;
    }
    if (err == ERR_OK) {
        err = case_sequence_next(&g->sequence, u->now_ms, sealed.no);
    }
    if (err == ERR_OK) {
        err = intake_seal(g, &u->batch, t, household, &sealed);
    }
    if (err == ERR_OK) {
        err = hash_row(op, u, t, key);
    }
    if (err != ERR_OK && err != ERR_INPUT) {
        return err;
    }
    const struct intake_ticket ticket = {
        .no = slice_of(sealed.no),
        .idem_hash = slice_of(key),
        .fingerprint = SLICE_LIT("roster"),
        .received_ms = u->now_ms,
        .facts = sealed.facts,
        .sealed = sealed.sealed,
        .person_hash = slice_of(sealed.person_hash),
        .wrapped_key = slice_make((const char *)sealed.wrapped, sizeof(sealed.wrapped)),
        .job_score = u->now_ms,
        .event_tail = u->tail,
        .people = sealed.people,
    };
    const struct roster_row row = {.row = u->row,
                                   .key = slice_of(key),
                                   .field = slice_of(err == ERR_OK ? "" : why.field),
                                   .remedy = slice_of(err == ERR_OK ? "" : why.remedy),
                                   .ticket = &ticket};
    roster_add(&g->fcall, &row);
    return ERR_OK;
}

/* Households in one list, by the policy in force in the township. */
static int rows_most(const struct op *op, const struct upload *u)
{
    int most = policy_for(op->g->policy, u->township, clock_now_ms())->roster.rows_max;
    return most < ROSTER_ROWS_MAX ? most : ROSTER_ROWS_MAX;
}

static void refuse_longer(struct op *op, int most)
{
    char detail[160];
    snprintf(detail, sizeof(detail), "一份花名册最多 %d 户，请分成几份；前 %d 户已登记。", most,
             most);
    fail(op, ERR_TOO_LARGE, detail);
}

/* The next 64 rows. */
static void add_rows(struct op *op)
{
    struct upload *u = op->state;
    int most = rows_most(op, u);
    if (u->longer) {
        refuse_longer(op, most);
        return;
    }
    struct slice fields[CSV_FIELDS_MAX];
    size_t count = 0, n = 0;
    arena_reset(&u->batch);
    roster_add_begin(&op->g->fcall, op->g->settings->region, slice_of(u->id), u->number);
    while (count < STORE_BATCH_MAX) {
        enum err err = csv_next(&u->csv, &u->batch, fields, &n);
        if (err == ERR_NOT_FOUND) {
            u->at_end = true;
            break;
        }
        if (err == ERR_NO_MEMORY) {
            fail(op, err, "服务繁忙，请稍后重传同一份花名册。");
            return;
        }
        if (++u->row > most) { /* those before it in this batch are still to be registered */
            u->longer = true;
            break;
        }
        err = add_row(op, u, err, fields, n);
        if (err != ERR_OK) {
            log_event(LOG_ERROR, "roster_row_failed", "roster=%s row=%lld err=%s", u->id,
                      (long long)u->row, err_code(err));
            fail(op, err == ERR_LIMIT ? ERR_STORE_FULL : err,
                 "暂时无法登记，请稍后重传同一份花名册，已登记的不会重复。");
            return;
        }
        count++;
    }
    if (count == 0 && u->longer) {
        refuse_longer(op, most);
        return;
    }
    if (count == 0) { /* the end came with the batch before */
        roster_finish_write(&op->g->fcall, op->g->settings->region, slice_of(u->id), u->number);
        send_call(op, on_finished);
        return;
    }
    send_call(op, on_added);
}

static void on_begun(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct upload *u = op->state;
    if (err == ERR_OK) {
        err = roster_begin_read(reply, &u->number);
    }
    if (err != ERR_OK) {
        fail(op, err, err == ERR_CONFLICT ? "这个花名册名称已被其他乡镇（街道）使用。" : NULL);
        return;
    }
    add_rows(op);
}

void rosters_send(struct op *op)
{
    struct upload *u = arena_alloc(&op->arena, sizeof(*u));
    if (u == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    op->state = u;
    u->now_ms = clock_now_ms();
    if (store_async_state(op->g->store) != ERR_OK) {
        op_reply_store(op, store_async_state(op->g->store));
        return;
    }
    if (!read_query(op, u) || !read_head(op, u)) {
        return;
    }
    u->tail = op_tail(op, SLICE_LIT("花名册"), "");
    if (u->tail.ptr == NULL) {
        return;
    }
    arena_init(&u->batch, BATCH_ARENA_MAX);
    roster_begin_write(&op->g->fcall, op->g->settings->region, slice_of(u->id),
                       slice_of(u->township), op_actor(op), u->now_ms, u->tail);
    send_call(op, on_begun);
}

/* ---- GET /v1/rosters/{id}?rows=accepted|refused&after=ROW&limit=N ---- */

static void on_roster(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    const char *const *list = op->state;
    struct roster_view v;
    if (err == ERR_OK) {
        err = roster_get_read(reply, &v);
    }
    if (err == ERR_NOT_FOUND || (err == ERR_OK && !op_may_see(op, v.township, v.township))) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这份花名册，请核对名称。");
    } else if (err != ERR_OK) {
        op_reply_store(op, err);
    } else {
        reply_roster(op, 200, op->params[0], &v, *list);
    }
}

void rosters_get(struct op *op)
{
    char word[16];
    struct slice rows = slice_make(NULL, 0);
    int64_t after, limit;
    const char **list = arena_alloc(&op->arena, sizeof(*list));
    enum err err = query_get(op->query, "rows", word, sizeof(word), &rows);
    if (list == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    bool accepted = slice_is(rows, "accepted"), refused = slice_is(rows, "refused");
    if ((err != ERR_OK && err != ERR_NOT_FOUND) || (rows.len > 0 && !accepted && !refused) ||
        query_int64(op->query, "after", 0, ROSTER_ROWS_MAX, 0, &after) != ERR_OK ||
        query_int64(op->query, "limit", 1, ROSTER_SHOWN_MAX, 100, &limit) != ERR_OK) {
        op_reply_problem(op, ERR_INPUT,
                         "rows 须为 accepted 或 refused，after 须为行号，limit 须为 1 到 1000。");
        return;
    }
    bool plain = op->params[0].len < ROSTER_ID_SIZE;
    for (size_t i = 0; i < op->params[0].len; i++) {
        char c = op->params[0].ptr[i];
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
    }
    if (!plain) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这份花名册，请核对名称。");
        return;
    }
    *list = accepted ? "accepted_rows" : refused ? "refused_rows" : NULL;
    op->state = (void *)list;
    roster_get_write(&op->g->fcall, op->g->settings->region, op->params[0],
                     accepted  ? ROSTER_ACCEPTED
                     : refused ? ROSTER_REFUSED
                               : ROSTER_NONE,
                     after, limit);
    op_call(op, on_roster);
}
