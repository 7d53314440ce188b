#include "server/http/response.h"

#include <stdio.h>

#include "queue/base/clock.h"

/* Header names and values that come from a handler: nothing may start a second header line. */
static bool is_clean(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool response_is_valid(const struct http_response *r)
{
    bool clean = r->status >= 200 && r->status <= 599 && r->extra_count <= HTTP_EXTRA_HEADERS_MAX &&
                 is_clean(slice_of(r->content_type)) && is_clean(slice_of(r->cache_control));
    for (size_t i = 0; clean && i < r->extra_count; i++) {
        clean =
            r->extra[i].name.len > 0 && is_clean(r->extra[i].name) && is_clean(r->extra[i].value);
    }
    return clean;
}

static void put_field(struct buf *out, struct slice name, struct slice value)
{
    buf_put_slice(out, name);
    buf_put(out, ": ", 2);
    buf_put_slice(out, value);
    buf_put(out, "\r\n", 2);
}

enum err response_write(struct buf *out, const struct http_response *r,
                        const struct response_frame *frame)
{
    static const char nosniff[] = "X-Content-Type-Options: nosniff\r\n";
    bool bodiless = r->status == 204 || r->status == 304;
    if (!response_is_valid(r)) {
        return ERR_INPUT;
    }
    buf_put(out, "HTTP/1.1 ", 9);
    buf_put_int(out, r->status);
    buf_put_char(out, ' ');
    buf_put_text(out, http_status_text(r->status));
    buf_put(out, "\r\n", 2);
    put_field(out, SLICE_LIT("Date"), slice_of(frame->date));
    if (r->content_type != NULL) {
        put_field(out, SLICE_LIT("Content-Type"), slice_of(r->content_type));
    }
    if (frame->stream) {
        if (!frame->http_1_0) {
            buf_put_text(out, "Transfer-Encoding: chunked\r\n");
        }
    } else if (!bodiless) {
        buf_put(out, "Content-Length: ", 16);
        buf_put_int(out, (int64_t)r->body.len);
        buf_put(out, "\r\n", 2);
    }
    put_field(out, SLICE_LIT("Cache-Control"),
              slice_of(r->cache_control == NULL ? "no-store" : r->cache_control));
    buf_put(out, nosniff, sizeof(nosniff) - 1);
    for (size_t i = 0; i < r->extra_count; i++) {
        put_field(out, r->extra[i].name, r->extra[i].value);
    }
    if (!frame->keep_alive) {
        buf_put_text(out, "Connection: close\r\n");
    } else if (frame->http_1_0) {
        buf_put_text(out, "Connection: keep-alive\r\n");
    }
    buf_put(out, "\r\n", 2);
    if (!bodiless && !frame->body_omitted && !frame->stream) {
        buf_put_slice(out, r->body);
    }
    return ERR_OK;
}

void response_write_chunk(struct buf *out, struct slice piece)
{
    ASSERT(piece.len > 0);
    buf_putf(out, "%zx\r\n", piece.len);
    buf_put_slice(out, piece);
    buf_put(out, "\r\n", 2);
}

void http_date(int64_t at_ms, char out[HTTP_DATE_SIZE])
{
    static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t day = at_ms / MS_PER_DAY;
    int64_t second = at_ms % MS_PER_DAY / 1000;
    int year;
    int month;
    int mday;
    civil_from_days(day, &year, &month, &mday);
    char text[128]; /* the compiler does not know that the numbers are short */
    snprintf(text, sizeof(text), "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + day % 7 * 3,
             mday, months + (month - 1) * 3, year, (int)(second / 3600), (int)(second / 60 % 60),
             (int)(second % 60));
    memcpy(out, text, HTTP_DATE_SIZE - 1);
    out[HTTP_DATE_SIZE - 1] = '\0';
}
