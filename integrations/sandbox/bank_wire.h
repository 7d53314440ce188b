/* The bank's side of G2P Connect disburse v1.0.0: reading requests and writing answers and
 * callbacks. Written from the specification; shares nothing with the client's codec, so that
 * neither can hide the other's mistakes. Pure. */
#ifndef INTEGRATIONS_SANDBOX_BANK_WIRE_H
#define INTEGRATIONS_SANDBOX_BANK_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include "integrations/sandbox/book.h"
#include "queue/base/buf.h"
#include "queue/base/clock.h"
#include "queue/base/err.h"
#include "queue/base/json.h"

#define BANK_ID "sandbox-bank"
#define BANK_URI_MAX 500

/* Header and transaction of a request; slices are borrowed from the document. */
struct bank_request {
    struct slice message_id, sender_id, sender_uri, transaction_id;
    const struct json *items; /* disbursements or the reference ids */
    size_t count;
};

struct bank_order {
    struct slice reference, payee_fa, amount, currency;
    bool scheduled;
};

/* NULL if the request is as the specification wants it, else the err.* code. */
const char *bank_read_disburse(const struct json *root, struct bank_request *out);
const char *bank_read_status(const struct json *root, struct bank_request *out);
/* One item of a request that bank_read_disburse() accepted; cannot fail. */
struct bank_order bank_read_order(const struct json *item);

/* 1..REFERENCE_MAX letters, digits, '-', '.', '_': what this bank takes as a reference. */
bool bank_reference_ok(struct slice reference);
/* What is wrong with the order, REFUSAL_NONE if it can be paid. *amount_fen and tail are set as far
 * as they can be read. */
enum refusal bank_judge(const struct bank_order *order, int64_t *amount_fen,
                        char tail[TAIL_LEN + 1]);

/* {"message":{"ack_status":…}}; error_code NULL = ACK. */
void bank_write_ack(struct buf *out, const char *correlation_id, const char *at,
                    const char *error_code);
/* {"errors":[{"code":…}]} */
void bank_write_http_error(struct buf *out, const char *code);

/* A callback, written piece by piece: begin, one entry per order, end. */
void bank_begin_callback(struct json_out *o, struct slice transaction_id, struct slice receiver,
                         const char *message_id, const char *at, size_t count);
void bank_begin_status(struct json_out *o, struct slice transaction_id, struct slice receiver,
                       const char *message_id, const char *at, size_t count);
/* status: rcvd, pdng, succ or rjct; reason "" = none; amount_fen < 0 = not stated. */
void bank_put_entry(struct json_out *o, struct slice reference, const char *at, const char *status,
                    const char *reason, int64_t amount_fen);
void bank_end_callback(struct json_out *o);
void bank_end_status(struct json_out *o);

#endif
