/* Kannel 1.4: the sendsms form, its answers, delivery reports, and the text of incoming messages.
 * Pure. */
#ifndef INTEGRATIONS_SMS_KANNEL_KANNEL_CODEC_H
#define INTEGRATIONS_SMS_KANNEL_KANNEL_CODEC_H

#include "integrations/sms/sms.h"
#include "queue/base/buf.h"

/* Bits of dlr-mask, and values of %d in dlr-url. */
enum {
    KANNEL_DELIVERED = 1,
    KANNEL_FAILED = 2,
    KANNEL_BUFFERED = 4,
    KANNEL_SENT = 8,
    KANNEL_REJECTED = 16
};
#define KANNEL_DLR_MASK 27 /* delivered, failed, accepted by the SMSC, rejected by the SMSC */

struct kannel_account {
    const char *sendsms_url; /* e.g. http://127.0.0.1:13013/cgi-bin/sendsms */
    const char *user;
    const char *password;
    const char *from;
    /* Where delivery reports go, "" = none asked for. The codec adds ?mid=ID&type=%d&smscid=%F (or
     * & if it has a query); there is no authentication, so it should hold a secret. The answer's %A
     * is left out: it may quote the content. */
    const char *dlr_url;
};

/* Append the URL of GET sendsms for one message: coding=2&charset=UTF-8 for texts outside GSM-7,
 * coding=0 within. ERR_INPUT: sms_message_check(); out untouched. */
MUST_CHECK enum err kannel_write_send(const struct kannel_account *account,
                                      const struct sms_message *message, struct buf *out);

/* Class of the answer to sendsms: the answer table. Never fails. */
struct sms_result kannel_read_reply(int http_status, struct slice body);

/* State of a delivery report's type; final ones win over non-final ones whatever the order of
 * arrival. */
enum kannel_report {
    KANNEL_REPORT_IGNORED,
    KANNEL_REPORT_SENT,
    KANNEL_REPORT_DELIVERED,
    KANNEL_REPORT_FAILED
};
enum kannel_report kannel_read_report(struct slice type);

/* Text of an incoming message: `bytes` as percent-decoded %b, `coding` as %c ("0", "1", "2"),
 * `charset` as %C. Coding 2 is UTF-16BE whatever the charset says, unless it says UTF-8. Appends
 * UTF-8 to out; lone surrogates become U+FFFD. ERR_INPUT: binary (coding 1), odd number of bytes,
 * invalid UTF-8, unknown charset. */
MUST_CHECK enum err kannel_read_text(struct slice bytes, struct slice coding, struct slice charset,
                                     struct buf *out);

#endif
