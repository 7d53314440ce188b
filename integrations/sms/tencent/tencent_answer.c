/* Tencent's answer table: what is not here is SMS_UNKNOWN. */
#include "integrations/sms/sms_json.h"
#include "integrations/sms/tencent/tencent.h"

/* A code that ends in '*' is the start of codes; the first that fits counts. Source: integrations
 * reference, 1.4; the package's balance from memory of the vendor's list. */
static const struct {
    const char *code;
    enum sms_outcome outcome;
    const char *reason;
} CODES[] = {
    {"RequestLimitExceeded*", SMS_RETRY, "throttled"},
    {"InternalError.Timeout", SMS_UNKNOWN, "no answer in time behind the operator"},
    {"InternalError*", SMS_RETRY, "error at the operator"},
    {"LimitExceeded.DeliveryFrequencyLimit", SMS_RETRY, "limit of the number is reached"},
    {"FailedOperation.ContainSensitiveWord", SMS_FINAL, "content refused"},
    {"FailedOperation.PhoneNumberInBlacklist", SMS_FINAL, "number is on the operator's black list"},
    {"FailedOperation.TemplateIncorrectOrUnapproved", SMS_FINAL, "template is not approved"},
    {"FailedOperation.SignatureIncorrectOrUnapproved", SMS_FINAL, "signature is not approved"},
    {"InvalidParameterValue.IncorrectPhoneNumber", SMS_FINAL, "bad number"},
    {"InvalidParameterValue.ContentLengthLimit", SMS_FINAL, "too long"},
    {"FailedOperation.InsufficientBalanceInSmsPackage", SMS_CHANNEL_STOP, "balance"},
    {"AuthFailure*", SMS_CHANNEL_STOP, "credential refused"},
    {"UnauthorizedOperation*", SMS_CHANNEL_STOP, "no permission"},
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

static struct sms_result read_response(const struct json *response, int status)
{
    struct sms_result result = sms_result_make(SMS_UNKNOWN, status, "unlisted answer");
    const struct json *set = json_get(response, "SendStatusSet");
    struct slice code = SLICE_LIT(""), id;
    if (json_string(json_get(json_get(response, "Error"), "Code"), &code) == ERR_OK) {
        return by_code(code, status);
    }
    if (json_size(set) != 1 || json_string(json_get(json_first(set), "Code"), &code) != ERR_OK) {
        return by_code(SLICE_LIT(""), status);
    }
    if (!slice_is(code, "Ok")) {
        return by_code(code, status);
    }
    if (status == 200 && json_string(json_get(json_first(set), "SerialNo"), &id) == ERR_OK &&
        id.len > 0 && slice_copy(id, result.provider_id, sizeof(result.provider_id)) == ERR_OK) {
        result.outcome = SMS_ACCEPTED;
        result.reason = "";
    }
    return result;
}

struct sms_result tencent_read_reply(int http_status, struct slice body)
{
    struct json *root = sms_json_reply(body);
    struct sms_result result = read_response(json_get(root, "Response"), http_status);
    json_free(root);
    return result;
}

enum sms_outcome tencent_read_error(struct slice code)
{
    return by_code(code, 0).outcome;
}
