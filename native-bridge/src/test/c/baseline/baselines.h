/*
 * baselines.h - the two baseline hosts. Each serves one run until host->is_ending, then drains the
 * queues and returns.
 */
#ifndef SLUICE_BASELINE_BASELINES_H
#define SLUICE_BASELINE_BASELINES_H

#include "host.h"

/* The minimal work of a host, in one loop on the calling thread. */
void floor_serve(struct host *h);

struct old_host_options {
  bool is_sweeping; /* every pass refills every pool, not only the entry's pool */
  bool is_ring;     /* copy records into the host's sink instead of keeping them */
  uint64_t keep_bytes; /* limit of all kept records; a vector that would exceed it restarts */
};

/*
 * The old host design: the calling thread is the manager and starts one collector. Returns NULL, or
 * why serving failed.
 */
const char *old_host_serve(struct host *h, const struct old_host_options *options);

#endif
