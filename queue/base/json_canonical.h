/* The canonical form of JSON by RFC 8785 (JCS): the same bytes for the same value, whoever wrote
 * it. For signatures and digests. Members stand in the order of their names' UTF-16 code units; no
 * spaces; strings with the fewest escapes and without Unicode normalisation; numbers as ECMAScript
 * prints them (shortest digits that read back to the same double). */
#ifndef QUEUE_BASE_JSON_CANONICAL_H
#define QUEUE_BASE_JSON_CANONICAL_H

#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/json.h"

/* Append the canonical form of v (not NULL). ERR_INPUT: a number is beyond the range of a double;
 * ERR_TOO_LARGE, ERR_NO_MEMORY. On failure out is spoilt. */
MUST_CHECK enum err json_canonical(const struct json *v, struct buf *out);

/* Append one number: "1e+21", "0.000001", "-5", "0" for both zeros. ERR_INPUT unless it is finite;
 * also buf_err(). */
MUST_CHECK enum err json_canonical_number(double value, struct buf *out);

#endif
