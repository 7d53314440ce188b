/* WeChat Pay's calls: create a transfer, look at it, take it back. The payee confirms after
 * wechat-confirm-ms; then the money moves and the notice leaves. "return_later" is here a payee who
 * never confirms: the bill closes after ms. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/sandbox/answer.h"
#include "integrations/sandbox/bank_wire.h"
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/keys.h"
#include "integrations/sandbox/wechat_wire.h"
#include "queue/base/clock.h"

#define CANCEL_MS 50
#define BODY_MAX 8192

/* What the book does not keep of a bill. */
struct memo {
    char notify_url[257], openid[OPENID_MAX * 4 + 1], remark[32 * 4 + 1];
    char created[CLOCK_RFC3339_SIZE];
    enum fault_kind fault; /* of its notice */
    int64_t fault_ms;
    bool cancelling;
};

struct waiting {
    struct sandbox *s;
    char reference[REFERENCE_MAX + 1];
    enum refusal end;
};

enum telling { TELL_AS_IT_IS, TELL_PENDING, TELL_LIE };

/* ---- Answers ---- */

static void sign_answer(struct answer *a)
{
    wechat_put_stamp(a->sandbox, buf_slice(&a->body), a->fault.kind == FAULT_FORGED_ANSWER,
                     &a->headers);
}

static void say_error(struct answer *a, int status, const char *code, const char *message)
{
    struct json_out o;
    a->status = status;
    a->sign = sign_answer;
    json_out_init(&o, &a->body);
    json_open_object(&o, NULL);
    json_put_text(&o, "code", code);
    json_put_text(&o, "message", message);
    json_close_object(&o);
    answer_now(a);
}

static void refuse(struct sandbox *s, const struct http_request *r, int status, const char *code,
                   const char *message)
{
    struct answer *a = answer_new(s, r, 4096);
    if (s->wechat_key == NULL) {
        a->status = 404; /* there is no WeChat Pay here */
        answer_now(a);
        return;
    }
    say_error(a, status, code, message);
}

static const char *fail_reason(const struct movement *m)
{
    switch ((enum refusal)m->refusal) {
    case REFUSAL_OVERDUE: return "OVERDUE_CLOSE";
    case REFUSAL_CANCELLED: return "MCH_CANCEL";
    case REFUSAL_PAYEE: return "ACCOUNT_NOT_EXIST";
    default: return "OTHER_FAIL_REASON_TYPE";
    }
}

static const char *state_word(const struct movement *m, enum telling telling)
{
    const struct memo *memo = m->memo;
    if (telling == TELL_PENDING) {
        return "PROCESSING";
    }
    if (telling == TELL_LIE) {
        return m->state == MOVEMENT_PAID ? "FAIL" : "SUCCESS";
    }
    switch ((enum movement_state)m->state) {
    case MOVEMENT_WAITING:
        return memo != NULL && memo->cancelling ? "CANCELING" : "WAIT_USER_CONFIRM";
    case MOVEMENT_REJECTED: return m->refusal == REFUSAL_CANCELLED ? "CANCELLED" : "FAIL";
    default: return "SUCCESS";
    }
}

/* The fields of a bill in a query's answer and in a notice. */
static void put_bill(const struct sandbox *s, const struct movement *m, enum telling telling,
                     struct buf *out)
{
    const struct memo *memo = m->memo;
    const char *state = state_word(m, telling);
    char bill_no[40], updated[CLOCK_RFC3339_SIZE];
    struct json_out o;
    clock_format_rfc3339(m->at_ms, updated);
    (void)snprintf(bill_no, sizeof(bill_no), "133%026lld", (long long)(m - s->book.movements) + 1);
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "mch_id", s->options.wechat_mchid);
    json_put_text(&o, "out_bill_no", m->reference);
    json_put_text(&o, "transfer_bill_no", bill_no);
    json_put_text(&o, "appid", s->options.wechat_appid);
    json_put_text(&o, "state", state);
    json_put_int(&o, "transfer_amount", m->amount_fen);
    if (memo != NULL) {
        json_put_text(&o, "transfer_remark", memo->remark);
        json_put_text(&o, "openid", memo->openid);
        json_put_text(&o, "create_time", memo->created);
    }
    if (strcmp(state, "FAIL") == 0) {
        json_put_text(&o, "fail_reason", fail_reason(m));
    }
    json_put_text(&o, "update_time", updated);
    json_close_object(&o);
}

/* ---- Notices ---- */

static void sign_parcel(struct parcel *p, void *signer)
{
    wechat_put_stamp(signer, buf_slice(&p->body), false, &p->headers);
}

static void forge_parcel(struct parcel *p, void *signer)
{
    wechat_put_stamp(signer, buf_slice(&p->body), true, &p->headers);
}

static struct parcel *make_notice(struct sandbox *s, const struct movement *m, enum telling telling)
{
    const struct memo *memo = m->memo;
    char id[64], at[CLOCK_RFC3339_SIZE];
    struct buf bill;
    struct parcel *p = parcel_new(memo->notify_url, 32768);
    if (p == NULL) {
        sandbox_die("no memory");
    }
    (void)snprintf(id, sizeof(id), "EV-%llx-%llu", (unsigned long long)s->started_ms,
                   (unsigned long long)++s->correlations);
    clock_format_rfc3339(clock_now_ms(), at);
    buf_init(&bill, BODY_MAX);
    put_bill(s, m, telling, &bill);
    wechat_put_notice(s, id, at, buf_slice(&bill), &p->body);
    buf_release(&bill);
    p->sign = telling == TELL_LIE ? forge_parcel : sign_parcel;
    p->signer = s;
    return p;
}

/* The bill has ended: tell it, in the way the menu wants. */
static void send_notice(struct sandbox *s, struct movement *m)
{
    const struct memo *memo = m->memo;
    struct answer *a = answer_new(s, NULL, 1);
    if (memo != NULL && memo->notify_url[0] != '\0') {
        a->parcel_fault = (struct fault){.kind = memo->fault, .ms = memo->fault_ms};
        a->parcels[0] = make_notice(s, m, TELL_AS_IT_IS);
        if (memo->fault == FAULT_FORGED) {
            a->forged = make_notice(s, m, TELL_LIE);
        } else if (memo->fault == FAULT_STALE) {
            a->stale = make_notice(s, m, TELL_PENDING);
        }
    }
    answer_hold(a);
}

static void on_end(void *data, bool cancelled)
{
    struct waiting *w = data;
    struct movement *m = book_find(&w->s->book, PEER_WECHAT, slice_of(w->reference));
    if (!cancelled && m != NULL && m->state == MOVEMENT_WAITING) {
        const struct memo *memo = m->memo;
        if (w->end != REFUSAL_NONE || memo == NULL || !memo->cancelling) {
            desk_settle(w->s, m, w->end);
            send_notice(w->s, m);
        }
    }
    free(w);
}

static void end_later(struct sandbox *s, const struct movement *m, enum refusal end, int64_t ms)
{
    struct waiting *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        sandbox_die("no memory");
    }
    w->s = s;
    w->end = end;
    memcpy(w->reference, m->reference, sizeof(w->reference));
    if (later_do(&s->later, ms, on_end, w) != ERR_OK) {
        free(w);
    }
}

void wechat_resume(struct sandbox *s)
{
    for (uint32_t i = 0; i < s->book.count; i++) {
        const struct movement *m = &s->book.movements[i];
        if (m->peer == PEER_WECHAT && m->state == MOVEMENT_WAITING && !m->forgotten) {
            end_later(s, m, REFUSAL_NONE, options_number(s->options.wechat_confirm_ms));
        }
    }
}

/* A refused one is told as well, after the answer. */
static void on_told(void *data, bool cancelled)
{
    struct waiting *w = data;
    struct movement *m = book_find(&w->s->book, PEER_WECHAT, slice_of(w->reference));
    if (!cancelled && m != NULL && m->state == MOVEMENT_REJECTED) {
        send_notice(w->s, m);
    }
    free(w);
}

/* ---- Create ---- */

static void remember(struct movement *m, const struct wechat_order *order,
                     const struct fault *fault)
{
    struct memo *memo = calloc(1, sizeof(*memo));
    if (memo == NULL || slice_copy(order->notify_url, memo->notify_url, 257) != ERR_OK ||
        slice_copy(order->openid, memo->openid, sizeof(memo->openid)) != ERR_OK ||
        slice_copy(order->remark, memo->remark, sizeof(memo->remark)) != ERR_OK) {
        sandbox_die("no memory");
    }
    clock_format_rfc3339(m->at_ms, memo->created);
    memo->fault = fault->kind;
    memo->fault_ms = fault->ms;
    free(m->memo);
    m->memo = memo;
}

static void plan_end(struct sandbox *s, const struct desk_taken *taken)
{
    const struct movement *m = taken->movement;
    const struct memo *memo = m->memo;
    int64_t ms = options_number(s->options.wechat_confirm_ms);
    ms = memo->fault == FAULT_LATE ? ms + memo->fault_ms : ms;
    if (m->state == MOVEMENT_WAITING) {
        end_later(s, m, taken->gives_back ? REFUSAL_OVERDUE : REFUSAL_NONE,
                  taken->gives_back ? taken->give_back_ms : ms);
        return;
    }
    struct waiting *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        sandbox_die("no memory");
    }
    w->s = s;
    memcpy(w->reference, m->reference, sizeof(w->reference));
    if (later_do(&s->later, ms, on_told, w) != ERR_OK) {
        free(w);
    }
}

static void put_created(const struct sandbox *s, const struct movement *m, bool is_new,
                        struct buf *out)
{
    const struct memo *memo = m->memo;
    /* a fresh bill that will fail does not say so yet */
    const char *state =
        is_new && m->state != MOVEMENT_WAITING ? "PROCESSING" : state_word(m, TELL_AS_IT_IS);
    char bill_no[40];
    struct json_out o;
    (void)snprintf(bill_no, sizeof(bill_no), "133%026lld", (long long)(m - s->book.movements) + 1);
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "out_bill_no", m->reference);
    json_put_text(&o, "transfer_bill_no", bill_no);
    json_put_text(&o, "create_time", memo != NULL ? memo->created : "");
    json_put_text(&o, "state", state);
    if (strcmp(state, "WAIT_USER_CONFIRM") == 0) {
        json_put_text(&o, "package_info", "affffddafdfafddffda==");
    }
    json_close_object(&o);
}

static void take(struct sandbox *s, const struct http_request *r, const struct wechat_order *order)
{
    struct desk_order wanted = {.peer = PEER_WECHAT,
                                .reference = order->out_bill_no,
                                .amount_fen = order->amount_fen,
                                .waits = true};
    bool known = desk_find(s, PEER_WECHAT, order->out_bill_no) != NULL;
    desk_tail(order->openid, wanted.tail);
    struct answer *a =
        desk_answer(s, r, PEER_WECHAT, FAULT_ON_DISBURSE, &order->out_bill_no, 1, BODY_MAX);
    if (a == NULL) {
        return;
    }
    if (!known && order->amount_fen > s->book.balance_fen) {
        say_error(a, 403, "NOT_ENOUGH", "资金不足");
        return;
    }
    struct desk_taken taken = desk_take(s, &wanted, &a->parcel_fault);
    if (taken.how == DESK_DIFFERS) {
        say_error(a, 400, "INVALID_REQUEST", "单号已存在，内容不一致");
        return;
    }
    s->envelopes++;
    if (taken.how == DESK_NEW) {
        remember(taken.movement, order, &a->parcel_fault);
        plan_end(s, &taken);
        if (a->parcel_fault.kind == FAULT_EARLY && taken.movement->state == MOVEMENT_WAITING &&
            !taken.gives_back) {
            desk_settle(s, taken.movement, REFUSAL_NONE); /* confirmed before we were answered */
            a->parcels[0] = make_notice(s, taken.movement, TELL_AS_IT_IS);
        }
    }
    put_created(s, taken.movement, taken.how == DESK_NEW, &a->body);
    a->parcel_fault.kind = a->parcels[0] != NULL ? FAULT_EARLY : FAULT_NONE; /* the notice has it */
    a->sign = sign_answer;
    answer_hold(a);
}

void wechat_create(struct sandbox *s, const struct http_request *r)
{
    struct json *root = NULL;
    struct wechat_order order;
    if (s->wechat_key == NULL || !wechat_signed(s, r, clock_now_ms() / 1000)) {
        refuse(s, r, 401, "SIGN_ERROR", "签名错误");
        return;
    }
    const char *fault = "body";
    if (r->body.len > 0 && json_parse(r->body, &root, NULL) == ERR_OK) {
        fault = wechat_read_order(s, root, http_header(r, "wechatpay-serial"), &order);
    }
    if (fault != NULL) {
        refuse(s, r, 400, "PARAM_ERROR", fault);
    } else {
        take(s, r, &order);
    }
    json_free(root);
}

/* ---- Query and cancel ---- */

static bool may_ask(struct sandbox *s, const struct http_request *r, struct slice bill)
{
    if (s->wechat_key == NULL || !wechat_signed(s, r, clock_now_ms() / 1000)) {
        refuse(s, r, 401, "SIGN_ERROR", "签名错误");
        return false;
    }
    if (bill.len > BILL_NO_MAX || !bank_reference_ok(bill)) {
        refuse(s, r, 400, "PARAM_ERROR", "out_bill_no");
        return false;
    }
    return true;
}

void wechat_query(struct sandbox *s, const struct http_request *r, struct slice bill)
{
    struct movement *m = NULL;
    if (!may_ask(s, r, bill)) {
        return;
    }
    struct answer *a = desk_answer(s, r, PEER_WECHAT, FAULT_ON_QUERY, &bill, 1, BODY_MAX);
    if (a == NULL) {
        return;
    }
    s->queries++;
    enum desk_sight sight = desk_look(s, PEER_WECHAT, bill, &m);
    if (sight == DESK_UNKNOWN) {
        say_error(a, 404, "NOT_FOUND", "记录不存在");
        return;
    }
    bool quiet = m->quiet_until_ms > clock_mono_ms();
    put_bill(s, m, quiet ? TELL_PENDING : TELL_AS_IT_IS, &a->body);
    a->sign = sign_answer;
    answer_hold(a);
}

void wechat_cancel(struct sandbox *s, const struct http_request *r, struct slice bill)
{
    if (!may_ask(s, r, bill)) {
        return;
    }
    struct answer *a = desk_answer(s, r, PEER_WECHAT, FAULT_ON_CANCEL, &bill, 1, BODY_MAX);
    if (a == NULL) {
        return;
    }
    struct movement *m = desk_find(s, PEER_WECHAT, bill);
    struct memo *memo = m == NULL ? NULL : m->memo;
    bool open = m != NULL && memo != NULL && m->state == MOVEMENT_WAITING;
    bool done = m != NULL && m->state == MOVEMENT_REJECTED && m->refusal == REFUSAL_CANCELLED;
    if (!open && !done) {
        say_error(a, m == NULL ? 404 : 400, m == NULL ? "NOT_FOUND" : "INVALID_REQUEST",
                  "单据不存在或不能撤销");
        return;
    }
    if (open && !memo->cancelling) {
        memo->cancelling = true;
        end_later(s, m, REFUSAL_CANCELLED, CANCEL_MS);
    }
    struct json_out o;
    char at[CLOCK_RFC3339_SIZE], bill_no[40];
    clock_format_rfc3339(clock_now_ms(), at);
    (void)snprintf(bill_no, sizeof(bill_no), "133%026lld", (long long)(m - s->book.movements) + 1);
    json_out_init(&o, &a->body);
    json_open_object(&o, NULL);
    json_put_text(&o, "out_bill_no", m->reference);
    json_put_text(&o, "transfer_bill_no", bill_no);
    json_put_text(&o, "state", state_word(m, TELL_AS_IT_IS));
    json_put_text(&o, "update_time", at);
    json_close_object(&o);
    a->sign = sign_answer;
    answer_hold(a);
}
