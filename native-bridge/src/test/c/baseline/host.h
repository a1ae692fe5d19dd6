/*
 * host.h - the host side of one session in plain C, shared by the two baselines: the arena, the
 * ledger, popping ready entries, pushing free buffers, counting records.
 *
 * It is measured against the daemon with the same producer, layouts and numbers of buffers. Unlike
 * the daemon it tolerates no fault: an entry that names no buffer of the device is counted and
 * skipped, everything else is trusted.
 */
#ifndef SLUICE_BASELINE_HOST_H
#define SLUICE_BASELINE_HOST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "producer/private_arena.h"
#include "sink.h"
#include "sluice_attach.h"
#include "sluice_recycle.h"

/* One full buffer, popped from a ready queue. */
struct ready {
  uint16_t kind;
  uint16_t instance;
  uint32_t index; /* index of the buffer within its kind */
};

/* Spare buffers of a pool, which neither the device nor a reader holds. LIFO. */
struct spares {
  uint32_t *index;
  uint32_t count;
};

/* Records accepted from a pool; owned by the thread that reads buffers. */
struct accepted {
  uint32_t last_token; /* AICore pools only */
  bool has_token;
};

struct kind_books {
  uint64_t produced; /* device totals: 32-bit per-pool counters, summed at the end of a run */
  uint64_t dropped;  /* the device's own count */
  uint64_t collected;
};

struct host {
  struct sluice_geometry geometry;
  struct sluice_recycler wire; /* layout, region, addresses */
  struct private_arena plan;
  int memfd;

  /* Owned by the thread that drains and refills. */
  uint8_t *with_device[SLUICE_KINDS]; /* by buffer: on a free queue, current or stashed */
  struct spares *spares[SLUICE_KINDS];
  uint32_t *next_seq[SLUICE_KINDS];
  uint64_t entries;
  uint64_t unfilled;      /* entries whose pool had no spare buffer */
  uint64_t violations;    /* entries that named no buffer of the device */
  uint64_t sequence_gaps; /* buffers whose sequence number was not the next */
  uint64_t freezes;       /* freezes opened, chip-2026.08 only */

  /* Owned by the thread that reads buffers. */
  struct accepted *accepted[SLUICE_KINDS];
  struct kind_books books[SLUICE_KINDS]; /* of the current or last run */
  struct sink *sink;

  _Atomic bool is_ending; /* the device is complete: drain and return */
};

/*
 * Plans and allocates the arena of a geometry. Returns NULL, or why it failed. Where the geometry
 * requests no number of buffers, it gets the daemon's default.
 */
const char *host_make_arena(struct host *h, const struct sluice_geometry *geometry);

/* Initialises region and free queues for a run. Returns NULL, or why it failed. */
const char *host_begin_run(struct host *h, uint64_t device_base);

/* Sums the device's counters after the last buffer was read. */
void host_end_run(struct host *h);

void host_free(struct host *h);

/*
 * Pops the next valid entry of a ready queue; returns false if the queue is empty. Counts and skips
 * an entry that names no buffer of the device.
 */
bool host_pop(struct host *h, unsigned queue, struct ready *entry);

/* Fills a pool's free queue from its spare buffers. Returns the number pushed. */
unsigned host_refill(struct host *h, unsigned kind, unsigned instance);

/* Refills the pool of an entry; counts it if there is no spare buffer. */
void host_refill_on_entry(struct host *h, const struct ready *entry);

/* Returns the number of buffers in a pool's free queue. */
uint32_t host_depth(const struct host *h, unsigned kind, unsigned instance);

/* Returns a buffer that was read to the spares of its pool. */
void host_give_back(struct host *h, const struct ready *entry);

uint8_t *host_buffer(const struct host *h, const struct ready *entry);

/* Returns whether all ready queues are empty. */
bool host_is_drained(const struct host *h);

/* Returns the number of records by the buffer's count; all slots for an AICore buffer. */
uint32_t host_slots(const struct host *h, const struct ready *entry);

/*
 * Returns true once per AICore record: if it was written and is newer than the last one accepted.
 * The count of these buffers is only a hint, and their slots may hold stale records.
 */
bool host_accept_aicore(struct host *h, unsigned core, const uint8_t *record);

#endif
