/* Bank-to-customer statement (camt.053.001.xx) and debit/credit notification (camt.054.001.xx) -> statement lines. An
 * entry without details is one line; with details, one line each (a batch that the bank booked in one sum), if the
 * details add up to the entry, else the entry alone, without an id, counted in news->odd: nothing is guessed. A credit
 * that is marked as return (RtrInf) or reversal (RvslInd) is a payment of ours that came back. Entries that are not
 * booked (PDNG, INFO, FUTR) give lines that are not booked. Pure.
 *
 * For returned and for booked single payments there is also a result in news->results: RETURNED, or SUCCEEDED. */
#ifndef INTEGRATIONS_PAY_BANKFILE_CAMT_H
#define INTEGRATIONS_PAY_BANKFILE_CAMT_H

#include "integrations/pay/bankfile/bankfile.h"

#define CAMT053_FAMILY "urn:iso:std:iso:20022:tech:xsd:camt.053.001."
#define CAMT054_FAMILY "urn:iso:std:iso:20022:tech:xsd:camt.054.001."

/* Append to *news. ERR_INPUT with *why (may be NULL): nothing in it may be used. ERR_TOO_LARGE: more than
 * BANKFILE_RESULTS_MAX lines, BANKFILE_HEADS_MAX statements or too many bytes; ERR_NO_MEMORY. After an error release
 * news. */
MUST_CHECK enum err camt_read(struct slice bytes, struct bankfile_news *news, struct bankfile_why *why);

#endif
