#include "server/http/message.h"

#include <arpa/inet.h>
#include <strings.h>

#include "queue/base/check.h"

const char *http_method_text(enum http_method m)
{
    static const char *const texts[] = {
#define HTTP_METHOD_TEXT(id, text) text,
        HTTP_METHOD_TABLE(HTTP_METHOD_TEXT)
#undef HTTP_METHOD_TEXT
    };
    ASSERT(m < HTTP_METHOD_COUNT);
    return texts[m];
}

void http_address_text(const struct http_address *a, char out[HTTP_ADDRESS_TEXT_SIZE])
{
    const char *done =
        inet_ntop(a->ipv6 ? AF_INET6 : AF_INET, a->bytes, out, HTTP_ADDRESS_TEXT_SIZE);
    ASSERT(done != NULL);
}

struct slice http_header(const struct http_request *r, const char *lower_name)
{
    size_t len = strlen(lower_name);
    for (size_t i = 0; i < r->field_count; i++) {
        const struct http_field *f = &r->fields[i];
        if (f->name.len == len && strncasecmp(f->name.ptr, lower_name, len) == 0) {
            return f->value;
        }
    }
    return slice_make(NULL, 0);
}

const char *http_status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {423, "Locked"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        if (table[i].status == status) {
            return table[i].text;
        }
    }
    return "Status";
}
