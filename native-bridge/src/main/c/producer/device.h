/*
 * device.h - the device as seen by the lanes: private copies of what only the device writes, and
 * the shared words themselves.
 *
 * A lane is one AICPU thread with one ready queue. It owns the pools of its cores and of its
 * phases; no other device thread writes to them. So everything that the device writes has a private
 * copy here, and the device reads from shared memory only what the host writes (queue heads,
 * free-queue slots and tails, freeze flags).
 */
#ifndef SLUICE_DEVICE_H
#define SLUICE_DEVICE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "faults.h"
#include "histogram.h"
#include "options.h"
#include "sluice_content.h"
#include "sluice_layout.h"
#include "sluice_region.h"

/* Tasks that a lane runs on one core before it switches to the next. */
#define RUN_TASKS 32

/* Tasks per recorded scheduler loop iteration: one dispatch and one complete record. */
#define TASKS_PER_PHASE 16

struct pool {
  uint8_t *shared; /* ActiveHead, then FreeQueue */
  uint8_t *buffer; /* current_buf_ptr; NULL = none */
  uint64_t stream; /* seed of the record content */
  uint64_t total;  /* attempts of this run; shared memory continues from the previous run */
  uint64_t dropped;
  uint64_t phantom; /* attempts invented by the fault counter-wrap */
  uint32_t total_before; /* counter values when the run began: 0 after a settlement */
  uint32_t dropped_before;
  uint64_t published_records; /* in published buffers; where the layout has such counters */
  uint32_t published_buffers;
  uint32_t live; /* writes into the current buffer; for AICore pools, dispatches */
  uint32_t seq;
  uint32_t count; /* of the current buffer; unused for AICore pools */
  uint32_t fq_head;
  uint32_t tail_due; /* free-queue tail once the host has replaced all published buffers */
  uint32_t seq_skew; /* sequence numbers skipped by the fault sequence-gap */
  uint16_t kind;
  uint16_t instance;
};

/* A full AICore buffer that may not be published yet. */
struct stash {
  uint8_t *buffer; /* NULL = nothing stashed */
  uint32_t seq;
  uint32_t gate; /* token of the dispatch whose ACK proves the buffer complete */
  uint32_t written;
  uint32_t dispatched; /* into this buffer, as the AICPU counts it */
};

struct core {
  struct pool aicpu;
  struct pool aicore; /* total = dispatches */
  struct stash stash;
  unsigned index;
  uint64_t finished; /* tasks with records written, in order; at most one behind dispatches */
  uint64_t task_limit;
  /* The AICore's view of its pool head. */
  uint8_t *slots;
  uint32_t slot;
  uint32_t seen_seq;
};

struct lane {
  struct device *device;
  pthread_t thread;
  unsigned index;
  unsigned queue;

  /* ready queue */
  uint8_t *head_word;
  uint8_t *tail_word;
  uint32_t tail;
  uint32_t seen_head;

  struct core *cores;
  unsigned core_count;
  struct pool sched; /* used if has_sched */
  struct pool orch;  /* used if has_orch */
  bool has_sched;
  bool has_orch;
  unsigned phase_credit; /* tasks since the last pair of phase records */
  struct faults faults;

  /* pace */
  uint64_t tasks;
  double forgone;      /* tasks that were due but will never be written: --catch-up-ns */
  uint64_t granted_ns; /* when the last tasks were granted */

  /* measurements */
  uint64_t last_clock_ns;
  uint64_t max_pause_ns;
  uint64_t stall_ns;
  uint64_t own_sleep_ns; /* at most this part of stall_ns is the lane's own oversleeping */
  uint64_t aicore_lost;
  uint64_t ended_ns; /* when production ended, before the flush */
  struct histogram waits;
  struct histogram refills;
  struct pool *watched; /* pool whose refill is being timed */
  uint32_t watch_due;
  uint64_t watch_since_ns;

  /* For progress and the orchestrator; written by this lane only. */
  _Alignas(64) _Atomic uint64_t tasks_done;
  _Atomic uint64_t phases_done;
  _Atomic uint64_t orchs_done;
  _Atomic uint64_t dropped;
  _Atomic bool finished;
};

/* A pool of a region other than the swimlane. */
struct region_pool {
  uint8_t *shared;
  uint8_t *buffer; /* current_buf_ptr; NULL = none */
  uint64_t stream;
  uint64_t total;
  uint64_t dropped;
  uint32_t seq;
  uint32_t count; /* of the current buffer */
  uint32_t fq_head;
  uint32_t instance;
};

/* A region other than the swimlane, in the order of sluice_other_regions. */
struct device_region {
  struct sluice_region_layout layout;
  uint8_t *base;
  struct region_pool *pools; /* NULL: not part of the session */
  uint32_t tails[SLUICE_MAX_THREADS];
  uint64_t credit; /* tasks since the last scope */
};

struct device {
  struct sluice_layout layout;
  struct device_region regions[SLUICE_OTHER_REGIONS];
  struct content content;
  const struct options *options;
  uint8_t *arena;
  size_t arena_bytes;
  uint8_t *region;
  uint64_t *rotation_table;
  uint32_t level;
  uint32_t sched_threads;

  bool two_in_flight; /* the record of task n lands after the dispatch of task n + 1 */
  bool
      reserve_before_ack; /* the AICore takes its slot before it acknowledges, not when it writes */
  bool has_counters;      /* pools count what they publish */
  bool has_ack_gate;      /* a stashed buffer is released when its gate is acknowledged */

  struct core *cores;
  struct lane *lanes;
  bool has_orchestrator; /* at level 4, on the last lane */
  unsigned lane_count; /* scheduler lanes, then the orchestrator's if it has its own */

  uint64_t wait_limit_ns; /* of one wait for the host; UINT64_MAX: unlimited */
  uint64_t run_epoch;
  uint8_t *terminal_bank; /* NULL: no snapshot is written */
  unsigned dry_at_init; /* pools without a buffer at init: each an error line on a real device */

  bool crowded; /* more busy threads than CPUs: waits must yield the CPU */
  bool stagger; /* cores start at different fill levels of their buffers */
  uint64_t go_ns;
  uint64_t deadline_ns;
  double tasks_per_ns_per_core;
  void (*host_step)(struct lane *lane); /* self test: acts as host between runs; otherwise NULL */
  _Atomic bool go;
  _Atomic bool stop;  /* end the run in order */
  _Atomic bool abort; /* leave at once: no host refills any more */
};

/*
 * Does what the AICPU leader does before cores may be dispatched: rotation table, first buffers,
 * phase counts. Also creates the lanes' private state. 0, or -1 if out of memory.
 */
int device_init(struct device *d);

void device_free(struct device *d);

/* Runs one lane to its end: production, then flush. Thread entry point; the argument is the
 * lane. */
void *lane_main(void *lane);

/* Writes core_to_thread, as the orchestrator does once when it ends. */
void device_publish_core_map(struct device *d);

#endif
