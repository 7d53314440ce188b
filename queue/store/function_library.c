#include "queue/store/function_library.h"

#include <stdio.h>

extern const unsigned char function_library_lua[]; /* made at build time, see CMakeLists.txt */
extern const size_t function_library_lua_size;

void function_library_version(char out[FUNCTION_VERSION_SIZE])
{
    uint64_t hash =
        UINT64_C(14695981039346656037); /* FNV-1a: only tells builds apart, protects nothing */
    for (size_t i = 0; i < function_library_lua_size; i++) {
        hash = (hash ^ function_library_lua[i]) * UINT64_C(1099511628211);
    }
    snprintf(out, FUNCTION_VERSION_SIZE, "%016llx", (unsigned long long)hash);
}

void function_library_text(struct buf *out)
{
    char version[FUNCTION_VERSION_SIZE];
    function_library_version(version);
    buf_putf(out, "#!lua name=jiuji\nlocal VERSION = '%s'\n", version);
    buf_put(out, function_library_lua, function_library_lua_size);
}
