#include "workers/routing/gazetteer_build.h"

#include <stdio.h>
#include <string.h>
#include "workers/routing/build.h"

static const size_t row_sizes[] = {
#define SECTION_SIZE(id, type, field) sizeof(type),
    SECTION_TABLE(SECTION_SIZE)
#undef SECTION_SIZE
};

static void pad16(struct buf *out, size_t start)
{
    static const char zero[16];
    buf_put(out, zero, (16 - (out->len - start) % 16) % 16);
}

static enum err write_file(const struct build *b, struct buf *out)
{
    size_t start = out->len;
    struct gazetteer_header h = {.format = GAZETTEER_FORMAT,
                                 .byte_order = GAZETTEER_BYTE_ORDER,
                                 .sections = SECTION_COUNT,
                                 .villages = b->report->villages,
                                 .anchors = b->report->anchors};

    memcpy(h.magic, GAZETTEER_MAGIC, sizeof(h.magic));
    buf_put(out, &h, sizeof(h));
    for (int i = 0; i < SECTION_COUNT; i++) {
        const struct vec *v = &b->section[i];
        if (v->len > UINT32_MAX)
            return ERR_TOO_LARGE;
        pad16(out, start);
        h.entry[i] = (struct section_entry){out->len - start, (uint32_t)v->len, (uint32_t)v->size};
        if (v->len > 0)
            buf_put(out, v->ptr, v->len * v->size);
    }
    enum err err = buf_err(out);
    if (err != ERR_OK)
        return err;
    h.length = out->len - start;
    /* The version names the content: the checksum of the file without a version. */
    memcpy(out->ptr + start, &h, sizeof(h));
    uint32_t content = gazetteer_crc(out->ptr + start, h.length);
    snprintf(h.version, sizeof(h.version), "%.10s.%08x", b->from->date, (unsigned)content);
    memcpy(out->ptr + start, &h, sizeof(h));
    h.crc = gazetteer_crc(out->ptr + start, h.length);
    memcpy(out->ptr + start, &h, sizeof(h));
    return ERR_OK;
}

enum err gazetteer_build(const struct gazetteer_sources *from, struct buf *out,
                         struct build_report *report, struct buf *why)
{
    struct build b = {.from = from, .report = report, .why = why};

    ASSERT(from->townships != NULL && from->date != NULL && why != NULL);
    memset(report, 0, sizeof(*report));
    for (size_t i = 0; i < SECTION_COUNT; i++)
        vec_init(&b.section[i], row_sizes[i]);
    enum err err = build_text(&b, SLICE_LIT("")) == 0 ? ERR_OK : ERR_NO_MEMORY;
    if (err == ERR_OK)
        err = build_places(&b);
    if (err == ERR_OK)
        err = build_points(&b);
    if (err == ERR_OK)
        err = build_shapes(&b);
    if (err == ERR_OK)
        err = build_text_index(&b);
    if (err == ERR_OK)
        err = write_file(&b, out);
    for (size_t i = 0; i < SECTION_COUNT; i++)
        vec_release(&b.section[i]);
    return err;
}
