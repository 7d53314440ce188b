#include "queue/base/utf8.h"

/* Length of the well-formed sequence at p (n bytes left), 0 if there is none. RFC 3629, section 4.
 */
static size_t sequence_len(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80) {
        return 1;
    }
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        return n >= 2 && (p[1] & 0xC0) == 0x80 ? 2 : 0;
    }
    if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        unsigned char low = p[0] == 0xE0 ? 0xA0 : 0x80;
        unsigned char high = p[0] == 0xED ? 0x9F : 0xBF;
        return n >= 3 && p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 ? 3 : 0;
    }
    if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        unsigned char low = p[0] == 0xF0 ? 0x90 : 0x80;
        unsigned char high = p[0] == 0xF4 ? 0x8F : 0xBF;
        bool ok =
            n >= 4 && p[1] >= low && p[1] <= high && (p[2] & 0xC0) == 0x80 && (p[3] & 0xC0) == 0x80;
        return ok ? 4 : 0;
    }
    return 0;
}

bool utf8_valid(struct slice s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t i = 0;
    while (i < s.len) {
        size_t len = sequence_len(p + i, s.len - i);
        if (len == 0) {
            return false;
        }
        i += len;
    }
    return true;
}

uint32_t utf8_next(struct slice *s)
{
    static const unsigned char LEAD_MASK[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *p = (const unsigned char *)s->ptr;
    ASSERT(s->len > 0);
    size_t len = sequence_len(p, s->len);
    ASSERT(len > 0);
    uint32_t code = p[0] & LEAD_MASK[len];
    for (size_t i = 1; i < len; i++) {
        code = (code << 6) | (p[i] & 0x3Fu);
    }
    s->ptr += len;
    s->len -= len;
    return code;
}

size_t utf8_count(struct slice s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++) {
        count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    }
    return count;
}

size_t utf8_encode(uint32_t code, char out[4])
{
    ASSERT(code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF));
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | (code >> 6));
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | (code >> 12));
        out[1] = (char)(0x80 | ((code >> 6) & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (code >> 18));
    out[1] = (char)(0x80 | ((code >> 12) & 0x3F));
    out[2] = (char)(0x80 | ((code >> 6) & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

struct slice utf8_prefix(struct slice s, size_t max_points)
{
    struct slice rest = s;
    for (size_t i = 0; i < max_points && rest.len > 0; i++) {
        (void)utf8_next(&rest);
    }
    return slice_make(s.ptr, s.len - rest.len);
}
