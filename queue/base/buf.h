/* A growable byte buffer with a hard maximum. The first failure (no memory, or the maximum reached)
 * is remembered and all later puts are ignored, so a writer may put many times and look once with
 * buf_err(). The bytes are NUL-terminated behind `len` whenever `ptr` is not NULL. */
#ifndef QUEUE_BASE_BUF_H
#define QUEUE_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"

struct buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t max;   /* len never exceeds it */
    enum err err; /* ERR_OK, ERR_NO_MEMORY or ERR_TOO_LARGE; sticky until buf_clear */
};

/* No allocation yet. max: 1..SIZE_MAX/2 bytes. */
void buf_init(struct buf *b, size_t max);
/* Free the memory; b may be initialised again. */
void buf_release(struct buf *b);
/* Empty it and forget an error; the memory is kept. */
void buf_clear(struct buf *b);
MUST_CHECK enum err buf_err(const struct buf *b);
struct slice buf_slice(const struct buf *b);

void buf_put(struct buf *b, const void *bytes, size_t len);
void buf_put_slice(struct buf *b, struct slice s);
void buf_put_text(struct buf *b, const char *text);
void buf_put_char(struct buf *b, char c);
void buf_put_int(struct buf *b, int64_t value);
void buf_putf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Room for at least len more bytes, to be filled by the caller who then adds to b->len; NULL on
 * failure. */
char *buf_room(struct buf *b, size_t len);
/* Drop the first len bytes (len <= b->len). */
void buf_consume(struct buf *b, size_t len);

#endif
