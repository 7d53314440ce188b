/* The signature of a G2P Connect envelope {"signature", "header", "message"}. The specification
 * gives the form of the text and says that it covers header and message, but neither the canonical
 * form nor the digest nor what exactly is signed. Our profile, to be agreed on with every bank:
 *
 *   canonical form   RFC 8785 (JCS) of {"header": …, "message": …} as sent
 *   digest           SHA-256, base64
 *   signed text      "(created): 1772328600\n(expires): 1772328900\ndigest: SHA-256=…"
 *   algorithm        Ed25519
 *   text             Signature: namespace="g2p", kidId="{sender_id}|{key_id}|ed25519",
 *                    algorithm="ed25519", created="1772328600", expires="1772328900",
 *                    headers="(created) (expires) digest", signature="…"
 *
 * Reading takes the text with or without "Signature:" in front, and keyId as well as kidId (the
 * specification's files differ). Pure. */
#ifndef INTEGRATIONS_PAY_G2P_G2P_SIGN_H
#define INTEGRATIONS_PAY_G2P_G2P_SIGN_H

#include <stdint.h>
#include "integrations/sign/sign_key.h"
#include "queue/base/buf.h"

#define G2P_SIGNATURE_LIFE_S 300       /* of ours */
#define G2P_SIGNATURE_LIFE_MAX_S 86400 /* of theirs; a longer one is refused */
#define G2P_CLOCK_SKEW_S 300           /* how far in the future `created` may lie */
#define G2P_KEY_ID_SIZE 128

/* One side's name and key. Texts and key are borrowed. key NULL: this side does not sign. */
struct g2p_signer {
    const char *sender_id;      /* 1..99, no '|' or '"' */
    const char *key_id;         /* 1..99, the same */
    const struct sign_key *key; /* Ed25519: private to sign, public to verify */
};

/* Append the message with its signature in place of the empty one. unsigned_message must begin with
 * {"signature":"", as the writers of g2p_codec.h begin it (ERR_INPUT otherwise). ERR_INTERNAL,
 * ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err g2p_sign(const struct g2p_signer *signer, int64_t now_s,
                             struct slice unsigned_message, struct buf *out);

/* ERR_OK: the signer signed exactly this header and message, and now lies between created and
 * expires. ERR_NOT_FOUND: there is no signature (empty or absent); ERR_AUTH: another key id, out of
 * time, malformed or wrong; ERR_INPUT: not an envelope; ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err g2p_verify(const struct g2p_signer *signer, int64_t now_s,
                               struct slice message);

#endif
