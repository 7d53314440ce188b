/* The name under which the store keeps a call: keyed hash of switchboard and id, since either may
 * be anything, also a telephone number. */
#ifndef SERVER_CALL_HASH_H
#define SERVER_CALL_HASH_H

#include "queue/seal/seal.h"

/* ERR_INTERNAL, ERR_NO_MEMORY. */
MUST_CHECK enum err call_hash(struct sealer *s, struct slice source, struct slice call_id,
                              char out[SEAL_HASH_SIZE]);

#endif
