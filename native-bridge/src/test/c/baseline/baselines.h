/*
 * baselines.h - the two hosts. Each serves one run until host->is_ending, then drains what is left
 * and returns.
 */
#ifndef SLUICE_BASELINE_BASELINES_H
#define SLUICE_BASELINE_BASELINES_H

#include "host.h"

/* The least a host has to do, in one loop on the calling thread. */
void floor_serve(struct host *h);

struct old_host_options {
  bool is_sweeping; /* every pass refills every pool, not only the one an entry came from */
  bool is_ring;     /* copy records into the host's sink, over and over, instead of keeping them */
  uint64_t keep_bytes; /* what the kept records may take; a vector that needs more starts over */
};

/*
 * The old host design: the calling thread is the manager, a collector is started beside it. NULL,
 * or why it could not be served.
 */
const char *old_host_serve(struct host *h, const struct old_host_options *options);

#endif
