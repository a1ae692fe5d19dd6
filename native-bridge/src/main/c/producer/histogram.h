/* histogram.h - durations in nanoseconds, 1/32 relative resolution, fixed memory, single writer. */
#ifndef SLUICE_HISTOGRAM_H
#define SLUICE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 5
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
  uint64_t samples;
  uint64_t max;
  uint64_t counts[HISTOGRAM_BUCKETS];
};

static inline unsigned histogram_bucket(uint64_t value) {
  if (value < (1u << HISTOGRAM_SUB_BITS)) {
    return (unsigned)value;
  }
  unsigned exponent = 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;
  return ((exponent + 1) << HISTOGRAM_SUB_BITS) +
         (unsigned)(value >> exponent & ((1u << HISTOGRAM_SUB_BITS) - 1));
}

static inline void histogram_add(struct histogram *h, uint64_t value) {
  h->samples++;
  h->max = value > h->max ? value : h->max;
  h->counts[histogram_bucket(value)]++;
}

void histogram_merge(struct histogram *into, const struct histogram *from);

/* The largest value of the bucket with the quantile, at most max; 0 without samples. */
uint64_t histogram_quantile(const struct histogram *h, double quantile);

#endif
