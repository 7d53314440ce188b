/* What every cmocka program here needs: cmocka in its order of includes, and looks at slices. */
#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "queue/base/slice.h"

static inline void assert_slice_at(struct slice is, struct slice want, const char *file, int line)
{
    if (!slice_eq(is, want)) {
        print_error("is   '%.*s'\nwant '%.*s'\n", SLICE_FMT(is), SLICE_FMT(want));
        _fail(file, line);
    }
}

#define assert_slice(is, text) assert_slice_at((is), slice_of(text), __FILE__, __LINE__)
#define assert_ok(call) assert_int_equal((call), ERR_OK)

#endif
