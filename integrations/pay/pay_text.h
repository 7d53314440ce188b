/* What every rail's reader does with texts of the provider, and with calls that brought no answer.
 */
#ifndef INTEGRATIONS_PAY_PAY_TEXT_H
#define INTEGRATIONS_PAY_PAY_TEXT_H

#include "integrations/http/http_client.h"
#include "integrations/pay/pay.h"
#include "queue/base/json.h"

/* The provider's codes go into records and logs: only [A-Za-z0-9._-], shorter than PAY_REASON_SIZE,
 * are kept as they are, others become "[unlisted]". Empty stays empty. */
void pay_keep_code(struct slice code, char out[PAY_REASON_SIZE]);
/* Printable ASCII without spaces, shorter than PAY_REF_SIZE, else "". */
void pay_keep_ref(struct slice ref, char out[PAY_REF_SIZE]);

/* The member's text, "" if absent or null; false if it is there but not a text. */
bool pay_text_or_empty(const struct json *object, const char *name, struct slice *out);

/* Unknown because of "[http-502]". */
void pay_result_status(struct pay_result *result, const char *id, int http_status);
/* The call brought no whole answer: "[not-sent]" or "[no-answer]". not_taken only if nothing was
 * sent and the call was an order, not a question. */
void pay_result_doubt(struct pay_result *result, const char *id, const struct http_call *call);

/* "openid:oX@wechat" -> account "oX" if the kind is `kind`, else {NULL, 0}. fa is valid. */
struct slice pay_fa_account(struct slice fa, const char *kind);

#endif
