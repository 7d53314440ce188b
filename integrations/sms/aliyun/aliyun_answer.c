/* Aliyun's answer table: what is not here is SMS_UNKNOWN. */
#include "integrations/sms/aliyun/aliyun.h"
#include "integrations/sms/sms_json.h"

/* A code that ends in '*' is the start of codes. Source: integrations reference, 1.3. */
static const struct {
    const char *code;
    enum sms_outcome outcome;
    const char *reason;
} CODES[] = {
    {"isv.BUSINESS_LIMIT_CONTROL", SMS_RETRY, "limit of the number is reached"},
    {"isv.DAY_LIMIT_CONTROL", SMS_RETRY, "limit of the day is reached"},
    {"isv.MONTH_LIMIT_CONTROL", SMS_RETRY, "limit of the month is reached"},
    {"isp.SYSTEM_ERROR", SMS_RETRY, "error at the operator"},
    {"Throttling*", SMS_RETRY, "throttled"},
    {"isv.OUT_OF_SERVICE", SMS_CHANNEL_STOP, "out of service"},
    {"isv.AMOUNT_NOT_ENOUGH", SMS_CHANNEL_STOP, "balance"},
    {"isp.RAM_PERMISSION_DENY", SMS_CHANNEL_STOP, "no permission"},
    {"InvalidAccessKeyId*", SMS_CHANNEL_STOP, "credential refused"},
    {"SignatureDoesNotMatch", SMS_CHANNEL_STOP, "credential refused"},
    {"isv.MOBILE_NUMBER_ILLEGAL", SMS_FINAL, "bad number"},
    {"isv.SMS_CONTENT_ILLEGAL", SMS_FINAL, "content refused"},
    {"isv.SMS_SIGNATURE_SCENE_ILLEGAL", SMS_FINAL, "signature does not fit the template"},
    {"isv.EXTEND_CODE_ERROR", SMS_FINAL, "bad extension"},
    {"isv.SIGN_STATE_ILLEGAL", SMS_FINAL, "signature is not approved"},
};

static struct sms_result by_code(struct slice code, int status)
{
    for (size_t i = 0; code.len > 0 && i < COUNT_OF(CODES); i++) {
        if (sms_code_matches(code, CODES[i].code)) {
            return sms_result_make(CODES[i].outcome, status, CODES[i].reason);
        }
    }
    if (status == 429 || status == 503) {
        return sms_result_make(SMS_RETRY, status, "throttled or not available");
    }
    return sms_result_make(SMS_UNKNOWN, status, "unlisted answer");
}

struct sms_result aliyun_read_reply(int http_status, struct slice body)
{
    struct json *root = sms_json_reply(body);
    struct slice code = SLICE_LIT(""), id;
    if (json_string(json_get(root, "Code"), &code) != ERR_OK) {
        code = SLICE_LIT("");
    }
    struct sms_result result = sms_result_make(SMS_UNKNOWN, http_status, "unlisted answer");
    if (http_status == 200 && slice_is(code, "OK") &&
        json_string(json_get(root, "BizId"), &id) == ERR_OK && id.len > 0 &&
        slice_copy(id, result.provider_id, sizeof(result.provider_id)) == ERR_OK) {
        result.outcome = SMS_ACCEPTED;
        result.reason = "";
    } else if (!slice_is(code, "OK")) {
        result = by_code(code, http_status);
    }
    json_free(root);
    return result;
}

enum sms_outcome aliyun_read_error(struct slice code)
{
    return by_code(code, 0).outcome;
}
