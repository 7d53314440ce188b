#include "integrations/pay/alipay/alipay_codec.h"
#include "integrations/pay/pay_text.h"
#include "integrations/sign/rsa.h"
#include "queue/domain/money.h"
#include "queue/domain/relief.h"

enum err alipay_read_amount(struct slice text, int64_t *amount_fen)
{
    int64_t fen = 0;
    enum err err = money_parse(text, &fen);
    if (err != ERR_OK) {
        return err;
    }
    if (fen < 0) {
        return ERR_INPUT;
    }
    *amount_fen = fen;
    return ERR_OK;
}

enum err alipay_read_order(enum alipay_source source, const struct json *order,
                           struct pay_result *result)
{
    struct slice id, status, ref, amount, reason;
    int64_t amount_fen = -1;
    if (json_string(json_get(order, "out_biz_no"), &id) != ERR_OK || !pay_id_valid(id) ||
        json_string(json_get(order, "status"), &status) != ERR_OK ||
        !pay_text_or_empty(order, "order_id", &ref) ||
        !pay_text_or_empty(order, "trans_amount", &amount) ||
        !pay_text_or_empty(order, "error_code", &reason) ||
        (amount.len > 0 && alipay_read_amount(amount, &amount_fen) != ERR_OK)) {
        return ERR_INPUT;
    }
    char id_text[PAY_ID_SIZE];
    memcpy(id_text, id.ptr, id.len);
    id_text[id.len] = '\0';
    pay_result_unknown(result, id_text, "");
    result->outcome = alipay_status_outcome(source, status);
    result->amount_fen = amount_fen;
    pay_keep_ref(ref, result->provider_ref);
    if (result->outcome != PAY_SUCCEEDED) {
        pay_keep_code(reason.len > 0 ? reason : status, result->reason_code);
    }
    return ERR_OK;
}

/* The node is proven to be Alipay's. */
static void read_node(enum alipay_source source, struct slice node, const char *id,
                      struct pay_result *result)
{
    struct json *root = NULL;
    struct slice code, sub_code;
    struct pay_result order;
    pay_result_unknown(result, id, "[unreadable]");
    if (json_parse(node, &root, NULL) != ERR_OK) {
        return;
    }
    if (json_string(json_get(root, "code"), &code) != ERR_OK ||
        !pay_text_or_empty(root, "sub_code", &sub_code)) {
        goto out;
    }
    if (!slice_is(code, "10000")) {
        bool not_taken = false;
        result->outcome = alipay_error_outcome(source, code, sub_code, &not_taken);
        result->not_taken = not_taken;
        pay_keep_code(sub_code.len > 0 ? sub_code : code, result->reason_code);
        goto out;
    }
    if (alipay_read_order(source, root, &order) != ERR_OK) {
        goto out;
    }
    if (strcmp(order.id, id) != 0) {
        pay_result_unknown(result, id, "[stranger]");
    } else {
        *result = order;
    }
out:
    json_free(root);
}

void alipay_read_answer(enum alipay_source source, const struct alipay_app *app, int http_status,
                        struct slice body, const char *id, struct pay_result *result)
{
    struct slice node, sign;
    if (http_status != 200) {
        pay_result_status(result, id, http_status);
        return;
    }
    const char *name = source == ALIPAY_FROM_QUERY ? "alipay_fund_trans_common_query_response"
                                                   : "alipay_fund_trans_uni_transfer_response";
    if (alipay_answer_node(body, name, &node, &sign) != ERR_OK &&
        alipay_answer_node(body, "error_response", &node, &sign) != ERR_OK) {
        pay_result_unknown(result, id, "[unreadable]");
        return;
    }
    if (app->alipay_key == NULL || rsa_verify(app->alipay_key, node, sign) != ERR_OK) {
        pay_result_unknown(result, id, "[signature]"); /* whoever said it, it proves nothing */
        return;
    }
    read_node(source, node, id, result);
}
