/* Counters of one gateway, shown in Prometheus' text form. No personal data, few labels. */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include "queue/base/buf.h"
#include "queue/store/calls_ledger.h"
#include "server/http/http_server.h"

#define METRIC_BUCKETS 10

struct metrics {
    uint64_t tickets_created, tickets_replayed, tickets_refused;
    uint64_t answers[6]; /* by status / 100 */
    uint64_t callbacks, callback_oddities;
    uint64_t sms_received, sms_by_operator, sms_by_sender, sms_receipts, sms_parked;
    uint64_t store_errors;
    uint64_t intake_batches;
    uint64_t intake_us[METRIC_BUCKETS]; /* histogram of intake, see metrics.c for the bounds */
    uint64_t intake_us_sum, intake_count;
};

/* Money of the funds, summed by county: Guizhou has 88 of them. */
#define METRIC_COUNTIES_MAX 200
struct money_county {
    char code[7]; /* "other": what does not fit */
    int64_t available_fen, unreviewed_fen, overdue_fen;
};
struct money_sums {
    int64_t imbalance_fen, loans_gap_fen;
    uint64_t cash_stopped;
    size_t count;
    struct money_county counties[METRIC_COUNTIES_MAX];
};
void money_sums_add(struct money_sums *s, const struct ledger_fund_row *row);
void money_sums_write(const struct money_sums *s, struct buf *out);

void metrics_intake_took(struct metrics *m, int64_t us);
/* The rules: is another pack in force in the store than here, and are signatures asked for? */
void metrics_rules_write(bool alarm, bool signatures, struct buf *out);
/* stats may be NULL when the store cannot be asked. */
void metrics_write(const struct metrics *m, const struct http_counters *http,
                   const struct store_stats *stats, bool store_ready, struct buf *out);

#endif
