/* Alipay's notice that a transfer changed (message service, alipay.fund.trans.order.changed): a
 * form with sign and sign_type. Answered with the plain text `success`; anything else makes Alipay
 * send it again for about a day. The scheme has no window of time: notify_id and the monotone
 * record of the payment make a late or repeated notice harmless. */
#ifndef INTEGRATIONS_PAY_ALIPAY_ALIPAY_CALLBACK_H
#define INTEGRATIONS_PAY_ALIPAY_ALIPAY_CALLBACK_H

#include "integrations/pay/alipay/alipay_codec.h"
#include "integrations/pay/pay_callback.h"

/* The rail "alipay"; borrows the app, whose app_id and alipay_key must be set. */
struct pay_callback_rail alipay_callback_rail(const struct alipay_app *app);

/* ERR_OK: Alipay signed this form, over all parameters but sign, with or without sign_type (its own
 * clients try both). ERR_AUTH; ERR_INPUT: not a form; ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err alipay_verify_form(const struct alipay_app *app, struct slice form);

#endif
