/* Strict JSON (RFC 8259) on top of cJSON, which nobody else includes. What cJSON lets through is
 * refused here before it sees the text: bad UTF-8, raw control characters, wrong numbers, lone
 * surrogates, NUL characters, duplicate keys, bytes behind the document, nesting deeper than
 * JSON_DEPTH_MAX, more than JSON_KEYS_MAX keys in one object.
 *
 * Values belong to the document and live until json_free(root). Getters take NULL (an absent value)
 * and answer accordingly. */
#ifndef QUEUE_BASE_JSON_H
#define QUEUE_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define JSON_DEPTH_MAX 16
#define JSON_KEYS_MAX 256
#define JSON_INT_MAX \
    INT64_C(9007199254740991) /* 2^53 - 1: what every reader of JSON keeps exactly */

struct json; /* one value */

enum json_kind {
    JSON_ABSENT,
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* Where and why a text was refused. */
struct json_fault {
    size_t offset;      /* byte offset into the text */
    int line;           /* from 1 */
    const char *reason; /* static text, e.g. "duplicate key" */
};

/* On ERR_OK *root is owned by the caller (json_free). ERR_INPUT with *fault filled (fault may be
 * NULL), ERR_NO_MEMORY. */
MUST_CHECK enum err json_parse(struct slice text, struct json **root, struct json_fault *fault);
void json_free(struct json *root); /* NULL is allowed */

enum json_kind json_kind(const struct json *v);
/* Member of an object by exact name; NULL if v is not an object or has no such member. */
const struct json *json_get(const struct json *v, const char *name);
/* Element i of an array; NULL if there is none. Linear: to walk use json_first/json_next. */
const struct json *json_at(const struct json *v, size_t i);
/* First child of an object or array and the next sibling; NULL at the end. */
const struct json *json_first(const struct json *v);
const struct json *json_next(const struct json *v);
/* Name of an object's member, "" elsewhere. */
const char *json_name(const struct json *v);
/* Number of members or elements, 0 for other kinds. */
size_t json_size(const struct json *v);

/* Typed getters: ERR_INPUT (output untouched) when v is absent or of another kind. Strings are
 * borrowed from the document. */
MUST_CHECK enum err json_string(const struct json *v, struct slice *out);
MUST_CHECK enum err json_bool(const struct json *v, bool *out);
/* Integers only (no fraction, no exponent that makes one), within min..max and +-JSON_INT_MAX. */
MUST_CHECK enum err json_int64(const struct json *v, int64_t min, int64_t max, int64_t *out);
MUST_CHECK enum err json_double(const struct json *v, double min, double max, double *out);

/* Text of v, compact, as cJSON prints it. For diagnostics and pass-through, not for signatures. */
void json_print(const struct json *v, struct buf *out);

/* ---- Writing: straight into a buffer, commas are put where they belong. `name` is NULL inside
 * arrays and for the root. Text must be valid UTF-8. Look at buf_err() once at the end. ---- */
struct json_out {
    struct buf *buf;
    bool need_comma;
};

void json_out_init(struct json_out *o, struct buf *buf);
void json_open_object(struct json_out *o, const char *name);
void json_close_object(struct json_out *o);
void json_open_array(struct json_out *o, const char *name);
void json_close_array(struct json_out *o);
void json_put_slice(struct json_out *o, const char *name, struct slice value);
void json_put_text(struct json_out *o, const char *name, const char *value);
void json_put_int(struct json_out *o, const char *name, int64_t value);
void json_put_bool(struct json_out *o, const char *name, bool value);
/* RFC 3339 in China Standard Time; null for 0 and below: not yet. */
void json_put_time(struct json_out *o, const char *name, int64_t at_ms);
void json_put_null(struct json_out *o, const char *name);
/* A number with 7 digits behind the point (coordinates in degrees: about 1 cm). */
void json_put_degrees(struct json_out *o, const char *name, double value);
/* A value that already is JSON text. */
void json_put_raw(struct json_out *o, const char *name, struct slice json_text);
/* Only the quoted and escaped string, for use in other formats. */
void json_quote(struct buf *buf, struct slice value);

#endif
