/* A ticket as it comes in: JSON to facts and personal data, with every fault told by field and
 * remedy. Pure. */
#ifndef SERVER_TICKET_H
#define SERVER_TICKET_H

#include "queue/base/arena.h"
#include "queue/base/json.h"
#include "queue/domain/relief.h"
#include "queue/seal/personal.h"
#include "server/http/problem.h"

#define TICKET_FAULTS_MAX 16
#define TICKET_MISSING_MAX 8
#define TICKET_MEMBERS_MAX 19 /* of a household, besides the person */

struct ticket {
    struct case_facts facts; /* received_ms is now_ms */
    struct personal person;  /* texts in the arena */
    /* id_number of the other members of the household, in the arena */
    size_t member_count;
    struct slice members[TICKET_MEMBERS_MAX];
    struct slice call_source, call_id; /* the call it was made from; call_id "" = not said */
    bool open311; /* came by that façade: its public list shows it */
    size_t fault_count;
    struct problem_error faults[TICKET_FAULTS_MAX]; /* static texts */
    size_t missing_count;
    const char
        *missing[TICKET_MISSING_MAX]; /* what to ask for next, as field paths; static texts */
};

/* ERR_OK: the ticket can be stored (missing[] may name what is still wanted). ERR_INPUT: faults[]
 * say what is wrong. A ticket with danger to life is never refused because something is missing,
 * only because it cannot be understood. ERR_NO_MEMORY. */
MUST_CHECK enum err ticket_read(const struct json *body, int64_t now_ms, struct arena *arena,
                                struct ticket *out);

#endif
