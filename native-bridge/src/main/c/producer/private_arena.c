#include "private_arena.h"

#include <string.h>

#include "sluice_lock.h"
#include "sluice_shared.h"

#define PAGE 4096u

static size_t align_up(size_t value, size_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

uint32_t private_arena_pools(const struct sluice_geometry *g, unsigned kind) {
  switch (kind) {
    case SLUICE_KIND_AICPU_TASK:
      return g->level >= 2 ? g->num_cores : 0;
    case SLUICE_KIND_SCHED_PHASE:
      return g->level >= 3 ? g->sched_threads : 0;
    case SLUICE_KIND_ORCH_PHASE:
      return g->level >= 4 ? 1 : 0;
    default:
      return g->num_cores;
  }
}

void private_arena_plan(struct private_arena *a, const struct sluice_layout *layout,
                        const struct sluice_geometry *g,
                        const uint32_t buffers_per_pool[SLUICE_KINDS]) {
  a->rotation_at = align_up(layout->region_bytes, 64);
  size_t at = align_up(a->rotation_at + 8 * (size_t)layout->cores, PAGE);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    a->buffers[kind] = private_arena_pools(g, kind) * buffers_per_pool[kind];
    a->buffer_at[kind] = at;
    at += a->buffers[kind] * layout->buffer_bytes[kind];
  }
  a->locks_at = align_up(at, SLUICE_LOCKS_BYTES);
  a->bytes = a->locks_at + SLUICE_LOCKS_BYTES;
}

void private_arena_init(const struct private_arena *a, struct sluice_recycler *host,
                        const struct sluice_geometry *g, uint32_t handed[SLUICE_KINDS]) {
  const struct sluice_layout *l = &host->layout;
  memset(host->host_base, 0, a->locks_at);
  store32_relaxed(host->region + l->num_cores_at, l->cores);
  store32_relaxed(host->region + l->level_at, g->level);
  memset(host->region + l->core_to_thread_at, -1, l->max_cores);
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    uint32_t pools = private_arena_pools(g, kind);
    handed[kind] = 0;
    /* Round by round, so that a small number of buffers is spread evenly. */
    for (uint32_t slot = 0; slot < l->slots; slot++) {
      for (uint32_t pool = 0; pool < pools && handed[kind] < a->buffers[kind]; pool++) {
        uint64_t offset = a->buffer_at[kind] + handed[kind]++ * l->buffer_bytes[kind];
        sluice_push_free(host, kind, pool, host->device_base + offset);
      }
    }
  }
}
