#include "queue/base/buf.h"

#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t max)
{
    ASSERT(max > 0 && max <= SIZE_MAX / 2);
    *b = (struct buf){.max = max, .err = ERR_OK};
}

void buf_release(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf){.max = b->max, .err = ERR_OK};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->err = ERR_OK;
    if (b->ptr != NULL) {
        b->ptr[0] = '\0';
    }
}

enum err buf_err(const struct buf *b)
{
    return b->err;
}

struct slice buf_slice(const struct buf *b)
{
    return slice_make(b->ptr, b->len);
}

char *buf_room(struct buf *b, size_t len)
{
    if (b->err != ERR_OK) {
        return NULL;
    }
    if (len > b->max - b->len) {
        b->err = ERR_TOO_LARGE;
        return NULL;
    }
    size_t need = b->len + len + 1;
    if (need > b->cap) {
        size_t cap = b->cap < 64 ? 64 : b->cap;
        while (cap < need) {
            cap *= 2;
        }
        char *grown = realloc(b->ptr, cap);
        if (grown == NULL) {
            b->err = ERR_NO_MEMORY;
            return NULL;
        }
        b->ptr = grown;
        b->cap = cap;
        b->ptr[b->len] = '\0'; /* also when nothing is put there afterwards */
    }
    return b->ptr + b->len;
}

void buf_put(struct buf *b, const void *bytes, size_t len)
{
    char *at = buf_room(b, len);
    if (at == NULL) {
        return;
    }
    if (len > 0) {
        memcpy(at, bytes, len);
    }
    b->len += len;
    b->ptr[b->len] = '\0';
}

void buf_put_slice(struct buf *b, struct slice s)
{
    buf_put(b, s.ptr, s.len);
}

void buf_put_text(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

void buf_put_char(struct buf *b, char c)
{
    buf_put(b, &c, 1);
}

void buf_put_int(struct buf *b, int64_t value)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = value < 0 ? (uint64_t)0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    buf_put(b, digits + at, sizeof(digits) - at);
}

void buf_putf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    ASSERT(len >= 0);
    char *at = buf_room(b, (size_t)len);
    if (at == NULL) {
        return;
    }
    va_start(args, fmt);
    vsnprintf(at, (size_t)len + 1, fmt, args);
    va_end(args);
    b->len += (size_t)len;
}

void buf_consume(struct buf *b, size_t len)
{
    ASSERT(len <= b->len);
    if (len == 0) {
        return;
    }
    memmove(b->ptr, b->ptr + len, b->len - len);
    b->len -= len;
    b->ptr[b->len] = '\0';
}
