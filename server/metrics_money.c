/* Money in the metrics: sums per county, at most METRIC_COUNTIES_MAX of them. */
#include <stdio.h>
#include <string.h>
#include "server/metrics.h"

static struct money_county *county_of(struct money_sums *s, struct slice code)
{
    char county[sizeof(s->counties[0].code)] = "other";
    if (code.len >= 6) {
        snprintf(county, sizeof(county), "%.6s", code.ptr);
    }
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->counties[i].code, county) == 0) {
            return &s->counties[i];
        }
    }
    if (s->count == METRIC_COUNTIES_MAX) { /* the last row takes the rest */
        snprintf(s->counties[s->count - 1].code, sizeof(county), "other");
        return &s->counties[s->count - 1];
    }
    struct money_county *c = &s->counties[s->count++];
    *c = (struct money_county){.available_fen = 0};
    memcpy(c->code, county, sizeof(county));
    return c;
}

void money_sums_add(struct money_sums *s, const struct ledger_fund_row *row)
{
    int64_t gap = ledger_imbalance_fen(row->balance_fen);
    struct money_county *c = county_of(s, row->code);
    s->imbalance_fen += gap < 0 ? -gap : gap;
    s->loans_gap_fen += row->balance_fen[ACCOUNT_LENT] - row->balance_fen[ACCOUNT_BORROWED];
    s->cash_stopped += row->cash_stopped;
    c->available_fen += row->balance_fen[ACCOUNT_AVAILABLE];
    c->unreviewed_fen += row->balance_fen[ACCOUNT_UNREVIEWED];
    c->overdue_fen += row->overdue_fen;
}

static void head(struct buf *out, const char *name, const char *what)
{
    buf_putf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, what, name);
}

void money_sums_write(const struct money_sums *s, struct buf *out)
{
    int64_t loans = s->loans_gap_fen < 0 ? -s->loans_gap_fen : s->loans_gap_fen;
    head(out, "jiuji_ledger_imbalance_fen",
         "What the accounts of all funds are off balance by: must be 0.");
    buf_putf(out, "jiuji_ledger_imbalance_fen %lld\n", (long long)(s->imbalance_fen + loans));
    head(out, "jiuji_fund_available_fen", "What the funds of a county may still spend.");
    for (size_t i = 0; i < s->count; i++) {
        buf_putf(out, "jiuji_fund_available_fen{county=\"%s\"} %lld\n", s->counties[i].code,
                 (long long)s->counties[i].available_fen);
    }
    head(out, "jiuji_review_debt_fen",
         "First aid that no reviewer has confirmed, and of it what has overdue papers.");
    for (size_t i = 0; i < s->count; i++) {
        buf_putf(out, "jiuji_review_debt_fen{county=\"%s\",part=\"unreviewed\"} %lld\n",
                 s->counties[i].code, (long long)s->counties[i].unreviewed_fen);
        buf_putf(out, "jiuji_review_debt_fen{county=\"%s\",part=\"overdue\"} %lld\n",
                 s->counties[i].code, (long long)s->counties[i].overdue_fen);
    }
    head(out, "jiuji_cash_stopped", "Cash boxes that are stopped for a gap.");
    buf_putf(out, "jiuji_cash_stopped %llu\n", (unsigned long long)s->cash_stopped);
}
