#include "integrations/pay/g2p/g2p_client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "queue/base/clock.h"

#define TRACEPARENT_LEN 55
#define TRACE_LINE_SIZE (sizeof("traceparent: ") + TRACEPARENT_LEN)

struct g2p_client {
    struct http_client *http; /* borrowed */
    bool sync;
    struct g2p_signer us, bank;
    char *disburse_url;
    char *query_url;
    char *token;
    char *sender_id;
    char *receiver_id;
    char *sender_uri;
    char *payer_fa;
    char *payer_name;
    long connect_ms;
    long total_ms;
    char trace_line[TRACE_LINE_SIZE]; /* "" = none */
    struct buf request;
    struct buf reply; /* of the last call, for evidence */
    int status;
    struct g2p_oddities odd;
};

static char *copy_or_empty(const char *text)
{
    return strdup(text == NULL ? "" : text);
}

static char *join(const char *base, const char *path)
{
    size_t base_len = strlen(base);
    size_t path_len = strlen(path);
    char *out = malloc(base_len + path_len + 1);
    if (out != NULL) {
        memcpy(out, base, base_len);
        memcpy(out + base_len, path, path_len + 1);
    }
    return out;
}

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

enum err g2p_client_new(const struct g2p_options *options, struct http_client *http,
                        struct g2p_client **out)
{
    if (!given(options->base_url) || !given(options->sender_id) || !given(options->payer_fa) ||
        options->base_url[strlen(options->base_url) - 1] == '/' || options->connect_ms < 0 ||
        options->total_ms < 0) {
        return ERR_INPUT;
    }
    struct g2p_client *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return ERR_NO_MEMORY;
    }
    c->http = http;
    c->sync = options->sync;
    c->us = options->us;
    c->bank = options->bank;
    c->disburse_url =
        join(options->base_url, options->sync ? "/disburse/sync/disburse" : "/disburse");
    c->query_url = join(options->base_url, "/disburse/sync/txn/status");
    c->token = copy_or_empty(options->token);
    c->sender_id = copy_or_empty(options->sender_id);
    c->receiver_id = copy_or_empty(options->receiver_id);
    c->sender_uri = copy_or_empty(options->sender_uri);
    c->payer_fa = copy_or_empty(options->payer_fa);
    c->payer_name = copy_or_empty(options->payer_name);
    c->connect_ms = options->connect_ms == 0 ? 3000 : options->connect_ms;
    c->total_ms = options->total_ms == 0 ? 15000 : options->total_ms;
    buf_init(&c->request, G2P_MESSAGE_MAX);
    buf_init(&c->reply, HTTP_REPLY_MAX);
    if (c->disburse_url == NULL || c->query_url == NULL || c->token == NULL ||
        c->sender_id == NULL || c->receiver_id == NULL || c->sender_uri == NULL ||
        c->payer_fa == NULL || c->payer_name == NULL) {
        g2p_client_free(c);
        return ERR_NO_MEMORY;
    }
    *out = c;
    return ERR_OK;
}

void g2p_client_free(struct g2p_client *client)
{
    if (client == NULL) {
        return;
    }
    buf_release(&client->request);
    buf_release(&client->reply);
    free(client->disburse_url);
    free(client->query_url);
    free(client->token);
    free(client->sender_id);
    free(client->receiver_id);
    free(client->sender_uri);
    free(client->payer_fa);
    free(client->payer_name);
    free(client);
}

enum err g2p_client_trace(struct g2p_client *client, const char *traceparent)
{
    if (!given(traceparent)) {
        client->trace_line[0] = '\0';
        return ERR_OK;
    }
    if (strlen(traceparent) != TRACEPARENT_LEN) {
        return ERR_INPUT;
    }
    for (size_t i = 0; i < TRACEPARENT_LEN; i++) {
        bool dash = i == 2 || i == 35 || i == 52;
        if (dash ? traceparent[i] != '-' : strchr("0123456789abcdef", traceparent[i]) == NULL) {
            return ERR_INPUT;
        }
    }
    static const char NAME[] = "traceparent: ";
    memcpy(client->trace_line, NAME, sizeof(NAME) - 1);
    memcpy(client->trace_line + sizeof(NAME) - 1, traceparent, TRACEPARENT_LEN + 1);
    return ERR_OK;
}

/* 32 hex digits that no other request has had. */
static enum err make_message_id(char out[33])
{
    unsigned char random[16];
    ssize_t got =
        getrandom(random, sizeof(random), 0); /* up to 256 bytes come whole or not at all */
    if (got != (ssize_t)sizeof(random)) {
        return ERR_IO;
    }
    hex_encode(random, sizeof(random), out);
    return ERR_OK;
}

static struct g2p_envelope envelope_of(const struct g2p_client *c, const char *message_id)
{
    return (struct g2p_envelope){
        .message_id = message_id,
        .transaction_id = message_id,
        .sender_id = c->sender_id,
        .receiver_id = c->receiver_id,
        .sender_uri = c->sender_uri,
        .payer_fa = c->payer_fa,
        .payer_name = c->payer_name,
        .at_ms = clock_now_ms(),
    };
}

/* Send c->request. The reply's bytes move to c->reply. */
static void post(struct g2p_client *c, const char *url, bool money, struct http_call *call)
{
    http_call_init(call);
    call->url = url;
    call->post = true;
    call->money = money;
    call->bearer = c->token;
    call->body = buf_slice(&c->request);
    call->connect_ms = c->connect_ms;
    call->total_ms = c->total_ms;
    if (c->trace_line[0] != '\0') {
        call->headers[0] = c->trace_line;
    }
    http_client_run(c->http, call, 1);
    buf_release(&c->reply);
    c->reply = call->reply;
    buf_init(&call->reply, HTTP_REPLY_MAX);
    c->status = call->status;
}

/* c->request gets our signature, if we have a key. */
static enum err sign_request(struct g2p_client *c)
{
    if (c->us.key == NULL) {
        return ERR_OK;
    }
    struct buf signed_text;
    buf_init(&signed_text, G2P_MESSAGE_MAX);
    enum err err = g2p_sign(&c->us, clock_now_ms() / 1000, buf_slice(&c->request), &signed_text);
    if (err != ERR_OK) {
        buf_release(&signed_text);
        return err;
    }
    buf_release(&c->request);
    c->request = signed_text;
    return ERR_OK;
}

/* False: the answer carries statuses and the bank's signature of it is not valid. All results say
 * so then. */
static bool answer_believed(struct g2p_client *c, const char *const *ids, size_t n,
                            struct pay_result *results)
{
    if (c->bank.key == NULL || c->status < 200 || c->status > 299 ||
        g2p_verify(&c->bank, clock_now_ms() / 1000, buf_slice(&c->reply)) == ERR_OK) {
        return true; /* other HTTP statuses never say more than UNKNOWN about an order */
    }
    for (size_t i = 0; i < n; i++) {
        pay_result_unknown(&results[i], ids[i], "[signature]");
    }
    return false;
}

static void transport_doubt(const struct http_call *call, const char *const *ids, size_t n,
                            struct pay_result *results)
{
    bool not_sent = call->outcome == HTTP_NOT_SENT;
    for (size_t i = 0; i < n; i++) {
        pay_result_unknown(&results[i], ids[i], not_sent ? "[not-sent]" : "[no-answer]");
        results[i].not_taken = not_sent;
    }
}

static void forget_last(struct g2p_client *c)
{
    buf_clear(&c->request);
    buf_clear(&c->reply);
    c->status = 0;
    c->odd = (struct g2p_oddities){0};
}

enum err g2p_disburse(struct g2p_client *client, const struct pay_order *orders, size_t n,
                      struct pay_result *results)
{
    forget_last(client);
    char message_id[33];
    enum err err = make_message_id(message_id);
    if (err != ERR_OK) {
        return err;
    }
    struct g2p_envelope envelope = envelope_of(client, message_id);
    err = g2p_write_disburse(&envelope, orders, n, &client->request);
    if (err == ERR_OK) {
        err = sign_request(client);
    }
    if (err != ERR_OK) {
        return err;
    }
    const char *ids[PAY_BATCH_MAX];
    for (size_t i = 0; i < n; i++) {
        ids[i] = orders[i].id;
    }
    struct http_call call;
    post(client, client->disburse_url, true, &call);
    if (call.outcome == HTTP_ANSWERED && client->sync) {
        if (answer_believed(client, ids, n, results)) {
            g2p_read_sync(call.status, buf_slice(&client->reply), ids, n, results, &client->odd);
        }
    } else if (call.outcome == HTTP_ANSWERED) {
        g2p_read_ack(call.status, buf_slice(&client->reply), ids, n, results);
    } else {
        transport_doubt(&call, ids, n, results);
    }
    http_call_release(&call);
    return ERR_OK;
}

enum err g2p_query(struct g2p_client *client, const char *const *ids, size_t n,
                   struct pay_result *results)
{
    forget_last(client);
    char message_id[33];
    enum err err = make_message_id(message_id);
    if (err != ERR_OK) {
        return err;
    }
    struct g2p_envelope envelope = envelope_of(client, message_id);
    err = g2p_write_query(&envelope, ids, n, &client->request);
    if (err == ERR_OK) {
        err = sign_request(client);
    }
    if (err != ERR_OK) {
        return err;
    }
    struct http_call call;
    post(client, client->query_url, false, &call);
    if (call.outcome == HTTP_ANSWERED) {
        if (answer_believed(client, ids, n, results)) {
            g2p_read_query(call.status, buf_slice(&client->reply), ids, n, results, &client->odd);
        }
    } else {
        transport_doubt(&call, ids, n, results);
        for (size_t i = 0; i < n; i++) {
            results[i].not_taken = false; /* an unsent question says nothing about the order */
        }
    }
    http_call_release(&call);
    return ERR_OK;
}

static enum err rail_disburse(void *self, const struct pay_order *orders, size_t n,
                              struct pay_result *results)
{
    return g2p_disburse(self, orders, n, results);
}

static enum err rail_query(void *self, const char *const *ids, size_t n, struct pay_result *results)
{
    return g2p_query(self, ids, n, results);
}

struct pay_rail g2p_rail(struct g2p_client *client)
{
    return (struct pay_rail){
        .name = "g2p", .self = client, .disburse = rail_disburse, .query = rail_query};
}

struct slice g2p_last_reply(const struct g2p_client *client)
{
    return buf_slice(&client->reply);
}

int g2p_last_status(const struct g2p_client *client)
{
    return client->status;
}

struct g2p_oddities g2p_last_oddities(const struct g2p_client *client)
{
    return client->odd;
}
