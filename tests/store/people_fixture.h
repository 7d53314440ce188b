/* What the tests about people share: a few people, their cases, and decisions that look for like
 * ones. */
#ifndef TESTS_STORE_PEOPLE_FIXTURE_H
#define TESTS_STORE_PEOPLE_FIXTURE_H

#include "queue/store/calls_people.h"
#include "tests/store/fixture.h"

#define A "aaaaaaaaaaaaaaaa0000000000000001"
#define B "bbbbbbbbbbbbbbbb0000000000000002"
#define C "cccccccccccccccc0000000000000003"
#define HOUSE_KEY "feed0000000000000000000000000000"
#define DAY_NO 20778 /* 2026-11-21 */

/* The route jobs that decide_like has leased last. */
extern struct leased jobs;

/* Before each test: an empty data set with 10 000 yuan in the fund of TOWN. */
int people_setup(void **state);
/* A ticket that names a household (key, members with commas) and an actor who stands back; "" =
 * none. */
void receive_with(const char *no, const char *person_hash, const char *key, const char *members,
                  const char *actor);
/* Known by his ID number, 30 days around DAY_NO, without account and place. */
struct link_query query(const char *no, const char *hash);
/* Lease, and decide that case; order NULL: without first aid; q NULL: nothing alike is looked for.
 */
enum decide_outcome decide_like(const char *no, const struct aid_order *order,
                                const struct link_query *q, const char *known, int64_t spot_due_ms);
void decide_plain(const char *no, const char *hash);
/* What the route stage reads: slices live until the next call. */
struct link_finding find(const struct link_query *q);
struct loaded_case load_one(const char *no);

#endif
