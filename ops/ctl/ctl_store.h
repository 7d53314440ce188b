/* A blocking store connection for the operator's commands. */
#ifndef OPS_CTL_CTL_STORE_H
#define OPS_CTL_CTL_STORE_H

#include "queue/base/settings.h"
#include "queue/store/store.h"

/* Connect and check. NULL with a message on stderr when it cannot be used. Free with store_free().
 */
struct store *ctl_store_open(const struct settings *s);
/* store_call with a message on stderr when it fails. */
bool ctl_store_call(struct store *store, redisReply **reply);

#endif
