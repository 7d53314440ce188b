/* A declared disaster (启动应急响应) as it is kept: who declared and approved it, where and from when
 * to when a surge of the policy pack is switched on. Plain data, shared by the store, which keeps
 * it, and the rules, which lay it over the pack (workers/rules/rulebook.h). */
#ifndef QUEUE_DOMAIN_DISASTER_H
#define QUEUE_DOMAIN_DISASTER_H

#include <stdint.h>
#include "queue/base/slice.h"

enum disaster_state { DISASTER_DECLARED, DISASTER_APPROVED, DISASTER_ENDED, DISASTER_STATE_COUNT };

struct disaster_row {
    int64_t id, from_ms, to_ms, proposed_ms, approved_ms, ended_ms; /* 0 = not yet */
    enum disaster_state state;
    struct slice surge, divisions, proposer, approver, title; /* divisions: codes with commas */
};

#endif
