/* WeChat Pay transfers on the wire: the codec, a clock, random nonces and HTTP. One client per
 * worker thread. One request per order, as many at once as the HTTP client allows. */
#ifndef INTEGRATIONS_PAY_WECHAT_WECHAT_CLIENT_H
#define INTEGRATIONS_PAY_WECHAT_WECHAT_CLIENT_H

#include "integrations/http/http_client.h"
#include "integrations/pay/wechat/wechat_codec.h"

struct wechat_client;

struct wechat_options {
    const char
        *base_url; /* NULL or "" = https://api.mch.weixin.qq.com; without a slash at the end */
    struct wechat_merchant merchant; /* texts and keys are borrowed and must outlive the client */
    long connect_ms;                 /* 1..; 0 = 3000 */
    long total_ms;                   /* 1..; 0 = 15000 */
};

/* http is borrowed too. ERR_INPUT (a key or name is missing, notify_url is not plain https; http is
 * let through for 127.0.0.1), ERR_NO_MEMORY. */
MUST_CHECK enum err wechat_client_new(const struct wechat_options *options,
                                      struct http_client *http, struct wechat_client **out);
void wechat_client_free(struct wechat_client *client); /* NULL is allowed */

/* As struct pay_rail says. An order that WeChat cannot carry is not sent and is PAY_FAILED with the
 * reason of wechat_order_fault(). An answer without the platform's valid signature is PAY_UNKNOWN
 * "[signature]". */
MUST_CHECK enum err wechat_disburse(struct wechat_client *client, const struct pay_order *orders,
                                    size_t n, struct pay_result *results);
MUST_CHECK enum err wechat_query(struct wechat_client *client, const char *const *ids, size_t n,
                                 struct pay_result *results);
/* Ask WeChat to cancel bills whose payees have not confirmed yet. Asynchronous: ACCEPTED means that
 * it is being cancelled; only a query or callback tells whether it was (PAY_FAILED) or was paid. */
MUST_CHECK enum err wechat_cancel(struct wechat_client *client, const char *const *ids, size_t n,
                                  struct pay_result *results);
/* package_info of order i of the last disburse, which the payee's WeChat needs to confirm; "" if
 * none. Borrowed until the next call. */
const char *wechat_last_package(const struct wechat_client *client, size_t i);

/* disburse and query behind the common interface; borrows the client. */
struct pay_rail wechat_rail(struct wechat_client *client);

#endif
