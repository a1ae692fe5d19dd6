/*
 * queues.h - ready queue and free queue as seen from the device, with the waiting policy of each
 * generation: l2-2026.06 never waits, l2-2026.07 waits 20 us, chip-2026.08 blocks.
 */
#ifndef SLUICE_QUEUES_H
#define SLUICE_QUEUES_H

#include "device.h"
#include "sluice_shared.h"

#define L2_2026_07_WAIT_NS 20000u
#define BACKSTOP_NS 30000000000u

uint64_t clock_ns(void);

/* Reads the clock and records the longest gap between two readings of a runnable lane. */
uint64_t lane_clock(struct lane *l);

/* Sleeps without counting as a gap of lane_clock. Returns the time afterwards. */
uint64_t lane_sleep(struct lane *l, uint64_t ns);

/* Whether an entry can be added now. Reloads the host's head only when the queue looks full. */
bool ready_has_space(struct lane *l);

/*
 * Writes entry and tail with the barriers of the layout; the caller has checked for space. Stores
 * records in the entry if the layout has a field for it.
 */
void ready_put(struct lane *l, uint32_t core_index, uint32_t kind, uint64_t ptr, uint32_t seq,
               uint32_t records);

/*
 * Publishes a full buffer, whose count word holds its number of records. Returns false if the
 * device drops it: the ready queue is full, or in chip-2026.08 the lane was parked for 30 s after
 * the entry was already visible, a known defect reproduced here.
 */
bool ready_publish(struct lane *l, struct pool *p, uint8_t *buffer, uint32_t seq);

/* Waits as the layout's device does; returns whether the condition holds. */
bool wait_until(struct lane *l, bool (*holds)(const void *of), const void *of);

/* Waits as the generation does; returns whether the free queue has a buffer. */
bool free_wait(struct lane *l, struct pool *p);

/* The buffer at the head of the non-empty free queue. NULL if the host wrote 0. */
uint8_t *free_peek(const struct lane *l, const struct pool *p);

/* Takes the buffer at the head. */
uint8_t *free_take(const struct lane *l, struct pool *p);

/* Times how long the host takes to replace a published buffer; cheap when nothing is being
 * timed. */
void refill_check(struct lane *l);

static inline void pool_store_ptr(const struct pool *p, const uint8_t *buffer) {
  store64_release(p->shared + SLUICE_POOL_PTR, (uint64_t)(uintptr_t)buffer);
}

static inline void pool_store_seq(const struct pool *p) {
  store32_release(p->shared + SLUICE_POOL_SEQ, p->seq + p->seq_skew);
}

static inline void pool_store_total(const struct pool *p) {
  store32_relaxed(p->shared + SLUICE_POOL_TOTAL, p->total_before + (uint32_t)(p->total + p->phantom));
}

/* Stores the number of writes into the current buffer, if the layout has that counter. */
static inline void pool_store_live(const struct lane *l, struct pool *p, uint32_t live) {
  p->live = live;
  if (l->device->has_counters) {
    store32_relaxed(p->shared + SLUICE_POOL_LIVE, live);
  }
}

static inline void pool_drop(struct lane *l, struct pool *p, uint64_t records) {
  p->dropped += records;
  store32_release(p->shared + SLUICE_POOL_DROPPED,
                  p->dropped_before + (uint32_t)(p->dropped + p->phantom));
  atomic_store_explicit(&l->dropped,
                        atomic_load_explicit(&l->dropped, memory_order_relaxed) + records,
                        memory_order_relaxed);
}

/* The count word of a buffer of this pool. */
static inline uint8_t *count_word(const struct lane *l, const struct pool *p, uint8_t *buffer) {
  return buffer + l->device->layout.count_at[p->kind];
}

/* Makes a buffer the device's own, before its first record: count 0 and its identity. */
static inline void buffer_acquire(const struct lane *l, const struct pool *p, uint8_t *buffer,
                                  uint32_t seq) {
  const struct sluice_layout *layout = &l->device->layout;
  if (layout->epoch_at[p->kind] != 0) {
    store64_relaxed(buffer + layout->epoch_at[p->kind], l->device->run_epoch);
    store32_relaxed(buffer + layout->local_seq_at[p->kind], seq + p->seq_skew);
  }
  store32_release(count_word(l, p, buffer), 0);
}

#endif
