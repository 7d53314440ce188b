/* The codecs of the payment rails on a pipe: one JSON object per line in, one out, so that tests in
 * JavaScript can set the vendors' own libraries against them.
 *
 *   {"do": "keys", "wechat": PEM, "wechat_platform": PEM, "alipay": PEM, "alipay_public": PEM,
 *    "g2p": PEM, "g2p_public": PEM}     first; those that are not needed may be left out
 *   canonical · wechat_transfer · wechat_query · wechat_verify · wechat_callback · aead_seal ·
 *   alipay_transfer · alipay_query · alipay_answer · alipay_verify_form · alipay_callback ·
 *   g2p_sign · g2p_verify · g2p_callback */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integrations/pay/alipay/alipay_callback.h"
#include "integrations/pay/g2p/g2p_callback.h"
#include "integrations/pay/wechat/wechat_callback.h"
#include "integrations/sign/aead.h"
#include "integrations/sign/base64.h"
#include "queue/base/arena.h"
#include "queue/base/json.h"
#include "queue/base/json_canonical.h"

#define LINE_MAX_BYTES ((size_t)4 << 20)

static struct arena arena; /* of one line */
static struct wechat_merchant merchant = {
    .mchid = "1900000109",
    .appid = "wxf636efh567hg4356",
    .serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
    .platform_serial = "PUB_KEY_ID_0000000000000024101100397200000006",
    .api_key = "0123456789abcdefghijklmnopqrstuv",
    .notify_url = "https://jiuji.example/v1/payments/callback/wechat/secret",
    .perception = "行政补贴",
    .subsidy = "临时救助",
};
static struct alipay_app app = {.app_id = "2021000000000000", .title = "临时救助"};
static struct g2p_signer us = {.sender_id = "lsjz.county", .key_id = "k1"};
static struct g2p_signer bank = {.sender_id = "bank", .key_id = "b1"};
static struct pay_callback_news news;

/* ---- Questions ---- */

static struct slice text_of(const struct json *v, const char *name)
{
    struct slice s = SLICE_LIT("");
    return json_string(json_get(v, name), &s) == ERR_OK ? s : SLICE_LIT("");
}

static const char *copy_of(const struct json *v, const char *name)
{
    const char *copy = arena_text(&arena, text_of(v, name));
    ASSERT(copy != NULL);
    return copy;
}

static int64_t number_of(const struct json *v, const char *name)
{
    int64_t number = 0;
    return json_int64(json_get(v, name), -JSON_INT_MAX, JSON_INT_MAX, &number) == ERR_OK ? number
                                                                                         : 0;
}

static void order_of(const struct json *v, struct pay_order *order)
{
    *order = (struct pay_order){.amount_fen = number_of(v, "amount_fen"),
                                .payee_fa = text_of(v, "payee_fa"),
                                .payee_name = text_of(v, "payee_name"),
                                .note = text_of(v, "note")};
    enum err err = slice_copy(text_of(v, "id"), order->id, sizeof(order->id));
    ASSERT(err == ERR_OK);
}

/* ---- Answers ---- */

static void put_err(struct json_out *o, enum err err)
{
    json_put_text(o, "err", err_code(err));
}

static void put_text_of(struct json_out *o, const char *name, const struct buf *text)
{
    json_put_slice(o, name, buf_slice(text));
}

static void put_result(struct json_out *o, const char *name, const struct pay_result *r)
{
    json_open_object(o, name);
    json_put_text(o, "id", r->id);
    json_put_text(o, "outcome", pay_outcome_word(r->outcome));
    json_put_int(o, "amount_fen", r->amount_fen);
    json_put_text(o, "ref", r->provider_ref);
    json_put_text(o, "reason", r->reason_code);
    json_put_bool(o, "not_taken", r->not_taken);
    json_close_object(o);
}

/* ---- One function per question ---- */

static void set_key(const struct json *q, const char *name, enum sign_kind kind, bool private,
                    const struct sign_key **to)
{
    struct slice pem = text_of(q, name);
    struct sign_key *key = NULL;
    if (pem.len == 0) {
        return;
    }
    enum err err = private ? sign_key_private(pem, kind, &key) : sign_key_public(pem, kind, &key);
    ASSERT(err == ERR_OK); /* lives as long as the process */
    *to = key;
}

static void do_keys(const struct json *q, struct json_out *o)
{
    set_key(q, "wechat", SIGN_RSA, true, &merchant.key);
    set_key(q, "wechat_platform", SIGN_RSA, false, &merchant.platform_key);
    set_key(q, "alipay", SIGN_RSA, true, &app.key);
    set_key(q, "alipay_public", SIGN_RSA, false, &app.alipay_key);
    set_key(q, "g2p", SIGN_ED25519, true, &us.key);
    set_key(q, "g2p_public", SIGN_ED25519, false, &bank.key);
    if (json_get(q, "g2p_sender") != NULL) { /* whose that public key is */
        bank.sender_id = strdup(copy_of(q, "g2p_sender"));
        bank.key_id = strdup(copy_of(q, "g2p_key_id"));
        ASSERT(bank.sender_id != NULL && bank.key_id != NULL);
    }
    put_err(o, ERR_OK);
}

static void do_canonical(const struct json *q, struct json_out *o)
{
    struct json *value = NULL;
    struct buf text;
    buf_init(&text, LINE_MAX_BYTES);
    enum err err = json_parse(text_of(q, "text"), &value, NULL);
    if (err == ERR_OK) {
        err = json_canonical(value, &text);
    }
    put_err(o, err);
    put_text_of(o, "text", &text);
    json_free(value);
    buf_release(&text);
}

static void do_wechat_request(const struct json *q, struct json_out *o)
{
    struct buf target, body, line;
    buf_init(&target, 1024);
    buf_init(&body, WECHAT_BODY_MAX);
    buf_init(&line, 4096);
    bool post = json_get(q, "order") != NULL;
    enum err err = ERR_OK;
    if (post) {
        struct pay_order order;
        order_of(json_get(q, "order"), &order);
        buf_put_text(&target, WECHAT_TRANSFER_PATH);
        err = wechat_write_transfer(&merchant, &order, &body);
    } else {
        wechat_put_query_target(copy_of(q, "id"), &target);
    }
    if (err == ERR_OK) {
        err = wechat_put_authorization(&merchant, post ? "POST" : "GET", buf_slice(&target),
                                       number_of(q, "at_s"), copy_of(q, "nonce"), buf_slice(&body),
                                       &line);
    }
    put_err(o, err);
    put_text_of(o, "target", &target);
    put_text_of(o, "body", &body);
    put_text_of(o, "authorization", &line);
    buf_release(&target);
    buf_release(&body);
    buf_release(&line);
}

static void do_wechat_verify(const struct json *q, struct json_out *o)
{
    const struct wechat_stamp stamp = {.timestamp = text_of(q, "timestamp"),
                                       .nonce = text_of(q, "nonce"),
                                       .serial = text_of(q, "serial"),
                                       .signature = text_of(q, "signature")};
    put_err(o, wechat_verify(&merchant, &stamp, text_of(q, "body"), number_of(q, "now_ms")));
}

static void do_aead_seal(const struct json *q, struct json_out *o)
{
    struct buf sealed, text;
    buf_init(&sealed, 65536);
    buf_init(&text, 131072);
    put_err(o, aead_seal(text_of(q, "key"), text_of(q, "nonce"), text_of(q, "aad"),
                         text_of(q, "text"), &sealed));
    base64_encode((const unsigned char *)sealed.ptr, sealed.len, &text);
    put_text_of(o, "ciphertext", &text);
    buf_release(&sealed);
    buf_release(&text);
}

static void do_alipay_request(const struct json *q, struct json_out *o)
{
    struct buf query, body;
    buf_init(&query, 65536);
    buf_init(&body, 65536);
    enum err err;
    if (json_get(q, "order") != NULL) {
        struct pay_order order;
        order_of(json_get(q, "order"), &order);
        err = alipay_write_transfer(&app, &order, number_of(q, "at_ms"), &query, &body);
    } else {
        err = alipay_write_query(&app, copy_of(q, "id"), number_of(q, "at_ms"), &query, &body);
    }
    put_err(o, err);
    put_text_of(o, "query", &query);
    put_text_of(o, "body", &body);
    buf_release(&query);
    buf_release(&body);
}

static void do_alipay_answer(const struct json *q, struct json_out *o)
{
    struct pay_result result;
    enum alipay_source source =
        slice_is(text_of(q, "source"), "query") ? ALIPAY_FROM_QUERY : ALIPAY_FROM_TRANSFER;
    alipay_read_answer(source, &app, (int)number_of(q, "status"), text_of(q, "body"),
                       copy_of(q, "id"), &result);
    put_result(o, "result", &result);
}

static void do_alipay_verify(const struct json *q, struct json_out *o)
{
    put_err(o, alipay_verify_form(&app, text_of(q, "form")));
}

static void do_g2p_sign(const struct json *q, struct json_out *o)
{
    struct buf text;
    buf_init(&text, LINE_MAX_BYTES);
    put_err(o, g2p_sign(&us, number_of(q, "now_s"), text_of(q, "text"), &text));
    put_text_of(o, "text", &text);
    buf_release(&text);
}

static void do_g2p_verify(const struct json *q, struct json_out *o)
{
    put_err(o, g2p_verify(&bank, number_of(q, "now_s"), text_of(q, "text")));
}

static void do_callback(const struct json *q, struct json_out *o)
{
    static struct pay_header headers[PAY_CALLBACK_HEADERS_MAX];
    const struct pay_callback_rail rails[] = {wechat_callback_rail(&merchant),
                                              alipay_callback_rail(&app), g2p_callback_rail(&bank)};
    struct pay_callback in = {
        .headers = headers, .body = text_of(q, "body"), .now_ms = number_of(q, "now_ms")};
    for (const struct json *h = json_first(json_get(q, "headers")); h != NULL; h = json_next(h)) {
        struct slice value = SLICE_LIT("");
        enum err err = json_string(h, &value);
        ASSERT(err == ERR_OK && in.header_count < COUNT_OF(headers));
        headers[in.header_count++] = (struct pay_header){slice_of(json_name(h)), value};
    }
    for (size_t i = 0; i < COUNT_OF(rails); i++) {
        if (!slice_is(text_of(q, "rail"), rails[i].name)) {
            continue;
        }
        struct pay_callback_answer answer;
        enum err err = pay_rail_callback(&rails[i], &in, &news);
        put_err(o, err);
        json_open_array(o, "results");
        for (size_t k = 0; k < news.count; k++) {
            put_result(o, NULL, &news.results[k]);
        }
        json_close_array(o);
        err = pay_callback_answer(&rails[i], &in, err == ERR_OK ? &news : NULL, err, &answer);
        ASSERT(err == ERR_OK);
        json_put_int(o, "status", answer.status);
        json_put_slice(o, "answer", buf_slice(&answer.body));
        pay_callback_answer_release(&answer);
    }
}

static const struct question {
    const char *name;
    void (*run)(const struct json *q, struct json_out *o);
} QUESTIONS[] = {
    {"keys", do_keys},
    {"canonical", do_canonical},
    {"wechat_transfer", do_wechat_request},
    {"wechat_query", do_wechat_request},
    {"wechat_verify", do_wechat_verify},
    {"aead_seal", do_aead_seal},
    {"alipay_transfer", do_alipay_request},
    {"alipay_query", do_alipay_request},
    {"alipay_answer", do_alipay_answer},
    {"alipay_verify_form", do_alipay_verify},
    {"g2p_sign", do_g2p_sign},
    {"g2p_verify", do_g2p_verify},
    {"callback", do_callback},
};

static void answer_line(struct slice line)
{
    struct json *q = NULL;
    struct buf text;
    struct json_out o;
    enum err err = json_parse(line, &q, NULL);
    ASSERT(err == ERR_OK);
    buf_init(&text, 2 * LINE_MAX_BYTES);
    json_out_init(&o, &text);
    json_open_object(&o, NULL);
    for (size_t i = 0; i < COUNT_OF(QUESTIONS); i++) {
        if (slice_is(text_of(q, "do"), QUESTIONS[i].name)) {
            QUESTIONS[i].run(q, &o);
        }
    }
    json_close_object(&o);
    err = buf_err(&text);
    ASSERT(err == ERR_OK);
    (void)printf("%s\n", text.ptr);
    (void)fflush(stdout);
    json_free(q);
    buf_release(&text);
}

int main(void)
{
    static char line[LINE_MAX_BYTES];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        arena_init(&arena, LINE_MAX_BYTES);
        answer_line(slice_trim(slice_of(line)));
        arena_release(&arena);
    }
    return 0;
}
