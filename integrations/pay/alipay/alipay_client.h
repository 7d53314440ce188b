/* Alipay transfers on the wire: the codec, a clock and HTTP. One client per worker thread. One
 * request per order, as many at once as the HTTP client allows. */
#ifndef INTEGRATIONS_PAY_ALIPAY_ALIPAY_CLIENT_H
#define INTEGRATIONS_PAY_ALIPAY_ALIPAY_CLIENT_H

#include "integrations/http/http_client.h"
#include "integrations/pay/alipay/alipay_codec.h"

struct alipay_client;

struct alipay_options {
    const char *gateway;   /* NULL or "" = ALIPAY_GATEWAY; without a query */
    struct alipay_app app; /* texts and keys are borrowed and must outlive the client */
    long connect_ms;       /* 1..; 0 = 3000 */
    long total_ms;         /* 1..; 0 = 15000 */
};

/* http is borrowed too. ERR_INPUT (a key or name is missing, the gateway has a query),
 * ERR_NO_MEMORY. */
MUST_CHECK enum err alipay_client_new(const struct alipay_options *options,
                                      struct http_client *http, struct alipay_client **out);
void alipay_client_free(struct alipay_client *client); /* NULL is allowed */

/* As struct pay_rail says. An order that Alipay cannot carry is not sent and is PAY_FAILED with the
 * reason of alipay_order_fault(). */
MUST_CHECK enum err alipay_disburse(struct alipay_client *client, const struct pay_order *orders,
                                    size_t n, struct pay_result *results);
MUST_CHECK enum err alipay_query(struct alipay_client *client, const char *const *ids, size_t n,
                                 struct pay_result *results);

/* The same two behind the common interface; borrows the client. */
struct pay_rail alipay_rail(struct alipay_client *client);

#endif
