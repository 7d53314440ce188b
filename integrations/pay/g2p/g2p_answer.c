/* The answer table of G2P Connect: what each word of the bank means for an order. What is not here
 * is PAY_UNKNOWN. */
#include "integrations/pay/g2p/g2p_codec.h"

#define FROM_BOTH (-1)

static const struct answer {
    int source; /* enum g2p_source, or FROM_BOTH */
    const char *status;
    const char *reason;
    enum pay_outcome outcome;
} ANSWERS[] = {
    {FROM_BOTH, "rcvd", "", PAY_ACCEPTED},
    {FROM_BOTH, "pdng", "", PAY_ACCEPTED},
    {FROM_BOTH, "succ", "", PAY_SUCCEEDED},
    {FROM_BOTH, "rjct", "", PAY_FAILED}, /* the reason is optional; the status alone is final */
    {FROM_BOTH, "rjct", "rjct.timestamp.invalid", PAY_FAILED},
    {FROM_BOTH, "rjct", "rjct.payer_fa.invalid", PAY_FAILED},
    {FROM_BOTH, "rjct", "rjct.payee_fa.invalid", PAY_FAILED},
    {FROM_BOTH, "rjct", "rjct.amount.invalid", PAY_FAILED},
    {FROM_BOTH, "rjct", "rjct.schedule_ts.invalid", PAY_FAILED},
    {FROM_BOTH, "rjct", "rjct.currency_code.invalid", PAY_FAILED},
    {FROM_BOTH, "rjct", "rjct.returned", PAY_RETURNED}, /* our profile: 退票 */
    /* the id is known already: the order before this one may have been paid, so ask */
    {FROM_BOTH, "rjct", "rjct.reference_id.duplicate", PAY_UNKNOWN},
    {G2P_FROM_CALLBACK, "rjct", "rjct.reference_id.invalid", PAY_FAILED},
    {G2P_FROM_QUERY, "rjct", "rjct.reference_id.invalid", PAY_NOT_FOUND},
    {G2P_FROM_QUERY, "rjct", "rjct.srch_reference_id.not_found", PAY_NOT_FOUND},
    {G2P_FROM_QUERY, "rjct", "rjct_srch_reference_id.not_found",
     PAY_NOT_FOUND}, /* as the YAML spells it */
};

enum pay_outcome g2p_outcome(enum g2p_source source, struct slice status, struct slice reason)
{
    for (size_t i = 0; i < COUNT_OF(ANSWERS); i++) {
        const struct answer *a = &ANSWERS[i];
        if ((a->source == FROM_BOTH || a->source == (int)source) && slice_is(status, a->status) &&
            slice_is(reason, a->reason)) {
            return a->outcome;
        }
    }
    return PAY_UNKNOWN;
}

/* err.request.timeout is missing on purpose: it does not say how far the bank got. */
static const char *const NOT_TAKEN[] = {
    "err.request.bad",         "err.request.unauthorized",      "err.request.forbidden",
    "err.request.not_found",   "err.request.too_many_requests", "err.version.not_supported",
    "err.sender_id.invalid",   "err.sender_uri.invalid",        "err.receiver_id.invalid",
    "err.signature.missing",   "err.signature.invalid",         "err.encryption.invalid",
    "err.service.unavailable",
};

bool g2p_error_means_not_taken(struct slice code)
{
    for (size_t i = 0; i < COUNT_OF(NOT_TAKEN); i++) {
        if (slice_is(code, NOT_TAKEN[i])) {
            return true;
        }
    }
    return false;
}
