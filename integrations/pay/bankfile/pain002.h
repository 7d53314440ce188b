/* Customer payment status report: pain.002.001.xx -> results. One report answers one file of ours; it tells of the file
 * as a whole (news->group), of single orders (news->results), or of both. Pure.
 *
 * The answer table is in pain002_answer.c and nowhere else: what it does not list is PAY_UNKNOWN. */
#ifndef INTEGRATIONS_PAY_BANKFILE_PAIN002_H
#define INTEGRATIONS_PAY_BANKFILE_PAIN002_H

#include "integrations/pay/bankfile/bankfile.h"

#define PAIN002_FAMILY "urn:iso:std:iso:20022:tech:xsd:pain.002.001."

/* Append to *news what the report says. ERR_INPUT: nothing in it may be used, *why (may be NULL) says the reason;
 * ERR_TOO_LARGE: more than BANKFILE_RESULTS_MAX orders or too many bytes; ERR_NO_MEMORY. After an error release news.
 */
MUST_CHECK enum err pain002_read(struct slice bytes, struct bankfile_news *news, struct bankfile_why *why);

/* Status code and reason code ("" = none given) of an order or of the whole file. */
enum pay_outcome pain002_outcome(struct slice status, struct slice reason);

#endif
