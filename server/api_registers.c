/* The registers of the staff (备案), for integrity: near relatives (近亲属), whose cases they stand
 * back from, and their own payment accounts (本人账户), which no relief should go to. Only keyed
 * hashes are kept; who enters somebody needs the number again to take him off. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/id_number.h"
#include "queue/domain/payee.h"
#include "queue/store/calls_people.h"
#include "server/api.h"
#include "server/api_people.h"
#include "server/http/query.h"

#define REASON_POINTS_MAX 100

bool people_reason(struct op *op, const char *const *names, struct slice *reason)
{
    for (const struct json *m = json_first(op->json); m != NULL; m = json_next(m)) {
        const char *const *name = names;
        while (*name != NULL && strcmp(*name, json_name(m)) != 0) {
            name++;
        }
        if (*name == NULL) {
            op_reply_fault(op, "", "有这个操作不认识的字段，请对照接口说明删去。");
            return false;
        }
    }
    if (json_string(json_get(op->json, "reason"), reason) != ERR_OK ||
        slice_trim(*reason).len == 0 || utf8_count(*reason) > REASON_POINTS_MAX) {
        op_reply_fault(op, "/reason",
                       "请写明理由（1 到 100 字）；理由会进入记录，不要写姓名、电话和证件号码。");
        return false;
    }
    *reason = slice_trim(*reason);
    return true;
}

static void reply_changed(struct op *op, bool changed)
{
    struct buf text;
    struct json_out o;
    buf_init(&text, 256);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_put_bool(&o, "changed", changed);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

/* ---- The relatives register ---- */

static void on_relative(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    bool changed = false;
    if (err == ERR_OK) {
        err = relative_set_read(reply, &changed);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    reply_changed(op, changed);
}

/* "officer:wang" out of the body: his own for an officer, anybody's for a reviewer. */
static bool read_actor(struct op *op, char *out, size_t size)
{
    struct slice name = slice_make(NULL, 0);
    const struct json *officer = json_get(op->json, "officer"),
                      *reviewer = json_get(op->json, "reviewer");
    const struct json *given = officer != NULL ? officer : reviewer;
    if (op->caller.role == ROLE_OFFICER && given == NULL) {
        return slice_copy(op_actor(op), out, size) == ERR_OK;
    }
    bool one = (officer == NULL) != (reviewer == NULL);
    if (!one || json_string(given, &name) != ERR_OK || name.len == 0 || name.len > 50 ||
        memchr(name.ptr, ',', name.len) != NULL || memchr(name.ptr, '=', name.len) != NULL ||
        memchr(name.ptr, '|', name.len) != NULL) {
        op_reply_fault(op, "/officer",
                       "请在 officer 或 reviewer 中填一位工作人员的名称（与其令牌上的名称相同）。");
        return false;
    }
    snprintf(out, size, "%s:%.*s", officer != NULL ? "officer" : "reviewer", SLICE_FMT(name));
    if (op->caller.role == ROLE_OFFICER && !slice_is(op_actor(op), out)) {
        op_reply_problem(op, ERR_FORBIDDEN, "经办人只能申报自己的近亲属和本人账户。");
        return false;
    }
    return true;
}

static void set_relative(struct op *op, bool add)
{
    static const char *const NAMES[] = {"reason", "officer", "reviewer", "id_number", NULL};
    struct slice reason, raw;
    struct id_number id;
    enum id_number_fault why = ID_NUMBER_LENGTH;
    char actor[96], hash[SEAL_HASH_SIZE];
    if (!people_reason(op, NAMES, &reason) || !read_actor(op, actor, sizeof(actor))) {
        return;
    }
    if (json_string(json_get(op->json, "id_number"), &raw) != ERR_OK ||
        id_number_parse(raw, clock_now_ms(), &id, &why) != ERR_OK) {
        op_reply_fault(op, "/id_number", id_number_fault_zh(why));
        return;
    }
    if (seal_hash(op->g->sealer, "id_number", slice_of(id.text), hash) != ERR_OK) {
        op_reply_problem(op, ERR_INTERNAL, "服务内部错误。");
        return;
    }
    struct slice tail = op_tail(op, reason, "");
    if (tail.ptr == NULL) {
        return;
    }
    relative_set_write(&op->g->fcall, op->g->settings->region, slice_of(hash), slice_of(actor), add,
                       tail);
    op_call(op, on_relative);
}

void relatives_add(struct op *op)
{
    set_relative(op, true);
}

void relatives_remove(struct op *op)
{
    set_relative(op, false);
}

/* Both lists; no more of a hash than tells two people or two accounts apart. */
static void reply_list(struct op *op, enum err err, const redisReply *reply, const char *list,
                       const char *hash)
{
    static struct staff_row rows[STAFF_ROWS_MAX]; /* one loop */
    struct buf text;
    struct json_out o;
    size_t n = 0;
    if (err == ERR_OK) {
        err = staff_list_read(reply, rows, &n);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    buf_init(&text, 1u << 20);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    json_open_array(&o, list);
    for (size_t i = 0; i < n; i++) {
        json_open_object(&o, NULL);
        json_put_slice(&o, "actor", rows[i].actor);
        json_put_slice(&o, hash, slice_make(rows[i].hash.ptr, 8));
        json_close_object(&o);
    }
    json_close_array(&o);
    json_close_object(&o);
    op_reply_written(op, 200, &text);
}

static void on_relatives(void *data, enum err err, const redisReply *reply)
{
    reply_list(data, err, reply, "relatives", "person");
}

/* ?actor=officer:name, "" = all; an officer sees his own only. */
static bool read_whose(struct op *op, char *name, size_t size, struct slice *actor)
{
    *actor = slice_make(NULL, 0);
    enum err err = query_get(op->query, "actor", name, size, actor);
    if (err != ERR_OK && err != ERR_NOT_FOUND) {
        op_reply_problem(op, ERR_INPUT, "actor 须为工作人员，例如 officer:wang。");
        return false;
    }
    if (op->caller.role == ROLE_OFFICER) {
        *actor = op_actor(op);
    }
    return true;
}

void relatives_list(struct op *op)
{
    struct slice actor;
    char name[96];
    if (read_whose(op, name, sizeof(name), &actor)) {
        relative_list_write(&op->g->fcall, op->g->settings->region, actor);
        op_call(op, on_relatives);
    }
}

/* ---- Officers' own accounts ---- */

static void on_account(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    enum officer_account_outcome outcome = OFFICER_ACCOUNT_SAME;
    if (err == ERR_OK) {
        err = officer_account_set_read(reply, &outcome);
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    if (outcome == OFFICER_ACCOUNT_OWN) {
        op_reply_problem(op, ERR_FORBIDDEN, "本人的账户须由另一人撤销。");
        return;
    }
    if (outcome == OFFICER_ACCOUNT_FULL) {
        op_reply_problem(op, ERR_CONFLICT, "登记数量已达上限（同一账户最多 4 人）。");
        return;
    }
    reply_changed(op, outcome == OFFICER_ACCOUNT_CHANGED);
}

/* The keyed hash of the body's account; "" when there is none and it may be left out. */
static bool read_account(struct op *op, bool required, char hash[SEAL_HASH_SIZE])
{
    struct slice account;
    char plain[PAYEE_PLAIN_SIZE];
    const struct json *v = json_get(op->json, "account");
    hash[0] = '\0';
    if (v == NULL && !required) {
        return true;
    }
    if (json_string(v, &account) != ERR_OK || payee_account_plain(account, plain) != ERR_OK ||
        plain[0] == '\0') {
        op_reply_fault(op, "/account", "收款账户须写成 account:账号@银行 的形式。");
        return false;
    }
    if (personal_account_hash(op->g->sealer, account, hash) != ERR_OK) {
        op_reply_problem(op, ERR_INTERNAL, "服务内部错误。");
        return false;
    }
    return true;
}

static void set_account(struct op *op, bool add)
{
    static const char *const NAMES[] = {"reason", "officer", "reviewer", "account", NULL};
    struct slice reason;
    char actor[96], hash[SEAL_HASH_SIZE];
    if (!people_reason(op, NAMES, &reason) || !read_actor(op, actor, sizeof(actor)) ||
        !read_account(op, add, hash)) {
        return;
    }
    struct slice tail = op_tail(op, reason, "");
    if (tail.ptr == NULL) {
        return;
    }
    officer_account_set_write(&op->g->fcall, op->g->settings->region, slice_of(hash),
                              slice_of(actor), add, op_actor(op), tail);
    op_call(op, on_account);
}

void officer_accounts_add(struct op *op)
{
    set_account(op, true);
}

void officer_accounts_remove(struct op *op)
{
    set_account(op, false);
}

static void on_accounts(void *data, enum err err, const redisReply *reply)
{
    reply_list(data, err, reply, "accounts", "account");
}

void officer_accounts_list(struct op *op)
{
    struct slice actor;
    char name[96];
    if (read_whose(op, name, sizeof(name), &actor)) {
        officer_account_list_write(&op->g->fcall, op->g->settings->region, actor);
        op_call(op, on_accounts);
    }
}
