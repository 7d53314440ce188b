#include "server/http/head.h"

#include <llhttp.h>
#include <strings.h>

/* Headers that decide how a request is read, or that must not say two things at once. */
#define FIELD_TABLE(X)                                    \
    X(FIELD_HOST, "host", true)                           \
    X(FIELD_CONTENT_LENGTH, "content-length", true)       \
    X(FIELD_TRANSFER_ENCODING, "transfer-encoding", true) \
    X(FIELD_EXPECT, "expect", true)                       \
    X(FIELD_UPGRADE, "upgrade", false)                    \
    X(FIELD_CONTENT_TYPE, "content-type", true)           \
    X(FIELD_AUTHORIZATION, "authorization", true)         \
    X(FIELD_IDEMPOTENCY_KEY, "idempotency-key", true)     \
    X(FIELD_IF_MATCH, "if-match", true)                   \
    X(FIELD_IF_NONE_MATCH, "if-none-match", true)         \
    X(FIELD_LAST_EVENT_ID, "last-event-id", true)         \
    X(FIELD_TRACEPARENT, "traceparent", true)

enum field_id {
#define FIELD_ENUM(id, name, once) id,
    FIELD_TABLE(FIELD_ENUM)
#undef FIELD_ENUM
        FIELD_COUNT
};

static const struct {
    const char *name;
    size_t len;
    bool once;
} known_fields[] = {
#define FIELD_ROW(id, name, once) {name, sizeof(name) - 1, once},
    FIELD_TABLE(FIELD_ROW)
#undef FIELD_ROW
};

/* ---- llhttp's reading, which must find the same things in the same places ---- */

struct second_reading {
    const struct http_request *first; /* our reading */
    struct slice target;
    size_t count; /* header names seen */
    size_t name_len;
    bool complete;
};

static bool lies_in(const char *at, size_t len, const char *begin, const char *end)
{
    return at >= begin && at <= end && len <= (size_t)(end - at);
}

/* llhttp may hand out one run of bytes in several pieces. */
static int on_target(llhttp_t *parser, const char *at, size_t len)
{
    struct second_reading *r = parser->data;
    return len == 0 || lies_in(at, len, r->target.ptr, r->target.ptr + r->target.len) ? 0 : -1;
}

static int on_field(llhttp_t *parser, const char *at, size_t len)
{
    struct second_reading *r = parser->data;
    const struct http_field *fields = r->first->fields;
    if (r->count < r->first->field_count && at == fields[r->count].name.ptr) {
        if (r->count > 0 && r->name_len != fields[r->count - 1].name.len) {
            return -1;
        }
        r->count++;
        r->name_len = 0;
    }
    r->name_len += len;
    return r->count > 0 && r->name_len <= fields[r->count - 1].name.len ? 0 : -1;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    struct second_reading *r = parser->data;
    if (r->count == 0) {
        return -1;
    }
    const struct http_field *f = &r->first->fields[r->count - 1];
    struct slice value = slice_trim(slice_make(at, len));
    return value.len == 0 ||
                   lies_in(value.ptr, value.len, f->value.ptr, f->value.ptr + f->value.len)
               ? 0
               : -1;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct second_reading *r = parser->data;
    r->complete = true;
    return HPE_PAUSED; /* bodies are framed by us */
}

/* True if llhttp agrees; *keep_alive is what it makes of version and Connection. */
static bool llhttp_agrees(const struct http_request *first, struct slice target, const char *bytes,
                          size_t len, bool *keep_alive)
{
    llhttp_t parser;
    llhttp_settings_t settings;
    struct second_reading again = {.first = first, .target = target};
    llhttp_settings_init(&settings);
    settings.on_url = on_target;
    settings.on_header_field = on_field;
    settings.on_header_value = on_value;
    settings.on_headers_complete = on_headers_complete;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = &again;
    llhttp_errno_t err = llhttp_execute(&parser, bytes, len);
    const char *end = llhttp_get_error_pos(&parser);
    /* It stops on the last LF of the head or right behind it. */
    if (err != HPE_PAUSED || !again.complete || end < bytes + len - 1 ||
        again.count != first->field_count ||
        (again.count > 0 && again.name_len != first->fields[again.count - 1].name.len)) {
        return false;
    }
    *keep_alive = llhttp_should_keep_alive(&parser) != 0;
    return true;
}

/* ---- meaning ---- */

static bool fail(enum http_fault_id id, enum http_fault_id *fault)
{
    *fault = id;
    return false;
}

static bool same_text(struct slice s, const char *lower)
{
    return s.len == strlen(lower) && strncasecmp(s.ptr, lower, s.len) == 0;
}

static bool read_version(struct http_head *head, struct slice version, enum http_fault_id *fault)
{
    bool shaped = version.len == 8 && memcmp(version.ptr, "HTTP/", 5) == 0 &&
                  version.ptr[6] == '.' && slice_all_digits(slice_make(version.ptr + 5, 1)) &&
                  slice_all_digits(slice_make(version.ptr + 7, 1));
    if (!shaped) {
        return fail(FAULT_SYNTAX, fault);
    }
    head->request.http_1_0 = slice_is(version, "HTTP/1.0");
    return head->request.http_1_0 || slice_is(version, "HTTP/1.1") || fail(FAULT_VERSION, fault);
}

static bool read_method(struct http_head *head, struct slice method, enum http_fault_id *fault)
{
    for (size_t i = 0; i < HTTP_METHOD_COUNT; i++) {
        if (slice_is(method, http_method_text((enum http_method)i))) {
            head->request.method = (enum http_method)i;
            return true;
        }
    }
    return fail(FAULT_METHOD, fault);
}

/* The first field of each known name; false if one that may come once comes twice. */
static bool find_known(const struct http_head *head, const struct slice *found[FIELD_COUNT],
                       enum http_fault_id *fault)
{
    const struct http_request *r = &head->request;
    memset(found, 0, sizeof(found[0]) * FIELD_COUNT);
    for (size_t i = 0; i < r->field_count; i++) {
        const struct http_field *f = &r->fields[i];
        for (size_t k = 0; k < FIELD_COUNT; k++) {
            if (f->name.len != known_fields[k].len ||
                strncasecmp(f->name.ptr, known_fields[k].name, f->name.len) != 0) {
                continue;
            }
            if (found[k] != NULL && known_fields[k].once) {
                bool framing = k == FIELD_CONTENT_LENGTH || k == FIELD_TRANSFER_ENCODING;
                return fail(k == FIELD_HOST ? FAULT_HOST
                            : framing       ? FAULT_FRAMING
                                            : FAULT_REPEATED,
                            fault);
            }
            found[k] = found[k] == NULL ? &f->value : found[k];
            break;
        }
    }
    return true;
}

/* uri-host [ ":" port ] of RFC 3986, by its characters; never empty. */
static bool is_host(struct slice host)
{
    struct slice name = host;
    if (host.len > 0 && host.ptr[0] == '[') {
        const char *close = memchr(host.ptr, ']', host.len);
        if (close == NULL || close == host.ptr + 1) {
            return false;
        }
        for (const char *c = host.ptr + 1; c < close; c++) {
            if (memchr("0123456789abcdefABCDEF:.", *c, 24) == NULL) {
                return false;
            }
        }
        host = slice_make(close + 1, (size_t)(host.ptr + host.len - close) - 1);
        if (host.len > 0 && host.ptr[0] != ':') {
            return false;
        }
    } else {
        name = slice_cut(&host, ':');
        for (size_t i = 0; i < name.len; i++) {
            unsigned char c = (unsigned char)name.ptr[i];
            if (!is_token_byte(c) && memchr("();,=", c, 5) == NULL) {
                return false;
            }
            if (c == '#' || c == '^' || c == '`' || c == '|') {
                return false;
            }
        }
        if (name.len == 0) {
            return false;
        }
        return host.ptr == NULL || host.len == 0 || (slice_all_digits(host) && host.len <= 5);
    }
    struct slice port = host.len > 0 ? slice_make(host.ptr + 1, host.len - 1) : host;
    return port.len == 0 || (slice_all_digits(port) && port.len <= 5);
}

/* Every %XX of a path is two hex digits and not NUL. */
static bool path_is_clean(struct slice path)
{
    for (size_t i = 0; i < path.len; i++) {
        if (path.ptr[i] != '%') {
            continue;
        }
        unsigned char byte;
        if (path.len - i < 3 || hex_decode(slice_make(path.ptr + i + 1, 2), &byte, 1) != ERR_OK ||
            byte == 0) {
            return false;
        }
        i += 2;
    }
    return true;
}

/* Origin form, absolute form with our own Host, and "*" for OPTIONS. */
static bool read_target(struct http_head *head, struct slice target, const struct slice *host,
                        enum http_fault_id *fault)
{
    struct http_request *r = &head->request;
    if (target.len > 7 && strncasecmp(target.ptr, "http://", 7) == 0) {
        size_t end = 7;
        while (end < target.len && target.ptr[end] != '/' && target.ptr[end] != '?') {
            end++;
        }
        struct slice authority = slice_make(target.ptr + 7, end - 7);
        if (host == NULL || authority.len != host->len ||
            strncasecmp(authority.ptr, host->ptr, host->len) != 0 || end == target.len ||
            target.ptr[end] != '/') {
            return fail(FAULT_TARGET, fault);
        }
        target = slice_make(target.ptr + end, target.len - end);
    }
    bool star = slice_is(target, "*") && r->method == HTTP_METHOD_OPTIONS;
    if (!star && target.ptr[0] != '/') {
        return fail(FAULT_TARGET, fault);
    }
    struct slice rest = target;
    r->path = slice_cut(&rest, '?');
    r->query = rest;
    return path_is_clean(r->path) || fail(FAULT_TARGET, fault);
}

static bool read_framing(struct http_head *head, const struct slice *length,
                         const struct slice *coding, enum http_fault_id *fault)
{
    struct http_request *r = &head->request;
    head->content_length = 0;
    head->chunked = false;
    if (coding != NULL) {
        if (length != NULL || r->http_1_0) {
            return fail(FAULT_FRAMING, fault);
        }
        if (!same_text(*coding, "chunked")) {
            return fail(FAULT_CODING, fault);
        }
        head->chunked = true;
    } else if (length != NULL) {
        if (!slice_all_digits(*length) || length->len > CONTENT_LENGTH_DIGITS) {
            return fail(FAULT_FRAMING, fault);
        }
        for (size_t i = 0; i < length->len; i++) {
            head->content_length = head->content_length * 10 + (uint64_t)(length->ptr[i] - '0');
        }
    }
    bool may_have_body = r->method == HTTP_METHOD_POST || r->method == HTTP_METHOD_PUT ||
                         r->method == HTTP_METHOD_PATCH;
    bool has_body = head->chunked || head->content_length > 0;
    return may_have_body || !has_body || fail(FAULT_BODY, fault);
}

static bool read_meaning(struct http_head *head, struct slice target, enum http_fault_id *fault)
{
    const struct slice *known[FIELD_COUNT];
    if (!find_known(head, known, fault)) {
        return false;
    }
    const struct slice *host = known[FIELD_HOST];
    if ((host == NULL && !head->request.http_1_0) || (host != NULL && !is_host(*host))) {
        return fail(FAULT_HOST, fault);
    }
    if (known[FIELD_UPGRADE] != NULL) {
        return fail(FAULT_UPGRADE, fault);
    }
    if (!read_target(head, target, host, fault) ||
        !read_framing(head, known[FIELD_CONTENT_LENGTH], known[FIELD_TRANSFER_ENCODING], fault)) {
        return false;
    }
    const struct slice *expect = known[FIELD_EXPECT];
    if (expect != NULL && !same_text(*expect, "100-continue")) {
        return fail(FAULT_EXPECT, fault);
    }
    head->wants_continue = expect != NULL && !head->request.http_1_0;
    return true;
}

/* Header lines to fields; the scanner has checked their form. */
static void read_fields(struct http_head *head, const struct head_scan *scan, const char *bytes)
{
    struct http_request *r = &head->request;
    const char *at = bytes + scan->line_end + 2;
    const char *end = bytes + scan->at - 2; /* the empty line */
    while (at < end) {
        const char *line_end = memchr(at, '\r', (size_t)(end - at));
        const char *colon = memchr(at, ':', (size_t)(line_end - at));
        head->fields[r->field_count++] = (struct http_field){
            .name = slice_make(at, (size_t)(colon - at)),
            .value = slice_trim(slice_make(colon + 1, (size_t)(line_end - colon) - 1)),
        };
        at = line_end + 2;
    }
    ASSERT(r->field_count == scan->line_count);
}

bool head_read(struct http_head *head, const struct head_scan *scan, const char *bytes,
               enum http_fault_id *fault)
{
    struct slice method = slice_make(bytes + scan->begin, scan->method_end - scan->begin);
    struct slice target =
        slice_make(bytes + scan->method_end + 1, scan->target_end - scan->method_end - 1);
    struct slice version =
        slice_make(bytes + scan->target_end + 1, scan->line_end - scan->target_end - 1);
    ASSERT(scan->line_count <= HTTP_HEADER_LINES_MAX);
    head->request = (struct http_request){.fields = head->fields};
    /* Our reading comes first because it knows better why; llhttp has one word for everything. */
    if (!read_version(head, version, fault) || !read_method(head, method, fault)) {
        return false;
    }
    read_fields(head, scan, bytes);
    return read_meaning(head, target, fault) &&
           (llhttp_agrees(&head->request, target, bytes + scan->begin, scan->at - scan->begin,
                          &head->keep_alive) ||
            fail(FAULT_SYNTAX, fault));
}
