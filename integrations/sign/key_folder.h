/* Public Ed25519 keys of people: the files NAME.pem of one folder, NAME being the code of an
 * officer or a signer (letters, digits, '-', '_' and '.', no dot in front). Read once; who is added
 * or taken away counts from the next start on. Never changes, so any number of readers. */
#ifndef INTEGRATIONS_SIGN_KEY_FOLDER_H
#define INTEGRATIONS_SIGN_KEY_FOLDER_H

#include "integrations/sign/sign_key.h"
#include "queue/base/buf.h"

#define KEY_FOLDER_MAX 512      /* keys */
#define KEY_FOLDER_NAME_SIZE 64 /* with its NUL */

struct key_folder; /* opaque */

/* Read every file *.pem; other files are left alone. *out is owned (key_folder_close). ERR_INPUT: a
 * file that is no such key, a name that is none, or no key at all; ERR_NOT_FOUND, ERR_IO,
 * ERR_TOO_LARGE (too many), ERR_NO_MEMORY; all with folder, file and remedy in `why`. */
MUST_CHECK enum err key_folder_open(const char *folder, struct key_folder **out, struct buf *why);
/* The same for a setting: "" = none, *out is then NULL. */
MUST_CHECK enum err key_folder_choose(const char *folder, struct key_folder **out, struct buf *why);
void key_folder_close(struct key_folder *k); /* NULL is allowed */

/* Is `signature` (base64) one of exactly this message with the key NAME? ERR_OK; ERR_NOT_FOUND:
 * there is no such key; ERR_AUTH: it is not; ERR_NO_MEMORY. keys: a struct key_folder; it is void
 * so that pure code can be handed this function (workers/rules/pack_signature.h). */
MUST_CHECK enum err key_folder_verify(const void *keys, struct slice name, struct slice message,
                                      struct slice signature);

#endif
