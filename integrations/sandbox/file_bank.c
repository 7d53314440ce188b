#include "integrations/sandbox/file_bank.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/paper.h"
#include "integrations/sign/hmac.h"
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "queue/base/log.h"

#define PATH_SIZE 1200
#define NAME_SIZE 200
#define LOOK_FILES_MAX 256
#define RETRY_DEFAULT_MS 1000
#define HALF_MS 300
#define REPLAY_MS 500
#define STATEMENT_FACTOR 3 /* of bank-settle-ms: when the camt.053 comes */

struct message {
    char msg_id[MSG_ID_SIZE];
    char sha256[SHA256_HEX_SIZE];
};

struct file_bank {
    struct sandbox *s;
    struct message *messages; /* every file that was taken */
    size_t message_count, message_cap;
    uint32_t stated_lines;   /* of the book: told in a camt.053 */
    int64_t stated_fen;      /* balance of the account then */
    uint64_t files;          /* written so far */
    char waiting[NAME_SIZE]; /* a file that is left lying … */
    int64_t waiting_until_ms;
};

/* One taken file until everything about it is told. */
struct batch {
    struct file_bank *bank;
    struct paper paper;
    struct fault answer, end; /* levels A and C */
    char name[NAME_SIZE], sha256[SHA256_HEX_SIZE];
    const char *group_why; /* static text; NULL = not refused as a whole */
    int open;              /* steps still to come */
};

/* One piece of news that comes by itself. */
struct returned {
    struct file_bank *bank;
    char reference[REFERENCE_MAX + 1], about[MSG_ID_SIZE], account[ACCOUNT_SIZE];
    bool text;
};

/* ---- Writing ---- */

static void path_of(const char *folder, const char *name, char out[PATH_SIZE])
{
    int n = snprintf(out, PATH_SIZE, "%s/%s", folder, name);
    ASSERT(n > 0 && n < PATH_SIZE);
}

static void next_name(struct file_bank *bank, const char *kind, const char *suffix,
                      char out[NAME_SIZE])
{
    (void)snprintf(out, NAME_SIZE, "%s-%llx-%llu%s", kind, (unsigned long long)bank->s->started_ms,
                   (unsigned long long)++bank->files, suffix);
}

static void leave(struct file_bank *bank, const char *name, const struct buf *bytes)
{
    char path[PATH_SIZE], hidden[PATH_SIZE], hidden_name[NAME_SIZE + 8];
    (void)snprintf(hidden_name, sizeof(hidden_name), ".%s.tmp", name);
    path_of(bank->s->options.bank_in, name, path);
    path_of(bank->s->options.bank_in, hidden_name, hidden);
    if (buf_err(bytes) != ERR_OK || file_replace(hidden, buf_slice(bytes), 0600) != ERR_OK ||
        rename(hidden, path) != 0) {
        log_event(LOG_ERROR, "bank_file_not_written", "name=%s", name);
    }
}

struct whole {
    struct file_bank *bank;
    struct buf bytes;
    char name[NAME_SIZE];
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
    char path[PATH_SIZE];
    path_of(bank->s->options.bank_in, name, path);
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
                         const char *about, struct buf *out, char name[NAME_SIZE])
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
    char id[MSG_ID_SIZE], name[NAME_SIZE];
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
    char id[MSG_ID_SIZE], name[NAME_SIZE];
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

static void end_step(struct batch *b)
{
    if (--b->open == 0) {
        paper_release(&b->paper);
        free(b);
    }
}

static void plan(struct batch *b, int64_t ms, later_fn *fn)
{
    b->open++;
    if (later_do(&b->bank->s->later, ms, fn, b) != ERR_OK) {
        end_step(b);
    }
}

static void put_away(const struct batch *b)
{
    char from[PATH_SIZE], to[PATH_SIZE], name[NAME_SIZE + 24], folder[PATH_SIZE];
    const struct sandbox *s = b->bank->s;
    path_of(s->options.data, "taken", folder);
    (void)snprintf(name, sizeof(name), "%.16s-%s", b->sha256, b->name);
    path_of(s->options.bank_out, b->name, from);
    path_of(folder, name, to);
    if (file_make_folder(folder, 0700) != ERR_OK || (rename(from, to) != 0 && unlink(from) != 0)) {
        log_event(LOG_ERROR, "bank_file_stays", "name=%s", b->name);
    }
}

/* The first answer: it is taken, or the file is refused as a whole. */
static void on_answer(void *data, bool cancelled)
{
    struct batch *b = data;
    enum fault_kind kind = b->answer.kind;
    char name[NAME_SIZE];
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
    end_step(b);
}

static void on_end(void *data, bool cancelled)
{
    struct batch *b = data;
    enum fault_kind kind = b->end.kind;
    char name[NAME_SIZE], again[NAME_SIZE];
    struct buf text;
    if (cancelled || kind == FAULT_NO_CALLBACK) {
        end_step(b);
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
    end_step(b);
}

static void on_statement(void *data, bool cancelled)
{
    struct batch *b = data;
    if (!cancelled && !b->paper.text) {
        leave_statement(b->bank, b->paper.account);
    }
    end_step(b);
}

/* Everything of the file stands in the journal by now. */
static void on_taken(void *data, bool cancelled)
{
    struct batch *b = data;
    int64_t settle_ms = options_number(b->bank->s->options.bank_settle_ms);
    if (!cancelled) {
        put_away(b);
        plan(b, b->answer.kind == FAULT_HANG ? b->answer.ms : 1, on_answer);
        if (b->group_why == NULL) {
            int64_t late_ms = b->end.kind == FAULT_LATE ? b->end.ms : 0;
            plan(b, settle_ms + late_ms, on_end);
            plan(b, settle_ms * STATEMENT_FACTOR + late_ms, on_statement);
        }
    }
    end_step(b);
}

/* ---- Money that comes back ---- */

static void on_returned(void *data, bool cancelled)
{
    struct returned *r = data;
    struct sandbox *s = r->bank->s;
    struct movement *m = book_find(&s->book, PEER_BANK, slice_of(r->reference));
    if (!cancelled && m != NULL && m->state == MOVEMENT_PAID) {
        char name[NAME_SIZE], id[MSG_ID_SIZE];
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

static void plan_return(const struct batch *b, const char *reference, int64_t ms)
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

/* ---- Taking ---- */

static struct message *find_message(struct file_bank *bank, const char *msg_id)
{
    for (size_t i = 0; i < bank->message_count; i++) {
        if (strcmp(bank->messages[i].msg_id, msg_id) == 0) {
            return &bank->messages[i];
        }
    }
    return NULL;
}

static enum err add_message(struct file_bank *bank, struct slice msg_id, struct slice sha256)
{
    struct message one;
    if (msg_id.len == 0 || slice_copy(msg_id, one.msg_id, sizeof(one.msg_id)) != ERR_OK ||
        sha256.len != SHA256_HEX_SIZE - 1 ||
        slice_copy(sha256, one.sha256, sizeof(one.sha256)) != ERR_OK) {
        return ERR_CORRUPT;
    }
    if (bank->message_count == bank->message_cap) {
        size_t cap = bank->message_cap == 0 ? 64 : bank->message_cap * 2;
        struct message *grown = realloc(bank->messages, cap * sizeof(*grown));
        if (grown == NULL) {
            return ERR_NO_MEMORY;
        }
        bank->messages = grown;
        bank->message_cap = cap;
    }
    bank->messages[bank->message_count++] = one;
    return ERR_OK;
}

enum err file_bank_read_line(struct file_bank *bank, struct slice line)
{
    struct slice rest = line;
    int64_t at_ms;
    struct slice kind = slice_cut(&rest, ' ');
    struct slice at = slice_cut(&rest, ' ');
    struct slice msg_id = slice_cut(&rest, ' ');
    if (!slice_is(kind, "B") || slice_to_int64(at, 0, INT64_MAX, &at_ms) != ERR_OK) {
        return ERR_CORRUPT;
    }
    return bank == NULL ? ERR_OK : add_message(bank, msg_id, rest);
}

/* NULL: it may be paid; else the reason code for the whole file. */
static const char *refusal_of(struct file_bank *bank, const struct batch *b)
{
    const struct message *known = find_message(bank, b->paper.msg_id);
    const char *account = bank->s->options.bank_account;
    if (known != NULL && strcmp(known->sha256, b->sha256) != 0) {
        bank->s->book.mismatches++;
        return "AM05"; /* the same MsgId with other bytes */
    }
    if (account[0] != '\0' && strcmp(account, b->paper.account) != 0) {
        return "AC01";
    }
    return NULL;
}

static void note_message(struct file_bank *bank, const struct batch *b)
{
    if (find_message(bank, b->paper.msg_id) != NULL) {
        return;
    }
    if (add_message(bank, slice_of(b->paper.msg_id), slice_of(b->sha256)) != ERR_OK) {
        sandbox_die("no memory");
    }
    buf_putf(journal_line(bank->s->journal), "B %lld %s %s", (long long)clock_now_ms(),
             b->paper.msg_id, b->sha256);
    journal_end_line(bank->s->journal);
}

static void pay(struct file_bank *bank, struct batch *b)
{
    for (size_t i = 0; i < b->paper.count; i++) {
        const struct paper_item *item = &b->paper.items[i];
        struct desk_order order = {.peer = PEER_BANK,
                                   .reference = slice_of(item->reference),
                                   .amount_fen = item->amount_fen,
                                   .refusal = item->refusal};
        memcpy(order.tail, item->tail, sizeof(order.tail));
        struct desk_taken taken = desk_take(bank->s, &order, &b->end);
        if (taken.how == DESK_NEW && taken.gives_back) {
            plan_return(b, item->reference, taken.give_back_ms);
        }
    }
}

/* The faults of this file. False: it is not to be taken now. */
static bool take_faults(struct file_bank *bank, struct batch *b)
{
    struct sandbox *s = bank->s;
    struct slice *references = calloc(b->paper.count + 1, sizeof(*references));
    if (references == NULL) {
        sandbox_die("no memory");
    }
    for (size_t i = 0; i < b->paper.count; i++) {
        references[i] = slice_of(b->paper.items[i].reference);
    }
    b->answer =
        faults_take(&s->faults, FAULT_ON_DISBURSE, PEER_BANK, 'A', references, b->paper.count);
    bool now = b->answer.kind != FAULT_500_BEFORE && b->answer.kind != FAULT_DROP_BEFORE;
    if (now) {
        b->end =
            faults_take(&s->faults, FAULT_ON_DISBURSE, PEER_BANK, 'C', references, b->paper.count);
    } else if (b->answer.kind == FAULT_DROP_BEFORE) {
        put_away(b); /* lost in the bank */
    } else {
        memcpy(bank->waiting, b->name, sizeof(bank->waiting));
        bank->waiting_until_ms =
            clock_mono_ms() + (b->answer.ms > 0 ? b->answer.ms : RETRY_DEFAULT_MS);
    }
    free(references);
    return now;
}

static void take_file(struct file_bank *bank, const char *name)
{
    char path[PATH_SIZE], why[PAPER_WHY_SIZE] = "";
    struct buf bytes;
    struct batch *b = calloc(1, sizeof(*b));
    if (b == NULL) {
        sandbox_die("no memory");
    }
    b->bank = bank;
    (void)snprintf(b->name, sizeof(b->name), "%s", name);
    path_of(bank->s->options.bank_out, name, path);
    buf_init(&bytes, PAPER_MAX);
    enum err err = file_read(path, &bytes);
    err = err != ERR_OK ? err : sha256_hex(buf_slice(&bytes), b->sha256);
    if (err == ERR_OK) {
        err = bytes.len > 0 && bytes.ptr[0] == '<'
                  ? paper_read_xml(buf_slice(&bytes), &b->paper, why)
                  : paper_read_text(buf_slice(&bytes), &b->paper, why);
    }
    buf_release(&bytes);
    b->open = 1;
    bool answerable = err == ERR_OK || (err == ERR_INPUT && b->paper.msg_id[0] != '\0');
    if (err != ERR_OK) {
        log_event(LOG_WARN, "bank_file_refused", "name=%s err=%s why=\"%s\"", name, err_code(err),
                  why);
        bank->s->book.mismatches++;
    }
    if (!answerable) {
        put_away(b);
        end_step(b);
        return;
    }
    if (!take_faults(bank, b)) {
        end_step(b);
        return;
    }
    b->group_why = err != ERR_OK ? "MS03" : refusal_of(bank, b);
    bank->s->envelopes++;
    if (b->group_why == NULL) {
        note_message(bank, b);
        pay(bank, b);
    }
    plan(b, 1, on_taken); /* after the commit that this turn of the loop makes */
    end_step(b);
}

/* ---- Looking ---- */

static bool is_batch_file(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > 4 && len < NAME_SIZE &&
           (strcmp(name + len - 4, ".xml") == 0 || strcmp(name + len - 4, ".txt") == 0);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void on_look(void *data, bool cancelled)
{
    static char names[LOOK_FILES_MAX][NAME_SIZE]; /* large; the loop has one thread */
    struct file_bank *bank = data;
    size_t n = 0;
    DIR *folder = cancelled ? NULL : opendir(bank->s->options.bank_out);
    for (const struct dirent *e = folder == NULL ? NULL : readdir(folder);
         e != NULL && n < LOOK_FILES_MAX; e = readdir(folder)) {
        if (is_batch_file(e->d_name)) {
            (void)snprintf(names[n++], NAME_SIZE, "%s", e->d_name);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    qsort(names, n, NAME_SIZE, by_name);
    for (size_t i = 0; i < n; i++) {
        bool waits =
            strcmp(names[i], bank->waiting) == 0 && clock_mono_ms() < bank->waiting_until_ms;
        if (!waits) {
            take_file(bank, names[i]);
        }
    }
    if (!cancelled) {
        file_bank_start(bank);
    }
}

void file_bank_start(struct file_bank *bank)
{
    enum err err = later_do(&bank->s->later, FILE_BANK_LOOK_MS, on_look, bank);
    if (err == ERR_NO_MEMORY) {
        sandbox_die("no memory");
    }
}

enum err file_bank_new(struct sandbox *s, struct file_bank **out)
{
    if (s->options.bank_out[0] == '\0' || s->options.bank_in[0] == '\0') {
        *out = NULL;
        return s->options.bank_out[0] == s->options.bank_in[0] ? ERR_OK : ERR_INPUT;
    }
    struct file_bank *bank = calloc(1, sizeof(*bank));
    if (bank == NULL) {
        return ERR_NO_MEMORY;
    }
    bank->s = s;
    bank->stated_fen = options_number(s->options.opening_fen);
    *out = bank;
    return ERR_OK;
}

void file_bank_free(struct file_bank *bank)
{
    if (bank != NULL) {
        free(bank->messages);
        free(bank);
    }
}
