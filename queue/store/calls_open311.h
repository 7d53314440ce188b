/* Typed call about cases that came by the Open311 façade. The function: lua/open311.lua. */
#ifndef QUEUE_STORE_CALLS_OPEN311_H
#define QUEUE_STORE_CALLS_OPEN311_H

#include "queue/store/calls_case.h"

#define OPEN311_ROWS_MAX 1000
#define OPEN311_IDS_MAX 100 /* of one question */

struct open311_row {
    struct slice no, township, facts; /* township "" before it is routed */
    enum case_state state;
    int64_t updated_ms;
};
/* Then 0..OPEN311_IDS_MAX times fcall_slice(number): with numbers the times do not matter. */
void open311_rows_begin(struct fcall *f, const char *region, int64_t from_ms, int64_t to_ms);
/* One row; ERR_CORRUPT. i < reply_count(reply). */
MUST_CHECK enum err open311_row_read(const redisReply *reply, size_t i, struct open311_row *out);

#endif
