/* A text message as the tables of this room see it. Handsets and operators send the same words in
 * many forms: full-width digits and letters, circled and traditional characters, spaces inside
 * words, invisible characters, pictures. All of that is made one form, so that a table needs each
 * word once.
 *
 * Pure, like everything in this room: no clock, no I/O, no log. */
#ifndef WORKERS_CONVERSATION_PLAIN_H
#define WORKERS_CONVERSATION_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include "queue/base/slice.h"

/* Bytes that are read, as much as an operator delivers in one: what is behind is kept with the case, but no word is
 * looked for in it. */
#define PLAIN_MAX 8192

struct plain {
    /* Both NUL-terminated UTF-8. spaced: runs of spaces, punctuation and pictures are one ' ', none
     * at the ends. tight: the same without spaces. Letters are small, digits ASCII, the characters
     * of our tables simplified. */
    char spaced[PLAIN_MAX + 1];
    char tight[PLAIN_MAX + 1];
    size_t spaced_len, tight_len;
};

/* Any bytes: what is not UTF-8 is left out. */
void plain_make(struct slice text, struct plain *out);

/* Is the word in it, wherever? */
bool plain_has(const struct plain *p, const char *word);
/* Is one of the words (ends with NULL) in it? Answers which, NULL if none. */
const char *plain_has_any(const struct plain *p, const char *const *words);
/* Is the whole message this word? */
bool plain_is(const struct plain *p, const char *word);
/* Does it begin with the word? */
bool plain_starts(const struct plain *p, const char *word);

#endif
