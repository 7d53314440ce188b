#include "tests/bench/histogram.h"

/* Values below HISTOGRAM_STEPS have a bucket each; above, each doubling has HISTOGRAM_STEPS
 * buckets. */
static size_t bucket_of(uint64_t value)
{
    if (value < HISTOGRAM_STEPS) {
        return (size_t)value;
    }
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - 7U; /* 2^7 steps */
    return (size_t)(shift * HISTOGRAM_STEPS + (value >> shift));
}

/* The largest value of a bucket. */
static uint64_t bucket_end(size_t bucket)
{
    if (bucket < HISTOGRAM_STEPS) {
        return bucket;
    }
    uint64_t shift = bucket / HISTOGRAM_STEPS - 1;
    return ((bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS + 1) << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t value)
{
    h->counts[bucket_of(value)]++;
    h->count++;
    h->sum += value;
    h->most = value > h->most ? value : h->most;
}

uint64_t histogram_quantile(const struct histogram *h, double share)
{
    uint64_t below = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        below += h->counts[i];
        if (h->counts[i] > 0 && (double)below >= share * (double)h->count) {
            uint64_t end = bucket_end(i);
            return end < h->most ? end : h->most;
        }
    }
    return h->most;
}
