/* Kannel's answer table. What is not here is SMS_UNKNOWN. */
#include "integrations/sms/kannel/kannel.h"

#define ANY_BODY NULL

static const struct reply {
    int status;
    const char *start; /* of the body */
    enum sms_outcome outcome;
    const char *reason;
} REPLIES[] = {
    {202, "0: Accepted for delivery", SMS_ACCEPTED, ""},
    {202, "3: Queued for later delivery", SMS_ACCEPTED, ""},
    {202, "Sent.", SMS_ACCEPTED, ""},
    {400, "Missing receiver number, rejected", SMS_FINAL, "no receiver"},
    {403, "Not routable. Do not try again.", SMS_FINAL, "not routable"},
    {403, "Authorization failed for sendsms", SMS_CHANNEL_STOP, "credential refused"},
    {401, ANY_BODY, SMS_CHANNEL_STOP, "credential refused"},
    {402, ANY_BODY, SMS_CHANNEL_STOP, "balance"},
    {429, ANY_BODY, SMS_RETRY, "throttled"},
    {503, ANY_BODY, SMS_RETRY, "temporal failure"},
};

struct sms_result kannel_read_reply(int http_status, struct slice body)
{
    struct slice text = slice_trim(body);
    for (size_t i = 0; i < COUNT_OF(REPLIES); i++) {
        const struct reply *r = &REPLIES[i];
        if (r->status == http_status &&
            (r->start == ANY_BODY || slice_starts_with(text, r->start))) {
            return sms_result_make(r->outcome, http_status, r->reason);
        }
    }
    return sms_result_make(SMS_UNKNOWN, http_status, "unlisted answer");
}

static const struct {
    int64_t type;
    enum sms_report report;
} REPORTS[] = {
    {KANNEL_DELIVERED, SMS_REPORT_DELIVERED}, {KANNEL_FAILED, SMS_REPORT_FAILED},
    {KANNEL_BUFFERED, SMS_REPORT_BUFFERED},   {KANNEL_SENT, SMS_REPORT_BUFFERED},
    {KANNEL_REJECTED, SMS_REPORT_FAILED},
};

enum sms_report kannel_read_report(struct slice type)
{
    int64_t value;
    if (slice_to_int64(type, 0, 63, &value) != ERR_OK) {
        return SMS_REPORT_UNKNOWN;
    }
    for (size_t i = 0; i < COUNT_OF(REPORTS); i++) {
        if (REPORTS[i].type == value) {
            return REPORTS[i].report;
        }
    }
    return SMS_REPORT_UNKNOWN;
}
