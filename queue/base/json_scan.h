/* The grammar of RFC 8259 without building anything: what cJSON would let through is found here.
 * Internal to queue/base. */
#ifndef QUEUE_BASE_JSON_SCAN_H
#define QUEUE_BASE_JSON_SCAN_H

#include "queue/base/json.h"

/* ERR_OK if text is exactly one JSON document within the limits of json.h; ERR_INPUT with offset
 * and reason otherwise (line is left to the caller). Duplicate keys are not looked for. */
MUST_CHECK enum err json_scan(struct slice text, struct json_fault *fault);

#endif
