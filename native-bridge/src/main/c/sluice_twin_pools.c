/*
 * sluice_twin_pools.c - pools and header: what the device did to them, into the arena; what the
 * daemon lends, to the device.
 */
#include <string.h>

#include "sluice_shared.h"
#include "sluice_twin_parts.h"

#define HEAD_BYTES 24u /* of an ActiveHead: what is defined, in whole double words */

/* ---- device to arena: pools ------------------------------------------------------------------ */

/* The words of an ActiveHead, and the free head, into the arena's pool. */
static void mirror_pool(struct sluice_twin *t, unsigned kind, unsigned instance,
                        const uint8_t head[HEAD_BYTES], uint32_t fq_head) {
  uint8_t *pool = t->arena + twin_pool_offset(t, kind, instance);
  uint64_t current;
  uint32_t words[3]; /* sequence, total, dropped */
  memcpy(&current, head, sizeof current);
  memcpy(words, head + SLUICE_POOL_SEQ, sizeof words);
  store64_release(pool + SLUICE_POOL_PTR, twin_translate(t, current));
  twin_set32(pool + SLUICE_POOL_SEQ, words[0]);
  twin_set32(pool + SLUICE_POOL_TOTAL, words[1]);
  twin_set32(pool + SLUICE_POOL_DROPPED, words[2]);
  twin_set32(pool + t->layout.fq_head_at, fq_head);
  t->pools[kind][instance].head = fq_head;
}

static uint32_t read_fq_head(struct sluice_twin *t, unsigned kind, unsigned instance) {
  uint32_t fq_head = 0;
  size_t at = twin_pool_offset(t, kind, instance) + t->layout.fq_head_at;
  sluice_device_read(&t->memory, at, &fq_head, sizeof fq_head);
  return fq_head;
}

void twin_look_at_pool(struct sluice_twin *t, unsigned kind, unsigned instance) {
  uint8_t head[HEAD_BYTES];
  sluice_device_read(&t->memory, twin_pool_offset(t, kind, instance), head, sizeof head);
  uint32_t fq_head = read_fq_head(t, kind, instance);
  if (t->memory.failure == 0) {
    mirror_pool(t, kind, instance, head, fq_head);
  }
}

/* A pool was lent a buffer, or has published one: did its device take the next one by now? */
static void look_for_pop(struct sluice_twin *t, unsigned kind, unsigned instance) {
  struct twin_pool *p = &t->pools[kind][instance];
  uint32_t fq_head = read_fq_head(t, kind, instance);
  p->looks--;
  if (fq_head != p->head && t->memory.failure == 0) {
    p->head = fq_head;
    p->looks = 0;
    twin_set32(t->arena + twin_pool_offset(t, kind, instance) + t->layout.fq_head_at, fq_head);
  }
}

/* Phase counts and core_to_thread, which lie side by side. */
static void mirror_header(struct sluice_twin *t) {
  const struct sluice_layout *l = &t->layout;
  uint8_t words[12 + SLUICE_MAX_CORES];
  size_t bytes = 12 + (size_t)l->max_cores;
  size_t at = t->region_at + l->sched_threads_at;
  sluice_device_read(&t->memory, at, words, bytes);
  for (size_t i = 0; i < bytes && t->memory.failure == 0; i += 4) {
    uint32_t word;
    memcpy(&word, words + i, sizeof word);
    twin_set32(t->arena + at + i, word);
  }
}

/* A pool that was never lent a buffer is not in use. */
static int is_used(const struct sluice_twin *t, unsigned kind, unsigned instance) {
  return t->pools[kind][instance].tail != 0;
}

/* All pools; with one copy where a copy is what costs. */
void twin_sweep(struct sluice_twin *t) {
  const struct sluice_layout *l = &t->layout;
  size_t at = t->region_at + l->header_bytes;
  if (t->snapshot != NULL) {
    sluice_device_read(&t->memory, at, t->snapshot, l->region_bytes - l->header_bytes);
  }
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned i = 0; i < l->pool_count[kind] && t->memory.failure == 0; i++) {
      if (is_used(t, kind, i) && t->snapshot == NULL) {
        twin_look_at_pool(t, kind, i);
      } else if (is_used(t, kind, i)) {
        const uint8_t *pool = t->snapshot + (twin_pool_offset(t, kind, i) - at);
        uint32_t fq_head;
        memcpy(&fq_head, pool + l->fq_head_at, sizeof fq_head);
        mirror_pool(t, kind, i, pool, fq_head);
      }
    }
  }
  mirror_header(t);
  t->stats.sweeps++;
}

/* ---- arena to device ------------------------------------------------------------------------- */

/* Lends the device what the daemon has lent to a pool since the last look. */
static unsigned lend(struct sluice_twin *t, unsigned kind, unsigned instance) {
  const struct sluice_layout *l = &t->layout;
  struct twin_pool *p = &t->pools[kind][instance];
  size_t at = twin_pool_offset(t, kind, instance);
  uint32_t tail = load32_acquire(t->arena + at + l->fq_tail_at);
  unsigned moved = 0;
  int was_empty = p->head == p->tail;
  if (tail - p->tail > l->slots) {
    t->broken = "the arena's free queue has a tail that cannot be";
    return 0;
  }
  for (; p->tail != tail && t->memory.failure == 0; p->tail++, moved++) {
    size_t slot = SLUICE_POOL_SLOTS + 8 * (size_t)(p->tail % l->slots);
    uint64_t offset = load64_relaxed(t->arena + at + slot) - twin_arena_base(t);
    int64_t index = twin_buffer_index(t, kind, offset);
    if (index < 0) {
      t->broken = "the arena's free queue names no buffer";
      return moved;
    }
    sluice_device_store32(&t->memory, offset + l->count_at[kind], 0);
    sluice_device_store64(&t->memory, at + slot, twin_device_base(t) + offset);
    t->lent[kind][index] = 1;
  }
  if (moved > 0) {
    sluice_device_store32(&t->memory, at + l->fq_tail_at, p->tail);
    p->looks = was_empty ? LOOKS : p->looks;
  }
  return moved;
}

unsigned twin_lend_all(struct sluice_twin *t) {
  unsigned moved = 0;
  for (unsigned kind = 0; kind < SLUICE_KINDS; kind++) {
    for (unsigned i = 0; i < t->layout.pool_count[kind] && !sluice_twin_is_broken(t); i++) {
      moved += lend(t, kind, i);
      if (t->pools[kind][i].looks > 0) {
        look_for_pop(t, kind, i);
      }
    }
  }
  return moved;
}

/* In a slot that the device has not popped a buffer is empty: nothing to salvage. */
void twin_forget_free(struct sluice_twin *t, unsigned kind, unsigned instance) {
  const struct sluice_layout *l = &t->layout;
  const struct twin_pool *p = &t->pools[kind][instance];
  uint32_t depth = p->tail - p->head;
  for (uint32_t i = 0; depth <= l->slots && i < depth; i++) {
    size_t slot = SLUICE_POOL_SLOTS + 8 * (size_t)((p->head + i) % l->slots);
    const uint8_t *word = t->arena + twin_pool_offset(t, kind, instance) + slot;
    int64_t index = twin_buffer_index(t, kind, load64_relaxed(word) - twin_arena_base(t));
    if (index >= 0) {
      t->lent[kind][index] = 0;
    }
  }
}
