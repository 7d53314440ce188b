/* POST /open311/v2/requests: a form becomes a ticket. GET /open311/v2/tokens/{token}: its number.
 *
 * The answer is a token, "<number>-<half of its keyed hash>": nobody can make one up, and nothing
 * has to be stored for it. GeoReport has no idempotency key, so the same form of the same client
 * within two days is the same request. */
#include <stdio.h>
#include "server/api_open311.h"
#include "server/auth.h"
#include "server/intake.h"
#include "server/open311_read.h"

#define TOKEN_HASH_HEX 16
#define TOKEN_SIZE (CASE_NO_SIZE + 1 + TOKEN_HASH_HEX + 1)
#define POST_NOTICE "已登记，民政部门会尽快联系；危及生命请拨打 110、119、120。"

/* The API's own idea of a route: who may hand in, checked with the api_key of the form. */
static const struct op_route KEY_ROUTES[] = {
    {HTTP_METHOD_POST, "/open311/v2/requests.json", ROLE_MACHINE, false, NULL},
    {HTTP_METHOD_POST, "/open311/v2/requests.xml", ROLE_MACHINE, false, NULL}};

/* ---- Tokens ---- */

static enum err token_of(struct op *op, struct slice no, char out[TOKEN_SIZE])
{
    char hash[SEAL_HASH_SIZE];
    enum err err = seal_hash(op->g->sealer, "open311", no, hash);
    if (err == ERR_OK) {
        snprintf(out, TOKEN_SIZE, "%.*s-%.*s", SLICE_FMT(no), TOKEN_HASH_HEX, hash);
    }
    return err;
}

static void answer_token(struct op *op, int status, struct slice no, const char *token, bool made)
{
    struct open311_out o;
    open311_begin(&o, open311_xml(op));
    open311_open_list(&o, "service_requests", "request");
    open311_open(&o, NULL);
    if (made) {
        open311_text(&o, "token", slice_of(token));
        open311_text(&o, "service_notice", SLICE_LIT(POST_NOTICE));
        open311_null(&o, "account_id");
    } else {
        open311_text(&o, "service_request_id", no);
        open311_text(&o, "token", slice_of(token));
    }
    open311_close(&o);
    open311_close(&o);
    open311_reply(op, status, &o);
}

void open311_token(struct op *op)
{
    char token[TOKEN_SIZE];
    struct case_no_parts parts;
    struct slice rest = op->params[0];
    if (!open311_begin_op(op)) {
        return;
    }
    struct slice no = slice_cut(&rest, '-');
    if (case_no_read(no, &parts) != ERR_OK || token_of(op, no, token) != ERR_OK ||
        !seal_equal(op->params[0], slice_of(token))) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个 token。");
        return;
    }
    answer_token(op, 200, no, token, false);
}

static void on_stored(struct op *op, const char *no)
{
    char token[TOKEN_SIZE];
    if (token_of(op, slice_of(no), token) != ERR_OK) {
        op_reply_problem(op, ERR_INTERNAL, "服务内部错误。");
        return;
    }
    answer_token(op, 201, slice_of(no), token, true);
}

/* ---- The form ---- */

static void answer_malformed(struct op *op)
{
    op_reply_problem(op, ERR_INPUT, "表单须为 application/x-www-form-urlencoded 的 UTF-8。");
}

static bool read_form(struct op *op, struct open311_form *f)
{
    const char *what;
    switch (open311_form_read(&op->arena, op->body, f, &what)) {
    case ERR_OK: return true;
    case ERR_NO_MEMORY: op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。"); break;
    case ERR_NOT_FOUND: op_reply_problem(op, ERR_NOT_FOUND, "没有这个 service_code。"); break;
    default:
        if (what != NULL) {
            op_reply_problem(op, ERR_INPUT, what);
        } else {
            answer_malformed(op);
        }
    }
    return false;
}

/* The same client with the same form: the same key. */
static enum err make_key(struct op *op)
{
    char digest[SEAL_DIGEST_SIZE];
    struct buf text;
    buf_init(&text, 1024);
    enum err err = seal_digest(op->g->sealer, op->body, digest);
    if (err == ERR_OK) {
        buf_putf(&text, "open311|%s|%s", op->caller.actor, digest);
        err = buf_err(&text);
    }
    if (err == ERR_OK) {
        err = seal_hash(op->g->sealer, "idem", buf_slice(&text), op->idem_hash);
    }
    if (err == ERR_OK) {
        memcpy(op->fingerprint, digest, 32);
        op->fingerprint[32] = '\0';
    }
    buf_release(&text);
    return err;
}

static void after_key(struct op *op)
{
    struct open311_form f;
    struct buf text;
    if (!read_form(op, &f)) {
        return;
    }
    buf_init(&text, 8 * OPEN311_FIELD_MAX);
    enum err err = make_key(op);
    open311_form_write(&f, &text);
    if (err == ERR_OK) {
        err = buf_err(&text);
    }
    const char *kept = err == ERR_OK ? arena_text(&op->arena, buf_slice(&text)) : NULL;
    op->body = slice_make(kept, kept == NULL ? 0 : text.len);
    buf_release(&text);
    if (kept == NULL) {
        op_reply_problem(op, ERR_NO_MEMORY, "服务繁忙，请稍后再试。");
        return;
    }
    op->stored = on_stored;
    if (op_parse_body(op)) {
        intake_handle(op);
    }
}

void open311_post(struct op *op)
{
    op->problem = open311_problem;
    op->route = &KEY_ROUTES[open311_xml(op) ? 1 : 0];
    struct slice jurisdiction;
    if (open311_field(&op->arena, op->body, "api_key", &op->bearer) != ERR_OK ||
        open311_field(&op->arena, op->body, "jurisdiction_id", &jurisdiction) != ERR_OK) {
        answer_malformed(op);
        return;
    }
    if (jurisdiction.len > 0 && !slice_is(jurisdiction, op->g->settings->region)) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个 jurisdiction_id。");
        return;
    }
    auth_check(op, after_key);
}
