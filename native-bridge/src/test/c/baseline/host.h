/*
 * host.h - the host side of one session in plain C: what the two baselines have in common. The
 * arena, the ledger, popping ready entries, pushing free buffers, counting records.
 *
 * It exists to be measured beside the daemon, with the same producer, the same layouts and as many
 * buffers. Unlike the daemon it survives no fault: an entry that names no buffer of the device's is
 * counted and left, everything else is trusted.
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
  uint32_t index; /* of the buffer among those of its kind */
};

/* Where the buffers of a pool wait that neither the device nor a reader has. Last in, first out. */
struct spares {
  uint32_t *index;
  uint32_t count;
};

/* What has been accepted from a pool; belongs to the thread that reads buffers. */
struct accepted {
  uint32_t last_token; /* AICore pools only */
  bool has_token;
};

struct kind_books {
  uint64_t produced; /* device totals, 32 bits per pool, summed up at the end of a run */
  uint64_t dropped;  /* as the device counted it */
  uint64_t collected;
};

struct host {
  struct sluice_geometry geometry;
  struct sluice_recycler wire; /* layout, region, addresses */
  struct private_arena plan;
  int memfd;

  /* Of the thread that drains and refills. */
  uint8_t *with_device[SLUICE_KINDS]; /* by buffer: on a free queue, current or stashed */
  struct spares *spares[SLUICE_KINDS];
  uint32_t *next_seq[SLUICE_KINDS];
  uint64_t entries;
  uint64_t unfilled;      /* entries whose pool had no spare buffer to be refilled with */
  uint64_t violations;    /* entries that named no buffer of the device's */
  uint64_t sequence_gaps; /* buffers whose sequence number was not the next */
  uint64_t freezes;       /* opened, chip-2026.08 only */

  /* Of the thread that reads buffers. */
  struct accepted *accepted[SLUICE_KINDS];
  struct kind_books books[SLUICE_KINDS]; /* of the last run */
  struct sink *sink;

  _Atomic bool is_ending; /* the device is complete: drain to empty and return */
};

/*
 * Plans and makes the arena of a geometry: NULL, or why not. Where a geometry does not ask for a
 * number of buffers it gets as many as the daemon gives by default.
 */
const char *host_make_arena(struct host *h, const struct sluice_geometry *geometry);

/* Initialises region and free queues for a run. NULL, or why not. */
const char *host_begin_run(struct host *h, uint64_t device_base);

/* Sums up the device's counters after the last buffer was read. */
void host_end_run(struct host *h);

void host_free(struct host *h);

/*
 * Pops the next valid entry of a ready queue. false: the queue is empty. An entry that names no
 * buffer of the device's is counted and skipped.
 */
bool host_pop(struct host *h, unsigned queue, struct ready *entry);

/* Fills a pool's free queue from its spare buffers. Returns how many were pushed. */
unsigned host_refill(struct host *h, unsigned kind, unsigned instance);

/* The same for the pool an entry came from; notes if there was nothing to give. */
void host_refill_on_entry(struct host *h, const struct ready *entry);

/* Buffers in a pool's free queue now. */
uint32_t host_depth(const struct host *h, unsigned kind, unsigned instance);

/* Makes a buffer that was read a spare one of its pool again. */
void host_give_back(struct host *h, const struct ready *entry);

uint8_t *host_buffer(const struct host *h, const struct ready *entry);

/* True when no ready queue holds an entry. */
bool host_is_drained(const struct host *h);

/* The records of a buffer as far as its count tells; all slots of an AICore buffer. */
uint32_t host_slots(const struct host *h, const struct ready *entry);

/*
 * True, once per record, if the AICore record at this address is one that was not accepted before:
 * written, and newer than the last (the count of these buffers is a hint, and their slots may show
 * an earlier life).
 */
bool host_accept_aicore(struct host *h, unsigned core, const uint8_t *record);

#endif
