/* A short name for the content of a pack. */
#include "workers/rules/policy_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint64_t mix(uint64_t hash, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < len; i++)
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t hash_value(uint64_t hash, const struct json *v);

/* Strings with their length in front: no two different values give the same bytes. */
static uint64_t hash_text(uint64_t hash, struct slice text)
{
    char head[32];
    int len = snprintf(head, sizeof head, "\"%zu:", text.len);

    hash = mix(hash, head, (size_t)len);
    return mix(hash, text.ptr, text.len);
}

/* Members in byte order of their names, so that moving lines about does not change the hash. Each
 * round takes the least name that is greater than the last one: no memory, and a pack's objects are
 * small. */
static uint64_t hash_object(uint64_t hash, const struct json *v)
{
    const char *last = NULL;

    for (size_t i = 0; i < json_size(v); i++) {
        const struct json *least = NULL;
        for (const struct json *m = json_first(v); m != NULL; m = json_next(m)) {
            if (last != NULL && strcmp(json_name(m), last) <= 0)
                continue;
            if (least == NULL || strcmp(json_name(m), json_name(least)) < 0)
                least = m;
        }
        ASSERT(least != NULL); /* names are unique */
        last = json_name(least);
        hash = hash_text(hash, slice_of(last));
        hash = hash_value(hash, least);
    }
    return hash;
}

static uint64_t hash_value(uint64_t hash, const struct json *v)
{
    struct slice text;
    int64_t number;
    char digits[32];
    bool yes;

    switch (json_kind(v)) {
    case JSON_STRING: return json_string(v, &text) == ERR_OK ? hash_text(hash, text) : hash;
    case JSON_NUMBER: /* the reader has let integers pass and nothing else */
        if (json_int64(v, -JSON_INT_MAX, JSON_INT_MAX, &number) != ERR_OK)
            return mix(hash, "?", 1);
        return mix(hash, digits, (size_t)snprintf(digits, sizeof digits, "%" PRId64 ";", number));
    case JSON_BOOL: return json_bool(v, &yes) == ERR_OK ? mix(hash, yes ? "t" : "f", 1) : hash;
    case JSON_ARRAY:
        hash = mix(hash, "[", 1);
        for (const struct json *e = json_first(v); e != NULL; e = json_next(e))
            hash = hash_value(hash, e);
        return mix(hash, "]", 1);
    case JSON_OBJECT: return mix(hash_object(mix(hash, "{", 1), v), "}", 1);
    case JSON_NULL:
    case JSON_ABSENT: break;
    }
    return mix(hash, "n", 1);
}

uint64_t policy_hash_json(const struct json *v)
{
    return hash_value(UINT64_C(0xcbf29ce484222325), v);
}
