#include "server/http/query.h"

#include "queue/base/utf8.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return c - 'A' + 10;
    }
    return -1;
}

/* Take one decoded byte off *raw, which must not be empty; -1 for a wrong escape or a NUL. */
static int decode_byte(struct slice *raw, bool plus_is_space)
{
    char c = raw->ptr[0];
    size_t used = 1;
    if (c == '%') {
        int high = raw->len < 3 ? -1 : hex_value(raw->ptr[1]);
        int low = raw->len < 3 ? -1 : hex_value(raw->ptr[2]);
        if (high < 0 || low < 0) {
            return -1;
        }
        c = (char)(high * 16 + low);
        used = 3;
    } else if (c == '+' && plus_is_space) {
        c = ' ';
    }
    *raw = slice_make(raw->ptr + used, raw->len - used);
    return c == '\0' ? -1 : (unsigned char)c;
}

enum err percent_decode(struct slice raw, bool plus_is_space, char *out, size_t size,
                        struct slice *value)
{
    size_t len = 0;
    ASSERT(size > 0);
    while (raw.len > 0) {
        int byte = decode_byte(&raw, plus_is_space);
        if (byte < 0) {
            return ERR_INPUT;
        }
        if (len + 1 >= size) {
            return ERR_TOO_LARGE;
        }
        out[len++] = (char)byte;
    }
    out[len] = '\0';
    if (!utf8_valid(slice_make(out, len))) {
        return ERR_INPUT;
    }
    *value = slice_make(out, len);
    return ERR_OK;
}

bool query_next(struct slice *query, struct slice *name, struct slice *value)
{
    while (query->len > 0) {
        struct slice part = slice_cut(query, '&');
        if (part.len > 0) {
            *name = slice_cut(&part, '=');
            *value = part;
            return true;
        }
    }
    return false;
}

/* Compares the decoded form of `raw` with the plain text; a wrong escape equals nothing. */
static bool name_is(struct slice raw, const char *name)
{
    for (; *name != '\0'; name++) {
        if (raw.len == 0 || decode_byte(&raw, true) != (unsigned char)*name) {
            return false;
        }
    }
    return raw.len == 0;
}

enum err query_get(struct slice query, const char *name, char *out, size_t size,
                   struct slice *value)
{
    struct slice found = {NULL, 0};
    struct slice raw_name;
    struct slice raw_value;
    bool given = false;
    while (query_next(&query, &raw_name, &raw_value)) {
        if (name_is(raw_name, name)) {
            if (given) {
                return ERR_INPUT;
            }
            given = true;
            found = raw_value;
        }
    }
    return given ? percent_decode(found, true, out, size, value) : ERR_NOT_FOUND;
}

enum err query_int64(struct slice query, const char *name, int64_t min, int64_t max, int64_t absent,
                     int64_t *out)
{
    char text[24];
    struct slice value;
    enum err err = query_get(query, name, text, sizeof(text), &value);
    if (err == ERR_NOT_FOUND) {
        *out = absent;
        return ERR_OK;
    }
    return err == ERR_OK ? slice_to_int64(value, min, max, out) : ERR_INPUT;
}

enum err query_only(struct slice query, const char *const *names, size_t count)
{
    struct slice name;
    struct slice value;
    while (query_next(&query, &name, &value)) {
        size_t i = 0;
        while (i < count && !name_is(name, names[i])) {
            i++;
        }
        if (i == count) {
            return ERR_INPUT;
        }
    }
    return ERR_OK;
}
