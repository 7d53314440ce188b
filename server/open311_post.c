/* POST /open311/v2/requests: a form becomes a ticket. GET /open311/v2/tokens/{token}: its number.
 *
 * The answer is a token, "<number>-<half of its keyed hash>": nobody can make one up, and nothing
 * has to be stored for it. GeoReport has no idempotency key, so the same form of the same client
 * within two days is the same request. */
#include <stdio.h>
#include "queue/base/clock.h"
#include "server/api_open311.h"
#include "server/auth.h"
#include "server/http/query.h"
#include "server/intake.h"

#define TOKEN_HASH_HEX 16
#define TOKEN_SIZE (CASE_NO_SIZE + 1 + TOKEN_HASH_HEX + 1)
#define FIELD_MAX ((size_t)16 * 1024) /* bytes of one value: 4 000 characters */
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

/* A member of the form, in the arena; "" when it is absent. False: malformed. */
static bool field(struct op *op, const char *name, struct slice *out)
{
    char *text = arena_alloc(&op->arena, FIELD_MAX);
    *out = slice_make("", 0);
    if (text == NULL) {
        return false;
    }
    enum err err = query_get(op->body, name, text, FIELD_MAX, out);
    if (err == ERR_NOT_FOUND) {
        *out = slice_make("", 0);
        return true;
    }
    *out = slice_trim(*out);
    return err == ERR_OK;
}

/* "26.57" to degrees: digits, a sign, one point. */
static bool degrees_ok(struct slice text)
{
    size_t digits = 0, points = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        digits += c >= '0' && c <= '9';
        points += c == '.';
        if (!((c >= '0' && c <= '9') || (c == '.' && digits > 0) || (c == '-' && i == 0))) {
            return false;
        }
    }
    return digits >= 1 && digits <= 18 && points <= 1 && text.ptr[text.len - 1] != '.' &&
           !(text.len > 1 && text.ptr[0] == '0' && text.ptr[1] != '.');
}

struct form {
    struct slice service_code, lat, lng, address, description, first_name, last_name, phone, email;
};

static bool read_form(struct op *op, struct form *f)
{
    struct slice address_id;
    if (!field(op, "service_code", &f->service_code) || !field(op, "lat", &f->lat) ||
        !field(op, "long", &f->lng) || !field(op, "address_string", &f->address) ||
        !field(op, "address_id", &address_id) || !field(op, "description", &f->description) ||
        !field(op, "first_name", &f->first_name) || !field(op, "last_name", &f->last_name) ||
        !field(op, "phone", &f->phone) || !field(op, "email", &f->email)) {
        op_reply_problem(op, ERR_INPUT, "表单须为 application/x-www-form-urlencoded 的 UTF-8。");
        return false;
    }
    enum cause cause;
    if (cause_from_word(f->service_code, &cause) != ERR_OK) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个 service_code。");
        return false;
    }
    bool point = f->lat.len > 0 && f->lng.len > 0;
    if ((!point && f->address.len == 0) || (f->lat.len > 0) != (f->lng.len > 0) ||
        (point && (!degrees_ok(f->lat) || !degrees_ok(f->lng)))) {
        op_reply_problem(op, ERR_INPUT,
                         "请给出 lat 和 long（WGS-84，度）或 address_string；不支持 address_id。");
        return false;
    }
    return true;
}

/* The form in the words of POST /v1/tickets. */
static void write_ticket(const struct form *f, struct buf *out)
{
    struct buf text;
    struct json_out o;
    buf_init(&text, 2 * FIELD_MAX);
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "channel", channel_word(CHANNEL_THIRD_PARTY));
    json_put_slice(&o, "cause", f->service_code);
    json_open_object(&o, "reporter");
    buf_putf(&text, "%.*s%.*s", SLICE_FMT(f->last_name), SLICE_FMT(f->first_name));
    json_put_slice(&o, "name", buf_slice(&text));
    if (f->phone.len > 0) {
        json_put_slice(&o, "phone", f->phone);
    }
    json_close_object(&o);
    json_open_object(&o, "place");
    if (f->lat.len > 0) {
        json_put_raw(&o, "lat", f->lat);
        json_put_raw(&o, "lng", f->lng);
        json_put_text(&o, "crs", crs_word(CRS_WGS84));
    }
    json_put_slice(&o, "address", f->address);
    json_close_object(&o);
    buf_clear(&text);
    buf_put_slice(&text, f->description);
    if (f->email.len > 0) {
        buf_putf(&text, "（电子邮箱：%.*s）", SLICE_FMT(f->email));
    }
    json_put_slice(&o, "narrative", buf_slice(&text));
    json_close_object(&o);
    if (buf_err(&text) != ERR_OK) {
        out->err = buf_err(&text);
    }
    buf_release(&text);
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
    struct form f;
    struct buf text;
    if (!read_form(op, &f)) {
        return;
    }
    buf_init(&text, 8 * FIELD_MAX);
    enum err err = make_key(op);
    write_ticket(&f, &text);
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
    if (!field(op, "api_key", &op->bearer) || !field(op, "jurisdiction_id", &jurisdiction)) {
        op_reply_problem(op, ERR_INPUT, "表单须为 application/x-www-form-urlencoded 的 UTF-8。");
        return;
    }
    if (jurisdiction.len > 0 && !slice_is(jurisdiction, op->g->settings->region)) {
        op_reply_problem(op, ERR_NOT_FOUND, "没有这个 jurisdiction_id。");
        return;
    }
    auth_check(op, after_key);
}
