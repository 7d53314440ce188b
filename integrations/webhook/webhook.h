/* Outgoing events: CloudEvents 1.0 in structured JSON over Standard Webhooks. What goes out, to
 * whom, and when it is tried again. Pure; the stage `hook` does the sending (workers/stage_hook.c).
 * Source: reference integrations 4.10; CloudEvents 1.0.2. */
#ifndef INTEGRATIONS_WEBHOOK_WEBHOOK_H
#define INTEGRATIONS_WEBHOOK_WEBHOOK_H

#include <stdbool.h>
#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define WEBHOOK_URL_MAX 200
#define WEBHOOK_TYPES_MAX 400   /* bytes of the list with commas */
#define WEBHOOK_SECRET_SIZE 96  /* "whsec_", base64 of at most 64 bytes, NUL */
#define WEBHOOK_SECRET_BYTES 32 /* of the secrets made here */
#define WEBHOOK_TRIES_MAX 10
#define WEBHOOK_CONTENT_TYPE "application/cloudevents+json; charset=utf-8"
/* The whole schedule of tries: 75 h 35 min 5 s. An endpoint that only failed for so long is
 * disabled. */
#define WEBHOOK_DISABLE_MS INT64_C(272105000)
#define WEBHOOK_REST_MAX_MS INT64_C(86400000) /* of Retry-After */

/* https, or http to 127.0.0.1; no user, no fragment, no spaces or control characters. */
bool webhook_url_ok(struct slice url);
/* One type: "*", "case.*", "payment.*", "fund.*" or with a verb of lower-case letters and '-'. */
bool webhook_type_ok(struct slice type);

/* An event of the store on its way out. */
struct webhook_event {
    struct slice region; /* 6 digits */
    struct slice member; /* "<ms>-<seq>:<n>", its name in the store */
    struct slice type;   /* "case.accept" */
    struct slice key;    /* case number or "fund:<code>" */
    struct slice json;   /* as the store has it */
};
/* Append the webhook-id: it is the CloudEvent's id too, and the same at every try. */
void webhook_id(const struct webhook_event *e, struct buf *out);
/* Append the CloudEvent. No personal data: of the event only sequence, verb, states, inbox,
 * payment, amounts, postings and policy go out; neither reason nor actor. ERR_CORRUPT: json is not
 * an event of the store. ERR_NO_MEMORY. */
MUST_CHECK enum err webhook_event_write(const struct webhook_event *e, struct buf *out);

/* What became of a try. */
enum webhook_verdict {
    WEBHOOK_DELIVERED, /* 2xx */
    WEBHOOK_GONE,      /* 410: no more of it */
    WEBHOOK_BUSY,      /* 429, 502, 503, 504: rest, see webhook_rest_ms() */
    WEBHOOK_FAILED     /* everything else; redirects are not followed */
};
/* status: 0 = no whole answer. */
enum webhook_verdict webhook_verdict_of(int status);
/* Retry-After: seconds, or an HTTP date. 0 = none or not understood, at most WEBHOOK_REST_MAX_MS.
 */
int64_t webhook_rest_ms(struct slice retry_after, int64_t now_ms);
/* How long to wait after the failures-th failure (1..): 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h,
 * 20 h, 24 h, each up to a tenth longer by `salt` so that not all come back at once. -1: it was the
 * last try. */
int64_t webhook_wait_ms(int64_t failures, struct slice salt);

#endif
