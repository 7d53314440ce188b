#include <stdlib.h>
#include "integrations/sign/base64.h"
#include "integrations/sign/hmac.h"
#include "integrations/sms/twilio/twilio.h"

#define SIGNED_MAX ((size_t)1 << 20)

static int compare(struct slice a, struct slice b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len == 0 ? 0 : memcmp(a.ptr, b.ptr, len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare_fields(const void *a, const void *b)
{
    const struct sms_field *x = a, *y = b;
    int order = compare(x->name, y->name);
    return order != 0 ? order : compare(x->value, y->value);
}

static enum err put_params(const struct sms_form *form, struct buf *out)
{
    if (form->count == 0) {
        return buf_err(out);
    }
    struct sms_field *sorted = malloc(form->count * sizeof(*sorted));
    if (sorted == NULL) {
        return ERR_NO_MEMORY;
    }
    memcpy(sorted, form->fields, form->count * sizeof(*sorted));
    qsort(sorted, form->count, sizeof(*sorted), compare_fields);
    for (size_t i = 0; i < form->count; i++) {
        if (i == 0 || compare_fields(&sorted[i - 1], &sorted[i]) != 0) {
            buf_put_slice(out, sorted[i].name);
            buf_put_slice(out, sorted[i].value);
        }
    }
    free(sorted);
    return buf_err(out);
}

enum err twilio_signature(struct slice token, struct slice url, const struct sms_form *form,
                          struct buf *out)
{
    unsigned char mac[SHA1_BYTES];
    struct buf text;
    buf_init(&text, SIGNED_MAX);
    buf_put_slice(&text, url);
    enum err err = put_params(form, &text);
    if (err == ERR_OK) {
        err = hmac_sha1(token, buf_slice(&text), mac);
    }
    buf_release(&text);
    if (err != ERR_OK) {
        return err;
    }
    base64_encode(mac, sizeof(mac), out);
    return buf_err(out);
}

/* A URL in three: what stands in front of the port, ":443" or nothing, what stands behind. */
struct parts {
    struct slice front, port, rest;
    bool tls;
};

static struct parts split(struct slice url)
{
    struct parts p = {.front = url, .port = SLICE_LIT(""), .rest = SLICE_LIT("")};
    p.tls = slice_starts_with(url, "https://");
    size_t host = p.tls ? 8 : slice_starts_with(url, "http://") ? 7 : url.len;
    size_t end = host, colon = 0;
    bool bracket = false;
    while (end < url.len && strchr("/?#", url.ptr[end]) == NULL) {
        char c = url.ptr[end];
        bracket = c == '[' || (bracket && c != ']');
        colon = c == ':' && !bracket ? end : c == '@' ? 0 : colon;
        end++;
    }
    size_t cut = colon == 0 ? end : colon;
    p.front = slice_make(url.ptr, cut);
    p.port = slice_make(url.ptr + cut, end - cut);
    p.rest = slice_make(url.ptr + end, url.len - end);
    return p;
}

static enum err check_one(struct slice token, const struct parts *p, struct slice port,
                          const struct sms_form *form, struct slice signature, bool *right)
{
    struct buf url, expected;
    buf_init(&url, SIGNED_MAX);
    buf_init(&expected, 64);
    buf_put_slice(&url, p->front);
    buf_put_slice(&url, port);
    buf_put_slice(&url, p->rest);
    enum err err = buf_err(&url);
    if (err == ERR_OK) {
        err = twilio_signature(token, buf_slice(&url), form, &expected);
    }
    if (err == ERR_OK && secret_equal(buf_slice(&expected), signature)) {
        *right = true;
    }
    buf_release(&url);
    buf_release(&expected);
    return err;
}

enum err twilio_check_signature(struct slice token, struct slice url, const struct sms_form *form,
                                struct slice signature)
{
    struct parts p = split(url);
    const struct slice standard = slice_of(p.tls ? ":443" : ":80");
    const struct slice ports[] = {slice_make("", 0), p.port.len > 0 ? p.port : standard};
    bool right = false;
    if (token.len == 0) {
        return ERR_AUTH;
    }
    for (size_t i = 0; i < COUNT_OF(ports); i++) {
        enum err err = check_one(token, &p, ports[i], form, signature, &right);
        if (err != ERR_OK) {
            return err;
        }
    }
    return right ? ERR_OK : ERR_AUTH;
}

enum err twilio_check_body_signature(struct slice token, struct slice url, struct slice body,
                                     struct slice signature)
{
    static const char name[] = "bodySHA256=";
    const struct sms_form none = {.count = 0};
    char hex[SHA256_HEX_SIZE];
    const char *at = url.len == 0 ? NULL : memmem(url.ptr, url.len, name, strlen(name));
    if (at == NULL) {
        return ERR_AUTH;
    }
    struct slice rest =
        slice_make(at + strlen(name), (size_t)(url.ptr + url.len - at) - strlen(name));
    struct slice said = slice_cut(&rest, '&');
    enum err err = sha256_hex(body, hex);
    if (err != ERR_OK) {
        return err;
    }
    return secret_equal(said, slice_of(hex)) ? twilio_check_signature(token, url, &none, signature)
                                             : ERR_AUTH;
}
