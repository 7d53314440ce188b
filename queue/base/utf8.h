/* UTF-8 as in RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef QUEUE_BASE_UTF8_H
#define QUEUE_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/slice.h"

bool utf8_valid(struct slice s);
/* Take the first code point off *s, which must be valid UTF-8 and not empty. */
uint32_t utf8_next(struct slice *s);
/* Number of code points of valid UTF-8. */
size_t utf8_count(struct slice s);
/* Write the code point (0..0x10FFFF, no surrogate) to out; returns 1..4. */
size_t utf8_encode(uint32_t code, char out[4]);
/* The longest prefix of valid UTF-8 s that has at most max_points code points. */
struct slice utf8_prefix(struct slice s, size_t max_points);

#endif
