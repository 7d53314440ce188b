/* Standard Webhooks, symmetric form: `v1,` and base64 of HMAC-SHA256 over "id.timestamp.body", in
 * the headers webhook-id, webhook-timestamp (epoch seconds) and webhook-signature (a list separated
 * by spaces, any match counts). Source: the specification of standard-webhooks/standard-webhooks.
 * Pure. */
#ifndef INTEGRATIONS_SIGN_STANDARD_WEBHOOK_H
#define INTEGRATIONS_SIGN_STANDARD_WEBHOOK_H

#include <stdint.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define WEBHOOK_TOLERANCE_S 300 /* both ways */

/* What a request carries, as the headers say. */
struct webhook_headers {
    struct slice id, timestamp, signature;
};

/* Append "v1,BASE64" to out. secret: "whsec_" and base64 of 24..64 bytes. ERR_INPUT: the secret is
 * not of that form; ERR_NO_MEMORY, ERR_INTERNAL. */
MUST_CHECK enum err webhook_sign(struct slice secret, struct slice id, int64_t at_s,
                                 struct slice body, struct buf *out);
/* ERR_AUTH: no id, no signature matches, or the time is more than WEBHOOK_TOLERANCE_S away from
 * now_s; else as webhook_sign(). Dedupe by the id: a replay within the tolerance passes. */
MUST_CHECK enum err webhook_check(struct slice secret, const struct webhook_headers *headers,
                                  struct slice body, int64_t now_s);

#endif
