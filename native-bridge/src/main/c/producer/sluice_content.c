#include "sluice_content.h"

#include <string.h>

/* The same in all numberings. */
enum { COMPLETE = 0, DISPATCH = 1 };

/*
 * By the fact phase_kinds: the kinds other than dispatch and complete that devices write, those
 * that store a task in place of the pop counters, and the kind with a task id in tasks_processed.
 */
static const struct {
  uint8_t count;
  uint8_t kinds[11];
  uint32_t naming_task; /* bit = kind */
  uint32_t naming_task_in_count;
} phases_of[] = {
    {6, {2, 3, 4, 5, 6, 7}, 0, 1u << 7},
    {5, {2, 4, 5, 6, 7}, 0, 1u << 7},
    {11, {2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}, 1u << 7 | 1u << 12 | 1u << 13, 0},
    {10, {2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 1u << 10 | 1u << 11, 0},
    {8, {2, 3, 5, 6, 7, 8, 9, 10}, 1u << 9, 0},
};

/* Slot lengths and how often each occurs. */
static const struct {
  uint16_t times;
  uint16_t length;
} slots_of[CONTENT_TYPES][5] = {
    {{8, 16}, {12, 28}, {8, 40}, {4, 60}},
    {{12, 10}, {10, 20}, {6, 40}, {3, 72}, {1, 248}},
};

static uint64_t power_within(uint64_t n) {
  return n == 0 ? 0 : UINT64_C(1) << (63 - __builtin_clzll(n));
}

static struct content_pace pace_of(uint64_t group_256) {
  return (struct content_pace){group_256, power_within(group_256 / 256)};
}

static void shuffle_slots(struct content_part slots[CONTENT_GROUP], unsigned type,
                          unsigned pattern) {
  unsigned at = 0;
  for (unsigned i = 0; i < 5; i++) {
    for (unsigned n = 0; n < slots_of[type][i].times; n++) {
      uint16_t length = slots_of[type][i].length;
      slots[at++] = (struct content_part){.length = length, .power = (uint32_t)power_within(length)};
    }
  }
  for (unsigned j = CONTENT_GROUP - 1; j > 0; j--) {
    uint64_t bits = content_mix(SLUICE_CONTENT_K * (512 * type + 32 * pattern + j));
    struct content_part other = slots[bits % (j + 1)];
    slots[bits % (j + 1)] = slots[j];
    slots[j] = other;
  }
  uint16_t begin = 0;
  for (unsigned i = 0; i < CONTENT_GROUP; i++) {
    slots[i].begin = begin;
    begin = (uint16_t)(begin + slots[i].length);
  }
}

struct content content_of(const struct sluice_geometry *g) {
  static content_patterns patterns;
  static uint8_t turns[CONTENT_TURNS];
  bool is_shuffled = patterns[0][0][0].length != 0;
  for (unsigned type = 0; type < CONTENT_TYPES && !is_shuffled; type++) {
    for (unsigned pattern = 0; pattern < CONTENT_PATTERNS; pattern++) {
      shuffle_slots(patterns[type][pattern], type, pattern);
    }
  }
  struct sluice_layout layout;
  sluice_layout_init(&layout, g);
  uint64_t period = g->synthetic_period_ticks;
  uint64_t group = 256 * CONTENT_GROUP * period;
  struct content c = {
      .pmu_counters = g->platform == SLUICE_A5 ? 10 : 8,
      .seed = g->synthetic_seed,
      .origin = g->synthetic_origin_ticks,
      .cores = g->num_cores,
      .phase_kinds = layout.facts[SLUICE_FACT_PHASE_KINDS],
      .is_phase_44 = layout.facts[SLUICE_FACT_PHASE_RECORD] == 1,
      .is_graph = layout.facts[SLUICE_FACT_PHASE_KINDS] == 4,
      .is_jittered = (g->flags & SLUICE_FLAG_JITTERED) != 0,
      .task = content_span(period),
      .step = content_span(period / g->num_cores),
      .sched = content_span(16 * period * g->sched_threads / g->num_cores),
      .patterns = (const content_patterns *)&patterns,
      .turns = turns,
      .cube_cores = g->num_cores < 3 ? 1 : g->num_cores / 3,
      .task_pace = pace_of(group),
      .orch_pace = pace_of(group / g->num_cores),
      .sched_pace = pace_of(group * 16 * g->sched_threads / g->num_cores),
  };
  uint64_t stream = content_stream(c.seed, SLUICE_CLASS_ROUND, 0);
  for (unsigned i = 0; i < CONTENT_TURNS && c.is_jittered; i++) {
    turns[i] = (uint8_t)((content_bits(&c, stream, i) >> 32) * c.cores >> 32);
  }
  return c;
}

uint64_t content_least_period(const struct sluice_geometry *g) {
  if ((g->flags & SLUICE_FLAG_JITTERED) == 0) {
    return 16 * (uint64_t)g->num_cores;
  }
  return g->num_cores < 24 ? 96 : 4 * (uint64_t)g->num_cores;
}

uint64_t content_least_origin(const struct sluice_geometry *g, uint64_t period) {
  return ((g->flags & SLUICE_FLAG_JITTERED) == 0 ? 2 : 2 * CONTENT_GROUP) * period + 1;
}

static uint32_t kind_of(unsigned phase_kinds, uint64_t index, uint64_t x) {
  if (index % 2 == 0) {
    return DISPATCH;
  }
  unsigned v = (unsigned)(x >> 58);
  return v >= 16 ? COMPLETE : phases_of[phase_kinds].kinds[v % phases_of[phase_kinds].count];
}

static void store_44(uint8_t *at, const struct SchedPhaseRecord *r) {
  struct SchedPhaseRecord44 to = {.start_time = r->start_time,
                                  .end_time = r->end_time,
                                  .pop_hit = r->pop_hit,
                                  .pop_miss = r->pop_miss,
                                  .loop_iter = r->loop_iter,
                                  .tasks_processed = r->tasks_processed,
                                  .kind = (uint8_t)r->kind};
  memcpy(to.shared_depth_at_start, r->shared_depth_at_start, sizeof to.shared_depth_at_start);
  memcpy(to.shared_depth_at_end, r->shared_depth_at_end, sizeof to.shared_depth_at_end);
  *(struct SchedPhaseRecord44 *)(void *)at = to;
}

void content_sched_phase(uint8_t *at, const struct content *c, uint64_t stream, uint64_t index) {
  uint64_t x = content_bits(c, stream, index);
  uint64_t iteration = index / 2;
  uint64_t task = content_token(c, 16 * iteration);
  uint32_t kind = kind_of(c->phase_kinds, index, x);
  struct SchedPhaseRecord r = {.loop_iter = (uint32_t)iteration,
                               .kind = kind,
                               .tasks_processed = 1 + (uint32_t)(x >> 52 & 15)};
  if (c->is_jittered) {
    struct content_group group = content_group(c, 1, stream, c->origin, &c->sched_pace, iteration);
    struct content_slot s = content_slot(&group, iteration);
    uint64_t half = s.length / 2;
    uint64_t base = s.start + (index & 1) * half;
    r.start_time = base + (x >> 52 & s.ones >> 4);
    r.end_time = base + half / 2 + (x >> 32 & s.ones >> 3);
  } else {
    uint64_t base = c->origin + iteration * c->sched.ticks + (index & 1) * 8 * c->sched.q;
    r.start_time = base + (x >> 24 & c->sched.m);
    r.end_time = base + 4 * c->sched.q + (x >> 32 & c->sched.m);
  }
  if (kind == DISPATCH) {
    r.pop_hit = r.tasks_processed;
    r.pop_miss = (uint32_t)(x >> 49 & 7);
  } else if ((phases_of[c->phase_kinds].naming_task_in_count & 1u << kind) != 0) {
    r.tasks_processed = (uint32_t)task;
  } else if ((phases_of[c->phase_kinds].naming_task & 1u << kind) != 0) {
    r.pop_hit = (uint32_t)task;
    r.pop_miss = (uint32_t)(task >> 32);
  }
  for (unsigned k = 0; k < 3; k++) {
    r.shared_depth_at_start[k] = (int16_t)(x >> (4 + 4 * k) & 15);
    r.shared_depth_at_end[k] = (int16_t)(x >> (36 + 4 * k) & 15);
  }
  if (c->is_phase_44) {
    store_44(at, &r);
  } else {
    *(struct SchedPhaseRecord *)(void *)at = r;
  }
}

static uint64_t regular_bits(uint64_t stream, uint64_t index) {
  return (stream + index) * SLUICE_CONTENT_K;
}

void content_pmu(struct PmuRecord *r, const struct content *c, uint64_t stream, unsigned core,
                 uint64_t index) {
  uint64_t x = regular_bits(stream, index);
  *r = (struct PmuRecord){.task_id = (uint64_t)core << 32 | (uint32_t)index,
                          .func_id = (uint32_t)(x >> 60),
                          .core_type = core < c->cube_cores ? 0 : 1,
                          .pmu_total_cycles = 1000 + (x >> 40 & 0xFFFF)};
  for (unsigned i = 0; i < c->pmu_counters; i++) {
    r->counters[i] = (uint32_t)(x >> (3 * i) & 0xFFFF);
  }
}

void content_scope_stats(struct ScopeStatsRecord *r, uint64_t stream, uint64_t index) {
  uint64_t x = regular_bits(stream, index);
  uint64_t scope = index / 2;
  *r = (struct ScopeStatsRecord){.site_file_basename = "scope_0.cpp",
                                 .heap_start = 4096 * index,
                                 .heap_end = 4096 * index + 64 * (x >> 52),
                                 .site_line = (int32_t)(100 + scope % 1000),
                                 .task_start = (int32_t)index,
                                 .task_end = (int32_t)(index + (x >> 60)),
                                 .dep_pool_start = (int32_t)(2 * index),
                                 .dep_pool_end = (int32_t)(2 * index + (x >> 61)),
                                 .tensormap_used = (int32_t)(x >> 40 & 0xFFF),
                                 .depth = (int16_t)(scope % 64),
                                 .ring_id = (int16_t)(scope % 4),
                                 .phase = (int16_t)(index % 2)};
  r->site_file_basename[6] = (char)('0' + scope % 10);
}
