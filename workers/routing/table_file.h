/* Rows of a CSV (.csv, comma) or TSV (anything else, tab) file with a header line, plain or gzip.
 * Columns are found by their names in the header, in any order; columns nobody asked for are
 * skipped. A byte order mark, CR LF and quoted CSV fields are understood. Every complaint names
 * file, line and column and says what to do. */
#ifndef WORKERS_ROUTING_TABLE_FILE_H
#define WORKERS_ROUTING_TABLE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define TABLE_COLUMNS_MAX 16
#define TABLE_LINE_MAX 4096 /* bytes */

struct table;

/* columns: names wanted; a leading '?' marks one that may be missing. ERR_NOT_FOUND, ERR_IO,
 * ERR_INPUT with `why`. On ERR_OK the caller owns *out (table_close). */
MUST_CHECK enum err table_open(const char *path, const char *const *columns, size_t count,
                               struct table **out, struct buf *why);
void table_close(struct table *t); /* NULL is allowed */
/* The next row; *more false at the end. Empty lines are skipped. ERR_INPUT: too long, not UTF-8,
 * wrong number of fields; ERR_IO: the gzip data is cut or damaged. */
MUST_CHECK enum err table_next(struct table *t, bool *more, struct buf *why);
/* Field of the row read last, by the number in `columns`; empty for a missing column. Valid until
 * the next row. */
struct slice table_field(const struct table *t, size_t column);
bool table_has(const struct table *t, size_t column);
long table_line(const struct table *t);
/* Write "FILE line N, column C: <text>" to why and return ERR_INPUT. */
enum err table_fault(const struct table *t, size_t column, struct buf *why, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Values of fields, with a complaint when they are not what they should be. */
MUST_CHECK enum err table_code(const struct table *t, size_t column, size_t digits, int64_t *out,
                               struct buf *why);
/* Degrees within least..most. */
MUST_CHECK enum err table_degrees(const struct table *t, size_t column, double least, double most,
                                  double *out, struct buf *why);

#endif
