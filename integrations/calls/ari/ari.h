/* Asterisk REST Interface: events of its WebSocket, one JSON object or an array of them. Other
 * types than the ones listed in ari.c are ignored. A call is named by channel.linkedid where the
 * version has it, else by the id of the caller's channel. */
#ifndef INTEGRATIONS_CALLS_ARI_ARI_H
#define INTEGRATIONS_CALLS_ARI_ARI_H

#include "integrations/calls/calls.h"

/* Is this object an ARI event (and not the generic form)? */
bool ari_is(const struct json *v);
/* One event; as calls_read(). */
MUST_CHECK enum err ari_read(const struct json *v, struct slice source, struct arena *arena,
                             struct calls_batch *out, const char **why);

#endif
