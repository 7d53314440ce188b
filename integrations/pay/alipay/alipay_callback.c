#include "integrations/pay/alipay/alipay_callback.h"

#include "integrations/pay/alipay/alipay_params.h"
#include "integrations/pay/pay_text.h"
#include "integrations/sign/rsa.h"

static enum err verify(const struct alipay_app *app, struct alipay_params *params)
{
    struct slice sign = alipay_params_get(params, "sign");
    struct slice type = alipay_params_get(params, "sign_type");
    if (sign.len == 0 || app->alipay_key == NULL || (type.len > 0 && !slice_is(type, "RSA2"))) {
        return ERR_AUTH; /* RSA with SHA-1 is not taken any more */
    }
    struct buf text;
    buf_init(&text, ALIPAY_FORM_MAX + 1024);
    enum err err = ERR_AUTH;
    for (int without_type = 0; err == ERR_AUTH && without_type <= 1; without_type++) {
        buf_clear(&text);
        alipay_params_put_signed_text(params, without_type == 1, &text);
        err = buf_err(&text);
        if (err == ERR_OK) {
            err = rsa_verify(app->alipay_key, buf_slice(&text), sign);
        }
    }
    buf_release(&text);
    return err;
}

enum err alipay_verify_form(const struct alipay_app *app, struct slice form)
{
    struct alipay_params params;
    alipay_params_init(&params);
    enum err err = alipay_params_decode(&params, form);
    if (err == ERR_OK) {
        err = verify(app, &params);
    }
    alipay_params_release(&params);
    return err;
}

static enum err read_notice(const struct alipay_app *app, const struct alipay_params *params,
                            struct pay_callback_news *out)
{
    if (!slice_is(alipay_params_get(params, "app_id"), app->app_id)) {
        return ERR_AUTH; /* genuine, but said to another app */
    }
    pay_keep_ref(alipay_params_get(params, "notify_id"), out->notice_id);
    if (!slice_is(alipay_params_get(params, "msg_method"), ALIPAY_METHOD_NOTICE)) {
        out->oddities = 1; /* genuine, but nothing we asked for */
        return ERR_OK;
    }
    struct slice biz = alipay_params_get(params, "biz_content");
    struct json *order = NULL;
    enum err err = biz.len == 0 ? ERR_INPUT : json_parse(biz, &order, NULL);
    if (err != ERR_OK) {
        return err;
    }
    err = alipay_read_order(ALIPAY_FROM_NOTICE, order, &out->results[0]);
    if (err == ERR_OK) {
        out->count = 1;
        out->oddities = out->results[0].outcome == PAY_UNKNOWN ? 1 : 0;
    }
    json_free(order);
    return err;
}

static enum err read_callback(const void *self, const struct pay_callback *in,
                              struct pay_callback_news *out)
{
    const struct alipay_app *app = self;
    struct alipay_params params;
    alipay_params_init(&params);
    enum err err = in->body.len == 0 ? ERR_INPUT : alipay_params_decode(&params, in->body);
    if (err == ERR_OK) {
        err = verify(app, &params);
    }
    if (err == ERR_OK) {
        err = read_notice(app, &params, out);
    }
    alipay_params_release(&params);
    return err;
}

static void answer(const void *self, const struct pay_callback *in,
                   const struct pay_callback_news *news, enum err err,
                   struct pay_callback_answer *out)
{
    (void)self, (void)in, (void)news;
    out->status = err == ERR_OK ? 200 : err_http_status(err);
    out->content_type = "text/plain; charset=utf-8";
    buf_put_text(&out->body, err == ERR_OK ? "success" : "fail");
}

struct pay_callback_rail alipay_callback_rail(const struct alipay_app *app)
{
    return (struct pay_callback_rail){
        .name = "alipay", .self = app, .read = read_callback, .answer = answer};
}
