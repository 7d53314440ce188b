/* Case numbers (编号): 22 digits, so that one can be said on a phone and typed on any handset.
 *
 *     520000 261121 01 0000001 9
 *     region yymmdd node sequence check
 *
 * The gateway mints them, so that a number exists even while the store is away. Uniqueness: the
 * node is a gateway's own number, the sequence counts within the date and never goes back, also not
 * over a restart (case_sequence.h). Check digit: ISO 7064 MOD 11,10, which finds every wrong digit
 * and all but about one in thirty swaps of neighbours. */
#ifndef QUEUE_DOMAIN_CASE_NO_H
#define QUEUE_DOMAIN_CASE_NO_H

#include <stdint.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"
#include "queue/domain/relief.h"

#define CASE_NO_DIGITS 22
#define CASE_SEQUENCE_MAX 9999999

struct case_no_parts {
    char region[7];
    int date; /* yymmdd as a number, e.g. 261121 */
    int node; /* 0..99 */
    int sequence;
};

/* China-time date of at_ms as yymmdd. */
int case_no_date(int64_t at_ms);
/* region: 6 digits; date: yymmdd; node 0..99; sequence 1..CASE_SEQUENCE_MAX (programmer errors
 * otherwise). */
void case_no_write(const struct case_no_parts *parts, char out[CASE_NO_SIZE]);
/* ERR_INPUT: not 22 digits, the check digit is wrong, or the sequence is 0. */
MUST_CHECK enum err case_no_read(struct slice text, struct case_no_parts *parts);
/* ISO 7064 MOD 11,10 check digit ('0'..'9') of a run of digits. */
char check_digit(struct slice digits);

/* Payment id: the case number, a letter for the purpose and a two-digit count of approved payments,
 * e.g. "…9A01". Derived, so that it is the same after any loss of state, and within
 * [A-Za-z0-9]{1,32} as every rail wants it. n: 1..99. */
#define PAYMENT_ID_SIZE 26
void payment_id_write(const char *case_no, char purpose, int n, char out[PAYMENT_ID_SIZE]);
/* The case number inside a payment id. ERR_INPUT if the text is no payment id of ours. */
MUST_CHECK enum err payment_id_case(struct slice id, char out[CASE_NO_SIZE]);

#endif
