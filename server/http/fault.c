#include "server/http/fault.h"

const struct http_fault *http_fault(enum http_fault_id id)
{
    static const struct http_fault faults[] = {
#define HTTP_FAULT_ROW(id, status, err, detail) {status, err, detail},
        HTTP_FAULT_TABLE(HTTP_FAULT_ROW)
#undef HTTP_FAULT_ROW
    };
    ASSERT(id < FAULT_COUNT);
    return &faults[id];
}
