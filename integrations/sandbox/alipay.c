/* Alipay's gateway: alipay.fund.trans.uni.transfer and alipay.fund.trans.common.query. Money moves
 * when the order is taken; a notice follows if there is an address for it. Money that comes back is
 * status REFUND. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/sandbox/alipay_wire.h"
#include "integrations/sandbox/answer.h"
#include "integrations/sandbox/bank_wire.h"
#include "integrations/sandbox/desk.h"
#include "integrations/sign/rsa.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"

#define NODE_MAX 8192
#define TRANSFER_NODE "alipay_fund_trans_uni_transfer_response"
#define QUERY_NODE "alipay_fund_trans_common_query_response"
#define ORDER_PREFIX "20070000110070"
#define FUND_PREFIX "20080011070001"
#define TIME_SIZE 20

enum telling { TELL_AS_IT_IS, TELL_PENDING, TELL_LIE };

/* ---- Answers ---- */

/* The node is complete in a->body: put the envelope around it. */
static void wrap(struct answer *a, const char *node_name)
{
    struct buf node = a->body;
    buf_init(&a->body, NODE_MAX + 4096);
    alipay_put_answer(a->sandbox, node_name, buf_slice(&node), a->fault.kind == FAULT_FORGED_ANSWER,
                      &a->body);
    buf_release(&node);
}

static void say_error(struct answer *a, const char *node_name, const char *code, const char *msg,
                      const char *sub_code)
{
    struct json_out o;
    buf_clear(&a->body);
    json_out_init(&o, &a->body);
    json_open_object(&o, NULL);
    json_put_text(&o, "code", code);
    json_put_text(&o, "msg", msg);
    json_put_text(&o, "sub_code", sub_code);
    json_put_text(&o, "sub_msg", "沙箱拒绝");
    json_close_object(&o);
    wrap(a, node_name);
    answer_hold(a);
}

static void local_time(int64_t at_ms, char out[TIME_SIZE])
{
    struct civil_time t = clock_civil_china(at_ms);
    (void)snprintf(out, TIME_SIZE, "%04u-%02u-%02u %02u:%02u:%02u", (unsigned)t.year % 10000,
                   (unsigned)t.month % 100, (unsigned)t.day % 100, (unsigned)t.hour % 100,
                   (unsigned)t.minute % 100, (unsigned)t.second % 100);
}

static const char *status_word(const struct movement *m, enum telling telling)
{
    if (telling == TELL_PENDING) {
        return "DEALING";
    }
    if (telling == TELL_LIE) {
        return m->state == MOVEMENT_PAID ? "FAIL" : "SUCCESS";
    }
    return m->state == MOVEMENT_PAID       ? "SUCCESS"
           : m->state == MOVEMENT_RETURNED ? "REFUND"
                                           : "FAIL";
}

/* What a transfer's answer, a query's answer and a notice say about an order. */
static void put_order(const struct sandbox *s, const struct movement *m, enum telling telling,
                      const char *time_name, struct json_out *o)
{
    const char *status = status_word(m, telling);
    unsigned long long place = (unsigned long long)(m - s->book.movements) + 1;
    char id[48], at[TIME_SIZE];
    json_put_text(o, "out_biz_no", m->reference);
    (void)snprintf(id, sizeof(id), ORDER_PREFIX "%018llu", place);
    json_put_text(o, "order_id", id);
    (void)snprintf(id, sizeof(id), FUND_PREFIX "%018llu", place);
    json_put_text(o, "pay_fund_order_id", id);
    json_put_text(o, "status", status);
    if (strcmp(status, "SUCCESS") == 0 || strcmp(status, "REFUND") == 0) {
        local_time(m->at_ms, at);
        json_put_text(o, time_name, at);
    }
    if (strcmp(status, "FAIL") == 0) {
        json_put_text(o, "error_code", "PAYEE_NOT_EXIST");
        json_put_text(o, "fail_reason", "收款账号不存在");
    }
}

static void put_amount(const struct movement *m, struct json_out *o)
{
    char amount[32];
    (void)snprintf(amount, sizeof(amount), "%lld.%02lld", (long long)m->amount_fen / 100,
                   (long long)m->amount_fen % 100);
    json_put_text(o, "trans_amount", amount);
}

static void begin_good(struct json_out *o, struct buf *out)
{
    json_out_init(o, out);
    json_open_object(o, NULL);
    json_put_text(o, "code", "10000");
    json_put_text(o, "msg", "Success");
}

/* ---- Notices ---- */

static struct parcel *make_notice(struct sandbox *s, const struct movement *m, enum telling telling)
{
    char id[64];
    struct json_out o;
    struct buf content;
    struct parcel *p = parcel_new(s->options.alipay_notify_url, ALIPAY_TEXT_MAX);
    if (p == NULL) {
        sandbox_die("no memory");
    }
    (void)snprintf(id, sizeof(id), "%llx%llu", (unsigned long long)s->started_ms,
                   (unsigned long long)++s->correlations);
    buf_init(&content, NODE_MAX);
    json_out_init(&o, &content);
    json_open_object(&o, NULL);
    put_order(s, m, telling, "pay_date", &o);
    put_amount(m, &o);
    json_put_text(&o, "product_code", "TRANS_ACCOUNT_NO_PWD");
    json_put_text(&o, "biz_scene", "DIRECT_TRANSFER");
    json_put_text(&o, "origin_interface", "alipay.fund.trans.uni.transfer");
    json_put_text(&o, "action_type", "FINISH");
    json_close_object(&o);
    alipay_put_notice(s, id, buf_slice(&content), telling == TELL_LIE, &p->body);
    buf_release(&content);
    p->type = "application/x-www-form-urlencoded; charset=utf-8";
    p->wants = "success";
    return p;
}

static void add_notices(struct sandbox *s, const struct movement *m, struct answer *a)
{
    if (s->options.alipay_notify_url[0] == '\0') {
        return;
    }
    a->parcels[0] = make_notice(s, m, TELL_AS_IT_IS);
    if (a->parcel_fault.kind == FAULT_FORGED) {
        a->forged = make_notice(s, m, TELL_LIE);
    } else if (a->parcel_fault.kind == FAULT_STALE) {
        a->stale = make_notice(s, m, TELL_PENDING);
    }
}

struct give_back {
    struct sandbox *s;
    char reference[REFERENCE_MAX + 1];
};

static void on_give_back(void *data, bool cancelled)
{
    struct give_back *g = data;
    struct movement *m = book_find(&g->s->book, PEER_ALIPAY, slice_of(g->reference));
    if (!cancelled && m != NULL && m->state == MOVEMENT_PAID) {
        desk_give_back(g->s, m);
        struct answer *a = answer_new(g->s, NULL, 1);
        add_notices(g->s, m, a);
        answer_hold(a);
    }
    free(g);
}

static void plan_give_back(struct sandbox *s, const struct desk_taken *taken)
{
    struct give_back *g = calloc(1, sizeof(*g));
    if (g == NULL) {
        sandbox_die("no memory");
    }
    g->s = s;
    memcpy(g->reference, taken->movement->reference, sizeof(g->reference));
    if (later_do(&s->later, taken->give_back_ms, on_give_back, g) != ERR_OK) {
        free(g);
    }
}

/* ---- Transfer ---- */

static bool is_text(const struct json *o, const char *name, const char *wanted)
{
    struct slice text;
    return json_string(json_get(o, name), &text) == ERR_OK && slice_is(text, wanted);
}

static bool read_text(const struct json *o, const char *name, size_t max, struct slice *out)
{
    return json_string(json_get(o, name), out) == ERR_OK && out->len > 0 && out->len <= max;
}

/* False: not as the page says. */
static bool read_transfer(const struct json *biz, struct desk_order *out)
{
    struct slice amount, title, identity, type, name;
    const struct json *payee = json_get(biz, "payee_info");
    *out = (struct desk_order){.peer = PEER_ALIPAY};
    if (!read_text(biz, "out_biz_no", REFERENCE_MAX, &out->reference) ||
        !bank_reference_ok(out->reference) || !read_text(biz, "trans_amount", 20, &amount) ||
        !is_text(biz, "product_code", "TRANS_ACCOUNT_NO_PWD") ||
        !is_text(biz, "biz_scene", "DIRECT_TRANSFER") ||
        !read_text(biz, "order_title", 128 * 4, &title) ||
        !read_text(payee, "identity", 100, &identity) ||
        !read_text(payee, "identity_type", 40, &type)) {
        return false;
    }
    bool by_login = slice_is(type, "ALIPAY_LOGON_ID");
    if ((!by_login && !slice_is(type, "ALIPAY_USER_ID")) ||
        (by_login && !read_text(payee, "name", 128, &name))) {
        return false;
    }
    out->amount_fen = alipay_fen(amount);
    desk_tail(identity, out->tail);
    return out->amount_fen > 0;
}

static void transfer(struct sandbox *s, const struct http_request *r, const struct json *biz)
{
    struct desk_order order;
    if (!read_transfer(biz, &order)) {
        say_error(answer_new(s, r, NODE_MAX), TRANSFER_NODE, "40004", "Business Failed",
                  "INVALID_PARAMETER");
        return;
    }
    struct answer *a =
        desk_answer(s, r, PEER_ALIPAY, FAULT_ON_DISBURSE, &order.reference, 1, NODE_MAX);
    if (a == NULL) {
        return;
    }
    if (desk_find(s, PEER_ALIPAY, order.reference) == NULL &&
        order.amount_fen > s->book.balance_fen) {
        say_error(a, TRANSFER_NODE, "40004", "Business Failed", "PAYER_BALANCE_NOT_ENOUGH");
        return;
    }
    struct desk_taken taken = desk_take(s, &order, &a->parcel_fault);
    const struct movement *m = taken.movement;
    s->envelopes++;
    if (taken.how == DESK_NEW && taken.gives_back) {
        plan_give_back(s, &taken);
    }
    if (taken.how == DESK_NEW) {
        add_notices(s, m, a);
    }
    if (taken.how == DESK_DIFFERS) {
        say_error(a, TRANSFER_NODE, "40004", "Business Failed", "INVALID_PARAMETER");
        return;
    }
    if (m->state == MOVEMENT_REJECTED) {
        say_error(a, TRANSFER_NODE, "40004", "Business Failed", "PAYEE_NOT_EXIST");
        return;
    }
    struct json_out o;
    bool pending = m->quiet_until_ms > clock_mono_ms() && !m->hidden;
    begin_good(&o, &a->body);
    put_order(s, m, pending ? TELL_PENDING : TELL_AS_IT_IS, "trans_date", &o);
    json_close_object(&o);
    wrap(a, TRANSFER_NODE);
    answer_hold(a);
}

/* ---- Query ---- */

/* Our own order numbers end in the place of the movement. */
static struct movement *by_order_id(const struct sandbox *s, const char *prefix, struct slice id)
{
    int64_t place;
    size_t len = strlen(prefix);
    if (!slice_starts_with(id, prefix) || id.len != len + 18) {
        return NULL;
    }
    struct slice digits = slice_make(id.ptr + len, 18);
    while (digits.len > 1 && digits.ptr[0] == '0') {
        digits.ptr++;
        digits.len--;
    }
    if (slice_to_int64(digits, 1, s->book.count, &place) != ERR_OK) {
        return NULL;
    }
    struct movement *m = &s->book.movements[place - 1];
    return m->peer == PEER_ALIPAY ? m : NULL;
}

static void query(struct sandbox *s, const struct http_request *r, const struct json *biz)
{
    struct slice number = SLICE_LIT(""), id;
    struct movement *m = NULL;
    if (read_text(biz, "pay_fund_order_id", 64, &id)) {
        m = by_order_id(s, FUND_PREFIX, id);
    } else if (read_text(biz, "order_id", 64, &id)) {
        m = by_order_id(s, ORDER_PREFIX, id);
    } else if (read_text(biz, "out_biz_no", REFERENCE_MAX, &number) &&
               is_text(biz, "product_code", "TRANS_ACCOUNT_NO_PWD") &&
               is_text(biz, "biz_scene", "DIRECT_TRANSFER")) {
        m = desk_find(s, PEER_ALIPAY, number);
    } else {
        say_error(answer_new(s, r, NODE_MAX), QUERY_NODE, "40004", "Business Failed",
                  "INVALID_PARAMETER");
        return;
    }
    number = m == NULL ? number : slice_of(m->reference);
    struct answer *a = desk_answer(s, r, PEER_ALIPAY, FAULT_ON_QUERY, &number, 1, NODE_MAX);
    if (a == NULL) {
        return;
    }
    s->queries++;
    enum desk_sight sight = m == NULL ? DESK_UNKNOWN : desk_look(s, PEER_ALIPAY, number, &m);
    if (sight == DESK_UNKNOWN) {
        say_error(a, QUERY_NODE, "40004", "Business Failed", "ORDER_NOT_EXIST");
        return;
    }
    struct json_out o;
    begin_good(&o, &a->body);
    put_order(s, m, sight == DESK_PENDING ? TELL_PENDING : TELL_AS_IT_IS, "pay_date", &o);
    put_amount(m, &o);
    json_close_object(&o);
    wrap(a, QUERY_NODE);
    answer_hold(a);
}

/* ---- The gateway ---- */

static bool signature_ok(const struct sandbox *s, struct alipay_params *p)
{
    struct buf text;
    buf_init(&text, ALIPAY_TEXT_MAX);
    alipay_put_signed_text(p, true, &text);
    bool ok =
        buf_err(&text) == ERR_OK && strcmp(alipay_param(p, "sign_type"), "RSA2") == 0 &&
        rsa_verify(s->alipay_app, buf_slice(&text), slice_of(alipay_param(p, "sign"))) == ERR_OK;
    buf_release(&text);
    return ok;
}

/* NULL: the common parameters are right; else the sub_code. */
static const char *check_common(const struct sandbox *s, struct alipay_params *p)
{
    if (s->alipay_app == NULL || strcmp(alipay_param(p, "app_id"), s->options.alipay_app_id) != 0) {
        return "isv.invalid-app-id";
    }
    if (strcmp(alipay_param(p, "charset"), "utf-8") != 0 &&
        strcmp(alipay_param(p, "charset"), "UTF-8") != 0) {
        return "isv.invalid-charset";
    }
    if (strcmp(alipay_param(p, "version"), "1.0") != 0) {
        return "isv.invalid-parameter";
    }
    if (strlen(alipay_param(p, "timestamp")) != TIME_SIZE - 1) {
        return "isv.invalid-timestamp";
    }
    return signature_ok(s, p) ? NULL : "isv.invalid-signature";
}

void alipay_gateway(struct sandbox *s, const struct http_request *r)
{
    static struct alipay_params p; /* large; the loop has one thread */
    struct json *biz = NULL;
    if (s->alipay_key == NULL) {
        struct answer *a = answer_new(s, r, 16);
        a->status = 404; /* there is no Alipay here */
        answer_now(a);
        return;
    }
    bool readable = alipay_read_params(r->query, r->body, &p);
    const char *method = readable ? alipay_param(&p, "method") : "";
    bool is_transfer = strcmp(method, "alipay.fund.trans.uni.transfer") == 0;
    bool is_query = strcmp(method, "alipay.fund.trans.common.query") == 0;
    const char *node = is_transfer ? TRANSFER_NODE : is_query ? QUERY_NODE : "error_response";
    const char *fault = !readable ? "isv.invalid-parameter" : check_common(s, &p);
    if (fault == NULL && !is_transfer && !is_query) {
        fault = "isv.invalid-method";
    }
    if (fault == NULL &&
        json_parse(slice_of(alipay_param(&p, "biz_content")), &biz, NULL) != ERR_OK) {
        fault = "isv.invalid-parameter";
    }
    if (fault != NULL) {
        say_error(answer_new(s, r, NODE_MAX), node, "40002", "Invalid Arguments", fault);
    } else if (is_transfer) {
        transfer(s, r, biz);
    } else {
        query(s, r, biz);
    }
    json_free(biz);
}
