/* Reading replies of the store: errors by name, and typed looks at the values. */
#ifndef QUEUE_STORE_REPLY_H
#define QUEUE_STORE_REPLY_H

#include <hiredis/hiredis.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"

/* ERR_OK for every reply that is no error. NULL (connection lost) is ERR_STORE_DOWN. LOADING,
 * READONLY, MISCONF, MASTERDOWN, NOREPLICAS, OOM, BUSY, a missing function and our functions' own
 * errors each have their err. */
MUST_CHECK enum err reply_err(const redisReply *reply);

/* The text of a string, status or integer reply; {NULL, 0} for others. Integers have no text: use
 * reply_int. */
struct slice reply_text(const redisReply *reply);
/* Integer reply, or a string of decimal digits within min..max. ERR_CORRUPT. */
MUST_CHECK enum err reply_int(const redisReply *reply, int64_t min, int64_t max, int64_t *out);
/* Element i of an array reply, NULL if there is none. */
const redisReply *reply_at(const redisReply *reply, size_t i);
/* Text of element i. */
struct slice reply_text_at(const redisReply *reply, size_t i);
size_t reply_count(const redisReply *reply); /* 0 if it is no array */

#endif
