#include "integrations/sandbox/file_bank.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/sandbox/desk.h"
#include "integrations/sandbox/file_bank_inside.h"
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "queue/base/log.h"

#define LOOK_FILES_MAX 256
#define RETRY_DEFAULT_MS 1000

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
            file_bank_plan_return(b, item->reference, taken.give_back_ms);
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
        file_bank_put_away(b); /* lost in the bank */
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
    char path[FILE_PATH_SIZE], why[PAPER_WHY_SIZE] = "";
    struct buf bytes;
    struct batch *b = calloc(1, sizeof(*b));
    if (b == NULL) {
        sandbox_die("no memory");
    }
    b->bank = bank;
    (void)snprintf(b->name, sizeof(b->name), "%s", name);
    file_bank_path(bank->s->options.bank_out, name, path);
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
        file_bank_put_away(b);
        file_bank_end_step(b);
        return;
    }
    if (!take_faults(bank, b)) {
        file_bank_end_step(b);
        return;
    }
    b->group_why = err != ERR_OK ? "MS03" : refusal_of(bank, b);
    bank->s->envelopes++;
    if (b->group_why == NULL) {
        note_message(bank, b);
        pay(bank, b);
    }
    file_bank_tell(b); /* after the commit that this turn of the loop makes */
}

/* ---- Looking ---- */

static bool is_batch_file(const char *name)
{
    size_t len = strlen(name);
    return name[0] != '.' && len > 4 && len < FILE_NAME_SIZE &&
           (strcmp(name + len - 4, ".xml") == 0 || strcmp(name + len - 4, ".txt") == 0);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void on_look(void *data, bool cancelled)
{
    static char names[LOOK_FILES_MAX][FILE_NAME_SIZE]; /* large; the loop has one thread */
    struct file_bank *bank = data;
    size_t n = 0;
    DIR *folder = cancelled ? NULL : opendir(bank->s->options.bank_out);
    for (const struct dirent *e = folder == NULL ? NULL : readdir(folder);
         e != NULL && n < LOOK_FILES_MAX; e = readdir(folder)) {
        if (is_batch_file(e->d_name)) {
            (void)snprintf(names[n++], FILE_NAME_SIZE, "%s", e->d_name);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    qsort(names, n, FILE_NAME_SIZE, by_name);
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
