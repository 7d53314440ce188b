/* What the parts of a reconciliation share: reconcile_load.c gathers lines and payments,
 * reconcile_run.c compares, records and keeps, reconcile_report.c writes. Not for anybody else. */
#ifndef QUEUE_STORE_RECONCILE_INSIDE_H
#define QUEUE_STORE_RECONCILE_INSIDE_H

#include "queue/store/reconcile_run.h"

#define RUN_FILES_MAX (STATEMENT_FILES_MAX * (RECONCILE_CONTEXT_DAYS + 1))

/* A line and the file it stands in. */
struct run_line {
    struct statement_line line;
    size_t file; /* index into run.files */
};

struct run_lines {
    struct run_line *list;
    size_t count, cap;
};

struct run_file {
    char sha256[STATEMENT_SHA256_SIZE];
    char source[STATEMENT_SOURCE_MAX + 1];
    int64_t lines;
    bool of_day;
};

struct run_payment {
    struct reconcile_payment p;
    int64_t made_ms, final_ms;
    int64_t ledger_paid_fen, ledger_returned_fen;
    bool same_rail;
    bool on_day;         /* a line of the day is about it */
    bool kept;           /* compared in this run */
    int debits, returns; /* on earlier statements; a batch that it is in counts as one */
};

struct run {
    struct store *store;
    const struct reconcile_order *order;
    const char *region;
    int64_t from_ms, to_ms;           /* the day */
    int64_t look_from_ms, look_to_ms; /* events that are asked */
    int64_t listed_before_ms;
    struct run_file *files;
    size_t file_count, file_cap;
    struct run_lines lines, context; /* of the day, and earlier ones about its payments */
    char (*ids)[STATEMENT_ID_SIZE];
    size_t id_count, id_cap;
    struct run_payment *payments; /* sorted by id */
    size_t payment_count;
    /* what is compared: lines of both kinds, each once */
    struct statement_line *compared;
    size_t *compared_file;
    size_t compared_count;
    struct reconcile_payment *ours;
    size_t ours_count;
    struct reconcile_ledger ledger;
};

/* Lines of the day, then payments, then earlier lines about them. */
MUST_CHECK enum err run_load(struct run *run);
/* Read the payments again: what was recorded has changed them. */
MUST_CHECK enum err run_reload(struct run *run);
/* Which lines and payments are compared: run.compared, run.ours, run.ledger. */
MUST_CHECK enum err run_select(struct run *run);
void run_release(struct run *run);
/* The payment that a line names by our id, else by the bank's reference; NULL: none of the run's.
 */
struct run_payment *run_payment_named(const struct run *run, const struct statement_line *l);

/* What a run has recorded, now or in an earlier run of the same day. */
struct run_record {
    char payment[STATEMENT_ID_SIZE], sha256[STATEMENT_SHA256_SIZE];
    enum reconcile_reason reason;
    int64_t amount_fen;
};

/* One JSON object. kept: the report of an earlier run ("" none), whose records stay. */
MUST_CHECK enum err run_report(const struct run *run, const struct reconcile_input *in,
                               const struct reconcile_result *result,
                               const struct run_record *records, size_t n, struct slice kept,
                               struct buf *out);

#endif
