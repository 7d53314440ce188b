/* Sealing of personal data (OpenSSL). A case's personal data is AES-256-GCM under a key of its own;
 * that key is wrapped (AES-256-GCM again) by a key derived from the site's master key and stored
 * beside it. A person's record lists the cases; dropping their keys makes everything sealed of that
 * person unreadable for ever (crypto-shredding) and touches no money trail.
 *
 * Look-ups use keyed hashes (HMAC-SHA-256, own derived key), never plain ones: phone numbers can be
 * counted through. The case number is bound as associated data, so that a sealed text cannot be
 * moved to another case. The master key never enters Redis, logs, arguments or the environment. */
#ifndef QUEUE_SEAL_SEAL_H
#define QUEUE_SEAL_SEAL_H

#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define SEAL_KEY_BYTES 32
#define SEAL_OVERHEAD 28 /* nonce 12 + tag 16 */
#define SEAL_WRAPPED_BYTES (SEAL_KEY_BYTES + SEAL_OVERHEAD)
#define SEAL_HASH_SIZE 33   /* 32 hex digits (128 bits) and a NUL */
#define SEAL_DIGEST_SIZE 65 /* SHA-256 in hex and a NUL */
#define SEAL_TEXT_MAX 65536

/* Keys and reusable cipher contexts. One per thread. */
struct sealer;

/* Read the master key (64 hex digits, white space around allowed) and derive the working keys
 * (HKDF-SHA-256). ERR_NOT_FOUND, ERR_IO; ERR_INPUT: not 64 hex digits, or the file may be read by
 * others (mode 077 bits set); `why` says what to do. */
MUST_CHECK enum err sealer_open(const char *key_file, struct sealer **out, struct buf *why);
void sealer_close(struct sealer *s); /* wipes the keys; NULL is allowed */

/* A fresh case key and its wrapped form, bound to the case number. ERR_INTERNAL if the random
 * source fails. */
MUST_CHECK enum err seal_make_key(struct sealer *s, struct slice case_no,
                                  unsigned char key[SEAL_KEY_BYTES],
                                  unsigned char wrapped[SEAL_WRAPPED_BYTES]);
/* ERR_CORRUPT: not wrapped by this master key for this case. */
MUST_CHECK enum err seal_unwrap_key(struct sealer *s, struct slice case_no, struct slice wrapped,
                                    unsigned char key[SEAL_KEY_BYTES]);

/* Append nonce, ciphertext and tag of plain (<= SEAL_TEXT_MAX) to out. */
MUST_CHECK enum err seal_text(struct sealer *s, const unsigned char key[SEAL_KEY_BYTES],
                              struct slice case_no, struct slice plain, struct buf *out);
/* Append the plain text. ERR_CORRUPT: changed, another key or another case. */
MUST_CHECK enum err unseal_text(struct sealer *s, const unsigned char key[SEAL_KEY_BYTES],
                                struct slice case_no, struct slice sealed, struct buf *out);
/* unwrap and unseal in one. ERR_NOT_FOUND when wrapped is empty: the person was erased. */
MUST_CHECK enum err unseal_case(struct sealer *s, struct slice case_no, struct slice wrapped,
                                struct slice sealed, struct buf *out);

/* Keyed hash of (kind, text) for use in key names; kinds never collide. kind: a short word, e.g.
 * "id_number". */
MUST_CHECK enum err seal_hash(struct sealer *s, const char *kind, struct slice text,
                              char out[SEAL_HASH_SIZE]);
/* Plain SHA-256 in hex: for tokens of high entropy and for bodies. */
MUST_CHECK enum err seal_digest(struct sealer *s, struct slice text, char out[SEAL_DIGEST_SIZE]);
/* Random bytes from the kernel's generator through OpenSSL. */
MUST_CHECK enum err seal_random(unsigned char *out, size_t len);
/* Equal without telling where they differ by time. */
bool seal_equal(struct slice a, struct slice b);

#endif
