/* One HTTP request per order, many at once: what rails without a batch form share. */
#ifndef INTEGRATIONS_PAY_PAY_EXCHANGE_H
#define INTEGRATIONS_PAY_PAY_EXCHANGE_H

#include "integrations/http/http_client.h"
#include "integrations/pay/pay.h"

#define PAY_EXCHANGE_BODY_MAX ((size_t)64 * 1024)

/* A request with the texts it borrows. Set up by pay_exchange_init(), filled by the rail; `call` is
 * ready for http_client_run() unless skip is set. */
struct pay_exchange {
    const char *id; /* of the order */
    bool skip;      /* is not sent: it has its result already */
    struct buf url, target, body, line;
    struct http_call call;
};

void pay_exchange_init(struct pay_exchange *x, const char *id);
/* Free the first n. */
void pay_exchanges_release(struct pay_exchange *list, size_t n);
/* Send those that are not skipped, call read(self, i, call) for each of them with its answer, free
 * all. n: 1..PAY_BATCH_MAX. ERR_NO_MEMORY: nothing was sent, all are freed. */
MUST_CHECK enum err pay_exchanges_run(struct http_client *http, struct pay_exchange *list, size_t n,
                                      void (*read)(void *self, size_t i,
                                                   const struct http_call *call),
                                      void *self);

/* ERR_INPUT unless there are 1..PAY_BATCH_MAX orders, each passes pay_order_check() and no two have
 * the same id. */
MUST_CHECK enum err pay_orders_check(const struct pay_order *orders, size_t n);
/* The same for ids. */
MUST_CHECK enum err pay_ids_check(const char *const *ids, size_t n);

#endif
