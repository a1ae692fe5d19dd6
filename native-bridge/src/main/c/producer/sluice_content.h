/*
 * sluice_content.h - what the synthetic producer writes into its records, as a pure function.
 *
 * A verifier in any language rebuilds every byte from (seed, origin_ticks, period_ticks), which
 * ATTACH carries, from the geometry (num_cores, sched_threads, generation), and from the record's
 * place: kind, pool instance and per-pool index.
 *
 * All arithmetic is unsigned 64-bit, wrapping. K = 0x9E3779B97F4A7C15. `/` is integer division.
 *
 * Index. The per-pool index counts attempts: the value of the pool's total_record_count before the
 * attempt, extended to 64 bits. A dropped record has used its index, so drops leave gaps.
 *   aicpu task   index = reg_task_id (low 32 bits)
 *   aicore task  index = reg_task_id (low 32 bits); the same index names the same task
 *   sched phase  index = 2 * loop_iter + (kind == Dispatch ? 0 : 1) (low 33 bits)
 *   orch phase   index = submit_idx (low 32 bits)
 *
 * Bits.  x(stream, i) = (stream + i) * K, and
 *   stream(seed, class, instance) = mix(seed + K * (1024 * class + instance + 1)),
 *   mix(z): z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9; z = (z ^ z >> 27) * 0x94D049BB133111EB;
 *           z ^ z >> 31
 *   class: 0 tasks (of both kinds; instance = core), 1 sched phases (thread), 2 orch phases (0).
 *
 * Time is the virtual time of the device: period_ticks is the distance of two tasks on one core,
 * whatever the wall clock does. period_ticks >= 16 * num_cores; origin_ticks > 2 * period_ticks.
 *   q(p) = p / 16;  m(p) = (largest power of two <= q(p)) - 1, a mask for jitter below q(p)
 *   step = period / num_cores, the distance of two tasks on the device
 *
 * Tasks. Task i of core c, with x = x(stream(seed, 0, c), i), q = q(period), m = m(period):
 *   base     = origin + i * period + c * step
 *   dispatch = base          + (x >> 24 & m)
 *   start    = base +  2 * q + (x >> 32 & m)      receive_to_start = x >> 56 & m
 *   end      = base +  8 * q + (x >> 40 & m)
 *   finish   = base + 12 * q + (x >> 48 & m)
 * so dispatch < receive < start < end < finish < the next dispatch of this core, when q > 1.
 *   g        = i * num_cores + c, the number of the task on the device
 *   token(g) = ((g & 3) << 32) + (g >> 2 & 0xFFFFFFFF)       four rings
 *
 *   AicpuTaskRecord   {dispatch, finish, (u32) i, 0}
 *   AicoreTaskRecord  {start, end, token(g), (u32) i, (u32) receive_to_start}
 *
 * Orch phases. Record n, with x = x(stream(seed, 2, 0), n), q = q(step), m = m(step):
 *   base  = origin - 2 * period + n * step
 *   OrchPhaseRecord   {base + (x >> 24 & m), base + 8 * q + (x >> 32 & m), token(n), (u32) n, 0}
 *
 * Sched phases. Record j of thread t, with x = x(stream(seed, 1, t), j), iter = j / 2,
 * span = 16 * period * sched_threads / num_cores, q = q(span), m = m(span):
 *   base  = origin + iter * span + (j & 1) * 8 * q
 *   start = base + (x >> 24 & m);  end = base + 4 * q + (x >> 32 & m)
 *   kind  = Dispatch when j is even; when odd, let v = x >> 58 (0..63): Complete when v >= 16, else
 *           others[v % count], where others is, by generation,
 *             l2-2026.06    Release Wire Dummy EarlyDispatch Resolve DummyTask
 *             l2-2026.07    Release Dummy EarlyDispatch Resolve DummyTask
 *             chip-2026.08  Release Dummy EarlyDispatch Resolve DummyTask Drain DrainPrepare
 *                           DrainPublish AsyncPoll PredicatedSkip GraphPrepare
 *   task  = token(16 * iter), the task that DummyTask, PredicatedSkip and GraphPrepare name
 *   tasks_processed  = low 32 bits of task for DummyTask in the two l2 generations,
 *                      else 1 + (x >> 52 & 15)
 *   bytes 28, 32     = for Dispatch: tasks_processed, x >> 49 & 7
 *                      for the three kinds that name a task, in chip-2026.08: low, high half of
 *                      that task
 *                      else 0, 0
 *   shared_depth_at_start[k] = x >> (4 + 4 * k) & 15
 *   shared_depth_at_end[k]   = x >> (36 + 4 * k) & 15
 *   pad   = 0
 */
#ifndef SLUICE_CONTENT_H
#define SLUICE_CONTENT_H

#include <stdint.h>

#include "sluice_layout.h"

#define SLUICE_CONTENT_K 0x9E3779B97F4A7C15u

enum sluice_content_class { SLUICE_CLASS_TASK = 0, SLUICE_CLASS_SCHED = 1, SLUICE_CLASS_ORCH = 2 };

/* One spacing of records in time, with its fractions worked out. */
struct content_span {
  uint64_t ticks;
  uint64_t q;
  uint64_t m;
};

struct content {
  uint64_t seed;
  uint64_t origin;
  uint32_t cores;
  uint32_t generation;
  struct content_span task;
  struct content_span step;
  struct content_span sched;
};

static inline struct content_span content_span(uint64_t ticks) {
  struct content_span s = {.ticks = ticks, .q = ticks / 16, .m = 0};
  while (s.m * 2 + 2 <= s.q) {
    s.m = s.m * 2 + 1;
  }
  return s;
}

static inline struct content content_of(const struct sluice_geometry *g) {
  struct content c = {.seed = g->synthetic_seed,
                      .origin = g->synthetic_origin_ticks,
                      .cores = g->num_cores,
                      .generation = g->generation};
  uint64_t period = g->synthetic_period_ticks;
  c.task = content_span(period);
  c.step = content_span(period / g->num_cores);
  c.sched = content_span(16 * period * g->sched_threads / g->num_cores);
  return c;
}

static inline uint64_t content_stream(uint64_t seed, unsigned class, unsigned instance) {
  uint64_t z = seed + SLUICE_CONTENT_K * (1024 * (uint64_t) class + instance + 1);
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

static inline uint64_t content_bits(uint64_t stream, uint64_t index) {
  return (stream + index) * SLUICE_CONTENT_K;
}

static inline uint64_t content_token(uint64_t task) {
  return ((task & 3) << 32) + (task >> 2 & 0xFFFFFFFFu);
}

static inline uint64_t content_task_base(const struct content *c, unsigned core, uint64_t index) {
  return c->origin + index * c->task.ticks + core * c->step.ticks;
}

static inline void content_aicpu_task(struct AicpuTaskRecord *r, const struct content *c,
                                      uint64_t stream, unsigned core, uint64_t index) {
  uint64_t x = content_bits(stream, index);
  uint64_t base = content_task_base(c, core, index);
  *r = (struct AicpuTaskRecord){.dispatch_time = base + (x >> 24 & c->task.m),
                                .finish_time = base + 12 * c->task.q + (x >> 48 & c->task.m),
                                .reg_task_id = (uint32_t)index};
}

static inline void content_aicore_task(struct AicoreTaskRecord *r, const struct content *c,
                                       uint64_t stream, unsigned core, uint64_t index) {
  uint64_t x = content_bits(stream, index);
  uint64_t base = content_task_base(c, core, index);
  *r = (struct AicoreTaskRecord){.start_time = base + 2 * c->task.q + (x >> 32 & c->task.m),
                                 .end_time = base + 8 * c->task.q + (x >> 40 & c->task.m),
                                 .task_token_raw = content_token(index * c->cores + core),
                                 .reg_task_id = (uint32_t)index,
                                 .receive_to_start_cycles = (uint32_t)(x >> 56 & c->task.m)};
}

static inline void content_orch_phase(struct OrchPhaseRecord *r, const struct content *c,
                                      uint64_t stream, uint64_t index) {
  uint64_t x = content_bits(stream, index);
  uint64_t base = c->origin - 2 * c->task.ticks + index * c->step.ticks;
  *r = (struct OrchPhaseRecord){.start_time = base + (x >> 24 & c->step.m),
                                .end_time = base + 8 * c->step.q + (x >> 32 & c->step.m),
                                .task_id = content_token(index),
                                .submit_idx = (uint32_t)index};
}

/* Fills a scheduler phase record; not inline, it is rare and long. */
void content_sched_phase(struct SchedPhaseRecord *r, const struct content *c, uint64_t stream,
                         uint64_t index);

#endif
