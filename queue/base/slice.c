#include "queue/base/slice.h"

bool slice_starts_with(struct slice s, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len >= len && (len == 0 || memcmp(s.ptr, prefix, len) == 0);
}

bool slice_all_digits(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') {
            return false;
        }
    }
    return s.len > 0;
}

enum err slice_to_int64(struct slice s, int64_t min, int64_t max, int64_t *out)
{
    bool negative = s.len > 0 && s.ptr[0] == '-';
    struct slice digits = negative ? slice_make(s.ptr + 1, s.len - 1) : s;
    if (!slice_all_digits(digits) || digits.len > 19 || (digits.len > 1 && digits.ptr[0] == '0')) {
        return ERR_INPUT;
    }
    int64_t value = 0;
    for (size_t i = 0; i < digits.len; i++) {
        int digit = digits.ptr[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            (negative ? __builtin_sub_overflow(value, digit, &value)
                      : __builtin_add_overflow(value, digit, &value))) {
            return ERR_INPUT;
        }
    }
    if (value < min || value > max) {
        return ERR_INPUT;
    }
    *out = value;
    return ERR_OK;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct slice slice_trim(struct slice s)
{
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

struct slice slice_cut(struct slice *s, char sep)
{
    const char *hit = s->len == 0 ? NULL : memchr(s->ptr, sep, s->len);
    struct slice head = *s;
    if (hit == NULL) {
        *s = slice_make(NULL, 0);
        return head;
    }
    head.len = (size_t)(hit - s->ptr);
    *s = slice_make(hit + 1, s->len - head.len - 1);
    return head;
}

enum err slice_copy(struct slice s, char *out, size_t size)
{
    if (s.len >= size) {
        return ERR_TOO_LARGE;
    }
    if (s.len > 0) {
        if (memchr(s.ptr, '\0', s.len) != NULL) {
            return ERR_INPUT;
        }
        memcpy(out, s.ptr, s.len);
    }
    out[s.len] = '\0';
    return ERR_OK;
}

void hex_encode(const unsigned char *bytes, size_t len, char *out)
{
    static const char DIGITS[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = DIGITS[bytes[i] >> 4];
        out[2 * i + 1] = DIGITS[bytes[i] & 15];
    }
    out[2 * len] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

enum err hex_decode(struct slice text, unsigned char *bytes, size_t len)
{
    if (text.len != 2 * len) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (hex_value(text.ptr[i]) < 0) {
            return ERR_INPUT;
        }
    }
    for (size_t i = 0; i < len; i++) {
        bytes[i] =
            (unsigned char)(hex_value(text.ptr[2 * i]) * 16 + hex_value(text.ptr[2 * i + 1]));
    }
    return ERR_OK;
}
