/*
 * sluice_twin_parts.h - what the two halves of the relay's engine share: sluice_twin.c (buffers,
 * and the life of a pair of regions) and sluice_twin_pools.c. Not installed.
 */
#ifndef SLUICE_TWIN_PARTS_H
#define SLUICE_TWIN_PARTS_H

#include "sluice_shared.h"
#include "sluice_twin.h"

/* A pop follows the publication that it belongs to at once; the sweep finds what comes later. */
#define LOOKS 2

/* Where no buffer starts: for addresses of the device that are none of ours. */
#define NOWHERE 1u

/* ---- addresses ------------------------------------------------------------------------------- */

static inline uint64_t twin_device_base(const struct sluice_twin *t) {
  return (uint64_t)(uintptr_t)t->memory.pointer;
}

static inline uint64_t twin_arena_base(const struct sluice_twin *t) {
  return (uint64_t)(uintptr_t)t->arena;
}

/* An address of the device as the daemon knows it. */
static inline uint64_t twin_translate(const struct sluice_twin *t, uint64_t address) {
  uint64_t offset = address - twin_device_base(t);
  return address == 0 ? 0 : offset < t->arena_bytes ? twin_arena_base(t) + offset : NOWHERE;
}

/* Which buffer of a kind starts at an offset; -1 if none does. */
static inline int64_t twin_buffer_index(const struct sluice_twin *t, unsigned kind,
                                        uint64_t offset) {
  uint64_t inside = offset - t->buffer_at[kind];
  uint64_t bytes = t->layout.buffer_bytes[kind];
  return inside % bytes == 0 && inside / bytes < t->buffers[kind] ? (int64_t)(inside / bytes) : -1;
}

static inline size_t twin_buffer_offset(const struct sluice_twin *t, unsigned kind,
                                        uint32_t index) {
  return t->buffer_at[kind] + index * t->layout.buffer_bytes[kind];
}

static inline size_t twin_pool_offset(const struct sluice_twin *t, unsigned kind,
                                      unsigned instance) {
  return t->region_at + sluice_pool_at(&t->layout, kind, instance);
}

/* A word of ours in the arena, whose cache line the daemon reads: left alone while the same. */
static inline void twin_set32(uint8_t *word, uint32_t value) {
  if (load32_relaxed(word) != value) {
    store32_release(word, value);
  }
}

/* ---- pools ----------------------------------------------------------------------------------- */

/* Brings one pool's heads and counters into the arena. */
void twin_look_at_pool(struct sluice_twin *t, unsigned kind, unsigned instance);

/* All pools, with one copy where a copy is what costs, and the words of the header. */
void twin_sweep(struct sluice_twin *t);

/* Lends the device all that the daemon has lent since the last look. Returns buffers. */
unsigned twin_lend_all(struct sluice_twin *t);

/* Takes back what lies in the free queue of a pool, whose device is complete: it is empty. */
void twin_forget_free(struct sluice_twin *t, unsigned kind, unsigned instance);

#endif
