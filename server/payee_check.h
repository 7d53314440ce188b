/* Payee check (收款人核验) before an officer, a reviewer or finance lets money go out: first-aid,
 * assess, approve, pay. What is found is shown; what asks a person is refused once, with 409 and
 * the findings, until somebody says "payee_confirmed": true with his reason. Nothing is refused for
 * ever. The rules: queue/domain/payee.h.
 *
 *   payee_check_wanted -> payee_check_begin (the first look's case) -> payee_check_ask (a store
 * call) -> payee_check_judge -> act -> payee_check_note (a store call, if there is something new to
 * remember) */
#ifndef SERVER_PAYEE_CHECK_H
#define SERVER_PAYEE_CHECK_H

#include "server/verb.h"

struct payee_state;

/* Does money go out, or is it decided that it shall, by this verb? Pure. */
bool payee_check_wanted(enum case_verb verb);
/* Open the payee's data of the case. Answers the op itself when it returns false. */
bool payee_check_begin(struct op *op, struct verb_state *st, const struct case_view *v);
/* Write the store call into the gateway's fcall. Answers the op itself when it returns false. */
bool payee_check_ask(struct op *op, struct verb_state *st);
/* Judge by the store's answer. Answers the op itself when it returns false: damage, or a person has
 * to confirm. */
bool payee_check_judge(struct op *op, struct verb_state *st, enum err err, const redisReply *reply);
/* Append the members of the event: what was found, and that it was confirmed. */
void payee_check_tail(const struct verb_state *st, struct buf *out);
/* Is there something new to remember with the case? Then the call is written into the gateway's
 * fcall. */
bool payee_check_note(struct op *op, const struct verb_state *st);

/* Findings (words with commas) as an array of {finding, label, asks}. */
void payee_check_put(struct slice findings, const char *name, struct json_out *o);

#endif
