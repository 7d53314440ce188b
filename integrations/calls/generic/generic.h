/* The generic form, one JSON object or an array of them:
 *
 *     {"source": "pbx-1", "call_id": "1558000000.17", "leg_id": "1558000003.18",
 *      "event": "offered|answered|held|ended|abandoned|recorded", "ts":
 * "2026-03-01T09:30:00+08:00", "caller": "13812341234" | {"number": "…", "presentation":
 * "allowed|restricted|unavailable"}, "called": "12349", "queue": "relief", "agent_id": "desk-3",
 * "hold_s": 12, "talk_s": 80, "ended_by": "caller|agent|transfer|dropped", "recording_ref": "…"}
 *
 * call_id, event and ts are needed; unknown members are refused. */
#ifndef INTEGRATIONS_CALLS_GENERIC_GENERIC_H
#define INTEGRATIONS_CALLS_GENERIC_GENERIC_H

#include "integrations/calls/calls.h"

/* One event; as calls_read(). */
MUST_CHECK enum err generic_call_read(const struct json *v, struct slice source,
                                      struct arena *arena, struct calls_batch *out,
                                      const char **why);

#endif
