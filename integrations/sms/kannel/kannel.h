/* Kannel 1.4: sendsms, its answers, delivery reports and incoming messages. Pure.
 *
 * The account: url (e.g. http://127.0.0.1:13013/cgi-bin/sendsms), user and secret must be set;
 * from, app (the smsc-id to be used) and report_url may be. method: "POST" or empty sends the text
 * as body and everything else in X-Kannel headers, so that no number and no text stands in a URL
 * that a log may keep; "GET" puts all into the query. report_url holds no '%': Kannel would fill it
 * in.
 *
 * Kannel has no authentication of callbacks and no message id in the answer to sendsms: the secret
 * stands in the path, our id in report_url.
 *
 * What the operator configures (sms-service), with SECRET of sms_secrets.path:
 *   get-url =
 * ".../v1/sms/kannel/SECRET/mo?id=%I&smsc=%i&from=%p&to=%P&text=%b&coding=%c&charset=%C&udh=%u&ts=%T"
 * or post-url = ".../v1/sms/kannel/SECRET/mo?id=%I&ts=%T" with send-sender = true; max-messages = 0
 * or omit-empty = true, catch-all = true; in the smsbox group http-request-retry above 0: what is
 * not answered with 200 is lost otherwise, and after the last try the citizen is told so by Kannel.
 */
#ifndef INTEGRATIONS_SMS_KANNEL_KANNEL_H
#define INTEGRATIONS_SMS_KANNEL_KANNEL_H

#include "integrations/sms/sms_client.h"
#include "integrations/sms/sms_incoming.h"

/* Bits of dlr-mask, and values of %d in dlr-url. */
enum {
    KANNEL_DELIVERED = 1,
    KANNEL_FAILED = 2,
    KANNEL_BUFFERED = 4,
    KANNEL_SENT = 8,
    KANNEL_REJECTED = 16
};
#define KANNEL_DLR_MASK 27 /* delivered, failed, accepted by the SMSC, rejected by the SMSC */

extern const struct sms_codec KANNEL_CODEC;
extern const struct sms_provider KANNEL_PROVIDER;

/* The answer table of sendsms. */
struct sms_result kannel_read_reply(int http_status, struct slice body);

/* State by a delivery report's type; SMS_REPORT_UNKNOWN for what is not in the table. */
enum sms_report kannel_read_report(struct slice type);

/* Text of an incoming message: `bytes` as percent-decoded %b, `coding` as %c ("0", "1", "2"),
 * `charset` as %C. Coding 2 is UTF-16BE whatever the charset says, unless it says UTF-8. Appends
 * UTF-8 to out; lone surrogates become U+FFFD. ERR_INPUT: binary (coding 1), odd number of bytes,
 * invalid UTF-8, unknown charset. */
MUST_CHECK enum err kannel_read_text(struct slice bytes, struct slice coding, struct slice charset,
                                     struct buf *out);

/* Parts of a long message out of the user data header (3GPP TS 23.040 9.2.3.24.1 and .8): sets
 * part_ref, part and parts. udh: its bytes, may be empty. ERR_INPUT: not well formed, or it
 * addresses an application and no person (ports). */
MUST_CHECK enum err kannel_read_udh(struct slice udh, struct sms_incoming *item);

#endif
