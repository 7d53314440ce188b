/* What the SMS operators have in common: taking a text into the box, reports and incoming texts
 * that are pushed, and the small coding jobs of their signatures. */
#ifndef INTEGRATIONS_SANDBOX_SMS_PEER_H
#define INTEGRATIONS_SANDBOX_SMS_PEER_H

#include "integrations/sandbox/answer.h"
#include "integrations/sandbox/sandbox.h"

#define SMS_ID_SIZE 40

/* One text as it was asked for; empty slices are allowed but for to and text. */
struct sms_asked {
    enum peer peer;
    struct slice to, from, text;
};

/* FAILS: taken, and its report is to say that it did not arrive. The others are not taken. */
enum sms_taken { SMS_TAKEN, SMS_FAILS, SMS_REFUSED_BY_MENU, SMS_THROTTLED, SMS_STOPPED, SMS_BAD };
/* Into the box and the journal. */
enum sms_taken sms_take(struct sandbox *s, const struct sms_asked *asked);
/* What a fault of the menu makes of a text, but for taking it. */
enum sms_taken sms_taken_of(const struct fault *fault);

/* What a report says. */
enum sms_tells { SMS_TELLS_DELIVERED, SMS_TELLS_FAILED, SMS_TELLS_ON_ITS_WAY };
/* Make a parcel somebody's who knows how the operator writes but has neither its signature nor the
 * secret in the address: a signature header becomes noise, else the longest word of the path is
 * changed. NULL stays NULL. */
struct parcel *sms_forge(struct parcel *p);
/* An id of ours, new every time: PREFIX and hex digits. */
void sms_new_id(struct sandbox *s, const char *prefix, char out[SMS_ID_SIZE]);

/* RFC 3986: everything but letters, digits and -._~ is %XX. */
void sms_put_escaped(struct buf *out, struct slice text);
/* "2017-09-01 00:00:00", China time. */
void sms_put_local_time(struct buf *out, int64_t at_ms);

/* Header lines of the request that are listed in `list` ("host;x-acs-date"), as
 * "name:value\n" each, for a canonical request. bare_host: the host without its port, as some
 * clients sign it. False: one is not there. */
bool sms_put_signed_headers(const struct http_request *r, struct slice list, bool bare_host,
                            struct buf *out);
/* Value behind `name` ("Signature=") in an Authorization header. */
struct slice sms_credential(struct slice header, const char *name);

/* One incoming text. to: our number, "" = the operator's usual one. */
struct sms_incoming {
    struct slice from, to, text;
    const char *id;
};
/* Each makes its operator's push, NULL if there is no address for it. */
struct parcel *kannel_incoming(struct sandbox *s, const struct sms_incoming *m);
struct parcel *aliyun_incoming(struct sandbox *s, const struct sms_incoming *m);
struct parcel *tencent_incoming(struct sandbox *s, const struct sms_incoming *m);
struct parcel *twilio_incoming(struct sandbox *s, const struct sms_incoming *m);
struct parcel *courier_incoming(struct sandbox *s, const struct sms_incoming *m);

#endif
