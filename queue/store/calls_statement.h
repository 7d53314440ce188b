/* Typed calls about statements (对账单) of the payment rails, kept per rail and booking day, and
 * about the reports of reconciliation. No personal data: ids, amounts, references. Slices are
 * borrowed from the arguments or from the reply. The functions: lua/statement.lua. */
#ifndef QUEUE_STORE_CALLS_STATEMENT_H
#define QUEUE_STORE_CALLS_STATEMENT_H

#include "queue/domain/statement.h"
#include "queue/store/calls_money.h"

#define STATEMENT_RAIL_MAX 32                  /* [a-z][a-z0-9_]* */
#define STATEMENT_DAY_SIZE 9                   /* "20261121" and a NUL */
#define STATEMENT_SHA256_SIZE 65               /* hex digits and a NUL */
#define STATEMENT_CHUNK_LINES 400              /* most lines of one call */
#define STATEMENT_CHUNK_MAX ((size_t)160000)   /* bytes of them, written */
#define STATEMENT_FILES_MAX 200                /* of one rail and day */
#define STATEMENT_LINES_MAX 200000             /* of one rail and day, all files (RECONCILE_MAX) */
#define STATEMENT_SOURCE_MAX 100               /* bytes of a file's name at the bank */
#define RECONCILE_REPORT_MAX ((size_t)2 << 20) /* bytes of a kept report */

/* [a-z][a-z0-9_]{0,31} */
bool statement_rail_valid(struct slice rail);
/* "20261121" of the China day that holds at_ms; at_ms: year 1970..9999. */
void statement_day(int64_t at_ms, char out[STATEMENT_DAY_SIZE]);
/* First instant of a day, "20261121" or "2026-11-21"; ERR_INPUT when there is no such day. */
MUST_CHECK enum err statement_day_read(struct slice text, int64_t *from_ms);

/* ---- Lines ---- One line as text, fields with tabs; and back. ERR_CORRUPT. */
void statement_line_write(const struct statement_line *l, struct buf *out);
MUST_CHECK enum err statement_line_read(struct slice text, struct statement_line *out);

/* One chunk of what a file says of one rail and day. The file counts once all its chunks are there;
 * the same file again changes nothing. */
struct statement_chunk {
    const char *rail, *day, *sha256;
    size_t chunk, chunks; /* 1..chunks */
    size_t lines;         /* of the whole file for this day */
    struct slice text;    /* lines of this chunk, each with a line feed */
    struct slice source;  /* the file's name, for records; printable, without '|' */
    int64_t due_ms;       /* when a worker is to reconcile the day, 0 = by the caller */
    struct slice actor, event_tail;
};
enum statement_outcome { STATEMENT_ADDED, STATEMENT_SAME, STATEMENT_FULL };
void statement_add_write(struct fcall *f, const char *region, const struct statement_chunk *c);
MUST_CHECK enum err statement_add_read(const redisReply *reply, enum statement_outcome *out);

struct statement_file {
    struct slice sha256, actor, source;
    int64_t lines, chunks, added_ms;
};
void statement_files_write(struct fcall *f, const char *region, const char *rail, const char *day);
/* files: room for STATEMENT_FILES_MAX, by time of arrival, then hash. */
MUST_CHECK enum err statement_files_read(const redisReply *reply, struct statement_file *files,
                                         size_t *n);
/* The reply's text is the chunk's. */
void statement_chunk_write(struct fcall *f, const char *region, const char *rail, const char *day,
                           struct slice sha256, int64_t chunk);

/* ---- Payments ---- Ids named by the events from..to ("ms" or "(id"), at most 500 events looked
 * at. */
#define STATEMENT_SCAN_EVENTS 500
void statement_scan_write(struct fcall *f, const char *region, struct slice from, struct slice to);
struct slice statement_scan_next(const redisReply *reply); /* id to go on behind, "" at the end */
size_t statement_scan_count(const redisReply *reply);
struct slice statement_scan_id(const redisReply *reply, size_t i);

/* A payment, what its job has got to, and what its case's entries in the ledger say of it. */
struct statement_payment {
    bool found;
    struct slice id, rail; /* rail "": not told by anything */
    struct slice bank_ref;
    enum payment_state state;
    char method; /* 'b' bank … */
    int64_t amount_fen, made_ms;
    int64_t sent_ms;  /* when it may first have been sent; 0 = provably never */
    int64_t final_ms; /* when the outcome that stands was stored, 0 = not final */
    int64_t ledger_paid_fen, ledger_returned_fen;
};
/* 1..64 ids: begin, then fcall_slice(id) each. */
void statement_payments_begin(struct fcall *f, const char *region);
MUST_CHECK enum err statement_payments_read(const redisReply *reply, struct statement_payment *rows,
                                            size_t n);

/* ---- Reconciling ---- */

/* Ask for a run; a worker of the pay stage takes it. due_ms: not before. RECONCILE_ASK_FULL: too
 * many wait. */
enum reconcile_ask_outcome {
    RECONCILE_ASK_OK,
    RECONCILE_ASK_FULL,
    RECONCILE_ASK_REPLAYED, /* the same key has asked for it before */
    RECONCILE_ASK_KEY_REUSED
};
struct reconcile_ask {
    const char *rail, *day;
    int64_t due_ms;
    struct slice event_tail, idem_hash, fingerprint;
};
void reconcile_ask_write(struct fcall *f, const char *region, const struct reconcile_ask *a);
MUST_CHECK enum err reconcile_ask_read(const redisReply *reply, enum reconcile_ask_outcome *out);
/* The daily run: asked for unless there is a report of that day, or somebody has asked. No event.
 */
void reconcile_plan_write(struct fcall *f, const char *region, const char *rail, const char *day,
                          int64_t due_ms);

/* The next run that is due, for lease_ms; nobody else gets it meanwhile. */
struct reconcile_task {
    bool found;
    char rail[STATEMENT_RAIL_MAX + 1], day[STATEMENT_DAY_SIZE];
    struct slice token; /* for reconcile_done_write */
};
void reconcile_take_write(struct fcall *f, const char *region, int64_t lease_ms);
MUST_CHECK enum err reconcile_take_read(const redisReply *reply, struct reconcile_task *out);

/* Keep a report (400 days); it replaces an earlier one of the same rail and day. token "": nobody
 * asked. */
struct reconcile_done {
    const char *rail, *day;
    struct slice token, report; /* JSON */
    struct slice state;         /* clean, differences, no_statement */
    int64_t differences;
    struct slice actor, event_tail;
};
void reconcile_done_write(struct fcall *f, const char *region, const struct reconcile_done *d);
/* *changed: false when the report says what the kept one says; then only the token is given back.
 */
MUST_CHECK enum err reconcile_done_read(const redisReply *reply, bool *changed);

struct reconcile_kept {
    struct slice report, state, actor;
    int64_t made_ms, differences;
    bool found, waiting; /* waiting: a run is asked for */
};
/* begin, then fcall_text(rail) for each of 1..16 rails. */
void reconcile_get_begin(struct fcall *f, const char *region, const char *day, bool reports);
MUST_CHECK enum err reconcile_get_read(const redisReply *reply, struct reconcile_kept *rows,
                                       size_t n);

#endif
