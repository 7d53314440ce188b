/* The calendar that is shipped, times written as people write them, and random instants of which
 * half lie where counting goes wrong: Spring Festival, National Day, make-up days, year ends,
 * 23:59:59. */
#ifndef TESTS_UNIT_DOMAIN_CHINA_H
#define TESTS_UNIT_DOMAIN_CHINA_H

#include "queue/domain/calendar.h"

extern struct calendar china;
int load_china(void **state); /* a group's setup */

/* "2026-02-13 17:00:00" in China time. */
int64_t at(const char *text);

/* The seed that a failing test prints; any(n) is 0..n-1. */
extern uint64_t china_seed;
uint64_t any(uint64_t below);
int64_t any_instant(void); /* December 2024 to October 2028 */

#endif
