/* The answer table of WeChat Pay transfers. What is not here is PAY_UNKNOWN. */
#include "integrations/pay/wechat/wechat_codec.h"

static const struct state {
    const char *state;
    enum pay_outcome outcome;
} STATES[] = {
    {"ACCEPTED", PAY_ACCEPTED},          /* taken, the same bill may be sent again */
    {"PROCESSING", PAY_ACCEPTED},        /* the money is being set aside */
    {"WAIT_USER_CONFIRM", PAY_ACCEPTED}, /* the payee must tap; closes by itself after a day */
    {"TRANSFERING", PAY_ACCEPTED},       /* as the provider spells it */
    {"CANCELING", PAY_ACCEPTED},         /* may still turn out to be paid */
    {"SUCCESS", PAY_SUCCEEDED},          {"FAIL", PAY_FAILED},
    {"CANCELLED", PAY_FAILED}, /* final, no money moved */
};

enum pay_outcome wechat_state_outcome(struct slice state)
{
    for (size_t i = 0; i < COUNT_OF(STATES); i++) {
        if (slice_is(state, STATES[i].state)) {
            return STATES[i].outcome;
        }
    }
    return PAY_UNKNOWN;
}

/* Errors describe the request, not the order. not_taken stands only where the provider says itself
 * that the same number is to be sent again, or refused before it could look at orders. */
static const struct error {
    enum wechat_source source;
    int http_status;
    const char *code;
    enum pay_outcome outcome;
    bool not_taken;
} ERRORS[] = {
    {WECHAT_FROM_TRANSFER, 401, "SIGN_ERROR", PAY_UNKNOWN, true},
    {WECHAT_FROM_TRANSFER, 429, "FREQUENCY_LIMITED", PAY_UNKNOWN, true},
    {WECHAT_FROM_TRANSFER, 403, "NOT_ENOUGH", PAY_UNKNOWN,
     true}, /* the same number, after top-up */
    {WECHAT_FROM_TRANSFER, 400, "PARAM_ERROR", PAY_UNKNOWN, false},
    /* also "this number exists with other content": a person compares */
    {WECHAT_FROM_TRANSFER, 400, "INVALID_REQUEST", PAY_UNKNOWN, false},
    {WECHAT_FROM_TRANSFER, 500, "SYSTEM_ERROR", PAY_UNKNOWN, false},
    {WECHAT_FROM_QUERY, 404, "NOT_FOUND", PAY_NOT_FOUND, false},
};

enum pay_outcome wechat_error_outcome(enum wechat_source source, int http_status, struct slice code,
                                      bool *not_taken)
{
    *not_taken = false;
    for (size_t i = 0; i < COUNT_OF(ERRORS); i++) {
        const struct error *e = &ERRORS[i];
        if (e->source == source && e->http_status == http_status && slice_is(code, e->code)) {
            *not_taken = e->not_taken;
            return e->outcome;
        }
    }
    return PAY_UNKNOWN;
}
