/*
 * baselines.h - the two hosts. Each serves one run until host->is_ending, then drains what is left
 * and returns.
 */
#ifndef SLUICE_BASELINE_BASELINES_H
#define SLUICE_BASELINE_BASELINES_H

#include "host.h"

/* The least a host has to do, in one loop on the calling thread. */
void floor_serve(struct host *h);

/*
 * The old host design: the calling thread is the manager, a collector is started beside it. With
 * is_sweeping every pool is refilled on every pass, not only the one an entry came from. NULL, or
 * why it could not be served.
 */
const char *old_host_serve(struct host *h, bool is_sweeping);

#endif
