/*
 * sluice_twin.h - keeps two regions with the same plan in step: the arena, which the daemon serves
 * as the host, and memory of the device, which the device fills. ADR 12 says why; not installed.
 *
 * Buffer i here and buffer i there are twins: when the daemon lends the one to a pool, the other is
 * lent to the device; when the device publishes its own, the payload is copied and the other is
 * published to the daemon. So there is always a place to copy to, and nothing that could be
 * dropped.
 *
 * Who writes what. Arena: all of the device's words, and the payload of a buffer between its loan
 * and its publication. Device: all of the host's words. Nothing that the device wrote is used as an
 * index or address before it was checked; what makes no sense is passed on for the daemon to count.
 *
 * One thread steps it. It allocates nothing, takes no lock and waits for nothing.
 */
#ifndef SLUICE_TWIN_H
#define SLUICE_TWIN_H

#include "sluice_attach.h"
#include "sluice_device_memory.h"
#include "sluice_layout.h"

struct twin_pool {
  uint32_t tail;     /* of the device's free queue: our word */
  uint32_t head;     /* of the device's free queue, as last seen; not checked */
  uint32_t next_seq; /* of the next buffer that it publishes */
  uint32_t looks;    /* how often to look for a pop that is about to happen */
};

struct twin_queue {
  uint32_t head;         /* of the device's ready queue: our word */
  uint32_t tail;         /* of the arena's ready queue: our word */
  uint64_t torn_since_ns; /* since when the entry at the head makes no sense; 0 = it does */
};

struct sluice_twin {
  struct sluice_device_memory memory;
  struct sluice_layout layout;
  uint8_t *arena;
  size_t arena_bytes;
  size_t region_at; /* in both */
  size_t buffers_at;
  uint64_t buffer_at[SLUICE_KINDS]; /* in both, of the first one; those of a kind are contiguous */
  uint32_t buffers[SLUICE_KINDS];

  uint8_t *lent[SLUICE_KINDS]; /* by buffer: the device has it */
  struct twin_pool *pools[SLUICE_KINDS];
  struct twin_queue queues[SLUICE_MAX_THREADS];
  uint8_t *snapshot; /* of all pools, where one copy brings them */
  uint64_t swept_ns;
  uint64_t worked_ns;
  const char *broken; /* a word of the daemon's that makes no sense; NULL while all do */
  struct sluice_relay_stats stats;
};

/*
 * Makes the device's side of an arena. The calling thread has set its device. After a failure
 * nothing is left behind.
 */
int sluice_twin_make(struct sluice_twin *t, const struct sluice_geometry *geometry,
                     const struct sluice_arena *arena, uint8_t *base, char *error,
                     size_t error_bytes);

void sluice_twin_free(struct sluice_twin *t);

/* Before a launch: the state that the daemon gave the arena, and all that it has lent. */
void sluice_twin_begin(struct sluice_twin *t);

/* One look at everything that may have moved. Returns buffers moved, either way. */
unsigned sluice_twin_step(struct sluice_twin *t, uint64_t now_ns, int is_final);

/*
 * The device is complete and its queues are empty: brings over what it never published, and its
 * last counters, for the daemon to salvage and to settle.
 */
void sluice_twin_end(struct sluice_twin *t);

/* Entries that the device has published and that are not in the arena yet. */
unsigned sluice_twin_backlog(struct sluice_twin *t);

/* Whether the two can be kept in step no longer. */
static inline int sluice_twin_is_broken(const struct sluice_twin *t) {
  return t->memory.failure != 0 || t->broken != NULL;
}

#endif
