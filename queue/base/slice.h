/* A borrowed run of bytes: not owned, not NUL-terminated. len 0 may go with ptr NULL. */
#ifndef QUEUE_BASE_SLICE_H
#define QUEUE_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "queue/base/err.h"

struct slice {
    const char *ptr;
    size_t len;
};

#define SLICE_LIT(text) ((struct slice){(text), sizeof(text) - 1})
#define SLICE_FMT(s) (int)(s).len, (s).ptr /* for "%.*s" */

static inline struct slice slice_make(const char *ptr, size_t len)
{
    return (struct slice){ptr, len};
}

static inline struct slice slice_of(const char *text)
{
    return (struct slice){text, text == NULL ? 0 : strlen(text)};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_is(struct slice a, const char *text)
{
    return slice_eq(a, slice_of(text));
}

bool slice_starts_with(struct slice s, const char *prefix);
/* True if s is not empty and every byte is an ASCII digit. */
bool slice_all_digits(struct slice s);
/* The whole of s as a decimal integer in min..max: optional '-', no '+', no spaces, no leading
 * zeros (except "0"). ERR_INPUT otherwise. */
MUST_CHECK enum err slice_to_int64(struct slice s, int64_t min, int64_t max, int64_t *out);
/* s without ASCII spaces, tabs, CR and LF at both ends. */
struct slice slice_trim(struct slice s);
/* Cut s at the first `sep`: returns the part before it and moves *s behind it; without a `sep`
 * returns all and leaves *s empty with ptr NULL. */
struct slice slice_cut(struct slice *s, char sep);
/* Copy s as a C string into out[0..size). ERR_TOO_LARGE if it does not fit, ERR_INPUT if s holds a
 * NUL. */
MUST_CHECK enum err slice_copy(struct slice s, char *out, size_t size);

/* Lower-case hex: writes 2 * len characters and a NUL into out. */
void hex_encode(const unsigned char *bytes, size_t len, char *out);
/* The reverse; ERR_INPUT unless text is exactly 2 * len hex digits (either case). */
MUST_CHECK enum err hex_decode(struct slice text, unsigned char *bytes, size_t len);

#endif
