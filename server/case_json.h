/* A case as the API shows it: masked unless it is a reveal. */
#ifndef SERVER_CASE_JSON_H
#define SERVER_CASE_JSON_H

#include "server/op.h"

/* Append {"no": …} as in ops/api.md. clear: personal data in clear (a reveal). ERR_CORRUPT,
 * ERR_NO_MEMORY. */
MUST_CHECK enum err case_json_write(struct op *op, struct slice no, const struct case_view *v,
                                    bool clear, struct buf *out);
/* ["accept", …]: what `role` may do in this state. */
void case_json_allowed(enum case_state state, enum role role, struct json_out *o, const char *name);
/* Roles that may use a verb of the API; 0 for the verbs of the system itself. */
unsigned case_verb_roles(enum case_verb verb);
/* Answer the op with the case; extra: ETag and, if replayed, Idempotency-Replayed. */
void case_json_reply(struct op *op, struct slice no, const struct case_view *v, bool clear,
                     bool replayed);

#endif
