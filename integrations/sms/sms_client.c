#include "integrations/sms/sms_client.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include "queue/base/clock.h"

#define URL_MAX                                                                      \
    ((size_t)32 * 1024) /* 500 characters of 4 bytes, each byte as %XX, and the rest \
                         */
#define BODY_MAX ((size_t)64 * 1024)
#define HEADERS_MAX ((size_t)16 * 1024)
#define NONCE_BYTES 16

struct sms_client {
    const struct sms_codec *codec;
    struct http_client *http; /* borrowed */
    struct sms_account account;
    char *texts[SMS_ACCOUNT_TEXTS]; /* what account points to */
    long connect_ms;
    long total_ms;
};

/* ---- The request ---- */

void sms_wire_init(struct sms_wire *wire)
{
    *wire = (struct sms_wire){.post = true, .content_type = ""};
    buf_init(&wire->url, URL_MAX);
    buf_init(&wire->body, BODY_MAX);
    buf_init(&wire->headers, HEADERS_MAX);
}

void sms_wire_release(struct sms_wire *wire)
{
    buf_release(&wire->url);
    buf_release(&wire->body);
    buf_release(&wire->headers);
}

void sms_wire_header(struct sms_wire *wire, const char *name, struct slice value)
{
    buf_put_text(&wire->headers, name);
    buf_put_text(&wire->headers, ": ");
    buf_put_slice(&wire->headers, value);
    buf_put_char(&wire->headers, '\0');
}

enum err sms_wire_err(const struct sms_wire *wire)
{
    enum err err = buf_err(&wire->url);
    err = err != ERR_OK ? err : buf_err(&wire->body);
    return err != ERR_OK ? err : buf_err(&wire->headers);
}

void sms_put_report_url(struct buf *out, const char *report_url, struct slice id)
{
    buf_put_text(out, report_url);
    buf_put_text(out, strchr(report_url, '?') == NULL ? "?mid=" : "&mid=");
    buf_put_slice(out, id);
}

bool sms_code_matches(struct slice code, const char *pattern)
{
    size_t len = strlen(pattern);
    if (len == 0 || pattern[len - 1] != '*') {
        return slice_is(code, pattern);
    }
    return code.len >= len - 1 && memcmp(code.ptr, pattern, len - 1) == 0;
}

struct slice sms_url_host(const char *url)
{
    struct slice rest = slice_of(url);
    size_t scheme = slice_starts_with(rest, "https://")  ? strlen("https://")
                    : slice_starts_with(rest, "http://") ? strlen("http://")
                                                         : 0;
    if (scheme == 0) {
        return slice_make("", 0);
    }
    rest = slice_make(rest.ptr + scheme, rest.len - scheme);
    size_t len = strcspn(rest.ptr, "/?#");
    return slice_make(rest.ptr, len);
}

/* ---- The client ---- */

static bool text_valid(const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < 0x20 || *c == 0x7f) {
            return false;
        }
    }
    return true;
}

/* The fields of the account in one order, for copying. */
static void account_fields(struct sms_account *a, const char **fields[SMS_ACCOUNT_TEXTS])
{
    const char **const all[] = {&a->url,    &a->user, &a->secret,    &a->from,
                                &a->sign,   &a->app,  &a->region,    &a->report_url,
                                &a->method, &a->body, &a->body_type, &a->expect};
    _Static_assert(COUNT_OF(all) == SMS_ACCOUNT_TEXTS, "a field of the account is missing");
    memcpy(fields, all, sizeof(all));
}

static enum err copy_account(struct sms_client *c, const struct sms_account *account)
{
    const char **fields[SMS_ACCOUNT_TEXTS];
    c->account = *account;
    account_fields(&c->account, fields);
    for (size_t i = 0; i < SMS_ACCOUNT_TEXTS; i++) {
        const char *text = *fields[i] == NULL ? "" : *fields[i];
        if (!text_valid(text)) {
            return ERR_INPUT;
        }
        c->texts[i] = strdup(text);
        if (c->texts[i] == NULL) {
            return ERR_NO_MEMORY;
        }
        *fields[i] = c->texts[i];
    }
    return c->codec->check(&c->account);
}

enum err sms_client_new(const struct sms_client_options *options, struct http_client *http,
                        struct sms_client **out)
{
    if (options->codec == NULL || options->connect_ms < 0 || options->total_ms < 0) {
        return ERR_INPUT;
    }
    struct sms_client *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return ERR_NO_MEMORY;
    }
    c->codec = options->codec;
    c->http = http;
    c->connect_ms = options->connect_ms == 0 ? 3000 : options->connect_ms;
    c->total_ms = options->total_ms == 0 ? 10000 : options->total_ms;
    enum err err = copy_account(c, &options->account);
    if (err != ERR_OK) {
        sms_client_free(c);
        return err;
    }
    *out = c;
    return ERR_OK;
}

void sms_client_free(struct sms_client *client)
{
    if (client == NULL) {
        return;
    }
    for (size_t i = 0; i < COUNT_OF(client->texts); i++) {
        free(client->texts[i]);
    }
    free(client);
}

static struct sms_result result_of(const struct sms_client *c, const struct http_call *call)
{
    switch (call->outcome) {
    case HTTP_ANSWERED: return c->codec->read(&c->account, call->status, buf_slice(&call->reply));
    case HTTP_NOT_SENT: return sms_result_make(SMS_RETRY, 0, call->error);
    case HTTP_UNKNOWN:
    default: return sms_result_make(SMS_UNKNOWN, 0, call->error);
    }
}

/* Everything one batch needs; calls[k] carries messages[which[k]]. */
struct batch {
    struct http_call calls[SMS_BATCH_MAX];
    struct sms_wire wires[SMS_BATCH_MAX];
    size_t which[SMS_BATCH_MAX];
    size_t count; /* of calls, all initialised */
};

static void prepare(const struct sms_client *c, struct sms_wire *wire, struct http_call *call)
{
    call->url = wire->url.ptr;
    call->body = buf_slice(&wire->body);
    call->content_type = wire->content_type;
    call->post = wire->post;
    call->connect_ms = c->connect_ms;
    call->total_ms = c->total_ms;
    size_t lines = 0;
    for (size_t at = 0; at < wire->headers.len; at += strlen(wire->headers.ptr + at) + 1) {
        ASSERT(lines < HTTP_CALL_HEADERS_MAX);
        call->headers[lines++] = wire->headers.ptr + at;
    }
}

static enum err make_nonce(char nonce[2 * NONCE_BYTES + 1])
{
    unsigned char bytes[NONCE_BYTES];
    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        return ERR_INTERNAL;
    }
    hex_encode(bytes, sizeof(bytes), nonce);
    return ERR_OK;
}

/* ERR_OK also for a message that cannot go out here: it is no part of the batch then. */
static enum err add_call(const struct sms_client *c, const struct sms_message *message, size_t i,
                         struct batch *b)
{
    char nonce[2 * NONCE_BYTES + 1];
    enum err err = sms_message_check(message);
    if (err != ERR_OK) {
        return ERR_OK;
    }
    err = make_nonce(nonce);
    if (err != ERR_OK) {
        return err;
    }
    struct sms_wire *wire = &b->wires[b->count];
    struct sms_moment moment = {.now_ms = clock_now_ms(), .nonce = nonce};
    sms_wire_init(wire);
    err = c->codec->write(&c->account, message, &moment, wire);
    if (err != ERR_OK) {
        sms_wire_release(wire);
        return err == ERR_INPUT || err == ERR_TOO_LARGE ? ERR_OK : err;
    }
    http_call_init(&b->calls[b->count]);
    prepare(c, wire, &b->calls[b->count]);
    b->which[b->count++] = i;
    return ERR_OK;
}

static enum err client_send(void *self, const struct sms_message *messages, size_t n,
                            struct sms_result *results)
{
    struct sms_client *c = self;
    struct batch *b = calloc(1, sizeof(*b));
    if (b == NULL) {
        return ERR_NO_MEMORY;
    }
    enum err err = ERR_OK;
    for (size_t i = 0; i < n && err == ERR_OK; i++) {
        err = add_call(c, &messages[i], i, b);
    }
    if (err != ERR_OK) {
        goto out;
    }
    if (b->count > 0) {
        http_client_run(c->http, b->calls, b->count);
    }
    for (size_t i = 0; i < n; i++) {
        results[i] = sms_result_make(SMS_FINAL, 0, "message cannot go out here");
    }
    for (size_t k = 0; k < b->count; k++) {
        results[b->which[k]] = result_of(c, &b->calls[k]);
    }
out:
    for (size_t k = 0; k < b->count; k++) {
        http_call_release(&b->calls[k]);
        sms_wire_release(&b->wires[k]);
    }
    free(b);
    return err;
}

struct sms_channel sms_client_channel(struct sms_client *client)
{
    return (struct sms_channel){.name = client->codec->name,
                                .templates_only = client->codec->templates_only,
                                .self = client,
                                .send = client_send};
}
