/* The G2P disburser: orders, at once or with a callback, and the question what became of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "integrations/sandbox/answer.h"
#include "integrations/sandbox/bank_wire.h"
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/g2p_seal.h"

#define CORRELATION_SIZE 48
#define MESSAGE_MAX (SANDBOX_BODY_MAX * 2)

/* ---- Common ---- */

static bool authorised(const struct sandbox *s, const struct http_request *r)
{
    if (s->options.bank_token[0] == '\0') {
        return true;
    }
    struct slice value = http_header(r, "authorization");
    struct slice scheme = slice_cut(&value, ' ');
    return scheme.len == 6 && strncasecmp(scheme.ptr, "bearer", 6) == 0 &&
           slice_is(value, s->options.bank_token);
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

/* The request's document, if who sent it may do so and it is signed as agreed; NULL: it has been
 * refused. */
static struct json *open_request(struct sandbox *s, const struct http_request *r)
{
    struct json *root = NULL;
    const char *code = NULL;
    if (!authorised(s, r)) {
        refuse(s, r, 401, "err.request.unauthorized");
        return NULL;
    }
    if (r->body.len == 0 || json_parse(r->body, &root, NULL) != ERR_OK) {
        code = "err.request.bad";
    } else if (s->g2p_client != NULL) {
        code = seal_check(s->g2p_client, s->options.g2p_client_id, clock_now_ms() / 1000, root);
    }
    if (code != NULL) {
        refuse(s, r, 400, code);
        json_free(root);
        return NULL;
    }
    return root;
}

/* The message as it leaves: signed if we sign. Takes the text out of `plain`. */
static void seal(const struct sandbox *s, bool forged, struct buf *plain)
{
    struct buf sealed;
    if (s->g2p_key == NULL) {
        return;
    }
    buf_init(&sealed, plain->max + 4096);
    if (seal_write(s->g2p_key, BANK_ID, clock_now_ms() / 1000, forged, buf_slice(plain), &sealed) !=
        ERR_OK) {
        sandbox_die("a message cannot be signed");
    }
    buf_release(plain);
    *plain = sealed;
}

static struct answer *start_answer(struct sandbox *s, const struct http_request *r,
                                   enum fault_place place, const struct bank_request *q,
                                   size_t body_max)
{
    struct slice references[ENVELOPE_ORDERS_MAX];
    size_t n = 0;
    for (const struct json *v = json_first(q->items); v != NULL; v = json_next(v)) {
        references[n++] = reference_of(v);
    }
    return desk_answer(s, r, PEER_G2P, place, references, n, body_max);
}

/* ---- Callbacks ---- */

/* What stands in the callbacks of one envelope. */
enum telling {
    TELL_AS_IT_IS,
    TELL_PENDING, /* what was true before */
    TELL_LIE      /* the contrary, signed by nobody */
};

static void put_state(struct json_out *o, const struct movement *m, struct slice reference,
                      const char *at, enum telling telling)
{
    bool paid = m->state == MOVEMENT_PAID;
    if (telling == TELL_PENDING) {
        bank_put_entry(o, reference, at, "pdng", "", m->amount_fen);
    } else if (paid == (telling == TELL_AS_IT_IS)) {
        bank_put_entry(o, reference, at, "succ", "", m->amount_fen);
    } else if (m->state == MOVEMENT_RETURNED) {
        /* no word of the specification: what this profile agreed on */
        bank_put_entry(o, reference, at, "rjct", "rjct.returned", m->amount_fen);
    } else {
        enum refusal refusal = paid ? REFUSAL_PAYEE : (enum refusal)m->refusal;
        bank_put_entry(o, reference, at, "rjct", refusal_code(refusal), m->amount_fen);
    }
}

static void put_refused(struct json_out *o, struct slice reference, const char *at,
                        const char *reason)
{
    bank_put_entry(o, reference, at, "rjct", reason, -1);
}

/* Who is to be told about an envelope. */
struct caller {
    char url[BANK_URI_MAX + 16]; /* "" = nobody */
    char receiver[100];
    char trace[TRACE_SIZE];
};

static struct parcel *start_parcel(const struct caller *c, enum telling telling, bool is_signed)
{
    char url[sizeof(c->url)];
    memcpy(url, c->url, sizeof(url));
    if (telling == TELL_LIE && !is_signed) {
        /* who forges does not know the secret in the path */
        char *last = strstr(url, "/on-disburse");
        if (last != NULL && last > url) {
            last[-1] = last[-1] == 'x' ? 'y' : 'x';
        }
    }
    struct parcel *p = parcel_new(url, MESSAGE_MAX);
    if (p == NULL) {
        sandbox_die("no memory");
    }
    memcpy(p->trace, c->trace, sizeof(p->trace));
    return p;
}

/* A callback about one movement. */
static struct parcel *tell_one(struct sandbox *s, const struct caller *c, const struct movement *m,
                               enum telling telling)
{
    char id[CORRELATION_SIZE];
    char at[CLOCK_RFC3339_SIZE];
    struct json_out o;
    struct parcel *p = start_parcel(c, telling, s->g2p_key != NULL);
    make_id(s, id);
    clock_format_rfc3339(clock_now_ms(), at);
    json_out_init(&o, &p->body);
    bank_begin_callback(&o, slice_of(id), slice_of(c->receiver), id, at, 1);
    put_state(&o, m, slice_of(m->reference), at, telling);
    bank_end_callback(&o);
    seal(s, telling == TELL_LIE, &p->body);
    return p;
}

/* ---- Disburse ---- */

/* One envelope while its orders are taken. */
struct taking {
    struct sandbox *s;
    struct bank_request request;
    struct json_out callback;
    struct fault parcel_fault;
    const char *at;
    struct caller caller;
    struct slice *taken; /* references that stand in the book */
    size_t taken_count;
};

/* What a give-back that is still to come needs to tell about it. */
struct give_back {
    struct sandbox *s;
    char reference[REFERENCE_MAX + 1];
    struct caller caller;
};

static void on_give_back(void *data, bool cancelled)
{
    struct give_back *g = data;
    struct sandbox *s = g->s;
    struct movement *m = book_find(&s->book, PEER_G2P, slice_of(g->reference));
    if (!cancelled && m != NULL && m->state == MOVEMENT_PAID) {
        desk_give_back(s, m);
        struct answer *a = answer_new(s, NULL, 1);
        if (g->caller.url[0] != '\0') {
            a->parcels[0] = tell_one(s, &g->caller, m, TELL_AS_IT_IS);
        }
        answer_hold(a);
    }
    free(g);
}

static void plan_give_back(const struct taking *t, const struct movement *m, int64_t ms)
{
    struct give_back *g = calloc(1, sizeof(*g));
    if (g == NULL) {
        sandbox_die("no memory");
    }
    g->s = t->s;
    g->caller = t->caller;
    memcpy(g->reference, m->reference, sizeof(g->reference));
    if (later_do(&t->s->later, ms, on_give_back, g) != ERR_OK) {
        free(g);
    }
}

static void take_order(struct taking *t, const struct json *item, bool sync)
{
    struct bank_order order = bank_read_order(item);
    struct desk_order wanted = {.peer = PEER_G2P, .reference = order.reference};
    if (!bank_reference_ok(order.reference)) {
        put_refused(&t->callback, order.reference, t->at, "rjct.reference_id.invalid");
        return;
    }
    wanted.refusal = bank_judge(&order, &wanted.amount_fen, wanted.tail);
    struct desk_taken taken = desk_take(t->s, &wanted, &t->parcel_fault);
    if (taken.how == DESK_DIFFERS) {
        put_refused(&t->callback, order.reference, t->at, "rjct.reference_id.duplicate");
        return;
    }
    bool pending = sync && taken.movement->quiet_until_ms > clock_mono_ms();
    put_state(&t->callback, taken.movement, order.reference, t->at,
              pending ? TELL_PENDING : TELL_AS_IT_IS);
    t->taken[t->taken_count++] = order.reference;
    if (taken.gives_back) {
        plan_give_back(t, taken.movement, taken.give_back_ms);
    }
}

static void read_caller(const struct http_request *r, const struct bank_request *request,
                        struct caller *c)
{
    struct slice traceparent = http_header(r, "traceparent");
    *c = (struct caller){.url = ""};
    if (request->sender_uri.len > 0) {
        (void)snprintf(c->url, sizeof(c->url), "%.*s/on-disburse", SLICE_FMT(request->sender_uri));
    }
    if (traceparent.len > 0 && traceparent.len < TRACE_SIZE - 16) {
        (void)snprintf(c->trace, sizeof(c->trace), "traceparent: %.*s", SLICE_FMT(traceparent));
    }
    (void)snprintf(c->receiver, sizeof(c->receiver), "%.*s", SLICE_FMT(request->sender_id));
}

/* The callback's two evil sisters, about the first order of the envelope. */
static void add_sisters(struct taking *t, struct answer *a)
{
    struct movement *m = t->taken_count == 0 ? NULL : book_find(&t->s->book, PEER_G2P, t->taken[0]);
    if (m != NULL && a->parcel_fault.kind == FAULT_FORGED) {
        a->forged = tell_one(t->s, &t->caller, m, TELL_LIE);
    } else if (m != NULL && a->parcel_fault.kind == FAULT_STALE) {
        a->stale = tell_one(t->s, &t->caller, m, TELL_PENDING);
    }
}

/* An answer that tells the outcome needs no callback, unless the menu wants one. */
static bool wants_callback(const struct answer *a, bool sync)
{
    enum fault_kind kind = a->parcel_fault.kind;
    return !sync || kind == FAULT_TWICE || kind == FAULT_FORGED || kind == FAULT_REPLAYED ||
           kind == FAULT_STALE;
}

/* Take everything and hold the answer. `a` has its faults already. */
static void take_envelope(struct sandbox *s, const struct http_request *r, struct answer *a,
                          const struct bank_request *request, bool sync)
{
    char id[CORRELATION_SIZE];
    char at[CLOCK_RFC3339_SIZE];
    struct slice references[ENVELOPE_ORDERS_MAX];
    struct taking t = {.s = s, .request = *request, .at = at, .taken = references};
    read_caller(r, request, &t.caller);
    make_id(s, id);
    t.parcel_fault = a->parcel_fault;
    clock_format_rfc3339(clock_now_ms(), at);
    struct parcel *p = start_parcel(&t.caller, TELL_AS_IT_IS, s->g2p_key != NULL);
    json_out_init(&t.callback, &p->body);
    bank_begin_callback(&t.callback, request->transaction_id, request->sender_id, id, at,
                        request->count);
    for (const struct json *v = json_first(request->items); v != NULL; v = json_next(v)) {
        take_order(&t, v, sync);
    }
    bank_end_callback(&t.callback);
    ASSERT(buf_err(&p->body) == ERR_OK);
    s->envelopes++;
    if (sync) {
        buf_put_slice(&a->body, buf_slice(&p->body));
        seal(s, a->fault.kind == FAULT_FORGED_ANSWER, &a->body);
    } else {
        bank_write_ack(&a->body, id, at, NULL);
    }
    seal(s, false, &p->body);
    if (t.caller.url[0] == '\0' || !wants_callback(a, sync)) {
        parcel_free(p); /* nobody asked for a callback */
    } else {
        a->parcels[0] = p;
        add_sisters(&t, a);
    }
    answer_hold(a);
}

static void disburse(struct sandbox *s, const struct http_request *r, bool sync)
{
    struct bank_request request;
    struct json *root = open_request(s, r);
    if (root == NULL) {
        return;
    }
    const char *code = bank_read_disburse(root, &request);
    if (code != NULL) {
        refuse(s, r, 400, code);
        json_free(root);
        return;
    }
    struct answer *a =
        start_answer(s, r, FAULT_ON_DISBURSE, &request, sync ? MESSAGE_MAX : (size_t)4096);
    if (a != NULL) {
        take_envelope(s, r, a, &request, sync);
    }
    json_free(root);
}

void bank_disburse(struct sandbox *s, const struct http_request *r)
{
    disburse(s, r, false);
}

void bank_disburse_sync(struct sandbox *s, const struct http_request *r)
{
    disburse(s, r, true);
}

/* ---- Status ---- */

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
        struct movement *m = NULL;
        struct slice reference = reference_of(v);
        enum desk_sight sight = desk_look(s, PEER_G2P, reference, &m);
        if (sight == DESK_UNKNOWN) {
            put_refused(&o, reference, at, "rjct.reference_id.invalid");
        } else {
            put_state(&o, m, reference, at, sight == DESK_PENDING ? TELL_PENDING : TELL_AS_IT_IS);
        }
    }
    bank_end_status(&o);
}

void bank_status(struct sandbox *s, const struct http_request *r)
{
    struct bank_request request;
    struct json *root = open_request(s, r);
    if (root == NULL) {
        return;
    }
    const char *code = bank_read_status(root, &request);
    if (code != NULL) {
        refuse(s, r, 400, code);
        json_free(root);
        return;
    }
    struct answer *a = start_answer(s, r, FAULT_ON_QUERY, &request, MESSAGE_MAX);
    if (a != NULL) {
        s->queries++;
        write_status(s, &request, &a->body);
        seal(s, a->fault.kind == FAULT_FORGED_ANSWER, &a->body);
        answer_hold(a); /* a movement that is told must be on the disk */
    }
    json_free(root);
}
