/* The sandbox's memory on disk: an append-only text file, one line per thing that happened. Lines
 * are collected and go to the disk together: one write and one fdatasync for all that arrived in
 * one tick of the loop. Nothing is answered before. */
#ifndef INTEGRATIONS_SANDBOX_JOURNAL_H
#define INTEGRATIONS_SANDBOX_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define JOURNAL_LINE_MAX 8192

struct journal;

/* One line without its line feed. Anything but ERR_OK ends the reading. */
typedef enum err journal_line_fn(struct slice line, void *data);

/* Open or make the file (mode 0600), lock it against a second process and hand every whole line to
 * on_line. A last line that was cut off by a crash is removed. ERR_IO, ERR_CONFLICT (locked),
 * ERR_CORRUPT (a line over JOURNAL_LINE_MAX), ERR_NO_MEMORY, or what on_line returned. */
MUST_CHECK enum err journal_open(const char *path, journal_line_fn *on_line, void *data,
                                 struct journal **out);
/* Where the next line is to be written; end it with journal_end_line(). */
struct buf *journal_line(struct journal *j);
void journal_end_line(struct journal *j);
bool journal_dirty(const struct journal *j);
/* Bring all lines to the disk. After an error nothing is known about them and the process must end.
 */
MUST_CHECK enum err journal_commit(struct journal *j);
uint64_t journal_commits(const struct journal *j);
/* What was not committed is lost. NULL is allowed. */
void journal_close(struct journal *j);

#endif
