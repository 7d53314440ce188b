#include <stdio.h>
#include "integrations/pay/alipay/alipay_codec.h"
#include "integrations/pay/alipay/alipay_params.h"
#include "integrations/pay/pay_text.h"
#include "integrations/sign/rsa.h"
#include "queue/base/clock.h"
#include "queue/base/utf8.h"
#include "queue/domain/money.h"

#define TIMESTAMP_SIZE 20 /* "2026-03-01 09:30:00" and a NUL, China time, no zone on the wire */

/* Kind of the payee's identity and the identity itself; false if Alipay has no such kind. */
static bool identity_of(const struct pay_order *order, const char **type, struct slice *identity)
{
    *type = "ALIPAY_USER_ID";
    *identity = pay_fa_account(order->payee_fa, "alipay-uid");
    if (identity->len > 0) {
        return identity->len == 16 && slice_all_digits(*identity) &&
               slice_starts_with(*identity, "2088");
    }
    *type = "ALIPAY_LOGON_ID";
    *identity = pay_fa_account(order->payee_fa, "alipay-login");
    return identity->len > 0;
}

const char *alipay_order_fault(const struct pay_order *order)
{
    const char *type = NULL;
    struct slice identity;
    if (!identity_of(order, &type, &identity)) {
        return "[payee]";
    }
    if (slice_is(slice_of(type), "ALIPAY_LOGON_ID") && order->payee_name.len == 0) {
        return "[name]";
    }
    if (order->amount_fen < ALIPAY_AMOUNT_MIN_FEN || order->amount_fen > ALIPAY_AMOUNT_MAX_FEN) {
        return "[amount]";
    }
    return NULL;
}

static void put_timestamp(int64_t at_ms, char out[TIMESTAMP_SIZE])
{
    char text[CLOCK_RFC3339_SIZE];
    clock_format_rfc3339(at_ms, text); /* 2026-03-01T09:30:00.000+08:00 */
    memcpy(out, text, TIMESTAMP_SIZE - 1);
    out[10] = ' ';
    out[TIMESTAMP_SIZE - 1] = '\0';
}

/* Sign and lay out one request: everything in the address but biz_content, which is the body. */
static enum err write_request(const struct alipay_app *app, const char *method, struct slice biz,
                              int64_t at_ms, struct buf *query, struct buf *body)
{
    char timestamp[TIMESTAMP_SIZE];
    put_timestamp(at_ms, timestamp);
    const struct alipay_param all[] = {
        {SLICE_LIT("app_id"), slice_of(app->app_id)}, {SLICE_LIT("biz_content"), biz},
        {SLICE_LIT("charset"), SLICE_LIT("utf-8")},   {SLICE_LIT("method"), slice_of(method)},
        {SLICE_LIT("sign_type"), SLICE_LIT("RSA2")},  {SLICE_LIT("timestamp"), slice_of(timestamp)},
        {SLICE_LIT("version"), SLICE_LIT("1.0")},
    };
    struct alipay_params params;
    struct buf text, signature;
    alipay_params_init(&params);
    buf_init(&text, ALIPAY_MESSAGE_MAX);
    buf_init(&signature, RSA_TEXT_MAX);
    enum err err = ERR_OK;
    for (size_t i = 0; err == ERR_OK && i < COUNT_OF(all); i++) {
        err = alipay_params_add(&params, all[i].name, all[i].value);
    }
    if (err == ERR_OK) {
        alipay_params_put_signed_text(&params, false, &text);
        err = buf_err(&text);
    }
    if (err == ERR_OK) {
        err = rsa_sign(app->key, buf_slice(&text), &signature);
    }
    if (err != ERR_OK) {
        goto out;
    }
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (!slice_is(all[i].name, "biz_content")) {
            alipay_put_escaped(query, all[i].name, all[i].value);
            buf_put_char(query, '&');
        }
    }
    alipay_put_escaped(query, SLICE_LIT("sign"), buf_slice(&signature));
    alipay_put_escaped(body, SLICE_LIT("biz_content"), biz);
    err = buf_err(query);
    if (err == ERR_OK) {
        err = buf_err(body);
    }
out:
    alipay_params_release(&params);
    buf_release(&text);
    buf_release(&signature);
    return err;
}

static void put_kind(struct json_out *o)
{
    json_put_text(o, "product_code", "TRANS_ACCOUNT_NO_PWD");
    json_put_text(o, "biz_scene", "DIRECT_TRANSFER");
}

enum err alipay_write_transfer(const struct alipay_app *app, const struct pay_order *order,
                               int64_t at_ms, struct buf *query, struct buf *body)
{
    if (app->key == NULL || pay_order_check(order) != ERR_OK || alipay_order_fault(order) != NULL) {
        return ERR_INPUT;
    }
    const char *type = NULL;
    struct slice identity;
    char amount[MONEY_TEXT_SIZE];
    bool known = identity_of(order, &type, &identity);
    ASSERT(known);
    money_format(order->amount_fen, amount);
    struct buf biz;
    struct json_out o;
    buf_init(&biz, ALIPAY_MESSAGE_MAX);
    json_out_init(&o, &biz);
    json_open_object(&o, NULL);
    json_put_text(&o, "out_biz_no", order->id);
    json_put_text(&o, "trans_amount", amount);
    put_kind(&o);
    json_put_text(&o, "order_title", app->title);
    json_open_object(&o, "payee_info");
    json_put_slice(&o, "identity", identity);
    json_put_text(&o, "identity_type", type);
    if (order->payee_name.len > 0) {
        json_put_slice(&o, "name", order->payee_name);
    }
    json_close_object(&o);
    if (order->note.len > 0) {
        json_put_slice(&o, "remark", utf8_prefix(order->note, PAY_NOTE_MAX));
    }
    json_close_object(&o);
    enum err err = buf_err(&biz);
    if (err == ERR_OK) {
        err = write_request(app, ALIPAY_METHOD_TRANSFER, buf_slice(&biz), at_ms, query, body);
    }
    buf_release(&biz);
    return err;
}

enum err alipay_write_query(const struct alipay_app *app, const char *id, int64_t at_ms,
                            struct buf *query, struct buf *body)
{
    if (app->key == NULL || !pay_id_valid(slice_of(id))) {
        return ERR_INPUT;
    }
    struct buf biz;
    struct json_out o;
    buf_init(&biz, ALIPAY_MESSAGE_MAX);
    json_out_init(&o, &biz);
    json_open_object(&o, NULL);
    put_kind(&o);
    json_put_text(&o, "out_biz_no", id);
    json_close_object(&o);
    enum err err = buf_err(&biz);
    if (err == ERR_OK) {
        err = write_request(app, ALIPAY_METHOD_QUERY, buf_slice(&biz), at_ms, query, body);
    }
    buf_release(&biz);
    return err;
}
