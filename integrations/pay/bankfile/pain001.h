/* Customer credit transfer initiation: orders -> pain.001.001.09. One payment information block; InstrId and EndToEndId
 * are our payment id, PmtInfId is the MsgId; NbOfTxs and CtrlSum stand at both levels. Amounts are CNY with two
 * decimals (the schema would let five pass). The bank of a payee is a CNAPS number when it is 12 digits, else its
 * proprietary id. Pure; the same batch always gives the same bytes. */
#ifndef INTEGRATIONS_PAY_BANKFILE_PAIN001_H
#define INTEGRATIONS_PAY_BANKFILE_PAIN001_H

#include "integrations/pay/bankfile/bankfile.h"

#define PAIN001_NAMESPACE "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"

/* Append the document to out. ERR_INPUT with *fault (may be NULL) as bankfile_check(); out is untouched then.
 * ERR_TOO_LARGE, ERR_NO_MEMORY: out is spoilt. */
MUST_CHECK enum err pain001_write(const struct bankfile_batch *batch, struct buf *out, struct bankfile_fault *fault);

#endif
