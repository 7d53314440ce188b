/* Route stage, what its two files share: stage_route_load.c finds out what there is to know of the
 * cases of a batch, stage_route.c decides and commits. */
#ifndef WORKERS_STAGE_ROUTE_H
#define WORKERS_STAGE_ROUTE_H

#include "queue/store/calls_people.h"
#include "workers/alike.h"
#include "workers/rules/decision.h"
#include "workers/runtime.h"

/* One case of the batch on its way. */
struct route_work {
    const struct job *job;
    struct loaded_case row;
    struct case_facts facts;
    struct personal person;
    bool erased;
    char inbox[TOWNSHIP_CODE_SIZE]; /* township, or the duty desk of county or region */
    bool dispatched;                /* to a township */
    struct route_result route;
    struct decision decision;
    struct decide_case commit;
    struct aid_order aid;
    struct loaded_fund fund;
    struct link_query like;
    struct link_finding found;
    char account_hash[ALIKE_ACCOUNT_SIZE], place_hash[ALIKE_PLACE_SIZE];
    char number_hash[SEAL_HASH_SIZE]; /* of the account's number, for the officers' register */
    bool open; /* still to be committed */
};

bool route_in_region(const struct site *s, const char *code);
/* The rows of the batch; they borrow from *reply, which the caller frees. */
MUST_CHECK enum err route_load_cases(struct site *s, struct route_work *batch, size_t n,
                                     redisReply **reply);
/* Facts and personal data out of the row. ERR_CORRUPT: this case only. */
MUST_CHECK enum err route_open_facts(struct site *s, struct route_work *w);
/* Township or desk out of the place. */
MUST_CHECK enum err route_find_place(struct site *s, struct route_work *w);
/* Of those that are open: their township's fund, and cases like them. One read each for all. */
MUST_CHECK enum err route_load_funds(struct site *s, struct route_work *batch, size_t n);
MUST_CHECK enum err route_find_alike(struct site *s, struct route_work *batch, size_t n,
                                     int64_t now_ms);

/* stage_roster.c: rows of rosters become cases, for when there is not much else to do. */
MUST_CHECK enum err roster_take_some(struct site *s, size_t *taken);

#endif
