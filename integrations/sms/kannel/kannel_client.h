/* Kannel as an SMS channel. One client per worker thread. */
#ifndef INTEGRATIONS_SMS_KANNEL_KANNEL_CLIENT_H
#define INTEGRATIONS_SMS_KANNEL_KANNEL_CLIENT_H

#include "integrations/http/http_client.h"
#include "integrations/sms/kannel/kannel_codec.h"
#include "integrations/sms/sms.h"

struct kannel_client;

struct kannel_options {
    struct kannel_account account; /* texts are copied; sendsms_url and user must not be empty */
    long connect_ms;               /* 1..; 0 = 3000 */
    long total_ms;                 /* 1..; 0 = 10000 */
};

/* http is borrowed and must outlive the client. ERR_INPUT, ERR_NO_MEMORY. */
MUST_CHECK enum err kannel_client_new(const struct kannel_options *options,
                                      struct http_client *http, struct kannel_client **out);
void kannel_client_free(struct kannel_client *client); /* NULL is allowed */

/* The channel borrows the client. Send with sms_send(). */
struct sms_channel kannel_channel(struct kannel_client *client);

#endif
