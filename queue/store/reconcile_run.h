/* A reconciliation from end to end: reads statement lines, payments and ledger entries of one rail
 * and day out of the store, sorts them into the four buckets (queue/domain/reconcile.h), records
 * what the statement proves and the site does not know yet, and keeps the report. Blocking: for
 * workers and the operator's tool.
 *
 * Which payments: those that a line of the day names, by our id, by the bank's reference or inside
 * a batch booked in one sum; those that became final in the day or the days before it and that no
 * earlier statement explains; those that are not final. Cash and goods are not the bank's. They are
 * found by the events' time, never by looking at all cases.
 *
 * What is recorded: only record_paid and record_return, through the store's one outcome function,
 * with the hash of the statement in the event. Everything else is listed for a person. The same run
 * again gives the same report. */
#ifndef QUEUE_STORE_RECONCILE_RUN_H
#define QUEUE_STORE_RECONCILE_RUN_H

#include "queue/domain/reconcile.h"
#include "queue/store/calls_statement.h"
#include "queue/store/store.h"

#define RECONCILE_LOOK_BACK_DAYS \
    3 /* besides the rail's settle time: how long what is not listed is shown again */
#define RECONCILE_CONTEXT_DAYS 40 /* earlier statements that are asked what became of a payment */
#define RECONCILE_EVENTS_MAX 5000000  /* events looked at in one run */
#define RECONCILE_ITEMS_KEPT_MAX 2000 /* differences in a kept report; their sums hold all */

struct reconcile_order {
    const char *rail, *day; /* "20261121" */
    int64_t now_ms;
    int64_t settle_ms; /* how long the bank may take to list what it has paid */
    const char *actor; /* "worker:w1", "admin:jiujictl" */
    struct slice token;
    /* The MsgId of the file that each order went out in, "" = in none; NULL = the rail has no
     * files. */
    enum err (*batches_of)(void *self, const char *const *ids, size_t n,
                           char (*out)[STATEMENT_BATCH_SIZE]);
    void *self;
    bool csv; /* fill outcome.csv: everything, the matched lines too */
};

struct reconcile_outcome {
    bool statement; /* there is one; else nothing was compared */
    bool clean, changed;
    size_t payments, lines, differences, recorded;
    struct buf json, csv; /* the caller's: reconcile_outcome_release */
};

/* ERR_TOO_LARGE, ERR_LIMIT: more payments, lines or events than a run may hold; ERR_STORE_…,
 * ERR_CORRUPT, ERR_NO_MEMORY. What was recorded before an error stays recorded; run again. */
MUST_CHECK enum err reconcile_run(struct store *store, const struct reconcile_order *order,
                                  struct reconcile_outcome *out);
void reconcile_outcome_release(struct reconcile_outcome *out);

/* Put the lines of one file into the store, each under its own booking day; lines without one go
 * under fallback_day. The same file again changes nothing. always: note the file for fallback_day
 * even if it has no line of it ("nothing was booked"). run_hour: a run is asked for at that hour of
 * the morning behind each day, at once if that has passed; -1: by the caller. *added: lines that
 * were new. ERR_LIMIT: the day has too many files or lines. */
struct statement_load {
    const char *rail, *sha256, *fallback_day, *actor;
    struct slice source;
    const struct statement_line *lines;
    size_t count;
    bool always;
    int64_t now_ms;
    int run_hour; /* 0..23, or -1 */
};
MUST_CHECK enum err statement_load(struct store *store, const struct statement_load *load,
                                   size_t *added);

#endif
