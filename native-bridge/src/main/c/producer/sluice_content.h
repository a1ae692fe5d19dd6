/*
 * sluice_content.h - the record content of the synthetic producer, as a pure function.
 *
 * A verifier in any language rebuilds every byte from (seed, origin_ticks, period_ticks, jittered
 * or regular), which ATTACH carries, the geometry (num_cores, sched_threads, generation), and the
 * record's place: kind, pool instance and per-pool index. Records do not depend on each other.
 *
 * All arithmetic is unsigned 64-bit, wrapping. K = 0x9E3779B97F4A7C15. `/` is integer division.
 *
 * Index. The per-pool index counts attempts: the value of the pool's total_record_count before the
 * attempt, extended to 64 bits. A dropped record still uses its index, so drops leave gaps.
 *   aicpu task   index = reg_task_id (low 32 bits)
 *   aicore task  index = reg_task_id (low 32 bits); the same index names the same task
 *   sched phase  index = 2 * loop_iter + (kind == Dispatch ? 0 : 1) (low 33 bits)
 *   orch phase   index = submit_idx (low 32 bits)
 *   pmu          index = task_id (low 32 bits)
 *   scope stats  index = task_start (low 32 bits)
 *
 * Bits.  x(stream, i) = (stream + i) * K in regular content. In jittered content neighbours must
 * differ: with z = (stream + i) * K, x = (z ^ z >> 32) * 0xD6E8FEB86659FD93. And
 *   stream(seed, class, instance) = mix(seed + K * (1024 * class + instance + 1)),
 *   mix(z): z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9; z = (z ^ z >> 27) * 0x94D049BB133111EB;
 *           z ^ z >> 31
 *   class: 0 tasks (of both kinds; instance = core), 1 sched phases (thread), 2 orch phases (0),
 *          3 rounds of tasks (0), jittered content only, 4 PMU (core), 5 scope stats (0).
 *
 * Time is the virtual time of the device: period_ticks is the mean distance of two tasks on one
 * core, independent of the wall clock.
 *
 * ---- Other regions, in regular and in jittered content; x always as in regular content ---------
 *
 * PMU. Record i of core c, with x = x(stream(seed, 4, c), i): one record per task.
 *   PmuRecord   {c << 32 | (u32) i, x >> 60, c < max(1, num_cores / 3) ? 0 : 1,
 *                1000 + (x >> 40 & 0xFFFF), counter k = x >> 3 * k & 0xFFFF (8 on a2a3, 10 on a5), 0}
 *
 * Scope stats. Record n, with x = x(stream(seed, 5, 0), n), scope = n / 2: a begin and an end per
 * scope.
 *   ScopeStatsRecord {"scope_" scope % 10 ".cpp", 4096 * n, 4096 * n + 64 * (x >> 52),
 *                     100 + scope % 1000, n, n + (x >> 60), 2 * n, 2 * n + (x >> 61),
 *                     x >> 40 & 0xFFF, scope % 64, scope % 4, n % 2, 0}
 *
 * ---- Regular content -----------------------------------------------------------------------------
 *
 * Each core starts a task per period. period_ticks >= 16 * num_cores; origin_ticks > 2 * period.
 *   q(p) = p / 16;  m(p) = (largest power of two <= q(p)) - 1, a mask for jitter below q(p)
 *   step = period / num_cores, the distance of two consecutive tasks on the device
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
 *                      otherwise 1 + (x >> 52 & 15)
 *   bytes 28, 32     = for Dispatch: tasks_processed, x >> 49 & 7
 *                      for the three kinds that name a task, in chip-2026.08: low, high half of
 *                      that task
 *                      otherwise 0, 0
 *   shared_depth_at_start[k] = x >> (4 + 4 * k) & 15
 *   shared_depth_at_end[k]   = x >> (36 + 4 * k) & 15
 *   pad   = 0
 *
 * ---- Jittered content ----------------------------------------------------------------------------
 *
 * As regular content except for times, tokens and receive_to_start. Time is divided into groups of
 * 32 periods, and a group into 32 slots of unequal length, one for each of 32 consecutive records:
 * so a record's place follows from its index alone. period_ticks >= 96 and >= 4 * num_cores;
 * origin_ticks > 64 * period_ticks.
 *
 * Lengths of slots, in 1/1024 of a group; each list adds up to 1024:
 *   type 0   8 of 16, 12 of 28,  8 of 40, 4 of 60           cube cores: alike, long
 *   type 1  12 of 10, 10 of 20,  6 of 40, 3 of 72, 1 of 248  vector cores: short, with a long tail
 * Each list has 16 patterns. Pattern p is the list as written here, shuffled:
 *   for j = 31 down to 1: swap entry j and entry mix(K * (512 * type + 32 * p + j)) % (j + 1)
 * A slot begins at the sum of the lengths before it in its pattern.
 *
 * slot(type, stream, origin, G8, i): with G = G8 / 256, the length of a group,
 *   p     = (~stream + i / 32) * K >> 60
 *   s     = origin + i / 32 * G8 / 256 + begin(type, p, i % 32) * G / 1024
 *   L     = length(type, p, i % 32) * G / 1024
 * Jitter within the slot: with x = x(stream, i), power(n) the largest power of two <= n, and
 *   P       = power(length(type, p, i % 32)) * power(G) / 1024
 *   j(n, d) = x >> n & (2 * P - 1 >> d + 1), which is less than L / 2^d
 *
 * G8 is in units of 1/256 tick, so that streams of different pace do not drift apart:
 *   task G8 = 256 * 32 * period;  orch G8 = task G8 / num_cores;
 *   sched G8 = task G8 * 16 * sched_threads / num_cores
 *
 * Tasks. Task i of core c: type 0 if c < max(1, num_cores / 3), else 1; G = 32 * period;
 * slot(type, stream(seed, 0, c), origin + (stream >> 54) * G / 1024, task G8, i):
 *   dispatch         = s             + j(52, 4)
 *   receive_to_start = 1             + j(2, 5)
 *   start            = s + L / 8     + j(12, 4)
 *   end              = s + L - L / 4 + j(22, 3)
 *   finish           = s + L - 1     - j(42, 4)
 * so dispatch < receive < start < end < finish < the next dispatch of this core.
 *   g        = i * num_cores + (c + r) % num_cores, where the cores rotate by
 *              r = (x(stream(seed, 3, 0), i % 256) >> 32) * num_cores >> 32
 *   token(g) = ((g >> 14 & 3) << 32) + ((g >> 16 << 14) + (g & 16383) & 0xFFFFFFFF)
 *              four rings, which alternate every 16384 tasks
 *
 * Orch phases. Record n: slot(0, stream(seed, 2, 0), origin - 64 * period, orch G8, n):
 *   start = s + j(52, 2);  end = s + L / 2 + j(32, 1)
 * so that each task is submitted before it is dispatched.
 *
 * Sched phases. Record n of thread t: slot(1, stream(seed, 1, t), origin, sched G8, n / 2), whose
 * halves hold one record each: with h = L / 2, and jitter from the x of n and P / 2,
 *   start = s + (n & 1) * h + j(52, 2);  end = s + (n & 1) * h + h / 2 + j(32, 1)
 */
#ifndef SLUICE_CONTENT_H
#define SLUICE_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "sluice_layout.h"

#define SLUICE_CONTENT_K 0x9E3779B97F4A7C15u

enum sluice_content_class {
  SLUICE_CLASS_TASK = 0,
  SLUICE_CLASS_SCHED = 1,
  SLUICE_CLASS_ORCH = 2,
  SLUICE_CLASS_ROUND = 3,
  SLUICE_CLASS_PMU = 4,
  SLUICE_CLASS_SCOPE_STATS = 5
};

#define CONTENT_GROUP 32
#define CONTENT_PATTERNS 16
#define CONTENT_TYPES 2
#define CONTENT_TURNS 256

/* Place of a slot in its group, in 1024ths. */
struct content_part {
  uint16_t begin;
  uint16_t length;
  uint32_t power; /* the largest power of two within length */
};

/* Shuffled lists of slots; the same for every seed. */
typedef struct content_part content_patterns[CONTENT_TYPES][CONTENT_PATTERNS][CONTENT_GROUP];

/* Regular content: one spacing of records in time, with precomputed fractions. */
struct content_span {
  uint64_t ticks;
  uint64_t q;
  uint64_t m;
};

/* Jittered content: the records of a pool whose slots share a pattern. */
struct content_group {
  const struct content_part *parts;
  uint64_t start;
  uint64_t length;
  uint64_t power;
};

/* Jittered content: a record's place in time. */
struct content_slot {
  uint64_t start;
  uint64_t length;
  uint64_t ones; /* shifted right by n + 1: a mask for jitter below length / 2^n */
};

/* Jittered content: length of a group of slots. */
struct content_pace {
  uint64_t group_256; /* 256ths of ticks */
  uint64_t power;     /* the largest power of two within its ticks */
};

struct content {
  unsigned pmu_counters; /* counters per record */
  uint64_t seed;
  uint64_t origin;
  uint32_t cores;
  unsigned phase_kinds; /* SLUICE_FACT_PHASE_KINDS */
  bool is_phase_44;     /* order of the scheduler phase record */
  bool is_graph;        /* task ids of host_build_graph */
  bool is_jittered;
  /* regular */
  struct content_span task;
  struct content_span step;
  struct content_span sched;
  /* jittered */
  const content_patterns *patterns;
  const uint8_t *turns; /* by round of tasks: the rotation of the cores */
  uint32_t cube_cores;
  struct content_pace task_pace;
  struct content_pace orch_pace;
  struct content_pace sched_pace;
};

static inline struct content_span content_span(uint64_t ticks) {
  struct content_span s = {.ticks = ticks, .q = ticks / 16, .m = 0};
  while (s.m * 2 + 2 <= s.q) {
    s.m = s.m * 2 + 1;
  }
  return s;
}

/* The content of a session with this geometry. A process has one at a time. */
struct content content_of(const struct sluice_geometry *g);

/* The smallest period that keeps times in order, and the smallest origin that keeps them above
 * 0. */
uint64_t content_least_period(const struct sluice_geometry *g);
uint64_t content_least_origin(const struct sluice_geometry *g, uint64_t period);

static inline uint64_t content_mix(uint64_t z) {
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
  z = (z ^ z >> 27) * 0x94D049BB133111EBu;
  return z ^ z >> 31;
}

static inline uint64_t content_stream(uint64_t seed, unsigned class, unsigned instance) {
  return content_mix(seed + SLUICE_CONTENT_K * (1024 * (uint64_t) class + instance + 1));
}

static inline uint64_t content_bits(const struct content *c, uint64_t stream, uint64_t index) {
  uint64_t z = (stream + index) * SLUICE_CONTENT_K;
  return c->is_jittered ? (z ^ z >> 32) * 0xD6E8FEB86659FD93u : z;
}

/* ---- jittered ------------------------------------------------------------------------------- */

static inline struct content_group content_group(const struct content *c, unsigned type,
                                                 uint64_t stream, uint64_t origin,
                                                 const struct content_pace *pace, uint64_t index) {
  uint64_t group = index / CONTENT_GROUP;
  uint64_t pattern = (~stream + group) * SLUICE_CONTENT_K >> 60;
  return (struct content_group){.parts = (*c->patterns)[type][pattern],
                                .start = origin + group * pace->group_256 / 256,
                                .length = pace->group_256 / 256,
                                .power = pace->power};
}

static inline struct content_slot content_slot(const struct content_group *g, uint64_t index) {
  struct content_part part = g->parts[index % CONTENT_GROUP];
  return (struct content_slot){.start = g->start + part.begin * g->length / 1024,
                               .length = part.length * g->length / 1024,
                               .ones = part.power * g->power / 1024 * 2 - 1};
}

/* The device-wide number of a core's task. */
static inline uint64_t content_task_number(const struct content *c, unsigned core, uint64_t index) {
  if (!c->is_jittered) {
    return index * c->cores + core;
  }
  unsigned turned = core + c->turns[index % CONTENT_TURNS];
  return index * c->cores + (turned < c->cores ? turned : turned - c->cores);
}

/* ---- records -------------------------------------------------------------------------------- */

/* A ring from 0 to 3 and a local id; in host_build_graph the same as parent of a sub-task. */
static inline uint64_t content_token(const struct content *c, uint64_t task) {
  uint64_t ring = (c->is_jittered ? task >> 14 : task) & 3;
  uint64_t local = c->is_jittered ? (uint32_t)((task >> 16 << 14) + (task & 16383))
                                  : (task >> 2 & 0xFFFFFFFFu);
  uint64_t space = c->is_graph && ring != 0 ? 1 : 0;
  return space << 62 | ring << 32 | local;
}

/* Contents of the two records of a task, apart from its index. */
struct content_task {
  uint64_t dispatch;
  uint64_t start;
  uint64_t end;
  uint64_t finish;
  uint64_t token;
  uint32_t receive_to_start;
};

/* The group of the task with this index and of those up to the next multiple of CONTENT_GROUP. */
static inline struct content_group content_task_group(const struct content *c, uint64_t stream,
                                                      unsigned core, uint64_t index) {
  uint64_t origin = c->origin + (stream >> 54) * (c->task_pace.group_256 / 256) / 1024;
  return content_group(c, core >= c->cube_cores, stream, origin, &c->task_pace, index);
}

static inline struct content_task content_task(const struct content *c,
                                               const struct content_group *group, uint64_t stream,
                                               unsigned core, uint64_t index) {
  struct content_task t = {.token = content_token(c, content_task_number(c, core, index))};
  uint64_t x = content_bits(c, stream, index);
  if (c->is_jittered) {
    struct content_slot s = content_slot(group, index);
    t.dispatch = s.start + (x >> 52 & s.ones >> 5);
    t.start = s.start + s.length / 8 + (x >> 12 & s.ones >> 5);
    t.end = s.start + s.length - s.length / 4 + (x >> 22 & s.ones >> 4);
    t.finish = s.start + s.length - 1 - (x >> 42 & s.ones >> 5);
    t.receive_to_start = 1 + (uint32_t)(x >> 2 & s.ones >> 6);
  } else {
    uint64_t base = c->origin + index * c->task.ticks + core * c->step.ticks;
    t.dispatch = base + (x >> 24 & c->task.m);
    t.start = base + 2 * c->task.q + (x >> 32 & c->task.m);
    t.end = base + 8 * c->task.q + (x >> 40 & c->task.m);
    t.finish = base + 12 * c->task.q + (x >> 48 & c->task.m);
    t.receive_to_start = (uint32_t)(x >> 56 & c->task.m);
  }
  return t;
}

static inline void content_aicpu_task(struct AicpuTaskRecord *r, const struct content_task *t,
                                      uint64_t index) {
  *r = (struct AicpuTaskRecord){.dispatch_time = t->dispatch,
                                .finish_time = t->finish,
                                .reg_task_id = (uint32_t)index};
}

static inline void content_aicore_task(struct AicoreTaskRecord *r, const struct content_task *t,
                                       uint64_t index) {
  *r = (struct AicoreTaskRecord){.start_time = t->start,
                                 .end_time = t->end,
                                 .task_token_raw = t->token,
                                 .reg_task_id = (uint32_t)index,
                                 .receive_to_start_cycles = t->receive_to_start};
}

static inline struct content_group content_orch_group(const struct content *c, uint64_t stream,
                                                      uint64_t index) {
  uint64_t origin = c->origin - 2 * (c->task_pace.group_256 / 256);
  return content_group(c, 0, stream, origin, &c->orch_pace, index);
}

static inline void content_orch_phase(struct OrchPhaseRecord *r, const struct content *c,
                                      const struct content_group *group, uint64_t stream,
                                      uint64_t index) {
  uint64_t x = content_bits(c, stream, index);
  uint64_t start;
  uint64_t end;
  if (c->is_jittered) {
    struct content_slot s = content_slot(group, index);
    start = s.start + (x >> 52 & s.ones >> 3);
    end = s.start + s.length / 2 + (x >> 32 & s.ones >> 2);
  } else {
    uint64_t base = c->origin - 2 * c->task.ticks + index * c->step.ticks;
    start = base + (x >> 24 & c->step.m);
    end = base + 8 * c->step.q + (x >> 32 & c->step.m);
  }
  *r = (struct OrchPhaseRecord){.start_time = start,
                                .end_time = end,
                                .task_id = content_token(c, index),
                                .submit_idx = (uint32_t)index};
}

/* Fills a scheduler phase record. Not inline: rare and long. */
void content_sched_phase(uint8_t *at, const struct content *c, uint64_t stream,
                         uint64_t index);

/* Writes a PMU record of a core. */
void content_pmu(struct PmuRecord *r, const struct content *c, uint64_t stream, unsigned core,
                 uint64_t index);

/* Writes the begin or end record of a scope. */
void content_scope_stats(struct ScopeStatsRecord *r, uint64_t stream, uint64_t index);

#endif
