/* A case's history for the tests of the clocks: event by event, through the JSON that the store
 * keeps. */
#ifndef TESTS_UNIT_DOMAIN_CLOCKS_EVENTS_H
#define TESTS_UNIT_DOMAIN_CLOCKS_EVENTS_H

#include "queue/domain/clocks.h"

#define HISTORY_MAX 512

struct history {
    struct clocks_event events[HISTORY_MAX];
    size_t n;
    struct arena arena;
};

void history_init(struct history *h);
void history_release(struct history *h);
/* actor as in events; more: JSON members with a leading comma, "" none. */
void history_add(struct history *h, int64_t at_ms, const char *verb, const char *to,
                 const char *actor, const char *more);
/* The terms of the shipped policy for an urgent case: 15 min to accept and to return, 60 min to
 * dispatch, 24 h to pay, 5 working days for papers, 2 to review, 10 for the county, 3 to pay what
 * was approved, 7 days of publicity, 1 working day to follow up. */
struct clocks_rules history_rules(void);
/* Fails the test on an error. */
struct clocks_account history_account(struct history *h, int64_t first_contact_ms, int64_t now_ms);
/* The i-th segment (from 0) of a kind; fails the test when there is none. */
const struct clocks_segment *segment(const struct clocks_account *a, enum clocks_kind kind,
                                     size_t i);
size_t segments(const struct clocks_account *a, enum clocks_kind kind);

#endif
