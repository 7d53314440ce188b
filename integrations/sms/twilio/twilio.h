/* Twilio programmable messaging (API 2010-04-01). Pure.
 *
 * The account: user (AccountSid, "AC…"), secret (auth token) and from (our number in E.164, or
 * "MG…" for a messaging service) must be set; url is https://api.twilio.com if empty; report_url is
 * the StatusCallback, e.g. "https://h.example/v1/sms/twilio/dlr". There is no idempotency key: an
 * unknown outcome waits for its receipt, which carries our id in the StatusCallback's query, and is
 * repeated once if none has come.
 *
 * Callbacks: ".../v1/sms/twilio/mo" and ".../dlr" (or behind a path secret, if one is set), each
 * with X-Twilio-Signature over the URL as it is entered at Twilio (sms_secrets.public_url and what
 * follows) and over all parameters. The scheme has no time: the key of an item is what makes a
 * replay harmless. */
#ifndef INTEGRATIONS_SMS_TWILIO_TWILIO_H
#define INTEGRATIONS_SMS_TWILIO_TWILIO_H

#include "integrations/sms/sms_client.h"
#include "integrations/sms/sms_form.h"
#include "integrations/sms/sms_incoming.h"

extern const struct sms_codec TWILIO_CODEC;
extern const struct sms_provider TWILIO_PROVIDER;

/* The answer table of sending. */
struct sms_result twilio_read_reply(int http_status, struct slice body);
/* A report's state by MessageStatus and, of a failed one, what its ErrorCode advises. */
enum sms_report twilio_read_status(struct slice status);
enum sms_outcome twilio_read_error(struct slice code);

/* Base64 of HMAC-SHA1 over url and the sorted parameters: names bytewise, values of one name once
 * each, sorted, each with the name in front. Appended to out. ERR_NO_MEMORY, ERR_INTERNAL. */
MUST_CHECK enum err twilio_signature(struct slice token, struct slice url,
                                     const struct sms_form *form, struct buf *out);
/* Is `signature` right for the URL as it is, with the scheme's port added, or with its port taken
 * away? ERR_AUTH if not. */
MUST_CHECK enum err twilio_check_signature(struct slice token, struct slice url,
                                           const struct sms_form *form, struct slice signature);
/* The other form: the URL holds bodySHA256=HEX, the signature is over the URL only. */
MUST_CHECK enum err twilio_check_body_signature(struct slice token, struct slice url,
                                                struct slice body, struct slice signature);

#endif
