/*
 * private_arena.h - the host's side of an arena in this process: for the self test and for tests,
 * which run without a daemon.
 */
#ifndef SLUICE_PRIVATE_ARENA_H
#define SLUICE_PRIVATE_ARENA_H

#include <stdint.h>

#include "sluice_layout.h"
#include "sluice_recycle.h"

struct private_arena {
  size_t bytes;
  size_t rotation_at;
  size_t locks_at; /* the lock page, unused by a self test */
  size_t buffer_at[SLUICE_KINDS];
  uint32_t buffers[SLUICE_KINDS];
};

/* Lays out the arena: region, rotation table, buffers_per_pool for each used pool. */
void private_arena_plan(struct private_arena *a, const struct sluice_layout *layout,
                        const struct sluice_geometry *g,
                        const uint32_t buffers_per_pool[SLUICE_KINDS]);

/* Number of pools of a kind that a geometry uses: the region has room for more phase pools. */
uint32_t private_arena_pools(const struct sluice_geometry *g, unsigned kind);

/*
 * Zeroes the region, writes the header and fills the free queues. base is arena byte 0 in this
 * process, device_base its address as seen by the device. Buffers that do not fit into the queues
 * stay with the caller: the buffers of a kind are handed out in order, *handed[kind] of them.
 */
void private_arena_init(const struct private_arena *a, struct sluice_recycler *host,
                        const struct sluice_geometry *g, uint32_t handed[SLUICE_KINDS]);

#endif
