/* `jiujictl reconcile`: load a statement, compare it with payments and ledger, keep and print the
 * report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/pay/bankfile/bankfile.h"
#include "integrations/pay/bankfile/camt.h"
#include "integrations/pay/bankfile/registry.h"
#include "integrations/pay/pay_profile.h"
#include "ops/ctl/ctl.h"
#include "ops/ctl/ctl_store.h"
#include "queue/base/clock.h"
#include "queue/base/file.h"
#include "queue/domain/statement_csv.h"
#include "queue/store/reconcile_run.h"

#define ACTOR "operator:jiujictl"
#define STATEMENT_BYTES_MAX ((size_t)64 << 20)
#define FILES_RAIL "bank" /* the rail that files go out over: its registry knows the batches */

static const char USAGE[] =
    "usage: jiujictl reconcile --rail RAIL --date 2026-11-21 [--statement FILE] [--csv]\n"
    "  compares the statement of that day (those loaded before, and FILE) with payments and "
    "ledger, records what it\n"
    "  proves (paid, returned), keeps the report and prints it as JSON, or everything as CSV.\n"
    "  FILE: camt.053 or camt.054 (XML), or CSV whose first line names its columns: payment (or "
    "reference), "
    "amount_fen,\n"
    "  kind (or status: paid, returned, debit, credit); optional date (or time), bank_ref, reason, "
    "batch.\n"
    "exit status: 0 everything agrees, 1 it does not, or it could not be done\n";

/* Lines of a file; *lines is the caller's. */
struct file_lines {
    struct statement_line *lines;
    size_t count;
    char sha256[65];
};

static enum err read_camt(const struct settings *s, struct slice bytes, struct file_lines *out,
                          struct buf *why)
{
    struct bankfile_news news = {.line_count = 0};
    struct bankfile_why fault = {.line = 0};
    enum err err = camt_read(bytes, &news, &fault);
    if (err != ERR_OK) {
        buf_putf(why, "line %d: %s", fault.line, fault.text);
    }
    for (size_t i = 0; i < news.head_count && err == ERR_OK; i++) {
        if (s->bankfile_payer_account[0] != '\0' &&
            strcmp(news.heads[i].account, s->bankfile_payer_account) != 0) {
            buf_put_text(why, "it is the statement of another account than bankfile_payer_account");
            err = ERR_INPUT;
        } else if (!news.heads[i].balanced) {
            buf_put_text(why, "its entries do not lead from the opening to the closing balance: "
                              "entries are missing");
            err = ERR_INPUT;
        }
    }
    if (err == ERR_OK) {
        out->lines = news.lines;
        out->count = news.line_count;
        news.lines = NULL;
        news.line_count = news.line_cap = 0;
    }
    bankfile_news_release(&news);
    return err;
}

static enum err read_statement(const struct settings *s, const char *path, struct file_lines *out,
                               struct buf *why)
{
    struct buf text;
    buf_init(&text, STATEMENT_BYTES_MAX);
    enum err err = file_read(path, &text);
    struct slice bytes = buf_slice(&text), start = bytes;
    if (slice_starts_with(start, "\xef\xbb\xbf")) {
        start = slice_make(start.ptr + 3, start.len - 3);
    }
    start = slice_trim(start);
    if (err == ERR_OK) {
        err = bankfile_sha256(bytes, out->sha256);
    }
    if (err == ERR_OK) {
        err = start.len > 0 && start.ptr[0] == '<'
                  ? read_camt(s, bytes, out, why)
                  : statement_csv_read(bytes, &out->lines, &out->count, why);
    }
    buf_release(&text);
    return err;
}

static bool load(struct store *store, const struct settings *s, const char *rail, const char *day,
                 const char *path)
{
    struct file_lines file = {.lines = NULL};
    struct buf why;
    size_t added = 0;
    buf_init(&why, 1024);
    enum err err = read_statement(s, path, &file, &why);
    if (err == ERR_OK) {
        const char *name = strrchr(path, '/');
        char source[STATEMENT_SOURCE_MAX + 1];
        bankfile_copy_ref(slice_of(name == NULL ? path : name + 1), source, sizeof(source));
        for (char *c = source; *c != '\0'; c++) {
            *c = *c == '|' ? '_' : *c;
        }
        const struct statement_load order = {.rail = rail,
                                             .sha256 = file.sha256,
                                             .fallback_day = day,
                                             .actor = ACTOR,
                                             .source = slice_of(source),
                                             .lines = file.lines,
                                             .count = file.count,
                                             .always = true,
                                             .now_ms = clock_now_ms(),
                                             .run_hour = (int)s->reconcile_hour};
        err = statement_load(store, &order, &added);
    }
    if (err != ERR_OK) {
        ctl_complain("%s: %s %s%s", path, err_text(err), why.ptr == NULL ? "" : why.ptr,
                     err == ERR_STORE_DOWN ? store_why(store) : "");
    } else {
        fprintf(stderr, "%s: %zu lines, %zu of them new, sha256 %s\n", path, file.count, added,
                file.sha256);
    }
    free(file.lines);
    buf_release(&why);
    return err == ERR_OK;
}

/* ---- What the site knows of the rail ---- */

static bool settle_of(const struct settings *s, const char *rail, int64_t *settle_ms)
{
    char path[300];
    struct pay_profile profile;
    struct buf why;
    *settle_ms = s->bank_settle_ms;
    if (s->pay_profile_dir[0] == '\0') {
        return true;
    }
    snprintf(path, sizeof(path), "%s/%s.json", s->pay_profile_dir, rail);
    buf_init(&why, 4096);
    enum err err = pay_profile_load(path, &profile, &why);
    if (err == ERR_OK) {
        *settle_ms = profile.settle_s * 1000;
    } else if (err != ERR_NOT_FOUND) {
        ctl_complain("%s: %s", path, why.ptr == NULL ? err_text(err) : why.ptr);
    }
    buf_release(&why);
    return err == ERR_OK || err == ERR_NOT_FOUND;
}

static enum err batches_of(void *self, const char *const *ids, size_t n,
                           char (*out)[STATEMENT_BATCH_SIZE])
{
    struct registry *registry = self;
    enum err err = registry_lock(registry);
    if (err != ERR_OK) {
        return err;
    }
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        out[i][0] = '\0';
        err = registry_find(registry, ids[i], out[i]);
        err = err == ERR_NOT_FOUND ? ERR_OK : err;
    }
    registry_unlock(registry);
    return err;
}

static int run(struct store *store, const struct settings *s, const char *rail, const char *day,
               bool csv)
{
    struct reconcile_order order = {.rail = rail,
                                    .day = day,
                                    .now_ms = clock_now_ms(),
                                    .actor = ACTOR,
                                    .token = slice_make("", 0),
                                    .csv = csv};
    struct reconcile_outcome outcome;
    struct registry *registry = NULL;
    if (!settle_of(s, rail, &order.settle_ms)) {
        return CTL_FAILED;
    }
    if (strcmp(rail, FILES_RAIL) == 0 && s->bankfile_registry[0] != '\0') {
        enum err err = registry_open(s->bankfile_registry, &registry);
        if (err != ERR_OK) {
            ctl_complain("bankfile_registry '%s': %s", s->bankfile_registry, err_text(err));
            return CTL_FAILED;
        }
        order.batches_of = batches_of;
        order.self = registry;
    }
    enum err err = reconcile_run(store, &order, &outcome);
    if (err != ERR_OK) {
        ctl_complain("%s %s", err_text(err), store_why(store));
    } else {
        struct slice text = buf_slice(csv && outcome.statement ? &outcome.csv : &outcome.json);
        fwrite(text.ptr, 1, text.len, stdout);
        fputs(csv && outcome.statement ? "" : "\n", stdout);
        fprintf(stderr, "%s %s: %zu payments, %zu lines, %zu differences, %zu recorded%s\n", rail,
                day, outcome.payments, outcome.lines, outcome.differences, outcome.recorded,
                outcome.statement
                    ? ""
                    : "; there is no statement of that day: give it with --statement");
    }
    bool clean = err == ERR_OK && outcome.statement && outcome.clean;
    reconcile_outcome_release(&outcome);
    registry_close(registry);
    return clean ? CTL_OK : CTL_FAILED;
}

int ctl_reconcile(int argc, char **argv, const struct settings *s)
{
    const char *rail = NULL, *date = NULL, *statement = NULL;
    char day[STATEMENT_DAY_SIZE];
    int64_t from_ms;
    bool csv = false;
    const struct ctl_option options[] = {{.name = "rail", .value = &rail},
                                         {.name = "date", .value = &date},
                                         {.name = "statement", .value = &statement},
                                         {.name = "csv", .given = &csv}};
    if (!ctl_options(&argc, argv, options, COUNT_OF(options))) {
        return CTL_USAGE;
    }
    if (argc != 1 || rail == NULL || date == NULL || !statement_rail_valid(slice_of(rail)) ||
        statement_day_read(slice_of(date), &from_ms) != ERR_OK) {
        return ctl_usage(USAGE);
    }
    statement_day(from_ms, day);
    struct store *store = ctl_store_open(s);
    if (store == NULL) {
        return CTL_FAILED;
    }
    bool loaded = statement == NULL || load(store, s, rail, day, statement);
    int status = loaded ? run(store, s, rail, day, csv) : CTL_FAILED;
    store_free(store);
    return status;
}
