/* Query strings and application/x-www-form-urlencoded bodies, and percent-decoding. Pure. */
#ifndef SERVER_HTTP_QUERY_H
#define SERVER_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"

/* Decode %XX (and '+' to a space if plus_is_space) into out[0..size) with a NUL behind; *value is the decoded part of
 * out. ERR_INPUT: an incomplete or wrong escape, a NUL, or not UTF-8; ERR_TOO_LARGE: it does not fit. */
MUST_CHECK enum err percent_decode(struct slice raw, bool plus_is_space, char *out, size_t size, struct slice *value);

/* Take the next raw `name=value` off *query. False at the end. A part without '=' has an empty value; empty parts
 * ("a&&b") are skipped. */
bool query_next(struct slice *query, struct slice *name, struct slice *value);
/* The decoded value of the parameter `name` (ASCII, found by its decoded name). ERR_NOT_FOUND: absent; ERR_INPUT: given
 * twice, or percent_decode's faults; ERR_TOO_LARGE. */
MUST_CHECK enum err query_get(struct slice query, const char *name, char *out, size_t size, struct slice *value);
/* An integer parameter in min..max; *out is `absent` when it is not given. ERR_INPUT. */
MUST_CHECK enum err query_int64(struct slice query, const char *name, int64_t min, int64_t max, int64_t absent,
                                int64_t *out);
/* ERR_INPUT if a parameter is not one of the `count` names: typing errors are told, not ignored. */
MUST_CHECK enum err query_only(struct slice query, const char *const *names, size_t count);

#endif
