/* Key pairs for tests, made at run time: none is ever in a file. */
#ifndef TESTS_UNIT_SIGN_KEYS_H
#define TESTS_UNIT_SIGN_KEYS_H

#include "integrations/sign/sign_key.h"
#include "queue/base/buf.h"

struct key_pair {
    struct sign_key *private, *public;
    struct buf private_pem, public_pem; /* PKCS#8 and SubjectPublicKeyInfo */
};

/* bits: of RSA; 0 for Ed25519. private and public are NULL if the pair is refused by sign_key. */
void key_pair_make(struct key_pair *pair, unsigned bits);
void key_pair_release(struct key_pair *pair);

#endif
