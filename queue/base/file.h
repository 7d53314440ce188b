/* Whole files. */
#ifndef QUEUE_BASE_FILE_H
#define QUEUE_BASE_FILE_H

#include <stddef.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

/* Append the file's bytes to out (its max bounds them). ERR_NOT_FOUND, ERR_IO, ERR_TOO_LARGE,
 * ERR_NO_MEMORY. */
MUST_CHECK enum err file_read(const char *path, struct buf *out);
/* Replace the file at once: temporary name beside it, fsync, rename, fsync of the folder. mode as
 * in open(2), e.g. 0600. */
MUST_CHECK enum err file_replace(const char *path, struct slice content, unsigned mode);
/* mkdir -p with the mode; ERR_IO. */
MUST_CHECK enum err file_make_folder(const char *path, unsigned mode);

#endif
