#include "server/metrics.h"

/* Upper bounds in microseconds; the last bucket is everything above. */
static const int64_t BOUNDS_US[METRIC_BUCKETS - 1] = {500,   1000,   2000,   5000,   10000,
                                                      25000, 100000, 500000, 2000000};
static const char *const BOUNDS_TEXT[METRIC_BUCKETS] = {
    "0.0005", "0.001", "0.002", "0.005", "0.01", "0.025", "0.1", "0.5", "2", "+Inf"};

void metrics_intake_took(struct metrics *m, int64_t us)
{
    size_t at = 0;
    while (at < METRIC_BUCKETS - 1 && us > BOUNDS_US[at]) {
        at++;
    }
    m->intake_us[at]++;
    m->intake_us_sum += (uint64_t)us;
    m->intake_count++;
}

static void head(struct buf *out, const char *name, const char *type, const char *what)
{
    buf_putf(out, "# HELP %s %s\n# TYPE %s %s\n", name, what, name, type);
}

static void single(struct buf *out, const char *name, const char *type, const char *what,
                   uint64_t value)
{
    head(out, name, type, what);
    buf_putf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void write_intake(const struct metrics *m, struct buf *out)
{
    uint64_t below = 0;
    head(out, "jiuji_intake_seconds", "histogram",
         "From the ticket's last byte to its durable answer.");
    for (size_t i = 0; i < METRIC_BUCKETS; i++) {
        below += m->intake_us[i];
        buf_putf(out, "jiuji_intake_seconds_bucket{le=\"%s\"} %llu\n", BOUNDS_TEXT[i],
                 (unsigned long long)below);
    }
    buf_putf(out, "jiuji_intake_seconds_sum %llu.%06llu\njiuji_intake_seconds_count %llu\n",
             (unsigned long long)(m->intake_us_sum / 1000000),
             (unsigned long long)(m->intake_us_sum % 1000000), (unsigned long long)m->intake_count);
}

static void write_queues(const struct store_stats *stats, struct buf *out)
{
    head(out, "jiuji_queue_jobs", "gauge", "Jobs by stage and part of its queue.");
    for (int i = 0; i < STATS_STAGES; i++) {
        const struct stage_stats *s = &stats->stages[i];
        const char *stage = stage_word((enum stage)i);
        buf_putf(out, "jiuji_queue_jobs{stage=\"%s\",part=\"ready\"} %lld\n", stage,
                 (long long)s->ready);
        buf_putf(out, "jiuji_queue_jobs{stage=\"%s\",part=\"leased\"} %lld\n", stage,
                 (long long)s->leased);
        buf_putf(out, "jiuji_queue_jobs{stage=\"%s\",part=\"delayed\"} %lld\n", stage,
                 (long long)s->delayed);
        buf_putf(out, "jiuji_queue_jobs{stage=\"%s\",part=\"dead\"} %lld\n", stage,
                 (long long)s->dead);
    }
    single(out, "jiuji_timers", "gauge", "Deadlines that are being watched.",
           (uint64_t)stats->timers);
    single(out, "jiuji_event_entries", "gauge", "Entries of the event stream.",
           (uint64_t)stats->events);
}

void metrics_rules_write(bool alarm, bool signatures, struct buf *out)
{
    single(out, "jiuji_policy_refused", "gauge",
           "1 when the pack in force in the store is refused by this process: a person must look.",
           alarm);
    single(out, "jiuji_policy_signatures_asked", "gauge",
           "1 when packs or standing orders must be signed.", signatures);
}

void metrics_write(const struct metrics *m, const struct http_counters *http,
                   const struct store_stats *stats, bool store_ready, struct buf *out)
{
    single(out, "jiuji_tickets_created_total", "counter", "Tickets stored as new cases.",
           m->tickets_created);
    single(out, "jiuji_tickets_replayed_total", "counter", "Tickets that were stored before.",
           m->tickets_replayed);
    single(out, "jiuji_tickets_refused_total", "counter", "Tickets refused for faults in them.",
           m->tickets_refused);
    write_intake(m, out);
    head(out, "jiuji_http_answers_total", "counter", "Answers of the API by class of status.");
    for (int i = 2; i < 6; i++) {
        buf_putf(out, "jiuji_http_answers_total{class=\"%dxx\"} %llu\n", i,
                 (unsigned long long)m->answers[i]);
    }
    single(out, "jiuji_http_connections", "gauge", "Open client connections.", http->open_now);
    single(out, "jiuji_http_bad_requests_total", "counter", "Requests the HTTP layer refused.",
           http->bad_requests);
    single(out, "jiuji_http_timeouts_total", "counter",
           "Requests that came or were read too slowly.",
           http->head_timeouts + http->body_timeouts + http->write_timeouts);
    single(out, "jiuji_intake_batches_total", "counter", "Intake calls to the store.",
           m->intake_batches);
    single(out, "jiuji_payment_callbacks_total", "counter", "Callbacks of payment rails.",
           m->callbacks);
    single(out, "jiuji_payment_contradictions_total", "counter",
           "News of payments that contradict what we hold.", m->callback_oddities);
    single(out, "jiuji_sms_received_total", "counter", "Messages of people, stored.", m->sms_received);
    head(out, "jiuji_sms_repeated_total", "counter", "Messages that were stored before, by who repeated them.");
    buf_putf(out, "jiuji_sms_repeated_total{by=\"operator\"} %llu\njiuji_sms_repeated_total{by=\"sender\"} %llu\n",
             (unsigned long long)m->sms_by_operator, (unsigned long long)m->sms_by_sender);
    single(out, "jiuji_sms_receipts_total", "counter", "Delivery receipts of our messages.", m->sms_receipts);
    single(out, "jiuji_sms_receipts_parked_total", "counter",
           "Delivery receipts that came before the message was known.", m->sms_parked);
    single(out, "jiuji_store_errors_total", "counter",
           "Calls that the store did not answer as hoped.", m->store_errors);
    single(out, "jiuji_store_ready", "gauge", "1 when the store takes calls.", store_ready);
    if (stats != NULL) {
        write_queues(stats, out);
    }
}
