/* One stored incoming message on its way through the sms stage: what it says, what case and
 * question it belongs to, what the conversation makes of it, and what is written when it is done.
 */
#ifndef WORKERS_SMS_MESSAGE_H
#define WORKERS_SMS_MESSAGE_H

#include "queue/store/calls_sms.h"
#include "workers/conversation/dialogue.h"
#include "workers/runtime.h"

struct sms_message_in {
    const struct lease *lease;
    const struct job *job;
    struct slice no;   /* number of the message, and of a case that it opens */
    int part;          /* the part that this job is about, 0 = the whole message */
    redisReply *reply; /* owns what is borrowed below */
    struct sms_loaded row;
    struct slice from;     /* in clear; in the arena */
    struct slice text;     /* all parts that are there, in their order */
    struct slice new_text; /* of this part */
    struct reading reading;
    bool place_here;              /* the text alone names a township of the region */
    bool place_found;             /* it does together with what the case says already */
    const struct sms_case *about; /* NULL = no case */
    bool open;                    /* about is not at its end */
    bool erased;                  /* its personal data are gone: nothing can be added */
    struct case_facts facts;      /* of about, when open */
    struct personal person;
    struct talk talk;
    struct step step;
    /* how it ends */
    struct sms_end end;
    const char *reply_name; /* template of the answer, "" = none */
    struct slice reply_case;
    bool again;   /* the case or the conversation has changed meanwhile: the job comes back */
    bool refused; /* the case takes nothing more; it comes back and finds another state */
};

/* Load and read; *found false: there is no such message (any more). ERR_CORRUPT: it cannot be read
 * for good. The reply is the caller's to free. */
MUST_CHECK enum err sms_message_read(struct site *s, struct sms_message_in *m, int64_t now_ms,
                                     bool *found);

/* Do what m->step says; fills m->end, reply_name and reply_case. Errors are trouble with the store.
 */
MUST_CHECK enum err sms_message_act(struct site *s, struct sms_message_in *m, int64_t now_ms);

#endif
