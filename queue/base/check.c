#include "queue/base/check.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void check_failed(const char *file, int line, const char *func, const char *what)
{
    fprintf(stderr, "level=error event=assert_failed file=%s line=%d func=%s what=\"%s\"\n", file,
            line, func, what);
    abort();
}
