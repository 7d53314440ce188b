/* The thin client of all operators: a codec writes the request and reads the answer, this file
 * sends. A new operator is a new codec. One client per worker thread. */
#ifndef INTEGRATIONS_SMS_SMS_CLIENT_H
#define INTEGRATIONS_SMS_SMS_CLIENT_H

#include "integrations/http/http_client.h"
#include "integrations/sms/sms.h"
#include "queue/base/buf.h"

/* What an operator has to know about us; which of it is needed says the header of the operator.
 * NULL or "" = not set. No text may hold a control character. */
struct sms_account {
    const char *url;    /* address of the operator's interface */
    const char *user;   /* user name, account or key id */
    const char *secret; /* password, auth token or key */
    const char *from;   /* our number, short code or extension of it */
    const char *sign;   /* signature (签名) in front of the text, without brackets */
    const char *app;    /* number of the application, or the SMSC to be used */
    const char *region;
    const char *report_url; /* where reports go; our id is added to it */
    const char *method;     /* "GET", "POST"; empty: what the operator's header says */
    /* For operators whose form is configured (courier). */
    const char *body, *body_type, *expect;
};
#define SMS_ACCOUNT_TEXTS 12

/* One request ready to be sent. */
struct sms_wire {
    bool post;
    const char *content_type; /* static */
    struct buf url, body;
    struct buf headers; /* whole lines, each with a NUL behind it; at most HTTP_CALL_HEADERS_MAX */
};

void sms_wire_init(struct sms_wire *wire);
void sms_wire_release(struct sms_wire *wire);
/* Add a header; its value must not hold control characters: the codec has checked them. */
void sms_wire_header(struct sms_wire *wire, const char *name, struct slice value);
MUST_CHECK enum err sms_wire_err(const struct sms_wire *wire);

/* What is different every time. */
struct sms_moment {
    int64_t now_ms;
    const char *nonce; /* 32 hex digits that were never used before */
};

/* An operator's outgoing side: one constant per folder; the table of all is in sms_providers.c.
 * Pure. */
struct sms_codec {
    const char *name;
    bool templates_only;
    /* Are all texts there that this operator needs? ERR_INPUT. */
    enum err (*check)(const struct sms_account *account);
    /* message has passed sms_message_check(). ERR_INPUT: it cannot go out on this channel (no
     * template code, a number of another country): SMS_FINAL. wire may be half written on failure.
     */
    enum err (*write)(const struct sms_account *account, const struct sms_message *message,
                      const struct sms_moment *moment, struct sms_wire *wire);
    /* Class of a whole answer: the operator's answer table. What is not in it is SMS_UNKNOWN. Never
     * fails. */
    struct sms_result (*read)(const struct sms_account *account, int status, struct slice body);
};

/* By name; NULL if there is no such operator. */
const struct sms_codec *sms_codec_find(struct slice name);

struct sms_client;

struct sms_client_options {
    const struct sms_codec *codec;
    struct sms_account account; /* copied */
    long connect_ms;            /* 1..; 0 = 3000 */
    long total_ms;              /* 1..; 0 = 10000 */
};

/* http is borrowed and must outlive the client. ERR_INPUT, ERR_NO_MEMORY. */
MUST_CHECK enum err sms_client_new(const struct sms_client_options *options,
                                   struct http_client *http, struct sms_client **out);
void sms_client_free(struct sms_client *client); /* NULL is allowed */

/* The channel borrows the client. Send with sms_send(). */
struct sms_channel sms_client_channel(struct sms_client *client);

/* ---- For the codecs ---- */

/* A text of the account as a slice. */
static inline struct slice sms_account_text(const char *text)
{
    return slice_of(text == NULL ? "" : text);
}
/* The report address with our id: `?mid=ID`, or `&mid=ID` if it has a query. Appended as it is. */
void sms_put_report_url(struct buf *out, const char *report_url, struct slice id);
/* Is the code the pattern, or does it begin with a pattern that ends in '*'? */
bool sms_code_matches(struct slice code, const char *pattern);
/* Host of a URL as HTTP clients write it into the Host header: with a port only if the URL has one.
 * Empty if it is not http or https. */
struct slice sms_url_host(const char *url);

#endif
