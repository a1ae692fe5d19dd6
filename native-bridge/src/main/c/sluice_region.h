/*
 * sluice_region.h - the offsets of the regions other than the swimlane, as run-time values. Each
 * region has one kind of buffer, and its own ready queues.
 */
#ifndef SLUICE_REGION_H
#define SLUICE_REGION_H

#include <stddef.h>
#include <stdint.h>

#include "sluice_layout.h"

/* Kinds that are served, the swimlane's first. */
#define SLUICE_SERVED_KINDS 6

/* The regions that are served in addition to the swimlane. */
#define SLUICE_OTHER_REGIONS 2
extern const uint8_t sluice_other_regions[SLUICE_OTHER_REGIONS];

struct sluice_region_layout {
  uint32_t region; /* enum sluice_region */
  uint32_t kind;   /* enum sluice_kind */
  uint32_t threads;
  uint32_t queue_entries;
  uint32_t pools;
  uint32_t slots;
  uint32_t records; /* per buffer */
  uint32_t record_bytes;

  /* inside a buffer */
  size_t records_at;
  size_t count_at;
  size_t epoch_at;
  size_t local_seq_at;
  size_t buffer_bytes;

  /* inside the region */
  size_t heads_at;
  size_t tails_at;
  size_t words_at; /* num_cores or num_instances, then the region's own words */
  size_t header_bytes;
  size_t pool_bytes;
  size_t ring_table_at; /* PMU on a5: addresses of the staging rings, u64[cores]; otherwise 0 */
  size_t region_bytes;

  /* inside a pool */
  size_t ptr_at;
  size_t seq_at;
  size_t total_at;
  size_t dropped_at;
  size_t fq_head_at;
  size_t fq_tail_at;
};

/*
 * Fills the layout of a region. Returns 0, or -1 if number is not one of sluice_other_regions or
 * the layout lacks it: only chip-2026.09 has it.
 */
int sluice_region_init(struct sluice_region_layout *region, const struct sluice_layout *layout,
                       unsigned number);

/*
 * Whether every requested region is present with at least the layout's size, and all lie inside the
 * arena without overlap. asked: bitwise OR of SLUICE_REGION(...); 0 is the swimlane.
 */
int sluice_regions_are_sound(const uint64_t offsets[SLUICE_REGIONS],
                             const uint64_t sizes[SLUICE_REGIONS], uint64_t arena_bytes,
                             const struct sluice_layout *layout, uint32_t asked);

static inline size_t sluice_state_at(const struct sluice_region_layout *r, unsigned instance) {
  return r->header_bytes + instance * r->pool_bytes;
}

static inline size_t sluice_region_entry_at(const struct sluice_region_layout *r, unsigned queue,
                                            unsigned index) {
  return ((size_t)queue * r->queue_entries + index) * SLUICE_ENTRY_BYTES;
}

#endif
