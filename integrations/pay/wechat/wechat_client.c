#include "integrations/pay/wechat/wechat_client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "integrations/pay/pay_exchange.h"
#include "integrations/pay/pay_text.h"
#include "queue/base/clock.h"

#define URL_DEFAULT "https://api.mch.weixin.qq.com"

struct wechat_client {
    struct http_client *http; /* borrowed */
    struct wechat_merchant merchant;
    char *base_url;
    char serial_line[128];
    long connect_ms, total_ms;
    struct pay_exchange exchanges[PAY_BATCH_MAX];
    char (*packages)[WECHAT_PACKAGE_SIZE];
};

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool notify_url_ok(const char *url)
{
    if (!given(url)) {
        return url != NULL;
    }
    return (slice_starts_with(slice_of(url), "https://") ||
            slice_starts_with(slice_of(url), "http://127.0.0.1:")) &&
           strpbrk(url, "?# ") == NULL && strlen(url) <= 255;
}

static bool merchant_ok(const struct wechat_merchant *m)
{
    return given(m->mchid) && given(m->appid) && given(m->serial) && m->key != NULL &&
           given(m->platform_serial) && strlen(m->platform_serial) < 96 &&
           m->platform_key != NULL && given(m->perception) && given(m->subsidy) &&
           notify_url_ok(m->notify_url);
}

enum err wechat_client_new(const struct wechat_options *options, struct http_client *http,
                           struct wechat_client **out)
{
    const char *base = given(options->base_url) ? options->base_url : URL_DEFAULT;
    if (!merchant_ok(&options->merchant) || base[strlen(base) - 1] == '/' ||
        options->connect_ms < 0 || options->total_ms < 0) {
        return ERR_INPUT;
    }
    struct wechat_client *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return ERR_NO_MEMORY;
    }
    c->http = http;
    c->merchant = options->merchant;
    c->connect_ms = options->connect_ms == 0 ? 3000 : options->connect_ms;
    c->total_ms = options->total_ms == 0 ? 15000 : options->total_ms;
    c->base_url = strdup(base);
    c->packages = calloc(PAY_BATCH_MAX, sizeof(*c->packages));
    struct buf line;
    buf_init(&line, sizeof(c->serial_line) - 1);
    buf_putf(&line, "Wechatpay-Serial: %s", c->merchant.platform_serial);
    enum err err = buf_err(&line);
    if (err == ERR_OK) {
        err = slice_copy(buf_slice(&line), c->serial_line, sizeof(c->serial_line));
    }
    buf_release(&line);
    if (err != ERR_OK || c->base_url == NULL || c->packages == NULL) {
        wechat_client_free(c);
        return err == ERR_OK ? ERR_NO_MEMORY : err;
    }
    *out = c;
    return ERR_OK;
}

void wechat_client_free(struct wechat_client *client)
{
    if (client != NULL) {
        free(client->base_url);
        free(client->packages);
        free(client);
    }
}

static enum err make_nonce(char out[WECHAT_NONCE_SIZE])
{
    unsigned char random[16];
    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        return ERR_IO;
    }
    hex_encode(random, sizeof(random), out);
    return ERR_OK;
}

/* Sign the request in x and set up its call. */
static enum err prepare(struct wechat_client *c, struct pay_exchange *x, bool post, bool money)
{
    char nonce[WECHAT_NONCE_SIZE];
    enum err err = make_nonce(nonce);
    if (err == ERR_OK) {
        err = buf_err(&x->target);
    }
    if (err == ERR_OK) {
        err = wechat_put_authorization(&c->merchant, post ? "POST" : "GET", buf_slice(&x->target),
                                       clock_now_ms() / 1000, nonce, buf_slice(&x->body), &x->line);
    }
    buf_put_text(&x->url, c->base_url);
    buf_put_slice(&x->url, buf_slice(&x->target));
    if (err == ERR_OK) {
        err = buf_err(&x->url);
    }
    if (err != ERR_OK) {
        return err;
    }
    struct http_call *call = &x->call;
    call->url = x->url.ptr;
    call->post = post;
    call->money = money;
    call->keep_head = true;
    call->body = buf_slice(&x->body);
    call->headers[0] = x->line.ptr;
    call->headers[1] = c->serial_line;
    call->headers[2] = "Accept: application/json";
    call->connect_ms = c->connect_ms;
    call->total_ms = c->total_ms;
    return ERR_OK;
}

/* What read_one() needs to know. */
struct reading {
    struct wechat_client *client;
    enum wechat_source source;
    const char *ids[PAY_BATCH_MAX];
    struct pay_result *results;
};

static void read_one(void *self, size_t i, const struct http_call *call)
{
    const struct reading *r = self;
    struct pay_result *result = &r->results[i];
    if (call->outcome != HTTP_ANSWERED) {
        pay_result_doubt(result, r->ids[i], call);
        return;
    }
    const struct wechat_stamp stamp = {
        .timestamp = http_call_header(call, "Wechatpay-Timestamp"),
        .nonce = http_call_header(call, "Wechatpay-Nonce"),
        .serial = http_call_header(call, "Wechatpay-Serial"),
        .signature = http_call_header(call, "Wechatpay-Signature"),
        .type = http_call_header(call, "Wechatpay-Signature-Type"),
    };
    struct slice body = buf_slice(&call->reply);
    if (wechat_verify(&r->client->merchant, &stamp, body, clock_now_ms()) != ERR_OK) {
        pay_result_unknown(result, r->ids[i], "[signature]"); /* whoever said it proves nothing */
        return;
    }
    wechat_read_answer(r->source, call->status, body, r->ids[i], result, r->client->packages[i]);
}

static enum err run(struct wechat_client *c, enum wechat_source source, size_t n,
                    struct pay_result *results)
{
    struct reading reading = {.client = c, .source = source, .results = results};
    for (size_t i = 0; i < n; i++) {
        reading.ids[i] = c->exchanges[i].id;
    }
    return pay_exchanges_run(c->http, c->exchanges, n, read_one, &reading);
}

enum err wechat_disburse(struct wechat_client *client, const struct pay_order *orders, size_t n,
                         struct pay_result *results)
{
    enum err err = pay_orders_check(orders, n);
    if (err != ERR_OK) {
        return err;
    }
    memset(client->packages, 0, PAY_BATCH_MAX * sizeof(*client->packages));
    for (size_t i = 0; i < n; i++) {
        struct pay_exchange *x = &client->exchanges[i];
        pay_exchange_init(x, orders[i].id);
        x->skip = wechat_order_fault(&orders[i]) != NULL;
        if (x->skip) {
            continue;
        }
        buf_put_text(&x->target, WECHAT_TRANSFER_PATH);
        err = wechat_write_transfer(&client->merchant, &orders[i], &x->body);
        if (err == ERR_OK) {
            err = prepare(client, x, true, true);
        }
        if (err != ERR_OK) {
            pay_exchanges_release(client->exchanges, i + 1);
            return err;
        }
    }
    err = run(client, WECHAT_FROM_TRANSFER, n, results);
    for (size_t i = 0; err == ERR_OK && i < n; i++) {
        const char *fault = wechat_order_fault(&orders[i]);
        if (fault != NULL) { /* never sent, and never can be */
            pay_result_unknown(&results[i], orders[i].id, fault);
            results[i].outcome = PAY_FAILED;
        }
    }
    return err;
}

static enum err ask(struct wechat_client *c, enum wechat_source source, const char *const *ids,
                    size_t n, struct pay_result *results)
{
    enum err err = pay_ids_check(ids, n);
    if (err != ERR_OK) {
        return err;
    }
    for (size_t i = 0; i < n; i++) {
        struct pay_exchange *x = &c->exchanges[i];
        pay_exchange_init(x, ids[i]);
        bool cancel = source == WECHAT_FROM_CANCEL;
        if (cancel) {
            wechat_put_cancel_target(ids[i], &x->target);
        } else {
            wechat_put_query_target(ids[i], &x->target);
        }
        err = prepare(c, x, cancel, false);
        if (err != ERR_OK) {
            pay_exchanges_release(c->exchanges, i + 1);
            return err;
        }
    }
    return run(c, source, n, results);
}

enum err wechat_query(struct wechat_client *client, const char *const *ids, size_t n,
                      struct pay_result *results)
{
    return ask(client, WECHAT_FROM_QUERY, ids, n, results);
}

enum err wechat_cancel(struct wechat_client *client, const char *const *ids, size_t n,
                       struct pay_result *results)
{
    return ask(client, WECHAT_FROM_CANCEL, ids, n, results);
}

const char *wechat_last_package(const struct wechat_client *client, size_t i)
{
    return i < PAY_BATCH_MAX ? client->packages[i] : "";
}

static enum err rail_disburse(void *self, const struct pay_order *orders, size_t n,
                              struct pay_result *results)
{
    return wechat_disburse(self, orders, n, results);
}

static enum err rail_query(void *self, const char *const *ids, size_t n, struct pay_result *results)
{
    return wechat_query(self, ids, n, results);
}

struct pay_rail wechat_rail(struct wechat_client *client)
{
    return (struct pay_rail){
        .name = "wechat", .self = client, .disburse = rail_disburse, .query = rail_query};
}
