/* One step of a conversation: what a message means after what was asked last, what is done, what is
 * answered. A plain digit belongs to the last question; words mean the same at any time. One
 * question at a time; what is missing is asked for, and nothing waits for the answer longer than
 * the caller allows.
 *
 * Pure. The caller looks up the place, keeps the state per telephone, and does what the step says.
 */
#ifndef WORKERS_CONVERSATION_DIALOGUE_H
#define WORKERS_CONVERSATION_DIALOGUE_H

#include "workers/conversation/reading.h"

/* What was asked last: word in the store, how long the answer is waited for (hours). */
#define TALK_TABLE(X)               \
    X(TALK_NOTHING, "", 0)          \
    X(TALK_PLACE, "place", 72)      \
    X(TALK_PEOPLE, "people", 72)    \
    X(TALK_MONEY, "money", 336)     \
    X(TALK_RATING, "rating", 336)   \
    X(TALK_WITHDRAW, "withdraw", 4) \
    X(TALK_RECEIPT, "receipt", 72)  \
    X(TALK_ACCEPT, "accept", 24)    \
    X(TALK_REASON, "reason", 4)

enum talk_ask {
#define TALK_ENUM(id, word, hours) id,
    TALK_TABLE(TALK_ENUM)
#undef TALK_ENUM
        TALK_COUNT
};
const char *talk_word(enum talk_ask ask);
/* TALK_NOTHING for a word that is none. */
enum talk_ask talk_from_word(struct slice word);
int64_t talk_life_ms(enum talk_ask ask);

#define PLACE_MISSES_MAX 2 /* after so many answers that name no place a person calls */

/* What is known of this telephone before the message. */
struct talk {
    bool has_case;     /* a case of this telephone that is not at its end */
    bool routed;       /* it lies with a township */
    bool people_known; /* somebody has said how many */
    bool was_case;     /* there was one; its end has come */
    bool officer;      /* the telephone of a township's officer */
    enum talk_ask ask; /* already TALK_NOTHING when its time is over or the message is older than
                          the question */
    int misses;        /* answers to it that were not understood */
    bool place_found;  /* the message names a township of this region */
};

enum step_act {
    STEP_NOTHING,
    STEP_OPEN, /* a new case out of this text */
    STEP_ADD,  /* to the open case: text, place, people, needs */
    STEP_STATUS,
    STEP_WITHDRAW,
    STEP_RATE,
    STEP_UNLINK, /* wrong number: no more messages about the case, the desk is told */
    STEP_CALL,   /* a person is wanted: to the open case */
    STEP_MONEY_YES,
    STEP_MONEY_NO,
    STEP_RECEIPT,
    STEP_ACCEPT, /* officer */
    STEP_RETURN  /* officer; the text is the reason */
};

struct step {
    enum step_act act;
    const char *reply; /* name of a template (sms_text.h); "" = no answer */
    enum talk_ask ask; /* what is asked from now on */
    int misses;
    int persons; /* STEP_OPEN, STEP_ADD: 0 = not said */
    int stars;   /* STEP_RATE */
    bool danger; /* life safety: the answer goes out before everything else */
    bool wait;   /* STEP_ADD with a place: the number of people was asked for, routing may wait a
                    little */
    bool wants_person;
};

void dialogue_step(const struct talk *talk, const struct reading *r, struct slice text,
                   struct step *out);

#endif
