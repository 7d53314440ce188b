/* One HTTP request as a handler sees it and one response as a handler gives it. Plain data, no I/O. */
#ifndef SERVER_HTTP_MESSAGE_H
#define SERVER_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "queue/base/slice.h"

#define HTTP_TYPE_JSON "application/json; charset=utf-8"
#define HTTP_TYPE_PROBLEM "application/problem+json; charset=utf-8"
#define HTTP_TYPE_TEXT "text/plain; charset=utf-8"
#define HTTP_TYPE_HTML "text/html; charset=utf-8"
#define HTTP_TYPE_EVENTS "text/event-stream; charset=utf-8"
#define HTTP_TYPE_METRICS "text/plain; version=0.0.4; charset=utf-8"

#define HTTP_HEADER_LINES_MAX 128 /* upper bound of http_limits.header_lines */
#define HTTP_EXTRA_HEADERS_MAX 8  /* of one response */
#define HTTP_ADDRESS_TEXT_SIZE 46 /* "ffff:...:255.255.255.255" and a NUL */

/* The methods that are served; every other method is answered 501 before a handler sees it. */
#define HTTP_METHOD_TABLE(X)        \
    X(HTTP_METHOD_GET, "GET")       \
    X(HTTP_METHOD_HEAD, "HEAD")     \
    X(HTTP_METHOD_POST, "POST")     \
    X(HTTP_METHOD_PUT, "PUT")       \
    X(HTTP_METHOD_PATCH, "PATCH")   \
    X(HTTP_METHOD_DELETE, "DELETE") \
    X(HTTP_METHOD_OPTIONS, "OPTIONS")

enum http_method {
#define HTTP_METHOD_ENUM(id, text) id,
    HTTP_METHOD_TABLE(HTTP_METHOD_ENUM)
#undef HTTP_METHOD_ENUM
        HTTP_METHOD_COUNT
};

/* "GET" and so on; never NULL for a valid value. */
const char *http_method_text(enum http_method m);

struct http_field {
    struct slice name;  /* in a request: as received, any case */
    struct slice value; /* without spaces at its ends */
};

/* Address of the other end. An IPv4 address seen through an IPv6 socket is shown as IPv4. */
struct http_address {
    unsigned char bytes[16]; /* first 4 for IPv4 */
    uint16_t port;
    bool ipv6;
};

/* "192.0.2.7" or "2001:db8::1", without the port. */
void http_address_text(const struct http_address *a, char out[HTTP_ADDRESS_TEXT_SIZE]);

/* Names one request for as long as anybody remembers it: plain value, may be copied, kept in an op, and used after the
 * client has gone (then it names nothing). {0, 0} never names a request. */
struct http_ticket {
    uint64_t serial; /* counts all requests of the process, from 1 */
    uint32_t slot;   /* of the connection */
};

/* All slices and the fields live until on_request returns: what is needed later must be copied. */
struct http_request {
    enum http_method method;
    bool http_1_0;
    struct slice path;  /* raw, starts with '/', or "*" for OPTIONS; every %XX in it is well formed and not %00 */
    struct slice query; /* raw, behind the first '?', empty if there is none */
    struct slice body;  /* de-chunked; empty for GET, HEAD, DELETE, OPTIONS */
    const struct http_field *fields;
    size_t field_count;
    struct http_address remote;
    struct http_ticket ticket;
};

/* Value of the header whose name is `lower_name` ("content-type"); {NULL, 0} if absent. The first one when it is
 * repeated (the ones that must not be repeated are refused before: host, content-length, content-type, authorization,
 * idempotency-key, if-match, if-none-match, last-event-id, traceparent). */
struct slice http_header(const struct http_request *r, const char *lower_name);

/* Everything is copied by http_reply. */
struct http_response {
    int status;                                      /* 200..599 */
    const char *content_type;                        /* NULL: none (then body must be empty) */
    struct slice body;                               /* not sent for HEAD, 204 and 304 */
    const char *cache_control;                       /* NULL: "no-store" */
    struct http_field extra[HTTP_EXTRA_HEADERS_MAX]; /* no control characters, or 500 is sent in its place */
    size_t extra_count;
    bool close; /* close the connection after it */
};

/* Reason phrase, e.g. "Not Found"; "Status" for a number without one. Never NULL. */
const char *http_status_text(int status);

#endif
