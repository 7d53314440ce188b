/* Callbacks of payment rails: one form for all of them. The gateway hands over what arrived at
 * POST /v1/payments/callback/{rail}/{secret}; the rail's codec says what it means and which answer
 * the provider wants to read.
 *
 *   err = pay_rail_callback(rail, &in, &news);         reads; nothing is stored yet
 *   … store news.results[0..count) durably …
 *   err = pay_callback_answer(rail, &in, &news, err, &answer);
 *
 * A callback is a hint (reliability R8): the signature and its time are proven here; amount, payee
 * and state are compared with our own record by the one who stores it. A provider may send the same
 * notice many times: storing the same news twice changes nothing, and the answer is the same. A
 * signature that was put on another body, or is older than the rail's window, is refused.
 *
 * Pure: time comes in, no I/O, no globals. The keys inside a rail are loaded once at the start. */
#ifndef INTEGRATIONS_PAY_PAY_CALLBACK_H
#define INTEGRATIONS_PAY_PAY_CALLBACK_H

#include <stddef.h>
#include <stdint.h>
#include "integrations/pay/pay.h"
#include "queue/base/buf.h"

#define PAY_CALLBACK_HEADERS_MAX 64
#define PAY_CALLBACK_RESULTS_MAX 1024
#define PAY_CALLBACK_ANSWER_MAX ((size_t)4096)

struct pay_header {
    struct slice name; /* any case */
    struct slice value;
};

/* What arrived. All borrowed. */
struct pay_callback {
    const struct pay_header *headers;
    size_t header_count; /* 0..PAY_CALLBACK_HEADERS_MAX */
    struct slice body;   /* the raw bytes: signatures are over them */
    int64_t now_ms;      /* wall clock */
};

/* What it says. Large (about 300 KiB): keep it off the stack. */
struct pay_callback_news {
    /* Only ids that could be ours; outcome is ACCEPTED, SUCCEEDED, FAILED, RETURNED or UNKNOWN;
     * amounts are the provider's claim: compare. */
    struct pay_result results[PAY_CALLBACK_RESULTS_MAX];
    size_t count;                   /* 0: a genuine notice that is about nothing of ours */
    char notice_id[PAY_REF_SIZE];   /* the provider's id of this notice, "" if it has none */
    char correlation[PAY_REF_SIZE]; /* what the acknowledgement quotes, "" if nothing */
    size_t oddities;                /* entries that were strange or unreadable: count and look */
};

/* The answer for the provider: exact status and body. Owned; pay_callback_answer_release(). */
struct pay_callback_answer {
    int status;
    const char *content_type; /* static text; "" with an empty body */
    struct buf body;
};

/* A rail's half. `self` is the rail's keys and names, read-only. */
struct pay_callback_rail {
    const char *name; /* {rail} in the path: "g2p", "wechat", "alipay" */
    const void *self;
    enum err (*read)(const void *self, const struct pay_callback *in,
                     struct pay_callback_news *out);
    /* news is NULL when read failed */
    void (*answer)(const void *self, const struct pay_callback *in,
                   const struct pay_callback_news *news, enum err err,
                   struct pay_callback_answer *out);
};

/* Verify and read. ERR_AUTH: signature, serial or key id wrong or missing, or its time is outside
 * the rail's window; ERR_INPUT: not such a notice; ERR_TOO_LARGE; ERR_NO_MEMORY. On failure out
 * says nothing (count 0). */
MUST_CHECK enum err pay_rail_callback(const struct pay_callback_rail *rail,
                                      const struct pay_callback *in, struct pay_callback_news *out);

/* The provider's exact acknowledgement: err ERR_OK after the news is stored, else why it is refused
 * or was not stored (then it is sent again). out is initialised here. ERR_NO_MEMORY. */
MUST_CHECK enum err pay_callback_answer(const struct pay_callback_rail *rail,
                                        const struct pay_callback *in,
                                        const struct pay_callback_news *news, enum err err,
                                        struct pay_callback_answer *out);
void pay_callback_answer_release(struct pay_callback_answer *answer);

/* Value of the header by name in any case, trimmed; {NULL, 0} if it is absent or stands twice (a
 * doubled signature header is nobody's). */
struct slice pay_callback_header(const struct pay_callback *in, const char *name);

#endif
