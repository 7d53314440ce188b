/* The one error enum of the project, made from one table: name, stable code (used in problem+json
 * `type`, in log lines and as the first word of an error from the store's functions), HTTP status,
 * whether the same request may be tried again unchanged, and a short English text. Functions return
 * it at once; on failure their outputs are untouched unless they say otherwise. Expected outcomes
 * (duplicate, stale, nothing to do) are values, not errors. */
#ifndef QUEUE_BASE_ERR_H
#define QUEUE_BASE_ERR_H

#include <stdbool.h>
#include "queue/base/check.h"

#define ERR_TABLE(X)                                                                               \
    X(ERR_OK, "ok", 200, false, "ok")                                                              \
    X(ERR_INPUT, "bad-input", 400, false, "the input is not valid")                                \
    X(ERR_AUTH, "unauthorized", 401, false, "no valid token")                                      \
    X(ERR_FORBIDDEN, "forbidden", 403, false, "the role may not do this")                          \
    X(ERR_NOT_FOUND, "not-found", 404, false, "there is no such thing")                            \
    X(ERR_METHOD, "method-not-allowed", 405, false, "the method is not allowed here")              \
    X(ERR_MOVE, "illegal-move", 409, false, "the case cannot make this move from its state")       \
    X(ERR_STALE, "stale-claim", 409, false, "the claim is no longer held")                         \
    X(ERR_CONFLICT, "conflict", 409, false, "the request conflicts with what is stored")           \
    X(ERR_CAP, "cap-reached", 409, false, "a cap of the policy is reached")                        \
    X(ERR_FUNDS, "fund-too-low", 409, false, "the reserve fund does not hold enough")              \
    X(ERR_VERSION, "version-mismatch", 412, false, "the case has changed since it was read")       \
    X(ERR_TOO_LARGE, "too-large", 413, false, "larger than the limit")                             \
    X(ERR_KEY_REUSED, "idempotency-key-reused", 422, false, "the key was used with another body")  \
    X(ERR_LIMIT, "limit", 429, true, "too many at once")                                           \
    X(ERR_INTERNAL, "internal", 500, false, "internal error")                                      \
    X(ERR_CORRUPT, "corrupt", 500, false, "stored data is damaged")                                \
    X(ERR_NO_MEMORY, "no-memory", 503, true, "out of memory")                                      \
    X(ERR_IO, "io", 503, true, "input or output failed")                                           \
    X(ERR_TIMEOUT, "timeout", 503, true, "no answer in time")                                      \
    X(ERR_CANCELLED, "cancelled", 503, true, "cancelled before it was done")                       \
    X(ERR_STORE_DOWN, "store-down", 503, true, "the store cannot be reached")                      \
    X(ERR_STORE_LOADING, "store-loading", 503, true, "the store is loading its data")              \
    X(ERR_STORE_READONLY, "store-readonly", 503, true, "the store is a replica or refuses writes") \
    X(ERR_STORE_FULL, "store-full", 503, true, "the store has no memory left")                     \
    X(ERR_STORE_SETTINGS, "store-settings", 503, true, "the store runs with unsafe settings")      \
    X(ERR_STORE_FUNCTIONS, "store-functions", 503, true,                                           \
      "the store's function library is missing or another version")                                \
    X(ERR_DRAINING, "draining", 503, true, "the process is about to stop")

enum err {
#define ERR_ENUM(name, code, status, retry, text) name,
    ERR_TABLE(ERR_ENUM)
#undef ERR_ENUM
        ERR_COUNT
};

/* Stable lower-case code, e.g. "illegal-move". Never NULL. */
const char *err_code(enum err e);
/* English text without a full stop. Never NULL. */
const char *err_text(enum err e);
/* HTTP status, 200..599. */
int err_http_status(enum err e);
/* True if the unchanged request may succeed later. */
bool err_may_retry(enum err e);
/* The error whose code is text[0..len); ERR_COUNT if there is none. */
enum err err_from_code(const char *text, unsigned long len);

#endif
