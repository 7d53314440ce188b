#include "server/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include "queue/base/clock.h"

#define CACHE_SLOTS 4096 /* a power of two; a collision only costs a look-up */

struct cached_token {
    char id[TOKEN_ID_HEX + 1];
    char hash[SEAL_DIGEST_SIZE];
    struct caller caller;
    int64_t until_ms;   /* monotonic: remembered so long */
    int64_t expires_ms; /* wall clock: valid so long */
};

struct token_cache {
    struct cached_token slots[CACHE_SLOTS];
};

/* Kept in op->state while the store is asked. */
struct asking {
    op_fn *then;
    char id[TOKEN_ID_HEX + 1];
    char hash[SEAL_DIGEST_SIZE];
};

enum err token_cache_new(struct token_cache **out)
{
    struct token_cache *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return ERR_NO_MEMORY;
    }
    *out = c;
    return ERR_OK;
}

void token_cache_free(struct token_cache *c)
{
    free(c);
}

static struct cached_token *slot_of(struct token_cache *c, const char *id)
{
    unsigned hash = 2166136261u;
    for (const char *p = id; *p != '\0'; p++) {
        hash = (hash ^ (unsigned char)*p) * 16777619u;
    }
    return &c->slots[hash % CACHE_SLOTS];
}

static void refuse(struct op *op)
{
    op_reply_problem(op, ERR_AUTH, "请在 Authorization 中给出有效的访问令牌。");
}

static bool hex_lower(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (s.ptr[i] >= 'a' && s.ptr[i] <= 'f'))) {
            return false;
        }
    }
    return s.len > 0;
}

/* "jj_<id>_<secret>" to its id. */
static bool token_id(struct slice token, char out[TOKEN_ID_HEX + 1])
{
    struct slice id = slice_make(token.ptr + 3, TOKEN_ID_HEX);
    if (token.len != TOKEN_TEXT_SIZE - 1 || !slice_starts_with(token, "jj_") ||
        token.ptr[3 + TOKEN_ID_HEX] != '_' || !hex_lower(id)) {
        return false;
    }
    return slice_copy(id, out, TOKEN_ID_HEX + 1) == ERR_OK;
}

static bool role_from_word(struct slice word, enum role *out)
{
#define ROLE_WORD(id, text, bit) \
    if (slice_is(word, text)) {  \
        *out = id;               \
        return true;             \
    }
    ROLE_TABLE(ROLE_WORD)
#undef ROLE_WORD
    return false;
}

static void admit(struct op *op, const struct cached_token *t, const char *hash, op_fn *then)
{
    if (!seal_equal(slice_of(t->hash), slice_of(hash)) || t->expires_ms <= clock_now_ms()) {
        refuse(op);
        return;
    }
    op->caller = t->caller;
    if ((op->route->roles & (unsigned)t->caller.role) == 0) {
        op_reply_problem(op, ERR_FORBIDDEN, "您的角色不能进行这项操作。");
        return;
    }
    then(op);
}

static void on_token(void *data, enum err err, const redisReply *reply)
{
    struct op *op = data;
    struct asking *asking = op->state;
    struct token_row row;
    struct cached_token found = {.until_ms = clock_mono_ms() + TOKEN_REMEMBER_MS};
    if (err == ERR_OK) {
        err = token_get_read(reply, &row);
    }
    if (err == ERR_NOT_FOUND) {
        refuse(op);
        return;
    }
    if (err != ERR_OK) {
        op_reply_store(op, err);
        return;
    }
    char name[33];
    found.expires_ms = row.expires_ms;
    if (!role_from_word(row.role, &found.caller.role) ||
        slice_copy(row.hash, found.hash, sizeof(found.hash)) != ERR_OK ||
        slice_copy(row.name, name, sizeof(name)) != ERR_OK ||
        slice_copy(row.township, found.caller.township, sizeof(found.caller.township)) != ERR_OK) {
        op_reply_store(op, ERR_CORRUPT);
        return;
    }
    snprintf(found.caller.actor, sizeof(found.caller.actor), "%.*s:%s", SLICE_FMT(row.role), name);
    memcpy(found.id, asking->id, sizeof(found.id));
    *slot_of(op->g->tokens, found.id) = found;
    admit(op, &found, asking->hash, asking->then);
}

void auth_check(struct op *op, op_fn *then)
{
    struct asking asking = {.then = then};
    if (!token_id(op->bearer, asking.id)) {
        refuse(op);
        return;
    }
    if (seal_digest(op->g->sealer, op->bearer, asking.hash) != ERR_OK) {
        op_reply_problem(op, ERR_INTERNAL, "服务内部错误。");
        return;
    }
    const struct cached_token *cached = slot_of(op->g->tokens, asking.id);
    if (strcmp(cached->id, asking.id) == 0 && cached->until_ms > clock_mono_ms()) {
        admit(op, cached, asking.hash, then);
        return;
    }
    struct asking *kept = arena_alloc(&op->arena, sizeof(*kept));
    if (kept == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    *kept = asking;
    op->state = kept;
    token_get_write(&op->g->fcall, op->g->settings->region, slice_of(kept->id));
    op_call(op, on_token);
}
