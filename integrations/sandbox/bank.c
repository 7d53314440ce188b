/* The bank's two calls. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "integrations/sandbox/answer.h"
#include "integrations/sandbox/bank_wire.h"

#define CORRELATION_SIZE 48
#define MESSAGE_MAX (SANDBOX_BODY_MAX * 2)

/* ---- Common ---- */

static bool authorised(const struct sandbox *s, const struct http_request *r)
{
    if (s->bank_token[0] == '\0') {
        return true;
    }
    struct slice value = http_header(r, "authorization");
    struct slice scheme = slice_cut(&value, ' ');
    return scheme.len == 6 && strncasecmp(scheme.ptr, "bearer", 6) == 0 &&
           slice_is(value, s->bank_token);
}

/* Unique over restarts: the start's time and a counter. */
static void make_id(struct sandbox *s, char out[CORRELATION_SIZE])
{
    (void)snprintf(out, CORRELATION_SIZE, "C%llx-%llu", (unsigned long long)s->started_ms,
                   (unsigned long long)++s->correlations);
}

static void refuse(struct sandbox *s, const struct http_request *r, int status, const char *code)
{
    struct answer *a = answer_new(s, r, 4096);
    a->status = status;
    if (status == 401) {
        bank_write_http_error(&a->body, code);
    } else {
        char id[CORRELATION_SIZE];
        char at[CLOCK_RFC3339_SIZE];
        make_id(s, id);
        clock_format_rfc3339(clock_now_ms(), at);
        bank_write_ack(&a->body, id, at, code);
    }
    answer_now(a);
}

static struct slice reference_of(const struct json *item)
{
    struct slice text = SLICE_LIT("");
    const struct json *v = json_kind(item) == JSON_STRING ? item : json_get(item, "reference_id");
    enum err err = json_string(v, &text);
    ASSERT(err == ERR_OK); /* the request was read before */
    return text;
}

static struct fault take_fault(struct sandbox *s, enum fault_place place, char level,
                               const struct bank_request *q)
{
    if (s->faults.count == 0) {
        return (struct fault){.kind = FAULT_NONE};
    }
    struct slice references[ENVELOPE_ORDERS_MAX];
    size_t n = 0;
    for (const struct json *v = json_first(q->items); v != NULL; v = json_next(v)) {
        references[n++] = reference_of(v);
    }
    return faults_take(&s->faults, place, level, references, n);
}

/* ---- Disburse ---- */

/* One envelope while its orders are taken. */
struct taking {
    struct sandbox *s;
    struct bank_request request;
    struct json_out callback;
    struct fault parcel_fault;
    const char *at;
    const char *url;
    const char *trace;
    int64_t now_ms;
    int64_t mono_ms;
};

/* What a give-back that is still to come needs to tell about it. */
struct give_back {
    struct sandbox *s;
    char reference[REFERENCE_MAX + 1];
    char receiver[100];
    char trace[TRACE_SIZE];
    char url[BANK_URI_MAX + 16];
};

static void put_state(struct json_out *o, const struct movement *m, struct slice reference,
                      const char *at)
{
    switch ((enum movement_state)m->state) {
    case MOVEMENT_PAID: bank_put_entry(o, reference, at, "succ", "", m->amount_fen); break;
    case MOVEMENT_RETURNED:
        /* no word of the specification: what this profile agreed on */
        bank_put_entry(o, reference, at, "rjct", "rjct.returned", m->amount_fen);
        break;
    case MOVEMENT_REJECTED:
    default:
        bank_put_entry(o, reference, at, "rjct", refusal_code((enum refusal)m->refusal),
                       m->amount_fen);
        break;
    }
}

static void on_give_back(void *data, bool cancelled)
{
    struct give_back *g = data;
    struct sandbox *s = g->s;
    struct movement *m = book_find(&s->book, slice_of(g->reference));
    if (cancelled || m == NULL || m->state != MOVEMENT_PAID) {
        free(g);
        return;
    }
    int64_t now_ms = clock_now_ms();
    if (book_return(&s->book, m, now_ms) != ERR_OK) {
        sandbox_die("no memory");
    }
    book_write_return(m, s->journal);
    struct answer *a = answer_new(s, NULL, 1);
    if (g->url[0] != '\0') {
        char id[CORRELATION_SIZE];
        char at[CLOCK_RFC3339_SIZE];
        make_id(s, id);
        clock_format_rfc3339(now_ms, at);
        struct parcel *p = parcel_new(g->url, MESSAGE_MAX);
        if (p == NULL) {
            sandbox_die("no memory");
        }
        struct json_out o;
        json_out_init(&o, &p->body);
        bank_begin_callback(&o, slice_of(id), slice_of(g->receiver), id, at, 1);
        put_state(&o, m, slice_of(m->reference), at);
        bank_end_callback(&o);
        memcpy(p->trace, g->trace, sizeof(p->trace));
        a->parcels[0] = p;
    }
    answer_hold(a);
    free(g);
}

static void plan_give_back(const struct taking *t, const struct movement *m, int64_t ms)
{
    struct give_back *g = calloc(1, sizeof(*g));
    if (g == NULL) {
        sandbox_die("no memory");
    }
    g->s = t->s;
    memcpy(g->reference, m->reference, sizeof(g->reference));
    (void)snprintf(g->receiver, sizeof(g->receiver), "%.*s", SLICE_FMT(t->request.sender_id));
    (void)snprintf(g->trace, sizeof(g->trace), "%s", t->trace);
    (void)snprintf(g->url, sizeof(g->url), "%s", t->url);
    if (later_do(&t->s->later, ms, on_give_back, g) != ERR_OK) {
        free(g);
    }
}

static void take_new(struct taking *t, const struct bank_order *order, struct movement *m)
{
    struct sandbox *s = t->s;
    enum refusal refusal = (enum refusal)m->refusal;
    struct fault fault = faults_take(&s->faults, FAULT_ON_DISBURSE, 'O', &order->reference, 1);
    if (refusal == REFUSAL_NONE && fault.kind == FAULT_REJECT) {
        refusal = REFUSAL_PAYEE;
    }
    if (refusal == REFUSAL_NONE && m->amount_fen > s->book.balance_fen) {
        refusal = REFUSAL_PAYER;
    }
    m->refusal = (uint8_t)refusal;
    m->state = refusal == REFUSAL_NONE ? MOVEMENT_PAID : MOVEMENT_REJECTED;
    m->at_ms = t->now_ms;
    if (fault.kind == FAULT_NOT_FOUND) {
        m->hidden = true;
        m->quiet_until_ms = t->mono_ms + fault.ms;
    } else if (t->parcel_fault.kind == FAULT_LATE) {
        m->quiet_until_ms = t->mono_ms + t->parcel_fault.ms;
    }
    enum err err = slice_copy(order->reference, m->reference, sizeof(m->reference));
    ASSERT(err == ERR_OK);
    if (book_add(&s->book, m) != ERR_OK) {
        sandbox_die("no memory");
    }
    book_write_movement(m, s->journal);
    put_state(&t->callback, m, order->reference, t->at);
    if (fault.kind == FAULT_RETURN && m->state == MOVEMENT_PAID) {
        plan_give_back(t, m, fault.ms);
    }
}

static void take_order(struct taking *t, const struct json *item)
{
    struct bank_order order = bank_read_order(item);
    if (!bank_reference_ok(order.reference)) {
        bank_put_entry(&t->callback, order.reference, t->at, "rjct", "rjct.reference_id.invalid",
                       -1);
        return;
    }
    struct movement m = {0};
    m.refusal = (uint8_t)bank_judge(&order, &m.amount_fen, m.tail);
    const struct movement *known = book_find(&t->s->book, order.reference);
    if (known == NULL) {
        take_new(t, &order, &m);
    } else if (known->amount_fen == m.amount_fen && strcmp(known->tail, m.tail) == 0) {
        t->s->book.duplicates++; /* the same order again: the same movement */
        put_state(&t->callback, known, order.reference, t->at);
    } else {
        t->s->book.mismatches++;
        bank_put_entry(&t->callback, order.reference, t->at, "rjct", "rjct.reference_id.duplicate",
                       -1);
    }
}

/* Take everything and hold the answer. `a` has its faults already. */
static void take_envelope(struct sandbox *s, const struct http_request *r, struct answer *a,
                          const struct bank_request *request)
{
    char id[CORRELATION_SIZE];
    char at[CLOCK_RFC3339_SIZE];
    char url[BANK_URI_MAX + 16] = "";
    char trace[TRACE_SIZE] = "";
    struct slice traceparent = http_header(r, "traceparent");
    if (request->sender_uri.len > 0) {
        (void)snprintf(url, sizeof(url), "%.*s/on-disburse", SLICE_FMT(request->sender_uri));
    }
    if (traceparent.len > 0 && traceparent.len < TRACE_SIZE - 16) {
        (void)snprintf(trace, sizeof(trace), "traceparent: %.*s", SLICE_FMT(traceparent));
    }
    make_id(s, id);
    struct taking t = {.s = s, .request = *request, .at = at, .url = url, .trace = trace};
    t.parcel_fault = a->parcel_fault;
    t.now_ms = clock_now_ms();
    t.mono_ms = clock_mono_ms();
    clock_format_rfc3339(t.now_ms, at);
    struct parcel *p = parcel_new(url, MESSAGE_MAX);
    if (p == NULL) {
        sandbox_die("no memory");
    }
    memcpy(p->trace, trace, sizeof(p->trace));
    json_out_init(&t.callback, &p->body);
    bank_begin_callback(&t.callback, request->transaction_id, request->sender_id, id, at,
                        request->count);
    for (const struct json *v = json_first(request->items); v != NULL; v = json_next(v)) {
        take_order(&t, v);
    }
    bank_end_callback(&t.callback);
    ASSERT(buf_err(&p->body) == ERR_OK);
    s->envelopes++;
    if (url[0] == '\0') {
        parcel_free(p); /* nobody asked for a callback */
    } else {
        a->parcels[0] = p;
    }
    bank_write_ack(&a->body, id, at, NULL);
    answer_hold(a);
}

void bank_disburse(struct sandbox *s, const struct http_request *r)
{
    if (!authorised(s, r)) {
        refuse(s, r, 401, "err.request.unauthorized");
        return;
    }
    struct json *root = NULL;
    struct bank_request request;
    const char *fault_code = "err.request.bad";
    if (r->body.len > 0 && json_parse(r->body, &root, NULL) == ERR_OK) {
        fault_code = bank_read_disburse(root, &request);
    }
    if (fault_code != NULL) {
        refuse(s, r, 400, fault_code);
        json_free(root);
        return;
    }
    struct fault fault = take_fault(s, FAULT_ON_DISBURSE, 'A', &request);
    if (!answer_fault_before(s, r, &fault)) {
        struct answer *a = answer_new(s, r, 4096);
        a->fault = fault;
        a->parcel_fault = take_fault(s, FAULT_ON_DISBURSE, 'C', &request);
        take_envelope(s, r, a, &request);
    }
    json_free(root);
}

/* ---- Status ---- */

static void put_known(struct sandbox *s, struct json_out *o, struct slice reference, const char *at,
                      int64_t mono_ms)
{
    const struct movement *m = book_find(&s->book, reference);
    bool quiet = m != NULL && m->quiet_until_ms > mono_ms;
    if (m == NULL || (quiet && m->hidden)) {
        bank_put_entry(o, reference, at, "rjct", "rjct.reference_id.invalid", -1);
    } else if (quiet) {
        bank_put_entry(o, reference, at, "pdng", "", m->amount_fen);
    } else {
        put_state(o, m, reference, at);
    }
}

static void write_status(struct sandbox *s, const struct bank_request *request, struct buf *out)
{
    char id[CORRELATION_SIZE];
    char at[CLOCK_RFC3339_SIZE];
    struct json_out o;
    make_id(s, id);
    clock_format_rfc3339(clock_now_ms(), at);
    json_out_init(&o, out);
    bank_begin_status(&o, request->transaction_id, request->sender_id, id, at, request->count);
    for (const struct json *v = json_first(request->items); v != NULL; v = json_next(v)) {
        put_known(s, &o, reference_of(v), at, clock_mono_ms());
    }
    bank_end_status(&o);
}

void bank_status(struct sandbox *s, const struct http_request *r)
{
    if (!authorised(s, r)) {
        refuse(s, r, 401, "err.request.unauthorized");
        return;
    }
    struct json *root = NULL;
    struct bank_request request;
    const char *fault_code = "err.request.bad";
    if (r->body.len > 0 && json_parse(r->body, &root, NULL) == ERR_OK) {
        fault_code = bank_read_status(root, &request);
    }
    if (fault_code != NULL) {
        refuse(s, r, 400, fault_code);
        json_free(root);
        return;
    }
    struct fault fault = take_fault(s, FAULT_ON_QUERY, 'A', &request);
    if (!answer_fault_before(s, r, &fault)) {
        s->queries++;
        struct answer *a = answer_new(s, r, MESSAGE_MAX);
        a->fault = fault;
        write_status(s, &request, &a->body);
        answer_hold(a); /* a movement that is told must be on the disk */
    }
    json_free(root);
}
