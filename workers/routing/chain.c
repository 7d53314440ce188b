#include "workers/routing/chain.h"

#include <string.h>

#define NEIGHBOURS_MAX 3

struct slice region_prefix(const char *region)
{
    struct slice prefix = slice_of(region);
    while (prefix.len > 2 && region[prefix.len - 1] == '0' && region[prefix.len - 2] == '0') {
        prefix.len -= 2;
    }
    return prefix;
}

bool region_holds(const char *region, struct slice code)
{
    struct slice prefix = region_prefix(region);
    return code.len >= prefix.len && slice_eq(slice_make(code.ptr, prefix.len), prefix);
}

void chain_write(const char *first, const struct route_result *r, const char *region,
                 struct buf *out)
{
    bool township = strlen(first) == TOWNSHIP_CODE_SIZE - 1;
    int neighbours = 0;
    buf_put_text(out, first);
    for (size_t i = 0; i < r->count && neighbours < NEIGHBOURS_MAX && township; i++) {
        const char *code = r->candidates[i].code;
        if (strlen(code) == TOWNSHIP_CODE_SIZE - 1 && region_holds(region, slice_of(code)) &&
            strcmp(code, first) != 0) {
            buf_putf(out, ",%s", code);
            neighbours++;
        }
    }
    if (township && strncmp(first, region, COUNTY_CODE_SIZE - 1) != 0) {
        buf_putf(out, ",%.6s", first);
    }
    if (strcmp(first, region) != 0) {
        buf_putf(out, ",%s", region);
    }
}
