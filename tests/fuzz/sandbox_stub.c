#include "tests/fuzz/sandbox_stub.h"

#include <stdio.h>
#include <stdlib.h>
#include "queue/base/json.h"

#define LINE_BYTES_MAX ((size_t)1 << 20)

static struct buf line;
static struct sms_box texts;
struct stub_mirror stub_mirror;

_Noreturn void sandbox_die(const char *what)
{
    fprintf(stderr, "the sandbox would die: %s\n", what);
    abort();
}

/* ---- Answers ---- */

struct answer *answer_new(struct sandbox *s, const struct http_request *r, size_t body_max)
{
    struct answer *a = calloc(1, sizeof(*a));
    ASSERT(a != NULL && r != NULL);
    a->sandbox = s;
    a->status = 200;
    a->type = HTTP_TYPE_JSON;
    a->fault.kind = a->parcel_fault.kind = FAULT_NONE;
    buf_init(&a->body, body_max);
    buf_init(&a->headers, 4096);
    return a;
}

static void check_lines(struct slice headers)
{
    for (size_t i = 0; i < headers.len; i++) {
        unsigned char c = (unsigned char)headers.ptr[i];
        ASSERT(c == '\n' || (c >= ' ' && c != 0x7f));
    }
}

static void end_parcel(struct parcel *p)
{
    if (p == NULL) {
        return;
    }
    ASSERT(p->url != NULL && buf_err(&p->body) == ERR_OK);
    if (p->sign != NULL) {
        p->sign(p, p->signer);
    }
    check_lines(buf_slice(&p->headers));
    parcel_free(p);
}

static void end_answer(struct answer *a)
{
    struct json *root = NULL;
    ASSERT(a->status >= 200 && a->status <= 599 && buf_err(&a->body) == ERR_OK);
    if (a->sign != NULL) {
        a->sign(a);
    }
    check_lines(buf_slice(&a->headers));
    if (strcmp(a->type, HTTP_TYPE_JSON) == 0 && a->body.len > 0) {
        ASSERT(json_parse(buf_slice(&a->body), &root, NULL) == ERR_OK);
        json_free(root);
    }
    for (size_t i = 0; i < ANSWER_PARCELS_MAX; i++) {
        end_parcel(a->parcels[i]);
    }
    end_parcel(a->forged);
    end_parcel(a->stale);
    buf_release(&a->body);
    buf_release(&a->headers);
    free(a);
    stub_mirror.answers++;
}

void answer_hold(struct answer *a)
{
    end_answer(a);
}

void answer_now(struct answer *a)
{
    end_answer(a);
}

bool answer_fault_before(struct sandbox *s, const struct http_request *r, const struct fault *fault)
{
    (void)s;
    (void)r;
    bool strikes = fault->kind == FAULT_500_BEFORE || fault->kind == FAULT_DROP_BEFORE;
    stub_mirror.answers += strikes ? 1 : 0;
    return strikes;
}

bool http_reply_problem(struct http_server *server, struct http_ticket ticket, enum err err,
                        int status, const char *detail)
{
    (void)server;
    (void)ticket;
    ASSERT(err != ERR_OK && detail != NULL && (status == 0 || status >= 400));
    stub_mirror.answers++;
    return true;
}

/* ---- The journal ---- */

struct buf *journal_line(struct journal *j)
{
    (void)j;
    buf_clear(&line);
    return &line;
}

/* What was written is what a restart would read. */
void journal_end_line(struct journal *j)
{
    struct slice text = buf_slice(&line);
    (void)j;
    ASSERT(buf_err(&line) == ERR_OK && text.len <= JOURNAL_LINE_MAX &&
           memchr(text.ptr, '\n', text.len) == NULL);
    enum err err = slice_starts_with(text, "S ") ? sms_box_read_line(&stub_mirror.sms, text)
                                                 : book_read_line(&stub_mirror.book, text);
    ASSERT(err == ERR_OK);
}

uint64_t journal_commits(const struct journal *j)
{
    (void)j;
    return 0;
}

/* ---- Around one input ---- */

void stub_begin(struct sandbox *s, int64_t opening_fen)
{
    stub_mirror.answers = 0;
    buf_init(&line, LINE_BYTES_MAX);
    book_init(&s->book, opening_fen);
    book_init(&stub_mirror.book, opening_fen);
    if (stub_mirror.sms.ring == NULL) { /* large: made once, emptied behind each input */
        ASSERT(sms_box_init(&texts) == ERR_OK && sms_box_init(&stub_mirror.sms) == ERR_OK);
    }
    s->sms = texts;
}

static void empty_box(struct sms_box *box)
{
    ASSERT(box->count <= SMS_KEPT);
    for (uint64_t i = 0; i < box->count; i++) {
        free(box->ring[i].text);
        box->ring[i].text = NULL;
    }
    box->count = 0;
}

void stub_end(struct sandbox *s)
{
    const struct book *b = &s->book, *m = &stub_mirror.book;
    ASSERT(b->balance_fen == m->balance_fen && b->paid == m->paid && b->paid_fen == m->paid_fen);
    ASSERT(b->returned_fen == m->returned_fen && b->line_count == m->line_count);
    ASSERT(b->balance_fen == b->opening_fen - b->paid_fen + b->returned_fen && b->balance_fen >= 0);
    ASSERT(s->sms.count == stub_mirror.sms.count);
    book_release(&s->book);
    book_release(&stub_mirror.book);
    empty_box(&s->sms);
    empty_box(&stub_mirror.sms);
    buf_release(&line);
}
