/* What an officer signs when he signs a standing order: RFC 8785 canonical JSON of the order as it
 * stands in the pack, without the member "ed25519" of its "signature". Pure; the signature itself
 * is checked by who has keys. */
#ifndef WORKERS_RULES_ORDER_SIGNATURE_H
#define WORKERS_RULES_ORDER_SIGNATURE_H

#include "queue/base/buf.h"
#include "queue/base/json.h"

/* Append the bytes. order: an element of "standing_orders". ERR_INPUT: no object; ERR_TOO_LARGE,
 * ERR_NO_MEMORY. */
MUST_CHECK enum err order_signed_bytes(const struct json *order, struct buf *out);

#endif
