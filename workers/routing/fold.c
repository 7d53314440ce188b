#include "workers/routing/fold.h"

#include <stdbool.h>
#include "queue/base/utf8.h"

/* The next code point, or 0xFFFD for a byte that is not UTF-8. Never reads behind the end. */
static uint32_t next_point(struct slice *s)
{
    unsigned char first = (unsigned char)s->ptr[0];
    size_t len = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;

    if (len == 0 || len > s->len || (len > 1 && !utf8_valid(slice_make(s->ptr, len)))) {
        s->ptr++;
        s->len--;
        return 0xFFFD;
    }
    if (len == 1) {
        s->ptr++;
        s->len--;
        return first;
    }
    return utf8_next(s);
}

static enum fold_break break_of(uint32_t c)
{
    switch (c) {
    case 0x3002: /* 。 */
    case '!':
    case '?':
    case ';':
    case '\n': return BREAK_SENTENCE;
    case ',':
    case 0x3001: /* 、 */
    case ':':
    case '(':
    case ')':
    case 0x300A:
    case 0x300B:
    case 0x201C:
    case 0x201D: return BREAK_COMMA;
    default: return BREAK_SPACE;
    }
}

static bool is_letter(uint32_t c)
{
    if (c < 0x80)
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
    if (c == 0x3007) /* 〇 */
        return true;
    if (c < 0x3400)
        return c >= 0xC0 && c < 0x2000; /* other alphabets: kept, so that they part names */
    return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3) ||
           (c >= 0xF900 && c <= 0xFAFF);
}

static uint32_t simplify(const struct fold_tables *t, uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E)
        c -= 0xFEE0;
    if (c >= 'A' && c <= 'Z')
        c += 'a' - 'A';
    if (c < FOLD_TABLE && t->fold != NULL && t->fold[c] != 0)
        c = t->fold[c];
    return c;
}

void fold_text(const struct fold_tables *t, struct slice text, struct folded *out)
{
    enum fold_break pending = BREAK_NONE;

    out->count = 0;
    while (text.len > 0 && out->count < FOLD_MAX) {
        uint32_t c = simplify(t, next_point(&text));
        if (c >= 0x20000 && c <= 0x3FFFF)
            c = 0xE000; /* rare characters beyond the table: one that matches nothing */
        else if (!is_letter(c)) {
            enum fold_break b = break_of(c);
            pending = b > pending ? b : pending;
            continue;
        }
        out->before[out->count] = (uint8_t)pending;
        out->text[out->count++] = (uint16_t)c;
        pending = BREAK_NONE;
    }
    out->before[out->count] = BREAK_SENTENCE;
    out->text[out->count] = 0;
    if (out->count > 0)
        out->before[0] = BREAK_SENTENCE;
}

int fold_same_sound(const struct fold_tables *t, uint16_t a, uint16_t b)
{
    if (t->sound == NULL || t->sound[a] == 0 || t->sound[b] == 0)
        return 0;
    const struct sound_row *x = &t->rows[t->sound[a]], *y = &t->rows[t->sound[b]];
    for (int i = 0; i < SOUNDS_MAX && x->syllable[i] != 0; i++) {
        for (int k = 0; k < SOUNDS_MAX && y->syllable[k] != 0; k++) {
            if (x->syllable[i] == y->syllable[k])
                return 1;
        }
    }
    return 0;
}
