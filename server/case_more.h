/* The parts of a case beyond its first aid, for the API: grant, recovery, referrals, publicity,
 * links. Each is null or empty while there is none. */
#ifndef SERVER_CASE_MORE_H
#define SERVER_CASE_MORE_H

#include "queue/base/json.h"
#include "queue/store/calls_read.h"

/* no: of the case. */
void case_more_write(const struct case_view *v, struct slice no, struct json_out *o);

#endif
