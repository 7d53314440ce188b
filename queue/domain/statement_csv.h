/* A statement as CSV, for rails whose provider gives no file of a known form. The first line names
 * the columns, in any order:
 *
 *     date or time         2026-11-21, 20261121 or RFC 3339; empty or no such column = the day that
 * is asked for payment or reference our id of the payment; may be empty where the bank names none
 *     amount_fen or fen    whole fen, 1..AMOUNT_FEN_MAX
 *     kind or status       paid (money left for a payee), returned (退票: it came back), debit,
 * credit (anything else) bank_ref             the bank's reference            (may be missing)
 *     reason               its code of a return            (may be missing)
 *     batch                our MsgId of a batch            (may be missing)
 *
 * Other columns are passed over and not kept. RFC 4180: quotes, commas and doubled quotes inside
 * them; line feeds with or without a carriage return; a byte order mark in front; no line break
 * inside a field. The sandbox's statement (time,reference,amount_fen,payee,status) is one of these.
 * Pure. */
#ifndef QUEUE_DOMAIN_STATEMENT_CSV_H
#define QUEUE_DOMAIN_STATEMENT_CSV_H

#include <stddef.h>
#include "queue/base/buf.h"
#include "queue/base/err.h"
#include "queue/domain/statement.h"

#define STATEMENT_CSV_LINES_MAX 200000

/* *lines is the caller's (free). ERR_INPUT with line number and remedy in `why`, never any content;
 * ERR_TOO_LARGE: too many lines; ERR_NO_MEMORY. */
MUST_CHECK enum err statement_csv_read(struct slice text, struct statement_line **lines, size_t *n,
                                       struct buf *why);

#endif
