/* Money in integer fen (分; 100 fen = 1 yuan 元). No floating point anywhere. Every result lies in
 * -AMOUNT_FEN_MAX..AMOUNT_FEN_MAX (relief.h); what would leave it is ERR_TOO_LARGE and the output stays untouched.
 * Arguments may be any int64. Pure. */
#ifndef QUEUE_DOMAIN_MONEY_H
#define QUEUE_DOMAIN_MONEY_H

#include <stdint.h>
#include "queue/base/err.h"
#include "queue/base/slice.h"

#define MONEY_TEXT_SIZE 32    /* money_format: "-10000000000.00" and more than enough */
#define MONEY_TEXT_ZH_SIZE 40 /* money_format_zh */

MUST_CHECK enum err money_add(int64_t a_fen, int64_t b_fen, int64_t *sum_fen);
MUST_CHECK enum err money_sub(int64_t a_fen, int64_t b_fen, int64_t *difference_fen);
MUST_CHECK enum err money_mul(int64_t a_fen, int64_t times, int64_t *product_fen);
/* a * permille / 1000, rounded down to the fen (never above a cap). a >= 0 and permille 0..1000000, else ERR_INPUT. */
MUST_CHECK enum err money_permille(int64_t a_fen, int64_t permille, int64_t *part_fen);

int64_t money_min(int64_t a_fen, int64_t b_fen);
int64_t money_max(int64_t a_fen, int64_t b_fen);

/* Share `index` (0..parts-1) of total_fen in `parts` equal shares; what does not divide evenly goes to share 0, so the
 * shares always add up to the total. total_fen: 0..AMOUNT_FEN_MAX, parts >= 1 (programmer errors otherwise). */
int64_t money_share(int64_t total_fen, int parts, int index);

/* "1656.00", "-0.05": for records, CSV and banks. fen: -AMOUNT_FEN_MAX..AMOUNT_FEN_MAX (programmer error otherwise).
 */
void money_format(int64_t fen, char out[MONEY_TEXT_SIZE]);
/* "1,656.00 元": for people. */
void money_format_zh(int64_t fen, char out[MONEY_TEXT_ZH_SIZE]);
/* Yuan as decimal text to fen: "0", "1656", "1656.5", "1656.05"; optional leading '-'. No spaces, signs '+',
 * separators, exponents, leading zeros ("007"), bare points (".5", "5.") or more than two decimals. ERR_INPUT,
 * ERR_TOO_LARGE. */
MUST_CHECK enum err money_parse(struct slice yuan, int64_t *fen);

#endif
