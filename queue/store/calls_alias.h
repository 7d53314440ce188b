/* Typed calls about aliases of places (地名别名). The functions: lua/alias.lua. */
#ifndef QUEUE_STORE_CALLS_ALIAS_H
#define QUEUE_STORE_CALLS_ALIAS_H

#include "queue/store/event_tail.h"
#include "queue/store/fcall.h"
#include "queue/store/reply.h"

#define ALIASES_MAX 1000  /* in all states together */
#define ALIAS_WORD_MAX 90 /* bytes */

enum alias_state { ALIAS_PROPOSED, ALIAS_APPROVED, ALIAS_REVERTED };

struct alias_row {
    int64_t id;
    enum alias_state state;
    struct slice word, code, proposer, approver; /* borrowed from the reply */
};

void alias_propose_write(struct fcall *f, const char *region, struct slice word, struct slice code,
                         struct slice who, struct slice event_tail);
/* ERR_LIMIT: there are ALIASES_MAX. */
MUST_CHECK enum err alias_propose_read(const redisReply *reply, int64_t *id);

/* to: ALIAS_APPROVED (by another person than the proposer) or ALIAS_REVERTED. */
void alias_set_write(struct fcall *f, const char *region, struct slice id, enum alias_state to,
                     struct slice who, struct slice event_tail);
/* ERR_NOT_FOUND; ERR_FORBIDDEN: the same person; ERR_CONFLICT: not in a state for this. */
MUST_CHECK enum err alias_set_read(const redisReply *reply, int64_t *version);

void alias_list_write(struct fcall *f, const char *region);
/* rows: room for ALIASES_MAX, in no order. */
MUST_CHECK enum err alias_list_read(const redisReply *reply, int64_t *version,
                                    struct alias_row *rows, size_t *n);

#endif
