/* The rules in force: policy pack and calendar are read from their files at start; what two people
 * activate later (another pack, a disaster) replaces the pack at run time. The store is asked by
 * the processes (workers/places.c, server/places.c); here is only what they do with its answer. */
#ifndef WORKERS_RULES_RULEBOOK_H
#define WORKERS_RULES_RULEBOOK_H

#include "queue/domain/calendar.h"
#include "queue/domain/disaster.h"
#include "workers/rules/pack_signature.h"
#include "workers/rules/policy.h"

#define RULEBOOK_KEY_SIZE 48
#define RULEBOOK_REFUSED_MAX 16 /* packs remembered as refused */

/* What a process remembers between two questions. All zero at first. */
struct rulebook_state {
    char key[RULEBOOK_KEY_SIZE]; /* of the answer that was taken */
    int64_t next_ms;             /* when the next pack begins; 0 = none is waiting */
    /* packs of the store whose signatures do not hold: passed over from then on, until the start
     * with other keys */
    int64_t refused[RULEBOOK_REFUSED_MAX];
    size_t refused_count;
    bool alarm; /* the pack that holds here is not the one that the store says is in force */
};

/* What the store says is in force. */
struct rulebook_news {
    int64_t id, newest_id; /* of the pack to take, and of the one without those passed over */
    struct slice pack; /* its JSON; "" = the pack of the file, which is in force since the start */
    bool readable;     /* false: the stored pack is damaged */
    const struct disaster_row *disasters; /* approved and not over */
    size_t disaster_count;                /* 0..POLICY_DISASTERS_MAX */
};

/* On ERR_OK *policy is the caller's (policy_free). ERR_NOT_FOUND, ERR_IO, ERR_INPUT, ERR_TOO_LARGE,
 * ERR_NO_MEMORY with file, line and remedy in `why`; outputs then untouched. */
MUST_CHECK enum err rulebook_read(const char *policy_file, const char *calendar_file,
                                  struct policy **policy, struct calendar *calendar,
                                  struct buf *why);

/* Put `pack` ("" = the pack that is in force now) with these disasters into force: *policy is
 * replaced and the old one freed, so nobody may hold a pointer into it across a wait. Every other
 * outcome than ERR_OK leaves the rules of *policy and says why, but takes its orders away when a
 * pack was given: the rules in force are others, so nothing is approved by rule until they can be
 * read. A disaster that cannot be used is left out, and `why` says that too. Pure. */
MUST_CHECK enum err rulebook_refresh(struct policy **policy, struct slice pack,
                                     const struct disaster *disasters, size_t count,
                                     struct buf *why);

/* Put into force what the store says is (rulebook_refresh), if it is signed as is asked for.
 *
 * ERR_OK. ERR_AUTH: a signature that is asked for is missing or does not hold, or the pack is
 * damaged and signatures are asked for: the rules stay as they are, the pack stands in
 * state->refused and the store is to be asked again at once, which then names the pack before it.
 * ERR_NO_MEMORY: ask again later. Any other: the pack cannot be used; the rules stay, their orders
 * are gone (rulebook_refresh), there is no use in asking again. `why` says what is wrong, also of
 * disasters that are left out while the result is ERR_OK; *trouble is then the word for the log,
 * NULL else. Pure. */
MUST_CHECK enum err rulebook_take(struct policy **policy, struct rulebook_state *state,
                                  const struct rulebook_news *news,
                                  const struct pack_signers *signers, struct buf *why,
                                  const char **trouble);

/* One disaster out of stored texts; divisions: codes with commas. ERR_INPUT. */
MUST_CHECK enum err rulebook_disaster(int64_t id, struct slice surge, struct slice divisions,
                                      struct slice title, int64_t from_ms, int64_t to_ms,
                                      struct disaster *out);

#endif
