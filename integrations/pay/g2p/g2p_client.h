/* G2P Connect rail: the codec put on the wire. One client per worker thread. */
#ifndef INTEGRATIONS_PAY_G2P_G2P_CLIENT_H
#define INTEGRATIONS_PAY_G2P_G2P_CLIENT_H

#include "integrations/http/http_client.h"
#include "integrations/pay/g2p/g2p_codec.h"
#include "integrations/pay/g2p/g2p_sign.h"
#include "integrations/pay/pay.h"

struct g2p_client;

/* All texts are copied. Those marked * must not be empty. */
struct g2p_options {
    const char *base_url;    /* * e.g. https://bank.example/g2p, without a slash at the end */
    const char *token;       /* bearer token, "" for none */
    const char *sender_id;   /* * who we are for the bank */
    const char *receiver_id; /* "" if the bank does not ask for it */
    const char *sender_uri; /* where the bank's callbacks reach us; the bank adds /on-disburse. "" =
                               no callbacks */
    const char *payer_fa;   /* * */
    const char *payer_name;
    bool sync; /* ask for the outcome in the answer (/disburse/sync/disburse) */
    /* Texts and keys of both are borrowed and must outlive the client. us.key NULL: requests go out
     * unsigned. bank.key NULL: signatures of answers are not looked at; else an answer with
     * statuses and without the bank's valid signature is PAY_UNKNOWN "[signature]"
     * (acknowledgements have no signature in the specification). */
    struct g2p_signer us, bank;
    long connect_ms; /* 1..; 0 = 3000 */
    long total_ms;   /* 1..; 0 = 15000 */
};

/* http is borrowed and must outlive the client. ERR_INPUT, ERR_NO_MEMORY. */
MUST_CHECK enum err g2p_client_new(const struct g2p_options *options, struct http_client *http,
                                   struct g2p_client **out);
void g2p_client_free(struct g2p_client *client); /* NULL is allowed */

/* Carried as `traceparent` (W3C, 55 characters) by the calls that follow; NULL or "" = none.
 * ERR_INPUT. */
MUST_CHECK enum err g2p_client_trace(struct g2p_client *client, const char *traceparent);

/* Send n orders in one envelope, or ask for n references. As struct pay_rail says. Any doubt about
 * the transport is PAY_UNKNOWN for every order of the envelope; not_taken is set only if provably
 * nothing was sent. */
MUST_CHECK enum err g2p_disburse(struct g2p_client *client, const struct pay_order *orders,
                                 size_t n, struct pay_result *results);
MUST_CHECK enum err g2p_query(struct g2p_client *client, const char *const *ids, size_t n,
                              struct pay_result *results);

/* The same two behind the common interface; borrows the client. */
struct pay_rail g2p_rail(struct g2p_client *client);

/* The bytes of the last answer (for the evidence hash; may hold personal data: hash, do not log),
 * borrowed until the next call; empty if there was none. And its HTTP status, 0 if none; and what
 * was odd in it. */
struct slice g2p_last_reply(const struct g2p_client *client);
int g2p_last_status(const struct g2p_client *client);
struct g2p_oddities g2p_last_oddities(const struct g2p_client *client);

#endif
