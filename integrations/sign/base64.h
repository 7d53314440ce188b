/* Base64 of RFC 4648 section 4, with padding and without line breaks. Strict on reading. Pure. */
#ifndef INTEGRATIONS_SIGN_BASE64_H
#define INTEGRATIONS_SIGN_BASE64_H

#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

/* Append the text of bytes[0..len) to out. Look at buf_err(). */
void base64_encode(const unsigned char *bytes, size_t len, struct buf *out);
/* Read all of text into bytes[0..size); *len is how many there were. ERR_INPUT: not padded to a
 * multiple of 4, another character, bits behind the last byte that are not 0. ERR_TOO_LARGE: more
 * than size bytes. bytes may be written to on failure, *len is not. */
MUST_CHECK enum err base64_decode(struct slice text, unsigned char *bytes, size_t size,
                                  size_t *len);

#endif
