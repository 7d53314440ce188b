/* The rules in force: policy pack and calendar are read from their files at start; what two people
 * activate later (another pack, a disaster) replaces the pack at run time. The store is asked by
 * the processes (workers/places.c, server/places.c); here is only what they do with its answer. */
#ifndef WORKERS_RULES_RULEBOOK_H
#define WORKERS_RULES_RULEBOOK_H

#include "queue/domain/calendar.h"
#include "workers/rules/policy.h"

#define RULEBOOK_KEY_SIZE 48

/* What a process remembers between two questions. All zero at first. */
struct rulebook_state {
    char key[RULEBOOK_KEY_SIZE]; /* of the answer that was taken */
    int64_t next_ms;             /* when the next pack begins; 0 = none is waiting */
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

/* One disaster out of stored texts; divisions: codes with commas. ERR_INPUT. */
MUST_CHECK enum err rulebook_disaster(int64_t id, struct slice surge, struct slice divisions,
                                      struct slice title, int64_t from_ms, int64_t to_ms,
                                      struct disaster *out);

#endif
