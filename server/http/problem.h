/* Problem details for HTTP APIs (RFC 9457), the one form of every error answer:
 *   {"type":"urn:jiuji:problem:bad-input","title":"the input is not valid","status":400,"detail":"请求格式有误。",
 *    "errors":[{"pointer":"/caller/phone","detail":"须为 11 位手机号码。"}], "allowed":["accept"]} */
#ifndef SERVER_HTTP_PROBLEM_H
#define SERVER_HTTP_PROBLEM_H

#include <stddef.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define PROBLEM_TYPE_PREFIX "urn:jiuji:problem:"

/* One fault of one field. pointer: JSON Pointer (RFC 6901) into the request's body, "" for the whole. */
struct problem_error {
    const char *pointer;
    const char *detail; /* Chinese sentence, never the value itself */
};

/* A further member: a value that already is JSON text. */
struct problem_extra {
    const char *name;
    struct slice json;
};

struct problem {
    enum err err;       /* gives type and title */
    int status;         /* 0: err_http_status(err) */
    const char *detail; /* Chinese sentence; NULL: left out */
    const struct problem_error *errors;
    size_t error_count; /* 0: no `errors` member */
    const struct problem_extra *extras;
    size_t extra_count;
};

/* Append the JSON text to out; look at buf_err(). */
void problem_write(struct buf *out, const struct problem *p);
/* The HTTP status that goes with it. */
int problem_status(const struct problem *p);

#endif
