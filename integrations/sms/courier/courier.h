/* Any operator by configuration, in the form of courier's external channel (EX). Pure.
 *
 * Sending: the account's url and, for POST, body are templates with {{id}} (also {{uuid}}),
 * {{text}}, {{to}},
 * {{to_no_plus}}, {{from}}, {{from_no_plus}}, {{channel}} (the account's app) and {{quick_replies}}
 * (always empty). Values are escaped for the place they stand in: percent in the url and in an
 * urlencoded body, a quoted JSON string in a json body (so write {"to":{{to}}}), entities in an xml
 * body. body_type: "urlencoded" (also if empty), "json", "xml". method: "POST" (also if empty) or
 * "GET". secret, if set, is the value of the Authorization header. expect: text that must stand in
 * the answer's body; without it a 2xx answer without that text is unknown, not accepted.
 *
 * Receiving: ".../v1/sms/courier/SECRET/receive" with from or sender, text and date or time (RFC
 * 3339, fractions allowed); ".../sent", "delivered" and "failed" with id or uuid; ".../stopped"
 * with from. GET or POST; query, urlencoded or multipart. If sms_secrets.token is set, a Standard
 * Webhooks signature is needed as well. A message has no id here unless it is signed (webhook-id)
 * or says one (id): the key is over sender, text and date then, and without a date every callback
 * counts as a new message. */
#ifndef INTEGRATIONS_SMS_COURIER_COURIER_H
#define INTEGRATIONS_SMS_COURIER_COURIER_H

#include "integrations/sms/sms_client.h"
#include "integrations/sms/sms_incoming.h"

extern const struct sms_codec COURIER_CODEC;
extern const struct sms_provider COURIER_PROVIDER;

/* The answer table of sending: by status, and by `expect` (may be empty). */
struct sms_result courier_read_reply(int http_status, struct slice body, struct slice expect);

enum courier_place { COURIER_URL, COURIER_JSON, COURIER_XML };
/* Fill a template in. message may be NULL: only look whether all variables are known. ERR_INPUT: an
 * unknown variable or one without end; else buf_err(). */
MUST_CHECK enum err courier_fill(const char *template, const struct sms_account *account,
                                 const struct sms_message *message, enum courier_place place,
                                 struct buf *out);

#endif
