/* The one table of what a bank's status and reason codes mean (ISO 20022 external code sets, the subset that credit
 * transfers meet). Statuses and reasons that are not listed are PAY_UNKNOWN: a person looks. */
#include "integrations/pay/bankfile/pain002.h"

struct status_row {
    const char *code;
    enum pay_outcome outcome;
};

static const struct status_row STATUSES[] = {
    {"RCVD", PAY_ACCEPTED},  /* received */
    {"ACTC", PAY_ACCEPTED},  /* technically valid */
    {"ACCP", PAY_ACCEPTED},  /* customer profile checked */
    {"ACFC", PAY_ACCEPTED},  /* funds checked */
    {"ACSP", PAY_ACCEPTED},  /* settlement in process */
    {"ACWC", PAY_ACCEPTED},  /* accepted with a change */
    {"ACWP", PAY_ACCEPTED},  /* accepted, not posted yet */
    {"PATC", PAY_ACCEPTED},  /* partly authorised */
    {"PDNG", PAY_ACCEPTED},  /* pending */
    {"PART", PAY_ACCEPTED},  /* some of the file; its orders tell */
    {"ACSC", PAY_SUCCEEDED}, /* settled at the payer's side */
    {"ACCC", PAY_SUCCEEDED}, /* credited to the payee */
    {"RJCT", PAY_FAILED},    /* if the reason is one of those below */
};

/* Reasons with which a rejection is final about the order: nothing was paid. Those of a duplicate (AM05, DU01..DU05)
 * are not here on purpose: "rejected as a duplicate" says that the first one was taken. */
static const char *const FINAL_REASONS[] = {
    "AC01", /* account number wrong */
    "AC02", /* payer's account wrong */
    "AC03", /* payee's account wrong */
    "AC04", /* account closed */
    "AC05", /* payer's account closed */
    "AC06", /* account blocked */
    "AC07", /* payee's account closed */
    "AC13", /* kind of the payer's account */
    "AC14", /* kind of the payee's account */
    "AG01", /* transaction forbidden on this account */
    "AG02", /* operation code wrong */
    "AM01", /* amount is zero */
    "AM02", /* amount not allowed */
    "AM03", /* currency not allowed */
    "AM04", /* not enough funds */
    "AM09", /* amount wrong */
    "AM10", /* control sum wrong */
    "AM12", /* amount invalid */
    "AM14", /* above the agreed amount */
    "BE01", /* name and account do not match */
    "BE04", /* payee's address missing */
    "BE06", /* payee not known */
    "BE22", /* payee's name missing */
    "CH03", /* execution date too far away */
    "CNOR", /* payee's bank not registered */
    "DNOR", /* payer's bank not registered */
    "DT01", /* date wrong */
    "FF01", /* file format wrong */
    "MD07", /* payee deceased */
    "MS02", /* refused by the payee */
    "MS03", /* refused by the bank, reason not given */
    "NARR", /* reason in words */
    "RC01", /* bank id wrong */
    "RC03", /* payer's bank id wrong */
    "RC04", /* payee's bank id wrong */
    "RC07", /* payee's bank BIC wrong */
    "RR03", /* payee's name or address missing for the regulator */
    "RR04", /* regulatory reason */
};

static bool is_final_reason(struct slice reason)
{
    for (size_t i = 0; i < COUNT_OF(FINAL_REASONS); i++) {
        if (slice_is(reason, FINAL_REASONS[i])) {
            return true;
        }
    }
    return false;
}

enum pay_outcome pain002_outcome(struct slice status, struct slice reason)
{
    for (size_t i = 0; i < COUNT_OF(STATUSES); i++) {
        if (slice_is(status, STATUSES[i].code)) {
            bool doubtful = STATUSES[i].outcome == PAY_FAILED && reason.len > 0 && !is_final_reason(reason);
            return doubtful ? PAY_UNKNOWN : STATUSES[i].outcome;
        }
    }
    return PAY_UNKNOWN;
}
