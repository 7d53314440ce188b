/* The gateway: one loop, one store connection, one HTTP server. Everything that lives as long as
 * the process. */
#ifndef SERVER_GATEWAY_H
#define SERVER_GATEWAY_H

#include <uv.h>
#include "integrations/pay/rail_keys.h"
#include "integrations/sign/key_folder.h"
#include "queue/base/settings.h"
#include "queue/domain/calendar.h"
#include "queue/seal/personal.h"
#include "queue/store/calls_read.h"
#include "queue/store/pack.h"
#include "queue/store/store_async.h"
#include "server/case_sequence.h"
#include "server/http/http_server.h"
#include "server/http/router.h"
#include "server/metrics.h"
#include "workers/routing/atlas.h"
#include "workers/rules/rulebook.h"

#define STORE_DEADLINE_MS 2000

struct intake;
struct long_poll;
struct token_cache;

struct gateway {
    const struct settings *settings;
    uv_loop_t *loop;
    struct store_async *store;
    struct http_server *http;
    struct router *router;
    struct sealer *sealer;
    struct packer *packer;
    struct policy *policy; /* replaced at run time (places.c): never keep a pointer into it */
    struct rulebook_state rules;
    struct key_folder *policy_keys, *order_keys; /* NULL: signatures are not asked for */
    struct pack_signers signers;                 /* both of them, for the rules */
    struct calendar calendar;
    struct atlas atlas;
    uv_timer_t places_timer; /* looks for new townships and aliases */
    struct case_sequence sequence;
    struct rail_keys rail_keys;
    struct pay_callback_rail callback_rails[RAIL_CALLBACKS_MAX];
    size_t callback_rail_count;
    struct intake *intake;
    struct long_poll *long_poll;
    struct token_cache *tokens;
    struct fcall fcall; /* for calls that are written and sent in one go */
    struct metrics metrics;
    size_t ops; /* requests that wait for something */
    bool replaying; /* POST /v1/policies/{id}/replay: one at a time */
    bool draining, long_poll_closed;
    uv_timer_t drain_timer;
};

/* Open everything and listen. On failure `why` says what to do. */
MUST_CHECK enum err gateway_start(struct gateway *g, uv_loop_t *loop,
                                  const struct settings *settings, struct buf *why);
/* Stop taking requests, answer what is in flight within settings->drain_ms, close everything; the
 * loop then ends. May be called twice: the second time stops at once. */
void gateway_stop(struct gateway *g);
/* Free what is left after the loop has ended. */
void gateway_release(struct gateway *g);

#endif
