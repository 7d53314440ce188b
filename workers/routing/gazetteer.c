#include "workers/routing/gazetteer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "workers/routing/gazetteer_file.h"

#define REMEDY "; make it again with `jiujictl townships compile`"

#define POINT_SOURCE_ROW(id, word, zh) {word, zh},
static const char *const point_sources[][2] = {POINT_SOURCE_TABLE(POINT_SOURCE_ROW)};
#undef POINT_SOURCE_ROW

const char *point_source_word(enum point_source s)
{
    ASSERT((unsigned)s < COUNT_OF(point_sources));
    return point_sources[s][0];
}

const char *point_source_zh(enum point_source s)
{
    ASSERT((unsigned)s < COUNT_OF(point_sources));
    return point_sources[s][1];
}

static enum err refuse(struct buf *why, const char *what)
{
    if (why != NULL)
        buf_putf(why, "%s" REMEDY, what);
    return ERR_CORRUPT;
}

uint32_t gazetteer_crc(const void *bytes, size_t len)
{
    static const unsigned char zero[4];
    const unsigned char *p = bytes;
    size_t at = offsetof(struct gazetteer_header, crc);
    uLong crc = crc32_z(0, p, at);

    crc = crc32_z(crc, zero, sizeof(zero));
    crc = crc32_z(crc, p + at + sizeof(zero), len - at - sizeof(zero));
    return (uint32_t)crc;
}

static enum err check_header(const struct gazetteer_header *h, size_t len, struct buf *why)
{
    if (len < sizeof(*h))
        return refuse(why, "the township file is cut");
    if (memcmp(h->magic, GAZETTEER_MAGIC, sizeof(h->magic)) != 0)
        return refuse(why, "this is not a compiled township file");
    if (h->format != GAZETTEER_FORMAT || h->byte_order != GAZETTEER_BYTE_ORDER ||
        h->sections != SECTION_COUNT)
        return refuse(why, "the township file was compiled by another version");
    if (h->length != len)
        return refuse(why, "the township file is cut or has grown");
    if (h->crc != gazetteer_crc(h, len))
        return refuse(why, "the township file is damaged (checksum)");
    if (memchr(h->version, '\0', sizeof(h->version)) == NULL)
        return refuse(why, "the township file is damaged (version)");
    return ERR_OK;
}

static bool section_fits(const struct section_entry *e, size_t size, size_t len)
{
    return e->size == size && e->offset % 16 == 0 && e->offset <= len &&
           e->count <= (len - e->offset) / size;
}

static enum err find_sections(struct gazetteer *g, const char *bytes, size_t len, struct buf *why)
{
#define SECTION_SET(id, type, field)                                         \
    {                                                                        \
        const struct section_entry *e = &g->header->entry[id];               \
        if (!section_fits(e, sizeof(type), len))                             \
            return refuse(why, "the township file is damaged (" #field ")"); \
        g->field = (const type *)(const void *)(bytes + e->offset);          \
        g->field##_count = e->count;                                         \
    }
    SECTION_TABLE(SECTION_SET)
#undef SECTION_SET
    return ERR_OK;
}

enum err gazetteer_use(const void *bytes, size_t len, struct gazetteer **out, struct buf *why)
{
    const struct gazetteer_header *h = bytes;
    enum err err = check_header(h, len, why);

    if (err != ERR_OK)
        return err;
    struct gazetteer *g = calloc(1, sizeof(*g));
    if (g == NULL)
        return ERR_NO_MEMORY;
    g->header = h;
    err = find_sections(g, bytes, len, why);
    if (err == ERR_OK && !gazetteer_holds(g))
        err = refuse(why, "the township file is damaged (content)");
    if (err != ERR_OK) {
        free(g);
        return err;
    }
    *out = g;
    return ERR_OK;
}

/* All len bytes of the file; false if it is shorter by now or cannot be read. */
static bool read_all(int fd, char *to, size_t len)
{
    while (len > 0) {
        ssize_t got = read(fd, to, len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        len -= (size_t)got;
    }
    return true;
}

/* Read into memory of our own, not mapped from the file: who copies another file over it in place
 * would otherwise end every process that has it open (SIGBUS). */
enum err gazetteer_open(const char *path, struct gazetteer **out, struct buf *why)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0) {
        enum err err = errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
        if (why != NULL)
            buf_putf(why, "%s: %s" REMEDY, path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return err;
    }
    size_t len = (size_t)st.st_size;
    void *map = MAP_FAILED;
    if (len > 0)
        map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool whole = map != MAP_FAILED && read_all(fd, map, len) && mprotect(map, len, PROT_READ) == 0;
    close(fd);
    if (!whole) {
        if (map != MAP_FAILED)
            munmap(map, len);
        return refuse(why, len == 0 ? "the township file is empty"
                                    : "the township file cannot be read whole");
    }
    struct gazetteer *g = NULL;
    enum err err = gazetteer_use(map, len, &g, why);
    if (err != ERR_OK) {
        munmap(map, len);
        return err;
    }
    g->mapped = len;
    *out = g;
    return ERR_OK;
}

void gazetteer_close(struct gazetteer *g)
{
    if (g == NULL)
        return;
    if (g->mapped > 0)
        munmap((void *)(uintptr_t)g->header, g->mapped);
    free(g);
}

const char *gazetteer_version(const struct gazetteer *g)
{
    return g->header->version;
}

struct gazetteer_counts gazetteer_counts(const struct gazetteer *g)
{
    struct gazetteer_counts c = {
        .provinces = g->provinces_count,
        .cities = g->cities_count,
        .counties = g->counties_count,
        .townships = g->townships_count,
        .villages = g->header->villages,
        .anchors = g->header->anchors,
        .old_townships = g->old_count,
        .polygons = g->shapes_count,
        .bytes = (size_t)g->header->length,
    };
    for (uint32_t i = 0; i < g->townships_count; i++)
        c.townships_with_point += g->townships[i].source != POINT_NONE;
    return c;
}

#define FIND(rows, count, wanted)                 \
    uint32_t low = 0, high = (count);             \
    while (low < high) {                          \
        uint32_t middle = low + (high - low) / 2; \
        if ((rows)[middle].code < (wanted))       \
            low = middle + 1;                     \
        else                                      \
            high = middle;                        \
    }                                             \
    return low < (count) && (rows)[low].code == (wanted) ? low : UINT32_MAX

uint32_t gazetteer_find_township(const struct gazetteer *g, uint32_t code)
{
    FIND(g->townships, g->townships_count, code);
}

uint32_t gazetteer_find_county(const struct gazetteer *g, uint32_t code)
{
    FIND(g->counties, g->counties_count, code);
}

uint32_t gazetteer_find_old(const struct gazetteer *g, uint32_t code)
{
    FIND(g->old, g->old_count, code);
}

void gazetteer_township_at(const struct gazetteer *g, uint32_t i, struct township *out)
{
    ASSERT(i < g->townships_count);
    const struct township_row *t = &g->townships[i];
    const struct county_row *c = &g->counties[t->county];
    struct point p = row_point(t->lat, t->lng);

    *out = (struct township){
        .code = gazetteer_text(g, t->code_text),
        .name = gazetteer_text(g, t->name),
        .county_code = gazetteer_text(g, c->code_text),
        .county = gazetteer_text(g, c->name),
        .city = gazetteer_text(g, g->cities[c->city].name),
        .province = gazetteer_text(g, g->provinces[c->province].name),
        .lat = p.lat,
        .lng = p.lng,
        .has_point = t->source != POINT_NONE,
        .filler = (t->flags & TOWNSHIP_FILLER) != 0,
        .point_source = (enum point_source)t->source,
    };
}

void gazetteer_county_at(const struct gazetteer *g, uint32_t i, struct county *out)
{
    ASSERT(i < g->counties_count);
    const struct county_row *c = &g->counties[i];
    struct point p = row_point(c->lat, c->lng);

    *out = (struct county){
        .code = gazetteer_text(g, c->code_text),
        .name = gazetteer_text(g, c->name),
        .city = gazetteer_text(g, g->cities[c->city].name),
        .province = gazetteer_text(g, g->provinces[c->province].name),
        .lat = p.lat,
        .lng = p.lng,
        .has_point = (c->flags & COUNTY_HAS_POINT) != 0,
        .zone = (c->flags & COUNTY_IS_ZONE) != 0,
        .townships = c->township_count,
    };
}

/* The digits of a code as a number, 0 if it is not `digits` long. */
static uint32_t code_number(struct slice code, size_t digits)
{
    int64_t value = 0;

    if (code.len != digits || slice_to_int64(code, 1, UINT32_MAX, &value) != ERR_OK)
        return 0;
    return (uint32_t)value;
}

bool gazetteer_township(const struct gazetteer *g, struct slice code, struct township *out)
{
    uint32_t i = gazetteer_find_township(g, code_number(code, 9));

    if (i == UINT32_MAX)
        return false;
    gazetteer_township_at(g, i, out);
    return true;
}

bool gazetteer_county(const struct gazetteer *g, struct slice code, struct county *out)
{
    uint32_t i = gazetteer_find_county(g, code_number(code, 6));

    if (i == UINT32_MAX)
        return false;
    gazetteer_county_at(g, i, out);
    return true;
}

bool gazetteer_successor(const struct gazetteer *g, struct slice old_code, struct township *out)
{
    uint32_t i = gazetteer_find_old(g, code_number(old_code, 9));

    if (i == UINT32_MAX)
        return false;
    gazetteer_township_at(g, g->old[i].township, out);
    return true;
}
