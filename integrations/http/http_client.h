/* HTTP calls for the workers' straight-line code: many at once, one blocking call. On libcurl's
 * multi interface.
 *
 * What it promises:
 * - Every call ends with exactly one outcome within its own deadlines; http_client_run() returns
 *   when all have ended.
 * - HTTP/1.1, no redirects, http and https only, TLS peer and host verified, no proxy, netrc or
 *   cookie taken from the environment, no `Expect` header, the answer's body never larger than
 *   HTTP_REPLY_MAX.
 * - HTTP_NOT_SENT is a proof: libcurl never reached the point just before the request goes out.
 *   Everything else that is not a whole answer is HTTP_UNKNOWN, whatever the error was.
 * - A call with `money` set goes out at most once, on a connection of its own; libcurl's hidden
 *   repeat on a connection that died while idle cannot happen. Calls without it share kept-alive
 *   connections, and that repeat is possible.
 *
 * One client belongs to one thread. The library keeps no connection past http_client_free(). */
#ifndef INTEGRATIONS_HTTP_HTTP_CLIENT_H
#define INTEGRATIONS_HTTP_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define HTTP_REPLY_MAX ((size_t)256 * 1024)
#define HTTP_HEAD_MAX \
    ((size_t)32 * 1024) /* of an answer whose head is kept; more is HTTP_UNKNOWN */
#define HTTP_PARALLEL_MAX 256
#define HTTP_CALL_HEADERS_MAX 8

struct http_client; /* opaque */

struct http_client_options {
    int max_parallel;       /* calls at once, 1..HTTP_PARALLEL_MAX; further ones wait for a place */
    const char *user_agent; /* copied; NULL for "jiuji" */
    const char *ca_file;    /* PEM bundle for a private CA, copied; NULL for the system's */
};

enum http_outcome {
    HTTP_UNKNOWN,  /* something may have reached the peer; no whole answer came back */
    HTTP_ANSWERED, /* a whole answer: status and reply are set */
    HTTP_NOT_SENT, /* provably not one byte of the request was sent */
};

/* One request and its answer. Start with http_call_init(), set what is needed, hand it to
 * http_client_run(), read the result, http_call_release(). The texts of the request are borrowed
 * until http_client_run() returns. */
struct http_call {
    /* the request */
    const char *url;          /* http:// or https:// */
    struct slice body;        /* sent by POST only */
    const char *content_type; /* of the body; init sets application/json */
    const char *bearer;       /* token for `Authorization: Bearer`, NULL or "" for none */
    /* whole lines without CR and LF, e.g. "traceparent: 00-…"; NULL = none */
    const char *headers[HTTP_CALL_HEADERS_MAX];
    long connect_ms; /* 1.., deadline until connected (TLS included); init sets 3000 */
    long total_ms;   /* 1.., deadline of the whole call from its own start; init sets 15000 */
    bool post;       /* POST, else GET */
    bool money;      /* a connection of its own and no hidden repeat, see above */
    bool keep_head;  /* keep the answer's header lines for http_call_header() */
    /* the answer */
    enum http_outcome outcome;
    int status;        /* 200..599 when ANSWERED, else 0 */
    struct buf reply;  /* the body when ANSWERED, else what came of it */
    struct buf head;   /* with keep_head: the final answer's header lines, CRLF between them */
    const char *error; /* why it is not ANSWERED, else ""; static text, no address, no content */
    long took_ms;
};

/* Call once per process before any thread starts. ERR_INTERNAL. */
MUST_CHECK enum err http_client_setup(void);

/* *out is owned by the caller. ERR_INPUT (options out of range), ERR_NO_MEMORY. */
MUST_CHECK enum err http_client_new(const struct http_client_options *options,
                                    struct http_client **out);
void http_client_free(struct http_client *client); /* NULL is allowed */

void http_call_init(struct http_call *call);
void http_call_release(struct http_call *call);
/* Value of a header of the answer by name in any case, trimmed, borrowed from `head`; {NULL, 0} if
 * it is absent or stands twice (a doubled signature is nobody's). Needs keep_head. */
struct slice http_call_header(const struct http_call *call, const char *name);

/* Perform all n calls, at most max_parallel at once, and block until each has its outcome. Cannot
 * fail as a whole: a call that could not even be started (bad URL, a header with CR or LF, no
 * memory) ends as HTTP_NOT_SENT with its error. The deadline of a call that waits for a place
 * starts when it gets one. */
void http_client_run(struct http_client *client, struct http_call calls[], size_t n);

#endif
