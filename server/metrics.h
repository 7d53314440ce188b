/* Counters of one gateway, shown in Prometheus' text form. No personal data, few labels. */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include "queue/base/buf.h"
#include "queue/store/calls_read.h"
#include "server/http/http_server.h"

#define METRIC_BUCKETS 10

struct metrics {
    uint64_t tickets_created, tickets_replayed, tickets_refused;
    uint64_t answers[6]; /* by status / 100 */
    uint64_t callbacks, callback_oddities;
    uint64_t store_errors;
    uint64_t intake_batches;
    uint64_t intake_us[METRIC_BUCKETS]; /* histogram of intake, see metrics.c for the bounds */
    uint64_t intake_us_sum, intake_count;
};

void metrics_intake_took(struct metrics *m, int64_t us);
/* stats may be NULL when the store cannot be asked. */
void metrics_write(const struct metrics *m, const struct http_counters *http,
                   const struct store_stats *stats, bool store_ready, struct buf *out);

#endif
