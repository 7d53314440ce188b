#include "integrations/sandbox/answer.h"

#include <stdlib.h>
#include "integrations/sandbox/sever.h"

struct answer *answer_new(struct sandbox *s, const struct http_request *r, size_t body_max)
{
    struct answer *a = calloc(1, sizeof(*a));
    if (a == NULL) {
        sandbox_die("no memory");
    }
    a->sandbox = s;
    a->status = 200;
    a->type = HTTP_TYPE_JSON;
    a->fault.kind = FAULT_NONE;
    a->parcel_fault.kind = FAULT_NONE;
    if (r != NULL) {
        a->ticket = r->ticket;
        a->remote = r->remote;
    }
    buf_init(&a->body, body_max);
    buf_init(&a->headers, 4096);
    return a;
}

static void free_answer(struct answer *a)
{
    for (size_t i = 0; i < ANSWER_PARCELS_MAX; i++) {
        if (a->parcels[i] != NULL) {
            parcel_free(a->parcels[i]);
        }
    }
    if (a->forged != NULL) {
        parcel_free(a->forged);
    }
    if (a->stale != NULL) {
        parcel_free(a->stale);
    }
    buf_release(&a->body);
    buf_release(&a->headers);
    free(a);
}

void answer_hold(struct answer *a)
{
    *a->sandbox->held_last = a;
    a->sandbox->held_last = &a->next;
}

/* ---- The answer itself ---- */

static void add_header_lines(const struct answer *a, struct http_response *response)
{
    struct slice rest = buf_slice(&a->headers);
    while (rest.len > 0 && response->extra_count < HTTP_EXTRA_HEADERS_MAX) {
        struct slice value = slice_cut(&rest, '\n');
        struct slice name = slice_cut(&value, ':');
        response->extra[response->extra_count++] = (struct http_field){name, slice_trim(value)};
    }
}

static void reply(struct answer *a, int status)
{
    struct http_response response = {.status = status};
    if (status == a->status) {
        if (a->sign != NULL) {
            buf_clear(&a->headers);
            a->sign(a);
        }
        add_header_lines(a, &response);
    }
    if (status == a->status && a->body.len > 0) {
        response.content_type = a->type;
        response.body = buf_slice(&a->body);
    }
    if (a->sandbox->server != NULL) {
        (void)http_reply(a->sandbox->server, a->ticket,
                         &response); /* the client may be gone: fine */
    }
}

static void on_hang_over(void *data, bool cancelled)
{
    struct answer *a = data;
    if (cancelled) {
        sever(a->sandbox->loop, &a->remote, SLICE_LIT(""));
    }
    reply(a, cancelled ? 500 : a->status);
    free_answer(a);
}

/* Head and half of the body, then the line is cut. */
static void send_half(struct answer *a)
{
    struct buf half;
    buf_init(&half, SANDBOX_BODY_MAX);
    buf_putf(&half,
             "HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
             a->status, a->body.len);
    buf_put(&half, a->body.ptr, a->body.len / 2);
    sever(a->sandbox->loop, &a->remote, buf_slice(&half));
    buf_release(&half);
}

static void leave(struct answer *a)
{
    ASSERT(buf_err(&a->body) == ERR_OK);
    if (a->ticket.serial == 0) {
        free_answer(a);
        return;
    }
    switch (a->fault.kind) {
    case FAULT_HANG: {
        int64_t ms = a->fault.ms > 0 ? a->fault.ms : HANG_DEFAULT_MS;
        if (later_do(&a->sandbox->later, ms, on_hang_over, a) == ERR_OK) {
            return;
        }
        reply(a, a->status);
        break;
    }
    case FAULT_500_AFTER: reply(a, 500); break;
    case FAULT_DROP_AFTER:
        sever(a->sandbox->loop, &a->remote, SLICE_LIT(""));
        reply(a, 500); /* reaches nobody: it only gives the ticket back */
        break;
    case FAULT_HALF:
        send_half(a);
        reply(a, 500);
        break;
    default: reply(a, a->status); break;
    }
    free_answer(a);
}

void answer_now(struct answer *a)
{
    leave(a);
}

bool answer_fault_before(struct sandbox *s, const struct http_request *r, const struct fault *fault)
{
    if (fault->kind != FAULT_500_BEFORE && fault->kind != FAULT_DROP_BEFORE) {
        return false;
    }
    if (fault->kind == FAULT_DROP_BEFORE) {
        sever(s->loop, &r->remote, SLICE_LIT(""));
    }
    struct http_response response = {.status = 500};
    (void)http_reply(s->server, r->ticket, &response);
    return true;
}

/* ---- The parcels ---- */

static void on_late(void *data, bool cancelled)
{
    struct parcel *p = data;
    if (cancelled) {
        parcel_free(p);
    } else {
        courier_send(p->courier, p);
    }
}

static void on_tried_first(void *data)
{
    leave(data);
}

/* Once signed and sent as it is, and the very same bytes again later. */
static void replay(struct sandbox *s, const struct fault *fault, struct parcel *p)
{
    if (p->sign != NULL) {
        p->sign(p, p->signer);
        p->sign = NULL;
    }
    struct parcel *again = parcel_copy(p);
    if (again == NULL) {
        sandbox_die("no memory");
    }
    again->courier = s->courier;
    courier_send(s->courier, p);
    if (later_do(&s->later, fault->ms > 0 ? fault->ms : REPLAY_DEFAULT_MS, on_late, again) !=
        ERR_OK) {
        parcel_free(again);
    }
}

/* One that leaves REPLAY_DEFAULT_MS after the callback proper. */
static void send_stale(struct sandbox *s, struct parcel *p)
{
    p->courier = s->courier;
    if (later_do(&s->later, REPLAY_DEFAULT_MS, on_late, p) != ERR_OK) {
        parcel_free(p);
    }
}

static void send_parcel(struct sandbox *s, const struct fault *fault, struct parcel *p)
{
    p->courier = s->courier;
    switch (fault->kind) {
    case FAULT_NO_CALLBACK: parcel_free(p); break;
    case FAULT_TWICE: {
        struct parcel *again = parcel_copy(p);
        if (again == NULL) {
            sandbox_die("no memory");
        }
        courier_send(s->courier, p);
        courier_send(s->courier, again);
        break;
    }
    case FAULT_REPLAYED: replay(s, fault, p); break;
    case FAULT_LATE:
        if (later_do(&s->later, fault->ms, on_late, p) != ERR_OK) {
            parcel_free(p);
        }
        break;
    default: courier_send(s->courier, p); break;
    }
}

static void release(struct answer *a)
{
    struct sandbox *s = a->sandbox;
    struct fault fault = a->parcel_fault;
    bool early = a->parcel_fault.kind == FAULT_EARLY && a->parcels[0] != NULL;
    struct parcel *parcels[ANSWER_PARCELS_MAX];
    for (size_t i = 0; i < ANSWER_PARCELS_MAX; i++) {
        parcels[i] = a->parcels[i];
        a->parcels[i] = NULL;
    }
    if (fault.kind == FAULT_FORGED && a->forged != NULL) {
        courier_send(s->courier, a->forged);
        a->forged = NULL;
    }
    if (fault.kind == FAULT_STALE && a->stale != NULL) {
        send_stale(s, a->stale);
        a->stale = NULL;
    }
    if (early) {
        parcels[0]->on_tried =
            on_tried_first; /* the answer leaves after the callback's first try */
        parcels[0]->data = a;
    }
    for (size_t i = 0; i < ANSWER_PARCELS_MAX; i++) {
        if (parcels[i] != NULL) {
            send_parcel(s, &fault, parcels[i]); /* may be the end of a */
        }
    }
    if (!early) {
        leave(a);
    }
}

void answers_release(struct sandbox *s)
{
    struct answer *ready =
        s->held; /* an answer that leaves may let the next request in: not part of it */
    s->held = NULL;
    s->held_last = &s->held;
    if (journal_dirty(s->journal) && journal_commit(s->journal) != ERR_OK) {
        sandbox_die("the journal cannot be written");
    }
    while (ready != NULL) {
        struct answer *a = ready;
        ready = a->next;
        release(a);
    }
}
