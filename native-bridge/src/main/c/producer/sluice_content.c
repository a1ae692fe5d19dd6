#include "sluice_content.h"

enum {
  COMPLETE = 0,
  DISPATCH = 1,
  RELEASE = 2,
  WIRE = 3,
  DUMMY = 4,
  EARLY_DISPATCH = 5,
  RESOLVE = 6,
  DUMMY_TASK = 7,
  DRAIN = 8,
  DRAIN_PREPARE = 9,
  DRAIN_PUBLISH = 10,
  ASYNC_POLL = 11,
  PREDICATED_SKIP = 12,
  GRAPH_PREPARE = 13
};

/* Kinds other than dispatch and complete, by generation. */
static const struct {
  uint8_t count;
  uint8_t kinds[11];
} others_of[] = {
    [SLUICE_L2_2026_06] = {6, {RELEASE, WIRE, DUMMY, EARLY_DISPATCH, RESOLVE, DUMMY_TASK}},
    [SLUICE_L2_2026_07] = {5, {RELEASE, DUMMY, EARLY_DISPATCH, RESOLVE, DUMMY_TASK}},
    [SLUICE_CHIP_2026_08] = {11,
                             {RELEASE, DUMMY, EARLY_DISPATCH, RESOLVE, DUMMY_TASK, DRAIN,
                              DRAIN_PREPARE, DRAIN_PUBLISH, ASYNC_POLL, PREDICATED_SKIP,
                              GRAPH_PREPARE}},
};

static uint32_t kind_of(uint32_t generation, uint64_t index, uint64_t x) {
  if (index % 2 == 0) {
    return DISPATCH;
  }
  unsigned v = (unsigned)(x >> 58);
  return v >= 16 ? COMPLETE : others_of[generation].kinds[v % others_of[generation].count];
}

void content_sched_phase(struct SchedPhaseRecord *r, const struct content *c, uint64_t stream,
                         uint64_t index) {
  uint64_t x = content_bits(stream, index);
  uint64_t iteration = index / 2;
  uint64_t base = c->origin + iteration * c->sched.ticks + (index & 1) * 8 * c->sched.q;
  uint64_t task = content_token(16 * iteration);
  uint32_t kind = kind_of(c->generation, index, x);
  *r = (struct SchedPhaseRecord){.start_time = base + (x >> 24 & c->sched.m),
                                 .end_time = base + 4 * c->sched.q + (x >> 32 & c->sched.m),
                                 .loop_iter = (uint32_t)iteration,
                                 .kind = kind,
                                 .tasks_processed = 1 + (uint32_t)(x >> 52 & 15)};
  if (kind == DISPATCH) {
    r->pop_hit = r->tasks_processed;
    r->pop_miss = (uint32_t)(x >> 49 & 7);
  } else if (c->generation != SLUICE_CHIP_2026_08) {
    if (kind == DUMMY_TASK) {
      r->tasks_processed = (uint32_t)task;
    }
  } else if (kind == DUMMY_TASK || kind == PREDICATED_SKIP || kind == GRAPH_PREPARE) {
    r->pop_hit = (uint32_t)task;
    r->pop_miss = (uint32_t)(task >> 32);
  }
  for (unsigned k = 0; k < 3; k++) {
    r->shared_depth_at_start[k] = (int16_t)(x >> (4 + 4 * k) & 15);
    r->shared_depth_at_end[k] = (int16_t)(x >> (36 + 4 * k) & 15);
  }
}
