/* phases.h - scheduler and orchestrator phase records. */
#ifndef SLUICE_PHASES_H
#define SLUICE_PHASES_H

#include "device.h"

/* Commits n scheduler phase records to the lane's own pool. */
void sched_run(struct lane *l, unsigned n);

/* Commits n orchestrator records. */
void orch_run(struct lane *l, uint64_t n);

/* Publishes the current buffer of a phase pool and clears its pointer. If publishing fails, the
 * layout decides whether the pool keeps the buffer. */
void phase_flush(struct lane *l, struct pool *p);

#endif
