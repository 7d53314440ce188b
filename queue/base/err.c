#include "queue/base/err.h"

#include <string.h>

static const struct {
    const char *code;
    const char *text;
    int http_status;
    bool may_retry;
} ERRORS[ERR_COUNT] = {
#define ERR_ROW(name, code, status, retry, text) [name] = {code, text, status, retry},
    ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};

const char *err_code(enum err e)
{
    ASSERT(e < ERR_COUNT);
    return ERRORS[e].code;
}

const char *err_text(enum err e)
{
    ASSERT(e < ERR_COUNT);
    return ERRORS[e].text;
}

int err_http_status(enum err e)
{
    ASSERT(e < ERR_COUNT);
    return ERRORS[e].http_status;
}

bool err_may_retry(enum err e)
{
    ASSERT(e < ERR_COUNT);
    return ERRORS[e].may_retry;
}

enum err err_from_code(const char *text, unsigned long len)
{
    for (int i = 0; i < ERR_COUNT; i++) {
        if (strlen(ERRORS[i].code) == len && memcmp(ERRORS[i].code, text, len) == 0) {
            return (enum err)i;
        }
    }
    return ERR_COUNT;
}
