/* The answer table of Alipay transfers. What is not here is PAY_UNKNOWN. */
#include "integrations/pay/alipay/alipay_codec.h"

#define ANY (-1)

static const struct status {
    int source; /* enum alipay_source, or ANY */
    const char *status;
    enum pay_outcome outcome;
} STATUSES[] = {
    {ANY, "SUCCESS", PAY_SUCCEEDED},
    {ANY, "DEALING", PAY_ACCEPTED},
    /* an immediate answer never says these; if it did, a query decides */
    {ALIPAY_FROM_QUERY, "WAIT_PAY", PAY_ACCEPTED},
    {ALIPAY_FROM_QUERY, "FAIL", PAY_FAILED},
    {ALIPAY_FROM_QUERY, "CLOSED", PAY_FAILED},
    {ALIPAY_FROM_QUERY, "REFUND", PAY_RETURNED},
    {ALIPAY_FROM_NOTICE, "WAIT_PAY", PAY_ACCEPTED},
    {ALIPAY_FROM_NOTICE, "FAIL", PAY_FAILED},
    {ALIPAY_FROM_NOTICE, "CLOSED", PAY_FAILED},
    {ALIPAY_FROM_NOTICE, "REFUND", PAY_RETURNED},
};

enum pay_outcome alipay_status_outcome(enum alipay_source source, struct slice status)
{
    for (size_t i = 0; i < COUNT_OF(STATUSES); i++) {
        const struct status *s = &STATUSES[i];
        if ((s->source == ANY || s->source == (int)source) && slice_is(status, s->status)) {
            return s->outcome;
        }
    }
    return PAY_UNKNOWN;
}

/* sub_code NULL: whatever it is. not_taken only where the gateway refused the request before it
 * could look at orders, or the provider says that the same number is to be sent again. */
static const struct error {
    enum alipay_source source;
    const char *code;
    const char *sub_code;
    enum pay_outcome outcome;
    bool not_taken;
} ERRORS[] = {
    {ALIPAY_FROM_TRANSFER, "20000", NULL, PAY_UNKNOWN, false}, /* busy: ask */
    {ALIPAY_FROM_TRANSFER, "40004", "SYSTEM_ERROR", PAY_UNKNOWN, false},
    {ALIPAY_FROM_TRANSFER, "40004", "PAYER_BALANCE_NOT_ENOUGH", PAY_UNKNOWN, true},
    {ALIPAY_FROM_TRANSFER, "40004", "PAYEE_NOT_EXIST", PAY_FAILED, false},
    {ALIPAY_FROM_TRANSFER, "40004", "PAYEE_USER_INFO_ERROR", PAY_FAILED, false},
    {ALIPAY_FROM_TRANSFER, "20001", NULL, PAY_UNKNOWN, true}, /* permission of ours */
    {ALIPAY_FROM_TRANSFER, "40001", NULL, PAY_UNKNOWN, true}, /* a parameter is missing */
    {ALIPAY_FROM_TRANSFER, "40002", NULL, PAY_UNKNOWN, true}, /* a parameter is wrong */
    {ALIPAY_FROM_TRANSFER, "40006", NULL, PAY_UNKNOWN, true}, /* permission of ours */
    {ALIPAY_FROM_QUERY, "40004", "ORDER_NOT_EXIST", PAY_NOT_FOUND, false},
};

enum pay_outcome alipay_error_outcome(enum alipay_source source, struct slice code,
                                      struct slice sub_code, bool *not_taken)
{
    *not_taken = false;
    for (size_t i = 0; i < COUNT_OF(ERRORS); i++) {
        const struct error *e = &ERRORS[i];
        if (e->source == source && slice_is(code, e->code) &&
            (e->sub_code == NULL || slice_is(sub_code, e->sub_code))) {
            *not_taken = e->not_taken;
            return e->outcome;
        }
    }
    return PAY_UNKNOWN;
}
