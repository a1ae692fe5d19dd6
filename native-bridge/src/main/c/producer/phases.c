/*
 * phases.c - phase records. They differ from tasks in two ways: the record after the last one
 * switches the buffer, and count is raised before the fields are written.
 */
#include "phases.h"

#include "queues.h"

/* Takes a buffer for a pool that has none, or has published its last one. */
static void phase_install(struct lane *l, struct pool *p) {
  bool early_ptr = l->device->layout.generation == SLUICE_L2_2026_06;
  p->buffer = free_take(l, p);
  p->count = 0;
  p->seq++;
  if (early_ptr) {
    pool_store_ptr(p, p->buffer);
    pool_store_seq(p);
  }
  if (p->buffer != NULL) {
    buffer_acquire(l, p, p->buffer, p->seq);
  }
  if (!early_ptr) {
    pool_store_ptr(p, p->buffer);
    pool_store_seq(p);
  }
}

static void phase_forget(struct pool *p) {
  p->buffer = NULL;
  p->count = 0;
  pool_store_ptr(p, NULL);
}

static void phase_switch(struct lane *l, struct pool *p) {
  if (!ready_publish(l, p, p->buffer, p->seq)) {
    pool_drop(l, p, p->count);
    p->count = 0;
    store32_release(count_word(l, p, p->buffer), 0);
    pool_store_live(l, p, 0);
    if (l->device->layout.facts[SLUICE_FACT_PHASE_LOSS] == 0) {
      phase_forget(p); /* leaks the buffer; its sequence number will be missing */
    }
    return;
  }
  pool_store_live(l, p, 0);
  if (l->device->layout.generation >= SLUICE_CHIP_2026_08) {
    phase_forget(p); /* l2-2026.07 still names the published buffer while it waits */
  }
  if (free_wait(l, p)) {
    phase_install(l, p);
  } else {
    phase_forget(p);
  }
}

/* Counts the attempt and finds a slot for its record; NULL = dropped. */
static inline uint8_t *phase_slot(struct lane *l, struct pool *p) {
  const struct sluice_layout *layout = &l->device->layout;
  p->total++;
  pool_store_total(p);
  if (p->buffer == NULL && free_wait(l, p)) {
    phase_install(l, p);
  }
  if (p->buffer != NULL && p->count == layout->records[p->kind]) {
    phase_switch(l, p);
  }
  if (p->buffer == NULL) {
    pool_drop(l, p, 1);
    return NULL;
  }
  p->count++;
  store32_release(count_word(l, p, p->buffer), p->count);
  pool_store_live(l, p, p->count);
  program_order();
  return p->buffer + (size_t)(p->count - 1) * layout->record_bytes[p->kind];
}

void sched_run(struct lane *l, unsigned n) {
  struct pool *p = &l->sched;
  for (unsigned i = 0; i < n; i++) {
    uint64_t index = p->total;
    uint8_t *r = phase_slot(l, p);
    if (r != NULL) {
      content_sched_phase(r, &l->device->content, p->stream, index);
    }
  }
  atomic_store_explicit(&l->phases_done, p->total, memory_order_relaxed);
}

/* Writes records that all fit into the current buffer, with the stores of phase_slot in the same
 * order. */
static inline __attribute__((always_inline)) void orch_fill(struct lane *l, struct pool *p,
                                                            uint64_t n, bool is_jittered) {
  struct content content = l->device->content; /* a local copy, which no store can alias */
  content.is_jittered = is_jittered;
  uint8_t *total_word = p->shared + SLUICE_POOL_TOTAL;
  uint8_t *count_at = count_word(l, p, p->buffer);
  uint8_t *live_word = p->shared + SLUICE_POOL_LIVE;
  const bool has_counters = l->device->has_counters;
  uint32_t total = p->total_before + (uint32_t)(p->total + p->phantom);
  uint32_t count = p->count;
  uint64_t index = p->total;
  uint64_t stream = p->stream;
  struct OrchPhaseRecord *r = (struct OrchPhaseRecord *)(void *)p->buffer + count;
  struct content_group group = content_orch_group(&content, stream, index);
  for (uint64_t i = 0; i < n; i++, index++) {
    if (index % CONTENT_GROUP == 0) {
      group = content_orch_group(&content, stream, index);
    }
    store32_relaxed(total_word, ++total);
    store32_release(count_at, ++count);
    if (has_counters) {
      store32_relaxed(live_word, count);
    }
    program_order();
    content_orch_phase(r++, &content, &group, stream, index);
  }
  p->total += n;
  p->count = count;
  p->live = count;
}

static void orch_one(struct lane *l, struct pool *p) {
  const struct content *content = &l->device->content;
  uint64_t index = p->total;
  struct OrchPhaseRecord *r = (struct OrchPhaseRecord *)(void *)phase_slot(l, p);
  if (r != NULL) {
    struct content_group group = content_orch_group(content, p->stream, index);
    content_orch_phase(r, content, &group, p->stream, index);
  }
}

void orch_run(struct lane *l, uint64_t n) {
  struct pool *p = &l->orch;
  const uint32_t records = l->device->layout.records[p->kind];
  while (n > 0) {
    uint64_t room = p->buffer != NULL ? records - p->count : 0;
    uint64_t m = n < room ? n : room;
    if (room == 0) {
      m = 1;
      orch_one(l, p);
    } else if (l->device->content.is_jittered) {
      orch_fill(l, p, m, true);
    } else {
      orch_fill(l, p, m, false);
    }
    n -= m;
  }
  atomic_store_explicit(&l->orchs_done, p->total, memory_order_relaxed);
}

void phase_flush(struct lane *l, struct pool *p) {
  if (p->buffer != NULL && p->count > 0 && !ready_publish(l, p, p->buffer, p->seq)) {
    pool_drop(l, p, p->count);
    store32_release(count_word(l, p, p->buffer), 0);
    pool_store_live(l, p, 0);
    if (l->device->layout.facts[SLUICE_FACT_FAILED_FLUSH] == 1) {
      p->count = 0;
      return;
    }
  }
  pool_store_live(l, p, 0);
  phase_forget(p);
}
