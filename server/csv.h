/* Comma-separated values (RFC 4180): quoted fields with doubled quotes, line ends of every kind,
 * blank lines skipped. The separator is the comma, or the tab when the first line has one and no
 * comma. Pure. */
#ifndef SERVER_CSV_H
#define SERVER_CSV_H

#include "queue/base/arena.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define CSV_FIELDS_MAX 64

struct csv {
    struct slice rest;
    char separator;
    int64_t line; /* from 1: where the record that was read last begins */
    int64_t next_line;
};

/* text: UTF-8 without a byte order mark. */
void csv_init(struct csv *c, struct slice text);
/* The next record: fields[0..*n), trimmed of blanks; those with doubled quotes are copied into the
 * arena, the others borrow. ERR_NOT_FOUND: the end. ERR_INPUT: a quote that is not closed (the rest
 * is eaten), or text behind a closing one (the record is eaten). ERR_TOO_LARGE: more than
 * CSV_FIELDS_MAX fields (eaten as well). ERR_NO_MEMORY. */
MUST_CHECK enum err csv_next(struct csv *c, struct arena *arena,
                             struct slice fields[CSV_FIELDS_MAX], size_t *n);

#endif
