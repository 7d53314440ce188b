/* Durations counted in buckets whose width grows with the value: quantiles are right to 1/128 (0.8 %), whatever the
 * range. */
#ifndef TESTS_BENCH_HISTOGRAM_H
#define TESTS_BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_STEPS 128 /* buckets per doubling */
#define HISTOGRAM_BUCKETS (HISTOGRAM_STEPS * 58)

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t count;
    uint64_t sum;
    uint64_t most;
};

void histogram_add(struct histogram *h, uint64_t value);
/* The least value that at least `share` (0..1) of all values do not exceed, rounded up to its bucket's end (never above
 * the largest value seen); 0 when empty. */
uint64_t histogram_quantile(const struct histogram *h, double share);

#endif
