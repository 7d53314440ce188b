#include "integrations/pay/pay_text.h"
#include "integrations/pay/wechat/wechat_codec.h"
#include "queue/base/json.h"
#include "queue/domain/relief.h"

/* transfer_amount, -1 if it is absent. */
static enum err read_amount(const struct json *bill, int64_t *amount_fen)
{
    const struct json *v = json_get(bill, "transfer_amount");
    *amount_fen = -1;
    return v == NULL ? ERR_OK : json_int64(v, 1, AMOUNT_FEN_MAX, amount_fen);
}

enum err wechat_read_bill(const struct json *bill, const char *mchid, struct pay_result *result)
{
    struct slice id, state, ref, reason, merchant;
    int64_t amount_fen = -1;
    if (json_string(json_get(bill, "out_bill_no"), &id) != ERR_OK || !pay_id_valid(id) ||
        json_string(json_get(bill, "state"), &state) != ERR_OK ||
        !pay_text_or_empty(bill, "transfer_bill_no", &ref) ||
        !pay_text_or_empty(bill, "fail_reason", &reason) ||
        !pay_text_or_empty(bill, "mch_id", &merchant) || read_amount(bill, &amount_fen) != ERR_OK) {
        return ERR_INPUT;
    }
    if (mchid != NULL && merchant.len > 0 && !slice_is(merchant, mchid)) {
        return ERR_INPUT;
    }
    char id_text[PAY_ID_SIZE];
    memcpy(id_text, id.ptr, id.len);
    id_text[id.len] = '\0';
    pay_result_unknown(result, id_text, "");
    result->outcome = wechat_state_outcome(state);
    result->amount_fen = amount_fen;
    pay_keep_ref(ref, result->provider_ref);
    if (result->outcome != PAY_SUCCEEDED) { /* why, or how far it is */
        pay_keep_code(reason.len > 0 ? reason : state, result->reason_code);
    }
    return ERR_OK;
}

static void keep_package(const struct json *bill, char package[WECHAT_PACKAGE_SIZE])
{
    struct slice text;
    package[0] = '\0';
    if (json_string(json_get(bill, "package_info"), &text) == ERR_OK &&
        slice_copy(text, package, WECHAT_PACKAGE_SIZE) != ERR_OK) {
        package[0] = '\0';
    }
}

static void read_error(enum wechat_source source, int http_status, const struct json *root,
                       const char *id, struct pay_result *result)
{
    struct slice code;
    pay_result_status(result, id, http_status);
    if (json_string(json_get(root, "code"), &code) != ERR_OK || code.len == 0) {
        return;
    }
    bool not_taken = false;
    result->outcome = wechat_error_outcome(source, http_status, code, &not_taken);
    result->not_taken = not_taken;
    pay_keep_code(code, result->reason_code);
}

void wechat_read_answer(enum wechat_source source, int http_status, struct slice body,
                        const char *id, struct pay_result *result,
                        char package[WECHAT_PACKAGE_SIZE])
{
    struct json *root = NULL;
    if (package != NULL) {
        package[0] = '\0';
    }
    pay_result_unknown(result, id, "[unreadable]");
    if (body.len == 0 || body.len > WECHAT_BODY_MAX || json_parse(body, &root, NULL) != ERR_OK) {
        if (http_status != 200) {
            pay_result_status(result, id, http_status);
        }
        return;
    }
    struct pay_result bill;
    if (http_status != 200) {
        read_error(source, http_status, root, id, result);
    } else if (wechat_read_bill(root, NULL, &bill) != ERR_OK) {
        pay_result_unknown(result, id, "[unreadable]");
    } else if (strcmp(bill.id, id) != 0) {
        pay_result_unknown(result, id, "[stranger]");
    } else {
        *result = bill;
        if (package != NULL) {
            keep_package(root, package);
        }
    }
    json_free(root);
}
