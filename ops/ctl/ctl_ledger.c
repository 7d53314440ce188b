/* `jiujictl ledger`: prove the books, show the accounts of a fund, list its entries. */
#include <stdio.h>
#include <string.h>
#include "ops/ctl/ctl.h"
#include "ops/ctl/ctl_store.h"
#include "ops/ctl/ledger_proof.h"
#include "queue/base/clock.h"
#include "queue/base/json.h"

static const char USAGE[] =
    "usage: jiujictl ledger verify [--statement FILE]   prove every balance from the entries "
    "alone, against funds,\n"
    "                                                   payments and a statement (CSV: "
    "payment,fen,paid|returned)\n"
    "       jiujictl ledger fund CODE                   all accounts of a fund\n"
    "       jiujictl ledger entries CODE [--from TIME] [--to TIME]   TIME: "
    "2026-11-21T00:00:00+08:00\n"
    "exit status: 0 the books are right, 1 they are not, or it could not be done\n";

static int verify(struct store *store, const struct settings *s, const char *file)
{
    struct ledger_statement statement = {.count = 0};
    uint64_t differences = 0;
    if (file != NULL) {
        struct buf why;
        buf_init(&why, 512);
        enum err err = ledger_statement_read(file, &statement, &why);
        if (err != ERR_OK) {
            ctl_complain("%s: %s %s", file, err_text(err), why.ptr == NULL ? "" : why.ptr);
        }
        buf_release(&why);
        if (err != ERR_OK) {
            return CTL_FAILED;
        }
    }
    bool ok = ledger_prove(store, s->region, file == NULL ? NULL : &statement, &differences);
    ledger_statement_release(&statement);
    return ok && differences == 0 ? CTL_OK : CTL_FAILED;
}

static int show_fund(struct store *store, const struct settings *s, const char *code)
{
    redisReply *reply = NULL;
    struct fund_view f;
    fund_get_write(store_fcall(store), s->region, slice_of(code));
    if (!ctl_store_call(store, &reply)) {
        return CTL_FAILED;
    }
    enum err err = fund_get_read(reply, &f);
    if (err == ERR_OK) {
        for (size_t a = 0; a < ACCOUNT_COUNT; a++) {
            printf("%-12s %14lld fen  %s\n", ledger_account_word((enum ledger_account)a),
                   (long long)f.balance_fen[a], ledger_account_zh((enum ledger_account)a));
        }
        printf("overdue %lld fen in %lld payments, low mark %lld fen, imbalance %lld fen%s%.*s%s\n",
               (long long)f.overdue_fen, (long long)f.overdue_payments, (long long)f.low_fen,
               (long long)ledger_imbalance_fen(f.balance_fen),
               f.lender.len > 0 ? ", borrows from " : "", SLICE_FMT(f.lender),
               f.cash_stopped ? ", CASH IS STOPPED" : "");
    } else {
        ctl_complain(err == ERR_NOT_FOUND ? "%s has no fund" : "%s: the store's answer is damaged",
                     code);
    }
    freeReplyObject(reply);
    return err == ERR_OK ? CTL_OK : CTL_FAILED;
}

static void print_entry(const struct ledger_entry *e, const char *code)
{
    struct ledger_posting postings[LEDGER_POSTINGS_MAX];
    struct json *root = NULL;
    struct slice verb = SLICE_LIT("?"), actor = SLICE_LIT("?"), policy = SLICE_LIT("");
    int64_t at_ms = 0;
    size_t n = 0;
    char when[CLOCK_RFC3339_SIZE];
    if (json_parse(e->json, &root, NULL) != ERR_OK ||
        ledger_postings_read(e->json, postings, &n) != ERR_OK) {
        printf("%.*s %.*s: cannot be read\n", SLICE_FMT(e->id), SLICE_FMT(e->entity));
        json_free(root);
        return;
    }
    bool told = json_string(json_get(root, "verb"), &verb) == ERR_OK &&
                json_string(json_get(root, "actor"), &actor) == ERR_OK &&
                json_int64(json_get(root, "at_ms"), 0, JSON_INT_MAX, &at_ms) == ERR_OK;
    if (json_string(json_get(root, "policy"), &policy) != ERR_OK) {
        policy = SLICE_LIT("");
    }
    clock_format_rfc3339(at_ms, when);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(postings[i].fund, code) == 0) {
            printf("%s %.*s %s -> %s %lld fen, %.*s by %.*s%s%.*s%s\n", when, SLICE_FMT(e->entity),
                   ledger_account_word(postings[i].from), ledger_account_word(postings[i].to),
                   (long long)postings[i].amount_fen, SLICE_FMT(verb), SLICE_FMT(actor),
                   policy.len > 0 ? ", " : "", SLICE_FMT(policy), told ? "" : " (incomplete)");
        }
    }
    json_free(root);
}

static int entries(struct store *store, const struct settings *s, const char *code,
                   const char *from, const char *to)
{
    char first[EVENT_ID_SIZE + 1], last[EVENT_ID_SIZE] = "+";
    int64_t from_ms = 0, to_ms = 0;
    if ((from != NULL && clock_parse_rfc3339(slice_of(from), &from_ms) != ERR_OK) ||
        (to != NULL && clock_parse_rfc3339(slice_of(to), &to_ms) != ERR_OK)) {
        return ctl_usage(USAGE);
    }
    snprintf(first, sizeof(first), "%lld", (long long)from_ms);
    if (to != NULL) {
        snprintf(last, sizeof(last), "%lld", (long long)to_ms);
    }
    for (bool more = true; more;) {
        redisReply *reply = NULL;
        ledger_scan_write(store_fcall(store), s->region, slice_of(first), slice_of(last),
                          LEDGER_SCAN_MAX, slice_of(code));
        if (!ctl_store_call(store, &reply)) {
            return CTL_FAILED;
        }
        for (size_t i = 0; i < ledger_scan_count(reply); i++) {
            struct ledger_entry e;
            ledger_scan_at(reply, i, &e);
            print_entry(&e, code);
        }
        struct slice next = ledger_scan_next(reply);
        more = next.len > 0;
        snprintf(first, sizeof(first), "(%.*s", SLICE_FMT(next));
        freeReplyObject(reply);
    }
    return CTL_OK;
}

int ctl_ledger(int argc, char **argv, const struct settings *s)
{
    const char *statement = NULL, *from = NULL, *to = NULL;
    const struct ctl_option options[] = {{.name = "statement", .value = &statement},
                                         {.name = "from", .value = &from},
                                         {.name = "to", .value = &to}};
    if (!ctl_options(&argc, argv, options, COUNT_OF(options))) {
        return CTL_USAGE;
    }
    bool proving = argc == 2 && strcmp(argv[1], "verify") == 0 && from == NULL && to == NULL;
    bool listing = argc == 3 && strcmp(argv[1], "entries") == 0 && statement == NULL;
    bool showing = argc == 3 && strcmp(argv[1], "fund") == 0 && statement == NULL && from == NULL &&
                   to == NULL;
    if ((!proving && !listing && !showing) || (argc == 3 && !slice_all_digits(slice_of(argv[2])))) {
        return ctl_usage(USAGE);
    }
    struct store *store = ctl_store_open(s);
    if (store == NULL) {
        return CTL_FAILED;
    }
    int status = proving   ? verify(store, s, statement)
                 : listing ? entries(store, s, argv[2], from, to)
                           : show_fund(store, s, argv[2]);
    store_free(store);
    return status;
}
