/* Typed calls about the administration of the rules: packs drafted by one person and approved by another for a time to
 * come, declared disasters, and the reading of past decisions. The functions: lua/policy.lua. Everything in the results
 * is borrowed from the reply. */
#ifndef QUEUE_STORE_CALLS_POLICY_H
#define QUEUE_STORE_CALLS_POLICY_H

#include "queue/domain/disaster.h"
#include "queue/store/event_tail.h"
#include "queue/store/fcall.h"
#include "queue/store/reply.h"

#define POLICY_PACKS_MAX 1000     /* in all states together */
#define POLICY_TEXT_MAX 1048576u  /* packed bytes of one pack */
#define DISASTER_ROWS_MAX 2000    /* read at once */
#define DISASTERS_OPEN_MAX 64     /* declared or approved and not over */
#define ACTIVE_KEY_SIZE 48
#define ACTIVE_SKIPPED_MAX 16     /* packs that one process may pass over */
#define DECIDED_CASES_MAX 64      /* loaded at once */

/* ---- Packs ---- */
enum policy_state { POLICY_DRAFT, POLICY_APPROVED, POLICY_WITHDRAWN, POLICY_STATE_COUNT };
const char *policy_state_word(enum policy_state s);

struct policy_row {
    int64_t id, proposed_ms, approved_ms, from_ms; /* 0 = not yet */
    enum policy_state state;
    struct slice name, proposer, approver, title;
};

/* What came of a change. */
enum policy_outcome {
    POLICY_OK,
    POLICY_REPLAYED,    /* this Idempotency-Key has done it before: id or version of then */
    POLICY_EXISTS,      /* this very pack is there: its id */
    POLICY_FULL,
    POLICY_KEY_REUSED,
    POLICY_NOT_FOUND,
    POLICY_STATE,       /* not in a state for this */
    POLICY_NAME,        /* not the pack that the approver names */
    POLICY_SAME_PERSON, /* who proposes cannot approve */
    POLICY_PAST,        /* the time has passed */
    POLICY_TAKEN,       /* another pack begins at that very time */
    POLICY_OUTCOME_COUNT
};

/* Who does it, and what makes a repeated request harmless (both "" for the operator's tool). */
struct policy_actor {
    struct slice who, event_tail, idem_hash, fingerprint;
};

/* packed: pack_text() of the JSON, or the JSON itself. name: policy_name(). */
void policy_draft_write(struct fcall *f, const char *region, struct slice name, struct slice packed,
                        struct slice title, const struct policy_actor *a);
void policy_approve_write(struct fcall *f, const char *region, struct slice id, struct slice name, int64_t from_ms,
                          const struct policy_actor *a);
void policy_withdraw_write(struct fcall *f, const char *region, struct slice id, const struct policy_actor *a);
/* *number: id of a draft, else the new version; untouched for the refusals. ERR_CORRUPT. */
MUST_CHECK enum err policy_change_read(const redisReply *reply, enum policy_outcome *out, int64_t *number);

void policy_list_write(struct fcall *f, const char *region);
/* rows: room for POLICY_PACKS_MAX, oldest first. *active: id in force, 0 = the pack of the file. */
MUST_CHECK enum err policy_list_read(const redisReply *reply, int64_t *now_ms, int64_t *active,
                                     struct policy_row *rows, size_t *n);

void policy_pack_write(struct fcall *f, const char *region, struct slice id);
/* ERR_NOT_FOUND. packed: for unpack_text(). */
MUST_CHECK enum err policy_pack_read(const redisReply *reply, struct slice *name, struct slice *packed);

/* ---- Disasters ---- */
const char *disaster_state_word(enum disaster_state s);

void disaster_declare_write(struct fcall *f, const char *region, struct slice surge, struct slice divisions,
                            int64_t from_ms, int64_t to_ms, struct slice title, const struct policy_actor *a);
/* to: DISASTER_APPROVED (by another person) or DISASTER_ENDED. */
void disaster_set_write(struct fcall *f, const char *region, struct slice id, enum disaster_state to,
                        const struct policy_actor *a);
/* The replies of both: policy_change_read. */

void disaster_list_write(struct fcall *f, const char *region);
/* rows: room for most; ERR_TOO_LARGE when there are more. */
MUST_CHECK enum err disaster_list_read(const redisReply *reply, int64_t *now_ms, struct disaster_row *rows, size_t most,
                                       size_t *n);

/* ---- What is in force: asked every two seconds ---- */
struct active_policy {
    struct slice key;       /* of this state of things: for the next question */
    int64_t now_ms, next_ms; /* the store's clock; when the next pack begins, 0 = none is waiting */
    bool changed;           /* the key is another one than asked with; only then what follows is set */
    int64_t id;             /* 0 = the pack of the file */
    int64_t newest_id;      /* the same without those passed over: what two people have put in force */
    struct slice packed;    /* its JSON; "" with id 0 */
    size_t disaster_count;  /* approved and not over, at most DISASTERS_OPEN_MAX */
    struct disaster_row disasters[DISASTERS_OPEN_MAX];
};
/* skipped: packs that are passed over as if they had not been approved: who may not take one (its
 * signature does not hold) goes on with the one before. At most ACTIVE_SKIPPED_MAX. */
void policy_active_write(struct fcall *f, const char *region, struct slice known_key,
                         const int64_t *skipped, size_t skipped_count);
MUST_CHECK enum err policy_active_read(const redisReply *reply, struct active_policy *out);

/* ---- Past decisions ---- */
/* from: "+" for the newest, or *next of the answer before. most: 1..64 entries of the event stream. */
void policy_decided_write(struct fcall *f, const char *region, struct slice from, int most);
/* Case numbers: reply elements 1..*n, newest decision first, a case may come twice. *next: "" at the end. */
MUST_CHECK enum err policy_decided_read(const redisReply *reply, struct slice *next, size_t *n);

struct decided_case {
    bool found;
    struct slice facts, decision /* packed */, township;
};
/* Begin, then 1..DECIDED_CASES_MAX times fcall_slice(no). */
void policy_cases_begin(struct fcall *f, const char *region);
MUST_CHECK enum err policy_cases_read(const redisReply *reply, struct decided_case *cases, size_t n);

#endif
