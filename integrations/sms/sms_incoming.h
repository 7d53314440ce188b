/* Incoming SMS and delivery reports: the one vocabulary to which the wire of every operator is
 * translated. Pure: bytes in, structs out; no clock, no I/O, no log.
 *
 * What a caller does with a callback of an operator (the gateway, `/v1/sms/{provider}/{tail}`):
 *
 * - sms_provider_find() by the name in the path, then sms_receive() with that operator's secrets.
 *
 * - ERR_OK: store all n items, each under its key, in one durable step. A key that is known already
 *   counts as stored; n may be 0 (something that needs no record).
 *
 * - All are stored: send answer.stored. Anything else, also one single item that was not stored:
 *   send answer.again, and the operator sends the whole callback once more.
 *
 * - sms_receive() failed: send answer.refused. */
#ifndef INTEGRATIONS_SMS_SMS_INCOMING_H
#define INTEGRATIONS_SMS_SMS_INCOMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "integrations/sms/sms.h"
#include "queue/base/arena.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

/* Items of one callback: what a caller should have room for. */
#define SMS_INCOMING_MAX 512
/* Bytes of one incoming text; a longer one is SMS_UNREADABLE, and cut. */
#define SMS_INCOMING_BYTES_MAX 8192
#define SMS_CODE_MAX 48
#define SMS_KEY_SIZE 33 /* 32 hex digits and a NUL */

enum sms_kind {
    SMS_MESSAGE, /* a person (or a machine) sent us a text */
    SMS_REPORT,  /* what became of a message of ours */
    /* Something came and could not be read: a binary message, an item of a form that is not in the
     * operator's book. from is set if it is known (such a person may be asked to write again), text
     * is the start of what came, made valid UTF-8. Store it for a person; never drop it. */
    SMS_UNREADABLE
};

/* Buffered: on its way, at the operator, the SMSC or a switched-off telephone. Stopped: the person
 * asked the operator for no more messages. */
#define SMS_REPORT_TABLE(X)                                                 \
    X(SMS_REPORT_UNKNOWN, "unknown") /* a state that is not in the table */ \
    X(SMS_REPORT_BUFFERED, "buffered")                                      \
    X(SMS_REPORT_DELIVERED, "delivered")                                    \
    X(SMS_REPORT_FAILED, "failed")                                          \
    X(SMS_REPORT_STOPPED, "stopped")

enum sms_report {
#define SMS_ENUM(name, word) name,
    SMS_REPORT_TABLE(SMS_ENUM)
#undef SMS_ENUM
        SMS_REPORT_COUNT
};
const char *sms_report_word(enum sms_report report);

/* Texts live in the arena that was given to sms_receive(), or in the request. Absent ones are
 * empty. All texts are valid UTF-8 without NUL. */
struct sms_incoming {
    enum sms_kind kind;
    /* Dedupe by it: made of the operator, the kind and what identifies this event there; a repeat
     * of the same callback gives the same key. Two states of one message give two keys. Hex, no
     * personal detail can be read out of it. */
    char key[SMS_KEY_SIZE];
    /* The operator's own id: of the incoming message, or for a report of the message of ours (the
     * same that sms_result.provider_id had). Empty where the operator has none. */
    struct slice provider_id;
    /* Message: who wrote. Report: who wants no more (SMS_REPORT_STOPPED), else empty; the number
     * that the message went to stands in `to`, if the operator says it. Mainland and foreign
     * numbers are E.164 ("+8613812341234"), service numbers plain digits; what is no number stays
     * as it came, at most 32 bytes. */
    struct slice from;
    struct slice to;   /* message: our short code or number as the operator writes it */
    struct slice text; /* message: may be empty */
    int64_t time_ms;   /* when it happened, as the operator says: UTC ms, 0 = it does not say */
    /* Parts of a long message that the operator did not join: part 1..parts of message `part_ref`,
     * which the same sender uses again some day: join by (from, to, part_ref, parts) and nearness
     * in time. parts is 1 for a whole message, part 1. */
    int part_ref; /* 0..65535 */
    int part;
    int parts;
    /* Reports. message_id: ours, as sms_message.id was; empty if the operator gives back only its
     * own id. */
    struct slice message_id;
    enum sms_report report;
    bool final; /* nothing else is to be expected; a final one wins over a non-final one, whatever
                   came first */
    /* Of a failed one: is it worth sending again? SMS_RETRY: later; SMS_FINAL: never to this
     * number; SMS_CHANNEL_STOP: tell a person; SMS_UNKNOWN: the code is not in the book. Otherwise
     * SMS_ACCEPTED. */
    enum sms_outcome advice;
    struct slice
        code; /* the operator's own word or number, at most SMS_CODE_MAX bytes, no content */
};

/* What an operator wants to hear. body: static, NUL-terminated, "" is an empty body with
 * Content-Length: 0. */
struct sms_reply {
    int status;
    const char *content_type;
    const char *body;
};

struct sms_answer {
    struct sms_reply stored;
    struct sms_reply again;
    struct sms_reply refused;
};

/* A callback as the HTTP server saw it. Borrowed. */
struct sms_callback {
    struct slice method; /* "GET", "POST" */
    struct slice
        tail; /* of the path behind "/v1/sms/{provider}/", as it came: "SECRET/mo", "SECRET/dlr" */
    struct slice query;        /* behind '?', as it came; empty if there is none */
    struct slice content_type; /* with parameters, as it came */
    struct slice body;         /* exact bytes: signatures are over them */
    struct slice source;       /* address of the peer without port, "203.0.113.9", "2001:db8::1" */
    int64_t now_ms;            /* UTC; for signatures that carry a time */
    /* A header by lower-case name, ptr NULL if absent. May be NULL: no headers. */
    struct slice (*header)(const void *headers, const char *name);
    const void *headers;
};

/* What lets a callback in. Borrowed; empty = not set. */
struct sms_secrets {
    /* First segment of the tail, 16..128 of [A-Za-z0-9_-], compared in constant time. Empty: this
     * channel takes no callbacks, everything is ERR_AUTH. */
    struct slice path;
    /* Twilio: the account's auth token, must be set. courier: "whsec_…" of Standard Webhooks, empty
     * = not asked for. Others have no signature and ignore it. */
    struct slice token;
    /* Twilio signs the URL as it is entered there: scheme, host and path up to the tail, e.g.
     * "https://h.example/v1/sms/twilio/". Must be set for Twilio. */
    struct slice public_url;
    /* Addresses and networks that may call: "203.0.113.0/24 2001:db8::/32 198.51.100.7", separated
     * by spaces or commas. Empty: any. A list that cannot be read lets nobody in. */
    struct slice sources;
};

struct sms_intake;

/* An operator's incoming side: one constant per folder; the table of all is in sms_providers.c. */
struct sms_provider {
    const char *name; /* [a-z]+, as in the path */
    bool path_secret; /* the path must hold the secret (all that have no signature) */
    struct sms_answer answer;
    /* what: the tail behind the secret, e.g. "mo". Access has been checked but for the signature.
     * Items go to sms_intake_add() of sms_intake.h; errors as sms_receive(). */
    enum err (*read)(const struct sms_callback *request, struct slice what,
                     const struct sms_secrets *secrets, struct sms_intake *intake);
};

/* By name; NULL if there is no such operator. */
const struct sms_provider *sms_provider_find(struct slice name);
/* All of them in one table, for configuration and tests; *count is their number. */
const struct sms_provider *const *sms_providers(size_t *count);

/* Read one callback. All or nothing: on failure out and *n are untouched.
 * answer is filled in every case.
 * ERR_AUTH: secret, source or signature is wrong (which, is not told). ERR_NOT_FOUND: the tail
 * names nothing. ERR_METHOD. ERR_INPUT: not readable at all (no form, no JSON, …). ERR_TOO_LARGE:
 * more than max items. ERR_NO_MEMORY. */
MUST_CHECK enum err sms_receive(const struct sms_provider *provider,
                                const struct sms_callback *request,
                                const struct sms_secrets *secrets, struct arena *arena,
                                struct sms_incoming *out, size_t max, size_t *n,
                                struct sms_answer *answer);

/* May an automatic reply go to this sender? False for everything that is not a subscriber: 1069…
 * and 106…, 12345, 12349, 95xxx, 96xxx, 10086 and its like, 110, short codes, alphanumeric sender
 * names, landlines, and what is no number at all. Use it before every reply; it does not replace
 * the cut of loops between two machines. Pure. */
bool sms_reply_allowed(struct slice from);

#endif
