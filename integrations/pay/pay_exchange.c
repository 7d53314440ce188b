#include "integrations/pay/pay_exchange.h"

#include <stdlib.h>

void pay_exchange_init(struct pay_exchange *x, const char *id)
{
    *x = (struct pay_exchange){.id = id};
    buf_init(&x->url, 8192);
    buf_init(&x->target, 8192);
    buf_init(&x->body, PAY_EXCHANGE_BODY_MAX);
    buf_init(&x->line, 4096);
    http_call_init(&x->call);
}

void pay_exchanges_release(struct pay_exchange *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_release(&list[i].url);
        buf_release(&list[i].target);
        buf_release(&list[i].body);
        buf_release(&list[i].line);
        http_call_release(&list[i].call);
    }
}

enum err pay_exchanges_run(struct http_client *http, struct pay_exchange *list, size_t n,
                           void (*read)(void *self, size_t i, const struct http_call *call),
                           void *self)
{
    ASSERT(n >= 1 && n <= PAY_BATCH_MAX);
    size_t where[PAY_BATCH_MAX];
    size_t count = 0;
    struct http_call *calls = calloc(n, sizeof(*calls));
    if (calls == NULL) {
        pay_exchanges_release(list, n);
        return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        if (!list[i].skip) {
            where[count] = i;
            calls[count++] = list[i].call;
            http_call_init(&list[i].call); /* the buffers have moved */
        }
    }
    if (count > 0) {
        http_client_run(http, calls, count);
    }
    for (size_t k = 0; k < count; k++) {
        read(self, where[k], &calls[k]);
        http_call_release(&calls[k]);
    }
    free(calls);
    pay_exchanges_release(list, n);
    return ERR_OK;
}

enum err pay_orders_check(const struct pay_order *orders, size_t n)
{
    if (n < 1 || n > PAY_BATCH_MAX) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < n; i++) {
        if (pay_order_check(&orders[i]) != ERR_OK) {
            return ERR_INPUT;
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(orders[k].id, orders[i].id) == 0) {
                return ERR_INPUT;
            }
        }
    }
    return ERR_OK;
}

enum err pay_ids_check(const char *const *ids, size_t n)
{
    if (n < 1 || n > PAY_BATCH_MAX) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < n; i++) {
        if (!pay_id_valid(slice_of(ids[i]))) {
            return ERR_INPUT;
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(ids[k], ids[i]) == 0) {
                return ERR_INPUT;
            }
        }
    }
    return ERR_OK;
}
