/* The bytes of a response. Pure. */
#ifndef SERVER_HTTP_RESPONSE_H
#define SERVER_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "server/http/message.h"

#define HTTP_DATE_SIZE 30 /* "Sun, 06 Nov 1994 08:49:37 GMT" and a NUL */

/* What the connection adds to the handler's answer. */
struct response_frame {
    const char *date;  /* value of the Date header */
    bool body_omitted; /* the request was HEAD */
    bool keep_alive;
    bool http_1_0; /* of the request */
    bool stream;   /* no Content-Length: chunked, or until close for HTTP/1.0 */
};

/* Append head and body. ERR_INPUT, nothing appended: a header holds control characters, or the status is out of range.
 * Running out of memory shows in buf_err(). */
MUST_CHECK enum err response_write(struct buf *out, const struct http_response *r, const struct response_frame *frame);
/* Append one chunk of a chunked body; piece must not be empty. */
void response_write_chunk(struct buf *out, struct slice piece);
/* IMF-fixdate of RFC 9110. at_ms: year 1970..9999. */
void http_date(int64_t at_ms, char out[HTTP_DATE_SIZE]);

#endif
