#include "integrations/pay/bankfile/text_encode.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include "queue/base/utf8.h"

#define TEXT_MAX ((size_t)64 * 1024)
#define GROWTH 4 /* bytes of output for one byte of input, at most: a GBK pair gives three, an ASCII letter one */

struct text_coder {
    enum text_encoding encoding;
    iconv_t to, from; /* unused for UTF-8 */
    struct buf again; /* the way back, for comparing */
};

const char *text_encoding_word(enum text_encoding e)
{
    static const char *const words[] = {
#define TEXT_ENCODING_WORD(id, word) word,
        TEXT_ENCODING_TABLE(TEXT_ENCODING_WORD)
#undef TEXT_ENCODING_WORD
    };
    ASSERT((size_t)e < COUNT_OF(words));
    return words[e];
}

enum err text_encoding_from_word(struct slice word, enum text_encoding *out)
{
    for (int i = 0; i < TEXT_ENCODING_COUNT; i++) {
        if (slice_is(word, text_encoding_word((enum text_encoding)i))) {
            *out = (enum text_encoding)i;
            return ERR_OK;
        }
    }
    return ERR_INPUT;
}

static bool no_converter(iconv_t cd)
{
    return cd == (iconv_t)-1; /* as the manual of iconv_open says */
}

enum err text_coder_new(enum text_encoding encoding, struct text_coder **out)
{
    struct text_coder *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return ERR_NO_MEMORY;
    }
    c->encoding = encoding;
    buf_init(&c->again, TEXT_MAX * GROWTH);
    if (encoding != TEXT_UTF8) {
        const char *word = text_encoding_word(encoding);
        c->to = iconv_open(word, "UTF-8");
        c->from = iconv_open("UTF-8", word);
        if (no_converter(c->to) || no_converter(c->from)) {
            text_coder_free(c);
            return ERR_INTERNAL;
        }
    }
    *out = c;
    return ERR_OK;
}

void text_coder_free(struct text_coder *c)
{
    if (c == NULL) {
        return;
    }
    if (c->encoding != TEXT_UTF8) {
        if (!no_converter(c->to)) {
            iconv_close(c->to);
        }
        if (!no_converter(c->from)) {
            iconv_close(c->from);
        }
    }
    buf_release(&c->again);
    free(c);
}

/* All of `in`, exactly; out is as before on failure. */
static enum err convert(iconv_t cd, struct slice in, struct buf *out)
{
    size_t before = out->len;
    size_t room = in.len * GROWTH;
    size_t left = room;
    size_t in_left = in.len;
    char *from = (char *)(uintptr_t)in.ptr; /* iconv does not write there; its prototype has no const */
    if (in.len == 0) {
        return ERR_OK;
    }
    char *to = buf_room(out, room);
    if (to == NULL) {
        return buf_err(out);
    }
    (void)iconv(cd, NULL, NULL, NULL, NULL);
    size_t inexact = iconv(cd, &from, &in_left, &to, &left);
    if (inexact != 0 || in_left != 0) {
        out->ptr[before] = '\0';
        return inexact == (size_t)-1 && errno == E2BIG ? ERR_TOO_LARGE : ERR_INPUT;
    }
    out->len = before + room - left;
    out->ptr[out->len] = '\0';
    return ERR_OK;
}

static enum err copy_valid(struct slice text, struct buf *out)
{
    if (!utf8_valid(text)) {
        return ERR_INPUT;
    }
    buf_put_slice(out, text);
    return buf_err(out);
}

enum err text_decode(struct text_coder *c, struct slice bytes, struct buf *out)
{
    if (bytes.len > TEXT_MAX) {
        return ERR_TOO_LARGE;
    }
    return c->encoding == TEXT_UTF8 ? copy_valid(bytes, out) : convert(c->from, bytes, out);
}

enum err text_encode(struct text_coder *c, struct slice text, struct buf *out)
{
    if (text.len > TEXT_MAX) {
        return ERR_TOO_LARGE;
    }
    if (c->encoding == TEXT_UTF8) {
        return copy_valid(text, out);
    }
    size_t before = out->len;
    enum err err = convert(c->to, text, out);
    if (err != ERR_OK) {
        return err;
    }
    buf_clear(&c->again);
    if (out->len > before) {
        err = convert(c->from, slice_make(out->ptr + before, out->len - before), &c->again);
    }
    if (err == ERR_OK && !slice_eq(buf_slice(&c->again), text)) {
        err = ERR_INPUT;
    }
    if (err != ERR_OK && out->ptr != NULL) {
        out->len = before;
        out->ptr[before] = '\0';
    }
    return err;
}

size_t text_char_size(enum text_encoding encoding, struct slice bytes)
{
    if (bytes.len == 0) {
        return 0;
    }
    unsigned char first = (unsigned char)bytes.ptr[0];
    if (first < 0x80) {
        return 1;
    }
    if (encoding == TEXT_UTF8) {
        size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
        return size <= bytes.len ? size : 0;
    }
    unsigned char second = bytes.len > 1 ? (unsigned char)bytes.ptr[1] : 0;
    if (first == 0x80 || first == 0xff || second < 0x30 || second == 0x7f || second == 0xff) {
        return 0;
    }
    size_t size = second <= 0x39 && encoding == TEXT_GB18030 ? 4 : second >= 0x40 ? 2 : 0;
    return size <= bytes.len ? size : 0;
}
