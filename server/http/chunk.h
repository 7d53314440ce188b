/* Decoder of chunked bodies (RFC 9112 section 7.1), stricter than the RFC allows to be sent: no chunk extensions, no
 * trailers, at most CHUNK_SIZE_DIGITS hex digits, CRLF exactly. Those are the places where servers and proxies
 * disagree, which is what request smuggling lives on; no client of this service needs them. Pure; works at every split
 * of the input. */
#ifndef SERVER_HTTP_CHUNK_H
#define SERVER_HTTP_CHUNK_H

#include <stddef.h>
#include <stdint.h>

#define CHUNK_SIZE_DIGITS 8

enum chunk_result {
    CHUNK_MORE,    /* all input was used, the body goes on */
    CHUNK_DONE,    /* the body is complete; input behind it was not touched */
    CHUNK_INVALID, /* not a strict chunked body */
    CHUNK_TOO_LARGE
};

struct chunk_decoder {
    size_t rest;  /* of the present chunk */
    size_t total; /* decoded so far */
    uint8_t state;
    uint8_t digits;
};

void chunk_init(struct chunk_decoder *d);
/* Decode bytes[0..len) in place: *used bytes of input were read, their data was moved to bytes[0..*made), made <= used.
 * max: of the whole decoded body. */
enum chunk_result chunk_decode(struct chunk_decoder *d, char *bytes, size_t len, size_t max, size_t *used,
                               size_t *made);

#endif
