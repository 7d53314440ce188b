/* AES in Galois/counter mode with a 16-byte tag behind the ciphertext, as WeChat Pay sends it. */
#ifndef INTEGRATIONS_SIGN_AEAD_H
#define INTEGRATIONS_SIGN_AEAD_H

#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define AEAD_TAG_LEN 16
#define AEAD_NONCE_LEN 12
#define AEAD_TEXT_MAX ((size_t)1 << 20)

/* Append the text of `sealed` (ciphertext and tag). key: 16 (AES-128) or 32 bytes (AES-256); nonce:
 * AEAD_NONCE_LEN bytes; aad: what is authenticated but not encrypted. ERR_AUTH: a byte of any of
 * them is wrong, out is untouched; ERR_INPUT: a length is wrong; ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err aead_open(struct slice key, struct slice nonce, struct slice aad,
                              struct slice sealed, struct buf *out);
/* The reverse: append ciphertext and tag. A nonce must never be used twice with a key. */
MUST_CHECK enum err aead_seal(struct slice key, struct slice nonce, struct slice aad,
                              struct slice text, struct buf *out);

#endif
