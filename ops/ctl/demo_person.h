/* Made-up people: names, telephone numbers, identity numbers and accounts that are well-formed and
 * nobody's. New ones in every run, since the rules count what a person has had this year. */
#ifndef OPS_CTL_DEMO_PERSON_H
#define OPS_CTL_DEMO_PERSON_H

#include "queue/base/err.h"
#include "queue/domain/id_number.h"

struct demo_person {
    const char *name;
    char phone[12];
    char id_number[ID_NUMBER_SIZE];
    char account[48]; /* "account:6222…@icbc" */
};

/* ERR_IO when the kernel gives no random bytes. */
MUST_CHECK enum err demo_person_make(struct demo_person *out);

#endif
