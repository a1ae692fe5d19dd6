/* device.c - what the AICPU leader does before launch, and the private state of lanes and cores. */
#include "device.h"

#include <stdlib.h>
#include <string.h>

#include "queues.h"
#include "regions.h"

static void pool_bind(const struct device *d, struct pool *p, unsigned kind, unsigned instance) {
  static const uint8_t class_of[SLUICE_KINDS] = {SLUICE_CLASS_TASK, SLUICE_CLASS_SCHED,
                                                 SLUICE_CLASS_ORCH, SLUICE_CLASS_TASK};
  p->kind = (uint16_t)kind;
  p->instance = (uint16_t)instance;
  p->shared = d->region + sluice_pool_at(&d->layout, kind, instance);
  p->stream = content_stream(d->content.seed, class_of[kind], instance);
  p->fq_head = load32_relaxed(p->shared + d->layout.fq_head_at);
  p->tail_due = load32_acquire(p->shared + d->layout.fq_tail_at);
  p->total_before = load32_relaxed(p->shared + SLUICE_POOL_TOTAL);
  p->dropped_before = load32_relaxed(p->shared + SLUICE_POOL_DROPPED);
  if (d->has_counters) {
    p->published_records = load32_relaxed(p->shared + SLUICE_POOL_PUBLISHED_RECORDS);
    p->published_buffers = load32_relaxed(p->shared + SLUICE_POOL_PUBLISHED_BUFFERS);
  }
}

/* The buffer that an earlier run left current; NULL for a phase buffer with records. */
static uint8_t *retained(const struct lane *l, const struct pool *p) {
  if (l->device->layout.facts[SLUICE_FACT_FAILED_FLUSH] == 0) {
    return NULL;
  }
  uint8_t *buffer = (uint8_t *)(uintptr_t)load64_relaxed(p->shared + SLUICE_POOL_PTR);
  bool is_phase = p->kind == SLUICE_KIND_SCHED_PHASE || p->kind == SLUICE_KIND_ORCH_PHASE;
  bool is_left = buffer != NULL && is_phase && load32_relaxed(count_word(l, p, buffer)) != 0;
  return is_left ? NULL : buffer;
}

/* Takes the first buffer. Never waits, in any generation: an empty queue means no buffer. */
static void pool_prime(struct lane *l, struct pool *p) {
  p->buffer = retained(l, p);
  if (p->buffer == NULL && load32_acquire(p->shared + l->device->layout.fq_tail_at) != p->fq_head) {
    p->buffer = free_take(l, p);
  }
  l->device->dry_at_init += p->buffer == NULL;
  bool is_named = l->device->layout.facts[SLUICE_FACT_BUFFER_IDENTITY] == 1;
  if (is_named && p->buffer != NULL) {
    buffer_acquire(l, p, p->buffer, 0);
  }
  pool_store_ptr(p, p->buffer);
  pool_store_seq(p);
  if (!is_named && p->buffer != NULL) {
    buffer_acquire(l, p, p->buffer, 0);
  }
  pool_store_live(l, p, 0);
}

static void init_core(struct device *d, struct lane *l, struct core *c, unsigned index) {
  c->index = index;
  c->seen_seq = UINT32_MAX;
  c->task_limit = UINT64_MAX;
  if (d->options->tasks != 0) {
    uint64_t cores = d->layout.cores;
    c->task_limit = d->options->tasks / cores + (index < d->options->tasks % cores);
  }
  pool_bind(d, &c->aicpu, SLUICE_KIND_AICPU_TASK, index);
  pool_bind(d, &c->aicore, SLUICE_KIND_AICORE_TASK, index);
  if (d->rotation_table != NULL) {
    store64_release((uint8_t *)&d->rotation_table[index], (uint64_t)(uintptr_t)c->aicore.shared);
  }
  pool_prime(l, &c->aicpu);
  pool_prime(l, &c->aicore);
}

/* Scheduler lane t owns the cores t, t + n, t + 2n, ...; they are adjacent in d->cores. */
static void init_lane(struct device *d, struct lane *l, unsigned index, struct core *cores) {
  l->device = d;
  l->index = index;
  l->queue = index;
  l->head_word = d->region + d->layout.heads_at + 4 * (size_t)l->queue;
  l->tail_word = d->region + d->layout.tails_at + 4 * (size_t)l->queue;
  l->tail = load32_relaxed(l->tail_word);
  l->seen_head = load32_acquire(l->head_word);
  l->cores = cores;
  if (index < d->sched_threads) {
    for (unsigned core = index; core < d->layout.cores; core += d->sched_threads) {
      init_core(d, l, &l->cores[l->core_count++], core);
    }
  }
}

static void init_phases(struct device *d) {
  store32_relaxed(d->region + d->layout.sched_threads_at, d->sched_threads);
  store32_relaxed(d->region + d->layout.orch_threads_at, 1);
  store32_relaxed(d->region + d->layout.phase_cores_at, 0);
  memset(d->region + d->layout.core_to_thread_at, -1, d->layout.max_cores);
  for (unsigned i = 0; i < d->sched_threads; i++) {
    struct lane *l = &d->lanes[i];
    l->has_sched = true;
    pool_bind(d, &l->sched, SLUICE_KIND_SCHED_PHASE, i);
    pool_prime(l, &l->sched);
  }
  /* Level 3 announces the orchestrator pool as well, but writes no records to it. */
  struct lane *last = &d->lanes[d->lane_count - 1];
  last->has_orch = d->level >= 4;
  pool_bind(d, &last->orch, SLUICE_KIND_ORCH_PHASE, 0);
  pool_prime(last, &last->orch);
}

void device_publish_core_map(struct device *d) {
  store32_release(d->region + d->layout.phase_cores_at, d->layout.cores);
  for (unsigned thread = 0; thread < d->sched_threads; thread++) {
    for (unsigned core = thread; core < d->layout.cores; core += d->sched_threads) {
      d->region[d->layout.core_to_thread_at + core] = (uint8_t)thread;
    }
    fence_release(d->region + d->layout.phase_cores_at);
  }
}

int device_init(struct device *d) {
  static const uint64_t wait_limits_ns[] = {0, L2_2026_07_WAIT_NS, UINT64_MAX, BACKSTOP_NS};
  uint32_t generation = d->layout.generation;
  bool is_a2a3 = d->layout.platform == SLUICE_A2A3;
  d->reserve_before_ack = generation >= SLUICE_CHIP_2026_08;
  d->two_in_flight = d->reserve_before_ack || is_a2a3;
  d->has_ack_gate = d->reserve_before_ack || (generation == SLUICE_L2_2026_07 && is_a2a3);
  d->has_counters = d->layout.facts[SLUICE_FACT_POOL_COUNTERS] != 0;
  d->wait_limit_ns = wait_limits_ns[d->layout.facts[SLUICE_FACT_WAIT]];
  if (d->wait_limit_ns == BACKSTOP_NS && d->options->wait_limit_ns != 0) {
    d->wait_limit_ns = d->options->wait_limit_ns;
  }
  if (d->layout.schema_at != 0) {
    store32_release(d->region + d->layout.schema_at, 1);
  }
  d->level = load32_relaxed(d->region + d->layout.level_at);

  /* If no queue is left, the orchestrator shares the thread of the last scheduler. */
  bool own_orchestrator = d->level >= 4 && d->sched_threads < d->layout.threads;
  d->has_orchestrator = d->level >= 4;
  d->lane_count = d->sched_threads + own_orchestrator;
  d->cores = calloc(d->layout.cores, sizeof *d->cores);
  d->lanes = aligned_alloc(_Alignof(struct lane), d->lane_count * sizeof *d->lanes);
  if (d->cores == NULL || d->lanes == NULL) {
    device_free(d);
    return -1;
  }
  memset(d->lanes, 0, d->lane_count * sizeof *d->lanes);
  struct core *cores = d->cores;
  for (unsigned i = 0; i < d->lane_count; i++) {
    init_lane(d, &d->lanes[i], i, cores);
    cores += d->lanes[i].core_count;
  }
  faults_init(&d->lanes[0].faults, d->options->faults, d->content.seed);
  if (d->level >= 3) {
    init_phases(d);
  }
  return 0;
}

void device_free(struct device *d) {
  regions_free(d);
  free(d->cores);
  free(d->lanes);
  d->cores = NULL;
  d->lanes = NULL;
}
