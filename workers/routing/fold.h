/* Text as the index sees it: one number per character; traditional characters as simplified ones,
 * full-width as ASCII, capital letters small; spaces, punctuation and pictures left out, but
 * remembered as breaks. */
#ifndef WORKERS_ROUTING_FOLD_H
#define WORKERS_ROUTING_FOLD_H

#include <stddef.h>
#include <stdint.h>
#include "queue/base/slice.h"

#define FOLD_TABLE 65536
#define FOLD_MAX 1536 /* characters of a text that are read */
#define SOUNDS_MAX 4  /* of one character */

struct sound_row {
    uint16_t syllable[SOUNDS_MAX]; /* 0 fills up */
};

struct fold_tables {
    const uint16_t *fold;  /* FOLD_TABLE entries: the simplified form of a code point, 0 for itself;
                              NULL for none */
    const uint16_t *sound; /* FOLD_TABLE entries: row in rows, 0 for none; NULL for none */
    const struct sound_row *rows;
};

enum fold_break { BREAK_NONE, BREAK_SPACE, BREAK_COMMA, BREAK_SENTENCE };

struct folded {
    uint16_t text[FOLD_MAX + 1];
    uint8_t before[FOLD_MAX +
                   1]; /* enum fold_break in front of the character; [count] is behind the last */
    size_t count;
};

/* Any bytes: what is not UTF-8 is left out. */
void fold_text(const struct fold_tables *t, struct slice text, struct folded *out);
/* True if the two characters share a syllable. */
int fold_same_sound(const struct fold_tables *t, uint16_t a, uint16_t b);

#endif
