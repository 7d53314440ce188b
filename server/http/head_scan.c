#include "server/http/head_scan.h"

#include "queue/base/check.h"

enum scan_state {
    SCAN_START,
    SCAN_START_LF, /* behind the CR of a leading empty line */
    SCAN_METHOD,
    SCAN_TARGET,
    SCAN_VERSION,
    SCAN_LINE_LF, /* behind the CR of the request line or of a header line */
    SCAN_NAME_START,
    SCAN_NAME,
    SCAN_VALUE,
    SCAN_END_LF, /* behind the CR of the empty line */
};

enum byte_class { BYTE_TOKEN = 1, BYTE_TARGET = 2, BYTE_VALUE = 4 };

#define T (BYTE_TOKEN | BYTE_TARGET | BYTE_VALUE)
#define G (BYTE_TARGET | BYTE_VALUE)
#define V BYTE_VALUE

/* What a URI must not hold raw (RFC 3986) is not part of a target; SP and TAB belong to values
 * only. */
static const unsigned char classes[256] = {
    ['\t'] = V, [' '] = V,  ['!'] = T, ['"'] = V,  ['#'] = BYTE_TOKEN | BYTE_VALUE,
    ['$'] = T,  ['%'] = T,  ['&'] = T, ['\''] = T, ['('] = G,
    [')'] = G,  ['*'] = T,  ['+'] = T, [','] = G,  ['-'] = T,
    ['.'] = T,  ['/'] = G,  ['0'] = T, ['1'] = T,  ['2'] = T,
    ['3'] = T,  ['4'] = T,  ['5'] = T, ['6'] = T,  ['7'] = T,
    ['8'] = T,  ['9'] = T,  [':'] = G, [';'] = G,  ['<'] = V,
    ['='] = G,  ['>'] = V,  ['?'] = G, ['@'] = G,  ['A'] = T,
    ['B'] = T,  ['C'] = T,  ['D'] = T, ['E'] = T,  ['F'] = T,
    ['G'] = T,  ['H'] = T,  ['I'] = T, ['J'] = T,  ['K'] = T,
    ['L'] = T,  ['M'] = T,  ['N'] = T, ['O'] = T,  ['P'] = T,
    ['Q'] = T,  ['R'] = T,  ['S'] = T, ['T'] = T,  ['U'] = T,
    ['V'] = T,  ['W'] = T,  ['X'] = T, ['Y'] = T,  ['Z'] = T,
    ['['] = G,  ['\\'] = V, [']'] = G, ['^'] = T,  ['_'] = T,
    ['`'] = T,  ['a'] = T,  ['b'] = T, ['c'] = T,  ['d'] = T,
    ['e'] = T,  ['f'] = T,  ['g'] = T, ['h'] = T,  ['i'] = T,
    ['j'] = T,  ['k'] = T,  ['l'] = T, ['m'] = T,  ['n'] = T,
    ['o'] = T,  ['p'] = T,  ['q'] = T, ['r'] = T,  ['s'] = T,
    ['t'] = T,  ['u'] = T,  ['v'] = T, ['w'] = T,  ['x'] = T,
    ['y'] = T,  ['z'] = T,  ['{'] = G, ['|'] = T,  ['}'] = G,
    ['~'] = T,
};

#undef T
#undef G
#undef V

bool is_token_byte(unsigned char c)
{
    return (classes[c] & BYTE_TOKEN) != 0;
}

void head_scan_init(struct head_scan *s)
{
    *s = (struct head_scan){.state = SCAN_START};
}

/* Index of the first byte in [at, end) that is not of the class. 8-bit bytes may stand in values
 * (RFC 9110 obs-text). */
static size_t skip(const char *bytes, size_t at, size_t end, unsigned char class)
{
    unsigned char high = class == BYTE_VALUE ? 0x80 : 0;
    while (at < end && ((classes[(unsigned char)bytes[at]] & class) != 0 ||
                        ((unsigned char)bytes[at] & high) != 0)) {
        at++;
    }
    return at;
}

static enum scan_result refused(enum http_fault_id id, enum http_fault_id *fault)
{
    *fault = id;
    return SCAN_REFUSED;
}

/* The request line up to its CR. bytes is cut behind the byte that may be the CR of the longest
 * line allowed. */
static enum scan_result scan_request_line(struct head_scan *s, struct slice bytes,
                                          enum http_fault_id *fault)
{
    if (s->state == SCAN_METHOD) {
        size_t most = s->begin + METHOD_BYTES_MAX;
        s->at = skip(bytes.ptr, s->at, bytes.len < most ? bytes.len : most, BYTE_TOKEN);
        if (s->at == bytes.len) {
            return SCAN_MORE;
        }
        if (bytes.ptr[s->at] != ' ' || s->at == s->begin) {
            return refused(FAULT_SYNTAX, fault);
        }
        s->method_end = s->at++;
        s->state = SCAN_TARGET;
    }
    if (s->state == SCAN_TARGET) {
        s->at = skip(bytes.ptr, s->at, bytes.len, BYTE_TARGET);
        if (s->at == bytes.len) {
            return SCAN_MORE;
        }
        if (bytes.ptr[s->at] != ' ' || s->at == s->method_end + 1) {
            return refused(FAULT_TARGET, fault);
        }
        s->target_end = s->at++;
        s->state = SCAN_VERSION;
    }
    size_t most = s->target_end + 1 + VERSION_BYTES_MAX;
    s->at = skip(bytes.ptr, s->at, bytes.len < most ? bytes.len : most, BYTE_TARGET);
    if (s->at == bytes.len) {
        return SCAN_MORE;
    }
    if (bytes.ptr[s->at] != '\r') {
        return refused(FAULT_SYNTAX, fault);
    }
    s->line_end = s->at++;
    s->state = SCAN_LINE_LF;
    return SCAN_MORE;
}

/* One byte that has one meaning only. */
static enum scan_result scan_single(struct head_scan *s, char c, const struct scan_limits *limits,
                                    enum http_fault_id *fault)
{
    switch ((enum scan_state)s->state) {
    case SCAN_START:
        if (c == '\r' && s->begin == 0) {
            s->state = SCAN_START_LF;
            s->at++;
            return SCAN_MORE;
        }
        s->state = SCAN_METHOD; /* it looks at the byte itself */
        return SCAN_MORE;
    case SCAN_START_LF:
        s->state = SCAN_START;
        s->begin = ++s->at;
        return c == '\n' ? SCAN_MORE : refused(FAULT_SYNTAX, fault);
    case SCAN_LINE_LF:
        s->state = SCAN_NAME_START;
        s->at++;
        return c == '\n' ? SCAN_MORE : refused(FAULT_SYNTAX, fault);
    case SCAN_NAME_START:
        if (c == '\r') {
            s->state = SCAN_END_LF;
            s->at++;
            return SCAN_MORE;
        }
        if (!is_token_byte((unsigned char)c)) {
            return refused(FAULT_SYNTAX, fault); /* a folded line, a bare LF, ... */
        }
        s->state = SCAN_NAME;
        return ++s->line_count > limits->header_lines ? refused(FAULT_HEADER_SIZE, fault)
                                                      : SCAN_MORE;
    case SCAN_END_LF: s->at++; return c == '\n' ? SCAN_DONE : refused(FAULT_SYNTAX, fault);
    case SCAN_METHOD:
    case SCAN_TARGET:
    case SCAN_VERSION:
    case SCAN_NAME:
    case SCAN_VALUE: break; /* runs of bytes, never asked here */
    }
    return refused(FAULT_SYNTAX, fault);
}

static enum scan_result scan_header_line(struct head_scan *s, struct slice bytes,
                                         enum http_fault_id *fault)
{
    if (s->state == SCAN_NAME) {
        s->at = skip(bytes.ptr, s->at, bytes.len, BYTE_TOKEN);
        if (s->at == bytes.len) {
            return SCAN_MORE;
        }
        if (bytes.ptr[s->at++] != ':') {
            return refused(FAULT_SYNTAX, fault);
        }
        s->state = SCAN_VALUE;
    }
    s->at = skip(bytes.ptr, s->at, bytes.len, BYTE_VALUE);
    if (s->at < bytes.len) {
        if (bytes.ptr[s->at++] != '\r') {
            return refused(FAULT_SYNTAX, fault);
        }
        s->state = SCAN_LINE_LF;
    }
    return SCAN_MORE;
}

/* Bytes are looked at only up to the limit of the part that is being read, so that what is over a
 * limit gets the same answer wherever the input happens to be split. */
enum scan_result head_scan(struct head_scan *s, struct slice bytes,
                           const struct scan_limits *limits, enum http_fault_id *fault)
{
    enum scan_result result = SCAN_MORE;
    while (result == SCAN_MORE) {
        bool in_line = s->line_end == 0;
        size_t most = in_line ? s->begin + limits->request_line_bytes + 1
                              : s->line_end + 2 + limits->header_bytes + 2;
        struct slice part = slice_make(bytes.ptr, bytes.len < most ? bytes.len : most);
        if (s->at == part.len) {
            return s->at < most ? SCAN_MORE
                                : refused(in_line ? FAULT_TARGET_SIZE : FAULT_HEADER_SIZE, fault);
        }
        if (s->state == SCAN_METHOD || s->state == SCAN_TARGET || s->state == SCAN_VERSION) {
            result = scan_request_line(s, part, fault);
        } else if (s->state == SCAN_NAME || s->state == SCAN_VALUE) {
            result = scan_header_line(s, part, fault);
        } else {
            result = scan_single(s, bytes.ptr[s->at], limits, fault);
        }
    }
    return result;
}
