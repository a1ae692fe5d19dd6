/*
 * private_arena.h - the host's side of an arena, made in this process: for the self test and for
 * tests, which have no daemon.
 */
#ifndef SLUICE_PRIVATE_ARENA_H
#define SLUICE_PRIVATE_ARENA_H

#include <stdint.h>

#include "sluice_layout.h"
#include "sluice_recycle.h"

struct private_arena {
  size_t bytes;
  size_t rotation_at;
  size_t locks_at; /* of the lock page, which a self test has no use for */
  size_t buffer_at[SLUICE_KINDS];
  uint32_t buffers[SLUICE_KINDS];
};

/* Decides where everything lies: region, rotation table, buffers_per_pool for each used pool. */
void private_arena_plan(struct private_arena *a, const struct sluice_layout *layout,
                        const struct sluice_geometry *g,
                        const uint32_t buffers_per_pool[SLUICE_KINDS]);

/* Pools of a kind that a geometry uses: the phase kinds have fewer than the region has room for. */
uint32_t private_arena_pools(const struct sluice_geometry *g, unsigned kind);

/*
 * Zeroes the region, writes the header and fills the free queues. base is arena byte 0 here,
 * device_base where the device sees it. What does not fit into the queues stays with the caller:
 * the buffers of a kind are handed out in order, *handed[kind] says how many.
 */
void private_arena_init(const struct private_arena *a, struct sluice_recycler *host,
                        const struct sluice_geometry *g, uint32_t handed[SLUICE_KINDS]);

#endif
