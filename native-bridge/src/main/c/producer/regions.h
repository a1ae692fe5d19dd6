/* regions.h - how lanes write the records of the regions other than the swimlane. */
#ifndef SLUICE_REGIONS_H
#define SLUICE_REGIONS_H

#include "device.h"

/* Binds the pools and queues of the session's regions. 0, or -1 if out of memory. */
int regions_init(struct device *d, const uint64_t offsets[SLUICE_REGIONS]);

void regions_free(struct device *d);

/* Writes the records of n tasks of a core. */
void pmu_run(struct lane *l, const struct core *c, uint64_t n);

/* Writes the records of the scopes in which n tasks were submitted. */
void scope_stats_run(struct lane *l, uint64_t n);

/* Publishes the lane's partial buffers at the end of the run. */
void regions_flush(struct lane *l);

#endif
