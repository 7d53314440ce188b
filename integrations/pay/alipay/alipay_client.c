#include "integrations/pay/alipay/alipay_client.h"

#include <stdlib.h>
#include "integrations/pay/pay_exchange.h"
#include "integrations/pay/pay_text.h"
#include "queue/base/clock.h"

struct alipay_client {
    struct http_client *http; /* borrowed */
    struct alipay_app app;
    char *gateway;
    long connect_ms, total_ms;
    struct pay_exchange exchanges[PAY_BATCH_MAX];
};

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

enum err alipay_client_new(const struct alipay_options *options, struct http_client *http,
                           struct alipay_client **out)
{
    const struct alipay_app *app = &options->app;
    const char *gateway = given(options->gateway) ? options->gateway : ALIPAY_GATEWAY;
    if (!given(app->app_id) || app->key == NULL || app->alipay_key == NULL || !given(app->title) ||
        strpbrk(gateway, "?# ") != NULL || options->connect_ms < 0 || options->total_ms < 0) {
        return ERR_INPUT;
    }
    struct alipay_client *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return ERR_NO_MEMORY;
    }
    c->http = http;
    c->app = *app;
    c->connect_ms = options->connect_ms == 0 ? 3000 : options->connect_ms;
    c->total_ms = options->total_ms == 0 ? 15000 : options->total_ms;
    c->gateway = strdup(gateway);
    if (c->gateway == NULL) {
        free(c);
        return ERR_NO_MEMORY;
    }
    *out = c;
    return ERR_OK;
}

void alipay_client_free(struct alipay_client *client)
{
    if (client != NULL) {
        free(client->gateway);
        free(client);
    }
}

/* x->target (the query) and x->body are written. */
static enum err prepare(struct alipay_client *c, struct pay_exchange *x, bool money)
{
    buf_putf(&x->url, "%s?", c->gateway);
    buf_put_slice(&x->url, buf_slice(&x->target));
    enum err err = buf_err(&x->url);
    if (err != ERR_OK) {
        return err;
    }
    x->call.url = x->url.ptr;
    x->call.post = true;
    x->call.money = money;
    x->call.body = buf_slice(&x->body);
    x->call.content_type = "application/x-www-form-urlencoded; charset=utf-8";
    x->call.connect_ms = c->connect_ms;
    x->call.total_ms = c->total_ms;
    return ERR_OK;
}

/* What read_one() needs to know. */
struct reading {
    const struct alipay_client *client;
    enum alipay_source source;
    const char *ids[PAY_BATCH_MAX];
    struct pay_result *results;
};

static void read_one(void *self, size_t i, const struct http_call *call)
{
    const struct reading *r = self;
    if (call->outcome != HTTP_ANSWERED) {
        pay_result_doubt(&r->results[i], r->ids[i], call);
        return;
    }
    alipay_read_answer(r->source, &r->client->app, call->status, buf_slice(&call->reply), r->ids[i],
                       &r->results[i]);
}

enum err alipay_disburse(struct alipay_client *client, const struct pay_order *orders, size_t n,
                         struct pay_result *results)
{
    enum err err = pay_orders_check(orders, n);
    if (err != ERR_OK) {
        return err;
    }
    struct reading reading = {.client = client, .source = ALIPAY_FROM_TRANSFER, .results = results};
    for (size_t i = 0; i < n; i++) {
        struct pay_exchange *x = &client->exchanges[i];
        pay_exchange_init(x, orders[i].id);
        reading.ids[i] = orders[i].id;
        x->skip = alipay_order_fault(&orders[i]) != NULL;
        if (x->skip) {
            continue;
        }
        err = alipay_write_transfer(&client->app, &orders[i], clock_now_ms(), &x->target, &x->body);
        if (err == ERR_OK) {
            err = prepare(client, x, true);
        }
        if (err != ERR_OK) {
            pay_exchanges_release(client->exchanges, i + 1);
            return err;
        }
    }
    err = pay_exchanges_run(client->http, client->exchanges, n, read_one, &reading);
    for (size_t i = 0; err == ERR_OK && i < n; i++) {
        const char *fault = alipay_order_fault(&orders[i]);
        if (fault != NULL) { /* never sent, and never can be */
            pay_result_unknown(&results[i], orders[i].id, fault);
            results[i].outcome = PAY_FAILED;
        }
    }
    return err;
}

enum err alipay_query(struct alipay_client *client, const char *const *ids, size_t n,
                      struct pay_result *results)
{
    enum err err = pay_ids_check(ids, n);
    if (err != ERR_OK) {
        return err;
    }
    struct reading reading = {.client = client, .source = ALIPAY_FROM_QUERY, .results = results};
    for (size_t i = 0; i < n; i++) {
        struct pay_exchange *x = &client->exchanges[i];
        pay_exchange_init(x, ids[i]);
        reading.ids[i] = ids[i];
        err = alipay_write_query(&client->app, ids[i], clock_now_ms(), &x->target, &x->body);
        if (err == ERR_OK) {
            err = prepare(client, x, false);
        }
        if (err != ERR_OK) {
            pay_exchanges_release(client->exchanges, i + 1);
            return err;
        }
    }
    return pay_exchanges_run(client->http, client->exchanges, n, read_one, &reading);
}

static enum err rail_disburse(void *self, const struct pay_order *orders, size_t n,
                              struct pay_result *results)
{
    return alipay_disburse(self, orders, n, results);
}

static enum err rail_query(void *self, const char *const *ids, size_t n, struct pay_result *results)
{
    return alipay_query(self, ids, n, results);
}

struct pay_rail alipay_rail(struct alipay_client *client)
{
    return (struct pay_rail){
        .name = "alipay", .self = client, .disburse = rail_disburse, .query = rail_query};
}
