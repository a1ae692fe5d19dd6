/*
 * regions.c - PMU and scope stats. A pool is a free queue followed by the words of its head. The
 * record after the last one publishes a buffer, and the count is raised after the record is
 * written.
 */
#include "regions.h"

#include <stdlib.h>

#include "queues.h"

/* Tasks per scope; a scope has a begin record and an end record. */
#define TASKS_PER_SCOPE 16

enum { PMU, SCOPE_STATS };

static struct device_region *region_of(const struct lane *l, unsigned which) {
  return &((struct device *)l->device)->regions[which];
}

static uint32_t load_tail(const struct device_region *r, const struct region_pool *p) {
  return load32_acquire(p->shared + r->layout.fq_tail_at);
}

struct wish {
  const struct device_region *region;
  const struct region_pool *pool;
  unsigned queue;
};

static bool has_buffer(const void *of) {
  const struct wish *w = of;
  return load_tail(w->region, w->pool) != w->pool->fq_head;
}

static uint32_t next_tail(const struct device_region *r, unsigned queue) {
  return r->tails[queue] + 1 == r->layout.queue_entries ? 0 : r->tails[queue] + 1;
}

static bool has_space(const void *of) {
  const struct wish *w = of;
  const uint8_t *head = w->region->base + w->region->layout.heads_at + 4 * (size_t)w->queue;
  return next_tail(w->region, w->queue) != load32_acquire(head);
}

/* Takes the buffer at the head of the free queue, which is not empty. */
static void install(const struct lane *l, const struct device_region *r, struct region_pool *p) {
  size_t slot = p->fq_head & (r->layout.slots - 1);
  p->buffer = (uint8_t *)(uintptr_t)load64_guarded(p->shared + 8 * slot);
  p->fq_head++;
  store32_release(p->shared + r->layout.fq_head_at, p->fq_head);
  p->count = 0;
  store64_relaxed(p->buffer + r->layout.epoch_at, l->device->run_epoch);
  store32_relaxed(p->buffer + r->layout.local_seq_at, p->seq);
  store32_release(p->buffer + r->layout.count_at, 0);
  store64_release(p->shared + r->layout.ptr_at, (uint64_t)(uintptr_t)p->buffer);
  store32_release(p->shared + r->layout.seq_at, p->seq);
}

static void drop(struct lane *l, const struct device_region *r, struct region_pool *p,
                 uint64_t records) {
  p->dropped += records;
  store32_release(p->shared + r->layout.dropped_at, (uint32_t)p->dropped);
  atomic_store_explicit(&l->dropped,
                        atomic_load_explicit(&l->dropped, memory_order_relaxed) + records,
                        memory_order_relaxed);
}

/* Publishes the current buffer. If the queue stays full, drops its records and keeps it. */
static void publish(struct lane *l, struct device_region *r, struct region_pool *p) {
  unsigned queue = l->queue;
  struct wish room = {r, p, queue};
  if (!wait_until(l, has_space, &room)) {
    drop(l, r, p, p->count);
    p->count = 0;
    store32_release(p->buffer + r->layout.count_at, 0);
    return;
  }
  uint8_t *entry = r->base + sluice_region_entry_at(&r->layout, queue, r->tails[queue]);
  uint8_t *tail_word = r->base + r->layout.tails_at + 4 * (size_t)queue;
  r->tails[queue] = next_tail(r, queue);
  fence_release(tail_word);
  store32_guarded(entry + SLUICE_ENTRY_CORE, p->instance);
  store64_guarded(entry + SLUICE_ENTRY_PTR, (uint64_t)(uintptr_t)p->buffer);
  store32_guarded(entry + SLUICE_ENTRY_SEQ, p->seq);
  store32_release(tail_word, r->tails[queue]);
  p->buffer = NULL;
  p->count = 0;
  p->seq++;
  store64_release(p->shared + r->layout.ptr_at, 0);
}

/* Counts the attempt and finds a slot for its record; NULL = dropped. */
static uint8_t *find_slot(struct lane *l, struct device_region *r, struct region_pool *p) {
  p->total++;
  store32_relaxed(p->shared + r->layout.total_at, (uint32_t)p->total);
  if (p->buffer != NULL && p->count == r->layout.records) {
    publish(l, r, p);
  }
  struct wish buffer = {r, p, l->queue};
  if (p->buffer == NULL && wait_until(l, has_buffer, &buffer)) {
    install(l, r, p);
  }
  if (p->buffer == NULL) {
    drop(l, r, p, 1);
    return NULL;
  }
  return p->buffer + r->layout.records_at + (size_t)p->count * r->layout.record_bytes;
}

static void commit(const struct device_region *r, struct region_pool *p) {
  p->count++;
  store32_release(p->buffer + r->layout.count_at, p->count);
}

void pmu_run(struct lane *l, const struct core *c, uint64_t n) {
  struct device_region *r = region_of(l, PMU);
  if (r->pools == NULL) {
    return;
  }
  struct region_pool *p = &r->pools[c->index];
  for (uint64_t i = 0; i < n; i++) {
    uint64_t index = p->total;
    struct PmuRecord *record = (struct PmuRecord *)(void *)find_slot(l, r, p);
    if (record != NULL) {
      content_pmu(record, &l->device->content, p->stream, c->index, index);
      commit(r, p);
    }
  }
}

void scope_stats_run(struct lane *l, uint64_t n) {
  struct device_region *r = region_of(l, SCOPE_STATS);
  if (r->pools == NULL) {
    return;
  }
  struct region_pool *p = &r->pools[0];
  for (r->credit += n; r->credit >= TASKS_PER_SCOPE; r->credit -= TASKS_PER_SCOPE) {
    for (unsigned phase = 0; phase < 2; phase++) {
      uint64_t index = p->total;
      struct ScopeStatsRecord *record = (struct ScopeStatsRecord *)(void *)find_slot(l, r, p);
      if (record != NULL) {
        content_scope_stats(record, p->stream, index);
        commit(r, p);
      }
    }
  }
}

static void flush(struct lane *l, struct device_region *r, struct region_pool *p) {
  if (p->buffer != NULL && p->count > 0) {
    publish(l, r, p);
  }
}

void regions_flush(struct lane *l) {
  struct device_region *pmu = region_of(l, PMU);
  for (unsigned i = 0; pmu->pools != NULL && i < l->core_count; i++) {
    flush(l, pmu, &pmu->pools[l->cores[i].index]);
  }
  struct device_region *scopes = region_of(l, SCOPE_STATS);
  if (scopes->pools != NULL && l == &l->device->lanes[l->device->lane_count - 1]) {
    flush(l, scopes, &scopes->pools[0]);
  }
}

/* The capacity of each ring, which the orchestrator writes when it starts. */
static void write_capacities(const struct device_region *r) {
  uint8_t *caps = r->base + r->layout.words_at + 4;
  uint8_t *heaps = r->base + (r->layout.words_at + 36 + 7) / 8 * 8;
  for (unsigned ring = 0; ring < 4; ring++) {
    store32_relaxed(caps + 4 * (size_t)ring, 1024u << ring);
    store32_relaxed(caps + 16 + 4 * (size_t)ring, 2048u << ring);
    store64_relaxed(heaps + 8 * (size_t)ring, (uint64_t)1 << (20 + ring));
  }
  store32_relaxed(heaps + 32, 4096);
}

static int init_region(struct device *d, unsigned which, uint64_t offset) {
  struct device_region *r = &d->regions[which];
  unsigned number = sluice_other_regions[which];
  if (offset == 0 || sluice_region_init(&r->layout, &d->layout, number) != 0) {
    return 0;
  }
  r->base = d->arena + offset;
  r->pools = calloc(r->layout.pools, sizeof *r->pools);
  if (r->pools == NULL) {
    return -1;
  }
  unsigned class = which == PMU ? SLUICE_CLASS_PMU : SLUICE_CLASS_SCOPE_STATS;
  for (unsigned i = 0; i < r->layout.pools; i++) {
    struct region_pool *p = &r->pools[i];
    p->shared = r->base + sluice_state_at(&r->layout, i);
    p->instance = i;
    p->stream = content_stream(d->content.seed, class, i);
    p->fq_head = load32_relaxed(p->shared + r->layout.fq_head_at);
    /* Scope stats take their first buffer with the first record. */
    if (which == PMU && load_tail(r, p) != p->fq_head) {
      install(&d->lanes[0], r, p);
    }
  }
  for (unsigned queue = 0; queue < r->layout.threads; queue++) {
    r->tails[queue] = load32_relaxed(r->base + r->layout.tails_at + 4 * (size_t)queue);
  }
  if (which == SCOPE_STATS) {
    write_capacities(r);
  }
  return 0;
}

int regions_init(struct device *d, const uint64_t offsets[SLUICE_REGIONS]) {
  for (unsigned i = 0; i < SLUICE_OTHER_REGIONS; i++) {
    if (init_region(d, i, offsets[sluice_other_regions[i]]) != 0) {
      regions_free(d);
      return -1;
    }
  }
  return 0;
}

void regions_free(struct device *d) {
  for (unsigned i = 0; i < SLUICE_OTHER_REGIONS; i++) {
    free(d->regions[i].pools);
    d->regions[i].pools = NULL;
  }
}
