/* G2P Connect "disburse" core API v1.0.0, asynchronous and synchronous form: struct <-> JSON. Pure:
 * no I/O, clock or globals.
 *
 *   us -> bank   POST /disburse                  g2p_write_disburse    answered by g2p_read_ack
 *   us -> bank   POST /disburse/sync/disburse    g2p_write_disburse    answered by g2p_read_sync
 *   bank -> us   POST <sender_uri>/on-disburse   g2p_read_callback     answered by g2p_write_ack
 *   us -> bank   POST /disburse/sync/txn/status  g2p_write_query       answered by g2p_read_query
 *
 * Profile, where the specification leaves things open or contradicts itself:
 * - `signature` is written empty here; g2p_sign.h puts ours in its place and verifies theirs, in
 * the profile that it describes. Without keys in the configuration it stays empty and the peers are
 *   authenticated by TLS and a bearer token alone.
 * - is_msg_encrypted is false; an encrypted message is refused.
 * - The array is called `disbursements` as in the schema's properties (its `required` list has a
 *   typing error).
 * - header.action of a status query is `search`, of its answer `on-search`, as the paths of the
 *   specification list them.
 * - "Not known here" in a status answer is status `rjct` with `rjct.reference_id.invalid` or one of
 *   the search list's reference_id.not_found codes. A reference that the answer simply leaves out
 *   is UNKNOWN, not "not found".
 * - A transfer that came back (退票) has no word in the specification: status `rjct` with reason
 *   `rjct.returned`.
 * - Amounts are yuan with two decimals ("800.00"); one or two are read. Currency is CNY; another
 *   one is UNKNOWN.
 *
 * The answer table is in g2p_answer.c and nowhere else. */
#ifndef INTEGRATIONS_PAY_G2P_G2P_CODEC_H
#define INTEGRATIONS_PAY_G2P_G2P_CODEC_H

#include <stddef.h>
#include <stdint.h>
#include "integrations/pay/pay.h"
#include "queue/base/buf.h"

/* For the provider profile. The specification does not say how long a reference_id is remembered; a
 * bank's contract must. Until it does, a day is taken for certain. */
#define G2P_KEY_LIFE_S 86400

#define G2P_MESSAGE_MAX ((size_t)256 * 1024) /* largest message written or read */
#define G2P_STATUSES_MAX 1024                /* most statuses in one callback */

/* Who speaks, and when. Texts are borrowed; all but receiver_id, sender_uri and payer_name must not
 * be empty. */
struct g2p_envelope {
    const char *message_id;     /* 1..99, new for every request */
    const char *transaction_id; /* 1..99 */
    const char *sender_id;
    const char *receiver_id;
    const char *sender_uri; /* where callbacks go; the bank adds /on-disburse */
    const char *payer_fa;   /* the reserve fund's account; only used in a disburse request */
    const char *payer_name;
    int64_t at_ms; /* wall clock */
};

/* Append one request with n (1..PAY_BATCH_MAX) orders. ERR_INPUT: an order fails pay_order_check()
 * or two have the same id; out is untouched then. ERR_TOO_LARGE, ERR_NO_MEMORY: out is spoilt
 * (buf_err). */
MUST_CHECK enum err g2p_write_disburse(const struct g2p_envelope *envelope,
                                       const struct pay_order *orders, size_t n, struct buf *out);
/* Append one status query for n (1..PAY_BATCH_MAX) references. Errors as above. */
MUST_CHECK enum err g2p_write_query(const struct g2p_envelope *envelope, const char *const *ids,
                                    size_t n, struct buf *out);
/* Append our answer to a callback: {"message":{"ack_status":"ACK",…}}, or ERR with an err.* code of
 * the specification. */
void g2p_write_ack(struct buf *out, const char *correlation_id, int64_t at_ms,
                   const char *error_code);

/* Read the immediate answer to a disburse request into results[0..n), in the order of ids. Never
 * fails: what cannot be understood is PAY_UNKNOWN for every order. ACK and NACK with 2xx are
 * PAY_ACCEPTED (after a NACK no callback comes, only a query tells). ERR, 401, 403 and 429 are
 * PAY_UNKNOWN with not_taken. */
void g2p_read_ack(int http_status, struct slice body, const char *const *ids, size_t n,
                  struct pay_result *results);

/* What was odd in an answer or callback: count it and look at it, never act on it. */
struct g2p_oddities {
    size_t strangers;  /* statuses for ids that were not asked for, or that cannot be ours */
    size_t repeats;    /* the same id more than once: UNKNOWN if the statuses differ */
    size_t unreadable; /* wrong type, unlisted word, malformed amount, other currency: UNKNOWN */
};

/* Read the answer to a status query into results[0..n), in the order of ids. Never fails. */
void g2p_read_query(int http_status, struct slice body, const char *const *ids, size_t n,
                    struct pay_result *results, struct g2p_oddities *odd);

/* Read the answer to a synchronous disburse request: every order with its status at once. Never
 * fails. Errors and refusals of the whole request are read as in g2p_read_ack(); an order that the
 * answer leaves out is UNKNOWN. The answer's header.action is on-disburse, or on-search as the
 * specification's path list has it. */
void g2p_read_sync(int http_status, struct slice body, const char *const *ids, size_t n,
                   struct pay_result *results, struct g2p_oddities *odd);

struct g2p_callback {
    /* only ids that could be ours; amounts are the bank's claim: compare */
    struct pay_result results[G2P_STATUSES_MAX];
    size_t count;
    char transaction_id[PAY_REF_SIZE];
    char message_id[PAY_REF_SIZE];
    char sender_id[PAY_REF_SIZE];
    struct g2p_oddities odd;
};

/* Read an on-disburse callback; large, so keep *out off the stack. ERR_INPUT: not such a message at
 * all (nothing in it may be used, answer 400); ERR_TOO_LARGE: more than G2P_STATUSES_MAX statuses;
 * ERR_NO_MEMORY. */
MUST_CHECK enum err g2p_read_callback(struct slice body, struct g2p_callback *out);

/* 80000 -> "800.00" (fen 0..AMOUNT_FEN_MAX) appended to out; and back. ERR_INPUT unless
 * ^\d{1,13}\.\d{1,2}$ and in range. */
void g2p_put_amount(struct buf *out, int64_t amount_fen);
MUST_CHECK enum err g2p_read_amount(struct slice text, int64_t *amount_fen);

/* ---- The answer table (g2p_answer.c) ---- */
enum g2p_source { G2P_FROM_CALLBACK, G2P_FROM_QUERY };
/* status: rcvd, pdng, succ, rjct; reason: status_reason_code or "". */
enum pay_outcome g2p_outcome(enum g2p_source source, struct slice status, struct slice reason);
/* True if this err.* code says that the request was refused before any order was looked at. */
bool g2p_error_means_not_taken(struct slice code);

#endif
