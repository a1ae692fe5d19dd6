/* tasks.h - the records of a task: AicpuTask by the lane, AicoreTask by the core it runs on. */
#ifndef SLUICE_TASKS_H
#define SLUICE_TASKS_H

#include "device.h"

/* Dispatches n tasks to a core and finishes those that are no longer in flight. */
void core_run(struct lane *l, struct core *c, uint64_t n);

/* Lets the task in flight finish, then publishes the core's partial buffers. */
void core_flush(struct lane *l, struct core *c);

#endif
