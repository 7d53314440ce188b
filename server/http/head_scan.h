/* Finds the end of a request's head (request line and header lines) and checks every byte on the way, before llhttp
 * sees any of it. A request is served only if this scanner and llhttp agree. The scanner is here because llhttp has no
 * limits at all, and because its older releases let pass what proxies read differently: bare CR, folded lines, control
 * bytes.
 *
 * Refused: a bare CR or LF, control bytes (but TAB in values), 8-bit bytes outside of header values, spaces around
 * header names, folded lines, empty names, more than one empty line before the request, and what is over the limits.
 * Pure; works at every split of the input: the same scan is continued when more bytes are there. */
#ifndef SERVER_HTTP_HEAD_SCAN_H
#define SERVER_HTTP_HEAD_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include "queue/base/slice.h"
#include "server/http/fault.h"

#define METHOD_BYTES_MAX 32
#define VERSION_BYTES_MAX 16

enum scan_result { SCAN_MORE, SCAN_DONE, SCAN_REFUSED };

/* Offsets count from the first byte of the request (a leading empty line included). */
struct head_scan {
    size_t at;           /* bytes checked; after SCAN_DONE the length of the head */
    size_t begin;        /* of the request line: 0, or 2 behind an empty line */
    size_t method_end;   /* the space behind the method */
    size_t target_end;   /* the space behind the target */
    size_t line_end;     /* the CR of the request line */
    uint16_t line_count; /* header lines */
    uint8_t state;
};

struct scan_limits {
    size_t request_line_bytes;
    size_t header_bytes;
    size_t header_lines;
};

void head_scan_init(struct head_scan *s);
/* bytes: all of the request that is there; bytes[0..s->at) must be what earlier calls saw. On SCAN_REFUSED *fault says
 * why. */
enum scan_result head_scan(struct head_scan *s, struct slice bytes, const struct scan_limits *limits,
                           enum http_fault_id *fault);

/* tchar of RFC 9110: what methods and header names are made of. */
bool is_token_byte(unsigned char c);

#endif
