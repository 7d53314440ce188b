/* A bank that takes files, behind struct pay_rail (a rail that answers later, see pay.h): orders go out as pain.001 or
 * as a text file of a profile, under one MsgId each; pain.002, camt.053, camt.054 and result files of the profile come
 * in.
 *
 * One batch, step by step; after a kill between any two the next call goes on where the books (registry.h) say it is:
 *
 *     put      bytes fixed under the MsgId          from here on the batch exists, and disburse answers ACCEPTED
 *     claim    its orders are marked as in it       from here on none of them goes into another file
 *     stage    whole at the bank, under a hidden name
 *     ready    the books know that
 *     publish  the name that the bank looks for     exactly once: when it is "ready" and the hidden name is gone, it
 * was sent     the books know that
 *
 * An order that cannot be written (a name that the bank's encoding cannot hold, an account that is too long) is FAILED
 * with the column in brackets, e.g. "[name]"; the others of the batch go out. So is one whose amount the profile does
 * not allow: "[amount]". An id twice in one call is ERR_INPUT.
 *
 * Of an ACCEPTED order provider_ref is the MsgId of its file: what reconcile.h calls batch_id.
 *
 * A statement of another account than payer_account is put aside: its lines are not ours to judge. */
#ifndef INTEGRATIONS_PAY_BANKFILE_BANKFILE_RAIL_H
#define INTEGRATIONS_PAY_BANKFILE_BANKFILE_RAIL_H

#include "integrations/pay/bankfile/bankfile.h"
#include "integrations/pay/bankfile/drop.h"
#include "integrations/pay/bankfile/registry.h"
#include "integrations/pay/bankfile/text_profile.h"
#include "integrations/pay/pay.h"

struct bankfile_rail; /* one thread; several processes may share one registry */

/* Texts are copied. */
struct bankfile_rail_options {
    const char *name;       /* of the rail, [a-z][a-z0-9_]{0,31} */
    const char *msg_prefix; /* 1..7 of [A-Za-z0-9], ours alone at this bank */
    const char *registry_folder;
    const char *payer_name, *payer_account, *payer_bank, *purpose; /* as struct bankfile_batch */
    bool book_in_one;
    const struct text_profile *text;   /* NULL = pain.001; borrowed */
    const struct pay_profile *profile; /* borrowed; NULL = orders up to PAY_BATCH_MAX */
    int64_t stale_ms;                  /* a file that stays unfinished for so long is put into bad/; 0 = one hour */
    int64_t quiet_ms; /* a text file without a tail line counts as whole when it did not change for so long; 0 = 60 s */
    int64_t (*now_ms)(void);  /* wall clock; NULL = clock_now_ms */
    int64_t (*mono_ms)(void); /* NULL = clock_mono_ms */
};

/* Takes over `drop` on ERR_OK (closes it at the end). ERR_NOT_FOUND: there is no registry (registry_create makes one);
 * ERR_INPUT, ERR_IO, ERR_NO_MEMORY: drop stays the caller's. */
MUST_CHECK enum err bankfile_rail_new(const struct bankfile_rail_options *options, struct drop drop,
                                      struct bankfile_rail **out);
void bankfile_rail_free(struct bankfile_rail *rail); /* NULL is allowed */

/* The common interface; borrows the rail. */
struct pay_rail bankfile_pay_rail(struct bankfile_rail *rail);

/* While paused nothing is delivered (payments are stopped); disburse answers PAY_UNKNOWN with not_taken, reason
 * "[paused]". What is kept waits. Collecting goes on. */
void bankfile_rail_pause(struct bankfile_rail *rail, bool paused);

/* Deliver what is kept and not yet sent. disburse and collect do it first by themselves; on failure they log and go on,
 * this tells. *left: files that still wait. ERR_IO, ERR_TIMEOUT, ERR_CORRUPT. */
MUST_CHECK enum err bankfile_rail_deliver(struct bankfile_rail *rail, size_t *left);

/* Statements of the last collect(), valid until the next one. */
const struct statement_head *bankfile_rail_heads(const struct bankfile_rail *rail, size_t *n);

#endif
