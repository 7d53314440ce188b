/* WeChat Pay's notice about a transfer (商家转账回调通知): signed in the headers, the bill
 * encrypted in the body. Sent on SUCCESS, FAIL and CANCELLED, possibly several times and in any
 * order; none may come at all, then a query tells. Answered within five seconds: 204 without a
 * body, or a 4xx/5xx with {"code":"FAIL","message":…}, after which it is sent again.
 *
 * A notice that is genuine but about something else (another event_type) is acknowledged with no
 * results: repeating it would not change that. WeChat's probes of our verification carry a
 * signature "WECHATPAY/SIGNTEST/…" and are refused like every other wrong one. */
#ifndef INTEGRATIONS_PAY_WECHAT_WECHAT_CALLBACK_H
#define INTEGRATIONS_PAY_WECHAT_WECHAT_CALLBACK_H

#include "integrations/pay/pay_callback.h"
#include "integrations/pay/wechat/wechat_codec.h"

/* The rail "wechat"; borrows the merchant, whose platform key and APIv3 key must be set. */
struct pay_callback_rail wechat_callback_rail(const struct wechat_merchant *merchant);

/* The second half, behind the signature: open the body and read the bill. ERR_AUTH: it is not
 * encrypted with our APIv3 key; ERR_INPUT: not such a notice, or a bill of another merchant;
 * ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK enum err wechat_read_notice(const struct wechat_merchant *merchant, struct slice body,
                                       struct pay_callback_news *out);

#endif
