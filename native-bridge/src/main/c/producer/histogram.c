#include "histogram.h"

void histogram_merge(struct histogram *into, const struct histogram *from) {
  into->samples += from->samples;
  into->max = from->max > into->max ? from->max : into->max;
  for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
    into->counts[i] += from->counts[i];
  }
}

static uint64_t bucket_end(unsigned bucket) {
  if (bucket < (1u << HISTOGRAM_SUB_BITS)) {
    return bucket;
  }
  unsigned exponent = (bucket >> HISTOGRAM_SUB_BITS) - 1;
  uint64_t low = bucket & ((1u << HISTOGRAM_SUB_BITS) - 1);
  return (((1u << HISTOGRAM_SUB_BITS) + low + 1) << exponent) - 1;
}

uint64_t histogram_quantile(const struct histogram *h, double quantile) {
  uint64_t rank = (uint64_t)(quantile * (double)h->samples);
  uint64_t seen = 0;
  for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
    seen += h->counts[i];
    if (seen > rank) {
      uint64_t end = bucket_end(i);
      return end < h->max ? end : h->max;
    }
  }
  return h->max;
}
