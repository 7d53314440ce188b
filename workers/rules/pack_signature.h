/* Signatures in a policy pack, Ed25519: the whole pack's, by who answers for it, and each standing
 * order's, by the officer whom it names. Both are made over the RFC 8785 canonical JSON of the
 * object as it stands, without the member "ed25519" of its "signature". The orders lie inside the
 * pack, so they are signed first.
 *
 * Pure: who has keys hands in the function that knows them. */
#ifndef WORKERS_RULES_PACK_SIGNATURE_H
#define WORKERS_RULES_PACK_SIGNATURE_H

#include "queue/base/buf.h"
#include "queue/base/json.h"
#include "workers/rules/policy.h"

/* Is `signature` (base64) one of exactly this message by `signer`? ERR_OK; ERR_NOT_FOUND: no key of
 * that name; ERR_AUTH: it is not; ERR_NO_MEMORY, ERR_TOO_LARGE. */
typedef enum err pack_verify_fn(const void *keys, struct slice signer, struct slice message,
                                struct slice signature);

/* Whose signatures are asked for. NULL keys: those are not asked for. All zero: none at all. */
struct pack_signers {
    pack_verify_fn *verify;
    const void *packs;  /* keys of those who may sign a pack */
    const void *orders; /* keys of the officers who may sign standing orders */
};

/* Append the bytes that are signed. v: a pack, or an element of its "standing_orders". ERR_INPUT:
 * no object; ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err pack_signed_bytes(const struct json *v, struct buf *out);

bool pack_signers_ask(const struct pack_signers *signers); /* for any signature at all */

/* Does the pack hold the signatures that are asked for? pack: its JSON, which need not be a sound
 * pack. ERR_OK; ERR_AUTH: no, or it is no JSON, and each signature that is missing or does not hold
 * is a line in `why`; ERR_NO_MEMORY, ERR_TOO_LARGE. */
MUST_CHECK enum err pack_signatures_check(struct slice pack, const struct pack_signers *signers,
                                          struct buf *why);

#endif
