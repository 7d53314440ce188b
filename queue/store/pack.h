/* Long JSON texts of a case (routing, decision) are stored packed: raw deflate with a dictionary of
 * the words that such texts are made of, which takes them to about a sixth. The reasons in full
 * sentences must be kept for years, exactly as they were told; their repetition need not. A packed
 * text starts with the number of its dictionary (1), plain JSON with '{'. */
#ifndef QUEUE_STORE_PACK_H
#define QUEUE_STORE_PACK_H

#include "queue/base/buf.h"
#include "queue/base/err.h"

#define PACK_TEXT_MAX 65536

/* zlib streams for reuse. One per thread. */
struct packer;
MUST_CHECK enum err packer_new(struct packer **out);
void packer_free(struct packer *p); /* NULL is allowed */

/* Append the packed form of text (1..PACK_TEXT_MAX bytes) to out. ERR_TOO_LARGE, ERR_NO_MEMORY,
 * ERR_INTERNAL. */
MUST_CHECK enum err pack_text(struct packer *p, struct slice text, struct buf *out);
/* Append the text again; plain JSON passes as it is. ERR_CORRUPT: damaged, or a dictionary this
 * build does not know. */
MUST_CHECK enum err unpack_text(struct packer *p, struct slice packed, struct buf *out);

#endif
