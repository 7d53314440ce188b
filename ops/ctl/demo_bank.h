/* What the sandbox saw: the SMS that a citizen got and the payments on the bank's statement. */
#ifndef OPS_CTL_DEMO_BANK_H
#define OPS_CTL_DEMO_BANK_H

#include <stdbool.h>
#include <stdint.h>
#include "ops/ctl/demo_api.h"

/* Print the SMS texts that `phone` (11 digits) got, in order; waits for at least `least` of them.
 * False with a complaint. */
MUST_CHECK bool demo_sms_tell(struct demo_api *api, const char *phone, int least);
/* What the bank's statement says was moved for this payment: what was paid less what came back. */
MUST_CHECK bool demo_bank_paid(struct demo_api *api, const char *payment, int64_t *fen);

#endif
