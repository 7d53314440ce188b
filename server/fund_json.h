/* A fund's accounts as the API shows them. */
#ifndef SERVER_FUND_JSON_H
#define SERVER_FUND_JSON_H

#include "queue/base/json.h"
#include "queue/store/calls_read.h"

/* The object {"township", "<account>_fen" …, "imbalance_fen", "overdue_fen" …}. */
void fund_json_write(const struct fund_view *f, struct slice code, struct json_out *o);
/* One posting: {"fund", "from", "from_zh", "to", "to_zh", "amount_fen"}. */
void posting_json_write(const struct ledger_posting *p, struct json_out *o);

#endif
