/* Twilio's answer tables: what is not here is SMS_UNKNOWN. */
#include "integrations/sms/sms_json.h"
#include "integrations/sms/twilio/twilio.h"

/* Error codes of the API, and ErrorCode of reports. Source: integrations reference, 1.2; the
 * meanings of 3000x. */
static const struct {
    int64_t code;
    enum sms_outcome outcome;
    const char *reason;
} CODES[] = {
    {20003, SMS_CHANNEL_STOP, "credential refused"},
    {20429, SMS_RETRY, "throttled"},
    {21211, SMS_FINAL, "bad number"},
    {21606, SMS_FINAL, "number takes no SMS from this sender"},
    {21610, SMS_FINAL, "opted out"},
    {21612, SMS_FINAL, "number cannot be reached"},
    {21614, SMS_FINAL, "no mobile number"},
    {30003, SMS_RETRY, "handset cannot be reached"},
    {30005, SMS_FINAL, "number unknown"},
    {30006, SMS_FINAL, "landline or carrier cannot be reached"},
    {30007, SMS_FINAL, "filtered by the carrier"},
    {63018, SMS_RETRY, "throttled"},
};

/* Where the body says nothing. 500, 502 and 504 may hide a message that went out: unknown. */
static const struct {
    int status;
    enum sms_outcome outcome;
    const char *reason;
} STATUSES[] = {
    {401, SMS_CHANNEL_STOP, "credential refused"},
    {429, SMS_RETRY, "throttled"},
    {503, SMS_RETRY, "not available"},
};

static const struct {
    const char *word;
    enum sms_report report;
} STATES[] = {
    {"accepted", SMS_REPORT_BUFFERED}, {"scheduled", SMS_REPORT_BUFFERED},
    {"queued", SMS_REPORT_BUFFERED},   {"sending", SMS_REPORT_BUFFERED},
    {"sent", SMS_REPORT_BUFFERED},     {"delivered", SMS_REPORT_DELIVERED},
    {"read", SMS_REPORT_DELIVERED},    {"undelivered", SMS_REPORT_FAILED},
    {"failed", SMS_REPORT_FAILED},     {"canceled", SMS_REPORT_FAILED},
};

static struct sms_result by_code(int64_t code, int status)
{
    for (size_t i = 0; i < COUNT_OF(CODES); i++) {
        if (CODES[i].code == code) {
            return sms_result_make(CODES[i].outcome, status, CODES[i].reason);
        }
    }
    for (size_t i = 0; i < COUNT_OF(STATUSES); i++) {
        if (STATUSES[i].status == status) {
            return sms_result_make(STATUSES[i].outcome, status, STATUSES[i].reason);
        }
    }
    return sms_result_make(SMS_UNKNOWN, status, "unlisted answer");
}

struct sms_result twilio_read_reply(int http_status, struct slice body)
{
    struct json *root = sms_json_reply(body);
    int64_t code = 0;
    struct slice sid;
    struct sms_result result = sms_result_make(SMS_UNKNOWN, http_status, "unlisted answer");
    if (http_status == 201 && json_string(json_get(root, "sid"), &sid) == ERR_OK && sid.len > 0 &&
        slice_copy(sid, result.provider_id, sizeof(result.provider_id)) == ERR_OK) {
        result.outcome = SMS_ACCEPTED;
        result.reason = "";
    } else if (http_status >= 400) {
        if (json_int64(json_get(root, "code"), 1, INT32_MAX, &code) != ERR_OK) {
            code = 0;
        }
        result = by_code(code, http_status);
    }
    json_free(root);
    return result;
}

enum sms_report twilio_read_status(struct slice status)
{
    for (size_t i = 0; i < COUNT_OF(STATES); i++) {
        if (slice_is(status, STATES[i].word)) {
            return STATES[i].report;
        }
    }
    return SMS_REPORT_UNKNOWN;
}

enum sms_outcome twilio_read_error(struct slice code)
{
    int64_t value;
    return slice_to_int64(code, 1, INT32_MAX, &value) == ERR_OK ? by_code(value, 0).outcome
                                                                : SMS_UNKNOWN;
}
