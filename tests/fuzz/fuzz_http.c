/* Requests as bytes: head, chunked body, query and path. Whatever the split of the input, the
 * answer is the same; what is accepted lies within the bytes and within the limits; encoding what
 * was decoded gives the same again. First byte: what; second: where the input is cut. */
#include <string.h>
#include "queue/base/buf.h"
#include "queue/base/utf8.h"
#include "server/http/chunk.h"
#include "server/http/head.h"
#include "server/http/query.h"
#include "server/http/router.h"

#define BODY_MAX ((size_t)64 * 1024)
#define VALUE_SIZE 512

static const struct scan_limits limits = {
    .request_line_bytes = 2048, .header_bytes = 4096, .header_lines = 32};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- The head ---- */

static bool within(struct slice part, struct slice whole)
{
    return part.len == 0 || (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void check_head(const struct http_head *h, struct slice bytes)
{
    const struct http_request *r = &h->request;
    ASSERT(r->method < HTTP_METHOD_COUNT && r->field_count <= limits.header_lines);
    ASSERT(r->path.len > 0 && within(r->path, bytes) && within(r->query, bytes));
    ASSERT(r->path.ptr[0] == '/' || (r->method == HTTP_METHOD_OPTIONS && slice_is(r->path, "*")));
    ASSERT(!(h->chunked && h->content_length > 0));
    ASSERT(http_header(r, "host").ptr != NULL || r->http_1_0);
    for (size_t i = 0; i < r->field_count; i++) {
        ASSERT(r->fields[i].name.len > 0 && within(r->fields[i].name, bytes));
        ASSERT(within(r->fields[i].value, bytes) &&
               slice_eq(slice_trim(r->fields[i].value), r->fields[i].value));
        for (size_t k = 0; k < r->fields[i].value.len; k++) {
            unsigned char c = (unsigned char)r->fields[i].value.ptr[k];
            ASSERT(c == '\t' || (c >= ' ' && c != 0x7f));
        }
    }
}

static void read_head(struct slice bytes, size_t split)
{
    static struct http_head head;
    struct head_scan whole, parts;
    enum http_fault_id fault = FAULT_COUNT, other = FAULT_COUNT;
    head_scan_init(&whole);
    head_scan_init(&parts);
    enum scan_result at_once = head_scan(&whole, bytes, &limits, &fault);
    enum scan_result in_parts = head_scan(&parts, slice_make(bytes.ptr, split), &limits, &other);
    if (in_parts == SCAN_MORE) {
        in_parts = head_scan(&parts, bytes, &limits, &other);
    }
    ASSERT(at_once == in_parts && fault == other);
    if (at_once == SCAN_REFUSED) {
        ASSERT(fault < FAULT_COUNT);
    } else if (at_once == SCAN_DONE) {
        ASSERT(whole.at == parts.at && whole.at <= bytes.len);
        if (head_read(&head, &whole, bytes.ptr, &fault)) {
            check_head(&head, slice_make(bytes.ptr, whole.at));
        } else {
            ASSERT(fault < FAULT_COUNT);
        }
    }
}

/* ---- Chunks ---- */

struct body {
    struct buf bytes;
    enum chunk_result result;
    size_t used;
};

/* Decode in pieces of at most `piece` bytes. */
static void decode(struct slice text, size_t piece, struct body *out)
{
    static char room[BODY_MAX];
    struct chunk_decoder d;
    chunk_init(&d);
    *out = (struct body){.result = CHUNK_MORE};
    buf_init(&out->bytes, BODY_MAX + 1);
    while (out->result == CHUNK_MORE && out->used < text.len) {
        size_t used = 0, made = 0, n = text.len - out->used;
        n = n > piece ? piece : n;
        memcpy(room, text.ptr + out->used, n);
        out->result = chunk_decode(&d, room, n, BODY_MAX / 4, &used, &made);
        ASSERT(made <= used && used <= n && (out->result != CHUNK_MORE || used == n));
        out->used += used;
        buf_put(&out->bytes, room, made);
    }
    ASSERT(out->bytes.len <= BODY_MAX / 4);
}

static void read_chunks(struct slice text, size_t piece)
{
    struct body whole, parts;
    if (text.len > BODY_MAX) {
        return;
    }
    decode(text, BODY_MAX, &whole);
    decode(text, piece == 0 ? 1 : piece, &parts);
    ASSERT(whole.result == parts.result);
    if (whole.result == CHUNK_MORE || whole.result == CHUNK_DONE) {
        ASSERT(whole.used == parts.used &&
               slice_eq(buf_slice(&whole.bytes), buf_slice(&parts.bytes)));
    }
    buf_release(&whole.bytes);
    buf_release(&parts.bytes);
}

/* ---- Query ---- */

static void read_query(struct slice query)
{
    char text[VALUE_SIZE], again[VALUE_SIZE];
    struct slice rest = query, name, value, decoded;
    size_t parts = 0;
    int64_t number = -7;
    while (query_next(&rest, &name, &value)) {
        ASSERT(++parts <= query.len + 1 && (name.len > 0 || value.len > 0 || parts > 0));
        if (percent_decode(value, true, text, sizeof(text), &decoded) == ERR_OK) {
            ASSERT(decoded.len < sizeof(text) && text[decoded.len] == '\0' && utf8_valid(decoded));
            ASSERT(decoded.len == 0 || memchr(decoded.ptr, '\0', decoded.len) == NULL);
            struct buf escaped;
            struct slice same;
            buf_init(&escaped, 4 * VALUE_SIZE);
            for (size_t i = 0; i < decoded.len; i++) {
                buf_putf(&escaped, "%%%02X", (unsigned)(unsigned char)decoded.ptr[i]);
            }
            ASSERT(percent_decode(buf_slice(&escaped), false, again, sizeof(again), &same) ==
                   ERR_OK);
            ASSERT(slice_eq(same, decoded));
            buf_release(&escaped);
        }
    }
    enum err err = query_get(query, "name", text, sizeof(text), &value);
    ASSERT(err == ERR_OK || err == ERR_NOT_FOUND || err == ERR_INPUT || err == ERR_TOO_LARGE);
    err = query_int64(query, "limit", 1, 100, 10, &number);
    ASSERT(err == ERR_OK ? number >= 1 && number <= 100 : number == -7);
}

static void match_path(struct slice path)
{
    static const struct route routes[] = {{HTTP_METHOD_GET, "/v1/cases/{no}", 1},
                                          {HTTP_METHOD_POST, "/v1/cases/{no}/{verb}", 2},
                                          {HTTP_METHOD_GET, "/open311/v2/requests/{no}.json", 3},
                                          {HTTP_METHOD_GET, "/v1/cases/next", 4},
                                          {HTTP_METHOD_GET, "/files/{rest*}", 5}};
    static struct router *router;
    struct route_match m;
    if (router == NULL) {
        ASSERT(router_make(routes, COUNT_OF(routes), &router) == ERR_OK);
    }
    enum err err = router_match(router, HTTP_METHOD_GET, path, &m);
    if (err == ERR_OK) {
        ASSERT(m.id >= 1 && m.id <= 5 && m.param_count <= ROUTER_PARAMS_MAX);
        for (size_t i = 0; i < m.param_count; i++) {
            ASSERT(m.params[i].len > 0 && within(m.params[i], path));
        }
    } else {
        ASSERT(err == ERR_NOT_FOUND || (err == ERR_METHOD && strstr(m.allow, "POST") != NULL));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    struct slice rest = slice_make((const char *)data + 2, size - 2);
    size_t at = data[1];
    switch (data[0] % 4) {
    case 0: read_head(rest, at < rest.len ? at : rest.len); break;
    case 1: read_chunks(rest, at); break;
    case 2: read_query(rest); break;
    default: match_path(rest); break;
    }
    return 0;
}
