/* One case of the demo, played from the call to the archive by everybody who has a part in it.
 * Nothing is known beforehand but what the caller says and what the officer decides: all else is
 * printed as the API answers it. */
#ifndef OPS_CTL_DEMO_STORY_H
#define OPS_CTL_DEMO_STORY_H

#include <stdbool.h>
#include <stdint.h>
#include "ops/ctl/demo_api.h"
#include "queue/domain/id_number.h"
#include "queue/domain/relief.h"
#include "workers/routing/gazetteer.h"

#define DEMO_PAYMENT_SIZE 64

/* What the caller says. Texts are static. */
struct demo_story {
    const char *title;     /* "a fire (火灾)" */
    const char *told;      /* one sentence for the reader */
    const char *narrative; /* what goes into the case */
    enum cause cause;
    const char *code; /* division code, NULL: a point */
    double lat, lng;
    enum crs crs;
    int persons;
    bool shelter_lost, stranded;
    int64_t officer_fen; /* what the officer gives when the rules leave it to him; 0: the rules must
                            pay by themselves */
    const char *officer_why; /* his reason */
};

/* How it went. */
struct demo_outcome {
    char no[CASE_NO_SIZE];
    char township[TOWNSHIP_CODE_SIZE];
    char payment[DEMO_PAYMENT_SIZE];
    int64_t paid_fen;        /* as the case says */
    int64_t fund_before_fen; /* available in the township's fund before and after */
    int64_t fund_after_fen;
};

/* Play one case; expected: 9-digit code of the township whose fund is shown before (its officer's
 * token is wanted in the end, if the case goes there). False as soon as something does not happen;
 * the sentence about it is on stderr. */
MUST_CHECK bool demo_story_play(struct demo_api *api, const struct demo_story *story, int number,
                                const char *expected, struct demo_outcome *out);

#endif
