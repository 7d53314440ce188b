/* Is this Redis safe to keep cases in? Asked at start, after every reconnect, and by `jiujictl
 * store check`. */
#ifndef QUEUE_STORE_SETTINGS_CHECK_H
#define QUEUE_STORE_SETTINGS_CHECK_H

#include "queue/base/buf.h"
#include "queue/store/fcall.h"
#include "queue/store/reply.h"

/* The commands to send one after the other; each reply is given to settings_check_reply in the same
 * order. */
#define SETTINGS_CHECKS 4
void settings_check_command(struct fcall *f, int i, const char *region);
/* Judge reply i. ERR_STORE_SETTINGS or ERR_STORE_FUNCTIONS with the setting, what it is, what it
 * must be and why in `why`; errors of the store itself (LOADING …) as they are. */
MUST_CHECK enum err settings_check_reply(int i, const redisReply *reply, struct buf *why);

#endif
