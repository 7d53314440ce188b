#include "queue/store/pack.h"

#include <stdlib.h>
#include <zlib.h>
#include "queue/store/pack_dictionary.h"

#define DICTIONARY_1 '\x01'
#define WINDOW_BITS 13 /* 8 KiB: dictionary and text together */
#define MEM_LEVEL 6
#define LEVEL 1 /* one case costs Redis and a worker about as much; more effort here gains little */

struct packer {
    z_stream deflater, inflater;
    bool has_deflater, has_inflater;
};

static const unsigned char *dictionary(void)
{
    return (const unsigned char *)PACK_DICTIONARY_1;
}

enum err packer_new(struct packer **out)
{
    struct packer *p = calloc(1, sizeof(*p));
    if (p == NULL) {
        return ERR_NO_MEMORY;
    }
    p->has_deflater = deflateInit2(&p->deflater, LEVEL, Z_DEFLATED, -WINDOW_BITS, MEM_LEVEL,
                                   Z_DEFAULT_STRATEGY) == Z_OK;
    p->has_inflater = inflateInit2(&p->inflater, -WINDOW_BITS) == Z_OK;
    if (!p->has_deflater || !p->has_inflater) {
        packer_free(p);
        return ERR_NO_MEMORY;
    }
    *out = p;
    return ERR_OK;
}

void packer_free(struct packer *p)
{
    if (p == NULL) {
        return;
    }
    if (p->has_deflater) {
        deflateEnd(&p->deflater);
    }
    if (p->has_inflater) {
        inflateEnd(&p->inflater);
    }
    free(p);
}

enum err pack_text(struct packer *p, struct slice text, struct buf *out)
{
    z_stream *z = &p->deflater;
    if (text.len == 0 || text.len > PACK_TEXT_MAX) {
        return ERR_TOO_LARGE;
    }
    if (deflateReset(z) != Z_OK ||
        deflateSetDictionary(z, dictionary(), sizeof(PACK_DICTIONARY_1) - 1) != Z_OK) {
        return ERR_INTERNAL;
    }
    size_t bound = deflateBound(z, text.len);
    buf_put_char(out, DICTIONARY_1);
    char *at = buf_room(out, bound);
    if (at == NULL) {
        return buf_err(out);
    }
    union { /* zlib's interface reads through a pointer without const */
        const char *in;
        unsigned char *next;
    } input = {.in = text.ptr};
    z->next_in = input.next;
    z->avail_in = (uInt)text.len;
    z->next_out = (unsigned char *)at;
    z->avail_out = (uInt)bound;
    if (deflate(z, Z_FINISH) != Z_STREAM_END) {
        return ERR_INTERNAL;
    }
    out->len += bound - z->avail_out;
    out->ptr[out->len] = '\0';
    return ERR_OK;
}

enum err unpack_text(struct packer *p, struct slice packed, struct buf *out)
{
    z_stream *z = &p->inflater;
    if (packed.len > 0 && packed.ptr[0] == '{') {
        buf_put_slice(out, packed);
        return buf_err(out);
    }
    if (packed.len < 2 || packed.ptr[0] != DICTIONARY_1 || packed.len > PACK_TEXT_MAX * 2) {
        return ERR_CORRUPT;
    }
    if (inflateReset(z) != Z_OK ||
        inflateSetDictionary(z, dictionary(), sizeof(PACK_DICTIONARY_1) - 1) != Z_OK) {
        return ERR_INTERNAL;
    }
    union {
        const char *in;
        unsigned char *next;
    } input = {.in = packed.ptr + 1};
    z->next_in = input.next;
    z->avail_in = (uInt)(packed.len - 1);
    char *at = buf_room(out, PACK_TEXT_MAX);
    if (at == NULL) {
        return buf_err(out);
    }
    z->next_out = (unsigned char *)at;
    z->avail_out = PACK_TEXT_MAX;
    if (inflate(z, Z_FINISH) != Z_STREAM_END || z->avail_in != 0) {
        out->ptr[out->len] = '\0';
        return ERR_CORRUPT;
    }
    out->len += PACK_TEXT_MAX - z->avail_out;
    out->ptr[out->len] = '\0';
    return ERR_OK;
}
