#include "integrations/pay/pay_text.h"
#include "integrations/pay/wechat/wechat_codec.h"
#include "integrations/sign/rsa.h"
#include "queue/base/json.h"
#include "queue/base/utf8.h"

#define OPENID_MAX 64

const char *wechat_order_fault(const struct pay_order *order)
{
    struct slice openid = pay_fa_account(order->payee_fa, "openid");
    if (openid.len == 0 || openid.len > OPENID_MAX) {
        return "[payee]";
    }
    if (order->amount_fen < WECHAT_AMOUNT_MIN_FEN) {
        return "[amount]";
    }
    if (order->amount_fen >= WECHAT_NAME_NEEDED_FEN && order->payee_name.len == 0) {
        return "[name]";
    }
    return NULL;
}

static void put_reports(const struct wechat_merchant *merchant, struct json_out *o)
{
    json_put_text(o, "user_recv_perception", merchant->perception);
    json_open_array(o, "transfer_scene_report_infos"); /* this scene wants exactly one */
    json_open_object(o, NULL);
    json_put_text(o, "info_type", "补贴类型");
    json_put_slice(o, "info_content", utf8_prefix(slice_of(merchant->subsidy), WECHAT_SUBSIDY_MAX));
    json_close_object(o);
    json_close_array(o);
}

enum err wechat_write_transfer(const struct wechat_merchant *merchant,
                               const struct pay_order *order, struct buf *out)
{
    if (pay_order_check(order) != ERR_OK || wechat_order_fault(order) != NULL ||
        merchant->platform_key == NULL) {
        return ERR_INPUT;
    }
    struct buf name;
    buf_init(&name, RSA_TEXT_MAX);
    enum err err = ERR_OK;
    if (order->payee_name.len > 0 && order->amount_fen >= WECHAT_NAME_LEAST_FEN) {
        err = rsa_encrypt(merchant->platform_key, order->payee_name, &name);
        if (err != ERR_OK) {
            goto out;
        }
    }
    struct slice remark = order->note.len > 0 ? order->note : SLICE_LIT("临时救助");
    struct json_out o;
    json_out_init(&o, out);
    json_open_object(&o, NULL);
    json_put_text(&o, "appid", merchant->appid);
    json_put_text(&o, "out_bill_no", order->id);
    json_put_text(&o, "transfer_scene_id", WECHAT_SCENE);
    json_put_slice(&o, "openid", pay_fa_account(order->payee_fa, "openid"));
    if (name.len > 0) {
        json_put_slice(&o, "user_name", buf_slice(&name));
    }
    json_put_int(&o, "transfer_amount", order->amount_fen);
    json_put_slice(&o, "transfer_remark", utf8_prefix(remark, WECHAT_REMARK_MAX));
    if (merchant->notify_url[0] != '\0') {
        json_put_text(&o, "notify_url", merchant->notify_url);
    }
    put_reports(merchant, &o);
    json_close_object(&o);
    err = buf_err(out);
out:
    buf_release(&name);
    return err;
}

void wechat_put_query_target(const char *id, struct buf *out)
{
    ASSERT(pay_id_valid(slice_of(id)));
    buf_putf(out, WECHAT_TRANSFER_PATH "/out-bill-no/%s", id);
}

void wechat_put_cancel_target(const char *id, struct buf *out)
{
    wechat_put_query_target(id, out);
    buf_put_text(out, "/cancel");
}
