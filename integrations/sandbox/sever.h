/* Cut the connection of a client the way a failing network does: behind the HTTP server's back,
 * which (rightly) has no call for closing a request without a status. */
#ifndef INTEGRATIONS_SANDBOX_SEVER_H
#define INTEGRATIONS_SANDBOX_SEVER_H

#include <uv.h>
#include "queue/base/slice.h"
#include "server/http/message.h"

/* Write last_bytes as far as the socket takes them and shut the connection from `remote` down in
 * both directions. Nothing happens if there is no such connection. The server notices by itself. */
void sever(uv_loop_t *loop, const struct http_address *remote, struct slice last_bytes);

#endif
