/* What a complete head means: method, path, fields, how the body is framed, whether the connection may be kept. The
 * bytes have passed head_scan.h; llhttp reads them here a second time and must agree.
 *
 * Refused with 400: no Host, several, or an invalid one; Content-Length with Transfer-Encoding, twice, or not digits; a
 * transfer coding on HTTP/1.0; a body with GET, HEAD, DELETE or OPTIONS; an absolute target whose host is not the Host;
 * a bad or NUL escape in the path; a repeated header of those that may come once. With 501: methods that are not
 * served, Upgrade, transfer codings other than chunked. With 417: an expectation other than 100-continue. With 505:
 * versions other than 1.1 and 1.0. Pure. */
#ifndef SERVER_HTTP_HEAD_H
#define SERVER_HTTP_HEAD_H

#include <stdbool.h>
#include <stdint.h>
#include "server/http/fault.h"
#include "server/http/head_scan.h"
#include "server/http/message.h"

#define CONTENT_LENGTH_DIGITS 15

struct http_head {
    struct http_request request; /* method, path, query, fields; slices of the head's bytes */
    struct http_field fields[HTTP_HEADER_LINES_MAX];
    uint64_t content_length; /* 0 if there is none */
    bool chunked;
    bool keep_alive;     /* the client wants it and the version allows it */
    bool wants_continue; /* sent Expect: 100-continue */
};

/* scan: finished, of bytes[0..scan->at). On failure *fault says why (*head is then undefined) and false is returned. */
MUST_CHECK bool head_read(struct http_head *head, const struct head_scan *scan, const char *bytes,
                          enum http_fault_id *fault);

#endif
