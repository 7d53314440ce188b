/* Character encodings of bank text files, by iconv. What an encoding cannot hold is an error, never a '?': GBK has no
 * 䶮, 㛃 or 𬭎, GB18030 has them (most in four bytes). Every text is turned back and compared before it counts. */
#ifndef INTEGRATIONS_PAY_BANKFILE_TEXT_ENCODE_H
#define INTEGRATIONS_PAY_BANKFILE_TEXT_ENCODE_H

#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define TEXT_ENCODING_TABLE(X) \
    X(TEXT_GB18030, "GB18030") \
    X(TEXT_GBK, "GBK")         \
    X(TEXT_UTF8, "UTF-8")

#define TEXT_ENCODING_ENUM(id, word) id,
enum text_encoding { TEXT_ENCODING_TABLE(TEXT_ENCODING_ENUM) TEXT_ENCODING_COUNT };
#undef TEXT_ENCODING_ENUM
const char *text_encoding_word(enum text_encoding e);
MUST_CHECK enum err text_encoding_from_word(struct slice word, enum text_encoding *out);

struct text_coder; /* one thread */

/* ERR_INTERNAL: this system's libc does not know the encoding; ERR_NO_MEMORY. */
MUST_CHECK enum err text_coder_new(enum text_encoding encoding, struct text_coder **out);
void text_coder_free(struct text_coder *c); /* NULL is allowed */

/* Append the text (valid UTF-8, at most 64 KiB) in the encoding. ERR_INPUT: a character cannot be held, or would not
 * come back the same; out is as before then. ERR_NO_MEMORY, ERR_TOO_LARGE. */
MUST_CHECK enum err text_encode(struct text_coder *c, struct slice text, struct buf *out);
/* Append the bytes as UTF-8. ERR_INPUT: no text of the encoding; out is as before then. */
MUST_CHECK enum err text_decode(struct text_coder *c, struct slice bytes, struct buf *out);

/* Bytes of the character that begins at bytes.ptr[0], 1..4; 0 if it is broken or bytes is empty. Only the shape is
 * looked at: enough to find a separator, since in GBK and GB18030 '|' may be the second byte of a character. */
size_t text_char_size(enum text_encoding encoding, struct slice bytes);

#endif
