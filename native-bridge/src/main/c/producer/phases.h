/* phases.h - scheduler and orchestrator phase records. */
#ifndef SLUICE_PHASES_H
#define SLUICE_PHASES_H

#include "device.h"

/* Commits n scheduler phase records to the lane's own pool. */
void sched_run(struct lane *l, unsigned n);

/* Commits n orchestrator records. */
void orch_run(struct lane *l, uint64_t n);

/* Publishes the current buffer of a phase pool; clears its pointer in any case. */
void phase_flush(struct lane *l, struct pool *p);

#endif
