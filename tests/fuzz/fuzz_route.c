/* Any bytes as what a citizen says, and any bytes as a compiled township file. The first byte
 * chooses. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "queue/base/utf8.h"
#include "tests/unit/routing/small_tables.h"
#include "workers/routing/gazetteer_file.h"
#include "workers/routing/route.h"

static struct gazetteer *country;
static struct route_scratch *scratch;
static struct buf compiled;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    buf_init(&compiled, 64u << 20);
    ASSERT(small_tables_compile(&compiled) == ERR_OK);
    ASSERT(gazetteer_use(compiled.ptr, compiled.len, &country, NULL) == ERR_OK);
    ASSERT(route_scratch_new(&scratch) == ERR_OK);
    return 0;
}

static void check_result(const struct route_result *r)
{
    ASSERT(utf8_valid(slice_of(r->why)));
    ASSERT(r->count <= ROUTE_CANDIDATES_MAX);
    ASSERT(strlen(r->code) == (r->level == ROUTE_TOWNSHIP ? 9u
                               : r->level == ROUTE_COUNTY ? 6u
                                                          : 0u));
    ASSERT(r->level != ROUTE_TOWNSHIP ||
           (r->confidence >= 60 && strcmp(r->code, r->candidates[0].code) == 0));
}

static void route_text(const struct gazetteer *g, const uint8_t *data, size_t size)
{
    struct place_query q = {.text = {(const char *)data, size}};
    struct route_result r;

    ASSERT(route_place(g, scratch, &q, &r) == ERR_OK);
    if (g == country) /* the names of a changed file may be any bytes */
        check_result(&r);
    if (size < 16)
        return;
    memcpy(&q.lat, data, 8);
    memcpy(&q.lng, data + 8, 8);
    q.has_point = true;
    q.crs = (enum crs)(data[15] % CRS_COUNT);
    q.code = slice_make((const char *)data, data[0] % 14);
    ASSERT(route_place(g, scratch, &q, &r) == ERR_OK);
    if (g == country)
        check_result(&r);
}

/* The small country with some bytes changed and the checksum put right again: the checksum alone
 * would stop everything. */
static void open_changed(const uint8_t *data, size_t size)
{
    struct gazetteer *g = NULL;
    char *copy = aligned_alloc(16, (compiled.len + 15) / 16 * 16);

    if (copy == NULL)
        return;
    memcpy(copy, compiled.ptr, compiled.len);
    for (size_t i = 0; i + 4 < size; i += 5) {
        size_t at = ((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) % compiled.len;
        copy[at] = (char)data[i + 3];
        copy[(at + 1) % compiled.len] = (char)data[i + 4];
    }
    uint32_t crc = gazetteer_crc(copy, compiled.len);
    memcpy(copy + offsetof(struct gazetteer_header, crc), &crc, sizeof(crc));
    if (gazetteer_use(copy, compiled.len, &g, NULL) == ERR_OK) {
        route_text(g, (const uint8_t *)"惠水县摆金镇太平镇石头村", 36);
        free(g);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gazetteer *g = NULL;

    if (size == 0)
        return 0;
    if (data[0] == 'G') {
        open_changed(data + 1, size - 1);
    } else if (data[0] == 'F') {
        ASSERT(gazetteer_use(data + 1, size - 1, &g, NULL) != ERR_OK);
    } else {
        route_text(country, data + 1, size - 1);
    }
    return 0;
}
