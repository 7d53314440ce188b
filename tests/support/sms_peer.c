/* The SMS codecs on a pipe: one JSON object per line in, one out, so that tests in JavaScript can
 * set the vendors' own libraries against them. {"do": "receive" | "write" | "read" | "measure" |
 * "send" | "tencent_sign", …} */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/sign/base64.h"
#include "integrations/sms/sms_client.h"
#include "integrations/sms/sms_incoming.h"
#include "integrations/sms/tencent/tencent.h"
#include "queue/base/json.h"

#define LINE_MAX_BYTES ((size_t)4 << 20)

static struct arena arena; /* of one line */

static struct slice text_of(const struct json *v, const char *name)
{
    struct slice s = SLICE_LIT("");
    return json_string(json_get(v, name), &s) == ERR_OK ? s : SLICE_LIT("");
}

static char *copy_of(const struct json *v, const char *name)
{
    char *copy = arena_text(&arena, text_of(v, name));
    ASSERT(copy != NULL);
    return copy;
}

static int64_t number_of(const struct json *v, const char *name)
{
    int64_t number = 0;
    return json_int64(json_get(v, name), 0, JSON_INT_MAX, &number) == ERR_OK ? number : 0;
}

/* Bytes of member NAME, which is base64. */
static struct slice bytes_of(const struct json *v, const char *name)
{
    struct slice base64 = text_of(v, name);
    size_t len = 0;
    unsigned char *bytes = arena_alloc(&arena, base64.len + 1);
    ASSERT(bytes != NULL);
    enum err err = base64_decode(base64, bytes, base64.len, &len);
    ASSERT(err == ERR_OK);
    return slice_make((const char *)bytes, len);
}

/* ---- receive ---- */

static struct slice header_of(const void *headers, const char *name)
{
    struct slice value;
    return json_string(json_get(headers, name), &value) == ERR_OK ? value : slice_make(NULL, 0);
}

static void put_reply(struct json_out *out, const char *name, const struct sms_reply *r)
{
    json_open_object(out, name);
    json_put_int(out, "status", r->status);
    json_put_text(out, "content_type", r->content_type);
    json_put_text(out, "body", r->body);
    json_close_object(out);
}

static void put_item(struct json_out *out, const struct sms_incoming *item)
{
    static const char *const kinds[] = {"message", "report", "unreadable"};
    json_open_object(out, NULL);
    json_put_text(out, "kind", kinds[item->kind]);
    json_put_text(out, "key", item->key);
    json_put_slice(out, "provider_id", item->provider_id);
    json_put_slice(out, "from", item->from);
    json_put_slice(out, "to", item->to);
    json_put_slice(out, "text", item->text);
    json_put_int(out, "time_ms", item->time_ms);
    json_put_int(out, "part_ref", item->part_ref);
    json_put_int(out, "part", item->part);
    json_put_int(out, "parts", item->parts);
    json_put_slice(out, "message_id", item->message_id);
    json_put_text(out, "report", sms_report_word(item->report));
    json_put_bool(out, "final", item->final);
    json_put_text(out, "advice", sms_outcome_word(item->advice));
    json_put_slice(out, "code", item->code);
    json_close_object(out);
}

static void do_receive(const struct json *in, struct json_out *out)
{
    static struct sms_incoming items[SMS_INCOMING_MAX];
    const struct json *s = json_get(in, "secrets");
    const struct sms_provider *p = sms_provider_find(text_of(in, "provider"));
    const struct sms_callback request = {
        .method = text_of(in, "method"),
        .tail = text_of(in, "tail"),
        .query = text_of(in, "query"),
        .content_type = text_of(in, "content_type"),
        .body = bytes_of(in, "body"),
        .source = text_of(in, "source"),
        .now_ms = number_of(in, "now_ms"),
        .header = header_of,
        .headers = json_get(in, "headers"),
    };
    const struct sms_secrets secrets = {
        .path = text_of(s, "path"),
        .token = text_of(s, "token"),
        .public_url = text_of(s, "public_url"),
        .sources = text_of(s, "sources"),
    };
    struct sms_answer answer;
    size_t n = 0;
    ASSERT(p != NULL);
    enum err err = sms_receive(p, &request, &secrets, &arena, items, SMS_INCOMING_MAX, &n, &answer);
    json_put_text(out, "err", err_code(err));
    json_open_array(out, "items");
    for (size_t i = 0; i < n; i++) {
        put_item(out, &items[i]);
    }
    json_close_array(out);
    put_reply(out, "stored", &answer.stored);
    put_reply(out, "again", &answer.again);
    put_reply(out, "refused", &answer.refused);
}

/* ---- write, read and send ---- */

static struct sms_account account_of(const struct json *in)
{
    const struct json *a = json_get(in, "account");
    return (struct sms_account){
        .url = copy_of(a, "url"),
        .user = copy_of(a, "user"),
        .secret = copy_of(a, "secret"),
        .from = copy_of(a, "from"),
        .sign = copy_of(a, "sign"),
        .app = copy_of(a, "app"),
        .region = copy_of(a, "region"),
        .report_url = copy_of(a, "report_url"),
        .method = copy_of(a, "method"),
        .body = copy_of(a, "body"),
        .body_type = copy_of(a, "body_type"),
        .expect = copy_of(a, "expect"),
    };
}

static struct sms_message message_of(const struct json *in)
{
    const struct json *m = json_get(in, "message");
    struct sms_message message = {
        .id = text_of(m, "id"),
        .to = text_of(m, "to"),
        .text = text_of(m, "text"),
        .template_code = text_of(m, "template_code"),
    };
    const struct json *p = json_first(json_get(m, "params"));
    for (; p != NULL && message.param_count < SMS_PARAMS_MAX; p = json_next(p)) {
        struct sms_param *param = &message.params[message.param_count++];
        param->name = slice_of(json_name(p));
        if (json_string(p, &param->value) != ERR_OK) {
            param->value = SLICE_LIT("");
        }
    }
    return message;
}

static void put_result(struct json_out *out, const struct sms_result *r)
{
    json_put_text(out, "outcome", sms_outcome_word(r->outcome));
    json_put_int(out, "status", r->status);
    json_put_text(out, "reason", r->reason);
    json_put_text(out, "provider_id", r->provider_id);
}

static const struct sms_codec *codec_of(const struct json *in)
{
    const struct sms_codec *codec = sms_codec_find(text_of(in, "provider"));
    ASSERT(codec != NULL);
    return codec;
}

static void do_write(const struct json *in, struct json_out *out)
{
    const struct sms_codec *codec = codec_of(in);
    struct sms_account account = account_of(in);
    struct sms_message message = message_of(in);
    const struct sms_moment moment = {number_of(in, "now_ms"), copy_of(in, "nonce")};
    struct sms_wire wire;
    sms_wire_init(&wire);
    enum err err = codec->check(&account);
    err = err == ERR_OK ? sms_message_check(&message) : err;
    err = err == ERR_OK ? codec->write(&account, &message, &moment, &wire) : err;
    json_put_text(out, "err", err_code(err));
    if (err == ERR_OK) {
        json_put_text(out, "method", wire.post ? "POST" : "GET");
        json_put_slice(out, "url", buf_slice(&wire.url));
        json_put_text(out, "content_type", wire.content_type);
        json_put_slice(out, "body", buf_slice(&wire.body));
        json_open_array(out, "headers");
        for (size_t at = 0; at < wire.headers.len; at += strlen(wire.headers.ptr + at) + 1) {
            json_put_text(out, NULL, wire.headers.ptr + at);
        }
        json_close_array(out);
    }
    sms_wire_release(&wire);
}

static void do_read(const struct json *in, struct json_out *out)
{
    struct sms_account account = account_of(in);
    struct sms_result r =
        codec_of(in)->read(&account, (int)number_of(in, "status"), bytes_of(in, "body"));
    put_result(out, &r);
}

static void do_send(const struct json *in, struct json_out *out)
{
    const struct http_client_options http_options = {.max_parallel = 4};
    const struct sms_client_options options = {.codec = codec_of(in), .account = account_of(in)};
    struct sms_message message = message_of(in);
    struct http_client *http = NULL;
    struct sms_client *client = NULL;
    struct sms_result result = sms_result_make(SMS_UNKNOWN, 0, "");
    enum err err = http_client_new(&http_options, &http);
    err = err == ERR_OK ? sms_client_new(&options, http, &client) : err;
    if (err == ERR_OK) {
        struct sms_channel channel = sms_client_channel(client);
        err = sms_send(&channel, &message, 1, &result);
    }
    json_put_text(out, "err", err_code(err));
    put_result(out, &result);
    sms_client_free(client);
    http_client_free(http);
}

/* ---- The small ones ---- */

static void do_measure(const struct json *in, struct json_out *out)
{
    struct slice text = text_of(in, "text");
    struct sms_size size = sms_measure(text);
    json_put_bool(out, "gsm7", size.gsm7);
    json_put_int(out, "units", (int64_t)size.units);
    json_put_int(out, "parts", (int64_t)size.parts);
    json_put_int(out, "billed", (int64_t)sms_billed(text));
}

static void do_tencent_sign(const struct json *in, struct json_out *out)
{
    struct tencent_signature s;
    const struct tencent_request r = {
        .host = text_of(in, "host"),
        .content_type = text_of(in, "content_type"),
        .body = text_of(in, "body"),
        .service = copy_of(in, "service"),
        .at_s = number_of(in, "at_s"),
    };
    enum err err = tencent_sign(&r, text_of(in, "secret"), &s);
    json_put_text(out, "err", err_code(err));
    json_put_text(out, "scope", err == ERR_OK ? s.scope : "");
    json_put_text(out, "signature", err == ERR_OK ? s.signature : "");
}

static const struct {
    const char *name;
    void (*run)(const struct json *in, struct json_out *out);
} COMMANDS[] = {
    {"receive", do_receive}, {"write", do_write},     {"read", do_read},
    {"send", do_send},       {"measure", do_measure}, {"tencent_sign", do_tencent_sign},
};

static void answer_line(struct slice line)
{
    struct json *in = NULL;
    struct buf text;
    struct json_out out;
    bool known = false;
    buf_init(&text, LINE_MAX_BYTES);
    json_out_init(&out, &text);
    json_open_object(&out, NULL);
    enum err err = json_parse(line, &in, NULL);
    ASSERT(err == ERR_OK);
    for (size_t i = 0; i < COUNT_OF(COMMANDS); i++) {
        if (slice_is(text_of(in, "do"), COMMANDS[i].name)) {
            COMMANDS[i].run(in, &out);
            known = true;
        }
    }
    ASSERT(known);
    json_close_object(&out);
    ASSERT(buf_err(&text) == ERR_OK);
    (void)printf("%s\n", text.ptr);
    (void)fflush(stdout);
    json_free(in);
    buf_release(&text);
    arena_release(&arena);
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    enum err err = http_client_setup();
    ASSERT(err == ERR_OK);
    arena_init(&arena, LINE_MAX_BYTES);
    while ((len = getline(&line, &size, stdin)) > 0) {
        answer_line(slice_trim(slice_make(line, (size_t)len)));
    }
    free(line);
    return 0;
}
