/* A bank that takes batch files from one folder and leaves its own in another. It looks every
 * FILE_BANK_LOOK_MS. Of one batch: first "taken" (pain.002 or a result file), after bank-settle-ms
 * the end of every order and, for pain.001, a camt.054 of the debits; later a camt.053 of all that
 * is new on the account. Files get their name when they are whole.
 *
 * The fault menu: error_500_before leaves the file lying for ms; drop_before loses it; hang puts
 * the first answer off; error_500_after and drop_after_accept leave it out; half_answer shows half
 * of it first; late_callback puts off the end; no_callback leaves only the camt.053; callback_twice
 * leaves the end twice, callback_replayed again after ms; stale_callback says "pending" after the
 * end; forged_callback is a notice of another account that says that the money came back;
 * forged_answer refuses all under a MsgId that is not ours. not_found_in_flight has no meaning:
 * nobody asks. */
#ifndef INTEGRATIONS_SANDBOX_FILE_BANK_H
#define INTEGRATIONS_SANDBOX_FILE_BANK_H

#include "integrations/sandbox/sandbox.h"

#define FILE_BANK_LOOK_MS 50

/* *out is NULL when no folder is set. ERR_IO, ERR_NO_MEMORY. */
MUST_CHECK enum err file_bank_new(struct sandbox *s, struct file_bank **out);
/* Begin to look; after the journal was read. */
void file_bank_start(struct file_bank *bank);
void file_bank_free(struct file_bank *bank); /* NULL is allowed */
/* Journal line "B time MsgId SHA-256": a file that was taken. bank NULL: it is skipped.
 * ERR_CORRUPT. */
MUST_CHECK enum err file_bank_read_line(struct file_bank *bank, struct slice line);

#endif
