/* What the parts of the random walk share: walk_test.c takes the steps, walk_check.c says what must
 * hold. */
#ifndef TESTS_STORE_WALK_H
#define TESTS_STORE_WALK_H

#include "queue/store/calls_ledger.h"
#include "tests/store/fixture.h"

#define WALK_CASES 300
#define WALK_FUNDS 6

extern const char *const walk_funds[WALK_FUNDS]; /* three townships, their counties, the region */
extern char walk_numbers[WALK_CASES][CASE_NO_SIZE];
extern int walk_made;

/* Every case and every fund, and what they say about each other. */
void walk_check(void);
/* The books out of the entries alone: no fault, the same balances, sum zero. */
void walk_prove_books(void);

#endif
