#include "integrations/sms/kannel/kannel_client.h"

#include <stdlib.h>
#include <string.h>

#define URL_MAX                                                                      \
    ((size_t)16 * 1024) /* 500 characters of 4 bytes, each byte as %XX, and the rest \
                         */

struct kannel_client {
    struct http_client *http; /* borrowed */
    struct kannel_account account;
    char *texts[5]; /* what account points to */
    long connect_ms;
    long total_ms;
};

enum err kannel_client_new(const struct kannel_options *options, struct http_client *http,
                           struct kannel_client **out)
{
    const struct kannel_account *a = &options->account;
    if (a->sendsms_url == NULL || a->sendsms_url[0] == '\0' || a->user == NULL ||
        a->user[0] == '\0' || options->connect_ms < 0 || options->total_ms < 0) {
        return ERR_INPUT;
    }
    struct kannel_client *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return ERR_NO_MEMORY;
    }
    const char *from[] = {a->sendsms_url, a->user, a->password, a->from, a->dlr_url};
    for (size_t i = 0; i < COUNT_OF(from); i++) {
        c->texts[i] = strdup(from[i] == NULL ? "" : from[i]);
        if (c->texts[i] == NULL) {
            kannel_client_free(c);
            return ERR_NO_MEMORY;
        }
    }
    c->account =
        (struct kannel_account){c->texts[0], c->texts[1], c->texts[2], c->texts[3], c->texts[4]};
    c->http = http;
    c->connect_ms = options->connect_ms == 0 ? 3000 : options->connect_ms;
    c->total_ms = options->total_ms == 0 ? 10000 : options->total_ms;
    *out = c;
    return ERR_OK;
}

void kannel_client_free(struct kannel_client *client)
{
    if (client == NULL) {
        return;
    }
    for (size_t i = 0; i < COUNT_OF(client->texts); i++) {
        free(client->texts[i]);
    }
    free(client);
}

static struct sms_result result_of(const struct http_call *call)
{
    switch (call->outcome) {
    case HTTP_ANSWERED: return kannel_read_reply(call->status, buf_slice(&call->reply));
    case HTTP_NOT_SENT: return sms_result_make(SMS_RETRY, 0, call->error);
    case HTTP_UNKNOWN:
    default: return sms_result_make(SMS_UNKNOWN, 0, call->error);
    }
}

/* Everything one batch needs; calls[k] carries messages[which[k]]. */
struct batch {
    struct http_call calls[SMS_BATCH_MAX];
    struct buf urls[SMS_BATCH_MAX];
    size_t which[SMS_BATCH_MAX];
    size_t count;
};

static enum err write_urls(const struct kannel_client *c, const struct sms_message *messages,
                           size_t n, struct batch *b)
{
    for (size_t i = 0; i < n; i++) {
        if (sms_message_check(&messages[i]) != ERR_OK) {
            continue; /* not part of the batch: SMS_FINAL below */
        }
        size_t k = b->count++;
        buf_init(&b->urls[k], URL_MAX);
        http_call_init(&b->calls[k]);
        b->which[k] = i;
        enum err err = kannel_write_send(&c->account, &messages[i], &b->urls[k]);
        if (err != ERR_OK) {
            return err;
        }
        b->calls[k].url = b->urls[k].ptr;
        b->calls[k].connect_ms = c->connect_ms;
        b->calls[k].total_ms = c->total_ms;
    }
    return ERR_OK;
}

static enum err kannel_send(void *self, const struct sms_message *messages, size_t n,
                            struct sms_result *results)
{
    struct kannel_client *c = self;
    struct batch *b = calloc(1, sizeof(*b));
    if (b == NULL) {
        return ERR_NO_MEMORY;
    }
    enum err err = write_urls(c, messages, n, b);
    if (err != ERR_OK) {
        goto out;
    }
    http_client_run(c->http, b->calls, b->count);
    for (size_t i = 0; i < n; i++) {
        results[i] = sms_result_make(SMS_FINAL, 0, "message is not valid");
    }
    for (size_t k = 0; k < b->count; k++) {
        results[b->which[k]] = result_of(&b->calls[k]);
    }
out:
    for (size_t k = 0; k < b->count; k++) {
        http_call_release(&b->calls[k]);
        buf_release(&b->urls[k]);
    }
    free(b);
    return err;
}

struct sms_channel kannel_channel(struct kannel_client *client)
{
    return (struct sms_channel){.name = "kannel", .self = client, .send = kannel_send};
}
