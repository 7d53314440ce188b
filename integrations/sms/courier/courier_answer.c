/* The answer table of an operator that is only configured: what is not here is SMS_UNKNOWN. */
#include "integrations/sms/courier/courier.h"

static const struct {
    int status;
    enum sms_outcome outcome;
    const char *reason;
} STATUSES[] = {
    {400, SMS_FINAL, "refused"},        {401, SMS_CHANNEL_STOP, "credential refused"},
    {402, SMS_CHANNEL_STOP, "balance"}, {403, SMS_CHANNEL_STOP, "no permission"},
    {404, SMS_FINAL, "refused"},        {422, SMS_FINAL, "refused"},
    {429, SMS_RETRY, "throttled"},      {503, SMS_RETRY, "not available"},
};

static bool holds(struct slice body, struct slice text)
{
    return text.len == 0 ||
           (body.len > 0 && memmem(body.ptr, body.len, text.ptr, text.len) != NULL);
}

struct sms_result courier_read_reply(int http_status, struct slice body, struct slice expect)
{
    if (http_status >= 200 && http_status < 300) {
        return holds(body, expect) ? sms_result_make(SMS_ACCEPTED, http_status, "")
                                   : sms_result_make(SMS_UNKNOWN, http_status,
                                                     "expected text is not in the answer");
    }
    for (size_t i = 0; i < COUNT_OF(STATUSES); i++) {
        if (STATUSES[i].status == http_status) {
            return sms_result_make(STATUSES[i].outcome, http_status, STATUSES[i].reason);
        }
    }
    return sms_result_make(SMS_UNKNOWN, http_status, "unlisted answer");
}
