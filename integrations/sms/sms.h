/* Outgoing SMS: the one vocabulary of all operators. An operator is one folder beside this file: a
 * pure codec and a thin client that hands out a `struct sms_channel`. A doubled SMS is an
 * annoyance, a doubled payment is not: this policy is deliberately another one than pay.h. */
#ifndef INTEGRATIONS_SMS_SMS_H
#define INTEGRATIONS_SMS_SMS_H

#include <stdbool.h>
#include <stddef.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define SMS_BATCH_MAX 64
#define SMS_TEXT_MAX 500 /* characters, signature included: what mainland operators take */
#define SMS_TO_MAX 20    /* characters of a phone number: digits with an optional leading '+' */
#define SMS_ID_MAX 64    /* [A-Za-z0-9-] */
#define SMS_PROVIDER_ID_MAX 64   /* bytes of an operator's own id */
#define SMS_PARAMS_MAX 10        /* parameters of a template */
#define SMS_PARAM_NAME_MAX 20    /* [A-Za-z0-9_] */
#define SMS_PARAM_VALUE_MAX 60   /* characters */
#define SMS_TEMPLATE_CODE_MAX 40 /* [A-Za-z0-9_], e.g. SMS_154950909, 1110 */

#define SMS_OUTCOME_TABLE(X)                                                              \
    X(SMS_UNKNOWN, "unknown")   /* may have gone out: wait for the report, repeat once */ \
    X(SMS_ACCEPTED, "accepted") /* the operator has it */                                 \
    X(SMS_RETRY, "retry")       /* not taken: try again later, same id */                 \
    X(SMS_FINAL, "final")       /* refused for good: bad number, not routable */          \
    /* credential or permission: stop the channel, tell a person, keep the job */         \
    X(SMS_CHANNEL_STOP, "channel_stop")

enum sms_outcome {
#define SMS_ENUM(name, word) name,
    SMS_OUTCOME_TABLE(SMS_ENUM)
#undef SMS_ENUM
        SMS_OUTCOME_COUNT
};
const char *sms_outcome_word(enum sms_outcome outcome);

/* One parameter of an operator's approved template. The name is what Aliyun's templates have
 * (${code}); Tencent's have places ({1}, {2}), which are filled in the order of the list. */
struct sms_param {
    struct slice name;  /* 1..SMS_PARAM_NAME_MAX */
    struct slice value; /* UTF-8, 0..SMS_PARAM_VALUE_MAX characters */
};

/* Texts are borrowed. Fill by designated initialiser, so that what is not said is empty. */
struct sms_message {
    struct slice id; /* ours, comes back in the delivery report */
    struct slice to; /* 1..SMS_TO_MAX */
    struct slice
        text; /* UTF-8, 1..SMS_TEXT_MAX characters, as the person reads it; always needed */
    /* The code under which the operator approved the text, and its parameters: what goes out on a
     * channel that may send templates only. Empty: there is none, such a channel answers SMS_FINAL.
     * Free-text channels send text. */
    struct slice template_code;
    struct sms_param params[SMS_PARAMS_MAX];
    size_t param_count; /* 0..SMS_PARAMS_MAX */
};

struct sms_result {
    enum sms_outcome outcome;
    int status;         /* HTTP status, 0 if none */
    const char *reason; /* static text without content, "" if accepted */
    /* What the operator calls this message, "" if it did not say (Kannel never does). Keep it with
     * the message: reports of some operators (Tencent) carry nothing else. */
    char provider_id[SMS_PROVIDER_ID_MAX + 1];
};

/* reason: static text. */
struct sms_result sms_result_make(enum sms_outcome outcome, int status, const char *reason);

/* ERR_INPUT if a field is outside what is said above. */
MUST_CHECK enum err sms_message_check(const struct sms_message *message);

/* send: all n (1..SMS_BATCH_MAX) messages at once, blocks until each has a result. ERR_OK: results
 * are filled; a message that fails sms_message_check() is SMS_FINAL. Otherwise (ERR_NO_MEMORY)
 * nothing was sent and results are untouched. */
struct sms_channel {
    const char *name;    /* as in /v1/sms/{provider}/… */
    bool templates_only; /* a message without template_code is SMS_FINAL here */
    void *self;
    enum err (*send)(void *self, const struct sms_message *messages, size_t n,
                     struct sms_result *results);
};

MUST_CHECK enum err sms_send(const struct sms_channel *channel, const struct sms_message *messages,
                             size_t n, struct sms_result *results);

/* How many SMS the text becomes on the air. text must be valid UTF-8; an empty text is 1 part.
 * gsm7: all characters are in the GSM 03.38 default alphabet or its extension (which costs 2
 * septets and is never split over parts): 160 in one, 153 per part. Otherwise UCS-2 in UTF-16 code
 * units (a surrogate pair is never split): 70 in one, 67 per part. Source: 3GPP TS 23.038
 * and 23.040. Pure. */
struct sms_size {
    bool gsm7;
    size_t units; /* septets or UTF-16 code units */
    size_t parts;
};
struct sms_size sms_measure(struct slice text);
/* How many a mainland operator bills: every character counts 1, up to 70 is one, else 67 each.
 * Pure. */
size_t sms_billed(struct slice text);

#endif
