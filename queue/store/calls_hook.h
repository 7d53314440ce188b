/* Typed calls about outgoing events: subscriptions of other systems and the deliveries to them. The
 * functions and what they keep: lua/hooks.lua. All slices are borrowed. */
#ifndef QUEUE_STORE_CALLS_HOOK_H
#define QUEUE_STORE_CALLS_HOOK_H

#include "queue/store/calls_queue.h"

#define HOOK_ID_HEX 16
#define HOOKS_MAX 16     /* subscriptions; stands in hooks.lua as well */
#define HOOK_TAKE_MAX 16 /* deliveries of one batch; so does this */
#define HOOK_DEAD_MAX 1000
#define HOOK_MEMBER_SIZE 64 /* "<entry of the stream>:<which event in it>" and a NUL */

/* Look for new events. *n: entries looked at; 0 = nothing new. */
void hooks_pump_write(struct fcall *f, const char *region);
MUST_CHECK enum err hooks_pump_read(const redisReply *reply, int64_t *n);

struct hook_delivery {
    struct slice member; /* names it in the store */
    struct slice type;   /* "case.accept"; "" = the event is gone or nobody's business */
    struct slice key;    /* case number or "fund:<code>" */
    struct slice json;   /* the event as the store has it: not for outside */
    int64_t failures;    /* so far */
};
struct hook_batch {
    struct slice url, wrapped_key, sealed; /* url "" = nothing to do */
    size_t count;
    struct hook_delivery deliveries[HOOK_TAKE_MAX];
};
void hooks_take_write(struct fcall *f, const char *region, struct slice id);
MUST_CHECK enum err hooks_take_read(const redisReply *reply, struct hook_batch *out);

enum hook_result { HOOK_OK, HOOK_RETRY, HOOK_DEAD };
struct hook_end {
    struct slice member;
    enum hook_result result;
    int64_t delay_ms;
    const char *why;
};
/* gone: the endpoint wants nothing more. rest_ms: it wants to hear nothing for so long. disable_ms:
 * one that has only failed for so long is disabled when something is given up. */
void hooks_done_begin(struct fcall *f, const char *region, struct slice token, struct slice id,
                      bool gone, int64_t rest_ms, int64_t disable_ms);
void hooks_done_add(struct fcall *f, const struct hook_end *e);
enum hooks_done { HOOKS_DONE_OK, HOOKS_DONE_STALE, HOOKS_DONE_DISABLED };
MUST_CHECK enum err hooks_done_read(const redisReply *reply, enum hooks_done *out);

/* ---- Looking after them ---- */
struct hook_new {
    struct slice id, fingerprint, url, types, wrapped_key, sealed, actor, event_tail;
};
void hooks_add_write(struct fcall *f, const char *region, const struct hook_new *h);
enum hook_added { HOOK_ADDED, HOOK_REPLAYED, HOOK_KEY_REUSED, HOOK_FULL };
MUST_CHECK enum err hooks_add_read(const redisReply *reply, enum hook_added *out);
void hooks_remove_write(struct fcall *f, const char *region, struct slice id,
                        struct slice event_tail);
MUST_CHECK enum err hooks_remove_read(const redisReply *reply); /* ERR_NOT_FOUND */
/* from_ms 0: only what was given up. ERR_NOT_FOUND; *again: given-up ones that are sent again. */
void hooks_replay_write(struct fcall *f, const char *region, struct slice id, int64_t from_ms,
                        struct slice event_tail);
MUST_CHECK enum err hooks_replay_read(const redisReply *reply, int64_t *again);

struct hook_row {
    struct slice id, state, url, types, by, cursor, why;
    int64_t at_ms, failing_since_ms, ok_ms, waiting, dead;
};
void hooks_list_write(struct fcall *f, const char *region);
/* rows: room for HOOKS_MAX. */
MUST_CHECK enum err hooks_list_read(const redisReply *reply, struct hook_row *rows, size_t *n);
struct hook_dead_row {
    struct slice member, why;
    int64_t at_ms;
};
void hooks_dead_write(struct fcall *f, const char *region, struct slice id, int64_t most);
/* rows: room for HOOK_DEAD_MAX. */
MUST_CHECK enum err hooks_dead_read(const redisReply *reply, struct hook_dead_row *rows, size_t *n);

#endif
