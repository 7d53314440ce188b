/* The bank's own files: what each batch is told, step by step. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/file_bank_inside.h"
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "queue/base/log.h"

#define HALF_MS 300
#define REPLAY_MS 500
#define STATEMENT_FACTOR 3 /* of bank-settle-ms: when the camt.053 comes */

/* ---- Writing ---- */

void file_bank_path(const char *folder, const char *name, char out[FILE_PATH_SIZE])
{
    int n = snprintf(out, FILE_PATH_SIZE, "%s/%s", folder, name);
    ASSERT(n > 0 && n < FILE_PATH_SIZE);
}

static void next_name(struct file_bank *bank, const char *kind, const char *suffix,
                      char out[FILE_NAME_SIZE])
{
    (void)snprintf(out, FILE_NAME_SIZE, "%s-%llx-%llu%s", kind,
                   (unsigned long long)bank->s->started_ms, (unsigned long long)++bank->files,
                   suffix);
}

static void leave(struct file_bank *bank, const char *name, const struct buf *bytes)
{
    char path[FILE_PATH_SIZE], hidden[FILE_PATH_SIZE], hidden_name[FILE_NAME_SIZE + 8];
    (void)snprintf(hidden_name, sizeof(hidden_name), ".%s.tmp", name);
    file_bank_path(bank->s->options.bank_in, name, path);
    file_bank_path(bank->s->options.bank_in, hidden_name, hidden);
    if (buf_err(bytes) != ERR_OK || file_replace(hidden, buf_slice(bytes), 0600) != ERR_OK ||
        rename(hidden, path) != 0) {
        log_event(LOG_ERROR, "bank_file_not_written", "name=%s", name);
    }
}

struct whole {
    struct file_bank *bank;
    struct buf bytes;
    char name[FILE_NAME_SIZE];
};

static void on_whole(void *data, bool cancelled)
{
    struct whole *w = data;
    if (!cancelled) {
        leave(w->bank, w->name, &w->bytes);
    }
    buf_release(&w->bytes);
    free(w);
}

/* Put a copy off. */
static void leave_later(struct file_bank *bank, const char *name, const struct buf *bytes,
                        int64_t ms)
{
    struct whole *w = calloc(1, sizeof(*w));
    if (w == NULL) {
        sandbox_die("no memory");
    }
    w->bank = bank;
    buf_init(&w->bytes, PAPER_MAX);
    buf_put_slice(&w->bytes, buf_slice(bytes));
    (void)snprintf(w->name, sizeof(w->name), "%s", name);
    if (later_do(&bank->s->later, ms, on_whole, w) != ERR_OK) {
        buf_release(&w->bytes);
        free(w);
    }
}

/* Half of it under its name, as a careless bank does; the whole a little later. */
static void leave_half(struct file_bank *bank, const char *name, const struct buf *bytes)
{
    char path[FILE_PATH_SIZE];
    file_bank_path(bank->s->options.bank_in, name, path);
    FILE *f = fopen(path, "w");
    if (f != NULL) {
        (void)fwrite(bytes->ptr, 1, bytes->len / 2, f);
        (void)fclose(f);
    }
    leave_later(bank, name, bytes, HALF_MS);
}

/* ---- What is told ---- */

static struct paper_head head_of(struct file_bank *bank, const struct batch *b,
                                 char id[MSG_ID_SIZE])
{
    (void)snprintf(id, MSG_ID_SIZE, "SBX%llx%llu", (unsigned long long)bank->s->started_ms,
                   (unsigned long long)++bank->s->correlations);
    return (struct paper_head){.msg_id = id,
                               .about = b->paper.msg_id,
                               .about_inf = b->paper.pmt_inf_id,
                               .account = b->paper.account,
                               .at_ms = clock_now_ms()};
}

static enum paper_word word_of(const struct movement *m)
{
    return m == NULL || m->state == MOVEMENT_REJECTED ? PAPER_REFUSED
           : m->state == MOVEMENT_RETURNED            ? PAPER_RETURNED
                                                      : PAPER_DONE;
}

/* What is said of every order of the batch; force: one word for all. Owned by the caller. */
static struct paper_told *tell(const struct batch *b, bool as_it_is, enum paper_word force)
{
    struct paper_told *told = calloc(b->paper.count + 1, sizeof(*told));
    if (told == NULL) {
        sandbox_die("no memory");
    }
    for (size_t i = 0; i < b->paper.count; i++) {
        const struct paper_item *item = &b->paper.items[i];
        const struct movement *m =
            book_find(&b->bank->s->book, PEER_BANK, slice_of(item->reference));
        told[i] =
            (struct paper_told){item->reference, item->amount_fen, as_it_is ? word_of(m) : force};
        if (m != NULL && m->amount_fen != item->amount_fen) {
            told[i].word = PAPER_REFUSED; /* the reference is another order's */
        }
    }
    return told;
}

/* A status or result file about the batch, in buf and under a name. */
static void write_status(const struct batch *b, bool as_it_is, enum paper_word force,
                         const char *about, struct buf *out, char name[FILE_NAME_SIZE])
{
    char id[MSG_ID_SIZE];
    struct paper_head head = head_of(b->bank, b, id);
    struct paper_told *told = tell(b, as_it_is, force);
    head.about = about != NULL ? about : head.about;
    buf_init(out, PAPER_MAX);
    if (b->paper.text) {
        paper_write_result(&head, told, b->paper.count, out);
    } else {
        paper_write_status(&head, b->group_why, told, b->group_why != NULL ? 0 : b->paper.count,
                           out);
    }
    next_name(b->bank, b->paper.text ? "result" : "pain002", b->paper.text ? ".txt" : ".xml", name);
    free(told);
}

/* camt.054 of what was paid; account NULL = theirs, else a stranger's that lies. */
static void leave_notice(const struct batch *b, const char *account, enum paper_word only)
{
    char id[MSG_ID_SIZE], name[FILE_NAME_SIZE];
    struct paper_head head = head_of(b->bank, b, id);
    struct paper_told *told = tell(b, account == NULL, only);
    struct buf text;
    size_t n = 0;
    for (size_t i = 0; i < b->paper.count; i++) {
        if (told[i].word == only) {
            told[n++] = told[i];
        }
    }
    head.account = account != NULL ? account : head.account;
    buf_init(&text, PAPER_MAX);
    if (n > 0) {
        paper_write_notice(&head, told, n, &text);
        next_name(b->bank, "camt054", ".xml", name);
        leave(b->bank, name, &text);
    }
    buf_release(&text);
    free(told);
}

/* camt.053 of everything on the account that was not stated yet. */
static void leave_statement(struct file_bank *bank, const char *account)
{
    const struct book *book = &bank->s->book;
    char id[MSG_ID_SIZE], name[FILE_NAME_SIZE];
    size_t n = 0;
    int64_t closing = bank->stated_fen;
    struct paper_told *told = calloc(book->line_count - bank->stated_lines + 1, sizeof(*told));
    if (told == NULL) {
        sandbox_die("no memory");
    }
    for (uint32_t i = bank->stated_lines; i < book->line_count; i++) {
        const struct movement *m = &book->movements[book->lines[i].movement];
        bool back = book->lines[i].is_return;
        if (m->peer == PEER_BANK) {
            told[n++] = (struct paper_told){m->reference, m->amount_fen,
                                            back ? PAPER_RETURNED : PAPER_DONE};
            closing += back ? m->amount_fen : -m->amount_fen;
        }
    }
    if (n > 0) {
        struct buf text;
        struct batch nobody = {.bank = bank};
        struct paper_head head = head_of(bank, &nobody, id);
        head.account = account;
        buf_init(&text, PAPER_MAX);
        paper_write_statement(&head, bank->stated_fen, closing, told, n, &text);
        next_name(bank, "camt053", ".xml", name);
        leave(bank, name, &text);
        buf_release(&text);
    }
    bank->stated_lines = book->line_count;
    bank->stated_fen = closing;
    free(told);
}

/* ---- The steps of a batch ---- */

void file_bank_end_step(struct batch *b)
{
    if (--b->open == 0) {
        paper_release(&b->paper);
        free(b);
    }
}

/* The caller has a hold of its own, so that this never is the last one. */
static void plan(struct batch *b, int64_t ms, later_fn *fn)
{
    if (later_do(&b->bank->s->later, ms, fn, b) == ERR_OK) {
        b->open++;
    }
}

void file_bank_put_away(const struct batch *b)
{
    char from[FILE_PATH_SIZE], to[FILE_PATH_SIZE], name[FILE_NAME_SIZE + 24],
        folder[FILE_PATH_SIZE];
    const struct sandbox *s = b->bank->s;
    file_bank_path(s->options.data, "taken", folder);
    (void)snprintf(name, sizeof(name), "%.16s-%s", b->sha256, b->name);
    file_bank_path(s->options.bank_out, b->name, from);
    file_bank_path(folder, name, to);
    if (file_make_folder(folder, 0700) != ERR_OK || (rename(from, to) != 0 && unlink(from) != 0)) {
        log_event(LOG_ERROR, "bank_file_stays", "name=%s", b->name);
    }
}

/* The first answer: it is taken, or the file is refused as a whole. */
static void on_answer(void *data, bool cancelled)
{
    struct batch *b = data;
    enum fault_kind kind = b->answer.kind;
    char name[FILE_NAME_SIZE];
    struct buf text;
    if (!cancelled && kind != FAULT_500_AFTER && kind != FAULT_DROP_AFTER) {
        const char *about = kind == FAULT_FORGED_ANSWER ? "NOT0YOURS0AT0ALL" : NULL;
        write_status(b, false, about != NULL ? PAPER_REFUSED : PAPER_TAKEN, about, &text, name);
        if (kind == FAULT_HALF) {
            leave_half(b->bank, name, &text);
        } else if (!b->paper.text || b->group_why == NULL) {
            leave(b->bank, name, &text);
        }
        buf_release(&text);
    }
    file_bank_end_step(b);
}

static void on_end(void *data, bool cancelled)
{
    struct batch *b = data;
    enum fault_kind kind = b->end.kind;
    char name[FILE_NAME_SIZE], again[FILE_NAME_SIZE];
    struct buf text;
    if (cancelled || kind == FAULT_NO_CALLBACK) {
        file_bank_end_step(b);
        return;
    }
    if (kind == FAULT_FORGED) {
        leave_notice(b, "6200000000009999", PAPER_RETURNED);
    }
    write_status(b, true, PAPER_DONE, NULL, &text, name);
    leave(b->bank, name, &text);
    next_name(b->bank, "again", b->paper.text ? ".txt" : ".xml", again);
    if (kind == FAULT_TWICE) {
        leave(b->bank, again, &text);
    } else if (kind == FAULT_REPLAYED) {
        leave_later(b->bank, again, &text, b->end.ms > 0 ? b->end.ms : REPLAY_MS);
    }
    buf_release(&text);
    if (!b->paper.text) {
        leave_notice(b, NULL, PAPER_DONE);
    }
    if (kind == FAULT_STALE) {
        write_status(b, false, PAPER_PENDING, NULL, &text, name);
        leave_later(b->bank, name, &text, REPLAY_MS);
        buf_release(&text);
    }
    file_bank_end_step(b);
}

static void on_statement(void *data, bool cancelled)
{
    struct batch *b = data;
    if (!cancelled && !b->paper.text) {
        leave_statement(b->bank, b->paper.account);
    }
    file_bank_end_step(b);
}

/* Everything of the file stands in the journal by now. */
static void on_taken(void *data, bool cancelled)
{
    struct batch *b = data;
    int64_t settle_ms = options_number(b->bank->s->options.bank_settle_ms);
    if (!cancelled) {
        file_bank_put_away(b);
        plan(b, b->answer.kind == FAULT_HANG ? b->answer.ms : 1, on_answer);
        if (b->group_why == NULL) {
            int64_t late_ms = b->end.kind == FAULT_LATE ? b->end.ms : 0;
            plan(b, settle_ms + late_ms, on_end);
            plan(b, settle_ms * STATEMENT_FACTOR + late_ms, on_statement);
        }
    }
    file_bank_end_step(b);
}

void file_bank_tell(struct batch *b)
{
    plan(b, 1, on_taken);
    file_bank_end_step(b);
}

/* ---- Money that comes back ---- */

/* One piece of news that comes by itself. */
struct returned {
    struct file_bank *bank;
    char reference[REFERENCE_MAX + 1], about[MSG_ID_SIZE], account[ACCOUNT_SIZE];
    bool text;
};

static void on_returned(void *data, bool cancelled)
{
    struct returned *r = data;
    struct sandbox *s = r->bank->s;
    struct movement *m = book_find(&s->book, PEER_BANK, slice_of(r->reference));
    if (!cancelled && m != NULL && m->state == MOVEMENT_PAID) {
        char name[FILE_NAME_SIZE], id[MSG_ID_SIZE];
        struct buf text;
        struct batch about = {.bank = r->bank};
        struct paper_told told = {r->reference, m->amount_fen, PAPER_RETURNED};
        desk_give_back(s, m);
        if (journal_commit(s->journal) != ERR_OK) {
            sandbox_die("the journal cannot be written");
        }
        struct paper_head head = head_of(r->bank, &about, id);
        head.about = r->about;
        head.account = r->account;
        buf_init(&text, PAPER_MAX);
        if (r->text) {
            paper_write_result(&head, &told, 1, &text);
        } else {
            paper_write_notice(&head, &told, 1, &text);
        }
        next_name(r->bank, r->text ? "return" : "camt054", r->text ? ".txt" : ".xml", name);
        leave(r->bank, name, &text);
        buf_release(&text);
        if (!r->text) {
            leave_statement(r->bank, r->account);
        }
    }
    free(r);
}

void file_bank_plan_return(const struct batch *b, const char *reference, int64_t ms)
{
    struct returned *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        sandbox_die("no memory");
    }
    r->bank = b->bank;
    r->text = b->paper.text;
    memcpy(r->about, b->paper.msg_id, sizeof(r->about));
    memcpy(r->account, b->paper.account, sizeof(r->account));
    (void)snprintf(r->reference, sizeof(r->reference), "%s", reference);
    if (later_do(&b->bank->s->later, ms, on_returned, r) != ERR_OK) {
        free(r);
    }
}
