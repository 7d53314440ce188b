/* Typed calls of the payee check (收款人核验): what the store knows of who is to be paid, and what
 * a person has said to the findings. Everything is borrowed from the reply. The functions:
 * lua/payee.lua. */
#ifndef QUEUE_STORE_CALLS_PAYEE_H
#define QUEUE_STORE_CALLS_PAYEE_H

#include "queue/store/calls_people.h"

#define PAYEE_LOOK_EARLIER_MAX 20

/* A case with the same person or the same account whose money has arrived, or has come back. */
struct payee_look_earlier {
    struct slice no, sealed, wrapped_key;
    bool succeeded;
};
struct payee_look {
    int64_t others_on_account; /* people outside the household, newest cases of two years */
    bool person_is_relative, account_is_relatives;
    bool phone_is_officers;    /* the person's telephone is registered as an officer's */
    struct slice officers;     /* whose own the account is: "officer:a,officer:b", "" = nobody's */
    bool own;                  /* one of them is the one who asks: he stands back */
    bool recuse;               /* not all of them stand back from this case yet */
    bool replayed;             /* the idempotency key has been used: nothing is asked twice */
    struct slice confirmed_by; /* "" = nobody yet */
    struct slice findings; /* that he has confirmed, or that were found last: words with commas */
    size_t earlier_count;
    struct payee_look_earlier earlier[PAYEE_LOOK_EARLIER_MAX];
};
struct payee_look_for {
    struct slice case_no;
    struct slice account;        /* LINK_HASH_HEX digits, "" = none */
    const char *generations;     /* link_generations */
    struct slice idem_hash;      /* "" = none */
    struct slice phone_hash;     /* keyed hash ("phone") of the person's telephone, "" = none */
    struct slice account_number; /* personal_account_hash of the account, "" = none */
    struct slice actor;          /* who asks: "officer:name" */
};
void payee_look_write(struct fcall *f, const char *region, const struct payee_look_for *q);
MUST_CHECK enum err payee_look_read(const redisReply *reply,
                                    struct payee_look *out); /* ERR_NOT_FOUND, ERR_CORRUPT */

/* Remember findings (words with commas) and who has confirmed them, "" = nobody; officers whose own
 * the account is ("" = none) stand back from now on and the county checks the case until
 * check_due_ms (0 without officers), which is an event. The reply is only checked. */
void payee_note_write(struct fcall *f, const char *region, struct slice case_no,
                      struct slice findings, struct slice confirmed_by, struct slice officers,
                      int64_t check_due_ms, struct slice event_tail);

/* The parts of case_view.payee: findings and who has confirmed them. Both "" when nothing was ever
 * found. */
void payee_note_parts(struct slice note, struct slice *findings, struct slice *confirmed_by);

#endif
